"""What a file of results may hold: its fields, and how lines become columns of cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.results.lines import Line
from acuerdo.core.results.typification import Leaf
from acuerdo.core.words import DECIMALS

# A text is never anything else in a spreadsheet, even where it looks like a number: ids keep their zeros.
Form = Literal["text", "count", "amount", "date", "time"]
Cell: TypeAlias = str | int | Decimal | date | time | None


class Column(msgspec.Struct, frozen=True):
    """A column of a file: its header and what its cells are."""

    header: str
    form: Form = "text"


class Lot(msgspec.Struct, frozen=True):
    """Lines on their way into a file: each with its local time, its code, and its leaf of the typification."""

    lines: Sequence[Line]
    local: Sequence[datetime]
    codes: Mapping[str, str]
    leaves: Mapping[str, Leaf]
    creditor: str
    batch: int


class Field(msgspec.Struct, frozen=True):
    """One thing that a column may hold: what it means (Spanish), what its cells are, and the cells of some lines."""

    meaning: str
    cells: Callable[[Lot], list[Cell]]
    form: Form = "text"


FIELDS: dict[str, Field] = {
    "line": Field("número de la línea, único por acreedor", lambda lot: [one.n for one in lot.lines], "count"),
    "batch": Field("número del archivo", lambda lot: [lot.batch] * len(lot.lines), "count"),
    "creditor": Field("acreedor", lambda lot: [lot.creditor] * len(lot.lines)),
    "external_id": Field("obligación, como la nombra el acreedor", lambda lot: [one.external_id for one in lot.lines]),
    "accounts": Field(
        "todas las obligaciones de que trata, separadas por |", lambda lot: [one.accounts for one in lot.lines]
    ),
    "document": Field("documento de la persona", lambda lot: [one.document for one in lot.lines]),
    "document_kind": Field("clase de documento", lambda lot: [one.document_kind for one in lot.lines]),
    "kind": Field("clase de línea", lambda lot: [one.kind for one in lot.lines]),
    "when": Field(
        "fecha y hora local de la persona, con su diferencia con UTC",
        lambda lot: [one.isoformat(timespec="seconds") for one in lot.local],
    ),
    "date": Field("fecha local de la persona", lambda lot: [one.date() for one in lot.local], "date"),
    "time": Field("hora local de la persona", lambda lot: [_clock(one) for one in lot.local], "time"),
    "offset": Field("diferencia de la hora local con UTC", lambda lot: [_offset(one) for one in lot.local]),
    "channel": Field("canal; * es todos", lambda lot: [one.channel for one in lot.lines]),
    "outcome": Field("resultado, en nuestro código", lambda lot: [one.outcome for one in lot.lines]),
    "code": Field("resultado, en el código del acreedor", lambda lot: [lot.codes[one.outcome] for one in lot.lines]),
    "label": Field(
        "resultado, en palabras de la tipificación", lambda lot: [lot.leaves[one.outcome].label for one in lot.lines]
    ),
    "amount": Field("importe", lambda lot: [_major(one.amount, one.currency) for one in lot.lines], "amount"),
    "currency": Field("moneda (ISO 4217)", lambda lot: [one.currency for one in lot.lines]),
    "due_date": Field("fecha prometida o de la primera cuota", lambda lot: [one.due for one in lot.lines], "date"),
    "agent": Field("quién lo hizo: bot, o el usuario de una persona", lambda lot: [one.agent for one in lot.lines]),
    "reference": Field("identificador nuestro", lambda lot: [one.reference for one in lot.lines]),
    "value": Field("teléfono, correo o dirección nuevos", lambda lot: [one.value for one in lot.lines]),
}  # fmt: skip
PERSONAL = ("document", "document_kind", "value")  # opened from where they are sealed, for the file alone


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local_times(lines: Sequence[Line]) -> list[datetime]:
    """The moments of lines in each person's own zone."""
    return [one.at.astimezone(_zone(one.zone)) for one in lines]


def _clock(at: datetime) -> time:
    return at.time().replace(microsecond=0)


def _offset(at: datetime) -> str:
    return at.isoformat(timespec="seconds")[19:]


def _major(minor: int | None, currency: str) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-DECIMALS.get(currency, 2))
