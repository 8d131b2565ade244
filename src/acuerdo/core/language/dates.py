"""Dates as people promise them ("el viernes", "el 15", "a fin de mes"): a table of forms, each with what it means."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import NamedTuple

from acuerdo.core.language import calendar
from acuerdo.core.language.numbers import SCALES, UNITS
from acuerdo.core.language.reading import Entity
from acuerdo.core.language.spelling import Folded


class Today(NamedTuple):
    """What a date is read against."""

    day: date
    country: str
    past: bool


Span = date | tuple[date, date] | None
Meaning = Callable[["re.Match[str]", Today], Span]

_WEEKDAY = "(?P<wd>" + "|".join(sorted((w for w in calendar.WEEKDAYS if len(w) > 3), key=len, reverse=True)) + ")"
_ANY_WEEKDAY_NAMES = "|".join(sorted(calendar.WEEKDAYS, key=len, reverse=True))
_ANY_WEEKDAY = rf"(?:{_ANY_WEEKDAY_NAMES})\b\.?"
_MONTH = "(?P<mo>" + "|".join(sorted(calendar.MONTHS, key=len, reverse=True)) + r")\b\.?"
_SPELLED = {word: value for word, value in UNITS.items() if 1 <= value <= 29} | {
    "treinta": 30,
    "primero": 1,
    "primer": 1,
}
_DAY_WORDS = "|".join(sorted(_SPELLED, key=len, reverse=True))
_DAY = rf"(?P<d>(?:0?[1-9]|[12]\d|3[01])(?:ro|ero|°|o)?(?![\d.,:/%]\d|\d|%)|treinta y uno?|{_DAY_WORDS})\b"
_COUNT = rf"(?P<n>\d{{1,3}}|un par de|{_DAY_WORDS})"
_UNIT = r"(?P<unit>dias?|semanas?|mes(?:es)?|anos?)"
_NEXT = r"(?:que viene|q viene|k viene|que entra|entrante|siguiente|proxim[oa]|prox|venidero)"
_SCALE_WORDS = "|".join(
    sorted(
        {w for w in SCALES["CO"] if len(w) > 1} | {"pesos", "soles", "euros", "gambas", "dolares"},
        key=len,
        reverse=True,
    )
)
_NO_AMOUNT = (
    rf"(?!\s*(?:k\b|%|por ?ciento|x ciento|porciento|€|\$|(?:{_SCALE_WORDS})\b|de la (?:tarde|noche"
    r"|manana)|am\b|pm\b|hrs?\b|horas\b|cuot|pagos\b|plazos\b|abonos\b|anos?\b|dias\b|mes(?:es)?\b"
    r"|semanas\b|veces\b|hijos\b))"
)


def _number(text: str) -> int:
    if text[0].isdigit():
        return int(re.sub(r"\D", "", text))
    return {"treinta y un": 31, "treinta y uno": 31, "un par de": 2}.get(text) or _SPELLED[text]


def _weekday(found: re.Match[str], today: Today) -> Span:
    weekday = calendar.WEEKDAYS[found["wd"]]
    if found["this"]:
        return today.day + timedelta(days=weekday - today.day.weekday())
    if found["back"] or (today.past and not found["forth"]):
        return calendar.last_weekday(today.day, weekday)
    if found["week"]:
        return calendar.next_weekday(today.day, 0) + timedelta(days=weekday)
    day = calendar.next_weekday(today.day, weekday)
    return day + timedelta(days=7) if found["eight"] else day


_AGREE = timedelta(days=62)  # beyond, "viernes 15" is a slip in the weekday and not another year


def _weekday_and_day(found: re.Match[str], today: Today) -> Span:
    """ "El viernes 15": the next 15th, or the one after it that is a Friday where that is not far.

    Of what is past the last one, unless only a day to come agrees: "el martes 5, que ya me han consignado".
    """
    short = found["wd"]
    weekday, day = calendar.WEEKDAYS[short], _number(found["d"])
    last = calendar.next_month_day(today.day, day, past=True) if today.past else None
    if last is not None and last.weekday() == weekday:
        return last
    first = candidate = calendar.next_month_day(today.day - timedelta(days=1), day)
    while candidate is not None and candidate - today.day <= _AGREE:
        if candidate.weekday() == weekday:
            return candidate
        candidate = calendar.next_month_day(candidate, day)
    return last or first


def _month_day(found: re.Match[str], today: Today) -> Span:
    day = _number(found["d"])
    if found["nextmonth"]:
        first = calendar.shift(today.day.replace(day=1), 1)
        return min(calendar.last_day(first.year, first.month), first + timedelta(days=day - 1))
    if found["thismonth"]:
        return _safe(today.day.year, today.day.month, day)
    return calendar.next_month_day(today.day, day, today.past)


def _safe(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _full_year(text: str) -> int:
    return int(text) + (2000 if len(text) == 2 else 0)


def _named_month(found: re.Match[str], today: Today) -> Span:
    month, day = calendar.MONTHS[found["mo"]], _number(found["d"])
    if found["y"]:
        return _safe(_full_year(found["y"]), month, day)
    return calendar.day_of_year(today.day, month, day, today.past)


def _slashed(found: re.Match[str], today: Today) -> Span:
    day, month = int(found["d"]), int(found["m"])
    if found["y"]:
        return _safe(_full_year(found["y"]), month, day)
    return calendar.day_of_year(today.day, month, day, today.past)


def _iso(found: re.Match[str], today: Today) -> Span:
    return _safe(int(found["y"]), int(found["m"]), int(found["d"]))


def _after(days: int) -> Meaning:
    return lambda found, today: today.day + timedelta(days=days)


_COUNTED = re.compile(r"(?:mensajes|veces|llamadas|correos|cobradores)\s+$")


def _in_days(found: re.Match[str], today: Today) -> Span:
    """ "En 8 días" is a week and "en 15 días" two, counting today as one of them."""
    days = _number(found["n"])
    if _COUNTED.search(found.string, max(0, found.start() - 20), found.start()):
        return None  # "4 mensajes en 2 días"
    return today.day + timedelta(days={8: 7, 15: 14}.get(days, days))


def _in_working_days(found: re.Match[str], today: Today) -> Span:
    day, left = today.day, _number(found["n"])
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def _in_hours(found: re.Match[str], today: Today) -> Span:
    hours = _number(found["n"])
    return today.day + timedelta(days=hours // 24) if hours >= 24 else None


def _in_weeks(found: re.Match[str], today: Today) -> Span:
    return today.day + timedelta(days=7 * _number(found["n"]))


def _in_months(found: re.Match[str], today: Today) -> Span:
    months = _number(found["n"])
    if months > 36:
        return None
    day = calendar.shift(today.day, months)
    return day + timedelta(days=14) if found["half"] else day


def _ago(found: re.Match[str], today: Today) -> Span:
    number = _number(found["n"]) * (7 if found["unit"].startswith("semana") else 1)
    days = {8: 7, 15: 14}.get(number, number) if found["unit"].startswith("dia") else number
    return today.day - timedelta(days=days)


def _month_of(found: re.Match[str], today: Today) -> tuple[int, int]:
    """The year and month a form like "fin de mes" speaks of."""
    first = today.day.replace(day=1)
    if found["mo"]:
        month = calendar.MONTHS[found["mo"]]
        return today.day.year + (month < today.day.month), month
    if found["nextmonth"]:
        first = calendar.shift(first, 1)
    return first.year, first.month


def _month_end(found: re.Match[str], today: Today) -> Span:
    return calendar.last_day(*_month_of(found, today))


def _month_start(found: re.Match[str], today: Today) -> Span:
    year, month = _month_of(found, today)
    day = date(year, month, 1)
    return day if day > today.day or found["mo"] else calendar.shift(day, 1)


def _month_middle(found: re.Match[str], today: Today) -> Span:
    year, month = _month_of(found, today)
    day = date(year, month, 15)
    return day if day > today.day or found["mo"] else calendar.shift(day, 1)


def _quincena(found: re.Match[str], today: Today) -> Span:
    if not found["which"]:
        return calendar.next_quincena(today.day)
    year, month = _month_of(found, today)
    first = found["which"].startswith("primera")
    day = date(year, month, 15) if first else calendar.last_day(year, month)
    return day if day >= today.day else calendar.shift(day.replace(day=15), 1) if first else day


def _week(found: re.Match[str], today: Today) -> Span:
    monday = calendar.next_weekday(today.day, 0)
    return monday, monday + timedelta(days=6)


def _this_week(found: re.Match[str], today: Today) -> Span:
    sunday = today.day + timedelta(days=6 - today.day.weekday())
    return sunday if sunday == today.day else (today.day, sunday)


def _weekend(found: re.Match[str], today: Today) -> Span:
    saturday = calendar.next_weekday(today.day, 5)
    return saturday, saturday + timedelta(days=1)


def _next_month(found: re.Match[str], today: Today) -> Span:
    first = calendar.shift(today.day.replace(day=1), 1)
    return first, calendar.last_day(first.year, first.month)


def _season(found: re.Match[str], today: Today) -> Span:
    return calendar.season(today.day, found["season"], today.country)


def _next_year(found: re.Match[str], today: Today) -> Span:
    return date(today.day.year + 1, 1, 1), date(today.day.year + 1, 12, 31)


def _in_years(found: re.Match[str], today: Today) -> Span:
    years = _number(found["n"])
    return calendar.shift(today.day, 12 * years) if years <= 5 else None


def _ahead(found: re.Match[str], today: Today) -> Span:
    """ "Los próximos 3 días" begin tomorrow; weeks, months and years with the next of them."""
    number = _number(found["n"] or found["n2"])
    unit = found["unit"] or found["unit2"] or found["unit3"]
    if not 1 <= number <= 60:
        return None
    if unit.startswith("d"):
        return today.day + timedelta(days=1), today.day + timedelta(days=number)
    if unit.startswith("s"):
        monday = calendar.next_weekday(today.day, 0)
        return monday, monday + timedelta(days=7 * number - 1)
    first = calendar.shift(today.day.replace(day=1), 1) if unit.startswith("m") else date(today.day.year + 1, 1, 1)
    return first, calendar.shift(first, number * (1 if unit.startswith("m") else 12)) - timedelta(days=1)


def _year_end(found: re.Match[str], today: Today) -> Span:
    return date(today.day.year, 12, 31)


def _holy_week(found: re.Match[str], today: Today) -> Span:
    sunday = calendar.holy_week_end(today.day)
    if found["rel"] and found["rel"].startswith("antes"):
        return sunday - timedelta(days=8)
    return sunday + timedelta(days=1) if found["rel"] else (sunday - timedelta(days=7), sunday)


def _feast(found: re.Match[str], today: Today) -> Span:
    table = calendar.FEASTS | calendar.LOCAL.get(today.country, {})
    if found["feast"] not in table:
        return None
    day = calendar.day_of_year(today.day, *table[found["feast"]])
    if day is None or not found["rel"]:
        return day
    return day + timedelta(days=-1 if found["rel"].startswith("antes") else 1)


def _last_of_month(found: re.Match[str], today: Today) -> Span:
    return calendar.last_day(*_month_of(found, today))


def _range(found: re.Match[str], today: Today) -> Span:
    first, second = _number(found["a"]), _number(found["b"])
    if not 1 <= first < second <= 31:
        return None
    if found["mo"]:
        month = calendar.MONTHS[found["mo"]]
        start = _safe(int(found["y"]), month, first) if found["y"] else calendar.day_of_year(today.day, month, first)
        end = start and _safe(start.year, month, second)
    else:
        start = calendar.next_month_day(today.day, first)
        end = start and _safe(start.year, start.month, second)
    return (start, end) if start and end else None


class Form(NamedTuple):
    """A way to write a date: words of which the text must hold one, the pattern, its meaning."""

    gate: frozenset[str]
    pattern: re.Pattern[str]
    meaning: Meaning


def _form(gate: str, pattern: str, meaning: Meaning) -> Form:
    return Form(frozenset(gate.split()), re.compile(r"(?<![a-z0-9])(?:" + pattern + r")(?![a-z0-9])"), meaning)


_OF_MONTH = (
    r"(?:\s+(?:de|del)\s+(?:(?P<nextmonth>(?:proximo|otro) mes|mes (?:proximo|que viene|q viene|entrante"
    r"|siguiente|que entra))"
    rf"|(?:este |el |)mes|{_MONTH}))?"
)
_ART = r"(?:(?:el|este|este mismo|del|al|para el|pal|ese|hasta el)\s+)"
# Earlier forms win the ground they stand on; DIGIT stands for any text with a digit, NUMBER for a number it must hold.
FORMS: tuple[Form, ...] = (
    _form("DIGIT", r"(?P<y>20\d\d)[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})", _iso),
    _form("DIGIT", r"(?:el\s+)?(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>20\d\d|\d\d)", _slashed),
    _form(
        "DIGIT", r"(?:el\s+(?:dia\s+)?)?(?!24/7)(?P<d>0?[1-9]|[12]\d|3[01])/(?P<m>0?[1-9]|1[0-2])(?P<y>)(?!/)", _slashed
    ),
    _form("DIGIT", r"^\s*(?P<d>0?[1-9]|[12]\d|3[01])-(?P<m>0?[1-9]|1[0-2])(?P<y>)\s*$", _slashed),
    _form("DIGIT", r"el\s+(?:dia\s+)?(?P<d>0?[1-9]|[12]\d|3[01])-(?P<m>0?[1-9]|1[0-2])(?P<y>)(?!-)", _slashed),
    _form(
        "MONTH",
        rf"(?:(?:entre|del?|desde)\s+)?(?:el\s+)?(?P<a>\d{{1,2}}|(?:{_DAY_WORDS})\b)\s*(?:y|al|hasta|a|-)\s*(?:el\s+)?"
        rf"(?P<b>\d{{1,2}}|{_DAY_WORDS})\s+de\s+{_MONTH}(?:\s+(?:de|del)\s+(?P<y>20\d\d))?",
        _range,
    ),
    _form(
        "entre del desde NUMBER",
        rf"(?:entre el |del |desde el )(?P<a>\d{{1,2}}|{_DAY_WORDS}) (?:y|al|hasta)(?: el)? (?P<b>\d{{1,2}}"
        rf"|{_DAY_WORDS})(?P<mo>)(?P<y>){_NO_AMOUNT}",
        _range,
    ),
    _form(
        "MONTH",
        rf"(?:(?:el|este)\s+)?(?:dia\s+)?(?:{_ANY_WEEKDAY},?\s+(?:el\s+)?)?{_DAY}"
        rf"(?:\s+de(?:l mes de)?)?[\s/-]+{_MONTH}(?:,?\s+(?:de|del)\s+(?P<y>(?:19|20)\d\d))?",
        _named_month,
    ),
    _form("MONTH", rf"(?:el\s+)?{_MONTH}\s+{_DAY}{_NO_AMOUNT}(?:\s+(?:de|del)\s+(?P<y>(?:19|20)\d\d))?", _named_month),
    _form(
        "fin fines final finales finde ultimos",
        rf"(?:(?:para|a|al|en|hasta)\s+)?(?:el\s+|los\s+)?(?:fin|fines|final|finales|finde|ultimos(?: dias)?)"
        rf"\s+(?:de|del)\s+"
        r"(?:(?P<nextmonth>(?:proximo|otro) mes|mes (?:proximo|que viene|entrante|siguiente))|(?:este |el "
        rf"|)mes|{_MONTH})",
        _month_end,
    ),
    _form("fin fines final finales", r"(?:a|para|al)\s+(?:el\s+)?(?:fin|fines|final|finales)\s+de\s+ano", _year_end),
    _form(
        "ultimo ultimos",
        rf"(?:el\s+)?(?:ultimo dia(?=\s+de)|dia ultimo|ultimo(?=\s+del? (?:mes|este)))"
        rf"(?:\s+del?\s+(?:(?P<nextmonth>proximo mes|mes que viene)|(?:este )?mes|{_MONTH}))?",
        _last_of_month,
    ),
    _form(
        "principio principios comienzo comienzos inicio inicios primeros",
        rf"(?:(?:a|para|en)\s+)?(?:principios?|comienzos?|inicios?|(?:los )?primeros(?: dias)?)\s+(?:de|del)\s+"
        rf"(?:(?P<nextmonth>(?:proximo|otro) mes|mes (?:proximo|que viene|entrante|siguiente))|(?:este )?mes|{_MONTH})",
        _month_start,
    ),
    _form(
        "mediados mitad",
        rf"(?:(?:a|para|en)\s+)?(?:mediados|la mitad)\s+(?:de|del)\s+"
        rf"(?:(?P<nextmonth>(?:proximo|otro) mes|mes (?:proximo|que viene|entrante|siguiente))|(?:este )?mes|{_MONTH})",
        _month_middle,
    ),
    _form(
        "finde fin",
        r"(?:(?:para|en|este)\s+)?(?:el\s+|este\s+)?(?:proximo\s+)?(?:fin de semana|finde|fin de)(?:\s+"
        + _NEXT
        + ")?(?! mes)(?! del?\\b)",
        _weekend,
    ),
    _form(
        "quincena kincena quinsena quincenita",
        r"(?<!cada )(?<!por )(?<!todas las )(?:(?:en|para|a|esta|con|hasta)\s+)?(?:(?:la|esta"
        r"|mi)\s+)?(?:proxima\s+|siguiente\s+|(?P<which>primera|segunda)\s+)?"
        rf"(?:quincena|kincena|quinsena|quincenita)(?:\s+{_NEXT})?{_OF_MONTH}",
        _quincena,
    ),
    _form("pasado", r"(?<=manana o )pasado", _after(2)),
    _form("pasado pasao", r"pasado\s*(?:manana|manna|mana)|pasao manana", _after(2)),
    _form("anteayer antier antes antiayer", r"anteayer|antier|antiayer|antes de ayer", _after(-2)),
    _form("ayer aller anoche", r"ayer|aller|anoche", _after(-1)),
    _form(
        "WEEKDAY ABBREVIATED NUMBER",
        rf"(?:(?:el|este|ese|pal|para el)\s+)?(?:dia\s+)?(?P<wd>{_ANY_WEEKDAY_NAMES})\b\.?,?\s+"
        rf"(?:el\s+)?{_DAY}{_NO_AMOUNT}"
        r"(?!\s+(?:o|y|a)\s+\d+\s*(?:mil|k|lucas|%))",
        _weekday_and_day,
    ),
    _form(
        "ABBREVIATED",
        r"(?:el\s+)?(?P<wd>lun|mar|mie|jue|vie|sab|dom)\.(?P<this>)(?P<back>)(?P<eight>)(?P<week>)(?P<forth>)",
        _weekday,
    ),
    _form(
        "WEEKDAY",
        rf"(?:(?:el|este|ese|pal|prox)\s+)?(?:(?:proximo|otro|dia)\s+)?{_WEEKDAY}"
        r"(?:\s+(?:(?P<back>pasado|anterior)|(?P<eight>en ocho|en 8|subsiguiente)|(?P<this>de esta(?: misma)? semana)"
        r"|(?P<week>de la (?:(?:proxima|otra) semana|semana (?:que viene|entrante|siguiente)))"
        rf"|(?P<forth>{_NEXT})))?",
        _weekday,
    ),
    _form(
        "manana maniana mnana manan manna mnn",
        r"(?<!la )(?<!las )(?<!esta )(?<!una )(?:manana|maniana|mnana|manan|manna|mnn)\s+(?:en ocho|en 8)",
        _after(8),
    ),
    _form(
        "manana maniana mnana manan manna mnn",
        r"(?<!la )(?<!las )(?<!esta )(?<!una )(?:manana|maniana|mnana|manan|manna|mnn)(?:\s+mismo)?",
        _after(1),
    ),
    _form("hoy oy", r"(?:el dia de\s+)?(?:hoy|oy)\s+(?:en ocho|en 8)", _after(7)),
    _form("hoy oy", r"(?:el dia de\s+)?(?:hoy|oy)(?:\s+(?:mismo|dia))?", _after(0)),
    _form(
        "habiles laborables abiles NUMBER",
        rf"(?:en|dentro de)\s+{_COUNT}\s+dias\s+(?:habiles|laborables|abiles)",
        _in_working_days,
    ),
    _form(
        "dia dias diitas diaz NUMBER",
        rf"(?:en|dentro de|de aqui a|a)\s+(?:unos\s+)?{_COUNT}\s+(?:dias?|diitas?|diaz)(?:\s+(?:mas))?",
        _in_days,
    ),
    _form("hora horas hrs", r"(?:en|dentro de)\s+(?P<n>24|48|72|96)\s*(?:horas?|hrs?|hs)", _in_hours),
    _form("semana semanas semanita NUMBER", rf"(?:en|dentro de|de aqui a)\s+{_COUNT}\s+seman(?:as?|itas?)", _in_weeks),
    _form(
        "mes meses mesesito NUMBER",
        rf"(?:en|dentro de|de aqui a)\s+{_COUNT}\s+mes(?:es|ecito|ecitos)?(?P<half>\s+y\s+medio)?",
        _in_months,
    ),
    _form("hace ase NUMBER", rf"(?:hace|ase)\s+(?:como\s+)?{_COUNT}\s+(?P<unit>dias?|semanas?)", _ago),
    _form(
        "DAY NUMBER",
        rf"(?:{_ART}(?:dia\s+|proximo\s+)?|(?:el\s+)?dia\s+){_DAY}{_NO_AMOUNT}(?!\s+(?:o|y|a)\s+\d+\s*(?:mil|k"
        r"|lucas|%))"
        r"(?:\s+(?:de|del)\s+(?:(?P<nextmonth>(?:proximo|otro) mes|mes (?:proximo|que viene|entrante|siguiente))"
        r"|(?P<thismonth>este mes|presente(?: mes)?|corriente|mes en curso)|mes))?",
        _month_day,
    ),
    _form(
        "semana semanita",
        rf"(?:(?:en|para)\s+)?(?:la\s+)?(?:(?:proximas?|otra|siguiente|prox)\s+semana|semana\s+{_NEXT})",
        _week,
    ),
    _form("semana", r"(?:(?:en|durante|para)\s+)?(?:esta(?: misma)? semana|el transcurso de la semana)", _this_week),
    _form("mes", rf"(?:(?:en|para)\s+)?(?:el\s+)?(?:(?:proximo|otro|siguiente|prox)\s+mes|mes\s+{_NEXT})", _next_month),
    _form(
        "ano",
        rf"(?:(?:en|para)\s+)?(?:el\s+)?(?:(?:proximo|otro|siguiente|prox)\s+ano|ano\s+{_NEXT})(?!\s+nuevo)",
        _next_year,
    ),
    _form("ano anos NUMBER", rf"(?:en|dentro de|de aqui a)\s+{_COUNT}\s+anos?", _in_years),
    _form(
        "proximo proximos proximas siguientes vienen",
        rf"(?:(?:en|durante|para)\s+)?(?:l[oa]s\s+)?(?:(?:proxim[oa]s?|siguientes)\s+{_COUNT}\s+{_UNIT}"
        rf"|{_COUNT.replace('<n>', '<n2>')}\s+(?:proxim[oa]s\s+{_UNIT.replace('<unit>', '<unit2>')}"
        rf"|{_UNIT.replace('<unit>', '<unit3>')}\s+(?:que vienen|siguientes)))",
        _ahead,
    ),
    _form(
        "verano invierno otono primavera",
        r"(?:este|en|para el|para|el proximo|proximo)\s+(?P<season>verano|invierno|otono|primavera)",
        _season,
    ),
    _form(
        "santa", r"(?:(?P<rel>despues de|antes de|pasando|pasada|tras)\s+)?(?:en\s+)?(?:la\s+)?semana santa", _holy_week
    ),
    _form(
        "navidad navidades nochebuena nochevieja ano reyes patrias muertos trabajo",
        r"(?:(?P<rel>despues de|antes de|pasando|tras|pasado)\s+)?(?:(?:en|para|las|los|el)\s+){0,2}"
        r"(?P<feast>navidad(?:es)?|nochebuena|nochevieja|ano nuevo|reyes|fiestas patrias|dia de muertos|el "
        r"dia del trabajo)",
        _feast,
    ),
)
_BARE = _form("", rf"(?:dia\s+)?{_DAY}{_NO_AMOUNT}(?P<nextmonth>)(?P<thismonth>)", _month_day)
_PAST = re.compile(
        r"\bya\s+(?:\w+\s+){0,3}?(?:pague|page|cancele|deposite|consigne|transferi|abone|gire|hice|ise|pase"
        r"|mande|envie|puse|ingrese|pagamos|cubri|liquide)\b"
        r"|\b(?:hice|ise|hize|transferi|realice|ya se (?:hizo|pago|cancelo|cobro|deposito)|nacid[oa]"
        r"|pagado|pagada|depositado|transferido|pagaron|cancelado"
        r"|consignado|murio|fallecio|fallecido|desde el|pagamos|dijeron|me llamaron|quedo pagado"
        r"|fue el (?:dia|\d|lunes|martes|mier|jueves|viernes|sabado|domingo)\w*"
        r"|abonado|mande el|envie el)\b"
)  # fmt: skip
_PAST_ACCENTED = re.compile(
    r"\b(?:pagué|cancelé|deposité|consigné|aboné|giré|mandé|envié|ingresé|pasé|liquidé|perdí|llamé)\b"
)
_FUTURE = re.compile(
    r"\b(?:voy a|pagare|pago el|le pago|te pago|les pago|cobro|me pagan|recien el|promet\w+|quedo de"
    r"|l[oa]s? (?:pago|liquido|deposito|cancelo|transfiero|abono|cubro))\b"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_DAY_GATE = _set("el dia del al este pal ese")
_WEEKDAY_GATE = frozenset(word for word in calendar.WEEKDAYS if len(word) > 3)
_SHORT_WEEKDAYS = frozenset(word for word in calendar.WEEKDAYS if len(word) == 3)
_MONTH_GATE = frozenset(calendar.MONTHS)


def is_past(folded: str, source: str) -> bool:
    """Whether the message tells of something done, so that its days lie behind."""
    if not source.isascii() and _PAST_ACCENTED.search(source.lower()):
        return True
    return bool(_PAST.search(folded)) and not _FUTURE.search(folded)


def _by_word() -> dict[str, tuple[int, ...]]:
    """The places in FORMS of those that a word opens."""
    gates = {"WEEKDAY": _WEEKDAY_GATE, "ABBREVIATED": _SHORT_WEEKDAYS, "MONTH": _MONTH_GATE, "DAY": _DAY_GATE}
    opens: dict[str, tuple[int, ...]] = {}
    for place, form in enumerate(FORMS):
        for word in frozenset().union(*(gates.get(gate, {gate}) for gate in form.gate)):
            opens[word] = (*opens.get(word, ()), place)
    return opens


_OPENED_BY = _by_word()
_NUMBERED = frozenset(place for place, form in enumerate(FORMS) if "NUMBER" in form.gate)
_NUMBERS = frozenset((*_SPELLED, "treinta", "DIGIT"))


def _entities(form: Form, folded: str, today: Today, taken: list[tuple[int, int]]) -> list[Entity]:
    found: list[Entity] = []
    for match in form.pattern.finditer(folded):
        start, end = match.span()
        if any(start < stop and begin < end for begin, stop in taken):
            continue
        try:
            meant = form.meaning(match, today)
        except (ValueError, OverflowError):
            continue
        if meant is None:
            continue
        day, until = meant if isinstance(meant, tuple) else (meant, None)
        found.append(Entity("date", day.isoformat(), "", start, end, until=until.isoformat() if until else ""))
        taken.append((start, end))
    return found


def find(
    folded: Folded, words: set[str], local: datetime, country: str, taken: list[tuple[int, int]], expected: bool
) -> list[Entity]:
    """The dates in a text, outside what is `taken` (which grows); a bare day number when a date is expected.

    `words`: those of the text, with DIGIT among them where it has a digit; `local`: its moment where the person is.
    """
    opened = {place for word in words for place in _OPENED_BY.get(word, ())}
    if _NUMBERS.isdisjoint(words):
        opened -= _NUMBERED
    if not opened and not expected:
        return []
    today = Today(local.date(), country, is_past(folded.text, folded.source))
    found: list[Entity] = []
    for place in sorted(opened):
        found.extend(_entities(FORMS[place], folded.text, today, taken))
    if expected and not found:
        found.extend(_entities(_BARE, folded.text, today, taken))
    return found
