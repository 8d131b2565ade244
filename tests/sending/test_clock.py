"""Our clock: the machine's, or the demo's, moved for every process at once; what it releases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from tests.sending.conftest import START, World

from acuerdo import worker
from acuerdo.adapters.store import book
from acuerdo.adapters.store.clock import ClockBackwards, ClockFixed, StoredClock, SystemClock, stored_clock
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded

KEYRING = Keyring([b"k" * 32])
SOON = timedelta(seconds=2)


async def eventually(done: Callable[[], bool], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not done():  # noqa: ASYNC110 - a clock offers no event
            await asyncio.sleep(0.01)


async def test_a_clock_that_is_not_a_demos_is_the_machines_and_stays(db: asyncpg.Pool) -> None:
    clock = StoredClock(db, KEYRING)
    with pytest.raises(ClockFixed, match="ACUERDO_CLOCK"):
        await clock.move(datetime(2030, 1, 1, tzinfo=UTC))
    assert abs(clock.now() - SystemClock().now()) < SOON
    await db.execute("update house set clock_offset = interval '3 days'")
    await clock.refresh()
    assert abs(clock.now() - SystemClock().now()) < SOON


async def test_a_moved_clock_moves_in_every_process_and_goes_on(db: asyncpg.Pool, db_url: str) -> None:
    target = datetime(2031, 5, 5, 15, tzinfo=UTC)
    mine = StoredClock(db, KEYRING)
    await mine.make_movable()
    async with stored_clock(db_url, db, KEYRING) as others:
        await mine.move(target)
        await eventually(lambda: abs(others.now() - target) < SOON)
        assert timedelta(0) <= mine.now() - target < SOON
    assert await db.fetchval("select kind from fact") == "clock_moved"


async def test_a_clock_moved_just_before_its_house_closes_lets_it_close(db: asyncpg.Pool, db_url: str) -> None:
    mine = StoredClock(db, KEYRING)
    await mine.make_movable()
    told = asyncio.Event()

    def heard(*_: object) -> None:
        told.set()

    async with db.acquire() as ear:
        await ear.add_listener("acuerdo_clock", heard)
        for _ in range(40):
            async with asyncio.timeout(10), stored_clock(db_url, db, KEYRING):
                await asyncio.sleep(0.02)  # it listens by now
                await db.execute("notify acuerdo_clock")
                await told.wait()  # the same notice, so both wake together
            told.clear()
        await ear.remove_listener("acuerdo_clock", heard)


async def test_the_clock_goes_back_only_before_anything_happened(db: asyncpg.Pool) -> None:
    clock = StoredClock(db, KEYRING)
    await clock.make_movable()
    await clock.move(datetime(2001, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2001
    with pytest.raises(ClockBackwards):
        await clock.move(datetime(2000, 1, 1, tzinfo=UTC))


async def callback(world: World) -> None:
    """Ana asked to be called on Friday."""
    await world.person()
    pool = world.app.pool
    await pool.execute(
        """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
           values ('talk', 'Tienda Sol', 'ana', 'web', '', '', $1)""",
        START,
    )
    asked = f.CallbackScheduled(START.date() + timedelta(days=4), "10:00")
    async with pool.acquire() as db, db.transaction():
        fact = Recorded("asked", START, "bot", asked, "Tienda Sol", "ana", None, "talk")
        await book.record(db, world.app.keyring, [fact])
    await pool.execute(
        """insert into timer (key, due, name, person_id, conversation_id)
           values ('t1', $1, 'callback', 'ana', 'talk')""",
        START + timedelta(days=4),
    )


async def test_the_hour_a_person_chose_brings_their_case_to_the_front(world: World) -> None:
    await callback(world)
    await worker.drain(world.app)
    before = await world.app.pool.fetchval("select priority from work_item")
    world.clock.go_on(timedelta(days=4))
    await worker.drain(world.app)
    await worker.drain(world.app)
    assert await world.app.pool.fetchval("select priority from work_item") == worker.NOW > before
    assert await world.app.pool.fetchval("select fired_at from timer") == world.clock.now()


async def test_a_timer_is_told_to_its_conversation_once(world: World) -> None:
    from acuerdo.service import talking

    await world.person()
    await world.campaign("ana")
    await world.work()
    token = (await world.phone())[0].split("/c/")[1].split()[0]
    link = await world.app.links.find(token)
    assert link is not None
    talk = await talking.start(world.app.house, link, world.clock.now())
    await world.app.pool.execute(
        "insert into timer (key, due, name, person_id, conversation_id) values ('t2', $1, 'silence', 'ana', $2)",
        world.clock.now() + timedelta(hours=1), talk,
    )  # fmt: skip
    world.clock.go_on(timedelta(hours=1))
    await worker.drain(world.app)
    await world.app.pool.execute("update timer set fired_at = null, queued_at = null")
    await worker.drain(world.app)
    assert (await world.kinds()).count("timer_rang") == 1
