"""The cells of a file of results, said in SQL: what each field is of a line, and how a line is written as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from acuerdo.core.results.columns import FIELDS, LIVE, PERSONAL, Form, inert
from acuerdo.core.results.profiles import Dress, Fixed
from acuerdo.core.words import DECIMALS
from acuerdo.service.exporting import Batch, Sheet

LOCAL = "(l.at at time zone l.zone)"  # the person's own time
# `-05:00`, of an interval that reads `-05:00:00`; to_char takes twice as long, and so does each further look at a zone.
OFFSET = f"lpad(left(({LOCAL} - l.at::timestamp)::text, -3), 6, '+')"
PLACES = " ".join(f"when '{currency}' then {10**-places:.{places}f}" for currency, places in DECIMALS.items())
CELLS: Mapping[str, str] = {
    "line": "l.n",
    "external_id": "l.external_id",
    "accounts": "l.accounts",
    "document": "null::text",
    "document_kind": "null::text",
    "kind": "l.kind",
    "when": f"(replace(date_trunc('second', {LOCAL})::text, ' ', 'T') || {OFFSET})",
    "date": f"{LOCAL}::date",
    "time": f"date_trunc('second', {LOCAL})::time",
    "offset": OFFSET,
    "channel": "l.channel",
    "outcome": "l.outcome",
    "amount": f"(l.amount * case l.currency {PLACES} else 0.01 end)",
    "currency": "l.currency",
    "due_date": "l.due",
    "agent": "l.agent",
    "origin": "l.origin",
    "reference": "l.reference",
    "value": "null::text",
}
SAFE = ("kind", "when", "outcome", "currency", "origin")  # texts of ours, none of which looks like a formula
BEGINNINGS = f"'{{{','.join(str(ord(one)) for one in LIVE)}}}'::integer[]"
PHONE = "'^\\+\\d{6,15}$'"
DATES = {"dd/mm/yyyy": "DD/MM/YYYY", "dd-mm-yyyy": "DD-MM-YYYY", "mm/dd/yyyy": "MM/DD/YYYY", "yyyymmdd": "YYYYMMDD"}


class Question:
    """A statement about the lines of a file, and what is asked with it."""

    def __init__(self, batch: Batch, outcomes: tuple[str, ...], echo: tuple[str, ...]) -> None:
        self.args: list[Any] = []
        self.where = self._where(batch, outcomes, echo)

    def arg(self, value: Any, kind: str) -> str:
        """The place of a value in the statement."""
        self.args.append(value)
        return f"${len(self.args)}::{kind}"

    def _where(self, batch: Batch, outcomes: tuple[str, ...], echo: tuple[str, ...]) -> str:
        least = min(batch.beyond, default=0)
        told = [
            f"l.creditor_id = {self.arg(batch.creditor, 'text')}",
            f"l.n > {self.arg(least, 'bigint')} and l.n <= {self.arg(batch.upto, 'bigint')}",
            f"l.kind = any({self.arg(list(batch.kinds), 'text[]')})",
            f"l.outcome = any({self.arg(list(outcomes), 'text[]')})",
            f"l.origin = any({self.arg(['', *echo], 'text[]')})",
        ]
        if ahead := {kind: n for kind, n in zip(batch.kinds, batch.beyond, strict=True) if n > least}:
            marks = self.arg(msgspec.json.encode(ahead).decode(), "jsonb")
            told.append(f"l.n > coalesce(({marks} ->> l.kind)::bigint, 0)")
        days = ((">=", batch.since), ("<=", batch.until))
        told += [f"{LOCAL}::date {than} {self.arg(day, 'date')}" for than, day in days if day is not None]
        return " and ".join(told)

    def cell(self, field: str | Fixed, sheet: Sheet, *, marked: bool) -> str:
        """What a column's cell is; `marked`: as no spreadsheet runs it."""
        constant = inert if marked else str
        if isinstance(field, Fixed):
            return self.arg(constant(field.fixed), "text")
        if field == "batch":
            return self.arg(sheet.n, "integer")
        if field == "creditor":
            return self.arg(constant(sheet.creditor), "text")
        if field in ("code", "label"):
            words = sheet.codes if field == "code" else sheet.labels
            body = msgspec.json.encode({outcome: constant(word) for outcome, word in words.items()}).decode()
            return f"({self.arg(body, 'jsonb')} ->> l.outcome)"
        cell = CELLS[field]
        if not marked or FIELDS[field].form != "text" or field in SAFE or field in PERSONAL:
            return cell
        return (
            f"(case when ascii({cell}) = any({BEGINNINGS}) and {cell} !~ {PHONE} then '''' || {cell} else {cell} end)"
        )


def dressed(cell: str, form: Form, dress: Dress) -> str:
    """A cell as its text in a CSV; nothing where it is empty."""
    if form == "text":
        return f"nullif({cell}, '')"
    if form == "amount" and dress.decimal == ",":
        return f"replace({cell}::text, '.', ',')"
    return f"to_char({cell}, '{DATES[dress.date]}')" if form == "date" and dress.date in DATES else cell
