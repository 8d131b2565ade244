"""Imports as they are read back: listed, one by one, and the latest of each feed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.door import RowStatus
from acuerdo.service.freshness import Latest

COLUMNS = "i.id, i.feed, i.file, i.digest, i.at, i.status, i.cut_off, i.counts"
# A running one is not in yet; one undone is as if it had not come.
LATEST = """
select distinct on (i.creditor_id, i.feed) i.creditor_id, i.feed, i.at,
       max(i.cut_off) over (partition by i.creditor_id, i.feed) as cut_off,  -- the same file again names none
       coalesce((select p.country from person p where p.creditor_id = i.creditor_id limit 1), '') as country
from import i where i.status = 'done' and i.creditor_id = any($1::text[])
order by i.creditor_id, i.feed, i.at desc, i.id
"""

LINES = "select lines from import_line where import_id = $1 order by first limit $2"
NUMBER, VERDICT, BYTES = 4, 16, 17  # where in a line its number ends, what became of it begins, and it ends
# Rows of people who may be somebody we know: a person will look.
DOUBTFUL = """
select a.import_row from account a where a.id = any($1::text[]) and a.import_id = $2 and exists (
  select from person_review r
  where r.status = 'open' and (r.one_id = a.home_person_id or r.other_id = a.home_person_id))
"""
BECAME: dict[int, RowStatus] = {
    ord("n"): "taken", ord("c"): "taken", ord("s"): "unchanged", ord("o"): "unchanged", ord("r"): "unchanged",
    ord("a"): "set_aside",
}  # fmt: skip


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


async def statuses(db: Db | Pool, import_id: str, most: int) -> dict[int, RowStatus]:
    """What became of each line of a portfolio's file, by its number; of a file of more than `most` of none."""
    rows = await db.fetch(LINES, import_id, most // 1000 + 2)
    body = b"".join(row["lines"] for row in rows)
    if len(body) > most * BYTES:
        return {}
    lines = [body[at : at + BYTES] for at in range(0, len(body), BYTES)]
    found: dict[int, RowStatus] = {
        int.from_bytes(one[:NUMBER], "little"): BECAME.get(one[VERDICT], "taken") for one in lines
    }
    accounts = [one[NUMBER:VERDICT].hex() for one in lines]
    doubtful: dict[int, RowStatus] = {
        row["import_row"]: "doubtful" for row in await db.fetch(DOUBTFUL, accounts, import_id)
    }
    return found | doubtful


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
