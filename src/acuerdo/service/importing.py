"""A creditor's file goes in: every good row or, when the file as a whole cannot be read, nothing."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from hashlib import blake2b
from itertools import islice
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.portfolio.grid import RawRow
from acuerdo.core.portfolio.reading import OpenFile, Sheet
from acuerdo.core.portfolio.records import Fault, FileError, Record
from acuerdo.core.portfolio.set_aside import render
from acuerdo.core.portfolio.values import tidy
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError, Money, aware, derive
from acuerdo.service.alongside import alongside
from acuerdo.service.creditors import Creditor

__all__ = ["Arrival", "FileError", "Intake", "Intakes", "Report", "Settled", "TooManyClosed", "import_portfolio"]

CHUNK = 2000  # rows between two calls of `progress`
MANY = 20_000  # rows from which it pays to read with more processes
READERS = 2
FEW = 1000  # rows up to which it pays to look up those on record one by one
READ_AS = "1"  # another one where the same cells come to mean something else: they are read again
SHEET = 24  # bits of a line's number: above them is the place of its sheet
MOST_CLOSED = 0.20  # of the open accounts, before somebody has to say that they are sure
Progress = Callable[[int, int], None]


class TooManyClosed(AcuerdoError):
    """More accounts would be closed for not being in the file than anyone closes without looking twice."""


class Arrival(msgspec.Struct, frozen=True):
    """A file that comes in: whose, what it is called, the SHA-256 of its bytes, when and by whom it is brought.

    `reading` stands for how its rows are understood: its header, mapping and country.
    """

    creditor: str
    file: str
    digest: str
    at: datetime
    who: str = "operator"
    reading: str = ""


class Line(NamedTuple):
    """A row to be read; `number` is its own, and in the bits above it its sheet's place: no other line has the same."""

    number: int
    sheet: Sheet[Record]
    raw: RawRow


class Good(NamedTuple):
    """A row that goes in; `cells` is the keyed digest of what it says, empty where it has to be read again."""

    line: int
    record: Record
    cells: bytes


class Coded(msgspec.Struct, frozen=True):
    """Good rows as the store takes them; `ids` and `lines` are fixed-width, in the same order."""

    accounts: bytes = b""
    people: bytes = b""
    ids: bytes = b""
    lines: bytes = b""


Coder = Callable[[Sequence[Good]], Coded]


class Batch(msgspec.Struct, frozen=True):
    """What came of some rows of a file, read and validated.

    `known` are rows that say what they said last time: pairs of a number and an index. `aside` are the numbers and
    external ids of rows that do not go in.
    """

    read: int
    coded: Coded
    known: tuple[tuple[int, int], ...] = ()
    faults: tuple[Fault, ...] = ()
    aside: tuple[tuple[int, str], ...] = ()


class Known(Protocol):
    """The rows that wrote a creditor's accounts as they are."""

    def look(self, digests: bytes) -> Sequence[int]:
        """For each digest (16 bytes) the index of the account that a row of these very cells wrote, or -1."""


class Again(msgspec.Struct, frozen=True):
    """Rows to look at again: `repeated` of an id that an earlier row has, by that row; `kin` of people who changed."""

    repeated: Mapping[int, int]
    kin: frozenset[int]


class Difference(msgspec.Struct, frozen=True):
    """Payments made to us that a newer file should have had off its balances: how many debts, and what is missing."""

    accounts: int
    missing: Money


class Settled(msgspec.Struct, frozen=True):
    """What became of the good rows; `older` ones are behind what is on record, and changed nothing.

    `in_doubt` are lines whose document is on record under a very different name: a person has to say whose it is.
    """

    import_id: str
    added: int
    updated: int
    unchanged: int
    older: int = 0
    closed: int = 0
    back: int = 0
    doubtful: int = 0
    matched: int = 0
    differences: tuple[Difference, ...] = ()
    in_doubt: tuple[int, ...] = ()


