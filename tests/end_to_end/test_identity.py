"""Who is there: the link and a part of the document, a few tries, and a lock that opens a case."""

from __future__ import annotations

import asyncio

import pytest
from corridor import ANA, words

from acuerdo.core import facts as f

WRONG = ("1111", "2222", "3333", "4444", "5555")


async def test_the_tail_of_the_document_identifies(town, token) -> None:
    async with town.chat(token) as chat:
        await chat.say(f"es {ANA.tail}")
    assert f.Identified("link_and_document_tail") in [r.fact for r in await town.facts(token)]


@pytest.mark.parametrize("typed", [ANA.document, "52.345.678", "mi cédula es 52 345 678"])
async def test_a_whole_document_is_taken_sealed_and_seen_on_no_screen(town, token, typed: str) -> None:
    async with town.chat(token) as chat:
        await chat.say("hola")
        await chat.say(typed)
        assert typed not in words(list(chat.messages.values()))
        assert "••••" in words(list(chat.messages.values()))
        await chat.say("quiero hablar con una persona")
    facts = [r.fact for r in await town.facts(token)]
    assert f.Identified("link_and_document") in facts
    assert next(fact.value for fact in facts if isinstance(fact, f.DocumentGiven)) == ANA.document
    async with town.desk() as desk:
        await desk.open(f"/desk/c/{await town.conversation(token)}")
        assert "••••" in desk.seen
        assert not any(form in desk.page for form in (ANA.document, "52.345.678", "52 345 678"))
    async with town.chat(token) as again:
        assert typed not in words(list(again.messages.values()))


@pytest.mark.parametrize(
    "text", ["soy yo", "soy Ana Ruiz Montes", "sí, soy yo, la titular", "mi celular es 3005550101"]
)
async def test_saying_who_one_is_proves_nothing(town, token, text: str) -> None:
    async with town.chat(token) as chat:
        told = words(await chat.say(text))
        assert "900.000" not in told
    kinds = await town.kinds(token)
    assert not {"identified", "balance_told", "identity_failed"} & set(kinds)


async def test_another_persons_document_is_a_failed_try(town, token) -> None:
    async with town.chat(token) as chat:
        await chat.say("79123456")
    assert "identity_failed" in await town.kinds(token)


async def test_three_failures_lock_the_link_and_open_one_case(town, token) -> None:
    async with town.chat(token) as chat:
        for guess in WRONG[:3]:
            told = words(await chat.say(guess))
        assert "601 555 0100" in told
        for _ in range(2):
            assert "900.000" not in words(await chat.say(ANA.tail))
        await chat.say(f"soy Ana, mi cédula termina en {ANA.tail}")
    kinds = await town.kinds(token)
    assert (kinds.count("identity_failed"), kinds.count("identity_locked")) == (3, 1)
    assert "identified" not in kinds
    link = await town.link(token)
    assert (link["failures"], link["locked_at"]) == (3, town.clock.now())
    assert await town.pool.fetch("select reason, status from work_item") == [("identity_failed", "open")]
    assert await town.pool.fetchval("select min(length(sealed)) from work_item") > 0


async def test_a_locked_link_stays_locked_when_the_line_is_new_and_the_day_is_another(town, token) -> None:
    async with town.chat(token) as chat:
        for guess in WRONG[:3]:
            await chat.say(guess)
    await town.later(days=2)
    async with town.chat(token) as chat:
        await chat.say(f"soy Ana, mi cédula termina en {ANA.tail}")
    assert "identified" not in await town.kinds(token)


async def test_the_day_has_a_limit_over_all_the_links_of_a_person(town, token) -> None:
    other = await town.invite()
    async with town.chat(token) as one, town.chat(other) as two:
        for guess in WRONG[:2]:
            await one.say(guess)
        for guess in WRONG[2:4]:
            await two.say(guess)
        await one.say(WRONG[4])
        await two.say(ANA.tail)
        assert "identified" not in await town.kinds(other)
    third = await town.invite()
    async with town.chat(third) as chat:
        await chat.say(ANA.tail)
        assert "identified" not in await town.kinds(third)
    assert await town.pool.fetchval("select failures from identity_day") == 5
    await town.later(days=1)
    async with town.chat(fourth := await town.invite()) as chat:
        await chat.say(ANA.tail)
        assert "identified" in await town.kinds(fourth)


async def test_many_guesses_at_once_are_still_three(town, token) -> None:
    async with town.chat(token) as one, town.chat(token) as two, town.chat(token) as three:
        chats = (one, two, three)
        guesses = [(chat, f"{1000 + n}") for n, chat in enumerate(chats * 4)]
        await asyncio.gather(*(chat.send(t="say", id=guess, text=guess) for chat, guess in guesses))
        for chat in chats:
            await chat.settled(set())
    assert (await town.kinds(token)).count("identity_failed") == 3


@pytest.mark.parametrize("late", [22, 0], ids=["late", "not late"])
async def test_a_renewed_link_has_its_own_tries(town, late: int) -> None:
    debtor = ANA._replace(late=late)
    token = await town.invited(debtor)
    async with town.chat(token) as chat:
        for guess in WRONG[:3]:
            await chat.say(guess)
    await town.later(days=16)
    renewed = await renewed_link(town, token)
    async with town.chat(renewed) as chat:
        assert "intento" in words(await chat.say(WRONG[3]))
        await chat.say(debtor.tail)
    assert await town.conversation(renewed) == await town.conversation(token)
    assert "identified" in await town.kinds(renewed)


async def renewed_link(town, token: str) -> str:
    """The link that comes to the phone when an expired one is renewed."""
    await town.web.post(f"/c/{token}/renew")
    await deliver(town)
    body = await town.pool.fetchval("select body from sandbox.sms order by at desc, id limit 1")
    return body.rpartition("/c/")[2].split()[0].strip(".")


async def deliver(town) -> None:
    """What waits in the outbox goes out, as a worker would do."""
    from acuerdo.service.sending import send

    for row in await town.pool.fetch("select key from outbox where status = 'pending' order by created_at"):
        await send(town.app.exit, row["key"])
