"""Where and when a person is: their possible zones, local days, and the next moment a window opens."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.compliance.days import known_subdivision, lies_in, public_holidays
from acuerdo.core.compliance.profiles import Profile
from acuerdo.core.words import DAY, Window

__all__ = ["ZONES_OF", "Place", "place", "public_holidays"]

# Zones of each country with a pack, one per clock: what is lawful in all is lawful wherever the person is.
ZONES_OF: dict[str, tuple[str, ...]] = {
    "CO": ("America/Bogota",),
    "MX": ("America/Mexico_City", "America/Cancun", "America/Hermosillo", "America/Tijuana", "America/Ciudad_Juarez"),
    "CL": ("America/Santiago", "America/Punta_Arenas", "Pacific/Easter"),
    "PE": ("America/Lima",),
    "AR": ("America/Argentina/Buenos_Aires",),
    "ES": ("Europe/Madrid", "Atlantic/Canary"),
    "EC": ("America/Guayaquil", "Pacific/Galapagos"),
    "BR": ("America/Sao_Paulo", "America/Manaus", "America/Rio_Branco", "America/Noronha"),
    "US": (
        "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
        "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico",
    ),
    "GB": ("Europe/London",),
}  # fmt: skip


def _each(codes: str, *zones: str) -> dict[str, tuple[str, ...]]:
    return dict.fromkeys(codes.split(), zones)


# Parts of a country whose clock is known; a part with several clocks names them all. What is not here may be any.
ZONES_WITHIN: dict[str, dict[str, tuple[str, ...]]] = {
    "CL": {
        "MA": ("America/Punta_Arenas",), "AI": ("America/Coyhaique",), "VS/Isla de Pascua": ("Pacific/Easter",),
        "VS/Rapa Nui": ("Pacific/Easter",),
        **_each("AN AP AR AT BI CO LI LL LR ML NB RM TA", "America/Santiago"),
    },
    "ES": {
        "CN": ("Atlantic/Canary",),
        **_each("AN AR AS CB CE CL CM CT EX GA IB MC MD ML NC PV RI VC", "Europe/Madrid"),
    },
    "MX": {
        "BCN": ("America/Tijuana",), "SON": ("America/Hermosillo",), "ROO": ("America/Cancun",),
        **_each("BCS SIN", "America/Mazatlan"),
        **_each("AGU CAM CHP CMX COL DUR GRO GUA HID JAL MEX", "America/Mexico_City"),
        **_each("MIC MOR OAX PUE QUE SLP TAB TLA VER YUC ZAC", "America/Mexico_City"),
    },
    "EC": {"W": ("Pacific/Galapagos",)},
    "BR": {
        **_each("AL AP BA CE DF ES GO MA MG PA PB PI PR RJ RN RS SC SE SP TO", "America/Sao_Paulo"),
        **_each("MS MT RO RR", "America/Manaus"),
        "AM": ("America/Manaus", "America/Rio_Branco"), "AC": ("America/Rio_Branco",),
        "PE": ("America/Sao_Paulo", "America/Noronha"),
    },
    "US": {
        **_each("CT DC DE GA MA MD ME NC NH NJ NY OH PA RI SC VA VT WV", "America/New_York"),
        **_each("AL AR IA IL LA MN MO MS OK WI", "America/Chicago"),
        **_each("CO MT NM UT WY", "America/Denver"),
        **_each("CA NV WA", "America/Los_Angeles"),
        "HI": ("Pacific/Honolulu",), "PR": ("America/Puerto_Rico",), "AK": ("America/Anchorage", "America/Adak"),
        "AZ": ("America/Phoenix", "America/Denver"), "GU": ("Pacific/Guam",),
    },
}  # fmt: skip
HORIZON_DAYS = 60


class Place(msgspec.Struct, frozen=True, eq=False):
    """A person's country, subdivision and possible clocks; `assumed` are codes of REASONS for what was guessed.

    `doubtful`: what was said of the place contradicts itself, so that the strict default stands beside the country's.
    """

    country: str
    subdivision: str
    pack: str
    zones: tuple[tzinfo, ...]
    assumed: tuple[str, ...]
    doubtful: bool


@lru_cache(maxsize=8192)
def place(country: str, subdivision: str, zones: tuple[str, ...], pack: str = "") -> Place:
    """The place these words name: `country` may be a jurisdiction like US-NYC or BR-SP.

    Its zones are those stated, else those of the address, else the country's; none when nothing tells.
    """
    country, subdivision, clash = _jurisdiction(country, subdivision)
    stated = tuple(zone for zone in map(zone_of, dict.fromkeys(zones)) if zone)
    lost = len(stated) != len(set(zones))
    certain = bool(zones) and not lost
    known = stated if certain else tuple(dict.fromkeys((*stated, *_of_address(country, subdivision))))
    strange = clash or not known_subdivision(country, subdivision.partition("/")[0])
    assumed = ("zone_assumed",) * (not certain) + ("subdivision_unknown",) * strange
    return Place(country, subdivision, pack, known, assumed, lost or strange)


# Jurisdictions that are towns, by the name that the packs give them.
TOWNS = {"US-NYC": "NY/New York"}


def _jurisdiction(country: str, subdivision: str) -> tuple[str, str, bool]:
    """The country and the place in it that a jurisdiction and a subdivision name, and whether they contradict."""
    whole = country.strip().upper()
    base, _, part = whole.partition("-")
    said = subdivision.strip().removeprefix(f"{base}-")
    named = TOWNS.get(whole, part)
    sub, town = named.partition("/")[::2]
    said_sub, said_town = said.partition("/")[::2]
    clash = bool(sub and said_sub and sub != said_sub)
    town = town or said_town
    return base, f"{sub or said_sub}/{town}" if town else sub or said_sub, clash


def _of_address(country: str, subdivision: str) -> tuple[ZoneInfo, ...]:
    within = ZONES_WITHIN.get(country, {})
    towns = [zones for where, zones in within.items() if "/" in where and lies_in(subdivision, where)]
    parts = [zones for where, zones in within.items() if "/" not in where and lies_in(subdivision, where)]
    named = next(iter((*towns, *parts)), ZONES_OF.get(country, ()))
    return tuple(zone for zone in map(zone_of, named) if zone)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo | None:
    """The IANA zone of that name; None when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError, below; odd names raise these two
        return None
    except KeyError:
        return None


