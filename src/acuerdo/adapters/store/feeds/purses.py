"""All about people's money, read at once: what they owe, paid, agreed and promised, by person and currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.money_terms import in_force
from acuerdo.adapters.store.units import TAKEN_BACK
from acuerdo.core.negotiation.keeping import Promised
from acuerdo.core.negotiation.promises import Given
from acuerdo.core.payments.booking import Deal, Debt
from acuerdo.core.payments.ledger import Bucket, Entry, Order, Payment, balances
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.payments.statement import Paid, Signed, Standing
from acuerdo.core.words import AccountId, Money

ACCOUNTS = """
select id, person_id, currency, balance, paid_since, principal, interest, fees, as_of, status from account
where person_id = any($1::text[]) and creditor_id = $2 and status <> 'withdrawn'
order by days_past_due desc, due_date nulls last, id
"""
PAYMENTS = """
select id, person_id, account_id, chosen, received, taken_back, currency, paid_at, status, agreement_id,
       matched_by is not null as matched, reference
from payment where person_id = any($1::text[]) and creditor_id = $2 and status in ('paid', 'refunded')
order by paid_at, id
"""
REVERSALS = f"""
select r.id, r.amount, r.taken_at from {TAKEN_BACK} r where r.id = any($1::text[]) order by r.taken_at, r.reversal
"""  # noqa: S608 - a constant of the store
LEDGER = """
select account_id, at, debit, credit, amount, currency, cause, ref from ledger_entry
where account_id = any($1::text[]) order by at, id
"""
AGREEMENTS = """
select id, person_id, accounts, status, currency, accepted_at, conversation_id from agreement
where person_id = any($1::text[]) and creditor_id = $2 and status in ('active', 'broken', 'kept') order by id
for no key update
"""
INSTALLMENTS = """
select agreement_id, n, due, amount, paid from installment where agreement_id = any($1::text[]) order by n
"""
PROMISES = """
select r.id, r.person_id, r.conversation_id, r.due, r.amount, r.currency, r.status, r.made_at from promise r
join person p on p.id = r.person_id
where r.person_id = any($1::text[]) and p.creditor_id = $2 and r.status in ('open', 'kept', 'broken') order by r.id
for no key update of r
"""


class Promise(msgspec.Struct, frozen=True):
    """A promise that still may be kept or not."""

    id: str
    conversation: str | None
    status: str
    promised: Promised


class Agreement(msgspec.Struct, frozen=True):
    """An agreement as it is on record; the deal's `paid` too."""

    signed: Signed
    status: str
    conversation: str | None


class Inflow(msgspec.Struct, frozen=True):
    """A payment on record: what stayed of it, what it counted for, and what was taken back of it, by moments."""

    paid: Paid
    deal: str | None
    taken_back: tuple[tuple[datetime, int], ...] = ()

    @property
    def counts(self) -> bool:
        return self.paid.payment.amount.minor > 0


class Purse(msgspec.Struct):
    """All about one person's money in one currency."""

    person: str
    currency: str
    zone: ZoneInfo
    debts: list[tuple[Standing, int]] = msgspec.field(default_factory=list)
    entries: list[Entry] = msgspec.field(default_factory=list)
    payments: list[Inflow] = msgspec.field(default_factory=list)
    deals: list[Agreement] = msgspec.field(default_factory=list)
    promises: list[Promise] = msgspec.field(default_factory=list)


