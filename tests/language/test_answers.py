"""The same word says different things to different questions."""

import pytest
from tests.language.conftest import WEDNESDAY, Hear

from acuerdo.core.language import Model, ranked


@pytest.mark.parametrize("text", ["ya", "dale", "listo", "sí, así está bien", "va", "👍", "ya po", "ok, dale no más"])
def test_a_yes_to_a_question(hear: Hear, text: str) -> None:
    assert [intent.name for intent in hear(text, "yes_no", country="CL").intents] == ["affirm"]


@pytest.mark.parametrize("text", ["no", "nel", "sí pero en 4 pagos", "ya pagué", "bueno, no", "claro que no"])
def test_what_only_begins_like_a_yes(hear: Hear, text: str) -> None:
    assert hear(text, "yes_no", country="MX").intents[0].name != "affirm"


ANSWERS = [
    ("el 20", ("date",), [("date", "2026-03-20")], "promise_to_pay"),
    ("20", ("date",), [("date", "2026-03-20")], "promise_to_pay"),
    ("3", ("installments",), [("installments", "3")], "request_installments"),
    ("bueno, en 6", ("installments", "choice"), [("installments", "6")], "request_installments"),
    ("500", ("money",), [("money", "500")], "make_offer"),
    ("800 mil", ("money", "choice"), [("money", "800000")], "make_offer"),
    ("a las 4", ("time",), [("time", "16:00")], "out_of_scope"),
    ("79123456", ("document",), [("document", "79123456")], "out_of_scope"),
    ("5678", ("document_tail",), [], "out_of_scope"),
    ("5", ("rating",), [], "out_of_scope"),
]


@pytest.mark.parametrize(("text", "expected", "entities", "intent"), ANSWERS)
def test_a_bare_answer(
    hear: Hear, text: str, expected: tuple[str, ...], entities: list[tuple[str, str]], intent: str
) -> None:
    reading = hear(text, *expected)
    assert [(e.kind, e.value) for e in reading.entities] == entities
    assert reading.intents[0].name == intent


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("2", "second"),
        ("la segunda", "second"),
        ("el más barato", "cheapest"),
        ("la última", "last"),
        ("ninguna", "none"),
    ],
)
def test_a_choice_of_an_option(hear: Hear, text: str, command: str) -> None:
    assert command in hear(text, "choice").commands


def test_a_number_is_no_choice_when_nothing_is_offered(hear: Hear) -> None:
    assert "second" not in hear("2").commands


def test_a_correction_says_so(hear: Hear) -> None:
    reading = hear("no, perdona, el 25 mejor", "yes_no", country="CL")
    assert "correction" in reading.commands
    assert [e.value for e in reading.entities] == ["2026-03-25"]


def test_paying_it_all_on_a_day(hear: Hear) -> None:
    reading = hear("pago todo el 20", country="CL")
    assert "all" in reading.commands
    assert reading.entities[0].value == "2026-03-20"


# What is answered -> to which question -> the entities, the commands and the intent that come of it.
IN_THE_LIGHT = [
    ("3", "money", [("money", "3")], set(), "make_offer"),
    ("3", "date", [("date", "2026-04-03")], set(), "promise_to_pay"),
    ("3", "installments", [("installments", "3")], set(), "request_installments"),
    ("3", "choice", [], {"third"}, "out_of_scope"),
    ("3", "time", [("time", "15:00")], set(), "out_of_scope"),
    ("3", "rating", [], set(), "out_of_scope"),
    ("un 4", "rating", [], set(), "out_of_scope"),
    ("cinco", "rating", [], set(), "out_of_scope"),
    ("3", "yes_no", [], set(), "out_of_scope"),
    ("3", "document", [], set(), "out_of_scope"),
    ("sí", "yes_no", [], set(), "affirm"),
    ("sí", "choice", [], set(), "affirm"),
    ("sí", "date", [], set(), "affirm"),
    ("no", "yes_no", [], set(), "deny"),
    ("no", "money", [], set(), "deny"),
    ("el otro", "choice", [], {"other"}, "out_of_scope"),
    ("la otra", "choice", [], {"other"}, "out_of_scope"),
    ("mejor el 25", "date", [("date", "2026-03-25")], {"correction"}, "promise_to_pay"),
    ("mejor el 25", "yes_no", [("date", "2026-03-25")], {"correction"}, "promise_to_pay"),
    ("1020345678", "document", [("document", "1020345678")], set(), "out_of_scope"),
    ("es 1020345678", "document", [("document", "1020345678")], set(), "out_of_scope"),
    ("ana@example.com", "email", [("email", "ana@example.com")], set(), "out_of_scope"),
    ("300 123 4567", "phone", [("phone", "+573001234567")], set(), "out_of_scope"),
]


@pytest.mark.parametrize(("text", "expected", "entities", "commands", "intent"), IN_THE_LIGHT)
def test_an_answer_is_read_in_the_light_of_its_question(
    hear: Hear, text: str, expected: str, entities: list[tuple[str, str]], commands: set[str], intent: str
) -> None:
    reading = hear(text, expected, country="CO")
    assert [(e.kind, e.value) for e in reading.entities] == entities
    assert set(reading.commands) == commands
    assert reading.intents[0].name == intent


def test_what_is_unclear_has_its_two_best_readings(model: Model) -> None:
    _, guesses = ranked("mmm lo del asunto ese que me dijo", (), WEDNESDAY, "CO", model)
    inside = [one for one in guesses if one.name != "out_of_scope"]
    assert len(inside) >= 2
    assert inside[0].confidence >= inside[1].confidence


def test_the_first_payment_on_a_day_is_that_day_and_no_range(hear: Hear) -> None:
    days = [(e.value, e.until) for e in hear("mejor la primera el 20 de abril", "date").entities]
    assert days == [("2026-04-20", "")]
