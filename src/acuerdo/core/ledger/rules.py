"""A creditor's rules of money: what a payment pays first, interest and fees with their caps, grace and reminders."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import msgspec

from acuerdo.core.payments.ledger import ALLOCATION, Bucket, Order
from acuerdo.core.payments.progress import Terms
from acuerdo.core.words import DECIMALS, AcuerdoError

MOST_RATE = Decimal(1000)  # percent a year; beyond it somebody forgot a decimal point


class BadRules(AcuerdoError):
    """A file of money rules that cannot be true: its text names the file, what and how to mend it."""


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """Simple interest on principal past due from a day on, until the next rate: percent a year, of `basis` days."""

    since: date
    annual_pct: Decimal
    basis: int = 365


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pct` percent of the part of the principal up to `up_to` (major units of the fee's `unit`); none: of the rest."""

    pct: Decimal
    up_to: Decimal | None = None


class Fee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Charged once for each missed due day, when `after_days` are over: an amount, or a share of the principal."""

    name: str
    after_days: int
    amount: Decimal | None = None
    steps: tuple[Step, ...] = ()
    unit: str = ""


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The most that the law lets be charged in fees in a country; `rule` is the law pack's that says so."""

    country: str
    rule: str
    after_days: int
    unit: str
    steps: tuple[Step, ...]


class Reminders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days before and after a due day on which it is called to mind, at a local hour."""

    before: tuple[int, ...] = (2,)
    after: tuple[int, ...] = (1,)
    hour: int = 10


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"max_rates": "max_rate"}):
    """All of a creditor's rules of money, in one currency. `max_rate` are ceilings of interest that the creditor or its
    counsel put down, dated like rates; `units` the value of units of account (UF) in major units of the currency;
    `gateway` takes the creditor's payments, the sandbox where none is named."""

    currency: str
    order: Order = ALLOCATION
    rate: tuple[Rate, ...] = ()
    max_rates: tuple[Rate, ...] = ()
    fee: tuple[Fee, ...] = ()
    cap: tuple[Cap, ...] = ()
    units: dict[str, Decimal] = {}
    grace_days: int = 2
    tolerance: Decimal = Decimal(0)
    remind: Reminders = Reminders()
    gateway: str = ""

    @property
    def terms(self) -> Terms:
        """How strict agreements and promises are."""
        return Terms(self.grace_days, int(self.tolerance.scaleb(DECIMALS[self.currency])))

    def changes(self) -> tuple[date, ...]:
        """The days on which a rate or its ceiling changes."""
        return tuple(sorted({one.since for one in (*self.rate, *self.max_rates)}))

    def rate_on(self, day: date) -> Rate | None:
        """The rate of a day, never over its ceiling; None where there is none yet."""
        rate, most = _latest(self.rate, day), _latest(self.max_rates, day)
        if rate is None or most is None or rate.annual_pct * most.basis <= most.annual_pct * rate.basis:
            return rate
        return most

    def fee_day(self, fee: Fee, due: date) -> date:
        """The day on which a fee is charged: its days after the due one are over, and the law's too."""
        return due + timedelta(days=1 + max([fee.after_days, *(cap.after_days for cap in self.cap)]))

    def fee_minor(self, fee: Fee, principal: int) -> int:
        """What a fee comes to on a principal, both in minor units: down to the unit, and never over a cap."""
        if fee.amount is not None:
            wanted = int(fee.amount.scaleb(DECIMALS[self.currency]))
        else:
            wanted = self._stepped(fee.steps, fee.unit, principal)
        return min([wanted, *(self._stepped(cap.steps, cap.unit, principal) for cap in self.cap)])

    def _stepped(self, steps: tuple[Step, ...], unit: str, principal: int) -> int:
        scale = (self.units[unit] if unit else Decimal(1)).scaleb(DECIMALS[self.currency])
        done, total = Decimal(0), Decimal(0)
        for step in steps:
            top = Decimal(principal) if step.up_to is None else min(Decimal(principal), step.up_to * scale)
            total += max(Decimal(0), top - done) * step.pct / 100
            done = max(done, top)
        return int(total)


