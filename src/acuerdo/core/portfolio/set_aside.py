"""Rows that did not go in, as a file that people mend in a spreadsheet and import again."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from acuerdo.core.portfolio.columns import SET_ASIDE_COLUMNS
from acuerdo.core.portfolio.records import Fault


def render(header: Sequence[str], faults: Iterable[Fault], delimiter: str = ";") -> bytes:
    """Faults as CSV (UTF-8 with its mark, for spreadsheets): each row once, as it was, with all that is wrong with it.

    Faults of one row must follow one another, as the reader gives them. The reader passes over the added columns,
    so the mended file is imported as it is.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*header, *SET_ASIDE_COLUMNS])
    for row, group in groupby(faults, key=lambda fault: fault.row):
        writer.writerow(_line(row, list(group), len(header)))
    return out.getvalue().encode("utf-8-sig")


def _line(row: int, faults: list[Fault], width: int) -> list[str]:
    cells = list(faults[0].cells)
    # A row with too many cells keeps them all, joined in its last column, so that nothing is lost.
    fitted = cells if len(cells) <= width else [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [
        *fitted,
        *[""] * (width - len(fitted)),
        str(row),
        *(" | ".join(part(fault) for fault in faults) for part in _PARTS),
    ]


_PARTS: tuple[Callable[[Fault], str], ...] = (
    lambda fault: fault.column,
    lambda fault: fault.value,
    lambda fault: fault.reason,
    lambda fault: fault.mend,
)
