"""Identity documents, phones and e-mail addresses, valid by python-stdnum and phonenumbers, by country."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import phonenumbers
from stdnum.ar import cuit
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.es import dni as es_dni
from stdnum.es import nie
from stdnum.mx import curp, rfc
from stdnum.pe import ruc

from acuerdo.core.language.reading import Entity

Taken = list[tuple[int, int]]
_EMAIL = re.compile(r"(?<![a-z0-9._%+-])[a-z0-9._%+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,4}")
_SPOKEN_EMAIL = re.compile(
    r"(?<![a-z0-9._])(?P<user>[a-z0-9._-]{1,64}) (?:arroba|aroba|@) (?P<host>[a-z0-9-]{2,40})(?: punto "
    r"|\.)(?P<end>(?:com|net|org|es|co|cl|mx|pe|ar)(?:(?: punto |\.)[a-z]{2})?)\b"
)
# A number may be glued to the word that announces it: "dni45678912", "cc1020304050".
_GLUED = "".join(rf"|(?<=\b{word})" for word in ("dni", "cc", "ci", "rut", "ruc", "nit", "cuit", "cuil", "cel", "tel"))
_NUMBER = re.compile(rf"(?:(?<![a-z0-9@.]){_GLUED})" r"\+?\(?\d(?:[\s().-]{0,2}\d){5,15}(?:\s?-?\s?[k])?(?![a-z0-9])")
_LETTERED = re.compile(
    r"(?<![a-z0-9@.])(?!(?:[a-z]{2,4})[\s-]?\d+(?![a-z0-9])(?![\s-][hmx][a-z]{5}))"
    # "DNI 71829304M" is no RFC that begins with DNI.
    r"(?:(?!(?:dni|nie|nif|cif|rut|run|ruc|nit|rfc|curp|cuit|cuil|ine|num|nro)[\s-])"
    r"[a-z&]{3,4}[\s-]?\d{6}[\s-]?(?:[hmx][a-z]{5}[a-z0-9]\d|[a-z0-9]{2,3})"
    r"|[xyz][\s.-]?\d[\d.\s]{5,8}[\s-]?[a-z]|\d{1,2}\.?\d{3}\.?\d{3}[\s-]?[a-z])(?![a-z0-9])"
)
_PHONE_WORD = re.compile(
    r"\b(?:cel\w*|movil|telefon\w*|tel|fono|whats\w*|wsp|wasap|wpp|llam\w+|marqu?\w+|numero|nro|num|linea"
    r"|contact\w+|fijo|fono|guasap|escrib\w+|timbr\w+|fon[oi])\b"
)
_DOCUMENT_WORD = re.compile(
    r"\b(?:cedula|sedula|cc|c\.c\.?|nit|rut|run|curp|rfc|dni|d\.n\.i\.?|nie|nif|cuit|cuil|ruc|document\w+"
    r"|identific\w+|identidad|carnet|ci|ine)\b"
)


class Kind(NamedTuple):
    """A type of document: its name, the words that announce it, its form once bare, what makes it valid."""

    name: str
    words: frozenset[str]
    form: re.Pattern[str]
    valid: Callable[[str], bool]
    alone: bool  # found without a word that announces it


def _always(number: str) -> bool:
    return True


def _kind(name: str, words: str, form: str, valid: Callable[[str], bool], alone: bool) -> Kind:
    return Kind(name, frozenset(words.split()), re.compile(form), valid, alone)


KINDS: dict[str, tuple[Kind, ...]] = {
    "CO": (
        _kind("nit", "nit", r"\d{9,10}", nit.is_valid, False),
        _kind("cedula", "cedula sedula cc c.c documento identificacion identidad", r"[1-9]\d{5,9}", _always, False),
    ),
    "CL": (_kind("rut", "rut run", r"\d{7,8}[\dK]", rut.is_valid, True),),
    "MX": (
        _kind("curp", "curp", r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d", curp.is_valid, True),
        _kind("rfc", "rfc", r"[A-Z&Ñ]{3,4}\d{6}[A-Z0-9]{3}", rfc.is_valid, True),
    ),
    "PE": (
        _kind("ruc", "ruc", r"(?:10|15|16|17|20)\d{9}", ruc.is_valid, True),
        _kind("dni", "dni documento identificacion", r"\d{8}", _always, False),
    ),
    "AR": (
        _kind("cuit", "cuit cuil", r"(?:20|23|24|25|26|27|30|33|34)\d{9}", cuit.is_valid, True),
        _kind("dni", "dni documento identificacion", r"[1-9]\d{6,7}", _always, False),
    ),
    "ES": (
        _kind("dni", "dni nif documento", r"\d{8}[A-Z]", es_dni.is_valid, True),
        _kind("nie", "nie", r"[XYZ]\d{7}[A-Z]", nie.is_valid, True),
    ),
}
_MOBILE = {
    "CO": r"3\d{9}",
    "MX": r"[2-9]\d{9}",
    "CL": r"9\d{8}",
    "PE": r"9\d{8}",
    "AR": r"(?:11|15|[23]\d{1,3})\d{6,8}",
    "ES": r"[67]\d{8}|9[1-8]\d{7}",
}
_MOBILE_FORM = {country: re.compile(form) for country, form in _MOBILE.items()}


_OLD_MEXICAN = re.compile(r"^\+?52\s?1(?=(?:\D?\d){10}$)")


def emails(folded: str, taken: Taken) -> list[Entity]:
    """E-mail addresses, also as they are said aloud ("ana arroba correo punto com")."""
    found: list[Entity] = []
    if "@" in folded:
        for match in _EMAIL.finditer(folded):
            value = match[0].rstrip(".-")
            taken.append(match.span())
            found.append(Entity("email", value, "", match.start(), match.start() + len(value)))
    if not found and ("arroba" in folded or " @ " in folded):
        for match in _SPOKEN_EMAIL.finditer(folded):
            taken.append(match.span())
            end = match["end"].replace(" punto ", ".")
            found.append(Entity("email", f"{match['user']}@{match['host']}.{end}", "", *match.span()))
    return found


def phone(text: str, country: str) -> str | None:
    """A number in E.164 as somebody in `country` writes it, or None when no phone can have it."""
    text = _OLD_MEXICAN.sub("+52", text)  # the 1 after +52 was dropped in 2019
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _lettered(folded: str, country: str, taken: Taken) -> list[Entity]:
    found: list[Entity] = []
    for match in _LETTERED.finditer(folded):
        value = re.sub(r"[\s.-]", "", match[0]).upper()
        kind = next((kind for kind in KINDS[country] if kind.form.fullmatch(value)), None)
        foreign = kind or next(
            (other for kinds in KINDS.values() for other in kinds if other.alone and other.form.fullmatch(value)), None
        )
        if foreign is None or (kind is None and (" " in match[0] or not foreign.valid(value))):
            continue
        taken.append(match.span())
        if foreign.valid(value):
            found.append(Entity("document", value, "", *match.span(), document=foreign.name))
    return found


def _announced(before: str, after: str) -> tuple[str, str]:
    """What announces a number, and the word: ("document", "rut"), ("phone", "celular"), or ("", "")."""
    documents = list(_DOCUMENT_WORD.finditer(before))
    phones = list(_PHONE_WORD.finditer(before))
    document = documents[-1].end() if documents else -1
    call = phones[-1].end() if phones else -1
    number_of = bool(phones) and phones[-1][0] in ("numero", "nro", "num")  # "cédula número 52.123.456"
    if document >= 0 and (document >= call or (number_of and re.fullmatch(r"[\s\w.:#°]{0,25}", before[document:]))):
        return "document", documents[-1][0].rstrip(".")
    if call >= 0:
        return "phone", phones[-1][0]
    said = _DOCUMENT_WORD.search(after[:40])
    if said:
        return "document", said[0]
    return ("phone", "") if _PHONE_WORD.search(after[:30]) else ("", "")


def _document(digits: str, country: str, word: str, anyway: bool) -> tuple[Entity | None, bool]:
    """A document of that number, and whether its form is a document's though its check digit fails."""
    kinds = KINDS[country]
    named = [kind for kind in kinds if word in kind.words]
    for kind in named or kinds:
        if not kind.form.fullmatch(digits) or not (kind.alone or anyway or word):
            continue
        if kind.name == "nit" and not named:
            continue
        if kind.valid(digits):
            return Entity("document", digits, "", 0, 0, document=kind.name), True
        return None, bool(named) or bool(word) or anyway
    return None, bool(named)


