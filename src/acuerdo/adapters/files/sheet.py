"""A workbook's sheet as raw rows, read as it comes: a few thousand cells are in memory, however large it is."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterable, Iterator

import msgspec

from acuerdo.adapters.files.archive import DAMAGED
from acuerdo.adapters.files.cells import calendar, failed, plain_number, rounded, uncalculated, unescaped
from acuerdo.adapters.files.markup import local, parse
from acuerdo.core.portfolio.grid import CellProblem, RawRow
from acuerdo.core.portfolio.records import FileError

# Excel's last column is XFD and its last row this; a sheet that goes beyond is none of Excel's.
_LAST_ROW, _LAST_COLUMN = 1_048_576, 16_383
# A cell holds 32,767 signs, and text comes in pieces of 8 to 64 KB.
_MOST_PIECES = 32
# All texts together, in bytes; and the merged ranges of one sheet.
_MOST_TEXT, _MOST_MERGED = 400 << 20, 200_000
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_HIDDEN = re.compile(rb'\bhidden="(?:1|true)"')
_NUMBER = re.compile(rb'\br="(\d+)"')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
# No tag that the survey looks for is longer than this.
_LONGEST_TAG = 1_000

TOO_MUCH = (
    "El libro de Excel lleva dentro más de lo que cabe en una hoja de cuentas (textos o celdas combinadas). Copie solo"
    " los valores a un libro nuevo, o expórtelo como CSV UTF-8."
)


class Style(msgspec.Struct, frozen=True):
    """What all sheets of a workbook share: its texts, which cell styles are dates, how many decimals others show.

    `mark` is the decimal mark that numbers are to be written with.
    """

    texts: Texts
    dates: frozenset[str]
    places: dict[str, int | None]
    since_1904: bool
    mark: str


class Texts:
    """The texts of a workbook, one after another in one piece of memory: millions of them weigh what they say."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._said = bytearray()
        self._ends = array("Q", [0])
        for _ in parse(pieces, *self._handlers()):
            pass

    def __getitem__(self, at: int) -> str:
        if not 0 <= at < len(self._ends) - 1:
            return ""
        return self._said[self._ends[at] : self._ends[at + 1]].decode()

    def _handlers(self) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None], Callable[[str], None]]:
        said: list[str] = []
        inside = phonetic = False

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal inside, phonetic
            name = local(name)
            phonetic = phonetic or name == "rPh"
            inside = name == "t" and not phonetic

        def end(name: str) -> None:
            nonlocal inside, phonetic
            inside, name = False, local(name)
            if name == "rPh":
                phonetic = False
            elif name == "si":
                self._said += unescaped("".join(said)).encode()
                self._ends.append(len(self._said))
                said.clear()
                if len(self._said) > _MOST_TEXT:
                    raise FileError(TOO_MUCH)

        def text(data: str) -> None:
            if inside:
                if len(said) > _MOST_PIECES:
                    raise FileError(TOO_MUCH)
                said.append(data)

        return start, end, text


class Survey(msgspec.Struct, frozen=True):
    """What must be known of a sheet before its rows: how many, which are hidden, which cells are merged downwards.

    `merged` are (first row, last row, column index), the rows counted from 1.
    """

    rows: int
    hidden: tuple[int, ...]
    merged: tuple[tuple[int, int, int], ...]


def survey(pieces: Iterable[bytes]) -> Survey:
    """Looks through a sheet once; merged cells are told at its end, after all rows."""
    rows, hidden, merged, rest = 0, list[int](), list[tuple[int, int, int]](), b""
    for piece in pieces:
        shown = rest + piece
        cut = max(shown.rfind(b">") + 1, len(shown) - _LONGEST_TAG)
        shown, rest = shown[:cut], shown[cut:]
        rows += shown.count(b"<row ") + shown.count(b":row ")
        if b"hidden" in shown:
            hidden += (
                int(at.group(1)) for tag in _ROW.findall(shown) if _HIDDEN.search(tag) and (at := _NUMBER.search(tag))
            )
        if len(merged) > _MOST_MERGED or len(hidden) > _LAST_ROW:
            raise FileError(TOO_MUCH)
        if b"mergeCell" in shown:
            merged += (
                (int(top), int(bottom), column_index(left.decode()))
                for left, top, _, bottom in _MERGED.findall(shown)
                if int(top) < int(bottom)
            )
    return Survey(rows, tuple(hidden), tuple(sorted(merged)))


