"""Every text is said to usted, tú or vos as the creditor has it, and the main ones more softly or more firmly."""

from __future__ import annotations

import re
from datetime import date

import msgspec
import pytest

from acuerdo.core.dialogue.slots import FORMS, treated
from acuerdo.core.dialogue.view import PromiseView, View
from acuerdo.core.negotiation.authority import Authority
from acuerdo.service.resources import shipped_flows
from acuerdo.testing import wording
from acuerdo.testing.transcripts import scenario_of, view_of

# What is said to usted alone: third persons that look the same ("una persona puede") are not among these.
USTED = re.compile(
    r"\b(?:usted|d[íi]gam\w*|escriba|escr[íi]ba(?:l[oa]|me)|disculpe|perdone|cu[ée]ntem\w*|m[áa]ndem\w*|elija|responda"
    r"|t[óo]mese|ayudarle|ofrecerle|leerle|orientarle|entenderle|prefiere|si quiere|¿quiere"
    r"|su (?:acuerdo|saldo|cuenta|pago))\b",
    re.IGNORECASE,
)
TU = re.compile(
    r"\b(?:puedes|tienes|quieres|prefieres|necesitas|eres|d[íi]me(?:lo|la)?|escr[íi]belo|elige|responde(?= «)|contigo"
    r"|ti)\b",
    re.IGNORECASE,
)
WORDINGS = [
    (name, key, one)
    for texts in (shipped_flows().texts, shipped_flows().buttons)
    for name, text in texts.items()
    for key, wordings in text.variants.items()
    for one in wordings
]


def test_no_text_says_usted_to_who_is_tu_or_vos() -> None:
    wrong = [(n, k, t, m[0]) for n, k, w in WORDINGS for t in ("tu", "vos") if (m := USTED.search(treated(w, t)))]
    assert not wrong, wrong


def test_no_text_says_tu_to_who_is_vos() -> None:
    spanish = [(n, k, w) for n, k, w in WORDINGS if k != "es-ES" and not k.startswith("es-ES/")]
    wrong = [(n, k, m[0]) for n, k, w in spanish if (m := TU.search(treated(w, "vos")))]
    assert not wrong, wrong


def test_the_check_would_see_a_text_that_was_forgotten() -> None:
    assert USTED.search(treated("Si prefiere, dígamelo.", "tu"))
    assert TU.search(treated("Si (prefiere|prefieres), (dígamelo|dímelo).", "vos"))


@pytest.mark.parametrize(
    ("treatment", "said"), [("usted", "Su saldo"), ("tu", "Tu saldo"), ("vos", "Tu saldo, escribí"), ("", "Tu saldo")]
)
def test_forms(treatment: str, said: str) -> None:
    text = "(Su|Tu) saldo" if treatment != "vos" else "(Su|Tu) saldo, (escriba|escribe|escribí)"
    assert treated(text, treatment or "tu") == said


def test_words_in_brackets_that_are_no_choice_stay() -> None:
    assert treated("tarjeta (ref. …0001)", "vos") == "tarjeta (ref. …0001)"
    assert not FORMS.search("(ref. …0001)")


MAIN = ("menu.menu", "negociacion.opening", "negociacion.offer_parts", "negociacion.promise")


@pytest.mark.parametrize("name", MAIN)
def test_the_main_texts_have_three_tones(name: str) -> None:
    said = shipped_flows().texts[name].variants
    assert {"es", "es/soft", "es/firm"} <= set(said)
    assert len({said[key] for key in ("es", "es/soft", "es/firm")}) == 3


def test_no_tone_threatens_or_scolds() -> None:
    for name, key, one in WORDINGS:
        assert not wording.THREAT.search(one), (name, key)
        assert not wording.INSULT.search(one), (name, key)


def view(tone: str = "", late: int = 20, **changes: object) -> View:
    found = view_of(scenario_of("tono", {"mora": str(late)}))
    account = msgspec.structs.replace(found.accounts[0], authority=Authority(tone=tone), **changes)
    return msgspec.structs.replace(found, accounts=(account,))


@pytest.mark.parametrize(
    ("of", "tone"),
    [
        (view(late=5), "soft"),
        (view(late=45), "soft"),  # never late before
        (view(late=45, late_12m=1), ""),
        (view("warm", late_12m=1), "soft"),
        (view("formal", late_12m=1), "firm"),
        (view("formal"), ""),
        (view("neutral", broken_promises=2), "firm"),
        (view("formal", broken_promises=3), "firm"),
    ],
)
def test_the_tone_follows_segment_stage_and_history(of: View, tone: str) -> None:
    assert of.tone == tone


def test_who_promised_before_is_no_newcomer() -> None:
    promised = msgspec.structs.replace(view("formal"), promise=PromiseView(date(2026, 4, 1)))
    assert promised.tone == "firm"


@pytest.mark.parametrize(
    ("country", "kind", "number", "company"),
    [
        ("CO", "nit", "9001234568", True),
        ("CO", "nit", "523456789", False),
        ("CO", "cedula", "52345678", False),
        ("MX", "rfc", "FSO920101AB1", True),
        ("MX", "rfc", "GOMC900512RR3", False),
        ("CL", "rut", "761234560", True),
        ("CL", "rut", "152348762", False),
        ("PE", "ruc", "20123456789", True),
        ("PE", "ruc", "10412233441", False),
        ("AR", "cuit", "30711234567", True),
        ("AR", "cuit", "20301112223", False),
        ("ES", "cif", "B12345678", True),
        ("ES", "dni", "45678901G", False),
    ],
)
def test_a_company_is_told_by_its_number(country: str, kind: str, number: str, company: bool) -> None:
    found = view_of(scenario_of("empresa", {"país": country, "documento": number}))
    assert msgspec.structs.replace(found, document_kind=kind).is_company is company