def _latest(rates: tuple[Rate, ...], day: date) -> Rate | None:
    return max((one for one in rates if one.since <= day), key=lambda one: one.since, default=None)


def read_rules(text: str, source: str, country: str = "", caps: tuple[Cap, ...] = ()) -> Rules:
    """The rules in a TOML file, under the legal caps of the country. Raises BadRules."""
    try:
        rules = msgspec.convert(tomllib.loads(text), Rules, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise BadRules(f"{source}: {why}") from None
    own = tuple(cap for cap in caps if cap.country == country)
    rules = msgspec.structs.replace(rules, cap=(*rules.cap, *own))
    for wrong in _wrong(rules):
        raise BadRules(f"{source}: {wrong}")
    return rules


def read_caps(text: str) -> tuple[Cap, ...]:
    """The legal caps in a TOML file, a table `[[cap]]` each. Raises BadRules."""
    try:
        return msgspec.convert(tomllib.loads(text), dict[str, tuple[Cap, ...]], strict=False).get("cap", ())
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise BadRules(f"legal caps: {why}") from None


def _wrong(rules: Rules) -> Iterator[str]:
    if rules.currency not in DECIMALS:
        yield f"currency {rules.currency!r} is not known; known: {', '.join(sorted(DECIMALS))}"
        return
    buckets: tuple[Bucket, ...] = ALLOCATION
    if sorted(rules.order) != sorted(buckets):
        yield f"order is {list(rules.order)}; name each of {', '.join(buckets)} once"
    for kind, rates in (("rate", rules.rate), ("max_rate", rules.max_rates)):
        days = [one.since for one in rates]
        yield from (f"two [[{kind}]] are from {day}; keep one" for day in sorted(set(days)) if days.count(day) > 1)
        for one in rates:
            if not 0 <= one.annual_pct <= MOST_RATE or one.basis not in (360, 365):
                yield f"[[{kind}]] from {one.since}: give annual_pct from 0 to {MOST_RATE}, and basis 360 or 365"
    names = [fee.name for fee in rules.fee]
    yield from (f"two fees are called {name!r}; name them apart" for name in set(names) if names.count(name) > 1)
    yield from _wrong_fees(rules)
    if rules.grace_days < 0 or rules.tolerance < 0:
        yield "grace_days and tolerance are 0 or more"
    days_ = (*rules.remind.before, *rules.remind.after)
    if any(not 0 <= day <= 60 for day in days_) or not 0 <= rules.remind.hour <= 23:
        yield "[remind] before and after are days from 0 to 60, and hour is from 0 to 23"


def _wrong_fees(rules: Rules) -> Iterator[str]:
    for fee in rules.fee:
        if (fee.amount is None) == (not fee.steps):
            yield f"fee {fee.name!r}: give an amount or steps, one of the two"
        if fee.after_days < 0 or (fee.amount is not None and fee.amount <= 0):
            yield f"fee {fee.name!r}: after_days is 0 or more, and its amount over 0"
    for what, steps, unit in (
        *((f"fee {fee.name!r}", fee.steps, fee.unit) for fee in rules.fee),
        *((f"the cap {cap.rule}", cap.steps, cap.unit) for cap in rules.cap if rules.fee),
    ):
        tops = [step.up_to for step in steps]
        bounded = [top for top in tops if top is not None]
        if bounded != sorted(set(bounded)) or None in tops[:-1]:
            yield f"{what}: its steps go up, and only the last may have no up_to"
        if any(not 0 <= step.pct <= 100 for step in steps):
            yield f"{what}: pct is from 0 to 100"
        if unit and rules.units.get(unit, Decimal(0)) <= 0:
            yield f"{what} counts in {unit}: say in [units] how much one is in {rules.currency}"
