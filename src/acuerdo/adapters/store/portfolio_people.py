"""The people of a file against those on record: new ones in one statement, changed ones one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.keys import PersonKey
from acuerdo.adapters.store.people import doubts_of, know_marked
from acuerdo.adapters.store.portfolio_job import CHUNK, Job
from acuerdo.adapters.store.portfolio_rows import PARTICULARS, Seen, digest_of, reachable, sealed
from acuerdo.adapters.store.portfolio_watch import Watch
from acuerdo.adapters.store.views import Person, open_person
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded

# Who is spoken of by a row that is new or changed, and not older than another of their debts on record.
CHOSEN = """
create temp table chosen on commit drop as
select g.*, x.id is not null as known, encode(x.digest, 'hex') as was from (
  select home_person_id as id, min(line) as line, max(as_of) as as_of,
         min(person_digest collate "C") <> max(person_digest collate "C") as mixed,
         min(person_digest collate "C") as digest
  from staged_account where verdict <> 'o' group by 1 having bool_or(verdict <> 's')
) g left join person x on x.id = g.id
"""
OVERTAKEN = """
delete from chosen c using (
  select k.id, max(a.as_of) as as_of from chosen k join person p on p.id = k.id
  join account a on a.person_id = coalesce(p.root_id, p.id) and a.home_person_id = p.id where k.known group by 1) r
where r.id = c.id and r.as_of > c.as_of
"""
SETTLED = "delete from chosen where known and not mixed and was = digest"
COLUMNS = """id, subject_id, country, zones, subdivision, customer_type, customer_since, language, preferred_channel,
  preferred_hours, reachable, wrapped_key, sealed"""
PLAIN = "from staged_person s join chosen c on c.line = s.line where not c.known and not c.mixed"
NEW_SUBJECTS = """
insert into subject (id, country) select s.subject_id, s.country
from staged_person s join chosen c on c.line = s.line where not c.known order by 1 on conflict (id) do nothing
"""
NEW = f"""
insert into person ({COLUMNS}, creditor_id, digest, import_id, added_by)
select s.{", s.".join(COLUMNS.replace(",", " ").split())}, $1, decode(s.digest, 'hex'), $2, $2 {PLAIN} order by s.id
"""
NEW_FACTS = f"""
insert into fact (id, at, kind, who, creditor_id, person_id, cause, shown, sealed)
select s.fact_id, $1, 'person_seen', $2, $3, s.id, $4,
       '{{"kind":"person_seen","country":"' || s.country || '"}}', s.said {PLAIN} on conflict (id) do nothing
"""
# Every row of the others, the newest first, then in the creditor's own order: so a file shuffled says the same.
REST = """
select c.known, s.*, x.wrapped_key as own_key, x.sealed as before, x.zones as before_zones,
       x.subdivision as before_subdivision, x.customer_type as before_customer_type,
       x.customer_since as before_customer_since, x.language as before_language,
       x.preferred_channel as before_preferred_channel, x.preferred_hours as before_preferred_hours,
       x.digest as before_digest
