"""Whom a row of a feed is about: an account by the creditor's number, a person by document, or an address."""

from __future__ import annotations

import msgspec

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.contact import email, phone
from acuerdo.core.portfolio.documents import Document, document
from acuerdo.core.portfolio.feeds.cells import Cells
from acuerdo.core.portfolio.values import Bad
from acuerdo.core.words import Country


class About(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom a row is about: whatever of it the file tells. `phone` is E.164, `email` in small letters."""

    country: Country
    account: str = ""
    document: Document | None = None
    phone: str = ""
    email: str = ""

    @property
    def paper(self) -> str:
        """The document as its blind index is made of it; "" where there is none."""
        one = self.document
        return f"{self.country}:{one.kind}:{one.value}" if one else ""


def account_column(required: str = "who") -> Column:
    return Column(
        "external_id",
        "Número de la obligación en el sistema del acreedor, el mismo de la cartera.",
        ("CR-000123",),
        required,
        (
            "id externo", "obligacion", "numero obligacion", "nro obligacion", "numero de obligacion", "contrato",
            "numero contrato", "nro contrato", "credito", "numero credito", "numero de credito", "cuenta",
            "numero cuenta", "nro cuenta", "numero de cuenta", "operacion", "numero operacion", "id cuenta",
            "id credito", "pagare", "numero pagare", "nro pagare",
            "folio", "account", "account id", "account number", "loan id", "loan", "conta",
            "numero da conta", "contrato numero", "numero do contrato",
        ),
    )  # fmt: skip


def document_columns(required: str = "who") -> tuple[Column, ...]:
    return (
        Column(
            "document",
            "Documento de identidad de la persona; con o sin puntos y guiones.",
            ("52345678", "12.345.678-5"),
            required,
            (
                "documento", "nro documento", "numero documento", "numero de documento", "documento identidad",
                "identificacion", "numero identificacion", "cedula", "cc", "nit", "rut", "curp", "rfc", "dni", "ruc",
                "cuit", "cuil", "nif", "nie", "cif", "id number", "document number", "customer document", "cpf",
                "documento do cliente",
            ),
        ),
        Column(
            "document_type", "Tipo de documento; si falta, se deduce.", ("cédula", "RUT", "DNI"),
            also=("tipo documento", "tipo de documento", "tipo doc", "document type", "tipo do documento"),
        ),
        Column("country", "País; si falta, el que se indica al importar.", ("CO", "México"), also=("pais", "pais id")),
    )  # fmt: skip


def address_columns(required: str = "who") -> tuple[Column, ...]:
    return (
        Column(
            "phone", "Teléfono, con o sin prefijo del país.", ("300 555 0100", "+56 9 5555 0100"), required,
            ("telefono", "celular", "movil", "tel", "numero", "numero marcado", "telefono marcado", "ani",
             "phone number", "dialed number", "mobile", "telefone", "numero discado", "destino", "whatsapp"),
        ),
        Column(
            "email", "Correo electrónico.", ("ana@ejemplo.com",), required,
            ("correo", "correo electronico", "e mail", "mail", "email address", "endereco de email"),
        ),
    )  # fmt: skip


def about(row: Cells, *, told: bool = False) -> About:
    """Whom the row tells of; blamed when it tells of nobody, and nothing else of it has `told`."""
    country = row.read("country", values.country, row.terms.country)
    found = About(
        country,
        row.text("external_id"),
        row.read("document", lambda text: document(text, country, row.text("document_type")), None),
        row.read("phone", lambda text: phone(text, country), ""),
        row.read("email", email, ""),
    )
    if not told and not row.faults and not (found.account or found.document or found.phone or found.email):
        first = next(
            (name for name in ("external_id", "document", "phone", "email") if name in row.cells), "external_id"
        )
        row.blame(first, Bad("nobody", "no dice de quién habla", "ponga la obligación o el documento"))
    return found
