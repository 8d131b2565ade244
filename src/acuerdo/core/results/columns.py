"""What a file of results may hold: its fields, and what the cells of its columns are."""

from __future__ import annotations

import re
from datetime import date, time
from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

# A text is never anything else in a spreadsheet, even where it looks like a number: ids keep their zeros.
Form = Literal["text", "count", "amount", "date", "time"]
Cell: TypeAlias = str | int | Decimal | date | time | None


class Column(msgspec.Struct, frozen=True):
    """A column of a file: its header and what its cells are."""

    header: str
    form: Form = "text"


class Field(msgspec.Struct, frozen=True):
    """One thing that a column may hold: what it means (Spanish), and what its cells are."""

    meaning: str
    form: Form = "text"


# What the cells of each are made of is the store's to say, as it reads them.
FIELDS: dict[str, Field] = {
    "line": Field("número de la línea, único por acreedor", "count"),
    "batch": Field("número del archivo", "count"),
    "creditor": Field("acreedor"),
    "external_id": Field("obligación, como la nombra el acreedor"),
    "accounts": Field("todas las obligaciones de que trata, separadas por |"),
    "document": Field("documento de la persona"),
    "document_kind": Field("clase de documento"),
    "kind": Field("clase de línea"),
    "when": Field("fecha y hora local de la persona, con su diferencia con UTC"),
    "date": Field("fecha local de la persona", "date"),
    "time": Field("hora local de la persona", "time"),
    "offset": Field("diferencia de la hora local con UTC"),
    "channel": Field("canal; * es todos"),
    "outcome": Field("resultado, en nuestro código"),
    "code": Field("resultado, en el código del acreedor"),
    "label": Field("resultado, en palabras de la tipificación"),
    "amount": Field("importe", "amount"),
    "currency": Field("moneda (ISO 4217)"),
    "due_date": Field("fecha prometida, de la primera cuota o del pago informado", "date"),
    "agent": Field("quién lo hizo: bot, o el usuario de una persona; de lo que trajo un archivo, quien este diga"),
    "origin": Field("vacío si el resultado es nuestro; si no, el archivo que lo trajo, como contacts"),
    "reference": Field("identificador nuestro"),
    "value": Field("teléfono, correo o dirección nuevos"),
}
PERSONAL = ("document", "document_kind", "value")  # opened from where they are sealed, for the file alone

# A spreadsheet may take a text that begins so for a formula.
LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
PHONE = re.compile(r"\+\d{6,15}")  # a number at most, and of no use with a mark before it


def inert(text: str) -> str:
    """The text as no spreadsheet runs it: one that could be a formula has an apostrophe before it."""
    return f"'{text}" if text.startswith(LIVE) and not PHONE.fullmatch(text) else text
