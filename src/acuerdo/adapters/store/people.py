"""People who are one: who answers for whom, looked up, laid side by side, merged and kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

import asyncpg

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.history import papers_of
from acuerdo.adapters.store.keys import SHREDDED_TEXT, Keyring
from acuerdo.adapters.store.likeness import doubts, doubts_of, know, know_marked, marks
from acuerdo.adapters.store.merging import keep_apart, merge, unmerge, untie
from acuerdo.adapters.store.parties import settle_parties
from acuerdo.adapters.store.views import Person, open_person
from acuerdo.core.portfolio.contact import email, phone
from acuerdo.core.portfolio.values import Bad
from acuerdo.core.words import CAPITAL_ZONE
from acuerdo.service.people import Deed, Pair, Sheet, Sought

__all__ = [
    "StoredPeople", "canonical", "doubts", "doubts_of", "forget", "know", "know_marked", "marks", "settle_parties",
]  # fmt: skip

REVIEW = """
select r.one_id, r.other_id, r.rule, r.score, r.reasons, r.status, r.found_at
from person_review r join person a on a.id = r.one_id join person b on b.id = r.other_id
where r.status = 'open' and ($1::text is null or r.creditor_id = $1)
  and coalesce(a.root_id, a.id) <> coalesce(b.root_id, b.id)
  and a.wrapped_key is not null and b.wrapped_key is not null
order by r.score desc, r.found_at, r.one_id, r.other_id limit $2
"""
SHEETS = """
select p.id, c.name as creditor, p.wrapped_key, p.sealed, p.customer_type, p.customer_since, p.merged_into,
       (select array_agg(external_id order by external_id) from account
        where person_id = coalesce(p.root_id, p.id) and home_person_id = p.id) as accounts,
       (select array_agg(id order by id) from person where merged_into = p.id) as merged,
       (select array_agg(distinct role order by role) from party where person_id = p.id) as roles,
       (select array_agg(address_hash) from contact_point where person_id = p.id and quality = 'bad') as bad
from person p join creditor c on c.id = p.creditor_id where p.id = any($1::text[])
"""
BY_ADDRESS = """
select distinct person_id from contact_point
where address_hash = any($1::text[]) and ($2::text is null or creditor_id = $2) order by 1 limit 50
"""
BY_DOCUMENT = """
select id from person where ($2::text is null or creditor_id = $2) and (
  subject_id = any($1::text[]) or id in (select person_id from person_key where kind = 'document' and hash = any($1)))
order by id limit 50
"""
# Kept apart stays so, whatever files say later.
APART = """
insert into person_review (one_id, other_id, creditor_id, rule, score, reasons, status, who, found_at, decided_at)
select least($1, $2), greatest($1, $2), creditor_id, '', 0, '{}', 'apart', $3, $4, $4 from person where id = $1
on conflict (one_id, other_id) do update set status = 'apart', who = excluded.who, decided_at = excluded.decided_at
"""


MERGED_WITH = """
select id from person where merged_into is not null and (id = any($1::text[]) or merged_into = any($1::text[]))
order by id
"""
TIED_BY = """
select cause from same_human where split_part(cause, ':', 1) in ('papers', 'namesake')
  and string_to_array(cause, ':') && $1::text[]
