"""The days a debtor means: next weekdays and days of the month, month ends, quincenas, movable feasts."""

from __future__ import annotations

from datetime import date, timedelta

WEEKDAYS: dict[str, int] = {
    "lunes": 0, "lune": 0, "martes": 1, "marte": 1, "miercoles": 2, "miercole": 2, "mierkoles": 2, "miercols": 2,
    "jueves": 3, "juebes": 3, "jueve": 3, "juevez": 3, "viernes": 4, "biernes": 4, "vierne": 4, "viernez": 4,
    "sabado": 5, "savado": 5, "sabdo": 5, "domingo": 6, "lun": 0, "mar": 1, "mie": 2, "jue": 3, "vie": 4, "sab": 5,
    "dom": 6,
}  # fmt: skip
MONTHS: dict[str, int] = {
    "enero": 1, "ene": 1, "febrero": 2, "feb": 2, "febrer": 2, "marzo": 3, "mar": 3, "marso": 3, "abril": 4, "abr": 4,
    "avril": 4, "mayo": 5, "may": 5, "junio": 6, "jun": 6, "julio": 7, "jul": 7, "agosto": 8, "ago": 8,
    "septiembre": 9, "setiembre": 9, "sep": 9, "set": 9, "sept": 9, "septienbre": 9, "octubre": 10, "oct": 10,
    "noviembre": 11, "nov": 11, "novienbre": 11, "diciembre": 12, "dic": 12, "disiembre": 12,
    "diciembr": 12, "dicienbre": 12,
}  # fmt: skip
# Feasts people date their payments by: month and day; in `LOCAL` the country's own.
FEASTS: dict[str, tuple[int, int]] = {
    "navidad": (12, 25), "navidades": (12, 25), "nochebuena": (12, 24), "nochevieja": (12, 31),
    "ano nuevo": (1, 1), "reyes": (1, 6), "el dia del trabajo": (5, 1),
}  # fmt: skip
LOCAL: dict[str, dict[str, tuple[int, int]]] = {
    "CL": {"fiestas patrias": (9, 18), "el 18 chico": (9, 18)},
    "PE": {"fiestas patrias": (7, 28)},
    "MX": {"fiestas patrias": (9, 16), "dia de muertos": (11, 2)},
}

# A season where there are four of them: its first day and its last, north of the equator, and the one south of it.
SEASONS: dict[str, tuple[tuple[int, int], tuple[int, int]]] = {
    "primavera": ((3, 21), (6, 20)), "verano": ((6, 21), (9, 23)), "otono": ((9, 24), (12, 20)),
    "invierno": ((12, 21), (3, 20)),
}  # fmt: skip
_OPPOSITE = {"primavera": "otono", "verano": "invierno", "otono": "primavera", "invierno": "verano"}
_NORTH, _SOUTH = frozenset({"ES", "MX"}), frozenset({"CL", "AR"})


def season(today: date, name: str, country: str) -> tuple[date, date] | None:
    """The season of that name that goes on today or comes next; None where the year has no four seasons."""
    if country not in _NORTH | _SOUTH:
        return None
    first, last = SEASONS[name if country in _NORTH else _OPPOSITE[name]]
    for year in (today.year - 1, today.year, today.year + 1):
        end = date(year + (last < first), *last)
        if end >= today:
            return date(year, *first), end
    return None


def last_day(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)


def shift(day: date, months: int) -> date:
    """The same day so many months on, or the month's last day where it is too short."""
    index = day.year * 12 + day.month - 1 + months
    end = last_day(index // 12, index % 12 + 1)
    return end if day.day > end.day else end.replace(day=day.day)


def next_weekday(today: date, weekday: int) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def last_weekday(today: date, weekday: int) -> date:
    """The last such weekday before today."""
    return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)


def next_month_day(today: date, day: int, past: bool = False) -> date | None:
    """The next (or last) month's day with that number, skipping months too short for it; None if there is none."""
    for months in range(13):
        first = shift(today.replace(day=1), -months if past else months)
        if day > last_day(first.year, first.month).day:
            continue
        found = first.replace(day=day)
        if found < today if past else found > today:
            return found
    return None


def day_of_year(today: date, month: int, day: int, past: bool = False) -> date | None:
    """The next (or last) time that day of that month comes, today included; None if it never does."""
    for years in range(5):
        year = today.year + (-years if past else years)
        if not 1 <= day <= last_day(year, month).day:
            continue
        found = date(year, month, day)
        if found <= today if past else found >= today:
            return found
    return None


def next_quincena(today: date) -> date:
    """The next 15th or last day of a month, after today."""
    if today.day < 15:
        return today.replace(day=15)
    end = last_day(today.year, today.month)
    return end if today < end else shift(today.replace(day=1), 1).replace(day=15)


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (the anonymous algorithm, Meeus 1991)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return date(year, month, (h - m + r + month + 19) % 32)


def holy_week_end(today: date) -> date:
    """The first Easter Sunday from today on."""
    this = easter(today.year)
    return this if this >= today else easter(today.year + 1)
