"""How fresh each feed of a creditor is: when it last came, of what day it speaks, and whether it is late."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.compliance.places import public_holidays
from acuerdo.core.words import CAPITAL_ZONE, DAY, AcuerdoError
from acuerdo.service.creditors import Creditor
from acuerdo.service.door import FEEDS

Every = Literal["business_day", "day", "week", "month", "never"]
LONGEST: dict[Every, timedelta] = {"week": timedelta(days=7), "month": timedelta(days=31)}
_FORM = re.compile(r"(business_day|day) ([01]\d|2[0-3]):([0-5]\d)|(week|month|never)")


class Expected(msgspec.Struct, frozen=True):
    """How often a feed is to come; `by` is a local hour, for those that come by the day."""

    every: Every
    by: time = time(0)


class Latest(msgspec.Struct, frozen=True):
    """The last import of a creditor's feed; `country` is of the creditor's people, where its settings name none."""

    creditor: str
    feed: str
    at: datetime
    cut_off: date | None
    country: str = ""


class Freshness(msgspec.Struct, frozen=True):
    """One feed of one creditor as it stands. `due` is the last moment by which it was to have come,
    None where only its age counts."""

    creditor: str
    creditor_name: str
    feed: str
    expected: str
    zone: str
    last: datetime | None
    cut_off: date | None
    due: datetime | None
    late: bool
    age: timedelta | None


class Feeds(Protocol):
    """Where imports are kept."""

    async def latest(self, creditors: list[str]) -> list[Latest]: ...


def read_expected(text: str) -> Expected:
    """An expectation from its text. Raises AcuerdoError saying how to write it."""
    found = _FORM.fullmatch(" ".join(text.split()))
    if found is None:
        raise AcuerdoError(
            f"{text!r} does not say how often; write business_day 12:00, day 08:00, week, month or never"
        )
    kind, hour, minute, other = found.groups()
    return Expected(kind, time(int(hour), int(minute))) if kind else Expected(other)  # type: ignore[arg-type]


@cache
def usual() -> dict[str, str]:
    """How often each feed is expected where the creditor's settings do not say."""
    return tomllib.loads((resources.files("acuerdo") / "policies" / "feeds.toml").read_text("utf-8"))


async def of_creditors(store: Feeds, creditors: Sequence[Creditor], at: datetime) -> list[Freshness]:
    """Each feed of each creditor that ever came, or that its settings expect."""
    return judged(creditors, await store.latest([one.id for one in creditors]), at)


def judged(creditors: Sequence[Creditor], latest: Sequence[Latest], at: datetime) -> list[Freshness]:
    """The same of what came last, when that is known."""
    found = {(one.creditor, one.feed): one for one in latest}
    country = {one.creditor: one.country for one in latest}
    return [
        judge(creditor, feed, found.get((creditor.id, feed)), country.get(creditor.id, ""), at)
        for creditor in creditors
        for feed in FEEDS
        if (creditor.id, feed) in found or feed in creditor.settings.feeds
    ]


def judge(creditor: Creditor, feed: str, last: Latest | None, country: str, at: datetime) -> Freshness:
    """Whether a feed is late: nothing came between the last two moments by which it was to come."""
    where = creditor.settings.country or country
    zone = CAPITAL_ZONE.get(where, "UTC")
    text = creditor.settings.feeds.get(feed) or usual().get(feed, "never")
    due, before = _dues(read_expected(text), where, at.astimezone(ZoneInfo(zone)))
    return Freshness(
        creditor=creditor.id, creditor_name=creditor.name, feed=feed, expected=text, zone=zone,
        last=last.at if last else None, cut_off=last.cut_off if last else None, due=due,
        late=before is not None and (last is None or last.at <= before), age=at - last.at if last else None,
    )  # fmt: skip


def _dues(expected: Expected, country: str, local: datetime) -> tuple[datetime | None, datetime | None]:
    """The last moment by which a feed was to come, and the one before: what came since then is in time."""
    if expected.every == "never":
        return None, None
    if expected.every in LONGEST:
        return None, local - LONGEST[expected.every]
    dues = _by_day(expected, country, local)
    return next(dues), next(dues)


def _by_day(expected: Expected, country: str, local: datetime) -> Iterator[datetime]:
    day = local.date()
    while True:
        due = datetime.combine(day, expected.by, local.tzinfo)
        if due <= local and (expected.every == "day" or _is_business(day, country)):
            yield due
        day -= DAY


def _is_business(day: date, country: str) -> bool:
    return day.weekday() < 5 and not (country and day in public_holidays(country, "", day.year))


def told(one: Freshness) -> dict[str, Any]:
    """A feed's freshness for programs; ages in whole minutes."""
    age = None if one.age is None else int(one.age.total_seconds() // 60)
    return {
        "creditor": one.creditor_name, "feed": one.feed, "expected": one.expected, "last": one.last,
        "cut_off": one.cut_off, "due": one.due, "late": one.late, "age_minutes": age,
    }  # fmt: skip


NAMES: dict[str, str] = {
    "portfolio": "cartera", "payments": "pagos", "contacts": "contactos", "optouts": "bajas",
    "consents": "consentimientos", "registers": "registros", "contactdata": "datos de contacto",
}  # fmt: skip
EVERY: dict[Every, str] = {
    "business_day": "cada día hábil, antes de las {by:%H:%M}", "day": "cada día, antes de las {by:%H:%M}",
    "week": "cada semana", "month": "cada mes", "never": "cuando llegue",
}  # fmt: skip


def in_words(one: Freshness) -> dict[str, str | bool]:
    """A feed's freshness for people, in Spanish: local days and hours."""
    zone, expected = ZoneInfo(one.zone), read_expected(one.expected)
    if one.last is None:
        state = "no ha llegado" if one.late else "sin datos todavía"
    else:
        state = "atrasado" if one.late else "al día" if expected.every != "never" else "recibido"
    return {
        "creditor": one.creditor_name, "feed": NAMES[one.feed], "state": state, "late": one.late,
        "last": f"{one.last.astimezone(zone):%d/%m/%Y %H:%M}" if one.last else "—",
        "cut_off": f"{one.cut_off:%d/%m/%Y}" if one.cut_off else "—", "age": _age(one.age),
        "expected": EVERY[expected.every].format(by=expected.by),
    }  # fmt: skip


def _age(age: timedelta | None) -> str:
    if age is None:
        return "—"
    if age < timedelta(hours=1):
        return "menos de una hora"
    if age < timedelta(days=2):
        hours = int(age.total_seconds() // 3600)
        return "una hora" if hours == 1 else f"{hours} horas"
    return f"{age.days} días"
