"""Calendar days as people, spreadsheets and programs write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta

from acuerdo.core.portfolio.slips import Bad

# Spanish, Portuguese and English names of months, whole and as they are shortened.
_MONTHS: tuple[tuple[str, ...], ...] = (
    ("enero", "janeiro", "january"), ("febrero", "fevereiro", "february"), ("marzo", "marco", "march"),
    ("abril", "april"), ("mayo", "maio", "may"), ("junio", "junho", "june"), ("julio", "julho", "july"),
    ("agosto", "august"), ("septiembre", "setiembre", "setembro", "september", "sept"),
    ("octubre", "outubro", "october"), ("noviembre", "novembro", "november"),
    ("diciembre", "dezembro", "december"),
)  # fmt: skip
MONTHS: dict[str, int] = {
    said: number for number, names in enumerate(_MONTHS, start=1) for name in names for said in (name, name[:3])
}
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})"), "ymd"),
    (re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?"), "ymd"),
    (re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})"), "dmy"),
    (re.compile(r"(\d{1,2})(?:[-/. ]| de | of )*([a-z]{3,})\.?(?:[-/ ]| de | del |, )*(\d{4}|\d{2})"), "dby"),
    (re.compile(r"([a-z]{3,})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})"), "bdy"),
)
_ORDERS: dict[str, str] = {"ymd": "ymd", "dmy": "dmy", "dby": "dmy", "bdy": "mdy"}
_CLOCK = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)? *([ap]\.? ?m\.?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"^[a-z]{3,9}(?:-feira)?, *(?=\d)")
_SERIAL = re.compile(r"\d{5}([.,]\d+)?")
# Day 0 of spreadsheets, and serials of 1927 to 2119: a five-figure number in a column of dates is nothing else.
_SERIAL_ZERO = date(1899, 12, 30)
_SERIALS = range(10_000, 80_000)
# POSIX: a year of two figures from 69 on is of the 1900s. Only where the month is a word is it clear which the year is.
_CENTURY_TURNS = 69
_YEARS = range(1900, 2201)


def day(text: str, form: str = "") -> date:
    """A calendar day, with or without an hour: ISO, 20260323, dd/mm/yyyy, 23-mar-2026, 23 de marzo de 2026.

    A spreadsheet's serial number counts unless `form` says how days are written; mm/dd/yyyy only when it says so.
    Raises Bad: date_bad (not a date), date_impossible (31/02/2026).
    """
    bare = _CLOCK.sub("", text.strip()).lower()
    if not bare.isascii():
        bare = "".join(c for c in unicodedata.normalize("NFKD", bare) if not unicodedata.combining(c))
    bare = _WEEKDAY.sub("", bare)
    for pattern, order in _FORMS:
        if found := pattern.fullmatch(bare):
            return _calendar(found.groups(), order, form)
    if not form and _SERIAL.fullmatch(bare) and int(bare[:5]) in _SERIALS:
        return _SERIAL_ZERO + timedelta(days=int(bare[:5]))
    raise Bad("date_bad", "no es una fecha", _mend(bare))


def _mend(bare: str) -> str:
    if _SERIAL.fullmatch(bare):
        return "es un número de serie de la hoja de cálculo: dé a la columna formato de fecha y vuelva a exportar"
    if re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", bare):
        return "escriba el año con cuatro cifras: dd/mm/aaaa"
    return "escríbala como dd/mm/aaaa o aaaa-mm-dd"


def _month(name: str) -> str:
    if name not in MONTHS:
        raise Bad("date_bad", f"no se conoce el mes «{name}»", "escríbala como dd/mm/aaaa")
    return str(MONTHS[name])


def _calendar(parts: tuple[str, ...], order: str, form: str) -> date:
    named = dict(zip(_ORDERS[order], parts, strict=True))
    if "b" in order:
        named["m"] = _month(named["m"])
    american = order == "dmy" and form == "mm/dd/yyyy"
    if american:
        named["m"], named["d"] = named["d"], named["m"]
    year, month, number = int(named["y"]), int(named["m"]), int(named["d"])
    if len(named["y"]) == 2:
        year += 1900 if year >= _CENTURY_TURNS else 2000
    try:
        found = date(year, month, number)
    except ValueError as error:
        swapped = order == "dmy" and not american and number <= 12 < month <= 31
        mend = (
            'parece escrita mes/día/año: indique [formats] date = "mm/dd/yyyy" en el mapeo'
            if swapped
            else "corrija el día o el mes"
        )
        raise Bad("date_impossible", "esa fecha no existe en el calendario", mend) from error
    if found.year not in _YEARS:
        raise Bad("date_impossible", "el año no es creíble", "corrija el año")
    return found
