"""Many processes at once, two creditors, campaigns and channels: no cap is ever passed."""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from tests.lawful.racers import CHANNELS, race
from tests.sending.conftest import START, World

from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.service.outbound import EntryRef

PROCESSES, DAYS = 16, 4


async def human(world: World, name: str, country: str, zone: str) -> list[EntryRef]:
    """One human whom two creditors know by two documents, in three campaigns of each, by every channel."""
    refs = []
    for creditor in ("Tienda Sol", "Banco Luna"):
        who = f"{name} de {creditor}"
        await world.person(who, creditor=creditor, country=country, zone=zone)
        row = await world.app.pool.fetchrow("select wrapped_key from person where id = $1", who)
        key = world.app.keyring.person(row["wrapped_key"], who)
        told = Person(name, "CC", "12345678", (f"+5730011122{len(name):02}",), (f"{name}@example.com",))
        sealed = key.seal(msgspec.json.encode(told), person_aad(who))
        await world.app.pool.execute("update person set sealed = $2 where id = $1", who, sealed)
        for n, channel in enumerate(CHANNELS):
            refs += await world.campaign(who, name=f"{who} {n}")
            await world.app.pool.execute(
                "update campaign_entry set channel = $2 where campaign_id = $1", f"{who} {n}", channel
            )
    both = [f"subject {name} de {creditor}" for creditor in ("Tienda Sol", "Banco Luna")]
    await world.app.pool.execute("update subject set merged_into = $1 where id = $2", min(both), max(both))
    return refs


async def attempts(world: World, name: str) -> list[datetime]:
    rows = await world.app.pool.fetch(
        "select at from contact where subject_id like $1 order by at", f"subject {name} %"
    )
    return [row[0] for row in rows]


async def test_sixteen_processes_never_pass_a_cap_together(world: World, tmp_path: Path) -> None:
    colombian = await human(world, "ana", "CO", "America/Bogota")
    chilean = await human(world, "inés", "CL", "America/Santiago")
    refs = [ref.pack() for ref in (*colombian, *chilean)]
    start = START.isoformat()

    def run() -> list[int | None]:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.lawful.racers"])
        gate = context.Barrier(PROCESSES)
        racers = [
            context.Process(target=race, args=(str(world.app.url), str(tmp_path), refs, start, DAYS, seed, gate))
            for seed in range(PROCESSES)
        ]
        for one in racers:
            one.start()
        for one in racers:
            one.join()
        return [one.exitcode for one in racers]

    assert "tests.lawful.racers" in sys.modules
    assert await asyncio.to_thread(run) == [0] * PROCESSES
    made = await attempts(world, "ana")
    days = Counter(at.astimezone(ZoneInfo("America/Bogota")).date() for at in made)
    assert made, "somebody got through"
    assert max(days.values()) == 1, "one a day, by whomever, on whatever channel (CO)"
    made = await attempts(world, "inés")
    assert made
    for first in made:
        week = [at for at in made if timedelta(0) <= at - first < timedelta(days=7)]
        assert len(week) <= 2, "two texts a week (CL)"
    assert all(later - earlier >= timedelta(days=2) for earlier, later in pairwise(made)), "two days apart (CL)"
    ledger = "select count(*) from contact c where not exists (select from outbox o where o.key = c.key)"
    assert await world.app.pool.fetchval(ledger) == 0
    released = """select count(*) from outbox o where o.status in ('failed', 'dropped')
                  and exists (select from contact c where c.key = o.key)"""
    assert await world.app.pool.fetchval(released) == 0, "what never left is no contact"
