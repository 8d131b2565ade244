"""Opens a file of any kind: what it is, is seen in its bytes."""

from __future__ import annotations

import codecs
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec

from acuerdo.adapters.files.buffer import OnDisk
from acuerdo.adapters.files.choosing import choose
from acuerdo.adapters.files.columnar import parquet_grid
from acuerdo.adapters.files.refused import refusal
from acuerdo.adapters.files.workbook import open_workbook
from acuerdo.core.portfolio.delimited import csv_grid
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import Grid, RawRow
from acuerdo.core.portfolio.lines import EMPTY, Buffer, sha256, utf_16
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.reading import OpenFile, open_grids
from acuerdo.core.portfolio.records import FileError

T = TypeVar("T")
_START = 4096
_ARCHIVE, _PARQUET = b"PK\x03\x04", b"PAR1"
_PIECE = 1 << 20


def open_path(
    path: Path, form: Form[T], mapping: Mapping | None, country: str, at: date, sheet: str = ""
) -> OpenFile[T]:
    """A file on the disk, ready to be read; it is not loaded as a whole. `at` is the day of the import.

    `sheet` names a workbook's sheet. Raises FileError (Spanish), which begins with the file's name.
    """
    try:
        return open_grids(grids_of_path(path, form, mapping, sheet), form, mapping, country, at)
    except FileError as error:
        raise error.within(path.name) from error


def open_bytes(
    data: bytes, filename: str, form: Form[T], mapping: Mapping | None, country: str, at: date, sheet: str = ""
) -> OpenFile[T]:
    """The same for a file that came in a request; `filename` is for what is told of it."""
    try:
        return open_grids(grids_of_bytes(data, form, mapping, sheet), form, mapping, country, at)
    except FileError as error:
        raise error.within(filename) from error


def grids_of_path(path: Path, form: Form[Any], mapping: Mapping | None = None, sheet: str = "") -> Sequence[Grid]:
    """The raw rows of the sheets that would be read; whether their header will do is not looked at. Raises FileError.

    Rows are read when asked for, so the file must stay where and as it is meanwhile.
    """
    if path.stat().st_size == 0:
        raise FileError(EMPTY)
    with path.open("rb") as file:
        data = OnDisk(file)
    if data[:4] == _PARQUET:
        return (parquet_grid(path, sha256(data), (mapping or Mapping()).decimal),)
    return _grids(data, lambda: path.open("rb"), form, mapping or Mapping(), sheet)


def grids_of_bytes(data: bytes, form: Form[Any], mapping: Mapping | None = None, sheet: str = "") -> Sequence[Grid]:
    """The same for bytes in memory."""
    if data[:4] == _PARQUET:
        return (_parquet_of_bytes(data, (mapping or Mapping()).decimal),)
    return _grids(data, lambda: io.BytesIO(data), form, mapping or Mapping(), sheet)


def _grids(
    data: Buffer, opened: Callable[[], IO[bytes]], form: Form[Any], mapping: Mapping, sheet: str
) -> Sequence[Grid]:
    start = data[:_START]
    if start.startswith(_ARCHIVE):
        book = open_workbook(opened(), sha256(data), mapping.decimal)
        return choose(book.grids(), form, mapping, sheet)
    if why := refusal(data):
        raise FileError(why)
    if sheet:
        raise FileError(f"Se pide la hoja «{sheet}», pero el archivo es de texto (CSV) y no tiene hojas.")
    if charset := utf_16(start):
        return (csv_grid(_as_utf_8(data, charset), form, mapping, sha256(data)),)
    return (csv_grid(data, form, mapping),)


def _as_utf_8(data: Buffer, charset: str) -> Buffer:
    """A file of UTF-16 as one of UTF-8, on the disk."""
    decoder = codecs.getincrementaldecoder(charset)(errors="replace")
    with tempfile.TemporaryFile() as file:
        for offset in range(0, len(data), _PIECE):
            file.write(decoder.decode(data[offset : offset + _PIECE]).replace("\ufeff", "").encode())
        file.write(decoder.decode(b"", True).encode())
        file.flush()
        return OnDisk(file)


def _parquet_of_bytes(data: bytes, decimal: str) -> Grid:
    """A grid of a file on the disk that stays as long as the grid does."""
    file = tempfile.NamedTemporaryFile(suffix=".parquet")  # noqa: SIM115 - closed with the grid that holds it
    file.write(data)
    file.flush()
    grid = parquet_grid(Path(file.name), sha256(data), decimal)

    def body(row: RawRow, width: int) -> Iterator[RawRow]:
        yield from grid.body(row, width) if not file.closed else ()

    return msgspec.structs.replace(grid, body=body)
