"""Policies of offering, each against the same simulated debtors, and what came of it with its intervals."""

from __future__ import annotations

import random  # noqa: TID251  # a simulation, from its seed
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from statistics import fmean
from typing import Any, Literal, Protocol

import msgspec
from msgspec.structs import replace

from acuerdo.core.negotiation.authority import Authority, floor
from acuerdo.core.negotiation.choices import plan_choices, plan_of
from acuerdo.core.negotiation.moves import (
    Accept,
    Ask,
    Choose,
    Counter,
    Move,
    NeedAmount,
    NeedDate,
    NeedInstallments,
    Offer,
    PayNow,
    Position,
    Promise,
    Refuse,
    Reply,
    TooLow,
)
from acuerdo.core.negotiation.offers import next_offer
from acuerdo.core.negotiation.plans import Plan, allowed_first, fault, single
from acuerdo.core.negotiation.wishes import parts_wanted
from acuerdo.core.words import Money
from acuerdo.testing.personas import Haggling, Persona, acceptable, kept, monthly

TODAY = date(2026, 11, 23)
MOST_TURNS = 40  # beyond it a talk is a loop, and a violation
RESAMPLES = 200
SOON = 7  # days to a single payment where a baseline offers one
End = Literal["agreed", "left", "handed_over", "looped"]


class Said(msgspec.Struct, frozen=True):
    """What a policy answered: plans to choose from, a plan agreed if they say yes, or the end with a last offer."""

    table: tuple[Plan, ...] = ()
    agreed: Plan | None = None
    over: bool = False
    called: bool = False
    asked: Literal["", "amount", "date", "installments"] = ""
    most: int = 1


class Policy(Protocol):
    """One way of offering, for one talk."""

    def hear(self, reply: Reply) -> Said: ...


class House:
    """The product's own `next_offer`."""

    def __init__(self, persona: Persona, today: date) -> None:
        self.authority = persona.authority
        self.position = Position(
            balance=persona.owed, today=today, dpd=persona.dpd, account=persona.id, affordable=persona.told
        )

    def hear(self, reply: Reply) -> Said:
        self.position, move = next_offer(self.position, reply, self.authority)
        return self._told(move)

    def _told(self, move: Move) -> Said:
        position = self.position
        match move:
            case Offer(plans, _) | Counter(plans, _):
                return Said(plans)
            case Accept(plan):
                return Said(agreed=plan)
            case PayNow(amount, full, _):
                return Said(agreed=single(position.account, position.balance, amount, position.today), over=not full)
            case Promise(due, amount, _):
                return Said(agreed=single(position.account, position.balance, amount, due))
            case TooLow(best, plans=plans):
                # A person was called; until one comes the talk goes on, and the best offer stays open.
                return Said((best, *plans), called=True)
            case NeedAmount():
                return Said(position.offered, asked="amount")
            case NeedDate():
                return Said(position.offered, asked="date")
            case NeedInstallments(most, _):
                return Said(position.offered, asked="installments", most=most)
            case _:
                return Said(over=True)


class Rungs:
    """A fixed ladder: shares of the authority's discount, one step per refusal, with the same plans on each table.

    What the person proposes is taken when it is inside the authority and no less than what is on the table.
    """

    def __init__(self, persona: Persona, today: date, shares: Sequence[Fraction]) -> None:
        self.persona, self.today, self.shares, self.level = persona, today, shares, -1
        self.position = Position(
            balance=persona.owed, today=today, dpd=persona.dpd, account=persona.id, affordable=persona.told
        )
        self.plans = tuple(p for p in plan_choices(self.position, persona.authority, spread=True) if self._inside(p))

    def _inside(self, plan: Plan) -> bool:
        return fault(plan, self.persona.authority, self.today) is None and not (
            plan.n > 1 and over_told(self.persona, plan)
        )

    @property
    def total(self) -> Money:
        owed, least = self.persona.owed, floor(self.persona.owed, self.persona.authority)
        return Money(owed.minor - int((owed.minor - least.minor) * self.shares[max(self.level, 0)]), owed.currency)

    @property
    def table(self) -> tuple[Plan, ...]:
        due = allowed_first(self.today + timedelta(days=SOON), self.persona.authority, self.today)
        return (single(self.persona.id, self.persona.owed, self.total, due), *self.plans)

    def hear(self, reply: Reply) -> Said:
        if isinstance(reply, Choose):
            return Said(agreed=next(p for p in self.table if p.id == reply.plan))
        if isinstance(reply, Ask) and (wanted := self._authored(reply)) is not None:
            return Said(agreed=wanted)
        if self.level + 1 >= len(self.shares):
            return Said(self.table, over=True)
        self.level += 1
        return Said(self.table)

    def _authored(self, ask: Ask) -> Plan | None:
        today, authority, owed = self.today, self.persona.authority, self.persona.owed
        if ask.total is not None:
            if ask.total >= owed and today <= (ask.first or today) <= authority.last_promise_day(today):
                return single(self.persona.id, owed, owed, ask.first or today)
            first = allowed_first(ask.first or today, authority, today)
            plan: Plan | None = single(self.persona.id, owed, ask.total, first)
            return plan if plan is not None and plan.total >= self.total and self._inside(plan) else None
        wishing = replace(self.position, wants=replace(ask, first=today if ask.pay_now else ask.first))
        parts = (ask.n or 1) + 1 if ask.down is not None else parts_wanted(wishing)
        if parts is None or parts > authority.max_installments:
            return None
        plan = plan_of(wishing, authority, parts, ask.down)
        return plan if plan is not None and self._inside(plan) else None


