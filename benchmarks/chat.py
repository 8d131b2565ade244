"""A turn as a person waits for it: over a WebSocket, from a server of its own, with durable commits."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.data import Ground, Talk, people, talks
from benchmarks.texts import texts
from benchmarks.turns import Bare, record, replay

ROOT = Path(__file__).parents[1]
PAUSE = 3.0  # seconds between a person's messages
PATIENCE = 10.0  # seconds after which an answer is held to be missing


async def run(on: Ground, *, conversations: int = 50, seconds: float = 30.0, pause: float = PAUSE) -> dict[str, Any]:
    """`conversations` people write every `pause` seconds: milliseconds from sending to the first answer on the screen.

    The reference is one bare transaction of such a turn, at the same pace. Raises TimeoutError for a missing answer.
    """
    made = await talks(on, await people(on, conversations + 10))
    recorded = await record(on, made[conversations:])
    async with _server(on) as port:
        waits = await _all(port, made[:conversations], seconds, pause)
    bare = await _paced(on, recorded, seconds / 4, pause / conversations)
    return {
        "turns": len(waits),
        **{f"{name}_ms": value for name, value in _percentiles(waits).items()},
        **{f"bare_{name}_ms": value for name, value in _percentiles(bare).items()},
        "conversations": conversations,
        "pause_seconds": pause,
    }


def _percentiles(waits: Sequence[float]) -> dict[str, float]:
    cuts = quantiles(waits, n=100, method="inclusive")
    return {"p50": cuts[49] * 1000, "p95": cuts[94] * 1000, "p99": cuts[98] * 1000}


@asynccontextmanager
async def _server(on: Ground) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "benchmarks.server",
        on.url,
        str(on.settings.data_dir),
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        port = int(await asyncio.wait_for(process.stdout.readline(), 60))
        yield port
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _all(port: int, made: Sequence[Talk], seconds: float, pause: float) -> list[float]:
    waits: list[float] = []
    async with asyncio.TaskGroup() as group:
        for n, talk in enumerate(made):
            group.create_task(_person(port, talk, n / len(made) * pause, seconds, pause, waits))
    return waits


async def _person(port: int, talk: Talk, late: float, seconds: float, pause: float, waits: list[float]) -> None:
    """One person's page: opened, then a message at every pause; the first second's turns warm up and do not count."""
    async with connect(f"ws://127.0.0.1:{port}/c/{talk.token}/ws") as line:
        await line.send(json.dumps({"t": "hello", "since": 0}))
        await asyncio.sleep(1 + late)
        words = texts(int(talk.id[:4], 16) % 97)
        end = time.perf_counter() + seconds
        for n in count():
            began = time.perf_counter()
            if began >= end:
                return
            await _told(line, f"{talk.id}-{n}", next(words))
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(max(0.0, began + pause - time.perf_counter()))


async def _told(line: ClientConnection, key: str, text: str) -> None:
    """Sends a message and waits for its first answer."""
    await line.send(json.dumps({"t": "say", "id": key, "text": text}))
    mine = 0
    async with asyncio.timeout(PATIENCE):
        async for raw in line:
            frame = json.loads(raw)
            if frame["t"] in ("busy", "gone"):
                raise ConnectionError(f"the server said {frame['t']} to {text!r}")
            if frame["t"] == "msg" and frame.get("id") == key:
                mine = frame["seq"]
            elif frame["t"] == "msg" and mine and frame["seq"] > mine and frame["who"] != "me":
                return
    raise ConnectionError("the server closed the line")


async def _paced(on: Ground, recorded: list[Bare], seconds: float, pause: float) -> list[float]:
    waits: list[float] = []
    for n in range(max(20, int(seconds / pause))):
        began = time.perf_counter()
        await replay(on, recorded[n % len(recorded)], n)
        waits.append(time.perf_counter() - began)
        await asyncio.sleep(max(0.0, began + pause - time.perf_counter()))
    return waits
