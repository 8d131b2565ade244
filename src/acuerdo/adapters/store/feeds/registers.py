"""Registers that bar contact or change it, by keyed hash: also of people whom a later portfolio brings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import barred, whom
from acuerdo.adapters.store.feeds.found import LEAD_TO
from acuerdo.adapters.store.feeds.queued import Stop, take_back
from acuerdo.adapters.store.feeds.whom import Keys
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.feeds.registers import NAMES, RegisterLine
from acuerdo.core.portfolio.records import Register
from acuerdo.service.feeding import Arrived, Status, Taken

# The latest word holds; of two at one moment, the one that protects.
ENTER = """
insert into register_entry (creditor_id, register, kind, hash, entered, at, source, import_id)
select $1, r.register, r.kind, r.hash, r.entered, r.at, r.source, $2
from unnest($3::text[], $4::text[], $5::text[], $6::boolean[], $7::timestamptz[], $8::text[])
  as r (register, kind, hash, entered, at, source)
on conflict (creditor_id, register, kind, hash) do update
  set entered = excluded.entered, at = excluded.at, source = excluded.source, import_id = excluded.import_id
where (excluded.at, excluded.entered) > (register_entry.at, register_entry.entered)
returning register, kind, hash
"""
# Nobody is written to at an address that a register closed, whosever it is.
CLOSE = """
insert into never_contact (address_hash, kind, why, account_id, at)
select e.hash, e.kind, 'register', '', e.at from register_entry e
where e.creditor_id = $1 and e.register = 'do_not_call' and e.kind in ('phone', 'email') and e.entered
  and e.hash = any($2::text[])
on conflict do nothing
"""
OPEN = """
delete from never_contact n where n.why = 'register' and n.account_id = '' and n.address_hash = any($1::text[])
  and not exists (
    select from register_entry e where e.register = 'do_not_call' and e.hash = n.address_hash and e.entered)
"""
MEANT = """
select person_id from account where id = any($1::text[])
union select coalesce(root_id, id) from person where creditor_id = $2 and subject_id = any($1::text[])
union select coalesce(p.root_id, p.id) from person_key k join person p on p.id = k.person_id
  where k.kind = 'document' and k.hash = any($1::text[]) and p.creditor_id = $2
union select coalesce(p.root_id, p.id) from contact_point c join person p on p.id = c.person_id
  where c.address_hash = any($1::text[]) and c.creditor_id = $2
"""

REACHED = """
select distinct c.address_hash, coalesce(p.root_id, p.id) as person
from contact_point c join person p on p.id = c.person_id
where c.address_hash = any($1::text[]) and c.creditor_id = $2
"""


class Entry(msgspec.Struct, frozen=True):
    """That something is in a register, or left it: `kind` document, phone, email or account, by its keyed hash."""

    register: str
    kind: str
    hash: str
    entered: bool
    at: datetime
    source: str = ""

    @property
    def name(self) -> tuple[str, str, str]:
        return self.register, self.kind, self.hash


async def enter(db: Db, creditor: str, entries: Iterable[Entry], import_id: str) -> set[tuple[str, str, str]]:
    """Keeps what registers say; the names of the entries that changed."""
    best: dict[tuple[str, str, str], Entry] = {}
    for one in entries:
        best[one.name] = max(best.get(one.name, one), one, key=lambda e: (e.at, e.entered))
    if not best:
        return set()
    rows = [(*name, one.entered, one.at, one.source) for name, one in best.items()]
    told = await db.fetch(ENTER, creditor, import_id, *(list(column) for column in zip(*rows, strict=True)))
    hashes = [row["hash"] for row in told if row["kind"] in ("phone", "email")]
    await db.execute(CLOSE, creditor, hashes)
    await db.execute(OPEN, hashes)
    return {tuple(row) for row in told}


def of_portfolio(rows: Iterable[tuple[Register, str, str]], at: datetime) -> list[Entry]:
    """Entries of what a portfolio's rows say: register, the person's subject, the account's id."""
    return [
        Entry(register, "account", account, True, at, "cartera")
        if register == "judicialised"
        else Entry(register, "document", subject, True, at, "cartera")
        for register, subject, account in rows
    ]


class RegistersFeed:
    """Registers on their way in; what follows for people is settled at the end."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived, import_id: str) -> None:
        self._db, self._keyring, self._arrived, self._import = db, keyring, arrived, import_id
        self._changed: set[str] = set()
        self._closed: dict[str, list[tuple[str, str]]] = {}  # by an address's hash, the channels that lead there

    async def take(self, lines: Sequence[RegisterLine]) -> Taken:
        creditor = self._arrived.creditor
        entries = [_entries(line, whom.keys_of(self._keyring, creditor, line.about)) for line in lines]
        changed = await enter(self._db, creditor, (one for several in entries for one in several), self._import)
        self._changed.update(hash_ for _, _, hash_ in changed)
        for line, several in zip(lines, entries, strict=True):
            self._note_closed(line, {one.hash for one in several if one.name in changed})
        statuses: list[tuple[int, Status]] = [
            (line.row, "taken" if any(one.name in changed for one in several) else "unchanged")
            for line, several in zip(lines, entries, strict=True)
        ]
        return Taken(tuple(statuses))

    async def finish(self) -> None:
        rows = await self._db.fetch(MEANT, list(self._changed), self._arrived.creditor)
        people = [row["person_id"] for row in rows]
        await barred.meet(self._db, self._keyring, self._arrived.creditor, people, self._arrived.at, self._import)
        reached = await self._db.fetch(REACHED, list(self._closed), self._arrived.creditor)
        stops = [Stop(r["person"], "opted_out", *to) for r in reached for to in self._closed[r["address_hash"]]]
        await take_back(self._db, self._keyring, stops, self._import, self._arrived.at)

    def _note_closed(self, line: RegisterLine, changed: set[str]) -> None:
        for kind, value in (("phone", line.about.phone), ("email", line.about.email)):
            hash_ = self._keyring.address_hash(kind, value)
            if value and line.entered and line.register == "do_not_call" and hash_ in changed:
                self._closed[hash_] = [(one, self._keyring.address_hash(one, value)) for one in LEAD_TO[kind]]


def _entries(line: RegisterLine, keys: Keys) -> list[Entry]:
    hashes = {"document": keys.subject, "phone": keys.phone, "email": keys.email, "account": keys.account}
    return [
        Entry(line.register, kind, hashes[kind], line.entered, line.at, line.source)
        for kind in NAMES[line.register]
        if hashes[kind]
    ]
