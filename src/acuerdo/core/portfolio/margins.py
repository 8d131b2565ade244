"""What stands around the rows of a report and is none of them: totals, headers printed again, the foot of a page."""

from __future__ import annotations

import re

import msgspec

from acuerdo.core.portfolio.grid import RawRow
from acuerdo.core.portfolio.header import Head

_TOTAL = re.compile(
    r"\W*(sub\s*-?\s*total(es)?|total(es)?|gran total|grand total|suma(s|toria)?|sum)\b.*", re.IGNORECASE
)
_FOOT = re.compile(
    r"\W*((p[áa]gina|p[áa]g\.?|page|hoja)\s*:?\s*\d+.*|-+\s*\d+\s*-+|\(?(\d+\s+)?(filas?|rows?|registros?)\s+"
    r"(afectad[ao]s?|affected|seleccionad[ao]s?|en total).*|(fin|final) del? (reporte|informe|listado|archivo).*"
    r"|(impreso|generado|emitido|elaborado|preparado|revisado|fecha de impresi[óo]n|usuario|fuente|nota|confidencial"
    r"|hora)\b.*)",
    re.IGNORECASE,
)
# Totals start so, after perhaps a star.
_FIRST = frozenset("TtSsGg*")
_SIGN = r"(S/\.?|U\$S|US\$|COP|MXN|CLP|PEN|ARS|EUR|USD|UF|UTM)?"
_FIGURE = re.compile(rf"{_SIGN}(?=[^\d-]*[\d-])[\s\d.,'’()%$€+−-]+{_SIGN}")
# What stands around a table is short; a long text is not looked through.
_LONGEST = 120


class Margins(msgspec.Struct, frozen=True):
    """Tells the rows of one sheet from what surrounds them. `identity` is the index of the column that every row fills.

    `needed` are the indexes of the columns that a row cannot be without.
    """

    header: tuple[str, ...]
    printed: tuple[str, ...]
    titles: frozenset[tuple[str, ...]]
    identity: int
    needed: tuple[int, ...]

    def maybe(self, cells: tuple[str, ...]) -> bool:
        """A quick look that lets ordinary rows pass: true for all that `kind` might know, and for a few more."""
        return cells[0][:1] in _FIRST or cells[0] == self.header[0] or not self._complete(cells)

    def kind(self, raw: RawRow) -> tuple[str, str] | None:
        """A code and its words (Spanish) for a row that is not one of the table's; None for one that is."""
        cells = tuple(cell.strip() for cell in raw.cells)
        if _bare(cells) == self.printed:
            return "header_repeated", "es el encabezado otra vez"
        filled = [cell for cell in cells if cell]
        if not filled:
            return None
        if _bare(cells) in self.titles:
            return "title_repeated", "es el título del informe otra vez"
        if _is_total(filled):
            return "total_row", "es una fila de totales, no una cuenta"
        if len(filled) <= 3 and len(filled[0]) <= _LONGEST and _FOOT.fullmatch(filled[0]) and not self._complete(cells):
            return "page_footer", "es el pie de una página, no una cuenta"
        return None

    def only_figures(self, raw: RawRow) -> bool:
        """Sums without a name: at the end of a sheet they are totals, elsewhere a row that lacks what it needs."""
        cells = [cell.strip() for cell in raw.cells]
        filled = [cell for cell in cells if cell]
        empty = [index for index in self.needed if index >= len(cells) or not cells[index]]
        return (
            (self.identity >= len(cells) or not cells[self.identity])
            and len(empty) * 2 >= len(self.needed)
            and all(map(_is_figure, filled))
        )

    def _complete(self, cells: tuple[str, ...]) -> bool:
        width = len(cells)
        return all([index < width and cells[index].strip() for index in self.needed])  # noqa: C419 - a list is quicker


def margins(head: Head, identity: int, needed: tuple[int, ...]) -> Margins:
    """The margins of a sheet whose header is known."""
    return Margins(
        header=head.row.cells,
        printed=_bare(tuple(cell.strip() for cell in head.row.cells)),
        titles=frozenset(_bare(tuple(cell.strip() for cell in row.cells)) for row in head.titles),
        identity=identity,
        needed=needed,
    )


def _bare(cells: tuple[str, ...]) -> tuple[str, ...]:
    width = max((at + 1 for at, cell in enumerate(cells) if cell), default=0)
    return cells[:width]


def _is_total(filled: list[str]) -> bool:
    """A word for a total among the first cells, and beside it nothing but figures."""
    words = [cell for cell in filled if not _is_figure(cell)]
    return bool(words) and all(len(word) <= _LONGEST and _TOTAL.fullmatch(word) for word in words)


def _is_figure(cell: str) -> bool:
    return len(cell) <= _LONGEST and _FIGURE.fullmatch(cell) is not None
