"""Delimited text to raw rows: fast where it is well formed, and where it is not, a slip spoils only its own line."""

from __future__ import annotations

import csv
import io
from collections import deque
from collections.abc import Callable, Generator, Iterator
from itertools import chain, islice
from typing import Any, cast

import msgspec

from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.grid import HEAD_ROWS, CellProblem, Grid, RawRow
from acuerdo.core.portfolio.header import find_head
from acuerdo.core.portfolio.lines import (
    EMPTY,
    Buffer,
    Line,
    chunk_end,
    decode,
    decode_sound,
    has_twice,
    line_mark,
    lines,
    once,
    recode,
    sha256,
    survey,
)
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.records import FileError

DELIMITERS = (";", ",", "\t", "|")
# A row of quoted text may run over this many lines; beyond it, a quote was left open on its first line.
MOST_LINES = 25
# All that str.strip takes away, and the mark with which DOS ended its files.
_WHITE = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\x1a"


class Text(msgspec.Struct, frozen=True):
    """A text file whose dress is known."""

    data: Buffer
    mark: bytes
    encoding: str
    delimiter: str

    @property
    def blank(self) -> str:
        """What a line without anything in it is made of."""
        return self.delimiter + _WHITE


def csv_grid(data: Buffer, form: Form[Any], mapping: Mapping, digest: str = "") -> Grid:
    """A delimited file as raw rows; its encoding and delimiter are found, unless the mapping tells them.

    `digest` is that of the file where `data` is not it as it came.

    Raises FileError when it is empty or is not text.
    """
    digest = digest or sha256(data)
    recoded, start = recode(data)
    mark = line_mark(recoded)
    encoding, count = survey(recoded, start, mark)
    heads = {
        delimiter: _grid(Text(recoded, mark, mapping.encoding or encoding, delimiter), start, digest, count)
        for delimiter in ((mapping.delimiter,) if mapping.delimiter else DELIMITERS)
    }

    def worth(delimiter: str) -> tuple[int, int]:
        head = find_head(heads[delimiter], form, mapping)
        return head.worth, len(head.header)

    if not any(grid.head for grid in heads.values()):
        raise FileError(EMPTY)
    return heads[max((one for one in heads if heads[one].head), key=worth)]


def _grid(text: Text, start: int, digest: str, count: int) -> Grid:
    head = islice(_careful(text, start, len(text.data), 1, 0), HEAD_ROWS)
    return Grid(
        kind="csv", head=tuple(row for row in head if not _told_delimiter(row)),
        body=lambda row, width: split_rows(text, row.end, row.number + 1, width),
        digest=digest, lines=count, delimiter=text.delimiter, encoding=text.encoding,
    )  # fmt: skip


def _told_delimiter(row: RawRow) -> bool:
    """A spreadsheet's own line about its delimiter: `sep=;`."""
    return row.number == 1 and row.cells[0].strip().lower().startswith("sep=")


def split_rows(text: Text, offset: int, number: int, width: int) -> Iterator[RawRow]:
    """Rows from `offset` on, the first being row `number`; rows that run over several lines have `width` cells."""
    split = _fast(text, width)
    while offset < len(text.data):
        stop = _whole_rows(text, offset)
        found = split(text.data[offset:stop]) if stop else None
        if found is None:
            # The end of a file without a line end, or a chunk in which something is not as it should be.
            offset, number = yield from _careful(text, offset, stop or len(text.data), number, width)
            continue
        for cells in found:
            if cells:
                yield RawRow(number, cells)
            number += 1
        offset = stop


def _whole_rows(text: Text, offset: int) -> int:
    """Where a chunk of whole rows ends: outside quotes, as far as counting them tells. 0: no line ends any more."""
    stop = chunk_end(text.data, offset, text.mark)
    inside = text.data[offset:stop].count(b'"') % 2
    for line in islice(lines(text.data, stop, text.mark), MOST_LINES) if stop and inside else ():
        inside ^= line.text.count(b'"') % 2
        if not inside and line.ended:
            return line.end
    return stop


def _fast(text: Text, width: int) -> Callable[[bytes], list[tuple[str, ...]] | None]:
    """Splits many lines at once (a blank one has no cells), or gives None when any of them is not well formed."""
    delimiter, blank = text.delimiter, text.blank

    def split(chunk: bytes) -> list[tuple[str, ...]] | None:
        shown = decode_sound(chunk, text.encoding)
        if shown is None:
            return None
        if text.mark == b"\r":
            shown = shown.replace("\r", "\n")
        elif "\r" in shown:
            shown = shown.replace("\r\r\n", "\n").replace("\r\n", "\n")
        if '"' in shown:
            return _quoted(shown, delimiter, width)
        return [tuple(line.split(delimiter)) if line.strip(blank) else () for line in shown.split("\n")[:-1]]

    return split


