"""The promises and agreements of people, read under their conversations' lock to see whether they were kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

import asyncpg

from acuerdo.adapters.store import book, lives
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.money_terms import in_force
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded, kind_of
from acuerdo.core.negotiation import agreements
from acuerdo.core.negotiation.keeping import Agreed, Promised, rescheduled
from acuerdo.core.negotiation.promises import Given
from acuerdo.core.payments.progress import Received, Terms, cover
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import Money, derive

# The first bound is for the index; the second is the person's own day, which may be one more or less.
OVERDUE = """
with late as (
  select person_id, due from promise where status = 'open' and due <= $1::timestamptz::date
  union all
  select a.person_id, i.due from installment i join agreement a on a.id = i.agreement_id
  where a.status = 'active' and i.paid < i.amount and i.due <= $1::timestamptz::date
)
select distinct l.person_id from late l join person p on p.id = l.person_id
where l.due + coalesce((select m.grace_days from money_rules m where m.creditor_id = p.creditor_id
                        order by m.since desc limit 1), $2::integer)
  < ($1::timestamptz at time zone p.zones[1])::date and l.person_id > $3
order by l.person_id limit $4
"""
CONVERSATIONS = "select id from conversation where person_id in (select people_of($1)) order by id for no key update"
PROMISES = """
select id, conversation_id, made_at, due, amount, currency from promise
where person_id in (select people_of($1)) and status = 'open' order by id for update
"""
AGREEMENTS = """
select id, conversation_id, currency from agreement
where person_id in (select people_of($1)) and status = 'active' order by id for update
"""
INSTALLMENTS = """
select agreement_id, n, due, amount from installment where agreement_id = any($1::text[]) order by agreement_id, n
"""
OPEN = """
select a.id, a.status, a.person_id, a.creditor_id, a.conversation_id, a.currency, p.zones[1] as zone from agreement a
join person p on p.id = a.person_id where a.id = $1
"""
PARTS = "select n, due, amount, paid from installment where agreement_id = $1 order by n"
PAID = """
select agreement_id, paid_at, received, currency from payment
where person_id in (select people_of($1)) and status = 'paid'
"""


class StoredGiven:
    """A person's promises and agreements in force, on one connection and one transaction."""

    def __init__(self, db: Db, keyring: Keyring, person: asyncpg.Record, at: datetime) -> None:
        self._db, self._keyring, self._person = db, keyring, person
        self._zone = ZoneInfo(person["zone"])
        self._talks: dict[str, str | None] = {}
        self.today = self._day(at)
        self.terms = Terms()
        self.promised: tuple[Promised, ...] = ()
        self.agreed: tuple[Agreed, ...] = ()
        self.received: tuple[Received, ...] = ()

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    async def load(self) -> None:
        """Reads all of it; from here it is locked."""
        db, person = self._db, self._person["id"]
        await db.execute(CONVERSATIONS, person)
        self.terms = (await in_force(db, self._person["creditor_id"])).terms
        promises, agreements = await db.fetch(PROMISES, person), await db.fetch(AGREEMENTS, person)
        parts = await db.fetch(INSTALLMENTS, [row["id"] for row in agreements])
        paid = await db.fetch(PAID, person)
        self._talks = {row["id"]: row["conversation_id"] for row in (*promises, *agreements)}
        self.received = self._received(paid)
        self.promised = tuple(self._promised(row) for row in promises)
        self.agreed = tuple(
            Agreed(
                row["id"],
                tuple(
                    Installment(p["n"], p["due"], Money(p["amount"], row["currency"]))
                    for p in parts
                    if p["agreement_id"] == row["id"]
                ),
                self._received(p for p in paid if p["agreement_id"] == row["id"] and p["currency"] == row["currency"]),
            )
            for row in agreements
        )

    def _received(self, rows: Iterable[asyncpg.Record]) -> tuple[Received, ...]:
        return tuple(Received(self._day(r["paid_at"]), Money(r["received"], r["currency"])) for r in rows)

    def _promised(self, row: asyncpg.Record) -> Promised:
        currency = row["currency"] or (self.received[-1].amount.currency if self.received else "COP")
        return Promised(row["id"], Given(self._day(row["made_at"]), row["due"], Money(row["amount"] or 0, currency)))

    async def note(self, outcome: f.PromiseKept | f.PromiseBroken | f.AgreementBroken, at: datetime) -> None:
        """The outcome as a fact, and what follows from it."""
        name = outcome.agreement if isinstance(outcome, f.AgreementBroken) else outcome.promise
        told = Recorded(
            derive(kind_of(outcome), name, at.isoformat()), at, "system", outcome, self._person["creditor_id"],
            self._person["id"], None, self._talks.get(name), None, name,
        )  # fmt: skip
        await book.record(self._db, self._keyring, [told])


