"""The canonical form of a portfolio file: one table, from which reader and documentation are made."""

from __future__ import annotations

import re
import unicodedata
from difflib import get_close_matches
from functools import lru_cache

import msgspec


class Column(msgspec.Struct, frozen=True):
    """One canonical column. `required`: yes, no, or the name of the group of which at least one must be there.

    `meaning` is read by people, so it is Spanish; `also` are the headers that are understood without a mapping.
    `several` columns may come more than once, and hold several values in one cell.
    """

    name: str
    meaning: str
    examples: tuple[str, ...]
    required: str = "no"
    also: tuple[str, ...] = ()
    several: bool = False


COLUMNS: tuple[Column, ...] = (
    Column(
        "external_id",
        "Número de la obligación en el sistema del acreedor; no se repite y no cambia entre cargas.",
        ("CR-000123", "4500098"),
        required="yes",
        also=(
            "id externo", "obligacion", "numero obligacion", "nro obligacion", "numero de obligacion", "contrato",
            "numero contrato", "nro contrato", "credito", "numero credito", "nro credito", "numero de credito",
            "cuenta",
            "numero cuenta", "nro cuenta", "operacion", "numero operacion", "nro operacion", "id cuenta", "id credito",
            "expediente", "folio", "account", "account id", "loan id",
        ),
    ),
    Column(
        "name",
        "Nombre completo de la persona, o razón social.",
        ("Ana María Ejemplo", "EJEMPLO PÉREZ, ANA MARÍA", "Comercial Prueba S.A."),
        required="name",
        also=(
            "nombre", "nombre completo", "nombre cliente", "nombre deudor", "nombre del cliente", "nombre titular",
            "cliente", "titular", "deudor", "razon social", "nombre y apellido", "nombres y apellidos",
            "apellidos y nombres", "nombre o razon social", "full name",
        ),
    ),
    Column(
        "given_names",
        "Nombres de pila, cuando los apellidos van en otra columna.",
        ("Ana María",),
        required="name",
        also=("nombres", "primer nombre", "first name", "nombre de pila"),
    ),
    Column(
        "surnames",
        "Apellidos, cuando los nombres van en otra columna.",
        ("Ejemplo Pérez",),
        also=("apellidos", "apellido", "last name"),
    ),
    Column(
        "document",
        "Documento de identidad; con o sin puntos y guiones.",
        ("52345678", "12.345.678-5", "FUMF940522MPLCDR05", "12345678Z"),
        required="yes",
        also=(
            "documento", "nro documento", "numero documento", "numero de documento", "num documento", "no documento",
            "documento identidad", "documento de identidad", "identificacion", "numero identificacion",
            "numero de identificacion", "nro identificacion", "cedula", "cc", "nit", "rut", "curp", "rfc", "dni", "ruc",
            "cuit", "cuil", "nif", "nie", "cif", "id number",
        ),
    ),
    Column(
        "document_type",
        "Tipo de documento; si falta, se deduce del país y de la forma.",
        ("cédula", "NIT", "CURP", "RUT", "DNI", "NIE"),
        also=(
            "tipo documento", "tipo de documento", "tipo doc", "tipo identificacion", "tipo de identificacion",
            "tipo id",
        ),
    ),
    Column(
        "country",
        "País de la persona; si falta, el que se indica al importar.",
        ("CO", "México", "PER"),
        also=("pais", "pais residencia"),
    ),
    Column(
        "phone",
        "Teléfonos, con o sin prefijo del país; varios se separan con | o /, o en varias columnas.",
        ("300 555 0100", "+56 9 5555 0100"),
        also=(
            "telefono", "telefonos", "celular", "movil", "tel", "telefono celular", "telefono movil", "numero celular",
            "telefono 1", "telefono 2", "telefono 3", "telefono1", "telefono2", "celular 1", "celular 2", "celular1",
            "celular2", "phone 1", "phone 2", "phone 3", "mobile", "whatsapp", "telefono fijo", "telefono contacto",
        ),
        several=True,
    ),
    Column(
        "email",
        "Correos electrónicos; varios se separan con | o ;.",
        ("ana@ejemplo.com",),
        also=(
            "correo", "correos", "correo electronico", "e mail", "mail", "email 1", "email 2", "correo 1", "correo 2",
            "email1", "email2",
        ),
        several=True,
    ),
    Column(
        "address",
        "Dirección postal.",
        ("Calle 10 # 5-21",),
        also=("direccion", "domicilio", "calle", "direccion residencia"),
    ),
    Column("city", "Ciudad, municipio o comuna.", ("Bogotá", "Providencia"),
           also=("ciudad", "municipio", "comuna", "localidad", "poblacion", "distrito")),
    Column(
        "subdivision",
        "Departamento, estado, región o provincia: de aquí sale la hora local de la persona.",
        ("Cundinamarca", "Baja California", "Magallanes", "Las Palmas"),
        also=("departamento", "estado republica", "entidad federativa", "region", "provincia", "state", "comunidad"),
    ),
    Column(
        "zone",
        "Zona horaria, si se conoce; manda sobre la dirección y el teléfono.",
        ("America/Tijuana", "Atlantic/Canary"),
        also=("zona horaria", "huso horario", "timezone", "time zone"),
    ),
    Column(
        "customer_type",
        "Persona natural (física) o empresa (jurídica); si falta, se deduce del documento.",
        ("natural", "empresa"),
        also=("tipo cliente", "tipo de cliente", "tipo persona", "tipo de persona", "naturaleza"),
    ),
    Column(
        "customer_since",
        "Fecha desde la que es cliente.",
        ("2019-03-01", "01/03/2019"),
        also=(
            "cliente desde", "fecha vinculacion", "fecha de vinculacion", "fecha alta", "fecha alta cliente",
            "fecha ingreso", "antiguedad desde", "fecha afiliacion",
        ),
    ),
    Column("language", "Idioma en que prefiere hablar.", ("es", "español"), also=("idioma", "lengua")),
    Column(
        "product",
        "Producto del que nace la deuda.",
        ("tarjeta de crédito", "préstamo personal", "libranza", "tienda"),
        required="yes",
        also=(
            "producto", "tipo producto", "tipo de producto", "nombre producto", "linea", "linea de credito",
            "tipo credito", "tipo de credito", "portafolio",
        ),
    ),
    Column(
        "balance",
        "Saldo total adeudado hoy, en unidades de la moneda (no en centavos).",
        ("900000", "1.250,50", "$ 1,250.50"),
        required="yes",
        also=(
            "saldo", "saldo total", "deuda", "deuda total", "monto", "monto adeudado", "importe", "importe deuda",
            "total deuda", "valor deuda", "saldo deuda", "saldo adeudado", "saldo actual", "saldo vencido",
            "monto deuda",
            "total adeudado", "saldo a la fecha",
        ),
    ),
    Column("principal", "Parte del saldo que es capital.", ("800000",),
           also=("capital", "saldo capital", "saldo de capital", "principal adeudado")),
    Column("interest", "Parte del saldo que son intereses.", ("80000",),
           also=("interes", "intereses", "interes mora", "intereses mora", "intereses de mora", "interes moratorio")),
    Column("fees", "Parte del saldo que son gastos y comisiones.", ("20000",),
           also=("gastos", "comisiones", "honorarios", "gastos cobranza", "gastos de cobranza", "otros cargos")),
    Column(
        "currency",
        "Moneda del saldo; si falta, la del país.",
        ("COP", "EUR", "pesos"),
        also=("moneda", "divisa", "cod moneda"),
    ),
    Column(
        "due_date",
        "Fecha de vencimiento de la cuota impaga más antigua.",
        ("2026-03-23", "23/03/2026"),
        required="due",
        also=(
            "fecha vencimiento", "fecha de vencimiento", "vencimiento", "fecha venc", "fec vencimiento", "fecha vto",
            "fecha limite", "fecha limite pago", "fecha limite de pago", "fecha mora", "fecha de mora",
        ),
    ),
    Column(
        "days_past_due",
        "Días de mora a la fecha de corte; si falta, se cuenta desde el vencimiento.",
        ("22", "0"),
        required="due",
        also=(
            "dias mora", "dias de mora", "dias en mora", "dias vencidos", "dias atraso", "dias de atraso",
            "dias impago", "dias vencido", "altura mora", "altura de mora", "dpd", "dias morosidad",
        ),
    ),
    Column(
        "as_of",
        "Fecha de corte de los datos; si falta, el día en que se importa.",
        ("2026-04-14",),
        also=("fecha corte", "fecha de corte", "fecha informacion", "fecha proceso"),
    ),
    Column(
        "opened",
        "Fecha en que nació la obligación.",
        ("2024-01-10",),
        also=(
            "fecha apertura", "fecha de apertura", "fecha desembolso", "fecha otorgamiento", "fecha originacion",
            "fecha contrato", "fecha inicio", "fecha compra", "fecha de otorgamiento", "fecha colocacion",
        ),
    ),
    Column("last_payment_date", "Fecha del último pago.", ("2026-02-20",),
           also=("fecha ultimo pago", "fecha de ultimo pago", "ultimo pago", "fecha ult pago")),
    Column(
        "late_payments_12m",
        "Cuántas veces pagó tarde en los últimos doce meses.",
        ("0", "3"),
        also=("pagos tarde", "pagos atrasados", "atrasos 12m", "moras 12m", "veces mora", "atrasos ultimos 12 meses"),
    ),
    Column(
        "status",
        "Estado de la obligación: vigente, pagada, castigada, judicial o retirada.",
        ("vigente", "pagada"),
        also=("estado obligacion", "estado credito", "estado cuenta", "situacion"),
    ),
    Column("installment_due", "Valor de la cuota vencida.", ("150000",),
           also=("cuota", "valor cuota", "cuota vencida", "monto cuota", "importe cuota")),
    Column("minimum_due", "Pago mínimo con el que la cuenta queda al día.", ("120000",),
           also=("pago minimo", "minimo", "pago minimo vencido", "valor minimo", "valor en mora", "monto vencido")),
)  # fmt: skip

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
# At least one column of each group must be there; a lone required column is its own group.
GROUPS: dict[str, tuple[str, ...]] = {
    **{column.name: (column.name,) for column in COLUMNS if column.required == "yes"},
    **{group: tuple(column.name for column in COLUMNS if column.required == group) for group in ("name", "due")},
}
# What set_aside adds to a row: a mended file is imported again without having to take them out.
SET_ASIDE_COLUMNS: tuple[str, ...] = ("fila", "columna", "valor", "motivo", "como_corregir")


@lru_cache(maxsize=4096)
def key(header: str) -> str:
    """A header without accents, capitals, signs or double spaces, so that `N° Documento:` and `n documento` are one.

    Idempotent: key(key(x)) == key(x).
    """
    bare = "".join(c for c in unicodedata.normalize("NFKD", header.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", " ", bare).strip()


KNOWN: dict[str, str] = {
    **{key(synonym): column.name for column in COLUMNS for synonym in column.also},
    **{key(column.name): column.name for column in COLUMNS},
}


def canonical(header: str) -> str | None:
    """The canonical column that a header means without any mapping, or None."""
    return KNOWN.get(key(header))


def suggestion(header: str) -> str | None:
    """The canonical column whose name or synonyms look most like a header, or None when nothing does."""
    close = get_close_matches(key(header), KNOWN, n=1, cutoff=0.72)
    return KNOWN[close[0]] if close else None
