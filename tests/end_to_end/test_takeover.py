"""A person takes a conversation: what they see, what they may say, and that the bot is silent meanwhile."""

from __future__ import annotations

import asyncio
from itertools import count

import httpx
import pytest
from corridor import ANA, Desk, first, words
from test_identity import WRONG, deliver

from acuerdo.core import facts as f
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import ConversationId, CreditorId, PersonId
from acuerdo.service import paying
from acuerdo.service.channels import channel_of
from acuerdo.service.reaching import best_address
from acuerdo.service.sending import Outgoing, queue_outbound


@pytest.fixture
async def asked(town, token) -> str:
    """The conversation of an identified person who asked for a person."""
    async with town.identified(token) as chat:
        await chat.say("quiero hablar con una persona, no entiendo el interés")
    return await town.conversation(token)


def by_bot(messages: list[dict]) -> list[str]:
    return [m["text"] for m in messages if m["who"] == "bot"]


async def test_the_door_opens_to_the_right_password_alone(town) -> None:
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = Desk(web)
        assert (await desk.open("/desk")).headers["location"] == "/desk/login"
        await town.app.desk.add_agent("lucia", "Lucía", "una clave larga", "agent", town.clock.now())
        for login, password in (("lucia", "otra"), ("nadie", "una clave larga"), ("lucia", ""), ("' or 1=1--", "x")):
            answer = await desk.sign_in(login, password)
            assert answer.status_code == 401
            assert "no son correctos" in answer.text
            assert "set-cookie" not in answer.headers or "agent" not in answer.headers["set-cookie"]
        no_token = await web.post("/desk/login", data={"name": "lucia", "password": "una clave larga", "csrf": "ñ"})
        assert no_token.status_code == 401
        answer = await desk.sign_in("Lucia", "una clave larga")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "una clave" not in cookie


async def test_too_many_wrong_tries_shut_the_door_for_a_while_even_when_made_at_once(town) -> None:
    await town.app.desk.add_agent("lucia", "Lucía", "una clave larga", "agent", town.clock.now())
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = Desk(web)
        await desk.open("/desk/login")
        form = {"csrf": desk.hidden("csrf"), "name": "lucia", "password": "mala"}
        answers = await asyncio.gather(*(web.post("/desk/login", data=form) for _ in range(12)))
        assert sum("no son correctos" in answer.text for answer in answers) == 8
        assert "Demasiados intentos" in (await desk.sign_in("lucia", "una clave larga")).text
        await town.later(minutes=11)
        assert (await desk.sign_in("lucia", "una clave larga")).status_code == 303


async def test_signing_in_makes_a_new_session_and_signing_out_ends_it(town) -> None:
    async with town.desk() as desk:
        inside = desk.web.cookies["acuerdo"]
        await desk.open("/desk")
        await desk.send("/desk/logout", csrf="wrong")
        assert (await desk.open("/desk")).status_code == 200
        await desk.send("/desk/logout")
        assert (await desk.open("/desk")).status_code == 303
        # What was planted before signing in, or cut from another's session, opens nothing.
        for planted in ("eyJhZ2VudCI6ICJsdWNpYSJ9.x.y", inside[:-3] + "abc", "lucia"):
            desk.web.cookies.clear()
            desk.web.cookies.set("acuerdo", planted)
            assert (await desk.open("/desk")).status_code == 303
    async with httpx.AsyncClient(base_url=town.address) as web:
        desk = Desk(web)
        await desk.open("/desk/login")
        before = desk.hidden("csrf")
        await desk.send("/desk/login", name="lucia", password="una clave larga")
        await desk.open("/desk")
        assert desk.hidden("csrf") not in ("", before)


async def test_the_agent_sees_who_asks_why_and_what_was_said(town, token, asked) -> None:
    async with town.desk() as desk:
        await desk.open("/desk")
        assert all(part in desk.seen for part in ("Piden una persona", "Ana", "Casa Ejemplo", "no entiendo el interés"))
        await desk.open(f"/desk/c/{asked}")
        assert "Pidió hablar con una persona" in desk.seen
        assert "$900.000" in desk.seen
        assert "Le avisé" in desk.seen or "avisé a una persona" in desk.seen
        assert ANA.document not in desk.page
        assert (await desk.open("/desk/c/nope")).status_code == 404


