"""Segmenting, judging and planning a whole portfolio, beside the same rows read and written with no thinking."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from acuerdo.adapters.store import campaigns
from acuerdo.adapters.store.campaigns import StoredPlans
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio import StoredCreditors
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.server import database, scratch
from acuerdo.core.words import CURRENCY_OF, derive
from acuerdo.service.creditors import Creditor, add_creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.planning import plan_campaign
from acuerdo.service.segmenting import segment_accounts, shipped_segments
from acuerdo.service.settings import Settings

AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday: open in some countries, closed or a holiday in others
ZONES = {
    "CO": (("America/Bogota",),),
    "MX": (("America/Mexico_City",), ("America/Tijuana",), ("America/Mexico_City", "America/Cancun")),
    "CL": (("America/Santiago", "America/Punta_Arenas"), ("America/Punta_Arenas",)),
    "PE": (("America/Lima",),),
    "AR": (("America/Argentina/Buenos_Aires",),),
    "ES": (("Europe/Madrid",), ("Atlantic/Canary",)),
}
REGIONS = {"ES": ("MD", "CN", "CT", "AN"), "CL": ("RM", "MA", "BI"), "AR": ("C", "X", "M")}
PRODUCTS = ("tarjeta de crédito", "préstamo personal", "tienda", "crédito hipotecario", "microcrédito")
PERSON_COLUMNS = (
    "id", "creditor_id", "subject_id", "country", "zones", "subdivision", "customer_type", "customer_since",
    "reachable", "wrapped_key", "sealed", "digest",
)  # fmt: skip
ACCOUNT_COLUMNS = (
    "id", "creditor_id", "person_id", "external_id", "product", "currency", "balance", "due_date", "days_past_due",
    "as_of", "opened", "late_12m", "broken_promises", "digest",
)  # fmt: skip


def people(creditor: str, scale: int) -> Iterator[tuple[Any, ...]]:
    """Made-up people, four for every five accounts; nothing of theirs is sealed, as planning opens nothing."""
    countries = tuple(ZONES)
    for n in range(scale * 4 // 5):
        country = countries[n % 6]
        subdivision = REGIONS.get(country, ("",))[n // 6 % len(REGIONS.get(country, ("",)))]
        reachable = ["email"] * (n % 7 != 0) if n % 33 == 0 else ["sms", "email"]
        since = date(2012, 1, 1) + timedelta(days=n * 37 % 5000)
        yield (
            derive("person", str(n)), creditor, derive("subject", str(n)), country,
            ZONES[country][n % len(ZONES[country])], subdivision,
            "business" if n % 12 == 0 else "natural", since, reachable, b"", b"", b"",
        )  # fmt: skip


def accounts(creditor: str, scale: int) -> Iterator[tuple[Any, ...]]:
    """Made-up debts: a fifth of the people have a second one; a quarter are beyond day 60."""
    countries, holders = tuple(ZONES), scale * 4 // 5
    for n in range(scale):
        holder = n % holders
        late = (0, 12, 22, 37, 55, 9, 44, 75, 28, 150)[n * 7 % 10] + n % 5
        due = AT.date() - timedelta(days=late)
        yield (
            derive("account", str(n)), creditor, derive("person", str(holder)), f"CR-{n:07d}", PRODUCTS[n % 5],
            CURRENCY_OF[countries[holder % 6]], 10_000 + n * 7919 % 900_000_000, due, late, AT.date(),
            due - timedelta(days=200 + n % 2500), n % 4, n % 3 // 2, b"",
        )  # fmt: skip


def contacts(scale: int) -> Iterator[tuple[Any, ...]]:
    """Attempts of the last days on three in ten people, by this creditor or others."""
    for n in range(scale * 4 // 5):
        if n % 10 < 3:
            for nth in range(1 + n % 2):
                at = AT - timedelta(hours=5 + n % 200 + 30 * nth)
                yield (
                    derive("contact", str(n), str(nth)),
                    derive("subject", str(n)),
                    at,
                    "sms",
                    "text",
                    "collection",
                    "sent",
                )


async def fill(db: Pool, creditor: Creditor, scale: int) -> None:
    """A portfolio straight into the tables."""
    holders = range(scale * 4 // 5)
    stops = [(derive("subject", str(n)), "sms", "", AT) for n in holders if n % 53 == 2]
    holds = [(derive("subject", str(n)), "dispute", "", AT - timedelta(days=2), None) for n in holders if n % 70 == 1]
    agreed = [(derive("consent", str(n)), derive("person", str(n)), "sms", True, AT, "") for n in holders if n % 2 == 0]
    subjects = [(derive("subject", str(n)), tuple(ZONES)[n % 6]) for n in holders]
    tables: tuple[tuple[str, Sequence[str], list[tuple[Any, ...]]], ...] = (
        ("subject", ("id", "country"), subjects),
        ("person", PERSON_COLUMNS, list(people(creditor.id, scale))),
        ("account", ACCOUNT_COLUMNS, list(accounts(creditor.id, scale))),
        ("contact", ("key", "subject_id", "at", "channel", "mode", "purpose", "status"), list(contacts(scale))),
        ("opt_out", ("subject_id", "channel", "address_hash", "at"), stops),
        ("hold", ("subject_id", "kind", "creditor_id", "since", "until"), holds),
        ("consent", ("id", "person_id", "channel", "given", "at", "source"), agreed),
    )
    async with db.acquire() as connection:
        for table, columns, rows in tables:
            await connection.copy_records_to_table(table, records=rows, columns=columns)
        await connection.execute("vacuum analyze")


async def reference(db: Pool, creditor: Creditor) -> float:
    """Seconds to read the same rows and copy as many as segmenting and planning write, with no thinking at all."""
    started = time.perf_counter()
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("create table bare_sorted as select * from fact where false")
        await connection.execute("create table bare_entry as select * from campaign_entry where false")
        cursor = await connection.cursor(campaigns.CANDIDATES, *campaigns.asked_of(creditor.id, "all", AT))
        while rows := await cursor.fetch(campaigns.CHUNK):
            names = [row[0] for row in rows]
            entries = [("c", name, name, True, "sms", AT, "contact", "[]", 1.0, "waiting") for name in names]
            await connection.copy_records_to_table("bare_entry", records=entries, columns=campaigns.ENTRY_COLUMNS)
            await _bare(connection, "bare_sorted", names)
    return time.perf_counter() - started


async def processors(db: Pool) -> tuple[float, float]:
    """Seconds of processor used so far: by this process, and by the server on this machine with all its processes."""
    backend = psutil.Process(await db.fetchval("select pg_backend_pid()"))
    server = backend.parent() or backend
    used = [one.cpu_times() for one in (server, *server.children())]
    mine = psutil.Process().cpu_times()
    return mine.user + mine.system, sum(one.user + one.system for one in used)


async def _bare(connection: Any, table: str, names: list[str]) -> None:
    body = '{"kind":"segmented","segment":"early","why":["22 días de mora"]}'
    rows = [(name, AT, "segmented", "system", "c", name, name, None, None, body) for name in names]
    await connection.copy_records_to_table(table, records=rows, columns=campaigns.FACT_COLUMNS)


async def measured(url: str, scale: int) -> dict[str, Any]:
    """The whole, on a fresh database: seconds of each part, of the processor, and of the reference."""
    async with asyncpg.create_pool(url, min_size=1, max_size=2) as db:
        settings = CreditorSettings("Banco Andino S.A.")
        creditor = await add_creditor(StoredCreditors(db, Keyring([b"b" * 32])), "Banco Andino", settings, AT)
        await fill(db, creditor, scale)
        before, started = await processors(db), time.perf_counter()
        report = await segment_accounts(StoredSegments(db), creditor, shipped_segments(), AT)
        sorted_at = time.perf_counter()
        summary = await plan_campaign(StoredPlans(db), creditor, "all", AT)
        done, after = time.perf_counter(), await processors(db)
        bare = await reference(db, creditor)
    seconds = done - started
    return {
        "accounts": report.accounts,
        "planned": summary.included,
        "left_out": summary.left_out,
        "seconds": round(seconds, 2),
        "segment_seconds": round(sorted_at - started, 2),
        "plan_seconds": round(done - sorted_at, 2),
        "process_seconds": round(after[0] - before[0], 2),
        "core_seconds": round(sum(after) - sum(before), 2),
        "reference_seconds": round(bare, 2),
        "ratio": round(seconds / bare, 2),
        "limit_seconds": 15.0 * scale / 100_000,
        "by_code": summary.by_code,
    }


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder for the server, open to pass through: root's runs as another user, and would keep its data elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


async def run(scale: int = 100_000) -> dict[str, Any]:
    """`scale` accounts segmented, judged and planned; `seconds` counts our process and the waits for PostgreSQL.

    `core_seconds` is what one core would need for both: our processor time and the server's, whoever else is busy.
    `ratio` is to reading the same rows and copying as many, without indexes or thought, in the same run.
    """
    with quick_folder() as folder:
        settings = Settings(_env_file=None, data_dir=folder, database_url=None)
        async with database(settings) as url, scratch(url) as fresh:
            return await measured(fresh, scale)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run()), indent=2))