"""


async def canonical(db: Db, people: Sequence[str]) -> dict[str, str]:
    """Who answers for each of these people, those left out who answer for themselves."""
    rows = await db.fetch("select id, root_id from person where id = any($1::text[]) and root_id is not null", people)
    return {row["id"]: row["root_id"] for row in rows}


async def forget(db: Db, keyring: Keyring, people: Sequence[str], who: str, at: datetime) -> None:
    """Takes these people out of every merge, and away by what they are found: before they go with an undone import."""
    for row in await db.fetch(MERGED_WITH, people):
        await unmerge(db, keyring, Deed(row["id"], who, "", at))
    for row in await db.fetch(TIED_BY, people):
        await untie(db, row["cause"])
    for place in ("contact_point", "person_key"):
        await db.execute(f"delete from {place} where person_id = any($1::text[])", people)  # noqa: S608 - two names


class StoredPeople:
    """People over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def review(self, creditor: str | None, most: int) -> list[Pair]:
        """The open pairs of a creditor (its id), or of all, the likeliest first."""
        rows = await self._pool.fetch(REVIEW, creditor, most)
        sheets = {one.id: one for one in await self.sheets([row[n] for row in rows for n in (0, 1)])}
        return [
            Pair(sheets[one], sheets[other], rule, score, tuple(reasons), status, found_at)
            for one, other, rule, score, reasons, status, found_at in rows
        ]

    async def sheets(self, people: Sequence[str]) -> list[Sheet]:
        """These people's records, in the order of their ids; unknown ones are left out."""
        rows = await self._pool.fetch(SHEETS, people)
        return sorted((self._sheet(row) for row in rows), key=lambda sheet: sheet.id)

    async def together(self, people: Sequence[str]) -> list[Sheet]:
        """These people's records, and those of whoever is one with them."""
        rows = await self._pool.fetch("select people_of(id) as id from unnest($1::text[]) as asked (id)", people)
        return await self.sheets([row["id"] for row in rows])

    def _sheet(self, row: asyncpg.Record) -> Sheet:
        if row["wrapped_key"] is None:
            who = Person(SHREDDED_TEXT, "", "")
        else:
            who = open_person(self._keyring, row["wrapped_key"], row["sealed"], row["id"])
        first = (f"{who.document_kind} {who.document}",) if who.document else ()
        further = (f"{paper.kind} {paper.value}" for paper in who.documents)
        bad = frozenset(row["bad"] or ())
        reached = (*(("phone", one) for one in who.phones), *(("email", one) for one in who.emails))
        return Sheet(
            id=row["id"], creditor=row["creditor"], name=who.name, documents=(*first, *further), phones=who.phones,
            emails=who.emails, born=who.born, address=who.address, city=who.city, customer_type=row["customer_type"],
            customer_since=row["customer_since"], accounts=tuple(row["accounts"] or ()),
            merged_into=row["merged_into"] or "", merged=tuple(row["merged"] or ()), roles=tuple(row["roles"] or ()),
            bad=tuple(one for kind, one in reached if bad and self._keyring.address_hash(kind, one) in bad),
        )  # fmt: skip

    async def find(self, what: Sought, value: str, creditor: str | None) -> list[str]:
        """The people who are reached at this address or have this document; of one creditor (its id) or of all."""
        if what == "document":
            papers = [self._keyring.blind("document", paper).hex() for paper in set(papers_of(value))]
            return [row[0] for row in await self._pool.fetch(BY_DOCUMENT, papers, creditor)]
        hashes = [self._keyring.address_hash(what, form) for form in _forms(what, value)]
        return [row[0] for row in await self._pool.fetch(BY_ADDRESS, hashes, creditor)]

    async def merge(self, deed: Deed, into: str) -> None:
        """Shows a person under another from here on. Raises CannotMerge."""
        async with self._pool.acquire() as db, db.transaction():
            await merge(db, self._keyring, deed, into)

    async def unmerge(self, deed: Deed) -> str:
        """Takes a person's merge back; returns whom they were merged into. Raises CannotMerge."""
        async with self._pool.acquire() as db, db.transaction():
            return await unmerge(db, self._keyring, deed)

    async def keep_apart(self, deed: Deed, other: str) -> None:
        """Two who look alike are two, and no file asks again. Raises CannotMerge."""
        async with self._pool.acquire() as db, db.transaction():
            await keep_apart(db, self._keyring, deed, other)
            await db.execute(APART, deed.person, other, deed.who, deed.at)


def _forms(what: Sought, value: str) -> Iterator[str]:
    """The address as it is kept; a phone as it would be dialled in each country."""
    if what == "email":
        with suppress(Bad):
            yield email(value)
        return
    for country in CAPITAL_ZONE:
        with suppress(Bad):
            yield phone(value, country)
