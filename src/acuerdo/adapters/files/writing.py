"""Files that are written for others: CSV, XLSX and Parquet, whole at their name or not there, and never a live formula.

The same cells give the same bytes: what a format says of its moment is the moment it is told.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TextIO

from acuerdo.core.results.columns import LIVE, Cell, Column, Form, inert
from acuerdo.core.results.profiles import Dress, Format
from acuerdo.core.words import AcuerdoError

LIVE_BEGINNINGS = frozenset(LIVE)
QUOTED_OR_END = re.compile(rb'"[^"]*"|\n')  # a doubled quote inside is two quoted parts, side by side
SHEET_ROWS = 1_048_576  # what a sheet holds
CELL = 32_767  # characters that a cell of a workbook holds
CODECS = {"utf-8": "utf-8", "utf-8-bom": "utf-8-sig", "cp1252": "cp1252", "latin-1": "latin-1"}
DATES = {
    "dd/mm/yyyy": "{0.day:02}/{0.month:02}/{0.year:04}",
    "dd-mm-yyyy": "{0.day:02}-{0.month:02}-{0.year:04}",
    "mm/dd/yyyy": "{0.month:02}/{0.day:02}/{0.year:04}",
    "yyyy-mm-dd": "{0.year:04}-{0.month:02}-{0.day:02}",
    "yyyymmdd": "{0.year:04}{0.month:02}{0.day:02}",
}
# Units of account, such as the UF, have four places.
SQL_TYPES: dict[Form, str] = {
    "text": "VARCHAR", "count": "BIGINT", "amount": "DECIMAL(18, 4)", "date": "DATE", "time": "TIME",
}  # fmt: skip
ISO = Dress(delimiter=",", marked=False)
MEMORY = "200MB"  # what the columnar engine may use
CHUNK = 1 << 20  # bytes


class Taken(AcuerdoError):
    """There is a file of that name already, and results never overwrite one."""


class _Body(Protocol):
    """One format under way in a file of its own; with a `dress`, it takes lines as they are."""

    dress: Dress | None

    def put(self, lines: bytes) -> None: ...
    def write(self, columns: Sequence[Sequence[Cell]]) -> None: ...
    def close(self) -> None: ...


class NoFolder(AcuerdoError):
    """The folder for a file is not there, or may not be written."""


class WrittenFile:
    """A file that takes its name only when it is whole and on the disk; until then it is a hidden part beside it."""

    def __init__(self, path: Path, open_body: Callable[[Path], _Body]) -> None:
        self._path, self._part = path, path.with_name(f".{path.name}.part")
        self._body = open_body(self._part)

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        """Adds rows, given as columns of equal length."""
        self._body.write(columns)

    @property
    def dress(self) -> Dress | None:
        """The dress in which whole lines of CSV are taken by `put`; None where they are not."""
        return self._body.dress

    def put(self, lines: bytes) -> None:
        """Adds rows, given as whole lines of CSV in UTF-8, each ended by a line feed."""
        self._body.put(lines)

    def finish(self) -> str:
        """Makes the file whole at its name: its SHA-256 in hexadecimal."""
        self._body.close()
        digest = _synced(self._part)
        self._part.replace(self._path)
        _sync_folder(self._path.parent)
        return digest

    def discard(self) -> None:
        """Leaves nothing of it."""
        with suppress(OSError, ValueError):
            self._body.close()
        self._part.unlink(missing_ok=True)


def open_target(path: str, form: Format, columns: Sequence[Column], dress: Dress, at: datetime) -> WrittenFile:
    """A file of a format, to be written; `dress` is for CSV, `at` for formats that say when they were made."""
    bodies: dict[Format, Callable[[Path], _Body]] = {
        "csv": lambda part: CsvBody(part, columns, dress),
        "xlsx": lambda part: XlsxBody(part, columns, at),
        "parquet": lambda part: ParquetBody(part, columns),
    }
    return WrittenFile(Path(path), bodies[form])


def free(path: Path) -> str:
    """The path, absolute, where nothing stands at it yet and a file may be made. Raises Taken, NoFolder."""
    if not os.access(path.resolve().parent, os.W_OK):
        raise NoFolder(
            f"{path.resolve().parent} is not there, or may not be written: make it, or name another with --out"
        )
    if path.exists():
        raise Taken(f"{path} is there already and results never overwrite a file: move it, or name another with --out")
    return str(path.resolve())


def _synced(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        os.fsync(file.fileno())
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every system lets a folder be opened
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class CsvBody:
    """A CSV in a creditor's dress; what its encoding cannot say becomes `?`."""

    def __init__(self, path: Path, columns: Sequence[Column], dress: Dress) -> None:
        self.dress: Dress | None = dress
        raw = not dress.marked
        self._file: TextIO = path.open("w", encoding=CODECS[dress.encoding], errors="replace", newline="")
        self._csv = csv.writer(self._file, delimiter=dress.delimiter, lineterminator="\r\n")
        self._dressed = [_raw if raw and one.form == "text" else _dressed(one.form, dress) for one in columns]
        if dress.header:
            self._csv.writerow([one.header if raw else inert(one.header) for one in columns])

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        # By column, as a row's own loop costs three times as much.
        texts = [dressed(column) for dressed, column in zip(self._dressed, columns, strict=True)]
        self._csv.writerows(zip(*texts, strict=True))

    def put(self, lines: bytes) -> None:
        self._file.write(_ended(lines).decode())

    def close(self) -> None:
        self._file.close()


