"""What a portfolio's rows say beside person and debt: parties, registers, consents; and what had waited for them."""

from __future__ import annotations

import msgspec

from acuerdo.adapters.store.feeds.catching_up import catch_up, enter_registers
from acuerdo.adapters.store.feeds.consents import give_consents
from acuerdo.adapters.store.keys import Shredded, open_
from acuerdo.adapters.store.people import settle_parties
from acuerdo.adapters.store.portfolio_job import Job
from acuerdo.adapters.store.portfolio_rows import More, more_aad

MORE = """
select a.id as account, s.id, s.subject_id, s.wrapped_key, s.more
from staged_person s join staged_account a on a.line = s.line
where s.more is not null and a.verdict in ('n', 'c') order by a.external_id
"""
# Nothing waits and nothing was found where no other feed ever came.
ANY_FEED = "select exists (select from import where feed <> 'portfolio') or exists (select from register_entry)"
_more = msgspec.msgpack.Decoder(More)


async def settle(job: Job) -> None:
    """Keeps it, once people and debts are in."""
    db, a = job.db, job.arrival
    told = [(row, _opened(job, row["wrapped_key"], row["more"], row["id"])) for row in await db.fetch(MORE)]
    parties = [(row["account"], party) for row, more in told for party in more.parties]
    entries = [(register, row["subject_id"], row["account"]) for row, more in told for register in more.registers]
    consents = [(row["id"], consent) for row, more in told for consent in more.consents]
    if parties:
        await settle_parties(db, job.keyring, a.creditor, parties, a.at)
    if entries:
        await enter_registers(db, a.creditor, entries, a.at, job.name)
    if consents:
        await give_consents(db, job.keyring, a.creditor, consents, a.at, import_id=job.name)
    if await db.fetchval(ANY_FEED):
        people = [row["id"] for row in await db.fetch("select id from chosen")]
        await catch_up(db, job.keyring, a.creditor, people, a.at)


def _opened(job: Job, wrapped: bytes, sealed: bytes, person: str) -> More:
    raw = open_(job.keyring.person(wrapped, person), sealed, more_aad(person))
    assert not isinstance(raw, Shredded)  # noqa: S101 - its key was made with the row
    return _more.decode(raw)
