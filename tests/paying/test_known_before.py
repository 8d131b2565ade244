"""What a conversation knows of what came before it: the last promise, lateness, how people are treated, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from tests.paying.conftest import START, World

from acuerdo.adapters.store.views import view_of
from acuerdo.core import facts as f
from acuerdo.core.dialogue.view import View
from acuerdo.core.words import Money
from acuerdo.service import creditors


async def known(world: World, conversation: str, at: datetime = START) -> View:
    async with world.pool.acquire() as db:
        return await view_of(db, world.keyring, "ana", conversation, at)


async def test_a_promise_of_an_earlier_conversation_is_known_and_its_own_is_not(
    make_world: Callable[..., Any],
) -> None:
    world: World = await make_world()
    assert (await known(world, "another")).promise is None
    await world.record(f.PromiseMade("p1", date(2026, 11, 27), Money(50_000, "COP")), name="p1")
    before = (await known(world, "another")).promise
    assert before is not None
    assert (before.due, before.amount, before.broken) == (date(2026, 11, 27), Money(50_000, "COP"), False)
    assert (await known(world, world.conversation)).promise is None
    await world.record(f.PromiseBroken("p1", date(2026, 11, 27)), name="broken")
    later = await known(world, "another", START + timedelta(days=9))
    assert later.promise is not None
    assert later.promise.broken
    await world.record(f.PromiseReopened("p1"), name="reopened")
    await world.record(f.PromiseKept("p1"), name="kept")
    assert (await known(world, "another")).promise is None


async def test_lateness_treatment_hours_and_answering_days_are_known(make_world: Callable[..., Any]) -> None:
    world: World = await make_world()
    await world.pool.execute("update account set late_12m = 3, broken_promises = 2")
    settings = creditors.Settings("Tienda SAS", "900.123.456-7", treatment="tu")
    await world.pool.execute("update creditor set settings = $1", msgspec.json.encode(settings).decode())
    view = await known(world, "another")
    assert (view.creditor.treatment, view.was_late, view.tone) == ("tu", True, "firm")
    assert view.answer_by is not None
    assert view.answer_by.complaint == date(2026, 12, 15)
    assert view.hours is not None
    assert not view.hours.week[6]
