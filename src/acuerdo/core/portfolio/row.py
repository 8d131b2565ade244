"""One row on its way: its cells as values, each distinct text understood once, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec

from acuerdo.core.portfolio import contact, values
from acuerdo.core.portfolio.columns_parties import PARTIES
from acuerdo.core.portfolio.columns_person import ALLOWED, PLACE, REACH, REGISTERS
from acuerdo.core.portfolio.documents import Document, document
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.regions import region_code
from acuerdo.core.portfolio.slips import Bad, tidy
from acuerdo.core.portfolio.vocabulary import CHANNELS, CUSTOMER_TYPES, STATUS_NAMES, choice, language, product
from acuerdo.core.words import Country

# So many distinct texts of a column are remembered; a column where they are more gains nothing from memory.
_MOST = 4096
# A value of these that cannot be read is told, and the row goes in without it.
KEPT = frozenset({
    "subdivision", "zone", "language", "born", "preferred_channel", "preferred_hours", "consent", "consent_sms",
    "consent_whatsapp", "consent_email", "consent_voice", "consent_date", "limitation_date", "installments_total",
    "installments_paid", "installments_overdue",
})  # fmt: skip
# The columns that hold amounts of money.
MONEY: tuple[str, ...] = ("balance", "principal", "interest", "fees", "installment_due", "minimum_due")
_DASH = re.compile(r"(\$|S/\.?|€|[A-Z]{2,3}\$?)? ?[-–—]")
MISSING = Bad("missing", "falta este dato", "complete la celda")


class Memory(dict[str, Any]):
    """What each raw text of a column means: a value, None where it is blank, or the Bad that it is."""

    __slots__ = ("_parse",)

    def __init__(self, parse: Callable[[str], Any]) -> None:
        self._parse = parse

    def __missing__(self, raw: str) -> Any:
        text = raw if raw.isalnum() and raw.isascii() else tidy(raw)
        try:
            found = self._parse(text) if text else None
        except Bad as bad:
            found = _bare(bad)
        if len(self) < _MOST:
            self[raw] = found
        return found


def _bare(bad: Bad) -> Bad:
    """What is wrong, without the frames that an exception holds on to."""
    return Bad(bad.code, bad.reason, bad.mend)


def _past(form: str, terms: Terms) -> Callable[[str], Any]:
    """A day that cannot be later than the import's."""

    def read(text: str) -> Any:
        found = values.day(text, form)
        if found > terms.at:
            raise Bad("date_future", "la fecha está en el futuro", "corrija la fecha")
        return found

    return read


def _each(marks: str, parse: Callable[[str], str]) -> Callable[[str], Any]:
    """The good values of a cell that holds several, once each, and the bad ones with what is wrong."""

    splits = re.compile(f"[{re.escape(marks)}]").search

    def read(text: str) -> tuple[tuple[str, ...], tuple[tuple[str, Bad], ...]]:
        good: dict[str, None] = {}
        bad: list[tuple[str, Bad]] = []
        for part in contact.split_cell(text, marks) if splits(text) else (text,):
            try:
                good[parse(part)] = None
            except Bad as found:
                bad.append((part, _bare(found)))
        return tuple(good), tuple(bad)

    return read


PHONE_MARKS, EMAIL_MARKS = "|/;,", "|;, "


class Shape(msgspec.Struct, frozen=True):
    """What rows of the same columns have in common: `extras` are the subjects of which they say anything.

    `columns` are their names in one order, and `values` gives a row's cells in it.
    """

    simple: tuple[tuple[str, Memory], ...]
    columns: str
    values: Callable[[Mapping[str, str]], tuple[str, ...]]
    extras: frozenset[str]


# What few files have: rows without any of it are not asked for each.
_EXTRAS: dict[str, frozenset[str]] = {
    "parties": frozenset(column.name for column in PARTIES),
    "consents": frozenset(column.name for column in ALLOWED),
    "registers": frozenset(column.name for column in REGISTERS),
    "contacts": frozenset(
        column.name for column in (*PLACE, *REACH) if column.name.endswith(("_source", "_quality"))
    ),
    "surnames": frozenset({"given_names", "surnames", "second_surname"}),
}  # fmt: skip


def _getter(columns: Sequence[str]) -> Callable[[Mapping[str, str]], tuple[str, ...]]:
    """Takes the cells of these columns in one go; itemgetter gives a tuple from two on."""
    return itemgetter(*columns) if len(columns) > 1 else lambda cells: tuple(cells[column] for column in columns)


