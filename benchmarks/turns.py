"""Durable turns a second beside the same turns' bare transactions: lock, load, write, and no thinking."""

from __future__ import annotations

import asyncio
import re
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count, cycle
from statistics import median
from typing import Any, NamedTuple

import asyncpg

from acuerdo.adapters.store import talks as stored
from acuerdo.adapters.store.scratch import scratch
from acuerdo.adapters.store.talks import StoredTalks
from acuerdo.service import talking
from benchmarks.data import Ground, Talk, now, people, talks
from benchmarks.texts import texts

CLIENTS = 8
FACT_IDS = 5  # where the write statement's arguments hold the facts' ids


class Bare(NamedTuple):
    """What one real turn sent to the database: its conversation, and the arguments of its write."""

    conversation: str
    write: tuple[Any, ...]
    statements: int


class Rate(NamedTuple):
    """How many a second, and how much of one core this process spent on each, in milliseconds."""

    per_second: float
    cpu_ms: float


async def run(
    on: Ground, *, rounds: int = 12, seconds: float = 0.8, conversations: int = 160, clients: int = CLIENTS
) -> dict[str, Any]:
    """Alternates real turns and bare ones, `rounds` times `seconds` each; rates are medians, the ratio that of a round.

    Half of the conversations talk; the others lend their recorded transactions, so that neither disturbs the other.
    """
    made = await talks(on, await people(on, conversations))
    talking_, lending = made[::2], made[1::2]
    recorded = await record(on, lending)
    words, number = texts(3), count()

    async def real(talk: Talk) -> None:
        await talking.hear(on.house, talk.id, f"turn-{next(number)}", next(words), "", now())

    async def bare(one: Bare) -> None:
        await replay(on, one, next(number))

    rates: list[tuple[Rate, Rate]] = []
    for _ in range(rounds):
        rates.append((await _rate(real, talking_, seconds, clients), await _rate(bare, recorded, seconds, clients)))
    return {
        "turns_per_second": median(r.per_second for r, _ in rates),
        "bare_per_second": median(b.per_second for _, b in rates),
        "ratio": median(r.per_second / b.per_second for r, b in rates),
        "ratios": [round(r.per_second / b.per_second, 3) for r, b in rates],
        "turn_cpu_ms": median(r.cpu_ms for r, _ in rates),
        "bare_cpu_ms": median(b.cpu_ms for _, b in rates),
        "statements_per_turn": sum(b.statements for b in recorded) / len(recorded),
        "clients": clients,
    }


async def record(on: Ground, lending: list[Talk], turns: int = 4) -> list[Bare]:
    """What real turns send, as the driver saw it: `turns` of each conversation."""
    log: list[tuple[str, tuple[Any, ...]]] = []

    async def listen(db: Any) -> None:
        db.add_query_logger(lambda q: log.append((q.query, tuple(q.args))))

    async with asyncpg.create_pool(on.url, min_size=1, max_size=1, init=listen) as pool:
        house = talking.House(StoredTalks(pool, on.keyring), on.house.book, on.house.model, on.house.rules)
        found: list[Bare] = []
        words = texts(5)
        for n in range(turns):
            for talk in lending:
                log.clear()
                await talking.hear(house, talk.id, f"lent-{n}", next(words), "", now())
                found.append(_bare(talk.id, log))
    return found


def _bare(conversation: str, log: list[tuple[str, tuple[Any, ...]]]) -> Bare:
    writes = [args for query, args in log if query == stored.COMMIT]
    loads = [args for query, args in log if query == stored.LOAD]
    if len(writes) != 1 or len(loads) != 1:
        raise AssertionError(f"a turn loads once and writes once, not {len(loads)} and {len(writes)} times")
    return Bare(conversation, writes[0], sum(not query.startswith("SELECT pg_") for query, _ in log))


async def replay(on: Ground, one: Bare, number: int) -> None:
    """The turn's transaction over again, its facts under fresh ids of the same length."""
    ids = [f"{number:016x}{i:08x}" for i in range(len(one.write[FACT_IDS]))]
    write = (*one.write[:FACT_IDS], ids, *one.write[FACT_IDS + 1 :])
    async with on.pool.acquire() as db, db.transaction():
        await db.fetchrow(stored.LOAD, one.conversation, ids[0], one.write[1])
        await db.execute(stored.COMMIT, *write)


async def _rate(do: Callable[[Any], Awaitable[None]], over: list[Any], seconds: float, clients: int) -> Rate:
    """How many a second `clients` do together, each over its own share, one after another."""
    done = 0
    end = time.perf_counter() + seconds

    async def client(share: Iterator[Any]) -> None:
        nonlocal done
        while time.perf_counter() < end:
            await do(next(share))
            done += 1

    began, spent = time.perf_counter(), time.process_time()
    # Bare turns of one conversation go to one client, as a person's own turns would.
    await asyncio.gather(*(client(cycle(_share(over, n, clients))) for n in range(clients)))
    return Rate(done / (time.perf_counter() - began), (time.process_time() - spent) / done * 1000)


def _share(over: list[Any], n: int, clients: int) -> list[Any]:
    names = sorted({_name(one) for one in over})
    mine = set(names[n::clients])
    return [one for one in over if _name(one) in mine]


def _name(one: Talk | Bare) -> str:
    return one.id if isinstance(one, Talk) else one.conversation


async def pgbench(on: Ground, *, seconds: int = 4, scale: int = 5, clients: int = CLIENTS) -> float | None:
    """Transactions a second of `pgbench -N` on the same server; None where its program is not at hand."""
    if on.server.cluster is None:
        return None
    program = on.server.cluster.binaries.program("pgbench")
    async with scratch(on.server.url) as url:
        try:
            await _run(program, "-i", "-q", "-s", str(scale), url)
            told = await _run(program, "-N", "-M", "prepared", "-c", str(clients), "-T", str(seconds), url)
        except (FileNotFoundError, subprocess.CalledProcessError):
            return None
    found = re.search(r"tps = ([\d.]+)", told)
    return float(found[1]) if found else None


async def _run(*command: str) -> str:
    done = await asyncio.to_thread(subprocess.run, command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout
