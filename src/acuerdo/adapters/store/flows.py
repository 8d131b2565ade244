"""Published flows in PostgreSQL: the files as artefacts, the versions in order, and who talks on which."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime

import msgspec

from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring, Shredded, open_
from acuerdo.adapters.store.talks import state_aad
from acuerdo.core.dialogue.state import State
from acuerdo.service.publishing import Edition, Live, NoFlows, Version
from acuerdo.service.resources import flows_as_bytes

_states: msgspec.json.Decoder[State] = msgspec.json.Decoder(State)

VERSIONS = """
select v.n, v.at, v.who, v.own, v.note, v.digest, v.creditors::text as creditors,
       (select count(*) from conversation c
        where c.status = 'open' and (c.flows = v.digest or c.flows in (select value from jsonb_each_text(v.creditors))))
         as conversations
from flow_version v order by v.n
"""
LIVE = """
select c.id, c.creditor_id, c.flows, c.state, c.person_id, p.wrapped_key
from conversation c join person p on p.id = c.person_id
where c.status = 'open' and c.id > $1 and length(c.state) > 0
  and c.flows <> coalesce($2::jsonb ->> c.creditor_id, $3)
order by c.id limit 500
"""


class StoredFlows:
    """The flows that were published, over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def current(self, creditor: str) -> str:
        """The digest of the flows on which a creditor's new conversation begins; empty where none was published."""
        found = await self._pool.fetchval(
            "select coalesce(creditors ->> $1, digest) from flow_version order by n desc limit 1", creditor
        )
        return str(found or "")

    async def publish(self, edition: Edition, who: str, own: bool, note: str, at: datetime) -> int:
        """The number under which these flows are the newest from here on; the same twice running is one version."""
        creditors = msgspec.json.encode(edition.digests).decode()
        async with self._pool.acquire() as db, db.transaction():
            # Two processes that start at once publish one after the other.
            await db.execute("lock table flow_version in share row exclusive mode")
            newest = await db.fetchrow("select n, digest, creditors = $1::jsonb as same from flow_version "
                                       "order by n desc limit 1", creditors)  # fmt: skip
            if newest is not None and newest["same"] and newest["digest"] == edition.book.digest:
                return int(newest["n"])
            for book in (edition.book, *edition.creditors.values()):
                await db.execute(
                    """insert into artefact (hash, kind, name, body, at) values ($1, 'flows', $2, $3, $4)
                       on conflict (hash) do nothing""",
                    book.digest, "own" if own else "shipped", flows_as_bytes(book), at,
                )  # fmt: skip
            number = await db.fetchval(
                """insert into flow_version (at, who, own, note, digest, creditors)
                   values ($1, $2, $3, $4, $5, $6::jsonb) returning n""",
                at, who, own, note, edition.book.digest, creditors,
            )  # fmt: skip
            return int(number)

    async def versions(self) -> list[Version]:
        """Every version, the oldest first, with how many open conversations go on its flows."""
        return [
            Version(
                row["n"], row["at"], row["who"], row["own"], row["note"], row["digest"],
                msgspec.json.decode(row["creditors"], type=dict[str, str]), row["conversations"],
            )
            for row in await self._pool.fetch(VERSIONS)
        ]  # fmt: skip

    async def artefact(self, digest: str) -> bytes:
        """The files of a digest. Raises NoFlows."""
        body = await self._pool.fetchval("select body from artefact where hash = $1", digest)
        if body is None:
            raise NoFlows(f"there are no flows {digest}")
        return bytes(body)

    async def had(self, most: int) -> AsyncIterator[str]:
        """The ids of the conversations begun last, of those that are not forgotten."""
        rows = await self._pool.fetch(
            """select c.id from conversation c join person p on p.id = c.person_id
               where length(c.state) > 0 and p.wrapped_key is not null order by c.started_at desc, c.id limit $1""",
            most,
        )
        for row in rows:
            yield row["id"]

    async def live(self, edition: Edition) -> AsyncIterator[Live]:
        """The open conversations on other flows than this edition has for their creditor; nobody who was forgotten."""
        last, creditors = "", msgspec.json.encode(edition.digests).decode()
        while rows := await self._pool.fetch(LIVE, last, creditors, edition.book.digest):
            for row in rows:
                key = self._keyring.person(row["wrapped_key"], row["person_id"])
                raw = open_(key, row["state"], state_aad(row["id"]))
                if not isinstance(raw, Shredded):
                    yield Live(row["id"], row["creditor_id"], row["flows"], _states.decode(raw))
            last = rows[-1]["id"]
