"""The corpus: enough of everything, said in many ways, nothing twice; and the guard that looks after it can see."""

from pathlib import Path

import pytest

from acuerdo.adapters.learning import guarding, shipped
from acuerdo.adapters.learning.shipped import CorpusFault, Row
from acuerdo.core.language import INTENTS


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return shipped.corpus()


def test_there_is_enough_of_every_intent_country_and_register(rows: list[Row]) -> None:
    assert list(guarding.too_few(rows)) == []


def test_every_register_is_one_of_the_style_guide(rows: list[Row]) -> None:
    assert list(guarding.unknown(rows)) == []
    guide = (shipped.ROOM / "corpus" / "README.md").read_text("utf-8")
    assert [name for name in guarding.REGISTERS if f"| `{name}` |" not in guide] == []


def test_no_beginning_is_a_template(rows: list[Row]) -> None:
    assert list(guarding.openings(rows)) == []


def test_nothing_is_said_twice(rows: list[Row]) -> None:
    assert [(one.text, other.text) for one, other in guarding.near(rows)] == []


def _row(text: str, intent: str = "ask_balance", country: str = "CO", register: str = "plain") -> Row:
    return Row(country, register, text, intent)


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        (_row("¿Cuánto debo?"), _row("cuanto debo"), True),
        (_row("cuánto debo"), _row("cuánto debo", country="MX"), False),
        (_row("cuánto debo"), _row("cuánto debo", "ask_due_date", "MX"), True),
        (_row("le pago 200 mil el 15"), _row("le pago 300 mil el 20", country="PE"), True),
        (_row("el lunes paso a pagar al banco"), _row("paso el lunes al banco a pagar"), True),
        (_row("mañana le pago sin falta señora"), _row("mañana le consigno todo eso señora"), False),
        (_row("necesito el certificado de deuda"), _row("necesito el certificado de no deuda", "greet"), False),
        (_row("👍"), _row("👎"), False),
    ],
)
def test_the_guard_sees_what_says_the_same(one: Row, other: Row, found: bool) -> None:
    assert bool(list(guarding.near([one, other]))) is found


def test_the_guard_sees_a_template() -> None:
    tails = ["lunes", "martes", "jueves", "sábado", "domingo"]
    rows = [_row(f"yo le pago el {tail}") for tail in tails] + [_row(f"{tail} sin falta voy") for tail in tails]
    assert [fault.split(";")[0] for fault in guarding.openings(rows)] == [
        "ask_balance: 5 of 10 begin with 'yo le pago'"
    ]


def test_the_guard_sees_what_is_missing() -> None:
    told = list(guarding.too_few([_row("cuánto debo")]))
    assert "out_of_scope: 0 utterances, at least 300 are needed" in told
    assert len(told) == len(INTENTS) * 7 + len(guarding.REGISTERS)


def test_the_guard_knows_the_registers() -> None:
    assert len(list(guarding.unknown([_row("cuánto debo ", register="poetry")]))) == 2


@pytest.mark.parametrize("line", ["ask_balance\tcuánto debo", "nothing\tplain\thola", "greet\t\thola", "greet\tplain"])
def test_a_line_of_another_shape_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "co.tsv").write_text("greet\tplain\thola\n" + line + "\n", "utf-8")
    with pytest.raises(CorpusFault, match=r"co\.tsv:2"):
        shipped.corpus(tmp_path)
