"""A law pack as a page for a lawyer: its rules in Spanish, where each was read, how sure we are, and what is open."""

from __future__ import annotations

from acuerdo.core.compliance.packs import (
    CapRule,
    ExclusivityRule,
    ExemptionRule,
    HolidayRule,
    IdentityRule,
    ListedRule,
    Option,
    Pack,
    QuietRule,
    Rule,
    Scoped,
    SpacingRule,
    Value,
    WindowRule,
    WordingRule,
)

LAYERS = {"law": "Ley", "policy": "Política de la casa"}
STATUSES = {
    "verified_text": "texto visto",
    "press": "visto en prensa o en páginas de abogados",
    "recalled": "de memoria, sin ver la fuente",
    "open": "abierto: las fuentes discrepan o la ley calla",
}
MODES = {"text": "mensajes", "voice": "llamadas", "visit": "visitas"}
PERIODS = {
    "day": "día",
    "week": "semana (según la opción «week»)",
    "rolling_7d": "siete días corridos",
    "calendar_week": "semana de lunes a domingo",
}
DAYS = {
    "mon": "lunes", "tue": "martes", "wed": "miércoles", "thu": "jueves", "fri": "viernes", "sat": "sábado",
    "sun": "domingo",
}  # fmt: skip
PURPOSES = {
    "reply": "respuesta", "requested_information": "información pedida", "receipt": "recibo",
    "agreement_reminder": "recordatorio de acuerdo", "collection": "cobranza", "legal_notice": "aviso legal",
}  # fmt: skip
LIMITS = {
    "window": "horario", "holiday": "festivos", "cap": "máximo", "spacing": "separación", "exclusivity": "canal único",
    "quiet_after": "días de silencio", "exemption": "excepción", "identity": "identidad", "wording": "palabras",
    "consent": "consentimiento", "parties": "terceros", "script": "guion", "notice": "avisos", "eligibility": "alcance",
    "numbering": "numeración", "retention": "conservación", "fees": "gastos", "conduct": "trato",
}  # fmt: skip


def describe(pack: Pack) -> str:
    """The pack as a Markdown page in Spanish, to be read and signed."""
    parts = [
        f"# {pack.title}",
        f"Paquete `{pack.name}`, versión {pack.version.isoformat()}, contenido `{pack.digest}`. No es asesoría legal.",
        "**Pendiente de revisión por un abogado o abogada del país.**" if pack.needs_counsel else "Revisado.",
        *_section("Reglas que la guardia hace cumplir", [_rule(rule) for rule in pack.enforced]),
        *_section("Reglas anotadas que la guardia todavía no comprueba", [_rule(rule) for rule in pack.listed]),
        *_section("Opciones que decide quien opera", [_option(option) for option in pack.options]),
        *_section(
            "Preguntas abiertas", ["\n".join(f"- {question}" for question in pack.questions)] * bool(pack.questions)
        ),
        "## Revisión\n\nNombre: ____________________  Fecha: ____________  Firma: ____________________",
    ]
    return "\n\n".join(parts) + "\n"


def _section(title: str, blocks: list[str]) -> list[str]:
    return [f"## {title}", *blocks] if blocks else []


def _rule(rule: Rule) -> str:
    lines = [
        f"- Qué dice: {_said(rule)}",
        f"- Capa: {LAYERS[rule.layer]}",
        f"- Norma: {rule.article}" * bool(rule.article),
        f"- Certeza: {STATUSES[rule.status]}" + "; **necesita revisión legal**" * rule.needs_counsel,
        _force(rule),
        "- Solo con: " + ", ".join(f"`{name} = {_value(value)}`" for name, value in rule.when.items())
        if rule.when
        else "",
        f"- Nota: {rule.note}" * bool(rule.note),
        *(f"- Fuente: <{url}>" for url in rule.source),
    ]
    return f"### {rule.id} ({LIMITS[rule.limits]})\n\n" + "\n".join(line for line in lines if line)


def _force(rule: Rule) -> str:
    since = f"desde el {rule.effective_from.isoformat()}" if rule.effective_from else ""
    until = f"hasta antes del {rule.effective_to.isoformat()}" if rule.effective_to else ""
    return f"- Vigencia: {' '.join(filter(None, (since, until)))}" if since or until else ""


def _option(option: Option) -> str:
    choices = ", ".join(f"`{_value(choice)}`" for choice in option.choices)
    return f"- `{option.name}`: {option.question} Valores: {choices}. Mientras tanto: `{_value(option.default)}`."


def _value(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _said(rule: Rule) -> str:
    return _words(rule) + (_scope(rule) if isinstance(rule, Scoped) else "")


def _scope(rule: Scoped) -> str:
    modes = f" Solo {' y '.join(MODES[mode] for mode in rule.modes)}." if rule.modes else " Todos los medios."
    return modes + (f" Canales: {', '.join(rule.channels)}." if rule.channels else "")


def _words(rule: Rule) -> str:
    match rule:
        case WindowRule():
            return (
                "Se permite "
                + "; ".join(f"{_days(name)} {', '.join(spans)}" for name, spans in rule.hours.items())
                + "."
            )
        case HolidayRule():
            return "Sin contacto en días festivos." + f" Días municipales: {len(rule.municipal)} lugares." * bool(
                rule.municipal
            )
        case CapRule():
            what = "intento" if rule.unit == "attempt" else "contacto"
            plural = "s" * (rule.max > 1) + " en que la persona participó" * (rule.unit == "contact")
            return (
                f"Como máximo {rule.max} {what}{plural} por {PERIODS[rule.per]}"
                + " en cada canal" * rule.same_channel
                + "."
            )
        case SpacingRule():
            return (
                f"Al menos {f'{rule.hours} horas' if rule.hours else f'{rule.days} días de calendario'} entre intentos."
            )
        case ExclusivityRule():
            after = "un contacto en que la persona participó" if rule.trigger == "contact" else "cualquier intento"
            return f"Tras {after}, ningún otro canal por {PERIODS[rule.per]}."
        case QuietRule():
            return f"Tras hablar con la persona, {rule.days} días sin intentos."
        case _:
            return _other_words(rule)


def _other_words(rule: Rule) -> str:
    match rule:
        case ExemptionRule():
            purposes = ", ".join(PURPOSES[purpose] for purpose in rule.purposes)
            counts = "cuentan" if rule.counts else "no cuentan"
            freed = ", ".join(LIMITS[kind] for kind in rule.frees)
            return f"No limita a: {purposes}, en: {freed}. Esos envíos {counts} para los demás."
        case IdentityRule():
            return "Antes de comprobar la identidad solo se dice quién escribe y por encargo de quién."
        case WordingRule():
            return "Frases que no salen, como: " + " · ".join(f"«{text}»" for text in rule.catches)
        case ListedRule():
            return rule.value
        case _:
            return rule.note


def _days(name: str) -> str:
    first, _, last = name.partition("-")
    return f"de {DAYS[first]} a {DAYS[last]}" if last else DAYS[first]
