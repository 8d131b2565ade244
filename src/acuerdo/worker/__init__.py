"""The worker: does the jobs of the queue and, twice a second, makes jobs of what falls due by our clock.

Any number may run. One that is killed leaves its jobs to the others, who take them up when its heartbeat is missed.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import groupby

import asyncpg
import msgspec
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import FailingListenerError, RetryRequested
from pgqueuer.domain.models import Job

from acuerdo.adapters.store import db, jobs, queue_schema, timers
from acuerdo.adapters.store.clock import SystemClock
from acuerdo.adapters.store.results import StoredResults
from acuerdo.app import App
from acuerdo.core.words import AcuerdoError
from acuerdo.service import keeping, measuring, receiving, sending
from acuerdo.service.channels import Listening
from acuerdo.worker.deeds import DOES, NOW, Deeds

__all__ = ["NOW", "USUAL", "Pace", "Tick", "drain", "run", "tick"]
AWAY = (*db.FAILING, FailingListenerError)
# What a job may meet through no fault of its own: it is tried again where it stands.
PASSING = (*db.AWAY, asyncpg.DeadlockDetectedError)
TRIES = 20  # of one job where it stands; then it goes back to the queue
LONGEST_PAUSE = 2.0  # seconds between two tries to find the database again
FAULTS = 6  # tries of a job that fails through a fault of ours; then it is set aside
FAULT_PAUSE = timedelta(seconds=1)  # before the second one, and four times as long before each further one

_log = structlog.get_logger("acuerdo.worker")
# What else is done at every tick, such as figures brought up to date.
Tick = Callable[[App], Awaitable[object]]


class Pace(msgspec.Struct, frozen=True):
    """How often things are looked at, in seconds of the machine: due things, figures, lost workers, results for
    creditors, lost deliveries."""

    tick: float = 0.5
    count: float = 2.0
    heartbeat: float = 6.0
    results: float = 60.0
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
            tasks.create_task(_results(app, ordered, pace))
            for name, channel in app.channels.items():
                if isinstance(channel, Listening) and channel.traits.available:
                    tasks.create_task(_listen(app, name, channel, ordered))


async def tick(app: App, pace: Pace = USUAL) -> int:
    """Makes jobs of all that is due now; how many."""
    return await timers.release(app.pool, app.clock.now(), SystemClock().now(), pace.stale)


async def drain(app: App, *, batch: int = 16) -> None:
    """Ticks and does all there is to do now, then returns: for tests and scenarios, whose clock stands."""
    deeds = Deeds(app, batch)
    while True:
        await tick(app)
        if not await _pending(app):
            return
        await _one_round(deeds, batch)


async def _pending(app: App) -> int:
    names = list(DOES)
    count = "select count(*) from pgqueuer where entrypoint = any($1::text[]) and status = 'queued'"
    return int(await app.pool.fetchval(count, names))


async def _one_round(deeds: Deeds, batch: int) -> None:
    async with deeds.app.pool.acquire() as db, db.transaction():
        rows = await db.fetch(
            """delete from pgqueuer where id in (
                 select id from pgqueuer where entrypoint = any($1::text[]) and status = 'queued'
                 order by priority desc, id limit $2 for update skip locked) returning entrypoint, payload""",
            list(DOES), batch,
        )  # fmt: skip
    for job, some in groupby(rows, key=lambda row: row["entrypoint"]):
        payloads = [row["payload"].decode() for row in some]
        if job == jobs.REACH:  # as the queue hands them out: many at once
            await asyncio.gather(*(DOES[job](deeds, payload) for payload in payloads))
        else:
            for payload in payloads:
                await DOES[job](deeds, payload)


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
    deeds = Deeds(app, batch)
    for name, work in DOES.items():
        manager.entrypoint(name, accepts_context=False, on_failure="hold")(_handler(deeds, work, stop))
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
    deeds: Deeds, work: Callable[[Deeds, str], Awaitable[None]], stop: asyncio.Event
) -> Callable[[Job], Awaitable[None]]:
    async def handle(job: Job) -> None:
        payload = (job.payload or b"").decode()
        for attempt in range(TRIES):
            try:
                return await work(deeds, payload)
            except PASSING as why:
                _log.warning("a job was cut short; trying again", job=job.entrypoint, error=type(why).__name__)
                await _pause(stop, min(0.1 * 2**attempt, LONGEST_PAUSE))
                if stop.is_set():
                    break
            except Exception as why:
                raise _failed(job, why) from None
        raise RetryRequested(timedelta(seconds=LONGEST_PAUSE), "cut short")

    return handle


class Fault(AcuerdoError):
    """A job failed too often and is set aside: `acuerdo doctor` shows it, with the place where it fails."""


def _failed(job: Job, why: Exception) -> Exception:
    """A job fails through a fault of the program: done again later, after some tries set aside, never lost.

    Only the kind and the place of the fault are told, as its words may be about somebody.
    """
    told = f"{type(why).__name__} at {_place(why)}"
    _log.error("a job failed", job=job.entrypoint, id=job.id, tries=job.attempts + 1, error=told)
    if job.attempts + 1 >= FAULTS:
        return Fault(told)
    return RetryRequested(FAULT_PAUSE * 4**job.attempts, told)


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"


async def _tick(app: App, stop: asyncio.Event, also: Sequence[Tick], pace: Pace) -> None:
    loop, count_at, looked = asyncio.get_running_loop(), 0.0, ""
    while not stop.is_set():
        try:
            await tick(app, pace)
            if loop.time() >= count_at:
                count_at = loop.time() + pace.count
                await measuring.refresh(app.figures)
                await receiving.relearn(app.mail)
            if (hour := f"{app.clock.now():%Y-%m-%d %H}") != looked:
                await keeping.look(app.promises, app.clock.now())
                looked = hour
            for one in also:
                await one(app)
        except AWAY as why:
            _log.debug("nothing was released: the database is away", error=type(why).__name__)
        except Exception as why:
            _log.error("a tick failed", error=f"{type(why).__name__} at {_place(why)}")
        await _pause(stop, pace.tick)


async def _results(app: App, stop: asyncio.Event, pace: Pace) -> None:
    """Makes the lines that creditors get back as their facts settle, so that a file of them is soon written."""
    store = StoredResults(app.pool, app.keyring)
    while not stop.is_set():
        try:
            for creditor in await store.exporting():
                await store.gather(creditor)
        except AWAY as why:
            _log.debug("no results were gathered: the database is away", error=type(why).__name__)
        except Exception as why:
            _log.error("results were not gathered", error=f"{type(why).__name__} at {_place(why)}")
        await _pause(stop, pace.results)


async def _listen(app: App, name: str, channel: Listening, stop: asyncio.Event) -> None:
    """A channel that hears on a line of its own: what it hears is kept first, as what comes by the web is."""

    async def take(raw: bytes) -> None:
        await receiving.take(app.mail, name, raw, app.clock.now())

    while not stop.is_set():
        listening, ordered = asyncio.create_task(channel.listen(take)), asyncio.create_task(stop.wait())
        await asyncio.wait((listening, ordered), return_when=asyncio.FIRST_COMPLETED)
        ordered.cancel()
        if listening.done() and (why := listening.exception()):
            _log.error("a channel does not listen; trying again", channel=name, error=f"{type(why).__name__}")
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await _pause(stop, LONGEST_PAUSE)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()


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
