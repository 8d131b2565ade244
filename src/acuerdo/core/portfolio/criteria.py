"""One condition of a segment, compiled: whether an account meets it, and that in words with the account's own value."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, NoReturn

import msgspec

from acuerdo.core.portfolio.standing import Standing
from acuerdo.core.portfolio.values import DECIMAL_MARK
from acuerdo.core.words import CURRENCY_OF, AcuerdoError, Money, money

Test = Callable[[Standing], bool]
Why = Callable[[Standing], str]
Amounts = dict[str, dict[str, Money]]


class Criterion(msgspec.Struct, frozen=True):
    """A compiled condition, and what it compares with, for whoever asks it of a million accounts at once.

    `bounds` is the inclusive span of a number, None at an open end; `wanted` the words of a choice; `low` and `high`
    the inclusive ends of an amount, in minor units by currency.
    """

    name: str
    test: Test
    why: Why
    bounds: tuple[int | None, int | None] = (None, None)
    wanted: tuple[str, ...] = ()
    low: dict[str, int] | None = None
    high: dict[str, int] | None = None


class BadCriterion(AcuerdoError):
    """A condition that cannot be read; its text (Spanish) says why."""


NUMBERS = (
    "dpd", "tenure_days", "debt_age_days", "late_payments_12m", "promises_broken", "promises_kept",
    "days_since_payment", "days_since_reached", "unanswered_30d", "debts",
)  # fmt: skip
CHOICES: dict[str, tuple[str, ...] | None] = {
    "customer_type": ("natural", "business"),
    "product": None,
    "country": tuple(CURRENCY_OF),
    "currency": None,
}
NAMES = ("balance", *NUMBERS, *CHOICES)


def thousands(amount: Money, country: str) -> str:
    """`1.250.000 COP`, `1,250.50 MXN`: an amount as it is written in a country."""
    whole, _, part = amount.plain().partition(".")
    decimal = DECIMAL_MARK[country]
    grouped = f"{int(whole):,}".replace(",", "." if decimal == "," else ",")
    return f"{grouped}{decimal + part if part else ''} {amount.currency}"


def span(days: int) -> str:
    """Days as one says them: `20 días`, `8 meses`, `3 años`."""
    if days < 60:
        return f"{days} días" if days != 1 else "1 día"
    if days < 730:
        return f"{days // 30} meses"
    return f"{days // 365} años"


def _times(count: int) -> str:
    return "1 vez" if count == 1 else f"{count} veces"


def _promises(count: int) -> str:
    return "cumplió sus promesas" if count == 0 else f"incumplió {count} promesa{'s' if count > 1 else ''}"


def _kept(count: int) -> str:
    return f"cumplió {count} promesa{'s' if count != 1 else ''}"


def _unanswered(count: int) -> str:
    return f"no respondió {_times(count)} en 30 días" if count else "no dejó mensajes sin responder en 30 días"


def _late(count: int) -> str:
    return f"pagó tarde {_times(count)} en 12 meses" if count else "no pagó tarde en 12 meses"


def _dpd(days: int) -> str:
    return "está al día" if days <= 0 else f"lleva {days} día{'s' if days > 1 else ''} de mora"


_SAID: dict[str, Callable[[int], str]] = {
    "dpd": _dpd,
    "tenure_days": lambda days: f"es cliente desde hace {span(days)}",
    "debt_age_days": lambda days: f"la deuda tiene {span(days)}",
    "late_payments_12m": _late,
    "promises_broken": _promises,
    "promises_kept": _kept,
    "days_since_payment": lambda days: f"pagó por última vez hace {span(days)}",
    "days_since_reached": lambda days: f"conversó con nosotros hace {span(days)}",
    "unanswered_30d": _unanswered,
    "debts": lambda count: f"tiene {count} deuda{'s' if count != 1 else ''} con el acreedor",
}
_CHOSEN: dict[str, Callable[[str], str]] = {
    "customer_type": lambda kind: "es empresa" if kind == "business" else "es persona natural",
    "product": lambda product: f"el producto es {product}",
    "country": lambda country: f"el país es {country}",
    "currency": lambda currency: f"la moneda es {currency}",
}


def compile_criterion(name: str, raw: Any, amounts: Amounts, countries: tuple[str, ...]) -> Criterion:
    """A condition from its TOML value. Raises BadCriterion saying what is expected."""
    if name == "balance":
        return _balance(raw, amounts, countries)
    if name in NUMBERS:
        return _number(name, raw)
    if name in CHOICES:
        return _choice(name, raw)
    raise BadCriterion(f"no se conoce este criterio; los hay: {', '.join(NAMES)}")


def _ends(raw: Any) -> tuple[Any, Any]:
    if not isinstance(raw, dict) or not raw or set(raw) - {"min", "max"}:
        raise BadCriterion("escriba { min = …, max = … } (basta uno de los dos; ambos incluidos)")
    return raw.get("min"), raw.get("max")


def _number(name: str, raw: Any) -> Criterion:
    least, most = _ends(raw)
    for end in (least, most):
        if end is not None and (not isinstance(end, int) or isinstance(end, bool)):
            raise BadCriterion("los límites son números enteros")
    if least is not None and most is not None and least > most:
        raise BadCriterion(f"min ({least}) es mayor que max ({most}): nadie lo cumple")
    low = least if least is not None else -(10**9)
    high = most if most is not None else 10**9
    bound, say, value = _bounds(least, most), _SAID[name], attrgetter(name)

    def test(of: Standing) -> bool:
        found = value(of)
        return found is not None and low <= found <= high

    return Criterion(name, test, lambda of: f"{say(value(of) or 0)} ({bound})", (least, most))


def _bounds(least: object, most: object) -> str:
    if least is None:
        return f"hasta {most}"
    return f"{least} o más" if most is None else f"de {least} a {most}"


def _choice(name: str, raw: Any) -> Criterion:
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) for one in listed):
        raise BadCriterion('escriba una lista de textos, por ejemplo ["natural"]')
    allowed = CHOICES[name]
    for one in listed:
        if allowed is not None and one not in allowed:
            raise BadCriterion(f"«{one}» no vale; use: {', '.join(allowed)}")
    wanted, say = frozenset(listed), _CHOSEN[name]
    tests: dict[str, Test] = {
        "customer_type": lambda of: of.customer_type in wanted,
        "product": lambda of: of.product in wanted,
        "country": lambda of: of.country in wanted,
        "currency": lambda of: of.currency in wanted,
    }
    return Criterion(name, tests[name], lambda of: say(getattr(of, name)), wanted=tuple(sorted(wanted)))


def _balance(raw: Any, amounts: Amounts, countries: tuple[str, ...]) -> Criterion:
    least, most = (_amounts(end, amounts, countries) for end in _ends(raw))
    low = {currency: amount.minor for currency, amount in least.items()} if least else None
    high = {currency: amount.minor for currency, amount in most.items()} if most else None

    def test(of: Standing) -> bool:
        # A currency without a threshold meets no condition on the amount, rather than a wrong one.
        minor, currency = of.balance.minor, of.balance.currency
        return (low is None or minor >= low.get(currency, minor + 1)) and (
            high is None or minor <= high.get(currency, minor - 1)
        )

    bounds: dict[tuple[str, str], str] = {}

    def why(of: Standing) -> str:
        place = (of.currency, of.country)
        if (bound := bounds.get(place)) is None:
            ends = (table and thousands(table[of.currency], of.country) for table in (least, most))
            bound = bounds[place] = _bounds(*ends)
        return f"debe {thousands(of.balance, of.country)} ({bound})"

    return Criterion("balance", test, why, low=low, high=high)


def _amounts(raw: Any, amounts: Amounts, countries: tuple[str, ...]) -> dict[str, Money] | None:
    if raw is None:
        return None
    if isinstance(raw, str):
        if raw not in amounts:
            raise BadCriterion(f"no hay [amounts.{raw}]; los hay: {', '.join(amounts) or '(ninguno)'}")
        found = amounts[raw]
    else:
        found = amounts_by_currency(raw)
    if missing := [CURRENCY_OF[country] for country in countries if CURRENCY_OF[country] not in found]:
        raise BadCriterion(f"falta el importe en {', '.join(missing)}")
    return found


def amounts_by_currency(raw: Any) -> dict[str, Money]:
    """`{ COP = 500000, EUR = "99.50" }` in major units. Raises BadCriterion."""
    if not isinstance(raw, dict) or not raw:
        _not_amounts()
    found = {}
    for currency, amount in raw.items():
        if not isinstance(amount, int | str) or isinstance(amount, bool):
            _not_amounts()
        try:
            found[currency] = money(amount, currency)
        except AcuerdoError as error:
            raise BadCriterion(f"{currency} = {amount}: moneda o importe que no se entiende") from error
    return found


def _not_amounts() -> NoReturn:
    raise BadCriterion("escriba el nombre de una tabla de [amounts], o importes por moneda: { COP = 500000, … }")
