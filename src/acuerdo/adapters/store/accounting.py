"""What an account's ledger follows from, read from the books and facts; and creditors' rules of money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime, time
from typing import cast
from zoneinfo import ZoneInfo

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.feeds.purses import Purse, purses
from acuerdo.adapters.store.feeds.settlement import raises
from acuerdo.adapters.store.units import TAKEN_BACK
from acuerdo.core.ledger.account import Agreed, Fact, Stated
from acuerdo.core.ledger.checking import Held
from acuerdo.core.ledger.rules import Certified, Rules
from acuerdo.core.payments.ledger import Bucket, Payment, Reversal, Waiver
from acuerdo.core.words import AccountId, Money
from acuerdo.service.accounting import Kept, Opened
from acuerdo.service.creditors import Creditor, Settings

MANY = 500  # people at once
RUNS = frozenset({"agreement_accepted", "agreement_reopened", "agreement_rescheduled"})
ACCOUNT = """
select a.id, a.external_id, a.person_id, a.currency, a.balance, a.paid_since, a.principal, a.interest, a.fees, a.as_of,
       a.due_date, c.id as creditor, c.name, c.settings, p.zones[1] as zone
from account a join creditor c on c.id = a.creditor_id join person p on p.id = a.person_id
where (a.external_id = $1 or a.id = $1) and ($2::text is null or c.name = $2) order by a.id
"""
# The file's own moments; a file without a cut-off day counts on the day it came.
STATED = """
select id, at, shown::jsonb as said from fact
where account_id = $1 and person_id in (select people_of($2)) and kind in ('account_imported', 'account_updated')
order by pos
"""
# What each payment put on this account, net, as booked; re-booked payments cancel out.
SHARES = """
select e.ref, coalesce(p.paid_at, min(e.at)) as at,
       coalesce(sum(case when e.debit = 'cash' then e.amount when e.credit = 'cash' then -e.amount end), 0)::bigint
         as cash,
       coalesce(sum(case when e.debit = 'waived' then e.amount when e.credit = 'waived' then -e.amount end), 0)::bigint
         as waived,
       coalesce(sum(e.amount) filter (where e.credit = 'cash'), 0)::bigint as unbooked,
       coalesce(p.taken_back, 0) as taken
from ledger_entry e left join payment p on p.id = e.ref
where e.account_id = $1 and e.cause not in ('opening', 'held_applied') group by e.ref, p.paid_at, p.taken_back
"""
REPORTED = """
select id, paid_at as at, received, taken_back from payment
where account_id = $1 and status in ('paid', 'refunded') and currency = $2
"""
BACK = f"""
select r.id, r.reversal, r.amount, r.taken_at from {TAKEN_BACK} r where r.id = any($1::text[])
order by r.taken_at, r.reversal
"""  # noqa: S608 - a constant of the store
PAYERS = """
select distinct coalesce(w.root_id, w.id) as root from payment p join person w on w.id = p.person_id
where p.creditor_id = $1 and p.status in ('paid', 'refunded') and coalesce(w.root_id, w.id) > $2
order by 1 limit $3
"""
ALIKE = """
select id, coalesce(root_id, id) as root, zones[1] as zone from person
where id = any($1::text[]) or root_id = any($1::text[])
"""
KEPT = """
select 'agreement' as what, origin, count(*) filter (where status = 'kept') as kept,
       count(*) filter (where status = 'broken') as broken, count(*) filter (where status = 'active') as running
from agreement where creditor_id = $1 group by origin
union all
select 'promise', case when r.import_id is null then 'debtor' else 'agent' end,
       count(*) filter (where r.status = 'kept'), count(*) filter (where r.status = 'broken'),
       count(*) filter (where r.status = 'open')
from promise r join person p on p.id = r.person_id where p.creditor_id = $1 group by 2
order by 1, 2
"""
# Each time that an agreement about the account began to run, or ran no more.
AGREED = """
select g.id, f.kind, f.at from agreement g
join fact f on f.person_id in (select people_of($2)) and f.shown::jsonb ->> 'agreement' = g.id
  and f.kind in ('agreement_accepted', 'agreement_reopened', 'agreement_rescheduled', 'agreement_broken',
                 'agreement_completed', 'agreement_cancelled', 'agreement_superseded')
