"""Agreements and promises on record go where their tables say, and all that follows is done, way by way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from acuerdo.adapters.store import lives
from acuerdo.core.negotiation import agreements, promises

from .conftest import START

Make = Callable[..., Any]
DUE = date(2026, 12, 15)


async def _laid(db: asyncpg.Pool, status: str) -> None:
    """An agreement and a promise in a state, two broken ones counted, and a reminder of each that waits."""
    for table in ("timer", "installment", "agreement", "promise"):
        await db.execute(f"delete from {table}")
    await db.execute("update account set broken_promises = 2")
    await db.execute(
        """insert into agreement (id, creditor_id, person_id, conversation_id, accounts, status, currency, balance,
                                  total, origin, accepted_at)
           values ('deal', 'tienda', 'ana', 'talk', '{card}', $1, 'COP', 100000, 90000, 'bot', $2)""",
        status, START,
    )  # fmt: skip
    await db.execute("insert into installment (agreement_id, n, due, amount) values ('deal', 1, $1, 90000)", DUE)
    await db.execute(
        """insert into promise (id, person_id, due, amount, currency, status, made_at)
           values ('word', 'ana', $2, 90000, 'COP', $1, $3)""",
        "open" if status == "active" else status, DUE, START,
    )  # fmt: skip
    for of in ("deal", "word"):
        await db.execute(
            """insert into timer (key, due, name, person_id, payload)
               values ($1, $2, 'remind', 'ana', jsonb_build_object('id', $3::text))""",
            f"old {of}", START + timedelta(days=9), of,
        )  # fmt: skip


async def _seen(db: asyncpg.Pool, of: str) -> set[str]:
    """What followed, told from the rows alone."""
    rows = await db.fetch("select key, fired_at from timer where payload ->> 'id' = $1", of)
    new = [row for row in rows if not row["key"].startswith("old") and row["fired_at"] is None]
    stopped = any(row["key"].startswith("old") and row["fired_at"] for row in rows)
    broken = await db.fetchval("select broken_promises from account")
    closed = await db.fetchval("select status from promise where id = 'word'") == "superseded"
    return {
        *(["remind"] if new else []), *(["stop_reminding"] if stopped else []),
        *(["count_broken"] if broken == 3 else []), *(["uncount_broken"] if broken == 1 else []),
        *(["close_promises"] if closed and of == "deal" else []),
    }  # fmt: skip


async def test_every_way_of_an_agreement_does_what_its_table_says_and_no_other_way_does_anything(
    make_world: Make,
) -> None:
    world = await make_world()
    events = {event for ways in agreements.TABLE.values() for event in ways}
    for state, ways in agreements.TABLE.items():
        for event in sorted(events):
            await _laid(world.pool, state)
            # What the promise does is the other test's; here one waits to be closed.
            await world.pool.execute("update promise set status = 'open'")
            async with world.pool.acquire() as db, db.transaction():
                went = await lives.agreement_goes(db, "deal", START, event)
            status = await world.pool.fetchval("select status from agreement")
            assert went == (event in ways), (state, event)
            if event not in ways:
                assert (status, await _seen(world.pool, "deal")) == (state, set()), (state, event)
                continue
            wanted = set(ways[event].effects) - {"waive_rest"}
            assert (status, await _seen(world.pool, "deal")) == (ways[event].state, wanted), (state, event)


async def test_every_way_of_a_promise_does_what_its_table_says_and_no_other_way_does_anything(make_world: Make) -> None:
    world = await make_world()
    events = {event for ways in promises.TABLE.values() for event in ways}
    for state, ways in promises.TABLE.items():
        for event in sorted(events):
            await _laid(world.pool, state)
            async with world.pool.acquire() as db, db.transaction():
                went = await lives.promise_goes(db, "word", START, event)
            status = await world.pool.fetchval("select status from promise")
            following = ways[event] if went else promises.Way(state)
            assert went == (event in ways), (state, event)
            assert status == ("open" if following.state == "active" else following.state), (state, event)
            assert await _seen(world.pool, "word") == set(following.effects), (state, event)


async def test_an_agreement_of_nobodys_goes_nowhere(make_world: Make) -> None:
    world = await make_world()
    async with world.pool.acquire() as db, db.transaction():
        assert not await lives.agreement_goes(db, "nobody's", START, "complete")
        assert not await lives.promise_goes(db, "nobody's", START, "keep")


def test_each_effect_of_the_tables_is_done() -> None:
    assert set(lives.AGREEMENT_EFFECTS) == set(agreements.EFFECTS)
    assert set(lives.PROMISE_EFFECTS) == set(promises.EFFECTS)


@pytest.mark.parametrize("table", [agreements.NEXT, promises.NEXT], ids=["agreements", "promises"])
def test_no_state_is_skipped_on_the_way_to_the_end(table: Any) -> None:
    """Nothing is kept or broken that was not in force."""
    for state, ways in table.items():
        for following in ways.values():
            if following in ("kept", "broken") and state not in ("kept", "broken"):
                assert state in ("active", "accepted", "rescheduled")
