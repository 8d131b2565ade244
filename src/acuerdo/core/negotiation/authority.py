"""What may be conceded: the limits that nobody, bot or template, can offer outside of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

import msgspec

from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import AcuerdoError, Money


class BadAuthority(AcuerdoError):
    """The limits contradict themselves."""


class Band(msgspec.Struct, frozen=True, omit_defaults=True):
    """The largest discount between these days past due and balances in minor units, ends included; None: no end."""

    first_day: int
    last_day: int | None
    least: int
    most: int | None
    max_pct: Decimal

    def holds(self, dpd: int, minor: int) -> bool:
        days = self.first_day <= dpd and (self.last_day is None or dpd <= self.last_day)
        return days and self.least <= minor and (self.most is None or minor <= self.most)

    def meets(self, other: Band) -> bool:
        """Whether some case is in both."""
        return _cross(self.first_day, self.last_day, other.first_day, other.last_day) and _cross(
            self.least, self.most, other.least, other.most
        )

    def told(self, currency: str) -> str:
        """`days 0 to 30, balance 0 to 500000 COP`."""
        days = f"{self.first_day} on" if self.last_day is None else f"{self.first_day} to {self.last_day}"
        low = Money(self.least, currency).plain()
        owed = f"{low} on" if self.most is None else f"{low} to {Money(self.most, currency).plain()} {currency}"
        return f"days {days}, balance {owed}"


def _cross(low: int, high: int | None, other_low: int, other_high: int | None) -> bool:
    return (high is None or other_low <= high) and (other_high is None or low <= other_high)


def _share(pct: Decimal) -> bool:
    return pct.is_finite() and 0 <= pct < 100


class Authority(msgspec.Struct, frozen=True, omit_defaults=True):
    """The limits of one creditor, segment and stage. Percentages are of the balance; days count from today.

    With `bands` the discount is that of the account's days past due and balance (see `standing`), and
    `max_discount_pct` the largest of them. `beyond` names the roles that may go further. `interest_pct_year` is
    the most that a plan may charge; the plans made here charge none.

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
    stage: str = ""
    tone: str = ""
    bands: tuple[Band, ...] = ()
    interest_pct_year: Decimal = Decimal(0)
    beyond: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, held, why in (
            ("max_installments", self.max_installments >= 1, "at least 1"),
            ("max_discount_pct", _share(self.max_discount_pct), "from 0 to under 100"),
            ("min_down_pct", _share(self.min_down_pct), "from 0 to under 100"),
            ("longest_first_payment_days", self.longest_first_payment_days >= 0, "0 or more"),
            ("longest_promise_days", self.longest_promise_days >= 0, "0 or more"),
            ("interest_pct_year", _share(self.interest_pct_year), "from 0 to under 100"),
        ):
            if not held:
                raise BadAuthority(f"authority {self.id or '(no id)'}: {name} is {getattr(self, name)}; give {why}")

    def standing(self, balance: Money, dpd: int) -> Authority:
        """The same limits for one account: the discount of its band, none where it is in no band."""
        if not self.bands:
            return self
        pct = next((b.max_pct for b in self.bands if b.holds(max(0, dpd), balance.minor)), Decimal(0))
        return msgspec.structs.replace(self, max_discount_pct=pct, bands=())

    def last_first_day(self, today: date) -> date:
        """The latest day on which a plan's first payment may fall."""
        return today + timedelta(days=self.longest_first_payment_days)

    def last_promise_day(self, today: date) -> date:
        """The latest day that a promise may name."""
        return today + timedelta(days=self.longest_promise_days)


def narrowest(found: Sequence[Authority]) -> Authority:
    """What all of these allow, for debts of one currency: nobody concedes on one what another forbids."""
    narrow = min(found, key=lambda a: (a.max_discount_pct, a.max_installments))
    return Authority(
        max_installments=min(a.max_installments for a in found),
        max_discount_pct=narrow.max_discount_pct,
        min_installment=max((a.min_installment for a in found if a.min_installment is not None), default=None),
        min_down_pct=max(a.min_down_pct for a in found),
        longest_first_payment_days=min(a.longest_first_payment_days for a in found),
        longest_promise_days=min(a.longest_promise_days for a in found),
        frequency=narrow.frequency,
        id=narrow.id,
        beyond=tuple(role for role in found[0].beyond if all(role in a.beyond for a in found)),
    )


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
