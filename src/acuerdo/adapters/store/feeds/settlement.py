"""What payments that are now known come to: books, balances, agreements and promises of the people who made them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store import book, jobs
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds.purses import Inflow, Purse, purses
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.money_terms import in_force
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.negotiation.keeping import promise_outcome
from acuerdo.core.payments.booking import Deal, with_entries
from acuerdo.core.payments.ledger import Entry
from acuerdo.core.payments.progress import Received, Terms, missed
from acuerdo.core.payments.statement import (
    OF_PAYMENTS,
    Paid,
    Signed,
    Standing,
    Statement,
    in_order,
    lay,
    raised,
    unwound,
)
from acuerdo.core.words import Money, derive
from acuerdo.service.feeding import Arrived
from acuerdo.service.paying import JOB, Telling

MANY = 1000  # people at once
ROOTS = "select coalesce(root_id, id) as root, id, zones[1] as zone from person where id = any($1::text[])"
ALIKE = """
select id, coalesce(root_id, id) as root, zones[1] as zone from person
where id = any($1::text[]) or root_id = any($1::text[])
"""
# In the order of their names, as everybody who locks several does.
TALKS = "select id from conversation where person_id = any($1::text[]) order by id for no key update"
LOCK = "select from account where person_id = any($1::text[]) order by id for no key update"
ENTRY = ("id", "account_id", "at", "debit", "credit", "amount", "currency", "cause", "ref")
PAID_SINCE = """
update account a set paid_since = l.minor from unnest($1::text[], $2::bigint[]) as l (id, minor)
where a.id = l.id and a.paid_since <> l.minor
"""
COVERED = """
update installment i set paid = c.paid from unnest($1::text[], $2::integer[], $3::bigint[]) as c (deal, n, paid)
where i.agreement_id = c.deal and i.n = c.n and i.paid <> c.paid
"""
COUNTED = """
update payment p set agreement_id = d.deal from unnest($1::text[], $2::text[]) as d (id, deal)
where p.id = d.id and p.agreement_id is distinct from d.deal
"""
STALE = "update conversation set stale = true where person_id = any($1::text[])"


class Told(msgspec.Struct, frozen=True):
    """That a conversation is to hear of a payment."""

    conversation: str
    person: str
    amount: Money


class News(msgspec.Struct, frozen=True):
    """What came: whose money it is, payments not booked yet, and those who had money taken back; and what conversations
    are to hear of payments, and of what went `back` of them."""

    people: frozenset[str]
    fresh: frozenset[str]
    unsettled: frozenset[str]
    told: Mapping[str, Told]
    back: Mapping[str, Told] = {}


class Outcome(msgspec.Struct):
    """What is to be written, of many people together."""

    entries: list[tuple[object, ...]] = msgspec.field(default_factory=list)
    paid_since: dict[str, int] = msgspec.field(default_factory=dict)
    covered: list[tuple[str, int, int]] = msgspec.field(default_factory=list)
    counted: list[tuple[str, str]] = msgspec.field(default_factory=list)
    facts: list[Recorded] = msgspec.field(default_factory=list)
    tellings: list[Telling] = msgspec.field(default_factory=list)


async def settle(db: Db, keyring: Keyring, arrived: Arrived, import_id: str, news: News) -> list[Telling]:
    """Books what is new, on the caller's transaction; the same whatever order it came in. Its tellings are queued."""
    tellings: list[Telling] = []
    if not news.people:
        return tellings
    rows = await db.fetch(ROOTS, sorted(news.people))
    roots = {row["root"] for row in rows}
    unsettled = {row["root"] for row in rows if row["id"] in news.unsettled}
    alike = await db.fetch(ALIKE, sorted(roots))
    everyone = [row["id"] for row in alike]
    await db.execute(TALKS, everyone)
    await db.execute(LOCK, everyone)
    terms = (await in_force(db, arrived.creditor)).terms
    of_root: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in alike:
        of_root[row["root"]].append(row)
    for some in _chunks(sorted(roots)):
        people = [row for root in some for row in of_root[root]]
        outcome = Outcome()
        for purse in await purses(db, arrived.creditor, people):
            _settle_purse(purse, news, purse.person in unsettled, arrived, import_id, outcome, terms)
        await _write(db, keyring, outcome, [row["id"] for row in people])
        tellings += outcome.tellings
    return tellings


