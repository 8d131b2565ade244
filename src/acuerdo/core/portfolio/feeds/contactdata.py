"""New ways to reach people, and what is now known of old ones: searches, corrections, numbers that went bad."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.feeds.about import About, about, account_column, document_columns
from acuerdo.core.portfolio.feeds.cells import Cells, names
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.records import Fault, Terms
from acuerdo.core.portfolio.values import Bad

Quality = Literal["good", "unknown", "bad"]
QUALITIES: dict[str, Quality] = names({
    "good": ("bueno", "buena", "verificado", "verificada", "alta", "valido", "valida", "confirmado", "verified",
             "valid", "efectivo", "bom", "a"),
    "unknown": ("sin verificar", "desconocida", "media", "dudoso", "dudosa", "probable", "por verificar", "unverified",
                "medium", "b", "nueva", "nuevo"),
    "bad": ("malo", "mala", "equivocado", "equivocada", "numero equivocado", "no existe", "invalido", "invalida",
            "errado", "baja", "fuera de servicio", "wrong", "invalid", "ruim", "c", "desactualizado"),
})  # fmt: skip


class ContactDataLine(msgspec.Struct, frozen=True):
    """A phone, an e-mail or a postal address of a person, what it is worth, and since when that is known."""

    row: int
    about: About
    at: datetime
    phone: str = ""
    email: str = ""
    address: str = ""
    quality: Quality = "unknown"
    source: str = ""


COLUMNS: tuple[Column, ...] = (
    *document_columns(),
    account_column(),
    Column(
        "phone", "Teléfono de la persona.", ("300 555 0100",), "what",
        ("telefono", "celular", "movil", "tel", "telefono nuevo", "nuevo telefono", "phone number", "mobile",
         "telefone", "whatsapp"),
    ),
    Column(
        "email", "Correo electrónico.", ("ana@ejemplo.com",), "what",
        ("correo", "correo electronico", "e mail", "mail", "correo nuevo", "nuevo correo", "email address"),
    ),
    Column(
        "address", "Dirección postal.", ("Calle 10 # 5-21",), "what",
        ("direccion", "domicilio", "direccion nueva", "street address", "endereco"),
    ),
    Column(
        "quality", "Qué se sabe del dato: bueno, sin verificar o malo.", ("bueno", "malo"),
        also=("calidad", "estado", "validez", "resultado", "estado dato", "calificacion", "status", "qualidade"),
    ),
    Column("source", "De dónde viene.", ("búsqueda", "la persona", "central de información"),
           also=("origen", "fuente", "proveedor", "origem")),
    Column(
        "at", "Día en que se supo; si falta, el de la importación.", ("2026-11-20",),
        also=("fecha", "fecha actualizacion", "fecha dato", "fecha verificacion", "date", "updated", "data"),
    ),
)  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[ContactDataLine | None, tuple[Fault, ...]]:
    """A row of contact data."""
    row = Cells(number, cells, terms)
    who = about(row)
    found = (who.phone, who.email, row.text("address"))
    quality = row.choice("quality", QUALITIES, "unknown")
    at = row.moment("at", country=who.country) if row.text("at") else row.today(who.country)
    if not row.faults and not (who.account or who.document):
        row.blame("document", Bad("nobody", "no dice de quién es el dato", "ponga la obligación o el documento"))
    if not row.faults and not any(found):
        row.blame("phone", Bad("missing", "no trae ningún dato", "ponga el teléfono, el correo o la dirección"))
    if at is None:
        return None, tuple(row.faults)
    whose = About(who.country, who.account, who.document)
    return row.done(ContactDataLine(number, whose, at, *found, quality, row.text("source")))


FORM: Form[ContactDataLine] = Form("datos de contacto", COLUMNS, build, lambda line: "")