async def test_from_taking_to_handing_back_only_the_agent_writes(town, token, asked) -> None:
    async with town.chat(token) as chat, town.desk() as desk:
        assert "La conversación es suya" in await desk.act(asked, "take")
        taken = await chat.until(lambda frame: frame.get("with_person") is True)
        assert taken["t"] == "state"
        for text in ("¿cuánto debo?", "quiero pagar", "borren mis datos"):
            assert await chat.say(text) == []
        # Where a life may be at stake nobody is waited for: a line to call is told, and the bot is as silent as before.
        assert {m["who"] for m in await chat.say("no quiero vivir más")} == {"system"}
        assert (
            await desk.act(asked, "say", text="Hola, soy Lucía. Con gusto le explico el interés.") == "Mensaje enviado."
        )
        told = await chat.until(lambda frame: frame.get("who") == "agent")
        assert "soy Lucía" in told["text"]
        before = set(chat.messages)
        assert "El asistente sigue" in await desk.act(asked, "return")
        back = await chat.until(lambda frame: frame["t"] == "state" and not frame.get("with_person"))
        assert back
        await chat.settled(before)
        assert "asistente automático" in words([m for n, m in chat.messages.items() if n not in before])
        assert "$900.000" in words(await chat.say("¿cuánto debo?"))
        chat.whole()
    items = await town.pool.fetch("select reason, status, outcome from work_item")
    assert {row["reason"] for row in items} >= {"asked", "data_rights"}
    assert {(row["status"], row["outcome"]) for row in items} == {("closed", "handed_back")}
    kinds = await town.kinds(token)
    assert (
        kinds.index("taken_over") < kinds.index("agent_wrote") < kinds.index("handed_back") < kinds.index("case_closed")
    )


async def test_who_asks_again_after_the_hand_back_is_on_the_list_again(town, token, asked) -> None:
    async with town.chat(token) as chat, town.desk() as desk:
        await desk.act(asked, "take")
        await desk.act(asked, "return")
        await chat.say("quiero hablar con una persona")
        await desk.open("/desk")
        assert desk.seen.count("Pidió hablar con una persona") == 1
    assert await town.pool.fetchval("select count(*) from work_item where status = 'open'") == 1


async def test_messages_race_with_the_takeover_and_none_is_answered_after_it(town, token, asked) -> None:
    from acuerdo.service.talking import hear

    house, at, sent = town.app.house, town.clock.now(), count()

    async def write(until: asyncio.Event) -> None:
        """One after the other until the takeover is through, and one more that surely comes after it."""
        last = False
        while not last:
            last = until.is_set()
            await hear(house, asked, f"k{next(sent)}", "¿cuánto debo?", "", at)

    async def take(through: asyncio.Event) -> None:
        while not await town.pool.fetchval(asked_again, asked):  # noqa: ASYNC110 - a row offers no event
            await asyncio.sleep(0.005)
        await desk.send(f"/desk/c/{asked}/take")
        through.set()

    before = await town.pool.fetchval("select max(seq) from fact where conversation_id = $1", asked)
    asked_again = f"select count(*) > 8 from fact where conversation_id = $1 and seq > {before}"
    async with town.desk() as desk:
        await desk.open(f"/desk/c/{asked}")
        through = asyncio.Event()
        await asyncio.gather(take(through), *(write(through) for _ in range(20)))
    facts = await town.facts(token)
    place = next(n for n, r in enumerate(facts) if isinstance(r.fact, f.TakenOver))
    after = [r.fact for r in facts[place + 1 :]]
    assert [fact.text_id for fact in after if isinstance(fact, f.Said)] == ["persona.taken_over"]
    heard = [n for n, r in enumerate(facts) if isinstance(r.fact, f.Heard)]
    assert len(heard) == 2 + next(sent)
    assert heard[2] < place < heard[-1], "nothing raced"
    numbers = await town.pool.fetch("select seq from fact where conversation_id = $1 and seq > 0 order by seq", asked)
    assert [row["seq"] for row in numbers] == list(range(1, len(numbers) + 1))


async def test_what_the_bot_had_in_the_outbox_is_dropped_with_a_fact(town, token, asked) -> None:
    at, exit_ = town.clock.now(), town.app.exit
    person = await town.person()
    async with exit_.outbound.person(person, at) as contact:
        traits = channel_of(exit_.channels, "sms_sandbox" if "sms_sandbox" in exit_.channels else "sms").traits
        address = best_address(contact, await contact.addresses(traits), traits.name)
        say = Say(
            "bot-word", Content("Le escribimos de Casa Ejemplo."), traits.name, "requested_information",
            CreditorId(contact.who.creditor), PersonId(person), conversation=ConversationId(asked),
            topics=("creditor",), answers_at=at,
        )  # fmt: skip
        await queue_outbound(exit_, contact, Outgoing(say, address, traits), at)
    async with town.desk() as desk:
        await desk.act(asked, "take")
    await deliver(town)
    assert await town.pool.fetchval("select status from outbox where key = 'bot-word'") == "dropped"
    assert await town.pool.fetchval("select count(*) from sandbox.sms") == 0
    dropped = [r.fact for r in await town.facts(token) if isinstance(r.fact, f.MessageDropped)]
    assert [reason.code for fact in dropped for reason in fact.why] == ["taken_over"]


