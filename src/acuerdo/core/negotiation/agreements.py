"""The life of an agreement as a table, and whether it is kept, given what was paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.payments.progress import Received, Terms, all_paid, missed, received_by
from acuerdo.core.words import AcuerdoError

State = Literal["proposed", "accepted", "active", "kept", "broken", "rescheduled", "cancelled", "superseded"]
Event = Literal["accept", "activate", "pay", "complete", "miss", "reschedule", "cancel", "supersede", "reverse"]


class NotAllowed(AcuerdoError):
    """An agreement cannot go that way from where it is."""


# Accepted: the "sí" to the full written summary. Active: the summary and the calendar were sent, payments count.
# Rescheduled: new dates were agreed, and it is active again once they were sent. A broken one can be mended by paying.
NEXT: dict[State, dict[Event, State]] = {
    "proposed": {"accept": "accepted", "cancel": "cancelled", "supersede": "superseded"},
    "accepted": {
        "accept": "accepted", "activate": "active", "pay": "active", "complete": "kept", "miss": "broken",
        "reschedule": "rescheduled", "cancel": "cancelled", "supersede": "superseded",
    },
    "active": {
        "accept": "active", "activate": "active", "pay": "active", "complete": "kept", "miss": "broken",
        "reschedule": "rescheduled", "cancel": "cancelled", "supersede": "superseded", "reverse": "active",
    },
    "kept": {"pay": "kept", "complete": "kept", "reverse": "active"},
    "broken": {
        "pay": "broken", "complete": "kept", "miss": "broken", "reschedule": "rescheduled",
        "cancel": "cancelled", "supersede": "superseded", "reverse": "broken",
    },
    "rescheduled": {
        "activate": "active", "pay": "active", "complete": "kept", "miss": "broken", "reschedule": "rescheduled",
        "cancel": "cancelled", "supersede": "superseded", "reverse": "rescheduled",
    },
    "cancelled": {"cancel": "cancelled", "pay": "cancelled"},
    "superseded": {"supersede": "superseded", "pay": "superseded"},
}  # fmt: skip


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