class _Purses:
    """Purses by person and currency, as they are gathered."""

    def __init__(self, people: Sequence[asyncpg.Record]) -> None:
        self.root = {row["id"]: row["root"] for row in people}
        self.zones = {row["id"]: ZoneInfo(row["zone"]) for row in people}
        self.all: dict[tuple[str, str], Purse] = {}

    def of(self, row: asyncpg.Record) -> Purse:
        name = (self.root[row["person_id"]], row["currency"])
        if name not in self.all:
            self.all[name] = Purse(*name, self.zones[name[0]])
        return self.all[name]

    def alike(self) -> defaultdict[str, list[str]]:
        """Who is one with whom, by root."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for person, root in self.root.items():
            found[root].append(person)
        return found

    def known(self, rows: Iterable[asyncpg.Record]) -> list[asyncpg.Record]:
        return [row for row in rows if (self.root[row["person_id"]], row["currency"]) in self.all]


async def purses(db: Db, creditor: str, people: Sequence[asyncpg.Record]) -> Iterable[Purse]:
    """Everything about these people's money where they have paid any, by person and currency."""
    gathered, ids = _Purses(people), [row["id"] for row in people]
    rules = await in_force(db, creditor)
    payments = await db.fetch(PAYMENTS, ids, creditor)
    backs = _grouped(await db.fetch(REVERSALS, [row["id"] for row in payments if row["taken_back"]]), "id")
    for row in payments:
        own = gathered.of(row)
        own.payments.append(_inflow(row, own.zone, backs[row["id"]]))
    accounts = gathered.known(await db.fetch(ACCOUNTS, ids, creditor))
    ledger = _grouped(await db.fetch(LEDGER, [row["id"] for row in accounts]), "account_id")
    for row in accounts:
        own, entries = gathered.of(row), [_entry(one) for one in ledger[row["id"]]]
        own.debts.append((_standing(row, entries, rules.order), row["paid_since"]))
        own.entries += entries
    agreements = gathered.known(await db.fetch(AGREEMENTS, ids, creditor))
    parts = _grouped(await db.fetch(INSTALLMENTS, [row["id"] for row in agreements]), "agreement_id")
    for row in agreements:
        own = gathered.of(row)
        own.deals.append(_agreement(row, parts[row["id"]], own.zone))
    promises, alike = _grouped(await db.fetch(PROMISES, ids, creditor), "person_id"), gathered.alike()
    for own in gathered.all.values():
        given = (row for person in alike[own.person] for row in promises[person])
        own.promises += (_promise(row, own) for row in given if row["currency"] in ("", own.currency))
    return gathered.all.values()


def _grouped(rows: Iterable[asyncpg.Record], column: str) -> defaultdict[str, list[asyncpg.Record]]:
    groups: defaultdict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return groups


def _inflow(row: asyncpg.Record, zone: ZoneInfo, backs: Iterable[asyncpg.Record]) -> Inflow:
    account = row["account_id"] or None
    paid = Paid(
        Payment(row["id"], row["paid_at"], Money(row["received"], row["currency"])),
        row["paid_at"].astimezone(zone).date(), AccountId(account) if account else None, row["matched"],
        tuple(map(AccountId, row["chosen"])),
    )  # fmt: skip
    return Inflow(paid, row["agreement_id"], tuple(_capped(backs, row["taken_back"])))


def _capped(backs: Iterable[asyncpg.Record], most: int) -> Iterator[tuple[datetime, int]]:
    """What was taken back by moments: together never more than was paid."""
    for row in backs:
        part = min(row["amount"], most)
        if part:
            yield row["taken_at"], part
            most -= part


def _standing(row: asyncpg.Record, entries: Sequence[Entry], order: Order) -> Standing:
    parts = {"principal": row["principal"], "interest": row["interest"], "fees": row["fees"]}
    debt = Debt(
        AccountId(row["id"]), Money(row["balance"], row["currency"]),
        balances(entry for entry in entries if entry.amount.currency == row["currency"]),
        cast("dict[Bucket, int]", {name: part for name, part in parts.items() if part}), order,
    )  # fmt: skip
    return Standing(debt, row["as_of"], row["status"] == "open")


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        AccountId(row["account_id"]), row["at"], row["debit"], row["credit"], Money(row["amount"], row["currency"]),
        row["cause"], row["ref"],
    )  # fmt: skip


def _agreement(row: asyncpg.Record, parts: Sequence[asyncpg.Record], zone: ZoneInfo) -> Agreement:
    currency = row["currency"]
    deal = Deal(
        row["id"], tuple(row["accounts"]),
        tuple(Installment(one["n"], one["due"], Money(one["amount"], currency)) for one in parts),
        Money(sum(one["paid"] for one in parts), currency),
    )  # fmt: skip
    return Agreement(Signed(deal, row["accepted_at"].astimezone(zone).date()), row["status"], row["conversation_id"])


def _promise(row: asyncpg.Record, purse: Purse) -> Promise:
    made = row["made_at"].astimezone(purse.zone).date()
    given = Given(made, row["due"], Money(row["amount"] or 0, purse.currency))
    return Promise(row["id"], row["conversation_id"], row["status"], Promised(row["id"], given))
