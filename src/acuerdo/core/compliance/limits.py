"""Caps, spacing, exclusivity and quiet days: whether attempts block a moment, and when they first do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from acuerdo.core.compliance.places import moment, zone_of
from acuerdo.core.compliance.profiles import Limit, Profile
from acuerdo.core.compliance.record import Attempt
from acuerdo.core.messages import Say

# An attempt older than this counts nowhere: no pack counts more than a month, and days end later somewhere else.
LOOKED_BACK = timedelta(days=33)


def recent(attempts: Sequence[Attempt], say: Say, at: datetime) -> list[Attempt]:
    """The attempts that may still count: none that is too old, and none of the message itself."""
    since, key = at - LOOKED_BACK, say.key
    return [one for one in attempts if one.at > since and (one.key != key or not key)]


def counted(limit: Limit, say: Say, profile: Profile, attempts: list[Attempt]) -> list[Attempt]:
    """Those of these attempts that count under `limit` against `say`."""
    return related(limit, say, meant(profile, attempts, limit.replies))


def meant(profile: Profile, attempts: list[Attempt], replies: bool) -> list[Attempt]:
    """Those of purposes that count; `replies`: with true replies."""
    uncounted = profile.unseen if replies else profile.uncounted
    return [one for one in attempts if one.purpose not in uncounted]


def related(limit: Limit, say: Say, made: list[Attempt]) -> list[Attempt]:
    """Those of these attempts that are of the limit's kind, and stand to `say` as it asks."""
    if limit.reached:
        made = [one for one in made if one.reached or one.mode in limit.unreached]
    if limit.modes:
        made = [one for one in made if one.mode in limit.modes]
    if limit.channels:
        made = [one for one in made if one.channel in limit.channels]
    alike = _RELATED.get(limit.relation)
    return [one for one in made if alike(one, say)] if alike and made else made


_Related = Callable[[Attempt, Say], bool]
# An attempt or a message that does not say its account may be about any.
_RELATED: dict[str, _Related] = {
    "account": lambda one, say: not one.account or not say.account or one.account == say.account,
    "channel": lambda one, say: one.channel == say.channel,
    "mode": lambda one, say: one.mode == say.mode,
    "other_channel": lambda one, say: one.channel != say.channel,
}


def lifted(limit: Limit, times: Sequence[datetime], at: datetime, zones: Sequence[tzinfo]) -> datetime | None:
    """None when `limit` allows `at`; else the first moment after `at` at which attempts made then allow one more."""
    if len(times) < limit.most:
        return None
    if limit.period == "span":
        return _span_lift(limit, times, at)
    lifts = [lift for zone in zones if (lift := _local_lift(limit, times, at, zone))]
    return max(lifts, default=None)


def used(limit: Limit, times: Sequence[datetime], at: datetime, zones: Sequence[tzinfo]) -> int:
    """How many of the attempts made then stand in the period of `at`: the most of any zone."""
    if limit.period == "span":
        return sum(1 for made in times if abs(made - at) < limit.span)
    spans = [_period(limit, zone, at.astimezone(zone).date()) for zone in zones]
    return max((sum(1 for made in times if start <= made < end) for start, end in spans), default=0)


Days = tuple[Sequence[datetime], Sequence[tzinfo]]


def everywhere(made: Sequence[Attempt], zones: Sequence[tzinfo]) -> list[Days]:
    """When these attempts were made and in which zones their days are counted: where the person is now, all of them;
    and where they were then, those made there. So a day that was used up in one zone is not had again in another.
    """
    former: dict[tzinfo, list[datetime]] = {}
    for one in made:
        for name in one.zones:
            zone = zone_of(name)
            if zone is not None and zone not in zones:
                former.setdefault(zone, []).append(one.at)
    return [([one.at for one in made], zones), *((times, (zone,)) for zone, times in former.items())]


def _span_lift(limit: Limit, times: Sequence[datetime], at: datetime) -> datetime | None:
    span = limit.span
    first, last = at - span, at + span
    if len([made for made in times if first < made < last]) < limit.most:
        return None
    later = sorted(made for made in times if made > first)
    twice = span + span
    return next(made + span for made in later if len([one for one in times if made < one < made + twice]) < limit.most)


def _local_lift(limit: Limit, times: Sequence[datetime], at: datetime, zone: tzinfo) -> datetime | None:
    today = day = at.astimezone(zone).date()
    while True:
        start, end = _period(limit, zone, day)
        if len([made for made in times if start <= made < end]) < limit.most:
            return None if day == today else moment(zone, day, 0)
        day = _FOLLOWING[limit.period](day)


@lru_cache(maxsize=65536)
def _period(limit: Limit, zone: tzinfo, day: date) -> tuple[datetime, datetime]:
    """The instants between which an attempt counts against a local day."""
    first, after = _PERIODS[limit.period](limit, day)
    return moment(zone, first, 0), moment(zone, after, 0)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_DAY = timedelta(days=1)
_PERIODS: dict[str, Callable[[Limit, date], tuple[date, date]]] = {
    "day": lambda _limit, day: (day, day + _DAY),
    "calendar_week": lambda _limit, day: (_monday(day), _monday(day) + 7 * _DAY),
    "month": lambda _limit, day: (day.replace(day=1), _next_month(day)),
    "dates": lambda limit, day: (day - limit.span + _DAY, day + limit.span),
}
_FOLLOWING: dict[str, Callable[[date], date]] = {
    "day": lambda day: day + _DAY,
    "calendar_week": lambda day: _monday(day) + 7 * _DAY,
    "month": _next_month,
    "dates": lambda day: day + _DAY,
}
