"""Registers that bar contact or change it: do-not-call lists, debts before a court, people who died."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.feeds.about import About, about, account_column, address_columns, document_columns
from acuerdo.core.portfolio.feeds.cells import Cells, chosen, names
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.values import Bad

Register = Literal["do_not_call", "judicialised", "deceased", "insolvency"]
REGISTERS: dict[str, Register] = names({
    "do_not_call": ("no llamar", "no contactar", "lista negra", "rne", "repep", "reus", "lista robinson",
                    "robinson", "no molestar", "no me llame", "exclusion", "dnc", "do not call", "nao perturbe"),
    "judicialised": ("judicial", "judicializado", "judicializada", "en juicio", "demanda", "demandado", "juridico",
                     "proceso judicial", "judicialized", "in court", "ajuizado"),
    "deceased": ("fallecido", "fallecida", "fallecidos", "difunto", "defuncion", "muerto", "falecido"),
    "insolvency": ("insolvencia", "concurso", "concurso de acreedores", "quiebra", "insolvente", "bankruptcy",
                   "liquidacion patrimonial", "falencia"),
})  # fmt: skip
IN: dict[str, bool] = {
    **dict.fromkeys(("add", "alta", "agregar", "anadir", "incluir", "ingreso", "entra", "incluido", "inclusao"), True),
    **dict.fromkeys(
        ("remove", "baja", "quitar", "eliminar", "excluir", "retirar", "salida", "sale", "retirado", "exclusao"), False
    ),
}
# What each register may name: an address is no debt, and nobody dies by telephone.
NAMES: dict[Register, tuple[str, ...]] = {
    "do_not_call": ("phone", "email", "document"),
    "judicialised": ("account", "document"),
    "deceased": ("document",),
    "insolvency": ("document",),
}
_SPANISH = {"phone": "el teléfono", "email": "el correo", "document": "el documento", "account": "la obligación"}


class RegisterLine(msgspec.Struct, frozen=True):
    """That somebody or something entered a register, or left it."""

    row: int
    register: Register
    about: About
    entered: bool
    at: datetime
    source: str = ""


COLUMNS: tuple[Column, ...] = (
    Column(
        "register", "Registro: no llamar, judicial, fallecidos o insolvencia.", ("no llamar", "fallecido"), "yes",
        ("registro", "lista", "tipo", "tipo registro", "motivo", "marca", "list", "type", "causal"),
    ),
    *document_columns(),
    *address_columns(),
    account_column(),
    Column(
        "action", "Alta o baja en el registro; si falta, alta.", ("alta", "baja"),
        also=("accion", "movimiento", "novedad", "operacion registro", "acao"),
    ),
    Column(
        "at", "Día en que entró o salió; si falta, el de la importación.", ("2026-11-20",),
        also=("fecha", "fecha registro", "fecha inscripcion", "fecha novedad", "date", "data", "fecha alta",
              "fecha defuncion"),
    ),
    Column("source", "De dónde viene.", ("Registraduría", "juzgado 4 civil"),
           also=("origen", "fuente", "origem", "juzgado", "entidad")),
)  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[RegisterLine | None, tuple[Fault, ...]]:
    """A row of registers."""
    row = Cells(number, cells, terms)
    register = row.need("register", lambda text: chosen(REGISTERS, text), None)
    who = about(row)
    entered = row.choice("action", IN, True)
    at = row.moment("at", country=who.country) if row.text("at") else row.today(who.country)
    if register is None or at is None:
        return None, tuple(row.faults)
    if not row.faults and not any(getattr(who, name) for name in NAMES[register]):
        wanted = " o ".join(_SPANISH[name] for name in NAMES[register])
        row.blame("register", Bad("nobody", "ese registro necesita otro dato", f"ponga {wanted}"))
    return row.done(RegisterLine(number, register, who, entered, at, row.text("source")))


FORM: Form[RegisterLine] = Form("registros", COLUMNS, build, lambda line: "")
