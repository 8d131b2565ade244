"""What people said about being written to: yes or no, per channel, when, and what proves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.feeds.about import About, about, account_column, document_columns
from acuerdo.core.portfolio.feeds.cells import ALL_CHANNELS, Cells, Channel, chosen
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms

GIVEN: dict[str, bool] = {
    **dict.fromkeys(
        ("si", "s", "yes", "y", "1", "true", "sim", "otorgado", "otorga", "dado", "acepta", "autoriza", "autorizado",
         "given", "granted", "opt in", "alta", "vigente", "concedido"), True,
    ),
    **dict.fromkeys(
        ("no", "n", "0", "false", "nao", "retirado", "retira", "revocado", "revoca", "rechaza", "no autoriza",
         "withdrawn", "revoked", "opt out", "baja", "negado", "revogado"), False,
    ),
}  # fmt: skip


class ConsentLine(msgspec.Struct, frozen=True):
    """What a person said about a channel, or about all (`*`), at a moment."""

    row: int
    about: About
    channel: Channel
    given: bool
    at: datetime
    evidence: str = ""
    source: str = ""


class Said(msgspec.Struct, frozen=True):
    """A person's latest word about one channel, or about all (`*`)."""

    channel: str
    given: bool
    at: datetime


def agreed(said: Iterable[Said], channel: str) -> bool | None:
    """Whether the person's latest word about a channel is yes; None where there is none. Of two at once, no holds."""
    heard = [one for one in said if one.channel in ("*", channel)]
    return max(heard, key=lambda one: (one.at, not one.given)).given if heard else None


COLUMNS: tuple[Column, ...] = (
    *document_columns(),
    account_column(),
    Column(
        "channel", "Canal del que habla; si falta, todos.", ("WhatsApp", "correo", "todos"),
        also=("canal", "medio", "canales", "channel type"),
    ),
    Column(
        "given", "Si lo dio o lo retiró.", ("sí", "retirado"), "yes",
        ("consentimiento", "autorizacion", "estado", "autoriza", "acepta", "consent", "status", "valor",
         "consentimento", "accion", "opt in"),
    ),
    Column(
        "at", "Momento en que lo dijo.", ("2026-11-20 10:15",), "yes",
        ("fecha", "fecha consentimiento", "fecha autorizacion", "fecha firma", "date", "consent date", "data",
         "momento", "fecha hora"),
    ),
    Column(
        "evidence", "Qué lo prueba: número de contrato, grabación, formulario.", ("contrato 1182, cláusula 9",),
        also=("evidencia", "prueba", "soporte", "documento soporte", "proof", "evidencia consentimiento", "grabacion"),
    ),
    Column("source", "Por dónde se recogió.", ("web", "oficina"), also=("origen", "fuente", "origem")),
)  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[ConsentLine | None, tuple[Fault, ...]]:
    """A row of consents."""
    row = Cells(number, cells, terms)
    who = about(row)
    at, channel = row.moment("at", country=who.country), row.choice("channel", ALL_CHANNELS, "*")
    given = row.need("given", lambda text: chosen(GIVEN, text), False)
    if at is None:
        return None, tuple(row.faults)
    return row.done(ConsentLine(number, who, channel, given, at, row.text("evidence"), row.text("source")))


FORM: Form[ConsentLine] = Form("consentimientos", COLUMNS, build, lambda line: "")
