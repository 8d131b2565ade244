"""Holds in PostgreSQL: listed with who and why, set and lifted with a fact, under the ledger's lock."""

from __future__ import annotations

from datetime import datetime

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import SHREDDED_TEXT, Keyring, Shredded, open_
from acuerdo.adapters.store.views import open_person
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import AcuerdoError, HoldKind, derive
from acuerdo.service.holding import HoldRow, Placing

# Whose hold it is told to be: the person it was placed on, else whoever of that creditor, or of any, is this human.
STANDING = """
select h.kind, h.creditor_id, h.since, h.until, h.review_at, h.who, h.by_register, p.id, p.zones[1] as zone,
       p.wrapped_key, p.sealed, c.name as creditor, f.id as fact, f.sealed as told
from hold h
join lateral (
  select o.* from person o where o.subject_id = h.subject_id and (h.creditor_id = '' or o.creditor_id = h.creditor_id)
  order by o.id <> coalesce(h.person_id, ''), o.id limit 1) p on true
join creditor c on c.id = p.creditor_id
left join fact f on f.id = h.fact_id and f.person_id = p.id
where h.lifted_at is null and (h.until is null or h.until > $2) and ($1::text[] is null or h.subject_id in (
  select g.id from person o join subject s on s.id = o.subject_id
  join subject g on g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)
  where o.id = any($1::text[])))
order by coalesce(h.until, h.review_at) nulls last, h.since, p.id
"""
LOCK = """
select id from subject where id = (
  select coalesce(s.merged_into, s.id) from person p join subject s on s.id = p.subject_id where p.id = $1) for update
"""
# A creditor's hold is lifted for that creditor; one that is about the person, everywhere.
LIFT = """
update hold h set lifted_at = $3, lifted_by = $4 from person p join subject s on s.id = p.subject_id
join subject g on g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)
where p.id = $1 and h.subject_id = g.id and h.kind = $2 and h.creditor_id in ('', p.creditor_id)
  and h.lifted_at is null and (h.until is null or h.until > $3) returning h.subject_id
"""
OWN = "select creditor_id from person where id = $1"


class StoredHolds:
    """Holds over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def standing(self, people: tuple[str, ...] | None, at: datetime) -> list[HoldRow]:
        """The holds that stop contact with these people (None: with anybody), those that end or are looked at first."""
        rows = await self._pool.fetch(STANDING, list(people) if people is not None else None, at)
        return [self._row(row) for row in rows]

    async def place(self, hold: Placing, at: datetime) -> bool:
        """The hold with its fact, and what waited to be sent cancelled. False where the person is not known."""
        fact = f.HoldPlaced(hold.kind, hold.until, hold.review_at, hold.why)
        return await self._told(hold.person, fact, hold.who, at)

    async def lift(self, person: str, kind: HoldKind, why: str, who: str, at: datetime) -> bool:
        """The hold's end with its fact. False where there is none."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(LOCK, person)
            if not await db.fetch(LIFT, person, kind, at, who):
                return False
            creditor = await db.fetchval(OWN, person)
            await book.record(db, self._keyring, [_recorded(f.HoldLifted(kind, why), creditor, person, who, at)])
        return True

    async def _told(self, person: str, fact: AnyFact, who: str, at: datetime) -> bool:
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(LOCK, person)
            creditor = await db.fetchval(OWN, person)
            if creditor is not None:
                await book.record(db, self._keyring, [_recorded(fact, creditor, person, who, at)])
        return creditor is not None

    def _row(self, row: asyncpg.Record) -> HoldRow:
        return HoldRow(
            row["id"], self._name(row), row["creditor"], row["kind"], row["creditor_id"], row["since"], row["until"],
            row["review_at"], row["who"], self._why(row), row["by_register"], row["zone"],
        )  # fmt: skip

    def _name(self, row: asyncpg.Record) -> str:
        try:
            return open_person(self._keyring, row["wrapped_key"], row["sealed"], row["id"]).name
        except AcuerdoError:
            return SHREDDED_TEXT

    def _why(self, row: asyncpg.Record) -> str:
        if row["told"] is None:
            return ""
        raw = open_(self._keyring.person(row["wrapped_key"], row["id"]), row["told"], row["fact"].encode())
        return SHREDDED_TEXT if isinstance(raw, Shredded) else str(msgspec.json.decode(raw).get("why", ""))


def _recorded(fact: AnyFact, creditor: str, person: str, who: str, at: datetime) -> Recorded:
    name = derive(kind_of(fact), person, getattr(fact, "hold", ""), at.isoformat(), who)
    return Recorded(name, at, who, fact, creditor, person)
