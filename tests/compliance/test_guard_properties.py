"""Whatever the hour, the place and the history: never outside a window, never over a cap, and "not yet" means when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.core.compliance import Attempt, Cleared, Hold, NotYet, Record, attempt_of, judge
from acuerdo.core.words import Mode

from .compliance_cases import RULES, say

# Written again from the table of rules, on purpose: a second opinion shares nothing with the packs.
OPEN: dict[str, dict[int, tuple[int, int]]] = {
    "CO": {**dict.fromkeys(range(5), (7, 19)), 5: (8, 15)},
    "CL": dict.fromkeys(range(6), (8, 20)),
    "MX": dict.fromkeys(range(6), (8, 20)),
    "PE": dict.fromkeys(range(5), (7, 20)),
    "AR": dict.fromkeys(range(5), (9, 20)),
    "ES": dict.fromkeys(range(5), (9, 21)),
    "ZZ": dict.fromkeys(range(5), (9, 18)),
}
ZONES = {
    "CO": [("America/Bogota",)],
    "CL": [("America/Santiago",), ("Pacific/Easter",), ("America/Santiago", "America/Punta_Arenas")],
    "MX": [("America/Mexico_City",), ("America/Tijuana",), ("America/Mexico_City", "America/Tijuana")],
    "PE": [("America/Lima",)],
    "AR": [("America/Argentina/Buenos_Aires",)],
    "ES": [("Europe/Madrid",), ("Atlantic/Canary",), ("Europe/Madrid", "Atlantic/Canary")],
    "ZZ": [("America/Bogota",), ("Asia/Kolkata",)],
}
PER_DAY = {"CO": 1, "AR": 1, "ES": 1, "ZZ": 1}
PER_WEEK = {"ES": 3, "CL": 2, "ZZ": 2}
APART = {"CL": 48, "ZZ": 48}

moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - zone given
# Around the nights when Santiago and Madrid change their clocks.
nights = [datetime(*day, tzinfo=UTC) for day in ((2026, 9, 6), (2027, 4, 4), (2026, 3, 29), (2026, 10, 25))]
edges = st.builds(
    lambda night, minutes: night + timedelta(minutes=minutes), st.sampled_from(nights), st.integers(-4320, 4320)
)
instants = moments | edges
modes: st.SearchStrategy[Mode] = st.sampled_from(["text", "voice", "visit"])
channels = st.sampled_from(["sms", "email", "web"])


@st.composite
def situations(draw: st.DrawFn) -> tuple[Record, datetime]:
    country = draw(st.sampled_from(sorted(OPEN)))
    at = draw(instants)
    ages = draw(st.lists(st.integers(-2 * 1440, 12 * 1440), max_size=5))
    attempts = tuple(
        Attempt(
            at=at - timedelta(minutes=age),
            channel=draw(channels),
            mode=draw(modes),
            reached=draw(st.booleans()),
            key=str(n),
        )
        for n, age in enumerate(ages)
    )
    days = draw(st.none() | st.integers(1, 40))
    holds = () if days is None else (Hold("adviser", since=at, until=at + timedelta(days=days, minutes=7)),)
    return Record(country, draw(st.sampled_from(ZONES[country])), attempts=attempts, holds=holds), at


def inside(country: str, zone: str, at: datetime) -> bool:
    there = at.astimezone(ZoneInfo(zone))
    start, end = OPEN[country].get(there.weekday(), (0, 0))
    return start <= there.hour + there.minute / 60 < end


@given(situations(), modes, channels)
@settings(max_examples=400, deadline=None)
def test_nothing_is_cleared_outside_a_window_of_any_zone(
    situation: tuple[Record, datetime], mode: Mode, channel: str
) -> None:
    record, at = situation
    answer = judge(say(mode=mode, channel=channel), record, RULES, at)
    if isinstance(answer, Cleared):
        assert answer.deadline > at
        for zone in record.zones:
            assert inside(record.country, zone, at)
            assert inside(record.country, zone, answer.deadline + timedelta(minutes=14))


@given(situations(), modes, channels)
@settings(max_examples=400, deadline=None)
def test_not_yet_names_the_first_moment_that_clears(
    situation: tuple[Record, datetime], mode: Mode, channel: str
) -> None:
    record, at = situation
    if record.country == "CO" and mode == "visit":
        mode = "voice"  # no visit is ever lawful there
    said = say(mode=mode, channel=channel)
    answer = judge(said, record, RULES, at)
    if isinstance(answer, NotYet):
        assert answer.until > at
        assert isinstance(judge(said, record, RULES, answer.until), Cleared)
        assert not isinstance(judge(said, record, RULES, answer.until - timedelta(seconds=1)), Cleared)
        step = (answer.until - at) / 97
        assert not any(isinstance(judge(said, record, RULES, at + n * step), Cleared) for n in range(97))
    else:
        assert isinstance(answer, Cleared), "what only waits is never refused"


@pytest.mark.parametrize("country", sorted(OPEN))
@given(start=instants, gaps=st.lists(st.integers(1, 3000), min_size=10, max_size=40))
@settings(max_examples=25, deadline=None)
def test_reserving_what_is_cleared_never_passes_a_cap(country: str, start: datetime, gaps: list[int]) -> None:
    zone = ZONES[country][0][0]
    record, at, sent = Record(country, (zone,)), start, list[datetime]()
    for number, gap in enumerate(gaps):
        at += timedelta(minutes=gap)
        said = say(key=str(number))
        if isinstance(judge(said, record, RULES, at), Cleared):
            sent.append(at)
            record = Record(country, (zone,), attempts=(*record.attempts, attempt_of(said, at)))
    days: list[date] = [one.astimezone(ZoneInfo(zone)).date() for one in sent]
    assert max((days.count(day) for day in days), default=0) <= PER_DAY.get(country, 99)
    weeks = [sum(1 for other in sent if one <= other < one + timedelta(days=7)) for one in sent]
    assert max(weeks, default=0) <= PER_WEEK.get(country, 99)
    assert all(b - a >= timedelta(hours=APART.get(country, 0)) for a, b in pairwise(sent))


@given(situations())
@settings(max_examples=100, deadline=None)
def test_more_possible_zones_never_allow_more(situation: tuple[Record, datetime]) -> None:
    record, at = situation
    for zone in record.zones:
        one = Record(record.country, (zone,), attempts=record.attempts, holds=record.holds)
        if isinstance(judge(say(), record, RULES, at), Cleared):
            assert isinstance(judge(say(), one, RULES, at), Cleared)
