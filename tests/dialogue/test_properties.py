"""Whatever is heard, in whatever order: the step never fails, never tells a stranger, never floods, never traps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core import facts as f
from acuerdo.core.language.reading import COMMANDS, INTENTS, Entity, Intent, Reading
from acuerdo.core.words import Money
from acuerdo.service.resources import shipped_flows
from acuerdo.testing import wording
from acuerdo.testing.outcomes import Debtor, Document, Policy, Scenario, seen
from acuerdo.testing.transcripts import Chat

BUTTONS = [*sorted({key.rpartition(".")[2] for key in shipped_flows().buttons}), "plan:none", "rating:5", "menu"]
VALUES = {
    "money": ["1", "50000", "300000", "900000", "99999999", "0"],
    "date": ["2026-04-14", "2026-04-20", "2026-05-30", "2020-01-01", "2030-01-01"],
    "time": ["15:00", "08:30"],
    "installments": ["1", "2", "3", "24"],
    "percent": ["10", "90"],
    "frequency": ["weekly", "biweekly", "monthly"],
    "document": ["52345678", "11111111"],
    "email": ["ana@correo.com"],
    "phone": ["+573005550100"],
}
WORDS = [
    "",
    "hola",
    "52345678",
    "5678",
    "en 3 cuotas",
    "y quedamos en paz",
    "por ahora",
    "3",
    "sí",
    "no, mejor el 20",
    "???",
]

entities = st.sampled_from([(k, v) for k, vs in VALUES.items() for v in vs]).map(
    lambda x: Entity(x[0], x[1], x[1], 0, 0)
)
intents = st.builds(Intent, st.sampled_from(INTENTS), st.sampled_from([0.0, 0.4, 0.7, 1.0]))
readings = st.builds(
    Reading,
    st.lists(intents, min_size=1, max_size=3).map(tuple),
    st.lists(entities, max_size=3).map(tuple),
    st.lists(st.sampled_from(sorted(COMMANDS)), max_size=2, unique=True).map(tuple),
)
said = st.tuples(st.just("says"), readings, st.sampled_from(WORDS))
pressed = st.tuples(st.just("presses"), st.sampled_from(BUTTONS), st.just(""))
news = st.tuples(st.just("news"), st.sampled_from(["paid", "part", "declined", "taken", "back", "timer"]), st.just(""))
turns = st.lists(st.one_of(said, said, said, pressed, news), max_size=14)


def chat(dpd: int) -> Chat:
    debtor = Debtor(
        "Ana Ejemplo", Document("cedula", "52345678"), "COP", "900000", dpd, "tarjeta de crédito", policy=Policy(4)
    )
    return Chat(Scenario("p", "CO", datetime.fromisoformat("2026-04-14T10:00:00"), debtor, ()))


def act(talk: Chat, what: str, value: object, words: str) -> None:
    talk.waits(timedelta(seconds=20))
    match what, value:
        case "says", Reading():
            talk.hears(words, value, "")
        case "presses", str():
            talk.presses(value)
        case "news", "paid":
            talk.happens(f.PaymentArrived("x", Money(90000000, "COP"), Money(0, "COP")))
        case "news", "part":
            talk.happens(f.PaymentArrived("y", Money(100, "COP"), Money(89999900, "COP")))
        case "news", "declined":
            talk.happens(f.PaymentDeclined("x"))
        case "news", "taken":
            talk.happens(f.TakenOver("marta"))
        case "news", "back":
            talk.happens(f.HandedBack("marta"))
        case _:
            talk.happens(f.TimerRang("callback", "k"))


@settings(max_examples=150, deadline=None)
@given(turns, st.sampled_from([5, 60, 61]))
def test_nothing_heard_breaks_a_conversation(events: list[tuple[str, object, str]], dpd: int) -> None:
    talk = chat(dpd)
    debt = wording.debt_words("tarjeta de crédito")
    for what, value, words in events:
        known, owner, before = talk.state.identified, talk.state.owner, len(talk.facts)
        act(talk, what, value, words)
        new = [fact for _, fact in talk.facts[before:]]
        bot = [seen(x.content) for x in new if isinstance(x, f.Said) and x.origin == "bot"]
        assert len(bot) <= 3, bot
        if what == "says" and owner != "bot":
            assert not bot, "the bot speaks while a person holds the conversation"
        granted = known or any(isinstance(x, f.Identified) for x in new)
        if not granted:
            told = [t.replace("Financiera Ejemplo", "") for t in bot]
            assert not any(debt.search(t) for t in told), told


@settings(max_examples=60, deadline=None)
@given(turns, st.sampled_from([5, 61]))
def test_a_person_and_a_stop_are_always_one_message_away(events: list[tuple[str, object, str]], dpd: int) -> None:
    talk = chat(dpd)
    for one in events:
        act(talk, *one)
    if talk.state.owner != "bot":
        talk.happens(f.HandedBack("marta"))
    asked = "asked" in talk.state.handed
    act(talk, "says", Reading((Intent("request_human", 0.9),)), "con una persona")
    assert asked or "asked" in talk.state.handed
    stopped = any(mark.startswith("opt_out") for mark in talk.state.noted)
    act(talk, "says", Reading((Intent("opt_out", 0.97),)), "no me escriban más")
    assert stopped or any(isinstance(fact, f.OptedOut) for _, fact in talk.facts)


@pytest.mark.parametrize("words", ["hola", "52345678", "quiero pagar en 3 cuotas", "sí", "y si no pago qué pasa?"])
def test_the_same_event_gives_the_same_answer(words: str) -> None:
    one, two = chat(20), chat(20)
    assert [line.content for line in one.says(words)] == [line.content for line in two.says(words)]
    assert one.state == two.state
