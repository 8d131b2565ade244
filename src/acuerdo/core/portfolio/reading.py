"""Raw rows of a file to records and faults, row by row: a bad row never takes a good one with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from difflib import get_close_matches
from itertools import islice
from typing import Any, Generic, TypeVar

import msgspec

from acuerdo.core.portfolio.building import learn
from acuerdo.core.portfolio.columns import PRINT, key
from acuerdo.core.portfolio.delimited import csv_grid
from acuerdo.core.portfolio.documents import kind_named
from acuerdo.core.portfolio.forms import PORTFOLIO, Form
from acuerdo.core.portfolio.grid import Grid, RawRow
from acuerdo.core.portfolio.header import Head, find_head, title_values
from acuerdo.core.portfolio.lines import Buffer
from acuerdo.core.portfolio.mapping import Layout, Mapping, lay_out
from acuerdo.core.portfolio.margins import Margins, margins
from acuerdo.core.portfolio.records import Fault, FileError, Record, Terms
from acuerdo.core.portfolio.set_aside import REPEATED, added_to, print_of, restored
from acuerdo.core.portfolio.values import country as read_country
from acuerdo.core.words import Country

T = TypeVar("T")
# So many rows of a sheet show how amounts are written in it.
_SAMPLE = 1000
_ROW_BITS, _IDENTITY_BITS = 30, 60
_MOST_OFFERED = 3  # columns that one unknown header may be, as a note offers them


class Part(msgspec.Struct, frozen=True):
    """One sheet whose header was understood."""

    grid: Grid
    head: Head
    layout: Layout


class OpenFile(msgspec.Struct, Generic[T], frozen=True):
    """A file whose header was understood: what was found out about it, and its rows.

    `parts` are its sheets that are read, all with the same header; other files than workbooks have one. `doubts` is
    what its columns of amounts leave open.
    """

    form: Form[T]
    mapping: Mapping
    terms: Terms
    parts: tuple[Part, ...]
    doubts: tuple[Fault, ...] = ()

    @property
    def header(self) -> tuple[str, ...]:
        return self.parts[0].head.header

    @property
    def layout(self) -> Layout:
        return self.parts[0].layout

    @property
    def grid(self) -> Grid:
        """The raw rows (of the first sheet that is read)."""
        return self.parts[0].grid

    @property
    def sheet(self) -> str:
        return self.grid.sheet

    @property
    def digest(self) -> str:
        """SHA-256 of the file, in hex."""
        return self.grid.digest

    @property
    def lines(self) -> int:
        """About how many rows there are."""
        return sum(part.grid.lines for part in self.parts)

    @property
    def delimiter(self) -> str:
        return self.grid.delimiter

    @property
    def encoding(self) -> str:
        return self.grid.encoding

    def rows(self) -> Iterator[T | Fault]:
        """Each row's record, and whatever is wrong; notes on the sheet and its header come first.

        Memory: a few thousand rows, and some 100 bytes for each good one to know repeated ids.
        """
        seen: dict[int, int] = {}
        for sheet in self.sheets():
            yield from sheet.rows(seen)

    def sheets(self) -> tuple[Sheet[T], ...]:
        """The sheets one by one, for whoever reads some of their rows only."""
        return tuple(Sheet(self, part) for part in self.parts)


class Sheet(Generic[T]):
    """One sheet on its way: `notes` on it, the rows that are `kept` for reading, and the `outcomes` of each."""

    def __init__(self, opened: OpenFile[T], part: Part) -> None:
        self.form, self.mapping, self.terms = opened.form, opened.mapping, opened.terms
        self.grid, self.head, self.layout = part.grid, part.head, part.layout
        self.header, self.name = part.head.header, part.grid.sheet
        self.width = len(self.header)
        self.doubts = opened.doubts if part is opened.parts[0] else ()
        positions = part.layout.positions
        self.single = [(column, at[0]) for column, at in positions.items() if len(at) == 1]
        self.several = [(column, at) for column, at in positions.items() if len(at) > 1]
        self.column_at = {index: column for column, indexes in positions.items() for index in indexes}
        self.added = added_to(self.header)
        self.printed = next((at for at in self.added if key(self.header[at]) == PRINT), None)
        self.told = self._kinds()
        self.tables = [(column, table) for column, table in opened.mapping.values.items() if column in positions]

    def rows(self, seen: dict[int, int]) -> Iterator[T | Fault]:
        """All of it, in its order; `seen` knows the ids so far."""
        yield from self.notes()
        for one in self.kept():
            if isinstance(one, Fault):
                yield one
            else:
                yield from self.outcomes(one, seen)

    def kept(self) -> Iterator[RawRow | Fault]:
        """The rows to be read; of those that are no rows of data (titles, sums), a remark instead."""
        around = _margins(self.form, self.head, self.layout)
        body = self.grid.body(self.head.row, self.width)
        held: RawRow | None = None
        for raw in map(_restored, body) if self.added else body:
            if raw.problem is None and around.maybe(raw.cells):
                if found := around.kind(raw):
                    yield self._passed_over(raw, *found)
                    continue
                if around.only_figures(raw):
                    if held:
                        yield held
                    held = raw
                    continue
            if held:
                yield held
                held = None
            yield raw
        if held:
            yield self._passed_over(held, "total_row", "es una fila de sumas al final, sin número ni nombre")

    def _note(self, row: int, column: str, reason: str, mend: str, code: str) -> Fault:
        return Fault(row, column, "", reason, mend, code, kept=True, sheet=self.name)

    def _unknown(self, name: str) -> str:
        """What to do about a column that nobody knows; one that may be several is for a person to say."""
        if near := self.form.suggestion(name):
            return f'si es «{near}», añada al mapeo [columns] "{name}" = "{near}"'
        if could := self.form.begun(name):
            which = " o ".join(f"«{one}»" for one in could[:_MOST_OFFERED])
            return f'se deja sin usar; si es {which}, dígalo en el mapeo: [columns] "{name}" = "{could[0]}"'
        return "se deja sin usar"

    def _passed_over(self, raw: RawRow, code: str, reason: str) -> Fault:
        mend = "no hace falta hacer nada: no se lee"
        return Fault(raw.number, "", "", reason, mend, code, raw.cells, kept=True, sheet=self.name)

    def notes(self) -> Iterator[Fault]:
        """What people should know of the sheet and its header."""
        yield from self.grid.notes
        row = self.head.row.number
        if self.head.titles:
            above = len(self.head.titles)
            titles = "hay una fila de título" if above == 1 else f"hay {above} filas de título"
            reason = f"{titles} encima del encabezado, que está en la fila {row}"
            yield self._note(self.head.titles[0].number, "", reason, "no hace falta hacer nada", "title_rows")
        for cell, value in title_values(self.head):
            column = self.form.canonical(cell)
            if column and column not in self.layout.positions and column not in self.mapping.constants:
                reason = f"encima del encabezado dice «{cell}: {value}», y no se lee"
                mend = f'si vale para todas las filas, añada al mapeo [constants] {column} = "{value}"'
                yield self._note(self.head.titles[0].number, cell, reason, mend, "title_value")
        for name in self.layout.unknown:
            yield self._note(row, name, "no se conoce esta columna", self._unknown(name), "column_unknown")
        for name, instead in self.layout.beside:
            reason = f"dice lo mismo que «{self.header[instead]}», que es la que se lee"
            mend = "si vale esta, dígalo en el mapeo, en [columns]; si no, no hace falta hacer nada"
            yield self._note(row, name, reason, mend, "column_beside")
        yield from self._absent(row)
        for doubt in self.doubts:
            column = self.header[self.layout.positions[doubt.column][0]]
            yield msgspec.structs.replace(doubt, row=row, column=column, sheet=self.name)

    def _absent(self, row: int) -> Iterator[Fault]:
        """The columns that the mapping names and the file does not bring, and what is read in the place of each."""
        headers = {key(name): name for name in self.header}
        for bare, column in self.mapping.columns.items():
            if bare in headers:
                continue
            instead = [f"«{self.header[at]}»" for at in self.layout.positions.get(column, ())]
            if instead:
                done = f"en su lugar se leyó {' y '.join(instead)}"
            elif column in self.mapping.constants:
                done = "en su lugar vale para todas las filas lo que dice [constants]"
            else:
                done = f"{column} se queda sin leer"
            close = get_close_matches(bare, headers, n=1)
            mend = f"¿es «{headers[close[0]]}»? " if close else ""
            mend += "corrija el nombre en el mapeo, o quite de él esa línea"
            reason = f"el mapeo dice que esta columna es {column}, y el archivo no la trae: {done}"
            yield self._note(row, self.mapping.spelled.get(bare, bare), reason, mend, "column_absent")

    def outcomes(self, raw: RawRow, seen: dict[int, int]) -> Iterator[T | Fault]:
        """A row's record, and whatever is wrong with it."""
        if problem := _cut(raw, self.width) or raw.problem or _misshapen(raw.cells, self.width):
            code, reason, mend = problem
            yield Fault(raw.number, "", "", reason, mend, code, raw.cells, sheet=self.name)
            return
        record, faults = self.form.build(raw.number, self.canonical(_sound(raw)), self.terms)
        if record is not None and (repeated := self._unmended(raw) or self._repeated(record, raw, seen)):
            yield repeated
            return
        if record is not None:
            yield record
        if faults or raw.cell_problems:
            yield from self._faults(raw, faults)
        if raw.last_without_end:
            yield Fault(
                raw.number, "", "", "el archivo no acaba en un fin de línea",
                "compruebe que esta última fila está completa: puede que el archivo se cortara", "no_final_newline",
                raw.cells, kept=record is not None, sheet=self.name,
            )  # fmt: skip

    def canonical(self, cells: tuple[str, ...]) -> dict[str, str]:
        """The cells by canonical column."""
        if self.told:
            cells = self._with_kinds(cells)
        found = {column: cells[at] for column, at in self.single}
        for column, indexes in self.several:
            found[column] = "|".join(cells[i] for i in indexes if cells[i].strip())
        for column, table in self.tables:
            found[column] = table.get(key(found[column]), found[column])
        for column, value in self.mapping.constants.items():
            if not found.get(column, "").strip():
                found[column] = value
        return found

    def _kinds(self) -> tuple[tuple[int, str, int | None], ...]:
        """The columns whose header names the kind of document that they hold, and where a row may say another."""
        at = self.layout.positions
        return tuple(
            (index, kind, at.get(f"{column}_type", (None,))[0] if index == indexes[0] else None)
            for column, indexes in at.items() if column == "document_2" or column.endswith("document")
            for index in indexes if (kind := kind_named(self.header[index], self.terms.country))
        )  # fmt: skip

    def _with_kinds(self, cells: tuple[str, ...]) -> tuple[str, ...]:
        """The cells with the kind before each number whose header names it."""
        named = list(cells)
        for index, kind, stated in self.told:
            if cells[index].strip() and (stated is None or not cells[stated].strip()):
                named[index] = f"{kind} {cells[index].strip()}"
        return tuple(named)

    def _unmended(self, raw: RawRow) -> Fault | None:
        """The fault of a row that was set aside for repeating another, and that nobody changed: that one is on record.

        Alone in its file it repeats nothing, and would be taken for newer than the row that went in.
        """
        if self.printed is None or not (was := raw.cells[self.printed].strip()):
            return None
        if was != print_of(cell for at, cell in enumerate(raw.cells) if at not in self.added):
            return None
        indexes = self.layout.positions.get(self.form.identified_by)
        return self._named(Fault(
            raw.number,
            self.form.identified_by,
            raw.cells[indexes[0]].strip() if indexes else "",
            "se apartó por repetida, y sigue como estaba",
            f"corríjala; o, si la que vale es esta, borre lo que hay en su columna {PRINT}",
            REPEATED,
        ), raw)  # fmt: skip

    def _repeated(self, record: T, raw: RawRow, seen: dict[int, int]) -> Fault | None:
        """The fault of an id that an earlier good row had; an identical row is only counted, another is set aside."""
        identity = self.form.identity(record)
        if not identity:
            return None
        mine = (hash(raw.cells) & ((1 << _ROW_BITS) - 1)) << _ROW_BITS | raw.number
        earlier = seen.setdefault(hash(identity) & ((1 << _IDENTITY_BITS) - 1), mine)
        if earlier is mine:
            return None
        indexes = self.layout.positions.get(self.form.identified_by)
        shown = raw.cells[indexes[0]].strip() if indexes else identity
        same, row = earlier >> _ROW_BITS == mine >> _ROW_BITS, earlier & ((1 << _ROW_BITS) - 1)
        return self._named(Fault(
            raw.number,
            self.form.identified_by,
            shown,
            f"es igual a la fila {row}" if same else f"«{shown}» ya está en la fila {row}",
            "no hace falta hacer nada: se cuenta una vez" if same else "deje una sola fila, la que valga",
            "duplicate_same" if same else REPEATED,
            kept=same,
        ), raw)  # fmt: skip

    def _faults(self, raw: RawRow, faults: tuple[Fault, ...]) -> Iterator[Fault]:
        """What is wrong with the row; of a cell that came broken, that, and not that its value is missing."""
        broken = {column: one for one in raw.cell_problems if (column := self.column_at.get(one.index)) is not None}
        missing = {fault.column for fault in faults if fault.code == "missing" and not fault.kept}
        for column, found in broken.items():
            fault = Fault(
                raw.number, column, raw.cells[found.index], found.reason, found.mend, found.code,
                kept=column not in missing,
            )  # fmt: skip
            yield self._named(fault, raw)
        for fault in faults:
            if fault.code != "missing" or fault.column not in broken:
                yield self._named(fault, raw)

    def _named(self, fault: Fault, raw: RawRow) -> Fault:
        """A fault with the file's own name for the column, its sheet, and the row as read."""
        indexes = self.layout.positions.get(fault.column)
        column = self.header[indexes[0]] if indexes else fault.column
        return msgspec.structs.replace(fault, column=column, cells=raw.cells, sheet=self.name)


