"""Times of day: "a las 3 de la tarde", "15:30", "3pm", "al mediodía", "entre 2 y 4"."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from acuerdo.core.language.numbers import UNITS
from acuerdo.core.language.reading import Entity

_WORDS = {word: value for word, value in UNITS.items() if 1 <= value <= 12}
_HOUR = r"(?:[01]?\d|2[0-3]|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + ")"
_HALF_DAY = (
    r"(?:\s*(?P<half>am|a\.\s?m\.?|pm|p\.\s?m\.?|hrs?\.?|hs\.?|h|horas"
    r"|(?:de|por|en) la (?:manana|tarde|tardecita|noche|madrugada)|del? medio ?dia|de la tarde noche))"
)
_MINUTES = (
    r"(?:(?:[:.]|\s?h\s?)(?P<m>[0-5]\d)|\s+y\s+(?P<part>media|cuarto|pico)|\s+(?P<menos>menos cuarto)"
    r"|\s+(?P<m2>[1-5]\d|treinta|quince)(?=\s*(?:am|pm|de la|$)))?"
)
_MINUTE_WORDS = {"media": 30, "cuarto": 15, "pico": 0, "treinta": 30, "quince": 15}
_GATE = re.compile(r"\d|\blas?\b|\ba la\b|medio ?dia|medianoche|media noche|\bhoras?\b|minutos")
_RANGE = re.compile(
    rf"(?<![a-z0-9])(?:entre|de|desde)\s+(?:las?\s+)?(?P<a>{_HOUR})(?:[:.](?P<ma>[0-5]\d))?\s+(?:y|a"
    rf"|hasta)\s+(?:las?\s+)?(?P<b>{_HOUR})(?:[:.](?P<mb>[0-5]\d))?(?:{_HALF_DAY})?"
    r"(?![\d%a-z])(?!\s*(?:de |mil|cuotas|pagos|dias|meses|semanas|personas|k\b|lucas|soles|pesos|euros"
    r"|plazos|abonos|por))"
)
_AT = re.compile(
    r"(?<![a-z0-9])(?:(?:a|para|sobre|hacia|tipo|desde|hasta|como a|como|tipin)\s+)*(?:las|la"
    rf"|tipo)\s+(?P<h>{_HOUR}){_MINUTES}{_HALF_DAY}?(?![a-z0-9%])(?![.,]\d)"
    r"(?!\s+(?:cuotas?|letras|opcion|opciones|veces|partes|mensualidades|ultimas|primeras|quincenas"
    r"|cuentas|facturas|deudas|llamadas|tarjetas|mil))"
)
_CLOCK = re.compile(r"(?<![\d:.,/-])(?P<h>[01]?\d|2[0-3]):(?P<m>[0-5]\d)(?!\d|:)" + rf"{_HALF_DAY}?")
_MARKED = re.compile(
    rf"(?<![a-z0-9.,:/])(?P<h>{_HOUR}){_MINUTES}\s*(?P<half>am|a\.\s?m\.?|pm|p\.\s?m\.?|hs|hrs|h\b|(?:de"
    r"|por|en) la (?:tarde|noche|madrugada|manana))(?![a-z0-9])"
)
_NOON = re.compile(r"(?:(?:al?|para el|hacia el|a)\s+)?(?P<noon>medio ?dia|medianoche|media noche)\b")
_RELATIVE = re.compile(
    r"(?<![a-z0-9])(?:en|dentro de)\s+(?P<n>\d{1,2}|una?|dos|tres|cuatro|cinco|diez|quince|veinte|treinta|media)\s*"
    r"(?P<unit>horas?|hrs?|h|hs|minutos?|min|minutitos|horitas?)(?:\s+y\s+(?P<plus>media))?(?![a-z0-9])"
)


def _hour(text: str) -> int:
    return int(text) if text.isdigit() else _WORDS[text]


def _placed(hour: int, half: str | None) -> int:
    """The hour on a clock of 24: as said, and an unmarked 1 to 6 is in the afternoon, when offices answer."""
    half = half or ""
    if "manana" in half or half.startswith("a") or "madrugada" in half:
        return 0 if hour == 12 else hour
    if (half.startswith("p") and "manana" not in half) or "tarde" in half or "noche" in half or "medio" in half:
        if hour == 12 and "noche" in half:
            return 0
        return hour + 12 if hour < 12 else hour
    if half.startswith("h"):
        return hour
    return hour + 12 if 1 <= hour <= 6 else hour


def _minutes(found: re.Match[str]) -> int:
    groups = found.groupdict()
    if groups.get("m"):
        return int(groups["m"])
    said = groups.get("part") or groups.get("m2")
    if not said:
        return 0
    return int(said) if said.isdigit() else _MINUTE_WORDS[said]


def _clock(hour: int, minute: int) -> str:
    return f"{hour % 24:02}:{minute:02}"


def _written_24(found: re.Match[str]) -> bool:
    return bool(found.groupdict().get("m")) and found["h"].startswith("0")


def _at(found: re.Match[str]) -> str:
    hour, half = _hour(found["h"]), found["half"] or _said_before(found)
    hour = hour if _written_24(found) and not half else _placed(hour, half)
    if found.groupdict().get("menos"):
        return _clock(hour - 1, 45)
    return _clock(hour, _minutes(found))


_BEFORE = re.compile(r"\b(?:tarde|noche)\W*$")


def _said_before(found: re.Match[str]) -> str:
    """ "Esta tarde a las 7": the half of the day that was named just before the hour."""
    before = _BEFORE.search(found.string, max(0, found.start() - 10), found.start())
    return before[0] if before and "mas" not in found.string[max(0, before.start() - 4) : before.start()] else ""


def _span(found: re.Match[str]) -> tuple[str, str]:
    half = found["half"]
    first, second = _hour(found["a"]), _hour(found["b"])
    end = _placed(second, half)
    start = _placed(first, half)
    if start > end >= first:
        start = first
    return _clock(start, int(found["ma"] or 0)), _clock(end, int(found["mb"] or 0))


def _relative(found: re.Match[str], at: datetime) -> str:
    minutes = found["unit"].startswith("m")
    said = found["n"]
    number = 0.5 if said == "media" else int(said) if said.isdigit() else {"treinta": 30}.get(said) or UNITS[said]
    if found["plus"]:
        number += 0.5
    if not minutes and number >= 24:
        return ""
    moment = at + timedelta(minutes=number) if minutes else at + timedelta(hours=number)
    return moment.strftime("%H:%M")


def find(folded: str, at: datetime, taken: list[tuple[int, int]], expected: bool) -> list[Entity]:
    """The times in a folded text, `at` being the local moment of the message; `taken` grows by what is found."""
    if not _GATE.search(folded):
        return []
    found: list[Entity] = []

    def keep(match: re.Match[str], value: str, until: str = "") -> None:
        start, end = match.span()
        if value and not any(start < stop and begin < end for begin, stop in taken):
            taken.append((start, end))
            found.append(Entity("time", value, "", start, end, until=until))

    for match in _RANGE.finditer(folded):
        sure = match["half"] or match["ma"] or " las " in match[0] or _calling(folded)
        if sure:
            keep(match, *_span(match))
    for pattern in (_AT, _CLOCK, _MARKED):
        for match in pattern.finditer(folded):
            numbered = (
                pattern is _AT and folded[: match.start()].endswith("en ") and not match["half"]
            )  # "voy en la 12"
            if (_hour(match["h"]) or match.groupdict().get("m")) and not numbered:
                keep(match, _at(match))
    for match in _NOON.finditer(folded):
        keep(match, "12:00" if "dia" in match["noon"] else "00:00")
    for match in _RELATIVE.finditer(folded):
        keep(match, _relative(match, at))
    if expected and not found:
        for match in re.finditer(rf"^\W*(?P<h>{_HOUR}){_MINUTES}{_HALF_DAY}?\W*$", folded):
            keep(match, _at(match))
    return found


def _calling(folded: str) -> bool:
    return (
        re.search(r"llam|escri|contact|marqu|busc|hora|tarde|disponible|libre|atiend|trabajo|ocupad", folded)
        is not None
    )
