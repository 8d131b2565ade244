"""Accounts in their segments, in PostgreSQL: one statement sorts all of a creditor's, another writes what changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from acuerdo.adapters.store import book, standings
from acuerdo.adapters.store.ageing import BUCKET
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.standings import SHEET, standing_in
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.segments import Segments, assign
from acuerdo.core.words import Money, derive
from acuerdo.service.segmenting import AccountStands, Cell, Preview, SegmentReport, Shelf, authority_of

CHUNK = 5000
KEEP_FILE = """
insert into artefact (hash, kind, name, body, at) values ($1, 'segments', 'segments.toml', $2, $3)
on conflict (hash) do nothing
"""
SORTED_BY = "update creditor set segments = $2, segmented_at = $3 where id = $1"
TERMS = """
insert into segment_terms (file, segment, currency, handler, authority)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[])
on conflict (file, segment, currency) do update set authority = excluded.authority
where segment_terms.authority <> excluded.authority
"""
SORTED = """
create temp table sorted on commit drop as
{sheet}, placed_now as materialized (select id, currency, {place} as n, ({score})::real as rank,
  status = 'open' and owed > 0 as open from stood)
select x.id, x.n, x.rank, x.open, t.id as terms, o.terms as old_terms, o.rank as old_rank
from placed_now x
join unnest($6::int[], $7::text[]) with ordinality as s (n, segment) on s.n = x.n
join segment_terms t on t.file = $8 and t.segment = s.segment and t.currency = x.currency
left join account_segment o on o.account_id = x.id
"""
# In the order of the key, as an index grows fastest at its end.
PUT = """
insert into account_segment (account_id, terms, rank)
select id, terms, rank from sorted where old_terms is null order by id
"""
CHANGE = """
update account_segment a set terms = s.terms, rank = s.rank from sorted s
where a.account_id = s.id and (s.old_terms, s.old_rank) <> (s.terms, s.rank)
"""
COUNTED = """
select x.n, count(*) filter (where x.open) as accounts, count(*) filter (where not x.open) as closed,
       count(*) filter (where x.open and o.segment is distinct from t.segment) as moved
from sorted x join segment_terms t on t.id = x.terms left join segment_terms o on o.id = x.old_terms
group by 1 order by 1
"""
# Those that were in another segment before.
MOVED = """
select x.id, x.n from sorted x join segment_terms t on t.id = x.terms join segment_terms o on o.id = x.old_terms
where o.segment <> t.segment order by x.id
"""
STALE = """
update conversation set stale = true where person_id in (
  select a.person_id from sorted x join account a on a.id = x.id
  join segment_terms t on t.id = x.terms join segment_terms o on o.id = x.old_terms
  where (o.handler, o.authority) <> (t.handler, t.authority))
