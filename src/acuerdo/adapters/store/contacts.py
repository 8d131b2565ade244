"""People under the lock of the contact ledger: what the guard is told of them, and what is written to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

import asyncpg
import msgspec

from acuerdo.adapters.store import links
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.adapters.store.views import open_person
from acuerdo.core.compliance import Attempt, Hold, OptOut, Record
from acuerdo.core.facts import Recorded
from acuerdo.core.messages import Say
from acuerdo.service import creditors
from acuerdo.service.channels import Traits
from acuerdo.service.outbound import Address, Addressee, LinkFor, Noted, Parcel

T = TypeVar("T")
LOOKED_BACK = timedelta(days=31)  # no rule of any pack counts attempts older than a month
# One row for each human, their root's, in the order of their names: so two who lock several never wait for each other.
LOCK = """
select id from subject where id in (
  select coalesce(s.merged_into, s.id) from person p join subject s on s.id = p.subject_id where p.id = any($1::text[])
) order by id for update
"""
# What is known of a person's addresses, by the hashes of their kind; `refused` where nobody may be written to: what is
# another's reference is, unless it is the addressee's own by the creditor's, their own or an agent's word.
POINTS = """(
  select json_agg(json_build_object('hash', k.address_hash, 'quality', k.quality, 'refused', exists (
    select from never_contact n where n.address_hash = k.address_hash
      and (n.why = 'register' or k.source not in ('portfolio', 'debtor', 'agent')))))
  from contact_point k where k.person_id = p.id
    and (k.quality <> 'unknown' or exists (select from never_contact n where n.address_hash = k.address_hash))
)"""
# What is told of a human is told of all the subjects that they are.
PEOPLE = f"""
select p.id, p.creditor_id, p.subject_id, p.country, p.zones, p.subdivision, p.sealed, p.wrapped_key,
       c.name as creditor_name, c.settings, h.stopped, h.allow_list_only, human.root,
       p.root_id is not null or exists (select from person where root_id = p.id) as merged, {POINTS} as points,
       (select json_agg(json_build_object('at', at, 'channel', channel, 'mode', mode, 'reached', reached,
                                          'status', status, 'purpose', purpose, 'key', key))
        from contact where subject_id = any(human.subjects) and at > $2) as attempts,
       (select json_agg(json_build_object('channel', channel, 'address_hash', address_hash))
        from opt_out where subject_id = any(human.subjects)) as opt_outs,
       (select json_agg(json_build_object('kind', kind, 'since', since, 'until', until, 'creditor', creditor_id))
        from hold where subject_id = any(human.subjects) and lifted_at is null) as holds
from person p join creditor c on c.id = p.creditor_id cross join house h
join subject s on s.id = p.subject_id
cross join lateral (select coalesce(s.merged_into, s.id) as root, array_agg(g.id) as subjects from subject g
                    where g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)) human