def _chunks(people: Sequence[str]) -> Iterator[Sequence[str]]:
    return (people[at : at + MANY] for at in range(0, len(people), MANY))


def _settle_purse(
    purse: Purse, news: News, unsettled: bool, arrived: Arrived, import_id: str, outcome: Outcome, terms: Terms
) -> None:
    counting = [one for one in purse.payments if one.counts]
    fresh = [one for one in counting if one.paid.payment.id in news.fresh]
    first = min((in_order(one.paid) for one in fresh), default=None)
    booked = [one for one in counting if one.paid.payment.id not in news.fresh]
    anew = unsettled or (first is not None and any(in_order(one.paid) > first for one in booked))
    statement = _anew(purse, outcome, import_id) if anew else _after(purse, [one.paid for one in fresh])
    _note_books(purse, statement, anew, import_id, outcome)
    today = arrived.at.astimezone(purse.zone).date()
    facts = _Facts(purse, arrived, import_id, outcome, terms)
    _note_deals(purse, statement, counting, today, facts)
    _note_promises(purse, counting, today, facts)
    _note_told(purse, statement, fresh, news, outcome)
    _note_back(purse, statement, news, import_id, outcome)


def _after(purse: Purse, fresh: Iterable[Paid]) -> Statement:
    """The new payments laid over what the books say now."""
    debts = [
        msgspec.structs.replace(one, debt=msgspec.structs.replace(one.debt, left=_less(one.debt.left, since)))
        for one, since in purse.debts
    ]
    return lay(debts, [one.signed for one in purse.deals], fresh, purse.currency)


def _less(balance: Money, minor: int) -> Money:
    return Money(max(0, balance.minor - minor), balance.currency)


def _anew(purse: Purse, outcome: Outcome, import_id: str) -> Statement:
    """All payments laid over the debts as if none had been booked; what had been is mirrored first."""
    debts = []
    for standing, _ in purse.debts:
        back = _back(purse, standing)
        _note_entries(((entry.ref, entry) for entry in back), derive(import_id, "back"), outcome)
        left = Money(standing.debt.left.minor + _sum(raises(purse, standing)), purse.currency)
        debt = msgspec.structs.replace(standing.debt, left=left, books=with_entries(standing.debt.books, back))
        debts.append(msgspec.structs.replace(standing, debt=debt))
    nothing = Money(0, purse.currency)
    unpaid = (msgspec.structs.replace(one.signed.deal, paid=nothing) for one in purse.deals)
    deals = [Signed(deal, one.signed.since) for deal, one in zip(unpaid, purse.deals, strict=True)]
    return lay(debts, deals, (one.paid for one in purse.payments if one.counts), purse.currency)


def _back(purse: Purse, standing: Standing) -> list[Entry]:
    """The mirror of what payments since the balance of record wrote, and what was taken back of those before it."""
    since = {one.paid.payment.id for one in purse.payments if one.paid.since(standing)}
    own = [entry for entry in purse.entries if entry.account == standing.debt.account]
    written = (entry for entry in own if entry.ref in since and entry.cause in OF_PAYMENTS)
    return [*unwound(written), *(entry for entry in raises(purse, standing) if entry not in own)]


def raises(purse: Purse, standing: Standing) -> list[Entry]:
    """What is owed again: payments that the balance of record holds, taken back on its day or later."""
    account = standing.debt.account
    return [
        raised(account, at, Money(minor, purse.currency), one.paid.payment.id)
        for one in purse.payments
        if one.paid.account == account and not one.paid.since(standing)
        for at, minor in one.taken_back
        if at.astimezone(purse.zone).date() >= standing.as_of
    ]


def _sum(entries: Iterable[Entry]) -> int:
    return sum(entry.amount.minor for entry in entries)


def _note_books(purse: Purse, statement: Statement, anew: bool, import_id: str, outcome: Outcome) -> None:
    _note_entries(statement.entries, import_id, outcome)
    for standing, since in purse.debts:
        lowered = statement.lowered.get(standing.debt.account, 0)
        before = -_sum(raises(purse, standing)) if anew else since
        outcome.paid_since[standing.debt.account] = before + lowered
    for deal, covered in statement.covered.items():
        outcome.covered += ((deal, one.installment.n, one.paid.minor) for one in covered)
    outcome.counted += statement.deal_of.items()