def _margins(form: Form[Any], head: Head, layout: Layout) -> Margins:
    needed = [name for name in form.groups if name in layout.positions]
    first = layout.positions.get(form.identified_by or (needed[0] if needed else ""), (0,))[0]
    return margins(head, first, tuple(layout.positions[name][0] for name in needed))


def _restored(raw: RawRow) -> RawRow:
    """A row of a file of rows set aside, as it was before it was written there."""
    return msgspec.structs.replace(raw, cells=tuple(map(restored, raw.cells)))


def _sound(raw: RawRow) -> tuple[str, ...]:
    """A row's cells without those that hold no value."""
    if not raw.cell_problems:
        return raw.cells
    void = {problem.index for problem in raw.cell_problems if problem.void}
    return tuple("" if index in void else cell for index, cell in enumerate(raw.cells))


def _cut(raw: RawRow, width: int) -> tuple[str, str, str] | None:
    if not raw.last_without_end or len(raw.cells) >= width:
        return None
    reason = f"el archivo se corta aquí: la última fila tiene {len(raw.cells)} de {width} columnas"
    return "truncated", reason, "vuelva a exportar o a copiar el archivo completo"


def _misshapen(cells: tuple[str, ...], width: int) -> tuple[str, str, str] | None:
    if len(cells) == width:
        return None
    reason = f"la fila tiene {len(cells)} columnas y el encabezado {width}"
    if len(cells) < width:
        return "too_few_columns", reason, "complete las columnas que faltan, aunque sea vacías"
    if any(cell.strip() for cell in cells[width:]):
        return "too_many_columns", reason, "ponga entre comillas los textos que llevan el separador dentro"
    return None


