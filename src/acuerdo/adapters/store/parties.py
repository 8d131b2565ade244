"""Who stands beside the debtor: guarantors and others as people of their own, references apart and never contacted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.likeness import know, subject_of
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.compliance.places import ZONES_OF
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.contact import zones
from acuerdo.core.portfolio.documents import customer_type_of
from acuerdo.core.portfolio.matching import Who
from acuerdo.core.portfolio.records import Party
from acuerdo.core.words import derive

CHUNK = 1000
# Whose debts they are; under the home person's key, so that it is forgotten with them.
HOLDERS = """
select a.id, p.id as person_id, p.country, p.wrapped_key
from account a join person p on p.id = a.home_person_id where a.id = any($1::text[])
"""
NO_PARTIES = "delete from party where account_id = any($1::text[])"
NO_REFERENCES = "delete from never_contact where why = 'reference' and account_id = any($1::text[])"
PARTIES = """
insert into party (at, account_id, role, id, person_id, sealed)
select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]) on conflict do nothing
"""
NEVER = """
insert into never_contact (at, why, address_hash, kind, account_id)
select $1, 'reference', * from unnest($2::text[], $3::text[], $4::text[]) on conflict do nothing
"""
SUBJECTS = "insert into subject (id, country) select * from unnest($1::text[], $2::text[]) on conflict do nothing"
# Who owes too is known better from their own row; who is a party alone is what the newest file says of them.
STANDING = """
select id, wrapped_key, digest,
       exists (select from account where person_id = coalesce(p.root_id, p.id) and home_person_id = p.id) as owes
from person p where id = any($1::text[])
"""
PERSON = """
insert into person (id, creditor_id, subject_id, country, zones, customer_type, reachable, wrapped_key, sealed, digest)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (id) do update set zones = excluded.zones, reachable = excluded.reachable, sealed = excluded.sealed,
  digest = excluded.digest
"""

_encoder = msgspec.json.Encoder()


async def settle_parties(
    db: Db, keyring: Keyring, creditor: str, records: Iterable[tuple[str, Party]], at: datetime
) -> None:
    """The parties of these accounts (by our account id), in the place of those on record for each of them.

    Guarantors, co-debtors and representatives with a document are people, whose contacts the guard counts; without
    one, and references always, they are kept sealed with the debt. On the caller's transaction.
    """
    told = iter(records)
    done: set[str] = set()
    while chunk := list(islice(told, CHUNK)):
        fresh = {account for account, _ in chunk} - done
        done |= fresh
        await _replace(db, keyring, creditor, chunk, sorted(fresh), at)


async def _replace(
    db: Db, keyring: Keyring, creditor: str, told: Sequence[tuple[str, Party]], fresh: Sequence[str], at: datetime
) -> None:
    await db.execute(NO_PARTIES, fresh)
    await db.execute(NO_REFERENCES, fresh)
    found = await db.fetch(HOLDERS, sorted({account for account, _ in told}))
    holders = {row["id"]: row for row in found if row["wrapped_key"] is not None}
    kept = [(account, party) for account, party in told if account in holders]
    people = await _people(db, keyring, creditor, [(holders[account]["country"], one) for account, one in kept], at)
    rows = [_row(keyring, holders[account], party, people) for account, party in kept]
    await db.execute(PARTIES, at, *([row[n] for row in rows] for n in range(5)))
    hidden = [line for account, party in kept if party.role == "reference" for line in _hidden(keyring, account, party)]
    await db.execute(NEVER, at, *([line[n] for line in hidden] for n in range(3)))


def _row(keyring: Keyring, holder: asyncpg.Record, party: Party, people: dict[str, str]) -> tuple[Any, ...]:
    key = keyring.person(holder["wrapped_key"], holder["person_id"])
    assert key is not None  # noqa: S101 - holders whose key is gone were left out
    subject = _subject(keyring, holder["country"], party)
    known_by = subject or f"{party.name} {party.phones} {party.emails}"
    name = keyring.blind("party", known_by).hex()
    sealed = key.seal(_encoder.encode(party), party_aad(holder["id"], party.role, name))
    return holder["id"], party.role, name, people.get(subject), sealed


def party_aad(account: str, role: str, name: str) -> bytes:
    """Where a party's sealed particulars belong."""
    return f"party:{account}:{role}:{name}".encode()


