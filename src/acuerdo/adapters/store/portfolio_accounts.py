"""The staged rows of a file against the accounts on record: what is new and what changed."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from acuerdo.adapters.store import book, portfolio_paid
from acuerdo.adapters.store.portfolio_job import Job, chunks
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money
from acuerdo.service.importing import Difference

FIELDS = (
    "home_person_id", "person_id", "product", "currency", "balance", "principal", "interest", "fees", "due_now",
    "due_date", "days_past_due", "as_of", "opened", "late_12m", "status", "limitation_date", "installments_total",
    "installments_paid", "installments_overdue", "last_payment", "digest", "row_digest",
)  # fmt: skip
# What of a debt is worth a fact when it changes.
TOLD = (
    "home_person_id", "product", "currency", "balance", "principal", "interest", "fees", "due_now", "due_date",
    "days_past_due", "late_12m", "status",
)  # fmt: skip
_OURS, _THEIRS = (", ".join(f"{table}.{name}" for name in TOLD) for table in ("a", "s"))
# Who answers for a person that somebody said is another.
ANSWERS = """
update staged_account s set person_id = coalesce(p.root_id, s.home_person_id)
from person p where p.id = s.home_person_id and p.root_id is not null
"""
# New, the same, behind what is on record, or changed; `told` when the change is in the debt and worth a fact.
JUDGE = f"""
update staged_account s set was = a.balance, was_status = a.status,
  verdict = case when a.digest = s.digest then 's' when s.as_of < a.as_of then 'o' else 'c' end,
  told = ({_OURS}) is distinct from ({_THEIRS})
from account a where a.id = s.id
"""  # noqa: S608 - names of columns
COUNTS = "select verdict::text, count(*) as n from staged_account group by 1"
NEW_FACTS = """
insert into fact (id, at, kind, who, creditor_id, person_id, account_id, cause, shown)
select fact_id, $1, 'account_imported', $2, $3, home_person_id, id, $4, shown from staged_account
where verdict = 'n' on conflict (id) do nothing
"""
NEW = f"""
insert into account (id, creditor_id, external_id, import_id, import_row, added_by, closed_at, closed_why,
                     {", ".join(FIELDS)})
select id, $1, external_id, $2, line, $2, case when status = 'withdrawn' then $3::timestamptz end,
       case when status = 'withdrawn' then 'recalled' end,
       {", ".join("coalesce(person_id, home_person_id)" if name == "person_id" else name for name in FIELDS)}
from staged_account where verdict = 'n' order by id
"""  # noqa: S608 - names of columns
MISSING = """
update staged_account s set missing = greatest(0, least(a.paid_since - l.paid_since,
                                                        s.balance - (a.balance - (a.paid_since - l.paid_since))))
from account a, less l where a.id = s.id and l.id = s.id and a.paid_since > l.paid_since and a.currency = s.currency
"""
CHANGED = f"""
update account a set {
    ", ".join(
        f"{name} = coalesce(s.person_id, s.home_person_id)" if name == "person_id" else f"{name} = s.{name}"
        for name in FIELDS
    )
}, paid_since = l.paid_since, import_id = $1, import_row = s.line,
  closed_at = case when s.status = 'withdrawn' then coalesce(a.closed_at, $2) end,
  closed_why = case when s.status = 'withdrawn' then 'recalled' end
from staged_account s join less l on l.id = s.id where a.id = s.id
"""  # noqa: S608 - names of columns
UPDATED = """
select id, home_person_id, encode(digest, 'hex') as digest, balance, was, currency, days_past_due,
       as_of, due_date, status from staged_account
where verdict = 'c' and told
"""
DIFFERENCES = """
select currency, count(*) as n, sum(missing)::bigint as missing from staged_account where missing > 0 group by 1
"""
# Conversations of everybody who is one with them, as what one record owes is spoken of under any of the others.
STALE = """
with said as (
  select unnest($2::text[]) as id
  union select coalesce(person_id, home_person_id) from staged_account where verdict in ('n', 'c')
), root as materialized (select distinct coalesce(p.root_id, p.id) as id from said join person p on p.id = said.id)
update conversation set stale = true where creditor_id = $1 and not stale and person_id in (
  select id from root union all select p.id from root join person p on p.root_id = root.id)
"""


class Counts(msgspec.Struct, frozen=True):
    """What became of the staged rows, and the payments that the new balances hold or should."""

    new: int
    changed: int
    same: int
    older: int
    matched: int
    differences: tuple[Difference, ...] = ()


async def judge(job: Job) -> None:
    """Tells of every staged row whether it is new, changed, the same or behind what is on record."""
    await job.db.execute(ANSWERS)
    await job.db.execute(JUDGE)
    # Else changed rows would be taken for few, and looked up one by one among all the others.
    await job.db.execute("analyze staged_account (verdict)")


async def settle(job: Job) -> Counts:
    """Writes the accounts, their facts, and which payments their balances hold."""
    db, a = job.db, job.arrival
    counts: dict[str, int] = {row["verdict"]: row["n"] for row in await db.fetch(COUNTS)}
    matched = 0
    if counts.get("c"):
        await job.keep("account", "x.id", "id in (select id from staged_account where verdict = 'c')")
        for chunk in chunks(await db.fetch(UPDATED)):
            await book.insert(db, [_updated(job, row) for row in chunk], {})
        await db.execute("create index on staged_account (id)")
        await portfolio_paid.find(job)
        await db.execute(MISSING)
        await db.execute(CHANGED, job.name, a.at)
        matched = await portfolio_paid.match(job)
    await db.execute(NEW_FACTS, a.at, a.who, a.creditor, job.name)
    await db.execute(NEW, a.creditor, job.name, a.at)
    differences = tuple(
        Difference(row["n"], Money(row["missing"], row["currency"])) for row in await db.fetch(DIFFERENCES)
    )
    older = counts.get("o", 0)
    return Counts(
        counts.get("n", 0), counts.get("c", 0), counts.get("s", 0) + older, older, matched,
        differences=differences,
    )  # fmt: skip


async def stale(job: Job, people: Sequence[str]) -> None:
    """Conversations of people of whom something changed look again at their next turn."""
    await job.db.execute(STALE, job.arrival.creditor, people)


def _updated(job: Job, row: asyncpg.Record) -> Recorded:
    fact = f.AccountUpdated(
        Money(row["balance"], row["currency"]), row["days_past_due"], Money(row["was"], row["currency"]),
        row["as_of"], row["due_date"], row["status"],
    )  # fmt: skip
    return job.fact(fact, row["home_person_id"], row["id"])
