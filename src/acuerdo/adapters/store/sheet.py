"""What a transaction is to write about people, gathered and written at its end in a few statements, however many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from acuerdo.adapters.store import book, jobs, links
from acuerdo.adapters.store.clock import SystemClock
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.core.compliance import Attempt
from acuerdo.core.facts import Recorded
from acuerdo.service.outbound import EntryRef, Parcel

PARCELS = """
insert into outbox (key, creditor_id, person_id, account_id, conversation_id, campaign_id, channel, origin, purpose,
                    say, not_before, deadline, entry_attempt, queued_at, address_hash, created_at, updated_at)
select *, created_at from unnest(
  $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::bytea[], $11::timestamptz[], $12::timestamptz[], $13::integer[], $14::timestamptz[], $15::text[],
  $16::timestamptz[])
  as q (key, creditor_id, person_id, account_id, conversation_id, campaign_id, channel, origin, purpose, say,
        not_before, deadline, entry_attempt, queued_at, address_hash, created_at)
on conflict (key) do nothing
"""
ATTEMPTS = """
insert into contact (key, subject_id, at, channel, mode, purpose, status, reached, creditor_id, account_id, zones,
                     address_hash)
select key, subject_id, at, channel, mode, purpose, status, reached, creditor_id, account_id,
       string_to_array(zones, ' '), address_hash
from unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
            $9::text[], $10::text[], $11::text[], $12::text[])
  as a (key, subject_id, at, channel, mode, purpose, status, reached, creditor_id, account_id, zones, address_hash)
on conflict (key) do update set at = excluded.at, purpose = excluded.purpose, zones = excluded.zones
"""
SEIZED = """
update outbox set status = 'sending', attempts = attempts + 1, seized_at = $2, updated_at = $3
where key = any($1::text[])
"""
ENTRIES = """
update campaign_entry e set status = n.status
from unnest($1::text[], $2::text[], $3::integer[], $4::text[]) as n (campaign, account, attempt, status)
where e.campaign_id = n.campaign and e.account_id = n.account and e.attempt = n.attempt
"""


class Sheet:
    """The rows and facts of one transaction. With `follow` no job is made for a message whose hour is now."""

    def __init__(self, *, follow: bool = False) -> None:
        self._follow = follow
        self._links: list[links.LinkRecord] = []
        self._parcels: dict[str, tuple[Any, ...]] = {}
        self._attempts: dict[str, tuple[Any, ...]] = {}
        self._facts: list[Recorded] = []
        self._keys: dict[str, PersonKey] = {}
        self._jobs: list[str] = []
        self._seized: list[str] = []
        self._ended: list[tuple[str, str, int, str]] = []

    def fact(self, told: Iterable[Recorded], key: PersonKey) -> None:
        """Facts about one person, whose key this is."""
        for one in told:
            self._facts.append(one)
            self._keys[one.person or ""] = key

    def link(self, row: links.LinkRecord) -> None:
        self._links.append(row)

    def parcel(self, parcel: Parcel, sealed: bytes, at: datetime) -> None:
        """A message for the outbox; one whose hour is now is a job at once, or the caller's to send."""
        say, now = parcel.say, parcel.not_before <= at
        self._parcels[say.key] = (
            say.key, say.creditor, say.person, say.account, say.conversation, parcel.campaign, say.channel,
            say.origin, say.purpose, sealed, parcel.not_before, parcel.deadline, parcel.attempt,
            SystemClock().now() if now else None, say.address_hash, at,
        )  # fmt: skip
        if now and not self._follow:
            self._jobs.append(say.key)

    def holds(self, key: str) -> bool:
        """Whether this transaction is about to queue this message."""
        return key in self._parcels

    def attempt(self, a: Attempt, subject: str, creditor: str, address_hash: str = "") -> None:
        """One row of the ledger for one attempt."""
        self._attempts[a.key] = (
            a.key, subject, a.at, a.channel, a.mode, a.purpose, a.status, a.reached, creditor, a.account,
            " ".join(a.zones), address_hash,
        )  # fmt: skip

    def seized(self, key: str) -> None:
        self._seized.append(key)

    def ended(self, ref: EntryRef, status: str) -> None:
        self._ended.append((ref.campaign, ref.account, ref.attempt, status))

    async def write(self, db: Db, keyring: Keyring, at: datetime) -> None:
        """Writes all of it, on the caller's transaction."""
        await _many(db, links.INSERT, self._links)
        await _many(db, PARCELS, list(self._parcels.values()))
        await _many(db, ATTEMPTS, list(self._attempts.values()))
        if self._seized:
            await db.execute(SEIZED, self._seized, SystemClock().now(), at)
        await _many(db, ENTRIES, self._ended)
        if self._facts:
            await book.insert(db, self._facts, self._keys)
            await book.project(db, keyring, self._facts)
        await jobs.enqueue(db, jobs.SEND, self._jobs)


async def _many(db: Db, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        await db.execute(statement, *(list(column) for column in zip(*rows, strict=True)))
