"""Payments in PostgreSQL: a row locked for each change, and the books written in the same transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from hashlib import sha256
from typing import Literal, cast
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store import book, inbox, jobs
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.feeds.going_back import take_back
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.money_terms import in_force
from acuerdo.core.payments.booking import Booking, Deal, Debt
from acuerdo.core.payments.ledger import Book, Bucket, Order
from acuerdo.core.payments.progress import Received
from acuerdo.core.payments.reported import DAYS_APART
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import AccountId, Money, derive
from acuerdo.service.gateways import Notice, TakenBack
from acuerdo.service.paying import (
    ASK_AGAIN,
    FORGET,
    JOB,
    LIFE,
    QUIET,
    Change,
    Loose,
    OpenPromise,
    PaymentRow,
    Standing,
    Telling,
)

ROW = """
select p.id, p.creditor_id, c.name as creditor_name, p.person_id, w.country, w.zones[1] as zone, p.conversation_id,
       p.amount, p.received, p.currency, p.status, p.gateway, p.gateway_ref, p.url, p.created_at, p.paid_at,
       p.back_since, p.taken_back, p.chosen
from payment p join creditor c on c.id = p.creditor_id join person w on w.id = p.person_id
where p.id = $1 for update of p
"""
# Every path that writes to a conversation locks its row, and so does news of a payment; always in this order.
CONVERSATIONS = "select id from conversation where person_id in (select people_of($1)) order by id for no key update"
ACCOUNTS = """
select id, balance, paid_since, principal, interest, fees, days_past_due, due_date
from account where person_id = root_of($1) and creditor_id = $2 and currency = $3 and status = 'open'
order by id for no key update
"""
BOOKS = """
select account_id, book, sum(amount)::bigint as amount from (
  select account_id, debit as book, amount from ledger_entry where account_id = any($1::text[])
  union all
  select account_id, credit, -amount from ledger_entry where account_id = any($1::text[])
) moved group by account_id, book
"""
DEAL = """
select id, accounts from agreement
where person_id in (select people_of($1)) and creditor_id = $2 and currency = $3 and status in ('active', 'broken')
order by status, accepted_at desc, id limit 1 for no key update
"""
UPDATE = """
update payment set status = $2, gateway_ref = coalesce($3, gateway_ref), url = coalesce($4, url),
                   paid_at = coalesce($5, paid_at), requested_at = coalesce($6, requested_at), code = coalesce($7, code)
where id = $1
"""
# The creditor's report of the same money: by its reference, else of this amount on one of these debts within days.
REPORTED = """
select r.id from payment r join person w on w.id = r.person_id
where r.creditor_id = $1 and r.gateway = 'report' and r.status in ('paid', 'refunded') and r.currency = $3
  and (r.reference in ($5, $6) or (
    root_of(r.person_id) = root_of($2) and r.received + r.taken_back = $4
    and (r.account_id is null or r.account_id in (select unnest(accounts) from payment where id = $6))
    and abs((r.paid_at at time zone w.zones[1])::date - ($7::timestamptz at time zone w.zones[1])::date) <= $8))
order by (r.reference in ($5, $6)) desc, r.paid_at, r.id limit 1 for update of r
"""
ADOPTED = """
select received, taken_back, reference, account_id, reported_at, agreement_id, status from payment where id = $1
"""
ADOPT = """
update payment set received = $2, taken_back = $3, reference = $4, account_id = $5, reported_at = $6,
  agreement_id = coalesce($7, agreement_id), status = $8 where id = $1
"""
ENTRIES = """
insert into ledger_entry (id, account_id, at, debit, credit, amount, currency, cause, ref)
select * from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::bigint[], $7::text[],
                     $8::text[], $9::text[])
