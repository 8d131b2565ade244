"""One row of a feed on its way: its cells as values, and what is wrong with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.values import Bad, tidy
from acuerdo.core.portfolio.vocabulary import offered
from acuerdo.core.words import CAPITAL_ZONE

T = TypeVar("T")

_CLOCK = re.compile(
    r"[T ]+(?P<h>\d{1,2}):(?P<m>\d{2})(:(?P<s>\d{2})([.,]\d+)?)? *(?P<half>[ap])?\.? ?(m\.?)?"
    r" *(?P<zone>Z|[+-]\d{2}:?\d{2})?$",
    re.IGNORECASE,
)
NOON = time(12)  # of what is told with its day alone: the day counts, and noon is that day in every zone of a country


class Cells:
    """Hands out the values of a row by canonical column; what is wrong stays in `faults`."""

    def __init__(self, number: int, cells: Mapping[str, str], terms: Terms) -> None:
        self.number, self.cells, self.terms = number, cells, terms
        self.faults: list[Fault] = []

    def text(self, column: str) -> str:
        return tidy(self.cells.get(column, ""))

    def blame(self, column: str, bad: Bad, kept: bool = False) -> None:
        value = self.cells.get(column, "")
        self.faults.append(Fault(self.number, column, value, bad.reason, bad.mend, bad.code, kept=kept))

    def read(self, column: str, parse: Callable[[str], T], otherwise: T, kept: bool = False) -> T:
        """The parsed cell; `otherwise` when it is empty, or bad (which is then blamed)."""
        text = self.text(column)
        if not text:
            return otherwise
        try:
            return parse(text)
        except Bad as bad:
            self.blame(column, bad, kept)
            return otherwise

    def need(self, column: str, parse: Callable[[str], T], otherwise: T) -> T:
        """The same for a cell that may not be empty."""
        if not self.text(column):
            self.blame(column, Bad("missing", "falta este dato", "complete la celda"))
            return otherwise
        return self.read(column, parse, otherwise)

    def choice(self, column: str, table: Mapping[str, T], otherwise: T) -> T:
        """One of a table's values by any of their names."""
        return self.read(column, lambda text: chosen(table, text), otherwise)

    def past(self, column: str) -> date | None:
        """A day that cannot be later than the import's."""
        found = self.read(column, lambda text: values.day(text, self.terms.date_form), None)
        if found and found > self.terms.at:
            self.blame(column, Bad("date_future", "la fecha está en el futuro", "corrija la fecha"))
            return None
        return found

    def moment(self, column: str, clock: str = "", country: str = "") -> datetime | None:
        """A moment that has been, by the country's clock where none is told; `clock` may be a column of its hour."""
        text = f"{self.text(column)} {self.text(clock)}".strip() if clock else self.text(column)
        if not self.text(column):
            self.blame(column, Bad("missing", "falta la fecha", "complete la celda"))
            return None
        try:
            found = moment(text, self.terms.date_form, country or self.terms.country)
        except Bad as bad:
            self.blame(column, bad)
            return None
        if found.date() > self.terms.at:
            self.blame(column, Bad("date_future", "la fecha está en el futuro", "corrija la fecha"))
            return None
        return found

    def today(self, country: str) -> datetime:
        """The day of the import, of what is told without one."""
        return datetime.combine(self.terms.at, NOON, ZoneInfo(CAPITAL_ZONE[country]))

    def done(self, made: T) -> tuple[T | None, tuple[Fault, ...]]:
        """What a form's `build` answers: nothing where something is wrong that cannot be left out."""
        good = all(fault.kept for fault in self.faults)
        return (made if good else None), tuple(self.faults)


def chosen(table: Mapping[str, T], text: str) -> T:
    """What a word means in a table. Raises Bad naming those there are."""
    if (found := table.get(key(text))) is None:
        raise Bad("word_unknown", "no se conoce esa palabra", f"use una de: {offered(table)}")
    return found


def moment(text: str, date_form: str, country: str) -> datetime:
    """A day with its hour, aware: of the country's capital where no zone is written. Raises Bad."""
    zone = ZoneInfo(CAPITAL_ZONE[country])
    if not (clock := _CLOCK.search(text)):
        return datetime.combine(values.day(text, date_form), NOON, zone)
    day, hour = values.day(text[: clock.start()], date_form), int(clock["h"])
    if half := (clock["half"] or "").lower():
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        at = datetime.combine(day, time(hour, int(clock["m"]), int(clock["s"] or 0)), zone)
    except ValueError as error:
        raise Bad("hour_bad", "esa hora no existe", "escríbala como hh:mm, de 00:00 a 23:59") from error
    if clock["zone"]:
        return datetime.fromisoformat(at.replace(tzinfo=None).isoformat() + clock["zone"].upper())
    return at


def names(table: Mapping[T, Iterable[str]]) -> dict[str, T]:
    """A table by each of its members' names, their own included."""
    return {key(name): one for one, also in table.items() for name in (*also, str(one))}


Channel = Literal["*", "voice", "visit", "sms", "whatsapp", "email", "letter"]
CHANNELS: dict[str, Channel] = names({
    "voice": ("llamada", "voz", "llamadas", "telefono", "telefonico", "telefonica", "call", "phone", "ligacao",
              "telefonema", "ivr", "marcador", "dialer"),
    "visit": ("visita", "visitas", "campo", "domicilio", "terreno", "field", "presencial"),
    "sms": ("sms", "mensaje", "mensaje de texto", "texto", "text", "msj", "torpedo"),
    "whatsapp": ("whatsapp", "wsp", "wa", "wpp", "whats app", "watsap"),
    "email": ("correo", "correo electronico", "e mail", "mail", "correios eletronico"),
    "letter": ("carta", "correo postal", "postal", "mail postal", "aviso", "notificacion escrita"),
})  # fmt: skip
ALL_CHANNELS: dict[str, Channel] = CHANNELS | {
    key(word): "*" for word in ("todos", "todo", "all", "cualquiera", "todos los canales", "ambos", "qualquer")
}
