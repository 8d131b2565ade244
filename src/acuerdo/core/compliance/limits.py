"""Caps, spacing, exclusivity and quiet days: whether attempts block a moment, and when they first do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from acuerdo.core.compliance.places import moment, zone_of
from acuerdo.core.compliance.profiles import Limit, Profile
from acuerdo.core.compliance.record import Attempt
from acuerdo.core.messages import Say

# An attempt older than this counts nowhere: no pack counts more than a month, and days end later somewhere else.
LOOKED_BACK = timedelta(days=33)


def counted(limit: Limit, say: Say, profile: Profile, attempts: Sequence[Attempt]) -> list[Attempt]:
    """The attempts that count under `limit` against `say`."""
    uncounted, modes, channels = profile.uncounted, limit.modes, limit.channels
    related = _RELATED[limit.relation]
    return [
        a
        for a in attempts
        if (a.reached or not limit.reached)
        and (not modes or a.mode in modes)
        and (not channels or a.channel in channels)
        and (a.purpose not in uncounted or (limit.replies and a.purpose == "reply"))
        and related(a, say)
        and (a.key != say.key or not a.key)
    ]


_Related = Callable[[Attempt, Say], bool]
# An attempt or a message that does not say its account may be about any.
_RELATED: dict[str, _Related] = {
    "any": lambda _a, _say: True,
    "account": lambda a, say: not a.account or not say.account or a.account == say.account,
    "channel": lambda a, say: a.channel == say.channel,
    "mode": lambda a, say: a.mode == say.mode,
    "other_channel": lambda a, say: a.channel != say.channel,
}


def lifted(limit: Limit, made: Sequence[Attempt], at: datetime, zones: Sequence[tzinfo]) -> datetime | None:
    """None when `limit` allows `at`; else the first moment after `at` at which these attempts alone allow one more."""
    if len(made) < limit.most:
        return None
    times = [one.at for one in made]
    if limit.period == "span":
        return _span_lift(limit, times, at)
    lifts = [lift for zone in _everywhere(made, zones) if (lift := _local_lift(limit, times, at, zone))]
    return max(lifts, default=None)


def _everywhere(made: Sequence[Attempt], zones: Sequence[tzinfo]) -> Sequence[tzinfo]:
    """Where the person is and was: a day that was used up in one zone is not had again in another."""
    former = dict.fromkeys(name for one in made for name in one.zones)
    if not former:
        return zones
    return tuple(dict.fromkeys((*zones, *(zone for zone in map(zone_of, former) if zone))))


def used(limit: Limit, made: Sequence[Attempt], at: datetime, zones: Sequence[tzinfo]) -> int:
    """How many of these attempts stand in the period of `at`: the most of any zone."""
    if limit.period == "span":
        return sum(1 for one in made if abs(one.at - at) < limit.span)
    same = _SAME[limit.period]
    counts = []
    for zone in _everywhere(made, zones):
        today = at.astimezone(zone).date()
        counts.append(sum(1 for one in made if same(limit, one.at.astimezone(zone).date(), today)))
    return max(counts, default=0)


def _span_lift(limit: Limit, times: Sequence[datetime], at: datetime) -> datetime | None:
    span = limit.span
    near = sum(1 for made in times if abs(made - at) < span)
    if near < limit.most:
        return None
    ends = sorted(made + span for made in times if made + span > at)
    return next(end for end in ends if sum(1 for made in times if abs(made - end) < span) < limit.most)


def _local_lift(limit: Limit, times: Sequence[datetime], at: datetime, zone: tzinfo) -> datetime | None:
    today = at.astimezone(zone).date()
    days = [made.astimezone(zone).date() for made in times]
    same, following = _SAME[limit.period], _FOLLOWING[limit.period]
    day = today
    while sum(1 for made in days if same(limit, made, day)) >= limit.most:
        day = following(limit, days, day)
    return None if day == today else moment(zone, day, 0)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


_SAME: dict[str, Callable[[Limit, date, date], bool]] = {
    "day": lambda _limit, made, day: made == day,
    "calendar_week": lambda _limit, made, day: _monday(made) == _monday(day),
    "month": lambda _limit, made, day: (made.year, made.month) == (day.year, day.month),
    "dates": lambda limit, made, day: abs(made - day) < limit.span,
}
_FOLLOWING: dict[str, Callable[[Limit, Sequence[date], date], date]] = {
    "day": lambda _limit, _days, day: day + timedelta(days=1),
    "calendar_week": lambda _limit, _days, day: _monday(day) + timedelta(days=7),
    "month": lambda _limit, _days, day: _next_month(day),
    "dates": lambda limit, days, day: min(made + limit.span for made in days if made + limit.span > day),
}
