"""A million accounts into their segments: the first time, when all are placed, and again, when nothing changed."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import asyncpg

from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.server import database, scratch
from acuerdo.service.creditors import Creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.segmenting import preview, segment_accounts, shipped_segments
from acuerdo.service.settings import Settings
from benchmarks.plan import quick_folder

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
# Four people for every five debts, in six countries; a quarter of the debts are beyond day 60.
PLACES = """(values (0, 'CO', 'COP', array['America/Bogota']), (1, 'MX', 'MXN', array['America/Tijuana']),
  (2, 'CL', 'CLP', array['America/Santiago', 'America/Punta_Arenas']), (3, 'PE', 'PEN', array['America/Lima']),
  (4, 'AR', 'ARS', array['America/Argentina/Buenos_Aires']), (5, 'ES', 'EUR', array['Atlantic/Canary']))
  as place (n, country, currency, zones)"""
FILL = (
    f"""insert into subject (id, country) select 's' || i, country
        from generate_series(1, $1::int) i join {PLACES} on place.n = i % 6""",
    f"""insert into person (id, creditor_id, subject_id, country, zones, customer_type, customer_since, sealed, digest)
        select substr(md5('p' || i), 1, 24), $2, 's' || i, country, zones,
          case when i % 12 = 0 then 'business' else 'natural' end, date '2012-01-01' + i * 37 % 5000,
          decode(repeat('ab', 150), 'hex'), decode(md5('d' || i), 'hex')
        from generate_series(1, $1::int) i join {PLACES} on place.n = i % 6""",
    f"""insert into account (id, creditor_id, person_id, external_id, product, currency, balance, due_date,
          days_past_due, as_of, opened, late_12m, broken_promises, digest)
        select substr(md5('a' || i), 1, 24), $2, substr(md5('p' || 1 + i % ($1::int * 4 / 5)), 1, 24), 'CR-' || i,
          (array['tarjeta de crédito', 'préstamo personal', 'tienda', 'crédito hipotecario'])[1 + i % 4],
          currency, 10000 + i::bigint * 7919 % 900000000, date '2026-11-23' - late, late, date '2026-11-23',
          date '2026-01-01' - i % 2500, i % 4, i % 3 / 2, decode(md5('x' || i), 'hex')
        from generate_series(1, $1::int) i join {PLACES} on place.n = (1 + i % ($1::int * 4 / 5)) % 6
        cross join lateral (select (array[0, 12, 22, 37, 55, 9, 44, 75, 28, 150])[1 + i * 7 % 10] + i % 5) l (late)""",
    """insert into contact (key, subject_id, at, channel, mode, purpose, status, reached)
       select 'c' || i, 's' || i, timestamptz '2026-11-20 15:00Z' - i % 200 * interval '1 hour', 'sms', 'text',
         'collection', 'sent', i % 4 = 0 from generate_series(1, $1::int * 4 / 5) i where i % 10 < 3""",
)
# As many thin rows as a sorting writes, of the same rows read, with no condition looked at.
BARE = """
insert into bare (account_id, terms, rank)
select a.id, 1, a.balance from account a join person p on p.id = a.person_id where a.creditor_id = $1
"""


async def fill(db: Pool, creditor: Creditor, scale: int) -> None:
    """A portfolio straight into the tables."""
    async with db.acquire() as connection:
        for statement in FILL:
            people = statement.startswith(("insert into subject", "insert into person"))
            await connection.execute(statement, scale * 4 // 5 if people else scale, *_also(statement, creditor.id))
        await connection.execute("vacuum analyze")


def _also(statement: str, creditor: str) -> list[str]:
    return [creditor] if "$2" in statement else []


async def measured(url: str, scale: int) -> dict[str, Any]:
    """Seconds of the first sorting, of a second one, and of a preview; and of the bare writing of as many rows."""
    async with asyncpg.create_pool(url, min_size=1, max_size=2, command_timeout=600) as db:
        creditor = Creditor("bench", "Banco Andino", CreditorSettings("Banco Andino S.A."))
        await db.execute("insert into creditor (id, name, settings, added_at) values ('bench', 'B', '{}', $1)", AT)
        await fill(db, creditor, scale)
        store, text, took = StoredSegments(db), shipped_segments(), []
        for _ in range(2):
            started = time.perf_counter()
            report = await segment_accounts(store, creditor, text, AT)
            took.append(time.perf_counter() - started)
        started = time.perf_counter()
        await preview(store, creditor, text, AT)
        seen = time.perf_counter() - started
        await db.execute("create table bare (like account_segment including all)")
        started = time.perf_counter()
        await db.execute(BARE, creditor.id)
        bare = time.perf_counter() - started
    return {
        "accounts": report.accounts + report.closed, "seconds": round(took[0], 2), "again_seconds": round(took[1], 2),
        "preview_seconds": round(seen, 2), "reference_seconds": round(bare, 2), "ratio": round(took[0] / bare, 2),
        "limit_seconds": 15.0 * scale / 1_000_000,
    }  # fmt: skip


async def run(scale: int = 1_000_000) -> dict[str, Any]:
    """`scale` accounts sorted; `ratio` is to joining and writing as many bare rows in the same run."""
    with quick_folder() as folder:
        settings = Settings(_env_file=None, data_dir=folder, database_url=None)
        async with database(settings) as url, scratch(url) as fresh:
            return await measured(fresh, scale)


if __name__ == "__main__":
    import asyncio
    import json
    import sys

    print(json.dumps(asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)), indent=2))
