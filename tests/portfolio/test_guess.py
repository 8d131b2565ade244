"""A file nobody has mapped: what is proposed, by headers and by values, and what is left for a person to say."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.core.portfolio.guess import Guess, guess
from acuerdo.core.portfolio.mapping import lay_out, load_mapping

TODAY = date(2026, 11, 23)
RUTS = ("12.345.678-5", "11.111.111-1", "22.222.222-2", "7.654.321-6")


def proposal(header: str, *rows: str, at: str = "CL", mark: str = ";") -> Guess:
    return guess(header.split(mark), [row.split(mark) for row in rows], at, PORTFOLIO, "cartera.xlsx", TODAY)


def taken(found: Guess) -> dict[str, str]:
    return {one.column.header: one.name for one in found.choices if one.name}


CHILE = proposal(
    "COD;ID;SOCIO;CONTACTO 1;CONTACTO 2;LINEA;TOTAL ADEUDADO;VENCE;OBS",
    f"A-1;{RUTS[0]};Ana Ejemplo Díaz;+56 9 5555 0101;ana@example.com;tienda;$ 125.990;05-03-2026;",
    f"A-2;{RUTS[1]};Iván Prueba Soto;955550102;ivan@example.com;tienda;$ 1.250.000;28-02-2026;llamar tarde",
    f"A-3;{RUTS[2]};Luz Muestra Rojas;+56955550103;luz@example.com;tarjeta;$ 80.500;15-04-2026;",
)


def test_a_column_of_valid_ruts_is_the_document() -> None:
    assert taken(CHILE)["ID"] == "document"


def test_values_tell_phones_and_mails_whatever_their_header() -> None:
    found = taken(CHILE)
    assert (found["CONTACTO 1"], found["CONTACTO 2"]) == ("phone", "email")


def test_what_is_needed_and_only_one_column_can_give_is_proposed_with_its_doubt() -> None:
    found = {one.column.header: one for one in CHILE.choices}
    assert (found["COD"].name, found["SOCIO"].name) == ("external_id", "name")
    assert "se dedujo de los valores" in found["COD"].doubt


def test_the_day_comes_first_where_a_value_proves_it() -> None:
    assert 'date = "dd/mm/yyyy"' in CHILE.text
    assert 'date = "mm/dd/yyyy"' in proposal("Vencimiento;Saldo", "03/28/2026;100", "02/01/2026;5").text
    assert "no se sabe si va primero" in proposal("Vencimiento;Saldo", "03/02/2026;100", "02/01/2026;5").text


def test_the_text_loads_and_reads_the_file() -> None:
    mapping = load_mapping(CHILE.text)
    layout = lay_out([one.column.header for one in CHILE.choices], mapping)
    assert layout.positions["document"] == (1,)
    assert layout.positions["balance"] == (6,)
    assert CHILE.missing == ()


def test_a_header_that_its_values_deny_is_a_doubt() -> None:
    found = proposal(
        "Documento;Nombre;Obligación;Saldo", "ana@example.com;Ana Ejemplo;1;500", "b@example.com;Iván Prueba;2;70"
    )
    one = found.choices[0]
    assert one.name != "document"
    assert "trae correos" in one.doubt
    assert "ana@" not in found.text  # a sample shows no one


def test_what_is_missing_is_said() -> None:
    assert "# FALTA: ninguna columna da document" in proposal("Nombre;Saldo", "Ana Ejemplo;500").text


def test_several_amounts_are_for_a_person_to_tell() -> None:
    found = proposal("X1;X2;Documento", f"1.500,25;20,50;{RUTS[0]}", f"900,10;3,99;{RUTS[1]}")
    assert "# ¿?" in found.text
    assert '# "X1" = "balance"' in found.text
    assert 'decimal = ","' not in found.text  # nothing is an amount yet


def test_words_nobody_knows_are_listed() -> None:
    found = proposal("Estado obligacion;Documento", f"VIGENTE;{RUTS[0]}", f"EN CONVENIO ESPECIAL;{RUTS[1]}")
    assert '# "EN CONVENIO ESPECIAL" = ""' in found.text


def test_two_columns_of_one_meaning_are_told_apart() -> None:
    found = proposal("Saldo;Saldo total;Documento", f"100;120;{RUTS[0]}", f"200;240;{RUTS[1]}")
    assert list(taken(found).values()).count("balance") == 1
    assert any("también podría ser balance" in one.doubt for one in found.doubts)


@pytest.mark.parametrize("at", ["CO", "MX", "CL", "PE", "AR", "ES"])
@given(
    header=st.lists(st.text(max_size=30), max_size=8),
    rows=st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=6),
)
def test_whatever_a_file_holds_its_proposal_loads(at: str, header: list[str], rows: list[list[str]]) -> None:
    load_mapping(guess(header, rows, at, PORTFOLIO).text)


@pytest.mark.parametrize(
    ("header", "amount", "unit"),
    [("Saldo UF", "45,5", "UF"), ("Deuda (UTM)", "12", "UTM"), ("Saldo UF", "UF 45,5", ""), ("Saldo", "45000", "")],
)
def test_a_balance_whose_header_says_its_unit_is_in_it(header: str, amount: str, unit: str) -> None:
    rows = [f"A-{n};{RUTS[n]};Ana Ejemplo Díaz;tienda;{amount};05-03-2026" for n in range(3)]
    found = proposal(f"Obligación;RUT;Nombre;Producto;{header};Vencimiento", *rows)
    assert taken(found)[header] == "balance"
    assert load_mapping(found.text).constants == ({"currency": unit} if unit else {})
