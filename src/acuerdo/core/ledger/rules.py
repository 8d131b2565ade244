"""A creditor's rules of money: what a payment pays first, interest and fees with their caps, grace and reminders."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal, InvalidOperation, localcontext
from typing import Literal

import msgspec

from acuerdo.core.payments.ledger import ALLOCATION, Bucket, Order
from acuerdo.core.payments.progress import Terms
from acuerdo.core.words import DECIMALS, AcuerdoError

MOST_GRACE, MOST_TOLERANCE = 60, 1_000_000_000  # days; major units
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
    """The most that the law lets be charged in fees in a country; `rule` names what says so."""

    country: str
    rule: str
    after_days: int
    unit: str
    steps: tuple[Step, ...]
    status: Literal["V1", "V2", "R"] = "R"
    checked: date | None = None
    source: str = ""
    says: str = ""
    needs_counsel: bool = True


class Ceiling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the law of a country says of the highest interest: a figure that an authority certifies by kind of credit,
    or none, and a judge decides. `effective`: the figures are effective yearly rates."""

    country: str
    rule: str
    says: Literal["certified", "judged"]
    authority: str
    norm: str
    source: str
    status: Literal["V1", "V2", "R"]
    checked: date
    kinds: tuple[str, ...] = ()
    every: Literal["month", "half_year", ""] = ""
    effective: bool = False
    needs_counsel: bool = True


