"""One import at a time: who waits is told why, and one that was killed is not waited for."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from acuerdo.adapters.store.portfolio_turn import alone, in_the_way

from .portfolio_cases import ANA, creditor_in, imported

# An import in another process, in the middle of a statement of a minute.
IN = """
import asyncio, sys, asyncpg
from acuerdo.adapters.store.portfolio_turn import alone
async def main(url, creditor):
    db = await asyncpg.connect(url)
    async with db.transaction():
        await alone(db, creditor, "operator", "cartera_año nuevo.csv")
        print("in", flush=True)
        await db.execute("select pg_sleep(60)")
asyncio.run(main(*sys.argv[1:]))
"""


@asynccontextmanager
async def another(url: str, creditor: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", IN, url, creditor, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"in\n"
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def told(caplog: pytest.LogCaptureFixture) -> str:
    async with asyncio.timeout(20):
        while not caplog.messages:  # noqa: ASYNC110 - the log has no event
            await asyncio.sleep(0.05)
    return caplog.messages[0]


async def test_who_waits_is_told_which_file_is_in_and_one_that_is_killed_lets_it_go_on(
    db: asyncpg.Pool, db_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    creditor = await creditor_in(db)
    async with another(db_url, creditor.id) as process:
        waiting = asyncio.create_task(imported(db, creditor, ANA))
        assert await told(caplog) == (
            "ya está entrando otra importación de este acreedor (cartera_ano nuevo.csv, la trae operator), "
            "desde hace menos de un minuto; la suya empieza en cuanto termine"
        )
        assert not waiting.done()
        process.send_signal(signal.SIGKILL)
        async with asyncio.timeout(20):  # a third of what its statement would take
            assert (await waiting).added == 1


async def test_of_another_creditors_import_no_more_is_told_than_that_it_is_there(
    db: asyncpg.Pool, db_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    mine, theirs = await creditor_in(db), await creditor_in(db, "Banco del Sur")
    async with another(db_url, theirs.id):
        waiting = asyncio.create_task(imported(db, mine, ANA))
        line = await told(caplog)
        assert line.startswith("está entrando una importación de otro acreedor, ")
        assert "cartera" not in line
        waiting.cancel()
        await asyncio.wait([waiting])


async def test_nothing_is_told_and_nothing_stays_set_where_nobody_waits(
    db: asyncpg.Pool, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("application_name", "client_connection_check_interval", "lock_timeout")
    async with db.acquire() as c:
        before = [await c.fetchval(f"show {name}") for name in names]
        async with c.transaction():
            await alone(c, "c" * 24, "operator", "x" * 90)
            assert await c.fetchval("show application_name") != before[0]
            assert await c.fetchval("show client_connection_check_interval") == "2s"
        assert [await c.fetchval(f"show {name}") for name in names] == before
    assert caplog.messages == []


def test_a_long_wait_is_told_in_minutes() -> None:
    name = "import 12345678 1000 ana cartera.csv"
    assert "(cartera.csv, la trae ana), desde hace 3 min;" in in_the_way(name, 0, 1190, "12345678abcdef")
    assert "xxx…, la trae ana)" in in_the_way(f"import 12345678 1000 ana {'x' * 99}"[:63], 0, 1190, "12345678abcdef")
    assert in_the_way("psql", 0, 60, "12345678").startswith("hay otra importación, o personas que se unen")


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "acuerdo")
