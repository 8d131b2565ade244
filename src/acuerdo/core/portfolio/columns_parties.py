"""Columns about others beside the debtor: guarantors, co-debtors, representatives, and references."""

from __future__ import annotations

from typing import Literal

from acuerdo.core.portfolio.column import Column

Role = Literal["guarantor", "codebtor", "representative", "reference"]

# Of each group of columns: the role, how it is said, and how headers name it.
_WORDS: dict[Role, tuple[str, tuple[str, ...]]] = {
    "guarantor": (
        "fiador o aval",
        ("fiador", "aval", "avalista", "garante", "fiador solidario", "guarantor", "cosigner"),
    ),
    "codebtor": (
        "codeudor",
        ("codeudor", "co deudor", "deudor solidario", "cotitular", "coobligado", "codebtor", "co borrower",
         "joint debtor", "codevedor", "devedor solidario"),
    ),
    "representative": (
        "representante de la empresa",
        ("representante", "representante legal", "rep legal", "apoderado", "legal representative"),
    ),
    "reference": (
        "referencia, a quien nunca se contacta por la deuda",
        ("referencia", "referencia personal", "referencia familiar", "ref", "reference", "personal reference"),
    ),
}  # fmt: skip
_PARTS: dict[str, tuple[str, tuple[str, ...], str]] = {
    "name": ("Nombre", ("nombre", "nombre completo", "nombres", "name", "full name", "nome"), "Iván Prueba"),
    "document": (
        "Documento",
        ("documento", "numero documento", "cedula", "rut", "dni", "nif", "curp", "rfc", "ruc", "cuit", "identificacion",
         "cpf", "pasaporte", "cedula extranjeria"),
        "79123456",
    ),
    "document_type": ("Tipo de documento", ("tipo documento", "tipo identificacion", "id type"), "CC"),
    "phone": (
        "Teléfonos",
        ("telefono", "celular", "movil", "telefono celular", "phone number", "mobile", "telefone", "contacto"),
        "300 555 0101",
    ),
    "email": ("Correos", ("correo", "correo electronico", "mail", "e mail"), "ivan@ejemplo.com"),
    "relation": ("Parentesco o relación", ("parentesco", "relacion", "vinculo", "relationship"), "hermano"),
}  # fmt: skip
_NOT_ALONE = frozenset({"referencia", "ref", "reference"})
# Column prefix -> role; the second of a kind has its number.
GROUPS_OF_PARTIES: dict[str, Role] = {
    "guarantor": "guarantor", "guarantor_2": "guarantor", "codebtor": "codebtor", "codebtor_2": "codebtor",
    "representative": "representative", "reference": "reference", "reference_2": "reference",
}  # fmt: skip


def _headers(prefix: str, part: str) -> tuple[str, ...]:
    """`nombre fiador`, `nombre fiador 2`; the bare role is its name."""
    number = prefix.removeprefix(GROUPS_OF_PARTIES[prefix]).replace("_", " ")
    roles = [f"{role}{number}" for role in _WORDS[GROUPS_OF_PARTIES[prefix]][1]]
    # A column called `Referencia` is as often the number with which a bill is paid.
    alone = [role for role in roles if role.removesuffix(number) not in _NOT_ALONE] if part == "name" else []
    return (*alone, *(f"{said} {role}" for role in roles for said in _PARTS[part][1]))


def _column(prefix: str, part: str) -> Column:
    label, _, example = _PARTS[part]
    nth = "segundo " if prefix.endswith("_2") else ""
    role = _WORDS[GROUPS_OF_PARTIES[prefix]][0]
    meaning = f"{label} del {nth}{role}." if not role.startswith("referencia") else (
        f"{label} de la {'segunda ' if nth else ''}{role}."
    )  # fmt: skip
    return Column(f"{prefix}_{part}", meaning, (example,), also=_headers(prefix, part))


PARTIES: tuple[Column, ...] = tuple(_column(prefix, part) for prefix in GROUPS_OF_PARTIES for part in _PARTS)
