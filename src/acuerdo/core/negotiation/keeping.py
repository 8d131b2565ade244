"""What became of promises and agreements whose days, and their days of grace, are over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.payments.progress import Received, Terms, missed
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import AcuerdoError, Money


class BadDays(AcuerdoError):
    """New days for an agreement that do not add up, or do not go forward from today."""


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


def rescheduled(
    installments: tuple[Installment, ...], paid: Money, parts: tuple[tuple[date, Money], ...], today: date
) -> tuple[Installment, ...]:
    """The installments of an agreement with new days for what is still to pay of it.

    What was paid becomes one installment of today, so that its old days are not missed again; the total stays the same
    to the cent. Raises BadDays.
    """
    total = sum(one.amount.minor for one in installments)
    missing, told = total - paid.minor, sum(amount.minor for _, amount in parts)
    if not parts or any(amount.minor <= 0 or amount.currency != paid.currency for _, amount in parts):
        raise BadDays(f"give at least one new day, each with an amount over 0 in {paid.currency}")
    if told != missing:
        raise BadDays(f"the new payments come to {Money(told, paid.currency).plain()} {paid.currency}, and "
                      f"{Money(missing, paid.currency).plain()} is still to pay")  # fmt: skip
    days = [today - timedelta(days=1), *(day for day, _ in parts)]
    if any(day <= before for before, day in pairwise(days)):
        raise BadDays("the new days go forward, none of them before today and no two on the same day")
    done = [(today, paid)] if paid.minor else []
    return tuple(Installment(n, day, amount) for n, (day, amount) in enumerate((*done, *parts), 1))
