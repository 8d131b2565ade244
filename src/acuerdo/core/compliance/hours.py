"""Weeks of open hours as they are written in packs and wished for by people."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from acuerdo.core.words import Window

SAFETY_MINUTES = 15
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS: tuple[Window, ...] = (Window(0, 1440),)
Week = tuple[tuple[Window, ...], ...]


def week_of(hours: Mapping[str, Sequence[str]], shortest: int = SAFETY_MINUTES) -> Week:
    """The windows, Monday first. Raises ValueError saying what to mend; a span of `shortest` minutes or less is one."""
    days: list[list[Window]] = [[] for _ in WEEKDAYS]
    for name, spans in hours.items():
        for day in _weekdays(name):
            days[day].extend(_span(span, name, shortest) for span in spans)
    for name, windows in zip(WEEKDAYS, days, strict=True):
        windows.sort(key=lambda window: window.start)
        for earlier, later in pairwise(windows):
            if later.start < earlier.end:
                raise ValueError(f"two windows overlap on {name}; join them or part them")
    if not any(days):
        raise ValueError("it opens no hour at all; name the days and their spans")
    return tuple(tuple(windows) for windows in days)


def wished(lines: Sequence[str]) -> Week:
    """The hours a person asked for, written `mon-fri 09:00-12:00`. Raises ValueError saying what to mend."""
    hours: dict[str, list[str]] = {}
    for line in lines:
        days, _, span = line.strip().partition(" ")
        hours.setdefault(days, []).append(span.strip())
    return week_of(hours, 0)


def both(left: tuple[Window, ...], right: tuple[Window, ...]) -> tuple[Window, ...]:
    """The minutes that both hold."""
    shared = (Window(max(a.start, b.start), min(a.end, b.end)) for a in left for b in right)
    return tuple(sorted((span for span in shared if span.start < span.end), key=lambda span: span.start))


def _weekdays(name: str) -> range:
    first, _, last = name.partition("-")
    last = last or first
    if first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(last) < WEEKDAYS.index(first):
        raise ValueError(f"{name!r} is not a day or a span of days; write mon, sat or mon-fri")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)


def _span(text: str, day: str, shortest: int) -> Window:
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if not match:
        raise ValueError(f"{text!r} on {day} is not a span; write it like 07:00-19:00")
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or end > 1440:
        raise ValueError(f"{text!r} on {day} names an impossible hour")
    if end - start <= shortest:
        raise ValueError(f"{text!r} on {day} is empty, or shorter than the {shortest} minutes kept free at its end")
    return Window(start, end)
