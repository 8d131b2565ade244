"""Made-up lives of accounts and plans, each decided by its number alone, to hold the ledger to its word."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from acuerdo.core.ledger.account import Agreed, Fact, Stated, Told, tell
from acuerdo.core.ledger.rules import Fee, Rate, Rules, Step
from acuerdo.core.negotiation import agreements
from acuerdo.core.negotiation.plans import Plan, make
from acuerdo.core.payments.ledger import ALLOCATION, Bucket, Charge, Payment, Reversal, Waiver
from acuerdo.core.payments.progress import Received, Terms, cover
from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import AccountId, Money, split

ZONE = ZoneInfo("America/Bogota")
START = datetime(2026, 1, 5, tzinfo=ZONE)
ACCOUNT = AccountId("a")
EVERY: tuple[Every, ...] = ("weekly", "biweekly", "quincena", "monthly")


class Draw:
    """Numbers drawn from a seed: the same seed, the same numbers."""

    def __init__(self, *seed: object) -> None:
        self._seed, self._n, self._bytes = "|".join(map(str, seed)), 0, b""

    def below(self, most: int) -> int:
        """A number from 0 to `most` - 1; `most` at most 65,536."""
        if len(self._bytes) < 2:
            self._bytes = hashlib.blake2b(f"{self._seed}/{self._n}".encode()).digest()
            self._n += 1
        drawn, self._bytes = int.from_bytes(self._bytes[:2]), self._bytes[2:]
        return drawn * most >> 16

    def shuffled(self, facts: Sequence[Fact]) -> list[Fact]:
        """The same facts in another order, some of them twice."""
        mixed = [*facts, *(fact for fact in facts if self.below(3) == 0)]
        for n in range(len(mixed) - 1, 0, -1):
            k = self.below(n + 1)
            mixed[n], mixed[k] = mixed[k], mixed[n]
        return mixed


def history(seed: int) -> list[Fact]:
    """A file's balance, then up to twelve things: payments early, late and over, charges, waivers, reversals and
    chargebacks (whole, in part, twice, of what never came), agreements that stop interest, and newer files that agree
    with nothing."""
    draw = Draw("history", seed)
    facts: list[Fact] = [Stated("f0", START, _cop(1 + draw.below(5000)), {}, _due(draw))]
    for n in range(1, 1 + draw.below(13)):
        kind, at = draw.below(11), START + timedelta(days=draw.below(120), hours=draw.below(3))
        amount = _cop(1 + draw.below(1500))
        if kind < 5:
            facts.append(Payment(f"p{n}", at, amount))
        elif kind < 7:
            part = amount if draw.below(2) else None
            facts.append(Reversal(f"r{n}", at, f"p{1 + draw.below(12)}", part))
        elif kind == 7:
            facts.append(Charge(f"c{n}", at, amount, ALLOCATION[draw.below(3)]))
        elif kind == 8:
            facts.append(Waiver(f"w{n}", at, amount))
        elif kind == 9:
            facts.append(Agreed(f"a{n}", at, at + timedelta(days=draw.below(60)) if draw.below(2) else None))
        else:
            facts.append(_stated(draw, n, at))
    kinds = {fact.id: fact for fact in facts}
    return [fact for fact in facts if not isinstance(fact, Reversal) or isinstance(kinds.get(fact.of), Payment | None)]


def _stated(draw: Draw, n: int, at: datetime) -> Stated:
    total = 0 if draw.below(8) == 0 else 1 + draw.below(5000)
    interest, fees = draw.below(1 + total // 3), draw.below(1 + total // 4)
    parts: dict[Bucket, int] = {"fees": fees, "interest": interest, "principal": total - interest - fees}
    day = at.replace(hour=0)
    return Stated(f"f{n}", day, _cop(total), parts if draw.below(2) else {}, _due(draw))


def _due(draw: Draw) -> date | None:
    return START.date() - timedelta(days=draw.below(90)) if draw.below(4) else None


def _cop(minor: int) -> Money:
    return Money(minor, "COP")


def rules(seed: int) -> Rules | None:
    """Rules of money, or none: rates that change, fees by steps and of a fixed amount, each order of allocation."""
    draw = Draw("rules", seed)
    if draw.below(4) == 0:
        return None
    turn = draw.below(3)
    rates = tuple(
        Rate(START.date() + timedelta(days=60 * n - 40), Decimal(draw.below(6000)) / 100, (360, 365)[draw.below(2)])
        for n in range(draw.below(3))
    )
    fees = (
        Fee("fija", 5 + draw.below(40), amount=Decimal("0.75")),
        Fee("tramos", 20, steps=(Step(Decimal(9), Decimal(10)), Step(Decimal(6), Decimal(50)), Step(Decimal(3)))),
    )
    return Rules("COP", ALLOCATION[turn:] + ALLOCATION[:turn], rates, (), fees[: draw.below(3)])


def faults(seed: int) -> list[str]:
    """What is wrong with the ledger of a history; nothing, unless the ledger is."""
    facts, by, until = history(seed), rules(seed), START + timedelta(days=150)
    told = tell(ACCOUNT, facts, by, until)
    again = tell(ACCOUNT, Draw("order", seed).shuffled(facts), by, until)
    checks = {
        "another order of arrival gives another ledger": told == again,
        "the books do not balance": sum(told.books.values()) == 0,
        "the entries do not come to the books": _summed(told) == {k: v for k, v in told.books.items() if v},
        "an entry is not positive, or is of a book to itself": all(
            e.amount.minor > 0 and e.debit != e.credit and e.amount.currency == "COP" for e in told.entries
        ),
        "something is negative": min(told.books.get(b, 0) for b in ALLOCATION) >= 0 and told.held >= 0,
        "a credit is held while something is owed": not (told.held and told.owed),
        "entries go back in time": all(a.at <= b.at for a, b in pairwise(told.entries)),
        "cash is not what was paid less what was taken back": told.books.get("cash", 0) == _kept(facts),
        "the balance is not the last file's and what came after": _after_file(told, facts),
        "a difference is not explained": all(
            d.theirs - d.ours == sum(d.by.values()) and d.by for d in told.differences
        ),
        "interest or a fee came of days under an agreement": _stopped(told, facts),
    }
    return [why for why, good in checks.items() if not good]


def _summed(told: Told) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in told.entries:
        sums[entry.debit] = sums.get(entry.debit, 0) + entry.amount.minor
        sums[entry.credit] = sums.get(entry.credit, 0) - entry.amount.minor
    return {book: minor for book, minor in sums.items() if minor}


def _kept(facts: Iterable[Fact]) -> int:
    """Each payment less what was taken back of it, never more than it."""
    back: dict[str, int] = {}
    for fact in facts:
        if isinstance(fact, Reversal):
            back[fact.of] = back.get(fact.of, 0) + (fact.amount.minor if fact.amount else 10**9)
    return sum(
        fact.amount.minor - min(fact.amount.minor, back.get(fact.id, 0)) for fact in facts if isinstance(fact, Payment)
    )


def _stopped(told: Told, facts: Iterable[Fact]) -> bool:
    """Interest is of the days before its entry, a fee of its own day: neither is one of an agreement's."""
    spans = [(f.at.date(), f.until.date() if f.until else date.max) for f in facts if isinstance(f, Agreed)]
    ran = [
        entry.at.date() - timedelta(days=entry.ref.startswith("interest:"))
        for entry in told.entries
        if entry.cause == "charge" and entry.ref.startswith(("interest:", "fee:"))
    ]
    return not any(since <= day < until for day in ran for since, until in spans)


