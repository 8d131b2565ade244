"""A creditor's results to a CSV file, from facts that nobody made lines of yet, beside the same facts copied bare."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import psutil

from acuerdo.adapters.files.writing import free, open_target
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.results import StoredResults
from acuerdo.adapters.store.server import database, scratch
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.service import exporting
from acuerdo.service.creditors import Creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.exporting import Choice, Exports
from acuerdo.service.settings import Settings
from benchmarks.plan import processors, quick_folder

AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
RING = Keyring([b"b" * 32])
CREDITOR = Creditor("banco", "Banco de las Cifras", CreditorSettings("Banco de las Cifras S. A."))
LIMIT = 30.0  # seconds for a million lines
WITH_DOCUMENT = 'name = "documento"\n[columns]\n"CUENTA" = "external_id"\n"DOCUMENTO" = "document"\n"COD" = "code"\n'
PEOPLE = """
insert into subject (id, country) select 's' || g, 'CO' from generate_series(1, $1::integer) g
"""
PERSONS = """
insert into person (id, creditor_id, subject_id, country, zones, wrapped_key, sealed, digest)
select 'p' || g, 'banco', 's' || g, 'CO',
       array[(array['America/Bogota', 'America/Mexico_City', 'America/Santiago', 'Europe/Madrid'])[1 + g % 4]],
       '', '', '' from generate_series(1, $1::integer) g
"""
ACCOUNTS = """
insert into account (id, creditor_id, person_id, external_id, product, currency, balance, days_past_due, as_of, digest)
select 'a' || g, 'banco', 'p' || g, 'CR-' || lpad(g::text, 8, '0'), 'tarjeta', 'COP', 90000000, g % 60,
       ($2::timestamptz)::date, '' from generate_series(1, $1::integer) g
"""
TALKS = """
insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
select 't' || g, 'banco', 'p' || g, 'web', '', '', $2 from generate_series(1, $1::integer) g
"""
# Of ten facts: four about messages, and what people did in their conversations.
FACTS = """
insert into fact (id, at, kind, who, creditor_id, person_id, account_id, conversation_id, shown)
select 'f' || g, $3::timestamptz + g * interval '1 second', k.kind, k.who, 'banco', 'p' || h.n,
       case when k.outside then 'a' || h.n end, case when not k.outside then 't' || h.n end,
       replace(replace(k.shown, '#', g::text), '@', k.kind)
