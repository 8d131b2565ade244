"""What a unit of account (UF, UTM) is worth in pesos on a day, and debts in such units told in pesos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

import msgspec

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.core.dialogue.view import AccountView
from acuerdo.core.words import DECIMALS, AcuerdoError, Money

# The unit as people call it, and the code it has as a currency.
UNITS: dict[str, str] = {"UF": "CLF", "CLF": "CLF", "UTM": "UTM"}
PUT = """
insert into unit_value (unit, day, value) values ($1, $2, $3)
on conflict (unit, day) do update set value = excluded.value
"""
# The UF has a value for each day, the UTM one for each month, given on its first day.
VALUES = """
select unit, value from unit_value
where (unit, day) in (('CLF', $1::date), ('UTM', date_trunc('month', $1::date::timestamp)::date))
"""
ON_DAYS = """
select u.unit, d.day as "on", u.value from unnest($1::date[]) as d (day) join unit_value u
  on (u.unit, u.day) in (('CLF', d.day), ('UTM', date_trunc('month', d.day::timestamp)::date))
"""


# What was taken back of payments, in each payment's own currency: of one in pesos that counted in a unit, by the value
# of the payment's day, so that all of it back is all of it. What a gateway told is of a payment by its own id; what the
# creditor's file told too counts once.
TAKEN_BACK = """(
  select p.id, p.creditor_id, p.reference, r.id as reversal, r.taken_at,
         case when r.currency = p.currency then r.amount else round(r.amount / u.value * 10000)::bigint end as amount
  from payment p join person w on w.id = p.person_id
  cross join lateral (
    select * from payment_reversal r where r.payment_id = p.id and r.same_as is null
    union all
    select * from payment_reversal r
    where r.creditor_id = p.creditor_id and r.of_reference = p.reference and r.payment_id is null and r.same_as is null
  ) r
  cross join lateral (select (p.paid_at at time zone w.zones[1])::date as "on") paid
  left join unit_value u on r.currency = 'CLP' and u.unit = p.currency
    and u.day = case p.currency when 'UTM' then date_trunc('month', paid."on"::timestamp)::date else paid."on" end
  where r.currency = p.currency or u.value is not null
)"""


async def put_unit(db: Db | Pool, unit: str, day: date, value: Decimal) -> None:
    """Keeps what a unit is worth on a day. Raises AcuerdoError for an unknown unit or a value that is none."""
    code = UNITS.get(unit.upper())
    if code is None:
        raise AcuerdoError(f"{unit!r} is no unit we know; known: UF, UTM")
    if not value.is_finite() or value <= 0:
        raise AcuerdoError(f"{value} cannot be what a {unit.upper()} is worth")
    await db.execute(PUT, code, day.replace(day=1) if code == "UTM" else day, value)


async def in_pesos(db: Db, accounts: Sequence[AccountView], day: date) -> tuple[AccountView, ...]:
    """Debts in units told in pesos of a day, where the units' values are known; else all as they are, for a person.

    A conversation does not bargain in units, nor add them up with pesos: without their values it is a person's.
    """
    units = {one.balance.currency for one in accounts} & set(UNITS.values())
    if not units:
        return tuple(accounts)
    values = {row["unit"]: row["value"] for row in await db.fetch(VALUES, day)}
    if units - set(values):
        return tuple(msgspec.structs.replace(one, handler="person") for one in accounts)
    return tuple(_told(one, values) for one in accounts)


async def values_on(db: Db, days: Iterable[date]) -> dict[tuple[str, date], Decimal]:
    """What each unit was worth on each of these days, where it is known; the UTM by its month."""
    wanted = sorted(set(days))
    rows = await db.fetch(ON_DAYS, wanted)
    return {(row["unit"], row["on"]): row["value"] for row in rows}


def in_unit(amount: Money, unit: str, value: Decimal) -> Money:
    """Whole pesos as an amount in a unit, to its last decimal; half up, as the database rounds."""
    exact = Decimal(amount.minor).scaleb(-DECIMALS[amount.currency]) / value
    return Money(int(exact.scaleb(DECIMALS[unit]).to_integral_value(ROUND_HALF_UP)), unit)


def _told(account: AccountView, values: dict[str, Decimal]) -> AccountView:
    unit = account.balance.currency
    if unit not in values:
        return account
    amounts: dict[str, Any] = {
        name: pesos(amount, values[unit])
        for name in ("balance", "due_now", "principal", "interest", "fees")
        if (amount := getattr(account, name)) is not None
    }
    return msgspec.structs.replace(account, **amounts)


def pesos(amount: Money, value: Decimal) -> Money:
    """An amount in units as whole pesos, half to even."""
    exact = Decimal(amount.minor).scaleb(-DECIMALS[amount.currency]) * value
    return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), "CLP")
