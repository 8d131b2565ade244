"""By what people are found without opening what is sealed, and the pairs among them that may be one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import TypeAlias, TypeVar

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.merging import merge, tie
from acuerdo.adapters.store.views import open_person
from acuerdo.core.portfolio.documents import Document
from acuerdo.core.portfolio.matching import Who, papers, weigh
from acuerdo.core.portfolio.names import address_form, words
from acuerdo.service.people import CannotMerge, Deed, matching_rules

T = TypeVar("T")
Pair: TypeAlias = tuple[str, str]
CHUNK = 2000
SHARED_BY = 20  # people: what more of them share is a switchboard or a made-up value, and tells of nobody

POINTS = """
insert into contact_point (creditor_id, source, first_seen, last_seen, person_id, kind, address_hash)
select $1, $2, $3, $3, * from unnest($4::text[], $5::text[], $6::text[])
on conflict (person_id, kind, address_hash) do update set last_seen = excluded.last_seen,
  source = case when contact_point.source in ('portfolio', 'debtor', 'agent') then contact_point.source
                else excluded.source end
"""
NO_KEYS = "delete from person_key where person_id = any($1::text[])"
KEYS = """
insert into person_key (person_id, kind, hash)
select distinct * from unnest($1::text[], $2::text[], $3::text[])
"""
FRESH = "create temp table fresh_person (id text primary key) on commit drop"
FRESH_IN = "insert into fresh_person select distinct * from unnest($1::text[])"
CANDIDATES = "create temp table likely_pair (one text, other text) on commit drop"
# What fresh people share with others of the creditor; a pair that shares several things stands here several times.
BY_ADDRESS = """
insert into likely_pair
with mine as (select distinct k.address_hash from fresh_person f join contact_point k on k.person_id = f.id),
common as (
  select array_agg(k.person_id) as people from mine join contact_point k using (address_hash)
  where k.creditor_id = $1 group by k.address_hash, k.kind having count(*) between 2 and $2
)
select a, b from common, unnest(people) a, unnest(people) b
where a < b and (a in (select id from fresh_person) or b in (select id from fresh_person))
"""
BY_KEY = """
insert into likely_pair
with mine as (select distinct k.hash from fresh_person f join person_key k on k.person_id = f.id),
common as (
  select array_agg(k.person_id) as people from mine join person_key k using (hash) join person p on p.id = k.person_id
  where p.creditor_id = $1 group by k.hash, k.kind having count(*) between 2 and $2
)
select a, b from common, unnest(people) a, unnest(people) b
where a < b and (a in (select id from fresh_person) or b in (select id from fresh_person))
"""
# Somebody's further document is what somebody else, of this creditor or of another, was filed under.
BY_DOCUMENT = """
insert into likely_pair
select least(k.person_id, p.id), greatest(k.person_id, p.id)
from person_key k join person p on p.subject_id = k.hash
where k.kind = 'document' and k.person_id <> p.id
  and (k.person_id in (select id from fresh_person) or p.id in (select id from fresh_person))
"""
PAIRS = """
select distinct l.one, l.other
from likely_pair l join person a on a.id = l.one join person b on b.id = l.other
where a.creditor_id = b.creditor_id and a.customer_type = b.customer_type
  and coalesce(a.root_id, a.id) <> coalesce(b.root_id, b.id)
  and a.wrapped_key is not null and b.wrapped_key is not null
  and not exists (select from person_review r where r.one_id = l.one and r.other_id = l.other)
order by 1, 2
"""
# Of two creditors: nothing of one is shown to the other, and the guard counts them as one human.
ACROSS = """
select distinct l.one, l.other
from likely_pair l join person a on a.id = l.one join person b on b.id = l.other
join subject x on x.id = a.subject_id join subject y on y.id = b.subject_id
where a.creditor_id <> b.creditor_id and a.customer_type = b.customer_type
  and coalesce(x.merged_into, x.id) <> coalesce(y.merged_into, y.id)
  and a.wrapped_key is not null and b.wrapped_key is not null
order by 1, 2
"""
PEOPLE = """
select id, creditor_id, subject_id, country, customer_type, wrapped_key, sealed,
       id in (select id from fresh_person) as fresh
from person where id = any($1::text[]) and wrapped_key is not null
"""
REVIEW = """
insert into person_review (creditor_id, found_at, one_id, other_id, rule, score, reasons)
select $1, $2, one, other, rule, score, string_to_array(reasons, ' ')
from unnest($3::text[], $4::text[], $5::text[], $6::integer[], $7::text[]) as x (one, other, rule, score, reasons)
on conflict do nothing
"""


async def know(
    db: Db, keyring: Keyring, creditor: str, people: Iterable[tuple[str, Who]], source: str, at: datetime
) -> None:
    """Keeps by what these people are found and reached, as a source says it now; of new or changed people alone.

    `source` is portfolio, debtor or agent where it speaks for the person; else the name of whoever it is.
    """
    told = iter(people)
    while chunk := list(islice(told, CHUNK)):
        points = {point for person, who in chunk for point in _points(keyring, person, who)}
        await db.execute(POINTS, creditor, source, at, *_columns(sorted(points), 3))
        await db.execute(NO_KEYS, [person for person, _ in chunk])
        keys = [key for person, who in chunk for key in _keys(keyring, person, who)]
        await db.execute(KEYS, *_columns(keys, 3))


def subject_of(keyring: Keyring, country: str, paper: Document) -> str:
    """The guard's name for the human with this document."""
    return keyring.blind("document", f"{country}:{paper.kind}:{paper.value}").hex()


