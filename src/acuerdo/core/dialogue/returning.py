"""What time does to a conversation: coming back after a while, silence, and never the same words three times."""

from __future__ import annotations

from datetime import timedelta

from acuerdo.core import facts as f
from acuerdo.core.dialogue.actions import PAUSING
from acuerdo.core.dialogue.saying import emit
from acuerdo.core.dialogue.schema import Step
from acuerdo.core.dialogue.turn import Turn

SESSION = timedelta(hours=6)  # after so long a silence the person comes back, and is told where things stand
# House policy: how long a silence lasts before each reminder. There are no more reminders than these.
SILENCES = (timedelta(hours=20), timedelta(days=3))
SILENCE = "silence"  # the timer that looks whether the person still owes us an answer
NUDGE = "nudge"  # the timer by which the shell is told to remind them, if the guard lets it
MOST_ECHOES = 2  # the same question is put so often running, and no more


def came_back(turn: Turn) -> bool:
    """Whether the person writes again after so long that they may have forgotten where things stood."""
    held = turn.state.heard
    return held is not None and turn.at - held >= SESSION


def taken_up(turn: Turn, waiting: Step) -> None:
    """To who came back: what was pending, in one line, once; before the short question."""
    if not turn.back or not waiting.resumes or not turn.state.identified:
        return
    turn.back = False
    route = turn.book.anywhere.get("event:resumed")
    if route is not None:
        step = turn.book.steps[route.step]
        emit(turn, step, step.text)


def time_silence(turn: Turn) -> None:
    """From here on a silence counts, where an answer is awaited; one that counts already goes on counting."""
    turn.set(heard=turn.at, nudges=0)
    if awaited(turn) and not turn.state.waited:
        turn.set(waited=True)
        turn.timer(SILENCE, turn.at + SILENCES[0])


def awaited(turn: Turn) -> bool:
    """Whether an answer of theirs would bring the matter on: who asked for peace, or has a case open, owes none."""
    state = turn.state
    waiting = turn.book.steps.get(state.at)
    calm = not state.silenced and not PAUSING & set(state.noted) and not state.closed and state.callback is None
    return bool(calm and state.owner == "bot" and state.identified and waiting and waiting.resumes and state.view.owed)


def silence_lasted(turn: Turn) -> None:
    """The timer rang: still silent, they are reminded once more at most; otherwise it is set again, or let go."""
    state = turn.state
    if not awaited(turn) or state.heard is None or state.nudges >= len(SILENCES):
        turn.set(waited=False)
        return
    due = state.heard + sum(SILENCES[: state.nudges + 1], timedelta())
    if turn.at < due:
        turn.timer(SILENCE, due)
        return
    turn.set(nudges=state.nudges + 1, waited=state.nudges + 1 < len(SILENCES))
    turn.note(f.SilenceNoticed(state.at, state.nudges + 1))
    turn.timer(NUDGE, turn.at)
    if turn.state.waited:
        turn.timer(SILENCE, turn.at + SILENCES[state.nudges + 1])


def echoed(turn: Turn, before: str) -> bool:
    """Whether what was just put again was put too often running. Where something else was said too, it is left out.

    `before` is the text that was said last. A way to pay and a plan are shown as often as they are asked for.
    """
    if not turn.lines:
        turn.set(echo="", echoes=0)
        return False
    last = turn.lines[-1]
    cards = last.content.cards
    shown = last.content.link or (cards[0].id.startswith("plan:") if cards else "offer" in last.topics)
    words = last.content.text
    asked = turn.again or (not shown and ("?" in words or (len(turn.lines) == 1 and last.text_id == before)))
    count = turn.state.echoes + 1 if words == turn.state.echo and asked else 1
    turn.set(echo=words, echoes=count)
    if count <= MOST_ECHOES:
        return False
    turn.set(echo="", echoes=0)
    turn.lines.pop()
    if any(intent.name == "ask_repeat" for intent in turn.reading.intents[:1]):
        turn.lines.clear()
    waiting = turn.book.steps.get(turn.state.at)
    # Where little may be said, nothing is better than the same again.
    return not turn.lines and not (waiting is not None and waiting.narrow)
