"""A simulated year of hostile schedules, from a seed: people, what befalls them, and who wants to contact them when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random  # noqa: TID251 - the test's own chance, from a written seed
from typing import Any
from zoneinfo import ZoneInfo

from tests.compliance import oracle_rules

Situation = dict[str, Any]
Place = tuple[str, str, tuple[str, ...]]

START, END = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 4, 30, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))
REMEMBERED = timedelta(days=35)
LONGEST = 30  # entries of a history

# Where people are: jurisdiction, region, and the zones they live in or move between ("" = nobody knows).
PLACES: tuple[Place, ...] = (
    ("CO", "", ("America/Bogota", "America/Bogota", "Europe/Madrid", "")),
    ("CL", "", ("America/Santiago", "Pacific/Easter", "America/Punta_Arenas", "")),
    ("CL", "AP", ("America/Santiago",)),
    ("CL", "NB", ("America/Santiago", "Pacific/Easter")),
    ("MX", "", ("America/Mexico_City", "America/Tijuana", "America/Cancun", "America/Hermosillo", "")),
    ("PE", "", ("America/Lima", "")),
    ("AR", "", ("America/Argentina/Buenos_Aires", "America/Argentina/Ushuaia")),
    ("AR", "B", ("America/Argentina/Buenos_Aires",)),
    ("AR-C", "", ("America/Argentina/Buenos_Aires",)),
    ("ES", "", ("Europe/Madrid", "Atlantic/Canary", "")),
    ("ES", "CN", ("Atlantic/Canary",)),
    ("ES", "CT", ("Europe/Madrid",)),
    ("EC", "", ("America/Guayaquil", "Pacific/Galapagos", "")),
    ("BR-SP", "", ("America/Sao_Paulo",)),
    ("BR", "RJ", ("America/Sao_Paulo",)),
    ("BR-AL", "", ("America/Maceio",)),
    ("BR", "ES", ("America/Sao_Paulo",)),
    ("BR-AM", "", ("America/Manaus", "America/Eirunepe")),
    ("BR", "BA", ("America/Bahia", "America/Noronha")),
    ("US", "", ("America/New_York", "America/Los_Angeles", "America/Phoenix", "Pacific/Honolulu", "")),
    ("US", "IL", ("America/Chicago",)),
    ("US", "MA", ("America/New_York",)),
    ("US-NYC", "", ("America/New_York",)),
    ("GB", "", ("Europe/London", "")),
    ("GB", "SCT", ("Europe/London",)),
    ("strict", "", ("Europe/Madrid", "Asia/Tokyo", "Australia/Lord_Howe")),
    ("ultra", "", ("America/Bogota", "America/Havana")),
    ("UY", "", ("America/Montevideo",)),
    ("", "", ("America/Asuncion", "Asia/Kathmandu")),
)
CHANNELS = ("sms", "whatsapp", "email", "voice", "visit", "letter", "messenger")
USED = (15, 12, 12, 15, 3, 6, 1)
ROLES = ("debtor", "guarantor", "codebtor", "representative", "heir", "spouse", "family", "reference", "beneficiary",
         "employer", "third_party")  # fmt: skip
ARE = (50, 5, 4, 2, 2, 1, 1, 1, 1, 1, 1)
PURPOSES = ("collection", "pre_due_reminder", "requested_information", "fraud_alert", "operation_confirmation",
            "receipt", "agreement_reminder", "legal_notice", "commercial")  # fmt: skip
MEANT = (40, 3, 2, 1, 1, 1, 1, 1, 1)
WISHES = (["mon-fri 09:00-12:00"], ["tue 18:00-20:00", "sat 08:00-13:00"], ["mon-sat 17:00-22:00"])
OURS = ("history", "heard", "answers", "insisted")  # what the ledger and the year know of a person, and nobody asks
EDGES = (-SECOND, timedelta(0), SECOND, MINUTE)
NEAR = (*EDGES, -15 * MINUTE, -15 * MINUTE - SECOND)
HOLIDAYS = ((12, 25), (1, 1), (12, 8), (5, 1), (9, 18), (9, 16), (7, 20), (12, 31), (4, 2), (10, 12), (11, 2), (2, 28))
# What the operator may have settled: for every pack, and for one alone.
FOR_ALL: tuple[dict[str, object], ...] = (
    {}, {}, {}, {"week": "calendar"}, {"pre_due_reminders": "exempt"}, {"assume_contract_consent": False},
)  # fmt: skip
FOR_ONE: dict[str, tuple[dict[str, object], ...]] = {
    "CO": ({"count_attempts": False}, {"weekly_same_channel_cap": 1}, {"exempt_messages_count": False}),
    "CL": ({"failed_calls": "ignore"}, {"spacing": "calendar_days"}),
    "MX": ({"holidays": "ban"}, {"daily_cap": 1}), "PE": ({"daily_cap": 1},), "EC": ({"daily_cap": "per_channel"},),
    "BR": ({"messages_window": "none"}, {"optional_holidays": "allow"}), "GB": ({"weekly_cap": 3},),
    "US": ({"first_party": "exempt"}, {"call_scope": "person"}), "US-NYC": ({"contact_scope": "person"},),
}  # fmt: skip


def live(chance: Random, place: Place, decisions: int, decide: Callable[[Situation], bool]) -> None:
    """One person's year: so many times somebody wants to contact them; what `decide` lets pass is their history."""
    person = _person(chance, place)
    at = START + timedelta(days=chance.randrange(300), seconds=chance.randrange(86400))
    for _ in range(decisions):
        at = _next(chance, person, at)
        if at > END:
            at = START + timedelta(seconds=chance.randrange(86400))
            person |= {"history": [], "heard": None, "holds": []}
        _befall(chance, person, place, at)
        said = _asked(chance, person, at)
        if decide(said) and chance.random() < 0.9:  # the rest was cleared and never sent
            person["history"].append(_made(said, reached=chance.random() < person["answers"]))


