"""An import can be explained row by row, and taken out to the letter while nothing stands on it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.adapters.store.portfolio_imports import StoredImports
from acuerdo.adapters.store.portfolio_turn import alone
from acuerdo.adapters.store.units import put_unit
from acuerdo.adapters.store.views import view_of
from acuerdo.core.words import Money
from acuerdo.service.imports import StandsOn, UnknownImport, import_named, told, undo

from .portfolio_cases import ANA, ANA_TOO, HEADER, IVAN, NOW, RING, column, creditor_in, csv_of, imported, kinds, put

LATER = NOW + timedelta(days=3)
# Everything that an import writes of people and debts; facts stay, as what happened did happen.
TABLES = {
    "subject": "id", "person": "id", "account": "id", "contact_point": "1, 2, 3", "person_key": "1, 2, 3",
    "hold": "1, 2, 3", "link": "token_hash", "timer": "key", "outbox": "key", "person_review": "1, 2",
    "party": "1, 2, 3",
}  # fmt: skip
NEWER = ANA.replace("900000;22;2026-11-23", "700000;25;2026-11-26").replace("3005550100", "3005550177")
NEW = "A9;Nadie Nueva;88888888;3005550109;;tarjeta;1000;5;2026-11-26"


async def everything(db: asyncpg.Pool) -> dict[str, list[asyncpg.Record]]:
    return {table: await db.fetch(f"select * from {table} order by {order}") for table, order in TABLES.items()}


async def newer(db: asyncpg.Pool, creditor, *rows: str, **how):
    return await put(StoredPortfolio(db, RING), creditor, csv_of(*rows), LATER, **how)


class TestUndo:
    async def test_what_came_after_is_gone_and_what_was_before_is_back(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        await imported(db, creditor, ANA, IVAN, ANA_TOO)
        before = await everything(db)
        report = await newer(db, creditor, NEWER, NEW, IVAN, close_missing=True, sure=True)
        assert (report.added, report.updated, report.closed) == (1, 1, 1)
        assert await everything(db) != before
        found, undone = await undo(store, report.import_id, LATER)
        assert (found.file, undone.removed, undone.restored) == ("cartera.csv", 1, 2)
        assert await everything(db) == before
        assert (await kinds(db))["import_undone"] == 1

    async def test_the_same_file_comes_in_again_after_it(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        await imported(db, creditor, ANA)
        report = await newer(db, creditor, NEWER, NEW)
        after = await column(db, "select balance from account order by external_id")
        await undo(store, report.import_id, LATER)
        again = await newer(db, creditor, NEWER, NEW)
        assert (again.added, again.updated) == (1, 1)
        assert await column(db, "select balance from account order by external_id") == after

    async def test_the_first_import_leaves_nothing_behind(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        report = await imported(db, creditor, ANA, IVAN)
        await undo(store, report.import_id, LATER)
        assert not any((await everything(db)).values())
        assert await column(db, "select count(*) from fact where sealed is not null and person_id is not null") == [0]

    async def test_refused_when_a_conversation_a_payment_or_a_later_file_stands_on_it(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        first = await imported(db, creditor, ANA)
        await newer(db, creditor, ANA)
        with pytest.raises(StandsOn, match="1 later imports that name its accounts"):
            await undo(store, first.import_id, LATER)
        await db.execute(
            """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
               select 't', creditor_id, id, 'web', '', '', $1 from person""", LATER,
        )  # fmt: skip
        before = await everything(db)
        with pytest.raises(StandsOn, match="1 conversations"):
            await undo(store, first.import_id, LATER)
        assert await everything(db) == before

    async def test_once_only_and_by_its_name(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        report = await imported(db, creditor, ANA)
        await undo(store, report.import_id[:8], LATER)
        with pytest.raises(StandsOn, match="it is undone"):
            await undo(store, report.import_id, LATER)
        with pytest.raises(UnknownImport, match="acuerdo portfolio imports"):
            await import_named(store, "zzz")


class TestExplain:
    async def test_row_by_row(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        await imported(db, creditor, ANA, IVAN)
        old = "A2;Iván Prueba;79123456;3005550101;;libranza;5;1;2026-10-01"
        report = await newer(db, creditor, NEWER, old, NEW, "A4;Sin Saldo;52345679;3005550101;;tienda;;1;2026-11-26")
        words = {}
        for line in range(2, 6):
            trace = await store.of_line(report.import_id, line)
            assert trace is not None
            words[line] = told(trace)
        assert words[2][:3] == [
            "Cambió lo que estaba registrado.", "El saldo pasó de 900000 COP a 700000 COP.",
            "Los días de mora pasaron de 22 a 25.",
        ]  # fmt: skip
        assert "es anterior" in words[3][0]
        assert words[4] == ["Entró: es una obligación nueva."]
        assert words[5][0] == "Apartada: no entró."
        assert "falta" in words[5][1]
        assert await store.of_line(report.import_id, 99) is None

    async def test_an_account_over_all_its_imports(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        await imported(db, creditor, ANA, IVAN)
        await newer(db, creditor, NEWER, IVAN)
        await newer(db, creditor, IVAN, close_missing=True, sure=True)
        first, second, third = await store.of_account(creditor.id, "A1")
        assert (first.verdict, first.row, second.verdict) == ("n", 2, "c")
        assert first.now is not None
        assert first.now.balance == Money(90_000_000, "COP")
        assert third.row is None
        assert "se cerró" in told(third)[0]

    async def test_imports_are_listed_with_their_counts(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredImports(db, RING)
        await imported(db, creditor, ANA, IVAN)
        await newer(db, creditor, NEWER)
        latest, first = await store.imports(creditor.id, 10)
        assert (latest.counts["updated"], first.counts["in"], latest.feed) == (1, 2, "portfolio")


CRASH = """
import asyncio, sys, uvloop
from pathlib import Path
import asyncpg
from tests.portfolio_store.portfolio_cases import RING, NOW, put
from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.service import importing
from acuerdo.service.creditors import Creditor, Settings
importing.MANY = 100
async def main(url, creditor, path):
    async with asyncpg.create_pool(url, min_size=1, max_size=1) as db:
        print("ready", flush=True)
        await put(StoredPortfolio(db, RING), Creditor(creditor, "Banco", Settings("Banco")), Path(path).read_bytes())
    print("done", flush=True)
