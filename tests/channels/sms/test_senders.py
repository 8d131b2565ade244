"""The sender and the words of an SMS, for each country."""

from __future__ import annotations

import pytest

from acuerdo.adapters.channels._sms import body, country_of, is_phone, price, sender_for
from acuerdo.core.messages import Button, Card, Content, Link
from acuerdo.core.segments import measure


@pytest.mark.parametrize(("sender", "fallback", "country", "fitted"), [
    ("890123", "", "CO", "890123"),
    ("+15550001111", "", "CO", "+15550001111"),
    ("Tienda", "890123", "CO", "890123"),  # Colombia replaces names: the installation's number goes
    ("Tienda", "", "CO", ""),
    ("Tienda", "", "ES", "Tienda"),
    ("Tiendas del Sur S.A.", "", "ES", "TiendasdelS"),
    ("Almacén", "", "ES", "Almacen"),
    ("¡¡¡", "600", "ES", "600"),
    ("CO:890123,ES:Tienda,*:+15550001111", "", "CO", "890123"),
    ("CO:890123,ES:Tienda,*:+15550001111", "", "ES", "Tienda"),
    ("CO:890123,ES:Tienda,*:+15550001111", "", "MX", "+15550001111"),
    ("CO:890123", "MX:26262,*:Aviso", "MX", "26262"),
    ("MG" + "a" * 32, "", "MX", "MG" + "a" * 32),
    ("", "", "MX", ""),
])  # fmt: skip
def test_the_sender_of_each_country(sender: str, fallback: str, country: str, fitted: str) -> None:
    assert sender_for(sender, fallback, country) == fitted


def test_the_country_of_a_number() -> None:
    numbers = ["+573001234567", "+5215512345678", "+56912345678", "+51912345678", "+5491112345678", "+34600123456"]
    assert [country_of(one) for one in numbers] == ["CO", "MX", "CL", "PE", "AR", "ES"]
    assert country_of("+493012345678") == ""


@pytest.mark.parametrize(
    "address", ["573001234567", "+57", "+57 300", "tel:+573001234567", "+0123456789", "a@b.co", ""]
)
def test_what_is_no_number(address: str) -> None:
    assert not is_phone(address)


def test_a_rich_message_is_numbered_text_in_the_short_alphabet() -> None:
    content = Content(
        "Estas son sus opciones:",
        (Button("a", "Pagar todo"),),
        (Card("c", "3 cuotas", ("$10.000 al mes", "sin cargos"), "Elegir"),),
        link=Link("Abrir", "https://tienda.example/c/x"),
    )  # fmt: skip
    text = body(content)
    assert text.splitlines() == [
        "Estas son sus opciones:", "1. Pagar todo", "2. 3 cuotas - $10.000 al mes - sin cargos",
        "Abrir: https://tienda.example/c/x",
    ]  # fmt: skip
    assert measure(text).alphabet == "gsm7"


def test_the_price_is_of_the_parts() -> None:
    assert price("a" * 160, 40) == 40
    assert price("a" * 161, 40) == 80
    assert price("ó" * 71, 40) == 80
