"""Debts that a creditor takes back: closed when its file says so, or leaves them out and somebody said to close.

With the last debt of a person go their links, queued messages, timers, campaign entries and agreement; a hold stays.
"""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.portfolio_job import Job, all_of, chunks
from acuerdo.adapters.store.portfolio_known import Register
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Reason
from acuerdo.service.holding import span_of
from acuerdo.service.importing import Closing, TooManyClosed

WHY = (Reason("recalled"),)
# What the creditor took back, and what came back to us, of accounts that were on record.
RECALLED = """
select id, coalesce(person_id, home_person_id) as person, 'recalled' as why from staged_account
where verdict = 'c' and status = 'withdrawn' and was_status <> 'withdrawn'
"""
BACK = """
select id, coalesce(person_id, home_person_id) as person from staged_account
where verdict = 'c' and status <> 'withdrawn' and was_status = 'withdrawn'
"""
# `$2` are accounts whose known rows did not come; of the others, those that no row names.
MISSING = """
select a.id, a.person_id as person, 'missing' as why from account a
where a.creditor_id = $1 and a.status in ('open', 'legal')
  and (a.id = any($2::text[]) or a.row_digest is null or length(a.id) <> 24)
  and not exists (select from staged_account s where s.id = a.id) and not a.id = any($3::text[])
  and a.as_of <= greatest($4::date, (select max(as_of) from staged_account))
"""
OPEN = "select count(*) from account where creditor_id = $1 and status in ('open', 'legal')"
SHUT = """
update account set status = 'withdrawn', closed_at = $2, closed_why = 'missing', import_id = $3, import_row = null,
  digest = '', row_digest = null
where id = any($1::text[])
"""
# People to whom nothing is left of this creditor.
NOBODY = """
select distinct c.person from unnest($1::text[]) as c (person)
where not exists (select from account a where a.person_id = c.person and a.status in ('open', 'legal'))
"""
STALE = "update conversation set stale = true where person_id = any($1::text[]) and not stale"


class Shut(msgspec.Struct, frozen=True):
    """How many accounts were closed, and how many came back."""

    closed: int
    back: int


async def settle(job: Job, register: Register, closing: Closing) -> Shut:
    """Closes what was taken back, and opens again what came back. Raises TooManyClosed."""
    back = await job.db.fetch(BACK)
    gone = await job.db.fetch(RECALLED)
    if closing.missing:
        gone += await _missing(job, register, closing)
    await _open_again(job, await all_of(job.db, sorted({row["person"] for row in back})))
    await _close(job, gone)
    return Shut(len(gone), len(back))


async def _missing(job: Job, register: Register, closing: Closing) -> list[asyncpg.Record]:
    a = job.arrival
    day = register.passed and await job.db.fetchval("select max(as_of) from account where creditor_id = $1", a.creditor)
    left_out = register.left_out()
    rows = await job.db.fetch(MISSING, a.creditor, left_out, register.named, day or None)
    still = await job.db.fetchval(OPEN, a.creditor)
    if rows and len(rows) > closing.most * still:
        raise TooManyClosed(
            f"{a.file} leaves out {len(rows):,} of {still:,} open accounts ({len(rows) / still:.0%}): they would go."
            " If the file is whole and they are to be closed, say so with --yes; nothing went in."
        )
    names = [row["id"] for row in rows]
    await job.keep("account", "x.id", "id = any($2::text[])", names)
    await job.db.execute(SHUT, names, a.at, job.name)
    return rows


async def _close(job: Job, gone: Sequence[asyncpg.Record]) -> None:
    for chunk in chunks(gone):
        facts = [job.fact(f.AccountClosed(row["why"]), row["person"], row["id"]) for row in chunk]
        await book.insert(job.db, facts, {})
        accounts, people = [row["id"] for row in chunk], sorted({row["person"] for row in chunk})
        nobody = [row["person"] for row in await job.db.fetch(NOBODY, people)]
        await _take_out(job, accounts, await all_of(job.db, nobody))
        await job.db.execute(STALE, await all_of(job.db, people))


async def _take_out(job: Job, accounts: list[str], nobody: list[str]) -> None:
    """What was under way about these accounts, and with people to whom nothing is left, is no more."""
    at = job.arrival.at
    entries = "status = 'waiting' and account_id = any($2::text[])"
    await job.keep("campaign_entry", "concat_ws(' ', campaign_id, account_id, attempt)", entries, accounts)
    await job.db.execute(
        "update campaign_entry set status = 'refused', code = 'withdrawn' where status = 'waiting'"
        " and account_id = any($1::text[])",
        accounts,
    )
    await _drop_queued(job, accounts, nobody)
    await _revoke(job, nobody)
    for place, key, which, change in (
        ("timer", "x.key", "fired_at is null", "fired_at = $2"),
        ("agreement", "x.id", "status = 'active'", "status = 'recalled'"),
        ("promise", "x.id", "status = 'open'", "status = 'superseded'"),
    ):
        of = f"{which} and person_id = any("
        await job.keep(place, key, f"{of}$2::text[])", nobody)
        args = (nobody, at) if "$2" in change else (nobody,)
        await job.db.execute(f"update {place} set {change} where {of}$1::text[])", *args)  # noqa: S608 - the names above
    await _hold(job, nobody)


