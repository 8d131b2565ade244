"""From the link to the rating: what is agreed, what is paid, and that no message is lost or comes twice on the way."""

from __future__ import annotations

import asyncio

from corridor import ANA, START, all_settled, first, words

from acuerdo.core import facts as f

PLAN = "¿me lo dejan en 3 pagos?"


async def agreed(chat) -> list[dict]:
    """An identified person asks for three payments and says yes to the summary."""
    await chat.say(PLAN)
    return await chat.say("sí, de acuerdo")


async def test_the_welcome_says_who_writes_for_whom_and_that_it_is_a_machine(town) -> None:
    token = await town.invited(agency="Recaudos Amables", ownership="agency")
    async with town.chat(token) as chat:
        assert "asistente automático de Recaudos Amables, por encargo de Casa Ejemplo" in chat.texts[0]
        assert first(list(chat.messages.values()), "input")["kind"] == "document_tail"
        state = next(frame for frame in chat.frames if frame["t"] == "state")
        assert (state["creditor"], state["agency"], state["assistant"]) == ("Casa Ejemplo", "Recaudos Amables", True)


async def test_the_whole_way_to_an_agreement(town, token) -> None:
    async with town.chat(token) as chat:
        told = words(await chat.say(ANA.tail))
        assert "Ana" in told
        assert "$900.000" in told
        assert "2 de noviembre" in words(await chat.say("¿cuándo vencía?"))
        assert "tarjeta de crédito" in words(await chat.press("ask_debt_detail", "Ver el detalle")).lower()
        cards = first(await chat.press("request_installments", "Pagar en cuotas"), "cards")
        assert len(cards) > 1
        summary = await chat.press(next(c["id"] for c in cards if "3" in c["title"]), "3 cuotas")
        assert "$300.000" in words(summary)
        assert not [r for r in await town.facts(token) if isinstance(r.fact, f.AgreementAccepted)]
        signed = words(await chat.say("sí"))
        assert "firmado" in signed
        pay = await chat.press("pay_now", "Pagar ahora")
        assert first(pay, "link")["url"].startswith("/p/")
        chat.whole()
    accepted = next(r.fact for r in await town.facts(token) if isinstance(r.fact, f.AgreementAccepted))
    assert (accepted.method, accepted.words) == ("link_and_document_tail", "sí")
    shown = next(
        r.fact for r in await town.facts(token) if isinstance(r.fact, f.Said) and r.fact.key == accepted.summary_key
    )
    assert all(amount in shown.content.text for amount in ("$900.000", "$300.000"))
    agreement = await town.pool.fetchrow("select * from agreement")
    assert (agreement["total"], agreement["status"]) == (90_000_000, "active")
    parts = await town.pool.fetch("select due, amount from installment order by n")
    assert [(p["due"], p["amount"]) for p in parts] == [(day, money.minor) for day, money in accepted.parts]
    assert [p["amount"] for p in parts] == [30_000_000] * 3


async def test_it_is_paid_on_the_hosted_page_and_the_agreement_knows(town, token) -> None:
    async with town.identified(token) as chat:
        await agreed(chat)
        address = first(await chat.press("pay_now", "Pagar ahora"), "link")["url"]
        hosted = await town.web.get(address, follow_redirects=True)
        assert "$300.000" in hosted.text
        back = await town.web.post(hosted.url, data={"result": "paid"}, follow_redirects=True)
        assert "Recibimos su pago" in back.text
        paid = await chat.until(lambda frame: "Recibimos su pago de $300.000" in frame.get("text", ""))
        assert "$600.000" in paid["text"]
        await chat.settled(set())
        rated = await chat.press("rating:5", "5")
        assert "Gracias" in words(rated)
        await chat.say("muy amable todo")
        chat.whole()
    assert await town.pool.fetchval("select array_agg(paid order by n) from installment") == [30_000_000, 0, 0]
    assert await town.pool.fetchval("select paid_since from account") == 30_000_000
    assert await town.pool.fetchval("select status from payment") == "paid"
    facts = [r.fact for r in await town.facts(token)]
    assert f.SatisfactionGiven(5) in facts
    assert f.CommentGiven("muy amable todo") in facts


