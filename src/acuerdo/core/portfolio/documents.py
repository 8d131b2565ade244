"""Identity documents of each country: recognised, checked and brought to one compact form."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from operator import mul
from typing import Literal

import msgspec
from stdnum.ar import cuit
from stdnum.ar import dni as ar_dni
from stdnum.br import cnpj, cpf
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.es import cif, nie
from stdnum.es import dni as es_dni
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.mx import curp, rfc
from stdnum.pe import cui, ruc

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.slips import Bad

CustomerType = Literal["natural", "business"]
DocumentKind = Literal[
    "cedula", "cedula_extranjeria", "nit", "curp", "rfc", "rut", "dni", "carnet_extranjeria", "ruc", "cuit",
    "nie", "cif", "passport", "ppt", "tarjeta_identidad", "ptp", "cpf", "cnpj",
]  # fmt: skip


class Document(msgspec.Struct, frozen=True, gc=False):
    """An identity document: its kind, and its value in compact form (no dots or dashes, capitals)."""

    kind: DocumentKind
    value: str


def _digits(text: str, least: int, most: int, what: str) -> str:
    if not text.isdigit() or not text.isascii():
        raise Bad("document_bad", f"{what} solo lleva cifras", "corrija el documento o su tipo")
    bare = text.lstrip("0")
    if not least <= len(bare) <= most:
        span = f"{least} cifras" if least == most else f"de {least} a {most} cifras"
        raise Bad("document_bad", f"{what} tiene {span} y aquí hay {len(bare)}", "revise si faltan o sobran cifras")
    return bare


def _checked(validate: Callable[[str], str], what: str) -> Callable[[str], str]:
    """A python-stdnum validator whose complaint a person understands."""

    def check(text: str) -> str:
        try:
            return validate(text)
        except InvalidChecksum as error:
            raise Bad(
                "document_check_digit",
                f"{what} tiene un dígito de control que no corresponde",
                "hay una cifra cambiada: cópielo de nuevo del documento",
            ) from error
        except ValidationError as error:
            raise Bad(
                "document_bad",
                f"no tiene la forma de {what}",
                "revise si faltan o sobran caracteres, o corrija el tipo",
            ) from error

    return check


def _cedula(text: str) -> str:
    """Colombian cédula: 6 to 10 digits, no check digit (Registraduría; python-stdnum has no module for it)."""
    return _digits(text, 6, 10, "la cédula")


def _nit(text: str) -> str:
    """Colombian NIT with its check digit, which is worked out where the file leaves it out."""
    bare = _digits(text, 6, 10, "el NIT")
    if len(bare) == 9 and bare[0] in "89":
        return bare + str(nit.calc_check_digit(bare))
    return _checked(nit.validate, "el NIT")(bare)


def _pe_dni(text: str) -> str:
    """Peruvian DNI: 8 digits; the spreadsheet's lost leading zeros come back, and its optional check digit goes."""
    if not re.fullmatch(r"\d{6,9}[A-Z]?", text):
        raise Bad("document_bad", "el DNI peruano tiene 8 cifras", "revise si faltan o sobran cifras")
    return _checked(cui.validate, "el DNI")(text.zfill(8))[:8]


def _rfc(text: str) -> str:
    if len(text) == 10:
        raise Bad("document_bad", "al RFC le falta la homoclave", "escriba los 13 caracteres (12 si es empresa)")
    return _checked(lambda number: str(rfc.validate(number, validate_check_digits=True)), "el RFC")(text)


def _rut(text: str) -> str:
    bare = text.lstrip("0")
    return bare if _is_rut(bare) else _checked(rut.validate, "el RUT")(bare)


def _is_rut(text: str) -> bool:
    """A plain RUT whose verifier is right (modulus 11); python-stdnum, which is slow, judges and names all others."""
    if len(text) != 9 or not text[:8].isdigit() or not text.isascii():
        return False
    total = sum(map(mul, map(int, text[:8]), (3, 2, 7, 6, 5, 4, 3, 2)))
    return text[8] == "0123456789K0"[11 - total % 11]


def _es_dni(text: str) -> str:
    whole = text.zfill(9)
    if whole[:8].isdigit() and whole.isascii() and whole[8:] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(whole[:8]) % 23]:
        return whole
    return _checked(es_dni.validate, "el DNI")(whole)


