"""Bytes of a portfolio file to records and faults, row by row: a bad row never takes a good one with it."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Iterator
from datetime import date
from itertools import chain, islice
from typing import cast

import msgspec

from acuerdo.core.portfolio.columns import key, suggestion
from acuerdo.core.portfolio.lines import Line, decode, lines, recode, sniff_encoding
from acuerdo.core.portfolio.mapping import Layout, Mapping, lay_out
from acuerdo.core.portfolio.records import Fault, FileError, Record, Terms, build
from acuerdo.core.portfolio.values import country as read_country
from acuerdo.core.words import Country

DELIMITERS = (";", ",", "\t", "|")
# A row of quoted text may run over this many lines; beyond it, a quote was left open on its first line.
MOST_LINES = 25


class RawRow(msgspec.Struct, frozen=True):
    """One row as split: `problem` (code, reason, mend) is set when it could not be."""

    number: int
    cells: tuple[str, ...]
    problem: tuple[str, str, str] | None = None
    last_without_end: bool = False


class OpenFile(msgspec.Struct, frozen=True):
    """A file whose header was understood: what was sniffed, and its rows."""

    data: bytes
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    layout: Layout
    mapping: Mapping
    terms: Terms
    first_row: int
    offset: int

    def rows(self) -> Iterator[Record | Fault]:
        """Each row's record, and whatever is wrong; notes on the header come first.

        Memory: one row, and some 200 bytes for each good one to know repeated ids.
        """
        yield from self._notes()
        seen: dict[int, tuple[int, int]] = {}
        for raw in split_rows(self.data, self.offset, self.first_row, self.encoding, self.delimiter, len(self.header)):
            yield from self._row(raw, seen)

    def _notes(self) -> Iterator[Fault]:
        for name in self.layout.unknown:
            near = suggestion(name)
            mend = f'si es «{near}», añada al mapeo [columns] "{name}" = "{near}"' if near else "se deja sin usar"
            yield Fault(self.first_row - 1, name, "", "no se conoce esta columna", mend, "column_unknown", kept=True)
        headers = {key(name) for name in self.header}
        for name in self.mapping.columns:
            if name not in headers:
                reason = "el mapeo nombra esta columna y el archivo no la trae"
                yield Fault(self.first_row - 1, name, "", reason, "revise el mapeo", "column_absent", kept=True)

    def _row(self, raw: RawRow, seen: dict[int, tuple[int, int]]) -> Iterator[Record | Fault]:
        if problem := _cut(raw, len(self.header)) or raw.problem or _misshapen(raw, len(self.header)):
            code, reason, mend = problem
            yield Fault(raw.number, "", "", reason, mend, code, raw.cells)
            return
        record, faults = build(raw.number, self._canonical(raw.cells), self.terms)
        if record and (repeated := _repeated(record, raw, seen)):
            yield self._named(repeated, raw)
            return
        if record:
            yield record
        for fault in faults:
            yield self._named(fault, raw)
        if raw.last_without_end:
            yield Fault(
                raw.number, "", "", "el archivo no acaba en un fin de línea",
                "compruebe que esta última fila está completa: puede que el archivo se cortara", "no_final_newline",
                raw.cells, kept=record is not None,
            )  # fmt: skip

    def _canonical(self, cells: tuple[str, ...]) -> dict[str, str]:
        found = dict(self.mapping.constants)
        for column, indexes in self.layout.positions.items():
            value = cells[indexes[0]] if len(indexes) == 1 else "|".join(cells[i] for i in indexes if cells[i].strip())
            if table := self.mapping.values.get(column):
                value = table.get(key(value), value)
            if value.strip() or column not in found:
                found[column] = value
        return found

    def _named(self, fault: Fault, raw: RawRow) -> Fault:
        """A fault with the file's own name for the column, and the row as read."""
        indexes = self.layout.positions.get(fault.column)
        column = self.header[indexes[0]] if indexes else fault.column
        return msgspec.structs.replace(fault, column=column, cells=raw.cells)


