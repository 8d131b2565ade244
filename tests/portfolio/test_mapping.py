"""A creditor's own columns, brought to the canonical form; a slip in the mapping names its line and key."""

from datetime import date

import pytest

from acuerdo.core.portfolio.columns import SET_ASIDE_COLUMNS
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.reading import Fault, FileError, Record, read_file
from acuerdo.core.portfolio.set_aside import render
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.service.profiles import header_digest

TODAY = date(2026, 11, 23)
MAPPING = """
[columns]
"Id Prod" = "external_id"
"Nom. Cli." = "name"
"Ident" = "document"
"Fono A" = "phone"
"Fono B" = "phone"
"Vlr" = "balance"
"Alt" = "days_past_due"
"Lin" = "product"

[values.product]
TC = "tarjeta de crédito"
"LI 2" = "libre inversión"

[constants]
country = "Colombia"

[ignore]
columns = ["Notas"]
"""
FILE = b"""Id Prod,Nom. Cli.,Ident,Fono A,Fono B,Vlr,Alt,Lin,Notas
1,ANA EJEMPLO,52345678,3005550100,3005550101,9,22,li-2,x
"""


def test_a_mapping_brings_a_creditors_columns_home() -> None:
    (record,) = read_file(FILE, load_mapping(MAPPING), "ES", TODAY)
    assert isinstance(record, Record)
    assert record.person.name == "Ana Ejemplo"
    assert record.person.country == "CO"
    assert record.person.phones == ("+573005550100", "+573005550101")
    assert record.account.product == "crédito de libre inversión"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ('[columns]\n"Valor Neto" = "balance"\n', "es balance, y el archivo no la trae: en su lugar se leyó «Saldo»"),
        ('[columns]\n"Gastos Adm" = "fees"\n', "es fees, y el archivo no la trae: fees se queda sin leer"),
        (
            '[columns]\n"Corte" = "as_of"\n[constants]\nas_of = "2026-11-20"\n',
            "es as_of, y el archivo no la trae: en su lugar vale para todas las filas lo que dice [constants]",
        ),
    ],
)
def test_what_is_read_in_the_place_of_an_absent_column_is_told(mapping: str, said: str) -> None:
    data = b"Obligacion;Nombre;Documento;Producto;Saldo;Dias de mora\nA1;Ana Ruiz;52345678;tarjeta;900000;5\n"
    (note,) = [
        one
        for one in read_file(data, load_mapping(mapping), "CO", TODAY)
        if isinstance(one, Fault) and one.code == "column_absent"
    ]
    assert note.column in mapping
    assert note.reason == f"el mapeo dice que esta columna {said}"
    assert "mapeo" in note.mend


@pytest.mark.parametrize(
    ("header", "cells", "country", "papers"),
    [
        ("Pasaporte", "AB-12345", "CO", ["passport AB12345"]),
        ("N° Pasaporte", "52345678", "CL", ["passport 52345678"]),
        ("Cédula;Pasaporte", "52345678;AB-12345", "CO", ["cedula 52345678", "passport AB12345"]),
        ("Cédula de extranjería", "345678", "CO", ["cedula_extranjeria 345678"]),
        ("CPF", "529.982.247-25", "AR", ["cpf 52998224725"]),
        ("PTP", "1234567", "PE", ["ptp 1234567"]),
        ("Tipo documento;Pasaporte", "CC;52345678", "CO", ["cedula 52345678"]),
        ("Tipo documento;Pasaporte", ";52345678", "CO", ["passport 52345678"]),
        # A number that shows its kind tells more than the heading over people and companies.
        ("Cédula", "900123456-8", "CO", ["nit 9001234568"]),
        ("RUT", "12.345.678-5", "CL", ["rut 123456785"]),
        ("CUIT", "20-12345678-6", "AR", ["cuit 20123456786"]),
        ("DNI", "20-12345678-6", "AR", ["cuit 20123456786"]),
    ],
)
def test_a_header_says_the_kind_of_document_that_no_number_shows(
    header: str, cells: str, country: str, papers: list[str]
) -> None:
    data = f"Obligacion;Nombre;{header};Producto;Saldo;Dias de mora\nA1;Ana Ruiz;{cells};tarjeta;9;5\n".encode()
    (record,) = [one for one in read_file(data, None, country, TODAY) if isinstance(one, Record)]
    found = (record.person.document, *record.person.documents)
    assert [f"{paper.kind} {paper.value}" for paper in found] == papers


def test_a_bad_number_is_told_by_the_kind_of_its_header() -> None:
    data = b"Obligacion;Nombre;CPF titular;Producto;Saldo;Dias de mora\nA1;Ana Ruiz;529.982.247-26;tarjeta;9;5\n"
    faults = [one for one in read_file(data, None, "AR", TODAY) if isinstance(one, Fault) and not one.kept]
    assert [(one.column, one.code) for one in faults] == [("CPF titular", "document_check_digit")]


