"""Identity documents of each country: recognised, checked and brought to one compact form."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

import msgspec
from stdnum.ar import cuit
from stdnum.ar import dni as ar_dni
from stdnum.cl import rut
from stdnum.co import nit
from stdnum.es import cif, nie
from stdnum.es import dni as es_dni
from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.mx import curp, rfc
from stdnum.pe import cui, ruc

from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.values import Bad

CustomerType = Literal["natural", "business"]
DocumentKind = Literal[
    "cedula", "cedula_extranjeria", "nit", "curp", "rfc", "rut", "dni", "carnet_extranjeria", "ruc", "cuit",
    "nie", "cif", "passport",
]  # fmt: skip


class Document(msgspec.Struct, frozen=True):
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
    return _checked(rut.validate, "el RUT")(text.lstrip("0"))


def _es_dni(text: str) -> str:
    return _checked(es_dni.validate, "el DNI")(text.zfill(9))


def _passport(text: str) -> str:
    if not re.fullmatch(r"[A-Z0-9]{5,15}", text):
        raise Bad("document_bad", "no tiene la forma de un pasaporte", "revise si faltan o sobran caracteres")
    return text


class _Kind(msgspec.Struct, frozen=True):
    """How one kind of document looks without its type (`form`, tried in order), and how it is checked."""

    kind: DocumentKind
    names: tuple[str, ...]
    form: str
    check: Callable[[str], str]


_PASSPORT = _Kind("passport", ("pasaporte", "pas", "pp", "passport"), r"(?!)", _passport)
KINDS: dict[str, tuple[_Kind, ...]] = {
    "CO": (
        _Kind("nit", ("nit",), r"[89]\d{8,9}", _nit),
        _Kind("cedula", ("cedula", "cc", "cedula de ciudadania", "cedula ciudadania", "c c"), r".*", _cedula),
        _Kind("cedula_extranjeria", ("cedula extranjeria", "cedula de extranjeria", "ce", "c e"), r"(?!)",
              lambda text: _digits(text, 5, 10, "la cédula de extranjería")),
        _PASSPORT,
    ),
    "MX": (
        _Kind("curp", ("curp",), r"[A-Z]{4}\d{6}[A-Z]{6}.*", _checked(curp.validate, "la CURP")),
        _Kind("rfc", ("rfc",), r".*", _rfc),
        _PASSPORT,
    ),
    "CL": (_Kind("rut", ("rut", "run", "cedula"), r".*", _rut), _PASSPORT),
    "PE": (
        _Kind("ruc", ("ruc",), r"\d{11}", _checked(ruc.validate, "el RUC")),
        _Kind("dni", ("dni", "le", "l e"), r".*", _pe_dni),
        _Kind("carnet_extranjeria", ("ce", "carnet extranjeria", "carne de extranjeria", "carnet de extranjeria"),
              r"(?!)",
              lambda text: _digits(text, 6, 12, "el carné de extranjería")),
        _PASSPORT,
    ),
    "AR": (
        _Kind("cuit", ("cuit", "cuil"), r"\d{11}", _checked(cuit.validate, "el CUIT")),
        _Kind("dni", ("dni", "lc", "le"), r".*",
              lambda text: _checked(ar_dni.validate, "el DNI")(_digits(text, 7, 8, "el DNI"))),
        _PASSPORT,
    ),
    "ES": (
        _Kind("nie", ("nie",), r"[XYZ].*", _checked(nie.validate, "el NIE")),
        _Kind("cif", ("cif", "nif empresa"), r"[A-W].*", _checked(cif.validate, "el CIF")),
        _Kind("dni", ("dni", "nif"), r".*", _es_dni),
        _PASSPORT,
    ),
}  # fmt: skip
# Own words for kinds, so that a canonical file may name them as we do.
_OWN_NAMES: dict[str, str] = {key(name): name for name in DocumentKind.__args__}  # type: ignore[attr-defined] # Literal


def compact(text: str) -> str:
    """A document without dots, dashes, slashes or spaces, in capitals. Idempotent."""
    return re.sub(r"[\s.\-–/]", "", text.upper())


def _kind_of(text: str, country: str, stated: str) -> _Kind:
    kinds = KINDS[country]
    if not stated:
        return next(kind for kind in kinds if re.fullmatch(kind.form, text))
    wanted = key(stated)
    for kind in kinds:
        if wanted in kind.names or _OWN_NAMES.get(wanted) == kind.kind:
            # A Spanish NIF is a DNI, a NIE or a CIF: its letter tells which.
            return _kind_of(text, country, "") if (country, wanted) == ("ES", "nif") else kind
    known = ", ".join(kind.names[0] for kind in kinds)
    raise Bad("document_type_unknown", f"no se conoce ese tipo de documento en {country}", f"use uno de: {known}")


def document(text: str, country: str, stated: str = "") -> Document:
    """The document that `text` holds, checked by its country's rules (python-stdnum; cédula by length).

    Raises Bad: document_bad, document_check_digit, document_type_unknown, spreadsheet_number. Idempotent on its value.
    """
    if re.fullmatch(r"\d+([.,]\d+)?E\+?\d+", text.strip(), re.IGNORECASE):
        raise Bad(
            "spreadsheet_number",
            "la hoja de cálculo abrevió el documento y se perdieron cifras",
            "dé a la columna formato de texto y vuelva a exportar",
        )
    text = re.sub(r"\.0$", "", text.strip()) if re.fullmatch(r"\d{6,}\.0", text.strip()) else text
    bare = compact(text)
    if not bare:
        raise Bad("document_bad", "el documento está vacío", "escriba el documento de la persona")
    kind = _kind_of(bare, country, stated)
    return Document(kind.kind, kind.check(bare))


def customer_type_of(document: Document) -> CustomerType:
    """What the document alone says of its holder: company numbers have their own ranges in each country."""
    kind, value = document.kind, document.value
    business = (
        kind in ("nit", "cif")
        or (kind == "rfc" and len(value) == 12)
        or (kind == "ruc" and value.startswith("20"))
        or (kind == "cuit" and value[:2] in ("30", "33", "34"))
        # Chilean companies are numbered from 50 million (SII); the verifier is not part of the number.
        or (kind == "rut" and int(value[:-1]) >= 50_000_000)
    )
    return "business" if business else "natural"
