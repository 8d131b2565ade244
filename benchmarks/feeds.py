"""The other feeds at scale: a night's payments and a day's attempts of a dialler, over a portfolio of as many debts."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from acuerdo.adapters.files.opening import open_path
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.adapters.store.server import database
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.service.creditors import Creditor
from acuerdo.service.feeding import FeedReport, feed_file, form_of
from acuerdo.service.importing import import_day, import_portfolio
from acuerdo.service.settings import Settings
from benchmarks.plan import quick_folder
from benchmarks.portfolio import AT, RING, _ground, write_csv

SIZE = 100_000
RESULTS = ("contestó", "no contestó", "buzón", "ocupado", "colgó")


def write_payments(path: Path, many: int) -> None:
    """One payment of each debt, in two days."""
    with path.open("w", encoding="utf-8") as out:
        out.write("Obligación;Importe;Fecha de pago;Referencia;Medio\n")
        out.writelines(f"CR-{n:08d};{1000 + n % 40_000};{22 + n % 2}/11/2026;REC-{n:09d};PSE\n" for n in range(many))


def write_contacts(path: Path, many: int) -> None:
    """One call on each debt, through the hours of a day."""
    with path.open("w", encoding="utf-8") as out:
        out.write("Obligación;Fecha;Hora;Resultado;Agente\n")
        out.writelines(
            f"CR-{n:08d};20/11/2026;{8 + n % 10:02d}:{n % 60:02d};{RESULTS[n % 5]};marcador {n % 20}\n"
            for n in range(many)
        )


async def _fed(db: Pool, creditor: Creditor, feed: str, path: Path) -> tuple[float, FeedReport]:
    began = time.perf_counter()
    opened = open_path(path, form_of(feed), None, "CO", import_day("CO", AT))
    report = await feed_file(StoredFeeds(db, RING), feed, creditor, opened, path.name, AT)
    return time.perf_counter() - began, report


async def _copied(db: Pool, path: Path) -> float:
    """The same rows into a table of texts, and nothing else."""
    columns = path.open(encoding="utf-8").readline().count(";") + 1
    async with db.acquire() as one:
        await one.execute(f"create table bare ({', '.join(f'c{n} text' for n in range(columns))})")
        began = time.perf_counter()
        await one.copy_to_table("bare", source=path, format="csv", delimiter=";", header=True)
        took = time.perf_counter() - began
        await one.execute("drop table bare")
    return took


async def measured(url: str, folder: Path, size: int) -> dict[str, Any]:
    """Seconds of each feed's first and second time."""
    portfolio, payments, contacts = (folder / f"{name}.csv" for name in ("portfolio", "payments", "contacts"))
    write_csv(portfolio, size)
    write_payments(payments, size)
    write_contacts(contacts, size)
    found: dict[str, Any] = {"rows": size, "cores": os.cpu_count()}
    async with _ground(url) as (db, creditor):
        opened = open_path(portfolio, PORTFOLIO, None, "CO", import_day("CO", AT))
        await import_portfolio(StoredPortfolio(db, RING), creditor, opened, portfolio.name, AT)
        for feed, path in (("payments", payments), ("contacts", contacts)):
            first, report = await _fed(db, creditor, feed, path)
            again, repeated = await _fed(db, creditor, feed, path)
            if (report.taken, repeated.unchanged) != (size, size):
                raise RuntimeError(f"{feed}: {report.counts}, then {repeated.counts}")
            bare = await _copied(db, path)
            found |= {f"{feed}_seconds": first, f"{feed}_again_seconds": again, f"{feed}_copy_seconds": bare}
    return found


async def run(size: int = SIZE) -> dict[str, Any]:
    """Measures on a server of its own, whose settings are those of every day."""
    with quick_folder() as folder, tempfile.TemporaryDirectory() as files:
        async with database(Settings(data_dir=folder)) as url:
            return await measured(url, Path(files), size)