"""


class StoredPayment:
    """A payment under its lock, on one connection and one transaction."""

    def __init__(self, db: Db, keyring: Keyring, row: PaymentRow) -> None:
        self._db, self._keyring, self.row = db, keyring, row

    async def first(self, notice: Notice, at: datetime) -> bool:
        """Whether this event was not seen before; from here it is."""
        seen_first = await self._db.fetchval(
            """insert into inbox_event (channel, kind, provider_id, status, at) values ($1, 'payment', $2, $3, $4)
               on conflict do nothing returning true""",
            f"pay:{self.row.gateway}", notice.event, notice.status, at,
        )  # fmt: skip
        return bool(seen_first)

    async def standing(self) -> Standing:
        """What the payment is booked against; from here the person's accounts are locked."""
        row, currency = self.row, self.row.amount.currency
        accounts = await self._db.fetch(ACCOUNTS, row.person, row.creditor, currency)
        accounts.sort(key=_oldest_first)
        rules = await in_force(self._db, row.creditor)
        books: dict[str, dict[str, int]] = defaultdict(dict)
        for moved in await self._db.fetch(BOOKS, [a["id"] for a in accounts]):
            books[moved["account_id"]][moved["book"]] = moved["amount"]
        return Standing(
            tuple(_debt(a, books[a["id"]], currency, rules.order) for a in accounts),
            await self._deal(currency),
            await self._promises(),
            await self._received(currency),
            rules.terms,
        )

    async def _deal(self, currency: str) -> Deal | None:
        found = await self._db.fetchrow(DEAL, self.row.person, self.row.creditor, currency)
        if found is None:
            return None
        rows = await self._db.fetch(
            "select n, due, amount, paid from installment where agreement_id = $1 order by n", found["id"]
        )
        return Deal(
            found["id"],
            tuple(found["accounts"]),
            tuple(Installment(r["n"], r["due"], Money(r["amount"], currency)) for r in rows),
            Money(sum(r["paid"] for r in rows), currency),
        )

    async def _promises(self) -> tuple[OpenPromise, ...]:
        rows = await self._db.fetch(
            """select id, made_at, due, amount, currency from promise
               where person_id in (select people_of($1)) and status = 'open' order by id""",
            self.row.person,
        )
        return tuple(
            OpenPromise(
                r["id"], r["made_at"], r["due"], None if r["amount"] is None else Money(r["amount"], r["currency"])
            )
            for r in rows
        )

    async def _received(self, currency: str) -> tuple[Received, ...]:
        rows = await self._db.fetch(
            """select paid_at, received from payment
               where person_id in (select people_of($1)) and creditor_id = $2 and currency = $3
                 and status = 'paid' and id <> $4""",
            self.row.person, self.row.creditor, currency, self.row.id,
        )  # fmt: skip
        zone = ZoneInfo(self.row.zone)
        return tuple(Received(r["paid_at"].astimezone(zone).date(), Money(r["received"], currency)) for r in rows)

    async def reported(self, amount: Money, gateway_ref: str, at: datetime) -> str | None:
        """The creditor's own report of this money, where its file came first."""
        row = self.row
        found = await self._db.fetchval(
            REPORTED, row.creditor, row.person, amount.currency, amount.minor, gateway_ref, row.id, at, DAYS_APART
        )
        return None if found is None else str(found)

    async def _adopt(self, report: str) -> None:
        """The report's books are this payment's from here on; the report counts no more."""
        (told,) = await self._db.fetch(ADOPTED, report)
        await self._db.execute("update payment set status = 'same', reference = null where id = $1", report)
        await self._db.execute(ADOPT, self.row.id, *told.values())
        await self._db.execute("update ledger_entry set ref = $2 where ref = $1", report, self.row.id)

    async def take_back(self, back: Sequence[TakenBack], at: datetime) -> Sequence[Telling]:
        """What went back counts no more, each part once; the gateway was asked, and need not be again."""
        status = await self._db.fetchval(
            "update payment set back_since = null where id = $1 returning status", self.row.id
        )
        if status not in ("paid", "refunded"):
            return ()
        return await take_back(self._db, self._keyring, self.row, back, at)

    async def ask_back(self, at: datetime) -> None:
        """Its gateway is to be asked what went back of it."""
        await self._db.execute(
            "update payment set back_since = coalesce(back_since, $2), asked_at = $2 where id = $1", self.row.id, at
        )

    async def commit(self, change: Change) -> None:
        """Writes the payment, its facts, its books, and the job that tells of it."""
        row, url = self.row, change.made.url if change.made else None
        requested = change.facts[0].at if change.made else change.asked if row.url == "" else None
        code = change.made.code if change.made else None
        await self._db.execute(UPDATE, row.id, change.status, change.gateway_ref, url, change.paid_at, requested, code)
        await book.record(self._db, self._keyring, change.facts)
        if change.same_as is not None:
            await self._adopt(change.same_as)
        if change.booking is not None:
            await self._book(change, change.booking)
        if change.telling is not None:
            await jobs.enqueue(self._db, JOB, [msgspec.json.encode(change.telling).decode()])

    async def _book(self, change: Change, booking: Booking) -> None:
        await self._db.execute(ENTRIES, *_entry_columns(self.row.id, booking))
        await self._db.execute(
            """update account a set paid_since = a.paid_since + l.amount
               from unnest($1::text[], $2::bigint[]) as l (id, amount) where a.id = l.id""",
            list(booking.lowered), list(booking.lowered.values()),
        )  # fmt: skip
        if change.deal is not None:
            await self._db.execute(
                """update installment i set paid = c.paid from unnest($2::integer[], $3::bigint[]) as c (n, paid)
                   where i.agreement_id = $1 and i.n = c.n""",
                change.deal, [c.installment.n for c in booking.covered], [c.paid.minor for c in booking.covered],
            )  # fmt: skip
        received = sum(e.amount.minor for e in booking.entries if e.debit == "cash")
        await self._db.execute(
            "update payment set received = $2, agreement_id = coalesce($3, agreement_id) where id = $1",
            self.row.id, received, change.deal,
        )  # fmt: skip
        await self._db.execute(
            "update conversation set stale = true where person_id in (select people_of($1))", self.row.person
        )


