"""Proposes a mapping for a file nobody has mapped yet, from its headers and from what its columns hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec

from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.columns_parties import PARTIES
from acuerdo.core.portfolio.contact import email, phone
from acuerdo.core.portfolio.documents import document
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import CUSTOMER_TYPES, STATUS_NAMES
from acuerdo.core.portfolio.values import Bad, count, country, currency, day

SAMPLE = 500  # rows looked at
_SURE, _LIKELY = 0.95, 0.8  # shares of a column's values
_HALF = 0.5
_PROOF = ("email", "document", "phone")  # shapes that little else has
_FEW = 25  # different values, at most, of a column that classes its rows

# What a column of the form should hold, by the shape of its values; others may hold anything.
SHAPES: dict[str, str] = {
    "document": "document", "document_2": "document", "phone": "phone", "email": "email", "country": "country",
    "currency": "currency", "customer_type": "customer_type", "status": "status",
    "due_date": "date", "as_of": "date", "opened": "date", "last_payment_date": "date", "customer_since": "date",
    "born": "date", "limitation_date": "date", "paid_on": "date", "at": "date",
    "balance": "amount", "principal": "amount", "interest": "amount", "fees": "amount", "installment_due": "amount",
    "minimum_due": "amount", "amount": "amount",
    "days_past_due": "count", "late_payments_12m": "count", "installments_total": "count",
    "installments_paid": "count", "installments_overdue": "count", "name": "name", "given_names": "name",
    "surnames": "name",
}  # fmt: skip
NAMES: dict[str, str] = {
    "document": "documentos", "phone": "teléfonos", "email": "correos", "country": "países", "currency": "monedas",
    "customer_type": "tipos de cliente", "status": "estados", "date": "fechas", "amount": "importes",
    "count": "números enteros", "name": "nombres", "code": "códigos que no se repiten", "class": "clases",
}  # fmt: skip
# Documents with a check digit prove themselves; the others are only numbers of a certain length.
_PROVEN = frozenset({"nit", "rut", "curp", "rfc", "ruc", "cuit", "nie", "cif", "cpf", "cnpj"})
_AMOUNT = re.compile(r"(?:[A-Z]{2,3}|US\$|R\$|S/\.?|[$€£])?\s*[-(]?\s*[$€]?\s*\d[\d.,' \xa0]*\)?\s*(?:[A-Z]{2,3}|€|%)?")
_NAME = re.compile(r"[^\W\d_]+(?:[ ,.'’-]+[^\W\d_]+)+\.?", re.UNICODE)
_UNITS: dict[str, str] = {
    "uf": "UF", "clf": "UF", "utm": "UTM", "usd": "USD", "dolares": "USD", "euros": "EUR", "eur": "EUR",
}  # fmt: skip
_NAMED_MONEY = re.compile(r"[A-Za-z$€]")
_DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})")


class Column(msgspec.Struct, frozen=True):
    """One column of the file: its header, its values that are not empty, and how they look (`shape`, of `share`).

    `filled` is the share of rows in which it says something.
    """

    header: str
    values: tuple[str, ...]
    filled: float
    shape: str
    share: float


class Choice(msgspec.Struct, frozen=True):
    """What a column is taken for (`name` empty: for nothing), why, and what about it should be looked at."""

    column: Column
    name: str
    why: str
    doubt: str = ""
    others: tuple[str, ...] = ()


class Guess(msgspec.Struct, frozen=True):
    """A proposal: the mapping file's text, what each column is taken for, and the columns that are still missing."""

    text: str
    choices: tuple[Choice, ...]
    missing: tuple[str, ...]

    @property
    def doubts(self) -> tuple[Choice, ...]:
        """The choices that a person should look at."""
        return tuple(one for one in self.choices if one.doubt)


def guess(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    at: str,
    form: Form[Any],
    source: str = "",
    today: date | None = None,
) -> Guess:
    """A mapping for a file with this header, from a sample of its rows; `at` is the country of rows that name none.

    The text loads as it is: what is not sure stands in it as a comment that begins with «¿?».
    """
    places = {key(name): n for n, name in reversed(list(enumerate(header))) if key(name)}  # the first of equal ones
    columns = [_column(header[n], [row[n] for row in rows if n < len(row)], at) for n in sorted(places.values())]
    choices = [_by_header(one, form) for one in columns]
    choices = _one_each(choices, form)
    choices = _by_values(choices, form, today)
    taken = {one.name for one in choices if one.name}
    missing = tuple(" o ".join(names) for names in form.groups.values() if not taken & set(names))
    return Guess(_text(choices, missing, form, source), tuple(choices), missing)


