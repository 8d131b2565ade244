"""The life of a promise to pay as a table, and whether it was kept, given what was paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal

import msgspec

from acuerdo.core.payments.progress import Received, Terms, received_by
from acuerdo.core.words import AcuerdoError, Money

State = Literal["active", "kept", "broken", "rescheduled", "cancelled", "superseded"]
Event = Literal["keep", "miss", "reschedule", "cancel", "supersede", "reverse"]


class NotAllowed(AcuerdoError):
    """A promise cannot go that way from where it is."""


class Given(msgspec.Struct, frozen=True):
    """A word given on `made` to pay `amount` on `due`, local days of the person. It is no agreement."""

    made: date
    due: date
    amount: Money


# A corrected promise is "rescheduled" and the new one is another record, so that only one is in force.
# An agreement supersedes a promise. Money taken back makes a kept promise broken.
NEXT: dict[State, dict[Event, State]] = {
    "active": {
        "keep": "kept", "miss": "broken", "reschedule": "rescheduled", "cancel": "cancelled",
        "supersede": "superseded",
    },
    "kept": {"keep": "kept", "reverse": "broken"},
    "broken": {"miss": "broken", "reschedule": "rescheduled", "cancel": "cancelled", "supersede": "superseded"},
    "rescheduled": {"reschedule": "rescheduled"},
    "cancelled": {"cancel": "cancelled"},
    "superseded": {"supersede": "superseded"},
}  # fmt: skip


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
