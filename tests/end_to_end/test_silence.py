"""A question of ours left open: a reminder or two by the guard, with a link and nothing of the debt; then peace."""

from __future__ import annotations

from corridor import words

from acuerdo import worker
from acuerdo.core import facts as f


async def works(town, **span: float) -> None:
    """Time passes hour by hour, and all that falls due is done."""
    hours = int(span.get("hours", 0) + 24 * span.get("days", 0))
    for _ in range(hours):
        await town.later(hours=1)
        await worker.drain(town.app)


async def sent(town) -> list[str]:
    rows = await town.pool.fetch("select body from sandbox.sms order by at, id")
    return [row["body"] for row in rows]


async def test_who_leaves_a_plan_open_is_reminded_twice_and_then_left_alone(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en cuotas")
    await works(town, hours=19)
    assert await sent(town) == []
    await works(town, hours=12)
    (first,) = await sent(town)
    assert "/c/" in first
    assert not {"900", "deuda", "pag", "cuota", "saldo"} & set(first.lower().split())
    await works(town, days=12)
    assert len(await sent(town)) == 2
    assert (await town.kinds(token)).count("silence_noticed") == 2


async def test_a_reminder_comes_in_a_lawful_hour_and_counts_in_the_ledger(town, token) -> None:
    async with town.identified(token) as chat:
        await town.later(hours=11)  # nine at night in Bogotá
        await chat.say("quiero pagar en cuotas")
    await works(town, days=2)
    row = await town.pool.fetchrow("select at, purpose from contact where channel = 'sms' order by at limit 1")
    assert row["purpose"] == "collection"
    assert 12 <= row["at"].hour <= 23  # seven to nineteen hours in Bogotá, with the margin


async def test_who_answered_meanwhile_is_not_reminded(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en cuotas")
        await works(town, hours=18)
        await chat.say("en 3")
        await works(town, hours=10)
        assert await sent(town) == []
        await chat.say("no me escriban más")
    await works(town, days=6)
    assert await sent(town) == []


async def test_who_has_a_dispute_open_is_not_reminded(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en cuotas")
        await chat.say("ese valor está mal, me cobran de más")
    await works(town, days=5)
    assert await sent(town) == []


async def test_who_comes_back_by_the_reminder_is_told_where_things_stand(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en cuotas")
    await works(town, hours=26)
    again = (await sent(town))[-1].rpartition("/c/")[2].split()[0]
    async with town.chat(again) as chat:
        told = words(await chat.say("hola"))
    assert "Retomamos donde quedamos" in told
    assert await town.conversation(again) == await town.conversation(token)
    assert [r.fact for r in await town.facts(token) if isinstance(r.fact, f.ContactRefused)] == []


async def test_a_refused_reminder_says_why(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("quiero pagar en cuotas")
    await town.pool.execute(
        """insert into hold (subject_id, creditor_id, kind, since)
           select subject_id, creditor_id, 'dispute', $1 from person""",
        town.clock.now(),
    )
    await works(town, days=2)
    assert await sent(town) == []
    [refused] = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.ContactRefused)]
    assert [why.code for why in refused.why] == ["on_hold"]
