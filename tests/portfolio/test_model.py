"""All that a row may say of a debt and of people, beside the few columns that every file has."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.portfolio.building import build
from acuerdo.core.portfolio.contact import _parsed, _plainly, hours
from acuerdo.core.portfolio.documents import Document, document
from acuerdo.core.portfolio.reading import open_file
from acuerdo.core.portfolio.records import Consent, Contact, Fault, Party, Record, Terms
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.words import Country, Money

TODAY = date(2026, 11, 23)
ANA = {
    "external_id": "A1", "name": "Ana Ejemplo", "document": "52345678", "phone": "3005550100", "product": "tarjeta",
    "balance": "900000", "due_date": "2026-11-01",
}  # fmt: skip
AMELIA = ANA | {"document": "12345678-5", "phone": "955550100"}


def built(cells: dict[str, str], country: Country = "CO", **terms: tuple[str, ...]) -> tuple[Record, list[Fault]]:
    record, faults = build(2, cells, Terms(country, TODAY, **terms))  # type: ignore[arg-type] # currencies alone
    assert record is not None, faults
    return record, list(faults)


def refused(cells: dict[str, str], country: Country = "CO") -> list[str]:
    record, faults = build(2, cells, Terms(country, TODAY))
    assert record is None
    return [fault.code for fault in faults if not fault.kept]


def codes(faults: list[Fault]) -> list[tuple[str, str]]:
    assert all(fault.kept for fault in faults)
    return [(fault.column, fault.code) for fault in faults]


class TestDebt:
    def test_installments_and_limitation(self) -> None:
        record, faults = built(ANA | {"installments_total": "36", "installments_paid": "12.0",
            "installments_overdue": "2",
                                      "limitation_date": "23 de marzo de 2031"})  # fmt: skip
        account = record.account
        assert faults == []
        assert (account.installments_total, account.installments_paid, account.installments_overdue) == (36, 12, 2)
        assert account.limitation_date == date(2031, 3, 23)

    def test_more_installments_than_there_are_is_told(self) -> None:
        _, faults = built(ANA | {"installments_total": "12", "installments_paid": "11", "installments_overdue": "2"})
        assert codes(faults) == [("installments_total", "installments_disagree")]

    @pytest.mark.parametrize(
        ("stated", "written", "money"),
        [
            ("UF", "12,3456", Money(123456, "CLF")), ("", "UF 12,5", Money(125000, "CLF")),
            ("", "UF 1.234,5", Money(12345000, "CLF")), ("UTM", "3,25", Money(32500, "UTM")),
            ("UF", "12,345", Money(123450, "CLF")), ("", "$ 240.000", Money(240000, "CLP")),
            ("clf", "UF 7", Money(70000, "CLF")),
        ],
    )  # fmt: skip
    def test_chile_counts_in_pesos_uf_and_utm(self, stated: str, written: str, money: Money) -> None:
        record, faults = built(AMELIA | {"currency": stated, "balance": written}, "CL")
        assert faults == []
        assert record.account.balance == money

    def test_each_row_of_a_mixed_column_by_its_own_sign(self) -> None:
        accepted = ("USD",)
        for written, currency in (("US$ 120", "USD"), ("$ 120.000", "COP"), ("120", "COP"), ("120.50 USD", "USD")):
            record, _ = built(ANA | {"balance": written, "minimum_due": written}, currencies=accepted)
            assert record.account.balance.currency == currency
            assert record.account.minimum_due == record.account.balance

    @pytest.mark.parametrize(
        ("country", "stated", "written"),
        [
            ("CO", "", "US$ 120"),
            ("CO", "COP", "€ 500"),
            ("CL", "UF", "$ 1.000"),
            ("CO", "", "UF 12"),
            ("PE", "", "$ 120"),
        ],
    )
    def test_a_sign_that_is_not_the_rows_currency(self, country: Country, stated: str, written: str) -> None:
        cells = (AMELIA if country == "CL" else ANA) | {"currency": stated, "balance": written}
        assert refused(cells | ({"phone": "955550100"} if country == "PE" else {}), country) == ["currency_mismatch"]

    def test_a_balance_in_favour_of_the_person(self) -> None:
        assert refused(ANA | {"balance": "(15.000)"}) == ["credit_balance"]
        assert refused(ANA | {"interest": "-5"}) == ["amount_negative"]


class TestPapers:
    @pytest.mark.parametrize(
        ("country", "written", "stated", "kind", "value"),
        [
            ("CO", "5.123.456", "PPT", "ppt", "5123456"), ("CO", "1.034.567.890", "T.I.", "tarjeta_identidad",
                "1034567890"),
            ("PE", "001234567", "CPP", "ptp", "1234567"), ("PE", "001234567", "CE", "carnet_extranjeria", "1234567"),
            ("AR", "20-05536168-2", "CUIL", "cuit", "20055361682"), ("CO", "529.982.247-25", "CPF", "cpf",
                "52998224725"),
            ("CL", "11.222.333/0001-81", "CNPJ", "cnpj", "11222333000181"), ("CO", "C.C. 52.345.678", "", "cedula",
                "52345678"),
            ("CL", "RUT: 12.345.678-5", "", "rut", "123456785"), ("CO", "NIT 900.123.456-8", "", "nit", "9001234568"),
            ("PE", "PAS AB123456", "", "passport", "AB123456"),
        ],
    )  # fmt: skip
    def test_papers_of_people_from_elsewhere(
        self, country: str, written: str, stated: str, kind: str, value: str
    ) -> None:
        found = document(written, country, stated)
        assert (found.kind, found.value) == (kind, value)
        assert document(found.value, country, found.kind) == found

    def test_two_valid_documents_are_one_persons(self) -> None:
        cells = ANA | {"document": "FUMF940522MPLCDR05|", "phone": "5555550100"}
        curp, rfc = Document("curp", "FUMF940522MPLCDR05"), Document("rfc", "GODE561231GR8")
        for asked in (
            cells | {"document": "FUMF940522MPLCDR05|GODE561231GR8"},
            cells | {"document_2": "GODE561231GR8", "document_2_type": "RFC"},
        ):
            record, faults = built(asked, "MX")
            assert faults == []
            assert (record.person.document, record.person.documents) == (curp, (rfc,))

    def test_a_bad_one_beside_a_good_one_is_told(self) -> None:
        record, faults = built(ANA | {"document_2": "12", "document_2_type": "NIT"})
        assert record.person.documents == ()
        assert codes(faults) == [("document_2", "document_bad")]

    def test_headers_of_two_documents_are_not_two_of_one(self) -> None:
        header = "Cuenta;Nombre;CURP;RFC;Producto;Saldo;Vencimiento\n"
        row = "A1;Ana Ejemplo;FUMF940522MPLCDR05;GODE561231GR8;tarjeta;900;2026-11-01\n"
        (record,) = (
            one for one in open_file((header + row).encode(), None, "MX", TODAY).rows() if isinstance(one, Record)
        )
        assert [one.kind for one in (record.person.document, *record.person.documents)] == ["curp", "rfc"]


class TestPeople:
    def test_name_and_surnames_in_columns_of_their_own(self) -> None:
        apart = {"name": "ANA", "surnames": "EJEMPLO", "second_surname": "PÉREZ"}
        assert built(ANA | apart)[0].person.name == "Ana Ejemplo Pérez"
        whole = {"name": "ANA EJEMPLO PÉREZ", "surnames": "EJEMPLO PÉREZ"}
        assert built(ANA | whole)[0].person.name == "Ana Ejemplo Pérez"

    def test_consents_with_their_day_and_evidence(self) -> None:
        record, faults = built(ANA | {"consent_sms": "sí", "consent_whatsapp": "2025-02-10", "consent_email": "No",
                                      "consent_voice": "", "consent_date": "01/03/2025",
                                      "consent_evidence": "grabación 8"})  # fmt: skip
        given, evidence = date(2025, 3, 1), "grabación 8"
        assert faults == []
        assert record.person.consents == (
            Consent("sms", True, given, evidence),
            Consent("whatsapp", True, date(2025, 2, 10), evidence),
            Consent("email", False, given, evidence),
        )

    def test_a_consent_that_cannot_be_read_is_none(self) -> None:
        record, faults = built(ANA | {"consent": "quizás"})
        assert record.person.consents == ()
        assert codes(faults) == [("consent", "flag_bad")]

    def test_registers_and_one_that_cannot_be_read(self) -> None:
        record, _ = built(ANA | {"do_not_call": "X", "judicialised": "no", "deceased": "02/03/2026"})
        assert record.registers == ("do_not_call", "deceased")
        assert refused(ANA | {"deceased": "quizás"}) == ["flag_bad"]

    def test_parties_and_references(self) -> None:
        record, faults = built(ANA | {
            "guarantor_name": "PRUEBA, IVÁN", "guarantor_document": "79.123.456", "guarantor_phone": "300 555 0101/12",
            "reference_name": "Luz Ejemplo", "reference_phone": "3005550102", "reference_relation": "hermana",
            "reference_2_phone": "3005550103", "codebtor_name": "",
        })  # fmt: skip
        assert record.parties == (
            Party("guarantor", "Iván Prueba", Document("cedula", "79123456"), ("+573005550101",)),
            Party("reference", "Luz Ejemplo", None, ("+573005550102",), (), "hermana"),
            Party("reference", "", None, ("+573005550103",)),
        )
        assert codes(faults) == [("guarantor_phone", "phone_bad")]

    def test_a_phone_known_to_be_bad_is_kept_apart(self) -> None:
        record, faults = built(ANA | {"phone": "3005550100|3005550101", "phone_quality": "malo|bueno",
                                      "phone_source": "buró", "email": "ana@example.com",
                                      "contact_source": "solicitud"})  # fmt: skip
        assert faults == []
        assert record.person.phones == ("+573005550101",)
        assert record.person.contacts == (
            Contact("phone", "+573005550100", "buró", "bad"),
            Contact("phone", "+573005550101", "buró", "good"),
            Contact("email", "ana@example.com", "solicitud", "unknown"),
        )

    def test_preferences_and_language(self) -> None:
        record, _ = built(ANA | {"preferred_channel": "Correo", "preferred_hours": "9am a 1pm", "language": "português",
                                 "born": "22/05/1984"})  # fmt: skip
        person = record.person
        assert (person.preferred_channel, person.preferred_hours) == ("email", "09:00-13:00")
        assert (person.language, person.born) == ("pt-CO", date(1984, 5, 22))

    @pytest.mark.parametrize(("said", "meant"), [("de 9 a 12", "09:00-12:00"), ("14:30-18:00", "14:30-18:00"),
                                                 ("por la tarde", "12:00-18:00"), ("cualquier hora", "")])  # fmt: skip
    def test_hours_as_people_say_them(self, said: str, meant: str) -> None:
        assert hours(said) == meant
        if meant:
            assert hours(meant) == meant


class TestAmountsOfAFile:
    HEADER = "Cuenta;Nombre;Documento;Producto;Saldo;Vencimiento\n"

    def balances(self, *written: str) -> tuple[list[int], list[str]]:
        rows = (f"A{n};Ana Ejemplo;52345678;tarjeta;{one};2026-11-01\n" for n, one in enumerate(written))
        found = list(open_file((self.HEADER + "".join(rows)).encode(), None, "CO", TODAY).rows())
        minors = [one.account.balance.minor for one in found if isinstance(one, Record)]
        return minors, [one.code for one in found if isinstance(one, Fault) and one.code != "no_contact"]

    def test_the_mark_of_a_column_is_that_of_its_clear_amounts(self) -> None:
        assert self.balances("1,250.50", "1,250", "900") == ([125050, 125000, 90000], [])
        assert self.balances("1.250,50", "1.250", "900") == ([125050, 125000, 90000], [])

    def test_a_column_that_says_nothing_is_read_as_its_country_writes_and_it_is_told_once(self) -> None:
        assert self.balances("1.250", "3.500") == ([125000, 350000], ["decimal_assumed"])

    def test_where_rows_disagree_each_is_read_by_itself(self) -> None:
        assert self.balances("1.250,50", "1,250.50", "1.250") == ([125050, 125050, 125000], [])


BEFORE = (
    "", "3", "9", "6", "55", "11", "1115", "15", "0", "01", "044", "57", "52", "54", "+57", "+54", "+549", "+52",
    "+521",
    "56", "+56", "+34", "34", "+51", "00",
)  # fmt: skip


@given(
    st.sampled_from(["CO", "MX", "CL", "PE", "AR", "ES"]),
    st.sampled_from(BEFORE),
    st.text(alphabet="0123456789", min_size=6, max_size=11),
    st.text(alphabet=" -().", max_size=2),
    st.integers(0, 12),
)
@settings(max_examples=500)
def test_the_short_way_to_a_phone_says_what_phonenumbers_says(
    country: str, before: str, digits: str, between: str, at: int
) -> None:
    text = (before + digits)[:at] + between + (before + digits)[at:]
    short = _plainly(text, country)
    if short is None:
        return
    try:
        assert _parsed(text, country) == short
    except Bad:
        pytest.fail(f"{text} is no phone of {country}, and was read as {short}")


def test_the_digest_is_of_what_the_row_says_not_of_where_its_columns_stand() -> None:
    turned = dict(reversed(ANA.items()))
    assert built(ANA)[0].digest == built(turned)[0].digest
    assert built(ANA)[0].digest != built(ANA | {"balance": "900001"})[0].digest
