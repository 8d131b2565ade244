"""The worker: does the jobs of the queue and, twice a second, makes jobs of what falls due by our clock.

Any number may run. One that is killed leaves its jobs to the others, who take them up when its heartbeat is missed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import asyncpg
import msgspec
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError
from pgqueuer.domain.models import Job

from acuerdo.adapters.store import jobs, queue_schema, timers
from acuerdo.adapters.store.clock import SystemClock
from acuerdo.app import App
from acuerdo.core import facts as f
from acuerdo.service import paying, reaching, receiving, sending, talking
from acuerdo.service.outbound import EntryRef

AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError, FailingListenerError)
# What a job may meet through no fault of its own: it is tried again where it stands.
PASSING = (
    OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError,
    asyncpg.DeadlockDetectedError,
)  # fmt: skip
TRIES = 20  # of one job; what it was about then waits in its own table, and is queued again
LONGEST_PAUSE = 2.0  # seconds between two tries to find the database again
NOW = 100  # the priority of a callback whose hour has come: above every other work item

_log = structlog.get_logger("acuerdo.worker")
# What else is done at every tick, such as figures brought up to date.
Tick = Callable[[App], Awaitable[object]]


class Pace(msgspec.Struct, frozen=True):
    """How often things are looked at, in seconds of the machine: due things, lost workers, lost deliveries."""

    tick: float = 0.5
    heartbeat: float = 6.0
    stale: timedelta = sending.STALE


USUAL = Pace()


async def run(
    app: App, *, batch: int = 32, stop: asyncio.Event | None = None, also: Sequence[Tick] = (), pace: Pace = USUAL
) -> None:  # fmt: skip
    """Works until `stop` is set (without one, until SIGTERM or SIGINT); jobs under way are finished first.

    Outlives the database's absences. `batch` is how many jobs are taken at once, and half of how many run at once.
    """
    with _heeding(stop) as ordered:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_work(app, batch, ordered, pace))
            tasks.create_task(_tick(app, ordered, also, pace))


async def tick(app: App, pace: Pace = USUAL) -> int:
    """Makes jobs of all that is due now; how many."""
    return await timers.release(app.pool, app.clock.now(), SystemClock().now(), pace.stale)


async def drain(app: App, *, batch: int = 16) -> None:
    """Ticks and does all there is to do now, then returns: for tests and scenarios, whose clock stands."""
    while True:
        await tick(app)
        if not await _pending(app):
            return
        await _one_round(app, batch)


async def _pending(app: App) -> int:
    names = list(DOES)
    return int(await app.pool.fetchval("select count(*) from pgqueuer where entrypoint = any($1::text[])", names))


async def _one_round(app: App, batch: int) -> None:
    async with app.pool.acquire() as db, db.transaction():
        rows = await db.fetch(
            """delete from pgqueuer where id in (
                 select id from pgqueuer where entrypoint = any($1::text[]) order by priority desc, id limit $2
                 for update skip locked) returning entrypoint, payload""",
            list(DOES), batch,
        )  # fmt: skip
    for row in rows:
        await DOES[row["entrypoint"]](app, row["payload"].decode())


async def _send(app: App, key: str) -> None:
    await sending.send(app.exit, key)


async def _recover(app: App, key: str) -> None:
    await sending.recover(app.exit, key)


async def _reach(app: App, ref: str) -> None:
    await reaching.reach(app.exit, EntryRef.unpack(ref))


async def _read(app: App, payload: str) -> None:
    channel, digest = payload.split("|")
    await receiving.read_payload(app.mail, channel, bytes.fromhex(digest))


async def _ring(app: App, key: str) -> None:
    """A timer that fell due: a callback's work item goes to the front; every other is told to its conversation."""
    timer = await timers.rung(app.pool, key)
    if timer is None:
        return
    at = app.clock.now()
    if timer.conversation and timer.name == "callback":
        await timers.raise_callback(app.pool, timer.conversation, NOW)
    elif timer.conversation:
        await talking.tell(app.house, timer.conversation, f.TimerRang(timer.name, key), "system", at, key=key)
    await timers.heard(app.pool, key, at)


async def _tell_payment(app: App, payload: str) -> None:
    await paying.tell_payment(app.house, payload.encode(), app.clock.now())


DOES: dict[str, Callable[[App, str], Awaitable[None]]] = {
    jobs.SEND: _send,
    jobs.RECOVER: _recover,
    jobs.REACH: _reach,
    jobs.TIMER: _ring,
    jobs.READ: _read,
    paying.JOB: _tell_payment,
}


async def _work(app: App, batch: int, stop: asyncio.Event, pace: Pace) -> None:
    """The queue's jobs, for ever; where the database is away, tried again and again."""
    pause = 0.1
    while not stop.is_set():
        began = asyncio.get_running_loop().time()
        try:
            await _consume(app, batch, stop, pace)
        except* AWAY as why:
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE:
                pause = 0.1
            _log.warning("the database is away; trying again", error=repr(why.exceptions[0]), seconds=pause)
            await _pause(stop, pause)
            pause = min(pause * 2, LONGEST_PAUSE)


async def _consume(app: App, batch: int, stop: asyncio.Event, pace: Pace) -> None:
    # A connection of its own: over a pool, the library's first look at its listener may come before the listener.
    line = await asyncpg.connect(app.url)
    manager = QueueManager(queue_schema.queries(AsyncpgDriver(line)), queue_schema.settings().channel)
    for name, work in DOES.items():
        manager.entrypoint(name, accepts_context=False)(_handler(app, work, stop))
    stopping = asyncio.create_task(_pass_on(stop, manager.shutdown))
    try:
        await manager.run(
            dequeue_timeout=timedelta(seconds=1),
            batch_size=batch,
            max_concurrent_tasks=batch * 2,
            heartbeat_timeout=timedelta(seconds=pace.heartbeat),
            shutdown_on_listener_failure=True,
        )
    finally:
        stopping.cancel()
        line.terminate()


async def _pass_on(stop: asyncio.Event, shutdown: asyncio.Event) -> None:
    await stop.wait()
    shutdown.set()


def _handler(
    app: App, work: Callable[[App, str], Awaitable[None]], stop: asyncio.Event
) -> Callable[[Job], Awaitable[None]]:
    async def handle(job: Job) -> None:
        payload = (job.payload or b"").decode()
        for attempt in range(TRIES):
            try:
                return await work(app, payload)
            except PASSING as why:
                _log.warning("a job was cut short; trying again", job=job.entrypoint, error=repr(why))
                await _pause(stop, min(0.1 * 2**attempt, LONGEST_PAUSE))
                if stop.is_set():
                    return None

    return handle


async def _tick(app: App, stop: asyncio.Event, also: Sequence[Tick], pace: Pace) -> None:
    while not stop.is_set():
        try:
            await tick(app, pace)
            for one in also:
                await one(app)
        except AWAY as why:
            _log.debug("nothing was released: the database is away", error=repr(why))
        await _pause(stop, pace.tick)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


@contextmanager
def _heeding(stop: asyncio.Event | None) -> Iterator[asyncio.Event]:
    """The caller's event; where there is none, one that an order to end sets."""
    if stop is not None:
        yield stop
        return
    loop, ordered = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        loop.add_signal_handler(number, ordered.set)
    try:
        yield ordered
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
