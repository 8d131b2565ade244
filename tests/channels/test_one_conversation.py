"""One conversation, begun here and ended there: one state, one budget, and nothing told where nobody is known."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
from tests.channels.conftest import Town
from tests.sending.conftest import PHONE

from acuerdo.core import facts as f
from acuerdo.service.places import Place

DEBT = "900.000"


async def test_begun_by_sms_continued_on_whatsapp_ended_on_the_web(town: Town) -> None:
    world = town.world
    await town.person()
    await world.campaign("ana")
    await world.work()
    (invitation,) = await world.phone()
    assert "/c/" in invitation
    asked = await town.writes("hola, ¿quién es?")
    assert "Tienda Sol" in asked
    assert DEBT not in asked
    known = await town.writes("5678")
    assert DEBT in known
    assert "agreement" not in known
    offered = await town.writes("quiero pagar en cuotas")
    assert "$" in offered
    # On the page of the SMS's link the conversation is the same one, and asks anew who is there.
    link = await town.link()
    shown = await town.page(link)
    assert shown
    assert all(DEBT not in one.content.text for one in shown)
    assert not await world.app.ledger.identified(await town.link(), world.clock.now())
    answered = " ".join(await town.say(link, "5678"))
    assert "confirm" in answered or DEBT in answered
    assert any(DEBT in one.content.text for one in await town.page(link))  # everything, now that they are known
    assert await world.app.ledger.identified(await town.link(), world.clock.now())
    assert await town.fetch("select count(*) from conversation") == 1
    assert (await world.kinds()).count("started") == 1
    # One attempt counts: the invitation. Everything else answered somebody.
    purposes = await world.app.pool.fetch("select purpose from contact order by at")
    assert [row[0] for row in purposes].count("collection") == 1
    assert {row[0] for row in purposes} == {"collection", "reply"}


async def test_numbers_and_titles_answer_what_was_last_said_there(town: Town) -> None:
    await town.person()
    first = await town.writes("buenas")
    assert "1. ¿Quién es?" in first
    assert "Tienda Sol" in await town.writes("1")
    facts = [r.fact for r in await town.world.facts() if isinstance(r.fact, f.Heard)]
    assert [one.button for one in facts] == ["", "ask_who"]
    again = await town.writes("hablar con una persona")
    assert again
    facts = [r.fact for r in await town.world.facts() if isinstance(r.fact, f.Heard)]
    assert facts[-1].button in ("request_human", "")


async def test_a_number_that_answers_an_older_message_means_what_it_meant_there(town: Town) -> None:
    await town.person()
    await town.writes("buenas")
    await town.writes("5678")
    old = await town.fetch("select provider_id from outbox order by created_at limit 1")
    await town.writes("1", answers=old)
    heard = [r.fact for r in await town.world.facts() if isinstance(r.fact, f.Heard)]
    assert heard[-1].button == "ask_who"


async def test_the_same_payload_twice_is_answered_once(town: Town) -> None:
    await town.person()
    for _ in range(3):
        await town.writes("buenas", id="same")
    assert len(town.line.out) == 1


async def test_a_proof_grows_old_by_policy_and_nothing_of_a_debt_leaves_after_it(town: Town) -> None:
    await town.person()
    await town.writes("buenas")
    assert DEBT in await town.writes("5678")
    town.world.clock.go_on(timedelta(days=29))
    assert DEBT in await town.writes("¿cuánto debo?")
    town.world.clock.go_on(timedelta(days=2))
    assert DEBT not in await town.writes("¿cuánto debo?")
    went = [r.fact for r in await town.world.facts() if isinstance(r.fact, f.WentOn)]
    assert [one.identified for one in went] == [False]
    assert DEBT in await town.writes("5678")


async def test_two_people_behind_one_number_are_answered_by_link_and_neither_is_told_of_the_other(town: Town) -> None:
    await town.person("ana")
    await town.person("luis")
    got = await town.writes("¿cuánto debo?")
    assert got.count("/c/") == 2
    assert DEBT not in got
    assert "Ana" not in got
    assert "Luis" not in got
    assert await town.fetch("select count(*) from conversation") == 0


async def test_who_answers_a_message_is_its_addressee_even_where_two_share_the_number(town: Town) -> None:
    await town.person("ana")
    await town.person("luis")
    await town.writes("hola")
    to_ana = await town.fetch("select provider_id from outbox where person_id = 'ana'")
    await town.writes("¿quién es?", answers=to_ana)
    assert await town.fetch("select array_agg(person_id) from conversation") == ["ana"]


async def test_two_creditors_of_one_human_are_told_apart_by_the_number_they_write_to(town: Town) -> None:
    await town.world.creditor("Banco Luna", senders={"whatsapp": "+570002"})
    await town.world.creditor("Tienda Sol", senders={"whatsapp": "+570001"})
    await town.person("ana", subject="one human")
    await town.person("ana en el banco", subject="one human", creditor="Banco Luna")
    assert "Banco Luna" in await town.writes("¿quién es?", to="+570002")
    assert "Tienda Sol" in await town.writes("¿quién es?", to="+570001")
    assert await town.fetch("select count(*) from conversation") == 2


async def test_somebody_known_by_the_channels_own_id_is_written_to_by_it(town: Town) -> None:
    await town.person()
    await town.writes("buenas", user="CO.123")
    town.line.out.clear()
    assert "Tienda Sol" in await town.writes("¿quién es?", frm="", user="CO.123")
    assert town.line.out[-1].address == "CO.123"
    assert await town.fetch("select count(*) from conversation") == 1


async def test_a_stranger_is_kept_and_listed_and_gets_nothing(town: Town) -> None:
    await town.person()
    assert not await town.writes("hola", frm="+573990000000")
    (unread,) = await town.world.app.mail.inbox.unread("whatsapp")
    assert unread.status == "stranger"


async def test_a_stop_on_whatsapp_stops_there_and_what_is_ours_to_begin(town: Town) -> None:
    await town.person()
    await town.writes("buenas")
    assert "No enviaremos" in await town.writes("BAJA")
    rows = await town.world.app.pool.fetch("select channel from opt_out")
    assert [row[0] for row in rows] == ["whatsapp"]


async def test_what_an_agent_writes_leaves_where_the_person_wrote(town: Town) -> None:
    from acuerdo.service import talking

    await town.person()
    await town.writes("buenas")
    talk = await town.fetch("select id from conversation")
    app, at = town.world.app, town.world.clock.now()
    await talking.tell(app.house, talk, f.TakenOver("maria", "María"), "agent:maria", at, key="t1")
    town.world.clock.go_on(timedelta(seconds=1))
    at = town.world.clock.now()
    await talking.tell(
        app.house, talk, f.AgentWrote("maria", "m1", "Hola, le saluda María. ¿En qué le ayudo?"), "agent:maria", at,
        key="a1",
    )  # fmt: skip
    await town.world.work()
    assert "le saluda María" in town.line.texts[-1]
    # And what the bot had ready is not said over her.
    assert not await town.writes("una pregunta")


async def test_a_debt_is_not_told_by_sending_what_was_decided_when_the_proof_still_counted(town: Town) -> None:
    """Between deciding and sending somebody else took the telephone: the exit judges again, by that place's proof."""
    from acuerdo.service import sending

    await town.person()
    await town.writes("buenas")
    await town.writes("5678")
    app = town.world.app
    await town.told({"kind": "inbound", "id": "last", "address": PHONE, "text": "nada"})
    key = await town.fetch("select key from outbox order by created_at limit 1 offset 1")
    await app.pool.execute("update outbox set status = 'pending' where key = $1", key)
    await app.pool.execute("update talk_place set proved_at = null")
    before = len(town.line.out)
    await sending.send(app.exit, key)
    assert len(town.line.out) == before
    dropped = [r.fact for r in await town.world.facts() if isinstance(r.fact, f.MessageDropped)]
    assert dropped[-1].why[0].code == "debt_before_identity"