def _cut(raw: RawRow, width: int) -> tuple[str, str, str] | None:
    if not raw.last_without_end or len(raw.cells) >= width:
        return None
    reason = f"el archivo se corta aquí: la última fila tiene {len(raw.cells)} de {width} columnas"
    return "truncated", reason, "vuelva a exportar o a copiar el archivo completo"


def _misshapen(raw: RawRow, width: int) -> tuple[str, str, str] | None:
    if len(raw.cells) < width:
        return (
            "too_few_columns", f"la fila tiene {len(raw.cells)} columnas y el encabezado {width}",
            "complete las columnas que faltan, aunque sea vacías",
        )  # fmt: skip
    if any(cell.strip() for cell in raw.cells[width:]):
        return (
            "too_many_columns", f"la fila tiene {len(raw.cells)} columnas y el encabezado {width}",
            "ponga entre comillas los textos que llevan el separador dentro",
        )  # fmt: skip
    if any("\ufffd" in cell or "\x00" in cell for cell in raw.cells):
        return (
            "encoding", "hay letras que ya venían rotas en el archivo",
            "corríjalas en el origen y exporte como CSV UTF-8",
        )  # fmt: skip
    return None


def _repeated(record: Record, raw: RawRow, seen: dict[int, tuple[int, int]]) -> Fault | None:
    """The fault of an id that an earlier good row had; an identical row is only counted, another one is set aside."""
    identity, whole = hash(record.account.external_id), hash(raw.cells)
    earlier = seen.setdefault(identity, (raw.number, whole))
    if earlier[0] == raw.number:
        return None
    same = earlier[1] == whole
    return Fault(
        raw.number,
        "external_id",
        record.account.external_id,
        f"es igual a la fila {earlier[0]}" if same else f"ese número de obligación ya está en la fila {earlier[0]}",
        "no hace falta hacer nada: se cuenta una vez" if same else "deje una sola fila por obligación, la que valga",
        "duplicate_same" if same else "duplicate_id",
        kept=same,
    )


def split_rows(data: bytes, offset: int, first: int, encoding: str, delimiter: str, width: int) -> Iterator[RawRow]:
    """Rows from `offset` on. A quote left open spoils its own line only: the next line starts afresh."""
    waiting: deque[Line] = deque()
    source = lines(data, offset)
    number = first
    while waiting or (fetched := next(source, None)) is not None:
        line = waiting.popleft() if waiting else cast(Line, fetched)
        row, last = _split(line.text, encoding, delimiter), line
        if row is None:
            more = list(islice(chain(tuple(waiting), source), MOST_LINES))
            row, used = _over_lines(line, more, encoding, delimiter, width)
            waiting = deque((*more[used:], *islice(waiting, MOST_LINES, None)))
            last = more[used - 1] if used else line
        if row.cells:
            yield msgspec.structs.replace(row, number=number, last_without_end=not last.ended)
        number += 1


def _over_lines(line: Line, more: list[Line], encoding: str, delimiter: str, width: int) -> tuple[RawRow, int]:
    """A row whose quote stays open at its line's end, and how many of the following lines are its own."""
    joined = line.text
    for used, following in enumerate(more, start=1):
        joined += b"\n" + following.text
        row = _split(joined, encoding, delimiter)
        if row is None:
            continue
        if row.problem or len(row.cells) != width:
            break
        return row, used
    return RawRow(
        0, tuple(decode(line.text, encoding)[0].split(delimiter)), _OPEN_QUOTE if line.ended else _OPEN_QUOTE_AT_END
    ), 0


_OPEN_QUOTE = (
    "quote_open", "hay una comilla (\") que se abre y no se cierra",
    "quite la comilla, o escríbala dos veces y ponga el texto entre comillas",
)  # fmt: skip
_OPEN_QUOTE_AT_END = (
    "truncated", "el archivo se corta aquí: la última fila deja una comilla abierta",
    "vuelva a exportar o a copiar el archivo completo",
)  # fmt: skip