@pytest.mark.parametrize(("status", "balance", "told"), [("pagada", "9", 1), ("pagada", "0", 0), ("vigente", "9", 0)])
def test_a_paid_debt_with_a_balance_is_told_and_goes_in_as_paid(status: str, balance: str, told: int) -> None:
    head = "Obligacion;Nombre;Documento;Producto;Saldo;Dias de mora;Estado obligacion"
    data = f"{head}\nA1;Ana Ruiz;52345678;tarjeta;{balance};5;{status}\n".encode()
    outcomes = list(read_file(data, None, "CO", TODAY))
    (record,) = [one for one in outcomes if isinstance(one, Record)]
    notes = [one for one in outcomes if isinstance(one, Fault) and one.code == "paid_with_balance"]
    assert (record.account.status == "paid", len(notes)) == (status == "pagada", told)
    assert all(note.kept and note.column == "Estado obligacion" and "corrija el estado" in note.mend for note in notes)


def test_a_column_that_is_passed_over_for_another_is_told() -> None:
    data = b"Obligacion;Nombre;Documento;Producto;Saldo hoy;Saldo;Dias de mora\nA1;Ana Ruiz;52345678;tarjeta;9;5;5\n"
    outcomes = list(read_file(data, load_mapping('[columns]\n"Saldo hoy" = "balance"\n'), "CO", TODAY))
    (note,) = [one for one in outcomes if isinstance(one, Fault) and one.code == "column_beside"]
    assert (note.column, note.reason) == ("Saldo", "dice lo mismo que «Saldo hoy», que es la que se lee")


def test_a_mapping_that_names_an_absent_column_says_so() -> None:
    with pytest.raises(FileError, match="El mapeo nombra columnas que no están: «Vlr»"):
        read_file(FILE.replace(b"Vlr", b"V"), load_mapping(MAPPING), "CO", TODAY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[columns]\n"Doc" = "documento"', r"m.toml, línea 2: \[columns\] Doc: «documento».*¿quiso decir «document»"),
        ('[columns]\n"Doc" = 5.5', r"línea 2: \[columns\] Doc: el valor debe ser un texto"),
        ('[columns]\n"Doc = "x"', r"m.toml, línea 2, columna \d+: el archivo TOML está mal escrito"),
        ('\n[formats]\ndate = "yy/mm"', r"línea 3: \[formats\] date: «yy/mm» no vale; use uno de: dd/mm/yyyy"),
        ('[formats]\ndecimals = ","', r"línea 2: \[formats\] decimals: no se conoce esta clave"),
        ("[colums]\n", r"línea 1: \[colums\]: no se conoce esta tabla; ¿quiso decir \[columns\]"),
        ('[constants]\npais = "CO"', r"línea 2: \[constants\] pais: «pais» no es una columna canónica.*«country»"),
        ('[values]\nproduct = "x"', r"\[values.product\]: debe ser una tabla"),
        ('[accepts]\ncurrencies = ["XXX"]', r"línea 2: \[accepts\] currencies: «XXX» no se conoce"),
        ('[columns]\n"Nro Doc" = "document"\n"NRO  DOC" = "name"', r"línea 3: .*dos veces"),
    ],
)
def test_a_slip_in_the_mapping_is_named_with_its_line(text: str, said: str) -> None:
    with pytest.raises(TomlError, match=said):
        load_mapping(text, "m.toml")


def test_rows_set_aside_are_mended_in_their_own_file_and_imported_again() -> None:
    data = (
        "Obligación;Nombre;Documento;Producto;Saldo;Días de mora\nA1;Íñigo Ñandú;52345678;tarjeta;-900000;x\n".encode()
    )
    faults = [one for one in read_file(data, None, "CO", TODAY) if isinstance(one, Fault) and not one.kept]
    header = data.decode().splitlines()[0].split(";")
    aside = render(header, faults)
    assert aside.startswith(b"\xef\xbb\xbf")
    lines = aside.decode("utf-8-sig").splitlines()
    assert lines[0].endswith(";fila;columna;valor;motivo;como_corregir;huella")
    assert len(lines) == 2
    assert lines[1].startswith("A1;Íñigo Ñandú;52345678;tarjeta;-900000;x;2;Saldo | Días de mora;-900000 | x;")

    mended = aside.replace(b";-900000;x;", b";900000;22;")
    outcomes = list(read_file(mended, None, "CO", TODAY))
    assert [one.account.external_id for one in outcomes if isinstance(one, Record)] == ["A1"]
    assert {one.code for one in outcomes if isinstance(one, Fault)} == {"no_contact"}


def test_the_same_row_has_the_same_digest_whatever_the_day() -> None:
    digests = {
        one.digest
        for day in (TODAY, date(2026, 12, 1))
        for one in read_file(FILE, load_mapping(MAPPING), "CO", day)
        if isinstance(one, Record)
    }
    assert len(digests) == 1
    (other,) = read_file(FILE.replace(b",9,22", b",8,22"), load_mapping(MAPPING), "CO", TODAY)
    assert isinstance(other, Record)
    assert other.digest not in digests


def test_a_mended_file_has_the_header_of_the_file_that_it_came_of() -> None:
    header = ("Pagaré", "Saldo a hoy", "Nota")
    assert header_digest((*header, *SET_ASIDE_COLUMNS)) == header_digest(header)
    assert header_digest(header) != header_digest(header[:2])
