"""By when a creditor answers complaints, disputes and wishes about personal data, by law or by the house."""

from __future__ import annotations

import calendar
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec

from acuerdo.core.compliance.places import public_holidays
from acuerdo.core.dialogue.view import AnswerBy
from acuerdo.core.words import AcuerdoError

FILE = "answers.toml"
KINDS = ("complaint", "dispute", "data_rights")


class BadAnswers(AcuerdoError):
    """The file of answering times cannot be used."""


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    """One time to answer: business days, calendar days or months, the first that is given; `since` begins it."""

    source: str
    status: Literal["confirmed", "press", "recalled", "house"]
    days: int = 0
    calendar_days: int = 0
    months: int = 0
    since: date | None = None

    def from_day(self, today: date, country: str) -> date:
        """The last day on which an answer is in time."""
        if self.days:
            return _business_days_on(today, self.days, country)
        if self.calendar_days:
            return today + timedelta(days=self.calendar_days)
        return _months_on(today, self.months)


@lru_cache(maxsize=1)
def shipped_terms() -> Mapping[str, Mapping[str, tuple[Term, ...]]]:
    """The shipped answering times by country and kind. Raises BadAnswers."""
    return read_terms((resources.files("acuerdo") / "policies" / FILE).read_text("utf-8"))


def read_terms(text: str) -> Mapping[str, Mapping[str, tuple[Term, ...]]]:
    """Answering times from a file's text. Raises BadAnswers naming the country and what is wrong."""
    try:
        found = msgspec.convert(tomllib.loads(text), dict[str, dict[str, tuple[Term, ...]]])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadAnswers(f"{FILE}: {error}") from error
    for country, kinds in found.items():
        if set(kinds) != set(KINDS):
            raise BadAnswers(f"{FILE}: {country} has {', '.join(kinds)}; it needs {', '.join(KINDS)}")
        for kind, terms in kinds.items():
            if any(not (t.days or t.calendar_days or t.months) for t in terms):
                raise BadAnswers(f"{FILE}: {country} {kind} has no time; add days, calendar_days or months")
            if all(t.since for t in terms):
                raise BadAnswers(f"{FILE}: {country} {kind} has no time before the first `from`; add one without it")
    return found


@lru_cache(maxsize=4096)
def answer_by(country: str, today: date) -> AnswerBy | None:
    """By when what is asked today is answered; None for a country that the file does not have."""
    kinds = shipped_terms().get(country)
    if kinds is None:
        return None
    return AnswerBy(**{kind: _in_force(terms, today).from_day(today, country) for kind, terms in kinds.items()})


def _in_force(terms: tuple[Term, ...], today: date) -> Term:
    """The latest that has begun."""
    begun = [t for t in terms if t.since is None or t.since <= today]
    return max(begun, key=lambda t: t.since or date.min)


def _business_days_on(day: date, count: int, country: str) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5 and day not in public_holidays(country, "", day.year)
    return day


def _months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
