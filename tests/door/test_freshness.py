"""Whether a feed is late: nothing came between the last two moments by which it was to come."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.freshness import Latest, in_words, judge, judged, read_expected, usual
from acuerdo.service.inlets import FORMS


def _bogota(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}-05:00").astimezone(UTC)


def _late(expected: str, last: str, at: str) -> bool:
    bank = Creditor("1", "Banco Andino", Settings("Banco Andino", country="CO", feeds={"portfolio": expected}))
    return judge(bank, "portfolio", Latest("1", "portfolio", _bogota(last), None), "", _bogota(at)).late


@pytest.mark.parametrize(
    ("expected", "last", "at", "late"),
    [
        ("business_day 12:00", "2026-11-23T11:00", "2026-11-24T11:59", False),
        ("business_day 12:00", "2026-11-23T11:00", "2026-11-24T12:00", True),
        ("business_day 12:00", "2026-11-23T22:00", "2026-11-24T12:00", False),  # the night before is for the day
        ("business_day 12:00", "2026-11-20T13:00", "2026-11-23T11:59", False),  # over a weekend
        ("business_day 12:00", "2026-12-07T13:00", "2026-12-08T18:00", False),  # a holiday in Colombia
        ("day 12:00", "2026-12-07T11:00", "2026-12-08T18:00", True),
        ("week", "2026-11-17T12:00", "2026-11-24T11:00", False),
        ("week", "2026-11-17T12:00", "2026-11-24T13:00", True),
        ("month", "2026-10-20T12:00", "2026-11-24T13:00", True),
        ("never", "2020-01-01T00:00", "2026-11-24T13:00", False),
    ],
)
def test_late_is_what_did_not_come_between_two_deadlines(expected: str, last: str, at: str, late: bool) -> None:
    assert _late(expected, last, at) is late


def test_a_feed_that_never_came_is_missed_only_where_it_is_expected_by_name() -> None:
    at = _bogota("2026-11-24T13:00")
    assert judged([Creditor("1", "Banco", Settings("Banco"))], [], at) == []
    named = Creditor("1", "Banco", Settings("Banco", country="CO", feeds={"payments": "day 08:00"}))
    (one,) = judged([named], [], at)
    assert (one.late, in_words(one)["state"]) == (True, "no ha llegado")


def test_words_say_when_and_how_old_in_the_creditors_own_day() -> None:
    bank = Creditor("1", "Banco Andino", Settings("Banco Andino"))
    at = _bogota("2026-11-24T13:00")
    last = Latest("1", "portfolio", at - timedelta(hours=5), at.date(), "CO")
    told = in_words(judge(bank, "portfolio", last, "CO", at))
    assert told == {
        "creditor": "Banco Andino", "feed": "cartera", "state": "al día", "late": False, "last": "24/11/2026 08:00",
        "cut_off": "24/11/2026", "age": "5 horas", "expected": "cada día hábil, antes de las 12:00",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["diario", "day", "day 25:00", "business_day 8:00", ""])
def test_an_expectation_that_is_not_understood_says_how_to_write_it(text: str) -> None:
    with pytest.raises(AcuerdoError, match="business_day 12:00"):
        read_expected(text)


def test_every_feed_has_a_usual_expectation() -> None:
    assert set(FORMS) <= set(usual())
    for text in usual().values():
        read_expected(text)