def _column(header: str, values: Sequence[str], at: str) -> Column:
    filled = tuple(one.strip() for one in values[:SAMPLE] if one.strip())
    shape, share = _shape(filled, at)
    return Column(header, filled, len(filled) / min(len(values), SAMPLE) if values else 0.0, shape, share)


def _shape(values: Sequence[str], at: str) -> tuple[str, float]:
    """The most telling shape that nearly all values have, and how many have it."""
    if not values:
        return "", 0.0
    distinct = tuple(dict.fromkeys(values))
    for shape, test in _tests(at):
        if (share := sum(map(test, distinct)) / len(distinct)) >= _LIKELY:
            return shape, share
    if len(distinct) == len(values) > 1:
        return "code", 1.0
    return ("class", 1.0) if len(distinct) <= _FEW else ("", 0.0)


def _tests(at: str) -> tuple[tuple[str, Callable[[str], bool]], ...]:
    """What values may be, from what proves itself to what many things could be."""

    def ok(parse: Callable[[str], object]) -> Callable[[str], bool]:
        def test(text: str) -> bool:
            try:
                return bool(parse(text)) or parse(text) == 0
            except Bad:
                return False

        return test

    return (
        ("email", ok(email)), ("document", lambda text: _proven(text, at)),
        ("date", lambda text: not text.isdigit() and ok(day)(text)),
        ("phone", lambda text: _digits(text) >= 8 and ok(lambda t: phone(t, at))(text)),
        ("country", ok(country)),
        ("currency", lambda text: not _digits(text) and ok(lambda t: currency(t, at, ()))(text)),
        ("customer_type", lambda text: key(text) in CUSTOMER_TYPES and not text.isdigit()),
        ("status", lambda text: key(text) in STATUS_NAMES),
        ("count", lambda text: _digits(text) <= 4 and ok(count)(text)),
        ("document", lambda text: 7 <= _digits(text) <= 11 and text.isdigit() and ok(lambda t: document(t, at))(text)),
        ("amount", lambda text: bool(_AMOUNT.fullmatch(text))), ("name", lambda text: bool(_NAME.fullmatch(text))),
    )  # fmt: skip


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _proven(text: str, at: str) -> bool:
    try:
        found = document(text, at)
    except Bad:
        return False
    return found.kind in _PROVEN or (found.kind == "dni" and text[-1:].isalpha())


def _by_header(one: Column, form: Form[Any]) -> Choice:
    """What a header says, unless the values say otherwise."""
    exact = form.canonical(one.header)
    bare = " ".join(word for word in key(one.header).split() if word not in _UNITS)
    near = (form.canonical(bare) if bare != key(one.header) else None) or form.suggestion(one.header)
    # What only looks like somebody else's column is more likely the debtor's own under another name.
    name = exact or (None if near in _OTHERS else near)
    if name is None:
        return Choice(one, "", "su nombre no dice qué es")
    wanted = SHAPES.get(name, "")
    if not one.values:
        return Choice(one, name, "por su nombre", "en la muestra está vacía")
    if wanted and one.shape and not _fits(wanted, one.shape):
        trust = f"su nombre dice {name}, pero trae {NAMES[one.shape]}: por ejemplo «{_shown(one)}»"
        return Choice(one, "", trust, trust, (name,))
    if exact is None:
        return Choice(one, name, "su nombre se parece", f"se parece a «{name}» ({form.by_name[name].meaning})")
    share = f"; {one.share:.0%} de los valores son {NAMES[one.shape]}" if wanted and one.shape == wanted else ""
    return Choice(one, name, f"por su nombre{share}")


