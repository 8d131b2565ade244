"""Rows of one document with names that cannot be one person's: a record for each name, one human for the guard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.merging import IN_DOUBT, tie
from acuerdo.adapters.store.portfolio_job import Job
from acuerdo.adapters.store.portfolio_rows import PARTICULARS, Seen, digest_of, more_aad, said_of, sealed
from acuerdo.adapters.store.views import Person, open_person
from acuerdo.core.portfolio.matching import one_person, says_who
from acuerdo.core.portfolio.names import words
from acuerdo.core.words import derive
from acuerdo.service.people import matching_rules

# Rows of people of whom rows, or a row and what is on record, say different things: of the others no name differs.
TOLD = """
select s.*, a.as_of, a.external_id from staged_person s join staged_account a on a.line = s.line
where s.id in (
  select t.home_person_id from staged_account t left join person p on p.id = t.home_person_id
  group by 1 having min(t.person_digest collate "C") <> max(t.person_digest collate "C")
    or bool_or(p.id is not null and encode(p.digest, 'hex') <> t.person_digest))
order by s.id, a.as_of desc, a.external_id
"""
# Who is on record under these documents: first those filed under them, then each other name.
KNOWN = """
select p.id, p.subject_id as document, p.subject_id, p.customer_type, p.wrapped_key, p.sealed, 0 as place
from person p where p.creditor_id = $1 and p.subject_id = any($2::text[])
union all
select p.id, h.other_id, p.subject_id, p.customer_type, p.wrapped_key, p.sealed, 1
from same_human h join person p on p.id = split_part(h.cause, ':', 2)
where h.other_id = any($2::text[]) and h.cause like 'namesake:%' and p.creditor_id = $1
order by 2, 7, 1
"""
PEOPLE = """
update staged_person set id = $2, subject_id = $3, wrapped_key = $4, sealed = $5, digest = $6, fact_id = $7, said = $8,
  more = $9, marks = $10
where line = $1
"""
ACCOUNTS = "update staged_account set home_person_id = $2, person_digest = $3 where line = $1"
# Known by now, and not tied yet.
NEW = """
select p.id, p.subject_id, w.document, p.country from unnest($1::text[], $2::text[]) as w (id, document)
join person p on p.id = w.id
where not exists (select from same_human where cause = 'namesake:' || p.id)
order by 1
"""
SUBJECT = "insert into subject (id, country) values ($1, $2) on conflict do nothing"
LINES = f"""
select a.line from staged_account a where a.home_person_id = any($1::text[])
  and a.home_person_id in (select person from {IN_DOUBT} d)
order by 1
"""  # noqa: S608 - a constant of this module


class Filed(msgspec.Struct, frozen=True):
    """A record under a document: the person, the guard's name for them, and their name. "" where it is not known."""

    person: str
    subject: str
    name: str
    business: bool = False


async def part(job: Job) -> dict[str, str]:
    """Gives each name that is not the document's holder's a record of its own.

    Returns whom rows were given to, each with the document's own subject.
    """
    told = await job.db.fetch(TOLD)
    if not told:
        return {}
    known: dict[str, list[Filed]] = {}
    documents = sorted({row["subject_id"] for row in told})
    for row in await job.db.fetch(KNOWN, job.arrival.creditor, documents):
        known.setdefault(row["document"], []).append(_filed(job.keyring, row))
    parted: dict[str, str] = {}
    changed = []
    for document, rows in groupby(told, key=itemgetter("subject_id")):
        for row, to in _given(job, document, list(rows), known.get(document, [])):
            parted[to.person] = document
            changed.append(_moved(job, row, to))
    await job.db.executemany(PEOPLE, changed)
    await job.db.executemany(ACCOUNTS, [(line, person, digest) for line, person, _, _, _, digest, *_ in changed])
    return parted


async def tie_them(job: Job, parted: dict[str, str]) -> None:
    """For the guard, who shares a document is one human."""
    for row in await job.db.fetch(NEW, list(parted), list(parted.values())):
        await job.db.execute(SUBJECT, row["document"], row["country"])
        await tie(job.db, f"namesake:{row['id']}", row["subject_id"], row["document"])


async def in_doubt(db: Db, parted: dict[str, str]) -> tuple[int, ...]:
    """The lines of the file whose debt waits for somebody to say whose it is."""
    return tuple(row["line"] for row in await db.fetch(LINES, list(parted))) if parted else ()


def _filed(keyring: Keyring, row: asyncpg.Record) -> Filed:
    forgotten = row["wrapped_key"] is None
    name = "" if forgotten else open_person(keyring, row["wrapped_key"], row["sealed"], row["id"]).name
    return Filed(row["id"], row["subject_id"], name, row["customer_type"] == "business")


def _given(
    job: Job, document: str, rows: Sequence[asyncpg.Record], known: list[Filed]
) -> Iterator[tuple[asyncpg.Record, Filed]]:
    """The rows that go to another than their document's holder; `known` learns of every new name."""
    for row in rows:
        mine = _filed(job.keyring, row)
        if not known:
            known.append(mine)
        to = _alike(mine, known)
        if to is not None and not says_who(to.name, matching_rules()):
            known.append(msgspec.structs.replace(to, name=mine.name))  # from here on it is known whose business it is
        elif to is None:
            to = _another(job, document, mine)
            known.append(to)
        if to.person != row["id"]:
            yield row, to


def _alike(mine: Filed, known: Sequence[Filed]) -> Filed | None:
    """Who of these has this name, the likest; the document's holder where a company's name or none is told."""
    holder, rules = known[0], matching_rules()
    people = [one for one in known if says_who(one.name, rules)]
    if mine.business or holder.business or not people or not says_who(mine.name, rules):
        return holder
    likest = max(people, key=lambda one: one_person(mine.name, one.name, rules))
    return likest if one_person(mine.name, likest.name, rules) else None


def _another(job: Job, document: str, mine: Filed) -> Filed:
    said = " ".join(words(mine.name, matching_rules().nicknames))
    subject = job.keyring.blind("namesake", f"{document}:{said}").hex()
    return Filed(derive("person", job.arrival.creditor, subject), subject, mine.name)


def _moved(job: Job, row: asyncpg.Record, to: Filed) -> tuple[Any, ...]:
    """What a row says of a person, under another's id and a key of their own."""
    keyring = job.keyring
    before = keyring.person(row["wrapped_key"], row["id"])
    assert before is not None  # noqa: S101 - a row's key is never shredded
    who: Person = open_person(keyring, row["wrapped_key"], row["sealed"], row["id"])
    particulars = {name: row[name] for name in PARTICULARS}
    seen = Seen(to.subject, row["country"], tuple(row["zones"]), **particulars, who=who)
    wrapped, key = keyring.fresh(to.person)
    fact = derive("person_seen", to.person, job.name)
    more = row["more"] and key.seal(before.open(row["more"], more_aad(row["id"])), more_aad(to.person))
    marks = list(dict.fromkeys((*row["marks"], f"document:{row['subject_id']}")))
    return (
        row["line"], to.person, to.subject, wrapped, sealed(to.person, who, key), digest_of(keyring, seen).hex(), fact,
        said_of(who.name, key, fact), more, marks,
    )  # fmt: skip
