"""What protects people, over the whole house: replies never silent, holds, calls, their own page, and opening again."""

from __future__ import annotations

from datetime import timedelta

import httpx
import msgspec
import pytest
from corridor import ANA, Desk, words

from acuerdo.core import facts as f
from acuerdo.core.dialogue.verify import load
from acuerdo.service import talking
from acuerdo.service.resources import shipped_flows


async def at_desk(town, web: httpx.AsyncClient, role: str = "agent") -> Desk:
    await town.app.desk.add_agent("lucia", "Lucía", "una clave larga", role, town.clock.now())
    desk = Desk(web)
    await desk.sign_in("lucia", "una clave larga")
    return desk


@pytest.fixture
async def asked(town, token) -> str:
    async with town.identified(token) as chat:
        await chat.say("quiero hablar con una persona")
    return await town.conversation(token)


async def opened(town, token: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=town.address) as web:
        return await web.get(f"/c/{token}/contacts")


async def test_a_reply_that_may_not_leave_is_replaced_and_a_case_opens(town, token) -> None:
    """CO-8: nobody is asked why they did not pay, whatever a flow's text says."""
    async with town.identified(token):
        pass
    lawful = "asistente automático, no una persona"
    asks_why = "asistente automático. ¿Por qué no ha pagado? No soy una persona"
    files = {name: body.replace(lawful, asks_why) for name, body in dict(shipped_flows().files).items()}
    assert sum(body.count(asks_why) for body in files.values()) == 2, "both wordings of the answer"
    house = msgspec.structs.replace(town.app.house, book=load(files))
    conversation = await town.conversation(token)
    await town.pool.execute("update conversation set flows = '' where id = $1", conversation)
    answer = await talking.hear(house, conversation, "k1", "¿quién es usted?", "", town.clock.now())
    said = [shown.content.text for shown in answer.shown if shown.who != "me"]
    assert said, "never silence"
    assert not any("Por qué no ha pagado" in text for text in said)
    assert sum("Una persona de" in text for text in said) == 1
    refused = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.TextRefused)]
    assert any("CO-8" in rule for fact in refused for reason in fact.why for rule in reason.rules)
    assert await town.pool.fetchval("select count(*) from work_item where reason = 'refused_reply'") == 1


async def test_an_agent_sets_a_hold_and_lifts_it_with_a_reason(town, asked) -> None:
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = await at_desk(town, web)
        assert "✗" in await desk.act(asked, "hold", hold="adviser", why=" ")
        assert "detenido" in await desk.act(asked, "hold", hold="adviser", why="la asesora Marta prepara un plan")
        assert "Un asesor prepara un plan" in desk.seen
        await desk.open("/desk/holds")
        assert "la asesora Marta prepara un plan" in desk.seen
        assert "Ana" in desk.seen.title()
        assert "se levantó" in await desk.act(asked, "lift", hold="adviser", why="ya tiene su plan")
        await desk.open("/desk/holds")
        assert "No hay pausas de contacto" in desk.seen


async def test_what_an_agent_writes_late_counts_and_is_held_back_by_a_hold(town, asked) -> None:
    await town.later(days=2)
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = await at_desk(town, web)
        await desk.act(asked, "take")
        assert "✗" not in await desk.act(asked, "say", text="Buenos días, soy Lucía. ¿Pudo ver mi mensaje?")
        row = await town.pool.fetchrow("select channel, purpose, status from contact where channel = 'web'")
        assert tuple(row) == ("web", "collection", "sent")
        told = await desk.act(asked, "say", text="¿Sigue por ahí?")
        assert "ya se le contactó" in told
        await desk.act(asked, "hold", hold="vulnerability", why="está en el hospital")
        await town.later(days=1)
        assert "pausa de contacto" in await desk.act(asked, "say", text="Buenos días, ¿cómo sigue?")


