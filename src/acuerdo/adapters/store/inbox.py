"""What came in: kept sealed before it is read, each event once, and who is behind an address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import asyncpg
import msgspec

from acuerdo.adapters.store import jobs, settling
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.reachability import count
from acuerdo.service.channels import Arrival, Event, Inbound, Notice, Receipt, Traits
from acuerdo.service.outbound import Read, Unread, Writer
from acuerdo.service.together import Together

KEEP = """
insert into inbox (channel, body_hash, raw, received_at)
select channel, body_hash, raw, at from unnest($1::text[], $2::bytea[], $3::bytea[], $4::timestamptz[])
  as k (channel, body_hash, raw, at) order by 1, 2
on conflict do nothing returning channel, body_hash
"""
DONE = """
insert into inbox_event (channel, kind, provider_id, status, at) values ($1, $2, $3, $4, $5) on conflict do nothing
returning true
"""
NEW = """
insert into inbox_event (channel, kind, provider_id, status, at)
select distinct on (kind, provider_id, status) $1, kind, provider_id, status, at
from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) as e (kind, provider_id, status, at)
order by kind, provider_id, status, at
on conflict do nothing returning provider_id, status
"""
MOST_REFUSED = 100_000  # posts that nobody signed and are still told of, the newest
REFUSE = """
with told as (insert into inbox_refused (channel, source, body_hash, at) values ($1, $2, $3, $4) returning id)
delete from inbox_refused where id <= (select id from told) - $5
"""
READ = """
update inbox i set status = r.status, raw = coalesce(r.raw, i.raw), person_id = r.person, error = r.why, note = r.note
from unnest($1::text[], $2::bytea[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[])
  as r (channel, body_hash, status, raw, person, why, note)
where i.channel = r.channel and i.body_hash = r.body_hash
"""
# Whose an address is: we sent them a link there, they wrote from it, or the file says so; of one person the latest.
WRITERS = """
with hits as (
  select person_id, campaign_id, conversation_id, issued_at as at
  from link where channel = $1 and address_hash = any($2::text[])
  union all
  select person_id, null, null, last_at from channel_user where channel = $1 and address_hash = any($2::text[])
  union all
  select person_id, null, null, null from contact_point
  where address_hash = any($3::text[]) and quality <> 'bad' and source in ('portfolio', 'debtor', 'agent')
)
select distinct on (coalesce(p.root_id, p.id)) p.id, h.campaign_id, h.conversation_id,
       coalesce(s.merged_into, s.id) as subject, h.at, c.settings ->> 'senders' as senders
from hits h join person p on p.id = h.person_id join subject s on s.id = p.subject_id
join creditor c on c.id = p.creditor_id
where p.wrapped_key is not null
order by coalesce(p.root_id, p.id), h.at desc nulls last
"""
MET = """
insert into channel_user (channel, address_hash, person_id, sealed, phone_hash, first_at, last_at)
values ($1, $2, $3, $4, $5, $6, $6)
on conflict (channel, address_hash, person_id) do update set last_at = $6,
  phone_hash = coalesce(nullif(excluded.phone_hash, ''), channel_user.phone_hash)
"""
UNREAD = """
select channel, encode(body_hash, 'hex'), received_at,
       case status when 'parsed' then 'stranger' when 'kept' then 'aside' else status end,
       case when error = '' then note else error end
from inbox where (status in ('unreadable', 'odd') or note <> '' or (status = 'kept' and error <> ''))
  and ($1::text is null or channel = $1)
order by received_at limit 1000
"""
AGAIN = """
update inbox set status = 'kept', error = '', note = ''
where (status in ('unreadable', 'odd') or note <> '' or (status = 'kept' and error <> ''))
  and ($1::text is null or channel = $1)
returning channel, body_hash
"""
MOST = 64  # payloads of one transaction, and of one job


def raw_aad(channel: str, digest: bytes) -> bytes:
    """Where a sealed payload belongs."""
    return b"inbox:" + channel.encode() + b":" + digest


def user_aad(channel: str, address_hash: str) -> bytes:
    """Where a sealed id of a channel's own belongs."""
    return f"user:{channel}:{address_hash}".encode()


async def refuse(db: Pool, channel: str, source: str, digest: bytes, at: datetime) -> None:
    """Notes that somebody posted what nobody signed, and none of its words; who does so for ever fills nothing."""
    await db.execute(REFUSE, channel, source, digest, at, MOST_REFUSED)


class StoredInbox:
    """The inbox over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring
        self._keeping: Together[tuple[str, bytes, bytes, datetime], bool] = Together(self._keep, MOST)

    async def keep(self, channel: str, digest: bytes, raw: bytes, at: datetime) -> bool:
        """Keeps a payload as it came and makes the job that reads it; False where it was kept already.

        It is on the disk when this returns. Those that come in the same moment are kept in one commit, and read by one
        job.
        """
        return await self._keeping((channel, digest, raw, at))

    async def _keep(self, many: Sequence[tuple[str, bytes, bytes, datetime]]) -> list[bool]:
        first = {(channel, digest): n for n, (channel, digest, _, _) in reversed(list(enumerate(many)))}
        seal = self._keyring.inbox.seal
        rows = [(c, d, seal(raw, raw_aad(c, d)), at) for c, d, raw, at in (many[n] for n in first.values())]
        async with self._pool.acquire() as db, db.transaction():
            kept = await db.fetch(KEEP, *(list(column) for column in zip(*rows, strict=True)))
            new = {(row["channel"], row["body_hash"]) for row in kept}
            await jobs.enqueue(db, jobs.READ, _packed(new))
        return [(c, d) in new and first[c, d] == n for n, (c, d, _, _) in enumerate(many)]

    async def refuse(self, channel: str, digest: bytes, source: str, at: datetime) -> None:
        """Of a payload whose signature does not hold only this is kept."""
        await refuse(self._pool, channel, source, digest, at)

    async def arrived(self, channel: str, digests: Sequence[bytes]) -> list[Arrival]:
        """Those of these payloads that wait to be read, in the order in which they came."""
        rows = await self._pool.fetch(
            """select body_hash, raw, received_at from inbox
               where channel = $1 and body_hash = any($2::bytea[]) and status = 'kept' order by received_at""",
            channel, list(digests),
        )  # fmt: skip
        of, opened = self._keyring, []
        for digest, sealed, at in rows:
            opened.append(Arrival(channel, digest, at, of.inbox.open(sealed, raw_aad(channel, digest))))
        return opened

    async def read(self, read: Sequence[Read]) -> None:
        """They were read; one person's is sealed anew under their key, to be forgotten with it."""
        if not read:
            return
        people = sorted({one.person for one in read if one.person})
        found = await self._pool.fetch("select id, wrapped_key from person where id = any($1::text[])", people)
        keys = {row["id"]: self._keyring.person(row["wrapped_key"], row["id"]) for row in found} if people else {}
        rows = []
        for one in read:
            arrival, key = one.arrival, keys.get(one.person or "")
            whole = one.status == "parsed"  # what is not may be read again, by then of somebody else
            own = key.seal(arrival.raw, raw_aad(arrival.channel, arrival.digest)) if key and whole else None
            rows.append(
                (arrival.channel, arrival.digest, one.status, own, one.person if own else None, one.why[:500], one.note)
            )
        await self._pool.execute(READ, *(list(column) for column in zip(*rows, strict=True)))

    async def unread(self, channel: str | None) -> list[Unread]:
        """What is kept and was not understood, came from nobody we know, or tells of money that is not booked.

        The oldest first; 1000 at most.
        """
        return [Unread(*row) for row in await self._pool.fetch(UNREAD, channel)]

    async def again(self, channel: str | None) -> int:
        """Everything that was not understood is read again, as after an upgrade; how many payloads."""
        async with self._pool.acquire() as db, db.transaction():
            rows = await db.fetch(AGAIN, channel)
            # A gateway's notices are taken up by whoever looks for what nobody finished, and by no job.
            told = {(row["channel"], row["body_hash"]) for row in rows if not row["channel"].startswith("pay:")}
            await jobs.enqueue(db, jobs.READ, _packed(told))
        return len(rows)


def _packed(names: Collection[tuple[str, bytes]]) -> list[str]:
    """Payloads as jobs carry them, some in each; `unpacked` is the inverse."""
    by_channel: dict[str, list[str]] = {}
    for channel, digest in sorted(names):
        by_channel.setdefault(channel, []).append(digest.hex())
    return [
        f"{channel}|{','.join(digests[n : n + MOST])}"
        for channel, digests in by_channel.items()
        for n in range(0, len(digests), MOST)
    ]


def unpacked(payload: str) -> tuple[str, list[bytes]]:
    """The channel and the digests of a job's payload."""
    channel, digests = payload.split("|")
    return channel, [bytes.fromhex(digest) for digest in digests.split(",")]


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

    async def done(self, channel: str, event: Event, people: Sequence[str], address_hash: str, at: datetime) -> None:
        """The event was dealt with, and of these people one wrote from there.

        What it caused is already committed, under keys that bear repeating.
        """
        async with self._pool.acquire() as db, db.transaction():
            if await db.fetchval(DONE, channel, event.kind, event.id, event.status, at):
                await count(db, [(person, channel, address_hash, "answered") for person in people], at)

    async def receipts(self, channel: str, told: Sequence[tuple[Receipt, datetime]]) -> None:
        """What the provider says became of messages, and when it came, each once, in its order."""
        if not told:
            return
        named = [(one.kind, one.id, one.status, at) for one, at in told]
        async with self._pool.acquire() as db, db.transaction():
            rows = await db.fetch(NEW, channel, *(list(column) for column in zip(*named, strict=True)))
            new = {(row["provider_id"], row["status"]): True for row in rows}
            fresh = [(one, at) for one, at in told if new.pop((one.id, one.status), False)]
            await settling.hear(db, self._keyring, channel, fresh)

    async def notices(self, channel: str, notices: Sequence[Notice], at: datetime) -> None:
        """News of the channel itself, each once by its id."""
        await self._pool.executemany(
            """insert into channel_notice (channel, id, about, subject, value, at) values ($1, $2, $3, $4, $5, $6)
               on conflict do nothing""",
            [(channel, one.id, one.about, one.subject, one.value, min(one.at or at, at)) for one in notices],
        )  # fmt: skip

    async def news(self, channel: str) -> list[Notice]:
        """The latest news of each thing that a channel told of, oldest first."""
        rows = await self._pool.fetch(
            """select id, about, subject, value, at from (
                 select distinct on (about, subject, value like 'category %') * from channel_notice where channel = $1
                 order by about, subject, value like 'category %', at desc, id
               ) last order by at, id""",
            channel,
        )
        return [Notice(row["id"], row["subject"], row["value"], row["about"], at=row["at"]) for row in rows]

    async def writers(self, traits: Traits, event: Inbound) -> tuple[str, list[Writer]]:
        """The address' hash, and whose it is."""
        hashes = [self._keyring.address_hash(traits.name, value) for value in _names(event)]
        kind = "phone" if event.phone else traits.address
        filed = self._keyring.address_hash(kind, event.phone or event.address)
        rows = await self._pool.fetch(WRITERS, traits.name, hashes, [filed])
        return hashes[0] if hashes else "", [_writer(row) for row in rows]

    async def answered_to(self, channel: str, provider_id: str) -> str | None:
        """To whom the message of this id of the provider's went."""
        found = await self._pool.fetchval(
            "select person_id from outbox where channel = $1 and provider_id = $2 limit 1", channel, provider_id
        )
        return str(found) if found else None

    async def met(self, traits: Traits, event: Inbound, person: str, at: datetime) -> None:
        """This person writes from there: kept under their key, so that an answer finds its way."""
        wrapped = await self._pool.fetchval("select wrapped_key from person where id = $1", person)
        key = self._keyring.person(wrapped, person)
        if key is None:
            return
        phone = self._keyring.address_hash("phone", event.phone) if event.phone else ""
        rows = []
        for value in _names(event):
            hashed = self._keyring.address_hash(traits.name, value)
            sealed = key.seal(value.encode(), user_aad(traits.name, hashed))
            rows.append((traits.name, hashed, person, sealed, phone, at))
        await self._pool.executemany(MET, rows)

    async def answered(self, person: str, channel: str, since: datetime) -> int:
        """How many answers went to a person on a channel since a moment."""
        found = await self._pool.fetchval(
            """select count(*) from outbox
               where person_id = $1 and channel = $2 and purpose = 'reply' and created_at >= $3""",
            person, channel, since,
        )  # fmt: skip
        return int(found)


def _names(event: Inbound) -> list[str]:
    """What whoever wrote is called on the channel: the address to answer to, then the channel's own id."""
    return list(dict.fromkeys(filter(None, (event.address, event.user))))


def _writer(row: asyncpg.Record) -> Writer:
    senders = msgspec.json.decode(row["senders"], type=dict[str, str]) if row["senders"] else {}
    return Writer(row["id"], row["campaign_id"], row["conversation_id"], row["subject"], row["at"], senders)
