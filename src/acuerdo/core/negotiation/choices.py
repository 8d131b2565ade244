"""The choices that can be put on the table: the ladder of single payments, and plans that the authority allows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import msgspec

from acuerdo.core.negotiation.authority import Authority, floor, least_down
from acuerdo.core.negotiation.moves import Position
from acuerdo.core.negotiation.plans import Plan, allowed_first, fault, several, single, usual_first
from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import STEP, Money


class Rung(msgspec.Struct, frozen=True):
    """How much of the discount is conceded, and in return how soon the single payment is due."""

    pct_of_authority: int
    days: int


# Opens well above the floor; each step asks for something in return: sooner.
LADDER: tuple[Rung, ...] = (Rung(25, 7), Rung(50, 5), Rung(75, 3), Rung(100, 1))
TOP = len(LADDER) - 1
# The answer to a first amount below the floor: the middle of the ladder, not its end.
FAIR = 1

# Of the house's policy: from day 61 a person negotiates, not the bot.
NEGOTIABLE_DAYS = 60

# Round figures, in minor units, so that an offer reads like a price and not like a sum.
QUOTE: dict[str, int] = {"COP": 100_000, "ARS": 100_000, "CLP": 1_000, "MXN": 100, "PEN": 100, "EUR": 100, "USD": 100}
PAYMENTS_A_YEAR: dict[Every, int] = {"weekly": 52, "biweekly": 26, "quincena": 24, "monthly": 12}


def has_discount(position: Position, authority: Authority) -> bool:
    return floor(position.balance, authority) < position.balance


def _up(minor: int, step: int) -> int:
    return -(-minor // step) * step


def rung_total(position: Position, authority: Authority, level: int) -> Money:
    """The single total at that rung: never below the floor, never above one already put on the table."""
    balance, least = position.balance, floor(position.balance, authority)
    share = LADDER[level].pct_of_authority
    exact = balance.minor - (balance.minor - least.minor) * share // 100
    quoted = _up(exact, QUOTE[balance.currency])
    total = Money(exact if share == 100 or quoted >= balance.minor else quoted, balance.currency)
    return max(least, min(total, position.best)) if position.best is not None else max(least, total)


def rung_single(position: Position, authority: Authority, level: int) -> Plan:
    """The single payment at that rung, on the day the person named or soon; today where nothing is conceded."""
    total, today = rung_total(position, authority, level), position.today
    days = LADDER[level].days if total < position.balance else 0
    wanted = position.wants.first or today + timedelta(days=days)
    return single(position.account, position.balance, total, allowed_first(wanted, authority, today))


def rhythm(position: Position, authority: Authority) -> Every:
    return position.wants.frequency or authority.frequency


def plan_of(position: Position, authority: Authority, parts: int, down: Money | None = None) -> Plan | None:
    """A plan of `parts` payments of the whole balance, with the least down payment where equal parts are too little."""
    first = position.wants.first or (usual_first(authority, position.today) if down is None else position.today)
    every, least = rhythm(position, authority), least_down(position.balance, authority)
    plan = several(position.account, position.balance, parts, first, every, down)
    if plan is not None and down is None and plan.first.amount < least:
        stepped = Money(_up(least.minor, STEP[least.currency]), least.currency)
        return several(position.account, position.balance, parts, first, every, stepped)
    return plan


def plan_inside(position: Position, authority: Authority, parts: int, down: Money | None = None) -> Plan | None:
    """The plan of `parts` payments, its first day moved to the nearest allowed; None when its terms are outside."""
    plan = plan_of(dated(position, authority), authority, parts, down)
    return plan if plan is not None and fault(plan, authority, position.today) is None else None


def dated(position: Position, authority: Authority) -> Position:
    """The position with the wished first day moved to the nearest allowed one."""
    wanted = position.wants.first
    if wanted is None:
        return position
    first = allowed_first(wanted, authority, position.today)
    return msgspec.structs.replace(position, wants=msgspec.structs.replace(position.wants, first=first))


def most_parts(position: Position, authority: Authority, down: Money | None = None) -> int:
    """The largest number of payments the authority allows for this balance; 1 when it allows no plan."""
    most, least = authority.max_installments, authority.min_installment
    if least is not None and least.minor > 0:
        most = min(most, position.balance.minor // least.minor)
    return next((n for n in range(most, 1, -1) if plan_inside(position, authority, n, down) is not None), 1)


def fits(plan: Plan, affordable: Money | None) -> bool:
    """Whether the plan's largest payments, by the month, stay within what the person can afford."""
    if affordable is None:
        return True
    largest = max(p.amount.minor for p in plan.installments)
    return largest * PAYMENTS_A_YEAR[plan.every] <= affordable.minor * 12


def plan_choices(position: Position, authority: Authority, down: Money | None = None) -> tuple[Plan, ...]:
    """One to three plans, from few payments to the most; those that fit what the person can afford, if any does."""
    most = most_parts(position, authority, down)
    counts = sorted({2, (3 + most) // 2, most}) if most > 1 else []
    plans = tuple(p for n in counts if (p := plan_inside(position, authority, n, down)) is not None)
    return tuple(p for p in plans if fits(p, position.affordable)) or plans[-1:]


def cards(position: Position, authority: Authority) -> tuple[Plan, ...]:
    """Up to four choices: pay all, with the saving reached so far, and plans in payments.

    Fewer than two only where the authority allows no plan. Empty when nothing is owed or nothing may be negotiated.
    """
    if position.balance.minor <= 0 or position.dpd > NEGOTIABLE_DAYS:
        return ()
    return (rung_single(position, authority, position.level), *plan_choices(position, authority))


def total_after(balance: Money, pct: Decimal) -> Money:
    """What is left to pay after a discount of `pct` percent, rounded up to the minor unit."""
    return floor(balance, Authority(max_discount_pct=min(pct, Decimal("99.99"))))
