"""What was paid to us of the debts that a newer file changes: what stays off their balances, and what these hold."""

from __future__ import annotations

from acuerdo.adapters.store import book
from acuerdo.adapters.store.portfolio_job import Job, chunks
from acuerdo.core import facts as f
from acuerdo.core.words import Money

# Tables of their own rather than parts of one statement: how many they hold is known before they are joined, whatever
# is known of `payment`, so that none is looked through once for every row of another.
CHANGING = """
create temp table changing on commit drop as
select s.id, s.as_of, a.person_id, a.home_person_id, a.paid_since
from staged_account s join account a on a.id = s.id where s.verdict = 'c'
"""
# Who may have paid them: whom they are of, and everybody who is one with these.
PAYER = """
create temp table payer on commit drop as
select id from person where id in (select person_id from changing union select home_person_id from changing)
union select id from person where root_id in (select person_id from changing)
"""
# The books know a payment by its debt, also where who paid it and who owes it are no longer one.
PAID = """
create temp table paid on commit drop as
select y.id from payer w join payment y on y.person_id = w.id where y.status = 'paid' and y.paid_at is not null
union
select y.id from changing c join ledger_entry e on e.account_id = c.id and e.cause in ('payment', 'held_applied')
join payment y on y.id = e.ref where y.status = 'paid' and y.paid_at is not null
"""
# Each payment beside every debt that it is for, and the payer's day of it.
PAYING = """
create temp table paying on commit drop as
select distinct y.id, y.person_id, y.currency, one as account_id, y.matched_by is null as waits,
       (y.paid_at at time zone p.zones[1])::date as day
from paid q join payment y on y.id = q.id join person p on p.id = y.person_id cross join unnest(y.accounts) as one
"""
# Of what was paid to us, that stays off the balance which came on the file's cut-off day or later. `later` has no sum
# where nobody wrote the books; then all of it stays, or none. What was taken back by then is owed again.
STAYS = """
create temp table stays on commit drop as
with later as (
  select c.id, recent.id is not null as any_paid, books.amount, books.taken_back
  from changing c
  left join (select distinct d.id from paying q join changing d on d.id = q.account_id where q.day >= d.as_of) recent
  on recent.id = c.id
  left join (
    select c.id,
           sum(case when e.at < c.as_of::timestamp at time zone p.zones[1] then 0
                    when e.credit in ('fees', 'interest', 'principal') then e.amount
                    when e.debit in ('fees', 'interest', 'principal') then -e.amount else 0 end)::bigint as amount,
           bool_or(e.cause = 'reversal') as taken_back
    from changing c join person p on p.id = c.person_id join ledger_entry e on e.account_id = c.id
    where c.paid_since <> 0 and e.cause in ('payment', 'waiver', 'held_applied', 'reversal') group by c.id) books
  on books.id = c.id
  where c.paid_since <> 0
)
select id, case when not any_paid and taken_back is not true then 0 else amount end as amount, any_paid, taken_back
from later
"""
LESS = """
create temp table less on commit drop as
select c.id, case when v.id is null then 0 when v.amount is null then c.paid_since when v.taken_back then v.amount
                  else least(c.paid_since, v.amount) end as paid_since
from changing c left join stays v on v.id = c.id
"""
# Payments made to us of which every account now stands as of a later day.
MATCHING = """
create temp table matching on commit drop as
select q.id, q.person_id, q.currency, sum(s.missing) filter (where s.missing > 0)::bigint as missing
from paying q left join account a on a.id = q.account_id left join staged_account s on s.id = q.account_id
where q.waits group by q.id, q.person_id, q.currency
having bool_or(s.verdict = 'c') and bool_or(a.as_of <= q.day) is not true
"""
MATCHED = """
update payment y set matched_by = $1, matched_at = $2 from matching m where m.id = y.id
returning y.id, y.person_id, y.currency, m.missing
"""


async def find(job: Job) -> None:
    """Finds what was paid of the changed debts, before they change; `less` tells what stays off each new balance."""
    for table, statement, key in (
        ("changing", CHANGING, "id"), ("payer", PAYER, "id"), ("paid", PAID, "id"), ("paying", PAYING, "account_id"),
        ("stays", STAYS, "id"), ("less", LESS, "id"),
    ):  # fmt: skip
        await _make(job, table, statement, key)


async def match(job: Job) -> int:
    """Says of payments that the new balances hold them, once accounts have these; how many there are."""
    await _make(job, "matching", MATCHING, "id")
    await job.keep("payment", "x.id", "id in (select id from matching)")
    matched = await job.db.fetch(MATCHED, job.name, job.arrival.at)
    facts = (
        job.fact(
            f.PaymentMatched(row["id"], Money(row["missing"], row["currency"]) if row["missing"] else None),
            row["person_id"], None, row["id"],
        )
        for row in matched
    )  # fmt: skip
    for chunk in chunks(facts):
        await book.insert(job.db, chunk, {})
    return len(matched)


async def _make(job: Job, table: str, statement: str, key: str) -> None:
    for one in (statement, f"create index on {table} ({key})", f"analyze {table}"):
        await job.db.execute(one)