def _ended(lines: bytes) -> bytes:
    """The lines, each with the end that the writer gives; a break inside a text stays what it is."""
    if b'"' not in lines:
        return lines.replace(b"\n", b"\r\n")
    return QUOTED_OR_END.sub(lambda found: b"\r\n" if found[0] == b"\n" else found[0], lines)


def _dressed(form: Form, dress: Dress) -> Callable[[Sequence[Any]], Iterable[Any]]:
    """How a column of a form is written; what the writer writes as it is stays as it is."""
    if form == "amount" and dress.decimal == ",":
        return lambda column: ["" if one is None else str(one).replace(".", ",") for one in column]
    if form == "date":
        shape = DATES[dress.date]
        said = lru_cache(maxsize=4096)(lambda day: "" if day is None else shape.format(day))
        return lambda column: map(said, column)
    return _inert_column if form == "text" else _raw


def _raw(column: Sequence[Any]) -> Sequence[Any]:
    return column


def _inert_column(column: Sequence[str]) -> Sequence[str]:
    """As `inert`, for most columns by one look at how their cells begin."""
    if LIVE_BEGINNINGS.isdisjoint({one[:1] for one in column}):
        return column
    return [inert(one) for one in column]


class XlsxBody:
    """A workbook, row by row: texts stay texts, dates and amounts are real ones; a further sheet where one is full."""

    def __init__(self, path: Path, columns: Sequence[Column], at: datetime, sheet_rows: int = SHEET_ROWS) -> None:
        import xlsxwriter

        self.dress: Dress | None = None
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties({"created": at.replace(tzinfo=None)})
        self._columns, self._most, self._sheets = columns, sheet_rows, 0
        shapes = {"date": "yyyy-mm-dd", "time": "hh:mm:ss", "amount": "0.00"}
        self._shapes = {form: self._book.add_format({"num_format": shape}) for form, shape in shapes.items()}
        self._bold = self._book.add_format({"bold": True})
        self._sheet = self._new_sheet()

    def _new_sheet(self) -> Any:
        self._sheets += 1
        self._row = 1
        sheet = self._book.add_worksheet("resultados" if self._sheets == 1 else f"resultados {self._sheets}")
        sheet.freeze_panes(1, 0)
        for n, column in enumerate(self._columns):
            sheet.set_column(n, n, max(12, min(40, len(column.header) + 2)))
            sheet.write_string(0, n, inert(column.header), self._bold)
        return sheet

    def put(self, lines: bytes) -> None:
        raise NotImplementedError  # without a dress nobody gives it lines

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        writers = [self._writer(one.form) for one in self._columns]
        for row in zip(*columns, strict=True):
            if self._row >= self._most:
                self._sheet = self._new_sheet()
            for n, (cell, write) in enumerate(zip(row, writers, strict=True)):
                if cell is not None and cell != "":
                    write(n, cell)
            self._row += 1

    def _writer(self, form: Form) -> Callable[[int, Any], object]:
        shape = self._shapes.get(form)
        if form == "text":
            return lambda n, cell: self._sheet.write_string(self._row, n, inert(cell)[:CELL])
        if form in ("date", "time"):
            return lambda n, cell: self._sheet.write_datetime(self._row, n, cell, shape)
        return lambda n, cell: self._sheet.write_number(self._row, n, float(cell), shape)

    def close(self) -> None:
        self._book.close()


class ParquetBody:
    """A Parquet file, made by the columnar engine from a CSV beside it with every type told, in little memory."""

    def __init__(self, path: Path, columns: Sequence[Column]) -> None:
        self._path, self._between = path, path.with_name(f"{path.name}.csv")
        self._types = {f"c{n}": SQL_TYPES[one.form] for n, one in enumerate(columns)}
        self._names = [one.header for one in columns]
        self._csv: CsvBody | None = CsvBody(self._between, columns, ISO)
        self.dress: Dress | None = ISO

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        assert self._csv is not None  # noqa: S101 - nobody writes to what is closed
        self._csv.write(columns)

    def put(self, lines: bytes) -> None:
        assert self._csv is not None  # noqa: S101 - as above
        self._csv.put(lines)

    def close(self) -> None:
        if self._csv is None:
            return
        self._csv.close()
        self._csv = None
        try:
            self._convert()
        finally:
            self._between.unlink(missing_ok=True)

    def _convert(self) -> None:
        import duckdb

        named = ", ".join(f"c{n} as {_quoted(name)}" for n, name in enumerate(self._names))
        # One thread and the order kept: the same rows give the same bytes.
        with duckdb.connect(config={"threads": 1, "memory_limit": MEMORY, "preserve_insertion_order": True}) as db:
            rows = db.read_csv(
                str(self._between), header=True, columns=self._types, delimiter=",", quotechar='"', escapechar='"',
                date_format="%Y-%m-%d", null_padding=False, auto_detect=False,
            )  # fmt: skip
            rows.create_view("lines")
            target = str(self._path).replace("'", "''")
            db.execute(f"copy (select {named} from lines) to '{target}' (format parquet, compression zstd)")  # noqa: S608 - the names are quoted


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
