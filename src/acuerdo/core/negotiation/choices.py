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


class Pace(msgspec.Struct, frozen=True):
    """The most to concede once so many tables were turned down, in percent of the discount allowed and of the balance.

    The lesser of the two holds; the last of each holds from there on.
    """

    allowed: tuple[int, ...]
    owed: tuple[int, ...]

    def least(self, balance: Money, floor_: Money, level: int) -> int:
        """The least total that it allows, in minor units."""
        allowed, owed = self.allowed[min(level, len(self.allowed) - 1)], self.owed[min(level, len(self.owed) - 1)]
        return balance.minor - min((balance.minor - floor_.minor) * allowed // 100, balance.minor * owed // 100)


# Time before money: the first tables differ in their plans, as whoever can pay in parts needs no discount. Then small
# steps, each to be paid sooner. Who named an amount has shown how far they are, and who named one below the floor that
# they may never come: both wait longer. Who has shown that no plan fits has only a discount to hope for.
SILENT = Pace((0, 10, 30, 60, 80, 95, 100), (0, 0, 4, 14, 17, 25, 36, 100))
LOW = Pace((0, 10, 15, 25, 45, 60, 80, 100), (0, 2, 3, 6, 14, 20, 30, 100))
TIGHT = Pace((0, 50, 80, 95, 100), (0, 11, 25, 38, 50, 100))
# For an amount that could be taken: what is taken at once, and what is offered to who then says no without a word.
TAKEN = Pace((100,), (0, 0, 0, 11, 14, 18, 26, 100))
CLOSING = Pace((100,), (0, 0, 0, 13, 20, 27, 36, 100))
# In how many days a single payment is due, by tables turned down.
DAYS = (7, 7, 6, 5, 4, 3, 2, 1)
TOP = len(DAYS) - 1
# Where there is no discount to give, tables with other plans before a person is called.
PLANS_ALONE = 2

# Of the house's policy: from day 61 a person negotiates, not the bot.
NEGOTIABLE_DAYS = 60

# Round figures, in minor units, so that an offer reads like a price and not like a sum: of a UF, a tenth.
QUOTE: dict[str, int] = {
    "COP": 100_000, "ARS": 100_000, "CLP": 1_000, "MXN": 100, "PEN": 100, "EUR": 100, "USD": 100, "CLF": 1_000,
    "UTM": 1_000,
}  # fmt: skip
PAYMENTS_A_YEAR: dict[Every, int] = {"weekly": 52, "biweekly": 26, "quincena": 24, "monthly": 12}


def has_discount(position: Position, authority: Authority) -> bool:
    return floor(position.balance, authority) < position.balance


def _up(minor: int, step: int) -> int:
    return -(-minor // step) * step


# Of the way from what they named to what is on the table: the counter-offer is nearly what was on it.
MEET = 95


# In percent of the floor: who names so much is within reach of it.
REACH = 95


def near_floor(named: Money, least: Money) -> bool:
    return named.minor * 100 >= least.minor * REACH


def single_total(position: Position, authority: Authority, said: bool = False) -> Money:
    """The single total now: never below the floor or what they named, never above one already put on the table.

    `said` when it answers an amount of theirs.
    """
    balance, least, named = position.balance, floor(position.balance, authority), position.named
    best = position.best or balance
    if named is not None and near_floor(named, least):
        least = min(max(named, least), best)
        exact = (TAKEN if said else CLOSING).least(balance, least, position.level)
        exact = max(least.minor, min(exact, least.minor + (best.minor - least.minor) * MEET // 100))
    else:
        pace = TIGHT if position.tight else SILENT if named is None else LOW
        exact = pace.least(balance, least, position.level)
    quoted = _up(exact, QUOTE[balance.currency])
    total = Money(exact if exact == least.minor or quoted >= best.minor else quoted, balance.currency)
    return max(least, min(total, best))


def single_now(position: Position, authority: Authority, said: bool = False) -> Plan:
    """The single payment now, on the day the person named or soon; today where nothing is conceded."""
    total, today = single_total(position, authority, said), position.today
    days = DAYS[min(position.level, TOP)] if total < position.balance else 0
    wanted = position.wants.first or today + timedelta(days=days)
    return single(position.account, position.balance, total, allowed_first(wanted, authority, today))


def lowered(position: Position, authority: Authority, more: bool = False) -> Position | None:
    """The position one table on, or with `more` where the next saving is; None where nothing is left to give."""
    best, last = position.best or position.balance, TOP if has_discount(position, authority) else PLANS_ALONE
    levels = range(position.level + 1, last + 1)
    steps = (msgspec.structs.replace(position, level=level) for level in levels)
    return next((p for p in steps if not more or single_total(p, authority) < best), None)


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


def plan_choices(
    position: Position, authority: Authority, down: Money | None = None, spread: bool = False
) -> tuple[Plan, ...]:
    """Up to three plans that fit what the person told that they can afford; with `spread` from the fewest to the most.

    After each table turned down the numbers of payments are others.
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
    return tuple(made[n] for n in parts_shown(least, most, None if spread else position.level) if fitting(n))


# Plans on a table. The first are short, as these are kept more often; each table after shows others, and longer ones.
SHOWN = 3
# In sixtieths of the way from the fewest payments to the most, table by table.
PARTS = ((6, 24, 60), (24, 42, 60), (18, 36, 48), (0, 12, 30))
ASKED = (0, 30, 60)


def parts_shown(least: int, most: int, level: int | None) -> list[int]:
    """The numbers of payments to show, after so many tables turned down; None for who asked for plans."""
    span = most - least
    if span < SHOWN:
        return list(range(least, most + 1))
    if level == 0:
        return [least, least + 1, least + 2]
    parts = ASKED if level is None else PARTS[level % len(PARTS)]
    return sorted({least + span * part // 60 for part in parts})


def cards(position: Position, authority: Authority) -> tuple[Plan, ...]:
    """Up to four choices: pay all, with the saving reached so far, and plans in payments.

    Fewer than two only where the authority allows no plan. Empty when nothing is owed or nothing may be negotiated.
    """
    if position.balance.minor <= 0 or position.dpd > NEGOTIABLE_DAYS:
        return ()
    return (single_now(position, authority), *plan_choices(position, authority))


def total_after(balance: Money, pct: Decimal) -> Money:
    """What is left to pay after a discount of `pct` percent, rounded up to the minor unit."""
    return floor(balance, Authority(max_discount_pct=min(pct, Decimal("99.99"))))
