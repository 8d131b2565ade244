"""The book of facts: written in one statement, with what is personal sealed, and the rows that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import asyncpg

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import SHREDDED_TEXT, Keyring, PersonKey, Shredded, open_
from acuerdo.adapters.store.projections import PROJECTIONS
from acuerdo.core.facts import KINDS, AnyFact, Recorded, kind_of, pack, unpack

Row: TypeAlias = "asyncpg.Record"

INSERT = """
insert into fact (id, at, kind, who, creditor_id, person_id, account_id, conversation_id, campaign_id, cause, shown,
                  sealed)
select * from unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::text[], $9::text[], $10::text[], $11::text[], $12::bytea[])
on conflict (id) do nothing
"""
SELECT = """
select f.id, f.at, f.who, f.creditor_id, f.person_id, f.account_id, f.conversation_id, f.campaign_id, f.cause, f.shown,
       f.sealed, p.wrapped_key
from fact f left join person p on p.id = f.person_id
"""


def sealed_parts(fact: AnyFact, key: PersonKey | None, fact_id: str) -> tuple[str, bytes | None]:
    """The fact as it is stored; what is personal and has nobody's key is not stored at all."""
    shown, personal = pack(fact)
    if personal is None or key is None:
        return shown.decode(), None
    return shown.decode(), key.seal(personal, fact_id.encode())


async def keys_of(connection: Db, keyring: Keyring, people: Iterable[str]) -> dict[str, PersonKey]:
    """The data keys of these people, those forgotten left out."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    rows = await connection.fetch("select id, wrapped_key from person where id = any($1::text[])", wanted)
    found = {row["id"]: keyring.person(row["wrapped_key"], row["id"]) for row in rows}
    return {person: key for person, key in found.items() if key is not None}


async def record(connection: Db, keyring: Keyring, facts: Sequence[Recorded]) -> None:
    """Writes facts, each once by its id, and the rows that follow from them, on the caller's transaction."""
    if not facts:
        return
    keys = await keys_of(connection, keyring, (r.person for r in facts if r.person and r.fact.personal))
    await insert(connection, facts, keys)
    await project(connection, keyring, facts)


async def insert(connection: Db, facts: Iterable[Recorded], keys: Mapping[str, PersonKey]) -> None:
    """Writes facts alone, each once by its id, when the caller has the keys of those with personal fields."""
    columns: list[list[Any]] = [[] for _ in range(12)]
    for r in facts:
        shown, sealed = sealed_parts(r.fact, keys.get(r.person or ""), r.id)
        row = (
            r.id, r.at, kind_of(r.fact), r.who, r.creditor, r.person, r.account, r.conversation, r.campaign, r.cause,
            shown, sealed,
        )  # fmt: skip
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    await connection.execute(INSERT, *columns)


async def project(connection: Db, keyring: Keyring, facts: Iterable[Recorded]) -> None:
    """The rows that follow from facts, in the same transaction."""
    for r in facts:
        rule = PROJECTIONS.get(type(r.fact))
        if rule is not None:
            await rule(connection, keyring, r)


def opened(row: asyncpg.Record, keyring: Keyring) -> Recorded:
    """A stored fact, its personal fields opened; where the person was forgotten they read as fixed tokens."""
    key = keyring.person(row["wrapped_key"], row["person_id"]) if row["person_id"] else None
    fact = restored(row["shown"], row["sealed"], key, row["id"])
    return Recorded(
        row["id"], row["at"], row["who"], fact, row["creditor_id"], row["person_id"], row["account_id"],
        row["conversation_id"], row["campaign_id"], row["cause"],
    )  # fmt: skip


def restored(shown: str, sealed: bytes | None, key: PersonKey | None, fact_id: str) -> AnyFact:
    """The fact from what is stored of it."""
    if sealed is None:
        return unpack(shown, None)
    personal = open_(key, sealed, fact_id.encode())
    if not isinstance(personal, Shredded):
        return unpack(shown, personal)
    return unpack(shown, _tokens(shown))


def _tokens(shown: str) -> bytes:
    """Fixed tokens in the place of what was forgotten, in the shape that the fact's kind asks for."""
    import msgspec

    kind = KINDS[msgspec.json.decode(shown)["kind"]]
    blanks: dict[str, Any] = dict.fromkeys(kind.personal, SHREDDED_TEXT)
    blanks |= {"content": {"text": SHREDDED_TEXT}} if "content" in blanks else {}
    blanks |= {name: {} for name in ("view", "reading", "plan") if name in blanks}
    return msgspec.json.encode(blanks)


async def of_person(connection: Db, keyring: Keyring, person: str) -> list[Recorded]:
    """Everything that happened to a person and to whoever is one with them, in the order it was written."""
    rows = await connection.fetch(SELECT + "where f.person_id in (select people_of($1)) order by f.pos", person)
    return [opened(row, keyring) for row in rows]


async def of_conversation(connection: Db, keyring: Keyring, conversation: str) -> list[Recorded]:
    """Everything that happened in a conversation, in the order it was written."""
    rows = await connection.fetch(SELECT + "where f.conversation_id = $1 order by f.pos", conversation)
    return [opened(row, keyring) for row in rows]
