"""Scripted conversations run through the real corridor in a scratch database: import, segment, link, chat, timers."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
import secrets
import string
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store import timers
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.links import StoredLinks, issue
from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.adapters.store.scratch import scratch
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.server import Database
from acuerdo.adapters.store.talks import StoredTalks
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded, kind_of
from acuerdo.core.portfolio.reading import open_file
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError
from acuerdo.service.creditors import Creditor, add_creditor
from acuerdo.service.creditors import Settings as CreditorSettings
from acuerdo.service.importing import import_day, import_portfolio
from acuerdo.service.law import load_rules
from acuerdo.service.resources import language_model, shipped_flows
from acuerdo.service.segmenting import segment_accounts
from acuerdo.service.settings import Settings
from acuerdo.service.talking import House, hear, start, tell
from acuerdo.testing.outcomes import ALWAYS, Scenario, matches, outcomes, seen, story

BETWEEN_TURNS = timedelta(seconds=20)
ON_WEB = "run on the web chat: channel {} is not built yet"
# A telephone of each country, so that the person can be reached; nothing is ever sent to it from a scratch database.
PHONES = {
    "CO": "3005550100", "MX": "5555550100", "CL": "955550100", "PE": "955550100", "AR": "1155550100", "ES": "655550100",
}  # fmt: skip
SEGMENTS = """
[[segments]]
name = "late"
title = "Más de 60 días"
when.dpd = {{ min = 61 }}
strategy = {{ channels = ["sms"], flow = "identidad", handler = "person", invite = true, stage = "late" }}
authority = {{ {authority} }}

[[segments]]
name = "all"
title = "Hasta 60 días"
when.dpd = {{ max = 60 }}
strategy = {{ channels = ["sms"], flow = "identidad", handler = "bot", invite = true, stage = "early" }}
authority = {{ {authority} }}

