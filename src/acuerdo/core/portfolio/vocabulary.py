"""The words that files use for states, kinds, products, languages, channels and qualities, and what we call each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from acuerdo.core.portfolio.column import key
from acuerdo.core.portfolio.documents import CustomerType
from acuerdo.core.portfolio.slips import Bad

Status = Literal["active", "paid", "written_off", "legal", "withdrawn"]
Role = Literal["guarantor", "codebtor", "representative", "reference"]
Register = Literal["do_not_call", "judicialised", "deceased"]
Quality = Literal["good", "unknown", "bad"]
T = TypeVar("T")


def _names(table: Mapping[T, tuple[str, ...]]) -> dict[str, T]:
    """A table by every name of its members, their own included."""
    return {key(name): one for one, names in table.items() for name in (*names, str(one))}


STATUS_NAMES: dict[str, Status] = _names({
    "active": ("vigente", "activa", "activo", "en mora", "vencida", "vencido", "abierta", "al dia", "mora", "morosa",
               "moroso", "atrasada", "atrasado", "impaga", "impago", "normal", "open", "current", "past due", "overdue",
               "delinquent", "refinanciada", "reestructurada", "a", "ativo", "ativa", "em atraso", "vigente en mora"),
    "paid": ("pagada", "pagado", "cancelada", "cancelado", "saldada", "saldado", "liquidada", "liquidado", "cerrada",
             "closed", "settled", "paid off", "quitado", "quitada", "liquidado por pago"),
    "written_off": ("castigada", "castigado", "quebranto", "castigo", "incobrable", "fallido", "charged off",
                    "charge off", "write off", "prejuizo", "en castigo"),
    "legal": ("judicial", "en juicio", "juridica", "juridico", "demandada", "demandado", "judicializada",
              "judicializado", "cobro judicial", "pre juridico", "litigation", "ajuizado", "ajuizada"),
    "withdrawn": ("retirada", "retirado", "recalled", "retiro", "devuelta", "devuelto", "anulada", "excluida",
                  "returned", "retirada de cartera", "retiro de cartera", "retiro cartera", "retirado de cartera"),
})  # fmt: skip
CUSTOMER_TYPES: dict[str, CustomerType] = _names({
    "natural": ("persona", "persona natural", "persona fisica", "fisica", "n", "pn", "pf", "particular", "individual",
                "f", "fisico", "person", "pessoa fisica", "autonomo", "1"),
    "business": ("empresa", "juridica", "persona juridica", "moral", "persona moral", "pyme", "j", "pj", "pm",
                 "sociedad", "company", "juridico", "pessoa juridica", "corporativo", "corporate", "m", "2"),
})  # fmt: skip
# Names for the same product found in creditors' files; what is not here is kept as written, in small letters.
PRODUCTS: dict[str, str] = {
    key(name): product
    for product, names in {
        "tarjeta de crédito": ("tc", "tdc", "tarjeta", "tarjeta credito", "credit card", "tarjetas", "tcr",
                               "cartao de credito", "cartao", "tarjeta de credito visa"),
        "préstamo personal": ("prestamo", "credito personal", "personal loan", "prestamos personales",
                              "emprestimo pessoal", "emprestimo"),
        "crédito de consumo": ("consumo", "credito consumo"),
        "crédito de libre inversión": ("libre inversion", "credito libre inversion", "libreinversion"),
        "crédito hipotecario": ("hipoteca", "hipotecario", "mortgage", "vivienda", "credito vivienda",
                                "credito de vivienda"),
        "crédito de vehículo": ("vehiculo", "auto", "automotriz", "credito automotriz", "prendario", "auto loan",
                                "credito vehiculo", "credito prendario"),
        "microcrédito": ("micro credito", "microcredit", "microempresa"),
        "telefonía": ("telefonia movil", "telco", "plan movil"),
        "servicios públicos": ("servicio publico", "utilities"),
        "línea de crédito": ("linea credito", "credit line"),
    }.items()
    for name in (product, *names)
}  # fmt: skip
LANGUAGES: dict[str, str] = _names({
    "es": ("espanol", "castellano", "spanish", "espanhol", "spa"),
    "pt": ("portugues", "portuguese", "por", "brasileno"),
    "en": ("ingles", "english", "eng"),
})  # fmt: skip
CHANNELS: dict[str, str] = _names({
    "sms": ("sms", "mensaje de texto", "mensaje", "texto", "text"),
    "whatsapp": ("whatsapp", "wsp", "wa", "wpp", "whats app", "wasap"),
    "email": ("correo", "correo electronico", "mail", "e mail"),
    "voice": ("voz", "llamada", "llamadas", "telefono", "celular", "call", "phone", "ligacao", "telefone"),
})  # fmt: skip
QUALITIES: dict[str, Quality] = _names({
    "good": ("bueno", "buena", "bien", "valido", "valida", "efectivo", "efectiva", "verificado", "verificada",
             "confirmado", "confirmada", "contactado", "contactable", "correcto", "correcta", "ok", "valid", "verified",
             "alta", "alto", "si", "bom", "boa", "activo", "activa"),
    "unknown": ("sin comprobar", "sin verificar", "desconocido", "desconocida", "por verificar", "no verificado",
                "sin gestion", "regular", "medio", "media", "nuevo", "nueva", "unverified", "nao verificado", "baja",
                "bajo"),
    "bad": ("malo", "mala", "invalido", "invalida", "errado", "errada", "erroneo", "erronea", "equivocado",
            "equivocada", "incorrecto", "incorrecta", "inexistente", "no existe", "fuera de servicio", "no corresponde",
            "no contactable", "rebotado", "bounced", "wrong", "invalid", "wrong number", "ruim", "inactivo", "inactiva",
            "no", "numero equivocado", "apagado definitivo"),
})  # fmt: skip


def offered(table: Mapping[str, object]) -> str:
    """The words that a person is offered: of each member the first name, in the order of the table."""
    first: dict[object, str] = {}
    for word, one in table.items():
        first.setdefault(one, word)
    return ", ".join(first.values())


def choice(table: Mapping[str, T], code: str, what: str) -> Callable[[str], T]:
    """Reads a word of a table; Bad with this code, naming those there are, for any other."""

    def choose(text: str) -> T:
        if (found := table.get(key(text))) is None:
            raise Bad(code, f"no se conoce {what}", f"use uno de: {offered(table)}")
        return found

    return choose


def product(text: str) -> str:
    """A product by its usual Spanish name, or as written in small letters. Idempotent."""
    return PRODUCTS.get(key(text), text.lower())


def language(country: str) -> Callable[[str], str]:
    """Reads a language: `es-CO`, `pt-PE`; the region is always the country's own."""

    def choose(text: str) -> str:
        lang = key(text.replace("_", "-").partition("-")[0])
        if lang not in LANGUAGES:
            raise Bad("language_unknown", "no se habla ese idioma todavía", "déjelo vacío para español")
        return f"{LANGUAGES[lang]}-{country}"

    return choose
