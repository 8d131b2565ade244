"""The outbox and the contact ledger: whoever writes to a person holds that person's row of the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import asyncpg
import msgspec

from acuerdo.adapters.store import book, jobs, links
from acuerdo.adapters.store.clock import SystemClock
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.settling import settle
from acuerdo.adapters.store.views import open_person
from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt, Hold, OptOut, Record
from acuerdo.core.facts import Recorded
from acuerdo.core.messages import Say
from acuerdo.core.payments.progress import Terms
from acuerdo.core.words import Reason
from acuerdo.service import creditors
from acuerdo.service.channels import Delivery, Traits
from acuerdo.service.outbound import (
    Address,
    Addressee,
    Contact,
    Due,
    EntryRef,
    LinkFor,
    Noted,
    Parcel,
    UnderWay,
    of_say,
)

T = TypeVar("T")
LOOKED_BACK = timedelta(days=31)  # no rule of any pack counts attempts older than a month
GRACE = timedelta(days=Terms().grace_days)  # a promise counts as open until these are over
LOCK = "select from subject where id = (select subject_id from person where id = $1) for update"
PERSON = """
select p.id, p.creditor_id, p.subject_id, p.country, p.zones, p.subdivision, p.sealed, p.wrapped_key,
       c.name as creditor_name, c.settings, h.stopped, h.allow_list_only,
       (select json_agg(json_build_object('at', at, 'channel', channel, 'mode', mode, 'reached', reached,
                                          'status', status, 'purpose', purpose, 'key', key))
        from contact where subject_id = p.subject_id and at > $2) as attempts,
       (select json_agg(json_build_object('channel', channel, 'address_hash', address_hash))
        from opt_out where subject_id = p.subject_id) as opt_outs,
       (select json_agg(json_build_object('kind', kind, 'since', since, 'until', until, 'creditor', creditor_id))
        from hold where subject_id = p.subject_id and lifted_at is null) as holds
from person p join creditor c on c.id = p.creditor_id cross join house h where p.id = $1
"""
ENTRY = """
select e.person_id, e.channel, e.status, c.status as campaign_status,
       case when a.status in ('paid', 'legal', 'withdrawn') then a.status
            when a.balance - a.paid_since <= 0 then 'paid'
            when exists (select from agreement where person_id = e.person_id and status = 'active')
              then 'agreement_in_force'
            when exists (select from promise where person_id = e.person_id and status = 'open' and due >= $4)
              then 'promise_open'
            else '' end as barred
