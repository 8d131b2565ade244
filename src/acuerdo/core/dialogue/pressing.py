"""Buttons that mean something in one message alone carry that message in their id: `affirm@negociacion.summary#12`."""

from __future__ import annotations

from typing import NamedTuple

from acuerdo.core.dialogue.schema import Step

MARK, NUMBER = "@", "#"


class Origin(NamedTuple):
    """The step that showed a button, and the number of its message."""

    step: str
    number: int


def origin_of(written: str) -> Origin:
    """The origin as an id says it; a number that is none is older than any."""
    step, _, number = written.partition(NUMBER)
    return Origin(step, int(number) if number.isdecimal() and len(number) < 10 else 0)


def id_of(step: Step, name: str, number: int) -> str:
    """The id of a step's button in message `number`: bare where it means the same everywhere."""
    own = name in step.hears or f"button:{name}" in step.hears
    return f"{name}{MARK}{step.key}{NUMBER}{number}" if own else name
