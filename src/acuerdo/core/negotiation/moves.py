"""The words of a negotiation: what the person said, where it stands, and what is answered; all closed, all data."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from acuerdo.core.negotiation.plans import Fault, Plan
from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import HandOverReason, Money

Why = Literal[
    "opening", "installments", "discount", "no_discount", "single", "choose_rest", "which_one", "dates_moved",
    "step", "ask", "asked", "nothing_left", "not_positive", "other_currency", "no_amount", "no_date", "promise_past",
    "promise_too_late", "meet", "over_affordable",
]  # fmt: skip


class Ask(msgspec.Struct, frozen=True, tag="ask", omit_defaults=True):
    """What the person asked for; everything unsaid stays empty.

    `total` is an amount offered; `settle` says that it would close the debt ("y quedamos en paz"), `part` that it
    would not ("un abono"). With `down` or `half`, `n` counts the payments of the rest. `installments` and
    `discount` are wishes without a figure. `per_payment` is what each payment may be.
    """

    n: int | None = None
    total: Money | None = None
    discount_pct: Decimal | None = None
    first: date | None = None
    frequency: Every | None = None
    per_payment: Money | None = None
    down: Money | None = None
    half: bool = False
    all: bool = False
    pay_now: bool = False
    settle: bool = False
    part: bool = False
    installments: bool = False
    discount: bool = False


class Choose(msgspec.Struct, frozen=True, tag="choose"):
    """One of the plans on the table, by id; empty means "yes" to the only one there."""

    plan: str = ""


class Refuse(msgspec.Struct, frozen=True, tag="refuse"):
    """Nothing on the table will do."""


Reply = Ask | Choose | Refuse


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a negotiation stands: part of the conversation's state, serialisable, and all that `next_offer` remembers.

    The caller keeps `today` (the person's local day), `dpd`, `balance` and `due_now` (the installment now due, where
    there is one) fresh; the rest is kept by `next_offer`. `level` is how many tables they turned down, without a word
    or with less, `best` the lowest single total that has been put on the table, `named` the most they said they would
    close it for in one payment, `tight` whether what they said of their payments fits no plan. `counters` and
    `too_low` are how often they were answered with something else, `meant` the reading of an amount that was asked
    back. `affordable` is what they told that they can spare by the month.
    """

    balance: Money
    today: date
    dpd: int
    account: str = ""
    due_now: Money | None = None
    affordable: Money | None = None
    offered: tuple[Plan, ...] = ()
    pending: Plan | None = None
    wants: Ask = Ask()
    level: int = 0
    best: Money | None = None
    counters: int = 0
    too_low: int = 0
    named: Money | None = None
    tight: bool = False
    meant: Money | None = None


class Offer(msgspec.Struct, frozen=True, tag="offer"):
    """Plans to choose from."""

    plans: tuple[Plan, ...]
    why: Why = "opening"


class Accept(msgspec.Struct, frozen=True, tag="accept"):
    """The plan is inside the authority: show its full written summary and ask for the "sí"."""

    plan: Plan


class Counter(msgspec.Struct, frozen=True, tag="counter"):
    """What was asked is outside the authority, for this reason; these plans are the nearest that is inside."""

    plans: tuple[Plan, ...]
    why: Fault | Why


class PayNow(msgspec.Struct, frozen=True, tag="pay_now"):
    """Give a way to pay `amount` now; `offer_person` when a specialist is to be offered too."""

    amount: Money
    full: bool
    offer_person: bool = False


class Promise(msgspec.Struct, frozen=True, tag="promise"):
    """The person says that they will pay `amount` on `due`: a word given, no agreement and no discount."""

    due: date
    amount: Money
    offer_person: bool = False


class TooLow(msgspec.Struct, frozen=True, tag="too_low"):
    """Nothing inside the authority reaches what the person can give; a person takes over.

    `best` stays open, and so do these plans.
    """

    best: Plan
    hand_over: bool = True
    reason: HandOverReason = "below_floor"
    why: Fault | Why = "below_floor"
    plans: tuple[Plan, ...] = ()


class NeedDate(msgspec.Struct, frozen=True, tag="need_date"):
    """Ask for a day between these two, both included."""

    earliest: date
    latest: date
    why: Why = "no_date"


class NeedAmount(msgspec.Struct, frozen=True, tag="need_amount"):
    """Ask for an amount again, at most this."""

    most: Money
    why: Why = "no_amount"


class NeedInstallments(msgspec.Struct, frozen=True, tag="need_installments"):
    """Ask in how many payments, at most this many."""

    most: int
    why: Why = "not_positive"


class Specialist(msgspec.Struct, frozen=True, tag="specialist"):
    """Beyond the bot: tell balance and dates, give a way to pay in full, offer a person."""

    balance: Money
    reason: HandOverReason = "over_60_days"


class NothingOwed(msgspec.Struct, frozen=True, tag="nothing_owed"):
    """There is no balance to negotiate."""


Move = (
    Offer | Accept | Counter | PayNow | Promise | TooLow | NeedDate | NeedAmount | NeedInstallments
    | Specialist | NothingOwed
)  # fmt: skip
