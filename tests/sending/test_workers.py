"""Workers: several at once, killed at any moment, stopped in a second, outliving the database's absence."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec
import pytest
from tests.sending.conftest import World, world_on

from acuerdo import worker
from acuerdo.adapters.store import jobs
from acuerdo.adapters.store.clock import StoredClock
from acuerdo.adapters.store.server import Database
from acuerdo.core.compliance import Cleared
from acuerdo.service import stopping
from acuerdo.service.channels import Channel, Wire
from acuerdo.service.outbound import EntryRef
from acuerdo.service.settings import Settings
from acuerdo.testing.carrier import Misbehaviour
from acuerdo.worker import Pace

QUICK = Pace(tick=0.05, count=0.05, heartbeat=1.0, stale=timedelta(seconds=1))
# Worker processes on the test's database, whose clock the test has moved: what they are made of is loaded once, and
# each one is a fork of it, begun and waited for at a word.
PROCESSES = """
import asyncio, os, sys
from datetime import timedelta
from pathlib import Path
from acuerdo import worker
from acuerdo.app import app_on
from acuerdo.service.resources import language_model, shipped_flows
from acuerdo.service.settings import Settings

async def work(url, folder, base):
    settings = Settings(_env_file=None, database_url=url, data_dir=Path(folder), base_url=base, database_pool_max=6)
    async with app_on(settings, url) as app:
        await worker.run(app, batch=4, pace=worker.Pace(tick=0.1, heartbeat=1.0, stale=timedelta(seconds=1)))

shipped_flows(), language_model()
print("ready", flush=True)
for line in sys.stdin:
    word, *rest = line.split()
    if word == "begin":
        child = os.fork()
        if not child:
            asyncio.run(work(*sys.argv[1:]))
            os._exit(0)
        print(child, flush=True)
    else:
        print(os.waitstatus_to_exitcode(os.waitpid(int(rest[0]), 0)[1]), flush=True)
