"""A server with durable commits, a scratch database, and people in the middle of a negotiation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from acuerdo.adapters.store import links
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.server import Database, scratch
from acuerdo.adapters.store.talks import StoredTalks
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.app import open_pool
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, Country, derive
from acuerdo.service import creditors, talking
from acuerdo.service.law import load_rules
from acuerdo.service.resources import flows_as_bytes, language_model, shipped_flows
from acuerdo.service.settings import Settings

COUNTRIES: tuple[Country, ...] = ("CO", "MX", "CL", "PE", "AR", "ES")
CREDITOR = derive("creditor", "banco de las cifras")
DAYS_LATE = 35
AUTHORITY = Authority(max_installments=12, longest_first_payment_days=45, longest_promise_days=30)
# What one debt amounts to, in minor units.
BALANCE = {"CO": 240_000_000, "MX": 1_200_000, "CL": 600_000, "PE": 250_000, "AR": 80_000_000, "ES": 90_000}


class NotDurable(Exception):
    """The server does not wait for its disk: the figures would say nothing."""


class Ground(NamedTuple):
    """Where a benchmark stands: the server, a scratch database's url, the settings, and the house on it."""

    settings: Settings
    url: str
    pool: Pool
    keyring: Keyring
    house: talking.House
    server: Database


class Talk(NamedTuple):
    """One conversation of an identified person, and the token of the link that opens it."""

    id: str
    person: str
    token: str


def now() -> datetime:
    """The machine's time: a benchmark's clock is the real one."""
    return datetime.now(UTC)  # noqa: TID251 - the benchmark is its own shell


@contextmanager
def served(folder: Path) -> Iterator[tuple[Settings, Database]]:
    """A PostgreSQL server whose data are in `folder`, or the one that ACUERDO_DATABASE_URL names."""
    settings = Settings(data_dir=folder, base_url="http://127.0.0.1:8000")
    with Database.open(settings) as server:
        yield settings, server


@asynccontextmanager
async def ground(settings: Settings, server: Database) -> AsyncIterator[Ground]:
    """A scratch database with the whole schema and one creditor. Raises NotDurable."""
    async with scratch(server.url) as url, open_pool(settings, url) as pool:
        await durable(pool)
        keyring = Keyring.of(settings)
        house = talking.House(StoredTalks(pool, keyring), shipped_flows(), language_model(), load_rules)
        await _begin(pool, house)
        yield Ground(settings, url, pool, keyring, house, server)


async def durable(pool: Pool) -> dict[str, str]:
    """The settings that make a commit durable. Raises NotDurable where one is off."""
    found = {name: str(await pool.fetchval(f"show {name}")) for name in ("fsync", "synchronous_commit")}
    if "off" in found.values():
        raise NotDurable(f"{found}: both have to be on")
    return found


async def _begin(pool: Pool, house: talking.House) -> None:
    settings = creditors.Settings("Banco de las Cifras S. A.", phone="+576015550100", link_days=30)
    await pool.execute(
        "insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4)",
        CREDITOR, "Banco de las Cifras", msgspec.json.encode(settings).decode(), now(),
    )  # fmt: skip
    await pool.execute(
        "insert into artefact (hash, kind, name, body, at) values ($1, 'flows', 'shipped', $2, $3)",
        house.book.digest, flows_as_bytes(house.book), now(),
    )  # fmt: skip


async def people(on: Ground, many: int, *, accounts: int = 1) -> list[str]:
    """People with `accounts` debts each, five weeks late, written straight to the tables; their ids."""
    made = [_person(on.keyring, n) for n in range(many)]
    debts = [debt for n in range(many) for debt in _accounts(n, made[n]["id"], accounts)]
    async with on.pool.acquire() as db, db.transaction():
        await db.executemany(
            "insert into subject (id, country) values ($1, $2)", [(p["subject_id"], p["country"]) for p in made]
        )
        await _copy(db, "person", made)
        await _copy(db, "account", debts)
        await _place(db, debts)
    return [p["id"] for p in made]


