"""Plans in words: money and dates as each country writes them, offer cards, and the full written summary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

import msgspec
from babel import Locale
from babel.numbers import get_currency_symbol

from acuerdo.core.messages import Card
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.words import CURRENCY_OF, DECIMALS, Country, Money

# How people call the payments of a plan: (one, several, the last).
PAYMENT_WORD: dict[str, tuple[str, str, str]] = {
    "CO": ("cuota", "cuotas", "la última"),
    "MX": ("pago", "pagos", "el último"),
    "CL": ("cuota", "cuotas", "la última"),
    "PE": ("cuota", "cuotas", "la última"),
    "AR": ("cuota", "cuotas", "la última"),
    "ES": ("plazo", "plazos", "el último"),
}
# Currencies whose cents nobody writes when they are zero.
WHOLE = frozenset({"COP", "CLP", "ARS"})
# Units of account by the name that people know.
UNITS: dict[str, str] = {"CLF": "UF", "UTM": "UTM"}


class Shape(msgspec.Struct, frozen=True):
    """How a country writes an amount of a currency, taken once from CLDR."""

    before: str
    after: str
    group: str
    point: str


class Names(msgspec.Struct, frozen=True):
    """A country's names of months and weekdays, taken once from CLDR."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]


@lru_cache
def _shape(country: str, currency: str) -> Shape:
    locale = Locale.parse(f"es_{country}")
    prefix, suffix = locale.currency_formats["standard"].prefix[0], locale.currency_formats["standard"].suffix[0]
    symbol = "$" if _own_peso(country, currency) else UNITS.get(currency) or get_currency_symbol(currency, locale)
    numbers = locale.number_symbols["latn"]
    # CLDR sets a code written in letters apart from the figure: "USD 10.00" where "$10.00".
    symbol = f"{symbol}\u00a0" if prefix.endswith("¤") and symbol[-1].isalpha() else symbol
    return Shape(prefix.replace("¤", symbol), suffix.replace("¤", symbol), numbers["group"], numbers["decimal"])


def _own_peso(country: str, currency: str) -> bool:
    return CURRENCY_OF.get(country) == currency and currency in ("COP", "MXN", "CLP", "ARS")


@lru_cache
def _names(country: str) -> Names:
    locale = Locale.parse(f"es_{country}")
    months, days = locale.months["format"]["wide"], locale.days["format"]["wide"]
    return Names(tuple(months[n] for n in range(1, 13)), tuple(days[n] for n in range(7)))


@lru_cache(maxsize=8192)
def format_money(amount: Money, country: Country | str) -> str:
    """`$900.000` in Colombia, `$7,000.00` in Mexico, `S/ 2,300.00` in Peru, `1.250,50 €` in Spain."""
    shape, decimals = _shape(country, amount.currency), DECIMALS[amount.currency]
    whole, cents = divmod(abs(amount.minor), 10**decimals)
    text = f"{whole:,}".replace(",", shape.group)
    if amount.currency in UNITS and cents % 100 == 0:
        # Nobody writes more than hundredths of a UF unless they count.
        cents, decimals = cents // 100, 2
    if decimals and (cents or amount.currency not in WHOLE):
        text = f"{text}{shape.point}{cents:0{decimals}d}"
    return f"{'-' if amount.minor < 0 else ''}{shape.before}{text}{shape.after}"


@lru_cache(maxsize=4096)
def format_date(day: date, country: Country | str, weekday: bool = False) -> str:
    """`15 de mayo de 2026`, or with the weekday `viernes 15 de mayo de 2026`."""
    names = _names(country)
    text = f"{day.day} de {names.months[day.month - 1]} de {day.year}"
    return f"{names.weekdays[day.weekday()]} {text}" if weekday else text


@lru_cache(maxsize=4096)
def format_day(day: date, country: Country | str) -> str:
    """`15 de mayo`: for dates so near that the year is no news."""
    return f"{day.day} de {_names(country).months[day.month - 1]}"


class Line(msgspec.Struct, frozen=True):
    """One line of a summary: what, and its value as a person reads it."""

    label: str
    value: str

    def __str__(self) -> str:
        return f"{self.label}: {self.value}"


def payments_line(plan: Plan, country: Country | str) -> str:
    """`3 cuotas de $300.000`; where the amounts differ, each of them."""
    one, many, the_last = PAYMENT_WORD[country]
    amounts = [p.amount for p in plan.installments]
    if plan.n == 1:
        return f"1 solo pago de {format_money(plan.total, country)}"
    if len(set(amounts)) == 1:
        return f"{plan.n} {many} de {format_money(amounts[0], country)}"
    if len(set(amounts[1:])) == 1:
        rest = f"1 {one}" if plan.n == 2 else f"{plan.n - 1} {many}"
        return f"{format_money(amounts[0], country)} primero y {rest} de {format_money(amounts[1], country)}"
    if len(set(amounts[:-1])) == 1:
        last = format_money(amounts[-1], country)
        return f"{plan.n - 1} {many} de {format_money(amounts[0], country)} y {the_last} de {last}"
    return f"{plan.n} {many}"


def summary(
    plan: Plan,
    country: Country | str,
    where: str,
    creditor: str = "",
    account: str = "",
    made_of: Sequence[tuple[str, Money]] = (),
) -> tuple[Line, ...]:
    """The full written summary whose "sí" is the acceptance: whom, total, of what it is made (`made_of`: the balance's
    parts by name), saving, each day and amount, what is added during a plan, and where to pay."""
    one = PAYMENT_WORD[country][0].capitalize()
    head = [Line("Acreedor", creditor)] if creditor else []
    head += [Line("Producto", account)] if account else []
    head += [Line("Saldo de hoy", format_money(plan.balance, country))] if plan.saving.minor else []
    parts = [Line(f"De su saldo, {name}", format_money(amount, country)) for name, amount in made_of]
    head += parts if plan.saving.minor else []
    head += [Line("Total a pagar", format_money(plan.total, country))]
    head += [] if plan.saving.minor else parts
    head += [Line("Ahorro", format_money(plan.saving, country))] if plan.saving.minor else []
    dates = [
        Line(
            "Pago único" if plan.n == 1 else f"{one} {p.n} de {plan.n}",
            f"{format_money(p.amount, country)}, el {format_date(p.due, country, True)}",
        )
        for p in plan.installments
    ]
    interest = [] if plan.n == 1 else [Line("Intereses y gastos durante el plan", "ninguno")]
    return (*head, *dates, *interest, Line("Dónde pagar", where))


@lru_cache(maxsize=2048)
def card(plan: Plan, country: Country | str, button: str = "Elegir") -> Card:
    """The plan as one choice of a carousel; its id is the plan's."""
    if plan.n == 1:
        title = "Un solo pago" if plan.saving.minor else "Pagar todo"
    else:
        title = f"{plan.n} {PAYMENT_WORD[country][1]}"
    lines = [f"Total: {format_money(plan.total, country)}"]
    lines += [f"Ahorro: {format_money(plan.saving, country)}"] if plan.saving.minor else []
    if plan.n == 1:
        return Card(plan.id, title, (*lines, f"Hasta el {format_day(plan.first.due, country)}"), button)
    days = f"Del {format_day(plan.first.due, country)} al {format_day(plan.last.due, country)}"
    return Card(plan.id, title, (payments_line(plan, country), *lines, "Sin intereses ni gastos", days), button)