def _passport(text: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{5,15}", text):
        raise Bad("document_bad", "no tiene la forma de un pasaporte", "revise si faltan o sobran caracteres")
    return text


class _Kind(msgspec.Struct, frozen=True):
    """How one kind of document looks without its type (`form`, tried in order), and how it is checked."""

    kind: DocumentKind
    names: tuple[str, ...]
    form: re.Pattern[str]
    check: Callable[[str], str]


def _kind(kind: DocumentKind, names: tuple[str, ...], form: str, check: Callable[[str], str]) -> _Kind:
    return _Kind(kind, names, re.compile(form), check)


# Kinds that no number shows by its form: only where the file names them.
_TOLD = r"(?!)"
# Passports are everywhere; Brazilian papers are those of people who came from there, and of their companies.
_EVERYWHERE = (
    _kind("passport", ("pasaporte", "pas", "pp", "passport", "passaporte", "pa"), _TOLD, _passport),
    _kind("cpf", ("cpf",), _TOLD, _checked(lambda text: str(cpf.validate(text.zfill(11))), "el CPF")),
    _kind("cnpj", ("cnpj",), _TOLD, _checked(lambda text: str(cnpj.validate(text.zfill(14))), "el CNPJ")),
)
KINDS: dict[str, tuple[_Kind, ...]] = {
    "CO": (
        _kind("nit", ("nit",), r"[89]\d{8,9}", _nit),
        _kind("cedula", ("cedula", "cc", "cedula de ciudadania", "cedula ciudadania", "c c", "ced"), r".*", _cedula),
        _kind("cedula_extranjeria", ("cedula extranjeria", "cedula de extranjeria", "ce", "c e", "extranjeria"), _TOLD,
              lambda text: _digits(text, 5, 10, "la cédula de extranjería")),
        _kind("ppt", ("ppt", "permiso por proteccion temporal", "permiso proteccion temporal", "pt", "pep"), _TOLD,
              lambda text: _digits(text, 5, 15, "el PPT")),
        _kind("tarjeta_identidad", ("tarjeta de identidad", "tarjeta identidad", "ti", "t i"), _TOLD,
              lambda text: _digits(text, 10, 11, "la tarjeta de identidad")),
        *_EVERYWHERE,
    ),
    "MX": (
        _kind("curp", ("curp",), r"[A-Z]{4}\d{6}[A-Z]{6}.*", _checked(curp.validate, "la CURP")),
        _kind("rfc", ("rfc",), r".*", _rfc),
        *_EVERYWHERE,
    ),
    "CL": (_kind("rut", ("rut", "run", "cedula", "cedula de identidad", "ci"), r".*", _rut), *_EVERYWHERE),
    "PE": (
        _kind("ruc", ("ruc",), r"\d{11}", _checked(ruc.validate, "el RUC")),
        _kind("dni", ("dni", "le", "l e", "documento nacional de identidad"), r".*", _pe_dni),
        _kind("carnet_extranjeria",
              ("ce", "c e", "carnet extranjeria", "carne de extranjeria", "carnet de extranjeria"), _TOLD,
              lambda text: _digits(text, 6, 12, "el carné de extranjería")),
        _kind("ptp", ("ptp", "cpp", "carne de permiso temporal de permanencia", "permiso temporal de permanencia",
                      "carnet ptp", "carne ptp"), _TOLD,
              lambda text: _digits(text, 6, 12, "el permiso temporal de permanencia")),
        *_EVERYWHERE,
    ),
    "AR": (
        _kind("cuit", ("cuit", "cuil", "cuit cuil", "cuil cuit", "cdi"), r"\d{11}", _checked(cuit.validate, "el CUIT")),
        _kind("dni", ("dni", "lc", "le", "l c", "l e", "documento nacional de identidad"), r".*",
              lambda text: _checked(ar_dni.validate, "el DNI")(_digits(text, 7, 8, "el DNI"))),
        *_EVERYWHERE,
    ),
    "ES": (
        _kind("nie", ("nie", "tarjeta de residencia"), r"[XYZ].*", _checked(nie.validate, "el NIE")),
        _kind("cif", ("cif", "nif empresa"), r"[A-W].*", _checked(cif.validate, "el CIF")),
        _kind("dni", ("dni", "nif"), r".*", _es_dni),
        *_EVERYWHERE,
    ),
}  # fmt: skip
# Own words for kinds, so that a canonical file may name them as we do.
_OWN_NAMES: dict[str, str] = {key(name): name for name in DocumentKind.__args__}  # type: ignore[attr-defined] # Literal


_BEFORE = re.compile(r"[a-z]{2,9}")
_LETTERS = 2  # of a kind's short name, which in a longer header may be any word
_BESIDE = re.compile(r"[\s.\-–/]")
_SHORTENED = re.compile(r"\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_FLOAT = re.compile(r"(\d{6,})\.0")
# `C.C. 52.345.678`: the kind before the number, in the same cell.
_NAMED = re.compile(r"([A-Za-z.]{2,9})[ :°ºNn.#-]*[ :](?=[\dA-Z])(.+)", re.IGNORECASE)


def compact(text: str) -> str:
    """A document without dots, dashes, slashes or spaces, in capitals. Idempotent."""
    return text if text.isdigit() else _BESIDE.sub("", text.upper())


def _kind_of(text: str, country: str, stated: str) -> _Kind:
    kinds = KINDS[country]
    if not stated:
        return next(kind for kind in kinds if kind.form.fullmatch(text))
    if (found := _named(stated, country)) is None:
        known = ", ".join(kind.names[0] for kind in kinds)
        raise Bad("document_type_unknown", f"no se conoce ese tipo de documento en {country}", f"use uno de: {known}")
    # A Spanish NIF is a DNI, a NIE or a CIF: its letter tells which.
    return _kind_of(text, country, "") if (country, key(stated)) == ("ES", "nif") else found


@lru_cache(maxsize=512)
def _named(stated: str, country: str) -> _Kind | None:
    wanted = key(stated)
    return next((kind for kind in KINDS[country] if wanted in kind.names or _OWN_NAMES.get(wanted) == kind.kind), None)


def kind_named(header: str, country: str) -> str:
    """The kind that a header names (`N° Pasaporte`, `CPF titular`), as it is written before a number; else empty.

    Only of kinds that no number shows by itself: a column `Cédula` of companies and people holds NITs too, and there
    the number tells more than its heading.
    """
    words = f" {key(header)} "
    named = {name: kind for kind in KINDS[country] for name in kind.names if f" {name} " in words}
    whole = {name: kind for name, kind in named.items() if not any(name != other and name in other for other in named)}
    if len({kind.kind for kind in whole.values()}) != 1:
        return ""
    name, kind = next(iter(whole.items()))
    alone = len(name) > _LETTERS or words.strip() == name
    if kind.form.pattern != _TOLD or not alone:
        return ""
    return next(word for word in kind.names if _BEFORE.fullmatch(word))


def document(text: str, country: str, stated: str = "") -> Document:
    """The document that `text` holds, checked by its country's rules (python-stdnum; cédula by length).

    The kind may stand before the number, where it is not `stated`: `C.C. 52.345.678`. Idempotent on its value.
    Raises Bad: document_bad, document_check_digit, document_type_unknown, spreadsheet_number.
    """
    text = text.strip()
    if not text.isdigit():
        if ("E" in text or "e" in text) and _SHORTENED.fullmatch(text):
            raise Bad(
                "spreadsheet_number",
                "la hoja de cálculo abrevió el documento y se perdieron cifras",
                "dé a la columna formato de texto y vuelva a exportar",
            )
        text = text[:-2] if text.endswith(".0") and _FLOAT.fullmatch(text) else text
        if not stated and (said := _NAMED.fullmatch(text)) and _named(said[1].replace(".", ""), country):
            stated, text = said[1].replace(".", ""), said[2]
    bare = compact(text)
    if not bare:
        raise Bad("document_bad", "el documento está vacío", "escriba el documento de la persona")
    kind = _kind_of(bare, country, stated)
    return Document(kind.kind, kind.check(bare))


def customer_type_of(document: Document) -> CustomerType:
    """What the document alone says of its holder: company numbers have their own ranges in each country."""
    kind, value = document.kind, document.value
    business = (
        kind in ("nit", "cif", "cnpj")
        or (kind == "rfc" and len(value) == 12)
        or (kind == "ruc" and value.startswith("20"))
        or (kind == "cuit" and value[:2] in ("30", "33", "34"))
        # Chilean companies are numbered from 50 million (SII); the verifier is not part of the number.
        or (kind == "rut" and int(value[:-1]) >= 50_000_000)
    )
    return "business" if business else "natural"
