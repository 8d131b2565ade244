"""What a waiting step does when nobody answers it: its own reminders, or going on after a time."""

from __future__ import annotations

from datetime import timedelta

from acuerdo.core.dialogue.schema import After, Step
from acuerdo.core.dialogue.turn import Turn

MARK = "#"  # what tells a step's own timers from others: `flow.step#0`


def arm(turn: Turn, step: Step) -> None:
    """Sets the waiting step's timers, from now."""
    for n, one in enumerate(step.after):
        turn.timer(f"{step.key}{MARK}{n}", turn.at + timedelta(seconds=one.seconds))


def rang(turn: Turn, timer: str) -> After | None:
    """What is due now that this timer rang; nothing where the conversation waits elsewhere, or no answer is wanted."""
    key, _, number = timer.partition(MARK)
    state, step = turn.state, turn.book.steps.get(key)
    if step is None or state.at != key or state.owner != "bot" or state.silenced or state.closed:
        return None
    return step.after[int(number)] if number.isdigit() and int(number) < len(step.after) else None