"""
NUMBERED = f"""
{SHEET} select x.*, s.segment, s.rank, s.handler from stood x left join placed s on s.account_id = x.id
"""  # noqa: S608 - constants of this room
SOME = f"{SHEET} select * from stood where id = any($6::text[]) order by id"  # noqa: S608 - the same
RANKED = """
where x.status = 'open' and x.owed > 0 and s.segment is not null and ({all} or s.segment = {segment})
order by s.rank desc, x.id limit {limit}
"""
# `also`: the other segments whose conditions an account meets, and which rank behind its own.
PREVIEWED = """
{sheet}, now_in as materialized (select *, {place} as n from stood where status = 'open' and owed > 0)
select n, {bucket} as bucket, currency, count(*) as accounts, sum(owed)::bigint as owed from now_in
group by 1, 2, 3 order by 1, 2, 3
"""
OVERLAPS = """
{sheet}, now_in as materialized (select *, {place} as n from stood where status = 'open' and owed > 0)
select n, m, count(*) as accounts from now_in cross join lateral (values {tests}) as other (m, holds)
where holds and m > n group by 1, 2 order by 1, 2
"""


class StoredSegments:
    """Accounts in their segments, over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sort(self, creditor: str, segments: Segments, text: str, at: datetime) -> SegmentReport:
        """Puts every account where it belongs, in one transaction; nobody else sorts this creditor's meanwhile."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(KEEP_FILE, segments.id, text.encode(), at)
            await db.execute(SORTED_BY, creditor, segments.id, at)
            await self._terms(db, creditor, segments)
            sql = await standings.sheet(db, creditor, at)
            sql.given(list(range(len(segments.all))), "int[]")
            sql.given([one.name for one in segments.all], "text[]")
            sql.given(segments.id, "text")
            place, score = standings.placing(segments, sql), standings.scoring(segments.scoring, sql)
            await _with_memory(db)
            await db.execute(SORTED.format(sheet=SHEET, place=place, score=score), *sql.args)
            await db.execute(PUT)
            await db.execute(CHANGE)
            await db.execute(STALE)
            await self._tell_moved(db, creditor, segments, at)
            rows = await db.fetch(COUNTED)
            counts = {segments.all[row["n"]].name: row["accounts"] for row in rows}
            return SegmentReport(
                {name: n for name, n in counts.items() if n}, sum(row["moved"] for row in rows), sum(counts.values()),
                segments.id, sum(row["closed"] for row in rows),
            )  # fmt: skip

    async def _terms(self, db: Db, creditor: str, segments: Segments) -> None:
        currencies = await db.fetch("select distinct currency from account where creditor_id = $1", creditor)
        each = [(one, row[0]) for one in segments.all for row in currencies]
        await db.execute(
            TERMS, segments.id, [one.name for one, _ in each], [currency for _, currency in each],
            [one.handler for one, _ in each],
            [authority_of(one, currency, segments.id) for one, currency in each],
        )  # fmt: skip

    async def _tell_moved(self, db: Db, creditor: str, segments: Segments, at: datetime) -> None:
        """A fact for each account that was in another segment, with why it is in its new one."""
        moved = await db.fetch(MOVED)
        for some in range(0, len(moved), CHUNK):
            names = [row["id"] for row in moved[some : some + CHUNK]]
            stand = await self._standing(db, creditor, at, names)
            await book.insert(db, [_moved(one, segments, creditor, at) for one in stand], {})

    async def _standing(self, db: Db, creditor: str, at: datetime, accounts: Sequence[str]) -> list[asyncpg.Record]:
        sql = await standings.sheet(db, creditor, at)
        return await db.fetch(SOME, *sql.args, accounts)

    async def preview(self, creditor: str, segments: Segments, at: datetime) -> Preview:
        """What a sorting would do, counted and summed by segment, bucket and currency; nothing is written."""
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            await _with_memory(db)
            sql = await standings.sheet(db, creditor, at)
            place = standings.placing(segments, sql)
            cells = await db.fetch(PREVIEWED.format(sheet=SHEET, place=place, bucket=BUCKET), *sql.args)
            tests = ", ".join(
                f"({n}, coalesce({standings.condition(one.criteria, sql)}, false))"
                for n, one in enumerate(segments.all[:-1])
            )
            overlaps = (
                await db.fetch(OVERLAPS.format(sheet=SHEET, place=place, tests=tests), *sql.args) if tests else []
            )
        names = [one.name for one in segments.all]
        return Preview(
            tuple(
                Cell(names[row["n"]], row["bucket"], row["accounts"], Money(row["owed"], row["currency"]))
                for row in cells
            ),
            tuple((names[row["n"]], names[row["m"]], row["accounts"]) for row in overlaps),
        )

    async def shelf(self, creditor: str) -> Shelf | None:
        """The segments file that the creditor's accounts were last sorted by; None before the first time."""
        row = await self._pool.fetchrow(
            "select x.body, c.segmented_at from creditor c join artefact x on x.hash = c.segments where c.id = $1",
            creditor,
        )
        return Shelf(bytes(row[0]).decode(), row[1]) if row else None

    async def ranked(self, creditor: str, segment: str, limit: int, at: datetime) -> list[AccountStands]:
        """A segment's open accounts (every segment's, for `all`), highest rank first, as they stand at a moment."""
        async with self._pool.acquire() as db:
            sql = await standings.sheet(db, creditor, at)
            tail = RANKED.format(
                all=sql.given(segment == "all", "bool"), segment=sql.given(segment, "text"),
                limit=sql.given(limit, "int"),
            )  # fmt: skip
            return [_stands(row) for row in await db.fetch(NUMBERED + tail, *sql.args)]

    async def numbered(self, creditor: str, number: str, at: datetime) -> AccountStands | None:
        """One account by the creditor's own number, or by its id."""
        async with self._pool.acquire() as db:
            sql = await standings.sheet(db, creditor, at)
            which = sql.given(number, "text")
            row = await db.fetchrow(NUMBERED + f"where x.external_id = {which} or x.id = {which}", *sql.args)
        return _stands(row) if row else None


async def _with_memory(db: Db) -> None:
    """All of a creditor's accounts are joined in memory, as whole tables, for this transaction.

    The planner takes a zone for rarer than it is, and would look each account up by its index.
    """
    await db.execute("set local work_mem = '192MB'; set local enable_nestloop = off")


def _moved(row: asyncpg.Record, segments: Segments, creditor: str, at: datetime) -> Recorded:
    placed = assign(standing_in(row), segments)
    name = derive("segmented", row["id"], placed.segment.name, segments.id, at.isoformat())
    fact = f.Segmented(placed.segment.name, placed.why)
    return Recorded(name, at, "system", fact, creditor, row["person_id"], row["id"], cause=segments.id)


def _stands(row: asyncpg.Record) -> AccountStands:
    return AccountStands(
        row["id"], row["external_id"], row["person_id"], row["segment"], row["rank"] or 0.0, row["handler"] or "bot",
        standing_in(row),
    )  # fmt: skip
