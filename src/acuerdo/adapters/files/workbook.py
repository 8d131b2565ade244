"""Workbooks (.xlsx) as grids of raw rows: which sheets there are, which are wanted, and what to know about them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import IO
from zipfile import ZipFile

import msgspec

from acuerdo.adapters.files.archive import DAMAGED, open_archive, read_part
from acuerdo.adapters.files.cells import BUILT_IN, is_date_format, places_of
from acuerdo.adapters.files.markup import elements
from acuerdo.adapters.files.sheet import Style, Texts, sheet_rows, survey
from acuerdo.core.portfolio.grid import HEAD_ROWS, MOST_COLUMNS, Grid, RawRow
from acuerdo.core.portfolio.records import Fault, FileError


class _Sheet(msgspec.Struct, frozen=True):
    name: str
    part: str
    hidden: bool


class Workbook(msgspec.Struct, frozen=True):
    """An open workbook: its sheets of cells (no charts), and what they share."""

    archive: ZipFile
    sheets: tuple[_Sheet, ...]
    style: Style
    digest: str

    def grids(self) -> Iterator[Grid]:
        """Its sheets that have something in them, in their order."""
        for sheet in self.sheets:
            grid = _grid(self, sheet)
            if grid.head:
                yield grid


def open_workbook(file: IO[bytes], digest: str, decimal: str = "") -> Workbook:
    """A workbook in a file; `decimal` is the mark that its numbers are to be written with.

    Raises FileError when it is damaged, of another format, or not safe to open.
    """
    archive = open_archive(file)
    names = set(archive.namelist())
    main = next((name for name in ("xl/workbook.xml", "/xl/workbook.xml") if name in names), "") or _main(
        archive, names
    )
    if not main:
        raise FileError(_other_format(archive, names))
    book = elements(read_part(archive, main))
    targets = _targets(archive, main, names)
    sheets = tuple(
        _Sheet(found.get("name", ""), targets[found["id"]], found.get("state", "visible") != "visible")
        for name, found in book
        if name == "sheet" and "/worksheets/" in targets.get(found.get("id", ""), "")
    )
    since_1904 = any(name == "workbookPr" and found.get("date1904") in ("1", "true") for name, found in book)
    folder = posixpath.dirname(main)
    codes = _formats(archive, f"{folder}/styles.xml", names)
    style = Style(
        texts=_texts(archive, f"{folder}/sharedStrings.xml", names),
        dates=frozenset(number for number, code in codes.items() if is_date_format(code)),
        places={number: places_of(code) for number, code in codes.items()},
        since_1904=since_1904,
        mark=decimal or ".",
    )
    return Workbook(archive, sheets, style, digest)


def _main(archive: ZipFile, names: set[str]) -> str:
    """The workbook's own part, where it is not in its usual place."""
    if "_rels/.rels" not in names:
        return ""
    for _, found in elements(read_part(archive, "_rels/.rels")):
        if found.get("Type", "").endswith("/officeDocument") and found.get("Target", "").endswith(".xml"):
            part = found["Target"].lstrip("/")
            return part if part in names and "word/" not in part and "ppt/" not in part else ""
    return ""


def _targets(archive: ZipFile, main: str, names: set[str]) -> dict[str, str]:
    """The parts that the workbook's own part names, by the ids it gives them."""
    folder, base = posixpath.split(main)
    relations = f"{folder}/_rels/{base}.rels"
    if relations not in names:
        raise FileError(DAMAGED)
    found = {}
    for _, one in elements(read_part(archive, relations)):
        if "Id" in one:
            target = one.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"{folder}/{target}")
            if part in names:
                found[one["Id"]] = part
    return found


def _texts(archive: ZipFile, part: str, names: set[str]) -> Texts:
    return Texts(read_part(archive, part)) if part in names else Texts((b"<sst/>",))