from generate_series(1, $1::integer) g
cross join lateral (select 1 + (g * 7919::bigint) % $2::integer as n) h
join (values
  (0, 'message_sent', 'system', true, '{"kind":"@","channel":"sms","key":"m#","provider_id":"x"}'),
  (1, 'message_delivered', 'system', true, '{"kind":"@","channel":"sms","key":"m#"}'),
  (2, 'message_sent', 'system', true, '{"kind":"@","channel":"sms","key":"m#","provider_id":"x"}'),
  (3, 'message_failed', 'system', true, '{"kind":"@","channel":"sms","key":"m#","error":"x"}'),
  (4, 'identified', 'bot', false, '{"kind":"@","method":"link_and_document"}'),
  (5, 'promise_made', 'bot', false,
   '{"kind":"@","promise":"w#","due":"2026-12-01","amount":{"minor":1234500,"currency":"COP"}}'),
  (6, 'conversation_ended', 'bot', false, '{"kind":"@","step":"cierre"}'),
  (7, 'payment_link_sent', 'bot', false, '{"kind":"@","payment":"y#","amount":{"minor":5000000,"currency":"COP"}}'),
  (8, 'handed_over', 'agent:marta', false, '{"kind":"@","reason":"asked"}'),
  (9, 'opted_out', 'bot', false, '{"kind":"@","channel":"sms"}')
) k (n, kind, who, outside, shown) on k.n = g % 10
"""
BARE = """
select at, kind, who, person_id, account_id, conversation_id, shown from fact where creditor_id = 'banco' order by pos
"""

SETTLED = "select coalesce(max(txid) < pg_snapshot_xmin(pg_current_snapshot()), true) from fact"


async def fill(db: Pool, scale: int) -> None:
    """`scale` facts of a third as many people, straight into the tables."""
    people = max(1, scale // 3)
    settings = msgspec.json.encode(CREDITOR.settings).decode()
    await db.execute(
        "insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4)",
        CREDITOR.id, CREDITOR.name, settings, AT,
    )  # fmt: skip
    await db.execute(PEOPLE, people)
    await db.execute(PERSONS, people)
    await db.execute(ACCOUNTS, people, AT)
    await db.execute(TALKS, people, AT)
    await db.execute(FACTS, scale, people, AT)
    await _seal(db, people)
    await db.execute("vacuum analyze")
    while not await db.fetchval(SETTLED):  # others on this server may have a transaction open
        await db.execute("select pg_sleep(0.05)")


async def _seal(db: Pool, people: int) -> None:
    """Sealed particulars for everybody: each their own, as opening them is what a column of documents costs."""
    async with db.acquire() as one, one.transaction():
        await one.execute("create temp table papers (id text, wrapped bytea, sealed bytea) on commit drop")
        await one.copy_records_to_table("papers", records=(_papers(n) for n in range(1, people + 1)))
        await one.execute(
            "update person p set wrapped_key = s.wrapped, sealed = s.sealed from papers s where s.id = p.id"
        )


def _papers(n: int) -> tuple[str, bytes, bytes]:
    name = f"p{n}"
    wrapped = RING.new_key(name)
    key = RING.person(wrapped, name)
    assert key is not None
    who = Person(f"Persona Número {n}", "CC", str(10_000_000 + n), (f"+57300{n:07}",))
    return name, wrapped, key.seal(msgspec.json.encode(who), person_aad(name))


async def bare(db: Pool, path: Path) -> tuple[float, float]:
    """Seconds to copy the same facts to a file, with no thinking at all; and of the processor."""
    before, started = await processors(db), time.perf_counter()
    async with db.acquire() as one:
        await one.copy_from_query(BARE, output=path, format="csv")
    seconds = time.perf_counter() - started
    return seconds, sum(await processors(db)) - sum(before)


async def timed(db: Pool, folder: Path, profile: str, choice: Choice) -> tuple[float, int]:
    """Seconds and lines of one export."""
    stored = StoredResults(db, RING)
    house = Exports(stored, stored, stored, open_target)
    started = time.perf_counter()
    done = await exporting.export(house, CREDITOR, profile, choice, lambda name: free(folder / name), AT)
    seconds = time.perf_counter() - started
    assert done is not None, "nothing is settled: another transaction is open on this server"
    return seconds, done.lines


async def measured(url: str, scale: int, folder: Path, others: bool) -> dict[str, Any]:
    """The whole, on a fresh database."""
    async with asyncpg.create_pool(url, min_size=4, max_size=4) as db:
        await fill(db, scale)
        await exporting.keep_profile(StoredResults(db, RING), CREDITOR, WITH_DOCUMENT, "documento.toml", AT)
        reference, core = await bare(db, folder / "bare.csv")
        before = await processors(db)
        seconds, lines = await timed(db, folder, "estandar", Choice())
        after = await processors(db)
        again, _ = await timed(db, folder, "estandar", Choice(aside=True))
        later = await processors(db)
        documents, _ = await timed(db, folder, "documento", Choice(aside=True))
        found = {
            "lines": lines,
            "seconds": round(seconds, 2),
            "process_seconds": round(after[0] - before[0], 2),
            "core_seconds": round(sum(after) - sum(before), 2),
            "reference_seconds": round(reference, 3),
            "reference_core_seconds": round(core, 2),
            "ratio": round(seconds / reference, 2),
            "limit_seconds": LIMIT * scale / 1_000_000,
            "again_seconds": round(again, 2),
            "again_core_seconds": round(sum(later) - sum(after), 2),
            "documents_seconds": round(documents, 2),
            "memory_mb": round(psutil.Process().memory_info().rss / 1e6),
        }
        if others:
            parquet, _ = await timed(db, folder, "estandar", Choice(aside=True, format="parquet"))
            xlsx, _ = await timed(db, folder, "estandar", Choice(aside=True, format="xlsx"))
            found |= {"parquet_seconds": round(parquet, 2), "xlsx_seconds": round(xlsx, 2)}
        return found


async def run(scale: int = 1_000_000, *, others: bool = False) -> dict[str, Any]:
    """`scale` facts made lines of and written as CSV by the shipped profile: `seconds`, waits for PostgreSQL included.

    Each of the `core_seconds` is what one core would need for our process and the server's, whoever else is busy.
    `again_seconds` is the same file from the lines that are there; `documents_seconds` one with each person's document
    opened. `ratio` is to copying the same facts to a file as they are, in the same run. `others`: other formats too.
    """
    with quick_folder() as folder, tempfile.TemporaryDirectory() as out:
        settings = Settings(_env_file=None, data_dir=folder, database_url=None)
        async with database(settings) as url, scratch(url) as fresh:
            return await measured(fresh, scale, Path(out), others)


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(json.dumps(asyncio.run(run(size, others="--others" in sys.argv)), indent=2))