async def test_a_second_agent_can_neither_take_nor_write_nor_give_back(town, token, asked) -> None:
    async with town.desk() as lucia, town.desk("pedro", "otra clave larga") as pedro:
        await pedro.open(f"/desk/c/{asked}")
        await lucia.act(asked, "take")
        offer = {"kind": "plan", "amount": "900000", "installments": "3", "first_date": "2026-12-01"}
        for deed, fields in (("take", {}), ("say", {"text": "Hola"}), ("offer", offer), ("return", {}),
                             ("close", {"outcome": "resolved"})):  # fmt: skip
            assert (await pedro.act(asked, deed, **fields)).startswith("✗ "), deed
        assert "La atiende Lucia" in pedro.seen
        assert await lucia.act(asked, "say", text="Hola") == "Mensaje enviado."
    assert (await town.kinds(token)).count("agent_wrote") == 1
    assert await town.pool.fetchval("select owner from conversation") == "agent:lucia"


async def test_nobody_writes_in_a_conversation_that_they_did_not_take(town, asked) -> None:
    async with town.desk() as desk:
        assert (await desk.act(asked, "say", text="Hola")).startswith("✗ Primero tome la conversación")


async def test_a_form_without_its_token_does_nothing_and_one_sent_twice_does_it_once(town, token, asked) -> None:
    async with town.desk() as desk:
        await desk.open(f"/desk/c/{asked}")
        await desk.send(f"/desk/c/{asked}/take", csrf="forged")
        assert await town.pool.fetchval("select owner from conversation") == "bot"
        await desk.act(asked, "take")
        form = {"csrf": desk.hidden("csrf"), "nonce": desk.hidden("nonce"), "text": "Buenos días"}
        for _ in range(2):
            assert (await desk.web.post(f"/desk/c/{asked}/say", data=form)).status_code == 200
    assert (await town.kinds(token)).count("agent_wrote") == 1


OUTSIDE = [
    ({"amount": "800000"}, "por debajo de lo que su autorización permite"),
    ({"amount": "950.000"}, "más que el saldo"),
    ({"installments": "5"}, "más pagos de los que su autorización permite"),
    ({"installments": "3", "amount": "850000"}, "no lleva descuento"),
    ({"first_date": "2026-11-20"}, "ya pasó"),
    ({"first_date": "2027-11-20"}, "más allá de lo permitido"),
    ({"first_date": "9999-12-31", "installments": "4"}, "más allá de lo permitido"),
    ({"first_date": "ayer"}, "alguno no se entiende"),
    ({"amount": "mucho"}, "alguno no se entiende"),
    ({"amount": "NaN"}, "alguno no se entiende"),
    ({"installments": "-1"}, "al menos un pago"),
    ({"installments": "900000000"}, "más pagos"),
]


async def test_an_offer_outside_authority_is_refused_with_its_reason(town, token, asked) -> None:
    async with town.desk() as desk:
        await desk.act(asked, "take")
        for fields, why in OUTSIDE:
            offer = {"kind": "plan", "amount": "900000", "installments": "1", "first_date": "2026-12-01"} | fields
            notice = await desk.act(asked, "offer", **offer)
            assert notice.startswith("✗ "), fields
            assert why in notice, fields
    assert not {"agent_offered", "agreement_proposed"} & set(await town.kinds(token))


async def test_an_offer_within_authority_is_agreed_by_the_persons_yes(town, token, asked) -> None:
    async with town.chat(token) as chat, town.desk() as desk:
        await desk.act(asked, "take")
        notice = await desk.act(
            asked, "offer", kind="settlement", amount="$ 810.000", installments="1", first_date="2026-12-01"
        )
        assert "Oferta enviada" in notice
        shown = await chat.until(lambda frame: "$810.000" in frame.get("text", ""))
        assert shown["who"] in ("bot", "agent", "system")
        await desk.act(asked, "return")
        await chat.say("sí")
    accepted = next(r.fact for r in await town.facts(token) if isinstance(r.fact, f.AgreementAccepted))
    assert (accepted.total.minor, accepted.origin) == (81_000_000, "agent")
    assert await town.pool.fetchval("select origin from agreement") == "agent"


