"""Where a sheet's header is, and what its columns are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.columns_parties import PARTIES
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import MOST_COLUMNS, Grid, RawRow
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.records import FileError

# Numbers of documents, accounts and phones, and addresses of e-mail: no column is called so.
_DATUM = re.compile(r"\d{6}|\d[\d.,]{5}|\w@\w")

_OTHERS = frozenset(column.name for column in PARTIES)


class Head(msgspec.Struct, frozen=True):
    """A header as understood: its columns, the row it ends on, and the rows above it that are only titles.

    `worth` is how many of the form's columns it has; `groups` are the titles that stand over its columns.
    """

    header: tuple[str, ...]
    row: RawRow
    titles: tuple[RawRow, ...]
    worth: int
    groups: tuple[str, ...] = ()


class _Judge(msgspec.Struct, frozen=True):
    """Knows which headers mean something."""

    form: Form[Any]
    mapping: Mapping

    def column(self, header: str) -> str | None:
        return self.mapping.columns.get(key(header)) or self.form.canonical(header)

    def worth(self, header: Sequence[str]) -> int:
        return len({found for name in header if name and (found := self.column(name))})


def find_head(grid: Grid, form: Form[Any], mapping: Mapping) -> Head:
    """The row of the head that names most of the form's columns, alone or with the row below it; the first of equals.

    Raises FileError when the sheet is empty, or too wide to be what it should.
    """
    rows = [row for row in grid.head if any(c.isalnum() for cell in row.cells for c in cell)]
    if not rows:
        raise FileError("El archivo está vacío. Compruebe que la exportación terminó y vuelva a intentarlo.")
    judge = _Judge(form, mapping)
    best = _plain(rows, 0, judge)
    # A header of one line is preferred to one of two, so that a group's titles above it stay titles.
    for read in (_plain, _joined):
        for at in range(len(rows)):
            if (found := read(rows, at, judge)) and found.worth > best.worth:
                best = found
    _not_too_wide(best)
    _no_row_of_data(best)
    return msgspec.structs.replace(best, header=_told_apart(best, judge))


def title_values(head: Head) -> list[tuple[str, str]]:
    """What stands above a header as `Fecha de corte: 20/11/2026`, in one cell or in two."""
    found = []
    for row in head.titles:
        cells = [cell for cell in _names(row) if cell]
        for cell, following in zip(cells, (*cells[1:], ""), strict=True):
            name, colon, value = cell.partition(":")
            if colon and (value.strip() or following):
                found.append((name.strip(), value.strip() or following))
    return found


def _not_too_wide(head: Head) -> None:
    wide = sum(1 for name in head.header if name)
    if wide > MOST_COLUMNS:
        raise FileError(
            f"El encabezado (fila {head.row.number}) tiene {wide} columnas; se leen {MOST_COLUMNS} como mucho."
            " Exporte solo las columnas que se usan."
        )


def _no_row_of_data(head: Head) -> None:
    """Refuses a file without a header, and says nothing of the person in its first row."""
    if not head.worth and sum(1 for name in head.header if _DATUM.search(name)) > 1:
        raise FileError(
            f"El archivo no trae encabezado: la fila {head.row.number} ya son datos. Ponga encima una fila con el"
            " nombre de cada columna."
        )


def _names(row: RawRow) -> tuple[str, ...]:
    return tuple(" ".join(cell.split()) for cell in row.cells)


def _plain(rows: Sequence[RawRow], at: int, judge: _Judge) -> Head:
    header = _trimmed(_names(rows[at]))
    groups = _filled(_wide(_names(rows[at - 1]), len(header))) if at else ()
    return Head(header, rows[at], tuple(rows[:at]), judge.worth(header), groups)


def _joined(rows: Sequence[RawRow], at: int, judge: _Judge) -> Head | None:
    """A header on two lines: `Fecha de` over `vencimiento`, or a group's title over its columns."""
    if at + 1 >= len(rows) or rows[at].problem or rows[at + 1].problem:
        return None
    above, below = _names(rows[at]), _names(rows[at + 1])
    width = max(len(above), len(below))
    above, below = _wide(above, width), _wide(below, width)
    groups = _filled(above)
    names = (_one_name(*cells, judge) for cells in zip(above, groups, below, strict=True))
    header = _trimmed(tuple(names))
    return Head(header, rows[at + 1], tuple(rows[:at]), judge.worth(header), groups)


def _one_name(top: str, group: str, bottom: str, judge: _Judge) -> str:
    if not bottom or top == bottom:
        return top
    for name in (bottom, f"{top} {bottom}".strip(), f"{group} {bottom}".strip()):
        if judge.column(name):
            return name
    return f"{top} {bottom}".strip()


def _filled(row: Sequence[str]) -> tuple[str, ...]:
    """A merged title stands over the columns to its right too."""
    filled, last = [], ""
    for name in row:
        last = name or last
        filled.append(last)
    return tuple(filled)


def _told_apart(head: Head, judge: _Judge) -> tuple[str, ...]:
    """The same header under two groups (`Nombre` of DEUDOR and of CODEUDOR): the later ones take their group's too.

    What stands under the title of somebody else (`Tel.` under REFERENCIA) is theirs, whatever else it could mean:
    taken for the debtor's own, it would be written to.
    """
    seen: dict[str, str] = {}
    named = []
    for name, group in zip(head.header, _wide(head.groups, len(head.header)), strict=False):
        column = judge.column(name) if name else None
        repeated = column is not None and seen.setdefault(key(name), group) != group
        longer = f"{group} {name}"
        meant = judge.column(longer)
        apart = repeated and (meant is not None or not judge.form.by_name[str(column)].several)
        apart = apart or (meant in _OTHERS and column not in _OTHERS)
        named.append(longer if apart else name)
    return tuple(named)


def _wide(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    return (*row, *("",) * (width - len(row)))[: max(width, len(row))]


def _trimmed(row: tuple[str, ...]) -> tuple[str, ...]:
    """Without the empty columns at its end, which spreadsheets leave behind."""
    width = max((at + 1 for at, name in enumerate(row) if name), default=0)
    return row[:width]
