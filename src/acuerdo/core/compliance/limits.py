"""Caps, spacing, exclusivity and quiet days: whether attempts block a moment, and when they first do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo

from acuerdo.core.compliance.places import moment
from acuerdo.core.compliance.record import Attempt
from acuerdo.core.compliance.rules import Limit, Profile
from acuerdo.core.messages import Say


def counted(limit: Limit, say: Say, profile: Profile, attempts: Sequence[Attempt]) -> list[datetime]:
    """When the attempts were made that count under `limit` against `say`."""
    return [
        a.at
        for a in attempts
        if (a.key != say.key or not a.key)
        and (a.reached or not limit.reached)
        and (limit.replies or a.purpose not in profile.uncounted)
        and (not limit.modes or a.mode in limit.modes)
        and (not limit.channels or a.channel in limit.channels)
        and (limit.relation == "any" or (a.channel == say.channel) == (limit.relation == "same"))
    ]


def lifted(limit: Limit, times: Sequence[datetime], at: datetime, zones: Sequence[tzinfo]) -> datetime | None:
    """None when `limit` allows `at`; else the first moment after `at` at which these attempts alone allow one more."""
    if len(times) < limit.most:
        return None
    if limit.period == "span":
        return _span_lift(limit, times, at)
    lifts = [lift for zone in zones if (lift := _local_lift(limit, times, at, zone))]
    return max(lifts, default=None)


def _span_lift(limit: Limit, times: Sequence[datetime], at: datetime) -> datetime | None:
    span = limit.span
    near = sum(1 for made in times if abs(made - at) < span)
    if near < limit.most:
        return None
    ends = sorted(made + span for made in times if made + span > at)
    return next(end for end in ends if sum(1 for made in times if abs(made - end) < span) < limit.most)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _local_lift(limit: Limit, times: Sequence[datetime], at: datetime, zone: tzinfo) -> datetime | None:
    today = at.astimezone(zone).date()
    days = [made.astimezone(zone).date() for made in times]
    blocked, following = _CALENDARS[limit.period]
    day = today
    while blocked(limit, days, day):
        day = following(limit, days, day)
    return None if day == today else moment(zone, day, 0)


def _same_day(limit: Limit, days: Sequence[date], day: date) -> bool:
    return sum(1 for made in days if made == day) >= limit.most


def _same_week(limit: Limit, days: Sequence[date], day: date) -> bool:
    return sum(1 for made in days if _monday(made) == _monday(day)) >= limit.most


def _near_dates(limit: Limit, days: Sequence[date], day: date) -> bool:
    return any(abs(made - day) < limit.span for made in days)


_Blocked = Callable[[Limit, Sequence[date], date], bool]
_Following = Callable[[Limit, Sequence[date], date], date]
_CALENDARS: dict[str, tuple[_Blocked, _Following]] = {
    "day": (_same_day, lambda _limit, _days, day: day + timedelta(days=1)),
    "calendar_week": (_same_week, lambda _limit, _days, day: _monday(day) + timedelta(days=7)),
    "dates": (_near_dates, lambda limit, days, day: min(made + limit.span for made in days if made + limit.span > day)),
}