async def _drop_queued(job: Job, accounts: list[str], nobody: list[str]) -> None:
    which = "status = 'pending' and (account_id = any($2::text[]) or person_id = any($3::text[]))"
    reserved = f"key in (select key from outbox where {which})"  # noqa: S608 - a constant
    await job.keep("contact", "x.key", reserved, accounts, nobody)
    await job.keep("outbox", "x.key", which, accounts, nobody)
    rows = await job.db.fetch(
        """update outbox set status = 'dropped', updated_at = $3
           where status = 'pending' and (account_id = any($1::text[]) or person_id = any($2::text[]))
           returning key, channel, person_id, account_id, conversation_id, campaign_id""",
        accounts, nobody, job.arrival.at,
    )  # fmt: skip
    await job.db.execute("delete from contact where key = any($1::text[])", [row["key"] for row in rows])
    facts: list[Recorded] = []
    for row in rows:
        dropped = f.MessageDropped(row["channel"], row["key"], WHY)
        fact = job.fact(dropped, row["person_id"], row["account_id"], row["key"])
        talk, campaign = row["conversation_id"], row["campaign_id"]
        facts.append(msgspec.structs.replace(fact, conversation=talk, campaign=campaign))
    await book.insert(job.db, facts, {})


async def _revoke(job: Job, nobody: list[str]) -> None:
    which = "revoked_at is null and expires_at > $3 and person_id = any($2::text[])"
    await job.keep("link", "encode(x.token_hash, 'hex')", which, nobody, job.arrival.at)
    rows = await job.db.fetch(
        """update link set revoked_at = $2 where revoked_at is null and expires_at > $2 and person_id = any($1::text[])
           returning token_hash, person_id, conversation_id""",
        nobody, job.arrival.at,
    )  # fmt: skip
    facts: list[Recorded] = []
    for row in rows:
        token = row["token_hash"].hex()
        fact = job.fact(f.LinkRevoked(token, "recalled"), row["person_id"], None, token)
        facts.append(msgspec.structs.replace(fact, conversation=row["conversation_id"]))
    await book.insert(job.db, facts, {})


async def _hold(job: Job, nobody: list[str]) -> None:
    """Nobody is written to about what is no longer owed here; only this creditor's hold, and it ends with it."""
    await _keep_holds(job, nobody)
    until, review = span_of("recalled", job.arrival.at)
    await job.db.execute(
        """insert into hold (subject_id, kind, creditor_id, since, until, review_at, person_id, who)
           select subject_id, 'recalled', $2, $3, $4, $5, id, 'operator' from person where id = any($1::text[])
           on conflict (subject_id, kind, creditor_id) do update set
             since = excluded.since, until = excluded.until, review_at = excluded.review_at, lifted_at = null,
             person_id = excluded.person_id, who = excluded.who""",
        nobody, job.arrival.creditor, job.arrival.at, until, review,
    )  # fmt: skip
    placed = f.HoldPlaced("recalled", until, review)
    await book.insert(job.db, [job.fact(placed, person) for person in nobody], {})


async def _open_again(job: Job, people: list[str]) -> None:
    """Who owes again is contacted again, and an agreement that stopped with its debt runs on."""
    which = "status = 'recalled' and person_id = any($2::text[])"
    await job.keep("agreement", "x.id", which, people)
    await job.db.execute(
        "update agreement set status = 'active' where status = 'recalled' and person_id = any($1)", people
    )
    await _keep_holds(job, people)
    rows = await job.db.fetch(
        """update hold h set lifted_at = $3 from person p
           where p.id = any($1::text[]) and h.subject_id = p.subject_id and h.kind = 'recalled'
             and h.creditor_id = $2 and h.lifted_at is null returning p.id""",
        people, job.arrival.creditor, job.arrival.at,
    )  # fmt: skip
    await book.insert(job.db, [job.fact(f.HoldLifted("recalled"), row["id"]) for row in rows], {})


async def _keep_holds(job: Job, people: list[str]) -> None:
    await job.keep(
        "hold", "concat_ws(' ', subject_id, kind, creditor_id)",
        """kind = 'recalled' and creditor_id = $3
           and subject_id in (select subject_id from person where id = any($2::text[]))""",
        people, job.arrival.creditor,
    )  # fmt: skip
