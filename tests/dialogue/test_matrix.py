"""Whatever a person may want leads somewhere useful, in whatever state the conversation is: 38 intents in 19 states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

import msgspec
import pytest

from acuerdo.core import facts as f
from acuerdo.core.dialogue.engine import expected
from acuerdo.core.facts import kind_of
from acuerdo.core.language import read
from acuerdo.core.language.reading import INTENTS, Intent
from acuerdo.core.words import Money
from acuerdo.service.resources import language_model
from acuerdo.testing.transcripts import Chat, scenario_of

WORDS: Mapping[str, str] = {
    "greet": "hola buenas", "goodbye": "chao, hasta luego", "thank": "muchas gracias",
    "affirm": "sí dale",
    "deny": "no, así no", "ask_repeat": "cómo? no entendí", "ask_who": "quién es usted? es un robot?",
    "ask_balance": "cuánto debo", "ask_debt_detail": "y eso de qué es?",
    "ask_due_date": "hasta cuándo tengo para pagar",
    "ask_agreement": "cuántas cuotas me faltan del acuerdo", "request_statement": "mándeme el estado de cuenta",
    "request_clearance": "necesito el paz y salvo", "ask_payment_methods": "puedo pagar por PSE?",
    "pay_now": "páseme el link y pago", "report_payment": "eso ya lo pagué el lunes",
    "promise_to_pay": "el viernes le cancelo", "make_offer": "le puedo dar 700 mil",
    "request_installments": "se puede en 3 cuotas?", "request_discount": "qué descuento me hacen",
    "request_extension": "deme unos días más", "report_hardship": "me quedé sin trabajo",
    "report_vulnerability": "estoy en quimio", "report_insolvency": "estoy en ley de insolvencia",
    "dispute_debt": "yo nunca saqué ese crédito", "report_fraud": "me suplantaron",
    "wrong_person": "se equivocó de número, yo no soy", "third_party": "soy la esposa, él no está",
    "report_death": "mi papá falleció en marzo", "ask_consequences": "me van a embargar?",
    "complain": "llevan llamándome todo el día, esto es acoso", "opt_out": "no me escriban más",
    "request_data_rights": "eliminen mis datos de su base", "request_human": "páseme con un asesor",
    "request_callback": "llámeme mañana a las 3", "update_contact": "mi nuevo correo es ana@correo.com",
    "abuse": "ladrones hp", "out_of_scope": "qué clima hace hoy",
}  # fmt: skip


def stranger(**heads: str) -> Chat:
    return Chat(scenario_of("matriz", {"cuotas": "4", "descuento": "10", **heads}))


def told(*words: str, **heads: str) -> Chat:
    """Whoever proved who they are and then said this."""
    chat = stranger(**heads)
    for one in ("52345678", *words):
        chat.says(one)
    return chat


def locked() -> Chat:
    chat = stranger()
    for wrong in ("11112222", "33334444", "55556666"):
        chat.says(wrong)
    return chat


def wrong() -> Chat:
    chat = stranger()
    chat.says("se equivocó, yo no soy esa persona")
    return chat


def paid(left: int) -> Chat:
    """A payment came in, and `left` (cents) is still owed."""
    chat = told("quiero pagar en cuotas", "en 3", "sí")
    view = chat.state.view
    accounts = tuple(msgspec.structs.replace(a, balance=Money(left, "COP")) for a in view.accounts)
    chat.happens(f.Refreshed(msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(view, accounts=accounts)))))
    chat.happens(f.PaymentArrived("x", Money(90000000 - left, "COP"), Money(left, "COP"), completed=not left))
    return chat


def taken() -> Chat:
    chat = told()
    chat.happens(f.TakenOver("marta", "Marta"))
    return chat


STATES: Mapping[str, Callable[[], Chat]] = {
    "stranger": stranger, "locked": locked, "wrong": wrong,
    "menu": told, "late": lambda: told(mora="95"), "table": lambda: told("quiero pagar en cuotas"),
    "summary": lambda: told("quiero pagar en cuotas", "en 3"), "promised": lambda: told("le pago todo el 20"),
    "signed": lambda: told("quiero pagar en cuotas", "en 3", "sí"), "link": lambda: told("pago todo ya"),
    "part": lambda: paid(60000000), "cleared": lambda: paid(0), "ended": lambda: told("chao, hasta luego"),
    "asked": lambda: told("quiero hablar con una persona"), "disputed": lambda: told("yo no reconozco esa deuda"),
    "claimed": lambda: told("ya pagué el lunes"), "hard": lambda: told("me quedé sin trabajo y no puedo pagar"),
    "ill": lambda: told("estoy en quimioterapia"), "crisis": lambda: told("ya no quiero seguir viviendo"),
    "out": lambda: told("no me escriban más"),
}  # fmt: skip

# What is said to who is known and owes something; the states below say where theirs differ.
USUAL: Mapping[str, str] = {
    "greet": "respuestas.greet", "goodbye": "cierre.goodbye", "thank": "cierre.thanks",
    "affirm": "negociacion.opening", "deny": "menu.anything", "ask_repeat": "respuestas.repeat",
    "ask_who": "respuestas.who", "ask_balance": "respuestas.balance", "ask_debt_detail": "respuestas.detail",
    "ask_due_date": "respuestas.due", "ask_agreement": "respuestas.no_agreement",
    "request_statement": "documentos.ask_email", "request_clearance": "documentos.clearance_owed",
    "ask_payment_methods": "respuestas.methods", "pay_now": "pago.link", "report_payment": "pago.claim",
    "promise_to_pay": "negociacion.promise", "make_offer": "negociacion.counter_low",
    "request_installments": "negociacion.summary", "request_discount": "negociacion.offer_discount",
    "request_extension": "negociacion.need_date", "report_hardship": "cuidado.hardship",
    "report_vulnerability": "cuidado.ill", "report_insolvency": "cuidado.insolvency", "dispute_debt": "cuidado.dispute",
    "report_fraud": "cuidado.fraud", "wrong_person": "cuidado.wrong_person", "third_party": "cuidado.third_party",
    "report_death": "cuidado.death", "ask_consequences": "respuestas.consequences", "complain": "cuidado.complaint",
    "opt_out": "cuidado.opt_out", "request_data_rights": "cuidado.data_rights", "request_human": "persona.asked",
    "request_callback": "persona.callback", "update_contact": "persona.updated", "abuse": "cuidado.abuse",
    "out_of_scope": "respuestas.not_scope",
}  # fmt: skip


def all_to(text: str, *intents: str) -> dict[str, str]:
    return dict.fromkeys(intents, text)


MONEY = ("pay_now", "make_offer", "promise_to_pay", "request_installments", "request_discount", "request_extension")
QUESTIONS = (
    "ask_balance",
    "ask_debt_detail",
    "ask_due_date",
    "ask_agreement",
    "ask_payment_methods",
    "ask_consequences",
)
PAPERS = ("request_statement", "request_clearance", "update_contact")
# Grave things are heard and answered the same in every state.
GRAVE = (
    "report_vulnerability", "report_insolvency", "report_fraud", "report_death", "request_data_rights", "request_human",
    "opt_out", "wrong_person", "ask_who",
)  # fmt: skip
NOTHING = "-"  # and several texts, apart by a blank, where any of them will do
OTHER: Mapping[str, Mapping[str, str]] = {
    # What needs identity is kept, and answered after it: the wish is looked at below.
    "stranger": {
        **all_to("identidad.first", *MONEY, *QUESTIONS, *PAPERS), "report_hardship": "identidad.first_kind",
        "report_payment": "identidad.first_paid", "affirm": "identidad.not_enough", "deny": "identidad.why",
        "out_of_scope": "identidad.not_scope",
    },
    "locked": {
        **all_to("identidad.locked_again", *MONEY, *QUESTIONS, *PAPERS, "report_hardship", "report_payment", "affirm"),
        **all_to("identidad.locked_again", "deny", "greet", "ask_repeat", "out_of_scope", "abuse"),
    },
    "wrong": {
        **all_to("cuidado.third_again", *MONEY, *QUESTIONS, *PAPERS, "report_hardship", "report_payment"),
        **all_to("cuidado.third_again", "third_party", "dispute_debt", "ask_repeat", "out_of_scope"),
        "request_callback": "cuidado.third_again",
        # Who was told that their address is left alone is left alone.
        **all_to(NOTHING, "wrong_person", "thank", "affirm", "deny", "goodbye", "greet", "abuse"),
    },
    "menu": {"ask_repeat": "respuestas.explained", "update_contact": "persona.updated_more"},
    "late": {
        **all_to("negociacion.specialist", *MONEY), "pay_now": "pago.link", "affirm": "persona.asked",
        "report_hardship": "cuidado.hardship_late", "update_contact": "persona.updated_more",
    },
    "table": {"affirm": "negociacion.which_one", "deny": "negociacion.offer_step negociacion.offer_parts"},
    "summary": {
        "affirm": "negociacion.signed_later", "deny": "negociacion.what_change", "pay_now": "negociacion.signed_later",
        "request_extension": "negociacion.what_change", "promise_to_pay": "negociacion.summary",
        "ask_due_date": "negociacion.plan_dates", "ask_agreement": "negociacion.plan_dates",
        "make_offer": "negociacion.promise",
    },
    "promised": {
        "affirm": "negociacion.promise_ok", "thank": "negociacion.promise_ok", "goodbye": "negociacion.promise_ok",
        "deny": "negociacion.need_date", "ask_agreement": "respuestas.promise_held",
        "make_offer": "negociacion.promise",
    },
    "signed": {
        "affirm": "pago.link", "deny": "cierre.rate_ask", "thank": "cierre.rate_ask",
        "ask_agreement": "respuestas.agreement_made", "promise_to_pay": "acuerdo.in_time",
        "request_extension": "acuerdo.wants_time",
    },
    "link": {"affirm": "cierre.wait", "thank": "cierre.rate_ask"},
    "part": {
        **all_to("cierre.wait", "affirm", "deny", "thank", "out_of_scope"),
        "ask_agreement": "respuestas.agreement_made", "make_offer": "pago.link",
    },
    "cleared": {
        **all_to("negociacion.nothing", *MONEY), **all_to("cierre.wait", "affirm", "deny", "thank", "out_of_scope"),
        **all_to("respuestas.nothing", "ask_balance", "ask_debt_detail", "ask_due_date", "ask_consequences"),
        "ask_agreement": "respuestas.agreement_made", "pay_now": "pago.nothing",
        "report_hardship": "cuidado.hardship_late", "request_clearance": "documentos.clearance_asked",
    },
    "ended": {"affirm": "cierre.wait", "deny": "cierre.goodbye"},
    "asked": {**all_to("persona.wait_again", "affirm", "deny", "out_of_scope"), "request_human": "persona.wait"},
    "disputed": all_to("cuidado.dispute_evidence", "affirm", "deny", "out_of_scope", "dispute_debt"),
    "claimed": all_to(
        "pago.claim_ok", "affirm", "deny", "thank", "out_of_scope", "report_payment", "make_offer", "promise_to_pay",
        "ask_payment_methods",
    ),
    "hard": {
        **all_to("cuidado.hardship_again", "deny", "thank", "out_of_scope", "report_hardship"),
        "affirm": "dificultad.income", "make_offer": "negociacion.counter_hardship",
    },
    # Care first: nothing is asked; what is told is recorded, and who asks to pay may.
    "ill": {
        **all_to("cuidado.quiet", *MONEY, "greet", "thank", "affirm", "deny", "goodbye", "out_of_scope", "abuse"),
        **all_to("cuidado.quiet", "ask_repeat", "third_party"), "pay_now": "pago.calm",
        **all_to("cuidado.noted", "dispute_debt", "report_payment", "complain", "report_hardship"),
    },
    # Not a word of money, whatever is asked: the line again, and a person.
    "crisis": {
        **all_to("cuidado.help_again", *MONEY, *QUESTIONS, *PAPERS, "greet", "thank", "affirm", "deny", "goodbye"),
        **all_to("cuidado.help_again", "ask_repeat", "out_of_scope", "abuse", "third_party", "dispute_debt"),
        **all_to("cuidado.help_again", "report_payment", "complain", "report_hardship"),
    },
    # Nothing is said to who asked for silence, until they ask something.
    "out": all_to(NOTHING, "opt_out", "greet", "thank", "affirm", "deny", "goodbye", "out_of_scope", "abuse"),
}  # fmt: skip


def say(chat: Chat, intent: str) -> list[str]:
    """The person says this, read as that; the texts that answer it."""
    words = WORDS[intent]
    reading = read(words, expected(chat.book, chat.state), chat.at, chat.state.view.country, language_model())
    chat.at += timedelta(seconds=20)
    lines = chat.hears(words, msgspec.structs.replace(reading, intents=(Intent(intent, 0.95),)), "")
    return [line.text_id for line in lines]


def test_the_matrix_is_whole() -> None:
    assert set(WORDS) == set(INTENTS) == set(USUAL)
    assert set(OTHER) == set(STATES)
    assert set(GRAVE) <= set(USUAL)


@pytest.mark.parametrize("state", STATES)
def test_every_intent_is_answered_usefully(state: str) -> None:
    wrong: list[str] = []
    for intent in INTENTS:
        answered = say(STATES[state](), intent)
        wanted = OTHER[state].get(intent, USUAL[intent])
        fine = bool(set(wanted.split()) & set(answered)) if wanted != NOTHING else not answered
        confused = [
            t for t in answered if t.startswith(("respuestas.repair", "respuestas.likely", "identidad.stranger"))
        ]
        if not fine or confused:
            wrong.append(f"{intent}: {wanted} wanted, {', '.join(answered) or 'nothing'} said")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("intent", sorted({*MONEY, *QUESTIONS, *PAPERS, "report_hardship", "report_payment"}))
def test_what_was_wanted_before_identity_is_answered_after_it(intent: str) -> None:
    chat = stranger()
    say(chat, intent)
    answered = [line.text_id for line in chat.says("52345678")]
    assert USUAL[intent] in answered, answered


# While a person attends nothing is said by the assistant; what law and care want kept is kept.
KEPT: Mapping[str, str] = {
    "opt_out": "opted_out", "report_vulnerability": "vulnerability_protected", "report_fraud": "fraud_case_opened",
    "report_insolvency": "hold_placed", "report_death": "contact_blocked", "wrong_person": "contact_blocked",
    "request_data_rights": "data_rights_requested", "dispute_debt": "dispute_opened",
    "report_payment": "payment_claimed", "complain": "complaint_logged", "report_hardship": "hardship_recorded",
}  # fmt: skip


@pytest.mark.parametrize("intent", INTENTS)
def test_while_a_person_attends_the_assistant_keeps_silent_and_keeps_what_matters(intent: str) -> None:
    chat = taken()
    since = len(chat.facts)
    answered = say(chat, intent)
    new = [fact for _, fact in chat.facts[since:]]
    assert all(fact.origin == "system" for fact in new if isinstance(fact, f.Said))
    assert answered in ([], ["persona.held_stop"])
    assert bool(answered) == (intent == "opt_out")
    kept = [kind_of(fact) for fact in new if kind_of(fact) not in ("heard", "said")]
    assert (KEPT[intent] in kept) if intent in KEPT else not kept
    assert chat.state.owner == "agent:marta"
    assert chat.state.at == "menu.menu_open"
