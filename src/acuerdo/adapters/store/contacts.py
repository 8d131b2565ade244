"""People under the lock of the contact ledger: what the guard is told of them, and what is written to them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store import links
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.papers import asked_emails
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.adapters.store.views import open_person
from acuerdo.core.compliance import Attempt, Consent, Hold, Inbound, OptOut, Record
from acuerdo.core.compliance.limits import LOOKED_BACK
from acuerdo.core.compliance.record import AddressSource, Role
from acuerdo.core.facts import Recorded
from acuerdo.core.messages import Say
from acuerdo.core.portfolio.records import days_past_due_on
from acuerdo.service import creditors
from acuerdo.service.channels import Traits
from acuerdo.service.contactability import Reach
from acuerdo.service.outbound import Address, Addressee, LinkFor, Noted, Parcel

T = TypeVar("T")
# One row for each human, their root's, in the order of their names: so two who lock several never wait for each other.
LOCK = """
select id from subject where id in (
  select coalesce(s.merged_into, s.id) from person p join subject s on s.id = p.subject_id where p.id = any($1::text[])
) order by id for update
"""
# What is known of a person's addresses, by the hashes of their kind; `refused` where nobody may be written to: what is
# another's reference is, unless it is the addressee's own by the creditor's, their own or an agent's word.
POINTS = """(
  select json_agg(json_build_object('hash', k.address_hash, 'quality', k.quality, 'source', k.source,
    'refused', exists (
      select from never_contact n where n.address_hash = k.address_hash
        and (n.why = 'register' or k.source not in ('portfolio', 'debtor', 'agent')))))
  from contact_point k where k.person_id = p.id
)"""
# What is told of a human is told of all the subjects that they are, and of a creditor's person of all who are one.
PEOPLE = f"""
select p.id, p.creditor_id, p.subject_id, p.country, p.zones, p.subdivision, p.sealed, p.wrapped_key,
       c.name as creditor_name, c.settings, h.stopped, h.allow_list_only, human.root,
       p.root_id is not null or exists (select from person where root_id = p.id) as merged, {POINTS} as points,
       (select json_agg(json_build_object('at', at, 'channel', channel, 'mode', mode, 'reached', reached,
                                          'status', status, 'purpose', purpose, 'key', key, 'account', account_id,
                                          'zones', zones))
        from contact where subject_id = any(human.subjects) and at > $2) as attempts,
       (select json_agg(json_build_object('channel', channel, 'address_hash', address_hash))
        from opt_out where subject_id = any(human.subjects) and undone_at is null) as opt_outs,
       (select json_agg(json_build_object('kind', kind, 'since', since, 'until', until, 'creditor', creditor_id))
        from hold where subject_id = any(human.subjects) and lifted_at is null) as holds,
       (select json_agg(json_build_object('channel', w.channel, 'granted', w.given, 'at', w.at))
        from (select distinct on (channel) channel, given, at from consent where person_id = any(one.people)
              order by channel, at desc, given) w) as consents,
       (select json_agg(json_build_object('account', id, 'late', days_past_due, 'as_of', as_of,
                                          'due', coalesce(due_date, as_of), 'limitation', limitation_date))
        from account where person_id = coalesce(p.root_id, p.id)) as debts,
       (select json_agg(json_build_object('account', account_id, 'role', role))
        from party where person_id = any(one.people)) as parties,
       coalesce(nullif(p.chosen_channel, ''), nullif(p.preferred_channel, ''),
         (select max(coalesce(nullif(chosen_channel, ''), preferred_channel)) from person where id = any(one.people)),
         '') as wished,
       coalesce(nullif(p.preferred_hours, ''), (select max(preferred_hours) from person where id = any(one.people)))
         as hours,
       (select json_agg(json_build_object('channel', r.channel, 'hash', r.address_hash, 'sent', r.sent,
          'delivered', r.delivered, 'opened', r.opened, 'answered', r.answered, 'failed', r.failed,
          'bounced', r.bounced, 'wrong', r.wrong, 'since_good', r.since_good))
        from reachability r where r.person_id = any(one.people)) as reach,
       (select json_agg(json_build_object('channel', u.channel, 'hash', u.address_hash,
                                          'sealed', encode(u.sealed, 'base64')) order by u.last_at desc)
        from channel_user u where u.person_id = p.id) as users,
       (select json_agg(json_build_object('channel', channel, 'at', at)) from (
          select t.channel, max(t.last_in) as at from conversation v join talk_place t on t.conversation_id = v.id
          where v.person_id = any(one.people) and t.last_in > $2 group by 1
          union all
          select shown::json ->> 'channel', max(at) from fact
          where person_id = any(one.people) and kind = 'message_received' and at > $2 group by 1) w) as heard,
       (select array_agg(distinct register) from register_entry where creditor_id = p.creditor_id and entered
          and hash in (select subject_id from person where id = any(one.people)
                       union all select hash from person_key where person_id = any(one.people) and kind = 'document'
                       union all select address_hash from contact_point where person_id = any(one.people)))
         as registers
