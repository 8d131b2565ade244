"""Accounts in their segments, in PostgreSQL: read as a stream, written in sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.core import facts as f
from acuerdo.core.facts import pack
from acuerdo.core.words import Money, derive
from acuerdo.service.segmenting import Listed, Owed, Sorted

CHUNK = 5000
KEEP_FILE = """
insert into artefact (hash, kind, name, body, at) values ($1, 'segments', 'segments.toml', $2, $3)
on conflict (hash) do nothing
"""
STAGE = """
create temp table sorted_account (
  id text, person_id text, segment text, why text[], rank double precision, handler text, authority text,
  stale boolean, fact_id text, shown text
) on commit drop
"""
STAGED = ("id", "person_id", "segment", "why", "rank", "handler", "authority", "stale", "fact_id", "shown")
ACCOUNTS = """
select a.id, a.person_id, p.country, p.zones[1], p.customer_type, p.customer_since, a.product, a.currency,
       greatest(a.balance - a.paid_since, 0), a.due_date, a.days_past_due, a.as_of, a.opened, a.late_12m,
       a.broken_promises, a.segment, a.segment_why, a.rank, a.handler, a.authority
from account a join person p on p.id = a.person_id
where a.creditor_id = $1
"""
FACTS = """
insert into fact (id, at, kind, who, creditor_id, person_id, account_id, cause, shown)
select fact_id, $1, 'segmented', 'system', $2, person_id, id, $3, shown from sorted_account where fact_id is not null
on conflict (id) do nothing
"""
UPDATE = """
update account a set segment = s.segment, segment_why = s.why, rank = s.rank, handler = s.handler,
  authority = s.authority
from sorted_account s where a.id = s.id
"""
STALE = """
update conversation set stale = true where person_id in (select person_id from sorted_account where stale)
"""
LISTED = """
select id, external_id, person_id, segment, rank, segment_why, product, greatest(balance - paid_since, 0) as left,
       currency, days_past_due, handler
from account
"""


class StoredSegments:
    """Accounts in their segments, over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def sorting(self, creditor: str, segments: str, text: str, at: datetime) -> AsyncIterator[StoredSorting]:
        """A sorting in one transaction; nobody else sorts or imports this creditor's accounts meanwhile."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(KEEP_FILE, segments, text.encode(), at)
            await db.execute("update creditor set segments = $2 where id = $1", creditor, segments)
            await db.execute(STAGE)
            yield StoredSorting(db, creditor, segments, at)

    async def ranked(self, creditor: str, segment: str, limit: int) -> list[Listed]:
        """A segment's open accounts (every segment's, for `all`), highest rank first."""
        rows = await self._pool.fetch(
            LISTED
            + """where creditor_id = $1 and ($2 = 'all' or segment = $2) and status = 'open'
                   and balance - paid_since > 0 order by rank desc, id limit $3""",
            creditor, segment, limit,
        )  # fmt: skip
        return [_listed(row) for row in rows]

    async def listed(self, account: str) -> Listed | None:
        """One account by its id."""
        row = await self._pool.fetchrow(LISTED + "where id = $1", account)
        return _listed(row) if row else None


class StoredSorting:
    """One sorting under way: where accounts belong waits in a temporary table, and is written at once."""

    def __init__(self, db: Db, creditor: str, segments: str, at: datetime) -> None:
        self._db, self._creditor, self._segments, self._at = db, creditor, segments, at

    async def accounts(self) -> AsyncIterator[list[Owed]]:
        """Every account of the creditor, in chunks."""
        cursor = await self._db.cursor(ACCOUNTS, self._creditor)
        while rows := await cursor.fetch(CHUNK):
            yield [Owed(*row) for row in rows]

    async def write(self, changed: Sequence[Sorted]) -> None:
        """Takes what changed; it is written by `settle`."""
        await self._db.copy_records_to_table(
            "sorted_account", records=[self._row(one) for one in changed], columns=STAGED
        )

    async def settle(self) -> None:
        """Writes where accounts belong, the facts of those that moved, and who must look again."""
        await self._db.execute("analyze sorted_account")
        await self._db.execute(FACTS, self._at, self._creditor, self._segments)
        await self._db.execute(UPDATE)
        await self._db.execute(STALE)

    def _row(self, one: Sorted) -> tuple[object, ...]:
        name = shown = None
        if one.moved:
            name = derive("segmented", one.account, one.segment, self._segments, self._at.isoformat())
            shown = pack(f.Segmented(one.segment, one.why))[0].decode()
        return (
            one.account, one.person, one.segment, one.why, one.rank, one.handler, one.authority, one.stale, name, shown,
        )  # fmt: skip


def _listed(row: asyncpg.Record) -> Listed:
    return Listed(
        row["id"], row["external_id"], row["person_id"], row["segment"], row["rank"], tuple(row["segment_why"]),
        row["product"], Money(row["left"], row["currency"]), row["days_past_due"], row["handler"],
    )  # fmt: skip