def _note_entries(entries: Iterable[tuple[str, Entry]], cause: str, outcome: Outcome) -> None:
    outcome.entries += (
        (
            derive("entry", cause, payment, e.account, str(n)), e.account, e.at, e.debit, e.credit, e.amount.minor,
            e.amount.currency, e.cause, e.ref or payment,
        )
        for n, (payment, e) in enumerate(entries)
    )  # fmt: skip


class _Facts:
    """Notes what follows for agreements and promises, each fact once per import."""

    def __init__(self, purse: Purse, arrived: Arrived, import_id: str, outcome: Outcome, terms: Terms) -> None:
        self._purse, self._arrived, self._import, self._outcome = purse, arrived, import_id, outcome
        self.terms = terms

    def note(self, name: str, conversation: str | None, fact: AnyFact) -> None:
        self._outcome.facts.append(Recorded(
            derive(kind_of(fact), name, self._import), self._arrived.at, "system", fact, self._arrived.creditor,
            self._purse.person, None, conversation, None, self._import,
        ))  # fmt: skip


def _note_deals(purse: Purse, statement: Statement, counting: Sequence[Inflow], today: date, facts: _Facts) -> None:
    for one in purse.deals:
        deal, completed = one.signed.deal, statement.completed(one.signed.deal.id)
        if completed and one.status != "kept":
            facts.note(deal.id, one.conversation, f.AgreementCompleted(deal.id))
        if completed or one.status == "active":
            continue
        if one.status == "kept" or _in_time(deal, statement, counting, today, facts.terms):
            facts.note(deal.id, one.conversation, f.AgreementReopened(deal.id))


def _in_time(deal: Deal, statement: Statement, counting: Sequence[Inflow], today: date, terms: Terms) -> bool:
    """Whether, with what is now known to have come in, no installment's days were missed."""
    received = tuple(
        Received(one.paid.on, one.paid.payment.amount)
        for one in counting
        if statement.deal_of.get(one.paid.payment.id, one.deal) == deal.id
    )
    return missed(deal.installments, received, today, terms) is None


def _note_promises(purse: Purse, counting: Sequence[Inflow], today: date, facts: _Facts) -> None:
    received = [Received(one.paid.on, one.paid.payment.amount) for one in counting]
    for one in purse.promises:
        kept = isinstance(promise_outcome(one.promised, received, today, facts.terms), f.PromiseKept)
        if one.status != "open" and kept != (one.status == "kept"):
            facts.note(one.id, one.conversation, f.PromiseReopened(one.id))
        if kept and one.status != "kept":
            facts.note(one.id, one.conversation, f.PromiseKept(one.id))


def _note_told(purse: Purse, statement: Statement, fresh: Sequence[Inflow], news: News, outcome: Outcome) -> None:
    for one in fresh:
        name = one.paid.payment.id
        told = news.told.get(name)
        if told is None:
            continue
        deal = statement.deal_of.get(name, "")
        done = bool(deal) and statement.completed(deal)
        arrived = f.PaymentArrived(name, told.amount, statement.remaining, deal, done, seen=True)
        outcome.tellings.append(Telling(told.conversation, derive("told", name), arrived))


def _note_back(purse: Purse, statement: Statement, news: News, import_id: str, outcome: Outcome) -> None:
    for one in purse.payments:
        name = one.paid.payment.id
        told = news.back.get(name)
        if told is None:
            continue
        deal = one.deal or ""
        runs = deal in statement.covered and not statement.completed(deal)
        back = f.PaymentTakenBack(name, told.amount, statement.remaining, deal if runs else "")
        outcome.tellings.append(Telling(told.conversation, derive("back", name, import_id), back))


async def _write(db: Db, keyring: Keyring, outcome: Outcome, people: Sequence[str]) -> None:
    if outcome.entries:
        await db.copy_records_to_table("ledger_entry", records=outcome.entries, columns=ENTRY)
    await db.execute(PAID_SINCE, list(outcome.paid_since), list(outcome.paid_since.values()))
    if outcome.covered:
        await db.execute(COVERED, *_columns(outcome.covered))
    if outcome.counted:
        await db.execute(COUNTED, *_columns(outcome.counted))
    await book.record(db, keyring, outcome.facts)
    await db.execute(STALE, list(people))
    await jobs.enqueue(db, JOB, [msgspec.json.encode(one).decode() for one in outcome.tellings])


def _columns(rows: Iterable[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
