"""What came in: kept sealed before it is read, each event once, and who is behind an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from acuerdo.adapters.store import jobs, settling
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.service.channels import Arrival, Event, Receipt
from acuerdo.service.outbound import Writer

KEEP = """
insert into inbox (channel, body_hash, raw, received_at) values ($1, $2, $3, $4) on conflict do nothing
returning channel
"""
DONE = """
insert into inbox_event (channel, kind, provider_id, status, at) values ($1, $2, $3, $4, $5) on conflict do nothing
"""
NEW = """
insert into inbox_event (channel, kind, provider_id, status, at)
select $1, *, $5 from unnest($2::text[], $3::text[], $4::text[]) as e (kind, provider_id, status) order by 3, 4
on conflict do nothing returning provider_id, status
"""
READ = """
update inbox set status = 'parsed', raw = coalesce($3, raw), person_id = $4 where channel = $1 and body_hash = $2
"""
WRITERS = """
select distinct on (person_id) person_id, campaign_id, conversation_id from link
where channel = $1 and address_hash = $2 order by person_id, issued_at desc
"""


def raw_aad(channel: str, digest: bytes) -> bytes:
    """Where a sealed payload belongs."""
    return b"inbox:" + channel.encode() + b":" + digest


class StoredInbox:
    """The inbox over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def keep(self, channel: str, digest: bytes, raw: bytes, at: datetime) -> bool:
        """Keeps a payload as it came and makes the job that reads it; False where it was kept already."""
        sealed = self._keyring.inbox.seal(raw, raw_aad(channel, digest))
        async with self._pool.acquire() as db, db.transaction():
            new = await db.fetchval(KEEP, channel, digest, sealed, at)
            if new is not None:
                await jobs.enqueue(db, jobs.READ, [f"{channel}|{digest.hex()}"])
        return new is not None

    async def refuse(self, channel: str, digest: bytes, source: str, at: datetime) -> None:
        """Of a payload whose signature does not hold only this is kept."""
        await self._pool.execute(
            "insert into inbox_refused (channel, source, body_hash, at) values ($1, $2, $3, $4)",
            channel, source, digest, at,
        )  # fmt: skip

    async def arrived(self, channel: str, digest: bytes) -> Arrival | None:
        """A payload that waits to be read; None when it was."""
        row = await self._pool.fetchrow(
            "select raw, received_at from inbox where channel = $1 and body_hash = $2 and status = 'kept'",
            channel, digest,
        )  # fmt: skip
        if row is None:
            return None
        raw = self._keyring.inbox.open(row["raw"], raw_aad(channel, digest))
        return Arrival(channel, digest, row["received_at"], raw)

    async def read(self, arrival: Arrival, person: str | None) -> None:
        """It was read to the end; one person's is sealed anew under their key, to be forgotten with it."""
        own = await self._own(arrival, person) if person else None
        await self._pool.execute(READ, arrival.channel, arrival.digest, own, person if own else None)

    async def _own(self, arrival: Arrival, person: str) -> bytes | None:
        wrapped = await self._pool.fetchval("select wrapped_key from person where id = $1", person)
        key = self._keyring.person(wrapped, person)
        return key.seal(arrival.raw, raw_aad(arrival.channel, arrival.digest)) if key else None

    async def unreadable(self, arrival: Arrival, error: str) -> None:
        """Its shape is not known; it stays as it came, for a person to look at."""
        await self._pool.execute(
            "update inbox set status = 'unreadable', error = $3 where channel = $1 and body_hash = $2",
            arrival.channel, arrival.digest, error[:500],
        )  # fmt: skip


class StoredEvents:
    """What the payloads told, over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def seen(self, channel: str, event: Event) -> bool:
        """Whether this event was dealt with before."""
        found = await self._pool.fetchval(
            """select true from inbox_event
               where channel = $1 and kind = $2 and provider_id = $3 and status = $4""",
            channel, event.kind, event.id, event.status,
        )  # fmt: skip
        return bool(found)

    async def done(self, channel: str, event: Event, at: datetime) -> None:
        """The event was dealt with; what it caused is already committed, under keys that bear repeating."""
        await self._pool.execute(DONE, channel, event.kind, event.id, event.status, at)

    async def receipts(self, channel: str, receipts: Sequence[Receipt], at: datetime) -> None:
        """What the provider says became of messages, each once, in its order."""
        if not receipts:
            return
        named = [(told.kind, told.id, told.status) for told in receipts]
        async with self._pool.acquire() as db, db.transaction():
            rows = await db.fetch(NEW, channel, *(list(column) for column in zip(*named, strict=True)), at)
            new = {(row["provider_id"], row["status"]): True for row in rows}
            told = [receipt for receipt in receipts if new.pop((receipt.id, receipt.status), False)]
            await settling.hear(db, self._keyring, channel, told, at)

    async def writers(self, channel: str, address: str) -> tuple[str, list[Writer]]:
        """The address' hash, and the people we ever sent a link to it, each with their latest."""
        hashed = self._keyring.address_hash(channel, address)
        return hashed, [Writer(*row) for row in await self._pool.fetch(WRITERS, channel, hashed)]

    async def answered(self, person: str, channel: str, since: datetime) -> int:
        """How many answers went to a person on a channel since a moment."""
        found = await self._pool.fetchval(
            """select count(*) from outbox
               where person_id = $1 and channel = $2 and purpose = 'reply' and created_at >= $3""",
            person, channel, since,
        )  # fmt: skip
        return int(found)
