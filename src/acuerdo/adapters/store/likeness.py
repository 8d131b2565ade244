"""By what people are found without opening what is sealed, and the pairs among them that may be one."""

from __future__ import annotations

import re
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
from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.documents import Document
from acuerdo.core.portfolio.matching import Who, papers, weigh
from acuerdo.core.portfolio.names import address_form, words
from acuerdo.core.portfolio.records import Contact
from acuerdo.service.people import CannotMerge, Deed, matching_rules

T = TypeVar("T")
Pair: TypeAlias = tuple[str, str]
CHUNK = 2000
SHARED_BY = 10  # people: what more of them share is a switchboard or a made-up value, and tells of nobody
THEIRS = ("cliente", "titular", "deudor", "propio", "debtor", "customer")  # a file's words for the person's own

POINTS = """
insert into contact_point (creditor_id, first_seen, last_seen, person_id, kind, address_hash, quality, source)
select $1, $2, $2, id, split_part(mark, ':', 1), split_part(mark, ':', 2), split_part(mark, ':', 3),
       split_part(mark, ':', 4)
from ({which}) told cross join unnest(marks) mark where mark like 'phone:%' or mark like 'email:%'
"""
# What is said again is the same point: who speaks for the person stays who said it, and a file's silence about an
# address's quality takes nothing back.
AGAIN = """
on conflict (person_id, kind, address_hash) do update set last_seen = excluded.last_seen,
  source = case when contact_point.source in ('portfolio', 'debtor', 'agent') then contact_point.source
                else excluded.source end,
  quality = case when excluded.quality = 'unknown' then contact_point.quality else excluded.quality end
"""
KEYS = """
insert into person_key (person_id, kind, hash) select id, split_part(mark, ':', 1), split_part(mark, ':', 2)
from ({which}) told cross join unnest(marks) mark where mark not like 'phone:%' and mark not like 'email:%'
"""
GIVEN = "select id, string_to_array(marks, ' ') as marks from unnest($3::text[], $4::text[]) as given (id, marks)"
FRESH = "create temp table fresh_person (id text primary key) on commit drop"
FRESH_IN = "insert into fresh_person select distinct id from ({which}) told (id)"
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
from fresh_person f join person_key k on k.person_id = f.id join person p on p.subject_id = k.hash
where k.kind = 'document' and k.person_id <> p.id
union all
select least(k.person_id, p.id), greatest(k.person_id, p.id)
from fresh_person f join person p on p.id = f.id join person_key k on k.hash = p.subject_id
where k.kind = 'document' and k.person_id <> p.id
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
        ids = [person for person, _ in chunk]
        lines = [" ".join(marks(keyring, who, source=source)) for _, who in chunk]
        await know_marked(db, creditor, GIVEN, at, ids, lines)


async def know_marked(db: Db, creditor: str, which: str, at: datetime, *args: object, new: bool = False) -> None:
    """As `know`, of what a query yields: `id` and `marks`, each mark once for each person. Its arguments begin with $3.

    `new`: they were known by nothing before.
    """
    if not new:
        await db.execute(f"delete from person_key where person_id in (select id from ({_from_one(which)}) told)", *args)  # noqa: S608 - the callers' constants
    points = POINTS.replace("{which}", which) + ("" if new else AGAIN)
    await db.execute(points, creditor, at, *args)
    await db.execute(KEYS.replace("{which}", _from_one(which)), *args)


def _from_one(which: str) -> str:
    """The query with its arguments numbered from $1."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) - 2}", which)


def subject_of(keyring: Keyring, country: str, paper: Document) -> str:
    """The guard's name for the human with this document."""
    return keyring.blind("document", f"{country}:{paper.kind}:{paper.value}").hex()


def marks(keyring: Keyring, who: Who, contacts: Sequence[Contact] = (), source: str = "portfolio") -> list[str]:
    """By what a person is found and reached, as words: kind, hash and, of an address, its quality and source.

    `contacts` tell of single addresses where they came from and whether they serve. Needs no database.
    """
    told: dict[tuple[str, str], Contact] = {(one.kind, one.value): one for one in contacts}
    values = [("phone", value) for value in who.phones] + [("email", value) for value in who.emails]
    points = {}
    for kind, value in dict.fromkeys((*values, *(pair for pair in told if pair[0] != "address"))):
        one = told.get((kind, value))
        quality, said = (one.quality, one.source) if one else ("unknown", "")
        points[f"{kind}:{keyring.address_hash(kind, value)}"] = f"{quality}:{_source(said) or source}"
    return [*(f"{point}:{rest}" for point, rest in points.items()), *dict.fromkeys(_keys(keyring, who))]


def _source(said: str) -> str:
    """A file's word for where an address came from; the person's own where it says so."""
    word = key(said).replace(" ", "_")[:40]
    return "debtor" if word in THEIRS else word


def _keys(keyring: Keyring, who: Who) -> Iterator[str]:
    for paper in papers(who)[1:]:
        yield f"document:{subject_of(keyring, who.country, paper)}"
    if who.born is None and not who.address:
        return
    name = " ".join(words(who.name, matching_rules().nicknames))
    if who.born is not None:
        yield f"birth:{keyring.blind('birth', f'{name} {who.born}').hex()}"
    if who.address:
        yield f"home:{keyring.blind('home', f'{name} {address_form(who.address)}').hex()}"


def _columns(rows: Sequence[tuple[T, ...]], width: int) -> list[list[T]]:
    return [[row[n] for row in rows] for n in range(width)]


async def doubts(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime) -> int:
    """As `doubts_of`, of the people with these ids."""
    return await doubts_of(db, keyring, creditor, "select * from unnest($1::text[])", at, people) if people else 0


async def doubts_of(db: Db, keyring: Keyring, creditor: str, which: str, at: datetime, *args: object) -> int:
    """Compares people (new or changed, known already) whose ids a query yields with all of the creditor's.

    Sure ones are merged by rule, doubtful pairs go to the review list; returns how many doubtful ones were added. A
    pair that was looked at before is not looked at again. On the caller's transaction, under the lock of imports.
    """
    await _gather(db, creditor, which, *args)
    added, pairs = 0, list[Pair]()
    async for row in db.cursor(PAIRS, prefetch=CHUNK):
        pairs.append((row["one"], row["other"]))
        if len(pairs) == CHUNK:
            added += await _weigh(db, keyring, creditor, pairs, at)
            pairs = []
    added += await _weigh(db, keyring, creditor, pairs, at)
    await _across(db, keyring)
    await db.execute("drop table fresh_person, likely_pair")
    return added


async def _gather(db: Db, creditor: str, which: str, *args: object) -> None:
    """The pairs worth opening, by set, without reading anything of anybody."""
    await db.execute(FRESH)
    await db.execute(FRESH_IN.replace("{which}", which), *args)
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
