"""What may be conceded: the limits that nobody, bot or template, can offer outside of."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import msgspec

from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import AcuerdoError, Money


class BadAuthority(AcuerdoError):
    """The limits contradict themselves."""


class Authority(msgspec.Struct, frozen=True, omit_defaults=True):
    """The limits of one creditor, segment and stage. Percentages are of the balance; days count from today.

    Raises BadAuthority when a limit is out of its range.
    """

    max_installments: int = 1
    max_discount_pct: Decimal = Decimal(0)
    min_installment: Money | None = None
    min_down_pct: Decimal = Decimal(0)
    longest_first_payment_days: int = 30
    longest_promise_days: int = 30
    frequency: Every = "monthly"
    id: str = ""

    def __post_init__(self) -> None:
        for name, held, why in (
            ("max_installments", self.max_installments >= 1, "at least 1"),
            ("max_discount_pct", 0 <= self.max_discount_pct < 100, "from 0 to under 100"),
            ("min_down_pct", 0 <= self.min_down_pct < 100, "from 0 to under 100"),
            ("longest_first_payment_days", self.longest_first_payment_days >= 0, "0 or more"),
            ("longest_promise_days", self.longest_promise_days >= 0, "0 or more"),
        ):
            if not held:
                raise BadAuthority(f"authority {self.id or '(no id)'}: {name} is {getattr(self, name)}; give {why}")

    def last_first_day(self, today: date) -> date:
        """The latest day on which a plan's first payment may fall."""
        return today + timedelta(days=self.longest_first_payment_days)

    def last_promise_day(self, today: date) -> date:
        """The latest day that a promise may name."""
        return today + timedelta(days=self.longest_promise_days)


def share_up(amount: Money, pct: Decimal) -> Money:
    """`pct` percent of `amount`, rounded up to the minor unit."""
    exact = Decimal(amount.minor) * pct / 100
    return Money(int(exact.to_integral_value(ROUND_CEILING)), amount.currency)


def floor(balance: Money, authority: Authority) -> Money:
    """The least total of one single payment: balance x (1 - max_discount/100), rounded up to the minor unit."""
    return share_up(balance, 100 - authority.max_discount_pct)


def least_down(balance: Money, authority: Authority) -> Money:
    """The least first payment of a plan of several."""
    return share_up(balance, authority.min_down_pct)
