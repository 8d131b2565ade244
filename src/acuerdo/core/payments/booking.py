"""What one payment comes to over all of a person's debts: the same books in whatever order payments arrive."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from acuerdo.core.payments.ledger import (
    ALLOCATION,
    Balances,
    Bucket,
    Entry,
    Order,
    Payment,
    Waiver,
    balances,
    owed,
    post_payment,
    post_waiver,
)  # fmt: skip
from acuerdo.core.payments.progress import Covered, cover
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import AccountId, AcuerdoError, Money


class NothingToBookOn(AcuerdoError):
    """The person has no account in the payment's currency."""


class Debt(msgspec.Struct, frozen=True):
    """One account when a payment is booked.

    `left` is the balance of record less what came in since; `books` its ledger so far, minor units; `parts` how the
    creditor's file divides the balance, where it does; `order` what a payment of it pays first.
    """

    account: AccountId
    left: Money
    books: Balances
    parts: Mapping[Bucket, int]
    order: Order = ALLOCATION


class Deal(msgspec.Struct, frozen=True):
    """The agreement in force: what it covers, its installments, and how much of them is paid."""

    id: str
    accounts: tuple[AccountId, ...]
    installments: tuple[Installment, ...]
    paid: Money

    @property
    def missing(self) -> Money:
        """What the agreement still asks for."""
        return Money(sum(i.amount.minor for i in self.installments), self.paid.currency) - self.paid


class Booking(msgspec.Struct, frozen=True):
    """What is written for a payment: `lowered` by account (minor units, paid or waived), `held` what nothing was owed
    for, `remaining` what the person has left to pay: of the agreement, else of the debts."""

    entries: tuple[Entry, ...]
    lowered: Mapping[AccountId, int]
    covered: tuple[Covered, ...]
    completed: bool
    held: Money
    remaining: Money


def of_record(debt: Debt, payment: Payment) -> tuple[Entry, ...]:
    """The entries that bring an account's ledger to its balance of record, as a newer file may have moved it."""
    gap = debt.left.minor - owed(debt.books)
    if gap >= 0:
        whole = not debt.books and sum(debt.parts.values()) == gap
        parts: Mapping[Bucket, int] = debt.parts if whole else {"principal": gap}
        return tuple(
            Entry(debt.account, payment.at, bucket, "opened", Money(parts[bucket], debt.left.currency), "opening", "")
            for bucket in ALLOCATION
            if parts.get(bucket, 0) > 0
        )
    return _taken_back(debt, payment, -gap)


def _taken_back(debt: Debt, payment: Payment, amount: int) -> tuple[Entry, ...]:
    entries = []
    for bucket in reversed(ALLOCATION):
        part = min(amount, max(0, debt.books.get(bucket, 0)))
        if part:
            money = Money(part, debt.left.currency)
            entries.append(Entry(debt.account, payment.at, "opened", bucket, money, "opening", ""))
            amount -= part
    return tuple(entries)


def allocate(amount: int, debts: Iterable[Debt]) -> tuple[dict[AccountId, int], int]:
    """`amount` laid over the debts in their order, each up to what is left of it, and what is left over."""
    shares: dict[AccountId, int] = {}
    for debt in debts:
        part = min(amount, max(0, debt.left.minor))
        if part:
            shares[debt.account] = part
            amount -= part
    return shares, amount


def book(
    payment: Payment, debts: Sequence[Debt], deal: Deal | None = None, only: Collection[AccountId] = ()
) -> Booking:
    """The payment over the debts, given oldest first, or on `only` these of them.

    What the agreement asks for goes to its accounts and never pays more of them, so that a settlement waives the same
    whatever arrives first; the rest goes to the other debts, and what nothing is owed for is held for the person.
    When all that was agreed is paid, what is left of the agreement's accounts is waived. Raises NothingToBookOn.
    """
    if not debts:
        raise NothingToBookOn(f"payment {payment.id} has no account to be booked on; import the person's accounts")
    agreed = set(deal.accounts) if deal else set()
    for_deal = min(payment.amount.minor, deal.missing.minor) if deal else 0
    into = [d for d in debts if not only or d.account in only]
    paid, over = allocate(for_deal, (d for d in into if d.account in agreed))
    others, held = allocate(payment.amount.minor - for_deal, (d for d in into if d.account not in agreed))
    shares, held = paid | others, held + over
    currency = payment.amount.currency
    covered = cover(deal.installments, deal.paid + Money(for_deal, currency)) if deal else ()
    completed = bool(covered) and all(c.missing.minor <= 0 for c in covered)
    entries, lowered = _posted(payment, debts, shares, agreed if completed else set())
    if held:
        first = debts[0].account
        entries += post_payment(first, {}, Payment(payment.id, payment.at, Money(held, currency)))
    left = sum(d.left.minor - lowered.get(d.account, 0) for d in debts)
    unpaid = sum(c.missing.minor for c in covered)
    remaining = Money(unpaid if deal and not completed else max(0, left), currency)
    return Booking(tuple(entries), lowered, covered, completed, Money(held, currency), remaining)


def _posted(
    payment: Payment, debts: Iterable[Debt], shares: Mapping[AccountId, int], waived: set[AccountId]
) -> tuple[list[Entry], dict[AccountId, int]]:
    """The entries of each touched account, and by how much (minor units) each is lowered."""
    entries: list[Entry] = []
    lowered: dict[AccountId, int] = {}
    for debt in debts:
        share = shares.get(debt.account, 0)
        if not share and debt.account not in waived:
            continue
        posted = _of_account(payment, debt, share, debt.account in waived)
        entries += posted
        fell = sum(e.amount.minor for e in posted if e.cause in ("payment", "waiver"))
        if fell:
            lowered[debt.account] = fell
    return entries, lowered


def _of_account(payment: Payment, debt: Debt, share: int, waive: bool) -> list[Entry]:
    entries = list(of_record(debt, payment))
    if share:
        part = Payment(payment.id, payment.at, Money(share, payment.amount.currency))
        entries += post_payment(debt.account, with_entries(debt.books, entries), part, debt.order)
    books = with_entries(debt.books, entries)
    if waive and owed(books) > 0:
        rest = Waiver(payment.id, payment.at, Money(owed(books), payment.amount.currency))
        entries += post_waiver(debt.account, books, rest, debt.order)
    return entries


def with_entries(books: Balances, entries: Iterable[Entry]) -> Balances:
    moved = balances(entries)
    return {book: books.get(book, 0) + moved.get(book, 0) for book in {*books, *moved}}
