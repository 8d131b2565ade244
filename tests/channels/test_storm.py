"""A carrier on its worst day: everybody is written to once, and what became of each is known."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.sending.conftest import world_on

from acuerdo.testing.chaos import Misbehaviour

STORM = Misbehaviour(
    seed="storm", silence=0.1, broken=20, slow=20, broken_after=15, cut=15, garbage=15, strange=30, duplicated=40,
    reordered=40, backwards=40, undelivered=20, delay=0,
)  # fmt: skip


async def test_everybody_is_written_to_once_and_every_end_is_known(db_url: str, tmp_path: Path) -> None:
    async with world_on(db_url, tmp_path, STORM) as world:
        people = [f"p{n}" for n in range(40)]
        for n, person in enumerate(people):
            await world.person(person, phones=(f"+5730011122{n:02}",))
        await world.campaign(*people)
        for _ in range(4):  # what is to be tried again waits a little of our time
            await world.work()
            world.clock.go_on(timedelta(seconds=5))
        for n in range(len(people)):
            assert len(await world.phone(f"+5730011122{n:02}")) == 1
        ends = {row[0] for row in await world.app.pool.fetch("select status from outbox")}
        assert ends == {"delivered", "failed"}
        told = {row[0]: row[1] for row in await world.app.pool.fetch("select client_ref, status from sandbox.sms")}
        ours = {row[0]: row[1] for row in await world.app.pool.fetch("select key, status from outbox")}
        assert told == ours
        posts = await world.app.pool.fetchval("select max(posts) from sandbox.sms")
        assert posts == 1  # whatever was in doubt was asked for, and not posted again
