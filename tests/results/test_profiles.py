"""A profile says a file's columns, their order and their dress; a slip is told with its place."""

from __future__ import annotations

import pytest

from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.columns import PERSONAL
from acuerdo.core.results.profiles import DEFAULT, load_profile
from acuerdo.service.exporting import file_name

PROFILE = """name = "core"
kinds = ["payments", "promises"]

[formats]
delimiter = "|"
decimal = ","
date = "dd/mm/yyyy"
encoding = "cp1252"

[columns]
"OBLIGACION" = "external_id"
"EMPRESA" = { fixed = "RECAUDA" }
"FECHA" = "date"
"HORA" = "time"
"ZONA" = "offset"
"CODIGO" = "code"
"VALOR" = "amount"

[codes]
promise = "77"
"""


def test_columns_come_in_the_profiles_order_with_its_headers() -> None:
    profile = load_profile(PROFILE)
    assert [(one.header, one.form) for one in profile.headers] == [
        ("OBLIGACION", "text"), ("EMPRESA", "text"), ("FECHA", "date"), ("HORA", "time"), ("ZONA", "text"),
        ("CODIGO", "text"), ("VALOR", "amount"),
    ]  # fmt: skip
    assert profile.kinds == ("promises", "payments"), "in the usual order"
    assert profile.dress.delimiter == "|"


def test_the_shipped_profile_opens_nothing_that_is_personal() -> None:
    assert DEFAULT.personal == frozenset()
    with_document = load_profile('name = "x"\n[columns]\n"DOC" = "document"\n"TEL" = "value"\n')
    assert with_document.personal == {"document", "value"} <= set(PERSONAL)


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('"external_id"', '"external"', r"línea 11: \[columns\] OBLIGACION: no se conoce el campo «external»"),
        ('name = "core"', 'name = "../core"', "línea 1: name: falta, o no es un nombre"),
        (
            '"payments"',
            '"payment"',
            "línea 2: kinds: no se conoce la clase de línea «payment»; ¿quiso decir «payments»",
        ),
        ('date = "dd/mm/yyyy"', 'date = "d/m/y"', "línea 7: .formats. date: no se conoce el valor «d/m/y»"),
        ('delimiter = "|"', 'delimiter = ","', "la coma no puede ser a la vez"),
        ('"77"', "77", "línea 20: .codes. promise: el código debe ser un texto"),
        ("promise =", "promesa =", "no se conoce el resultado «promesa»"),
        ('{ fixed = "RECAUDA" }', "7", "escriba un campo"),
        ("[formats]", "[format]", "no se conoce la clave «format»|format"),
    ],
)
def test_a_slip_is_told_with_its_place(before: str, after: str, says: str) -> None:
    assert before in PROFILE
    with pytest.raises(TomlError, match=says):
        load_profile(PROFILE.replace(before, after, 1))


def test_a_profile_without_columns_is_refused() -> None:
    with pytest.raises(TomlError, match="no hay columnas"):
        load_profile('name = "x"\n')


def test_a_files_name_says_whose_it_is() -> None:
    assert file_name("Banco Ñandú & Cía.", "core", 7, "csv") == "resultados_banco-nandu-cia_core_00007.csv"
