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


# Opens with the whole balance and with plans, as whoever can pay needs no discount; each step asks for something in
# return: sooner. The first steps are small, so that little is given that was not needed.
LADDER: tuple[Rung, ...] = (
    Rung(0, 7), Rung(10, 7), Rung(25, 6), Rung(40, 5), Rung(60, 4), Rung(80, 2), Rung(100, 1),
)  # fmt: skip
TOP = len(LADDER) - 1
# Rungs at a time for whoever told income and expenses that no plan fits: they cannot wait for seven tables.
HARD_STEP = 3

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


def next_level(position: Position, authority: Authority) -> int | None:
    """The next rung that gives more than what is on the table; None at the end of the ladder.

    Where no discount may be given, the one step is to the last rung.
    """
    if not has_discount(position, authority):
        return TOP if position.level < TOP else None
    best = position.best or position.balance
    lower = [n for n in range(position.level + 1, TOP + 1) if rung_total(position, authority, n) < best]
    if not lower:
        return None
    hard = position.affordable is not None and not plan_choices(position, authority)
    return lower[min(HARD_STEP, len(lower)) - 1] if hard else lower[0]


# Of the way from what the person named to what is on the table: most of it, as they come up half of what is left.
MEET = 90


def meeting(named: Money, best: Money) -> Money:
    """The one counter-offer to an amount that could be taken: between it and the best on the table, a round figure."""
    exact = named.minor + (best.minor - named.minor) * MEET // 100
    quoted = _up(exact, QUOTE[best.currency])
    return Money(quoted if quoted < best.minor else exact, best.currency)


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


def longest(position: Position, authority: Authority, down: Money | None = None) -> Plan | None:
    """The plan of the most payments that the authority allows for this balance; None when it allows no plan."""
    most, least = authority.max_installments, authority.min_installment
    if least is not None and least.minor > 0:
        most = min(most, position.balance.minor // least.minor)
    plans = (plan_inside(position, authority, n, down) for n in range(most, 1, -1))
    return next((plan for plan in plans if plan is not None), None)


def most_parts(position: Position, authority: Authority, down: Money | None = None) -> int:
    """The largest number of payments the authority allows for this balance; 1 when it allows no plan."""
    plan = longest(position, authority, down)
    return plan.n if plan is not None else 1


def fits(plan: Plan, affordable: Money | None, own_down: bool = False) -> bool:
    """Whether the plan's largest payments, by the month, stay within what the person told that they can afford.

    With `own_down` the first payment is one that they named, from what they have now, and does not count.
    """
    if affordable is None:
        return True
    largest = max(p.amount.minor for p in plan.installments[1 if own_down else 0 :])
    return largest * PAYMENTS_A_YEAR[plan.every] <= affordable.minor * 12


def plan_choices(position: Position, authority: Authority, down: Money | None = None) -> tuple[Plan, ...]:
    """Up to three plans, from few payments to the most, that fit what the person told that they can afford.

    After each step down the ladder the numbers of payments in between are others, so that no table is shown twice.
    """
    last, able, own = longest(position, authority, down), position.affordable, down is not None
    if last is None or not fits(last, able, own):
        return ()
    most, made = last.n, {last.n: last}

    def fitting(n: int) -> bool:
        plan = made.get(n) or plan_inside(position, authority, n, down)
        if plan is None or not fits(plan, able, own):
            return False
        made[n] = plan
        return True

    least = 2 if able is None else next((n for n in range(2, most) if fitting(n)), most)
    span = most - least
    some = (least, least + span // 2) if position.level % 2 == 0 else (least + span // 4, least + span * 3 // 4)
    return tuple(made[n] for n in sorted({*some, most}) if fitting(n))


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
