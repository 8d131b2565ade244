"""The ledger of one account as a function of the set of its facts: the same in whatever order they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import msgspec

from acuerdo.core.ledger.rules import Rules
from acuerdo.core.payments.ledger import (
    ALLOCATION,
    Book,
    Bucket,
    Cause,
    Charge,
    Entry,
    LedgerError,
    Order,
    Payment,
    Reversal,
    Waiver,
    owed,
    post_payment,
    post_waiver,
)
from acuerdo.core.words import AccountId, CurrencyMismatch, Money


class Stated(msgspec.Struct, frozen=True, tag="stated"):
    """What a creditor's file says is owed at the first moment of its day: the balance of record, whatever we thought.

    `parts` divides it where the file does (minor units); `due` is the oldest unpaid due day, from which interest runs.
    """

    id: str
    at: datetime
    total: Money
    parts: Mapping[Bucket, int] = {}
    due: date | None = None


class Agreed(msgspec.Struct, frozen=True, tag="agreed"):
    """That an agreement about the account ran from a moment on; `until` it was broken or ended, where it was."""

    id: str
    at: datetime
    until: datetime | None = None


Fact = Stated | Charge | Payment | Waiver | Reversal | Agreed

# What comes first among things of the same moment.
RANK: dict[type, int] = {Stated: 0, Charge: 1, Payment: 2, Waiver: 3, Reversal: 4, Agreed: 5}


class Difference(msgspec.Struct, frozen=True):
    """That a file's balance was not ours, in minor units; the entries with its `ref` bring ours to it.

    `by` says in which buckets it differs, what a credit held for the person took among them (`held`); `since` what we
    had counted since the file before: payments, interest and fees, reversals, by what caused them.
    """

    ref: str
    at: datetime
    ours: int
    theirs: int
    by: Mapping[Book, int] = {}
    since: Mapping[Cause, int] = {}


class Told(msgspec.Struct, frozen=True):
    """An account told from its facts: every entry, what the books hold, and where files and ledger differed."""

    entries: tuple[Entry, ...]
    books: Mapping[Book, int]
    differences: tuple[Difference, ...]

    @property
    def owed(self) -> int:
        """Minor units, before anything held for the person."""
        return owed(self.books)

    @property
    def held(self) -> int:
        """What is held for the person, minor units."""
        return -self.books.get("held", 0)


def tell(account: AccountId, facts: Iterable[Fact], rules: Rules | None = None, until: datetime | None = None) -> Told:
    """All that these facts come to, with interest and fees by the rules up to `until`.

    Moments are aware, in the person's own zone, as days count. Repeated facts count once. Raises LedgerError where one
    id says two things, an amount is not positive or a reversal is of neither a payment nor a waiver, and
    CurrencyMismatch.
    """
    told = _effective(_distinct(facts))
    books = _Account(account, rules, tuple(one for one in told if isinstance(one, Agreed)))
    for fact in told:
        books.take(fact)
    if until is not None:
        books.pass_time(until)
        books.apply_held(until, f"until:{until.date()}")
    return Told(tuple(books.entries), books.sums, tuple(books.differences))


def _distinct(facts: Iterable[Fact]) -> list[Fact]:
    known: dict[str, Fact] = {}
    currency = ""
    for fact in facts:
        if known.setdefault(fact.id, fact) != fact:
            raise LedgerError(f"fact {fact.id!r} arrived twice with different contents; keep the one that is true")
        amount = _amount(fact)
        if amount is None:
            continue
        if amount.minor < 0 or (amount.minor == 0 and not isinstance(fact, Stated)):
            raise LedgerError(f"fact {fact.id!r} has amount {amount.minor}; amounts are positive")
        if currency and amount.currency != currency:
            raise CurrencyMismatch(f"fact {fact.id!r}: {currency} and {amount.currency} in one ledger")
        currency = amount.currency
    return list(known.values())


def _amount(fact: Fact) -> Money | None:
    match fact:
        case Stated():
            return fact.total
        case Agreed():
            return None
        case _:
            return fact.amount


def _effective(facts: list[Fact]) -> list[Fact]:
    """In the order in which they count, not in which they came; a reversal after what it takes back."""
    at = {fact.id: fact.at for fact in facts}
    kinds = {fact.id: type(fact) for fact in facts}

    def key(fact: Fact) -> tuple[datetime, int, str]:
        counts = max(fact.at, at.get(fact.of, fact.at)) if isinstance(fact, Reversal) else fact.at
        return counts, RANK[type(fact)], fact.id

    for fact in facts:
        if isinstance(fact, Reversal) and kinds.get(fact.of, Payment) not in (Payment, Waiver):
            raise LedgerError(f"reversal {fact.id!r} is of {fact.of!r}; only payments and waivers are reversed")
    return sorted(facts, key=key)


class _Account:
    """The books of one account while facts are taken, in the order in which they count."""

    def __init__(self, account: AccountId, rules: Rules | None, agreed: tuple[Agreed, ...] = ()) -> None:
        self.account, self.rules = account, rules
        # Days on which an agreement ran: the first and, where it ended, the day it ended on.
        self._agreed = tuple((one.at.date(), one.until.date() if one.until else None) for one in agreed)
        self.order: Order = rules.order if rules else ALLOCATION
        self.entries: list[Entry] = []
        self.sums: dict[Book, int] = {}
        self.differences: list[Difference] = []
        self._direct: dict[str, list[Entry]] = {}
        self._undone: dict[str, int] = {}
        self._used: dict[Bucket, int] = {}
        self._currency, self._stated = "", False
        self._due: date | None = None
        self._day: date | None = None
        self._rest = Fraction(0)
        self._from = 0  # the first entry after the last file

    def take(self, fact: Fact) -> None:
        if isinstance(fact, Agreed):
            return
        amount = _amount(fact)
        if amount is not None:
            self._currency = amount.currency
        self.pass_time(fact.at)  # a reversal that came before what it is of finds the day begun
        match fact:
            case Stated():
                self._state(fact)
            case Charge():
                self._move(fact.bucket, "charged", fact.amount.minor, "charge", fact.at, fact.id)
            case Payment():
                self._note(post_payment(self.account, self.sums, fact, self.order))
            case Waiver():
                self._note(post_waiver(self.account, self.sums, fact, self.order))
            case Reversal():
                self._take_back(fact)
        self.apply_held(fact.at, fact.id)

    def _move(self, debit: Book, credit: Book, minor: int, cause: Cause, at: datetime, ref: str) -> None:
        if minor:
            self._post(Entry(self.account, at, debit, credit, Money(minor, self._currency), cause, ref))

    def _post(self, entry: Entry) -> None:
        self.entries.append(entry)
        minor = entry.amount.minor
        self.sums[entry.debit] = self.sums.get(entry.debit, 0) + minor
        self.sums[entry.credit] = self.sums.get(entry.credit, 0) - minor

    def _note(self, entries: Iterable[Entry]) -> None:
        """A payment's or a waiver's own entries, which it may be asked to give back."""
        for entry in entries:
            self._post(entry)
            self._direct.setdefault(entry.ref, []).append(entry)

    def _state(self, fact: Stated) -> None:
        """Brings the books to the file's balance. A credit that the file does not tell of is in its balance, unless
        nothing is owed: then it is still the person's."""
        ours, held = owed(self.sums), -self.sums.get("held", 0)
        cause: Cause = "adjustment" if self._stated else "opening"
        source: Book = "adjusted" if self._stated else "opened"
        kept = held if fact.total.minor == 0 else 0
        wanted_by = self._wanted(fact)
        if self._stated and ours - (held - kept) != fact.total.minor:
            by: dict[Book, int] = {name: minor - self.sums.get(name, 0) for name, minor in wanted_by.items()}
            by["held"] = held - kept
            self.differences.append(Difference(
                fact.id, fact.at, ours - (held - kept), fact.total.minor,
                {name: minor for name, minor in by.items() if minor}, self._since(),
            ))  # fmt: skip
        self._move("held", source, held - kept, cause, fact.at, fact.id)
        for bucket, wanted in wanted_by.items():
            gap = wanted - self.sums.get(bucket, 0)
            if gap > 0:
                self._move(bucket, source, gap, cause, fact.at, fact.id)
            else:
                self._move(source, bucket, -gap, cause, fact.at, fact.id)
        self._stated, self._due, self._day, self._rest = True, fact.due, fact.at.date(), Fraction(0)
        self._from = len(self.entries)

    def _since(self) -> dict[Cause, int]:
        """By how much what is owed moved since the last file, by cause; what a credit of the person's did too."""
        owes = (*ALLOCATION, "held")
        moved: dict[Cause, int] = {}
        for entry in self.entries[self._from :]:
            minor = entry.amount.minor * ((entry.debit in owes) - (entry.credit in owes))
            moved[entry.cause] = moved.get(entry.cause, 0) + minor
        return {cause: minor for cause, minor in moved.items() if minor}

    def _wanted(self, fact: Stated) -> dict[Bucket, int]:
        """What each bucket is to hold: as the file divides it, else as little changed as can be, principal first."""
        if fact.parts and sum(fact.parts.values()) == fact.total.minor and min(fact.parts.values()) >= 0:
            return {bucket: fact.parts.get(bucket, 0) for bucket in ALLOCATION}
        wanted = {bucket: self.sums.get(bucket, 0) for bucket in ALLOCATION}
        gap = fact.total.minor - sum(wanted.values())
        for bucket in reversed(ALLOCATION):
            moved = max(gap, -wanted[bucket])
            wanted[bucket] += moved
            gap -= moved
        return wanted

    def _take_back(self, fact: Reversal) -> None:
        """Gives back what the payment wrote, last things first, up to what was not given back before."""
        written = self._direct.get(fact.of, [])
        done = self._undone.get(fact.of, 0)
        whole = sum(entry.amount.minor for entry in written)
        left = min(whole - done, fact.amount.minor if fact.amount else whole)
        self._undone[fact.of] = done + left
        at = max(fact.at, written[0].at) if written else fact.at
        for entry in reversed(written):
            over = min(done, entry.amount.minor)
            done -= over
            part = min(left, entry.amount.minor - over)
            left -= part
            self._move(entry.credit, entry.debit, part, "reversal", at, fact.id)
        self._owe_again(fact.id, at)
        self.apply_held(at, fact.id)

    def _owe_again(self, ref: str, at: datetime) -> None:
        """Where a credit taken back had been used, what it paid is owed again; what a file took of it too."""
        short = self.sums.get("held", 0)
        for bucket in reversed(self.order):
            part = min(short, self._used.get(bucket, 0))
            if part > 0:
                self._used[bucket] -= part
                self._move(bucket, "held", part, "reversal", at, ref)
                short -= part
        if short > 0:
            self._move("principal", "held", short, "reversal", at, ref)

    def apply_held(self, at: datetime, ref: str) -> None:
        """What is held for the person pays what has come to be owed."""
        held = -self.sums.get("held", 0)
        for bucket in self.order:
            part = min(held, self.sums.get(bucket, 0))
            if part > 0:
                self._used[bucket] = self._used.get(bucket, 0) + part
                self._move("held", bucket, part, "held_applied", at, ref)
                held -= part

    def pass_time(self, at: datetime) -> None:
        """Interest of each whole day before `at`, and the fees of the days that began by then."""
        day, rules, due = at.date(), self.rules, self._due
        if rules is None or due is None or self._day is None or day <= self._day:
            return
        fees = {rules.fee_day(fee, due) for fee in rules.fee}
        turns = {one for days in self._agreed for one in days if one is not None}
        for stop in sorted({one for one in (*fees, *turns, *rules.changes(), day) if self._day < one <= day}):
            self._accrue(rules, due, stop, at)
            self._day = stop
            for fee in rules.fee:
                if (
                    rules.fee_day(fee, due) == stop
                    and not self._under_agreement(stop)
                    and self.sums.get("principal", 0) > 0
                ):
                    minor = rules.fee_minor(fee, self.sums["principal"])
                    self._move("fees", "charged", minor, "charge", _start(stop, at), f"fee:{fee.name}:{stop}")
                    self.apply_held(_start(stop, at), f"fee:{fee.name}:{stop}")

    def _under_agreement(self, day: date) -> bool:
        """Whether an agreement ran on a day: then neither interest nor fees do, and that is not made up for later."""
        return any(since <= day and (until is None or day < until) for since, until in self._agreed)

    def _accrue(self, rules: Rules, due: date, stop: date, at: datetime) -> None:
        """Interest on principal from the last day counted, or the day after the due one, to the day before `stop`."""
        assert self._day is not None  # noqa: S101 - asked by the one caller
        rate, days = rules.rate_on(self._day), (stop - max(self._day, due + timedelta(days=1))).days
        principal = self.sums.get("principal", 0)
        if rate is None or days <= 0 or principal <= 0 or self._under_agreement(self._day):
            return
        self._rest += Fraction(principal * days, 100 * rate.basis) * Fraction(rate.annual_pct)
        whole = int(self._rest)
        self._rest -= whole
        self._move("interest", "charged", whole, "charge", _start(stop, at), f"interest:{stop}")
        self.apply_held(_start(stop, at), f"interest:{stop}")


def _start(day: date, like: datetime) -> datetime:
    """The first moment of a day in the zone of `like`."""
    return datetime.combine(day, time(), like.tzinfo)