where g.person_id in (select people_of($2)) and $1 = any(g.accounts) order by g.id, f.pos
"""
FIGURES = """
select kind, since, until, annual_pct, source from legal_ceiling where country = $1 order by kind, since
"""
PUT_FIGURE = """
insert into legal_ceiling (country, kind, since, until, annual_pct, source, who, at)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (country, kind, since) do update set until = excluded.until, annual_pct = excluded.annual_pct,
  source = excluded.source, who = excluded.who, at = excluded.at
"""
PUT = """
insert into money_rules (creditor_id, since, who, body, grace_days, tolerance, currency, remind_before, remind_after,
                         remind_hour, gateway, allocation)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (creditor_id, since) do update set who = excluded.who, body = excluded.body,
  grace_days = excluded.grace_days, tolerance = excluded.tolerance, currency = excluded.currency,
  remind_before = excluded.remind_before, remind_after = excluded.remind_after, remind_hour = excluded.remind_hour,
  gateway = excluded.gateway, allocation = excluded.allocation
"""


class StoredAccounts:
    """Accounts and their facts over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, number: str, creditor: str | None) -> list[Opened]:
        """The accounts with that number (the creditor's, or ours), of one creditor or of all."""
        return [await self._opened(row) for row in await self._pool.fetch(ACCOUNT, number, creditor)]

    async def _opened(self, row: asyncpg.Record) -> Opened:
        zone = ZoneInfo(row["zone"])
        facts: list[Fact] = [
            *await self._stated(row, zone),
            *await self._paid(row, zone),
            *await self._agreed(row, zone),
        ]
        creditor = Creditor(row["creditor"], row["name"], msgspec.json.decode(row["settings"], type=Settings))
        return Opened(
            row["id"], row["external_id"], creditor, row["currency"], _midnight(row["as_of"], zone), row["balance"],
            row["paid_since"], tuple(facts), row["zone"],
        )  # fmt: skip

    async def _stated(self, row: asyncpg.Record, zone: ZoneInfo) -> list[Stated]:
        """One balance a day, the last that was told of it; the newest has its parts."""
        told: dict[date, Stated] = {}
        for one in await self._pool.fetch(STATED, row["id"], row["person_id"]):
            said = msgspec.json.decode(one["said"])
            day = date.fromisoformat(said["as_of"]) if said.get("as_of") else one["at"].astimezone(zone).date()
            due = date.fromisoformat(said["due_date"]) if said.get("due_date") else None
            total = Money(max(0, said["balance"]["minor"]), said["balance"]["currency"])
            told[day] = Stated(f"file of {day}", _midnight(day, zone), total, {}, due)
        parts = {name: row[name] for name in ("principal", "interest", "fees") if row[name]}
        day, total = row["as_of"], Money(max(0, row["balance"]), row["currency"])
        newest = Stated(
            f"file of {day}", _midnight(day, zone), total, cast("dict[Bucket, int]", parts), row["due_date"]
        )
        return [*(one for on, one in told.items() if on < day and one.total.currency == row["currency"]), newest]

    async def _paid(self, row: asyncpg.Record, zone: ZoneInfo) -> list[Fact]:
        """What payments put on this account: as booked, else, before the balance of record, as the creditor told."""
        currency = row["currency"]
        reported = {one["id"]: one for one in await self._pool.fetch(REPORTED, row["id"], currency)}
        shares = {one["ref"]: one for one in await self._pool.fetch(SHARES, row["id"])}
        backs = await self._backs([*reported, *shares])
        facts: list[Fact] = []
        for name in sorted({*reported, *shares}):
            own, share = reported.get(name), shares.get(name)
            at = (own or share)["at"].astimezone(zone)  # type: ignore[index]  # it is in one of the two
            # What was booked here before it went back, and is no more; of a payment on several debts, its part on this.
            taken = own["taken_back"] if own else min(share["taken"], share["unbooked"])  # type: ignore[index]
            cash = (share["cash"] if share else own["received"]) + taken  # type: ignore[index]
            if cash > 0:
                facts.append(Payment(name, at, Money(cash, currency)))
                facts += _reversals(name, backs[name], taken, currency, zone)
            if share and share["waived"] > 0:
                facts.append(Waiver(f"{name}:waived", at, Money(share["waived"], currency)))
        return facts

    async def _agreed(self, row: asyncpg.Record, zone: ZoneInfo) -> list[Agreed]:
        """The spans during which an agreement about the account ran."""
        since: dict[str, datetime] = {}
        spans: list[Agreed] = []
        for one in await self._pool.fetch(AGREED, row["id"], row["person_id"]):
            at, name = one["at"].astimezone(zone), one["id"]
            if one["kind"] in RUNS:
                since.setdefault(name, at)
            elif name in since:
                spans.append(Agreed(f"{name}:{len(spans)}", since.pop(name), at))
        return [*spans, *(Agreed(f"{name}:now", at) for name, at in since.items())]

    async def _backs(self, payments: Sequence[str]) -> dict[str, list[asyncpg.Record]]:
        found: dict[str, list[asyncpg.Record]] = defaultdict(list)
        for one in await self._pool.fetch(BACK, payments):
            found[one["id"]].append(one)
        return found

    async def held(self, creditor: str) -> AsyncIterator[Held]:
        """Everybody who ever paid, as it is on record: one person's money in one currency at a time."""
        last = ""
        async with self._pool.acquire() as db:
            while roots := [row["root"] for row in await db.fetch(PAYERS, creditor, last, MANY)]:
                last = roots[-1]
                async with db.transaction():
                    people = await db.fetch(ALIKE, roots)
                    found = list(await purses(db, creditor, people))
                for purse in found:
                    yield _held(purse)

    async def rules(self, creditor: str) -> str | None:
        """The rules of money in force, as they were written."""
        found: str | None = await self._pool.fetchval(
            "select body from money_rules where creditor_id = $1 order by since desc limit 1", creditor
        )
        return found

    async def put_rules(self, creditor: str, text: str, rules: Rules, who: str, at: datetime) -> None:
        """Rules in force from now on; the older ones stay on record."""
        await self._pool.execute(
            PUT, creditor, at, who, text, rules.grace_days, rules.terms.tolerance, rules.currency,
            list(rules.remind.before), list(rules.remind.after), rules.remind.hour,
            rules.gateway, list(rules.order),
        )  # fmt: skip

    async def figures(self, country: str) -> tuple[Certified, ...]:
        """The ceilings of interest that are known of a country, by kind of credit and day."""
        return tuple(Certified(*row) for row in await self._pool.fetch(FIGURES, country))

    async def put_figure(self, country: str, figure: Certified, who: str, at: datetime) -> None:
        """Writes one down; of the same kind and first day, the newer holds."""
        await self._pool.execute(PUT_FIGURE, country, *msgspec.structs.astuple(figure), who, at)

    async def kept(self, creditor: str) -> list[Kept]:
        """How a creditor's agreements and promises ended, by who authored them."""
        return [Kept(*row) for row in await self._pool.fetch(KEPT, creditor)]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


def _reversals(
    payment: str, rows: Iterable[asyncpg.Record], most: int, currency: str, zone: ZoneInfo
) -> list[Reversal]:
    facts = []
    for row in rows:
        part = min(row["amount"], most)
        if part > 0:
            facts.append(Reversal(row["reversal"], row["taken_at"].astimezone(zone), payment, Money(part, currency)))
            most -= part
    return facts


def _held(purse: Purse) -> Held:
    raised: dict[AccountId, int] = {
        standing.debt.account: sum(entry.amount.minor for entry in raises(purse, standing))
        for standing, _ in purse.debts
    }
    deals = [one.signed for one in purse.deals]
    payments = [one.paid for one in purse.payments]
    return Held(purse.currency, tuple(purse.debts), deals, payments, raised, purse.entries)
