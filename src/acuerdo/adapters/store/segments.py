"""Accounts in their segments, in PostgreSQL: read as a stream, written in sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.core import facts as f
from acuerdo.core.facts import pack
from acuerdo.core.words import derive
from acuerdo.service.segmenting import Owed, Shelf, Sorted

CHUNK = 5000
KEEP_FILE = """
insert into artefact (hash, kind, name, body, at) values ($1, 'segments', 'segments.toml', $2, $3)
on conflict (hash) do nothing
"""
SORTED_BY = "update creditor set segments = $2, segmented_at = $3 where id = $1"
OWED = """
select a.id, a.person_id, p.country, p.zones[1], p.customer_type, p.customer_since, a.product, a.currency,
       greatest(a.balance - a.paid_since, 0), a.due_date, a.days_past_due, a.as_of, a.opened, a.late_12m,
       a.broken_promises, a.segment, a.segment_why, a.rank, a.handler, a.authority
from account a join person p on p.id = a.person_id
"""
ACCOUNTS = OWED + "where a.creditor_id = $1"
NUMBERED = OWED.replace("select", "select a.external_id,", 1)
RANKED = """
where a.creditor_id = $1 and ($2 = 'all' or a.segment = $2) and a.status = 'open' and a.balance - a.paid_since > 0
order by a.rank desc, a.id limit $3
"""
# Where accounts belong, and the facts of those that moved, in one statement a chunk.
WRITE = """
with s as materialized (
  select id, person_id, segment, string_to_array(why, E'\\x1f') as why, rank, handler, authority, fact_id, shown
  from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::double precision[], $6::text[], $7::text[],
              $8::text[], $9::text[])
    as x (id, person_id, segment, why, rank, handler, authority, fact_id, shown)
), told as (
  insert into fact (id, at, kind, who, creditor_id, person_id, account_id, cause, shown)
  select fact_id, $10, 'segmented', 'system', $11, person_id, id, $12, shown from s where fact_id is not null
  on conflict (id) do nothing
)
update account a set segment = s.segment, segment_why = s.why, rank = s.rank, handler = s.handler,
  authority = s.authority
from s where a.id = s.id
"""
STALE = "update conversation set stale = true where person_id = any($1::text[])"


class StoredSegments:
    """Accounts in their segments, over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def sorting(self, creditor: str, segments: str, text: str, at: datetime) -> AsyncIterator[StoredSorting]:
        """A sorting in one transaction; nobody else sorts or imports this creditor's accounts meanwhile."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(KEEP_FILE, segments, text.encode(), at)
            await db.execute(
                "update creditor set segments = $2, segmented_at = $3 where id = $1", creditor, segments, at
            )
            yield StoredSorting(db, creditor, segments, at)

    async def shelf(self, creditor: str) -> Shelf | None:
        """The segments file that the creditor's accounts were last sorted by; None before the first time."""
        row = await self._pool.fetchrow(
            "select x.body, c.segmented_at from creditor c join artefact x on x.hash = c.segments where c.id = $1",
            creditor,
        )
        return Shelf(bytes(row[0]).decode(), row[1]) if row else None

    async def ranked(self, creditor: str, segment: str, limit: int) -> list[tuple[str, Owed]]:
        """A segment's open accounts (every segment's, for `all`) with their numbers, highest rank first."""
        rows = await self._pool.fetch(NUMBERED + RANKED, creditor, segment, limit)
        return [(row[0], Owed(*list(row)[1:])) for row in rows]

    async def numbered(self, creditor: str, number: str) -> tuple[str, Owed] | None:
        """One account by the creditor's own number, or by its id."""
        row = await self._pool.fetchrow(
            NUMBERED + "where a.creditor_id = $1 and (a.external_id = $2 or a.id = $2)", creditor, number
        )
        return (row[0], Owed(*list(row)[1:])) if row else None


class StoredSorting:
    """One sorting under way: where accounts belong waits in a temporary table, and is written at once."""

    def __init__(self, db: Db, creditor: str, segments: str, at: datetime) -> None:
        self._db, self._creditor, self._segments, self._at = db, creditor, segments, at
        self._moment = at.isoformat()

    async def accounts(self) -> AsyncIterator[list[Owed]]:
        """Every account of the creditor, in chunks."""
        cursor = await self._db.cursor(ACCOUNTS, self._creditor)
        while rows := await cursor.fetch(CHUNK):
            yield [Owed(*row) for row in rows]

    async def write(self, changed: Sequence[Sorted]) -> None:
        """Writes what changed, the facts of accounts that moved, and who must look again."""
        if changed:
            columns = zip(*map(self._row, changed), strict=True)
            await self._db.execute(WRITE, *columns, self._at, self._creditor, self._segments)
            await self._db.execute(STALE, [one.person for one in changed if one.stale])

    def _row(self, one: Sorted) -> tuple[object, ...]:
        name = shown = None
        if one.moved:
            name = derive("segmented", one.account, one.segment, self._segments, self._moment)
            shown = pack(f.Segmented(one.segment, one.why))[0].decode()
        why = "\x1f".join(one.why)
        return one.account, one.person, one.segment, why, one.rank, one.handler, one.authority, name, shown