[[segments]]
name = "rest"
title = "Los demás"
strategy = {{ channels = ["sms"], flow = "identidad", handler = "person", invite = true, stage = "late" }}
"""


class BadScenario(AcuerdoError):
    """A line of a scenario file cannot be run; the text says which line, and why."""


class Stage(msgspec.Struct, frozen=True):
    """What every scenario of a run is played on: one scratch database, with what a turn needs."""

    pool: Pool
    keyring: Keyring
    house: House


@asynccontextmanager
async def stage(url: str) -> AsyncIterator[Stage]:
    """A stage in a scratch database on the server of `url`; the database is dropped at the end."""
    keyring = Keyring((secrets.token_bytes(32),))
    async with scratch(url) as own, asyncpg.create_pool(own, min_size=1, max_size=4) as pool:
        # Nothing here outlives the run, so nothing waits for the disk.
        talks = StoredTalks(pool, keyring)
        yield Stage(pool, keyring, House(talks, shipped_flows(), language_model(), load_rules))


def run_file(path: Path, settings: Settings | None = None) -> Iterator[dict[str, Any]]:
    """Plays every line of a file of scenarios and yields what came of each, as it ends. Raises BadScenario."""
    lines = list(read_scenarios(path))
    with Database.open(settings or Settings()) as opened, asyncio.Runner() as runner:
        told = converse(lines, opened.url)
        try:
            while (one := runner.run(_next(told))) is not None:
                yield one
        finally:
            runner.run(told.aclose())  # type: ignore[attr-defined]


async def _next(told: AsyncIterator[dict[str, Any]]) -> dict[str, Any] | None:
    return await anext(told, None)


def read_scenarios(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file of scenarios; empty ones and comments (//) are left out. Raises BadScenario."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("//"):
            continue
        try:
            raw = json.loads(line)
            script(raw)
        except (ValueError, msgspec.ValidationError) as error:
            raise BadScenario(f"{path}:{number}: {error}") from error
        yield raw


def script(raw: Mapping[str, Any]) -> Scenario:
    """The scenario without what is expected of it. Raises msgspec.ValidationError."""
    kept = {key: value for key, value in raw.items() if key not in ("must", "must_not")}
    return msgspec.convert(kept, Scenario, strict=False)


async def converse(scenarios: Iterable[dict[str, Any]], url: str) -> AsyncIterator[dict[str, Any]]:
    """Plays scenarios one after another in a scratch database on the server of `url`; what came of each.

    What is expected of a scenario is read only after it ended. Raises BadScenario for a debtor that cannot be imported.
    """
    async with stage(url) as on:
        for number, raw in enumerate(scenarios):
            scenario = script(raw)
            facts, planned = await play(on, scenario, number)
            yield told(raw, scenario, facts, planned)


def told(raw: Mapping[str, Any], scenario: Scenario, facts: list[Recorded], planned: list[datetime]) -> dict[str, Any]:
    """What came of a conversation that ended, judged by what was expected of it, where that is known."""
    found = outcomes(story(scenario, ((r.at, r.fact) for r in facts), planned))
    return {
        "id": scenario.id,
        "outcomes": found,
        **judged(raw, found),
        "transcript": transcript(scenario, facts),
        "facts": [{"at": _iso(r.at, scenario), "kind": kind_of(r.fact), "data": _data(r)} for r in facts],
        **({"note": ON_WEB.format(scenario.channel)} if scenario.channel != "web" else {}),
    }


def judged(raw: Mapping[str, Any], found: list[str]) -> dict[str, Any]:
    """`passed` is null when nothing is expected of the scenario."""
    must, must_not = raw.get("must"), raw.get("must_not")
    failed = [word for word in must or () if not matches(word, found)]
    broken = [word for word in must_not or () if matches(word, found)]
    always = [word for word in ALWAYS if matches(word, found)]
    passed = None if must is None and must_not is None else not (failed or broken or always)
    return {"passed": passed, "must_failed": failed, "must_not_broken": broken, "always_broken": always}


def transcript(scenario: Scenario, facts: list[Recorded]) -> list[dict[str, Any]]:
    """Who wrote what, and when; `turn` is the person's message it came with, -1 before the first."""
    out: list[dict[str, Any]] = []
    turn = -1
    for r in facts:
        match r.fact:
            case f.Heard(text=text):
                turn += 1
                who, words = "debtor", text
            case f.Said(content=content, origin=origin):
                who, words = origin, seen(content)
            case _:
                continue
        out.append({"turn": turn, "at": _iso(r.at, scenario), "channel": "web", "who": who, "text": words})
    return out


def _iso(at: datetime, scenario: Scenario) -> str:
    return at.astimezone(ZoneInfo(CAPITAL_ZONE[scenario.country])).isoformat()


def _data(r: Recorded) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(r.fact))
    data.pop("kind", None)
    return data


async def play(on: Stage, scenario: Scenario, number: int) -> tuple[list[Recorded], list[datetime]]:
    """One scenario from the file that brings the debt to the last turn; its facts, and the contacts still planned."""
    at = scenario.reference.replace(tzinfo=ZoneInfo(CAPITAL_ZONE[scenario.country])).astimezone(UTC)
    conversation = await invited(on, scenario, f"Casa Ejemplo {letters(number)}", at)
    for turn, text in enumerate(scenario.turns):
        at += span(scenario.gaps[str(turn)]) if str(turn) in scenario.gaps else BETWEEN_TURNS
        await ring(on, conversation, at)
        await hear(on.house, conversation, str(turn), text, "", at)
    return await on.house.talks.facts(conversation), await _planned(on, conversation)