from chosen c
join staged_account a on a.home_person_id = c.id and a.verdict <> 'o'
join staged_person s on s.line = a.line
left join person x on x.id = c.id
where c.known or c.mixed order by c.id, a.as_of desc, a.external_id
"""
INSERT = f"""
insert into person ({COLUMNS}, creditor_id, digest, import_id, added_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
"""  # noqa: S608 - names of columns
CHANGE = """
update person set zones = $2, subdivision = $3, customer_type = $4, customer_since = $5, language = $6,
  preferred_channel = $7, preferred_hours = $8, reachable = $9, sealed = $10, digest = $11, import_id = $12
where id = $1
"""
# By what they are found: of new people by their one row, of the others by every row of theirs.
NEW_MARKS = (
    "select s.id, s.marks from staged_person s join chosen c on c.line = s.line where not c.known and not c.mixed"
)
MARKS = """
select s.id, array_agg(distinct mark) as marks
from chosen c join staged_account a on a.home_person_id = c.id and a.verdict <> 'o'
join staged_person s on s.line = a.line cross join unnest(s.marks) mark where c.known or c.mixed group by s.id
"""


# Where marks are kept, and what names a row there.
FOUND_BY = {
    "contact_point": "concat_ws(' ', person_id, kind, address_hash)",
    "person_key": "concat_ws(' ', person_id, kind, hash)",
}  # fmt: skip


class People(msgspec.Struct, frozen=True):
    """Who changed."""

    changed: list[str]


async def settle(job: Job) -> People:
    """Adds who is new and changes who changed."""
    db, a = job.db, job.arrival
    await db.execute(CHOSEN)
    await db.execute("analyze chosen")
    await db.execute(OVERTAKEN)
    await db.execute(SETTLED)
    await db.execute("analyze chosen")
    await db.execute(NEW_SUBJECTS)
    await db.execute(NEW, a.creditor, job.name)
    await db.execute(NEW_FACTS, a.at, a.who, a.creditor, job.name)
    changed = await _rest(job)
    for place, key in FOUND_BY.items():
        await job.keep(place, key, "person_id = any($2::text[])", changed)
    await know_marked(db, a.creditor, NEW_MARKS, a.at, new=True)
    await know_marked(db, a.creditor, MARKS, a.at)
    return People(changed)


async def compare(job: Job) -> int:
    """Looks for others who are or may be those new or changed, once debts are in: sure ones are merged, others told of.

    Returns how many pairs may be one person.
    """
    a, watch = job.arrival, Watch(job)
    await watch.look("same_human", "true")
    await watch.look("person_review", "creditor_id = $1 and found_at = $2", a.creditor, a.at)
    doubtful = await doubts_of(job.db, job.keyring, a.creditor, "select id from chosen", a.at)
    await watch.note("same_human", "person_review")
    return doubtful


async def _rest(job: Job) -> list[str]:
    """People who are known, or of whom rows say different things."""
    changed: list[str] = []
    waiting: list[list[asyncpg.Record]] = []
    open_: list[asyncpg.Record] = []
    # Read before any of them is written, as the cursor stands on its own view of the rows.
    async for row in job.db.cursor(REST, prefetch=CHUNK):
        if open_ and open_[0]["id"] != row["id"]:
            waiting.append(open_)
            open_ = []
            if len(waiting) >= CHUNK:
                changed += await _write(job, waiting)
                waiting = []
        open_.append(row)
    if open_:
        changed += await _write(job, [*waiting, open_])
    return changed


async def _write(job: Job, people: Sequence[Sequence[asyncpg.Record]]) -> list[str]:
    facts: list[Recorded] = []
    keys: dict[str, PersonKey] = {}
    added: list[tuple[Any, ...]] = []
    changes: list[tuple[Any, ...]] = []
    for rows in people:
        first, seen = rows[0], _together(job, rows)
        name, digest = first["id"], digest_of(job.keyring, seen)
        if not first["known"]:
            keys[name] = key = _key(job, first["wrapped_key"], name)
            added.append((
                name, seen.subject, seen.country, seen.zones, *_particulars(seen), reachable(seen.who),
                first["wrapped_key"], sealed(name, seen.who, key), job.arrival.creditor, digest, job.name,
            ))  # fmt: skip
            facts.append(job.fact(f.PersonSeen(seen.country, seen.who.name), name))
        elif first["before_digest"] != digest and first["own_key"] is not None:  # who was forgotten stays forgotten
            key = _key(job, first["own_key"], name)
            changes.append((
                name, seen.zones, *_particulars(seen), reachable(seen.who), sealed(name, seen.who, key), digest,
                job.name,
            ))  # fmt: skip
            facts.append(job.fact(f.PersonChanged(_differences(job, first, seen)), name))
    names = [row[0] for row in changes]
    await job.keep("person", "x.id", "id = any($2::text[])", names)
    await job.db.executemany(INSERT, added)
    await job.db.executemany(CHANGE, changes)
    await book.insert(job.db, facts, keys)
    return names


def _particulars(seen: Seen) -> tuple[Any, ...]:
    return tuple(getattr(seen, name) for name in PARTICULARS)


def _key(job: Job, wrapped: bytes, name: str) -> PersonKey:
    key = job.keyring.person(wrapped, name)
    assert key is not None  # noqa: S101 - only an erased key is None, and this one is not
    return key


def _together(job: Job, rows: Sequence[asyncpg.Record]) -> Seen:
    """What rows say of one person: the first one's word, completed by the later ones'; every way to reach them."""
    digests = [row["digest"] for row in rows]
    several = [_seen(job, row) for at, row in enumerate(rows) if row["digest"] not in digests[:at]]
    first = several[0]
    for later in several[1:]:
        first = _joined(first, later)
    return first


def _seen(job: Job, row: asyncpg.Record) -> Seen:
    who = open_person(job.keyring, row["wrapped_key"], row["sealed"], row["id"])
    particulars = {name: row[name] for name in PARTICULARS}
    return Seen(row["subject_id"], row["country"], tuple(row["zones"]), **particulars, who=who)


def _joined(first: Seen, later: Seen) -> Seen:
    a, b = first.who, later.who
    who = Person(
        a.name, a.document_kind, a.document, _union(a.phones, b.phones), _union(a.emails, b.emails),
        a.address or b.address, a.city or b.city, a.born or b.born, _union(a.documents, b.documents),
    )  # fmt: skip
    kept = {name: getattr(first, name) or getattr(later, name) for name in PARTICULARS}
    return msgspec.structs.replace(first, who=who, zones=_union(first.zones, later.zones), **kept)


def _union(first: Sequence[Any], later: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys((*first, *later)))


def _differences(job: Job, row: asyncpg.Record, now: Seen) -> tuple[str, ...]:
    """The names of the fields in which a person changed."""
    was = open_person(job.keyring, row["own_key"], row["before"], row["id"])
    inside = [name for name in Person.__struct_fields__ if getattr(was, name) != getattr(now.who, name)]
    outside = [name for name in PARTICULARS if row[f"before_{name}"] != getattr(now, name)]
    return (*inside, *outside, *(("zones",) if tuple(row["before_zones"]) != now.zones else ()))
