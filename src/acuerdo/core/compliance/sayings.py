"""What each kind of rule says, in Spanish, for the page that a lawyer reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from acuerdo.core.compliance.kinds import (
    NOTICES,
    AddressRule,
    BanRule,
    CapRule,
    ConsentRule,
    ExclusivityRule,
    ExemptionRule,
    HolidayRule,
    IdentityRule,
    ListedRule,
    MandatoryRule,
    MarginRule,
    NoticeRule,
    NumberRule,
    PartiesRule,
    QuietRule,
    RetentionRule,
    Rule,
    Scoped,
    SessionRule,
    SpacingRule,
    StopRule,
    WarningRule,
    WindowRule,
    WordingRule,
)

MODES = {"text": "mensajes", "voice": "llamadas", "visit": "visitas"}
PERIODS = {
    "day": "al día",
    "week": "por semana (según la opción «week»)",
    "rolling_7d": "en siete días corridos",
    "calendar_week": "por semana de lunes a domingo",
    "month": "por mes de calendario",
    "rolling_31d": "en 31 días corridos",
}
DURING = {
    "day": "el mismo día",
    "week": "durante la misma semana (según la opción «week»)",
    "rolling_7d": "durante siete días corridos",
    "calendar_week": "durante la misma semana, de lunes a domingo",
    "month": "durante el mismo mes de calendario",
    "rolling_31d": "durante 31 días corridos",
}
SCOPES = {
    "person": "", "account": " por cada cuenta", "channel": " en cada canal", "mode": " en cada medio",
}  # fmt: skip
DAYS = {
    "mon": "lunes", "tue": "martes", "wed": "miércoles", "thu": "jueves", "fri": "viernes", "sat": "sábado",
    "sun": "domingo",
}  # fmt: skip
PURPOSES = {
    "reply": "respuesta", "requested_information": "información pedida", "receipt": "recibo",
    "agreement_reminder": "recordatorio de acuerdo", "collection": "cobranza", "legal_notice": "aviso legal",
    "pre_due_reminder": "recordatorio antes del vencimiento", "fraud_alert": "alerta de fraude",
    "operation_confirmation": "confirmación de una operación", "commercial": "oferta comercial",
}  # fmt: skip
LIMITS = {
    "window": "horario", "holiday": "festivos", "cap": "máximo", "spacing": "separación", "exclusivity": "canal único",
    "quiet_after": "días de silencio", "exemption": "excepción", "identity": "identidad", "wording": "palabras",
    "mandatory": "texto obligatorio", "parties": "personas", "consent": "consentimiento", "ban": "prohibición",
    "session": "ventana de conversación", "address": "direcciones", "numbering": "numeración", "stop": "alto",
    "warning": "advertencia", "retention": "conservación", "margin": "margen", "script": "guion", "notice": "avisos",
    "register": "registros", "fees": "gastos", "conduct": "trato", "sanction": "sanciones", "scope": "alcance",
    "reporting": "centrales de riesgo y ficheros",
}  # fmt: skip
ROLES = {
    "debtor": "quien debe", "codebtor": "codeudor", "guarantor": "avalista", "representative": "representante",
    "heir": "heredero", "spouse": "cónyuge", "family": "familia", "reference": "referencias",
    "beneficiary": "beneficiarios", "employer": "empleador", "third_party": "otras personas",
}  # fmt: skip
SOURCES = {
    "found": "hallados por búsqueda", "employer": "del empleador", "person": "dados por la persona",
    "creditor": "dados por el acreedor", "": "de origen desconocido",
}  # fmt: skip
MOMENTS = {
    "first_contact": "en el primer contacto", "first_screen": "en la primera pantalla tras la identidad",
    "every_document": "en cada documento", "before_agency": "antes de que actúe una agencia",
    "agreement": "al acordar o pagar", "report": "antes de un reporte",
}  # fmt: skip
STOPS = {
    "opted_out": "quien pidió no recibir más", "on_hold": "quien tiene una pausa",
    "stopped": "todos, con el alto general",
    "not_on_allow_list": "quien no está en la lista de prueba", "zone_unknown": "quien no se sabe en qué hora está",
    "window_ending": "el final de la ventana", "no_lawful_moment": "quien no tiene hora lícita en 60 días",
    "person_hours": "las horas que la persona no quiere", "future_history": "historia con fecha futura",
    "strict_default": "lugares sin paquete o con datos que se contradicen",
    "no_consent": "el canal al que se dijo que no",
}  # fmt: skip
OWNED = {
    "first_party": "del propio acreedor",
    "assigned": "comprada",
    "agency": "por encargo",
    "": "sin dueño conocido",
}
REGISTERS = {
    "rne": "el Registro de Números Excluidos (RNE)", "no_llame": "el registro No Llame", "reus": "el REUS",
    "repep": "el REPEP", "do_not_call": "una lista de no llamar que se importó",
}  # fmt: skip
EVIDENCE = {
    "contract": "vale la autorización que consta guardada, o la que el acreedor garantiza por contrato",
    "explicit": "la autorización consta guardada",
}
MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip


def said(rule: Rule) -> str:
    """The rule in one or two Spanish sentences."""
    return _WORDS[type(rule)](rule) + (_scope(rule) if isinstance(rule, Scoped) else "")


def _scope(rule: Scoped) -> str:
    parts = [
        " y ".join(MODES[mode] for mode in rule.modes),
        f"canales: {', '.join(rule.channels)}" * bool(rule.channels),
        f"fines: {', '.join(PURPOSES[one] for one in rule.purposes)}" * bool(rule.purposes),
        f"deuda {' o '.join(OWNED[one] for one in rule.ownership)}" * bool(rule.ownership),
        "si actúa un asistente o el sistema" * bool(rule.origins and "agent" not in rule.origins),
    ]
    return f" Alcance: {'; '.join(part for part in parts if part) or 'todos los medios'}."


def _window(rule: WindowRule) -> str:
    open_ = "; ".join(f"{_days(name)}, {' y '.join(map(_span, spans))}" for name, spans in rule.hours.items())
    rest = "" if "mon-sun" in rule.hours else " Los demás días, ninguno."
    own = " En su lugar valen las horas que la persona pidió por escrito después del contrato." * rule.yields
    return f"Contacto permitido: {open_}.{rest}{own}"


def _days(name: str) -> str:
    first, _, last = name.partition("-")
    return f"de {DAYS[first]} a {DAYS[last]}" if last else DAYS[first]


def _span(span: str) -> str:
    start, end = span.split("-")
    return f"de {start} a {end}"


def _place(place: str) -> str:
    region, _, town = place.partition("/")
    return f"{town} ({region})" if town and region else town or region


def _holiday(rule: HolidayRule) -> str:
    towns = "; ".join(f"{_place(place)}: {_dates(days)}" for place, days in rule.municipal.items())
    parts = [
        "Sin contacto en días festivos." if rule.calendar else "Sin contacto en estos días.",
        f" Cada año: {_dates((*rule.days, *rule.easter))}." if rule.days or rule.easter else "",
        f" Municipios: {towns}." if towns else "",
    ]
    return "".join(parts)


def _dates(days: Sequence[object]) -> str:
    return ", ".join(map(_date, days))


def _date(day: object) -> str:
    if isinstance(day, int):
        return f"{abs(day)} días {'antes' if day < 0 else 'después'} del Domingo de Pascua"
    *year, month, number = str(day).split("-")
    return f"{int(number)} de {MONTHS[int(month) - 1]}" + (f" de {year[0]}" if year else "")


def _cap(rule: CapRule) -> str:
    what = ("intento" if rule.unit == "attempt" else "contacto") + "s" * (rule.max > 1)
    counts = " Solo cuentan aquellos en que la persona participó" if rule.unit == "contact" else ""
    if rule.unreached:
        counts += f"; de {' y '.join(MODES[mode] for mode in rule.unreached)} cuenta todo intento"
    return f"Como máximo {rule.max} {what} {PERIODS[rule.per]}{SCOPES[rule.scope]}.{counts}{'.' * bool(counts)}"


def _spacing(rule: SpacingRule) -> str:
    apart = f"{rule.hours} horas" if rule.hours else f"{rule.days} días de calendario"
    return f"Al menos {apart} entre intentos{SCOPES[rule.scope]}."


def _exclusivity(rule: ExclusivityRule) -> str:
    after = "un contacto en que la persona participó" if rule.trigger == "contact" else "cualquier intento"
    return f"Tras {after}, ningún otro canal {DURING[rule.per]}."


def _exemption(rule: ExemptionRule) -> str:
    purposes = ", ".join(PURPOSES[purpose] for purpose in rule.purposes)
    freed = " ni ".join(LIMITS[kind] for kind in rule.frees)
    counts = "sí" if rule.counts else "no"
    return f"Salen sin someterse a {freed}: {purposes}. Esos envíos {counts} cuentan para los límites de los demás."


def _consent(rule: ConsentRule) -> str:
    age = f", y es de los últimos {rule.max_age_days} días" * bool(rule.max_age_days)
    return f"Solo si la persona autorizó ese canal: {EVIDENCE[rule.evidence]}{age}."


def _ban(rule: BanRule) -> str:
    registers = f" a quien está en {' o en '.join(REGISTERS.get(one, one) for one in rule.registers)}"
    topics = " con una oferta" * bool(rule.topics)
    return f"Prohibido contactar{registers * bool(rule.registers)}{topics}."


def _session(rule: SessionRule) -> str:
    agents = f" ({rule.agent_hours} si escribe una persona)" * bool(rule.agent_hours)
    free = " texto libre" * rule.free_form
    return f"Solo{free} en las {rule.hours} horas{agents} tras el último mensaje de la persona."


def _number(rule: NumberRule) -> str:
    shown = f", con el prefijo {' o '.join(rule.prefixes)}" * bool(rule.prefixes)
    return f"La llamada muestra su número{shown}."


def _mandatory(rule: MandatoryRule) -> str:
    return "El texto lleva, por ejemplo: " + " · ".join(f"«{text}»" for text in rule.fine) + "."


def _notice(rule: NoticeRule) -> str:
    return f"Se dice {MOMENTS[rule.moment]}: {'; '.join(NOTICES[one] for one in rule.tells)}. {rule.value}"


_WORDS: dict[type[Rule], Callable[[Any], str]] = {
    WindowRule: _window,
    HolidayRule: _holiday,
    CapRule: _cap,
    SpacingRule: _spacing,
    ExclusivityRule: _exclusivity,
    QuietRule: lambda rule: f"Tras hablar con la persona, {rule.days} días sin intentos{SCOPES[rule.scope]}.",
    ExemptionRule: _exemption,
    ConsentRule: _consent,
    BanRule: _ban,
    SessionRule: _session,
    NumberRule: _number,
    MandatoryRule: _mandatory,
    NoticeRule: _notice,
    AddressRule: lambda rule: (
        f"No se usan teléfonos, correos ni domicilios {' ni '.join(SOURCES[one] for one in rule.refuses)}."
    ),
    PartiesRule: lambda rule: f"No se contacta a: {', '.join(ROLES[one] for one in rule.refuses)}.",
    IdentityRule: lambda _: "Antes de comprobar la identidad solo se dice quién escribe y por encargo de quién.",
    WordingRule: lambda rule: "Frases que no salen, como: " + " · ".join(f"«{text}»" for text in rule.catches),
    StopRule: lambda rule: f"Detiene: {', '.join(STOPS[one] for one in rule.stops)}.",
    WarningRule: lambda _: "Advierte que la deuda ya no se puede demandar.",
    RetentionRule: lambda rule: f"La evidencia de cada contacto se guarda {rule.days} días.",
    MarginRule: lambda rule: f"Los últimos {rule.minutes} minutos de cada ventana quedan libres.",
    ListedRule: lambda rule: str(rule.value),
}