async def test_a_logged_call_is_in_the_ledger_of_all_contacts(town, asked) -> None:
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = await at_desk(town, web)
        assert "✗" in await desk.act(asked, "call", result="cantó")
        assert "cuenta como contacto" in await desk.act(asked, "call", result="answered", note="llamará el viernes")
        row = await town.pool.fetchrow("select channel, mode, reached, zones from contact where mode = 'voice'")
        assert tuple(row) == ("voice", "voice", True, ["America/Bogota"])
        assert "no se le puede llamar" in desk.seen.lower() or "ahora no" in desk.seen


async def test_who_has_not_said_who_they_are_sees_nothing(town, token) -> None:
    async with town.chat(token):
        pass
    page = await opened(town, token)
    assert page.status_code == 403
    assert "confirme quién es" in page.text
    assert "Casa Ejemplo" not in page.text
    assert (await opened(town, "otro" + token)).status_code == 404


async def test_the_person_sees_who_contacted_them_and_stops_it_and_opens_it_again(town, token) -> None:
    async with town.identified(token) as chat:
        answer = await chat.say("¿quién me ha contactado?")
        assert "/contacts" in words(answer)
    subject = await town.pool.fetchval("select subject_id from person")
    await town.pool.execute(
        """insert into contact (key, subject_id, at, channel, mode, purpose, status, creditor_id)
           values ('a', $1, $2, 'sms', 'text', 'collection', 'delivered', (select id from creditor)),
                  ('b', $1, $2, 'voice', 'voice', 'collection', 'sent', 'otro')""",
        subject, town.clock.now() - timedelta(days=1),
    )  # fmt: skip
    async with httpx.AsyncClient(base_url=town.address, follow_redirects=True) as web:
        desk = Desk(web)
        await desk.open(f"/c/{token}")
        page = await desk.open("/contacts")
        assert page.headers["cache-control"] == "no-store"
        assert "SMS · Casa Ejemplo" in desk.seen
        assert "Llamada · Otra empresa" in desk.seen
        assert ANA.balance not in desk.seen
        await desk.open(str((await desk.send(f"/c/{token}/contacts/stop")).url))
        assert "no le contactaremos más" in desk.seen
        closed = "select count(*) from opt_out where channel = '*' and undone_at is null"
        assert await town.pool.fetchval(closed) == 1
        await desk.open(str((await desk.send(f"/c/{token}/contacts/again")).url))
        assert "le volveremos a escribir" in desk.seen
        assert await town.pool.fetchval(closed) == 0
        wrong = await web.post(f"/c/{token}/contacts/stop", data={"csrf": "x"})
        assert wrong.status_code == 200
        assert await town.pool.fetchval(closed) == 0


async def test_only_the_person_opens_again_and_only_after_identity(town, token) -> None:
    still = "select count(*) from opt_out where undone_at is null"
    async with town.chat(token) as chat:
        await chat.say("no me escriban más")
        assert await town.pool.fetchval(still) == 1
        await chat.say("quiero que me vuelvan a escribir")
        assert await town.pool.fetchval(still) == 1, "not before they say who they are"
        answer = await chat.say(ANA.tail)
        assert await town.pool.fetchval(still) == 0, words(answer)
        assert "le volveremos a escribir" in words(answer)
        await chat.say("no me escriban más")
        assert await town.pool.fetchval(still) == 1, "and may close it again"


async def test_baja_in_the_chat_closes_it_and_the_address_that_invited_and_is_confirmed_once(town, token) -> None:
    async with town.identified(token) as chat:
        first = await chat.say("BAJA")
        again = await chat.say("baja por favor")
    assert "no le escribiremos" in words(first)
    assert "no le escribiremos" not in words(again)
    rows = await town.pool.fetch("select channel, address_hash from opt_out order by channel")
    sms = town.app.keyring.address_hash("sms", ANA.phone)
    assert [tuple(row) for row in rows] == [("sms", sms), ("web", "")]
