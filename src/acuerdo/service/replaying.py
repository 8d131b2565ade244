"""A conversation told again from its facts: the same inputs through the same flows give the same state and messages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.engine import begin, step
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Effects, Line, State
from acuerdo.core.facts import Recorded
from acuerdo.core.words import AcuerdoError

_encoder = msgspec.json.Encoder()


class CannotReplay(AcuerdoError):
    """The facts do not begin with the start of a conversation."""


def replay(
    facts: Iterable[Recorded], book: Book, newer: Mapping[str, Book] | None = None
) -> tuple[State, tuple[Line, ...]]:
    """The state and the messages that the recorded inputs lead to, with the flows they ran on.

    `newer` has by digest the flows that the conversation took up later. Nothing but the facts is read: no clock, no
    database, no model. Raises CannotReplay.
    """
    state: State | None = None
    lines: list[Line] = []
    for _, state, effects in turns(facts, book, newer or {}):  # noqa: B007 - the last is the answer
        lines += effects.lines
    if state is None:
        raise CannotReplay("there is no input among the facts")
    return state, tuple(lines)


def turns(facts: Iterable[Recorded], book: Book, newer: Mapping[str, Book]) -> Iterator[tuple[State, State, Effects]]:
    """Each input again: the state before it, the state after it, and what it led to. Raises CannotReplay."""
    state: State | None = None
    for r in facts:
        if not r.fact.input:
            continue
        if isinstance(r.fact, f.Started):
            state = begin(r.conversation or "", r.fact)
        if state is None:
            raise CannotReplay(f"the first input is {f.kind_of(r.fact)}; a conversation begins with started")
        if isinstance(r.fact, f.FlowsMoved):
            if r.fact.flows not in newer:
                raise CannotReplay(f"the conversation went on with flows {r.fact.flows}, which are not at hand")
            book = newer[r.fact.flows]
        before = state
        state, effects = step(book, state, r.fact, r.at)
        yield before, state, effects


def differences(facts: Iterable[Recorded], lines: Iterable[Line]) -> list[str]:
    """Where what was said and what a replay says part ways, by key.

    A text that the guard replaced is no difference, nor is a message that no turn of the conversation caused.
    """
    known = list(facts)
    turns = {name for r in known if r.fact.input for name in (r.id, r.cause)}
    replaced = {r.fact.key for r in known if isinstance(r.fact, f.TextRefused)}
    spoken = [(r.fact, r.cause) for r in known if isinstance(r.fact, f.Said)]
    said = {fact.key: _encoder.encode(fact.content) for fact, cause in spoken if cause in turns}
    again = {line.key: _encoder.encode(line.content) for line in lines}
    keys = [key for key in {**said, **again} if key not in replaced]
    return [key for key in keys if said.get(key) != again.get(key)]
