"""What the demo's made-up people do: natural Spanish, each script with what must have come of it."""

from __future__ import annotations

import asyncio

import msgspec

from acuerdo.cli.phones import Person, Phone, Script

BALANCE = r"saldo|adeuda|debe|pendiente"
SUMMARY = r"su acuerdo con .*está de acuerdo"
THANKS = r"del 1 al 5"
# Segments in which the assistant negotiates; those where several payments fit; those where one payment has a discount.
BOT = ("early-loyal", "early-small", "early", "mid-high", "mid", "business")
PARTS = ("mid-high", "mid")
DISCOUNT = ("early-loyal", "early", "mid-high", "mid")
LATE = ("late", "late-high", "business-late")


class Role(msgspec.Struct, frozen=True):
    """A script, how many play it, for whom it is, and the kinds of facts it must and must not leave.

    It is for people all of whose accounts are in these segments.
    """

    name: str
    script: Script
    players: int
    must: tuple[str, ...]
    never: tuple[str, ...] = ()
    segments: tuple[str, ...] = BOT


async def _enter(phone: Phone, person: Person) -> None:
    """Opens the chat and says who they are."""
    await phone.open()
    await phone.hears("asistente automático")
    await phone.say(person.tail)
    await phone.hears("confirmé que es usted")
    await phone.hears(BALANCE)


async def _rate(phone: Phone, score: int, comment: str = "") -> None:
    await phone.hears(THANKS)
    await phone.press(f"rating:{score}", str(score))
    await phone.hears("contarnos algo más|gracias")
    if comment:
        await phone.say(comment)
        await phone.hears("gracias|leemos")


async def _paid(phone: Phone) -> None:
    """Pays on the hosted page, and reads it in the chat."""
    await phone.pay()
    await phone.hears("recibimos su pago|pago recibido")


async def _sign(phone: Phone, card: int) -> None:
    """Takes an offer, reads the summary and says yes."""
    if await phone.one_of(SUMMARY, "."):
        cards = phone.cards()
        chosen = cards[min(card, len(cards) - 1)]
        await phone.press(chosen["id"], chosen["title"])
        await phone.hears(SUMMARY)
    await phone.say("sí, de acuerdo")
    await phone.hears("quedó firmado")


async def _first_payment(phone: Phone) -> None:
    if not phone.said[-1].get("link"):
        await phone.hears("adelantarlo")
        await phone.say("sí, quiero pagarlo de una vez")
        await phone.hears("puede pagar")
    await _paid(phone)


