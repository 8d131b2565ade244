"""Promises and agreements whose days are over: kept or broken, on record, and nobody is written to because of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.sending.conftest import START, World

from acuerdo.core import facts as f
from acuerdo.core.negotiation.keeping import Agreed, Promised, agreement_outcome, promise_outcome
from acuerdo.core.negotiation.promises import Given
from acuerdo.core.payments.progress import Received
from acuerdo.core.payments.schedule import Installment
from acuerdo.core.words import Money
from acuerdo.service.keeping import look

FRIDAY = date(2026, 11, 27)


def pesos(amount: int) -> Money:
    return Money(amount, "COP")


async def promises(world: World, amount: int | None = 100_000, due: date = FRIDAY) -> None:
    """Ana promised to pay by Friday."""
    await world.person()
    await world.app.pool.execute(
        """insert into promise (id, person_id, due, amount, currency, status, made_at)
           values ('p', 'ana', $1, $2, 'COP', 'open', $3)""",
        due, amount, START,
    )  # fmt: skip


async def agrees(world: World) -> None:
    """Ana agreed to pay in two parts, on two Fridays."""
    await world.person()
    pool = world.app.pool
    await pool.execute(
        """insert into agreement (id, creditor_id, person_id, accounts, status, currency, balance, total, origin,
                                  accepted_at)
           values ('a', 'Tienda Sol', 'ana', '{debt of ana}', 'active', 'COP', 200, 200, 'bot', $1)""",
        START,
    )
    await pool.executemany(
        "insert into installment (agreement_id, n, due, amount) values ('a', $1, $2, 100)",
        [(1, FRIDAY), (2, FRIDAY + timedelta(days=7))],
    )


async def pays(world: World, amount: int, at: datetime, agreement: str | None = None) -> None:
    await world.app.pool.execute(
        """insert into payment (id, creditor_id, person_id, agreement_id, accounts, amount, received, currency, status,
                                gateway, created_at, paid_at)
           values ($1, 'Tienda Sol', 'ana', $2, '{}', $3, $3, 'COP', 'paid', 'sandbox', $4, $4)""",
        f"pay {at}", agreement, amount, at,
    )  # fmt: skip
    if agreement:
        await world.app.pool.execute(
            "update installment set paid = amount where agreement_id = $1 and n = 1", agreement
        )


async def on(world: World, day: date, hour: int = 12) -> None:
    """The daily look, at an hour in Bogotá."""
    await look(world.app.promises, datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(hours=5))


async def broken(world: World) -> int:
    return int(await world.app.pool.fetchval("select broken_promises from account"))


async def test_a_promise_is_broken_when_its_grace_is_over_and_once(world: World) -> None:
    await promises(world)
    await on(world, FRIDAY + timedelta(days=2), hour=23)
    assert await world.kinds() == []
    for _ in range(2):
        await on(world, FRIDAY + timedelta(days=3), hour=0)
    (told,) = await world.facts()
    assert told.fact == f.PromiseBroken("p", FRIDAY)
    assert await broken(world) == 1
    assert await world.app.pool.fetchval("select status from promise") == "broken"
    await world.work()
    assert await world.outbox() == [], "nobody is written to because of it"


@pytest.mark.parametrize(("amount", "paid"), [(100_000, 100_000), (None, 5)])
async def test_a_promise_that_was_paid_is_kept(world: World, amount: int | None, paid: int) -> None:
    await promises(world, amount)
    await pays(world, paid, START + timedelta(days=3))
    await on(world, FRIDAY + timedelta(days=5))
    assert await world.kinds() == ["promise_kept"]
    assert await broken(world) == 0


async def test_a_promise_given_for_one_account_counts_for_that_one_alone(world: World) -> None:
    await promises(world)
    await world.app.pool.execute(
        """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, days_past_due,
                                as_of, digest)
           select 'other', creditor_id, person_id, 'other', product, currency, balance, 1, as_of, '' from account"""
    )
    await world.app.pool.execute("update promise set account_id = 'other'")
    await on(world, FRIDAY + timedelta(days=3))
    counts = dict(await world.app.pool.fetch("select id, broken_promises from account"))
    assert counts == {"other": 1, "debt of ana": 0}


async def test_a_missed_installment_breaks_the_agreement_and_a_campaign_may_reach_the_person_again(
    world: World,
) -> None:
    await agrees(world)
    await pays(world, 100, START + timedelta(days=1), agreement="a")
    await on(world, FRIDAY + timedelta(days=9))
    assert await world.kinds() == []
    await on(world, FRIDAY + timedelta(days=10))
    (told,) = await world.facts()
    assert told.fact == f.AgreementBroken("a", FRIDAY + timedelta(days=7))
    assert (await broken(world), await world.app.pool.fetchval("select status from agreement")) == (1, "broken")
    await world.campaign("ana")
    await world.work()
    assert len(await world.phone()) == 1


def test_days_last_until_grace_is_over() -> None:
    given = Promised("p", Given(date(2026, 11, 23), FRIDAY, pesos(100)))
    late = Received(FRIDAY + timedelta(days=3), pesos(100))
    assert promise_outcome(given, [], FRIDAY + timedelta(days=2)) is None
    assert promise_outcome(given, [late], FRIDAY + timedelta(days=3)) == f.PromiseBroken("p", FRIDAY)
    agreed = Agreed("a", (Installment(1, FRIDAY, pesos(100)),), ())
    assert agreement_outcome(agreed, FRIDAY + timedelta(days=2)) is None
    assert agreement_outcome(agreed, FRIDAY + timedelta(days=3)) == f.AgreementBroken("a", FRIDAY)