async def _place(db: Any, debts: list[dict[str, Any]]) -> None:
    """These debts in one segment, with what may be conceded there."""
    file = "benchmark segments"
    await db.execute(
        "insert into artefact (hash, kind, name, body, at) values ($1, 'segments', '', '', $2) on conflict do nothing",
        file, now(),
    )  # fmt: skip
    terms = {
        currency: await db.fetchval(
            """insert into segment_terms (file, segment, currency, handler, authority)
               values ($1, 'cifras', $2, 'bot', $3)
               on conflict (file, segment, currency) do update set handler = 'bot' returning id""",
            file, currency, msgspec.json.encode(AUTHORITY).decode(),
        )
        for currency in sorted({debt["currency"] for debt in debts})
    }  # fmt: skip
    placed = [{"account_id": debt["id"], "terms": terms[debt["currency"]], "rank": 0.0} for debt in debts]
    await _copy(db, "account_segment", placed)


def _person(keyring: Keyring, n: int) -> dict[str, Any]:
    name, country = derive("bench", "person", str(n)), COUNTRIES[n % len(COUNTRIES)]
    who = Person(f"Persona Número {n}", "id", document(n), (f"+57300{n:07d}",), (f"persona{n}@correo.invalid",))
    wrapped = keyring.new_key(name)
    key = keyring.person(wrapped, name)
    assert key is not None
    return {
        "id": name,
        "creditor_id": CREDITOR,
        "subject_id": derive("bench", "subject", str(n)),
        "country": country,
        "zones": [CAPITAL_ZONE[country]],
        "reachable": ["sms"],
        "wrapped_key": wrapped,
        "sealed": key.seal(msgspec.json.encode(who), person_aad(name)),
        "digest": name.encode(),
    }


def document(n: int) -> str:
    """The document of the person of that number."""
    return str(10_203_040 + n * 37)


def _accounts(n: int, person: str, many: int) -> Iterator[dict[str, Any]]:
    country, today = COUNTRIES[n % len(COUNTRIES)], now().date()
    for i in range(many):
        balance = BALANCE[country] + n * 1_300
        yield {
            "id": derive(person, "account", str(i)),
            "creditor_id": CREDITOR,
            "person_id": person,
            "external_id": f"C-{n:06d}-{i}",
            "product": "credit_card",
            "currency": CURRENCY_OF[country],
            "balance": balance,
            "principal": balance * 9 // 10,
            "interest": balance - balance * 9 // 10,
            "due_date": today - timedelta(days=DAYS_LATE),
            "days_past_due": DAYS_LATE,
            "as_of": today,
            "digest": b"bench",
        }


async def _copy(db: Any, table: str, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    await db.copy_records_to_table(table, records=[tuple(r[c] for c in columns) for r in rows], columns=columns)


async def talks(on: Ground, persons: list[str]) -> list[Talk]:
    """A conversation for each, opened by its link, identified, and asking for instalments, as people do it."""
    return [await _talk(on, n, person) for n, person in enumerate(persons)]


async def _talk(on: Ground, n: int, person: str) -> Talk:
    at = now()
    async with on.pool.acquire() as db, db.transaction():
        token, _ = await links.issue(
            db, on.keyring, creditor=CREDITOR, person=person, channel="sms", address_hash="bench", at=at, days=30
        )
    link = await links.StoredLinks(on.pool, on.keyring).find(token)
    assert link is not None
    conversation = await talking.start(on.house, link, at)
    await talking.hear(on.house, conversation, "who", document(n)[-4:], "", at)
    await talking.hear(on.house, conversation, "ask", "quiero pagar en cuotas", "", at)
    if not await on.pool.fetchval("select identified from conversation where id = $1", conversation):
        raise AssertionError(f"conversation {conversation} should be identified by now")
    return Talk(conversation, person, token)
