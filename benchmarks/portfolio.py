"""A creditor's file of a million rows, imported; beside the same rows upserted in plain SQL with nothing validated."""

from __future__ import annotations

import asyncio
import csv
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import xlsxwriter

from acuerdo.adapters.files.opening import open_path
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.adapters.store.server import database, scratch
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.service.creditors import Creditor, add_creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.feeding import feed_file, form_of
from acuerdo.service.importing import Report, import_day, import_portfolio
from acuerdo.service.settings import Settings
from benchmarks.plan import processors, quick_folder

SIZE = 1_000_000
SHEET_ROWS = 100_000
CHANGED_ROWS = 100_000
PAID = 1000  # of each debt
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
RING = Keyring([b"b" * 32])
HEADER = (
    "Obligación", "Nombre completo", "Tipo de documento", "Documento", "Celular", "Correo electrónico", "Dirección",
    "Ciudad", "Departamento", "Cliente desde", "Producto", "Saldo", "Capital", "Intereses", "Gastos", "Moneda",
    "Fecha de vencimiento", "Días de mora", "Fecha de apertura", "Fecha de corte",
)  # fmt: skip
GIVEN = ("Ana", "Luis", "Marta", "Iván", "Rosa", "Jorge", "Elena", "Pablo", "Inés", "Óscar", "Nuria", "Tomás")
FAMILY = ("Ejemplo", "Prueba", "Muestra", "Ensayo", "Modelo", "Patrón", "Núñez", "García", "Peña", "Ibáñez", "Rojas")
PLACES = (
    ("Bogotá", "Cundinamarca"), ("Medellín", "Antioquia"), ("Cali", "Valle del Cauca"), ("Cartagena", "Bolívar"),
)  # fmt: skip
PRODUCTS = ("tarjeta de crédito", "préstamo personal", "libranza", "crédito de vehículo", "microcrédito")

RAW = ", ".join(f"c{n} text" for n in range(len(HEADER)))
# The same final rows, with what people are found by: what is sealed is as long as a sealed one is, ids as long as ours.
REFERENCE = (
    """insert into subject (id, country) select distinct md5('s' || c3), 'CO' from raw
       on conflict (id) do nothing""",
    """insert into person (id, creditor_id, subject_id, country, zones, customer_since, reachable, wrapped_key, sealed,
                           digest, language, import_id, added_by)
       select distinct on (c3) substr(md5('p' || c3), 1, 24), $1, md5('s' || c3), 'CO', array['America/Bogota'],
              c9::date, array['sms', 'email'], decode(repeat(md5(c3), 2) || '00', 'hex'),
              convert_to(json_build_object('name', c1, 'document_kind', c2, 'document', c3, 'phones', array[c4],
                                           'emails', array[c5], 'address', c6, 'city', c7)::text, 'UTF8'),
              decode(md5(c1 || c4 || c5 || c6), 'hex'), 'es-CO', 'i', 'i'
       from raw order by c3
       on conflict (creditor_id, subject_id) do update set sealed = excluded.sealed, digest = excluded.digest
       where person.digest <> excluded.digest""",
    """insert into fact (id, at, kind, who, creditor_id, person_id, cause, shown, sealed)
       select distinct on (c3) substr(md5('f' || c3), 1, 24), $2, 'person_seen', 'operator', $1,
              substr(md5('p' || c3), 1, 24), 'i', '{"kind":"person_seen","country":"CO"}',
              convert_to(json_build_object('name', c1)::text, 'UTF8')
       from raw order by c3 on conflict (id) do nothing""",
    """insert into account (id, creditor_id, person_id, home_person_id, external_id, product, currency, balance,
                            principal, interest, fees, due_date, days_past_due, as_of, opened, digest, row_digest,
                            import_id, import_row, added_by)
       select substr(md5('a' || c0), 1, 24), $1, substr(md5('p' || c3), 1, 24), substr(md5('p' || c3), 1, 24), c0, c10,
              c15, (c11::numeric * 100)::bigint, (c12::numeric * 100)::bigint, (c13::numeric * 100)::bigint,
              (c14::numeric * 100)::bigint, c16::date, c17::integer, c19::date, c18::date,
              decode(md5(concat_ws('|', c0, c3, c10, c11, c12, c13, c14, c16, c17, c19)), 'hex'),
              decode(md5(concat_ws('|', c0, c1)), 'hex'), 'i', 1, 'i'
       from raw
       on conflict (creditor_id, external_id) do update set balance = excluded.balance, digest = excluded.digest,
         days_past_due = excluded.days_past_due, as_of = excluded.as_of
       where account.digest <> excluded.digest""",
    """insert into fact (id, at, kind, who, creditor_id, person_id, account_id, cause, shown)
       select substr(md5('b' || c0), 1, 24), $2, 'account_imported', 'operator', $1, substr(md5('p' || c3), 1, 24),
              substr(md5('a' || c0), 1, 24), 'i',
              json_build_object('kind', 'account_imported', 'external_id', c0, 'product', c10, 'balance',
                json_build_object('minor', (c11::numeric * 100)::bigint, 'currency', c15), 'days_past_due',
                c17::int)::text
       from raw on conflict (id) do nothing""",
    """insert into contact_point (person_id, kind, address_hash, creditor_id, source, first_seen, last_seen)
       select distinct substr(md5('p' || c3), 1, 24), kind, md5(kind || value), $1, 'portfolio', $2::timestamptz,
              $2::timestamptz
       from raw cross join lateral (values ('phone', c4), ('email', c5)) as reached (kind, value)
       on conflict (person_id, kind, address_hash) do update set last_seen = excluded.last_seen""",
    """insert into person_key (person_id, kind, hash)
       select distinct substr(md5('p' || c3), 1, 24), 'home', md5(c1 || c6) from raw on conflict do nothing""",
)


