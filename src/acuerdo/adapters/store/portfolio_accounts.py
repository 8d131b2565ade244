"""The staged rows of a file against the accounts on record: what is new, what changed, and what had been paid to us."""

from __future__ import annotations

from collections.abc import Sequence

import asyncpg
import msgspec

from acuerdo.adapters.store import book
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
# Of what was paid to us, that stays off the balance which came on the file's cut-off day or later. `later` has no sum
# where nobody wrote the books; then all of it stays, or none. What was taken back by then is owed again.
# Tables of their own rather than parts of one statement: how many they hold is known before they are joined.
STAYS = """
create temp table stays on commit drop as
with later as (
  select s.id, exists (
      select from payment y join person p on p.id = y.person_id
      where y.person_id = a.person_id and y.status = 'paid' and a.id = any(y.accounts)
        and (y.paid_at at time zone p.zones[1])::date >= s.as_of) as any_paid,
    books.amount, books.taken_back
  from staged_account s join account a on a.id = s.id
  left join lateral (
    select sum(case when e.at < s.as_of::timestamp at time zone p.zones[1] then 0
                    when e.credit in ('fees', 'interest', 'principal') then e.amount
                    when e.debit in ('fees', 'interest', 'principal') then -e.amount else 0 end)::bigint as amount,
           bool_or(e.cause = 'reversal') as taken_back
    from ledger_entry e join person p on p.id = a.person_id
    where e.account_id = a.id and e.cause in ('payment', 'waiver', 'held_applied', 'reversal')) books on true
  where s.verdict = 'c' and a.paid_since <> 0
)
select id, case when not any_paid and taken_back is not true then 0 else amount end as amount, any_paid, taken_back
from later
"""
LESS = """
create temp table less on commit drop as
select s.id, case when v.id is null then 0 when v.amount is null then a.paid_since when v.taken_back then v.amount
                  else least(a.paid_since, v.amount) end as paid_since
from staged_account s join account a on a.id = s.id left join stays v on v.id = s.id where s.verdict = 'c'
"""
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
# Payments made to us of which every account now stands as of a later day.
MATCHED = """
update payment y set matched_by = $1, matched_at = $2 from person p
where p.id = y.person_id and y.creditor_id = $3 and y.status = 'paid' and y.matched_by is null
  and y.paid_at is not null
  and y.id in (select q.id from payment q cross join unnest(q.accounts) one join staged_account s on s.id = one
               where q.creditor_id = $3 and q.status = 'paid' and s.verdict = 'c')
  and not exists (select from account a where a.id = any(y.accounts)
                  and a.as_of <= (y.paid_at at time zone p.zones[1])::date)
returning y.id, y.person_id, y.currency,
  (select sum(s.missing)::bigint from staged_account s where s.id = any(y.accounts) and s.missing > 0) as missing
"""
MATCHING = """
id in (select y.id from payment y join person p on p.id = y.person_id
       where y.creditor_id = $2 and y.status = 'paid' and y.matched_by is null and y.paid_at is not null
         and y.id in (select q.id from payment q cross join unnest(q.accounts) one
                      join staged_account s on s.id = one
                      where q.creditor_id = $2 and q.status = 'paid' and s.verdict = 'c')
         and not exists (select from account a where a.id = any(y.accounts)
                         and a.as_of <= (y.paid_at at time zone p.zones[1])::date))
"""
DIFFERENCES = """
select currency, count(*) as n, sum(missing)::bigint as missing from staged_account where missing > 0 group by 1
"""
STALE = """
update conversation set stale = true where creditor_id = $1 and not stale and (
  person_id = any($2::text[])
  or person_id in (select coalesce(person_id, home_person_id) from staged_account where verdict in ('n', 'c')))
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
    matched: list[asyncpg.Record] = []
    if counts.get("c"):
        await job.keep("account", "x.id", "id in (select id from staged_account where verdict = 'c')")
        for chunk in chunks(await db.fetch(UPDATED)):
            await book.insert(db, [_updated(job, row) for row in chunk], {})
        await db.execute("create index on staged_account (id)")
        for statement in (STAYS, "analyze stays", LESS, "analyze less", MISSING):
            await db.execute(statement)
        await db.execute(CHANGED, job.name, a.at)
        matched = await _match(job)
    await db.execute(NEW_FACTS, a.at, a.who, a.creditor, job.name)
    await db.execute(NEW, a.creditor, job.name, a.at)
    differences = tuple(
        Difference(row["n"], Money(row["missing"], row["currency"])) for row in await db.fetch(DIFFERENCES)
    )
    older = counts.get("o", 0)
    return Counts(
        counts.get("n", 0), counts.get("c", 0), counts.get("s", 0) + older, older, len(matched),
        differences=differences,
    )  # fmt: skip


async def stale(job: Job, people: Sequence[str]) -> None:
    """Conversations of people of whom something changed look again at their next turn."""
    await job.db.execute(STALE, job.arrival.creditor, people)


async def _match(job: Job) -> list[asyncpg.Record]:
    await job.keep("payment", "x.id", MATCHING, job.arrival.creditor)
    matched = await job.db.fetch(MATCHED, job.name, job.arrival.at, job.arrival.creditor)
    facts = (
        job.fact(
            f.PaymentMatched(row["id"], Money(row["missing"], row["currency"]) if row["missing"] else None),
            row["person_id"], None, row["id"],
        )
        for row in matched
    )  # fmt: skip
    for chunk in chunks(facts):
        await book.insert(job.db, chunk, {})
    return matched


def _updated(job: Job, row: asyncpg.Record) -> Recorded:
    fact = f.AccountUpdated(
        Money(row["balance"], row["currency"]), row["days_past_due"], Money(row["was"], row["currency"]),
        row["as_of"], row["due_date"], row["status"],
    )  # fmt: skip
    return job.fact(fact, row["home_person_id"], row["id"])
