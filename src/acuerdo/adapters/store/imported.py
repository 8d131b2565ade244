"""Imports as they are read back: listed, one by one, and the latest of each feed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.freshness import Latest

COLUMNS = "i.id, i.feed, i.file, i.digest, i.at, i.status, i.cut_off, i.counts"
# A running one is not in yet; one undone is as if it had not come.
LATEST = """
select distinct on (i.creditor_id, i.feed) i.creditor_id, i.feed, i.at, i.cut_off,
       coalesce((select p.country from person p where p.creditor_id = i.creditor_id limit 1), '') as country
from import i where i.status = 'done' and i.creditor_id = any($1::text[])
order by i.creditor_id, i.feed, i.at desc, i.id
"""


class ImportRow(msgspec.Struct, frozen=True):
    """An import on record; `arrival` is the delivery that it came with, where its answer is still kept."""

    id: str
    feed: str
    file: str
    digest: str
    at: datetime
    status: str
    cut_off: date | None
    counts: dict[str, Any]
    arrival: str | None = None


async def listed(pool: Pool, creditor: str, feed: str | None, most: int) -> list[ImportRow]:
    """A creditor's imports, of one feed or of all, the newest first."""
    rows = await pool.fetch(
        f"""select {COLUMNS} from import i where i.creditor_id = $1 and ($2::text is null or i.feed = $2)
            order by i.at desc, i.id limit $3""",  # noqa: S608 - a constant of this module
        creditor, feed, most,
    )  # fmt: skip
    return [_row(row) for row in rows]


async def one(pool: Pool, creditor: str, id_: str) -> ImportRow | None:
    """One of a creditor's imports."""
    row = await pool.fetchrow(
        f"""select {COLUMNS}, (select a.id from arrival a where a.import_id = i.id order by a.at limit 1) as arrival
            from import i where i.creditor_id = $1 and i.id = $2""",  # noqa: S608 - a constant of this module
        creditor, id_,
    )  # fmt: skip
    return _row(row) if row else None


async def latest(db: Db | Pool, creditors: list[str]) -> list[Latest]:
    """The last import of each feed of these creditors."""
    return [Latest(*row) for row in await db.fetch(LATEST, creditors)]


async def creditors(db: Db | Pool) -> list[Creditor]:
    """Every creditor, by name."""
    rows = await db.fetch("select id, name, settings from creditor order by name")
    return [Creditor(row["id"], row["name"], msgspec.json.decode(row["settings"], type=Settings)) for row in rows]


class StoredFreshness:
    """What came last, over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def latest(self, creditors: list[str]) -> list[Latest]:
        """The last import of each feed of these creditors."""
        return await latest(self._pool, creditors)


def _row(row: asyncpg.Record) -> ImportRow:
    return ImportRow(
        row["id"], row["feed"], row["file"], row["digest"], row["at"], row["status"], row["cut_off"],
        msgspec.json.decode(row["counts"]), row.get("arrival"),
    )  # fmt: skip
