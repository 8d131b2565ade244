"""Guessing who somebody is: the limits of a link, of a human and of an address hold over everything at once."""

from __future__ import annotations

import asyncio
import itertools

from corridor import ANA, Debtor, words

from acuerdo.adapters.store import book
from acuerdo.adapters.store.links import issue

GUESSES = (f"{n:04d}" for n in itertools.count(1000))


async def failed(town) -> int:
    return int(await town.pool.fetchval("select count(*) from fact where kind = 'identity_failed'"))


async def guess(town, token: str, *texts: str) -> str:
    async with town.chat(token) as chat:
        told = [words(await chat.say(text)) for text in texts]
    return "\n".join(told)


async def test_many_links_at_once_give_no_more_tries_than_one(town) -> None:
    await town.take_in(ANA)
    tokens = [await town.invite() for _ in range(8)]
    await asyncio.gather(*(guess(town, token, next(GUESSES)) for token in tokens))
    assert await failed(town) == 5
    told = await asyncio.gather(*(guess(town, token, ANA.tail) for token in tokens))
    assert not any("900.000" in one for one in told)
    assert not await town.pool.fetchval("select count(*) from fact where kind = 'identified'")


async def test_the_limit_of_a_human_holds_over_creditors(town) -> None:
    await town.take_in(ANA)
    await town.take_in(ANA._replace(account="OTRA-1"), creditor="Otra Casa")
    subjects = await town.pool.fetch("select distinct subject_id from person")
    assert len(subjects) == 1
    here = await town.invite()
    there = await town.invite(ANA._replace(account="OTRA-1"))
    await guess(town, here, *(next(GUESSES) for _ in range(3)))
    await guess(town, there, *(next(GUESSES) for _ in range(3)))
    assert await failed(town) == 5
    assert "900.000" not in await guess(town, there, ANA.tail)


async def test_one_address_with_many_peoples_links_has_its_own_limit(town) -> None:
    people = [
        Debtor(f"Ana{n} Ruiz", f"523456{n:02d}", f"+5730055502{n:02d}", f"a{n}@example.com", account=f"OB-{n}")
        for n in range(7)
    ]
    await town.take_in(*people)
    mine = town.app.keyring.address_hash("sms", "+573009999999")

    async def sent_to_me(one: Debtor) -> str:
        person = await town.person(one)
        async with town.pool.acquire() as db, db.transaction():
            creditor = await db.fetchval("select creditor_id from person where id = $1", person)
            token, fact = await issue(
                db, town.app.keyring, channel="sms", days=15, at=town.clock.now(), person=person, creditor=creditor,
                address_hash=mine,
            )  # fmt: skip
            await book.record(db, town.app.keyring, [fact])
        return token

    tokens = [await sent_to_me(one) for one in people]
    await asyncio.gather(*(guess(town, token, next(GUESSES), next(GUESSES)) for token in tokens))
    assert await failed(town) == 10
    told = await guess(town, tokens[-1], people[-1].tail)
    assert "900.000" not in told
    assert "seguridad" in told
    # Whoever has a telephone of their own is not kept out by it.
    own = await town.invite(people[0])
    assert "900.000" in await guess(town, own, people[0].tail)


async def test_the_next_day_the_address_has_its_tries_again(town) -> None:
    token = await town.invited()
    for _ in range(3):
        await guess(town, token, next(GUESSES))
    await town.later(days=1)
    assert "900.000" in await guess(town, await town.invite(), ANA.tail)