class Closing(msgspec.Struct, frozen=True):
    """Whether accounts that the file leaves out are closed; beyond `most` of the open ones it is refused."""

    missing: bool = False
    most: float = MOST_CLOSED


class Intake(Protocol):
    """One import under way, in one transaction: leaving it by an error undoes all of it."""

    @property
    def salt(self) -> bytes: ...
    @property
    def code(self) -> Coder: ...
    async def known(self, external_ids: Sequence[str] | None) -> Known | None: ...
    async def stage(self, batch: Batch) -> None: ...
    async def again(self) -> Again: ...
    async def drop(self, lines: Sequence[int], aside: Set[int]) -> None: ...
    async def settle(self, aside: Sequence[Fault], closing: Closing) -> Settled: ...


class Intakes(Protocol):
    """Where files go in; one at a time, so that two never wait for each other in a ring."""

    def intake(self, arrival: Arrival) -> AbstractAsyncContextManager[Intake]: ...


class Report(msgspec.Struct, frozen=True):
    """What an import did, in rows. `set_aside_file` is the CSV to write beside the input, None when all rows are good.

    `warnings` are the faults whose row went in all the same. `older` rows are counted as unchanged too; `closed` are
    accounts that were open before; `back` are those that a newer file names again; `doubtful` are pairs of people to
    look at. `matched` are payments made to us that the file's balances hold already, `differences` those they should.
    """

    added: int
    updated: int
    unchanged: int
    set_aside: int
    warnings: tuple[Fault, ...]
    set_aside_file: bytes | None
    digest: str
    older: int = 0
    closed: int = 0
    back: int = 0
    doubtful: int = 0
    matched: int = 0
    differences: tuple[Difference, ...] = ()
    import_id: str = ""
    faults: tuple[Fault, ...] = ()


def import_day(country: str, at: datetime) -> date:
    """The day of an import: the country's own."""
    return aware(at).astimezone(ZoneInfo(CAPITAL_ZONE.get(country.upper(), "UTC"))).date()


async def import_portfolio(
    store: Intakes, creditor: Creditor, opened: OpenFile[Record], filename: str, at: datetime,
    progress: Progress | None = None, *, close_missing: bool = False, sure: bool = False, who: str = "operator",
) -> Report:  # fmt: skip
    """Imports a portfolio file, whole or not at all; idempotent by (creditor, external id).

    The same file again changes nothing. A newer one (by its cut-off day) gives each debt its balance of record; of
    what the person paid us, that stays off it which came on the cut-off day or later, as the file cannot know of it.
    A debt that the file leaves out is not touched, unless `close_missing`: then it is closed, and one that the file
    calls withdrawn always is. `progress` gets rows read and the file's lines. Raises FileError (Spanish), and
    TooManyClosed where a fifth of the open accounts would be closed and nobody is `sure`; then nothing went in.
    """
    arrival = Arrival(creditor.id, filename, opened.digest, aware(at), who, _reading(opened))
    faults: list[Fault] = []
    async with store.intake(arrival) as intake:
        reader = _Reader(opened, intake.code, intake.salt)
        # What is left out is told among all of them; a few rows need no more than their own.
        few = opened.lines <= FEW and not close_missing
        reader.known = await intake.known(await asyncio.to_thread(reader.external_ids) if few else None)
        await _read(intake, reader, faults, progress)
        await _look_again(intake, reader, faults)
        aside, warnings = _parted(faults, reader)
        settled = await intake.settle(aside, Closing(close_missing, 1.0 if sure else MOST_CLOSED))
        warnings = (*(reader.in_doubt(line) for line in settled.in_doubt), *warnings)  # first what a person must decide
    return Report(
        added=settled.added, updated=settled.updated, unchanged=settled.unchanged, older=settled.older,
        closed=settled.closed, back=settled.back, doubtful=settled.doubtful, matched=settled.matched,
        differences=settled.differences, import_id=settled.import_id,
        set_aside=len({(fault.sheet, fault.row) for fault in aside}), faults=tuple(aside), warnings=warnings,
        digest=arrival.digest,
        set_aside_file=render(opened.header, aside, opened.delimiter) if aside else None,
    )  # fmt: skip