async def test_a_settlement_within_authority_is_agreed_and_one_outside_it_is_not(town, token) -> None:
    async with town.identified(token) as chat:
        await chat.say("le doy 500.000 y quedamos en paz")
        assert "agreement_proposed" not in await town.kinds(token)
        await chat.say("entonces le pago 810.000 el viernes y quedamos en paz")
        await chat.say("sí")
    accepted = next(r.fact for r in await town.facts(token) if isinstance(r.fact, f.AgreementAccepted))
    assert (accepted.total.minor, len(accepted.parts)) == (81_000_000, 1)


async def test_the_line_drops_and_a_day_goes_by_and_nothing_is_lost_or_said_twice(town, token) -> None:
    async with town.identified(token) as before:
        await before.say(PLAN)
        log = before.log
        # The last word is said and its line is cut before anything comes back.
        await before.send(t="say", id="cut", text="¿y cuánto es el saldo?")
        await before.socket.close()
    await town.later(days=1, hours=3)
    async with town.chat(token, before.since) as after:
        await after.say("¿y cuánto es el saldo?", key="cut")
        await after.say("sí, de acuerdo")
        assert not set(after.messages) & set(before.messages)
        both = log + after.log
    async with town.chat(token) as fresh:
        assert fresh.log == both
        fresh.whole()
        assert fresh.texts.count("¿y cuánto es el saldo?") == 1
        assert fresh.messages[1]["at"][:10] == "2026-11-24"
        assert fresh.messages[fresh.since]["at"][:10] == "2026-11-25"
    assert "agreement_accepted" in await town.kinds(token)


async def test_the_same_deed_sent_over_two_lines_at_once_is_one_message(town, token) -> None:
    async with town.identified(token) as one, town.chat(token) as other:
        deed = {"t": "say", "id": "same", "text": "¿cuánto debo?"}
        await asyncio.gather(*(chat.send(**deed) for _ in range(3) for chat in (one, other)))
        await all_settled(one, other)
        assert one.texts.count("¿cuánto debo?") == 1
        assert one.log == other.log
    assert (await town.kinds(token)).count("balance_told") == 2  # on identifying, and now


async def test_two_tabs_see_the_same_though_both_write_at_once(town, token) -> None:
    async with town.identified(token) as one, town.chat(token) as other:
        deeds = [(chat, f"¿cuánto debo? {n}") for n, chat in enumerate([one, other] * 3)]
        await asyncio.gather(*(chat.send(t="say", id=text, text=text) for chat, text in deeds))
        await all_settled(one, other)
        assert one.log == other.log
        one.whole()


async def test_two_tabs_opened_at_once_begin_one_conversation(town, token) -> None:
    async def opened() -> list:
        async with town.chat(token) as chat:
            return chat.log

    logs = await asyncio.gather(*(opened() for _ in range(6)))
    assert all(log == logs[0] for log in logs)
    assert await town.pool.fetchval("select count(*) from conversation") == 1
    assert (await town.kinds(token)).count("started") == 1


async def test_over_sixty_days_the_bot_tells_and_takes_everything_but_negotiates_nothing(town) -> None:
    late = ANA._replace(late=80)
    token = await town.invited(late)
    async with town.identified(token, late) as chat:
        assert "$900.000" in chat.texts[-1]
        await chat.say(PLAN)
        link = first(await chat.press("pay_now", "Pagar ahora"), "link")
    amount = await town.pool.fetchval("select amount from payment where id = $1", link["url"].removeprefix("/p/"))
    assert amount == 90_000_000
    kinds = await town.kinds(token)
    assert not {"offer_made", "agreement_proposed"} & set(kinds)
    handed = [r.fact.reason for r in await town.facts(token) if isinstance(r.fact, f.HandedOver)]
    assert handed == ["over_60_days"]


async def test_facts_are_written_in_the_order_of_their_time(town, token) -> None:
    async with town.identified(token) as chat:
        await town.later(minutes=3)
        await agreed(chat)
    facts = await town.facts(token)
    assert [r.at for r in facts] == sorted(r.at for r in facts)
    assert facts[0].at == START
    assert len({r.id for r in facts}) == len(facts)
