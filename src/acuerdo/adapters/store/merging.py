"""Merge and un-merge: pointers between people, and what follows from the pointers, worked out anew each time."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.facts import AnyFact, PeopleKeptApart, PeopleMerged, PeopleUnmerged, Recorded, kind_of
from acuerdo.core.words import derive
from acuerdo.service.people import CannotMerge, Deed

# The lock under which a file goes in: who answers for whom does not change while accounts are given to people.
IMPORTS = 0x0AC0E2D1
PERSON = """
select id, creditor_id, subject_id, customer_type, merged_into, coalesce(root_id, id) as root,
       wrapped_key is null as gone
from person where id = any($1::text[])
"""
# As a turn does: conversations before people, people before accounts; each in the order of their names.
CONVERSATIONS = "select id from conversation where person_id = any($1::text[]) order by id for no key update"
SUBJECTS = """
select id from subject where id in (
  select coalesce(s.merged_into, s.id) from person p join subject s on s.id = p.subject_id where p.id = any($1::text[])
) order by id for update
"""
ACCOUNTS = "select from account where person_id = any($1::text[]) order by id for no key update"
STALE = "update conversation set stale = true where id = any($1::text[])"
GROUP = "select id from person where id = $1 or root_id = $1"
# Whoever points at this person, and at those, and so on.
UNDER = """
with recursive under as (
  select id from person where id = $1 union select p.id from person p join under u on p.merged_into = u.id
) select id from under
"""
POINT = "update person set merged_into = $2 where id = $1"
ROOT = "update person set root_id = nullif($2::text, id) where id = any($1::text[])"
ANSWERS = "update account set person_id = $2 where home_person_id = any($1::text[]) and person_id = $3"
SAME = "insert into same_human (cause, one_id, other_id) values ($1, $2, $3) on conflict do nothing"
NO_LONGER = "delete from same_human where cause = $1 returning one_id, other_id"
# All subjects that some cause ties to this one, however far.
TIED = """
with recursive tied as (
  select $1::text as id
  union
  select case when e.one_id = t.id then e.other_id else e.one_id end
  from tied t join same_human e on e.one_id = t.id or e.other_id = t.id
) select id from tied order by id
"""
HUMAN = "update subject set merged_into = nullif($2::text, id) where id = any($1::text[])"
# Who is filed apart as another name has their document, while nobody has said whether the two are one.
IN_DOUBT = """(
  select split_part(h.cause, ':', 2) as person from same_human h
  join person n on n.id = split_part(h.cause, ':', 2)
  join person_review r on n.id in (r.one_id, r.other_id) and r.status = 'open' and 'document_same' = any(r.reasons)
  join person o on o.id in (r.one_id, r.other_id) and o.id <> n.id and o.subject_id = h.other_id
  where h.cause like 'namesake:%' and coalesce(n.root_id, n.id) <> coalesce(o.root_id, o.id)
)"""


async def merge(db: Db, keyring: Keyring, deed: Deed, into: str, *, rule: str = "") -> None:
    """Shows a person under another from here on, on the caller's transaction. Raises CannotMerge."""
    one, other = await _both(db, deed.person, into)
    _may_merge(one, other)
    mine, theirs = await _group(db, one["root"]), await _group(db, other["root"])
    talks = await _lock(db, [*mine, *theirs])
    await db.execute(POINT, one["id"], into)
    await db.execute(ROOT, mine, other["root"])
    await db.execute(ANSWERS, mine, other["root"], one["root"])
    await tie(db, f"merge:{one['id']}", one["subject_id"], other["subject_id"])
    await db.execute(STALE, talks)
    await _tell(db, keyring, deed, one, other, PeopleMerged(one["id"], into, rule, deed.why))


async def unmerge(db: Db, keyring: Keyring, deed: Deed) -> str:
    """Takes a person's merge back, on the caller's transaction; who was merged into them stays so. Raises CannotMerge.

    Returns whom they were merged into.
    """
    (one,) = await _rows(db, [deed.person])
    if one["merged_into"] is None:
        raise CannotMerge(f"{one['id']} is not merged into anybody; acuerdo people show tells who is")
    (other,) = await _rows(db, [one["merged_into"]])
    talks = await _lock(db, await _group(db, one["root"]))
    mine = [row[0] for row in await db.fetch(UNDER, one["id"])]
    await db.execute(POINT, one["id"], None)
    await db.execute(ROOT, mine, one["id"])
    await db.execute(ANSWERS, mine, one["id"], one["root"])
    await untie(db, f"merge:{one['id']}")
    await db.execute(STALE, talks)
    await _tell(db, keyring, deed, one, other, PeopleUnmerged(one["id"], other["id"], deed.why))
    return str(other["id"])