def open_grids(grids: Sequence[Grid], form: Form[T], mapping: Mapping | None, country: str, at: date) -> OpenFile[T]:
    """Sheets of one header, ready to be read. `at` is the day of the import.

    Raises FileError (Spanish) when required columns are missing, or when there are no rows.
    """
    mapping = mapping or Mapping()
    parts = []
    for grid in grids:
        try:
            parts.append(_part(grid, form, mapping))
        except FileError as error:
            raise (error.within(f"hoja «{grid.sheet}»") if grid.sheet else error) from error
    terms = Terms(_country(country), at, mapping.date_form, mapping.decimal, mapping.currencies)
    if all(next(part.grid.body(part.head.row, len(part.head.header)), None) is None for part in parts):
        raise FileError("El archivo solo trae el encabezado, sin ninguna fila. Vuelva a exportarlo con sus datos.")
    return _learned(OpenFile(form, mapping, terms, tuple(parts)))


def _learned(opened: OpenFile[T]) -> OpenFile[T]:
    """The file with what its first rows show of how amounts are written in it."""
    sampled = (
        sheet.canonical(raw.cells)
        for sheet in opened.sheets()
        for raw in islice(sheet.grid.body(sheet.head.row, sheet.width), _SAMPLE)
        if len(raw.cells) >= sheet.width
    )
    terms, doubts = learn(sampled, opened.terms, opened.form.money)
    return msgspec.structs.replace(opened, terms=terms, doubts=doubts)