def _person(chance: Random, place: Place) -> dict[str, Any]:
    jurisdiction, region, homes = place
    person: dict[str, Any] = {
        "jurisdiction": jurisdiction, "subdivision": region or None, "zones": _zones(chance, homes),
        "role": chance.choices(ROLES, ARE)[0], "address": "a1", "opt_outs": [], "holds": [], "history": [],
        "ownership": chance.choices(("first_party", "assigned", "agency", None), (5, 1, 2, 1))[0],
        "consents": _consents(chance), "heard": None, "options": _options(chance, jurisdiction),
        "registers": chance.choice(((), (), ("rne",))), "days_past_due": chance.choice((None, 30, 30, -3)),
        "answers": chance.choice((0, 0, 0.1, 0.5)),
        "insisted": chance.choice((None, None, "voice", "sms", "email")),
        "address_source": chance.choices(("person", "creditor", "found", "employer"), (9, 3, 1, 1))[0],
    }  # fmt: skip
    if chance.random() < 0.08:
        person |= {"hours": chance.choice(WISHES), "hours_agreed": chance.random() < 0.5}
    if jurisdiction in ("strict", "ultra"):
        person["country"] = chance.choice(("CO", "ES", ""))
    return person


def _zones(chance: Random, homes: tuple[str, ...]) -> list[str]:
    one = chance.choice(homes)
    if not one:
        return []
    return sorted({one, chance.choice(homes) or one}) if chance.random() < 0.2 else [one]


def _consents(chance: Random) -> Any:
    told = [
        {"channel": name, "granted": chance.random() < 0.9, "at": START + timedelta(days=chance.randrange(200))}
        for name in CHANNELS
        if chance.random() < 0.9
    ]
    every = dict.fromkeys(CHANNELS, True)
    return chance.choice((None, every, every, {"sms": True, "voice": True, "email": False}, {"email": False}, told))


def _options(chance: Random, jurisdiction: str) -> dict[str, object] | None:
    settled = dict(chance.choice(FOR_ALL))
    for name in sorted({jurisdiction, jurisdiction[:2]}):
        if name in FOR_ONE and chance.random() < 0.5:
            settled[name.lower()] = chance.choice(FOR_ONE[name])
    return settled or None


def _next(chance: Random, person: dict[str, Any], at: datetime) -> datetime:
    """The next moment that somebody wants to contact the person: in a burst, at an edge, or at any hour."""
    kind, edge = chance.random(), chance.choice(EDGES)
    known = person["zones"] or oracle_rules.ZONES[person["jurisdiction"][:2]]
    here = ZoneInfo(chance.choice(known))
    if kind < 0.2:
        return at + timedelta(seconds=chance.randrange(1, 600))
    if kind < 0.35 and person["history"]:
        return _after(chance, person, at, edge)
    if kind < 0.6:
        hour = chance.choice((0, 7, 8, 9, 12, 14, 15, 18, 19, 20, 21, 22))
        return _local(at + DAY * chance.choice((0, 0, 1, 1, 2)), here, hour, at) + chance.choice(NEAR)
    if kind < 0.62:
        month, day = chance.choice(HOLIDAYS)
        jump = at.replace(month=month, day=day, hour=chance.randrange(24))
        return jump if at < jump < at + DAY * 60 else at + HOUR * 5
    if kind < 0.63:
        return _clock_change(at, here) + HOUR * chance.choice((1, 2, 9)) + edge
    if kind < 0.85:
        by_day = _local(at + DAY * chance.choice((0, 1, 1, 2)), here, chance.randrange(8, 20), at)
        return by_day + MINUTE * chance.randrange(60)
    return at + timedelta(seconds=chance.randrange(1, 4 * 86400))


