"""Closed days: the public holidays of a place, its municipal ones, and days counted from Easter."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache

import holidays as calendars
import msgspec

from acuerdo.core.compliance.kinds import HolidayRule
from acuerdo.core.compliance.wording import plain
from acuerdo.core.words import Layer


class Days(msgspec.Struct, frozen=True):
    """Days as packs write them: single dates, days of every year (month, day), and days after Easter Sunday."""

    dates: frozenset[date] = frozenset()
    yearly: frozenset[tuple[int, int]] = frozenset()
    easter: frozenset[int] = frozenset()

    def hold(self, day: date) -> bool:
        """Whether `day` is one of them."""
        return (
            day in self.dates
            or (day.month, day.day) in self.yearly
            or (bool(self.easter) and (day - easter(day.year)).days in self.easter)
        )


class ClosedDays(msgspec.Struct, frozen=True, eq=False):
    """One holiday rule, ready to say whether it closes a day."""

    rule: str
    layer: Layer
    calendar: bool
    everywhere: Days
    municipal: tuple[tuple[str, Days], ...]

    def hold(self, country: str, subdivision: str, day: date) -> bool:
        """Whether the rule closes `day` in this place."""
        if self.calendar and day in public_holidays(country, subdivision, day.year):
            return True
        if self.everywhere.hold(day):
            return True
        return any(days.hold(day) for place, days in self.municipal if lies_in(subdivision, place))


def closed_days(rule: HolidayRule) -> ClosedDays:
    """The rule made ready."""
    municipal = tuple((place, _days(days)) for place, days in rule.municipal.items())
    return ClosedDays(rule.id, rule.layer, rule.calendar, _days((*rule.days, *rule.easter)), municipal)


def _days(written: Iterable[object]) -> Days:
    all_days = tuple(written)
    return Days(
        frozenset(day for day in all_days if isinstance(day, date)),
        frozenset((int(day[:2]), int(day[3:])) for day in all_days if isinstance(day, str)),
        frozenset(day for day in all_days if isinstance(day, int)),
    )


@lru_cache(maxsize=4096)
def lies_in(subdivision: str, place: str) -> bool:
    """Whether a person's place ("SUB/Town", either part may be missing) is in a rule's ("SUB" or "SUB/Town")."""
    sub, _, town = subdivision.partition("/")
    of_sub, _, of_town = place.partition("/")
    if of_town:
        return plain(town) == plain(of_town) and (not sub or not of_sub or sub == of_sub)
    return bool(sub) and sub == of_sub


@lru_cache(maxsize=512)
def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous algorithm of 1876)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, 1) + timedelta(days=day)


@lru_cache(maxsize=1024)
def known_subdivision(country: str, subdivision: str) -> bool:
    """Whether the calendar knows the subdivision; True where the country's calendar has none to tell apart."""
    try:
        return (
            not subdivision or not (codes := calendars.country_holidays(country).subdivisions) or subdivision in codes
        )
    except NotImplementedError:
        return True


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays of a year; the national ones where the subdivision is unknown, none where the country is."""
    region = subdivision.partition("/")[0]
    try:
        return frozenset(calendars.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError:
        return public_holidays(country, "", year) if region else frozenset()