def _quoted(shown: str, delimiter: str, width: int) -> list[tuple[str, ...]] | None:
    reader = csv.reader(io.StringIO(shown, newline="\n"), delimiter=delimiter, strict=True)
    found: list[tuple[str, ...]] = []
    before = 0
    try:
        for cells in reader:
            extra, before = reader.line_num - before - 1, reader.line_num
            if extra and (len(cells) != width or extra > MOST_LINES):
                return None
            found.append(tuple(cells) if cells and (cells[0].strip() or "".join(cells).strip()) else ())
    except csv.Error:
        return None
    return found


def _careful(text: Text, offset: int, stop: int, number: int, width: int) -> Generator[RawRow, None, tuple[int, int]]:
    """Rows line by line, until one ends at or after `stop`; gives where the next starts, and its number.

    A quote left open spoils its own line only: the next line starts afresh.
    """
    waiting: deque[Line] = deque()
    source = lines(text.data, offset, text.mark)
    while offset < stop and (waiting or (fetched := next(source, None)) is not None):
        line = waiting.popleft() if waiting else cast(Line, fetched)
        row, last = _split(line.text, text), line
        if row is None:
            more = list(islice(chain(tuple(waiting), source), MOST_LINES))
            row, used = _over_lines(line, more, text, width)
            waiting = deque((*more[used:], *islice(waiting, MOST_LINES, None)))
            last = more[used - 1] if used else line
        offset = last.end
        if row.cells:
            yield msgspec.structs.replace(row, number=number, last_without_end=not last.ended, end=offset)
        number += 1
    return offset, number


def _over_lines(line: Line, more: list[Line], text: Text, width: int) -> tuple[RawRow, int]:
    """A row whose quote stays open at its line's end, and how many of the following lines are its own.

    A `width` of 0 takes a row of any width.
    """
    joined = line.text
    for used, following in enumerate(more, start=1):
        joined += b"\n" + following.text
        row = _split(joined, text)
        if row is None:
            continue
        if row.problem or (width and len(row.cells) != width):
            break
        return row, used
    cells = tuple(decode(line.text, text.encoding)[0].split(text.delimiter))
    return RawRow(0, cells, _OPEN_QUOTE if line.ended else _OPEN_QUOTE_AT_END), 0


_MEND_QUOTE = "quite la comilla, o escríbala dos veces y ponga el texto entre comillas"
_OPEN_QUOTE = ("quote_open", 'hay una comilla (") que se abre y no se cierra', _MEND_QUOTE)
_BAD_QUOTE = ("quote_bad", 'hay una comilla (") en mitad de un texto', _MEND_QUOTE)
_OPEN_QUOTE_AT_END = (
    "truncated", "el archivo se corta aquí: la última fila deja una comilla abierta",
    "vuelva a exportar o a copiar el archivo completo",
)  # fmt: skip
_LOST_LETTERS = (
    "encoding", "hay letras que ya venían rotas en el archivo", "corríjalas en el origen y exporte como CSV UTF-8",
)  # fmt: skip


def _split(line: bytes, text: Text) -> RawRow | None:
    """A line's cells; None when a quote is still open. A blank line has no cells."""
    shown, sound = decode(line, text.encoding)
    if not shown.strip(text.blank):
        return RawRow(0, ())
    if '"' not in shown:
        cells = tuple(shown.split(text.delimiter))
    else:
        try:
            cells = tuple(next(csv.reader([shown], delimiter=text.delimiter, strict=True)))
        except csv.Error as error:
            if "unexpected end" in str(error):
                return None
            return RawRow(0, tuple(shown.split(text.delimiter)), _BAD_QUOTE)
        if not "".join(cells).strip():
            return RawRow(0, ())
    if not sound:
        return RawRow(0, cells, _broken(text.encoding))
    if text.encoding == "utf-8" and has_twice(line):
        return _mended(cells)
    return RawRow(0, cells, _LOST_LETTERS if "\ufffd" in shown or "\x00" in shown else None)


def _mended(cells: tuple[str, ...]) -> RawRow:
    """A row with letters that were encoded twice, each read as it was meant."""
    meant = tuple(map(once, cells))
    told = (
        CellProblem(
            index, "letters_mended", "había letras codificadas dos veces (Ã± por ñ), y se leen como debían ser",
            "si alguna no queda bien, corríjala; exporte como CSV UTF-8 para que no pase", void=False,
        )
        for index, (came, means) in enumerate(zip(cells, meant, strict=True)) if came != means
    )  # fmt: skip
    return RawRow(0, meant, cell_problems=tuple(told))


def _broken(encoding: str) -> tuple[str, str, str]:
    return (
        "encoding", f"hay bytes que no son {encoding} válido: alguna letra se perdería",
        "escriba de nuevo los textos de esta fila y guarde el archivo como CSV UTF-8",
    )  # fmt: skip
