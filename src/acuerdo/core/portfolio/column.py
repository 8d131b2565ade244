"""What a column of a file is, and how its header is compared with others."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import msgspec


class Column(msgspec.Struct, frozen=True):
    """One canonical column. `required`: yes, no, or the name of the group of which at least one must be there.

    `meaning` is read by people, so it is Spanish; `also` are the headers that are understood without a mapping.
    `several` columns may come more than once, and hold several values in one cell. `subject` groups columns in lists.
    """

    name: str
    meaning: str
    examples: tuple[str, ...]
    required: str = "no"
    also: tuple[str, ...] = ()
    several: bool = False
    subject: str = ""


# Words that change nothing in a header, and abbreviations of those that do (Spanish, Portuguese, English).
_IDLE = frozenset(
    {"de", "del", "la", "el", "los", "las", "do", "da", "dos", "das", "of", "the", "al", "a", "en", "em", "1"}
)
_SHORT: dict[str, str] = {
    "nro": "numero", "num": "numero", "no": "numero", "n": "numero", "nr": "numero", "nume": "numero",
    "number": "numero", "fec": "fecha", "fch": "fecha", "fech": "fecha", "data": "fecha", "date": "fecha",
    "venc": "vencimiento", "vto": "vencimiento", "vcto": "vencimiento", "vencimento": "vencimiento",
    "doc": "documento", "docto": "documento", "dcto": "documento", "document": "documento",
    "tel": "telefono", "fono": "telefono", "tfno": "telefono", "telef": "telefono", "telefone": "telefono",
    "cel": "celular", "cta": "cuenta", "conta": "cuenta", "cod": "codigo", "ult": "ultimo", "prod": "producto",
    "produto": "producto", "sdo": "saldo", "vr": "valor", "vlr": "valor", "val": "valor", "mto": "monto",
    "dir": "direccion", "direc": "direccion", "dpto": "departamento", "depto": "departamento", "mpio": "municipio",
    "cli": "cliente", "nom": "nombre", "nomb": "nombre", "nome": "nombre", "ape": "apellido", "cant": "cantidad",
    "qtd": "cantidad", "qtde": "cantidad", "obl": "obligacion", "oblig": "obligacion", "cred": "credito",
    "op": "operacion", "tp": "tipo", "dt": "fecha",
}  # fmt: skip


@lru_cache(maxsize=16_384)
def key(header: str) -> str:
    """A header without accents, capitals, signs or double spaces, so that `N° Documento:` and `n documento` are one.

    Idempotent: key(key(x)) == key(x).
    """
    text = header.casefold()
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", text).strip()


def core(header: str) -> str:
    """A header's words in any order, without idle ones, abbreviations written out, numbered from the second on.

    `Fec. de Vto.` and `vencimiento fecha` are one; so are `fiador1 nombre` and `nombre del fiador`. Idempotent.
    """
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", key(header)).split()
    return " ".join(sorted(_SHORT.get(word, word) for word in words if word not in _IDLE))
