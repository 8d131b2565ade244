"""An agreement lived day by day: called to mind, paid in part, missed, given new days, and kept at last."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.sending.conftest import START, World

from acuerdo.adapters.store import book
from acuerdo.adapters.store.accounting import StoredAccounts
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded
from acuerdo.core.negotiation import agreements
from acuerdo.core.negotiation.agreements import NotAllowed
from acuerdo.core.negotiation.keeping import BadDays
from acuerdo.core.words import Money, derive
from acuerdo.service import accounting, keeping, paying
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.gateways import Notice

DAYS = [date(2026, 12, 4), date(2026, 12, 18), date(2027, 1, 5)]
BROKEN_ON = date(2026, 12, 21)  # the second day and two of grace are over


def pesos(amount: int) -> Money:
    return Money(amount * 100, "COP")


async def record(world: World, fact: AnyFact, name: str) -> None:
    told = Recorded(derive(name), world.clock.now(), "debtor", fact, "Tienda Sol", "ana")
    async with world.app.pool.acquire() as db, db.transaction():
        await book.record(db, world.app.keyring, [told])


async def agrees(world: World) -> None:
    await world.person()
    parts = tuple((day, pesos(300_000)) for day in DAYS)
    agreed = f.AgreementAccepted("a", pesos(900_000), pesos(900_000), parts, "key", "link_and_document", "debtor")
    await record(world, agreed, "agreed")


async def pays(world: World, name: str, amount: int) -> None:
    """A gateway's notice comes in, at the clock's time."""
    await record(world, f.PaymentLinkSent(name, pesos(amount)), name)
    notice = Notice(f"evt {name}", f"ref {name}", "paid", name, pesos(amount), world.clock.now())
    assert await paying._take(world.app.paying, "sandbox", notice, world.clock.now()) == ""


async def until(world: World, day: date, hour: int = 12) -> None:
    """The clock goes on to an hour in Bogotá, hour by hour where a day has any; everything due is done."""
    wanted = datetime(day.year, day.month, day.day, hour, tzinfo=UTC) + timedelta(hours=5)
    while world.clock.now() < wanted:
        world.clock.go_on(min(timedelta(hours=6), wanted - world.clock.now()))
        await keeping.look(world.app.promises, world.clock.now())
        await world.work()


async def stands(world: World) -> tuple[str, int]:
    row = await world.app.pool.fetchrow("select g.status, a.broken_promises from agreement g, account a")
    return row["status"], row["broken_promises"]


async def test_an_agreement_from_its_yes_to_its_end(world: World) -> None:
    await agrees(world)
    await until(world, DAYS[0] - timedelta(days=2), 9)
    assert await world.phone() == []
    await until(world, DAYS[0] - timedelta(days=2), 14)
    assert ["recordatorio" in text for text in await world.phone()] == [True]
    assert "900" not in (await world.phone())[0]

    await pays(world, "p1", 300_000)
    await until(world, DAYS[0] + timedelta(days=5))
    assert len(await world.phone()) == 1, "what is paid is not called to mind"
    assert await stands(world) == ("active", 0)

    await until(world, DAYS[1])
    await pays(world, "p2", 120_000)
    await until(world, BROKEN_ON - timedelta(days=1), 23)
    assert await stands(world) == ("active", 0)
    assert len(await world.phone()) == 3, "before its day and after it, as a part is still missing"
    await until(world, BROKEN_ON, 6)
    assert await stands(world) == ("broken", 1)
    assert (await world.kinds()).count("agreement_broken") == 1

    new = ((date(2027, 1, 8), pesos(200_000)), (date(2027, 1, 22), pesos(280_000)))
    at = world.clock.now()
    assert await keeping.reschedule(world.app.promises, "a", new, "cobra el 8", "agent:luz", at)
    assert await stands(world) == ("active", 0)
    rows = await world.app.pool.fetch("select n, due, amount, paid from installment order by n")
    assert [tuple(row) for row in rows] == [
        (1, BROKEN_ON, 42_000_000, 42_000_000), (2, new[0][0], 20_000_000, 0), (3, new[1][0], 28_000_000, 0),
    ]  # fmt: skip
    await until(world, new[0][0])
    assert await stands(world) == ("active", 0), "the old days are not missed again"
    assert len(await world.phone()) == 4, "only the new days are called to mind"
    await pays(world, "p3", 480_000)
    assert await stands(world) == ("kept", 0)
    await until(world, new[1][0] + timedelta(days=9))
    assert len(await world.phone()) == 4
    tienda = Creditor("Tienda Sol", "Tienda Sol", Settings("Tienda Sol S.A."))
    assert await accounting.check(StoredAccounts(world.app.pool), [tienda]) == (1, [])
    [one] = [row for row in await StoredAccounts(world.app.pool).kept("Tienda Sol") if row.what == "agreement"]
    assert (one.origin, one.kept, one.rate) == ("debtor", 1, 1.0)


async def test_grace_and_reminders_are_the_creditors(world: World) -> None:
    await world.creditor()
    tienda = Creditor("Tienda Sol", "Tienda Sol", Settings("Tienda Sol S.A.", country="CO"))
    rules = 'currency = "COP"\ngrace_days = 5\n[remind]\nbefore = []\nafter = [3]\nhour = 15\n'
    await accounting.put_rules(
        StoredAccounts(world.app.pool), tienda, rules, "dinero.toml", "operator", world.clock.now()
    )
    await agrees(world)
    await until(world, DAYS[0] + timedelta(days=3), 11)
    assert (await world.phone(), await stands(world)) == ([], ("active", 0))
    await until(world, DAYS[0] + timedelta(days=4), 16)
    assert len(await world.phone()) == 1
    await until(world, DAYS[0] + timedelta(days=5), 23)
    assert await stands(world) == ("active", 0)
    await until(world, DAYS[0] + timedelta(days=6), 6)
    assert await stands(world) == ("broken", 1)


async def test_a_reminder_passes_the_guard_and_a_refusal_says_why(world: World) -> None:
    await agrees(world)
    await record(world, f.HoldPlaced("dispute"), "hold")
    await until(world, DAYS[0], 9)
    assert await world.phone() == []
    [refused] = [r.fact for r in await world.facts() if isinstance(r.fact, f.ContactRefused)]
    assert refused.why


async def test_a_cancelled_agreement_is_called_to_mind_no_more(world: World) -> None:
    await agrees(world)
    assert await keeping.cancel(world.app.promises, "a", "se equivocó de deuda", "agent:luz", START)
    assert (await stands(world))[0] == "cancelled"
    await until(world, DAYS[0] + timedelta(days=9))
    assert (await world.phone(), await stands(world)) == ([], ("cancelled", 0))
    with pytest.raises(NotAllowed, match="a cancelled agreement cannot take 'reschedule'"):
        await keeping.reschedule(world.app.promises, "a", ((DAYS[2], pesos(900_000)),), "ya puede", "agent:luz", START)
    assert await keeping.cancel(world.app.promises, "nobody's", "x", "agent:luz", START) is False
    with pytest.raises(keeping.NoWhy):
        await keeping.cancel(world.app.promises, "a", "  ", "agent:luz", START)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        ((DAYS[0], pesos(899_999)),),
        ((DAYS[1], pesos(450_000)), (DAYS[0], pesos(450_000))),
        ((DAYS[0], pesos(450_000)), (DAYS[0], pesos(450_000))),
        ((date(2026, 11, 1), pesos(900_000)),),
        ((DAYS[0], pesos(1_000_000)), (DAYS[1], pesos(-100_000))),
        ((DAYS[0], Money(90_000_000, "USD")),),
    ],
    ids=["none", "a peso short", "backwards", "one day twice", "in the past", "negative", "dollars"],
)
async def test_new_days_that_do_not_add_up_change_nothing(world: World, parts: tuple[tuple[date, Money], ...]) -> None:
    await agrees(world)
    before = await world.app.pool.fetch("select * from installment order by n")
    with pytest.raises(BadDays):
        await keeping.reschedule(world.app.promises, "a", parts, "no cuadra", "agent:luz", START)
    assert await world.app.pool.fetch("select * from installment order by n") == before


def test_what_follows_is_in_the_table() -> None:
    assert agreements.follow("proposed", "accept", "activate") == ("active", ("close_promises", "remind"))
    assert agreements.follow("active", "miss") == ("broken", ("stop_reminding", "count_broken"))
    used = {effect for ways in agreements.TABLE.values() for way in ways.values() for effect in way.effects}
    assert used == set(agreements.EFFECTS)
