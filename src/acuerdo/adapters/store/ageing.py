"""The portfolio as it stood by the end of any day, from what was said and paid until then."""

from __future__ import annotations

from datetime import datetime

from acuerdo.adapters.store.db import Pool
from acuerdo.core.portfolio.ageing import BUCKETS, CUTS, GONE, NEW, Ageing, Line, Rolled
from acuerdo.core.words import Money

# The last word on each account by a moment, less what was paid or waived from its cut-off day on, whenever that was
# told; days past due grow with the days.
STOOD = """
(select s.account_id as id, a.product, s.currency, s.dpd, greatest(0, s.balance - coalesce(paid.amount, 0)) as owed
 from (
   select l.account_id, l.kind,
          coalesce((l.j ->> 'as_of')::date::timestamp at time zone p.zones[1], l.at) as since,
          l.j ->> 'status' as status, (l.j -> 'balance' ->> 'minor')::bigint as balance,
          l.j -> 'balance' ->> 'currency' as currency,
          case when (l.j ->> 'days_past_due')::int > 0
               then (l.j ->> 'days_past_due')::int
                    + greatest(0, day.today - coalesce((l.j ->> 'as_of')::date, (l.at at time zone p.zones[1])::date))
               else greatest(0, coalesce(day.today - (l.j ->> 'due_date')::date, 0)) end as dpd
   from (select distinct on (account_id) account_id, person_id, kind, at, shown::jsonb as j
         from fact where creditor_id = $1 and kind in ('account_imported', 'account_updated', 'account_closed')
           and at <= {moment} order by account_id, at desc, pos desc) l
   join person p on p.id = l.person_id
   cross join lateral (select ({moment} at time zone p.zones[1])::date as today) day
   where l.kind <> 'account_closed' and coalesce(l.j ->> 'status', 'open') = 'open'
 ) s join account a on a.id = s.account_id
 left join lateral (
   select sum(case when cause = 'reversal' then -amount else amount end)::bigint as amount from ledger_entry
   where account_id = s.account_id and cause in ('payment', 'waiver', 'reversal') and at >= s.since and at <= {moment}
 ) paid on true
 where greatest(0, s.balance - coalesce(paid.amount, 0)) > 0)
"""
_CASES = " ".join(f"when {{dpd}} <= {one.last} then '{one.key}'" for one in BUCKETS if one.last is not None)
_BUCKET = f"case {_CASES} else '{BUCKETS[-1].key}' end"
BUCKET = _BUCKET.format(dpd="dpd")  # the bucket of a row that says its days past due
CUT = f"""
select currency, {BUCKET} as bucket, product,
       (select count(*) from unnest($3::text[], $4::bigint[]) as c (currency, edge)
        where c.currency = x.currency and x.owed > c.edge) as band,
       count(*) as accounts, sum(owed)::bigint as owed
from {STOOD.format(moment="$2::timestamptz")} x group by 1, 2, 3, 4
"""  # noqa: S608 - constants of this room and of core
ROLL = f"""
select coalesce(b.currency, n.currency) as currency,
       case when b.id is null then '{NEW}' else {_BUCKET.format(dpd="b.dpd")} end as was,
       case when n.id is null then '{GONE}' else {_BUCKET.format(dpd="n.dpd")} end as now,
       count(*) as accounts, coalesce(sum(b.owed), 0)::bigint as before, coalesce(sum(n.owed), 0)::bigint as after
from {STOOD.format(moment="$2::timestamptz")} b full join {STOOD.format(moment="$3::timestamptz")} n on n.id = b.id
group by 1, 2, 3 order by 1, 2, 3
"""  # noqa: S608 - the same
_SPANISH = str.maketrans(",.", ".,")


class StoredAgeing:
    """Ageing reports over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def at(self, creditor: str, moment: datetime, large: dict[str, int]) -> list[Ageing]:
        """A creditor's open debts as known at a moment, by currency; `large` balances (minor units) scale its bands.

        `large` has every currency that there is.
        """
        edges = [(currency, amount * cut // 100) for currency, amount in large.items() for cut in CUTS]
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            await db.execute("set local work_mem = '128MB'")
            rows = await db.fetch(CUT, creditor, moment, [one for one, _ in edges], [edge for _, edge in edges])
        found = []
        for currency in sorted({row["currency"] for row in rows}):
            mine = [row for row in rows if row["currency"] == currency]
            products = sorted({row["product"] for row in mine}, key=lambda name: -_owed(mine, "product", name))
            steps = [large[currency] * cut // 100 for cut in CUTS]
            found.append(
                Ageing(
                    currency,
                    tuple(_line(mine, "bucket", one.key, one.title) for one in BUCKETS),
                    tuple(_line(mine, "product", name, name) for name in products),
                    tuple(_line(mine, "band", n, _band(steps, n, currency)) for n in range(len(CUTS) + 1)),
                )
            )
        return found

    async def roll(self, creditor: str, before: datetime, after: datetime) -> dict[str, list[Rolled]]:
        """How debts went from bucket to bucket between two moments, by currency."""
        async with self._pool.acquire() as db, db.transaction(readonly=True):
            await db.execute("set local work_mem = '128MB'")
            rows = await db.fetch(ROLL, creditor, before, after)
        found: dict[str, list[Rolled]] = {}
        for row in rows:
            one = Rolled(
                row["was"], row["now"], row["accounts"], Money(row["before"], row["currency"]),
                Money(row["after"], row["currency"]),
            )  # fmt: skip
            found.setdefault(row["currency"], []).append(one)
        return found


def _owed(rows: list, column: str, key: object) -> int:  # type: ignore[type-arg]  # rows of the driver
    return sum(row["owed"] for row in rows if row[column] == key)


def _line(rows: list, column: str, key: object, title: str) -> Line:  # type: ignore[type-arg]  # rows of the driver
    accounts = sum(row["accounts"] for row in rows if row[column] == key)
    return Line(str(key), title, accounts, Money(_owed(rows, column, key), rows[0]["currency"]))


def _band(steps: list[int], n: int, currency: str) -> str:
    """`hasta 200.000`, `de 200.000 a 1.000.000`, `más de 10.000.000`, in major units; `hasta 0,6` in UTM."""
    plain = [f"{Money(step, currency).major().normalize():,f}".translate(_SPANISH) for step in steps]
    if n == 0:
        return f"hasta {plain[0]}"
    return f"más de {plain[-1]}" if n == len(steps) else f"de {plain[n - 1]} a {plain[n]}"
