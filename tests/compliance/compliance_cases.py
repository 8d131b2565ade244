"""Short words for the guard's tests: a message, a person, an hour on their wall clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from acuerdo.core.compliance import Attempt, Record, Rules, Verdict, judge
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import CAPITAL_ZONE, CreditorId, PersonId
from acuerdo.service.law import load_rules

INVITATION = (
    "Hola Ana, le escribe Cobros Claros por encargo de Banco Andino. Tenemos información importante para usted."
)
RULES: Rules = load_rules(date(2026, 11, 23))


def say(text: str = INVITATION, **parts: object) -> Say:
    """An invitation by SMS, or what `parts` make of it."""
    envelope = {
        "key": "this",
        "content": Content(text=text),
        "channel": "sms",
        "purpose": "collection",
        "creditor": CreditorId("andino"),
        "person": PersonId("ana"),
        "topics": ("creditor",),
    }
    return Say(**{**envelope, **parts})  # type: ignore[arg-type]


def person(country: str = "CO", *attempts: Attempt, **parts: object) -> Record:
    zone = CAPITAL_ZONE.get(country)
    zones = (zone,) if zone else ()
    return Record(**{"country": country, "zones": zones, "attempts": attempts, **parts})  # type: ignore[arg-type]


def local(text: str, country: str = "CO", zone: str = "") -> datetime:
    """`2026-11-25 10:00` on the wall clock of the country's capital."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone or CAPITAL_ZONE[country]))


def tried(text: str, country: str = "CO", **parts: object) -> Attempt:
    return Attempt(**{"at": local(text, country), "channel": "sms", "key": text, **parts})  # type: ignore[arg-type]


def verdict(at: str, country: str = "CO", *attempts: Attempt, rules: Rules = RULES, **parts: object) -> Verdict:
    return judge(say(**parts), person(country, *attempts), rules, local(at, country))


def codes(answer: Verdict) -> set[str]:
    return {reason.code for reason in answer.why}


def cited(answer: Verdict) -> set[str]:
    return {rule for reason in answer.why for rule in reason.rules}


MINUTE = timedelta(minutes=1)
