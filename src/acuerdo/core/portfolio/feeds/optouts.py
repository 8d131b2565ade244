"""People who told the creditor, or a register, that they want no more messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.feeds.about import About, about, account_column, address_columns, document_columns
from acuerdo.core.portfolio.feeds.cells import ALL_CHANNELS, Cells, Channel
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms


class OptOutLine(msgspec.Struct, frozen=True):
    """One "no more": of a person where the row names one, else of an address; on one channel or on all (`*`)."""

    row: int
    about: About
    channel: Channel
    at: datetime
    source: str = ""


COLUMNS: tuple[Column, ...] = (
    *document_columns(),
    *address_columns(),
    account_column(),
    Column(
        "channel", "Canal que ya no quiere; si falta, todos.", ("SMS", "correo", "todos"),
        also=("canal", "medio", "canal excluido", "canales", "channel type"),
    ),
    Column(
        "at", "Día en que lo pidió.", ("2026-11-20",), "yes",
        ("fecha", "fecha solicitud", "fecha baja", "fecha exclusion", "fecha de baja", "date", "opt out date", "data",
         "fecha registro", "momento"),
    ),
    Column("source", "Por dónde lo pidió.", ("oficina", "SMS STOP", "reclamo 8812"),
           also=("origen", "fuente", "motivo", "observacion", "reason", "origem", "medio solicitud")),
)  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[OptOutLine | None, tuple[Fault, ...]]:
    """A row of opt-outs."""
    row = Cells(number, cells, terms)
    who = about(row)
    at, channel = row.moment("at", country=who.country), row.choice("channel", ALL_CHANNELS, "*")
    return row.done(OptOutLine(number, who, channel, at, row.text("source"))) if at else (None, tuple(row.faults))


FORM: Form[OptOutLine] = Form("bajas", COLUMNS, build, lambda line: "")
