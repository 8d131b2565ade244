"""How accounts stand, computed in the database for all of them at once, and segments' conditions as SQL.

The definition is core's (`Standing`, `Criterion`, `score`); a test holds the two together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from acuerdo.adapters.store.db import Db
from acuerdo.core.portfolio.criteria import Criterion
from acuerdo.core.portfolio.segments import Segments
from acuerdo.core.portfolio.standing import COLD_DAYS, Scoring, Standing
from acuerdo.core.words import Money

RECENT = timedelta(days=30)
NUMBERS = (
    "dpd", "tenure_days", "debt_age_days", "late_payments_12m", "promises_broken", "promises_kept",
    "days_since_payment", "days_since_reached", "unanswered_30d", "debts",
)  # fmt: skip
# $1 creditor, $2 zones, $3 the day it is in each, $4 the moment, $5 thirty days before it.
# What people did is gathered first, by person: few have done anything, and a million rows are joined once.
SHEET = """
with day (zone, today) as (select * from unnest($2::text[], $3::date[])),
kept (person, n) as materialized (
  select person_id, count(*) from promise where status = 'kept' group by 1),
paid (account, at) as materialized (
  select one, max(paid_at) from payment cross join unnest(accounts) one
  where creditor_id = $1 and status = 'paid' and paid_at <= $4 group by 1),
met (subject, reached, unanswered) as materialized (
  select subject_id, max(at) filter (where reached), count(*) filter (where not reached and at > $5)
  from contact where at <= $4 and status <> 'reserved' group by 1),
several (person, n) as materialized (
  select person_id, count(*) from account where creditor_id = $1 and status = 'open' group by 1 having count(*) > 1),
stood as (
  select a.id, a.external_id, a.person_id, a.status, p.country, p.customer_type, a.product, a.currency, d.today,
         greatest(a.balance - a.paid_since, 0) as owed,
         case when a.days_past_due > 0 then a.days_past_due + greatest(0, d.today - a.as_of)
              else greatest(0, d.today - greatest(coalesce(a.due_date, a.as_of), a.as_of)) end as dpd,
         d.today - p.customer_since as tenure_days,
         greatest(0, d.today - coalesce(a.opened, a.due_date, a.as_of)) as debt_age_days,
         a.late_12m as late_payments_12m, a.broken_promises as promises_broken,
         coalesce(kept.n, 0)::int as promises_kept,
         d.today - greatest((paid.at at time zone p.zones[1])::date, a.last_payment) as days_since_payment,
         d.today - (met.reached at time zone p.zones[1])::date as days_since_reached,
         coalesce(met.unanswered, 0)::int as unanswered_30d, coalesce(several.n, 1)::int as debts
  from account a join person p on p.id = a.person_id join day d on d.zone = p.zones[1]
  left join kept on kept.person = a.person_id left join paid on paid.account = a.id
  left join met on met.subject = p.subject_id left join several on several.person = a.person_id
  where a.creditor_id = $1
)
"""


class Sql:
    """A statement while it is written, and its arguments: constants go in as parameters, never as text."""

    def __init__(self, *args: Any) -> None:
        self.args = list(args)

    def given(self, value: Any, kind: str) -> str:
        """The place of a value in the statement."""
        self.args.append(value)
        return f"${len(self.args)}::{kind}"


async def sheet(db: Db, creditor: str, at: datetime) -> Sql:
    """The arguments of SHEET for a creditor at a moment; days are those of each person's own zone."""
    zones = [row[0] for row in await db.fetch("select distinct zones[1] from person where creditor_id = $1", creditor)]
    return Sql(creditor, zones, [at.astimezone(ZoneInfo(zone)).date() for zone in zones], at, at - RECENT)


def standing_in(row: asyncpg.Record) -> Standing:
    """How the account of a row of `stood` stands."""
    return Standing(
        Money(row["owed"], row["currency"]), row["customer_type"], row["product"], country=row["country"],
        currency=row["currency"], **{name: row[name] for name in NUMBERS},
    )  # fmt: skip


def placing(segments: Segments, sql: Sql) -> str:
    """An expression over `stood`: the place in `segments.all` of the first segment whose every condition holds."""
    cases = " ".join(f"when {condition(one.criteria, sql)} then {n}" for n, one in enumerate(segments.all[:-1]))
    return f"(case {cases} else {len(segments.all) - 1} end)" if cases else "0"


def condition(criteria: tuple[Criterion, ...], sql: Sql) -> str:
    """Whether an account of `stood` meets all of these; what is not known meets nothing."""
    return " and ".join(_test(one, sql) for one in criteria) or "true"


def _test(one: Criterion, sql: Sql) -> str:
    if one.wanted:
        return f"{one.name} = any({sql.given(list(one.wanted), 'text[]')})"
    if one.name == "balance":
        parts = [f"owed {sign} {_by_currency(end, sql)}" for sign, end in ((">=", one.low), ("<=", one.high)) if end]
    else:
        ends = zip((">=", "<="), one.bounds, strict=True)
        parts = [f"{one.name} {sign} {sql.given(end, 'int')}" for sign, end in ends if end is not None]
    return f"({' and '.join(parts)})"


def _by_currency(amounts: dict[str, int], sql: Sql) -> str:
    cases = (f"when {sql.given(currency, 'text')} then {sql.given(n, 'bigint')}" for currency, n in amounts.items())
    return f"(case currency {' '.join(cases)} end)"


def scoring(of: Scoring, sql: Sql) -> str:
    """An expression over `stood`: core's `score`, 0 to 1000."""
    large = _by_currency({currency: n for currency, n in of.large.items() if n}, sql)
    amount = f"coalesce(least(1.0, ln(1 + owed::float8 / {large}) / ln(11::float8)), 0)"
    days = f"greatest(0, 1 - dpd / {COLD_DAYS}::float8)"
    behaviour = "1 / (1 + late_payments_12m / 3::float8 + promises_broken)"
    total = of.amount + of.days + of.behaviour
    return f"round(1000 * ({of.amount} * {amount} + {of.days} * {days} + {of.behaviour} * {behaviour}) / {total})"
