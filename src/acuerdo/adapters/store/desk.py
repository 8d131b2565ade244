"""The desk's rows: agents, work items, and a case as an agent sees it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from datetime import datetime

import msgspec

from acuerdo.adapters.store import book, slots
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring, Shredded, open_
from acuerdo.adapters.store.views import open_person, view_of
from acuerdo.core import facts as f
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import Recorded
from acuerdo.core.words import AcuerdoError, derive

# scrypt's cost: about 60 ms and 16 MB a try, as its authors advise for interactive use.
COST, BLOCK, PARALLEL = 2**14, 8, 1

ITEMS = """
select w.id, w.conversation_id, w.reason, w.priority, w.status, w.opened_at, w.taken_by, w.sealed, p.id as person_id,
       p.wrapped_key, p.sealed as person_sealed, r.name as creditor, c.owner, a.name as taker, p.zones[1] as zone,
       (select slot from desk_slot d where d.conversation_id = w.conversation_id and d.status = 'booked') as slot
from work_item w join person p on p.id = w.person_id join creditor r on r.id = w.creditor_id
join conversation c on c.id = w.conversation_id left join agent a on a.login = w.taken_by
"""


class Agent(msgspec.Struct, frozen=True):
    """Somebody who answers."""

    login: str
    name: str
    role: str


class Item(msgspec.Struct, frozen=True):
    """A work item as the lists show it; `conversation` is what an agent opens, `slot` when we promised to write."""

    id: str
    conversation: str
    first_name: str
    creditor: str
    reason: str
    priority: int
    status: str
    opened_at: datetime
    taken_by: str
    taker: str
    owner: str
    summary: str
    zone: str
    slot: datetime | None


class NoCase(AcuerdoError):
    """There is no such case."""


def hashed(password: str, salt: bytes | None = None) -> str:
    """A password as it is kept: scrypt with its own salt."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=COST, r=BLOCK, p=PARALLEL)
    return f"scrypt${salt.hex()}${key.hex()}"


def matches(password: str, kept: str) -> bool:
    """Whether it is the password, in a time that does not tell."""
    return hmac.compare_digest(hashed(password, bytes.fromhex(kept.split("$")[1])), kept)


class StoredDesk:
    """The desk over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def add_agent(self, login: str, name: str, password: str, role: str, at: datetime) -> None:
        """Adds an agent, or changes the name, password and role of one that exists."""
        await self._pool.execute(
            """insert into agent (login, name, password, role, added_at) values ($1, $2, $3, $4, $5)
               on conflict (login) do update set name = excluded.name, password = excluded.password,
                                                 role = excluded.role""",
            login, name, hashed(password), role, at,
        )  # fmt: skip

    async def agent(self, login: str) -> Agent | None:
        row = await self._pool.fetchrow("select login, name, role from agent where login = $1", login)
        return Agent(*row) if row else None

    async def sign_in(self, login: str, password: str) -> Agent | None:
        """The agent, when the password is theirs; an unknown login takes as long as a wrong password."""
        row = await self._pool.fetchrow("select login, name, role, password from agent where login = $1", login)
        kept = row["password"] if row else hashed("x", b"0" * 16)
        good = await asyncio.to_thread(matches, password, kept)  # it is slow on purpose, and others are talking
        return Agent(row["login"], row["name"], row["role"]) if good and row else None

    async def items(self) -> list[Item]:
        """Every open or taken work item, in the order in which they should be taken."""
        rows = await self._pool.fetch(
            ITEMS + "where w.status <> 'closed' order by w.priority desc, w.opened_at limit 500"
        )
        return [self._item(row) for row in rows]

    async def of_conversation(self, conversation: str) -> list[Item]:
        """The conversation's work items, the most urgent open one first."""
        rows = await self._pool.fetch(
            ITEMS + "where w.conversation_id = $1 order by w.status = 'closed', w.priority desc", conversation
        )
        return [self._item(row) for row in rows]

    def _item(self, row: book.Row) -> Item:
        key = self._keyring.person(row["wrapped_key"], row["person_id"])
        summary = open_(key, row["sealed"], row["id"].encode()) if row["sealed"] else b""
        told = str(summary) if isinstance(summary, Shredded) else summary.decode()
        return Item(
            row["id"], row["conversation_id"], self._first_name(row), row["creditor"], row["reason"], row["priority"],
            row["status"], row["opened_at"], row["taken_by"] or "", row["taker"] or "", row["owner"], told,
            row["zone"], row["slot"],
        )  # fmt: skip

    def _first_name(self, row: book.Row) -> str:
        try:
            person = open_person(self._keyring, row["wrapped_key"], row["person_sealed"], row["person_id"])
        except AcuerdoError:
            return "—"
        return person.name.split()[0].title() if person.name else "—"

    async def view(self, conversation: str, at: datetime) -> View:
        """What is known of the conversation's person now. Raises NoCase."""
        async with self._pool.acquire() as db:
            person = await db.fetchval("select person_id from conversation where id = $1", conversation)
            if person is None:
                raise NoCase("No hay una conversación con ese número")
            try:
                return await view_of(db, self._keyring, person, conversation, at)
            except AcuerdoError:
                raise NoCase("Los datos de esta persona ya se borraron") from None

    async def assign(self, conversation: str, agent: str, at: datetime) -> None:
        """The conversation's open work items are the agent's; what was promised is kept."""
        async with self._pool.acquire() as db:
            await slots.close(db, conversation, "kept")
        await self._pool.execute(
            """update work_item set status = 'taken', taken_by = $2, taken_at = $3
               where conversation_id = $1 and status <> 'closed'""",
            conversation, agent, at,
        )  # fmt: skip

    async def close(self, conversation: str, agent: str, outcome: str, at: datetime) -> None:
        """The conversation's work items are done; each is a fact."""
        async with self._pool.acquire() as db, db.transaction():
            rows = await db.fetch(
                """update work_item set status = 'closed', closed_at = $2, outcome = $3
                   where conversation_id = $1 and status <> 'closed' returning id, creditor_id, person_id""",
                conversation, at, outcome,
            )  # fmt: skip
            facts = [
                Recorded(
                    derive("case_closed", row["id"]), at, f"agent:{agent}", f.CaseClosed(row["id"], outcome),
                    row["creditor_id"], row["person_id"], None, conversation, None, None,
                )
                for row in rows
            ]  # fmt: skip
            await book.record(db, self._keyring, facts)
            await db.execute("select pg_notify('acuerdo_talk', $1)", conversation)
