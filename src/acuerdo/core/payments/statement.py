"""All of a person's payments over all of their debts: a function of the set of them, in whatever order it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from acuerdo.core.payments.booking import Deal, Debt, book, with_entries
from acuerdo.core.payments.ledger import ALLOCATION, Entry, Payment
from acuerdo.core.payments.progress import Covered, cover
from acuerdo.core.words import AccountId, Money

# What a payment itself wrote, and what took it back.
OF_PAYMENTS = ("payment", "overpayment", "waiver", "reversal")


class Standing(msgspec.Struct, frozen=True):
    """A debt as the creditor's newest file says it: on `as_of`; `open` where payments that name no debt may go."""

    debt: Debt
    as_of: date
    open: bool = True


class Signed(msgspec.Struct, frozen=True):
    """An agreement, and the local day from which payments count for it."""

    deal: Deal
    since: date


class Paid(msgspec.Struct, frozen=True):
    """What came in and stayed, on a local day; `account` where the creditor named one, `chosen` the
    debts that it was asked for where the person chose some.

    `matched` says that the balance of record holds it already, as it does with what came before its day.
    """

    payment: Payment
    on: date
    account: AccountId | None = None
    matched: bool = False
    chosen: tuple[AccountId, ...] = ()

    @property
    def only(self) -> tuple[AccountId, ...]:
        """The debts that it may lower; empty: any."""
        return (self.account,) if self.account else self.chosen

    def since(self, standing: Standing) -> bool:
        """Whether the balance of record cannot know of it yet."""
        return not self.matched and self.on >= standing.as_of


class Statement(msgspec.Struct, frozen=True):
    """What payments come to: entries by the payment that caused them, by how much (minor units) each debt is lowered,
    the installments of each agreement, which agreement each payment counts for, and what is left to pay."""

    entries: tuple[tuple[str, Entry], ...]
    lowered: Mapping[AccountId, int]
    covered: Mapping[str, tuple[Covered, ...]]
    deal_of: Mapping[str, str]
    remaining: Money

    def completed(self, deal: str) -> bool:
        """Whether all that an agreement asks for came in."""
        covered = self.covered[deal]
        return bool(covered) and all(one.missing.minor <= 0 for one in covered)


class _Books:
    """Debts and agreements while payments are laid over them, one after the other."""

    def __init__(self, debts: Sequence[Standing], deals: Sequence[Signed]) -> None:
        self.debts = {one.debt.account: one for one in debts}
        self.deals = {one.deal.id: one for one in deals}
        self.entries: list[tuple[str, Entry]] = []
        self.lowered: dict[AccountId, int] = {}
        self.deal_of: dict[str, str] = {}

    def take(self, paid: Paid) -> None:
        signed = self._signed(paid)
        into = self._into(paid)
        if signed is not None:
            self.deal_of[paid.payment.id] = signed.deal.id
        if into:
            self._book(paid, into, signed)
        elif signed is not None:
            self._count(signed, paid.payment.amount.minor)

    def _signed(self, paid: Paid) -> Signed | None:
        """The newest agreement that the payment counts for: made by its day, about its debt, and not paid yet."""
        fit = [
            one
            for one in self.deals.values()
            if one.since <= paid.on
            and (not paid.only or set(paid.only) & set(one.deal.accounts))
            and one.deal.missing.minor > 0
        ]
        return max(fit, key=lambda one: (one.since, one.deal.id), default=None)

    def _into(self, paid: Paid) -> list[Debt]:
        """The debts it may lower, those named first; none where their balance holds it already."""
        fit = [
            one.debt for one in self.debts.values() if paid.since(one) and (one.open or one.debt.account in paid.only)
        ]
        if not paid.only:
            return fit
        fit.sort(key=lambda debt: debt.account not in paid.only)
        return fit if fit and fit[0].account in paid.only else []

    def _book(self, paid: Paid, into: Sequence[Debt], signed: Signed | None) -> None:
        booking = book(paid.payment, into, signed.deal if signed else None, paid.only)
        self.entries += ((paid.payment.id, entry) for entry in booking.entries)
        for account in {entry.account for entry in booking.entries}:
            self._lower(account, booking.lowered.get(account, 0), [e for e in booking.entries if e.account == account])
        if signed is not None:
            self._count(signed, paid.payment.amount.minor)

    def _lower(self, account: AccountId, minor: int, entries: Sequence[Entry]) -> None:
        standing = self.debts[account]
        left = Money(standing.debt.left.minor - minor, standing.debt.left.currency)
        debt = msgspec.structs.replace(standing.debt, left=left, books=with_entries(standing.debt.books, entries))
        self.debts[account] = msgspec.structs.replace(standing, debt=debt)
        self.lowered[account] = self.lowered.get(account, 0) + minor

    def _count(self, signed: Signed, minor: int) -> None:
        deal = signed.deal
        paid = Money(deal.paid.minor + min(minor, deal.missing.minor), deal.paid.currency)
        self.deals[deal.id] = msgspec.structs.replace(signed, deal=msgspec.structs.replace(deal, paid=paid))

    def remaining(self, currency: str) -> Money:
        """Of the newest agreement that is not paid, else of the debts."""
        running = [one for one in self.deals.values() if one.deal.missing.minor > 0]
        if running:
            return max(running, key=lambda one: (one.since, one.deal.id)).deal.missing
        return Money(sum(max(0, one.debt.left.minor) for one in self.debts.values() if one.open), currency)


def in_order(paid: Paid) -> tuple[datetime, str]:
    """Payments count in this order, whatever the order in which they are told."""
    return paid.payment.at, paid.payment.id


def lay(debts: Sequence[Standing], deals: Sequence[Signed], payments: Iterable[Paid], currency: str) -> Statement:
    """These payments over debts (oldest first) and agreements as they stand without them.

    A debt whose balance of record holds a payment is not lowered by it again; its agreement counts it all the same.
    """
    books = _Books(debts, deals)
    for paid in sorted(payments, key=in_order):
        books.take(paid)
    return Statement(
        tuple(books.entries), books.lowered,
        {name: cover(one.deal.installments, one.deal.paid) for name, one in books.deals.items()},
        books.deal_of, books.remaining(currency),
    )  # fmt: skip


def unwound(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The mirror of what these payments' entries still come to, at the moments that they count from."""
    net: dict[tuple[str, str, str, str], Entry] = {}
    sums: dict[tuple[str, str, str, str], int] = {}
    for entry in entries:
        low, high = sorted((entry.debit, entry.credit))
        name = (entry.account, entry.ref, low, high)
        net.setdefault(name, entry)
        sums[name] = sums.get(name, 0) + (entry.amount.minor if entry.debit == low else -entry.amount.minor)
    return tuple(_mirrored(net[name], name[2], name[3], minor) for name, minor in sums.items() if minor)


def _mirrored(entry: Entry, low: str, high: str, minor: int) -> Entry:
    debit, credit = (high, low) if minor > 0 else (low, high)
    amount = Money(abs(minor), entry.amount.currency)
    return msgspec.structs.replace(entry, debit=debit, credit=credit, amount=amount, cause="reversal")


def raised(account: AccountId, at: datetime, amount: Money, payment: str) -> Entry:
    """What is owed again as a payment that the balance of record holds was taken back after it."""
    return Entry(account, at, ALLOCATION[-1], "cash", amount, "reversal", payment)