_OTHERS = frozenset(column.name for column in PARTIES)
# A column of one shape may do for another: numbers are numbers, and a file of Colombia's documents looks like phones.
_LIKE: dict[str, frozenset[str]] = {
    "document": frozenset({"document", "phone", "code", "amount", "count", "class"}),
    "phone": frozenset({"phone", "document", "code", "class", "amount"}),
    "amount": frozenset({"amount", "count", "document", "phone", "code"}),
    "count": frozenset({"count", "amount"}),
    "date": frozenset({"date", "class", "count", "amount", "document", "code"}),
    "name": frozenset({"name", "code", "class"}),
    "country": frozenset({"country", "class", "code"}),
    "currency": frozenset({"currency", "class", "country"}),
    "customer_type": frozenset({"customer_type", "class", "count", "code"}),
    "status": frozenset({"status", "class", "count", "code", "name", "customer_type"}),
    "email": frozenset({"email"}),
}  # fmt: skip


def _fits(wanted: str, shape: str) -> bool:
    return shape in _LIKE[wanted]


def _shown(one: Column) -> str:
    """A value without who it is of: letters and figures hidden behind the first."""
    value = one.values[0]
    return value[:2] + re.sub(r"\w", "·", value[2:20])


def _one_each(choices: Sequence[Choice], form: Form[Any]) -> list[Choice]:
    """Where several columns claim the same place, the one whose header is exact, or fuller, has it."""
    best: dict[str, Choice] = {}
    for one in choices:
        if one.name and not form.by_name[one.name].several:
            rival = best.get(one.name)
            if rival is None or _claim(one) > _claim(rival):
                best[one.name] = one
    settled = []
    for one in choices:
        winner = best.get(one.name)
        if winner is None or winner is one:
            settled.append(one)
        else:
            doubt = f"también podría ser {one.name}, que se tomó de «{winner.column.header}»"
            settled.append(Choice(one.column, "", doubt, doubt, (one.name,)))
    return settled


def _claim(one: Choice) -> tuple[bool, bool, int]:
    return key(one.column.header) == key(one.name), not one.doubt, len(one.column.values)


def _by_values(choices: Sequence[Choice], form: Form[Any], today: date | None) -> list[Choice]:
    """Columns whose names say nothing, by what they hold; only where the form still lacks that, or can have more."""
    settled = list(choices)
    for n, one in enumerate(settled):
        if one.name or not one.column.values:
            continue
        taken = {other.name for other in settled if other.name}
        fit = [name for name in _candidates(one.column, form, today) if name not in taken or form.by_name[name].several]
        if fit:
            settled[n] = _weighed(one, fit, settled, _lacking(form, taken))
    return settled


def _lacking(form: Form[Any], taken: set[str]) -> set[str]:
    return {name for names in form.groups.values() if not taken & set(names) for name in names}


def _weighed(one: Choice, fit: Sequence[str], all_: Sequence[Choice], lacking: set[str]) -> Choice:
    """Taken for the likeliest when its values prove it, or when nothing else could give what is still lacking."""
    column = one.column
    why = f"{column.share:.0%} de los valores son {NAMES[column.shape]}"
    proven = column.shape in _PROOF and column.share >= _SURE
    rivals = [other for other in all_ if not other.name and other.column.shape == column.shape]
    only = fit[0] in lacking and not one.others and [other for other in rivals if other.column.filled > _HALF] == [one]
    if proven or only:
        return Choice(column, fit[0], why, one.doubt or f"se dedujo de los valores ({why}), no del nombre")
    doubt = one.doubt or f"{why}: podría ser {' o '.join(fit[:3])}"
    return Choice(column, "", doubt, doubt, tuple(dict.fromkeys((*one.others, *fit)))[:3])


def _candidates(one: Column, form: Form[Any], today: date | None) -> list[str]:
    """The columns of the form that hold such values, the likeliest first."""
    if one.shape == "code":
        return [form.identified_by] if form.identified_by in form.by_name else []
    if one.shape == "class":
        return ["product"] if "product" in form.by_name and not one.values[0].isdigit() else []
    fit = [name for name, shape in SHAPES.items() if shape == one.shape and name in form.by_name]
    if one.shape == "date":
        fit = _dates(one, fit, today)
    return fit