from person p join creditor c on c.id = p.creditor_id cross join house h
join subject s on s.id = p.subject_id
cross join lateral (select coalesce(s.merged_into, s.id) as root, array_agg(g.id) as subjects from subject g
                    where g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)) human
cross join lateral (select array_agg(o.id) as people from person o
                    where o.id = coalesce(p.root_id, p.id) or o.root_id = coalesce(p.root_id, p.id)) one
where p.id = any($1::text[])
"""  # noqa: S608 - a constant of this module
MERGED = f"""
select p.id, p.wrapped_key, p.sealed, {POINTS} as points from person p
where p.id in (select people_of($1)) and p.id <> $1 and p.wrapped_key is not null order by p.id
"""  # noqa: S608 - a constant of this module
BEST_FIRST = {"good": 0, "unknown": 1, "bad": 2}


# By whose word an address is the person's; any other name is that of whoever searched for it.
SOURCES: dict[str, AddressSource] = {"": "", "portfolio": "creditor", "debtor": "person", "agent": "person"}
AT_WORK = ("empl", "labor", "trabajo", "oficina", "work", "office")


class Point(msgspec.Struct, frozen=True):
    """What is known of one address of a person, by the hash of its kind."""

    hash: str
    quality: str = "unknown"
    refused: bool = False
    source: str = ""

    @property
    def whose(self) -> AddressSource:
        """Whence it is, as the guard asks."""
        found: AddressSource = "employer" if self.source.startswith(AT_WORK) else "found"
        return SOURCES.get(self.source, found)


NOWHERE = Reach("", "")  # nothing was sent there yet
NOTED = Point("")  # of an address of which nothing more is known


class User(msgspec.Struct, frozen=True):
    """An id of a channel's own under which a person writes, sealed."""

    channel: str
    hash: str
    sealed: str


class Debt(msgspec.Struct, frozen=True):
    """What the guard asks of a debt of the person's own."""

    account: str
    late: int
    as_of: date
    due: date
    limitation: date | None = None


class Part(msgspec.Struct, frozen=True):
    """What a person is in a debt that is another's."""

    account: str
    role: Role


def days_late(debt: Debt, today: date) -> int:
    """Days past due; below zero, the days that are left until it is due."""
    late = days_past_due_on(debt.late, debt.due, debt.as_of, today)
    return (today - debt.due).days if late <= 0 and debt.due > today else late


def wished_hours(told: str) -> tuple[str, ...]:
    """The hours in which a person wants to be reached, of every day, as the guard reads them; none where none are."""
    return (f"mon-sun {told}",) if told else ()


