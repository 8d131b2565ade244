"""Double entry of one account in minor units: its books, and what a payment or a waiver writes in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.words import AccountId, AcuerdoError, CurrencyMismatch, Money

Bucket = Literal["fees", "interest", "principal"]
# What the person owes by bucket and the cash received are debit-normal; what we hold for them, what was charged,
# the opening balance and what a newer file moved are credit-normal.
Book = Literal["fees", "interest", "principal", "cash", "held", "charged", "opened", "adjusted", "waived"]
Cause = Literal["opening", "adjustment", "charge", "payment", "overpayment", "held_applied", "waiver", "reversal"]

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
    """A payment (or a waiver) taken back, `amount` of it or all: a chargeback, a bounced transfer. It may arrive before
    what it is of."""

    id: str
    at: datetime
    of: str
    amount: Money | None = None


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
