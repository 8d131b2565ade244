"""Webhooks a second: each posted by itself, verified, kept on the disk, read and applied, by one process."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from random import Random  # noqa: TID251 - a benchmark's own dice, with a seed
from typing import Any, NamedTuple

import asyncpg
from starlette.applications import Starlette

from acuerdo import worker
from acuerdo.adapters.channels.sms_sandbox.face import Face
from acuerdo.app import App, app_on, channel_secret
from acuerdo.core.words import derive
from acuerdo.service.faces import Ask, Told
from acuerdo.testing.chaos import posts_of
from acuerdo.web import hooks
from benchmarks.data import CREDITOR, Ground, ground, now, people
from benchmarks.figures import Figure

WEBHOOKS = 10_000  # different ones; each comes twice
ASKED = 400.0  # webhooks a second
POSTERS = 32  # posts that the provider has under way at once
MESSAGES = """
insert into outbox (key, creditor_id, person_id, channel, origin, purpose, say, not_before, deadline, status, attempts,
                    provider_id, created_at, updated_at)
select key, $2, person, 'sms', 'bot', 'collection', '', $4, $4, 'sending', 1, null, $4, $4
from unnest($1::text[], $3::text[]) as m (key, person)
"""


def figures(found: dict[str, Any]) -> list[Figure]:
    """As a table shows them."""
    return [
        Figure("webhooks, verified to applied", found["per_second"], "/s", least=found["asked"]),
        Figure("  processor for one, without the server's", found["cpu_ms"], "ms"),
        Figure("  the slowest answer", found["slowest_ms"], "ms"),
        Figure(f"  {found['shuffled']:,} doubled and shuffled", found["shuffled_per_second"], "/s"),
        Figure("  facts that differ from each once in order", float(not found["same"]), "", most=0),
        Figure("  payloads that were not read", float(found["unread"]), "", most=0),
    ]


class Took(NamedTuple):
    """Seconds from the first post to the last one applied, those of the processor, and of the slowest answer."""

    seconds: float
    cpu: float
    slowest: float
    many: int


async def run(on: Ground, *, webhooks: int = WEBHOOKS) -> dict[str, Any]:
    """Each webhook once in order on one database, each twice in any order on another: the same facts come of both."""
    async with _house(on, webhooks) as (app, face, tolds):
        ordered = await _posted(app, [ask for told in tolds for ask in posts_of(face, [told], strange=False)])
        once = await _facts(app.pool)
    async with ground(on.settings, on.server) as other, _house(other, webhooks) as (app, face, tolds):
        asks = [ask for told in tolds for ask in posts_of(face, [told], strange=False)] * 2
        Random(8).shuffle(asks)
        shuffled = await _posted(app, asks)
        twice = await _facts(app.pool)
        wrong = await app.pool.fetchval("select count(*) from inbox where status <> 'parsed'")
    return {
        "webhooks": ordered.many, "seconds": ordered.seconds, "per_second": ordered.many / ordered.seconds,
        "cpu_ms": 1000 * ordered.cpu / ordered.many, "slowest_ms": 1000 * ordered.slowest,
        "shuffled": shuffled.many, "shuffled_per_second": shuffled.many / shuffled.seconds,
        "facts": len(once), "same": once == twice, "unread": wrong, "asked": ASKED,
    }  # fmt: skip


@asynccontextmanager
async def _house(on: Ground, webhooks: int) -> AsyncIterator[tuple[App, Face, list[Told]]]:
    """A house that has handed over messages, and all that their carrier has to tell of them."""
    found = await people(on, 500)
    keys = [derive("webhook", str(n)) for n in range(webhooks // 2)]
    whom = [found[n % len(found)] for n in range(len(keys))]
    await on.pool.execute(MESSAGES, keys, CREDITOR, whom, now())
    await on.pool.execute("analyze")
    last = ["failed" if n % 10 == 0 else "delivered" for n in range(len(keys))]
    tolds = [
        Told("receipt", derive("provider", key), key, status)  # type: ignore[arg-type]
        for key, end in zip(keys, last, strict=True)
        for status in ("sent", end)
    ]
    async with app_on(on.settings, on.url) as app:
        yield app, Face(channel_secret(app.keyring, "sms")), tolds


async def _posted(app: App, asks: Sequence[Ask]) -> Took:
    """All of these posted, and the worker of the same process at work, until nothing is left to do."""
    site = Starlette(routes=hooks.ROUTES)
    site.state.house = app
    waiting, slowest = iter(asks), 0.0
    stop = asyncio.Event()

    async def poster() -> None:
        nonlocal slowest
        for ask in waiting:
            began = time.perf_counter()
            if await _post(site, ask) != 200:
                raise AssertionError("a webhook was not taken")
            slowest = max(slowest, time.perf_counter() - began)

    with one_core():
        working = asyncio.create_task(worker.run(app, stop=stop))
        await asyncio.sleep(1)  # the worker's beginning is nobody's webhook
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(poster() for _ in range(POSTERS)))
        while await app.pool.fetchval("select exists (select from inbox where status = 'kept')"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        took = Took(time.perf_counter() - began, time.process_time() - cpu, slowest, len(asks))
        stop.set()
        await working
    return took


async def _post(site: Starlette, ask: Ask) -> int:
    """One post through the whole application, without a client's own cost."""
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": "/webhooks/channel/sms", "query_string": b"",
        "raw_path": b"/webhooks/channel/sms", "root_path": "", "scheme": "http", "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "headers": [(k.encode(), v.encode()) for k, v in ask.headers.items()],
    }  # fmt: skip
    sent: list[dict[str, Any]] = []
    parts = count()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": ask.body, "more_body": False} if next(parts) == 0 else {
            "type": "http.disconnect"
        }  # fmt: skip

    async def send(message: Any) -> None:
        sent.append(message)

    await site(scope, receive, send)
    return int(sent[0]["status"])


@contextmanager
def one_core() -> Iterator[None]:
    """This process keeps to one core; the database's are others'."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


async def _facts(pool: asyncpg.Pool[asyncpg.Record]) -> set[tuple[str, str, str]]:
    """What is known of the messages now, and the status of each."""
    facts = await pool.fetch("select id, kind, shown from fact where kind like 'message%'")
    statuses = await pool.fetch("select key, status, coalesce(provider_id, '') from outbox")
    return {tuple(row) for row in facts} | {tuple(row) for row in statuses}
