"""The books are a function of the payments, not of their order; every ledger balances, and no cent is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuerdo.core.payments.booking import Booking, Deal, Debt, NothingToBookOn, book
from acuerdo.core.payments.ledger import Payment, balances, owed
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import AccountId, Money

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)


def cop(minor: int) -> Money:
    return Money(minor, "COP")


class Books(msgspec.Struct):
    """What is kept between one payment and the next, as the store does."""

    left: dict[str, int]
    ledger: dict[str, dict[str, int]]
    parts: Mapping[str, Mapping[str, int]]
    deal: Deal | None

    def take(self, payment: Payment) -> Booking:
        debts = [
            Debt(AccountId(a), cop(left), self.ledger.get(a, {}), self.parts.get(a, {}))  # type: ignore[arg-type]
            for a, left in self.left.items()
        ]
        done = book(payment, debts, self.deal)
        for account, fell in done.lowered.items():
            self.left[account] -= fell
        for account in self.left:
            moved = balances(e for e in done.entries if e.account == account)
            was = self.ledger.setdefault(account, {})
            for name, amount in moved.items():
                was[name] = was.get(name, 0) + amount
        if self.deal:
            self.deal = msgspec.structs.replace(self.deal, paid=cop(sum(c.paid.minor for c in done.covered)))
            self.deal = None if done.completed else self.deal
        return done

    def total(self, name: str) -> int:
        return sum(books.get(name, 0) for books in self.ledger.values())


def fresh(debts: Sequence[int], deal: Sequence[int] | None) -> Books:
    left = {f"a{n}": amount for n, amount in enumerate(debts)}
    parts = {a: {"interest": amount // 4, "principal": amount - amount // 4} for a, amount in left.items()}
    installments = tuple(Installment(n, date(2026, 12, 1) + timedelta(n), cop(p)) for n, p in enumerate(deal or (), 1))
    return Books(left, {}, parts, Deal("deal", tuple(map(AccountId, left)), installments, cop(0)) if deal else None)


amounts = st.integers(1, 500)
cases = st.tuples(
    st.lists(amounts, min_size=1, max_size=3),
    st.lists(amounts, min_size=1, max_size=6),
    st.booleans(),
    st.integers(1, 4),
    st.integers(30, 100),
)


@given(cases, st.randoms(use_true_random=False))
def test_the_order_of_payments_changes_nothing(case: tuple, random) -> None:  # type: ignore[no-untyped-def, type-arg]
    debts, paid, agreed, parts, percent = case
    total = max(parts, sum(debts) * percent // 100)
    deal = [total // parts] * (parts - 1) + [total - total // parts * (parts - 1)] if agreed else None
    if deal and sum(deal) > sum(debts):
        deal = None
    payments = [Payment(f"p{n}", AT + timedelta(minutes=n), cop(amount)) for n, amount in enumerate(paid)]
    shuffled = random.sample(payments, len(payments))
    one, other = fresh(debts, deal), fresh(debts, deal)
    for first, second in zip(payments, shuffled, strict=True):
        one.take(first)
        other.take(second)
    assert one.ledger == other.ledger
    assert one.left == other.left
    assert (one.deal and one.deal.paid) == (other.deal and other.deal.paid)


@given(cases)
def test_every_cent_is_somewhere_and_each_ledger_balances(case: tuple) -> None:  # type: ignore[type-arg]
    debts, paid, agreed, _, percent = case
    deal = [sum(debts) * percent // 100] if agreed and sum(debts) * percent >= 100 else None
    books = fresh(debts, deal)
    for n, amount in enumerate(paid):
        before = dict(books.left)
        done = books.take(Payment(f"p{n}", AT, cop(amount)))
        assert sum(e.amount.minor for e in done.entries if e.debit == "cash") == amount
        assert done.remaining.minor >= 0
        assert all(0 <= books.left[a] <= before[a] for a in before)
    assert books.total("cash") == sum(paid)
    for account, ledger in books.ledger.items():
        assert sum(ledger.values()) == 0
        assert not ledger or owed(ledger) == books.left[account]  # type: ignore[arg-type]
    lowered = sum(debts) - sum(books.left.values())
    assert lowered == books.total("cash") + books.total("held") + books.total("waived")
    assert books.total("waived") == 0 or (deal is not None and books.deal is None)


def test_a_newer_file_moves_the_ledger_to_the_balance_of_record() -> None:
    books = fresh([100], None)
    books.take(Payment("p1", AT, cop(40)))
    books.left["a0"] = 90  # the file says so, whatever we had seen
    books.take(Payment("p2", AT, cop(30)))
    assert owed(books.ledger["a0"]) == 60  # type: ignore[arg-type]
    books.left["a0"] = 10
    done = books.take(Payment("p3", AT, cop(10)))
    assert done.remaining == cop(0)
    assert sum(books.ledger["a0"].values()) == 0


def test_a_payment_without_any_account_says_what_to_mend() -> None:
    with pytest.raises(NothingToBookOn, match="import the person's accounts"):
        book(Payment("p1", AT, cop(10)), ())
