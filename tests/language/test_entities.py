"""What people name: amounts, days, hours, plans, documents, phones, addresses; and what is nothing of the kind."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from tests.language.conftest import Hear

MONEY = [
    ("CO", "le consigno 250 mil", "250000", None),
    ("CO", "un palo doscientos", "1200000", None),
    ("CO", "1'350.000 le puedo dar", "1350000", None),
    ("CO", "dos millones y medio de pesos", "2500000", "COP"),
    ("MX", "traigo $1,850.75", "1850.75", None),
    ("MX", "junté 1,500 pesos", "1500", "MXN"),
    ("CL", "llego a 75 luquitas", "75000", None),
    ("CL", "2,5 UF", "2.50", "CLF"),
    ("PE", "una luca nomás", "1", None),
    ("PE", "S/ 120.50", "120.50", "PEN"),
    ("AR", "u$s 300", "300", "USD"),
    ("AR", "te doy medio palo", "500000", None),
    ("ES", "1.250,40 euros", "1250.40", "EUR"),
    ("ES", "ciento ochenta euros", "180", "EUR"),
]


@pytest.mark.parametrize(("country", "text", "value", "currency"), MONEY)
def test_an_amount_is_read_as_the_country_writes_it(
    hear: Hear, country: str, text: str, value: str, currency: str | None
) -> None:
    (amount,) = hear(text, country=country).entities
    assert (amount.kind, amount.value, amount.currency) == ("money", value, currency)


DATES = [  # against Wednesday 11 March 2026
    ("le pago el miércoles", "2026-03-18"),
    ("este viernes", "2026-03-13"),
    ("el 11 le pago", "2026-04-11"),
    ("el quince sin falta", "2026-03-15"),
    ("pasado mañana", "2026-03-13"),
    ("a fines de abril", "2026-04-30"),
    ("en la quincena", "2026-03-15"),
    ("en quince días", "2026-03-25"),
    ("en 3 días hábiles", "2026-03-16"),
    ("el 5 del próximo mes", "2026-04-05"),
    ("el 2 de febrero", "2027-02-02"),
    ("después de semana santa", "2026-04-06"),
    ("ya pagué el lunes", "2026-03-09"),
    ("hace 3 días hice la transferencia", "2026-03-08"),
]


@pytest.mark.parametrize(("text", "day"), DATES)
def test_a_day_is_read_against_today(hear: Hear, text: str, day: str) -> None:
    assert [(e.kind, e.value) for e in hear(text).entities] == [("date", day)]


def test_today_is_the_debtors_today_and_not_the_servers(hear: Hear) -> None:
    late = datetime(2026, 3, 12, 2, 30, tzinfo=ZoneInfo("UTC"))  # still the 11th in Bogotá
    assert hear("mañana le pago", at=late).entities[0].value == "2026-03-12"
    assert hear("mañana os pago", at=late, country="ES").entities[0].value == "2026-03-13"


def test_both_days_are_told_when_one_is_taken_back(hear: Hear) -> None:
    assert [e.value for e in hear("el 20 no, el 25").entities] == ["2026-03-20", "2026-03-25"]


def test_a_range_keeps_its_end(hear: Hear) -> None:
    (span,) = hear("entre el 15 y el 20 le pago").entities
    assert (span.value, span.until) == ("2026-03-15", "2026-03-20")


OTHERS = [
    ("CO", "llámeme a las 3", [("time", "15:00")]),
    ("ES", "a las diez menos cuarto", [("time", "09:45")]),
    ("AR", "tipo 8 de la noche", [("time", "20:00")]),
    ("CO", "3 cuotas de 50 mil", [("installments", "3"), ("money", "50000")]),
    ("MX", "a 6 meses", [("installments", "6")]),
    ("CL", "lo pago en una sola cuota", [("installments", "1")]),
    ("PE", "con el treinta y cinco por ciento", [("percent", "35")]),
    ("MX", "100 pesos cada quincena", [("money", "100"), ("frequency", "biweekly")]),
    ("AR", "por semana", [("frequency", "weekly")]),
    ("CO", "ANA.Rios@Correo.co", [("email", "ana.rios@correo.co")]),
    ("CO", "ana arroba correo punto com", [("email", "ana@correo.com")]),
]


@pytest.mark.parametrize(("country", "text", "wanted"), OTHERS)
def test_hours_plans_shares_and_addresses(hear: Hear, country: str, text: str, wanted: list[tuple[str, str]]) -> None:
    assert [(e.kind, e.value) for e in hear(text, country=country).entities] == wanted


DOCUMENTS = [
    ("CO", "79123456", "cedula", "79123456"),
    ("CO", "mi cédula es 1.020.304.050", "cedula", "1020304050"),
    ("CL", "12.345.678-5", "rut", "123456785"),
    ("CL", "123456785", "rut", "123456785"),
    ("MX", "fumf940522mplcdr05", "curp", "FUMF940522MPLCDR05"),
    ("MX", "GODE561231GR8", "rfc", "GODE561231GR8"),
    ("PE", "41223344", "dni", "41223344"),
    ("AR", "30.111.222", "dni", "30111222"),
    ("AR", "mi cuil es 20-12345678-6", "cuit", "20123456786"),
    ("ES", "12345678-Z", "dni", "12345678Z"),
    ("ES", "X1234567L", "nie", "X1234567L"),
]


@pytest.mark.parametrize("expected", [(), ("document",), ("document_tail",)])
@pytest.mark.parametrize(("country", "text", "kind", "value"), DOCUMENTS)
def test_a_whole_document_is_found_whenever_it_is_typed(
    hear: Hear, country: str, text: str, kind: str, value: str, expected: tuple[str, ...]
) -> None:
    (document,) = hear(text, *expected, country=country).entities
    assert (document.kind, document.document, document.value) == ("document", kind, value)


@pytest.mark.parametrize(
    ("country", "text"), [("CL", "mi rut es 12.345.678-9"), ("ES", "mi dni es 12345678A"), ("CL", "12345678-9")]
)
def test_a_document_with_a_wrong_check_digit_is_nothing_at_all(hear: Hear, country: str, text: str) -> None:
    assert hear(text, "document", country=country).entities == ()


@pytest.mark.parametrize(
    ("country", "text", "number"),
    [
        ("CO", "mi celular es 300 123 4567", "+573001234567"),
        ("CO", "3001234567", "+573001234567"),
        ("MX", "mi cel es +52 1 55 1234 5678", "+525512345678"),
        ("CL", "9 8765 4321", "+56987654321"),
        ("ES", "612 34 56 78", "+34612345678"),
    ],
)
def test_a_phone_is_not_taken_for_a_document(hear: Hear, country: str, text: str, number: str) -> None:
    assert [(e.kind, e.value) for e in hear(text, country=country).entities] == [("phone", number)]


@pytest.mark.parametrize(
    "text",
    [
        "me llaman 24/7",
        "tengo 3 hijos y 45 años",
        "llevo 2 años sin trabajo",
        "me marcaron 15 veces",
        "vivo en la carrera 45 # 10-20",
        "mil gracias",
        "la ley 1266 de 2008",
        "por la mañana",
        "soy Lucas",
    ],
)
def test_numbers_that_are_nothing_are_not_returned(hear: Hear, text: str) -> None:
    assert hear(text).entities == ()


@pytest.mark.parametrize(
    "text", ["el 20 le doy 50 mil", "Le\u200b pago 300\u00a0mil el pró\u0301ximo viernes 🙏", "ñandú 🙏 50k"]
)
def test_the_place_of_an_entity_is_its_words_in_the_message(hear: Hear, text: str) -> None:
    entities = hear(text).entities
    assert entities
    for entity in entities:
        assert text[entity.start : entity.end].replace("\u200b", "").replace("\u0301", "") == entity.text
