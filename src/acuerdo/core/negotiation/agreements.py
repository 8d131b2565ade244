"""The life of an agreement as a table, and whether it is kept, given what was paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.payments.progress import Received, Terms, all_paid, missed, received_by
from acuerdo.core.words import AcuerdoError

State = Literal[
    "proposed", "accepted", "active", "kept", "broken", "rescheduled", "cancelled", "superseded", "recalled"
]  # fmt: skip
Event = Literal[
    "accept", "activate", "pay", "complete", "miss", "reschedule", "cancel", "supersede", "reverse", "mend", "recall"
]  # fmt: skip


class NotAllowed(AcuerdoError):
    """An agreement cannot go that way from where it is."""


# What follows when an agreement goes a way: the store does it in the same commit as the fact.
Effect = Literal["remind", "stop_reminding", "close_promises", "count_broken", "uncount_broken", "waive_rest"]
EFFECTS: dict[Effect, str] = {
    "remind": "reminders are set before and after each day still to come",
    "stop_reminding": "reminders that wait are dropped",
    "close_promises": "promises in force give way to the agreement",
    "count_broken": "each account counts one broken agreement more and is open to its segment's strategy again",
    "uncount_broken": "that count is taken back",
    "waive_rest": "what the settlement forgives of its accounts is waived",
}


class Way(NamedTuple):
    """Where an event leads, and what follows from it."""

    state: State
    effects: tuple[Effect, ...] = ()


# The one table: state x event -> state, effects. Accepted: the "sí" to the full written summary. Active: the summary
# and the calendar were sent, payments count. Rescheduled: new dates were agreed, and it is active again once they were
# sent. A broken one can be mended by paying. What is in no row cannot happen.
TABLE: dict[State, dict[Event, Way]] = {
    "proposed": {
        "accept": Way("accepted", ("close_promises",)), "cancel": Way("cancelled"), "supersede": Way("superseded"),
    },
    "accepted": {
        "accept": Way("accepted"), "activate": Way("active", ("remind",)), "pay": Way("active", ("remind",)),
        "complete": Way("kept", ("waive_rest",)), "miss": Way("broken", ("count_broken",)),
        "reschedule": Way("rescheduled"), "cancel": Way("cancelled"), "supersede": Way("superseded"),
    },
    "active": {
        "accept": Way("active"), "activate": Way("active"), "pay": Way("active"),
        "complete": Way("kept", ("stop_reminding", "waive_rest")),
        "miss": Way("broken", ("stop_reminding", "count_broken")),
        "reschedule": Way("rescheduled", ("stop_reminding",)), "cancel": Way("cancelled", ("stop_reminding",)),
        "supersede": Way("superseded", ("stop_reminding",)), "reverse": Way("active"),
        "recall": Way("recalled", ("stop_reminding",)),
    },
    "kept": {"pay": Way("kept"), "complete": Way("kept"), "reverse": Way("active", ("remind",))},
    "broken": {
        "pay": Way("broken"), "complete": Way("kept", ("waive_rest",)), "miss": Way("broken"),
        "reschedule": Way("rescheduled", ("uncount_broken",)), "cancel": Way("cancelled"),
        "supersede": Way("superseded"), "reverse": Way("broken"), "mend": Way("active", ("remind", "uncount_broken")),
    },
    "rescheduled": {
        "activate": Way("active", ("remind",)), "pay": Way("active", ("remind",)),
        "complete": Way("kept", ("waive_rest",)), "miss": Way("broken", ("count_broken",)),
        "reschedule": Way("rescheduled"), "cancel": Way("cancelled"), "supersede": Way("superseded"),
        "reverse": Way("rescheduled"),
    },
    "cancelled": {"cancel": Way("cancelled"), "pay": Way("cancelled")},
    "superseded": {"supersede": Way("superseded"), "pay": Way("superseded")},
    # The creditor took the debt back, and attends to it itself.
    "recalled": {"recall": Way("recalled"), "pay": Way("recalled")},
}  # fmt: skip
NEXT: dict[State, dict[Event, State]] = {
    state: {event: way.state for event, way in ways.items()} for state, ways in TABLE.items()
}


def follow(state: State, *events: Event) -> Way:
    """Where these events lead, one after the other, and all that follows. Raises NotAllowed."""
    effects: tuple[Effect, ...] = ()
    for event in events:
        state, more = advance(state, event), TABLE[state][event].effects
        effects += more
    return Way(state, effects)


def advance(state: State, event: Event) -> State:
    """The state after the event. Raises NotAllowed when the table has no such way."""
    following = NEXT[state].get(event)
    if following is None:
        allowed = ", ".join(NEXT[state])
        raise NotAllowed(f"a {state} agreement cannot take {event!r}; it can take {allowed}")
    return following


def event_of(plan: Plan, received: Iterable[Received], today: date, terms: Terms = Terms()) -> Event | None:  # noqa: B008  # frozen, so one shared default is safe
    """What the payments up to `today` mean for a running agreement: complete, miss, pay, or nothing yet."""
    payments = tuple(p for p in received if p.on <= today)
    paid = received_by(payments, today, plan.total.currency)
    late = missed(plan.installments, payments, today, terms)
    if all_paid(plan.installments, paid, terms) and (late is None or plan.saving.minor == 0):
        return "complete"
    if late is not None:
        return "miss"
    return "pay" if paid.minor > 0 else None