def _preferred(one: tuple[str, Point]) -> tuple[int, bool]:
    return BEST_FIRST[one[1].quality], one[1].whose in ("found", "employer")


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
        self._users = _rows(row["users"], User)
        self._reach = {(one.channel, one.hash): one for one in _rows(row["reach"], Reach)}
        self._debts = {one.account: one for one in _rows(row["debts"], Debt)}
        self._parts = {one.account: one.role for one in _rows(row["parties"], Part)}
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
            consents=_rows(row["consents"], Consent) if row["consents"] else None,
            hours=wished_hours(row["hours"]),
            inbound=_rows(row["heard"], Inbound),
            registers=tuple(sorted(row["registers"] or ())),
        )

    def about(self, account: str | None, at: datetime) -> Record:
        """What the guard is told where this debt is spoken of ("" or None: none by name)."""
        role: Role = "debtor"
        if account not in self._debts and (account in self._parts or not self._debts):
            role = self._parts.get(account or "", next(iter(self._parts.values()), role))
        debt = self._debts.get(account or "")
        if debt is None:
            return self.record if role == "debtor" else msgspec.structs.replace(self.record, role=role)
        today = at.astimezone(ZoneInfo(self.record.zones[0])).date() if self.record.zones else at.date()
        return msgspec.structs.replace(
            self.record, role=role, limitation_date=debt.limitation, days_past_due=days_late(debt, today)
        )

    async def addresses(self, traits: Traits, *, asked: bool = False, answering: bool = False) -> tuple[Address, ...]:
        """Where the person can be reached on a channel: good addresses first, theirs before found ones, then those from
        which most came back, in file order.

        Those at which nobody may be written to are left out, and bad ones: they are nobody's, or somebody else's. An
        e-mail that they proved in a chat is theirs; with `asked`, so is one that they asked for something at.
        `answering`: whoever wrote from a bad one is answered there all the same.
        """
        if self._merged:
            await self._join()
        users = [self._user(one) for one in self._users if one.channel == traits.name]
        values = dict.fromkeys((*self.who.addresses.get(traits.address, ()), *users))
        kept = [(value, self._point(traits, value)) for value in values]
        kept += await self._asked(traits, proved=not asked)
        hashes = {value: self._keyring.address_hash(traits.name, value) for value, _ in kept}
        reach = {value: self._reach.get((traits.name, hashes[value]), NOWHERE) for value in hashes}
        known = sorted(
            (one for one in kept if not one[1].refused), key=lambda one: (*_preferred(one), -reach[one[0]].score)
        )
        sound = [
            value for value, point in known
            if answering or (point.quality != "bad" and reach[value].quality != "bad")
        ]  # fmt: skip
        hashed = {value: hashes[value] for value in sound}
        listed = await self._listed(list(hashed.values())) if self.record.allow_list_only or self._allowed else set()
        whose = {value: point.whose for value, point in known}
        return tuple(Address(v, h, h in listed or v in self._allowed, whose[v]) for v, h in hashed.items())

    def _user(self, one: User) -> str:
        """The channel's own id under which they write; it is theirs by their own word."""
        return self._key.open(base64.b64decode(one.sealed), f"user:{one.channel}:{one.hash}".encode()).decode()

    async def _asked(self, traits: Traits, *, proved: bool) -> list[tuple[str, Point]]:
        """The e-mails that the person named in a chat, which are theirs by their own word."""
        if traits.address != "email":
            return []
        told = await asked_emails(self.db, self._keyring, self.who.person, proved=proved)
        noted = Point("", source="debtor")
        return [
            (one, self._points.get(self._keyring.address_hash("email", one), noted))
            for one in told if one not in self.who.addresses.get("email", ())
        ]  # fmt: skip

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
            self.reserve(attempt, say)
        await self.note(facts, at)
        return True

    def reserve(self, attempt: Attempt, say: Say) -> None:
        """The attempt of a message, in the ledger: about which debt, to which address, and where the person is."""
        made = msgspec.structs.replace(attempt, account=say.account or "", zones=self.record.zones)
        self.sheet.attempt(made, self.who.subject, self.who.creditor, say.address_hash)

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
    return _opened(db, keyring, rows, allowed, sheet)


async def looked_at(
    db: Db, keyring: Keyring, people: Sequence[str], at: datetime, allowed: frozenset[str]
) -> dict[str, StoredContact]:
    """As `locked`, of people to whom nothing is written now: what is told of them may be old when it is used."""
    return _opened(db, keyring, await db.fetch(PEOPLE, people, at - LOOKED_BACK), allowed, Sheet())


def _opened(
    db: Db, keyring: Keyring, rows: Sequence[asyncpg.Record], allowed: frozenset[str], sheet: Sheet
) -> dict[str, StoredContact]:
    keys = {row["id"]: keyring.person(row["wrapped_key"], row["id"]) for row in rows}
    found = ((row, keys[row["id"]]) for row in rows)
    return {row["id"]: StoredContact(db, keyring, row, key, allowed, sheet) for row, key in found if key is not None}


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
        addresses={"phone": person.phones, "email": person.emails}, domain=settings.domain,
        channel=row["wished"],
    )  # fmt: skip