def _points(keyring: Keyring, person: str, who: Who) -> Iterator[tuple[str, str, str]]:
    for kind, values in (("phone", who.phones), ("email", who.emails)):
        for value in values:
            yield person, kind, keyring.address_hash(kind, value)


def _keys(keyring: Keyring, person: str, who: Who) -> Iterator[tuple[str, str, str]]:
    for paper in papers(who)[1:]:
        yield person, "document", subject_of(keyring, who.country, paper)
    if who.born is None and not who.address:
        return
    name = " ".join(words(who.name, matching_rules().nicknames))
    if who.born is not None:
        yield person, "birth", keyring.blind("birth", f"{name} {who.born}").hex()
    if who.address:
        yield person, "home", keyring.blind("home", f"{name} {address_form(who.address)}").hex()


def _columns(rows: Sequence[tuple[T, ...]], width: int) -> list[list[T]]:
    return [[row[n] for row in rows] for n in range(width)]


async def doubts(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime) -> int:
    """Compares these people (new or changed, already known by `know`) with all of the creditor's.

    Sure ones are merged by rule, doubtful pairs go to the review list; returns how many doubtful ones were added. A
    pair that was looked at before is not looked at again. On the caller's transaction, under the lock of imports.
    """
    if not people:
        return 0
    await _gather(db, creditor, people)
    added = 0
    pairs = [(row["one"], row["other"]) for row in await db.fetch(PAIRS)]
    for chunk in (pairs[start : start + CHUNK] for start in range(0, len(pairs), CHUNK)):
        added += await _weigh(db, keyring, creditor, chunk, at)
    await _across(db, keyring)
    await db.execute("drop table fresh_person, likely_pair")
    return added


async def _gather(db: Db, creditor: str, people: Sequence[str]) -> None:
    """The pairs worth opening, by set, without reading anything of anybody."""
    await db.execute(FRESH)
    await db.execute(FRESH_IN, people)
    await db.execute("analyze fresh_person")
    await db.execute(CANDIDATES)
    await db.execute(BY_ADDRESS, creditor, SHARED_BY)
    await db.execute(BY_KEY, creditor, SHARED_BY)
    await db.execute(BY_DOCUMENT)


async def _weigh(db: Db, keyring: Keyring, creditor: str, pairs: Sequence[Pair], at: datetime) -> int:
    """Opens each pair and lets the rules speak."""
    rows = await _people(db, pairs)
    whos = {person: who_of(keyring, row) for person, row in rows.items()}
    told = [(one, other, weigh(whos[one], whos[other], matching_rules())) for one, other in pairs]
    seen = [(one, other, verdict) for one, other, verdict in told if verdict.outcome != "apart"]
    lines = [(one, other, v.rule, v.score, " ".join(v.signs)) for one, other, v in seen]
    await db.execute(REVIEW, creditor, at, *_columns(lines, 5))
    for one, other, verdict in seen:
        if verdict.outcome == "match":
            await _join(db, keyring, rows[one], rows[other], verdict.rule, at)
    return sum(verdict.outcome == "doubtful" for _, _, verdict in seen)


async def _people(db: Db, pairs: Sequence[Pair]) -> dict[str, asyncpg.Record]:
    ids = sorted({person for pair in pairs for person in pair})
    return {row["id"]: row for row in await db.fetch(PEOPLE, ids)}


def who_of(keyring: Keyring, row: asyncpg.Record) -> Who:
    """A person's row, opened, as the rules want it."""
    person = open_person(keyring, row["wrapped_key"], row["sealed"], row["id"])
    # The kind was one of ours when it was sealed.
    first = msgspec.convert({"kind": person.document_kind, "value": person.document}, Document)
    return Who(
        name=person.name, country=row["country"], documents=(first, *person.documents), phones=person.phones,
        emails=person.emails, born=person.born, address=person.address, city=person.city,
        business=row["customer_type"] == "business",
    )  # fmt: skip


async def _join(db: Db, keyring: Keyring, one: asyncpg.Record, other: asyncpg.Record, rule: str, at: datetime) -> None:
    """Merges by rule: whoever was known before stays, with whatever was merged meanwhile."""
    known, new = sorted((one, other), key=lambda row: (row["fresh"], row["id"]))
    merged, into = await db.fetchval("select root_of($1)", new["id"]), known["id"]
    if merged != await db.fetchval("select root_of($1)", into):
        with suppress(CannotMerge):  # the root of one is forgotten, or of another kind: the pair stays on the list
            await merge(db, keyring, Deed(merged, "system", "", at), into, rule=rule)


async def _across(db: Db, keyring: Keyring) -> None:
    """Ties the subjects of people of two creditors where a document is of both and the name agrees."""
    pairs = [(row["one"], row["other"]) for row in await db.fetch(ACROSS)]
    rows = await _people(db, pairs)
    for one, other in pairs:
        verdict = weigh(who_of(keyring, rows[one]), who_of(keyring, rows[other]), matching_rules())
        if verdict.outcome == "match" and "document_same" in verdict.signs:
            await tie(db, f"papers:{one}:{other}", rows[one]["subject_id"], rows[other]["subject_id"])
