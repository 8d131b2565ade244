"""Raw rows of a file, whatever it was: the one shape in which CSV, workbooks and Parquet are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from acuerdo.core.portfolio.records import Fault

# A portfolio has some dozens of columns; more than this is an export gone wrong, or an attack.
MOST_COLUMNS = 500
# The header is looked for in so many rows from the top.
HEAD_ROWS = 40


class CellProblem(msgspec.Struct, frozen=True):
    """What is wrong with one cell (`index` from 0), whatever its column; `void` says that it has no value."""

    index: int
    code: str
    reason: str
    mend: str
    void: bool = True


class RawRow(msgspec.Struct, frozen=True):
    """One row as split: `problem` (code, reason, mend) is set when it could not be. `number` counts from 1.

    `end` is where the next row starts, for the source to go on from there.
    """

    number: int
    cells: tuple[str, ...]
    problem: tuple[str, str, str] | None = None
    last_without_end: bool = False
    cell_problems: tuple[CellProblem, ...] = ()
    end: int = 0


class Grid(msgspec.Struct, frozen=True):
    """A sheet of raw rows. Blank rows are passed over, but counted.

    `head` holds the first rows; `body(row, width)` gives those after a row of the head, anew each time it is called.
    `digest` is the SHA-256 of the whole file in hex; `lines` estimates its rows; `notes` is what people should know.
    """

    kind: str
    head: tuple[RawRow, ...]
    body: Callable[[RawRow, int], Iterator[RawRow]]
    digest: str
    lines: int
    sheet: str = ""
    delimiter: str = ";"
    encoding: str = "utf-8"
    notes: tuple[Fault, ...] = ()
    hidden: bool = False
