"""Whatever is typed gets an answer in bounded time, never an exception."""

from datetime import datetime
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.language.conftest import ROOM, WEDNESDAY, Hear

from acuerdo.core.language import Model, load, read
from acuerdo.core.words import AcuerdoError

MODEL = load((ROOM / "model.bin").read_bytes())
STRANGE = [
    "", " ", "\n\n", "😀😀😀", "???", "\u202eпривет",
    "你好吗", "\u200b\u200b", "'; DROP TABLE people; --", "<script>x</script>",
    "٣٤٥", "²³", "1/0/0", "el 31 de febrero", "0 cuotas", "99999999999999999999999 pesos", "el 0", "1.2.3.4.5", "@@@@",
]  # fmt: skip

ITS_WORDS = (
    "el", "15", "de", "marzo", "mil", "3", "cuotas", "y", "medio", "palo", "a", "las", "24/7", "@", ".", ",", "$", "%",
    "+", "-", "rut", "mañana", "k",
)  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("country", ["CO", "MX", "CL", "PE", "AR", "ES"])
def test_strange_messages_are_read_as_something(hear: Hear, text: str, country: str) -> None:
    assert hear(text, "date", "money", "installments", "document", "time", country=country).intents


@pytest.mark.parametrize("piece", ["el 15 de ", "1.000.", "a@", "no me ", "12 y ", "( ", "cuotas de 3 ", "de 2 a 4 "])
def test_a_hundred_kilobytes_take_no_longer_than_a_long_message(hear: Hear, piece: str) -> None:
    text = (piece * (100_000 // len(piece)))[:100_000]
    begin = perf_counter()
    hear(text)
    assert perf_counter() - begin < 0.5


@given(st.text(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_and_its_entities_stand_where_they_say(text: str) -> None:
    reading = read(text, ("money", "date"), WEDNESDAY, "CO", MODEL)
    assert reading.intents
    for entity in reading.entities:
        assert 0 <= entity.start < entity.end <= len(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "el",
                "15",
                "de",
                "marzo",
                "mil",
                "3",
                "cuotas",
                "y",
                "medio",
                "palo",
                "a",
                "las",
                "24/7",
                "@",
                ".",
                ",",
                "$",
                "%",
                "+",
                "-",
                "rut",
                "mañana",
                "k",
            ]
        ),
        max_size=12,
    )
)
@settings(max_examples=150, deadline=None)
def test_any_order_of_its_own_words_is_read(pieces: list[str]) -> None:
    assert read(" ".join(pieces), ("installments", "document"), WEDNESDAY, "AR", MODEL).intents


def test_a_moment_without_its_zone_is_refused(model: Model) -> None:
    with pytest.raises(AcuerdoError, match="time zone"):
        read("hola", (), datetime(2026, 3, 11, 10), "CO", model)  # noqa: DTZ001  the mistake under test