def is_closed(profile: Profile, country: str, subdivision: str, day: date) -> bool:
    """Whether the profile bans `day` as a public or municipal holiday."""
    return any(closed.hold(country, subdivision, day) for closed in profile.closed)


@lru_cache(maxsize=65536)
def spans_on(profile: Profile, country: str, subdivision: str, day: date) -> tuple[Window, ...]:
    """The spans of local minutes in which one may speak on `day`, the safety margin already cut off."""
    return () if is_closed(profile, country, subdivision, day) else profile.week[day.weekday()]


class Span(NamedTuple):
    """One span of a local day in which one may speak: its minutes, and the UTC instants of its two ends."""

    first: int
    end: int
    opens: datetime
    closes: datetime


@lru_cache(maxsize=65536)
def _spans_at(profile: Profile, where: Place, zone: tzinfo, day: date) -> tuple[Span, ...]:
    spans = spans_on(profile, where.country, where.subdivision, day)
    return tuple(Span(w.start, w.end, moment(zone, day, w.start), moment(zone, day, w.end)) for w in spans)


@lru_cache(maxsize=65536)
def moment(zone: tzinfo, day: date, minute: int) -> datetime:
    """The UTC instant of a minute (0..1440) of a local day; one that a clock change skips: the change's."""
    day, minute = (day + timedelta(days=1), 0) if minute == 1440 else (day, minute)
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=zone).astimezone(UTC)


def minute_of(local: datetime) -> int:
    """The minute of the local day."""
    return local.hour * 60 + local.minute


def closing(profile: Profile, where: Place, zone: tzinfo, at: datetime) -> datetime | None:
    """The UTC end (margin cut off) of the window of `zone` that holds `at`; None when none does."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    for first, end, _, closes in _spans_at(profile, where, zone, local.date()):
        if first <= minute < end:
            return closes
    return None


def opening(profile: Profile, where: Place, zone: tzinfo, at: datetime) -> datetime | None:
    """The first UTC instant after `at` when a window opens in `zone`; None when none does within the horizon."""
    day = at.astimezone(zone).date()
    for _ in range(HORIZON_DAYS + 2):
        for span in _spans_at(profile, where, zone, day):
            if span.opens > at:
                return span.opens
        day += DAY
    return None