def _formats(archive: ZipFile, part: str, names: set[str]) -> dict[str, str]:
    """The number format of each cell style, by the number that cells name it with."""
    if part not in names:
        return {}
    codes = dict(BUILT_IN)
    styles: list[str] = []
    inside = False
    for name, found in elements(read_part(archive, part)):
        if name == "numFmt":
            codes[found.get("numFmtId", "")] = found.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            inside = name == "cellXfs"
        elif name == "xf" and inside:
            styles.append(found.get("numFmtId", ""))
    return {str(at): codes.get(number, "General") for at, number in enumerate(styles)}


def _other_format(archive: ZipFile, names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        return "Es un libro binario de Excel (.xlsb). Ábralo y guárdelo como libro de Excel (.xlsx)."
    if "mimetype" in names and b"opendocument.spreadsheet" in b"".join(read_part(archive, "mimetype")):
        return "Es una hoja de LibreOffice (.ods). Ábrala y guárdela como libro de Excel (.xlsx) o como CSV UTF-8."
    if "word/document.xml" in names:
        return "Es un documento de Word. Pase la tabla a un libro de Excel (.xlsx) y vuelva a importar."
    held = ", ".join(sorted(names)[:5])
    return f"Es un archivo comprimido ({held}), no una hoja. Descomprímalo e importe el archivo que lleva dentro."


def _grid(book: Workbook, sheet: _Sheet) -> Grid:
    seen = survey(read_part(book.archive, sheet.part))

    def rows() -> Iterator[RawRow]:
        return sheet_rows(read_part(book.archive, sheet.part), book.style, seen.merged)

    def body(head: RawRow, width: int) -> Iterator[RawRow]:
        for row in rows():
            if row.number > head.number and (row.cell_problems or any(row.cells[:width])):
                yield _fitted(row, width)

    try:
        head = tuple(_within(row) for row in islice(rows(), HEAD_ROWS))
    except FileError as error:
        raise FileError(f"hoja «{sheet.name}»: {error}") from error
    return Grid(
        kind="xlsx", head=head, body=body, digest=book.digest, lines=seen.rows, sheet=sheet.name,
        notes=tuple(_notes(sheet, seen.hidden, len(seen.merged))), hidden=sheet.hidden,
    )  # fmt: skip


def _within(row: RawRow) -> RawRow:
    """A row of the head; one of a lost cell at the far right of the sheet does not make it wide."""
    filled = sum(1 for cell in row.cells if cell)
    return row if filled > MOST_COLUMNS else msgspec.structs.replace(row, cells=row.cells[: MOST_COLUMNS * 2])


def _fitted(row: RawRow, width: int) -> RawRow:
    """A row as wide as the header: what people jot down beside a table is none of it."""
    if len(row.cells) == width:
        return row
    cells = row.cells[:width] if len(row.cells) > width else (*row.cells, *("",) * (width - len(row.cells)))
    return msgspec.structs.replace(row, cells=cells)


def _notes(sheet: _Sheet, hidden: Sequence[int], merged: int) -> Iterator[Fault]:
    def note(row: int, reason: str, mend: str, code: str) -> Fault:
        return Fault(row, "", "", reason, mend, code, kept=True, sheet=sheet.name)

    if sheet.hidden:
        yield note(1, "la hoja está oculta, y se lee porque se ha pedido", "no hace falta hacer nada", "hidden_sheet")
    if hidden:
        named = ", ".join(map(str, hidden[:5])) + ("…" if len(hidden) > 5 else "")
        reason = f"hay {len(hidden)} filas ocultas ({named}), quizá por un filtro: también se leen"
        yield note(hidden[0], reason, "si no deben entrar, bórrelas de la hoja", "hidden_rows")
    if merged:
        reason = f"hay celdas combinadas ({merged}): su valor vale para todas las filas que abarcan"
        yield note(1, reason, "si no es así, separe las celdas y complete cada fila", "merged_cells")