def column_index(letters: str) -> int:
    """A column's index from 0, by its letters; beyond the last one for what are no column's letters."""
    index = 0
    if len(letters) > 3 or not letters.isalpha() or not letters.isascii():
        return _LAST_COLUMN + 1
    for one in letters.upper():
        index = index * 26 + ord(one) - 64
    return index - 1


def sheet_rows(pieces: Iterable[bytes], style: Style, merged: tuple[tuple[int, int, int], ...]) -> Iterator[RawRow]:
    """The rows that say something. A value merged over several rows is the value of each. Raises FileError."""
    rows: list[RawRow] = []
    fill = _Fill(merged) if merged else None
    for _ in parse(pieces, *_handlers(rows, style)):
        for row in rows:
            if fill:
                row = fill(row)
            if row.cell_problems or any(row.cells):
                yield row
        rows.clear()


class _Fill:
    """Carries the values of merged cells down. Rows come in order."""

    def __init__(self, merged: tuple[tuple[int, int, int], ...]) -> None:
        self._waiting = list(reversed(merged))
        self._running: list[tuple[int, int, str]] = []

    def __call__(self, row: RawRow) -> RawRow:
        self._running = [one for one in self._running if one[0] >= row.number]
        cells = list(row.cells)
        # A row with nothing of its own is a gap in the table, not one more account.
        if any(cells):
            for _, column, value in self._running:
                cells += [""] * (column + 1 - len(cells))
                cells[column] = cells[column] or value
        while self._waiting and self._waiting[-1][0] <= row.number:
            top, bottom, column = self._waiting.pop()
            if top == row.number and column < len(cells) and cells[column]:
                self._running.append((bottom, column, cells[column]))
        return msgspec.structs.replace(row, cells=tuple(cells))


def _handlers(
    rows: list[RawRow], style: Style
) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None], Callable[[str], None]]:
    cells: list[str] = []
    problems: list[CellProblem] = []
    said: list[str] = []
    columns: dict[str, int] = {}
    dates, texts, places, since_1904, mark = style.dates, style.texts, style.places, style.since_1904, style.mark
    number = index = 0
    kind = shape = ""
    inside = formula = valued = phonetic = False

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal number, index, kind, shape, inside, formula, valued, phonetic
        if ":" in name:
            name = local(name)
        if name == "c":
            place = attributes.get("r")
            if place:
                letters = place.rstrip("0123456789")
                index = columns.get(letters, -1)
                if index < 0:
                    index = columns.setdefault(letters, column_index(letters))
            else:
                index += 1
            kind, shape = attributes.get("t", "n"), attributes.get("s", "")
            formula = valued = False
            said.clear()
        elif name == "v":
            inside = valued = True
        elif name == "t":
            inside, valued = not phonetic, True
        elif name == "f":
            formula = True
        elif name == "row":
            given = attributes.get("r", "")
            number, index = int(given) if given.isdigit() else number + 1, -1
        elif name == "rPh":
            phonetic = True

    def text(data: str) -> None:
        if inside:
            if len(said) > _MOST_PIECES:
                raise FileError(TOO_MUCH)
            said.append(data)

    def end(name: str) -> None:
        nonlocal inside, phonetic
        if ":" in name:
            name = local(name)
        inside = False
        if name == "c":
            if formula and kind == "n" and not said:
                problems.append(uncalculated(index, number))
            elif valued:
                put(meaning("".join(said)))
        elif name == "row":
            rows.append(RawRow(number, tuple(cells), None, False, tuple(problems)))
            cells.clear()
            problems.clear()
        elif name == "rPh":
            phonetic = False

    def put(value: str) -> None:
        if not 0 <= index <= _LAST_COLUMN or number > _LAST_ROW:
            raise FileError(DAMAGED)
        missing = index - len(cells)
        if missing >= 0:
            cells.extend([""] * missing)
            cells.append(value)
        else:
            cells[index] = value

    def meaning(value: str) -> str:
        if kind == "s":
            return texts[int(value)] if value.isdigit() else ""
        if kind == "n":
            if not value:
                return ""
            if shape in dates:
                return calendar(value, since_1904)
            plain = value if value.isdigit() else plain_number(value, mark, places.get(shape))
            if len(plain) > 15 and (warning := rounded(index, plain)):
                problems.append(warning)
            return plain
        if kind == "e":
            problems.append(failed(index, number, value))
            return value
        if kind == "b":
            return "sí" if value == "1" else "no"
        return unescaped(value)

    return start, end, text
