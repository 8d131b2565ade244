"""The ledger of one account: double entry in minor units, the same result in whatever order payments arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.words import AccountId, AcuerdoError, CurrencyMismatch, Money

Bucket = Literal["fees", "interest", "principal"]
# What the person owes by bucket and the cash received are debit-normal; what we hold for them, what was charged
# and the opening balance are credit-normal.
Book = Literal["fees", "interest", "principal", "cash", "held", "charged", "opened", "waived"]
Cause = Literal["opening", "charge", "payment", "overpayment", "held_applied", "waiver", "reversal"]

Order = tuple[Bucket, ...]
ALLOCATION: Order = ("fees", "interest", "principal")


class LedgerError(AcuerdoError):
    """What was posted cannot be true: a negative amount, or two different things under one id."""


class Entry(msgspec.Struct, frozen=True):
    """One movement of `amount` from the book `credit` to the book `debit` of an account, and what caused it."""

    account: AccountId
    at: datetime
    debit: Book
    credit: Book
    amount: Money
    cause: Cause
    ref: str


class Opening(msgspec.Struct, frozen=True, tag="opening"):
    """What the creditor says is owed in one bucket at the start."""

    id: str
    at: datetime
    amount: Money
    bucket: Bucket = "principal"


class Charge(msgspec.Struct, frozen=True, tag="charge"):
    """Interest or a fee that was added."""

    id: str
    at: datetime
    amount: Money
    bucket: Bucket


class Payment(msgspec.Struct, frozen=True, tag="payment"):
    """Money received, at the moment it counts from."""

    id: str
    at: datetime
    amount: Money


class Waiver(msgspec.Struct, frozen=True, tag="waiver"):
    """What the creditor gives up, as when a settlement was kept; never more than is owed."""

    id: str
    at: datetime
    amount: Money


class Reversal(msgspec.Struct, frozen=True, tag="reversal"):
    """A payment (or a waiver) taken back: a chargeback, a bounced transfer. It may arrive before what it is of."""

    id: str
    at: datetime
    of: str


Posting = Opening | Charge | Payment | Waiver | Reversal
Balances = Mapping[Book, int]


def balances(entries: Iterable[Entry]) -> dict[Book, int]:
    """Debits minus credits of each book, in minor units. Their sum is always zero.

    Raises CurrencyMismatch when the entries are not all in one currency.
    """
    sums: dict[Book, int] = {}
    currency = ""
    for entry in entries:
        if currency and entry.amount.currency != currency:
            raise CurrencyMismatch(f"account {entry.account}: {currency} and {entry.amount.currency} in one ledger")
        currency = entry.amount.currency
        sums[entry.debit] = sums.get(entry.debit, 0) + entry.amount.minor
        sums[entry.credit] = sums.get(entry.credit, 0) - entry.amount.minor
    return sums


def owed(books: Balances) -> int:
    """What the person owes, in minor units, before anything held for them."""
    return sum(books.get(bucket, 0) for bucket in ALLOCATION)


def _moved(account: AccountId, at: datetime, ref: str, debit: Book, credit: Book, amount: Money, cause: Cause) -> Entry:
    return Entry(account, at, debit, credit, amount, cause, ref)


def _against(
    account: AccountId, books: Balances, what: Payment | Waiver, debit: Book, cause: Cause, order: Order
) -> tuple[list[Entry], int]:
    """Entries that pay what is owed, bucket by bucket in `order`, and the minor units left over."""
    left, entries = what.amount.minor, []
    for bucket in order:
        part = min(left, max(0, books.get(bucket, 0)))
        if part:
            amount = Money(part, what.amount.currency)
            entries.append(_moved(account, what.at, what.id, debit, bucket, amount, cause))
            left -= part
    return entries, left


def post_payment(account: AccountId, books: Balances, payment: Payment, order: Order = ALLOCATION) -> tuple[Entry, ...]:
    """The entries of a payment: what is owed in `order`, and the rest held as a credit of the person's."""
    entries, left = _against(account, books, payment, "cash", "payment", order)
    if left:
        rest = Money(left, payment.amount.currency)
        entries.append(_moved(account, payment.at, payment.id, "cash", "held", rest, "overpayment"))
    return tuple(entries)


def post_waiver(account: AccountId, books: Balances, waiver: Waiver, order: Order = ALLOCATION) -> tuple[Entry, ...]:
    """The entries of a waiver: what is owed, in `order`, up to its amount."""
    return tuple(_against(account, books, waiver, "waived", "waiver", order)[0])