def _after_file(told: Told, facts: Iterable[Fact]) -> bool:
    """Counted without the books: the newest file's balance and the entries after it that move what is owed."""
    last = max((f for f in facts if isinstance(f, Stated)), key=lambda f: (f.at, f.id))
    if last.total.minor == 0:
        return True  # a credit may have been kept, which only the books know
    ends = max(n for n, e in enumerate(told.entries) if e.ref == last.id) if _moved(told, last) else None
    if ends is None:
        return True  # the file said what we thought
    owes = {"fees": 1, "interest": 1, "principal": 1, "held": 1}
    moved = sum(
        e.amount.minor * (owes.get(e.debit, 0) - owes.get(e.credit, 0)) for e in told.entries[ends + 1 :]
    )  # fmt: skip
    return told.owed - told.held == last.total.minor + moved


def _moved(told: Told, last: Stated) -> bool:
    return any(e.ref == last.id for e in told.entries)


def plan(seed: int) -> Plan:
    """A plan of one to thirty-six payments of a balance."""
    draw = Draw("plan", seed)
    balance = Money(100 * (40 + draw.below(60_000) * (1 + draw.below(50))), "COP")
    parts = 1 + draw.below(36 if draw.below(20) == 0 else 12)
    first = START.date() + timedelta(days=draw.below(45))
    return make("s", balance, split(balance, parts), first, EVERY[draw.below(4)])


def inflows(seed: int, plan: Plan) -> list[Received]:
    """What comes in for a plan: in time, late, in part, over, or not at all."""
    draw, received = Draw("inflows", seed), list[Received]()
    for part in plan.installments:
        how = draw.below(8)
        if how == 0:
            continue
        amount = part.amount.minor if how < 5 else 1 + part.amount.minor * draw.below(180) // 100
        received.append(Received(part.due + timedelta(days=draw.below(9) - 4), Money(amount, "COP")))
    return received


def plan_faults(seed: int) -> list[str]:
    """What is wrong with a plan and its life, day by day; nothing, unless the house is."""
    made = plan(seed)
    received = inflows(seed, made)
    days = [part.due for part in made.installments]
    last = max([made.last.due, *(one.on for one in received)]) + timedelta(days=4)
    state: agreements.State = "active"
    seen: list[agreements.State] = [state]
    for day in sorted({*days, *(day + timedelta(days=3) for day in days), *(one.on for one in received), last}):
        event = agreements.event_of(made, received, day, Terms())
        if event is not None and event in agreements.NEXT[state]:
            state = agreements.advance(state, event)
            seen.append(state)
    paid = sum(one.amount.minor for one in received)
    covered = cover(made.installments, Money(min(paid, made.total.minor), "COP"))
    backwards = Draw("back", seed).below(2) and list(reversed(received))
    checks = {
        "the payments do not sum to the total": sum(p.amount.minor for p in made.installments) == made.total.minor,
        "a payment is not positive": min(p.amount.minor for p in made.installments) > 0,
        "due days do not go forward": all(a < b for a, b in pairwise(days)),
        "what is covered is not what came in": sum(c.paid.minor for c in covered) == min(paid, made.total.minor),
        "a later payment is covered before an earlier one": all(
            b.paid.minor == 0 or a.missing.minor == 0 for a, b in pairwise(covered)
        ),
        "paid in full and not kept": paid < made.total.minor or state == "kept",
        "kept without the money": state != "kept" or paid >= made.total.minor,
        "the order of payments decides": not backwards
        or agreements.event_of(made, backwards, last) == agreements.event_of(made, received, last),
        "kept was left without money taken back": "kept" not in seen or seen[seen.index("kept") :].count("kept")
        == len(seen) - seen.index("kept"),
    }  # fmt: skip
    return [why for why, good in checks.items() if not good]
