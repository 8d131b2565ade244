"""Documents, phones, names and places come to one form, and stay in it."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acuerdo.core.portfolio.columns import COLUMNS, canonical, key
from acuerdo.core.portfolio.contact import email, phone, zones
from acuerdo.core.portfolio.documents import customer_type_of, document
from acuerdo.core.portfolio.mapping import column_table
from acuerdo.core.portfolio.reading import Record, read_file
from acuerdo.core.portfolio.regions import region_code
from acuerdo.core.portfolio.values import Bad, amount, person_name, tidy
from acuerdo.core.portfolio.vocabulary import product

COUNTRY = st.sampled_from(["CO", "MX", "CL", "PE", "AR", "ES"])


@pytest.mark.parametrize(
    ("country", "written", "stated", "kind", "value"),
    [
        ("CO", "52.345.678", "", "cedula", "52345678"), ("CO", "0052345678", "CC", "cedula", "52345678"),
        ("CO", "900.123.456-8", "", "nit", "9001234568"), ("CO", "900123456", "NIT", "nit", "9001234568"),
        ("CO", "423.456", "cédula de extranjería", "cedula_extranjeria", "423456"),
        ("CL", "12.345.678-5", "", "rut", "123456785"), ("CL", "12345670-k", "", "rut", "12345670K"),
        ("MX", "fumf940522mplcdr05", "", "curp", "FUMF940522MPLCDR05"),
        ("PE", "1223344", "", "dni", "01223344"), ("PE", "20131312955", "", "ruc", "20131312955"),
        ("AR", "30.111.222", "", "dni", "30111222"), ("AR", "20-05536168-2", "", "cuit", "20055361682"),
        ("ES", "12345678-z", "NIF", "dni", "12345678Z"), ("ES", "X-1234567-L", "", "nie", "X1234567L"),
        ("ES", "B-1234567-4", "NIF", "cif", "B12345674"), ("ES", "PAA123456", "pasaporte", "passport", "PAA123456"),
    ],
)  # fmt: skip
def test_documents_of_each_country(country: str, written: str, stated: str, kind: str, value: str) -> None:
    found = document(written, country, stated)
    assert (found.kind, found.value) == (kind, value)
    assert document(found.value, country, found.kind) == found


@pytest.mark.parametrize(
    ("country", "written", "code"),
    [
        ("CL", "12.345.678-6", "document_check_digit"), ("MX", "FUMF940522MPLCDR06", "document_check_digit"),
        ("ES", "12345678A", "document_check_digit"), ("ES", "X1234567A", "document_check_digit"),
        ("AR", "20-05536168-3", "document_check_digit"), ("PE", "20131312956", "document_check_digit"),
        ("CO", "900.123.456-7", "document_check_digit"), ("MX", "FUMF940522", "document_bad"),
        ("CO", "12345", "document_bad"), ("CO", "12345678901", "document_bad"), ("PE", "123", "document_bad"),
    ],
)  # fmt: skip
def test_documents_with_a_slip(country: str, written: str, code: str) -> None:
    with pytest.raises(Bad) as refused:
        document(written, country)
    assert refused.value.code == code


def test_a_kind_of_another_country_is_refused() -> None:
    with pytest.raises(Bad, match="no se conoce ese tipo de documento en CL"):
        document("12345678Z", "CL", "NIE")


@pytest.mark.parametrize(
    ("country", "value", "kind"),
    [("CO", "900123456-8", "business"), ("CL", "76.000.000-0", "business"), ("CL", "12.345.678-5", "natural"),
     ("PE", "20131312955", "business"), ("AR", "30-50000173-5", "business"), ("MX", "FUMF940522MPLCDR05", "natural")],
)  # fmt: skip
def test_the_document_tells_a_company(country: str, value: str, kind: str) -> None:
    assert customer_type_of(document(value, country)) == kind


@pytest.mark.parametrize(
    ("country", "written", "number"),
    [
        ("CO", "300 555 0100", "+573005550100"), ("CO", "573005550100", "+573005550100"),
        ("MX", "+52 1 55 5555 0100", "+525555550100"), ("MX", "5215555550100", "+525555550100"),
        ("MX", "044 55 5555 0100", "+525555550100"), ("AR", "011 15-5555-0100", "+5491155550100"),
        ("AR", "+54 9 11 5555 0100", "+5491155550100"), ("CL", "9 5555 0100", "+56955550100"),
        ("PE", "955 550 100", "+51955550100"), ("ES", "0034 655 55 01 00", "+34655550100"),
        ("ES", "600000100.0", "+34600000100"),
    ],
)  # fmt: skip
def test_phones_come_to_international_form(country: str, written: str, number: str) -> None:
    assert phone(written, country) == number
    assert phone(number, country) == number


@pytest.mark.parametrize(
    ("country", "stated", "city", "region", "phones", "expected"),
    [
        ("MX", "America/Cancun", "Tijuana", "Baja California", (), ("America/Cancun",)),
        ("MX", "", "Tijuana", "Baja California", ("+525555550100",), ("America/Tijuana",)),
        ("MX", "", "", "", ("+526645550100",), ("America/Tijuana",)),
        ("MX", "", "", "", (), ()),
        ("CL", "", "Punta Arenas", "Magallanes", ("+56955550100",), ("America/Punta_Arenas",)),
        ("CL", "", "", "", ("+56955550100",), ("America/Santiago", "America/Punta_Arenas")),
        ("CL", "", "Hanga Roa", "Valparaíso", (), ("Pacific/Easter",)),
        ("ES", "", "", "", ("+34655550100",), ("Atlantic/Canary", "Europe/Madrid")),
        ("ES", "", "", "Las Palmas", ("+34655550100",), ("Atlantic/Canary",)),
        ("ES", "", "", "Sevilla", ("+34655550100",), ("Europe/Madrid",)),
        ("CO", "", "", "", (), ("America/Bogota",)),
        ("AR", "", "", "", ("+5491155550100",), ("America/Argentina/Buenos_Aires",)),
    ],
)  # fmt: skip
def test_the_hour_of_a_person_stated_then_address_then_phone(
    country: str, stated: str, city: str, region: str, phones: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert zones(country, stated, city, region, phones) == expected


@pytest.mark.parametrize(
    ("country", "region", "code"),
    [("CL", "Región de Magallanes", "MA"), ("CL", "RM", "RM"), ("AR", "Córdoba", "X"), ("ES", "Córdoba", "AN"),
     ("ES", "Cataluña", "CT"), ("CO", "Antioquia", "")],
)  # fmt: skip
def test_regions_have_the_codes_of_their_holidays(country: str, region: str, code: str) -> None:
    assert region_code(region, country) == code


@pytest.mark.parametrize(
    ("written", "greeted"),
    [
        ("EJEMPLO PÉREZ, ANA MARÍA", "Ana María Ejemplo Pérez"), ("ana de la cruz", "Ana de la Cruz"),
        ("JOSÉ SAN-MARTÍN", "José San-Martín"), ("Ana  McGregor", "Ana McGregor"), ("MUN\u0303OZ", "Muñoz"),
    ],
)  # fmt: skip
def test_names_as_one_would_greet_their_owner(written: str, greeted: str) -> None:
    assert person_name(written, business=False) == greeted


def test_a_company_keeps_its_name() -> None:
    assert person_name("COMERCIAL ANDINA, S.A.", business=True) == "COMERCIAL ANDINA, S.A."


@given(st.text(max_size=40), st.booleans())
def test_a_name_once_normal_stays(text: str, business: bool) -> None:
    try:
        once = person_name(text, business)
    except Bad:
        return
    assert person_name(once, business) == once


@given(st.text(max_size=40))
def test_a_cell_once_tidy_stays(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert key(key(text)) == key(text)
    assert product(product(tidy(text))) == product(tidy(text))


@given(st.text(alphabet="0123456789-.XYZABCKHM ", max_size=20), COUNTRY)
def test_a_document_once_normal_stays(text: str, country: str) -> None:
    try:
        once = document(text, country)
    except Bad:
        return
    assert document(once.value, country, once.kind) == once


@given(st.text(alphabet="0123456789+- ()", min_size=5, max_size=18), COUNTRY)
def test_a_phone_once_normal_stays(text: str, country: str) -> None:
    try:
        once = phone(text, country)
    except Bad:
        return
    assert phone(once, country) == once


@given(st.from_regex(r"[A-Za-z.]{1,8}@[A-Za-z.]{1,8}\.[A-Za-z]{2,4}", fullmatch=True))
def test_an_address_once_normal_stays(text: str) -> None:
    try:
        once = email(text)
    except Bad:
        return
    assert email(once) == once


@given(st.integers(0, 10**12), COUNTRY)
def test_an_amount_written_plainly_is_read_back(minor: int, country: str) -> None:
    currency = {"CO": "COP", "MX": "MXN", "CL": "CLP", "PE": "PEN", "AR": "ARS", "ES": "EUR"}[country]
    found = amount(str(minor), currency, country)
    assert amount(found.plain(), currency, country) == found


@given(st.binary(max_size=300))
def test_no_bytes_after_a_header_break_the_reading(tail: bytes) -> None:
    """Whatever follows, each row is a record or a fault with words."""
    header = b"Obligacion;Nombre;Documento;Producto;Saldo;Dias de mora\n"
    ana = b"A1;Ana Ejemplo;52345678;tarjeta;900000;22\n"
    outcomes = list(read_file(header + ana + tail, None, "CO", date(2026, 11, 23)))
    for outcome in outcomes:
        assert isinstance(outcome, Record) or (outcome.reason and outcome.mend)


def test_columns_have_one_meaning_each() -> None:
    seen: dict[str, str] = {}
    for column in COLUMNS:
        for word in {key(word) for word in (column.name, *column.also)}:
            assert seen.setdefault(word, column.name) == column.name
    assert canonical("N° Documento:") is None or canonical("Nro. Documento:") == "document"


def test_the_table_of_columns_is_made_for_the_documentation() -> None:
    assert all(f"| `{column.name}` | {column.meaning} |" in column_table() for column in COLUMNS)