def reverse(entries: Iterable[Entry], of: str, at: datetime, ref: str) -> tuple[Entry, ...]:
    """The mirror of every entry that the payment or waiver with the id `of` itself caused."""
    direct = [e for e in entries if e.ref == of and e.cause in ("payment", "overpayment", "waiver")]
    return tuple(_moved(e.account, at, ref, e.credit, e.debit, e.amount, "reversal") for e in direct)


def _apply_held(
    account: AccountId, books: Balances, at: datetime, ref: str, currency: str, order: Order
) -> list[Entry]:
    """What is held for the person pays what has come to be owed."""
    held = -books.get("held", 0)
    if held <= 0:
        return []
    credit = Payment(ref, at, Money(held, currency))
    return _against(account, books, credit, "held", "held_applied", order)[0]


def _distinct(postings: Iterable[Posting]) -> list[Posting]:
    """Each posting once, and one reversal of each, the earliest.

    Raises LedgerError when one id says two things, or an amount is not positive."""
    known: dict[str, Posting] = {}
    for posting in postings:
        if known.setdefault(posting.id, posting) != posting:
            raise LedgerError(
                f"posting {posting.id!r} arrived twice with different contents; keep the one that is true"
            )
        if not isinstance(posting, Reversal) and posting.amount.minor <= 0:
            raise LedgerError(f"posting {posting.id!r} has amount {posting.amount.minor}; amounts are positive")
    first: dict[str, Reversal] = {}
    for back in (p for p in known.values() if isinstance(p, Reversal)):
        first[back.of] = min(first.get(back.of, back), back, key=lambda r: (r.at, r.id))
    return [p for p in known.values() if not isinstance(p, Reversal) or first[p.of] is p]


def _effective(postings: list[Posting]) -> list[Posting]:
    """In the order in which they count, not in which they came; a reversal after what it takes back.

    Raises LedgerError for the reversal of anything but a payment or a waiver.
    """
    at = {p.id: p.at for p in postings}
    for posting in postings:
        if isinstance(posting, Reversal) and posting.of in at and not _reversible(postings, posting.of):
            raise LedgerError(f"reversal {posting.id!r} is of {posting.of!r}; only payments and waivers are reversed")

    def key(posting: Posting) -> tuple[datetime, int, str]:
        counts = max(posting.at, at.get(posting.of, posting.at)) if isinstance(posting, Reversal) else posting.at
        return counts, RANK[type(posting)], posting.id

    return sorted(postings, key=key)


# What comes first among things of the same moment.
RANK: dict[type, int] = {Opening: 0, Charge: 1, Payment: 2, Waiver: 3, Reversal: 4}


def _reversible(postings: list[Posting], ref: str) -> bool:
    return any(p.id == ref and isinstance(p, Payment | Waiver) for p in postings)


def _overdrawn(account: AccountId, entries: list[Entry], reversal: Reversal, order: Order) -> list[Entry]:
    """When a payment taken back had left a credit that was since used, what that credit paid is owed again."""
    short = balances(entries).get("held", 0)
    again: list[Entry] = []
    for bucket in reversed(order):
        used = sum(e.amount.minor for e in entries if (e.debit, e.credit) == ("held", bucket))
        undone = sum(e.amount.minor for e in entries if (e.debit, e.credit) == (bucket, "held"))
        part = min(short, used - undone)
        if part > 0:
            amount = Money(part, entries[0].amount.currency)
            again.append(_moved(account, reversal.at, reversal.id, bucket, "held", amount, "reversal"))
            short -= part
    return again


def _entries_of(account: AccountId, entries: list[Entry], posting: Posting, order: Order) -> list[Entry]:
    if isinstance(posting, Opening | Charge):
        source: Book = "opened" if isinstance(posting, Opening) else "charged"
        cause: Cause = "opening" if isinstance(posting, Opening) else "charge"
        return [_moved(account, posting.at, posting.id, posting.bucket, source, posting.amount, cause)]
    if isinstance(posting, Payment):
        return list(post_payment(account, balances(entries), posting, order))
    if isinstance(posting, Waiver):
        return list(post_waiver(account, balances(entries), posting, order))
    mirrored = list(reverse(entries, posting.of, posting.at, posting.id))
    return mirrored + _overdrawn(account, entries + mirrored, posting, order)


def journal(account: AccountId, postings: Iterable[Posting], order: Order = ALLOCATION) -> tuple[Entry, ...]:
    """Every entry that these postings come to: a function of the set of them, whatever the order of arrival.

    Repeated postings count once. Raises LedgerError (see there) and CurrencyMismatch.
    """
    entries: list[Entry] = []
    for posting in _effective(_distinct(postings)):
        entries += _entries_of(account, entries, posting, order)
        if entries:
            books, currency = balances(entries), entries[0].amount.currency
            entries += _apply_held(account, books, posting.at, posting.id, currency, order)
    return tuple(entries)
