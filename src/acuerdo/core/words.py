"""The words every room shares: identifiers, money, countries, reasons."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Literal, NewType

import msgspec

CreditorId = NewType("CreditorId", str)
PersonId = NewType("PersonId", str)
AccountId = NewType("AccountId", str)
ConversationId = NewType("ConversationId", str)
CampaignId = NewType("CampaignId", str)

Country = Literal["CO", "MX", "CL", "PE", "AR", "ES"]
Mode = Literal["text", "voice", "visit"]
Layer = Literal["law", "policy"]
Purpose = Literal[
    "reply", "requested_information", "receipt", "agreement_reminder", "collection", "legal_notice",
    "pre_due_reminder", "fraud_alert", "operation_confirmation", "commercial",
]  # fmt: skip
Ownership = Literal["first_party", "assigned", "agency"]

HandOverReason = Literal[
    "asked", "over_60_days", "below_floor", "identity_failed", "vulnerability", "death", "fraud", "insolvency",
    "hardship", "dispute", "complaint", "minor", "repair_failed", "refused_reply",
]  # fmt: skip
HoldKind = Literal[
    "dispute", "hardship", "vulnerability", "suicide_risk", "bereavement", "death", "insolvency",
    "legal_representation", "fraud", "wrong_person", "minor", "adviser", "opt_out", "recalled", "stop_all",
]  # fmt: skip

CURRENCY_OF: dict[str, str] = {"CO": "COP", "MX": "MXN", "CL": "CLP", "PE": "PEN", "AR": "ARS", "ES": "EUR"}
CAPITAL_ZONE: dict[str, str] = {
    "CO": "America/Bogota",
    "MX": "America/Mexico_City",
    "CL": "America/Santiago",
    "PE": "America/Lima",
    "AR": "America/Argentina/Buenos_Aires",
    "ES": "Europe/Madrid",
}

# ISO 4217: how many decimals a minor unit is of the major one. UF is CLF there; UTM, Chile's monthly tax unit, has no
# code, and is kept as finely.
DECIMALS: dict[str, int] = {
    "COP": 2, "MXN": 2, "CLP": 0, "PEN": 2, "ARS": 2, "EUR": 2, "USD": 2, "CLF": 4, "UTM": 4,
}  # fmt: skip
# Units of account that follow prices, in which debts of a country may stand beside its currency.
UNITS_OF: dict[str, tuple[str, ...]] = {"CL": ("CLF", "UTM")}
# The smallest step in which a plan's payments are quoted, in minor units: whole pesos where cents are not used,
# hundredths of a UF.
STEP: dict[str, int] = {
    "COP": 100, "CLP": 1, "ARS": 100, "MXN": 1, "PEN": 1, "EUR": 1, "USD": 1, "CLF": 100, "UTM": 100,
}  # fmt: skip


class AcuerdoError(Exception):
    """Something a person can mend; its text says what, where and how."""


class CurrencyMismatch(AcuerdoError):
    """Amounts in two currencies cannot be added or compared."""


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount in integer minor units (cents; whole pesos in CLP) of one ISO 4217 currency."""

    minor: int
    currency: str

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be mixed")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Money) -> bool:
        return other < self

    def __ge__(self, other: Money) -> bool:
        return other <= self

    def percent(self, share: Decimal) -> Money:
        """`share` percent of this amount, half to even on the minor unit."""
        exact = Decimal(self.minor) * share / 100
        return Money(int(exact.to_integral_value(ROUND_HALF_EVEN)), self.currency)

    def major(self) -> Decimal:
        """The amount in the currency's major unit: 1250.50 for 125050 EUR cents."""
        return Decimal(self.minor).scaleb(-DECIMALS[self.currency])

    def plain(self) -> str:
        """`900000` or `1250.50`: no thousands marks, no decimals when they are zero."""
        value = self.major()
        whole = value.to_integral_value()
        return str(int(whole)) if value == whole else f"{value:.{DECIMALS[self.currency]}f}"


def money(amount: str | int | Decimal, currency: str) -> Money:
    """Money from a major-unit amount ("1250.50", "EUR").

    Raises AcuerdoError for an unknown currency, or an amount with more decimals than it has.
    """
    if currency not in DECIMALS:
        raise AcuerdoError(f"currency {currency!r} is not known; known: {', '.join(sorted(DECIMALS))}")
    try:
        exact = Decimal(amount).scaleb(DECIMALS[currency])
    except InvalidOperation as error:
        raise AcuerdoError(f"{amount!r} is not an amount") from error
    if not exact.is_finite() or exact != exact.to_integral_value():
        raise AcuerdoError(f"{amount} has more decimals than {currency} allows")
    return Money(int(exact), currency)


def split(total: Money, parts: int) -> tuple[Money, ...]:
    """`parts` payments that sum exactly to `total`: equal, in the currency's step, the last takes the rest.

    Raises ValueError when parts < 1 or when a part would not be positive.
    """
    if parts < 1:
        raise ValueError("a plan has at least one payment")
    step = STEP[total.currency]
    each = total.minor // parts // step * step
    last = total.minor - each * (parts - 1)
    if (each <= 0 and parts > 1) or last <= 0:
        raise ValueError(f"{total.plain()} {total.currency} is too little for {parts} payments")
    return (*(Money(each, total.currency) for _ in range(parts - 1)), Money(last, total.currency))


class Reason(msgspec.Struct, frozen=True):
    """Why something was decided: a code from a closed word list, the rules that spoke, and the layer they belong to."""

    code: str
    rules: tuple[str, ...] = ()
    layer: Layer = "policy"
    detail: str = ""


class Window(msgspec.Struct, frozen=True):
    """A half-open span of local minutes of one day: [start, end), 0..1440."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        return self.start <= minute < self.end


def aware(at: datetime) -> datetime:
    """`at`, refused when it does not say its zone."""
    if at.tzinfo is None:
        raise AcuerdoError(f"{at.isoformat()} has no time zone; write it like 2026-11-23T10:00:00-05:00")
    return at


def derive(*parts: str) -> str:
    """A stable identifier from its parts: the same parts give the same id, so that a replay gives the same ids."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()


LONGEST_NAME = 500  # characters of what somebody else's program names a thing by


def storable(text: str) -> str:
    """The text without what no database takes: a NUL, or half of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def storable_name(text: str) -> str:
    """A name that somebody else's program gave; one that is longer than any program's is known by its digest."""
    kept = storable(text)
    return kept if len(kept) <= LONGEST_NAME else derive("name", kept)


def pick(seed: str, choices: Sequence[str]) -> str:
    """One of `choices`, decided by `seed` alone: variety without chance."""
    return choices[int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest()) % len(choices)]


DAY = timedelta(days=1)