from campaign_entry e join campaign c on c.id = e.campaign_id join account a on a.id = e.account_id
where e.campaign_id = $1 and e.account_id = $2 and e.attempt = $3 for update of e
"""
QUEUE = """
insert into outbox (key, creditor_id, person_id, account_id, conversation_id, campaign_id, channel, origin, purpose,
                    say, not_before, deadline, entry_attempt, queued_at, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
on conflict (key) do nothing returning key
"""
RESERVE = """
insert into contact (key, subject_id, at, channel, mode, purpose, status) values ($1, $2, $3, $4, $5, $6, 'reserved')
on conflict (key) do update set at = excluded.at, purpose = excluded.purpose
"""
PARCEL = """
select key, say, not_before, deadline, campaign_id, entry_attempt, attempts, status from outbox
where key = $1 for update
"""
AGAIN = """
insert into campaign_entry (campaign_id, account_id, person_id, attempt, included, channel, at, code, why, rank, status)
select campaign_id, account_id, person_id, attempt + 1, included, channel, $4, code, why, rank, 'waiting'
from campaign_entry where campaign_id = $1 and account_id = $2 and attempt = $3
"""
ENTRY_OF = "campaign_id = $1 and account_id = $2 and attempt = $3"


def say_aad(key: str) -> bytes:
    """Where a sealed message belongs."""
    return f"outbox:{key}".encode()


class StoredContact:
    """A person under the lock of the ledger, on one connection and one transaction."""

    def __init__(self, db: Db, keyring: Keyring, row: asyncpg.Record, key: PersonKey, allowed: frozenset[str]) -> None:
        self.db, self._keyring, self._key, self._allowed = db, keyring, key, allowed
        self.who = _addressee(row, keyring)
        self.record = Record(
            row["country"],
            tuple(row["zones"]),
            row["subdivision"],
            attempts=_rows(row["attempts"], Attempt),
            opt_outs=_rows(row["opt_outs"], OptOut),
            holds=_rows(row["holds"], Hold),
            stopped=row["stopped"],
            allow_list_only=row["allow_list_only"],
        )

    async def addresses(self, traits: Traits) -> tuple[Address, ...]:
        """Where the person can be reached on a channel, in the file's order."""
        plain = self.who.addresses.get(traits.address, ())
        hashed = {value: self._keyring.address_hash(traits.name, value) for value in plain}
        listed = await self._listed(list(hashed.values())) if self.record.allow_list_only or self._allowed else set()
        return tuple(Address(v, h, h in listed or v in self._allowed) for v, h in hashed.items())

    async def _listed(self, hashes: list[str]) -> set[str]:
        rows = await self.db.fetch("select address_hash from allowed where address_hash = any($1::text[])", hashes)
        return {row[0] for row in rows}

    async def known(self, key: str) -> bool:
        """Whether this message was already decided."""
        return bool(await self.db.fetchval("select true from outbox where key = $1", key))

    async def link(self, channel: str, address: Address, at: datetime, cause: LinkFor) -> str:
        """A new private link for this address: its token, told once."""
        token, fact = await links.issue(
            self.db, self._keyring, creditor=self.who.creditor, person=self.who.person, channel=channel,
            address_hash=address.hash, at=at, days=self.who.link_days, campaign=cause.campaign,
            conversation=cause.conversation,
        )  # fmt: skip
        await self._record([fact])
        return token

    async def queue(self, parcel: Parcel, attempt: Attempt | None, at: datetime, facts: Sequence[Noted]) -> bool:
        """Puts a message in the outbox, reserves its contact, and makes the job that sends it if its hour is now.

        False where the key was known: then nothing changes.
        """
        say, now = parcel.say, parcel.not_before <= at
        sealed = self._key.seal(msgspec.json.encode(say), say_aad(say.key))
        made = await self.db.fetchval(
            QUEUE, say.key, say.creditor, say.person, say.account, say.conversation, parcel.campaign, say.channel,
            say.origin, say.purpose, sealed, parcel.not_before, parcel.deadline, parcel.attempt,
            SystemClock().now() if now else None, at,
        )  # fmt: skip
        if made is None:
            return False
        if attempt is not None:
            await self.reserve(attempt)
        await self.note(facts, at)
        if now:
            await jobs.enqueue(self.db, jobs.SEND, [say.key])
        return True

    async def reserve(self, a: Attempt) -> None:
        """One row of the ledger for one attempt."""
        await self.db.execute(RESERVE, a.key, self.who.subject, a.at, a.channel, a.mode, a.purpose)

    async def note(self, facts: Sequence[Noted], at: datetime) -> None:
        """Facts about this person."""
        who = self.who
        await self._record(
            [
                Recorded(
                    n.key, at, n.who, n.fact, who.creditor, who.person, n.account, n.conversation, n.campaign, n.cause
                )
                for n in facts
            ]
        )

    async def _record(self, facts: Sequence[Recorded]) -> None:
        """Facts and what follows from them; the person's key is at hand already."""
        await book.insert(self.db, facts, {self.who.person: self._key})
        await book.project(self.db, self._keyring, facts)

    def open_say(self, sealed: bytes, key: str) -> Say:
        """A sealed message of this person's."""
        return msgspec.json.decode(self._key.open(sealed, say_aad(key)), type=Say)


class StoredEntry:
    """A campaign's entry and its person, both under lock."""

    def __init__(self, contact: StoredContact, due: Due) -> None:
        self._contact, self.due = contact, due

    @property
    def contact(self) -> Contact:
        return self._contact

    async def ended(self, status: str) -> None:
        """The entry's end, for now or for good."""
        await self._contact.db.execute(
            f"update campaign_entry set status = $4 where {ENTRY_OF}",  # noqa: S608 - a constant of this module
            *_of(self.due.ref), status,
        )  # fmt: skip

    async def again(self, at: datetime) -> None:
        """The entry waits for another moment."""
        await self._contact.db.execute(
            f"update campaign_entry set status = 'waiting', at = $4, queued_at = null where {ENTRY_OF}",  # noqa: S608
            *_of(self.due.ref), at,
        )  # fmt: skip


class StoredParcel:
    """A waiting message and its person, both under lock."""

    def __init__(self, contact: StoredContact, parcel: Parcel, owner: str) -> None:
        self._contact, self.parcel, self.owner = contact, parcel, owner

    @property
    def contact(self) -> Contact:
        return self._contact

    async def seize(self, attempt: Attempt, at: datetime) -> None:
        """From here the message may be on its way: it is delivered by whoever commits this."""
        await self._contact.reserve(attempt)
        await self._contact.db.execute(
            """update outbox set status = 'sending', attempts = attempts + 1, seized_at = $2, updated_at = $3
               where key = $1""",
            self.parcel.say.key, SystemClock().now(), at,
        )  # fmt: skip

    async def wait(self, until: datetime | None, deadline: datetime | None, at: datetime) -> None:
        """The message stays, without a job: until a moment, or as it was."""
        await self._contact.db.execute(
            """update outbox set not_before = coalesce($2, not_before), deadline = coalesce($3, deadline),
                                 queued_at = null, updated_at = $4 where key = $1""",
            self.parcel.say.key, until, deadline, at,
        )  # fmt: skip

    async def drop(self, why: tuple[Reason, ...], again_at: datetime | None, at: datetime) -> None:
        """The message will not be sent and its contact never was; its campaign's entry waits again, or is refused."""
        db, say = self._contact.db, self.parcel.say
        await db.execute("update outbox set status = 'dropped', updated_at = $2 where key = $1", say.key, at)
        await db.execute("delete from contact where key = $1", say.key)
        if self.parcel.campaign and say.account:
            await db.execute(
                f"update campaign_entry set status = $4 where {ENTRY_OF}",  # noqa: S608 - a constant of this module
                self.parcel.campaign, say.account, self.parcel.attempt, "done" if again_at else "refused",
            )  # fmt: skip
            if again_at:
                await db.execute(AGAIN, self.parcel.campaign, say.account, self.parcel.attempt, again_at)
        fact = f.MessageDropped(say.channel, say.key, why)
        await self._contact.note([of_say(self.parcel, fact, at.isoformat())], at)


class StoredOutbound:
    """The outbox over a pool of connections. `allow_list` are the settings' addresses, as they are written there."""

    def __init__(self, pool: Pool, keyring: Keyring, allow_list: frozenset[str] = frozenset()) -> None:
        self._pool, self._keyring, self._allowed = pool, keyring, allow_list

    async def on(self, db: Db, person: str, at: datetime) -> StoredContact | None:
        """The person under the ledger's lock on a transaction of the caller's; None when unknown or forgotten."""
        await db.execute(LOCK, person)
        # A second statement, for its snapshot must be younger than the lock.
        row = await db.fetchrow(PERSON, person, at - LOOKED_BACK)
        key = self._keyring.person(row["wrapped_key"], person) if row else None
        if row is None or key is None:
            return None
        return StoredContact(db, self._keyring, row, key, self._allowed)

    @asynccontextmanager
    async def person(self, person: str, at: datetime) -> AsyncIterator[StoredContact | None]:
        """The person under the ledger's lock, in a transaction of its own."""
        async with self._pool.acquire() as db, db.transaction():
            yield await self.on(db, person, at)

    @asynccontextmanager
    async def entry(self, ref: EntryRef, at: datetime) -> AsyncIterator[StoredEntry | None]:
        """A due entry of a running campaign; None when it is no longer waiting, or its person was forgotten."""
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(ENTRY, *_of(ref), (at - GRACE).date())
            if row is None or row["status"] != "waiting" or row["campaign_status"] != "running":
                yield None
                return
            contact = await self.on(db, row["person_id"], at)
            due = Due(ref, row["channel"], row["barred"])
            yield StoredEntry(contact, due) if contact else None

    @asynccontextmanager
    async def parcel(self, key: str, at: datetime) -> AsyncIterator[StoredParcel | None]:
        """A message that waits; None when it is no longer waiting, or its person was forgotten.

        The conversation is locked before the person and the person before the message, as a turn does.
        """
        async with self._pool.acquire() as db, db.transaction():
            of = await db.fetchrow("select person_id, conversation_id from outbox where key = $1", key)
            owner = "bot"
            if of is not None and of["conversation_id"]:
                found = "select owner from conversation where id = $1 for share"
                owner = await db.fetchval(found, of["conversation_id"]) or "bot"
            contact = await self.on(db, of["person_id"], at) if of else None
            row = await db.fetchrow(PARCEL, key) if contact else None
            if contact is None or row is None or row["status"] != "pending":
                yield None
                return
            yield StoredParcel(contact, _parcel(row, contact), owner)

    async def settle(self, key: str, delivery: Delivery, at: datetime) -> None:
        """How a delivery ended, committed with its facts; a second telling of the same changes nothing."""
        async with self._pool.acquire() as db, db.transaction():
            await settle(db, self._keyring, key, delivery, at)

    async def under_way(self, key: str) -> UnderWay | None:
        """A message that is being delivered; None when it no longer is."""
        row = await self._pool.fetchrow(
            "select channel, updated_at from outbox where key = $1 and status = 'sending'", key
        )
        return UnderWay(*row) if row else None


def _of(ref: EntryRef) -> tuple[str, str, int]:
    return ref.campaign, ref.account, ref.attempt


def _rows(text: str | None, one: type[T]) -> tuple[T, ...]:
    return msgspec.json.decode(text, type=tuple[one, ...]) if text else ()  # type: ignore[valid-type]


def _parcel(row: asyncpg.Record, contact: StoredContact) -> Parcel:
    say = contact.open_say(row["say"], row["key"])
    return Parcel(say, row["not_before"], row["deadline"], row["campaign_id"], row["entry_attempt"], row["attempts"])


def _addressee(row: asyncpg.Record, keyring: Keyring) -> Addressee:
    person = open_person(keyring, row["wrapped_key"], row["sealed"], row["id"])
    settings = msgspec.json.decode(row["settings"], type=creditors.Settings)
    return Addressee(
        person=row["id"], subject=row["subject_id"], country=row["country"], creditor=row["creditor_id"],
        creditor_name=row["creditor_name"], ownership=settings.ownership, agency=settings.agency,
        senders=settings.senders, link_days=settings.link_days,
        addresses={"phone": person.phones, "email": person.emails},
    )  # fmt: skip
