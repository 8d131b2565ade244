"""A row by canonical columns to its record, and all that is wrong with it; what a column of amounts shows of itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.accounts import account_of
from acuerdo.core.portfolio.amounts import DECIMAL_MARK, mark_shown
from acuerdo.core.portfolio.people import parties_of, person_of, registers_of
from acuerdo.core.portfolio.records import Fault, Record, Terms
from acuerdo.core.portfolio.row import MONEY, Memory, Row, desk_of
from acuerdo.core.portfolio.slips import Bad
from acuerdo.core.words import CURRENCY_OF, DECIMALS, derive

_countries = Memory(values.country)


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[Record | None, tuple[Fault, ...]]:
    """A row by canonical columns to its record (None when it is set aside) and all that is wrong with it, in one go."""
    raw = cells.get("country")
    found = _countries[raw] if raw else None
    if found.__class__ is Bad:
        # Without its country neither document, phone nor currency can be judged.
        return None, (Fault(number, "country", raw or "", found.reason, found.mend, found.code),)
    row = Row(number, cells, desk_of(terms, found or terms.country))
    person, account = person_of(row), account_of(row)
    extras = row.shape.extras
    parties = parties_of(row) if "parties" in extras else ()
    registers = registers_of(row) if "registers" in extras else ()
    faults: tuple[Fault, ...] = ()
    if row.faults:
        faults = _in_order(row)
        if any(not fault.kept for fault in faults):
            return None, faults
    if person is None or account is None:
        return None, faults
    return Record(person, account, number, _digest(row), parties, registers), faults


def _in_order(row: Row) -> tuple[Fault, ...]:
    """What is wrong, in the order of the row's columns."""
    if len(row.faults) > 1:
        at = {column: index for index, column in enumerate(row.cells)}
        row.faults.sort(key=lambda fault: at.get(fault.column, len(at)))
    return tuple(row.faults)


def _digest(row: Row) -> str:
    """What the row says, whatever the day of its import and the order of its columns."""
    terms, shape = row.desk.terms, row.shape
    return derive(terms.country, terms.date_form, terms.decimal, shape.columns, *shape.values(row.cells))


def learn(
    rows: Iterable[Mapping[str, str]], terms: Terms, money: Sequence[str] = MONEY
) -> tuple[Terms, tuple[Fault, ...]]:
    """The decimal mark that each column of amounts shows in these rows, where all that show one agree.

    An amount like `1.500` is then read as the rest of its column is written. A column in which every amount is like
    that is read as its country writes, and told once.
    """
    if terms.decimal or not money:
        return terms, ()
    shown: dict[str, dict[str, str]] = {column: {} for column in money}
    for cells in rows:
        for column, found in shown.items():
            if raw := cells.get(column):
                found.setdefault(mark_shown(raw), raw)
    marks = tuple((column, mark) for column, found in shown.items() if (mark := _agreed(set(found))))
    doubts = tuple(
        _doubt(column, found["?"], terms.country)
        for column, found in shown.items()
        if set(found) - {""} == {"?"} and _as_thousands(found["?"], terms.country)
    )
    return msgspec.structs.replace(terms, marks=marks), doubts


def _agreed(shown: set[str]) -> str:
    proven = shown & {".", ","}
    return proven.pop() if len(proven) == 1 else ""


def _as_thousands(text: str, country: str) -> bool:
    """Whether its country reads this lone mark as one of thousands, and might have meant decimals.

    Where it does not, its rows say that they are unclear; and nobody writes decimals of a peso of Chile.
    """
    return DECIMAL_MARK[country] not in text and DECIMALS[CURRENCY_OF[country]] > 0


def _doubt(column: str, text: str, country: str) -> Fault:
    mark = DECIMAL_MARK[country]
    return Fault(
        0, column, text,
        f"todos los importes con separador son como «{text}», y se leen con miles, como se escribe en {country}",
        f"si ese separador es el decimal, indique [formats] decimal = \"{'.' if mark == ',' else ','}\" en el mapeo",
        "decimal_assumed", kept=True,
    )  # fmt: skip