def ladder(*quarters: int) -> Callable[[Persona, date], Policy]:
    """A policy of fixed rungs, in quarters of the authority's discount."""
    shares = [Fraction(q, 4) for q in quarters]
    return lambda persona, today: Rungs(persona, today, shares)


POLICIES: dict[str, Callable[[Persona, date], Policy]] = {
    "acuerdo": House,
    "ladder": ladder(0, 1, 2, 3, 4),
    "always_max_discount": ladder(4, 4, 4, 4, 4),
    "never_discount": ladder(0, 0, 0, 0, 0),
}


class Ended(msgspec.Struct, frozen=True):
    """How one talk ended: the plan agreed, if any, what was paid of it and when, and every rule that was broken."""

    persona: Persona
    end: End
    plan: Plan | None
    turns: int
    paid: tuple[tuple[int, int], ...]
    broken: tuple[str, ...] = ()


def breaches(persona: Persona, plan: Plan, today: date) -> list[str]:
    """What a plan breaks, written a second time from the rule and not from the code that makes plans."""
    held, amounts = persona.authority, [p.amount.minor for p in plan.installments]
    least, pct = held.min_installment, Fraction(held.max_discount_pct)
    days = [p.due for p in plan.installments]
    # The whole in one payment is a promise, which has days of its own.
    longest = held.longest_first_payment_days
    if plan.n == 1 and plan.total.minor == persona.balance:
        longest = max(longest, held.longest_promise_days)
    rules = (
        ("sum", sum(amounts) == plan.total.minor and min(amounts) > 0),
        ("over_balance", plan.total.minor <= persona.balance),
        ("discount", plan.total.minor >= persona.balance * (100 - pct) / 100),
        ("discount_in_parts", plan.n == 1 or plan.total.minor == persona.balance),
        ("too_many", plan.n <= held.max_installments),
        ("too_small", plan.n == 1 or least is None or min(amounts) >= least.minor),
        ("down", plan.n == 1 or amounts[0] >= persona.balance * Fraction(held.min_down_pct) / 100),
        ("first_day", today <= days[0] <= today + timedelta(days=longest)),
        ("days", days == sorted(set(days))),
        ("currency", plan.total.currency == persona.currency),
    )
    return [name for name, held in rules if not held]