asyncio.run(main(*sys.argv[1:]))
"""
WRITTEN = (
    "account",
    "person",
    "subject",
    "fact",
    "import",
    "import_line",
    "import_before",
    "set_aside",
    "contact_point",
)


@pytest.mark.parametrize("after", [0.02, 0.15, 0.4, 0.9])
async def test_killed_at_any_moment_all_of_it_is_in_or_nothing(
    db: asyncpg.Pool, db_url: str, tmp_path: Path, after: float
) -> None:
    creditor, many = await creditor_in(db), 6000
    file = tmp_path / "cartera.csv"
    row = "A{0};Ana Ejemplo;{1};3005550100;;tarjeta;900000;22;2026-11-23"
    file.write_bytes(csv_of(*(row.format(n, 52345678 + n) for n in range(many))))
    before = {table: await column(db, f"select count(*) from {table}") for table in WRITTEN}
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CRASH, db_url, creditor.id, str(file), stdout=asyncio.subprocess.PIPE, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    await asyncio.sleep(after)
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await process.wait()
    # The lock of imports is free once the server has noticed; then nothing of that import goes on.
    async with db.acquire() as connection, connection.transaction():
        await alone(connection)
    left = {table: await column(db, f"select count(*) from {table}") for table in WRITTEN}
    assert left == before or left["account"] == [many]
    if left != before:
        assert left["fact"] == [before["fact"][0] + 2 * many + 1]


async def test_a_debt_in_uf_is_told_in_pesos_of_the_day_once_its_value_is_known(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    row = "A1;Ana Ejemplo;12.345.678-5;+56955550100;;hipotecario;10,5;22;2026-11-23;UF"
    report = await imported(db, creditor, data=csv_of(row, header=HEADER + ";Moneda"), country="CL")
    assert (report.added, await column(db, "select currency from account")) == (1, ["CLF"])
    (person,) = await column(db, "select id from person")
    async with db.acquire() as connection:
        unknown = await view_of(connection, RING, person, "t", NOW)
        assert [one.handler for one in unknown.accounts] == ["person"]
        await put_unit(db, "UF", NOW.date(), Decimal("39650.12"))
        known = await view_of(connection, RING, person, "t", NOW)
    assert known.accounts[0].balance == Money(416_326, "CLP")
