"""The algebra of windows, days and caps holds whatever the numbers are, against counting minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.easter import easter as by_dateutil
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.compliance import Attempt, Cleared, NotYet, Record, explain, judge
from acuerdo.core.compliance.days import easter, lies_in
from acuerdo.core.compliance.hours import both, week_of
from acuerdo.core.compliance.limits import lifted, used
from acuerdo.core.compliance.profiles import Limit
from acuerdo.core.words import Window

from .compliance_cases import RULES, local, person, say, tried

spans = st.lists(
    st.tuples(st.integers(0, 1439), st.integers(1, 600)).map(lambda one: Window(one[0], min(sum(one), 1440))),
    max_size=3,
).map(tuple)
minutes = st.integers(0, 1439)


def within(windows: tuple[Window, ...], minute: int) -> bool:
    return any(window.holds(minute) for window in windows)


@given(spans, spans, minutes)
def test_both_holds_what_each_holds_and_nothing_else(a: tuple[Window, ...], b: tuple[Window, ...], minute: int) -> None:
    assert within(both(a, b), minute) == (within(a, minute) and within(b, minute))
    assert within(both(a, b), minute) == within(both(b, a), minute)


@given(spans, spans, spans, minutes)
def test_three_windows_are_cut_in_any_order(a: object, b: object, c: object, minute: int) -> None:
    left, right = both(both(a, b), c), both(a, both(b, c))  # type: ignore[arg-type]
    assert within(left, minute) == within(right, minute)


@given(minutes, st.integers(16, 600))
def test_a_window_is_half_open(start: int, length: int) -> None:
    end = min(start + length, 1440)
    if end - start <= 15:
        return
    written = f"{start // 60:02d}:{start % 60:02d}-{end // 60:02d}:{end % 60:02d}"
    (window,) = week_of({"mon": (written,)})[0]
    assert window.holds(start)
    assert window.holds(end - 1)
    assert not window.holds(end)
    assert not window.holds(start - 1)


@given(st.integers(1900, 2199))
def test_easter_is_when_everybody_says(year: int) -> None:
    assert easter(year) == by_dateutil(year)


@pytest.mark.parametrize(
    ("person_s", "rule_s", "inside"),
    [
        ("MD/Madrid", "MD/madrid", True),
        ("MD/Madrid", "MD", True),
        ("/Madrid", "MD/Madrid", True),
        ("MD", "MD/Madrid", False),
        ("MD/Getafe", "MD/Madrid", False),
        ("CT/Madrid", "MD/Madrid", False),
        ("", "MD", False),
        ("X/Cordoba", "X/Córdoba", True),
    ],
)
def test_a_place_lies_in_another(person_s: str, rule_s: str, inside: bool) -> None:
    assert lies_in(person_s, rule_s) is inside


ZONES = [ZoneInfo(name) for name in ("America/Santiago", "Pacific/Easter", "Europe/Madrid", "America/Bogota")]
START = datetime(2026, 9, 4, tzinfo=UTC)  # two days before Santiago's clocks go forward
instants = st.integers(0, 20 * 24 * 4).map(lambda quarter: START + timedelta(minutes=15 * quarter))
limits = st.builds(
    lambda period, most, days: Limit("R", "law", "cap_reached", most, period, timedelta(days=days)),
    st.sampled_from(["day", "calendar_week", "month", "span"]), st.integers(1, 3), st.integers(1, 7),
)  # fmt: skip
limits |= st.builds(lambda days: Limit("R", "law", "too_soon", 1, "dates", timedelta(days=days)), st.integers(1, 4))


def period_of(limit: Limit, day: date) -> object:
    names = {"day": day, "calendar_week": day.isocalendar()[:2], "month": (day.year, day.month)}
    return names[limit.period]


def counts(limit: Limit, times: list[datetime], at: datetime, zone: ZoneInfo) -> int:
    """How many stand beside `at`, counted one by one."""
    if limit.period == "span":
        return sum(1 for made in times if abs(made - at) < limit.span)
    here, days = at.astimezone(zone).date(), [made.astimezone(zone).date() for made in times]
    if limit.period == "dates":
        return sum(1 for day in days if abs(day - here) < limit.span)
    return sum(1 for day in days if period_of(limit, day) == period_of(limit, here))


@given(limits, st.lists(instants, max_size=6), instants, st.sampled_from(ZONES))
@settings(max_examples=300, deadline=None)
def test_a_limit_blocks_exactly_while_its_count_is_full(
    limit: Limit, times: list[datetime], at: datetime, zone: ZoneInfo
) -> None:
    lift = lifted(limit, times, at, (zone,))
    assert used(limit, times, at, (zone,)) == counts(limit, times, at, zone)
    assert (lift is None) == (counts(limit, times, at, zone) < limit.most)
    if lift is not None:
        assert lift > at
        assert counts(limit, times, lift, zone) < limit.most
        moment = at
        while moment < lift:
            assert counts(limit, times, moment, zone) >= limit.most
            moment += timedelta(minutes=45)
        assert counts(limit, times, lift - timedelta(seconds=1), zone) >= limit.most


@given(limits, st.lists(instants, min_size=1, max_size=5), instants, st.sampled_from(ZONES), st.sampled_from(ZONES))
@settings(max_examples=200, deadline=None)
def test_one_more_zone_or_one_more_attempt_never_opens_anything(
    limit: Limit, times: list[datetime], at: datetime, zone: ZoneInfo, other: ZoneInfo
) -> None:
    alone = lifted(limit, times, at, (zone,))
    if alone is not None:
        more = lifted(limit, times, at, (zone, other))
        assert more is not None
        assert more >= alone
    fewer = lifted(limit, times[:-1], at, (zone,))
    if fewer is not None:
        assert (alone or at) >= fewer


def test_explaining_tells_the_counters_and_the_next_moment_of_each_channel() -> None:
    monday = tried("2026-11-23 10:00", "CL", channel="sms")
    told = explain(say(channel="email"), person("CL", monday), RULES, local("2026-11-24 10:00", "CL"))
    assert isinstance(told.verdict, NotYet)
    counters = {one.rule: one for one in told.counters}
    assert (counters["CL-2"].used, counters["CL-2"].left, counters["CL-2"].opens) == (1, 1, None)
    assert counters["CL-2-espacio"].opens == local("2026-11-25 10:00", "CL")
    assert told.left_this_week == 1
    assert told.left_today is None
    words = {one.channel: one for one in told.channels}
    assert words["sms"].at == words["email"].at == local("2026-11-25 10:00", "CL")
    assert words["voice"].verdict == "cleared"
    assert words["whatsapp"].verdict == "refused"


def test_a_moment_s_explanation_and_its_verdict_agree() -> None:
    at = local("2026-11-25 15:00")
    record = person("CO", tried("2026-11-25 08:00", channel="email"))
    told = explain(say(), record, RULES, at)
    assert told.verdict == judge(say(), record, RULES, at)
    assert told.left_today == 0
    assert isinstance(explain(say(), person("CO"), RULES, at).verdict, Cleared)


def test_a_day_used_in_one_zone_is_not_had_again_in_another() -> None:
    tokyo = Record("CO", ("Asia/Tokyo",))
    made = Attempt(local("2026-11-25 07:30"), "sms", zones=("America/Bogota",))
    morning = local("2026-11-26 07:30", zone="Asia/Tokyo")
    assert isinstance(judge(say(), tokyo, RULES, morning), Cleared)
    moved = Record("CO", ("Asia/Tokyo",), attempts=(made,))
    assert isinstance(judge(say(), moved, RULES, morning), NotYet)
