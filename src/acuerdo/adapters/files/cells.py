"""What a workbook's cell says, as text: plain numbers, ISO dates, no noise of binary fractions."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from acuerdo.core.portfolio.grid import CellProblem
from acuerdo.core.portfolio.mapping import letter

# ECMA-376 part 1, 18.8.30: the formats that every workbook has without naming them, by what they show.
BUILT_IN: dict[str, str] = {
    **{str(number): "yyyy-mm-dd" for number in (*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59))},
    **{str(number): "0" for number in (1, 3, 5, 6, 37, 38, 41, 42)},
    **{str(number): "0.00" for number in (2, 4, 7, 8, 39, 40, 43, 44)},
}
MOST_DIGITS = 15
_LAST_SERIAL = 2_958_465  # 9999-12-31
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NOT_A_DATE = re.compile(r'"[^"]*"|\\.|\[(?!h|m|s)[^\]]*\]|_.|\*.', re.IGNORECASE)


def is_date_format(code: str) -> bool:
    """Whether a number format shows dates or times: it has a letter of theirs outside quotes, colours and regions."""
    bare = _NOT_A_DATE.sub("", code.split(";")[0])
    return "general" not in bare.lower() and bool(re.search(r"[ymdhs]", bare, re.IGNORECASE))


def plain_number(text: str, mark: str = ".", places: int | None = None) -> str:
    """A number without exponent or `.0`, of the 15 digits that a spreadsheet keeps, and of `places` decimals at most.

    Three decimals get a fourth: text with three digits after its mark could be read as thousands.
    """
    if text.isdigit():
        return text
    try:
        value = Decimal(f"{float(text):.{MOST_DIGITS}g}")
    except (ValueError, ArithmeticError):
        return text
    if not value.is_finite():
        return text
    plain = f"{value:f}" if places is None else f"{value:.{places}f}"
    if "." not in plain:
        return plain
    whole, _, part = plain.partition(".")
    part = part.rstrip("0")
    return f"{whole}{mark}{part + '0' * (len(part) == 3)}" if part else whole


def places_of(code: str) -> int | None:
    """How many decimals of a number matter, by how its format shows it: two at least; None where any may."""
    bare = _NOT_A_DATE.sub("", code.split(";")[0])
    found = re.search(r"[0#](?:\.([0#?]+))?(?![0#.,?])", bare)
    if not found or "%" in bare or "E" in bare.upper() or "/" in bare:
        return None
    return max(2, len(found.group(1) or ""))


def rounded(index: int, plain: str) -> CellProblem | None:
    """The warning about a number with more digits than a spreadsheet keeps."""
    if len(plain) <= MOST_DIGITS or sum(c.isdigit() for c in plain.partition(".")[0]) <= MOST_DIGITS:
        return None
    return CellProblem(
        index, "id_rounded", f"tiene más de {MOST_DIGITS} cifras: Excel cambia por ceros las que sobran",
        "dé a la columna formato de texto antes de escribir o pegar estos números", void=False,
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def calendar(serial: str, since_1904: bool) -> str:
    """A serial day as ISO: `2026-11-01`, with its hour where it has one; what is no day stays a number."""
    try:
        days = float(serial)
    except ValueError:
        return serial
    if not 0 <= days <= _LAST_SERIAL:
        return plain_number(serial)
    whole, seconds = divmod(round(days * 86_400), 86_400)
    if not whole:
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    # 1900 was no leap year, but spreadsheets count its 29 February.
    start = date(1904, 1, 1) if since_1904 else date(1899, 12, 30 if whole >= 60 else 31)
    moment = datetime.combine(start, datetime.min.time()) + timedelta(days=whole, seconds=seconds)
    return moment.date().isoformat() if not seconds else moment.isoformat(" ")


def unescaped(text: str) -> str:
    """`_x000D_` and its like are signs that XML cannot hold."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


def failed(index: int, row: int, error: str) -> CellProblem:
    """A cell whose formula failed."""
    mend = "corrija la fórmula, o pegue el valor en su lugar (Pegado especial > Valores)"
    return CellProblem(index, "error_cell", f"la fórmula de la celda {letter(index)}{row} falla ({error})", mend)


def uncalculated(index: int, row: int) -> CellProblem:
    """A formula that was written by a program and never calculated."""
    mend = "abra el libro en Excel, guárdelo y vuelva a importarlo; o pegue los valores (Pegado especial > Valores)"
    return CellProblem(
        index, "formula_uncalculated", f"la celda {letter(index)}{row} tiene una fórmula sin calcular", mend
    )
