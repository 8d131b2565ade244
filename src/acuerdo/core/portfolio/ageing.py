"""The portfolio by age, product and amount on a day, and how debts rolled from one age to another between two days."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from acuerdo.core.words import Money


class Bucket(msgspec.Struct, frozen=True):
    """A span of days past due, both ends included; `last` None is open."""

    key: str
    title: str
    first: int
    last: int | None


# The usual spans of ageing reports; 60 is where a person takes over, so it is an edge.
BUCKETS: tuple[Bucket, ...] = (
    Bucket("0", "Al día", -(10**6), 0), Bucket("1-30", "1 a 30 días", 1, 30), Bucket("31-60", "31 a 60 días", 31, 60),
    Bucket("61-90", "61 a 90 días", 61, 90), Bucket("91-120", "91 a 120 días", 91, 120),
    Bucket("121-180", "121 a 180 días", 121, 180), Bucket("181-360", "181 a 360 días", 181, 360),
    Bucket("361+", "Más de 360 días", 361, None),
)  # fmt: skip
TITLES = {one.key: one.title for one in BUCKETS}
# Beside the buckets, in a roll: a debt that was not there before, and one that is owed no more.
NEW, GONE = "new", "gone"
# Where amounts are cut, in hundredths of what counts as a large balance in the currency.
CUTS = (10, 50, 100, 500)


def bucket_of(days_past_due: int) -> str:
    """The key of the bucket that a debt is in."""
    return next(one.key for one in BUCKETS if one.last is None or days_past_due <= one.last)


class Line(msgspec.Struct, frozen=True):
    """One cut of the portfolio (a bucket, a product or a band of amounts): how many open debts, and how much."""

    key: str
    title: str
    accounts: int
    owed: Money


class Ageing(msgspec.Struct, frozen=True):
    """The open debts of a currency on a day, cut three ways; each cut sums to the same total."""

    currency: str
    by_age: tuple[Line, ...]
    by_product: tuple[Line, ...]
    by_amount: tuple[Line, ...]

    @property
    def total(self) -> Line:
        """All of them."""
        owed = Money(sum(line.owed.minor for line in self.by_age), self.currency)
        return Line("all", "Total", sum(line.accounts for line in self.by_age), owed)


class Rolled(msgspec.Struct, frozen=True):
    """Debts that went from one bucket (or NEW) to another (or GONE): how many, and what they owed before and after."""

    was: str
    now: str
    accounts: int
    owed_before: Money
    owed_after: Money


def rates(rolled: Iterable[Rolled]) -> dict[tuple[str, str], float]:
    """The share, 0 to 1, of each bucket's debts (by number) that went to each other: the roll rates."""
    cells = tuple(rolled)
    totals: dict[str, int] = {}
    for one in cells:
        totals[one.was] = totals.get(one.was, 0) + one.accounts
    return {(one.was, one.now): one.accounts / totals[one.was] for one in cells if one.was != NEW}