def _split(line: bytes, encoding: str, delimiter: str) -> RawRow | None:
    """A line's cells; None when a quote is still open. A blank line has no cells."""
    text, sound = decode(line, encoding)
    if not text.strip() or not text.strip(delimiter + " "):
        return RawRow(0, ())
    if '"' not in text:
        cells = tuple(text.split(delimiter))
    else:
        try:
            cells = tuple(next(csv.reader([text], delimiter=delimiter, strict=True)))
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            return RawRow(
                0,
                tuple(text.split(delimiter)),
                ("quote_bad", 'hay una comilla (") en mitad de un texto', _OPEN_QUOTE[2]),
            )
    if not sound:
        return RawRow(0, cells, _broken(encoding))
    return RawRow(0, cells)


def _broken(encoding: str) -> tuple[str, str, str]:
    return (
        "encoding", f"hay bytes que no son {encoding} válido: alguna letra se perdería",
        "escriba de nuevo los textos de esta fila y guarde el archivo como CSV UTF-8",
    )  # fmt: skip


def sniff_delimiter(header: str, mapping: Mapping) -> str:
    """The delimiter that makes most known columns of the header; then the one that makes most columns."""
    if mapping.delimiter:
        return mapping.delimiter

    def worth(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        known = sum(1 for cell in cells if key(cell) in mapping.columns or suggestion(cell))
        return known, len(cells)

    return max(DELIMITERS, key=worth)


def open_file(data: bytes, mapping: Mapping | None, country: str, at: date) -> OpenFile:
    """A file ready to be read: its encoding, delimiter and columns understood. `at` is the day of the import.

    Raises FileError (Spanish) when it is empty, has a header alone, is a workbook, or lacks required columns.
    """
    mapping = mapping or Mapping()
    data = recode(data)
    encoding = mapping.encoding or sniff_encoding(data)
    head = _header(data, encoding)
    delimiter = sniff_delimiter(head.text, mapping)
    header = tuple(cell.strip() for cell in next(csv.reader(io.StringIO(head.text, newline=""), delimiter=delimiter)))
    layout = lay_out(header, mapping)
    opened = OpenFile(
        data=data, encoding=encoding, delimiter=delimiter, header=header, layout=layout, mapping=mapping,
        terms=Terms(_country(country), at, mapping.date_form, mapping.decimal, mapping.currencies),
        first_row=head.number + 1, offset=head.end,
    )  # fmt: skip
    if next(split_rows(data, head.end, 0, encoding, delimiter, len(header)), None) is None:
        raise FileError("El archivo solo trae el encabezado, sin ninguna fila. Vuelva a exportarlo con sus datos.")
    return opened


def read_file(data: bytes, mapping: Mapping | None, country: str, at: date) -> Iterator[Record | Fault]:
    """Records and faults of a CSV file, in its order. Raises FileError at once, for a fault of the whole."""
    return open_file(data, mapping, country, at).rows()


def _country(text: str) -> Country:
    try:
        return read_country(text)
    except ValueError as error:
        raise FileError(f"No se atiende el país «{text}»; use CO, MX, CL, PE, AR o ES.") from error


class _Header(msgspec.Struct, frozen=True):
    """The header's text, its row number, and where the next line starts."""

    text: str
    number: int
    end: int


def _header(data: bytes, encoding: str) -> _Header:
    """The first line with something in it; a spreadsheet's `sep=;` line is passed over."""
    joined, started = b"", 0
    for number, line in enumerate(lines(data, 0), start=1):
        bare = line.text.strip()
        if not started and (not bare.strip(b";,\t| ") or bare.lower().startswith(b"sep=")):
            continue
        started = started or number
        joined += (b"\n" if joined else b"") + line.text
        # A header cell may hold a line break between quotes.
        if joined.count(b'"') % 2 == 0 or number - started >= MOST_LINES:
            return _Header(decode(joined, encoding)[0], started, line.end)
    if joined:
        raise FileError('El encabezado tiene una comilla (") sin cerrar. Ciérrela y vuelva a importar.')
    raise FileError("El archivo está vacío. Compruebe que la exportación terminó y vuelva a intentarlo.")
