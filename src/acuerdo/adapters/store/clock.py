"""Whose time decides: the machine's, or the machine's moved by an offset that the database keeps for every process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import FAILING, Db, Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import AcuerdoError, aware, derive

CHANNEL = "acuerdo_clock"  # what is notified when the clock is moved
REFRESH = 1.0  # seconds of the machine between two looks at the offset, where no notice comes


class ClockFixed(AcuerdoError):
    """This installation's clock is the machine's, and is not moved."""


class ClockBackwards(AcuerdoError):
    """The clock only moves forward once anything has happened: facts are written in the order of their time."""


class SystemClock:
    """The machine's own time. The only place in the house that asks for it."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the clock is the one place that may ask


class StoredClock:
    """The machine's time plus the database's offset, which moves in every process at once."""

    def __init__(self, pool: Pool, keyring: Keyring, offset: timedelta = timedelta()) -> None:
        self._pool, self._keyring, self._wall = pool, keyring, SystemClock()
        self._offset = offset

    def now(self) -> datetime:
        return self._wall.now() + self._offset

    async def refresh(self) -> None:
        """Reads the offset again; it counts only where the clock may be moved."""
        self._offset = await _offset(self._pool)

    async def movable(self) -> bool:
        """Whether this installation's clock may be moved."""
        return bool(await self._pool.fetchval("select clock_movable from house"))

    async def make_movable(self) -> None:
        """Lets the clock be moved, as the demo's is; it stays so."""
        await self._pool.execute("update house set clock_movable = true")

    async def move(self, to: datetime, who: str = "operator") -> None:
        """Makes it `to` (aware) now, for every process. Raises ClockFixed, ClockBackwards."""
        target = aware(to).astimezone(UTC)
        async with self._pool.acquire() as db, db.transaction():
            await self._move(db, target, who)
        await self.refresh()

    async def _move(self, db: Db, to: datetime, who: str) -> None:
        row = await db.fetchrow(
            "select clock_movable, clock_offset, exists (select from fact) as begun from house for update"
        )
        if row is None or not row["clock_movable"]:
            raise ClockFixed("This installation's clock is the machine's; only a demo's clock is moved (ACUERDO_CLOCK)")
        wall = self._wall.now()
        if row["begun"] and to < wall + row["clock_offset"]:
            raise ClockBackwards(f"It is already later than {to.isoformat()}: choose a moment after now")
        await db.execute("update house set clock_offset = $1", to - wall)
        moved = Recorded(derive("clock", to.isoformat(), wall.isoformat()), to, who, f.ClockMoved(to))
        await book.record(db, self._keyring, [moved])
        await db.execute(f"notify {CHANNEL}")

    async def follow(self, url: str) -> None:
        """Keeps the offset as the database has it, for ever; outlives the database's absences."""
        while True:
            with suppress(*FAILING):
                await self._listen(url)
            await asyncio.sleep(REFRESH)

    async def _listen(self, url: str) -> None:
        db = await asyncpg.connect(url)
        try:
            moved = asyncio.Event()
            await db.add_listener(CHANNEL, lambda *_: moved.set())
            while True:
                self._offset = await _offset(db)
                # Not wait_for: before Python 3.12 it loses a cancellation that comes together with the notice.
                with suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH):
                        await moved.wait()
                moved.clear()
        finally:
            db.terminate()


async def now_of(db: Db | Pool) -> datetime:
    """What time it is in an installation that is not open, such as the doctor looks at."""
    return SystemClock().now() + await _offset(db)


async def _offset(db: Db | Pool) -> timedelta:
    found = await db.fetchval("select case when clock_movable then clock_offset else interval '0' end from house")
    return found or timedelta()


@asynccontextmanager
async def stored_clock(url: str, pool: Pool, keyring: Keyring) -> AsyncIterator[StoredClock]:
    """The installation's clock, kept right for as long as the block lasts."""
    clock = StoredClock(pool, keyring)
    await clock.refresh()
    following = asyncio.create_task(clock.follow(url))
    try:
        yield clock
    finally:
        following.cancel()
        await asyncio.wait([following])
