"""What a portfolio's rows say beside person and debt: parties, registers, consents; and what had waited for them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from acuerdo.adapters.store.feeds.catching_up import catch_up, enter_registers
from acuerdo.adapters.store.feeds.consents import give_consents
from acuerdo.adapters.store.keys import Shredded, open_
from acuerdo.adapters.store.likeness import subject_of
from acuerdo.adapters.store.people import settle_parties
from acuerdo.adapters.store.portfolio_job import Job
from acuerdo.adapters.store.portfolio_people import FOUND_BY
from acuerdo.adapters.store.portfolio_rows import More, more_aad
from acuerdo.adapters.store.portfolio_watch import Watch
from acuerdo.core.portfolio.records import Party
from acuerdo.core.words import derive

MORE = """
select a.id as account, s.id, s.subject_id, s.country, s.wrapped_key, s.more
from staged_person s join staged_account a on a.line = s.line
where s.more is not null and a.verdict in ('n', 'c') order by a.external_id
"""
# Nothing waits and nothing was found where no other feed ever came.
ANY_FEED = "select exists (select from import where feed <> 'portfolio') or exists (select from register_entry)"
# Everybody whom registers may mean: the people of this import, and whoever is one with them.
MET = """
create temp table met on commit drop as
with root as (select distinct coalesce(p.root_id, p.id) as id from chosen c join person p on p.id = c.id)
select r.id, p.subject_id from root r join person p on p.id = r.id
union select p.id, p.subject_id from root r join person p on p.root_id = r.id
"""
COURT = "select hash from register_entry where register = 'judicialised' and entered"
BY_REGISTERS = {
    "hold": "subject_id in (select subject_id from met)",
    "work_item": "person_id in (select id from met)",
    "account": f"""person_id in (select id from met) and (before_court is not null or id in ({COURT})
      or home_person_id in (select id from met where subject_id in ({COURT}))
      or person_id in (select id from met where subject_id in ({COURT})))""",  # noqa: S608 - a constant
    "contact": "key in (select key from outbox where status = 'pending' and person_id in (select id from met))",
    "campaign_entry": """exists (select from outbox o where o.status = 'pending' and o.person_id in (select id from met)
      and o.campaign_id = x.campaign_id and o.account_id = x.account_id and o.entry_attempt = x.attempt)""",
    "outbox": "status = 'pending' and person_id in (select id from met)",
}
WAITED = "insert into import_before (import_id, place, id, image) values ($1, '+feed_waiting', $2, '{}')"
_more = msgspec.msgpack.Decoder(More)


async def settle(job: Job) -> None:
    """Keeps it, once people and debts are in."""
    db, a = job.db, job.arrival
    told = [(row, _opened(job, row["wrapped_key"], row["more"], row["id"])) for row in await db.fetch(MORE)]
    parties = [(row["account"], row["country"], party) for row, more in told for party in more.parties]
    entries = [(register, row["subject_id"], row["account"]) for row, more in told for register in more.registers]
    consents = [(row["id"], consent) for row, more in told for consent in more.consents]
    if parties:
        await _parties(job, parties)
    if entries:
        watch = Watch(job)
        hashes = [one for _, *of in entries for one in of]
        await watch.look("register_entry", "creditor_id = $1 and hash = any($2::text[])", a.creditor, hashes)
        await enter_registers(db, a.creditor, entries, a.at, job.name)
        await watch.note("register_entry")
    if consents:
        await give_consents(db, job.keyring, a.creditor, consents, a.at, import_id=job.name)
    if await db.fetchval(ANY_FEED):
        await _catch_up(job)


async def _parties(job: Job, told: Sequence[tuple[str, str, Party]]) -> None:
    """Who stands beside the debtor; people who were not known before were brought by this import."""
    a, accounts = job.arrival, sorted({account for account, _, _ in told})
    subjects = {
        subject_of(job.keyring, country, party.document)
        for _, country, party in told
        if party.document and party.role != "reference"
    }
    people = [derive("person", a.creditor, subject) for subject in sorted(subjects)]
    watch = Watch(job)
    await watch.look("party", "account_id = any($1::text[])", accounts)
    await watch.look("never_contact", "account_id = any($1::text[])", accounts)
    await watch.look("person", "id = any($1::text[])", people)
    for place in FOUND_BY:
        await watch.look(place, "person_id = any($1::text[])", people)
    known = [row["id"] for row in await job.db.fetch("select id from person where id = any($1::text[])", people)]
    await settle_parties(job.db, job.keyring, a.creditor, ((account, party) for account, _, party in told), a.at)
    await watch.note("party", "never_contact")
    new = sorted({*people} - {*known})
    await job.db.execute("update person set added_by = $2, import_id = $2 where id = any($1::text[])", new, job.name)


async def _catch_up(job: Job) -> None:
    """What feeds had told of people who are new or changed, and what follows where registers name them."""
    db, a, watch = job.db, job.arrival, Watch(job)
    people = [row["id"] for row in await db.fetch("select id from chosen")]
    named = await db.fetchval("select exists (select from register_entry where creditor_id = $1)", a.creditor)
    if named:
        await db.execute(MET)
        await db.execute("analyze met")
        for place, which in BY_REGISTERS.items():
            await watch.look(place, which)
    waited = await catch_up(db, job.keyring, a.creditor, people, a.at)
    if named:
        await watch.note("hold", "work_item")
    if waited:  # what they told is built on this import, whatever table it is in
        await db.execute(WAITED, job.name, str(waited))


def _opened(job: Job, wrapped: bytes, sealed: bytes, person: str) -> More:
    raw = open_(job.keyring.person(wrapped, person), sealed, more_aad(person))
    assert not isinstance(raw, Shredded)  # noqa: S101 - its key was made with the row
    return _more.decode(raw)
