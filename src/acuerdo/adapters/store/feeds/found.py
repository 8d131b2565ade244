"""Ways to reach people that feeds told of, good and bad: kept apart, and put with what is sealed of the person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds.queued import Stop
from acuerdo.adapters.store.feeds.whom import Known
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.views import Person, open_person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived

WORTH = {"unknown": 0, "good": 1, "bad": 2}  # of two words of one moment the more cautious holds
# The channels that lead to an address of each kind.
LEAD_TO = {"phone": ("sms", "whatsapp", "voice"), "email": ("email",)}
KEEP = """
insert into contact_found (person_id, kind, hash, quality, source, at, sealed, import_id)
select r.person, r.kind, r.hash, r.quality, r.source, r.at, r.sealed, $1
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[], $8::bytea[])
  as r (person, kind, hash, quality, source, at, sealed)
on conflict (person_id, kind, hash) do update set quality = excluded.quality, source = excluded.source,
  at = excluded.at, import_id = excluded.import_id
where (excluded.at, array_position(array['unknown', 'good', 'bad'], excluded.quality))
    > (contact_found.at, array_position(array['unknown', 'good', 'bad'], contact_found.quality))
returning person_id, kind, hash
"""
OF = """
select c.person_id, c.kind, c.hash, c.quality, c.source, c.at, c.sealed, p.sealed as person, p.wrapped_key,
       p.creditor_id
from contact_found c join person p on p.id = c.person_id
where c.person_id = any($1::text[]) and p.wrapped_key is not null order by c.person_id, c.at, c.hash
"""
POINTS = """
insert into contact_point (person_id, kind, address_hash, creditor_id, source, quality, first_seen, last_seen)
select r.person, r.kind, r.hash, r.creditor, r.source, r.quality, r.at, r.at
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
  as r (person, kind, hash, creditor, source, quality, at)
on conflict (person_id, kind, address_hash) do update set quality = excluded.quality,
  last_seen = greatest(contact_point.last_seen, excluded.last_seen)
"""
RESEAL = """
update person p set sealed = r.sealed, reachable = string_to_array(r.reachable, ' ')
from unnest($1::text[], $2::bytea[], $3::text[]) as r (id, sealed, reachable) where p.id = r.id
"""


class Found(msgspec.Struct, frozen=True):
    """A phone, an e-mail or a postal address, what it is worth, and since when that is known."""

    person: str
    kind: str
    value: str
    quality: str
    at: datetime
    source: str = ""
    why: str = "bad"


def hash_of(keyring: Keyring, kind: str, value: str) -> str:
    """Under what an address is looked up."""
    return keyring.blind("postal", value).hex() if kind == "address" else keyring.address_hash(kind, value)


async def keep(
    db: Db, keyring: Keyring, arrived: Arrived, import_id: str, found: Sequence[Found], known: dict[str, Known]
) -> tuple[set[Found], list[Stop]]:
    """Keeps what is newer than what was known, and puts it to use; which that was, and what is no longer sent."""
    best: dict[tuple[str, str, str], Found] = {}
    for one in found:
        if known[one.person].key is not None:
            name = (one.person, one.kind, hash_of(keyring, one.kind, one.value))
            best[name] = max(best.get(name, one), one, key=lambda f_: (f_.at, WORTH[f_.quality]))
    if not best:
        return set(), []
    rows = [(*name, one.quality, one.source, one.at, _sealed(name, one, known)) for name, one in best.items()]
    told = await db.fetch(KEEP, import_id, *(list(column) for column in zip(*rows, strict=True)))
    changed = [best[tuple(row)] for row in told]
    await put_to_use(db, keyring, sorted({one.person for one in changed}))
    facts = [_fact(one, hash_of(keyring, one.kind, one.value), arrived, import_id) for one in changed]
    await book.insert(db, facts, {one.id: one.key for one in known.values() if one.key})
    bad = (one for one in changed if one.quality == "bad" and one.kind != "address")
    stops = [
        Stop(one.person, "no_address", channel, keyring.address_hash(channel, one.value))
        for one in bad
        for channel in LEAD_TO[one.kind]
    ]
    return set(changed), stops


def _sealed(name: tuple[str, str, str], one: Found, known: dict[str, Known]) -> bytes:
    key = known[one.person].key
    assert key is not None  # noqa: S101 - the forgotten were left out above
    return key.seal(one.value.encode(), "\x1f".join(name).encode())


def _fact(one: Found, hash_: str, arrived: Arrived, import_id: str) -> Recorded:
    fact: f.AnyFact = f.ContactUpdated(one.kind, one.value)
    if one.quality == "bad":
        fact = f.ContactPointBad(one.kind, one.value, "wrong" if one.why == "wrong" else "bad")
    name = derive("found", one.person, one.kind, hash_, one.quality, one.at.isoformat())
    return Recorded(name, arrived.at, arrived.who, fact, arrived.creditor, one.person, cause=import_id)


async def put_to_use(db: Db, keyring: Keyring, people: Iterable[str]) -> None:
    """Puts what was found with what is sealed of these people, whatever a newer portfolio wrote there."""
    rows: dict[str, list[asyncpg.Record]] = defaultdict(list)
    for row in await db.fetch(OF, list(people)):
        rows[row["person_id"]].append(row)
    if not rows:
        return
    points = [
        (r["person_id"], r["kind"], r["hash"], r["creditor_id"], r["source"] or "contactdata", r["quality"], r["at"])
        for own in rows.values()
        for r in own
        if r["kind"] != "address"
    ]
    if points:
        await db.execute(POINTS, *(list(column) for column in zip(*points, strict=True)))
    sealed = [_resealed(keyring, person, own) for person, own in rows.items()]
    await db.execute(RESEAL, *(list(column) for column in zip(*sealed, strict=True)))


def _resealed(keyring: Keyring, person: str, rows: Sequence[asyncpg.Record]) -> tuple[str, bytes, str]:
    """The person's particulars with what was found; by which channels they can be reached now."""
    key = keyring.person(rows[0]["wrapped_key"], person)
    assert key is not None  # noqa: S101 - the query leaves the forgotten out
    who = open_person(keyring, rows[0]["wrapped_key"], rows[0]["person"], person)
    values = [(r, key.open(r["sealed"], "\x1f".join((person, r["kind"], r["hash"])).encode()).decode()) for r in rows]
    who = msgspec.structs.replace(
        who, phones=_joined(who.phones, values, "phone"), emails=_joined(who.emails, values, "email"),
        address=next((v for r, v in reversed(values) if r["kind"] == "address" and r["quality"] != "bad"), who.address),
    )  # fmt: skip
    bad = {value for r, value in values if r["quality"] == "bad"}
    return person, key.seal(msgspec.json.encode(who), person_aad(person)), " ".join(_reachable(who, bad))


def _joined(known: Sequence[str], values: Iterable[tuple[asyncpg.Record, str]], kind: str) -> tuple[str, ...]:
    """Good ones first, then what was known, then what was found; bad ones last, where they are only recognised."""
    found = {value: r["quality"] for r, value in values if r["kind"] == kind}
    worth = {quality: [value for value, told in found.items() if told == quality] for quality in WORTH}
    return (*worth["good"], *(one for one in known if one not in found), *worth["unknown"], *worth["bad"])


def _reachable(who: Person, bad: set[str]) -> list[str]:
    return ["sms"] * any(one not in bad for one in who.phones) + ["email"] * any(one not in bad for one in who.emails)
