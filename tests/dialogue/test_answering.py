"""Answers are promised for a day that the law, or the house, gives; counted over business days where it says so."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from acuerdo.core.dialogue.view import Hours
from acuerdo.core.words import CAPITAL_ZONE
from acuerdo.service.answering import KINDS, BadAnswers, answer_by, read_terms, shipped_terms
from acuerdo.service.opening import hours_of


def test_every_country_of_a_conversation_has_its_terms_with_a_source() -> None:
    terms = shipped_terms()
    assert set(CAPITAL_ZONE) <= set(terms)
    for kinds in terms.values():
        assert set(kinds) == set(KINDS)
        assert all(term.source for found in kinds.values() for term in found)


@pytest.mark.parametrize(
    ("country", "today", "complaint", "data"),
    [
        # 8 December (a holiday) and four weekends in between.
        ("CO", date(2026, 11, 23), date(2026, 12, 15), date(2026, 12, 7)),
        ("MX", date(2026, 11, 23), date(2027, 1, 6), date(2026, 12, 21)),
        ("ES", date(2026, 1, 31), date(2026, 2, 20), date(2026, 2, 28)),
        ("AR", date(2026, 4, 14), date(2026, 4, 28), date(2026, 4, 21)),
    ],
)
def test_days(country: str, today: date, complaint: date, data: date) -> None:
    found = answer_by(country, today)
    assert found is not None
    assert (found.complaint, found.data_rights) == (complaint, data)


def test_a_law_that_begins_counts_from_its_day_on() -> None:
    before, after = answer_by("CL", date(2026, 11, 30)), answer_by("CL", date(2026, 12, 1))
    assert before is not None
    assert after is not None
    assert before.data_rights == date(2026, 12, 2)
    assert after.data_rights == date(2026, 12, 31)


def test_a_country_that_the_file_does_not_have_promises_no_day() -> None:
    assert answer_by("UY", date(2026, 11, 23)) is None


WEEK = hours_of("CO", "", date(2026, 4, 14))
BOGOTA = ZoneInfo("America/Bogota")


@pytest.mark.parametrize(
    ("asked", "lawful"),
    [
        ("2026-04-15T15:00", "2026-04-15T15:00"),
        ("2026-04-19T21:00", "2026-04-20T07:00"),  # a Sunday
        ("2026-04-18T16:00", "2026-04-20T07:00"),  # a Saturday after its hours
        ("2026-04-18T05:00", "2026-04-18T08:00"),  # before them
        ("2026-05-01T10:00", "2026-05-02T08:00"),  # a holiday
    ],
)
def test_a_moment_outside_the_hours_is_put_off_to_the_next_inside(asked: str, lawful: str) -> None:
    at = datetime.fromisoformat(asked).replace(tzinfo=BOGOTA)
    assert WEEK.next(at) == datetime.fromisoformat(lawful).replace(tzinfo=BOGOTA)
    assert WEEK.holds(at) == (asked == lawful)


def test_where_nothing_is_ever_open_nothing_is_promised() -> None:
    assert Hours(((),) * 7).next(datetime(2026, 4, 14, 10, tzinfo=BOGOTA)) is None


GOOD = '[[CO.complaint]]\ndays = 1\nstatus = "house"\nsource = "x"\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD, "CO has complaint; it needs complaint, dispute, data_rights"),
        ("[[CO.complaint]\n", "answers.toml: "),
        (GOOD.replace("days", "dias"), "dias"),
        ("".join(GOOD.replace("complaint", k).replace("days = 1\n", "") for k in KINDS), "complaint has no time"),
        (
            "".join(GOOD.replace("complaint", k).replace("days = 1", "days = 1\nfrom = 2027-01-01") for k in KINDS),
            "no time before the first",
        ),
    ],
)
def test_a_file_with_a_mistake_is_refused(text: str, told: str) -> None:
    with pytest.raises(BadAnswers, match=told):
        read_terms(text)