where p.id = any($1::text[])
"""  # noqa: S608 - a constant of this module
MERGED = f"""
select p.id, p.wrapped_key, p.sealed, {POINTS} as points from person p
where p.id in (select people_of($1)) and p.id <> $1 and p.wrapped_key is not null order by p.id
"""  # noqa: S608 - a constant of this module
BEST_FIRST = {"good": 0, "unknown": 1, "bad": 2}


class Point(msgspec.Struct, frozen=True):
    """What is known of one address of a person, by the hash of its kind."""

    hash: str
    quality: str = "unknown"
    refused: bool = False


NOTED = Point("")  # of an address of which nothing more is known


def say_aad(key: str) -> bytes:
    """Where a sealed message belongs."""
    return f"outbox:{key}".encode()


class StoredContact:
    """A person under the lock of the ledger, on one connection and one transaction; what is decided goes on a sheet.

    `fresh` are keys of messages that are known not to be in the outbox.
    """

    def __init__(
        self, db: Db, keyring: Keyring, row: asyncpg.Record, key: PersonKey, allowed: frozenset[str], sheet: Sheet
    ) -> None:
        self.db, self.sheet, self._keyring, self._key, self._allowed = db, sheet, keyring, key, allowed
        self.fresh: set[str] = set()
        self.who = _addressee(row, keyring)
        self._merged, self._points = row["merged"], _points(row["points"])
        self.record = Record(
            row["country"],
            tuple(row["zones"]),
            row["subdivision"],
            attempts=_rows(row["attempts"], Attempt),
            opt_outs=_rows(row["opt_outs"], OptOut),
            holds=_rows(row["holds"], Hold),
            stopped=row["stopped"],
            allow_list_only=row["allow_list_only"],
            ownership=self.who.ownership,
        )

    async def addresses(self, traits: Traits) -> tuple[Address, ...]:
        """Where the person can be reached on a channel: good addresses first, else in the file's order.

        Those at which nobody may be written to are left out, and bad ones: they are nobody's, or somebody else's.
        """
        if self._merged:
            await self._join()
        kept = [(value, self._point(traits, value)) for value in self.who.addresses.get(traits.address, ())]
        known = sorted((one for one in kept if not one[1].refused), key=lambda one: BEST_FIRST[one[1].quality])
        sound = [value for value, point in known if point.quality != "bad"]
        hashed = {value: self._keyring.address_hash(traits.name, value) for value in sound}
        listed = await self._listed(list(hashed.values())) if self.record.allow_list_only or self._allowed else set()
        return tuple(Address(v, h, h in listed or v in self._allowed) for v, h in hashed.items())

    def _point(self, traits: Traits, value: str) -> Point:
        return self._points.get(self._keyring.address_hash(traits.address, value), NOTED)

    async def _join(self) -> None:
        """The addresses of those who are one with this person, after their own."""
        self._merged = False
        for row in await self.db.fetch(MERGED, self.who.person):
            other = open_person(self._keyring, row["wrapped_key"], row["sealed"], row["id"])
            self._points = _points(row["points"]) | self._points
            told = {"phone": other.phones, "email": other.emails}
            joined = {kind: tuple(dict.fromkeys((*own, *told[kind]))) for kind, own in self.who.addresses.items()}
            self.who = msgspec.structs.replace(self.who, addresses=joined)

    async def _listed(self, hashes: list[str]) -> set[str]:
        rows = await self.db.fetch("select address_hash from allowed where address_hash = any($1::text[])", hashes)
        return {row[0] for row in rows}

    async def known(self, key: str) -> bool:
        """Whether this message was already decided."""
        if self.sheet.holds(key):
            return True
        if key not in self.fresh:
            if await self.db.fetchval("select true from outbox where key = $1", key):
                return True
            self.fresh.add(key)
        return False

    async def link(self, channel: str, address: Address, at: datetime, cause: LinkFor) -> str:
        """A new private link for this address: its token, told once."""
        token, row, fact = links.draft(
            self._keyring, creditor=self.who.creditor, person=self.who.person, channel=channel,
            address_hash=address.hash, at=at, days=self.who.link_days, campaign=cause.campaign,
            conversation=cause.conversation,
        )  # fmt: skip
        self.sheet.link(row)
        self.sheet.fact([fact], self._key)
        return token

    async def queue(self, parcel: Parcel, attempt: Attempt | None, at: datetime, facts: Sequence[Noted]) -> bool:
        """Puts a message in the outbox and reserves its contact. False where the key was known: nothing changes."""
        say = parcel.say
        if await self.known(say.key):
            return False
        self.sheet.parcel(parcel, self._key.seal(msgspec.json.encode(say), say_aad(say.key)), at)
        if attempt is not None:
            self.sheet.attempt(attempt, self.who.subject)
        await self.note(facts, at)
        return True

    async def note(self, facts: Sequence[Noted], at: datetime) -> None:
        """Facts about this person."""
        who = self.who
        told = (
            Recorded(n.key, at, n.who, n.fact, who.creditor, who.person, n.account, n.conversation, n.campaign, n.cause)
            for n in facts
        )
        self.sheet.fact(told, self._key)

    def open_say(self, sealed: bytes, key: str) -> Say:
        """A sealed message of this person's."""
        return _says.decode(self._key.open(sealed, say_aad(key)))


async def locked(
    db: Db, keyring: Keyring, people: Sequence[str], at: datetime, allowed: frozenset[str], sheet: Sheet
) -> dict[str, StoredContact]:
    """These people under the ledger's lock, on the caller's transaction; those unknown or forgotten left out."""
    held: set[str] = set()
    rows: list[asyncpg.Record] | None = None
    # Who is one human may have changed while the lock was waited for: then it is the new root's that counts.
    while rows is None or not held.issuperset(row["root"] for row in rows):
        held.update(row[0] for row in await db.fetch(LOCK, people))
        # A second statement, for its snapshot must be younger than the lock.
        rows = await db.fetch(PEOPLE, people, at - LOOKED_BACK)
    found = {}
    for row in rows:
        key = keyring.person(row["wrapped_key"], row["id"])
        if key is not None:
            found[row["id"]] = StoredContact(db, keyring, row, key, allowed, sheet)
    return found


_says: msgspec.json.Decoder[Say] = msgspec.json.Decoder(Say)


def _rows(text: str | None, one: type[T]) -> tuple[T, ...]:
    return msgspec.json.decode(text, type=tuple[one, ...]) if text else ()  # type: ignore[valid-type]


def _points(text: str | None) -> dict[str, Point]:
    return {point.hash: point for point in _rows(text, Point)}


@lru_cache(maxsize=64)
def _settings(text: str) -> creditors.Settings:
    return msgspec.json.decode(text, type=creditors.Settings)


def _addressee(row: asyncpg.Record, keyring: Keyring) -> Addressee:
    person = open_person(keyring, row["wrapped_key"], row["sealed"], row["id"])
    settings = _settings(row["settings"])
    return Addressee(
        person=row["id"], subject=row["subject_id"], country=row["country"], creditor=row["creditor_id"],
        creditor_name=row["creditor_name"], ownership=settings.ownership, agency=settings.agency,
        senders=settings.senders, link_days=settings.link_days,
        addresses={"phone": person.phones, "email": person.emails},
    )  # fmt: skip
