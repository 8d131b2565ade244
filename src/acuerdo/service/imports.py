"""Imports afterwards: which there were, what became of a row and why, and taking one out while nothing stands on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from acuerdo.core.words import AcuerdoError, Money

Verdict = Literal["n", "c", "s", "o", "a", "r"]
# What became of a row, as people read it.
BECAME: dict[str, str] = {
    "n": "Entró: es una obligación nueva.",
    "c": "Cambió lo que estaba registrado.",
    "s": "Sin cambios: dice lo mismo que lo que estaba registrado.",
    "o": "Sin cambios: su fecha de corte es anterior a la de lo registrado, y manda lo más nuevo.",
    "a": "Apartada: no entró.",
    "r": "Repetida: es igual a otra fila del archivo, y se cuenta una vez.",
}


class UnknownImport(AcuerdoError):
    """There is no import of that name."""


class StandsOn(AcuerdoError):
    """An import cannot be taken out: something was built on what it brought; the text says what."""


class ImportRow(msgspec.Struct, frozen=True):
    """One import: `counts` are in, updated, unchanged, closed, set_aside, doubtful; `status` is done or undone."""

    id: str
    creditor: str
    feed: str
    file: str
    at: datetime
    who: str
    status: str
    counts: dict[str, int]
    cut_off: date | None = None


class Trace(msgspec.Struct, frozen=True):
    """What an import did with one row: `was` and `now` are of the debt on record; `reasons` why it was set aside."""

    import_id: str
    row: int | None
    verdict: str
    external_id: str | None = None
    was: Stood | None = None
    now: Stood | None = None
    changed: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


class Stood(msgspec.Struct, frozen=True):
    """How a debt stood: balance, what was paid to us and not in it, days past due and state, as of a day."""

    balance: Money
    paid_since: Money
    days_past_due: int
    as_of: date
    status: str


class Undone(msgspec.Struct, frozen=True):
    """What taking an import out did: accounts removed, and rows that are again as they were."""

    removed: int
    restored: int


class Imports(Protocol):
    """Where imports are on record."""

    async def imports(self, creditor: str, limit: int) -> list[ImportRow]: ...
    async def import_named(self, name: str) -> ImportRow | None: ...
    async def of_line(self, import_id: str, line: int) -> Trace | None: ...
    async def of_account(self, creditor: str, external_id: str) -> list[Trace]: ...
    async def undo(self, import_id: str, at: datetime, who: str) -> Undone: ...


async def import_named(store: Imports, name: str) -> ImportRow:
    """An import by its id, or by the beginning of it. Raises UnknownImport."""
    found = await store.import_named(name)
    if found is None:
        raise UnknownImport(f"there is no import {name!r}, or several begin so; see acuerdo portfolio imports")
    return found


async def undo(store: Imports, name: str, at: datetime, who: str = "operator") -> tuple[ImportRow, Undone]:
    """Takes an import out: rows that it brought go, and rows that it changed are as they were, to the letter.

    Raises UnknownImport, and StandsOn where a conversation, campaign, agreement, payment or later import is built on
    what it brought; then nothing changes.
    """
    found = await import_named(store, name)
    if found.feed != "portfolio" or found.status != "done":
        raise StandsOn(f"import {found.id} cannot be undone: it is {found.status}, of {found.feed}")
    return found, await store.undo(found.id, at, who)


def told(trace: Trace) -> list[str]:
    """A trace in words, in Spanish."""
    lines = [BECAME[trace.verdict] if trace.row is not None else "El archivo no la trajo, y se cerró porque se pidió."]
    lines += trace.reasons
    if trace.verdict == "c" and trace.was is not None and trace.now is not None:
        lines += _differences(trace.was, trace.now)
        if trace.changed:
            lines.append(f"También cambió: {', '.join(trace.changed)}.")
    return lines


def _differences(was: Stood, now: Stood) -> list[str]:
    lines = []
    if was.balance != now.balance:
        lines.append(f"El saldo pasó de {_money(was.balance)} a {_money(now.balance)}.")
    if was.days_past_due != now.days_past_due:
        lines.append(f"Los días de mora pasaron de {was.days_past_due} a {now.days_past_due}.")
    if was.status != now.status:
        lines.append(f"El estado pasó de {_state(was.status)} a {_state(now.status)}.")
    if was.as_of != now.as_of:
        lines.append(f"La fecha de corte pasó del {was.as_of.isoformat()} al {now.as_of.isoformat()}.")
    if was.paid_since != now.paid_since and was.paid_since.currency == now.paid_since.currency:
        held = was.paid_since - now.paid_since
        lines.append(f"De lo pagado por aquí, {_money(held)} ya están en el saldo del acreedor.")
    return lines


STATES: dict[str, str] = {"open": "vigente", "paid": "pagada", "legal": "judicial", "withdrawn": "retirada"}


def _state(status: str) -> str:
    return STATES.get(status, status)


def _money(amount: Money) -> str:
    return f"{amount.plain()} {amount.currency}"


def listed(rows: Sequence[ImportRow]) -> list[tuple[object, ...]]:
    """Imports as lines of a table; of other feeds than the portfolio, `in` is how many rows were taken."""
    names = ("updated", "unchanged", "closed", "set_aside", "doubtful")
    return [
        (one.id[:10], one.at.isoformat(" ", "minutes"), one.feed, one.file, one.status,
         one.counts.get("in", one.counts.get("taken", "")), *(one.counts.get(name, "") for name in names))
        for one in rows
    ]  # fmt: skip
