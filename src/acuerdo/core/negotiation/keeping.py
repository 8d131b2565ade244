"""What became of promises and agreements whose days, and their days of grace, are over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.payments.progress import Received, Terms, missed
from acuerdo.core.payments.schedule import Installment


class Promised(msgspec.Struct, frozen=True):
    """A promise in force; `given.amount` of nothing means that any payment by then keeps it."""

    id: str
    given: promises.Given


class Agreed(msgspec.Struct, frozen=True):
    """An agreement in force: what was to come in, and what came in for it."""

    id: str
    installments: tuple[Installment, ...]
    received: tuple[Received, ...]


def promise_outcome(
    promised: Promised,
    received: Iterable[Received],
    today: date,
    terms: Terms = Terms(),  # noqa: B008  # frozen, so one shared default is safe
) -> f.PromiseKept | f.PromiseBroken | None:
    """Whether a promise was kept or broken, or None while its days last. `today` is the person's local day."""
    given = promised.given
    counted = [payment for payment in received if payment.amount.currency == given.amount.currency]
    if given.amount.minor == 0:
        limit = given.due + timedelta(days=terms.grace_days)
        kept = any(given.made <= payment.on <= limit for payment in counted)
        event: promises.Event | None = "keep" if kept else "miss" if today > limit else None
    else:
        event = promises.event_of(given, counted, today, terms)
    match promises.advance("active", event) if event else None:
        case "kept":
            return f.PromiseKept(promised.id)
        case "broken":
            return f.PromiseBroken(promised.id, given.due)
        case _:
            return None


def agreement_outcome(
    agreed: Agreed,
    today: date,
    terms: Terms = Terms(),  # noqa: B008  # frozen, so one shared default is safe
) -> f.AgreementBroken | None:
    """That an agreement is broken: an installment's grace is over without the money; else None."""
    late = missed(agreed.installments, agreed.received, today, terms)
    if late is None or agreements.advance("active", "miss") != "broken":
        return None
    return f.AgreementBroken(agreed.id, late.due)