def _subject(keyring: Keyring, country: str, party: Party) -> str:
    """Who the guard knows this party as; empty for references, and where no document tells."""
    return subject_of(keyring, country, party.document) if party.document and party.role != "reference" else ""


def _hidden(keyring: Keyring, account: str, party: Party) -> Iterator[tuple[str, str, str]]:
    for kind, values in (("phone", party.phones), ("email", party.emails)):
        for value in values:
            yield keyring.address_hash(kind, value), kind, account


class Stander(msgspec.Struct, frozen=True):
    """A party who is a person: their id and the guard's name for them."""

    person: str
    subject: str
    country: str
    party: Party


async def _people(
    db: Db, keyring: Keyring, creditor: str, told: Sequence[tuple[str, Party]], at: datetime
) -> dict[str, str]:
    """The people that parties are, by subject; those new are added, those known as parties alone brought up to date."""
    by_subject = {_subject(keyring, country, party): (country, party) for country, party in told}
    all_ = [Stander(derive("person", creditor, s), s, *by_subject[s]) for s in sorted(by_subject) if s]
    rows = {row["id"]: row for row in await db.fetch(STANDING, [one.person for one in all_])}
    new = [one for one in all_ if one.person not in rows]
    changed = [one for one in all_ if one.person in rows and _changed(keyring, one, rows[one.person])]
    wrapped = {row["id"]: row["wrapped_key"] for row in rows.values()} | {
        one.person: keyring.new_key(one.person) for one in new
    }
    await db.execute(SUBJECTS, [one.subject for one in new], [one.country for one in new])
    await db.executemany(PERSON, [_person_row(keyring, creditor, o, wrapped[o.person]) for o in (*new, *changed)])
    await know(db, keyring, creditor, [(one.person, _who(one)) for one in (*new, *changed)], "portfolio", at)
    await book.record(db, keyring, [_seen(creditor, one, at) for one in new])
    return {one.subject: one.person for one in all_}


def _digest(keyring: Keyring, one: Stander) -> bytes:
    return keyring.blind("party", f"{one.country} {one.party}")


def _changed(keyring: Keyring, one: Stander, row: asyncpg.Record) -> bool:
    """Whoever owes is known better from their own row, and who was forgotten stays so."""
    return not row["owes"] and row["wrapped_key"] is not None and row["digest"] != _digest(keyring, one)


def _person_row(keyring: Keyring, creditor: str, one: Stander, wrapped: bytes) -> tuple[Any, ...]:
    who, key = _who(one), keyring.person(wrapped, one.person)
    assert key is not None  # noqa: S101 - a wrapped key that is there opens
    first = who.documents[0]
    sealed = key.seal(
        _encoder.encode(Person(who.name, first.kind, first.value, who.phones, who.emails)), person_aad(one.person)
    )
    # Where no phone tells the zone it may be any of the country's, and what is lawful in all of them is lawful.
    place = zones(one.country, "", "", "", who.phones) or ZONES_OF[one.country]
    reachable = ["sms"] * bool(who.phones) + ["email"] * bool(who.emails)
    kind = "business" if who.business else "natural"
    return (
        one.person, creditor, one.subject, one.country, place, kind, reachable, wrapped, sealed, _digest(keyring, one),
    )  # fmt: skip


def _who(one: Stander) -> Who:
    party, paper = one.party, one.party.document
    assert paper is not None  # noqa: S101 - without a document there is no subject
    business = customer_type_of(paper) == "business"
    return Who(party.name, one.country, (paper,), party.phones, party.emails, business=business)


def _seen(creditor: str, one: Stander, at: datetime) -> Recorded:
    fact = f.PersonSeen(one.country, one.party.name)
    return Recorded(derive("person_seen", one.person), at, "operator", fact, creditor, one.person)
