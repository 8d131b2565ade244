"""Where a creditor's files and rows come in, by folder or by program: taken once, answered row by row."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from acuerdo.core.portfolio.records import Fault, FileError
from acuerdo.core.words import AcuerdoError, aware
from acuerdo.service.creditors import Creditor

Feed = Literal["portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata"]
FEEDS: tuple[Feed, ...] = ("portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata")
RowStatus = Literal["taken", "unchanged", "set_aside", "unmatched", "doubtful"]
State = Literal["waiting", "done", "refused"]
MOST_ROWS = 5000  # rows told one by one in an answer; of more, those that need somebody come first


class OtherContent(AcuerdoError):
    """Esa clave de repetición (Idempotency-Key) ya se usó con otro contenido; use una clave nueva para cada envío."""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a file is to be read: the country of rows that name none, a mapping's TOML ("" for the remembered one) with
    its name for messages, the sheet of a workbook, and how many lines come before what the sender counts as row 1."""

    country: str = ""
    mapping: str = ""
    mapping_name: str = ""
    sheet: str = ""
    before: int = 0

    @property
    def as_rows(self) -> bool:
        """Whether rows came by themselves, and no file: then a heading was put before them."""
        return self.before > 0


class Arrival(msgspec.Struct, frozen=True):
    """Something that came in. `id` is the same when the same delivery is repeated; `digest` tells its content."""

    id: str
    creditor: Creditor
    feed: Feed
    source: str
    file: str
    digest: bytes
    terms: Terms
    at: datetime