async def plan(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("no puedo pagar todo junto, ¿me lo pueden dejar en cuotas?")
    await _sign(phone, 1)
    await _first_payment(phone)
    await _rate(phone, 5, "Todo muy claro y sin enredos")


async def settlement(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("¿me hacen un descuento si pago todo de una vez?")
    await _sign(phone, 0)
    await _first_payment(phone)
    await _rate(phone, 4)


async def promise(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("le pago todo en tres días")
    await phone.hears("anotado")
    await phone.say("sí, así está bien")
    await phone.hears("queda anotado")
    await _rate(phone, 4)


async def questions(phone: Phone, person: Person) -> None:
    await phone.open()
    await phone.hears("asistente automático")
    await phone.say("¿quién me escribe?")
    await phone.hears("asistente|banco")
    await phone.say(person.tail)
    await phone.hears("confirmé que es usted")
    await phone.say("¿de qué es esa deuda?")
    await phone.hears(".")
    await phone.say("¿y cuándo vencía?")
    await phone.hears("venc|fecha|días")
    await phone.say("listo, quiero pagar ahora")
    await phone.hears("puede pagar")
    await _paid(phone)
    await _rate(phone, 5)


async def asks_for_a_person(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("prefiero hablar con una persona, por favor")
    await phone.hears("le avisé a una persona")
    conversation = await person.conversation_of(phone.token)
    await person.desk.find(conversation)
    await person.desk.do(conversation, "take")
    await phone.hears("Ahora le atiende")
    await person.desk.do(conversation, "say", text="Hola, le saluda Ana. Ya leí su caso, ¿en qué le puedo ayudar?")
    await phone.hears("le saluda Ana")
    await phone.say("gracias Ana, solo quería confirmar que el mensaje era de ustedes")
    await asyncio.sleep(0.2)
    if any(m["who"] == "bot" for m in phone.said[-1:]):
        await phone.hears("(the bot spoke under a person)")
    await person.desk.do(conversation, "say", text="Sí, somos nosotros. Le dejo con el asistente para lo que necesite.")
    await phone.hears("somos nosotros")
    await person.desk.do(conversation, "return")
    await phone.hears("asistente automático")


async def hardship(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("me quedé sin trabajo el mes pasado y ahorita no tengo con qué pagar")
    await phone.hears("gracias por contármelo")


async def opts_out(phone: Phone, person: Person) -> None:
    await phone.open()
    await phone.hears("asistente automático")
    await phone.say("BAJA, no me escriban más")
    await phone.hears("no le escribiremos más")


async def stops_by_sms(phone: Phone, person: Person) -> None:
    await phone.sms(lambda text: "/c/" in text)
    await phone.answer_sms("BAJA")
    await phone.sms(lambda text: "listo" in text)


async def wrong_then_right(phone: Phone, person: Person) -> None:
    await phone.open()
    await phone.hears("asistente automático")
    await phone.say(f"{(int(person.tail[-4:], 36) + 1) % 10_000:04d}")
    await phone.hears("no coincide")
    await phone.say(person.tail)
    await phone.hears("confirmé que es usted")
    await phone.hears(BALANCE)
    await phone.press("pay_now", "Pagar ahora")
    await phone.hears("puede pagar")
    await _paid(phone)
    await _rate(phone, 3)


async def declined_then_paid(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.press("pay_now", "Pagar ahora")
    await phone.hears("puede pagar")
    await phone.pay("declined")
    await phone.hears("no pasó|no fue aprobado")
    await _paid(phone)
    await _rate(phone, 4)


async def over_sixty(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.hears("persona especialista")
    await phone.say("¿me pueden hacer una rebaja?")
    await phone.hears("persona|especialista")


async def disputes(phone: Phone, person: Person) -> None:
    await _enter(phone, person)
    await phone.say("yo no reconozco esa deuda, nunca saqué ese crédito")
    await phone.hears("registré su reclamo|queda en pausa")


async def not_me(phone: Phone, person: Person) -> None:
    await phone.open()
    await phone.hears("asistente automático")
    await phone.press("wrong_person", "No soy esa persona")
    await phone.hears("deja de usarse")


MONEY = ("agreement_accepted", "payment_received")
ROLES: tuple[Role, ...] = (
    Role("plan agreed, first instalment paid", plan, 9, (*MONEY, "satisfaction_given", "comment_given"), (), PARTS),
    Role("one payment agreed and paid", settlement, 4, (*MONEY, "satisfaction_given"), (), DISCOUNT),
    Role("promise", promise, 5, ("promise_made", "satisfaction_given"), ("agreement_accepted",)),
    Role("questions first, then paid", questions, 4, ("question_answered", "payment_received")),
    Role("asks for a person", asks_for_a_person, 3, ("taken_over", "agent_wrote", "handed_back")),
    Role("hardship", hardship, 3, ("hardship_recorded", "handed_over"), ("agreement_accepted",)),
    Role("opt-out in the chat", opts_out, 2, ("opted_out",), ("identified",)),
    Role("BAJA by SMS", stops_by_sms, 1, ("opted_out",), ("identified",)),
    Role("wrong identity, then right", wrong_then_right, 3, ("identity_failed", "identified", "payment_received")),
    Role("declined, then paid", declined_then_paid, 2, ("payment_refused", "payment_received")),
    Role("over 60 days", over_sixty, 3, ("handed_over",), ("agreement_accepted", "offer_made"), LATE),
    Role("disputes", disputes, 1, ("dispute_opened",), ("agreement_accepted",)),
    Role("not that person", not_me, 1, ("contact_blocked",), ("identified",)),
)
