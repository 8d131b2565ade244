"""Lo que la ley deja cobrar: con su fuente, su fecha y la duda de un abogado; y nunca más que eso."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.ledger.rules import BadRules, Certified, read_law, read_rules, simple
from acuerdo.core.words import CURRENCY_OF
from acuerdo.service.accounting import law_of_money

LAW = law_of_money()
DAY = date(2026, 11, 23)


def test_cada_pais_dice_su_norma_su_fuente_y_cuando_se_miro() -> None:
    assert {one.country for one in LAW.ceilings} == {"CO", "MX", "CL", "PE", "AR", "ES"}
    for one in LAW.ceilings:
        assert one.source.startswith("https://")
        assert one.norm
        assert one.checked >= date(2026, 11, 1)
        assert one.needs_counsel, "nobody of that country has signed it off yet"


def rates(country: str, pct: str, *figures: Certified, **more: str):  # type: ignore[no-untyped-def]  # a short word
    keys = "".join(f'{key} = "{value}"\n' for key, value in more.items())
    text = f'currency = "{CURRENCY_OF[country]}"\n{keys}[[rate]]\nfrom = 2026-01-01\nannual_pct = "{pct}"\n'
    return read_rules(text, "prueba", country, LAW, figures)


def certified(pct: str, kind: str = "consumo", since: date = DAY, days: int = 30) -> Certified:
    return Certified(kind, since, since + timedelta(days=days), Decimal(pct))


def test_donde_la_ley_no_tiene_cifra_no_se_inventa() -> None:
    for country in ("MX", "AR", "ES"):
        rules = rates(country, "40")
        assert (rules.over(DAY), rules.rate_on(DAY).annual_pct) == ("", 40)


def test_sin_la_cifra_del_mes_no_corre_interes() -> None:
    rules = rates("CL", "20", certified("30", "hasta_50_uf"))
    assert rules.rate_on(DAY - timedelta(days=1)) is None
    assert rules.rate_on(DAY).annual_pct == 20
    assert rules.rate_on(DAY + timedelta(days=31)) is None
    assert "is not known" in rules.over(DAY + timedelta(days=31))


def test_la_cifra_es_la_de_la_clase_de_credito() -> None:
    figures = (certified("30", "hasta_50_uf"), certified("12", "mas_de_5000_uf"))
    assert rates("CL", "20", *figures).over(DAY) == ""
    assert "at most 12.00 %" in rates("CL", "20", *figures, kind="mas_de_5000_uf").over(DAY)
    with pytest.raises(BadRules, match="kind is 'lujo'; in CL it is one of hasta_50_uf"):
        rates("CL", "20", kind="lujo")


def test_una_tasa_que_empieza_despues_se_mira_en_su_dia() -> None:
    text = 'currency = "CLP"\n[[rate]]\nfrom = 2026-12-10\nannual_pct = "31"\n'
    rules = read_rules(text, "prueba", "CL", LAW, (certified("30", "hasta_50_uf"),))
    assert "[[rate]] from 2026-12-10 is 31 % a year, over the hasta_50_uf ceiling of 2026-12-10" in rules.over(DAY)


def test_en_peru_no_se_cobra_gasto_por_el_atraso() -> None:
    text = 'currency = "PEN"\n[[fee]]\nname = "mora"\nafter_days = 5\namount = "10"\n'
    with pytest.raises(BadRules, match="no fee may be charged there \\(PE-LEY-31143\\)"):
        read_rules(text, "prueba", "PE", LAW)


def test_las_reglas_de_un_acreedor_no_traen_su_propia_ley() -> None:
    with pytest.raises(BadRules, match="figures is no key of a creditor's file"):
        read_rules('currency = "COP"\nfigures = []\n', "prueba", "CO", LAW)


def test_una_ley_que_se_contradice_no_se_lee() -> None:
    text = """
    [[ceiling]]
    country = "CO"
    rule = "X"
    says = "certified"
    authority = "a"
    norm = "n"
    source = "https://x.test"
    status = "R"
    checked = 2026-11-23
    """
    with pytest.raises(BadRules, match="X: a certified ceiling has kinds and how often it changes"):
        read_law(text)


@settings(max_examples=300, deadline=None)
@given(st.decimals("0.01", "400", places=2), st.integers(1, 365))
def test_dia_a_dia_nunca_se_pasa_de_la_tasa_efectiva(effective: Decimal, days: int) -> None:
    charged = simple(effective) * days / 365 / 100
    assert charged <= (1 + effective / 100) ** (Decimal(days) / 365) - 1 + Decimal("1e-12")
    assert simple(effective) > effective * Decimal("0.3") - Decimal("0.0001")
