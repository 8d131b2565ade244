"""The hours of a creditor's desk, as its texts say them, where the law and the holidays leave them open."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache, reduce
from zoneinfo import ZoneInfo

from acuerdo.core.compliance.hours import both
from acuerdo.core.compliance.places import is_closed, place, public_holidays
from acuerdo.core.compliance.profiles import profile
from acuerdo.core.dialogue.booking import FURTHEST
from acuerdo.core.dialogue.view import DeskView, Hours
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError, Window
from acuerdo.service.law import load_rules

DAYS = ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo")
_PLAIN = str.maketrans("áéíóú", "aeiou")
_DAY = "|".join(name.translate(_PLAIN).rstrip("s") for name in DAYS)
_RANGE = re.compile(rf"({_DAY})s? (?:a|al|hasta) (?:el )?({_DAY})s?")
_ONE = re.compile(rf"({_DAY})s?\b")
_HOURS = re.compile(
    r"(\d{1,2})(?:[:.h](\d\d))?\s*(?:h|hs|hrs|horas)?\.?\s*(?:a|-|hasta)\s*(?:las )?(\d{1,2})(?:[:.h](\d\d))?"
)
Windows = tuple[Window, ...]
Week = tuple[Windows, ...]


class BadHours(AcuerdoError):
    """The desk's hours cannot be read; write "de lunes a viernes, de 8:00 a 18:00; sábados de 9:00 a 13:00"."""


@lru_cache(maxsize=512)
def hours_of(text: str) -> Week:
    """The open minutes of each day, Monday first. Raises BadHours."""
    week: list[list[Window]] = [[] for _ in DAYS]
    days: list[int] = []
    timed = True  # whether the days named last have had their hours
    plain = text.lower().translate(_PLAIN)
    for part in re.split(r"[;,]|\by\b(?=\s*(?:los |el )?(?:" + _DAY + "))", plain):
        if found := _days(part):
            days, timed = (found, False) if timed else ([*days, *found], False)
        for one in _HOURS.finditer(part):
            span = _span(one)
            if span is None or not days:
                raise BadHours(BadHours.__doc__)
            timed = True
            for day in days:
                week[day].append(span)
    if not any(week):
        raise BadHours(BadHours.__doc__)
    return tuple(tuple(sorted(windows, key=lambda one: one.start)) for windows in week)


def _days(part: str) -> list[int]:
    names = [name.translate(_PLAIN).rstrip("s") for name in DAYS]
    if "todos los dias" in part or "24/7" in part:
        return list(range(7))
    if (match := _RANGE.search(part)) is not None:
        first, last = names.index(match[1]), names.index(match[2])
        return [day % 7 for day in range(first, last + 1 if last >= first else last + 8)]
    return [names.index(one) for one in _ONE.findall(part)]


def _span(match: re.Match[str]) -> Window | None:
    h1, m1, h2, m2 = (int(part or 0) for part in match.groups())
    first, end = h1 * 60 + m1, h2 * 60 + m2
    return Window(first, end) if first < end <= 1440 and m1 < 60 and m2 < 60 else None


def desk_of(
    country: str, subdivision: str, zones: tuple[str, ...], ownership: str, hours: str, today: date,
    full: Iterable[datetime] = (),
) -> DeskView | None:  # fmt: skip
    """When a person of ours may write to somebody of that place.

    None where the desk's hours cannot be read. Raises PackError where no pack may be trusted.
    """
    try:
        week = hours_of(hours)
    except BadHours:
        return None
    return DeskView(_open_in(country, subdivision, zones, ownership, week, today), tuple(full))


@lru_cache(maxsize=4096)
def _open_in(country: str, subdivision: str, zones: tuple[str, ...], ownership: str, week: Week, today: date) -> Hours:
    where = place(country, subdivision, zones)
    code = load_rules(today).for_place(where.country, where.subdivision, where.pack, where.doubtful)
    bounds = profile(code, "text", "web", "collection", ownership, "agent")
    here = ZoneInfo(zones[0] if zones else CAPITAL_ZONE[country])
    desk = _ahead(here, CAPITAL_ZONE[country], today)
    clocks = {_ahead(here, str(zone), today) for zone in where.zones}
    opens = (
        _common([_shift(week[day], -desk), *(_shift(bounds.week[day], -ahead) for ahead in clocks)]) for day in range(7)
    )
    days = [today + timedelta(days=ahead) for ahead in range(FURTHEST + 1)]
    closed = (
        day for day in days
        if day in public_holidays(country, subdivision, day.year) or is_closed(bounds, country, subdivision, day)
    )  # fmt: skip
    return Hours(tuple(opens), tuple(closed))


def _ahead(here: ZoneInfo, other: str, today: date) -> int:
    """By how many minutes the other zone's clock is ahead of this one's, today at noon."""
    noon = datetime(today.year, today.month, today.day, 12, tzinfo=here)
    there = noon.astimezone(ZoneInfo(other)).utcoffset() or timedelta()
    return int((there - (noon.utcoffset() or timedelta())).total_seconds() // 60)


def _shift(windows: Windows, minutes: int) -> Windows:
    """The windows by another clock, cut at the day's ends."""
    moved = (Window(max(0, w.start + minutes), min(1440, w.end + minutes)) for w in windows)
    return tuple(w for w in moved if w.start < w.end)


def _common(all_windows: list[Windows]) -> Windows:
    """The minutes that all of them hold."""
    return reduce(both, all_windows)
