"""Opens a file of any kind: what it is, is seen in its bytes."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, cast

from acuerdo.core.portfolio.delimited import csv_grid
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import Grid
from acuerdo.core.portfolio.lines import EMPTY, Buffer
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.reading import OpenFile, open_grids
from acuerdo.core.portfolio.records import FileError

T = TypeVar("T")


def open_path(
    path: Path, form: Form[T], mapping: Mapping | None, country: str, at: date, sheet: str = ""
) -> OpenFile[T]:
    """A file on the disk, ready to be read; it is not loaded as a whole. `at` is the day of the import.

    `sheet` names a workbook's sheet. Raises FileError (Spanish), which begins with the file's name.
    """
    try:
        return open_grids(grids_of_path(path, form, mapping, sheet), form, mapping, country, at)
    except FileError as error:
        raise FileError(f"{path.name}: {error}") from error


def open_bytes(
    data: bytes, filename: str, form: Form[T], mapping: Mapping | None, country: str, at: date, sheet: str = ""
) -> OpenFile[T]:
    """The same for a file that came in a request; `filename` is for what is told of it."""
    try:
        return open_grids(grids_of_bytes(data, form, mapping, sheet), form, mapping, country, at)
    except FileError as error:
        raise FileError(f"{filename}: {error}") from error


def grids_of_path(path: Path, form: Form[Any], mapping: Mapping | None = None, sheet: str = "") -> Sequence[Grid]:
    """The raw rows of the sheets that would be read, the header not yet understood. Raises FileError."""
    if path.stat().st_size == 0:
        raise FileError(EMPTY)
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return (csv_grid(cast(Buffer, mapped), form, mapping or Mapping()),)


def grids_of_bytes(data: bytes, form: Form[Any], mapping: Mapping | None = None, sheet: str = "") -> Sequence[Grid]:
    """The same for bytes in memory."""
    return (csv_grid(data, form, mapping or Mapping()),)