def rows(many: int, days: int = 0) -> Iterator[tuple[str, ...]]:
    """Made-up debts of a Colombian creditor: seven people for every ten of them, all rows sound.

    `days` later, each owes a thousand less for each of them.
    """
    day, holders = date(2026, 11, 22), max(1, many * 7 // 10)
    for n in range(many):
        who = n % holders
        city, region = PLACES[who % 4]
        name = f"{GIVEN[who % 12]} {FAMILY[who // 12 % 11]} {FAMILY[who // 132 % 11]}"
        late = 1 + n * 7 % 300
        due, balance = day - timedelta(days=late), 50_000 + n * 7919 % 9_000_000
        interest, fees = balance // 20, balance // 100
        balance -= PAID * days
        yield (
            f"CR-{n:08d}", name, "CC", str(20_000_000 + who), f"3{10 + who % 10}{5_000_000 + who % 5_000_000}",
            f"persona.{who}@example.com", f"Calle {who % 170} # {who % 90}-{who % 77}", city, region,
            (day - timedelta(days=400 + who % 5000)).isoformat(), PRODUCTS[n % 5], str(balance),
            str(balance - interest - fees), str(interest), str(fees), "COP", due.isoformat(),
            str(late + days), (due - timedelta(days=100 + n % 2000)).isoformat(),
            (day + timedelta(days=days)).isoformat(),
        )  # fmt: skip


def write_csv(path: Path, many: int, days: int = 0) -> None:
    """The rows as a file, as of some days later."""
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
        writer.writerow(HEADER)
        writer.writerows(rows(many, days))


def write_payments(path: Path, many: int, days: int) -> None:
    """A payment to us of each debt, some days later."""
    on = (date(2026, 11, 22) + timedelta(days=days)).isoformat()
    with path.open("w", encoding="utf-8") as out:
        out.write("Obligación;Importe;Moneda;Fecha de pago;Referencia\n")
        out.writelines(f"CR-{n:08d};{PAID};COP;{on};REC-{n:09d}\n" for n in range(many))


def write_xlsx(path: Path, many: int) -> None:
    """The rows as a workbook."""
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Cartera")
        sheet.write_row(0, 0, HEADER)
        for at, row in enumerate(rows(many), start=1):
            sheet.write_row(at, 0, row)


class Memory:
    """The most memory that this process and those it started held at once, looked at ten times a second."""

    def __init__(self) -> None:
        self.most, self._over = 0, threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Memory:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()

    def _look(self) -> None:
        me = psutil.Process()
        while not self._over.wait(0.1):
            self.most = max(self.most, _held(me))


def _held(me: psutil.Process) -> int:
    """What is shared with a copy of the process is counted once; the server's processes are not ours."""
    copies = [one for one in me.children() if _is_copy(one, me)]
    held = me.memory_info().rss
    for one in copies:
        with suppress(psutil.Error):  # it may end while it is looked at
            held += one.memory_full_info().uss
    return held


def _is_copy(one: psutil.Process, me: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it may end while it is looked at
        return one.cmdline() == me.cmdline()
    return False


async def cores(db: Pool) -> float:
    """Seconds of processor used so far, by us, by processes of ours that ended, and by the server."""
    mine = psutil.Process().cpu_times()
    return sum(await processors(db)) + mine.children_user + mine.children_system


async def imported(db: Pool, creditor: Creditor, path: Path, days: int = 0) -> tuple[float, Report]:
    """Seconds of an import some days later, the opening of the file with it."""
    started, at = time.perf_counter(), AT + timedelta(days=days)
    opened = await asyncio.to_thread(open_path, path, PORTFOLIO, None, "CO", import_day("CO", at))
    report = await import_portfolio(StoredPortfolio(db, RING), creditor, opened, path.name, at)
    return time.perf_counter() - started, report


async def paid(db: Pool, creditor: Creditor, path: Path, days: int) -> int:
    """How many payments an import of them takes, some days later."""
    at = AT + timedelta(days=days)
    opened = await asyncio.to_thread(open_path, path, form_of("payments"), None, "CO", import_day("CO", at))
    return (await feed_file(StoredFeeds(db, RING), "payments", creditor, opened, path.name, at)).taken


async def changed(server: str, folder: Path, size: int) -> dict[str, Any]:
    """A newer file in which every debt changed: with nothing paid to us, and then with a payment of each debt."""
    first, newer, newest, payments = (folder / f"{name}.csv" for name in ("first", "newer", "newest", "payments"))
    for path, days in ((first, 0), (newer, 1), (newest, 4)):
        write_csv(path, size, days)
    write_payments(payments, size, 2)
    async with _ground(server) as (db, creditor):
        await reference(db, creditor, first)
        _, upsert = await reference(db, creditor, newer)
    async with _ground(server) as (db, creditor):
        await imported(db, creditor, first)
        seconds, report = await imported(db, creditor, newer, 1)
        taken = await paid(db, creditor, payments, 2)
        with_payments, matched = await imported(db, creditor, newest, 4)
    if {report.updated, taken, matched.updated, matched.matched} != {size}:
        raise AssertionError(
            f"{report.updated:,} and {matched.updated:,} changed, {matched.matched:,} paid of {size:,}"
        )
    return {
        "changed_rows": size, "changed_seconds": seconds, "changed_upsert_seconds": upsert,
        "changed_ratio": seconds / upsert, "changed_paid_seconds": with_payments,
        "changed_paid_ratio": with_payments / seconds,
    }  # fmt: skip


async def reference(db: Pool, creditor: Creditor, path: Path) -> tuple[float, float]:
    """Seconds of the bare COPY of the file into a table of text, and of it with the upsert of the same rows."""
    async with db.acquire() as connection:
        started = time.perf_counter()
        async with connection.transaction():
            await connection.execute(f"create table raw ({RAW})")
            await connection.copy_to_table("raw", source=path, format="csv", delimiter=";", header=True)
            bare = time.perf_counter() - started
            await connection.execute("set local work_mem = '96MB'")
            await connection.execute("analyze raw")
            for statement in REFERENCE:
                await connection.execute(statement, *(creditor.id, AT)[: ("$1" in statement) + ("$2" in statement)])
        whole = time.perf_counter() - started
        await connection.execute("drop table raw")
    return bare, whole


async def measured(server: str, folder: Path, size: int) -> dict[str, Any]:
    """The reference on a database of its own, then the import, the same again, a workbook, and newer files."""
    plain, book = folder / "cartera.csv", folder / "cartera.xlsx"
    write_csv(plain, size)
    async with _ground(server) as (db, creditor):
        began = await cores(db)
        bare, upsert = await reference(db, creditor, plain)
        upsert_cores = await cores(db) - began
    async with _ground(server) as (db, creditor):
        with Memory() as memory:
            began = await cores(db)
            first, report = await imported(db, creditor, plain)
            import_cores = await cores(db) - began
            second, again = await imported(db, creditor, plain)
        if (report.added, again.unchanged) != (size, size):
            raise AssertionError(f"{report.added:,} rows in and {again.unchanged:,} unchanged, of {size:,}")
    plain.unlink()
    write_xlsx(book, min(size, SHEET_ROWS))
    async with _ground(server) as (db, creditor):
        workbook, _ = await imported(db, creditor, book)
    newer = await changed(server, folder, min(size, CHANGED_ROWS))
    return {
        **newer,
        "rows": size, "copy_seconds": bare, "upsert_seconds": upsert, "seconds": first, "ratio": first / upsert,
        "again_seconds": second, "again_ratio": second / first, "peak_mb": memory.most / 1e6,
        "core_seconds": import_cores, "upsert_core_seconds": upsert_cores,
        "xlsx_rows": min(size, SHEET_ROWS), "xlsx_seconds": workbook, "cores": os.cpu_count(),
    }  # fmt: skip


class _ground:
    """A scratch database with the whole schema and one creditor."""

    def __init__(self, server: str) -> None:
        self._scratch = scratch(server)

    async def __aenter__(self) -> tuple[Pool, Creditor]:
        self._db = await asyncpg.create_pool(await self._scratch.__aenter__(), min_size=1, max_size=2)
        store = StoredCreditors(self._db, RING)
        return self._db, await add_creditor(store, "Banco Andino", CreditorSettings("Banco Andino S.A."), AT)

    async def __aexit__(self, *error: Any) -> None:
        await self._db.close()
        await self._scratch.__aexit__(*error)


async def run(size: int = SIZE) -> dict[str, Any]:
    """Measures on a server of its own, whose settings are those of every day."""
    with quick_folder() as folder:
        settings = Settings(data_dir=folder)
        async with database(settings) as url:
            with tempfile.TemporaryDirectory() as files:
                return await measured(url, Path(files), size)
