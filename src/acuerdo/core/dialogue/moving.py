"""Taking up newer flows in the middle of a conversation: whether it can, and how its state is then."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from acuerdo.core.dialogue.files import near
from acuerdo.core.dialogue.memory import allowed
from acuerdo.core.dialogue.schema import NOWHERE, Book
from acuerdo.core.dialogue.state import State


class Moves(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands for what in newer flows: steps and slots by `flow.name`; what is not named keeps its name."""

    steps: dict[str, str] = {}
    slots: dict[str, str] = {}


def mistakes(moves: Moves, new: Book) -> list[str]:
    """What is wrong with a map by itself: targets that the newer flows do not have."""
    steps = [("steps", old, to, new.steps) for old, to in moves.steps.items() if to not in new.steps]
    slots = [("slots", old, to, new.slots) for old, to in moves.slots.items() if to not in new.slots]
    return [
        f"[{part}] {old} leads to {to}, which does not exist{near(to, known)}" for part, old, to, known in steps
    ] + [f"[{part}] {old} becomes {to}, which does not exist{near(to, known)}" for part, old, to, known in slots]


def misfits(state: State, new: Book, moves: Moves) -> Iterator[str]:
    """Why a conversation cannot take up newer flows: each step and slot of its own that has no place there."""
    for name in _waits(state):
        to = moves.steps.get(name, name)
        step = new.steps.get(to)
        if step is None:
            yield f"step {name} is gone{near(name, new.steps)}; write what stands for it under [steps]"
        elif step.kind != "ask":
            yield f"step {name} waits, and {to} does not; write another under [steps]"
    for name in _goes(state):
        to = moves.steps.get(name, name)
        if to not in (*NOWHERE, *new.steps):
            yield f"step {name} is gone{near(name, new.steps)}; write what stands for it under [steps]"
    for name, value in state.slots.items():
        to = moves.slots.get(name, name)
        slot = new.slots.get(to)
        if slot is None:
            yield f"slot {name} is gone{near(name, new.slots)}; write what stands for it under [slots]"
        elif not allowed(slot, value):
            yield f"slot {name} holds what {to} cannot: it is of another type"


def _waits(state: State) -> tuple[str, ...]:
    """The steps at which a conversation waits, or to which it comes back."""
    return tuple(filter(None, dict.fromkeys((state.at, *state.stack))))


def _goes(state: State) -> tuple[str, ...]:
    """The steps to which it goes on later."""
    return tuple(filter(None, (*state.calls, state.wish.step if state.wish else "")))


def moved(state: State, moves: Moves) -> State:
    """The state in the newer flows; what older buttons meant is kept with it."""
    to = moves.steps
    wish = state.wish and msgspec.structs.replace(state.wish, step=to.get(state.wish.step, state.wish.step))
    before = {old: to.get(new, new) for old, new in state.moves.items()}
    return msgspec.structs.replace(
        state,
        at=to.get(state.at, state.at),
        stack=tuple(to.get(one, one) for one in state.stack),
        calls=tuple(to.get(one, one) for one in state.calls),
        wish=wish,
        slots={moves.slots.get(name, name): value for name, value in state.slots.items()},
        moves={**to, **before},
    )
