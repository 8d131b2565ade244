"""Which sheets of a workbook are the table that is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import Grid
from acuerdo.core.portfolio.header import find_head
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.records import Fault, FileError

# Sheets called so hold the same accounts at another time, not further ones.
_TIMES = re.compile(
    r"\b(20\d\d|ene(ro)?|feb(rero)?|mar(zo)?|abr(il)?|may(o)?|jun(io)?|jul(io)?|ago(sto)?|se[pt](iembre)?|setiembre"
    r"|oct(ubre)?|nov(iembre)?|dic(iembre)?|copia|copy|ant(erior)?|viej[ao]|old|respaldo|backup|historico|\d{6,8})\b"
)


def choose(grids: Iterable[Grid], form: Form[Any], mapping: Mapping, sheet: str = "") -> list[Grid]:
    """The sheet that is named; or the one whose header has most of the form's columns, with all of the same header.

    Raises FileError, with the names there are, when there is no such sheet, or when it would be a guess.
    """
    found = list(grids)
    if not found:
        raise FileError("El libro de Excel no tiene ninguna hoja con datos. Compruebe que la exportación terminó.")
    if sheet:
        return [_named(found, sheet)]
    seen = [grid for grid in found if not grid.hidden]
    if not seen:
        raise FileError(f"Todas las hojas están ocultas: {_names(found)}. Diga cuál se lee (--sheet).")
    heads = {grid.sheet: find_head(grid, form, mapping) for grid in seen}
    best = max(seen, key=lambda grid: heads[grid.sheet].worth)
    same = [grid for grid in seen if _keys(heads[grid.sheet].header) == _keys(heads[best.sheet].header)]
    if len(same) > 1 and any(_TIMES.search(key(grid.sheet)) for grid in same):
        raise FileError(
            f"Las hojas {_names(same)} tienen el mismo encabezado y parecen de fechas distintas, o copias. Diga cuál"
            f' se lee: --sheet "{same[-1].sheet}".'
        )
    left = [grid for grid in found if grid not in same]
    first = msgspec.structs.replace(same[0], notes=(*same[0].notes, *_notes(same, left)))
    return [first, *same[1:]]


def _named(grids: list[Grid], sheet: str) -> Grid:
    for grid in grids:
        if key(grid.sheet) == key(sheet):
            return grid
    raise FileError(f"No hay ninguna hoja «{sheet}» con datos. Las hojas del libro son: {_names(grids)}.")


def _names(grids: list[Grid]) -> str:
    return ", ".join(f"«{grid.sheet}»" + (" (oculta)" if grid.hidden else "") for grid in grids)


def _keys(header: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(key(name) for name in header)


def _notes(read: list[Grid], left: list[Grid]) -> list[Fault]:
    notes = []
    if len(read) > 1:
        reason = f"se leen juntas las hojas {_names(read)}: tienen el mismo encabezado"
        notes.append(("sheets_joined", reason, "si solo vale una, dígalo con --sheet"))
    if left:
        notes.append(
            ("sheets_left", f"no se leen las hojas {_names(left)}", "si hay que leer otra, dígalo con --sheet")
        )
    return [Fault(1, "", "", reason, mend, code, kept=True, sheet=read[0].sheet) for code, reason, mend in notes]
