"""Whom the rows of a feed are about, found in sets: by account, by document, else by address."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.core.portfolio.feeds.about import About
from acuerdo.core.words import derive

ACCOUNTS = "select id, person_id from account where id = any($1::text[])"
# By their own document's id, else by a further document of theirs.
PEOPLE = """
select p.id as named, coalesce(p.root_id, p.id) as person, 0 as place from person p where p.id = any($2::text[])
union
select w.named, coalesce(p.root_id, p.id), 1
from unnest($2::text[], $3::text[]) as w (named, subject)
join person_key k on k.hash = w.subject and k.kind = 'document'
join person p on p.id = k.person_id and p.creditor_id = $1
order by 1, 3, 2
"""
ADDRESSES = """
select distinct c.address_hash, coalesce(p.root_id, p.id) as person
from contact_point c join person p on p.id = c.person_id
where c.address_hash = any($2::text[]) and c.creditor_id = $1 and c.quality <> 'bad'
"""
KNOWN = """
select p.id, p.subject_id, p.wrapped_key, p.zones[1] as zone, coalesce(s.merged_into, s.id) as human
from person p join subject s on s.id = p.subject_id where p.id = any($1::text[])
"""


class Keys(msgspec.Struct, frozen=True):
    """What a row's account, person and addresses would be called here; empty where it does not say."""

    account: str
    person: str
    subject: str
    phone: str
    email: str


class Whom(msgspec.Struct, frozen=True):
    """The account that a row means, where it is known, and who answers for it: several by a shared address."""

    account: str
    people: tuple[str, ...]


class Known(msgspec.Struct, frozen=True):
    """A person as feeds need them. `key` is None where they were forgotten."""

    id: str
    subject: str
    key: PersonKey | None
    zone: ZoneInfo


def keys_of(keyring: Keyring, creditor: str, about: About) -> Keys:
    """Under what a row's account, person and addresses are kept."""
    subject = keyring.blind("document", about.paper).hex() if about.paper else ""
    return Keys(
        derive("account", creditor, about.account) if about.account else "",
        derive("person", creditor, subject) if subject else "",
        subject,
        keyring.address_hash("phone", about.phone) if about.phone else "",
        keyring.address_hash("email", about.email) if about.email else "",
    )


async def find(db: Db, creditor: str, rows: Sequence[Keys], *, sole: bool = False) -> list[Whom]:
    """Whom each row is about: its account's people, else its document's holder, else those at its address.

    `sole`: nobody where others than its holder are on record under a document too, as what the row tells may be theirs.
    """
    accounts = dict(map(tuple, await db.fetch(ACCOUNTS, _some(row.account for row in rows))))
    named = {row.person: row.subject for row in rows if row.person}
    told: dict[str, dict[str, None]] = defaultdict(dict)
    for one in await db.fetch(PEOPLE, creditor, list(named), list(named.values())):
        told[one["named"]][one["person"]] = None
    people = {name: () if sole and len(found) > 1 else tuple(found)[:1] for name, found in told.items()}
    reached = await _at_addresses(db, creditor, [row for row in rows if not row.account and not row.person])
    return [_whom(row, accounts, people, reached) for row in rows]


def _whom(
    row: Keys, accounts: dict[str, str], people: dict[str, tuple[str, ...]], reached: dict[str, list[str]]
) -> Whom:
    if row.account in accounts:
        return Whom(row.account, (accounts[row.account],))
    if row.person:
        return Whom("", people.get(row.person, ()))
    if row.account:
        return Whom("", ())
    found = [*reached.get(row.phone, ()), *reached.get(row.email, ())]
    return Whom("", tuple(dict.fromkeys(found)))


async def _at_addresses(db: Db, creditor: str, rows: Sequence[Keys]) -> dict[str, list[str]]:
    hashes = _some(part for row in rows for part in (row.phone, row.email))
    found: dict[str, list[str]] = defaultdict(list)
    if hashes:
        for row in await db.fetch(ADDRESSES, creditor, hashes):
            found[row["address_hash"]].append(row["person"])
    return found


async def known(db: Db, keyring: Keyring, people: Iterable[str]) -> dict[str, Known]:
    """These people, with the keys of those who were not forgotten."""
    rows = await db.fetch(KNOWN, _some(people))
    return {
        row["id"]: Known(
            row["id"], row["subject_id"], keyring.person(row["wrapped_key"], row["id"]), ZoneInfo(row["zone"])
        )
        for row in rows
    }


def _some(values: Iterable[str]) -> list[str]:
    return sorted({value for value in values if value})
