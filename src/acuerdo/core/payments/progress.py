"""How far money received covers what was due: installment by installment, in order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import Money


class Received(msgspec.Struct, frozen=True):
    """Money that came in for an agreement or a promise, on a local day."""

    on: date
    amount: Money


class Terms(msgspec.Struct, frozen=True):
    """How strict: days of grace after a due day, and how much may be missing (minor units) and still count as paid."""

    grace_days: int = 2
    tolerance: int = 0


class Covered(msgspec.Struct, frozen=True):
    """One installment and how much of it is paid."""

    installment: Installment
    paid: Money

    @property
    def missing(self) -> Money:
        return self.installment.amount - self.paid


def received_by(received: Iterable[Received], day: date, currency: str) -> Money:
    """All that came in up to and including `day`. Raises CurrencyMismatch for another currency."""
    total = Money(0, currency)
    for payment in received:
        if payment.on <= day:
            total += payment.amount
    return total


def cover(installments: tuple[Installment, ...], paid: Money) -> tuple[Covered, ...]:
    """The amount paid laid over the installments in order, so that order and size of payments do not matter."""
    left, covered = paid, []
    for installment in installments:
        part = min(left, installment.amount)
        covered.append(Covered(installment, part))
        left -= part
    return tuple(covered)


def next_due(installments: tuple[Installment, ...], paid: Money) -> Covered | None:
    """The first installment with something missing: what to ask for, and never a later one."""
    return next((c for c in cover(installments, paid) if c.missing.minor > 0), None)


def all_paid(installments: tuple[Installment, ...], paid: Money, terms: Terms) -> bool:
    """Whether everything came in, to within the tolerance."""
    return sum(i.amount.minor for i in installments) - paid.minor <= terms.tolerance


def missed(
    installments: tuple[Installment, ...], received: Iterable[Received], today: date, terms: Terms
) -> Installment | None:
    """The first installment whose grace ended before `today` without the money, to within the tolerance, by then."""
    payments, due = tuple(received), 0
    for installment in installments:
        due += installment.amount.minor
        limit = installment.due + timedelta(days=terms.grace_days)
        if limit >= today:
            return None
        if due - received_by(payments, limit, installment.amount.currency).minor > terms.tolerance:
            return installment
    return None
