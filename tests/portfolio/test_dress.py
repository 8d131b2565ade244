"""Whatever a creditor's file looks like, the same portfolio comes out of it."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.cl import rut
from stdnum.es import dni

from acuerdo.adapters.files import open_bytes
from acuerdo.core.portfolio.building import build
from acuerdo.core.portfolio.columns import BY_NAME, canonical
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.core.portfolio.records import Fault, Record, Terms
from acuerdo.testing.dress import Style, dress, header

TODAY = date(2026, 11, 23)
WORDS = st.sampled_from(["Ana", "Íñigo", "María", "Núñez", "Güell", "Peña", "Ejemplo", "Prueba", "O'Higgins", "José"])
DAYS = st.integers(0, 3000).map(lambda n: TODAY - timedelta(days=n))
DOCUMENTS = {
    "CO": st.integers(10**6, 10**9).map(str),
    "CL": st.integers(5 * 10**6, 3 * 10**7).map(lambda n: f"{n}{rut.calc_check_digit(str(n))}"),
    "PE": st.integers(10**7, 10**8 - 1).map(str),
    "AR": st.integers(10**7, 5 * 10**7).map(str),
    "ES": st.integers(10**6, 10**8 - 1).map(lambda n: f"{n:08d}{dni.calc_check_digit(f'{n:08d}')}"),
}
PHONES = {"CO": "+57300555", "CL": "+5695555", "PE": "+5195555", "AR": "+5491155", "ES": "+3465555"}
CURRENCIES = {"CO": ("COP", 2), "CL": ("CLP", 0), "PE": ("PEN", 2), "AR": ("ARS", 2), "ES": ("EUR", 2)}
REGIONS = {"CO": "Antioquia", "CL": "Magallanes", "PE": "Lima", "AR": "Córdoba", "ES": "Las Palmas"}


def written(minor: int, decimals: int) -> str:
    return f"{minor / 10**decimals:.{decimals}f}"


@st.composite
def rows(draw: st.DrawFn, number: int, country: str) -> Mapping[str, str]:
    """One debt in the canonical form, with anything that a row may say."""
    currency, decimals = CURRENCIES[country]
    name = " ".join(draw(st.lists(WORDS, min_size=2, max_size=4)))
    phones = [PHONES[country] + str(draw(st.integers(0, 9999))).zfill(4)] * draw(st.integers(0, 1))
    money = st.integers(1, 10**11).map(lambda minor: written(minor, decimals))
    yes_no = st.sampled_from(["", "sí", "no"])
    maybe_day = st.one_of(st.just(""), DAYS.map(date.isoformat))
    cells = {
        "external_id": f"{draw(st.sampled_from(['CR-', '00', 'X/']))}{number}",
        "name": name,
        "document": draw(DOCUMENTS[country]),
        "phone": "|".join(phones),
        "phone_quality": draw(st.sampled_from(["", "bueno", "malo"])) if phones else "",
        "phone_source": draw(st.sampled_from(["", "buró", "la solicitud; firmada"])) if phones else "",
        "email": draw(st.sampled_from(["", "ana@example.com", "a.b-c@example.com|otra@example.com"])),
        "address": draw(st.sampled_from(["", "Calle 10 # 5-21", 'Av. "El Sol" 3; piso 2', "Cra 7, 12|A"])),
        "subdivision": draw(st.sampled_from(["", REGIONS[country]])),
        "city": draw(st.sampled_from(["", "Ciudad Prueba"])),
        "product": draw(st.sampled_from(["tarjeta", "libranza", "Plan «Móvil»"])),
        "balance": draw(money),
        "minimum_due": draw(st.one_of(st.just(""), money)),
        "currency": currency,
        "due_date": draw(DAYS).isoformat(),
        "opened": draw(maybe_day),
        "born": draw(st.sampled_from(["", "1984-05-22", "1931-01-01"])),
        "limitation_date": draw(st.sampled_from(["", "2031-02-28"])),
        "installments_total": draw(st.sampled_from(["", "36"])),
        "installments_overdue": draw(st.sampled_from(["", "2"])),
        "status": draw(st.sampled_from(["", "castigada", "judicial"])),
        "language": draw(st.sampled_from(["", "pt", "en"])),
        "preferred_channel": draw(st.sampled_from(["", "whatsapp"])),
        "preferred_hours": draw(st.sampled_from(["", "de 9 a 12", "tarde"])),
        "consent": draw(yes_no), "consent_sms": draw(yes_no), "consent_date": draw(maybe_day),
        "do_not_call": draw(yes_no), "deceased": draw(yes_no),
        "guarantor_name": draw(st.sampled_from(["", "Iván Prueba"])),
        "guarantor_phone": draw(st.sampled_from(["", PHONES[country] + "0001"])),
        "reference_2_name": draw(st.sampled_from(["", "Luz Ejemplo"])),
        "codebtor_name": draw(st.sampled_from(["", "Ñusta Prueba"])),
    }  # fmt: skip
    if country == "CL" and draw(st.booleans()):
        cells |= {"currency": "UF", "balance": written(draw(st.integers(1, 10**8)), 4), "minimum_due": ""}
    return cells


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[str, list[Record]]:
    country = draw(st.sampled_from(sorted(DOCUMENTS)))
    terms = Terms(country, TODAY)  # type: ignore[arg-type] # one of those served
    found = [build(n, draw(rows(n, country)), terms)[0] for n in range(draw(st.integers(1, 4)))]
    return country, [record for record in found if record is not None]


MARKS = st.sampled_from([(".", ""), (",", ""), (",", "."), (".", ","), (".", "'"), (",", " ")])


@st.composite
def styles(draw: st.DrawFn) -> Style:
    decimal, thousands = draw(MARKS)
    kind = draw(st.sampled_from(["csv", "csv", "csv", "xlsx", "parquet"]))
    margins = kind != "parquet"
    return Style(
        kind=kind,
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])),
        delimiter=draw(st.sampled_from([";", ",", "\t", "|"])),
        decimal=decimal,
        thousands=thousands,
        dates=draw(st.sampled_from(
            ["yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mmm-yyyy", "largo", "yyyymmdd", "serial"]
        )),
        language=draw(st.sampled_from(["", "es", "en", "pt"])),
        signs=draw(st.booleans()),
        titles=margins and draw(st.booleans()),
        totals=margins and draw(st.booleans()),
        folded=draw(st.booleans()),
        # A lone mark before three figures is read as its country writes it, unless the mapping tells.
        told=kind == "csv",
    )  # fmt: skip


def bare(record: Record) -> Record:
    """What a record says, whatever its row and the texts it was read from."""
    return msgspec.structs.replace(record, row=0, digest="")


@given(portfolios(), styles())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_portfolio_is_the_same_in_any_dress(portfolio: tuple[str, list[Record]], style: Style) -> None:
    country, records = portfolio
    opened = open_bytes(dress(records, style), style.filename, PORTFOLIO, style.mapping(), country, TODAY)
    outcomes = list(opened.rows())
    lost = [one for one in outcomes if isinstance(one, Fault) and not one.kept]
    assert lost == []
    assert [bare(one) for one in outcomes if isinstance(one, Record)] == [bare(one) for one in records]


@pytest.mark.parametrize("language", ["", "es", "en", "pt"])
def test_headers_of_every_language_are_understood(language: str) -> None:
    for column in BY_NAME:
        assert canonical(header(column, language)) == column  # type: ignore[arg-type] # of the four