class Desk:
    """All that is remembered while rows of one country of one file are read; bounded, and shared by its rows."""

    def __init__(self, terms: Terms, country: Country) -> None:
        self.terms, self.country = terms, country
        self.marks = dict(terms.marks)
        self.accepted = values.accepted(country, terms.currencies)
        self.texts = Memory(str)
        self.simple = _simple(terms, country)
        self.phones = Memory(_each(PHONE_MARKS, lambda text: contact.phone(text, country)))
        self.emails = Memory(_each(EMAIL_MARKS, contact.email))
        self.names = {kind: Memory(_named(kind)) for kind in (False, True)}
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._papers: dict[str, Memory] = {}
        self._money: dict[str, dict[str, Memory]] = {}

    def shape(self, cells: Mapping[str, str]) -> Shape:
        """What is known of rows with these columns."""
        columns = tuple(cells)
        found = self._shapes.get(columns)
        if found is None:
            found = self._shapes[columns] = Shape(
                tuple((column, self.simple[column]) for column in columns if column in self.simple),
                " ".join(sorted(columns)),
                _getter(sorted(columns)),
                frozenset(subject for subject, of_it in _EXTRAS.items() if not of_it.isdisjoint(columns)),
            )
        return found

    def papers(self, stated: str) -> Memory:
        """Documents of one stated kind (or none)."""
        found = self._papers.get(stated)
        if found is None:
            found = self._papers[stated] = Memory(self._paper(stated))
        return found

    def _paper(self, stated: str) -> Callable[[str], Document]:
        return lambda text: document(text, self.country, stated)

    def money(self, currency: str) -> dict[str, Memory]:
        """Amounts in one currency, by column."""
        found = self._money.get(currency)
        if found is None:
            found = self._money[currency] = {
                column: Memory(
                    (self._amount if column == "balance" else self._part)(currency, self.marks.get(column, ""))
                )
                for column in MONEY
            }
        return found

    def _amount(self, currency: str, mark: str) -> Callable[[str], Any]:
        return lambda text: values.amount(text, currency, self.country, self.terms.decimal, mark)

    def _part(self, currency: str, mark: str) -> Callable[[str], Any]:
        """An amount beside the balance: the lone dash by which accounting formats write nothing is nothing."""
        read = self._amount(currency, mark)
        return lambda text: None if _DASH.fullmatch(text) else read(text)


def _named(business: bool) -> Callable[[str], str]:
    return lambda text: values.person_name(text, business)


@lru_cache(maxsize=8)
def desk_of(terms: Terms, country: Country) -> Desk:
    """The memory for rows of a country under these terms."""
    return Desk(terms, country)


def _simple(terms: Terms, country: str) -> dict[str, Memory]:
    """The columns whose cells mean the same whatever stands beside them."""
    form = terms.date_form
    past, day = _past(form, terms), lambda text: values.day(text, form)
    parsers: dict[str, Callable[[str], Any]] = {
        "external_id": str,
        "product": product,
        "address": str,
        "city": str,
        "currency": lambda text: values.currency(text, country, terms.currencies),
        "subdivision": lambda text: region_code(text, country),
        "zone": lambda text: contact.zone(text, country),
        "customer_type": choice(CUSTOMER_TYPES, "customer_type_unknown", "ese tipo de cliente"),
        "status": choice(STATUS_NAMES, "status_unknown", "ese estado"),
        "language": language(country),
        "preferred_channel": choice(CHANNELS, "channel_unknown", "ese canal"),
        "preferred_hours": contact.hours,
        "due_date": day,
        "limitation_date": day,
        "days_past_due": values.count,
        "late_payments_12m": lambda text: values.count(text, most=365),
        **dict.fromkeys(("as_of", "opened", "last_payment_date", "customer_since", "born", "consent_date"), past),
        **dict.fromkeys(("installments_total", "installments_paid", "installments_overdue"), _installments),
        **{name: lambda text: values.flag(text, form) for name in (
            "consent", "consent_sms", "consent_whatsapp", "consent_email", "consent_voice",
            "do_not_call", "judicialised", "deceased",
        )},
    }  # fmt: skip
    return {column: Memory(parse) for column, parse in parsers.items()}


def _installments(text: str) -> int:
    return values.count(text, most=1200)


class Row:
    """Hands out the values of a row by canonical column, and collects what is wrong with them."""

    __slots__ = ("cells", "desk", "faults", "number", "said", "shape")

    def __init__(self, number: int, cells: Mapping[str, str], desk: Desk) -> None:
        self.number, self.cells, self.desk = number, cells, desk
        self.shape = shape = desk.shape(cells)
        self.faults: list[Fault] = []
        self.said: dict[str, Any] = {}
        said = self.said
        for column, memory in shape.simple:
            if raw := cells[column]:
                found = memory[raw]
                if found.__class__ is Bad:
                    self.blame(column, found, column in KEPT)
                elif found is not None:
                    said[column] = found

    def blame(self, column: str, bad: Bad, kept: bool = False, value: str | None = None) -> None:
        """Notes what is wrong with a cell, or with a part of it."""
        shown = self.cells.get(column, "") if value is None else value
        self.faults.append(Fault(self.number, column, shown, bad.reason, bad.mend, bad.code, kept=kept))

    def text(self, column: str) -> str:
        """The cell, tidied."""
        raw = self.cells.get(column)
        return (self.desk.texts[raw] or "") if raw else ""

    def read(self, column: str, memory: Memory, kept: bool = False) -> Any:
        """The cell as `memory` understands it; None when it is blank, or bad (which is then blamed)."""
        raw = self.cells.get(column)
        if not raw:
            return None
        found = memory[raw]
        if found.__class__ is Bad:
            self.blame(column, found, kept)
            return None
        return found

    def several(self, column: str, memory: Memory) -> tuple[str, ...]:
        """The good values of a cell that holds several; bad ones are blamed and the row is kept."""
        raw = self.cells.get(column)
        found = memory[raw] if raw else None
        if found is None:
            return ()
        good: tuple[str, ...] = found[0]
        for part, bad in found[1]:
            self.blame(column, bad, True, part)
        return good
