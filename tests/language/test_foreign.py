"""English and Portuguese: yes, no, stop and a person are understood; the rest is known as not Spanish."""

import pytest
from tests.language.conftest import Hear

UNDERSTOOD = [
    ("yes", "affirm"), ("yes please", "affirm"), ("sure", "affirm"), ("of course", "affirm"),
    ("yes, I agree", "affirm"),
    ("sim", "affirm"), ("sim, por favor", "affirm"), ("isso", "affirm"), ("pode ser", "affirm"),
    ("sim, aceito", "affirm"),
    ("no thanks", "deny"), ("no, thank you", "deny"), ("nope", "deny"), ("não", "deny"), ("nao", "deny"),
    ("não, obrigado", "deny"), ("agora não", "deny"),
    ("a person, please", "request_human"), ("human please", "request_human"), ("agent", "request_human"),
    ("I want to talk to a person", "request_human"), ("Can I speak to a human?", "request_human"),
    ("speak to someone", "request_human"), ("quero falar com uma pessoa", "request_human"),
    ("falar com atendente", "request_human"), ("uma pessoa, por favor", "request_human"),
    ("atendente", "request_human"),
    ("pode me passar para um humano?", "request_human"),
    ("stop", "opt_out"), ("unsubscribe", "opt_out"), ("stop texting me", "opt_out"), ("leave me alone", "opt_out"),
    ("please remove me", "opt_out"), ("sair", "opt_out"), ("pare de me ligar", "opt_out"),
    ("não me mande mais mensagens", "opt_out"), ("me deixe em paz", "opt_out"),
    ("hello", "greet"), ("good morning", "greet"), ("bom dia", "greet"), ("thank you so much", "thank"),
    ("muito obrigada", "thank"), ("wrong number", "wrong_person"), ("sorry, you have the wrong number", "wrong_person"),
    ("i already paid", "report_payment"), ("já paguei", "report_payment"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "intent"), UNDERSTOOD)
@pytest.mark.parametrize("expected", [(), ("yes_no",), ("date", "money")])
def test_what_is_understood_of_english_and_portuguese(
    hear: Hear, text: str, intent: str, expected: tuple[str, ...]
) -> None:
    first = hear(text, *expected).intents[0]
    assert first.name == intent
    assert first.confidence > 0.5


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("what is this about?", "english"),
        ("I do not speak Spanish", "english"),
        ("how much interest is there on this?", "english"),
        ("quem é?", "portuguese"),
        ("do que se trata", "portuguese"),
        ("não falo espanhol", "portuguese"),
    ],
)
def test_the_rest_is_known_as_another_language(hear: Hear, text: str, command: str) -> None:
    reading = hear(text)
    assert command in reading.commands
    assert reading.intents[0].name == "out_of_scope"


@pytest.mark.parametrize("text", ["me dice please cuánto debo", "hello, soy yo", "ok thanks, pago el viernes"])
def test_a_borrowed_word_leaves_spanish_spanish(hear: Hear, text: str) -> None:
    assert hear(text).intents[0].name not in ("out_of_scope", "opt_out")
