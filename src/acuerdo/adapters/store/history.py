"""Who a reference is, and all their facts opened, for a history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import SHREDDED_TEXT, Keyring
from acuerdo.adapters.store.views import open_person
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.documents import DocumentKind, compact, document
from acuerdo.core.portfolio.values import Bad
from acuerdo.core.words import CAPITAL_ZONE
from acuerdo.service.contactability import Reach
from acuerdo.service.history import Known, Reached

FIND = """
select p.id, c.name as creditor, p.country, p.zones[1] as zone, p.wrapped_key, p.sealed,
       coalesce((select array_agg(external_id order by external_id) from account where person_id = p.id), '{}')
         as accounts
from person p join creditor c on c.id = p.creditor_id
where ($2::text is null or lower(c.name) = lower($2) or c.id = $2)
  and p.id in (
    select coalesce(root_id, id) from person where id = $1 or subject_id = any($3::text[])
    union all select person_id from account where external_id = $1)
order by c.name, p.id limit 20
"""


REACHED = """
select channel, address_hash, sum(sent)::integer, sum(delivered)::integer, sum(opened)::integer, sum(answered)::integer,
       sum(failed)::integer, sum(bounced)::integer, sum(wrong)::integer, max(since_good)
from reachability where person_id in (select people_of($1)) group by 1, 2
"""
SHOWN = 4  # the last characters of an address, by which who knows it tells it from another


class StoredHistories:
    """Histories over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def find(self, reference: str, creditor: str | None) -> list[Known]:
        """The people whose id, account's external id, or document this is; of one creditor or of any."""
        papers = [self._keyring.blind("document", paper).hex() for paper in set(papers_of(reference))]
        return [self._known(row) for row in await self._pool.fetch(FIND, reference, creditor, papers)]

    def _known(self, row: asyncpg.Record) -> Known:
        name = SHREDDED_TEXT
        if row["wrapped_key"] is not None:
            name = open_person(self._keyring, row["wrapped_key"], row["sealed"], row["id"]).name
        zone = row["zone"] or CAPITAL_ZONE[row["country"]]
        return Known(row["id"], row["creditor"], name, row["country"], zone, tuple(row["accounts"]))

    async def facts(self, person: str) -> list[Recorded]:
        """Everything that happened to a person and to whoever is one with them, in the order it was written."""
        async with self._pool.acquire() as db:
            return await book.of_person(db, self._keyring, person)

    async def reached(self, person: str) -> list[Reached]:
        """How each address has fared to which something was sent or from which something came, the best first."""
        rows = await self._pool.fetch(REACHED, person)
        people = await self._pool.fetch(
            "select id, wrapped_key, sealed from person where id in (select people_of($1)) and wrapped_key is not null",
            person,
        )
        opened = [open_person(self._keyring, row["wrapped_key"], row["sealed"], row["id"]) for row in people]
        known = dict.fromkeys(value for one in opened for value in (*one.phones, *one.emails))
        found = []
        for row in rows:
            reach = Reach(*row)
            mine = (v for v in known if self._keyring.address_hash(reach.channel, v) == reach.hash)
            found.append(Reached(reach.channel, f"…{next(mine, '')[-SHOWN:]}", reach.quality, reach))
        return sorted(found, key=lambda one: -one.reach.score)


def papers_of(reference: str) -> Iterator[str]:
    """The documents that a reference may be, as the importer writes them before it hides them."""
    for country in CAPITAL_ZONE:
        for kind in get_args(DocumentKind):
            yield f"{country}:{kind}:{compact(reference)}"
            try:
                paper = document(reference, country, kind)
            except Bad:
                continue
            yield f"{country}:{paper.kind}:{paper.value}"