class Law(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"caps": "cap", "ceilings": "ceiling"}):
    """What the law of all countries lets be charged, as far as we know it."""

    caps: tuple[Cap, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()


NO_LAW = Law()


class Certified(msgspec.Struct, frozen=True):
    """A figure of a ceiling in force from a day to another, both included, as its authority published it: percent a
    year; `source` is where it was read."""

    kind: str
    since: date
    until: date
    annual_pct: Decimal
    source: str = ""


class Reminders(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Days before and after a due day on which it is called to mind, at a local hour."""

    before: tuple[int, ...] = (2,)
    after: tuple[int, ...] = (1,)
    hour: int = 10


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"max_rates": "max_rate"}):
    """All of a creditor's rules of money, in one currency. `max_rate` are ceilings of interest that the creditor or its
    counsel put down, dated like rates; `kind` says of which credit the law's ceiling is; `units` the value of units of
    account (UF) in major units of the currency; `gateway` takes the creditor's payments, the sandbox if none is named.
    `law` and `figures` are what holds in the creditor's country, and no part of its file."""

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
    kind: str = ""
    law: Ceiling | None = None
    figures: tuple[Certified, ...] = ()

    @property
    def terms(self) -> Terms:
        """How strict agreements and promises are."""
        return Terms(self.grace_days, int(self.tolerance.scaleb(DECIMALS[self.currency])))

    def changes(self) -> tuple[date, ...]:
        """The days on which a rate or a ceiling changes."""
        legal = {day for one in self.figures for day in (one.since, one.until + timedelta(days=1))}
        return tuple(sorted({one.since for one in (*self.rate, *self.max_rates)} | legal))

    def rate_on(self, day: date) -> Rate | None:
        """The rate of a day, never over a ceiling; None where there is none yet, or nobody knows the law's figure."""
        rate, own, legal = _latest(self.rate, day), _latest(self.max_rates, day), self.legal_on(day)
        if rate is None or (legal is None and self.law is not None and self.law.says == "certified"):
            return None
        return min((one for one in (rate, own, legal) if one is not None), key=lambda one: one.annual_pct / one.basis)

    def legal_on(self, day: date) -> Rate | None:
        """The law's figure of a day as simple interest, of a basis of 365; None where none is known."""
        found = max((one for one in self.figures if one.since <= day <= one.until), key=lambda f: f.since, default=None)
        if found is None or self.law is None:
            return None
        return Rate(found.since, simple(found.annual_pct) if self.law.effective else found.annual_pct)

    def over(self, day: date) -> str:
        """Why the creditor's own rate of a day, or the next one to come, cannot be under the law; else nothing."""
        if self.law is None or self.law.says != "certified":
            return ""
        coming = [one for one in self.rate if one.since > day and one.annual_pct > 0]
        now = _latest(self.rate, day)
        for rate in ([now] if now is not None and now.annual_pct > 0 else []) + coming:
            on = max(day, rate.since)
            legal = self.legal_on(on) or self.legal_on(day)
            if legal is None:
                return (
                    f"the {self.kind} ceiling of {on} is not known: write down what the {self.law.authority} certified"
                    f" (acuerdo ledger ceiling {self.law.country} {self.kind} …)"
                )
            if rate.annual_pct * legal.basis > legal.annual_pct * rate.basis:
                most = legal.annual_pct * rate.basis / legal.basis
                return (
                    f"[[rate]] from {rate.since} is {rate.annual_pct} % a year, over the {self.kind} ceiling of {on}: "
                    f"at most {most.quantize(Decimal('0.01'), ROUND_FLOOR)} % as simple interest ({self.law.norm})"
                )
        return ""

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


def simple(effective_pct: Decimal) -> Decimal:
    """The simple rate of a year of 365 days whose every day costs what a day of an effective rate does: of no span of
    days does it come to more. Percent, rounded down to four decimals."""
    with localcontext(prec=28):
        daily = (1 + effective_pct / 100) ** (Decimal(1) / 365) - 1
        return (daily * 365 * 100).quantize(Decimal("0.0001"), ROUND_FLOOR)


def _latest(rates: tuple[Rate, ...], day: date) -> Rate | None:
    return max((one for one in rates if one.since <= day), key=lambda one: one.since, default=None)


def read_rules(
    text: str,
    source: str,
    country: str = "",
    law: Law = NO_LAW,
    figures: tuple[Certified, ...] = (),
) -> Rules:
    """The rules in a TOML file, under the law of the country and the figures known of it. Raises BadRules."""
    try:
        raw = tomllib.loads(text)
        if strange := {"law", "figures"} & raw.keys():
            raise BadRules(f"{source}: {strange.pop()} is no key of a creditor's file")
        rules = msgspec.convert(raw, Rules, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise BadRules(f"{source}: {why}") from None
    caps = tuple(cap for cap in law.caps if cap.country == country)
    ceiling = next((one for one in law.ceilings if one.country == country), None)
    kind = rules.kind or (ceiling.kinds[0] if ceiling and ceiling.kinds else "")
    known = tuple(one for one in figures if one.kind == kind)
    rules = msgspec.structs.replace(rules, cap=(*rules.cap, *caps), law=ceiling, kind=kind, figures=known)
    try:
        for wrong in _wrong(rules):
            raise BadRules(f"{source}: {wrong}")
    except InvalidOperation:
        raise BadRules(f"{source}: a number in it is nan; write it in digits") from None
    return rules


def read_law(text: str) -> Law:
    """What the law lets be charged, from a TOML file: a table `[[cap]]` or `[[ceiling]]` each. Raises BadRules."""
    try:
        law = msgspec.convert(tomllib.loads(text), Law, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as why:
        raise BadRules(f"legal caps: {why}") from None
    for one in law.ceilings:
        if (one.says == "certified") != bool(one.kinds and one.every):
            raise BadRules(
                f"legal caps: {one.rule}: a certified ceiling has kinds and how often it changes, no other has"
            )
    return law


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
    if rules.law is not None and rules.law.kinds and rules.kind not in rules.law.kinds:
        yield f"kind is {rules.kind!r}; in {rules.law.country} it is one of {', '.join(rules.law.kinds)}"
    names = [fee.name for fee in rules.fee]
    yield from (f"two fees are called {name!r}; name them apart" for name in set(names) if names.count(name) > 1)
    yield from _wrong_fees(rules)
    if not 0 <= rules.grace_days <= MOST_GRACE or not 0 <= rules.tolerance <= MOST_TOLERANCE:
        yield f"grace_days is from 0 to {MOST_GRACE}, and tolerance from 0 to {MOST_TOLERANCE}"
    for name, worth in rules.units.items():
        if not worth.is_finite() or worth <= 0:
            yield f"[units] {name}: give what one is worth in {rules.currency}, over 0"
    days_ = (*rules.remind.before, *rules.remind.after)
    if any(not 0 <= day <= 60 for day in days_) or not 0 <= rules.remind.hour <= 23:
        yield "[remind] before and after are days from 0 to 60, and hour is from 0 to 23"


def _wrong_fees(rules: Rules) -> Iterator[str]:
    barred = next((cap for cap in rules.cap if cap.steps and all(step.pct == 0 for step in cap.steps)), None)
    if barred is not None and rules.fee:
        yield f"fee {rules.fee[0].name!r}: no fee may be charged there ({barred.rule}); leave [[fee]] out"
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
        if bounded != sorted(set(bounded)) or None in tops[:-1] or any(not top.is_finite() for top in bounded):
            yield f"{what}: its steps go up, and only the last may have no up_to"
        if any(not 0 <= step.pct <= 100 for step in steps):
            yield f"{what}: pct is from 0 to 100"
        if unit and rules.units.get(unit, Decimal(0)) <= 0:
            yield f"{what} counts in {unit}: say in [units] how much one is in {rules.currency}"
