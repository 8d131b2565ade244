"""The parts of an SMS: tables of the standard, and what has to hold for any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuerdo.core.segments import ALONE, BASIC, EXTENSION, PART, decoded, encoded, measure, split, tidied

SPANISH = "Le escribe el asistente de Tienda. Lo puede leer cuando guste."
LETTERS = st.text(st.sampled_from([*BASIC.replace("\x1b", ""), *EXTENSION]), max_size=700)


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "parts"),
    [
        ("", "gsm7", 0, 1),
        ("a" * 160, "gsm7", 160, 1),
        ("a" * 161, "gsm7", 161, 2),
        ("a" * 306, "gsm7", 306, 2),
        ("a" * 307, "gsm7", 307, 3),
        ("ñéü¿¡à§", "gsm7", 7, 1),
        ("á", "ucs2", 1, 1),
        ("ó" * 70, "ucs2", 70, 1),
        ("ó" * 71, "ucs2", 71, 2),
        ("ó" * 134, "ucs2", 134, 2),
        ("ó" * 135, "ucs2", 135, 3),
        ("€" * 80, "gsm7", 160, 1),
        ("€" * 81, "gsm7", 162, 2),
        # 153 is odd: the 77th escaped letter of a part does not fit, so a part holds 76 of them.
        ("€" * 153, "gsm7", 306, 3),
        ("a" + "€" * 152, "gsm7", 305, 2),
        ("👍", "ucs2", 2, 1),
        ("👍" * 35, "ucs2", 70, 1),
        # 67 is odd: a surrogate pair is not torn, so a part holds 33 of them.
        ("👍" * 67, "ucs2", 134, 3),
        ("`", "ucs2", 1, 1),
        ("ç", "ucs2", 1, 1),
        ("Ç", "gsm7", 1, 1),
    ],
)
def test_counts_of_the_standard(text: str, alphabet: str, units: int, parts: int) -> None:
    found = measure(text)
    assert (found.alphabet, found.units, found.parts) == (alphabet, units, parts)


def test_the_basic_alphabet_has_128_codes_each_once() -> None:
    assert len(BASIC) == 128 == len(set(BASIC))
    assert BASIC[0x11] == "_"
    assert (BASIC[0x40], BASIC[0x60], BASIC[0x5D], BASIC[0x7D]) == ("¡", "¿", "Ñ", "ñ")


@given(st.one_of(st.text(max_size=400), LETTERS))
def test_parts_make_the_text_and_none_is_too_long(text: str) -> None:
    parts, found = split(text), measure(text)
    assert "".join(parts) == text
    assert len(parts) == found.parts
    if len(parts) > 1:
        for part in parts:
            size = (
                len(encoded(part)) if found.alphabet == "gsm7" else len(part.encode("utf-16-be", "surrogatepass")) // 2
            )
            assert size <= PART[found.alphabet]
    else:
        assert found.units <= ALONE[found.alphabet]


@given(LETTERS)
def test_what_is_encoded_is_read_again(text: str) -> None:
    assert decoded(encoded(text)) == text


def test_marks_are_plain_where_that_saves_and_letters_stay() -> None:
    assert tidied("“Tienda” – dos opciones… ·") == '"Tienda" - dos opciones... -'
    assert measure(tidied(f"{SPANISH} …")).alphabet == "gsm7"
    assert tidied("Revisión…") == "Revisión…"  # an accent already needs the long alphabet: nothing is won


def test_letters_that_the_short_alphabet_lacks_are_refused() -> None:
    with pytest.raises(UnicodeError, match="á"):
        encoded("más")
