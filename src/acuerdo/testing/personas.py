"""Simulated debtors: what each can and would pay, and how they haggle; seeded, one JSON line each.

The model knows nothing of how offers are chosen. Its assumptions are told in docs/how-to/negotiation.md.
"""

from __future__ import annotations

import random  # noqa: TID251  # a simulation, from its seed
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal, get_args

import msgspec

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.negotiation.moves import Ask, Choose, Refuse, Reply
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.words import DECIMALS, AcuerdoError, Money

Kind = Literal[
    "cannot_pay", "wont_pay", "forgot", "disputes", "haggler", "strategic", "overwhelmed", "pays_at_once",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
A_YEAR = {"weekly": 52, "biweekly": 26, "quincena": 24, "monthly": 12}
NOT_NEGATIVE = ("dpd", "most_single", "cash_days", "at_hand", "most_monthly", "most_months", "income", "expenses")
# Beyond these nobody is meant: a calendar ends, and a talk has to.
MOST = {"balance": 10**15, "dpd": 36_500, "cash_days": 36_500, "most_months": 1_200, "patience": 1_000}


class Persona(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One simulated debtor. Amounts are minor units of `currency`, by the month where it says so.

    `most_single` is the most they would pay to close the debt in one payment (0: never), which is theirs `cash_days`
    from now; `at_hand` what they could give today; `most_monthly` and `most_months` the heaviest and longest plan that
    they would sign. They first want `anchor` of these reservations; at the last they take what is within all of them.
    Until then who yields "to_time" comes up evenly with `firmness` 1, late with more, early with less; who yields
    "to_offers" by a half, to the power of `firmness`, of what is between them and the offer. With their refusal number
    `patience` they leave. A refusal names an amount with probability `voice`. With `tells`, income and expenses are
    told before the first offer. A payment within their means is made with probability `reliability`.
    """

    id: str
    kind: Kind
    balance: int
    dpd: int
    currency: str = "COP"
    authority: Authority = Authority(max_installments=6, max_discount_pct=Decimal(15))
    most_single: int = 0
    cash_days: int = 0
    at_hand: int = 0
    most_monthly: int = 0
    most_months: int = 0
    income: int = 0
    expenses: int = 0
    tells: bool = False
    anchor: float = 1.0
    yields: Literal["to_time", "to_offers"] = "to_time"
    firmness: float = 1.0
    patience: int = 4
    voice: float = 0.5
    reliability: float = 0.9
    seed: int = 0

    def __post_init__(self) -> None:
        for name, held, why in (
            ("currency", self.currency in DECIMALS, f"one of {', '.join(DECIMALS)}"),
            ("balance", self.balance > 0, "more than 0"),
            ("patience", self.patience >= 1, "at least 1"),
            ("anchor", 0 <= self.anchor <= 1, "from 0 to 1"),
            ("firmness", self.firmness > 0, "more than 0"),
            ("voice", 0 <= self.voice <= 1, "from 0 to 1"),
            ("reliability", 0 <= self.reliability <= 1, "from 0 to 1"),
            *((name, getattr(self, name) >= 0, "0 or more") for name in NOT_NEGATIVE),
            *((name, getattr(self, name) <= most, f"at most {most}") for name, most in MOST.items()),
        ):
            if not held:
                raise ValueError(f"{name} is {getattr(self, name)}; give {why}")
        least = self.authority.min_installment
        if least is not None and least.currency != self.currency:
            raise ValueError(f"authority.min_installment is in {least.currency}; give it in {self.currency}")

    @property
    def owed(self) -> Money:
        return Money(self.balance, self.currency)

    @property
    def spare(self) -> int:
        """What is left of a month's income, never below 0."""
        return max(0, self.income - self.expenses)

    @property
    def told(self) -> Money | None:
        """What they said they can spare by the month; None when they told nothing."""
        return Money(self.spare, self.currency) if self.tells else None


def monthly(plan: Plan) -> float:
    """The plan's heaviest payment after a first one of its own, as a sum by the month; minor units."""
    later = plan.installments[1:] or plan.installments
    return float(max(p.amount.minor for p in later) * A_YEAR[plan.every]) / 12


def months(plan: Plan) -> float:
    """How long the plan lasts; each payment counts for its own stretch."""
    return float(plan.n * 12) / A_YEAR[plan.every]


def acceptable(persona: Persona, plan: Plan, today: date, share: float = 1.0) -> bool:
    """Whether they would sign it when they have come up to `share` of their reservations."""
    if plan.n == 1:
        in_time = (plan.first.due - today).days >= persona.cash_days
        return in_time and plan.total.minor <= persona.most_single * share
    able = persona.most_monthly * share
    return (
        monthly(plan) <= able
        and plan.first.amount.minor * A_YEAR[plan.every] / 12 <= max(able, persona.at_hand)
        and months(plan) <= persona.most_months
    )


class Haggling:
    """One debtor while they talk: `refused` counts the tables they turned down."""

    def __init__(self, persona: Persona, today: date) -> None:
        self.persona, self.today, self.refused = persona, today, 0
        self.share = persona.anchor  # how far they have come up to their reservations
        draws = random.Random(persona.seed)  # noqa: S311  # a simulation
        # Drawn before anything is said, so that each policy meets the same person.
        self.speaks = [draws.random() < persona.voice for _ in range(persona.patience + 1)]

    def next_share(self, table: tuple[Plan, ...]) -> float:
        """How far they will have come up, each in their way, if they refuse this too."""
        held = self.persona
        gone_by = (self.refused + 1) / max(1, held.patience - 1)
        if gone_by >= 1:
            return 1.0
        if held.yields == "to_time":
            return held.anchor + (1 - held.anchor) * float(gone_by**held.firmness)
        put = min((p.total.minor for p in table if p.n == 1), default=held.balance) / max(1, held.most_single)
        return min(1.0, self.share + max(0.0, put - self.share) * float(0.5**held.firmness))

    def refuse(self, table: tuple[Plan, ...] = ()) -> None:
        """One more refusal, and they have come up a little."""
        self.share = self.next_share(table)
        self.refused += 1

    @property
    def gone(self) -> bool:
        return self.refused >= self.persona.patience

    def answer(self, table: tuple[Plan, ...]) -> Reply:
        """A choice of what they would sign, the cheapest and then the lightest; else a refusal or a plan of theirs.

        They sign what is no worse than what they would name next: the usual rule of alternating offers.
        """
        share = self.next_share(table)
        fine = [p for p in table if acceptable(self.persona, p, self.today, share)]
        if fine:
            return Choose(min(fine, key=lambda p: (p.total.minor, monthly(p))).id)
        late = [p for p in table if p.n == 1 and p.total.minor <= self.persona.most_single * share]
        if late and all((p.first.due - self.today).days < self.persona.cash_days for p in late):
            wanted = min(late, key=lambda p: p.total.minor)
            self.refuse(table)
            return Ask(total=wanted.total, settle=True, first=self.today + timedelta(days=self.persona.cash_days))
        self.refuse(table)
        return self.author() if self.speaks[min(self.refused, self.persona.patience)] else Refuse()

    def author(self) -> Reply:
        """What they say that they could do."""
        held, share = self.persona, self.share
        each = round_down(int(held.most_monthly * share), held.currency)
        down = round_down(held.at_hand, held.currency)
        if (
            held.kind not in ("haggler", "strategic")
            and each > 0
            and held.most_monthly * held.most_months >= held.balance
        ):
            if 0 < down < held.balance:
                rest = -(-(held.balance - down) // each)
                return Ask(down=Money(down, held.currency), n=rest, frequency="monthly", pay_now=True)
            return Ask(per_payment=Money(each, held.currency))
        total = round_down(int(held.most_single * share), held.currency)
        if total <= 0:
            return Refuse()
        day = self.today + timedelta(days=held.cash_days)
        return Ask(total=Money(total, held.currency), settle=True, first=day)


def round_down(minor: int, currency: str) -> int:
    """An amount as people name it: two figures that count."""
    unit = int(10 ** max(DECIMALS[currency], len(str(minor)) - 2))
    return minor // unit * unit


def kept(persona: Persona, plan: Plan, today: date) -> list[tuple[int, int]]:
    """The payments that they make of an agreement, as (days from today, minor units); it ends at the first one missed.

    Beyond their means the chance of each falls with the square of how far beyond. What is missed is decided by the
    persona's seed and the payment's number, so that the same plan has the same fate whoever offered it.
    """
    draws, made = random.Random(persona.seed ^ 0x5EED), []  # noqa: S311  # a simulation
    for payment in plan.installments:
        means = persona.spare if plan.n > 1 else persona.most_single
        if payment.n == 1:
            means = max(means, persona.at_hand)
        load = payment.amount.minor * (A_YEAR[plan.every] / 12 if plan.n > 1 else 1)
        chance = persona.reliability * min(1.0, (means / load) ** 2)
        if draws.random() >= chance:
            break
        made.append(((payment.due - today).days, payment.amount.minor))
    return made


class Ways(msgspec.Struct, frozen=True):
    """How a kind is drawn: ranges, of the balance where it says so; months and refusals as whole numbers."""

    weight: int
    single: tuple[float, float]
    monthly: tuple[float, float]  # of what is spare by the month
    spare: tuple[float, float]  # by the month, of the balance
    months: tuple[int, int]
    anchor: tuple[float, float]
    firmness: tuple[float, float]
    patience: tuple[int, int]
    voice: tuple[float, float]
    reliability: tuple[float, float]
    tells: float
    cash_days: int
    at_hand: float = 0.0  # how likely it is that they have something today


# Of the balance: who cannot pay has little, who haggles could pay much and says less, who forgot pays it all.
WAYS: dict[Kind, Ways] = {
    "cannot_pay": Ways(22, (0.1, 0.8), (0.7, 1.1), (0.05, 0.4), (3, 18), (0.85, 1.0), (0.6, 1.4), (2, 5), (0.5, 0.9),
                       (0.75, 0.95), 0.6, 10, 0.4),
    "wont_pay": Ways(10, (0.0, 0.7), (0.0, 0.5), (0.1, 0.8), (1, 6), (0.4, 0.8), (1.0, 4.0), (1, 3), (0.1, 0.4),
                     (0.6, 0.9), 0.05, 5),
    "forgot": Ways(14, (1.0, 1.0), (0.5, 1.0), (0.3, 2.0), (1, 6), (1.0, 1.0), (1.0, 1.0), (2, 4), (0.2, 0.5),
                   (0.92, 0.99), 0.1, 5, 0.5),
    "disputes": Ways(8, (0.0, 0.5), (0.0, 0.3), (0.1, 1.0), (1, 4), (0.3, 0.8), (1.0, 3.0), (1, 3), (0.1, 0.3),
                     (0.7, 0.9), 0.05, 5),
    "haggler": Ways(18, (0.6, 1.0), (0.3, 0.9), (0.1, 0.8), (2, 8), (0.55, 0.9), (0.5, 2.0), (3, 6), (0.7, 1.0),
                    (0.85, 0.97), 0.2, 7),
    "strategic": Ways(8, (0.8, 1.0), (0.0, 0.5), (0.3, 2.0), (1, 4), (0.4, 0.75), (1.5, 4.0), (4, 8), (0.3, 0.8),
                      (0.9, 0.98), 0.1, 3),
    "overwhelmed": Ways(12, (0.1, 0.7), (0.9, 1.6), (0.03, 0.3), (2, 12), (0.8, 1.0), (0.4, 1.0), (1, 4), (0.1, 0.5),
                        (0.6, 0.85), 0.5, 12, 0.2),
    "pays_at_once": Ways(8, (1.0, 1.0), (0.5, 1.0), (0.5, 3.0), (1, 6), (1.0, 1.0), (1.0, 1.0), (2, 5), (0.3, 0.6),
                         (0.96, 1.0), 0.05, 0, 0.8),
}  # fmt: skip
PAYMENTS, DISCOUNTS = (2, 3, 4, 6, 12), (0, 10, 15, 20, 30, 40)
# Typical debts, in major units.
DEBTS = {"COP": 1_200_000, "MXN": 8_000, "CLP": 300_000, "PEN": 1_500, "ARS": 400_000, "EUR": 700}


def generate(count: int, seed: int = 1) -> Iterator[Persona]:
    """So many personas; the same seed gives the same ones."""
    draw = random.Random(seed)  # noqa: S311  # a simulation
    for number in range(count):
        yield _drawn(draw, f"p{number + 1:05d}")


def _drawn(draw: random.Random, name: str) -> Persona:
    kind = draw.choices(KINDS, [WAYS[k].weight for k in KINDS])[0]
    ways, currency = WAYS[kind], draw.choice(list(DEBTS))
    balance = int(DEBTS[currency] * draw.lognormvariate(0, 0.8)) * 10 ** DECIMALS[currency]
    spare = int(balance * draw.uniform(*ways.spare))
    single = balance if ways.single[0] == 1 else int(balance * draw.uniform(*ways.single))
    expenses = int(balance * draw.uniform(0.3, 2.0))
    return Persona(
        id=name, kind=kind, balance=balance, dpd=draw.randint(1, 60), currency=currency,
        authority=Authority(
            max_installments=draw.choice(PAYMENTS), max_discount_pct=Decimal(draw.choice(DISCOUNTS)),
            min_down_pct=Decimal(draw.choice((0, 0, 0, 10, 20))), longest_first_payment_days=draw.choice((15, 30)),
        ),
        most_single=single, cash_days=draw.randint(0, ways.cash_days),
        at_hand=int(balance * draw.uniform(0.05, 0.4)) if draw.random() < ways.at_hand else 0,
        most_monthly=int(spare * draw.uniform(*ways.monthly)), most_months=draw.randint(*ways.months),
        income=expenses + spare, expenses=expenses, tells=draw.random() < ways.tells,
        yields=draw.choice(("to_time", "to_offers")),
        anchor=round(draw.uniform(*ways.anchor), 3), firmness=round(draw.uniform(*ways.firmness), 3),
        patience=draw.randint(*ways.patience), voice=round(draw.uniform(*ways.voice), 3),
        reliability=round(draw.uniform(*ways.reliability), 3), seed=draw.getrandbits(32),
    )  # fmt: skip


def write(personas: Iterable[Persona]) -> str:
    """The personas as JSON lines."""
    return "".join(msgspec.json.encode(one).decode() + "\n" for one in personas)


def load(text: str, source: str = "personas.jsonl") -> list[Persona]:
    """The personas of a file. Raises AcuerdoError naming file and line of the first that cannot be read."""
    found = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found.append(msgspec.json.decode(line, type=Persona))
        except (msgspec.DecodeError, AcuerdoError) as error:
            raise AcuerdoError(
                f"{source}, line {number}: {error}; docs/how-to/negotiation.md describes each field"
            ) from error
    if not found:
        raise AcuerdoError(f"{source}: no persona in it; write one with acuerdo negotiate personas")
    return found


__all__ = [
    "KINDS", "Haggling", "Kind", "Persona", "acceptable", "generate", "kept", "load", "monthly", "months",
    "round_down", "write",
]  # fmt: skip