async def test_what_is_said_elsewhere_is_not_shown_on_an_open_page_where_nobody_is_known(town: Town) -> None:
    await town.person()
    await town.world.campaign("ana")
    await town.world.work()
    await town.writes("hola")
    page = await town.page(await town.link())
    assert DEBT in await town.writes("5678")
    app, at = town.world.app, town.world.clock.now()
    link = await town.link()
    talk = await town.fetch("select id from conversation")
    shown = await app.talks.since(talk, 0, Place("web", link.address_hash), at)
    assert shown == page
    assert len(await app.talks.since(talk, 0)) > len(shown)


async def test_a_link_to_another_address_is_another_place(town: Town) -> None:
    """Known on the page of one address, nobody is known on that of another: a found number may be a stranger's."""
    from acuerdo.core.words import derive

    await town.person(phones=(PHONE, "+573009998877"))
    await town.world.campaign("ana")
    await town.world.work()
    first = await town.link()
    assert DEBT in " ".join(await town.say(first, "5678"))
    app = town.world.app
    await app.pool.execute(
        """insert into link (token_hash, creditor_id, person_id, channel, address_hash, issued_at, expires_at)
           select $1, creditor_id, person_id, channel, $2, issued_at + interval '1 hour', expires_at
           from link limit 1""",
        derive("another").encode(), app.keyring.address_hash("sms", "+573009998877"),
    )  # fmt: skip
    other = await town.link_of(derive("another").encode())
    shown = await town.page(other)
    assert shown
    assert all(DEBT not in one.content.text for one in shown)
    assert DEBT not in " ".join(await town.say(other, "¿cuánto debo?"))
    assert DEBT in " ".join(await town.say(first, "¿cuánto debo?"))
    assert await town.fetch("select count(*) from conversation") == 1


