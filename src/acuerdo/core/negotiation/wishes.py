"""What the person wishes, kept from turn to turn: merged, checked for sense, and read as figures."""

from __future__ import annotations

from msgspec.structs import replace

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.choices import most_parts, total_after
from acuerdo.core.negotiation.moves import Ask, Move, NeedAmount, NeedInstallments, Position
from acuerdo.core.negotiation.plans import Plan, several
from acuerdo.core.words import STEP, Money

EMPTY = Ask()


def misread(position: Position, said: Ask, authority: Authority) -> Move | None:
    """An amount or a count that cannot be meant: asked back, never guessed."""
    amounts = [a for a in (said.total, said.per_payment, said.down) if a is not None]
    if any(a.currency != position.balance.currency for a in amounts):
        return NeedAmount(position.balance, "other_currency")
    if any(a.minor <= 0 for a in amounts) or (said.discount_pct is not None and said.discount_pct <= 0):
        return NeedAmount(position.balance, "not_positive")
    if said.n is not None and said.n < 1:
        return NeedInstallments(most_parts(position, authority))
    return None


def shape(ask: Ask) -> Ask:
    """What was asked for without when: the part that a new wish replaces whole."""
    return replace(ask, first=None, frequency=None, pay_now=False)


def merged(held: Ask, said: Ask) -> Ask:
    """A new date or rhythm moves the wish held; a new wish replaces it and keeps the date, unless it is to pay all."""
    wish, every = shape(said), said.frequency or held.frequency
    if wish == EMPTY:
        return replace(held, first=said.first or held.first, frequency=every)
    first = said.first or (None if said.all else held.first)
    if wish == Ask(n=said.n) and (held.down is not None or held.half):
        return replace(held, n=said.n, first=first, frequency=every)
    if wish == Ask(down=said.down) and held.n is not None and held.n > 1:
        return replace(said, n=held.n - 1, first=first, frequency=every)
    return replace(said, first=first, frequency=every)


def equal_parts(plan: Plan) -> bool:
    """Whether the plan is the plain split of its balance, with no down payment of its own."""
    even = several("", plan.balance, plan.n, plan.first.due, plan.every)
    return even is not None and even.installments == plan.installments


def terms(plan: Plan) -> Ask:
    """The wish that would author this plan."""
    first = plan.first.due
    if plan.n == 1:
        full = plan.total == plan.balance
        return Ask(all=True, first=first) if full else Ask(total=plan.total, settle=True, first=first)
    if not equal_parts(plan):
        return Ask(n=plan.n - 1, down=plan.first.amount, first=first, frequency=plan.every)
    return Ask(n=plan.n, first=first, frequency=plan.every)


def half(balance: Money) -> Money:
    """Half of the balance, rounded up to the currency's step and always less than the whole."""
    step = STEP[balance.currency]
    return Money(min(balance.minor - 1, -(-balance.minor // (2 * step)) * step), balance.currency)


def offered_total(position: Position) -> Money | None:
    """The total that the person's words add up to, where they name one."""
    wants, balance = position.wants, position.balance
    if wants.total is not None:
        return wants.total
    if wants.discount_pct is not None:
        return total_after(balance, wants.discount_pct)
    if wants.n is not None and wants.per_payment is not None:
        return Money(wants.n * wants.per_payment.minor, balance.currency)
    return None


def parts_wanted(position: Position) -> int | None:
    """How many payments: as said, or as many as keep each within what the person said."""
    wants, balance = position.wants, position.balance
    if wants.n is not None or wants.per_payment is None:
        return wants.n
    parts = -(-balance.minor // wants.per_payment.minor)
    # The last of equal payments takes the rest of rounding, which must not break what the person can pay.
    rest = balance.minor - (balance.minor // parts // STEP[balance.currency] * STEP[balance.currency]) * (parts - 1)
    return parts + 1 if parts > 1 and rest > wants.per_payment.minor else parts
