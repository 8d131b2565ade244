"""Where and when a person is: their possible zones, local days, public holidays, and the next moment a window opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as calendars
import msgspec

from acuerdo.core.compliance.rules import Profile
from acuerdo.core.words import Window

# Zones of each country with a pack, one per clock: what is lawful in all is lawful wherever the person is.
ZONES_OF: dict[str, tuple[str, ...]] = {
    "CO": ("America/Bogota",),
    "MX": ("America/Mexico_City", "America/Cancun", "America/Hermosillo", "America/Tijuana", "America/Ciudad_Juarez"),
    "CL": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "PE": ("America/Lima",),
    "AR": ("America/Argentina/Buenos_Aires",),
    "ES": ("Europe/Madrid", "Atlantic/Canary"),
}
HORIZON_DAYS = 60


class Place(msgspec.Struct, frozen=True, eq=False):
    """A person's country, subdivision and possible clocks; `assumed` are codes of REASONS for what was guessed."""

    country: str
    subdivision: str
    zones: tuple[tzinfo, ...]
    assumed: tuple[str, ...]


@lru_cache(maxsize=4096)
def place(country: str, subdivision: str, zones: tuple[str, ...]) -> Place:
    """The place these words name. `zones` is empty when neither the person's nor the country's zones are known."""
    known = tuple(zone for zone in map(_zone, dict.fromkeys(zones)) if zone)
    certain = bool(zones) and len(known) == len(set(zones))
    if not certain:
        of_country = (zone for zone in map(_zone, ZONES_OF.get(country, ())) if zone)
        known = tuple(dict.fromkeys((*known, *of_country)))
    lost = bool(subdivision) and not _knows(country, subdivision.partition("/")[0])
    assumed = ("zone_assumed",) * (not certain) + ("subdivision_unknown",) * lost
    return Place(country, subdivision, known, assumed)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, below; odd names raise these two
        return None
    except KeyError:
        return None


@lru_cache(maxsize=1024)
def _knows(country: str, subdivision: str) -> bool:
    try:
        calendars.country_holidays(country, subdiv=subdivision)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=4096)
def public_holidays(country: str, subdivision: str, year: int) -> frozenset[date]:
    """Public holidays of a year; the national ones where the subdivision is unknown, none where the country is."""
    region = subdivision.partition("/")[0]
    try:
        return frozenset(calendars.country_holidays(country, subdiv=region or None, years=year))
    except NotImplementedError:
        return public_holidays(country, "", year) if region else frozenset()


def is_holiday(profile: Profile, country: str, subdivision: str, day: date) -> bool:
    """Whether the profile bans `day` as a public or municipal holiday."""
    if not profile.holidays:
        return False
    return day in public_holidays(country, subdivision, day.year) or (subdivision, day) in profile.municipal


@lru_cache(maxsize=65536)
def spans_on(profile: Profile, country: str, subdivision: str, day: date) -> tuple[Window, ...]:
    """The spans of local minutes in which one may speak on `day`, the safety margin already cut off."""
    return () if is_holiday(profile, country, subdivision, day) else profile.week[day.weekday()]


def moment(zone: tzinfo, day: date, minute: int) -> datetime:
    """The UTC instant of a minute (0..1439) of a local day; one that a clock change skips: the change's."""
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).astimezone(UTC)


def minute_of(local: datetime) -> int:
    """The minute of the local day."""
    return local.hour * 60 + local.minute


def closing(profile: Profile, where: Place, zone: tzinfo, at: datetime) -> datetime | None:
    """The UTC end (margin cut off) of the window of `zone` that holds `at`; None when none does."""
    local = at.astimezone(zone)
    minute = minute_of(local)
    day = local.date()
    for span in spans_on(profile, where.country, where.subdivision, day):
        if span.start <= minute < span.end:
            return moment(zone, day, span.end)
    return None


def deadline(profile: Profile, where: Place, at: datetime) -> datetime | None:
    """The first UTC end of the windows that hold `at` in every zone; None when one of them is closed."""
    first: datetime | None = None
    for zone in where.zones:
        end = closing(profile, where, zone, at)
        if end is None:
            return None
        first = end if first is None or end < first else first
    return first


def opening(profile: Profile, where: Place, zone: tzinfo, at: datetime) -> datetime | None:
    """The first UTC instant after `at` when a window opens in `zone`; None when none does within the horizon."""
    today = at.astimezone(zone).date()
    for ahead in range(HORIZON_DAYS + 2):
        day = today + timedelta(days=ahead)
        for span in spans_on(profile, where.country, where.subdivision, day):
            start = moment(zone, day, span.start)
            if start > at:
                return start
    return None