def talk(persona: Persona, policy: Policy, today: date = TODAY) -> Ended:
    """One talk from the first table to its end."""
    debtor, turns, called, broken = Haggling(persona, today), 0, False, list[str]()
    said, lowest, last = policy.hear(Ask()), persona.balance, False
    while turns < MOST_TURNS:
        for plan in (*said.table, *((said.agreed,) if said.agreed else ())):
            broken += breaches(persona, plan, today)
            if plan.n > 1 and over_told(persona, plan):
                broken.append("over_told")
        singles = [p.total.minor for p in said.table if p.n == 1]
        if singles and min(singles) > lowest:
            broken.append("raised")
        lowest = min([lowest, *singles])
        turns, called = turns + 1, called or said.called
        if said.agreed is not None:
            if acceptable(persona, said.agreed, today) and not said.over:
                paid = tuple(kept(persona, said.agreed, today))
                return Ended(persona, "agreed", said.agreed, turns, paid, tuple(broken))
            debtor.refuse(said.table)
            reply: Reply = Refuse()
        else:
            reply = _reply(debtor, said)
        if said.over:
            if not isinstance(reply, Choose):
                return Ended(persona, "handed_over", None, turns, (), tuple(broken))
            plan = next(p for p in said.table if p.id == reply.plan)
            return Ended(persona, "agreed", plan, turns, tuple(kept(persona, plan, today)), tuple(broken))
        if last or (debtor.gone and isinstance(reply, Refuse)):
            return Ended(persona, "handed_over" if called else "left", None, turns, (), tuple(broken))
        # Their last word, if it is a plan, is still heard; no other is.
        last = debtor.gone and not isinstance(reply, Choose)
        said = policy.hear(reply)
    return Ended(persona, "looped", None, turns, (), (*broken, "looped"))


def _reply(debtor: Haggling, said: Said) -> Reply:
    if said.asked == "date":
        return Ask(first=debtor.today + timedelta(days=debtor.persona.cash_days))
    if said.asked == "installments":
        return Ask(n=said.most)
    if said.asked == "amount":
        debtor.refuse(said.table)
        return debtor.author()
    return debtor.answer(said.table)


def over_told(persona: Persona, plan: Plan) -> bool:
    """Whether a plan asks for more by the month than they said they can spare."""
    return persona.told is not None and monthly(plan) > persona.told.minor


def best_deal(persona: Persona, today: date = TODAY) -> Plan | None:
    """What the oracle agrees, knowing the reservations: the most money inside the authority, then the surest."""
    authority, owed = persona.authority, persona.owed
    able = persona.told or Money(persona.most_monthly, persona.currency)
    position = Position(balance=owed, today=today, dpd=persona.dpd, account=persona.id, affordable=able)
    single_total = min(persona.balance, persona.most_single)
    due = today + timedelta(days=persona.cash_days)
    lump = single(persona.id, owed, Money(single_total, owed.currency), due) if single_total > 0 else None
    tried = [lump] if lump else []
    for parts in range(2, authority.max_installments + 1):
        downs = [None, Money(persona.at_hand, owed.currency)] if 0 < persona.at_hand < persona.balance else [None]
        tried += [p for down in downs if (p := plan_of(position, authority, parts, down)) is not None]
    fine = [
        p for p in tried
        if (fault(p, authority, today) is None or promised(p, authority, today)) and acceptable(persona, p, today)
        and not (p.n > 1 and over_told(persona, p))
    ]  # fmt: skip
    return max(fine, key=lambda p: (p.total.minor, sum(a for _, a in kept(persona, p, today))), default=None)


def promised(plan: Plan, authority: Authority, today: date) -> bool:
    """The whole in one payment on a day that a promise may name."""
    return plan.n == 1 and not plan.saving.minor and plan.first.due <= authority.last_promise_day(today)


def oracle(persona: Persona, today: date = TODAY) -> Ended:
    plan = best_deal(persona, today)
    paid = tuple(kept(persona, plan, today)) if plan else ()
    return Ended(persona, "agreed" if plan else "left", plan, 1, paid)


class Row(msgspec.Struct, frozen=True):
    """What the measures need of one talk; shares are of the balance."""

    agreed: bool
    total: float
    excess: float  # conceded beyond what the oracle had to
    regret: float  # the oracle's agreed share less this one's
    regret_paid: float
    paid: float
    kept: bool
    load: float | None  # of a plan with somebody who told income and expenses
    turns: int
    broken: int
    discount: float


def row(one: Ended, best: Ended) -> Row:
    owed, plan = one.persona.balance, one.plan
    total = plan.total.minor / owed if plan else 0.0
    top = best.plan.total.minor / owed if best.plan else 0.0
    paid, could = (sum(a for _, a in e.paid) / owed for e in (one, best))
    told, load = one.persona.told, None
    if plan is not None and plan.n > 1 and told is not None:
        load = monthly(plan) / told.minor if told.minor else float("inf")
    return Row(
        plan is not None, total, max(0.0, top - total) if plan else 0.0, top - total, could - paid, paid,
        plan is not None and len(one.paid) == plan.n, load, one.turns, len(one.broken), 1 - total if plan else 0.0,
    )  # fmt: skip


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return fmean(listed) if listed else 0.0


