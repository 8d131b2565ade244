"""Short words for these tests: people of a creditor as a file would bring them, and everything there is, compared."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.likeness import doubts, know, subject_of
from acuerdo.adapters.store.people import StoredPeople
from acuerdo.adapters.store.portfolio import StoredCreditors
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core.portfolio.documents import Document
from acuerdo.core.portfolio.matching import Who
from acuerdo.core.words import derive
from acuerdo.service.creditors import Settings, add_creditor
from acuerdo.service.people import Deed

RING = Keyring([b"k" * 32])
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
PHONE = "+573005550100"
MAIL = "ana@example.com"


def cc(value: str, kind: Any = "cedula") -> Document:
    return Document(kind, value)


def who(name: str = "Ana Ejemplo Ruiz", paper: str = "52345678", **more: Any) -> Who:
    documents = more.pop("documents", (cc(paper),))
    return Who(name, more.pop("country", "CO"), documents, **more)


async def creditor_in(db: asyncpg.Pool, name: str = "Banco Andino") -> str:
    added = await add_creditor(StoredCreditors(db, RING), name, Settings(legal_name=f"{name} S.A."), NOW)
    return added.id


async def person_in(db: asyncpg.Pool, creditor: str, one: Who, *debts: str) -> str:
    """The person, as a file brings them, with these debts of 100.000 each."""
    subject = subject_of(RING, one.country, one.documents[0])
    name = derive("person", creditor, subject)
    first = one.documents[0]
    particulars = Person(
        one.name, first.kind, first.value, one.phones, one.emails, one.address, one.city, one.born, one.documents[1:]
    )
    wrapped = RING.new_key(name)
    key = RING.person(wrapped, name)
    assert key is not None
    sealed = key.seal(msgspec.json.encode(particulars), person_aad(name))
    reachable = ["sms"] * bool(one.phones) + ["email"] * bool(one.emails)
    async with db.acquire() as c, c.transaction():
        await c.execute(
            "insert into subject (id, country) values ($1, $2) on conflict do nothing", subject, one.country
        )
        await c.execute(
            """insert into person (id, creditor_id, subject_id, country, zones, customer_type, reachable, wrapped_key,
                                   sealed, digest) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '')""",
            name, creditor, subject, one.country, ["America/Bogota"], "business" if one.business else "natural",
            reachable, wrapped, sealed,
        )  # fmt: skip
        for debt in debts:
            await c.execute(
                """insert into account (id, creditor_id, person_id, external_id, product, currency, balance,
                                        days_past_due, as_of, digest)
                   values ($1, $2, $3, $4, 'crédito', 'COP', 10000000, 20, $5, '')""",
                derive("account", creditor, debt), creditor, name, debt, date(2026, 11, 20),
            )  # fmt: skip
        await know(c, RING, creditor, [(name, one)], "portfolio", NOW)
    return name


async def compare(db: asyncpg.Pool, creditor: str, *people: str) -> int:
    """What an import does at its end for who is new or changed; how many doubtful pairs there are more."""
    async with db.acquire() as c, c.transaction():
        return await doubts(c, RING, creditor, people, NOW)


async def conversation_in(db: asyncpg.Pool, person: str, name: str = "") -> str:
    name = name or f"talk of {person}"
    await db.execute(
        """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
           select $1, creditor_id, id, 'web', '', '', $3 from person where id = $2""",
        name, person, NOW,
    )  # fmt: skip
    return name


def deed(person: str, why: str = "", at: datetime = NOW) -> Deed:
    return Deed(person, "operator", why, at)


def people_of(db: asyncpg.Pool) -> StoredPeople:
    return StoredPeople(db, RING)


async def owes(db: asyncpg.Pool, person: str) -> list[str]:
    """The debts that a person answers for."""
    return [row[0] for row in await db.fetch("select external_id from account where person_id = $1 order by 1", person)]


async def everything(db: asyncpg.Pool) -> dict[str, list[str]]:
    """Every row of every table but the facts; a conversation that is to look again is as it was."""
    tables = await db.fetch(
        """select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
           where c.relkind = 'r' and n.nspname = 'public' and c.relname not like 'pgqueuer%' order by 1"""
    )
    found = {}
    for (name,) in tables:
        if name != "fact":
            column = "(to_jsonb(t) - 'stale')::text" if name == "conversation" else "to_jsonb(t)::text"
            found[name] = [row[0] for row in await db.fetch(f"select {column} from {name} t order by 1")]
    return found
