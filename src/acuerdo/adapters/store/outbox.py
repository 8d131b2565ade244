"""The outbox and the contact ledger: whoever writes to a person holds that person's row of the ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TypeVar

import asyncpg
import msgspec

from acuerdo.adapters.store.contacts import StoredContact, locked
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.merging import IN_DOUBT
from acuerdo.adapters.store.settling import settle
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt
from acuerdo.core.payments.progress import Terms
from acuerdo.core.words import Reason
from acuerdo.service.channels import Delivery
from acuerdo.service.outbound import Contact, Due, EntryRef, Lot, OpenEntry, OpenParcel, Parcel, UnderWay, of_say
from acuerdo.service.places import Proof

N = TypeVar("N")
GRACE = timedelta(days=Terms().grace_days)  # a promise counts as open until these are over
ENTRIES = f"""
select e.campaign_id, e.account_id, e.attempt, e.person_id, coalesce(s.merged_into, s.id) as subject_id, e.channel,
       exists (select from outbox o where o.key = w.key) as known,
       (select array(select jsonb_array_elements_text(c.strategy -> 'strategies' -> s.segment -> 'channels'))
        from placed s where s.account_id = e.account_id limit 1) as channels,
       case when a.status in ('paid', 'legal', 'withdrawn') then a.status
            when a.balance - a.paid_since <= 0 then 'paid'
            when a.person_id in (select person from {IN_DOUBT} d) then 'in_doubt'
            when exists (select from agreement where person_id in (select people_of(e.person_id)) and status = 'active')
              then 'agreement_in_force'
            when exists (select from promise
                         where person_id in (select people_of(e.person_id)) and status = 'open' and due >= $5)
              then 'promise_open'
            else '' end as barred
from unnest($1::text[], $2::text[], $3::integer[], $4::text[]) with ordinality as w (campaign, account, attempt, key, n)
join campaign_entry e on e.campaign_id = w.campaign and e.account_id = w.account and e.attempt = w.attempt
join campaign c on c.id = e.campaign_id
join account a on a.id = e.account_id
join person p on p.id = e.person_id join subject s on s.id = p.subject_id
where e.status = 'waiting' and c.status = 'running' order by w.n for update of e skip locked
"""  # noqa: S608 - constants of the store
# `ahead`: what was said before it in its conversation and has not left, which goes first.
OF = """
select o.key, o.person_id, o.conversation_id, coalesce(s.merged_into, s.id) as subject_id,
       (select a.key from outbox a where a.conversation_id = o.conversation_id and a.channel = o.channel
          and a.status in ('pending', 'sending') and a.not_before <= $2
          and (a.created_at, a.key) < (o.created_at, o.key)
        order by a.created_at, a.key limit 1) as ahead
from unnest($1::text[]) with ordinality as w (key, n)
join outbox o on o.key = w.key join person p on p.id = o.person_id join subject s on s.id = p.subject_id
where o.status = 'pending' order by w.n
"""
OWNERS = """
select id, owner, (select json_agg(json_build_object('channel', t.channel, 'address', t.address_hash,
                                                      'at', t.proved_at))
                   from talk_place t where t.conversation_id = c.id) as proofs
from conversation c where id = any($1::text[]) order by id for share
"""
PARCELS = """
select key, say, not_before, deadline, campaign_id, entry_attempt, attempts from outbox
where key = any($1::text[]) and status = 'pending' order by key for update
"""
AGAIN = """
insert into campaign_entry (campaign_id, account_id, person_id, attempt, included, channel, at, code, why, rank, status)
select campaign_id, account_id, person_id, attempt + 1, included, channel, $4, code, why, rank, 'waiting'
from campaign_entry where campaign_id = $1 and account_id = $2 and attempt = $3
"""
ENTRY_OF = "campaign_id = $1 and account_id = $2 and attempt = $3"


class StoredEntry:
    """A campaign's entry and its person, both under lock."""

    def __init__(self, contact: StoredContact, due: Due) -> None:
        self._contact, self.due = contact, due

    @property
    def contact(self) -> Contact:
        return self._contact

    async def ended(self, status: str) -> None:
        """The entry's end, for now or for good."""
        self._contact.sheet.ended(self.due.ref, status)

    async def again(self, at: datetime) -> None:
        """The entry waits for another moment."""
        await self._contact.db.execute(
            f"update campaign_entry set status = 'waiting', at = $4, queued_at = null where {ENTRY_OF}",  # noqa: S608 - a constant of this module
            *_of(self.due.ref), at,
        )  # fmt: skip