def _part(grid: Grid, form: Form[Any], mapping: Mapping) -> Part:
    head = find_head(grid, form, mapping)
    if head.row.problem and head.row.problem[0] in ("quote_open", "truncated"):
        raise FileError(
            f'El encabezado (fila {head.row.number}) tiene una comilla (") sin cerrar. Ciérrela y vuelva a importar.'
        )
    return Part(grid, head, lay_out(head.header, mapping, form))


def open_csv(data: Buffer, form: Form[T], mapping: Mapping | None, country: str, at: date) -> OpenFile[T]:
    """A delimited file ready to be read. Raises FileError as open_grids does, and when it is empty or no text."""
    return open_grids((csv_grid(data, form, mapping or Mapping()),), form, mapping, country, at)


def open_file(data: bytes, mapping: Mapping | None, country: str, at: date) -> OpenFile[Record]:
    """A portfolio in delimited text, ready to be read. Raises FileError as open_csv does."""
    return open_csv(data, PORTFOLIO, mapping, country, at)


def read_file(data: bytes, mapping: Mapping | None, country: str, at: date) -> Iterator[Record | Fault]:
    """Records and faults of a CSV file, in its order. Raises FileError at once, for a fault of the whole."""
    return open_file(data, mapping, country, at).rows()


def _country(text: str) -> Country:
    try:
        return read_country(text)
    except ValueError as error:
        raise FileError(f"No se atiende el país «{text}»; use CO, MX, CL, PE, AR o ES.") from error
