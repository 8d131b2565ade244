"""Lo que la persona lee: cada país escribe el dinero y las fechas a su manera."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from babel.dates import format_date as babel_date
from babel.numbers import format_currency

from acuerdo.core.negotiation.plans import make, several, single
from acuerdo.core.negotiation.written import card, format_date, format_money, payments_line, summary
from acuerdo.core.words import CURRENCY_OF, Money, money

DAY = date(2026, 9, 15)
COUNTRIES = ["CO", "MX", "CL", "PE", "AR", "ES"]


@pytest.mark.parametrize(
    ("country", "amount", "text"),
    [
        ("CO", "900000", "$900.000"),
        ("CO", "877500.50", "$877.500,50"),
        ("MX", "7000", "$7,000.00"),
        ("CL", "240000", "$240.000"),
        ("PE", "2300.00", "S/\u00a02,300.00"),
        ("AR", "360000", "$360.000"),
        ("ES", "1250.5", "1.250,50\u00a0€"),
        ("ES", "-0.05", "-0,05\u00a0€"),
    ],
)
def test_el_dinero_de_cada_pais(country: str, amount: str, text: str) -> None:
    assert format_money(money(amount, CURRENCY_OF[country]), country) == text


@pytest.mark.parametrize("country", COUNTRIES)
def test_igual_que_babel(country: str) -> None:
    for minor in (1, 99, 12_345, 1_234_567_890):
        amount = Money(minor, CURRENCY_OF[country])
        told = format_currency(amount.major(), amount.currency, locale=f"es_{country}")
        assert format_money(amount, country) == told
    for month in range(1, 13):
        day = date(2026, month, 9)
        assert format_date(day, country, True).replace(",", "") == babel_date(
            day, "EEEE d 'de' MMMM 'de' y", locale=f"es_{country}"
        )


def test_en_peru_setiembre() -> None:
    assert format_date(DAY, "PE") == "15 de setiembre de 2026"
    assert format_date(DAY, "CO", True) == "martes 15 de septiembre de 2026"


def test_otra_moneda_no_se_confunde_con_la_del_pais() -> None:
    assert format_money(money(10, "USD"), "MX") == "USD\u00a010.00"
    assert format_money(money(10, "USD"), "CO") == "US$10,00"


def test_el_resumen_dice_total_ahorro_fechas_y_donde() -> None:
    plan = single("a", money(1_000_000, "COP"), money(800_000, "COP"), DAY)
    assert [str(line) for line in summary(plan, "CO", "en este chat", creditor="Banco Uno", account="libranza")] == [
        "Acreedor: Banco Uno",
        "Producto: libranza",
        "Saldo de hoy: $1.000.000",
        "Total a pagar: $800.000",
        "Ahorro: $200.000",
        "Pago único: $800.000, el martes 15 de septiembre de 2026",
        "Dónde pagar: en este chat",
    ]


def test_el_resumen_de_un_plan_nombra_cada_pago() -> None:
    plan = several("a", money("1000", "MXN"), 3, DAY, "monthly")
    assert plan is not None
    assert [str(line) for line in summary(plan, "MX", "en este chat")] == [
        "Total a pagar: $1,000.00",
        "Pago 1 de 3: $333.33, el martes 15 de septiembre de 2026",
        "Pago 2 de 3: $333.33, el jueves 15 de octubre de 2026",
        "Pago 3 de 3: $333.34, el domingo 15 de noviembre de 2026",
        "Intereses y gastos durante el plan: ninguno",
        "Dónde pagar: en este chat",
    ]
    assert payments_line(plan, "MX") == "2 pagos de $333.33 y el último de $333.34"


def test_el_resumen_dice_de_que_se_compone_el_saldo() -> None:
    plan = single("a", money(1_000_000, "COP"), money(800_000, "COP"), DAY)
    made_of = (("capital", money(850_000, "COP")), ("intereses", money(150_000, "COP")))
    lines = [str(line) for line in summary(plan, "CO", "en este chat", made_of=made_of)]
    assert lines[:4] == [
        "Saldo de hoy: $1.000.000", "De su saldo, capital: $850.000", "De su saldo, intereses: $150.000",
        "Total a pagar: $800.000",
    ]  # fmt: skip


def test_la_tarjeta_de_un_plan_dice_que_no_lleva_intereses() -> None:
    plan = several("a", money(900_000, "COP"), 3, DAY, "monthly")
    assert plan is not None
    assert "Sin intereses ni gastos" in card(plan, "CO").lines


def test_entrada_y_resto() -> None:
    amounts = tuple(money(a, "COP") for a in (200_000, 350_000, 350_000))
    plan = make("a", money(900_000, "COP"), amounts, DAY, "quincena")
    assert payments_line(plan, "CO") == "$200.000 primero y 2 cuotas de $350.000"


def test_la_tarjeta_de_una_oferta() -> None:
    plan = single("a", money(900_000, "COP"), money(878_000, "COP"), DAY)
    shown = card(plan, "CO")
    assert (shown.id, shown.title) == (plan.id, "Un solo pago")
    assert shown.lines == ("Total: $878.000", "Ahorro: $22.000", "Hasta el 15 de septiembre")
    assert card(single("a", plan.balance, plan.balance, DAY), "CO").title == "Pagar todo"


def test_un_plan_es_el_mismo_donde_se_haga() -> None:
    balance = money(900_000, "COP")
    first = several("a", balance, 3, DAY, "monthly")
    assert first == several("a", balance, 3, DAY, "monthly")
    others = [several("b", balance, 3, DAY, "monthly"), several("a", balance, 3, DAY + timedelta(1), "monthly")]
    assert first is not None
    assert all(o is not None and o.id != first.id for o in others)
    assert Decimal(first.saving.minor) == 0