class RowFault(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: `field` as the sender calls it, a code for programs, what it is, and how to mend it."""

    field: str
    code: str
    reason: str
    mend: str


class RowResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one row, and how to mend it (in Spanish) where it did not go in, or not wholly.

    `faults` is all that is wrong with it; `column`, `code`, `reason` and `mend` tell the first of these.
    """

    row: int
    status: RowStatus
    column: str = ""
    code: str = ""
    reason: str = ""
    mend: str = ""
    sheet: str = ""
    faults: tuple[RowFault, ...] = ()


class Imported(msgspec.Struct, frozen=True):
    """What an import of any feed tells: `faults` are the rows set aside, `warnings` those that went in all the same.

    `statuses` are the rows whose outcome is known one by one, by their number in the file.
    """

    import_id: str
    digest: str
    counts: dict[str, int]
    faults: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    statuses: dict[int, RowStatus] = {}
    set_aside_file: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """What became of an arrival: counts, and its rows; `left_off` further ones are not listed.

    `notes` are of no row of the sender's: fields that nobody knows, or what stands around a file's table.
    `error` says why the whole was refused: then nothing went in. `set_aside_file` is the CSV to mend and send again.
    """

    id: str
    feed: Feed
    file: str
    status: State
    at: datetime
    import_id: str = ""
    digest: str = ""
    counts: dict[str, int] = {}
    rows: tuple[RowResult, ...] = ()
    left_off: int = 0
    notes: tuple[RowFault, ...] = ()
    error: str = ""
    set_aside_file: bytes | None = None


Inlet = Callable[[Arrival, Path], Awaitable[Imported]]


class Turn(Protocol):
    """An arrival's turn, in one transaction: what it was answered before, and the way in."""

    @property
    def before(self) -> Answer | None: ...
    async def take(self, arrival: Arrival, path: Path) -> Imported: ...
    async def keep(self, answer: Answer) -> None: ...


class Doors(Protocol):
    """Where arrivals are kept with their answers."""

    def turn(self, arrival: Arrival) -> AbstractAsyncContextManager[Turn]: ...
    async def refuse(self, arrival: Arrival, answer: Answer) -> Answer: ...


async def receive(doors: Doors, arrival: Arrival, path: Path) -> Answer:
    """Takes a whole file in with its answer, in one commit; the same arrival again is answered as it was.

    What cannot be read is answered as refused, and then nothing went in. Raises OtherContent where an arrival of that
    id held something else.
    """
    aware(arrival.at)
    try:
        async with doors.turn(arrival) as turn:
            if turn.before is not None and turn.before.status != "waiting":
                return turn.before
            answer = _answer(arrival, await turn.take(arrival, path))
            await turn.keep(answer)
            return answer
    except OtherContent:
        raise
    except AcuerdoError as why:
        # It lies under a name of ours: the sender knows it by its own.
        whole = why.as_rows if isinstance(why, FileError) and arrival.terms.as_rows else str(why)
        said = re.sub(rf"^{re.escape(path.name)}: ", f"{arrival.file}: ", whole)
        return await doors.refuse(arrival, _refused(arrival, said))


def _refused(arrival: Arrival, why: str) -> Answer:
    return Answer(arrival.id, arrival.feed, arrival.file, "refused", arrival.at, error=why)


def waiting(arrival: Arrival) -> Answer:
    """What is answered while a worker has yet to take an arrival in."""
    return Answer(arrival.id, arrival.feed, arrival.file, "waiting", arrival.at)


def _answer(arrival: Arrival, done: Imported) -> Answer:
    found = sorted(_rows(done, arrival.terms), key=lambda one: (one.sheet, one.row))
    rows = [one for one in found if one.row > 0]
    told = rows if len(rows) <= MOST_ROWS else _pressing(rows)
    return Answer(
        id=arrival.id, feed=arrival.feed, file=arrival.file, status="done", at=arrival.at, import_id=done.import_id,
        digest=done.digest, counts=done.counts, rows=tuple(told), left_off=len(rows) - len(told),
        notes=tuple(fault for one in found if one.row < 1 for fault in one.faults),
        set_aside_file=done.set_aside_file,
    )  # fmt: skip


def _pressing(rows: Iterable[RowResult]) -> list[RowResult]:
    """Of too many rows those that need somebody, and no more than the most."""
    return [one for one in rows if one.code or one.status not in ("taken", "unchanged")][:MOST_ROWS]


def _rows(done: Imported, terms: Terms) -> Iterator[RowResult]:
    """Each row once: all that is wrong with it, else what became of it."""
    told: set[tuple[str, int]] = set()
    wrong: tuple[tuple[RowStatus, Sequence[Fault]], ...] = (("set_aside", done.faults), ("taken", done.warnings))
    for usual, faults in wrong:
        by_row: dict[tuple[str, int], list[RowFault]] = {}
        for one in faults:
            by_row.setdefault((one.sheet, one.row), []).append(_said(one, terms))
        for (sheet, row), said in by_row.items():
            if (sheet, row) not in told:
                told.add((sheet, row))
                became = done.statuses.get(row, usual)
                first = said[0]
                yield RowResult(
                    row - terms.before, became, first.field, first.code, first.reason, first.mend, sheet, tuple(said)
                )
    numbers = {row for _, row in told}
    for row, status in done.statuses.items():
        if row not in numbers:
            yield RowResult(row - terms.before, status)


def _said(fault: Fault, terms: Terms) -> RowFault:
    """A fault as the sender of rows or of a file can use it."""
    if not terms.as_rows:
        return RowFault(fault.column, fault.code, fault.reason, fault.mend)
    reason = re.sub(r"(?<=la fila )\d+", lambda found: str(int(found[0]) - terms.before), fault.reason)
    return RowFault(fault.column, fault.code, reason, _mend_of_rows(fault))


# How rows that came as JSON are mended: who sent them has no cells, no mapping and no spreadsheet.
_OF_ROWS: dict[str, str] = {
    "missing": "envíe este campo en la fila, con un valor",
    "amount_bad": "envíe un número, por ejemplo 1250000 o 1250.5",
    "amount_unclear": "envíe un número, sin separador de miles y con punto decimal: 1250.5",
    "spreadsheet_number": "envíelo como texto y con todas sus cifras",
    "date_bad": "envíela como aaaa-mm-dd, por ejemplo 2026-11-23",
    "date_impossible": "envíela como aaaa-mm-dd, de un día que exista",
    "currency_mismatch": "corrija la moneda, o el país de la fila (country)",
    "encoding": "envíe el texto de nuevo, en UTF-8",
    "letters_mended": "si no queda bien, envíe el texto de nuevo, en UTF-8",
    "column_beside": "no se usa: envíe uno solo de los dos",
    "document_other_name": "entró en una ficha aparte, a la que no se escribe: corrija el documento, o espere a que "
    "alguien diga si son la misma persona",
    "duplicate_id": "envíe una sola fila, la que valga",
}
_NAMED = re.compile(r"«(\w+)»")
_OFFERED = re.compile(r"los hay: (.*)")


def _mend_of_rows(fault: Fault) -> str:
    if fault.code == "column_unknown":
        near = " o ".join(f"«{name}»" for name in _NAMED.findall(fault.mend))
        return f"no se usa; si es {near}, envíelo con ese nombre" if near else "no se usa: quítelo de las filas"
    if fault.code == "result_unknown":
        offered = _OFFERED.search(fault.mend)
        return f"envíe uno de estos: {offered[1]}" if offered else fault.mend
    return _OF_ROWS.get(fault.code, fault.mend)
