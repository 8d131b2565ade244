"""Money at length: a million made-up histories and plans held to the ledger's word; and how soon a chat hears of money.

`python -m benchmarks.money [HISTORIES]`, or `python -m benchmarks.money notices` for the chat alone.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from statistics import quantiles
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from acuerdo.adapters.store import book
from acuerdo.app import channel_secret
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money, derive
from acuerdo.service.settings import Settings
from acuerdo.testing import histories
from acuerdo.testing.gateway import signature
from benchmarks import chat, data
from benchmarks.data import Ground
from benchmarks.figures import Figure

SIZE = 1_000_000  # histories, and as many plans
PART = 10_000  # at a time
SHOWN = 5  # faults kept in the results


def part(first: int, size: int) -> tuple[int, list[str], float, float]:
    """So many histories and plans from a number on: how many are wrong, some of them, and the seconds of each kind."""
    wrong: list[str] = []
    bad = 0
    began = time.perf_counter()
    for seed in range(first, first + size):
        if why := histories.faults(seed):
            bad += 1
            wrong.append(f"history {seed}: {'; '.join(why)}")
    between = time.perf_counter()
    for seed in range(first, first + size):
        if why := histories.plan_faults(seed):
            bad += 1
            wrong.append(f"plan {seed}: {'; '.join(why)}")
    return bad, wrong[:SHOWN], between - began, time.perf_counter() - between


def run(size: int = SIZE, workers: int | None = None) -> dict[str, Any]:
    """Every history in two orders of arrival, every plan day by day, on every core."""
    began, bad, against, told, lived = time.perf_counter(), 0, list[str](), 0.0, 0.0
    firsts = list(range(0, size, PART))
    sizes = [min(PART, size - first) for first in firsts]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for wrong, shown, one, other in pool.map(part, firsts, sizes):
            bad, told, lived = bad + wrong, told + one, lived + other
            against += shown[: SHOWN - len(against)]
    return {
        "histories": size, "plans": size, "wrong": bad, "against": against,
        "history_us": told / size * 1e6, "plan_us": lived / size * 1e6, "seconds": time.perf_counter() - began,
    }  # fmt: skip


def figures(found: dict[str, Any]) -> list[Figure]:
    """What `run` found, as rows of the table."""
    return [
        Figure("money: histories, each in two orders", found["histories"], ""),
        Figure("  plans, each lived day by day", found["plans"], ""),
        Figure("  wrong", found["wrong"], "", most=0),
        Figure("  one history, told twice and checked", found["history_us"], "µs"),
        Figure("  one plan, lived and checked", found["plan_us"], "µs"),
    ]


async def noticed(on: Ground, *, conversations: int = 20, each: int = 10) -> dict[str, Any]:
    """Signed notices posted to a server of its own: milliseconds from the post to the news on an open chat."""
    made = await data.talks(on, await data.people(on, conversations))
    secret = channel_secret(on.keyring, "sandbox").encode()
    waits: list[float] = []
    async with chat._server(on) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as gateway:
        for talk in made:
            async with connect(f"ws://127.0.0.1:{port}/c/{talk.token}/ws") as line:
                await line.send(json.dumps({"t": "hello", "since": 0}))
                await _quiet(line)
                for n in range(each):
                    body = await _notice(on, talk, n)
                    headers = {"sandbox-signature": signature(secret, body, data.now())}
                    began = time.perf_counter()
                    posted = asyncio.create_task(gateway.post("/webhooks/pay/sandbox", content=body, headers=headers))
                    await _news(line)
                    waits.append((time.perf_counter() - began) * 1000)
                    assert (await posted).status_code == 200
                    await _quiet(line)
    cuts = quantiles(waits[conversations:], n=100, method="inclusive")  # the first ones warm the server up
    return {"notices": len(waits), "p50_ms": cuts[49], "p95_ms": cuts[94], "p99_ms": cuts[98], "most_ms": max(waits)}


async def _notice(on: Ground, talk: data.Talk, n: int) -> bytes:
    """A way to pay given in the conversation, and what the gateway posts once it is paid."""
    name = derive(talk.id, "bench payment", str(n))
    row = await on.pool.fetchrow("select creditor_id, currency from account where person_id = $1", talk.person)
    amount = Money(1000, row["currency"])
    fact = f.PaymentLinkSent(name, amount)
    told = Recorded(derive("link", name), data.now(), "bot", fact, row["creditor_id"], talk.person, None, talk.id)
    async with on.pool.acquire() as db, db.transaction():
        await book.record(db, on.keyring, [told])
    at = data.now().isoformat()
    payment = {"id": f"pay_{name}", "reference": name, "status": "paid", "amount": 1000, "currency": amount.currency}
    event = {"id": f"evt_{name}", "type": "payment.paid", "created": at, "payment": payment | {"at": at}}
    return json.dumps(event).encode()


async def _news(line: ClientConnection) -> None:
    async with asyncio.timeout(chat.PATIENCE):
        async for raw in line:
            frame = json.loads(raw)
            if frame["t"] == "msg" and frame["who"] != "me":
                return
    raise ConnectionError("the server closed the line")


async def _quiet(line: ClientConnection) -> None:
    """Reads on until nothing has come for a little while."""
    with suppress(TimeoutError):
        while True:
            await asyncio.wait_for(line.recv(), 0.3)


def figures_of_notices(found: dict[str, Any]) -> list[Figure]:
    """What `noticed` found, as rows of the table."""
    return [
        Figure("webhook to the chat's screen, 95th of a hundred", found["p95_ms"], "ms", most=1000),
        Figure("  the middle one", found["p50_ms"], "ms"),
        Figure("  the slowest", found["most_ms"], "ms", most=1000),
    ]


async def _alone() -> dict[str, Any]:
    with data.served(Settings().data_dir / "bench") as (settings, server):
        async with data.ground(settings, server) as on:
            return await noticed(on)


if __name__ == "__main__":
    asked = sys.argv[1] if len(sys.argv) > 1 else str(SIZE)
    print(json.dumps(asyncio.run(_alone()) if asked == "notices" else run(int(asked)), indent=2))
