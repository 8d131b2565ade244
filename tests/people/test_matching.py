"""Whether two records are one person: the written rules, and names as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.portfolio.documents import Document
from acuerdo.core.portfolio.matching import RulesError, Who, one_person, papers, read_rules, weigh
from acuerdo.core.portfolio.names import address_form, email_form, likeness, one_slip
from acuerdo.service.people import matching_rules

from .people_cases import MAIL, PHONE, cc, who

RULES = matching_rules()
BORN = date(1985, 3, 7)
PASSPORT = (cc("X12345", "passport"),)
BOTH = (*PASSPORT, cc("52345678"))
BOUNDS = "match = 90\ndoubtful = 50\n[nicknames]\n"


@pytest.mark.parametrize(
    ("one", "other", "how"),
    [
        ("José García de la Hoz", "GARCIA HOZ JOSE", "same"),
        ("Pepe Núñez", "Nuñez José", "same"),
        ("Ma. del Pilar Hdez", "María Pilar Hernández", "same"),
        ("Sr. Juan Prueba", "Juan Prueba", "same"),
        ("José Pérez", "José Luis Pérez Gómez", "similar"),
        ("J. Pérez Gómez", "José Pérez Gómez", "similar"),
        ("Ana Gomes Ruiz", "Ana Gómez Ruiz", "similar"),
        ("Ana Gómez", "Ada Gómez", "different"),
        ("José Luis Pérez", "José Pablo Pérez", "different"),
        ("Ana", "Ana María Pérez", "different"),
        ("Pérez", "Pérez", "same"),
        ("", "", "different"),
        ("Ana Pérez", "Bruno Díaz", "different"),
    ],
)
def test_names_as_people_write_them(one: str, other: str, how: str) -> None:
    assert likeness(one, other, RULES.nicknames) == how
    assert likeness(other, one, RULES.nicknames) == how


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("52345678", "52345687", True),
        ("52345678", "52345679", True),
        ("52345678", "5234567", True),
        ("52345678", "523456788", True),
        ("52345678", "25345687", False),
        ("52345678", "52345678", False),
        ("52345678", "79123456", False),
    ],
)
def test_one_slip_of_the_fingers(one: str, other: str, slip: bool) -> None:
    assert one_slip(one, other) is slip
    assert one_slip(other, one) is slip


def test_one_house_written_in_two_ways() -> None:
    assert address_form("Cra. 7 # 12-34 Apto 5") == address_form("carrera 7 No. 12 34, apt 5")
    assert address_form("Cra 7 # 12-34") != address_form("Cra 7 # 12-35")


def test_one_mailbox_written_in_two_ways() -> None:
    assert email_form("Ana.Ruiz+banco@Gmail.com") == email_form("anaruiz@gmail.com")
    assert email_form("ana.ruiz@example.com") != email_form("anaruiz@example.com")


ANA = who(phones=(PHONE,), emails=(MAIL,), born=BORN, address="Cra 7 # 12-34", city="Bogotá")


@pytest.mark.parametrize(
    ("other", "outcome", "rule"),
    [
        # The document decides first.
        (who(documents=BOTH), "match", "un_documento"),
        (who("Bruno Díaz", documents=BOTH), "doubtful", "un_documento_otros_datos"),
        # A slip in the document needs the name and one thing more.
        (who(paper="52345687", phones=(PHONE,)), "doubtful", "error_de_digitacion_y_telefono"),
        (who(paper="52345687", emails=(MAIL,)), "doubtful", "error_de_digitacion_y_correo"),
        (who(paper="52345687"), "apart", ""),
        (who("Luis Ejemplo Ruiz", "52345687", phones=(PHONE,)), "apart", ""),
        (who(paper="52345687", phones=(PHONE,), born=date(1960, 1, 1)), "apart", ""),
        # A phone alone says nothing: families share phones.
        (who("Luis Ejemplo Ruiz", "79123456", phones=(PHONE,)), "apart", ""),
        (who(paper="79123456", phones=(PHONE,)), "apart", ""),
        (who(documents=PASSPORT, phones=(PHONE,)), "doubtful", "telefono_y_nombre"),
        # An e-mail and a name are worth a look, whatever the document.
        (who("A. Ejemplo", "79123456", emails=("ANA@example.com",)), "doubtful", "correo_y_nombre"),
        (who("Luis Ejemplo Ruiz", "79123456", emails=(MAIL,)), "apart", ""),
        # Birth.
        (who(documents=PASSPORT, born=BORN, phones=(PHONE,)), "match", "nombre_nacimiento_y_telefono"),
        (who(documents=PASSPORT, born=BORN), "doubtful", "nombre_y_nacimiento"),
        (who(documents=PASSPORT, born=date(1985, 7, 3), emails=(MAIL,)), "doubtful", "correo_y_nombre"),
        (who(paper="79123456", born=BORN, phones=(PHONE,)), "apart", ""),
        # A house.
        (who(documents=PASSPORT, address="Carrera 7 12 34", city="Bogotá"), "doubtful", "direccion_y_nombre"),
        # A company is nobody.
        (who(phones=(PHONE,), emails=(MAIL,), born=BORN, business=True), "apart", ""),
    ],
)  # fmt: skip
def test_what_the_rules_make_of_it(other: Who, outcome: str, rule: str) -> None:
    verdict = weigh(ANA, other, RULES)
    assert (verdict.outcome, verdict.rule) == (outcome, rule)
    assert weigh(other, ANA, RULES) == verdict


def test_the_reasons_are_signs_and_hold_nothing_personal() -> None:
    verdict = weigh(ANA, who(paper="52345687", phones=(PHONE,)), RULES)
    assert verdict.signs == ("document_slip", "name_same", "name_similar", "phone")


@pytest.mark.parametrize(
    ("country", "given", "inside"),
    [
        ("CO", Document("nit", "523456781"), Document("cedula", "52345678")),
        ("PE", Document("ruc", "10418520330"), Document("dni", "41852033")),
        ("AR", Document("cuit", "20054796624"), Document("dni", "5479662")),
    ],
)
def test_a_tax_number_holds_its_persons_document(country: str, given: Document, inside: Document) -> None:
    assert papers(Who("Ana", country, (given,))) == (given, inside)
    assert papers(Who("Ana SAS", country, (given,), business=True)) == (given,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("match = 90", "doubtful"),
        ('match = 90\ndoubtful = 95\nrule = []\n[nicknames]', "doubtful must be"),
        (BOUNDS + '[[rule]]\nid = "x"\nagree = ["phone"]\nagainst = []\nscore = 60', "families"),
        (BOUNDS + '[[rule]]\nid = "x"\nagree = ["shoe"]\nagainst = []\nscore = 60', "signs are"),
        (BOUNDS + '[[rule]]\nid = "x"\nagree = []\nagainst = []\nscore = 60', "asks for nothing"),
        (BOUNDS + '[[rule]]\nid = "x"\nagree = ["email"]\nagainst = []\nscore = 101', "101"),
        ("match = = 1", "mapa.toml"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_is_told_where_it_is_wrong(text: str, told: str) -> None:
    with pytest.raises(RulesError, match=told):
        read_rules(text, "mapa.toml")


people = st.builds(
    Who,
    st.sampled_from(("Ana Ruiz", "Ana María Ruiz", "A. Ruiz", "Luis Díaz", "Pepe Díaz", "José Díaz", "")),
    st.just("CO"),
    st.sampled_from(
        ((cc("52345678"),), (cc("52345687"),), (cc("79123456"),), (cc("X1234", "passport"), cc("52345678")))
    ),
    st.sampled_from(((), (PHONE,), (PHONE, "+573005550101"))),
    st.sampled_from(((), (MAIL,))),
    st.sampled_from((None, BORN, date(1985, 7, 3), date(1990, 1, 1))),
    st.sampled_from(("", "Cra 7 # 1-2")),
    business=st.booleans(),
)


@settings(max_examples=300, deadline=None)
@given(people, people)
def test_it_does_not_matter_who_stands_first(one: Who, other: Who) -> None:
    assert weigh(one, other, RULES) == weigh(other, one, RULES)
    if one.business is not other.business:
        assert weigh(one, other, RULES).outcome == "apart"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ROJAS GARCIA ANA MARIA", "Ana María Rojas García"),
        ("Ana Gómez", "Ana Lucía Gómez Ruiz"),
        ("Ana Gómez", "Ana Ruiz"),
        ("Ana María Gómez Ruiz", "Ana María de Castaño"),
        ("Jhon Jairo Peres", "John Pérez"),
        ("Yeison Giovanny López", "LOPEZ JEISON YOVANI"),
        ("Catherine Díaz", "Katerin Dias"),
        ("Sofía Vergara", "ZOFIA BERGARA"),
        ("Steven Mora", "Estiven Mora"),
        ("ANAMARIA GOMEZ", "Ana María Gómez"),
        ("Ana Maria Gom", "Ana María Gómez Castaño"),
        ("Pepe Núñez", "José Núñez"),
        ("Tienda La Esquina", "Pedro Pérez"),
        ("INVERSIONES PEREZ S.A.S.", "Ana Gómez"),
    ],
)
def test_names_that_one_document_may_have(one: str, other: str) -> None:
    assert one_person(one, other, RULES) > 0
    assert one_person(one, other, RULES) == one_person(other, one, RULES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ana María Gómez", "Pedro Luis Castaño"),
        ("Ana", "Pedro"),
        ("Pedro Castaño", "Luis Castaño"),
        ("Ana María Gómez Ruiz", "Luis Carlos Gómez Ruiz"),
        ("Ana Ejemplo Ruiz", "Luis Ejemplo Ruiz"),
        ("Marta Peña", "Pedro Peña Díaz"),
    ],
)
def test_names_that_one_document_cannot_have(one: str, other: str) -> None:
    assert one_person(one, other, RULES) == one_person(other, one, RULES) == 0


def test_bounds_of_names_that_make_no_sense_are_refused() -> None:
    with pytest.raises(RulesError, match="first_name"):
        read_rules("rule = []\n" + BOUNDS + "[one_document]\nalike = 40\n", "reglas.toml")
