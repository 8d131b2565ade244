"""Attempts at contact that others made: diallers, agencies and people, each as one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

import msgspec

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.columns import Column, key
from acuerdo.core.portfolio.feeds.about import About, about, account_column, address_columns, document_columns
from acuerdo.core.portfolio.feeds.cells import CHANNELS, Cells, Channel, names
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.values import Bad
from acuerdo.core.words import CURRENCY_OF, Mode, Money

Direction = Literal["outbound", "inbound"]
DIRECTIONS: dict[str, Direction] = names({
    "outbound": ("saliente", "salida", "out", "nuestra"),
    "inbound": ("entrante", "entrada", "in", "recibida", "del cliente"),
})  # fmt: skip
YES_NO: dict[str, bool] = {
    **dict.fromkeys(("si", "s", "yes", "y", "1", "true", "verdadero", "sim", "contactado", "x"), True),
    **dict.fromkeys(("no", "n", "0", "false", "falso", "nao", "no contactado"), False),
}
MODES: dict[str, Mode] = {"voice": "voice", "visit": "visit"}  # all others are text


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a result of an attempt means. `attempt` False: it never got so far as to ring or arrive, and counts nowhere.

    `address` says what it proves of the address: "bad" (it does not exist), "wrong" (it is somebody else's).
    """

    meaning: str
    reached: bool
    attempt: bool = True
    address: Literal["", "bad", "wrong"] = ""
    promise: bool = False
    also: tuple[str, ...] = ()


class ContactLine(msgspec.Struct, frozen=True):
    """One attempt. `id` is its name in the system that made it; `due` and `promised` are told with a promise."""

    row: int
    about: About
    at: datetime
    channel: Channel
    result: str
    reached: bool
    attempt: bool = True
    address: Literal["", "bad", "wrong"] = ""
    inbound: bool = False
    id: str = ""
    agent: str = ""
    due: date | None = None
    promised: Money | None = None

    @property
    def mode(self) -> Mode:
        return MODES.get(self.channel, "text")


COLUMNS: tuple[Column, ...] = (
    account_column(),
    *document_columns(),
    *address_columns(),
    Column(
        "at", "Momento del intento, en la hora del país si no dice otra.", ("2026-11-20 14:35", "20/11/2026 14:35"),
        "yes",
        ("fecha", "fecha hora", "fecha y hora", "fecha gestion", "fecha de gestion", "fecha llamada", "fecha contacto",
         "momento", "timestamp", "date", "datetime", "call date", "call time", "start time", "data hora", "data",
         "data da ligacao"),
    ),
    Column("clock", "Hora, cuando va en otra columna.", ("14:35",),
           also=("hora", "hora gestion", "hora llamada", "time", "horario")),
    Column(
        "channel", "Llamada, visita, SMS, correo, WhatsApp o carta; si falta, llamada.", ("llamada", "SMS", "visita"),
        also=("canal", "medio", "tipo gestion", "tipo de gestion", "tipo contacto", "mode", "modo", "media",
              "channel type"),
    ),
    Column(
        "result", "Resultado del intento: su código o su nombre.", ("contestó", "no contestó", "buzón", "promesa"),
        "how",
        ("resultado", "resultado gestion", "codigo resultado", "tipificacion", "codigo", "codigo gestion", "efecto",
         "respuesta", "disposition", "result code", "outcome", "call result", "status", "estado llamada", "tabulacao"),
    ),
    Column(
        "reached", "Si se habló con la persona.", ("sí", "no"), "how",
        ("contactado", "contacto", "contacto directo", "titular", "rpc", "right party", "contatado"),
    ),
    Column("agent", "Quién hizo la gestión.", ("Marta R.", "marcador 3"),
           also=("agente", "gestor", "asesor", "usuario", "operador", "ejecutivo", "user", "agency", "agencia")),
    Column("attempt_id", "Número del intento en el sistema que lo hizo.", ("77123",),
           also=("id gestion", "id llamada", "call id", "id intento", "uniqueid", "id contacto", "interaction id")),
    Column("direction", "Saliente o entrante; si falta, saliente.", ("saliente",),
           also=("direccion llamada", "sentido", "tipo llamada", "call direction")),
    Column("promise_date", "Día que la persona prometió pagar.", ("2026-11-28",),
           also=("fecha promesa", "fecha compromiso", "fecha de promesa", "ptp date", "data promessa")),
    Column("promise_amount", "Lo que prometió pagar.", ("150000",),
           also=("valor promesa", "monto promesa", "monto compromiso", "valor compromiso", "ptp amount",
                 "valor promessa")),
)  # fmt: skip


def contacts_form(results: Mapping[str, Result]) -> Form[ContactLine]:
    """The form of attempts, with what results mean by any of their names."""
    known = {key(name): (code, one) for code, one in results.items() for name in (code, *one.also)}

    def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[ContactLine | None, tuple[Fault, ...]]:
        row = Cells(number, cells, terms)
        who = about(row)
        at = row.moment("at", "clock", who.country)
        usual: Channel = "email" if who.email and not who.phone else "voice"
        channel = row.choice("channel", CHANNELS, usual)
        told = row.choice("reached", YES_NO, None)
        code, result = _result(row, known, told)
        due = row.read("promise_date", lambda text: _day(text, terms), None, kept=True)
        amount = row.read("promise_amount", lambda text: _amount(text, who, terms), None, kept=True)
        inbound = row.choice("direction", DIRECTIONS, "outbound") == "inbound"
        if at is None:
            return None, tuple(row.faults)
        if due and due < at.date():
            row.blame("promise_date", _PROMISED_BACK, kept=True)
            due = None
        return row.done(
            ContactLine(
                number, who, at, channel, code, result.reached if told is None else told, result.attempt or bool(told),
                result.address, inbound, row.text("attempt_id"), row.text("agent"), due,
                amount if due and amount and amount.minor > 0 else None,
            )
        )  # fmt: skip

    return Form("contactos", COLUMNS, build, lambda line: line.id, identified_by="attempt_id")


_PROMISED_BACK = Bad(
    "promise_past", "la promesa es para un día anterior al del intento, y no se cuenta", "corrija el día prometido"
)
NOT_TOLD = Result("", reached=False)


def _result(row: Cells, known: Mapping[str, tuple[str, Result]], told: bool | None) -> tuple[str, Result]:
    """What the row's result means. One that is not known counts by what the row says of reach; else it is blamed."""
    text = row.text("result")
    found = known.get(key(text))
    if found is not None:
        return found
    if told is not None:
        return key(text), NOT_TOLD
    if not text:
        row.blame("result", Bad("missing", "falta el resultado", "ponga el resultado, o si se habló con la persona"))
        return "", NOT_TOLD
    mend = (
        f'diga en el mapeo a cuál equivale: [values.result] "{text}" = "no_answer"; los hay: {", ".join(_codes(known))}'
    )
    row.blame("result", Bad("result_unknown", "no se conoce ese resultado, y contarlo mal sería peor", mend))
    return "", NOT_TOLD


def _codes(known: Mapping[str, tuple[str, Result]]) -> list[str]:
    return sorted({code for code, _ in known.values()})


def _day(text: str, terms: Terms) -> date:
    return values.day(text, terms.date_form)


def _amount(text: str, who: About, terms: Terms) -> Money:
    return values.amount(text, CURRENCY_OF[who.country], who.country, terms.decimal)
