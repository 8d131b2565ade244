"""Plans: building them, and the one check of whether a plan is inside the authority."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import msgspec

from acuerdo.core.negotiation.authority import Authority, floor, least_down
from acuerdo.core.payments.schedule import Every, Installment, of_amounts, quincena_from
from acuerdo.core.words import Money, derive, split

Fault = Literal[
    "over_balance", "below_floor", "discount_only_single", "too_many", "too_small", "down_too_small",
    "date_past", "first_too_late",
]  # fmt: skip

# A first payment asked for sooner than this leaves no time to get the money together.
BREATH = timedelta(days=3)


class Plan(msgspec.Struct, frozen=True):
    """Payments that close a debt of `balance` for `total`; one installment is a single payment.

    `id` comes from what the plan holds, so that the same plan is the same plan wherever it is made.
    """

    id: str
    total: Money
    balance: Money
    installments: tuple[Installment, ...]
    every: Every = "monthly"

    @property
    def n(self) -> int:
        return len(self.installments)

    @property
    def saving(self) -> Money:
        return self.balance - self.total

    @property
    def first(self) -> Installment:
        return self.installments[0]

    @property
    def last(self) -> Installment:
        return self.installments[-1]


def make(seed: str, balance: Money, amounts: tuple[Money, ...], first: date, every: Every) -> Plan:
    """The plan with these amounts; `seed` names the account or debts it is for."""
    payments = of_amounts(amounts, first, every)
    total = Money(sum(a.minor for a in amounts), balance.currency)
    told = ",".join(f"{p.due.isoformat()}={p.amount.minor}" for p in payments)
    return Plan(derive("plan", seed, balance.currency, str(balance.minor), told), total, balance, payments, every)


def single(seed: str, balance: Money, total: Money, due: date) -> Plan:
    """One payment of `total`, never more than the balance."""
    return make(seed, balance, (min(total, balance),), due, "monthly")


def several(seed: str, balance: Money, parts: int, first: date, every: Every, down: Money | None = None) -> Plan | None:
    """`parts` payments of the whole balance, the first of them `down` where it is given; None when they do not fit."""
    try:
        amounts = split(balance, parts) if down is None else (down, *split(balance - down, parts - 1))
    except ValueError:
        return None
    return make(seed, balance, amounts, first, every)


def _fault_of_terms(plan: Plan, authority: Authority) -> Fault | None:
    if plan.total > plan.balance:
        return "over_balance"
    if plan.n == 1:
        return "below_floor" if plan.total < floor(plan.balance, authority) else None
    if plan.total != plan.balance:
        return "discount_only_single"
    if plan.n > authority.max_installments:
        return "too_many"
    least = authority.min_installment
    if least is not None and any(p.amount < least for p in plan.installments):
        return "too_small"
    return "down_too_small" if plan.first.amount < least_down(plan.balance, authority) else None


def fault(plan: Plan, authority: Authority, today: date) -> Fault | None:
    """What puts the plan outside the authority; None when it is inside."""
    terms = _fault_of_terms(plan, authority)
    if terms is not None:
        return terms
    if plan.first.due < today:
        return "date_past"
    return "first_too_late" if plan.first.due > authority.last_first_day(today) else None


def allowed_first(wanted: date, authority: Authority, today: date) -> date:
    """The allowed day nearest to `wanted` for a first payment."""
    return max(today, min(wanted, authority.last_first_day(today)))


def usual_first(authority: Authority, today: date) -> date:
    """The first payment's day when none was named: the next quincena payday that leaves a few days, if allowed."""
    return allowed_first(quincena_from(today + BREATH), authority, today)
