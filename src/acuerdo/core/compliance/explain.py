"""Why the guard says what it says of a person: each limit's counter, what is left, and when each channel opens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from acuerdo.core.compliance.guard import Cleared, Verdict, bounds_of, judge
from acuerdo.core.compliance.limits import counted, everywhere, lifted, recent, used
from acuerdo.core.compliance.places import place
from acuerdo.core.compliance.profiles import Limit
from acuerdo.core.compliance.record import NotYet, Record
from acuerdo.core.compliance.rules import Rules
from acuerdo.core.messages import Say
from acuerdo.core.words import Layer, Mode, Reason, aware

CHANNELS: dict[str, Mode] = {"sms": "text", "email": "text", "whatsapp": "text", "voice": "voice"}
WEEK = timedelta(days=7)


class Counter(msgspec.Struct, frozen=True):
    """One limit: how many of its attempts stand in its period, how many are allowed, and when it next lets one pass.

    `opens` is None where it lets one pass now. `period` is day, calendar_week, month, span or dates, with its `span`.
    """

    rule: str
    layer: Layer
    code: str
    period: str
    span: timedelta
    used: int
    most: int
    opens: datetime | None

    @property
    def left(self) -> int:
        """How many more it allows now."""
        return max(self.most - self.used, 0)


class Word(msgspec.Struct, frozen=True):
    """The guard's word on one channel: the first lawful moment (None: none while things stand so) and the reasons."""

    channel: str
    verdict: str
    at: datetime | None
    deadline: datetime | None
    why: tuple[Reason, ...]


class Explained(msgspec.Struct, frozen=True):
    """The verdict, the counters behind it, what is left of the day and the week (None: no limit), and each channel."""

    verdict: Verdict
    counters: tuple[Counter, ...]
    left_today: int | None
    left_this_week: int | None
    channels: tuple[Word, ...]


def explain(say: Say, record: Record, rules: Rules, at: datetime, channels: Mapping[str, Mode] = CHANNELS) -> Explained:
    """All that speaks for and against `say` at `at` (aware), and the next lawful moment of each channel.

    Raises AcuerdoError on a naive `at`.
    """
    aware(at)
    counters = _counters(say, record, rules, at)
    return Explained(
        verdict=judge(say, record, rules, at),
        counters=counters,
        left_today=_left(one for one in counters if one.period == "day"),
        left_this_week=_left(one for one in counters if one.period == "calendar_week" or one.span == WEEK),
        channels=tuple(
            _word(name, judge(msgspec.structs.replace(say, channel=name, mode=mode), record, rules, at), at)
            for name, mode in channels.items()
        ),
    )


def _counters(say: Say, record: Record, rules: Rules, at: datetime) -> tuple[Counter, ...]:
    where = place(record.country, record.subdivision, record.zones, record.pack)
    code = rules.for_place(where.country, where.subdivision, where.pack, where.doubtful)
    bounds, made = bounds_of(say, record, code), recent(record.attempts, say, at)

    def counter(limit: Limit) -> Counter:
        days = everywhere(counted(limit, say, bounds, made), where.zones)
        lifts = [lift for times, zones in days if (lift := lifted(limit, times, at, zones))]
        return Counter(
            limit.rule, limit.layer, limit.code, limit.period, limit.span,
            max(used(limit, times, at, zones) for times, zones in days), limit.most, max(lifts, default=None),
        )  # fmt: skip

    return tuple(counter(limit) for limit in bounds.limits)


def _left(counters: Iterable[Counter]) -> int | None:
    caps = [one.left for one in counters if one.code == "cap_reached"]
    return min(caps, default=None)


def _word(channel: str, verdict: Verdict, at: datetime) -> Word:
    match verdict:
        case Cleared(deadline=deadline, why=why):
            return Word(channel, "cleared", at, deadline, why)
        case NotYet(until=until, why=why):
            return Word(channel, "not_yet", until, None, why)
        case _:
            return Word(channel, "refused", None, None, verdict.why)
