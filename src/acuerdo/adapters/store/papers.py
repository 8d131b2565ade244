"""What facts about documents and codes write, on the transaction that records them: words sealed, digests alone."""

from __future__ import annotations

from datetime import datetime
from typing import get_args
from zoneinfo import ZoneInfo

import asyncpg

from acuerdo.adapters.store import jobs
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.views import view_of
from acuerdo.core import facts as f
from acuerdo.core.dialogue.view import AgreementView, InstallmentView
from acuerdo.core.documents.paper import PDF, Kind, as_json, file_name
from acuerdo.core.documents.papers import Agreed, Known, NothingToTell, Received, Settled, paper
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money
from acuerdo.service.documents import CODE_LASTS
from acuerdo.service.ports import CodeResult

CODE_TRIES = 3  # of one code
RECEIVED = """
select (paid_at at time zone $2)::date as on, received, currency, conversation_id is not null as ours from payment
where person_id in (select people_of($1)) and status = 'paid' and received > 0 and paid_at <= $3 order by paid_at, id
"""
SETTLED = """
select product, external_id, as_of from account
where person_id = root_of($1) and (status = 'paid' or status = 'open' and balance - paid_since <= 0)
order by as_of, id
"""
SINCE = "select id, paid_since, currency from account where person_id = root_of($1) and status = 'open'"
# The one that is named, else the newest that runs.
AGREED = """
select a.id, a.total, a.balance, a.currency, a.status, (a.accepted_at at time zone $3)::date as accepted
from agreement a
where a.person_id in (select people_of($1)) and case when $2 = '' then a.status = 'active' else a.id = $2 end
order by a.accepted_at desc limit 1
"""
PARTS = "select due, amount, paid from installment where agreement_id = $1 order by n"


def name_aad(document: str) -> bytes:
    """Where a sealed file name belongs."""
    return f"document:{document}:name".encode()


def paper_aad(document: str) -> bytes:
    """Where a document's sealed words belong."""
    return f"document:{document}:paper".encode()


def body_aad(document: str) -> bytes:
    """Where a sealed file belongs."""
    return f"document:{document}:body".encode()


def code_aad(code: str) -> bytes:
    """Where the sealed address of a code belongs."""
    return f"email_code:{code}".encode()


def folio(document: str) -> str:
    """A document's number as people read it to each other."""
    return f"{document[:4]}-{document[4:8]}".upper()


async def made(db: Db, keyring: Keyring, r: Recorded) -> None:
    """A document's row, with its words as of this very commit. What is not so is not put in writing."""
    assert isinstance(r.fact, f.DocumentMade)  # noqa: S101 - the table of projections pairs each rule with its fact
    key = await _key(db, keyring, r.person or "")
    if key is None or r.fact.papers not in get_args(Kind):
        return
    known = await _known(db, keyring, r, r.fact)
    try:
        words = paper(r.fact.papers, known)  # type: ignore[arg-type]  # looked at above
    except NothingToTell:
        return
    document = r.fact.document
    await db.execute(
        """insert into document (id, person_id, creditor_id, conversation_id, kind, of, mime, name, paper, made_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (id) do nothing""",
        document, r.person, r.creditor, r.conversation, r.fact.papers, r.fact.of, PDF,
        key.seal(file_name(words).encode(), name_aad(document)), key.seal(as_json(words), paper_aad(document)), r.at,
    )  # fmt: skip


async def mailed(db: Db, keyring: Keyring, r: Recorded) -> None:
    """What has to leave by e-mail is a job, about the fact that says so."""
    await jobs.enqueue(db, jobs.MAIL, [r.id])


