"""Rows that did not go in, as a file that people mend in a spreadsheet and import again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

from acuerdo.core.portfolio.columns import SET_ASIDE_COLUMNS, key
from acuerdo.core.portfolio.records import Fault

_NUMBER = re.compile(r"[+-]?[\d.,\s]+")
_LIVE = re.compile(r"'*[=+\-@\t\r]")
_NEUTRAL = re.compile(r"'+[=+\-@\t\r]")


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before its =, +, - or @, unless it is a number.

    As OWASP advises against CSV injection. `restored` takes it away again.
    """
    return "'" + text if _LIVE.match(text) and not _NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """A cell of a file that `render` wrote, as it was."""
    return text[1:] if text[:1] == "'" and _NEUTRAL.match(text) and not _NUMBER.fullmatch(text[1:]) else text


def is_set_aside(header: Sequence[str]) -> bool:
    """Whether a file is one that `render` wrote, mended meanwhile."""
    return {key(name) for name in SET_ASIDE_COLUMNS} <= {key(name) for name in header}


def render(header: Sequence[str], faults: Iterable[Fault], delimiter: str = ";") -> bytes:
    """Faults as CSV (UTF-8 with its mark, for spreadsheets): each row once, as it was, with all that is wrong with it.

    Faults of one row must follow one another, as the reader gives them. The reader passes over the added columns,
    so the mended file is imported as it is.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow([*map(neutral, header), *SET_ASIDE_COLUMNS])
    for _, group in groupby(faults, key=lambda fault: (fault.sheet, fault.row)):
        writer.writerow(_line(list(group), len(header)))
    return out.getvalue().encode("utf-8-sig")


def _line(faults: list[Fault], width: int) -> list[str]:
    first = faults[0]
    cells = list(first.cells)
    # A row with too many cells keeps them all, joined in its last column, so that nothing is lost.
    fitted = cells if len(cells) <= width else [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [
        *map(neutral, fitted),
        *[""] * (width - len(fitted)),
        neutral(f"{first.sheet}!{first.row}" if first.sheet else str(first.row)),
        *(" | ".join(neutral(part(fault)) for fault in faults) for part in _PARTS),
    ]


_PARTS: tuple[Callable[[Fault], str], ...] = (
    lambda fault: fault.column,
    lambda fault: fault.value,
    lambda fault: fault.reason,
    lambda fault: fault.mend,
)
