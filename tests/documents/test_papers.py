"""What a document says, to the last cent, in each country's words; and what it never says."""

from __future__ import annotations

import io
import sys
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are beside the package, not in it

from benchmarks import documents as bench

from acuerdo.adapters.documents.drawing import draw, shown
from acuerdo.core.dialogue.slots import CLEARANCE
from acuerdo.core.dialogue.view import AccountView, AgreementView, CreditorView, InstallmentView, View
from acuerdo.core.documents.paper import Kind, Paper, as_json, file_name, from_json
from acuerdo.core.documents.papers import Agreed, Known, NothingToTell, Received, Settled, paper, parts_of
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, DECIMALS, Country, Money

TODAY = date(2026, 11, 23)
COUNTRIES: tuple[Country, ...] = ("CO", "MX", "CL", "PE", "AR", "ES")


def known(country: Country = "CO", *, debts: int = 2, **changes: object) -> Known:
    def money(major: int) -> Money:
        return Money(major * 10 ** DECIMALS[CURRENCY_OF[country]], CURRENCY_OF[country])

    accounts = tuple(
        AccountView(
            f"a{n}", f"OB-99{n}7731", "tarjeta de crédito", money(900 + n), 22, Authority(), TODAY - timedelta(days=22),
            due_now=money(200), principal=money(800), interest=money(150 + n), fees=money(50), as_of=TODAY,
        )
        for n in range(debts)
    )  # fmt: skip
    creditor = CreditorView(
        "c", "Banco Uno", legal_name="Banco Uno S.A.", tax_id="900-7", phone="601 555", agency="Recauda"
    )
    view = View(country, CAPITAL_ZONE[country], creditor, "Ana Ruiz Montes", "52345678", accounts, "cedula")
    parts = tuple(
        InstallmentView(TODAY + timedelta(days=30 * n), money(300), money(300 if n == 0 else 100 if n == 1 else 0))
        for n in range(3)
    )
    made = Known(
        view, TODAY, "1A2B-3C4D", (Received(TODAY, money(100)), Received(TODAY, money(50), ours=False)),
        (Settled("préstamo", "OB-1", TODAY),), Agreed(AgreementView("g", money(900), parts), money(1000), TODAY),
        {account.id: money(100) for account in accounts},
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def text_of(one: Paper) -> str:
    return as_json(one).decode()


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("kind", ["statement", "agreement"])
def test_every_document_is_drawn_in_every_country_as_pdf_ua(country: Country, kind: Kind) -> None:
    told = paper(kind, known(country))
    body = draw(as_json(told))
    with pikepdf.open(io.BytesIO(body)) as pdf, pdf.open_metadata() as about:
        assert about["pdfuaid:part"] == "1"
        assert about["dc:title"] == told.title
        assert pdf.Root.Lang == f"es-{country}"
        assert "/StructTreeRoot" in pdf.Root
    assert from_json(as_json(told)) == told
    assert file_name(told).endswith("-2026-11-23.pdf")


def test_a_statement_tells_what_is_owed_part_by_part() -> None:
    told = paper("statement", known())
    titles = [section.title for section in told.sections]
    assert titles[0] == "Todo lo que debe hoy"
    assert titles[-2:] == ["Pagos recibidos", "Su acuerdo"]
    first = told.sections[1].table
    assert first is not None
    assert first.rows == (
        ("Capital", "$800"), ("Intereses", "$150"), ("Gastos y comisiones", "$50"),
        ("Menos: pagado después del corte", "-$100"),
    )  # fmt: skip
    assert first.sum == ("Saldo de hoy", "$900")
    total = told.sections[0].table
    assert total is not None
    assert total.sum == ("Total", "", "$1.801")


def test_it_tells_no_whole_document_or_reference() -> None:
    kinds: tuple[Kind, ...] = ("statement", "agreement")
    for kind in kinds:
        words = text_of(paper(kind, known()))
        assert "52345678" not in words
        assert "terminado en 5678" in words
        assert "OB-9907731" not in words


def test_where_nothing_is_owed_it_says_so() -> None:
    assert "Hoy no tiene nada pendiente con Banco Uno." in text_of(paper("statement", known(debts=0)))


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_clearance_has_its_countrys_name_and_is_only_of_what_is_paid(country: Country) -> None:
    with pytest.raises(NothingToTell):
        paper("clearance", known(country))
    with pytest.raises(NothingToTell):
        paper("clearance", known(country, debts=0, settled=()))
    told = paper("clearance", known(country, debts=0))
    assert told.title.lower() == CLEARANCE[country].name
    assert "no tiene saldo pendiente" in text_of(told)
    assert draw(as_json(told)).startswith(b"%PDF-1.7")


def test_a_copy_needs_an_agreement() -> None:
    with pytest.raises(NothingToTell):
        paper("agreement", known(agreed=None))
    table = paper("agreement", known()).sections[1].table
    assert table is not None
    assert [row[3] for row in table.rows] == ["Completo", "$100", "Pendiente"]


MINOR = st.integers(0, 10**9)


@given(balance=MINOR, principal=MINOR, interest=MINOR, fees=MINOR, paid=MINOR)
def test_what_a_balance_is_made_of_always_sums_to_it(
    balance: int, principal: int, interest: int, fees: int, paid: int
) -> None:
    def money(minor: int) -> Money:
        return Money(minor, "COP")

    account = AccountView(
        "a", "r", "p", money(balance), 1, Authority(), principal=money(principal), interest=money(interest),
        fees=money(fees),
    )  # fmt: skip
    parts = parts_of(account, {"a": money(paid)})
    assert not parts or sum(amount.minor for _, amount in parts) == balance
    assert bool(parts) == (balance + paid >= principal + interest + fees)


def test_parts_in_another_currency_are_not_added_up() -> None:
    account = AccountView("a", "r", "p", Money(900, "CLP"), 1, Authority(), principal=Money(3, "CLF"))
    assert parts_of(account, {}) == ()


def named(name: str) -> Paper:
    return paper("statement", known(view=msgspec.structs.replace(known().view, name=name)))


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_whatever_a_name_holds_it_is_kept_and_drawn(name: str) -> None:
    told = named(name)
    assert from_json(as_json(told)).about == told.about
    assert draw(as_json(told)).startswith(b"%PDF-")


@pytest.mark.parametrize("name", ['#eval("1")', "*Ana* _Ruiz_ $x$ @ref <a>", "\\ # ] } ) ${", "李明 😀 \u202eabc"])
def test_markup_in_a_name_is_only_words(name: str) -> None:
    assert draw(as_json(named(name))).startswith(b"%PDF-")


def test_what_cannot_be_drawn_is_a_point_and_accents_stay() -> None:
    assert shown("Jose\u0301 😀 李 Ñ ü €") == "José · · Ñ ü €"


async def test_statements_and_mails_are_measured() -> None:
    found = await bench.run(pdfs=3, mails=6)
    assert found["pdf_mean_ms"] > 0
    assert found["mails_per_second"] > 0
    assert {one.name for one in bench.figures(found)} == {
        "statement PDFs a second of one core", "e-mails a second with a PDF",
        "processor for an e-mail with a PDF",
    }  # fmt: skip


def test_amounts_are_written_as_the_country_does() -> None:
    assert format_money(Money(1_250_50, "EUR"), "ES") in text_of(
        paper("statement", known("ES", received=(Received(TODAY, Money(1_250_50, "EUR")),)))
    )