class StoredPromises:
    """People's promises and agreements over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def overdue(self, at: datetime, after: str, most: int) -> list[str]:
        """People with a promise or an installment whose grace is over by their own day, in the order of their ids."""
        rows = await self._pool.fetch(OVERDUE, at, Terms().grace_days, after, most)
        return [row["person_id"] for row in rows]

    @asynccontextmanager
    async def of(self, person: str, at: datetime) -> AsyncIterator[StoredGiven]:
        """One person's, under lock."""
        async with self._pool.acquire() as db, db.transaction():
            (row,) = await db.fetch("select id, creditor_id, zones[1] as zone from person where id = $1", person)
            given = StoredGiven(db, self._keyring, row, at)
            await given.load()
            yield given

    async def reschedule(
        self, agreement: str, parts: tuple[tuple[date, Money], ...], why: str, who: str, at: datetime
    ) -> bool:
        """New days for what is still to pay. Raises BadDays and NotAllowed."""
        async with self._pool.acquire() as db, db.transaction():
            row = await self._locked(db, agreement)
            if row is None:
                return False
            currency, rows = row["currency"], await db.fetch(PARTS, agreement)
            old = tuple(Installment(r["n"], r["due"], Money(r["amount"], currency)) for r in rows)
            paid = Money(sum(r["paid"] for r in rows), currency)
            agreements.follow(row["status"], "reschedule")
            new = rescheduled(old, paid, parts, at.astimezone(ZoneInfo(row["zone"])).date())
            told = tuple((one.due, one.amount) for one in new)
            await self._note(db, row, f.AgreementRescheduled(agreement, told, why), who, at)
            covered = cover(new, paid)
            await db.execute("delete from installment where agreement_id = $1", agreement)
            await db.executemany(
                "insert into installment (agreement_id, n, due, amount, paid) values ($1, $2, $3, $4, $5)",
                [
                    (agreement, one.installment.n, one.installment.due, one.installment.amount.minor, one.paid.minor)
                    for one in covered
                ],
            )
            await lives.agreement_goes(db, agreement, at, "activate")
        return True

    async def cancel(self, agreement: str, why: str, who: str, at: datetime) -> bool:
        """The end of an agreement by somebody's hand. Raises NotAllowed."""
        async with self._pool.acquire() as db, db.transaction():
            row = await self._locked(db, agreement)
            if row is None:
                return False
            agreements.follow(row["status"], "cancel")
            await self._note(db, row, f.AgreementCancelled(agreement, why), who, at)
        return True

    async def _locked(self, db: Db, agreement: str) -> asyncpg.Record | None:
        person = await db.fetchval("select person_id from agreement where id = $1", agreement)
        await db.execute(CONVERSATIONS, person)
        return await db.fetchrow(OPEN + " for update of a", agreement)

    async def _note(self, db: Db, row: asyncpg.Record, fact: f.AnyFact, who: str, at: datetime) -> None:
        told = Recorded(
            derive(kind_of(fact), row["id"], at.isoformat()), at, who, fact, row["creditor_id"], row["person_id"],
            None, row["conversation_id"], None, row["id"],
        )  # fmt: skip
        await book.record(db, self._keyring, [told])
