"""What stops messages, in three languages, and what only sounds like it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from acuerdo.core.language import read
from acuerdo.core.language.stops import asks_again, stop_said
from acuerdo.service.resources import language_model

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
CHANNEL = (
    "BAJA", "Baja.", "¡BAJA!", "baja por favor", "STOP", "Alto", "PARAR", "pare", "CANCELAR", "salir", "no más",
    "dar de baja", "quiero darme de baja", "No más mensajes por favor", "sair", "descadastrar", "unsubscribe",
    "stop please", "unsubscribe me", "END", "opt out", "no me escriban más por sms", "no me escriban a este número",
)  # fmt: skip
ALL = (
    "no me escriban más", "No me escriba más, por favor", "no me vuelvan a escribir", "ya no me llamen",
    "nunca más me llamen", "déjenme en paz", "dejadme en paz", "Me deje em paz", "dejen de mandarme mensajes",
    "no quiero recibir más mensajes", "no quiero que me vuelvan a escribir", "no deseo más llamadas",
    "borren mi número", "sáquenme de su lista", "no me molesten más", "paren de llamarme ya",
    "les prohíbo contactarme", "não me mandem mais mensagens", "não quero mais receber mensagens", "pare de me ligar",
    "stop texting me", "do not contact me", "don't text me again", "leave me alone", "take me off your list",
    "ya pagué, dejen de mandarme mensajes", "estoy harta!!! no me escriban nunca más",
)  # fmt: skip
NONE = (
    "no quiero dar de baja mi tarjeta", "baja el interés", "quiero dar de baja la tarjeta", "estoy de baja médica",
    "me dieron de baja en el trabajo", "quiero cancelar", "quiero cancelar la deuda", "cancelar todo", "fin de mes",
    "¿me pueden bajar la cuota?", "no me llamen al trabajo", "no me llamen antes de las 5", "no me llamaron",
    "no dejen de llamarme", "el interés es muy alto", "quiero salir de esta deuda", "no puedo pagar más",
    "para cuándo es", "no quiero más intereses", "no me cobren más intereses", "no me di de baja",
    "le escribo más tarde",
    "basta con 50 mil", "I want to stop paying", "don't call me before nine", "end of month", "stop loss", "hola", "",
)  # fmt: skip
AGAIN = (
    "quiero que me vuelvan a escribir", "Sí, quiero volver a recibir sus mensajes", "pueden volver a escribirme",
    "escríbanme otra vez, me escriban de nuevo", "text me again please", "quero voltar a receber mensagens",
)  # fmt: skip
NOT_AGAIN = (
    "no quiero que me vuelvan a escribir", "no me vuelvan a escribir", "don't text me again",
    "nunca me vuelvan a escribir",
    "si me vuelven a escribir los denuncio", "quiero que me vuelvan a llamar el martes", "vuelvo a escribir mañana",
)  # fmt: skip


@pytest.mark.parametrize("text", CHANNEL)
def test_a_stop_word_closes_the_channel(text: str) -> None:
    assert stop_said(text) == "channel"


@pytest.mark.parametrize("text", ALL)
def test_who_wants_to_be_left_alone_closes_every_channel(text: str) -> None:
    assert stop_said(text) == "all"


@pytest.mark.parametrize("text", NONE)
def test_what_only_sounds_like_it_closes_nothing(text: str) -> None:
    assert stop_said(text) == ""


@pytest.mark.parametrize("text", [*CHANNEL, *ALL])
def test_the_chat_hears_each_of_them_first(text: str) -> None:
    reading = read(text, (), AT, "CO", language_model())
    assert reading.intents[0].name == "opt_out"
    assert ("stop_word" in reading.commands) == (stop_said(text) == "channel")


@pytest.mark.parametrize(
    "text",
    ["no quiero dar de baja mi tarjeta", "no me llamen al trabajo", "no me llamaron", "no dejen de llamarme",
     "baja el interés", "quiero cancelar la deuda", "quiero que me vuelvan a escribir"],
)  # fmt: skip
def test_the_chat_does_not_take_likeness_for_a_stop(text: str) -> None:
    assert "opt_out" not in {intent.name for intent in read(text, (), AT, "CO", language_model()).intents}


@pytest.mark.parametrize("text", AGAIN)
def test_the_person_may_want_messages_again(text: str) -> None:
    assert asks_again(text)
    assert "write_again" in read(text, (), AT, "CO", language_model()).commands


@pytest.mark.parametrize("text", NOT_AGAIN)
def test_and_is_not_taken_to_want_them_when_they_say_no(text: str) -> None:
    assert not asks_again(text)