def _dates(one: Column, fit: list[str], today: date | None) -> list[str]:
    """Dates say what they are by their years: births, beginnings, dues, and the one day of all rows."""
    days = [found for value in one.values if (found := _day(value))]
    if not days:
        return fit
    if len(set(days)) == 1 and len(days) > 1:
        first = "as_of"
    else:
        middle = sorted(days)[len(days) // 2]
        age = ((today or max(days)) - middle).days / 365
        first = "born" if age > 20 else "opened" if age > 2 else "due_date"
    return [*(name for name in fit if name == first), *(name for name in fit if name != first)]


def _day(text: str) -> date | None:
    try:
        return day(text)
    except Bad:
        return None


def _text(choices: Sequence[Choice], missing: Sequence[str], form: Form[Any], source: str) -> str:
    lines = [
        f"# Propuesta de mapeo de {form.name}{f' para «{source}»' if source else ''}, por encabezados y valores.",
        "# Revise las líneas con «¿?»: ahí no es seguro. Después impórtelo con --mapping.",
    ]
    lines += [
        f"# FALTA: ninguna columna da {one}; escríbala abajo, o dé un mismo valor a todas las filas en [constants]."
        for one in missing
    ]
    lines += ["", "[columns]"]
    for one in choices:
        lines += _lines(one)
    lines += ["", *_formats(choices), *_unit(choices)]
    for name, table in (("status", STATUS_NAMES), ("customer_type", CUSTOMER_TYPES)):
        lines += _unknown_words(choices, name, table)
    clean = ("".join(c if c.isprintable() else " " for c in line) for line in lines)
    return "\n".join(clean).rstrip() + "\n"


def _lines(one: Choice) -> list[str]:
    header = _quoted(one.column.header)
    if one.name:
        lines = [f"# ¿? {one.doubt}"] if one.doubt else []
        return [*lines, f'{header} = "{one.name}"  # {one.why}']
    if one.others:
        return [f"# ¿? {one.doubt}", *(f'# {header} = "{name}"' for name in one.others)]
    return [f"# {header} no se usa: {one.why}"]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _formats(choices: Sequence[Choice]) -> list[str]:
    """How the file writes days and decimals, where its values prove it."""
    dates = [v for one in choices if SHAPES.get(one.name) == "date" for v in one.column.values]
    amounts = [v for one in choices if SHAPES.get(one.name) == "amount" for v in one.column.values]
    return ["[formats]", *_date_form(dates), *_decimal(amounts)]


def _unit(choices: Sequence[Choice]) -> list[str]:
    """The currency that the balance's header says and its values do not, where no column gives it."""
    if any(one.name == "currency" for one in choices):
        return []
    for one in choices:
        said = [word for word in key(one.column.header).split() if word in _UNITS] if one.name == "balance" else []
        if said and not any(_NAMED_MONEY.search(value) for value in one.column.values):
            unit = _UNITS[said[0]]
            return ["", "[constants]", f'currency = "{unit}"  # lo dice {_quoted(one.column.header)}']
    return []


def _date_form(values: Sequence[str]) -> list[str]:
    found = [(int(m[1]), int(m[2])) for value in values if (m := _DAY.fullmatch(value))]
    first, second = any(a > 12 for a, _ in found), any(b > 12 for _, b in found)
    if first and second:
        return ["# ¿? unas fechas traen el día primero y otras el mes: pida al acreedor que las escriba igual"]
    if first or second:
        return [f'date = "{"dd/mm/yyyy" if first else "mm/dd/yyyy"}"']
    return ["# ¿? ninguna fecha pasa del día 12, así que no se sabe si va primero el día o el mes; se lee el día",
            '# date = "mm/dd/yyyy"'] if found else []  # fmt: skip


def _decimal(values: Sequence[str]) -> list[str]:
    comma = sum(bool(re.search(r"(\.\d{3},\d+|\d,\d{1,2})\D*$", value)) for value in values)
    point = sum(bool(re.search(r"(,\d{3}\.\d+|\d\.\d{1,2})\D*$", value)) for value in values)
    if comma and point:
        return ["# ¿? unos importes llevan coma decimal y otros punto: cada uno se lee por su forma"]
    return [f'decimal = "{"," if comma else "."}"'] if comma or point else []


def _unknown_words(choices: Sequence[Choice], name: str, table: dict[str, Any]) -> list[str]:
    """Words of a column of classes that nobody knows yet, for a person to say what they mean."""
    words = [v for one in choices if one.name == name for v in dict.fromkeys(one.column.values) if key(v) not in table]
    if not words:
        return []
    meant = sorted({str(value) for value in table.values()})
    return [
        "", f"# ¿? palabras que no se conocen; diga qué son ({', '.join(meant)}):", f"[values.{name}]",
        *(f'# {_quoted(word)} = ""' for word in words[:_FEW]),
    ]  # fmt: skip