"""


class Workers:
    """Worker processes, begun and ended one by one."""

    def __init__(self, parent: asyncio.subprocess.Process) -> None:
        self._parent = parent

    async def _ask(self, words: str) -> int:
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        self._parent.stdin.write(f"{words}\n".encode())
        return int(await self._parent.stdout.readline())

    async def begin(self) -> int:
        return await self._ask("begin")

    async def end(self, process: int, order: signal.Signals) -> int:
        """How the process ended, after this order."""
        os.kill(process, order)
        return await asyncio.wait_for(self._ask(f"wait {process}"), 15)


@asynccontextmanager
async def workers(world: World) -> AsyncIterator[Workers]:
    app, pipe = world.app, asyncio.subprocess.PIPE
    arguments = (sys.executable, "-c", PROCESSES, app.url, str(app.settings.data_dir), app.settings.base_url)
    parent = await asyncio.create_subprocess_exec(*arguments, stdin=pipe, stdout=pipe)
    assert parent.stdout is not None
    assert parent.stdin is not None
    assert await parent.stdout.readline() == b"ready\n"
    yield Workers(parent)
    parent.stdin.close()
    await parent.wait()


@asynccontextmanager
async def running(world: World, **more: object) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(world.app, stop=stop, pace=QUICK, **more))  # type: ignore[arg-type]
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, 15)


async def settled(world: World, many: int, seconds: float) -> None:
    """Until every message has its end."""
    open_ = "select count(*) from campaign_entry where status <> 'sent'"
    waits = "select count(*) from outbox where status <> 'delivered'"
    async with asyncio.timeout(seconds):
        while await world.app.pool.fetchval(open_) or await world.app.pool.fetchval(waits):  # noqa: ASYNC110 - rows
            await asyncio.sleep(0.05)
    assert await world.app.pool.fetchval("select count(*) from outbox") == many


async def taken(world: World, many: int) -> None:
    """Until the carrier has that many."""
    book = "select count(*) from sandbox.sms"
    async with asyncio.timeout(60):
        while await world.app.pool.fetchval(book) < many:  # noqa: ASYNC110 - a row offers no event
            await asyncio.sleep(0.01)


async def posted_unasked(world: World) -> list[str]:
    """References posted again by somebody whom the carrier had not told that it does not know them."""
    rows = await world.app.pool.fetch(
        """select client_ref from sandbox.sms s full join sandbox.sms_ask a using (client_ref)
           where coalesce(s.posts, 0) + coalesce(a.posts, 0) > 1 + coalesce(a.unknown, 0)"""
    )
    return [row[0] for row in rows]


async def people(world: World, many: int) -> None:
    names = [await world.person(f"p{n}", phones=(f"+57300{n:07}",)) for n in range(many)]
    await world.campaign(*names)


async def test_workers_killed_at_any_moment_lose_nothing_and_send_nothing_twice(db_url: str, tmp_path: Path) -> None:
    many, moments = 80, (2, 25, 51)  # how many messages the carrier has when a worker is killed
    # Slow to answer, and its receipts come long after: what the killed had begun is looked into before.
    bad = Misbehaviour(seed="3", silent=50, silence=0.3, broken_after=10, duplicated=10, reordered=100, delay=3)
    async with world_on(db_url, tmp_path, bad) as world:
        await people(world, many)
        hour = StoredClock(world.app.pool, world.app.keyring)
        await hour.make_movable()
        await hour.move(world.clock.now())
        async with workers(world) as hands:
            alive = [await hands.begin(), await hands.begin()]
            for moment in moments:
                await taken(world, moment)
                assert await hands.end(alive.pop(0), signal.SIGKILL) == -signal.SIGKILL
                alive.append(await hands.begin())
            await settled(world, many, 60)
            for process in alive:
                assert await hands.end(process, signal.SIGTERM) == 0
        book = await world.app.pool.fetchrow("select count(*), count(distinct number) from sandbox.sms")
        assert tuple(book) == (many, many)
        assert await posted_unasked(world) == []
        told = await world.app.pool.fetch("select person_id, count(*) from fact where kind = 'message_sent' group by 1")
        assert {row["count"] for row in told} == {1}
        assert len(told) == many
        reserved = await world.app.pool.fetchrow("select count(*), count(distinct subject_id) from contact")
        assert tuple(reserved) == (many, many)


async def test_the_carrier_knows_who_posts_again_without_asking(world: World) -> None:
    await world.person()
    await world.campaign("ana")
    await world.work()
    assert await posted_unasked(world) == []
    sent = await world.app.pool.fetchrow("select client_ref, number, body from sandbox.sms")
    channel = world.app.channels["sms"]
    await channel.deliver(Wire(sent["client_ref"], sent["number"], "", sent["body"]))
    assert await posted_unasked(world) == [sent["client_ref"]]
    assert len(await world.phone()) == 1


async def test_a_faulty_job_is_tried_again_and_then_set_aside_and_told_of(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "FAULTS", 3)
    monkeypatch.setattr(worker, "FAULT_PAUSE", timedelta(milliseconds=20))
    await people(world, 3)
    key = EntryRef("c1", "debt of p1").key
    pool = world.app.pool

    class Broken:
        """A channel that cannot write one message."""

        def __getattr__(self, name: str) -> object:
            return getattr(world.app.channels["sms"], name)

        def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
            if cleared.say.key == key:
                raise ValueError("words about somebody")
            return world.app.channels["sms"].render(cleared, address, sender)

    whole = world.app
    channels = {"sms": cast("Channel", Broken())}
    world.app = replace(whole, exit=msgspec.structs.replace(whole.exit, channels=channels))
    async with running(world):
        async with asyncio.timeout(20):
            while not (aside := await jobs.set_aside(pool)):  # type: ignore[arg-type]  # noqa: ASYNC110 - rows
                await asyncio.sleep(0.05)
    assert [(one.job, one.about) for one in aside] == [("send", key)]
    assert aside[0].why.startswith("ValueError at tests.sending.test_workers:")
    assert await pool.fetchval("select count(*) from sandbox.sms") == 2, "what one breaks is not the others' fault"
    traces = await pool.fetch("select traceback from pgqueuer_log where traceback is not null")
    assert traces
    assert all("words about somebody" not in row["traceback"] for row in traces)
    await worker.drain(world.app)
    assert len(await jobs.set_aside(pool)) == 1, "it is not made again beside the one that is kept"  # type: ignore[arg-type]
    world.app = whole
    async with pool.acquire() as db:
        assert await jobs.again(db) == 1
    await world.work()
    assert await pool.fetchval("select count(*) from sandbox.sms") == 3


async def test_a_worker_looks_after_promises_and_figures_too(world: World) -> None:
    await people(world, 1)
    pool, due = world.app.pool, world.clock.now().date() - timedelta(days=9)
    await pool.execute(
        """insert into promise (id, person_id, due, currency, status, made_at)
           values ('p', 'p0', $1, '', 'open', $2)""",
        due, world.clock.now() - timedelta(days=20),
    )  # fmt: skip
    counted = "select count(*) from kpi_daily where measure = 'people_delivered'"
    async with running(world), asyncio.timeout(20):
        while not await pool.fetchval(counted):  # noqa: ASYNC110 - a row offers no event
            await asyncio.sleep(0.05)
    assert await pool.fetchval("select status from promise") == "broken"


async def test_stop_all_halts_within_a_second_under_load(world: World) -> None:
    many = 250
    await people(world, many)
    book = "select count(*) from sandbox.sms"
    async with running(world, batch=8), running(world, batch=8):
        await taken(world, 20)
        await stopping.stop_all(world.app.switch, "drill", world.clock.now())
        await asyncio.sleep(1)
        after_a_second = await world.app.pool.fetchval(book)
        await asyncio.sleep(1)
        assert await world.app.pool.fetchval(book) == after_a_second < many
        await stopping.resume(world.app.switch, world.clock.now())
        await settled(world, many, 40)
    assert await world.app.pool.fetchval(book) == many


async def test_a_worker_outlives_the_databases_absence(quick_folder: Path, tmp_path: Path) -> None:
    folder = quick_folder / f"acuerdo-away-{tmp_path.name}"
    settings = Settings(_env_file=None, data_dir=folder, database_url=None)
    try:
        with Database.open(settings, say=lambda _: None) as own:
            async with scratch_of(own) as url, world_on(url, tmp_path) as world:
                await people(world, 3)
                async with running(world):
                    await settled(world, 3, 20)
                    await asyncio.to_thread(own.stop)
                    await asyncio.sleep(0.3)
                    await asyncio.to_thread(own.revive)
                    await world.person("late", phones=("+573000009999",))
                    await world.campaign("late", name="c2")
                    await settled(world, 4, 60)
                assert await world.phone("+573000009999") != []
    finally:
        await asyncio.to_thread(remove, folder)


@asynccontextmanager
async def scratch_of(own: Database) -> AsyncIterator[str]:
    """A migrated database on a server that will go away meanwhile."""
    from acuerdo.adapters.store.migrate import upgrade

    await upgrade(own.url)
    yield own.url


def remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