def _after(chance: Random, person: dict[str, Any], at: datetime, edge: timedelta) -> datetime:
    """To the second at the end of a span that began with a contact, a message or a hold."""
    back = chance.choice(person["history"][-4:])["at"]
    later = [back + span + edge for span in (MINUTE * 15, DAY, DAY * 2, DAY * 7)]
    later += [person["heard"]["at"] + span + edge for span in (MINUTE * 15, DAY, DAY * 7)] if person["heard"] else []
    later += [one["until"] + edge for one in person["holds"] if one["until"]]
    return min((one for one in later if one > at), default=at + HOUR)


def _local(day: datetime, here: ZoneInfo, hour: int, after: datetime) -> datetime:
    found = day.astimezone(here).replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)
    return found if found > after + 16 * MINUTE else found + DAY


def _clock_change(at: datetime, here: ZoneInfo) -> datetime:
    """Near the next change of the clocks, if there is one within three months."""
    for days in range(90):
        if at.astimezone(here).utcoffset() != (at + DAY * days).astimezone(here).utcoffset():
            return at + DAY * days
    return at


def _befall(chance: Random, person: dict[str, Any], place: Place, at: datetime) -> None:
    """What comes between: the person moves, writes, asks to be left alone, disputes, or takes it back."""
    kind = chance.random()
    if kind < 0.02:
        person["zones"] = _zones(chance, place[2])
    elif kind < 0.08:
        ago = chance.choice((SECOND, 15 * MINUTE - SECOND, 15 * MINUTE, DAY - SECOND, DAY, 7 * DAY))
        heard = {"at": at - ago, "channel": chance.choice((*CHANNELS[:4], "messenger"))}
        person["heard"] = heard
        begun = {"purpose": "inbound", "reached": True, "account": chance.choice(("1", None))}
        person["history"] = sorted([*person["history"], heard | begun], key=lambda one: one["at"])
    elif kind < 0.09:
        address = chance.choice(("", "", "a1", "a2"))
        person["opt_outs"] = [{"channel": chance.choice((*CHANNELS, "all")), "address": address}]
    elif kind < 0.10:
        until = chance.choice((at + timedelta(seconds=chance.randrange(10 * 86400)), None))
        kinds, whose = ("dispute", "bereavement", "adviser"), ("", "", "north")
        hold = {"kind": chance.choice(kinds), "since": at - HOUR, "until": until, "creditor": chance.choice(whose)}
        person["holds"] = [hold]
    elif kind < 0.16:
        person["opt_outs"], person["holds"] = [], []


def _asked(chance: Random, person: dict[str, Any], at: datetime) -> Situation:
    said = {name: person[name] for name in person if name not in OURS}
    channel = person["insisted"] if person["insisted"] and chance.random() < 0.8 else chance.choices(CHANNELS, USED)[0]
    said |= {
        "at": at, "channel": channel, "account": chance.choice(("1", "1", "1", "2", "3", None)),
        "creditor": chance.choice(("north", "south")), "free_form": chance.random() < 0.1,
        "history": [one for one in person["history"] if one["at"] > at - REMEMBERED][-LONGEST:],
        "purpose": chance.choices(PURPOSES, MEANT)[0],
        "origin": chance.choices(("bot", "agent", "system"), (6, 2, 1))[0],
        "caller": chance.choices((None, "", "6004005000", "+56221234567"), (8, 1, 3, 1))[0],
    }  # fmt: skip
    if heard := person["heard"]:
        said["inbound"] = [heard]
        if at - heard["at"] < 2 * DAY and chance.random() < 0.6:
            said |= {"reply_to": heard, "channel": chance.choice((heard["channel"], "sms")), "purpose": "reply"}
    return said


def _made(said: Situation, reached: bool) -> dict[str, Any]:
    """What goes into the ledger: whatever became of it, it counts."""
    return {
        "at": said["at"], "channel": said["channel"], "account": said["account"], "zones": said["zones"],
        "reached": reached and said["purpose"] != "reply", "purpose": said["purpose"],
    }  # fmt: skip