async def keep_apart(db: Db, keyring: Keyring, deed: Deed, other_id: str) -> None:
    """Records that two are two, on the caller's transaction. Raises CannotMerge where they are merged."""
    one, other = await _both(db, deed.person, other_id)
    if one["root"] == other["root"]:
        raise CannotMerge(f"{one['id']} and {other_id} are merged; take that back first with acuerdo people unmerge")
    await _tell(db, keyring, deed, one, other, PeopleKeptApart(one["id"], other_id, deed.why))


async def _both(db: Db, one: str, other: str) -> tuple[asyncpg.Record, asyncpg.Record]:
    """Two people of one creditor, while nothing else changes who is who."""
    await db.execute("select pg_advisory_xact_lock($1)", IMPORTS)
    if one == other:
        raise CannotMerge("these are one and the same record: name two")
    first, second = await _rows(db, [one, other])
    if first["creditor_id"] != second["creditor_id"]:
        raise CannotMerge("they are of two creditors, and no creditor's people are shown under another's")
    return first, second


async def _rows(db: Db, people: Sequence[str]) -> list[asyncpg.Record]:
    await db.execute("select pg_advisory_xact_lock($1)", IMPORTS)
    found = {row["id"]: row for row in await db.fetch(PERSON, people)}
    for person in people:
        if person not in found:
            raise CannotMerge(f"there is no person {person}; acuerdo people find tells their ids")
    return [found[person] for person in people]


def _may_merge(one: asyncpg.Record, other: asyncpg.Record) -> None:
    if one["gone"] or other["gone"]:
        raise CannotMerge("one of them was forgotten, and what is forgotten is merged with nobody")
    if one["customer_type"] != other["customer_type"]:
        raise CannotMerge("a company is never a person: make who speaks for it its representative instead")
    if one["root"] == other["root"]:
        raise CannotMerge("they are merged already")
    if one["merged_into"] is not None:
        raise CannotMerge(f"{one['id']} is merged into {one['merged_into']}: merge {one['root']}, or un-merge it first")


async def _group(db: Db, root: str) -> list[str]:
    return [row[0] for row in await db.fetch(GROUP, root)]


async def _lock(db: Db, people: Sequence[str]) -> list[str]:
    """Takes the locks of everything that changes; returns the conversations, which must look again."""
    talks = [row["id"] for row in await db.fetch(CONVERSATIONS, people)]
    await db.execute(SUBJECTS, people)
    await db.execute(ACCOUNTS, people)
    return talks


async def tie(db: Db, cause: str, one: str, other: str) -> None:
    """From here on the guard counts two subjects as one human, for this cause."""
    if one != other:
        await db.execute(SAME, cause, one, other)
        await _settle(db, one)


async def untie(db: Db, cause: str) -> None:
    """This cause no longer makes two subjects one; another may."""
    for row in await db.fetch(NO_LONGER, cause):
        await _settle(db, row["one_id"])
        await _settle(db, row["other_id"])


async def _settle(db: Db, subject: str) -> None:
    tied = [row[0] for row in await db.fetch(TIED, subject)]
    await db.execute("select from subject where id = any($1::text[]) order by id for update", tied)
    await db.execute(HUMAN, tied, tied[0])


async def _tell(
    db: Db, keyring: Keyring, deed: Deed, one: asyncpg.Record, other: asyncpg.Record, fact: AnyFact
) -> None:
    """The fact, told of both."""
    facts = [
        Recorded(
            derive(kind_of(fact), one["id"], other["id"], deed.at.isoformat(), row["id"]), deed.at, deed.who, fact,
            row["creditor_id"], row["id"],
        )
        for row in (one, other)
    ]  # fmt: skip
    await book.record(db, keyring, facts)