async def test_a_payment_while_a_person_attends_is_a_neutral_card(town, token) -> None:
    async with town.identified(token) as chat, town.desk() as desk:
        address = first(await chat.press("pay_now", "Pagar ahora"), "link")["url"]
        await chat.say("quiero hablar con una persona")
        conversation = await town.conversation(token)
        await desk.act(conversation, "take")
        await chat.settled(set())
        before = set(chat.messages)
        hosted = await town.web.get(address, follow_redirects=True)
        await town.web.post(hosted.url, data={"result": "paid"})
        await paying.look_again(town.app.paying, address.removeprefix("/p/"), town.clock.now())
        await chat.until(lambda frame: "Pago recibido" in frame.get("text", ""))
        await chat.settled(before)
        new = [m for n, m in chat.messages.items() if n not in before]
        assert [m["who"] for m in new] == ["system"]
        assert not new[0].get("buttons")
        await desk.open(f"/desk/c/{conversation}")
        assert "Pago recibido: $900.000" in desk.seen


DEBT_TALK = [
    "Hola Ana, le escribo por su deuda.", "Debe $900.000.", "¿Puede pagar hoy?", "Son 900.000 pesos", "serían 900000",
    "Le ofrezco un descuento", "Son novecientos mil pesos", "Abone algo y cierro", "Es sobre su tarjeta",
    "Tiene 22 días de mora",
]  # fmt: skip


async def test_before_identity_an_agent_does_not_speak_of_the_debt(town, token) -> None:
    async with town.chat(token) as chat, town.desk() as desk:
        await chat.say("quiero hablar con una persona")
        conversation = await town.conversation(token)
        await desk.act(conversation, "take")
        await chat.settled(set())
        before = set(chat.messages)
        for text in DEBT_TALK:
            notice = await desk.act(conversation, "say", text=text)
            assert notice.startswith("✗ No se envió. La persona todavía no confirma quién es"), text
        offer = {"kind": "plan", "amount": "900000", "installments": "1", "first_date": "2026-12-01"}
        assert (await desk.act(conversation, "offer", **offer)).startswith("✗ No se envió.")
        greeting = "Hola, soy Lucía, de Casa Ejemplo. ¿Con quién hablo?"
        assert await desk.act(conversation, "say", text=greeting) == "Mensaje enviado."
        await chat.settled(before)
        assert [m["text"] for n, m in chat.messages.items() if n not in before] == [greeting]
    assert (await town.kinds(token)).count("agent_wrote") == 1


@pytest.mark.parametrize("text", ["Si no paga le embargamos la casa.", "Le vamos a quitar el sueldo"])
async def test_an_agents_threat_does_not_leave(town, token, asked, text: str) -> None:
    async with town.desk() as desk:
        await desk.act(asked, "take")
        assert (await desk.act(asked, "say", text=text)).startswith("✗ No se envió. El texto suena a amenaza")
    assert "agent_wrote" not in await town.kinds(token)


async def test_at_night_the_takeover_is_silent_and_opens_no_other_case(town, token, asked) -> None:
    await town.later(hours=13)  # 23:00 in Bogotá, and the person wrote in the morning
    async with town.desk() as desk, town.chat(token) as chat:
        before = set(chat.messages)
        assert "La conversación es suya" in await desk.act(asked, "take")
        assert await desk.act(asked, "say", text="Buenas noches, mañana le explico.") == "Mensaje enviado."
        await desk.act(asked, "return")
        await chat.settled(before)
        assert [m["who"] for n, m in chat.messages.items() if n not in before] == ["agent"]
    assert await town.pool.fetchval("select count(*) from work_item") == 1
    await town.later(days=1)
    async with town.desk() as desk:
        await desk.act(asked, "take")
        notice = await desk.act(asked, "say", text="¿Sigue ahí?")
        assert notice.startswith("✗ No se envió. A esta hora no se puede escribir")


async def test_a_locked_out_persons_case_is_there_with_nothing_of_what_was_guessed(town, token) -> None:
    async with town.chat(token) as chat:
        for guess in WRONG[:3]:
            await chat.say(guess)
    async with town.desk() as desk:
        await desk.open("/desk")
        assert "No pudo confirmar su identidad" in desk.seen
        assert not [guess for guess in WRONG[:3] if guess in desk.seen]


async def test_the_list_says_how_long_each_waits_the_most_urgent_first(town) -> None:
    from corridor import IVAN

    await town.take_in(ANA, IVAN)
    tokens = [await town.invite(debtor) for debtor in (ANA, IVAN)]
    async with town.identified(tokens[0]) as chat:
        await chat.say("quiero hablar con una persona")
    await town.later(minutes=90)
    async with town.identified(tokens[1], IVAN) as chat:
        await chat.say("usaron mi identidad, yo nunca saqué eso, es un fraude")
    await town.later(minutes=5)
    async with town.desk() as desk:
        await desk.open("/desk")
        assert "1 h 35 min" in desk.seen
        assert "5 min" in desk.seen
        assert "Urgente" in desk.seen.split("Pasadas por el asistente")[1]