# Each measure: of all the talks, or of those that ended in an agreement.
MEASURES: dict[str, Callable[[Sequence[Row]], float]] = {
    "agreement_rate": lambda rows: _mean(r.agreed for r in rows),
    "recovery_ratio": lambda rows: _mean(r.total for r in rows),
    "over_concession": lambda rows: _mean(r.excess for r in rows if r.agreed),
    "discount_given": lambda rows: _mean(r.discount for r in rows if r.agreed),
    "realised_recovery": lambda rows: _mean(r.paid for r in rows),
    "kept_rate": lambda rows: _mean(r.kept for r in rows if r.agreed),
    "regret": lambda rows: _mean(r.regret for r in rows),
    "regret_realised": lambda rows: _mean(r.regret_paid for r in rows),
    "payment_to_disposable": lambda rows: _mean(r.load for r in rows if r.load is not None),
    "turns": lambda rows: _mean(r.turns for r in rows),
}


def measured(rows: Sequence[Row], seed: int = 1, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Each measure with the bounds of its 95 % bootstrap interval."""
    draw = random.Random(seed)  # noqa: S311  # a simulation
    again = [draw.choices(rows, k=len(rows)) for _ in range(resamples)]
    found: dict[str, Any] = {}
    for name, measure in MEASURES.items():
        values = sorted(measure(some) for some in again)
        low, high = values[int(0.025 * resamples)], values[min(resamples - 1, int(0.975 * resamples))]
        found[name] = {"value": measure(rows), "low": low, "high": high}
    return found


def days_to(ended: Sequence[Ended]) -> dict[str, int | None]:
    """The day by which a quarter, half and all of the money that came in had come in; amounts as shares of balance."""
    came = sorted((day, amount / one.persona.balance) for one in ended for day, amount in one.paid)
    whole, run, found = sum(share for _, share in came), 0.0, dict.fromkeys(("25", "50", "100"))
    for day, share in came:
        run += share
        for name in found:
            if found[name] is None and run >= whole * int(name) / 100 - 1e-9:
                found[name] = day
    return found


def bench(personas: Sequence[Persona], seed: int = 1, resamples: int = RESAMPLES) -> dict[str, Any]:
    """Every policy and the oracle against the same personas: measures, days, ends and violations by name."""
    bests = [oracle(one) for one in personas]
    ends = {"oracle": bests}
    ends |= {name: [talk(one, make(one, TODAY)) for one in personas] for name, make in POLICIES.items()}
    told: dict[str, Any] = {"personas": len(personas), "policies": {}}
    for name, ended in ends.items():
        rows = [row(one, best) for one, best in zip(ended, bests, strict=True)]
        loads = [r.load for r in rows if r.load is not None]
        by_kind: dict[str, list[Row]] = {}
        for one, its in zip(ended, rows, strict=True):
            by_kind.setdefault(one.persona.kind, []).append(its)
        told["policies"][name] = measured(rows, seed, resamples) | {
            "days_to": days_to(ended),
            "most_payment_to_disposable": max(loads, default=0.0),
            "violations": sum(r.broken for r in rows),
            "violated": sorted({rule for one in ended for rule in one.broken}),
            "ends": {end: sum(e.end == end for e in ended) for end in ("agreed", "left", "handed_over", "looped")},
            "by_kind": {
                kind: {k: MEASURES[k](its) for k in ("agreement_rate", "over_concession", "regret", "kept_rate")}
                for kind, its in sorted(by_kind.items())
            },
        }
    return told | {"targets": targets(told["policies"])}


def targets(found: dict[str, Any]) -> dict[str, bool]:
    """Whether the house reaches what is asked of it, against the fixed ladder."""
    ours, fixed = found["acuerdo"], found["ladder"]

    def at(name: str) -> tuple[float, float]:
        return ours[name]["value"], fixed[name]["value"]

    return {
        "agreement_rate_no_lower": at("agreement_rate")[0] >= at("agreement_rate")[1],
        "kept_rate_no_lower": at("kept_rate")[0] >= at("kept_rate")[1],
        "over_concession_at_most_half": at("over_concession")[0] <= at("over_concession")[1] / 2,
        "regret_at_most_half": at("regret")[0] <= at("regret")[1] / 2,
        "payment_within_told": ours["most_payment_to_disposable"] <= 1,
        "no_violations": ours["violations"] == 0,
    }