async def _read(intake: Intake, reader: _Reader, faults: list[Fault], progress: Progress | None) -> None:
    """Reads and stages the whole file: while a batch is being staged, the next ones are read."""
    lines = reader.opened.lines
    batches = alongside(reader.batches, Batch, _readers(reader.opened), FileError)
    staging: asyncio.Task[None] | None = None
    read = 0
    reading: asyncio.Task[Batch | None] | None = None
    try:
        while True:
            reading = asyncio.create_task(asyncio.to_thread(next, batches, None))
            # A thread cannot be stopped: whoever cancels this waits for its part, and no longer.
            if (batch := await asyncio.shield(reading)) is None:
                break
            if staging is not None:
                await staging
            staging = asyncio.create_task(intake.stage(batch))
            faults += batch.faults
            read += batch.read
            if progress is not None:
                progress(read, max(lines, read))
        if staging is not None:
            await staging
    except BaseException:
        if staging is not None:
            staging.cancel()
            await asyncio.wait([staging])
        raise
    finally:
        if reading is not None:
            await asyncio.wait([reading])
        await asyncio.to_thread(batches.close)  # type: ignore[attr-defined]  # it is a generator


def _readers(opened: OpenFile[Record]) -> int:
    """How many processes read. Text lies in memory for all; of other files, copies would move each other's place."""
    if opened.lines < MANY or opened.grid.kind != "csv" or not hasattr(os, "sched_getaffinity"):
        return 1
    return min(READERS, len(os.sched_getaffinity(0)))


async def _look_again(intake: Intake, reader: _Reader, faults: list[Fault]) -> None:
    """Sets aside what repeats an id, and reads every row of people of whom some row changed."""
    again = await intake.again()
    if not again.repeated and not again.kin:
        return
    batch = await asyncio.to_thread(reader.only, again)
    repeated = {reader.line(fault) for fault in batch.faults}
    faults[:] = [fault for fault in faults if reader.line(fault) not in repeated]
    faults += batch.faults
    await intake.drop(sorted(again.repeated), {reader.line(fault) for fault in batch.faults if not fault.kept})
    await intake.stage(batch)


