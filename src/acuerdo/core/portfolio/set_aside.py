"""Rows that did not go in, as a file that people mend in a spreadsheet and import again."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from itertools import groupby

from acuerdo.core.portfolio.columns import PRINT, SET_ASIDE_COLUMNS, key
from acuerdo.core.portfolio.names import plain
from acuerdo.core.portfolio.records import Fault

_NUMBER = re.compile(r"[+-]?[\d.,\s]+")
_LIVE = re.compile(r"'*[=+\-@\t\r]")
_NEUTRAL = re.compile(r"'+[=+\-@\t\r]")
_SAID = re.compile(r"[^\W\d_]+|\d+")
_THOUSANDS = re.compile(r"(?<=\d)[.,'\s](?=\d{3}(?!\d))")
_OURS = frozenset(key(name) for name in SET_ASIDE_COLUMNS)
REPEATED = "duplicate_id"  # the code of a row whose id an earlier one has


def neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: an apostrophe before its =, +, - or @, unless it is a number.

    As OWASP advises against CSV injection. `restored` takes it away again.
    """
    return "'" + text if _LIVE.match(text) and not _NUMBER.fullmatch(text) else text


def restored(text: str) -> str:
    """A cell of a file that `render` wrote, as it was."""
    return text[1:] if text[:1] == "'" and _NEUTRAL.match(text) and not _NUMBER.fullmatch(text[1:]) else text


def is_set_aside(header: Sequence[str]) -> bool:
    """Whether a file is one that `render` wrote, mended meanwhile; older ones have no prints."""
    return _OURS - {PRINT} <= {key(name) for name in header}


def added_to(header: Sequence[str]) -> frozenset[int]:
    """Where the columns are that `render` added; none in any other file."""
    if not is_set_aside(header):
        return frozenset()
    return frozenset(at for at, name in enumerate(header) if key(name) in _OURS)


def print_of(cells: Iterable[str]) -> str:
    """By what a row is known again: its words and figures, however a spreadsheet wrote them meanwhile."""
    bare = (_SAID.findall(_THOUSANDS.sub("", plain(cell))) for cell in cells)
    said = (" ".join(word.lstrip("0") for word in found) for found in bare)
    return blake2b("\x1f".join(said).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def render(header: Sequence[str], faults: Iterable[Fault], delimiter: str = ";") -> bytes:
    """Faults as CSV (UTF-8 with its mark, for spreadsheets): each row once, as it was, with all that is wrong with it.

    Faults of one row must follow one another, as the reader gives them. The reader passes over the added columns,
    so the mended file is imported as it is.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    added = added_to(header)
    own = [name for at, name in enumerate(header) if at not in added]
    writer.writerow([*map(neutral, own), *SET_ASIDE_COLUMNS])
    for _, group in groupby(faults, key=lambda fault: (fault.sheet, fault.row)):
        writer.writerow(_line(list(group), added, len(own)))
    return out.getvalue().encode("utf-8-sig")


def _line(faults: list[Fault], added: frozenset[int], width: int) -> list[str]:
    first = faults[0]
    cells = [cell for at, cell in enumerate(first.cells) if at not in added]
    # A row with too many cells keeps them all, joined in its last column, so that nothing is lost.
    fitted = cells if len(cells) <= width else [*cells[: width - 1], " ".join(cells[width - 1 :])]
    return [
        *map(neutral, fitted),
        *[""] * (width - len(fitted)),
        neutral(f"{first.sheet}!{first.row}" if first.sheet else str(first.row)),
        *(" | ".join(neutral(part(fault)) for fault in faults) for part in _PARTS),
        print_of(fitted) if any(fault.code == REPEATED for fault in faults) else "",
    ]


_PARTS: tuple[Callable[[Fault], str], ...] = (
    lambda fault: fault.column,
    lambda fault: fault.value,
    lambda fault: fault.reason,
    lambda fault: fault.mend,
)
