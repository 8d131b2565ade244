"""What is understood too little to act upon is asked back with its two nearest readings, once, and leads on."""

from __future__ import annotations

from acuerdo.core import facts as f
from acuerdo.core.dialogue.state import Line
from acuerdo.core.facts import kind_of
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.testing.transcripts import Chat, scenario_of

UNSURE = Reading((Intent("out_of_scope", 0.8), Intent("report_payment", 0.2), Intent("pay_now", 0.15)))


def identified() -> Chat:
    chat = Chat(scenario_of("asked-back", {}))
    chat.says("52345678")
    return chat


def buttons(lines: tuple[Line, ...]) -> list[str]:
    return [button.id for button in lines[-1].content.buttons]


def test_the_two_nearest_readings_are_offered_and_one_is_chosen() -> None:
    chat = identified()
    lines = chat.hears("y el tema de la plata qué", UNSURE)
    assert lines[-1].text_id == "respuestas.likely"
    assert buttons(lines) == ["report_payment", "pay_now"]
    since = len(chat.facts)
    chat.presses("pay_now")
    assert "payment_link_sent" in [kind_of(fact) for _, fact in chat.facts[since:]]


def test_it_is_not_asked_back_twice_running() -> None:
    chat = identified()
    chat.hears("y el tema", UNSURE)
    assert chat.hears("pues eso", UNSURE)[0].text_id != "respuestas.likely"


def test_to_who_has_not_said_who_they_are_nothing_of_a_debt_is_offered() -> None:
    chat = Chat(scenario_of("asked-back", {}))
    lines = chat.hears("y el tema de la plata qué", UNSURE)
    assert all(line.text_id != "respuestas.likely" for line in lines)


def test_what_is_plainly_another_matter_is_not_asked_back() -> None:
    chat = identified()
    lines = chat.hears("qué clima hace", Reading((Intent("out_of_scope", 0.99),)))
    assert lines[0].text_id == "respuestas.not_scope"
    assert not any(isinstance(fact, f.HandedOver) for _, fact in chat.facts)
