"""The contact ledger as people see it: what stands in it for a human, and the calls that agents log."""

from __future__ import annotations

from datetime import datetime

from acuerdo.adapters.store import book
from acuerdo.adapters.store.contacts import locked
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.core import facts as f
from acuerdo.core.compliance import Attempt
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import derive
from acuerdo.service.explaining import Told
from acuerdo.service.places import Place, Proof, counts
from acuerdo.service.ports import LinkRow

# Of another creditor only that there was a contact: whose it was is for that creditor's own page.
TOLD = """
select c.at, case when c.creditor_id = p.creditor_id then r.name else '' end as who, c.channel, c.mode, c.reached
from person p join subject s on s.id = p.subject_id join creditor r on r.id = p.creditor_id
join subject g on g.id = coalesce(s.merged_into, s.id) or g.merged_into = coalesce(s.merged_into, s.id)
join contact c on c.subject_id = g.id
where p.id = $1 and c.at > $2 and c.at <= $3 and c.status <> 'reserved' and c.purpose <> 'reply' order by c.at desc
"""
CASE = "select person_id, creditor_id from conversation where id = $1"
BY_ADDRESS = """
select distinct coalesce(p.root_id, p.id) as id from contact_point k join person p on p.id = k.person_id
where k.address_hash = any($1::text[]) order by 1
"""


class StoredLedger:
    """The ledger over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def told(self, person: str, since: datetime, until: datetime) -> list[Told]:
        """What left for this human in a time, the newest first; answers to them, and what waits, are left out."""
        return [Told(*row) for row in await self._pool.fetch(TOLD, person, since, until)]

    async def reached_at(self, value: str) -> list[str]:
        """The people who are reached at a phone (+57…) or an e-mail."""
        hashes = [self._keyring.address_hash(kind, value) for kind in ("phone", "email")]
        return [row[0] for row in await self._pool.fetch(BY_ADDRESS, hashes)]

    async def called(self, conversation: str, call: f.CallLogged, at: datetime) -> bool:
        """An agent's call, in the ledger with its fact. What happened counts, whether or not it should have happened.

        False where there is no such conversation; a repeated key changes nothing.
        """
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(CASE, conversation)
            if row is None:
                return False
            sheet = Sheet()
            contact = (await locked(db, self._keyring, [row["person_id"]], at, frozenset(), sheet)).get(
                row["person_id"]
            )
            if contact is None:
                return False
            key = derive("call", conversation, call.key)
            made = Attempt(at, "voice", "voice", call.reached, "sent", key=key, zones=contact.record.zones)
            sheet.attempt(made, contact.who.subject, contact.who.creditor)
            await sheet.write(db, self._keyring, at)
            told = Recorded(
                derive("call_logged", key), at, f"agent:{call.agent}", call, row["creditor_id"], row["person_id"],
                conversation=conversation,
            )  # fmt: skip
            await book.record(db, self._keyring, [told])
        return True

    async def person_of(self, conversation: str) -> str | None:
        """Whose conversation it is."""
        found: str | None = await self._pool.fetchval("select person_id from conversation where id = $1", conversation)
        return found

    async def identified(self, link: LinkRow, at: datetime) -> bool:
        """Whether on the page of this link a proof of who they are counts now; one given elsewhere may not."""
        rows = await self._pool.fetch(
            "select channel, address_hash, proved_at from talk_place where conversation_id = $1", link.conversation
        )
        return counts(Place("web", link.address_hash), (Proof(*row) for row in rows), at)

    async def reopen(self, person: str, words: str, at: datetime, key: str) -> None:
        """The person, by the button of their page, wants to be written to again."""
        await self._told(person, f.OptOutUndone(words), at, key)

    async def close(self, person: str, at: datetime, key: str) -> None:
        """The person, by the button of their page, wants no more messages on any channel."""
        await self._told(person, f.OptedOut("*"), at, key)

    async def _told(self, person: str, fact: AnyFact, at: datetime, key: str) -> None:
        async with self._pool.acquire() as db, db.transaction():
            creditor = await db.fetchval("select creditor_id from person where id = $1", person)
            told = Recorded(derive(kind_of(fact), key), at, "debtor", fact, creditor, person)
            await book.record(db, self._keyring, [told])
