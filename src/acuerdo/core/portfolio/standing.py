"""An account as segments and scores see it: the five criteria, days past due, and how its owner pays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from math import log1p

import msgspec

from acuerdo.core.portfolio.documents import CustomerType
from acuerdo.core.portfolio.records import AccountRecord, PersonRecord
from acuerdo.core.words import Country, Money


class Standing(msgspec.Struct, frozen=True):
    """One account on one day. Days are whole; `tenure_days` is None when nobody says since when they are a customer.

    `debt_age_days` counts from the day the debt was opened, or fell due where that is not known. What the person did:
    `days_since_payment` and `days_since_reached` (when they last took part in a conversation or a call) are None where
    they never did; `unanswered_30d` counts attempts of the last 30 days in which they did not; `debts` are the open
    accounts of the same creditor.
    """

    balance: Money
    customer_type: CustomerType
    product: str
    dpd: int
    country: Country
    currency: str
    tenure_days: int | None = None
    debt_age_days: int = 0
    late_payments_12m: int = 0
    promises_broken: int = 0
    promises_kept: int = 0
    days_since_payment: int | None = None
    days_since_reached: int | None = None
    unanswered_30d: int = 0
    debts: int = 1


class Scoring(msgspec.Struct, frozen=True):
    """How much amount, days and behaviour weigh, and the balance (minor units by currency) that counts as large."""

    amount: int
    days: int
    behaviour: int
    large: dict[str, int]


class Ranked(msgspec.Struct, frozen=True):
    """An account's place in a work list: its score (0 to 1000) and what it is made of, in Spanish."""

    account: str
    score: int
    why: tuple[str, ...]


# Days past due at which an account no longer gains anything for being fresh.
COLD_DAYS = 360


def standing(person: PersonRecord, account: AccountRecord, on: date, promises_broken: int = 0) -> Standing:
    """How an account stands on a day."""
    since = account.opened or account.due_date
    return Standing(
        balance=account.balance,
        customer_type=person.customer_type,
        product=account.product,
        dpd=account.days_past_due_on(on),
        country=person.country,
        currency=account.currency,
        tenure_days=(on - person.customer_since).days if person.customer_since else None,
        debt_age_days=max(0, (on - since).days),
        late_payments_12m=account.late_payments_12m,
        promises_broken=promises_broken,
    )


def parts(of: Standing, scoring: Scoring) -> tuple[float, float, float]:
    """What the score is made of, each 0 to 1.

    Amount grows with the logarithm of the balance and is whole at ten times the large one; days fall evenly from the
    first to day 360; behaviour halves with one broken promise or three late payments.
    """
    large = scoring.large.get(of.currency, 0)
    amount = min(1.0, log1p(of.balance.minor / large) / log1p(10)) if large else 0.0
    days = max(0.0, 1 - of.dpd / COLD_DAYS)
    behaviour = 1 / (1 + of.late_payments_12m / 3 + of.promises_broken)
    return amount, days, behaviour


def score(of: Standing, scoring: Scoring) -> int:
    """0 to 1000: the weighted mean of amount, days and behaviour. A higher score is attended first."""
    amount, days, behaviour = parts(of, scoring)
    total = scoring.amount + scoring.days + scoring.behaviour
    return round(1000 * (scoring.amount * amount + scoring.days * days + scoring.behaviour * behaviour) / total)


def rank(accounts: Iterable[tuple[str, Standing]], scoring: Scoring) -> list[Ranked]:
    """Accounts from the highest score to the lowest; equal scores by account, so that a list is always the same."""
    ranked = [Ranked(account, score(of, scoring), _why(of, scoring)) for account, of in accounts]
    return sorted(ranked, key=lambda one: (-one.score, one.account))


def _why(of: Standing, scoring: Scoring) -> tuple[str, ...]:
    amount, days, behaviour = parts(of, scoring)
    return (
        f"importe {amount:.0%} (debe {of.balance.plain()} {of.currency})",
        f"antigüedad de la mora {days:.0%} ({of.dpd} días)",
        f"comportamiento {behaviour:.0%} ({of.late_payments_12m} pagos tarde, {of.promises_broken} promesas rotas)",
    )
