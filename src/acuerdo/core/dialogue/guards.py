"""Conditions as flows write them: what is known of the person, or what a slot holds, joined by `and`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from acuerdo.core.dialogue.actions import CONDITIONS
from acuerdo.core.dialogue.memory import figure
from acuerdo.core.dialogue.turn import Turn

TEST = re.compile(r"(not )?([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?)(?: *(!=|>=|<=|=|>|<) *(\S+))?")
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le,
}  # fmt: skip
# What a condition may compare beside slots.
FIGURES: Mapping[str, Callable[[Turn], str]] = {
    "country": lambda t: t.state.view.country,
    "channel": lambda t: t.state.channel,
    "days_past_due": lambda t: str(t.state.view.days_past_due),
    "debts": lambda t: str(len(t.state.view.owed)),
}


class Test(msgspec.Struct, frozen=True):
    """One test of a condition: a name, whether it is turned round, and what it is compared with."""

    name: str
    no: bool = False
    sign: str = ""
    value: str = ""


@lru_cache(maxsize=4096)
def tests_of(condition: str) -> tuple[Test, ...] | None:
    """The tests of a condition, all of which have to hold; None where it cannot be read."""
    found = [TEST.fullmatch(part.strip()) for part in condition.split(" and ")]
    if not all(found):
        return None
    return tuple(Test(m[2], bool(m[1]), m[3] or "", m[4] or "") for m in found if m)


def slot_named(name: str, flow: str) -> str:
    """A slot's full name: one without a flow is of the flow that names it."""
    return name if "." in name else f"{flow}.{name}"


def holds(turn: Turn, condition: str, flow: str) -> bool:
    """Whether a condition of that flow holds now; an empty one always does."""
    known = CONDITIONS.get(condition)
    if known is not None:
        return known(turn)
    return not condition or all(_holds(turn, one, flow) for one in tests_of(condition) or ())


def _holds(turn: Turn, test: Test, flow: str) -> bool:
    if not test.sign:
        known = CONDITIONS.get(test.name)
        found = known(turn) if known else bool(turn.state.slots.get(slot_named(test.name, flow)))
        return found is not test.no
    name = slot_named(test.name, flow)
    slot = turn.book.slots.get(name)
    value = turn.state.slots.get(name, "") if slot else FIGURES[test.name](turn)
    # What is not known is neither more nor less than anything.
    if not value:
        return test.no or test.sign == "!="
    left, right = figure(value, slot), figure(test.value, slot)
    if type(left) is not type(right):
        return test.no
    return SIGNS[test.sign](left, right) is not test.no