async def test_who_waited_for_a_turn_sees_the_places_as_they_are_after_it(town: Town) -> None:
    await town.person()
    await town.writes("hola")
    talk, at = await town.fetch("select id from conversation"), town.world.clock.now()
    app = town.world.app

    async def proofs() -> list[object]:
        async with app.talks.turn(talk, "nothing", at) as turn:
            return [one.at for one in turn.held.proofs]

    assert await proofs() == [None]
    async with app.pool.acquire() as db, db.transaction():
        await db.execute("select from conversation where id = $1 for update", talk)
        waiting = asyncio.create_task(proofs())
        await asyncio.sleep(0.3)
        await db.execute("update talk_place set proved_at = $1", at)
        await db.execute("update conversation set version = version + 1")
    assert await waiting == [at]


async def test_a_conversation_on_several_channels_is_told_again_from_its_facts(town: Town) -> None:
    from acuerdo.adapters.store.talks import state_aad
    from acuerdo.core.dialogue.state import State
    from acuerdo.service.replaying import replay

    await town.person()
    await town.world.campaign("ana")
    await town.world.work()
    for text in ("hola", "5678", "quiero pagar en cuotas", "1"):
        await town.writes(text)
    link = await town.link()
    await town.page(link)
    await town.say(link, "5678")
    await town.writes("¿cuánto debo?")
    app, talk = town.world.app, await town.fetch("select id from conversation")
    state, _ = replay(await app.talks.facts(talk), app.house.book)
    row = await app.pool.fetchrow("select state, wrapped_key from conversation c, person p where p.id = c.person_id")
    key = app.keyring.person(row["wrapped_key"], "ana")
    assert key is not None
    assert state == msgspec.json.decode(key.open(row["state"], state_aad(talk)), type=State)
    assert [one.fact.channel for one in await town.world.facts() if isinstance(one.fact, f.WentOn)] == [
        "web",
        "whatsapp",
    ]