class _Reader:
    """Reads and validates rows of a file, or passes over those that are known."""

    def __init__(self, opened: OpenFile[Record], code: Coder, salt: bytes) -> None:
        self.opened, self._code, self._salt = opened, code, salt
        self.known: Known | None = None
        self._sheets = opened.sheets()
        self._places = {sheet.name: place for place, sheet in enumerate(self._sheets)}

    def line(self, fault: Fault) -> int:
        """The number of the line that a fault is of."""
        return self._places.get(fault.sheet, 0) << SHEET | fault.row

    def in_doubt(self, line: int) -> Fault:
        """What is told of a row that went in on a record of its own, as another name has its document."""
        sheet = self._sheets[line >> SHEET]
        at = sheet.layout.positions.get("document", ())
        column = sheet.header[at[0]] if at else "document"
        return Fault(
            line & ((1 << SHEET) - 1), column, "", "el mismo documento está con un nombre muy distinto",
            "entró en una ficha aparte y no se le escribe hasta que se decida: corrija el documento, o diga si son la "
            "misma persona (acuerdo people review)", "document_other_name", kept=True, sheet=sheet.name,
        )  # fmt: skip

    def external_ids(self) -> list[str]:
        """The numbers that rows give their debts, as far as they can be read."""
        return [_external_id(one) for one in self._rows() if isinstance(one, Line)]

    def batches(self, nth: int, of: int) -> Iterator[Batch]:
        """Every chunk of rows whose number is `nth` in turns of `of`."""
        rows = self._rows()
        turn = 0
        while chunk := list(islice(rows, CHUNK)):
            if turn == nth:
                yield self._batch(chunk)
            turn = (turn + 1) % of

    def only(self, again: Again) -> Batch:
        """The rows to look at again: the faults of the repeated ones, the records of the others' kin."""
        wanted = again.kin | set(again.repeated) | set(again.repeated.values())
        seen: dict[int, int] = {}
        faults: list[Fault] = []
        good: list[Good] = []
        for one in self._rows():
            if isinstance(one, Line) and one.number in wanted:
                outcomes = list(one.sheet.outcomes(one.raw, seen))
                if one.number in again.repeated:
                    faults += (found for found in outcomes if isinstance(found, Fault))
                elif one.number in again.kin:
                    good += (Good(one.number, r, self._digest(one)) for r in outcomes if isinstance(r, Record))
        return Batch(0, self._code(good), faults=tuple(faults))

    def _rows(self) -> Iterator[Line | Fault]:
        for place, sheet in enumerate(self._sheets):
            yield from sheet.notes()
            for one in sheet.kept():
                yield one if isinstance(one, Fault) else Line(place << SHEET | one.number, sheet, one)

    def _batch(self, chunk: Sequence[Line | Fault]) -> Batch:
        lines = [one for one in chunk if isinstance(one, Line)]
        faults = [one for one in chunk if isinstance(one, Fault)]
        known: list[tuple[int, int]] = []
        good: list[Good] = []
        aside: list[tuple[int, str]] = []
        for line, digest, index in self._looked_up(lines):
            if index >= 0:
                known.append((line.number, index))
                continue
            outcomes = list(line.sheet.outcomes(line.raw, {}))
            faults += (one for one in outcomes if isinstance(one, Fault))
            if isinstance(outcomes[0], Record):
                # A row with something to remark is read again each time, so that it is remarked each time.
                good.append(Good(line.number, outcomes[0], digest if len(outcomes) == 1 else b""))
            else:
                aside.append((line.number, _external_id(line)))
        return Batch(len(lines), self._code(good), tuple(known), tuple(faults), tuple(aside))

    def _looked_up(self, lines: Sequence[Line]) -> Iterator[tuple[Line, bytes, int]]:
        digests = [self._digest(line) for line in lines]
        found = self.known.look(b"".join(digests)) if self.known else [-1] * len(lines)
        for line, digest, index in zip(lines, digests, found, strict=True):
            raw = line.raw
            yield line, digest, -1 if raw.problem or raw.cell_problems or raw.last_without_end else index

    def _digest(self, line: Line) -> bytes:
        said = "\x1f".join(line.raw.cells).encode("utf-8", "surrogatepass")
        return blake2b(said, key=self._salt, digest_size=16).digest()


def _external_id(line: Line) -> str:
    """The number that a row gives its debt, as far as it can be read; so that it does not count as left out."""
    if len(line.raw.cells) != line.sheet.width:
        return ""
    return tidy(line.sheet.canonical(line.raw.cells).get("external_id", ""))


def _reading(opened: OpenFile[Record]) -> str:
    """What decides how a row is understood, beside its cells: another version, header, mapping or country."""
    terms = msgspec.structs.replace(opened.terms, at=date.min)
    return derive(READ_AS, *opened.header, str(opened.mapping), str(terms))


def _parted(faults: Sequence[Fault], reader: _Reader) -> tuple[list[Fault], tuple[Fault, ...]]:
    """All that is wrong with the rows set aside, in the file's order; and what is told of rows that went in."""
    ordered = sorted(faults, key=reader.line)
    lines = {reader.line(fault) for fault in ordered if not fault.kept}
    aside = [fault for fault in ordered if reader.line(fault) in lines]
    return aside, tuple(fault for fault in ordered if reader.line(fault) not in lines)
