"""Which ways conversations took through their flows: each is told again from its facts, and its steps are counted."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Protocol

from acuerdo.core import facts as f
from acuerdo.core.dialogue.picture import ANYWHERE, Traffic
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.ways import onward
from acuerdo.core.facts import Recorded
from acuerdo.service.publishing import Artefacts, opened
from acuerdo.service.replaying import turns


class Told(Artefacts, Protocol):
    """Conversations that were had, by id, and the facts of each."""

    async def facts(self, conversation: str) -> list[Recorded]: ...


async def count(talks: Told, conversations: AsyncIterator[str]) -> Traffic:
    """The ways that these conversations took; who was forgotten is not counted."""
    counted, had = dict[tuple[str, str], set[int]](), 0
    async for conversation in conversations:
        facts = await talks.facts(conversation)
        books = {digest: await opened(talks, digest) for digest in _flows(facts)}
        if not books:
            continue
        had += 1
        for way in ways(facts, books):
            counted.setdefault(way, set()).add(had)
    return Traffic(had, counted)


def _flows(facts: Iterable[Recorded]) -> tuple[str, ...]:
    """The flows that a conversation went on, in order."""
    found = (r.fact.flows for r in facts if isinstance(r.fact, f.Started | f.FlowsMoved))
    return tuple(dict.fromkeys(digest for digest in found if digest))


def ways(facts: list[Recorded], books: Mapping[str, Book]) -> set[tuple[str, str]]:
    """The ways from step to step that a conversation took; what was heard anywhere comes from `*`."""
    first = next(iter(books.values()))
    found: set[tuple[str, str]] = set()
    book = first
    for r, (before, _, effects) in zip(_inputs(facts), turns(facts, first, books), strict=True):
        if isinstance(r.fact, f.FlowsMoved):
            book = books[r.fact.flows]
        at = before.at
        for step in effects.trail:
            leads = at in book.steps and any(to == step for to, _ in onward(book.steps[at]))
            found.add((at if leads else ANYWHERE, step))
            at = step
    return found


def _inputs(facts: list[Recorded]) -> list[Recorded]:
    return [r for r in facts if r.fact.input]
