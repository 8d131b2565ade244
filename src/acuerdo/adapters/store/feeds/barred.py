"""What registers mean for the people whom they name: holds, debts before a court, and work for somebody with tact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds.queued import Stop, take_back
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import HandOverReason, HoldKind, derive

HOLDS: dict[str, HoldKind] = {"deceased": "death", "insolvency": "insolvency", "do_not_call": "opt_out"}
# What a person takes care of, and what they read first. No demand ever follows from it.
WORK: dict[str, tuple[HandOverReason, str]] = {
    "deceased": (
        "death",
        "Consta como persona fallecida. Si llama la familia, exprese condolencias y oriente con calma; no se cobra.",
    ),
    "insolvency": (
        "insolvency",
        "Consta en un proceso de insolvencia. Confirme el proceso con el acreedor antes de cualquier gestión.",
    ),
}
# Of these people: the registers that name their documents, and the holds that registers had put.
STANDING = """
with papers as (
  select coalesce(p.root_id, p.id) as person, p.subject_id as hash from person p
  where p.creditor_id = $2 and (p.id = any($1::text[]) or p.root_id = any($1::text[]))
  union
  select coalesce(p.root_id, p.id), k.hash from person p join person_key k on k.person_id = p.id and k.kind = 'document'
  where p.creditor_id = $2 and (p.id = any($1::text[]) or p.root_id = any($1::text[]))
)
select w.person, r.subject_id, e.register, max(e.at) as at, coalesce(max(e.source), '') as source
from papers w join person r on r.id = w.person
join register_entry e on e.creditor_id = $2 and e.hash = w.hash and e.kind = 'document' and e.entered
where e.register <> 'judicialised' group by 1, 2, 3
"""
HELD = """
select p.id as person, h.subject_id, h.kind, h.creditor_id as scope, h.by_register from hold h
join person p on p.subject_id = h.subject_id
where p.id = any($1::text[]) and h.lifted_at is null and h.kind in ('death', 'insolvency', 'opt_out')
  and h.creditor_id in ('', $2)
"""
MARK = """
update hold set by_register = true where subject_id = $1 and kind = $2 and creditor_id in ('', $3) and lifted_at is null
"""
# Somebody's death holds everywhere, so it is lifted when no creditor's register says it any more.
LIFT = """
update hold h set lifted_at = $4, by_register = false where h.subject_id = $1 and h.kind = $2 and h.by_register
  and h.creditor_id in ('', $3) and not exists (
    select from register_entry e where e.hash = h.subject_id and e.kind = 'document' and e.entered
      and e.register = $5 and (h.creditor_id = '' or e.creditor_id = h.creditor_id))
returning h.kind
"""
IN_COURT = """
with named as (
  select a.id, exists (
    select from register_entry e where e.creditor_id = $2 and e.register = 'judicialised' and e.entered and (
      (e.kind = 'account' and e.hash = a.id) or (e.kind = 'document' and e.hash in (
        select subject_id from person where id in (a.person_id, a.home_person_id))))) as court
  from account a where a.creditor_id = $2 and a.person_id = any($1::text[])
)
update account a set before_court = case when n.court then a.status end,
  status = case when n.court then 'legal' when a.status = 'legal' then a.before_court else a.status end
from named n
where a.id = n.id and (n.court and a.status = 'open' or not n.court and a.before_court is not null)
returning a.id, a.person_id, n.court
"""
STALE = "update conversation set stale = true where person_id = any($1::text[])"
EMPTY = "select exists (select from register_entry where creditor_id = $1)"


async def meet(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime, cause: str) -> None:
    """Brings these people to what the registers say now; repeating it changes nothing."""
    if not people or not await db.fetchval(EMPTY, creditor):
        return
    stops = [
        *await _holds(db, keyring, creditor, people, at, cause),
        *await _courts(db, keyring, creditor, people, at, cause),
    ]
    await take_back(db, keyring, stops, cause, at)


async def _holds(
    db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime, cause: str
) -> list[Stop]:
    named = await db.fetch(STANDING, people, creditor)
    held = await db.fetch(HELD, list({*people, *(row["person"] for row in named)}), creditor)
    have = {(row["person"], row["kind"]) for row in held}
    stops: list[Stop] = []
    for row in named:
        hold = HOLDS[row["register"]]
        if (row["person"], hold) in have:
            continue
        await book.record(db, keyring, list(_entered(row, hold, creditor, at, cause)))
        await db.execute(MARK, row["subject_id"], hold, creditor)
        stops.append(Stop(row["person"], "on_hold"))
    wanted = {(row["person"], HOLDS[row["register"]]) for row in named}
    for row in held:
        if row["by_register"] and (row["person"], row["kind"]) not in wanted:
            await _lift(db, keyring, row, creditor, at, cause)
    return stops


def _entered(row: asyncpg.Record, hold: HoldKind, creditor: str, at: datetime, cause: str) -> Iterable[Recorded]:
    register = row["register"]
    told: list[AnyFact] = [f.RegisterEntered(register, row["at"], row["source"]), f.HoldPlaced(hold)]
    if register in WORK:
        told.append(f.HandedOver(*WORK[register]))
    return (_recorded(fact, register, creditor, row["person"], None, at, cause) for fact in told)


async def _lift(db: Db, keyring: Keyring, row: asyncpg.Record, creditor: str, at: datetime, cause: str) -> None:
    register = next(name for name, hold in HOLDS.items() if hold == row["kind"])
    if await db.fetchval(LIFT, row["subject_id"], row["kind"], creditor, at, register):
        told = (f.RegisterLeft(register, at), f.HoldLifted(row["kind"]))
        facts = [_recorded(fact, register, creditor, row["person"], None, at, cause) for fact in told]
        await book.record(db, keyring, facts)


async def _courts(
    db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime, cause: str
) -> list[Stop]:
    rows = await db.fetch(IN_COURT, people, creditor)
    told: list[Recorded] = []
    for row in rows:
        fact: AnyFact = (f.RegisterEntered if row["court"] else f.RegisterLeft)("judicialised", at)
        told.append(_recorded(fact, "judicialised", creditor, row["person_id"], row["id"], at, cause))
    await book.insert(db, told, {})
    await db.execute(STALE, sorted({row["person_id"] for row in rows}))
    return [Stop(row["person_id"], "legal", account=row["id"]) for row in rows if row["court"]]


def _recorded(
    fact: AnyFact, register: str, creditor: str, person: str, account: str | None, at: datetime, cause: str
) -> Recorded:
    name = derive(kind_of(fact), register, person, account or "", cause)
    return Recorded(name, at, "operator", fact, creditor, person, account, None, None, cause)