async def code_wanted(db: Db, keyring: Keyring, r: Recorded) -> None:
    """The address that waits for its proof; the figures are made when they are sent."""
    assert isinstance(r.fact, f.CodeWanted)  # noqa: S101 - as above
    key = await _key(db, keyring, r.person or "")
    if key is None:
        return
    await db.execute(
        """insert into email_code (id, person_id, address_hash, sealed) values ($1, $2, $3, $4)
           on conflict (id) do nothing""",
        r.fact.code, r.person, keyring.address_hash("email", r.fact.email),
        key.seal(r.fact.email.encode(), code_aad(r.fact.code)),
    )  # fmt: skip
    await jobs.enqueue(db, jobs.MAIL, [r.id])


async def asked_emails(db: Db, keyring: Keyring, person: str, *, proved: bool) -> tuple[str, ...]:
    """The addresses that the person named in a chat: those proved by a code, or all that one was asked for."""
    rows = await db.fetch(
        """select c.id, c.sealed, c.person_id, p.wrapped_key from email_code c join person p on p.id = c.person_id
           where c.person_id in (select people_of($1)) and ($2 is false or c.proved_at is not null)
           order by c.proved_at desc nulls last, c.sent_at desc""",
        person, proved,
    )  # fmt: skip
    keys = {row["person_id"]: keyring.person(row["wrapped_key"], row["person_id"]) for row in rows}
    opened = ((keys[row["person_id"]], row) for row in rows)
    return tuple(dict.fromkeys(k.open(row["sealed"], code_aad(row["id"])).decode() for k, row in opened if k))


async def try_code(db: Db, keyring: Keyring, code: str, digits: str, at: datetime) -> CodeResult:
    """What the figures are worth, on the turn's own transaction: right, wrong, expired or spent. Each try counts."""
    row = await db.fetchrow("select digest, sent_at, tries, proved_at from email_code where id = $1 for update", code)
    if row is None or row["sent_at"] is None or row["proved_at"] is not None or at >= row["sent_at"] + CODE_LASTS:
        return "expired"
    if row["tries"] >= CODE_TRIES:
        return "spent"
    right = digest(keyring, code, digits) == row["digest"]
    await db.execute(
        "update email_code set tries = tries + 1, proved_at = case when $2 then $3 else proved_at end where id = $1",
        code, right, at,
    )  # fmt: skip
    if right:
        return "right"
    return "spent" if row["tries"] + 1 >= CODE_TRIES else "wrong"


def digest(keyring: Keyring, code: str, digits: str) -> bytes:
    return keyring.blind(f"email code {code}", digits)


async def _key(db: Db, keyring: Keyring, person: str) -> PersonKey | None:
    return keyring.person(await db.fetchval("select wrapped_key from person where id = $1", person), person)


async def _known(db: Db, keyring: Keyring, r: Recorded, fact: f.DocumentMade) -> Known:
    person = r.person or ""
    view = await view_of(db, keyring, person, r.conversation or "", r.at)
    zone = ZoneInfo(view.zone)
    received = [Received(row["on"], Money(row["received"], row["currency"]), row["ours"])
                for row in await db.fetch(RECEIVED, person, view.zone, r.at)]  # fmt: skip
    settled = [Settled(*row) for row in await db.fetch(SETTLED, person)]
    since = {row["id"]: Money(row["paid_since"], row["currency"]) for row in await db.fetch(SINCE, person)}
    agreed = await db.fetchrow(AGREED, person, fact.of, view.zone)
    return Known(
        view, r.at.astimezone(zone).date(), folio(fact.document), tuple(received), tuple(settled),
        await _agreed(db, agreed) if agreed else None, since,
    )  # fmt: skip


async def _agreed(db: Db, row: asyncpg.Record) -> Agreed:
    def money(minor: int) -> Money:
        return Money(minor, row["currency"])

    rows = await db.fetch(PARTS, row["id"])
    parts = tuple(InstallmentView(one["due"], money(one["amount"]), money(one["paid"])) for one in rows)
    return Agreed(
        AgreementView(row["id"], money(row["total"]), parts), money(row["balance"]), row["accepted"], row["status"]
    )