class StoredPayments:
    """Payments and gateways' notices over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    @asynccontextmanager
    async def locked(self, payment: str, *, books: bool = False) -> AsyncIterator[StoredPayment | None]:
        """The payment under its lock; what is not committed inside is undone."""
        async with self._pool.acquire() as db, db.transaction():
            if books:
                person = await db.fetchval("select person_id from payment where id = $1", payment)
                await db.execute(CONVERSATIONS, person)
            row = await db.fetchrow(ROW, payment)
            yield StoredPayment(db, self._keyring, _payment(row)) if row else None

    async def find(self, gateway: str, notice: Notice) -> str | None:
        """The payment that a notice speaks of: by the gateway's name for it, else by our reference."""
        found = await self._pool.fetchval(
            """select id from payment where gateway = $1 and (gateway_ref = $2 or (gateway_ref is null and id = $3))""",
            gateway, notice.gateway_ref, notice.reference,
        )  # fmt: skip
        return None if found is None else str(found)

    async def keep(self, channel: str, raw: bytes, at: datetime) -> bool:
        """Stores a body under its hash; False when it was worked through before."""
        status = await self._pool.fetchval(
            """insert into inbox (channel, body_hash, raw, received_at) values ($1, $2, $3, $4)
               on conflict (channel, body_hash) do update set received_at = inbox.received_at
               returning status || case when error = '' then '' else '!' end""",
            channel, _hash(raw), self._keyring.inbox.seal(raw, inbox.raw_aad(channel, _hash(raw))), at,
        )  # fmt: skip
        return bool(status == "kept")

    async def settle(self, channel: str, raw: bytes, status: Literal["kept", "parsed", "unreadable"], why: str) -> None:
        """What became of a stored body."""
        await self._pool.execute(
            "update inbox set status = $3, error = $4 where channel = $1 and body_hash = $2",
            channel, _hash(raw), status, why,
        )  # fmt: skip

    async def refuse(self, channel: str, source: str, raw: bytes, at: datetime) -> None:
        """Notes a post that nobody signed; its contents are not kept."""
        await inbox.refuse(self._pool, channel, source, _hash(raw), at)

    async def loose(self, at: datetime) -> Loose:
        """Bodies not read through, the oldest first, and payments to ask about now; the next ask is in a while."""
        bodies = await self._pool.fetch(
            """select channel, body_hash, raw from inbox where channel like 'pay:%' and status = 'kept' and error = ''
               order by received_at limit 200"""
        )
        silent = await self._pool.fetch(
            """update payment set asked_at = $3 where id in (
                 select id from payment where
                   (status in ('created', 'pending', 'unknown') and requested_at between $1 and $2
                    and (asked_at is null or asked_at <= $2))
                   or (status in ('pending', 'unknown') and requested_at between $4 and $1 and asked_at <= $5)
                   or (back_since > $4 and asked_at <= case when back_since > $1 then $2 else $5 end)
                 order by requested_at desc limit 50 for update skip locked) returning id""",
            at - FORGET, at - QUIET, at, at - LIFE, at - ASK_AGAIN,
        )  # fmt: skip
        opened = ((r["channel"], self._opened(r)) for r in bodies)
        return Loose(tuple(opened), tuple(r["id"] for r in silent))

    def _opened(self, row: asyncpg.Record) -> bytes:
        return self._keyring.inbox.open(row["raw"], inbox.raw_aad(row["channel"], row["body_hash"]))


def _hash(raw: bytes) -> bytes:
    return sha256(raw).digest()


def _oldest_first(row: asyncpg.Record) -> tuple[int, str, str]:
    return -row["days_past_due"], str(row["due_date"] or "9999"), row["id"]


def _debt(row: asyncpg.Record, books: dict[str, int], currency: str, order: Order) -> Debt:
    parts = {"principal": row["principal"], "interest": row["interest"], "fees": row["fees"]}
    return Debt(
        AccountId(row["id"]),
        Money(max(0, row["balance"] - row["paid_since"]), currency),
        cast("dict[Book, int]", books),
        cast("dict[Bucket, int]", {k: v for k, v in parts.items() if v}),
        order,
    )


def _payment(row: asyncpg.Record) -> PaymentRow:
    return PaymentRow(
        id=row["id"], creditor=row["creditor_id"], creditor_name=row["creditor_name"], person=row["person_id"],
        country=row["country"], zone=row["zone"], conversation=row["conversation_id"],
        amount=Money(row["amount"], row["currency"]),
        received=Money(row["received"], row["currency"]), status=row["status"], gateway=row["gateway"],
        gateway_ref=row["gateway_ref"], url=row["url"], created_at=row["created_at"], paid_at=row["paid_at"],
        back_since=row["back_since"], taken_back=row["taken_back"], chosen=tuple(row["chosen"]),
    )  # fmt: skip


def _entry_columns(payment: str, booking: Booking) -> Iterable[list[object]]:
    rows = [
        (
            derive("entry", payment, e.account, str(n)), e.account, e.at, e.debit, e.credit, e.amount.minor,
            e.amount.currency, e.cause, e.ref or payment,
        )
        for n, e in enumerate(booking.entries)
    ]  # fmt: skip
    return [list(column) for column in zip(*rows, strict=True)]
