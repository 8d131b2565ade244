"""Who asks for a person at night is promised a moment, that the desk shows and a timer raises; never one twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from corridor import ANA, Debtor, words

from acuerdo import worker

NIGHT = {"hours": 12}  # from ten in the morning to ten at night in Bogotá
EIGHT = datetime(2026, 11, 25, 13, tzinfo=UTC)  # eight in the morning there


async def booked(town) -> list[tuple[datetime, int]]:
    rows = await town.pool.fetch("select slot, n from desk_slot where status = 'booked' order by slot, n")
    return [(row["slot"], row["n"]) for row in rows]


async def test_who_is_late_by_night_is_told_when_and_the_desk_shows_it(town) -> None:
    late = ANA._replace(late=90)
    token = await town.invited(late)
    await town.later(**NIGHT)
    async with town.identified(token, late) as chat:
        told = words(list(chat.messages.values()))
    assert "mañana a las 8:00" in told
    assert await booked(town) == [(EIGHT, 1)]
    async with town.desk() as desk:
        await desk.open("/desk")
        assert "Le escribe el 25/11 a las 08:00" in desk.seen
        await town.later(hours=10)
        await worker.drain(town.app)
        rows = await town.pool.fetch("select reason, priority from work_item")
        assert {row["priority"] for row in rows} == {worker.NOW}
        await desk.act(await town.conversation(token), "take")
    assert await booked(town) == []


async def test_as_many_as_the_desk_takes_are_promised_one_moment_and_the_next_go_to_the_next(town) -> None:
    people = [
        Debtor(f"Ana{n} Ruiz", f"523456{n:02d}", f"+5730055501{n:02d}", f"a{n}@example.com", late=90, account=f"OB-{n}")
        for n in range(9)
    ]
    await town.take_in(*people, desk_capacity=2)
    tokens = [await town.invite(one) for one in people]
    await town.later(**NIGHT)

    async def asks(token: str, one: Debtor) -> str:
        async with town.chat(token) as chat:
            return words(await chat.say(one.tail))

    told = await asyncio.gather(*(asks(token, one) for token, one in zip(tokens, people, strict=True)))
    found = await booked(town)
    assert len(found) == len(set(found)) == 9
    assert [sum(slot == at for at, _ in found) for slot in dict.fromkeys(at for at, _ in found)] == [2, 2, 2, 2, 1]
    for clock, times in (("8:00", 2), ("8:30", 2), ("9:00", 2), ("9:30", 2), ("10:00", 1)):
        assert sum(f"a las {clock}" in one for one in told) == times


async def test_the_same_person_asking_again_and_again_has_one_moment(town, token) -> None:
    await town.later(**NIGHT)
    async with town.identified(token) as one, town.chat(token) as two:
        await asyncio.gather(*(chat.say("quiero hablar con una persona") for chat in (one, two)))
        await one.say("páseme con un asesor")
    assert await booked(town) == [(EIGHT, 1)]


async def test_who_wants_no_more_messages_is_promised_nothing(town, token) -> None:
    await town.later(**NIGHT)
    async with town.identified(token) as chat:
        await chat.say("quiero hablar con una persona")
        assert await booked(town) == [(EIGHT, 1)]
        await chat.say("mejor no me escriban más")
    assert await booked(town) == []