class StoredParcel:
    """A waiting message and its person, both under lock."""

    def __init__(self, contact: StoredContact, parcel: Parcel, owner: str, proofs: tuple[Proof, ...] = ()) -> None:
        self._contact, self.parcel, self.owner, self.proofs = contact, parcel, owner, proofs

    @property
    def contact(self) -> Contact:
        return self._contact

    async def seize(self, attempt: Attempt, at: datetime) -> None:
        """From here the message may be on its way: it is delivered by whoever commits this."""
        self._contact.reserve(attempt, self.parcel.say)
        self._contact.sheet.seized(self.parcel.say.key)

    async def wait(self, until: datetime | None, deadline: datetime | None, at: datetime) -> None:
        """The message stays, without a job: until a moment, or as it was. No contact until it is judged again."""
        await self._contact.db.execute("delete from contact where key = $1", self.parcel.say.key)
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

    @asynccontextmanager
    async def _sheet(self, at: datetime, *, follow: bool = False) -> AsyncIterator[tuple[Db, Sheet]]:
        """One transaction, and the sheet that is written at its end."""
        async with self._pool.acquire() as db, db.transaction():
            sheet = Sheet(follow=follow)
            yield db, sheet
            await sheet.write(db, self._keyring, at)

    async def begun(self, channel: str, creditor: str, since: datetime) -> int:
        """How many people a creditor wrote to first on a channel since a moment."""
        found = await self._pool.fetchval(
            """select count(distinct person_id) from outbox where channel = $1 and creditor_id = $2
               and purpose <> 'reply' and status in ('sending', 'sent', 'delivered', 'unknown') and updated_at >= $3""",
            channel, creditor, since,
        )  # fmt: skip
        return int(found)

    @asynccontextmanager
    async def person(self, person: str, at: datetime) -> AsyncIterator[StoredContact | None]:
        """The person under the ledger's lock; None when unknown or forgotten."""
        async with self._sheet(at) as (db, sheet):
            yield (await locked(db, self._keyring, [person], at, self._allowed, sheet)).get(person)

    @asynccontextmanager
    async def entries(
        self, refs: Sequence[EntryRef], at: datetime, *, follow: bool = False
    ) -> AsyncIterator[Lot[OpenEntry, EntryRef]]:
        """The due entries of running campaigns among these; those no longer waiting, or another's now, are left out."""
        columns = zip(*((*_of(ref), ref.key) for ref in refs), strict=True)
        async with self._sheet(at, follow=follow) as (db, sheet):
            rows = await db.fetch(ENTRIES, *(list(column) for column in columns), (at - GRACE).date())
            now, left = _one_each(rows)
            contacts = await locked(db, self._keyring, [r["person_id"] for r in now], at, self._allowed, sheet)
            opened = {}
            for row in now:
                contact, ref = contacts.get(row["person_id"]), _ref(row)
                if contact is not None:
                    contact.fresh.update(() if row["known"] else (ref.key,))
                    opened[ref] = StoredEntry(
                        contact, Due(ref, row["channel"], row["barred"], tuple(row["channels"] or ()))
                    )
            yield Lot(opened, tuple(_ref(row) for row in left))

    @asynccontextmanager
    async def parcels(self, keys: Sequence[str], at: datetime) -> AsyncIterator[Lot[OpenParcel, str]]:
        """The messages among these that wait; those of a forgotten person are left out.

        The conversations are locked before the people and the people before the messages, as a turn does.
        """
        async with self._sheet(at) as (db, sheet):
            rows = await db.fetch(OF, keys, at)
            ahead = {row["key"]: str(row["ahead"]) for row in rows if row["ahead"]}
            now, left = _one_each(row for row in rows if not row["ahead"])
            of = {row["key"]: row for row in now}
            talks = sorted({row["conversation_id"] for row in now if row["conversation_id"]})
            owners = {row[0]: row for row in await db.fetch(OWNERS, talks)} if talks else {}
            contacts = await locked(db, self._keyring, [r["person_id"] for r in now], at, self._allowed, sheet)
            opened = {}
            for row in await db.fetch(PARCELS, list(of)) if contacts else ():
                contact = contacts.get(of[row["key"]]["person_id"])
                if contact is not None:
                    talk = owners.get(of[row["key"]]["conversation_id"])
                    owner, proofs = (talk["owner"], talk["proofs"]) if talk else ("bot", None)
                    opened[row["key"]] = StoredParcel(contact, _parcel(row, contact), owner, _proofs(proofs))
            yield Lot(opened, tuple(row["key"] for row in left), ahead)

    async def settle(self, key: str, delivery: Delivery, at: datetime) -> None:
        """How a delivery ended, committed with its facts; a second telling of the same changes nothing."""
        await self.settle_all([(key, delivery)], at)

    async def settle_all(self, ended: Sequence[tuple[str, Delivery]], at: datetime) -> None:
        """As `settle`, for many at once."""
        async with self._pool.acquire() as db, db.transaction():
            await settle(db, self._keyring, ended, at)

    async def under_way(self, key: str) -> UnderWay | None:
        """A message that is being delivered; None when it no longer is."""
        row = await self._pool.fetchrow(
            "select channel, updated_at from outbox where key = $1 and status = 'sending'", key
        )
        return UnderWay(*row) if row else None


def _proofs(text: str | None) -> tuple[Proof, ...]:
    return msgspec.json.decode(text, type=tuple[Proof, ...]) if text else ()


def _one_each(rows: Iterable[asyncpg.Record]) -> tuple[list[asyncpg.Record], list[asyncpg.Record]]:
    """The first row of each human, and those left: the guard must see what was decided of one before the next."""
    now: dict[str, asyncpg.Record] = {}
    left = [row for row in rows if now.setdefault(row["subject_id"], row) is not row]
    return list(now.values()), left


def _of(ref: EntryRef) -> tuple[str, str, int]:
    return ref.campaign, ref.account, ref.attempt


def _ref(row: asyncpg.Record) -> EntryRef:
    return EntryRef(row["campaign_id"], row["account_id"], row["attempt"])


def _parcel(row: asyncpg.Record, contact: StoredContact) -> Parcel:
    say = contact.open_say(row["say"], row["key"])
    return Parcel(say, row["not_before"], row["deadline"], row["campaign_id"], row["entry_attempt"], row["attempts"])
