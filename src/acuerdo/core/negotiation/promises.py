"""The life of a promise to pay as a table, and whether it was kept, given what was paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, NamedTuple

import msgspec

from acuerdo.core.payments.progress import Received, Terms, received_by
from acuerdo.core.words import AcuerdoError, Money

State = Literal["active", "kept", "broken", "rescheduled", "cancelled", "superseded"]
Event = Literal["keep", "miss", "reschedule", "cancel", "supersede", "reverse", "mend"]


class NotAllowed(AcuerdoError):
    """A promise cannot go that way from where it is."""


class Given(msgspec.Struct, frozen=True):
    """A word given on `made` to pay `amount` on `due`, local days of the person. It is no agreement."""

    made: date
    due: date
    amount: Money


# What follows when a promise goes a way: the store does it in the same commit as the fact.
Effect = Literal["remind", "stop_reminding", "count_broken", "uncount_broken"]
EFFECTS: dict[Effect, str] = {
    "remind": "reminders are set before and after its day, where that is still to come",
    "stop_reminding": "reminders that wait are dropped",
    "count_broken": "the account that it was given for, or each, counts one broken promise more",
    "uncount_broken": "that count is taken back",
}


class Way(NamedTuple):
    """Where an event leads, and what follows from it."""

    state: State
    effects: tuple[Effect, ...] = ()


# A corrected promise is "rescheduled" and the new one is another record, so that only one is in force.
# An agreement supersedes a promise. Money taken back makes a kept promise active again, until its days are over; money
# that is now known to have come in time mends a broken one.
TABLE: dict[State, dict[Event, Way]] = {
    "active": {
        "keep": Way("kept", ("stop_reminding",)), "miss": Way("broken", ("stop_reminding", "count_broken")),
        "reschedule": Way("rescheduled", ("stop_reminding",)), "cancel": Way("cancelled", ("stop_reminding",)),
        "supersede": Way("superseded", ("stop_reminding",)),
    },
    "kept": {"keep": Way("kept"), "reverse": Way("active", ("remind",))},
    "broken": {
        "miss": Way("broken"), "mend": Way("active", ("remind", "uncount_broken")),
        "reschedule": Way("rescheduled"), "cancel": Way("cancelled"), "supersede": Way("superseded"),
    },
    "rescheduled": {"reschedule": Way("rescheduled")},
    "cancelled": {"cancel": Way("cancelled")},
    "superseded": {"supersede": Way("superseded")},
}  # fmt: skip
NEXT: dict[State, dict[Event, State]] = {
    state: {event: way.state for event, way in ways.items()} for state, ways in TABLE.items()
}


def advance(state: State, event: Event) -> State:
    """The state after the event. Raises NotAllowed when the table has no such way."""
    following = NEXT[state].get(event)
    if following is None:
        raise NotAllowed(f"a {state} promise cannot take {event!r}; it can take {', '.join(NEXT[state])}")
    return following


def event_of(promise: Given, received: Iterable[Received], today: date, terms: Terms = Terms()) -> Event | None:  # noqa: B008  # frozen, so one shared default is safe
    """Keep when the amount came in between the promise and the end of grace, miss when grace ended without it.

    Early money counts, several payments add up, and what came in before the promise was made does not count.
    """
    limit = promise.due + timedelta(days=terms.grace_days)
    counted = (p for p in received if promise.made <= p.on <= min(today, limit))
    paid = received_by(counted, today, promise.amount.currency)
    if promise.amount.minor - paid.minor <= terms.tolerance:
        return "keep"
    return "miss" if today > limit else None