async def invited(on: Stage, scenario: Scenario, name: str, at: datetime) -> str:
    """The debt comes in by a file, gets its segment, and the person a private link, which they open."""
    before = at - timedelta(hours=1)
    creditors = StoredCreditors(on.pool, on.keyring)
    creditor = await add_creditor(creditors, name, CreditorSettings(f"{name} S.A.", phone="601 555 0100"), before)
    await _import(on, scenario, creditor, before)
    policy = scenario.debtor.policy
    text = SEGMENTS.format(
        authority=f"max_installments = {policy.max_installments}, "
        f"max_discount_pct = {min(policy.max_discount_pct, 99)}, min_down_pct = {policy.min_down_pct}, "
        f"longest_first_payment_days = {policy.longest_first_payment_days}"
    )
    await segment_accounts(StoredSegments(on.pool), creditor, text, before)
    person = await on.pool.fetchval("select id from person where creditor_id = $1", creditor.id)
    async with on.pool.acquire() as db, db.transaction():
        token, _ = await issue(
            db, on.keyring, creditor=creditor.id, person=person, channel="sms",
            address_hash=on.keyring.address_hash("sms", PHONES[scenario.country]), at=before, days=15,
        )  # fmt: skip
    links = StoredLinks(on.pool, on.keyring)
    link = await links.find(token)
    if link is None:
        raise BadScenario(f"{scenario.id}: its link was not kept")
    await links.opened(link, at)
    return await start(on.house, link, at)


async def _import(on: Stage, scenario: Scenario, creditor: Creditor, at: datetime) -> None:
    data = portfolio(scenario)
    store = StoredPortfolio(on.pool, on.keyring)
    opened = open_file(data, None, scenario.country, import_day(scenario.country, at))
    report = await import_portfolio(store, creditor, opened, "scenario.csv", at)
    if report.added != 1:
        why = (report.set_aside_file or b"").decode("utf-8", "replace")
        raise BadScenario(f"{scenario.id}: its debtor cannot be imported: {why}")


def portfolio(scenario: Scenario) -> bytes:
    """The scenario's debtor as a file in the canonical form."""
    debtor, day = scenario.debtor, scenario.reference.date()
    row = {
        "external_id": "OBL-001042",
        "name": debtor.name,
        "document": debtor.document.value,
        "document_type": debtor.document.type,
        "phone": PHONES[scenario.country],
        "email": debtor.email,
        "product": debtor.product,
        "balance": debtor.owed.plain(),
        "currency": debtor.currency,
        "due_date": (day - timedelta(days=debtor.days_past_due)).isoformat(),
        "days_past_due": str(debtor.days_past_due),
        "as_of": day.isoformat(),
    }
    out = io.StringIO()
    writer = csv.DictWriter(out, row)
    writer.writeheader()
    writer.writerow(row)
    return out.getvalue().encode()


async def ring(on: Stage, conversation: str, at: datetime) -> None:
    """The timers that fell due before `at`, each at its own moment."""
    rows = await on.pool.fetch(
        """select key, name, due from timer where conversation_id = $1 and fired_at is null and due <= $2
           order by due""",
        conversation, at,
    )  # fmt: skip
    for row in rows:
        event = f.TimerRang(row["name"], row["key"])
        await tell(on.house, conversation, event, "system", row["due"], key=f"{row['key']}:{row['due']}")
        await timers.heard(on.pool, row["key"], row["due"])


async def _planned(on: Stage, conversation: str) -> list[datetime]:
    rows = await on.pool.fetch(
        "select due from timer where conversation_id = $1 and fired_at is null order by due", conversation
    )
    return [row["due"] for row in rows]


_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")


def span(text: str) -> timedelta:
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds. Raises BadScenario."""
    match = _SPAN.fullmatch(text)
    if not match or not any(match.groups()):
        raise BadScenario(f"{text!r} is no duration; write it like P1D, PT2H or PT90S")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def letters(number: int) -> str:
    """A, B, … Z, AA: a creditor's name holds no figure that could be taken for an amount."""
    name = ""
    number += 1
    while number:
        number, digit = divmod(number - 1, 26)
        name = string.ascii_uppercase[digit] + name
    return name