def _placed(entity: Entity, start: int, end: int) -> Entity:
    return Entity(entity.kind, entity.value, "", start, end, document=entity.document)


class _Run(NamedTuple):
    start: int
    end: int
    written: str
    digits: str
    announced: str
    word: str
    alone: bool


def _run(folded: str, match: re.Match[str]) -> _Run:
    start, end = match.span()
    written = match[0]
    announced, word = _announced(folded[max(0, start - 60) : start], folded[end:])
    digits = re.sub(r"[^0-9k]", "", written).upper()
    rest = re.sub(r"\W", "", folded[:start] + folded[end:])
    return _Run(start, end, written, digits, announced, word, not rest)


def _money_like(run: _Run) -> bool:
    marks = set(re.findall(r"[.,]", run.written))
    return bool(marks) and not re.search(r"[\s()-]", run.written)


def _read_run(run: _Run, country: str, expected: tuple[str, ...]) -> tuple[Entity | None, bool]:
    """What a run of digits is, and whether it is spent (a document with a wrong check digit is nothing at all)."""
    awaited = "document" in expected
    mobile = _MOBILE_FORM[country].fullmatch(run.digits) is not None
    if run.announced == "document" or (awaited and run.announced != "phone"):
        entity, spent = _document(run.digits, country, run.word, awaited or bool(run.word))
        if entity or run.announced == "document":
            return entity, spent
    called = run.announced == "phone" or (not _money_like(run) and (run.written.startswith("+") or "phone" in expected))
    number = phone(run.written, country) if called else None
    if number:
        return Entity("phone", number, "", 0, 0), True
    if run.announced != "phone" and not run.written.startswith("+"):
        entity, spent = _document(run.digits, country, "", False)
        if entity and not (mobile and country in ("CL",) and "-" not in run.written):
            return entity, True
        if not entity and country == "CL" and re.fullmatch(r"\d{1,2}\.\d{3}\.\d{3}-[\dk]|\d{7,8}-[\dk]", run.written):
            return None, True
    if mobile and not _money_like(run):
        number = phone(run.written, country)
        if number:
            return Entity("phone", number, "", 0, 0), True
    if run.alone or awaited:
        round_sum = run.digits.endswith("000") and "money" in expected
        if not round_sum and not (_money_like(run) and run.digits.endswith("000")) and "money" not in expected:
            return _document(run.digits, country, "", not run.digits.endswith("0000"))
    return None, False


def find(folded: str, country: str, expected: tuple[str, ...], taken: Taken) -> list[Entity]:
    """Documents and phones in a folded text; `taken` grows by them, and by documents that are wrong."""
    found = _lettered(folded, country, taken)
    for match in _NUMBER.finditer(folded):
        start, end = match.span()
        if any(start < stop and begin < end for begin, stop in taken):
            continue
        run = _run(folded, match)
        entity, spent = _read_run(run, country, expected)
        if spent or entity:
            taken.append((start, end))
        if entity:
            found.append(_placed(entity, start, end))
    return found
