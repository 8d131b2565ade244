"""A law pack as a page for a lawyer: its rules in Spanish, where each was read, how sure we are, and what is open."""

from __future__ import annotations

from datetime import date

from acuerdo.core.compliance.kinds import Rule, Value
from acuerdo.core.compliance.packs import OF_EVERY_PACK, Option, Pack
from acuerdo.core.compliance.sayings import LIMITS, said

LAYERS = {"law": "Ley", "policy": "Política de la casa"}
STATUSES = {
    "verified_text": "texto visto",
    "press": "visto en prensa o en páginas de abogados",
    "recalled": "de memoria, sin ver la fuente",
    "open": "abierto: las fuentes discrepan o la ley calla",
}
READING = (
    "«Intento» es todo lo que se envía o se marca; «contacto», aquello en que la persona participó. Las horas y los "
    "días son los del lugar donde está la persona, y nada sale en los últimos minutos de un horario (reglas comunes)."
)
# What the choices of options mean, where their question does not say it.
MEANS: dict[Value, str] = {
    "rolling": "siete días corridos", "calendar": "de lunes a domingo", "ban": "no se contacta",
    "allow": "se contacta", "ignore": "no se tiene en cuenta", "count": "cuenta", "exempt": "no se le aplica",
    "same": "igual", "none": "sin ella", "off": "no rige", "calendar_month": "por mes de calendario",
    "rolling_31d": "por 31 días corridos", "hours": "48 horas", "calendar_days": "dos fechas", "total": "en total",
    "per_channel": "por cada canal", "account": "por cuenta", "person": "por persona",
}  # fmt: skip
SIGNED = "Nombre: ____________________  Fecha: ____________  Firma: ____________________"


def describe(pack: Pack) -> str:
    """The pack as a Markdown page in Spanish, to be read and signed."""
    parts = [
        f"# {pack.title}",
        f"Paquete `{pack.name}`, versión {pack.version.isoformat()}, contenido `{pack.digest}`. No es asesoría legal.",
        *_beneath(pack),
        READING,
        "**Pendiente de revisión por un abogado o abogada del país.**" if pack.needs_counsel else "Revisado.",
        *_section("Reglas que la guardia hace cumplir", [_rule(rule) for rule in pack.enforced]),
        *_section("Deberes que cumplen las personas, no la guardia", [_rule(rule) for rule in pack.listed]),
        *_section("Opciones que decide quien opera", [_options(pack)]),
        *_section("Preguntas abiertas", [_questions(pack)] * bool(pack.questions)),
        _review(pack),
    ]
    return "\n\n".join(parts) + "\n"


def _beneath(pack: Pack) -> list[str]:
    where = f"Rige en: {', '.join(pack.places)}. " if pack.places else ""
    below = f"Se suma al paquete `{pack.extends}`. " if pack.extends else ""
    common = "Se suma a las [reglas comunes](common.md)." if pack.name != "common" else ""
    return [text] if (text := (where + below + common).strip()) else []


def _section(title: str, blocks: list[str]) -> list[str]:
    return [f"## {title}", *blocks] if blocks else []


def _rule(rule: Rule) -> str:
    lines = [
        f"- Qué dice: {said(rule)}",
        f"- Capa: {LAYERS[rule.layer]}",
        f"- Norma: {rule.article or 'no se vio; complétela quien revise'}"
        * (rule.layer == "law" or bool(rule.article)),
        f"- Certeza: {STATUSES[rule.status]}" + "; **necesita revisión legal**" * rule.needs_counsel,
        _force(rule),
        "- Solo en: " + ", ".join((*rule.countries, *rule.within)) if rule.countries or rule.within else "",
        "- Solo si la opción " + " y ".join(f"`{name}` es `{_value(value)}`" for name, value in rule.when.items())
        if rule.when
        else "",
        f"- Nota: {rule.note}" * bool(rule.note),
        *(f"- Fuente: <{url}>" for url in rule.source),
    ]
    return f"### {rule.id} ({LIMITS[rule.limits]})\n\n" + "\n".join(line for line in lines if line)


def _force(rule: Rule) -> str:
    since = f"desde el {_day(rule.effective_from)}" if rule.effective_from else ""
    until = f"hasta antes del {_day(rule.effective_to)}" if rule.effective_to else ""
    return f"- Vigencia: {' '.join(filter(None, (since, until)))}" if since or until else ""


def _options(pack: Pack) -> str:
    own = "\n".join(_option(option) for option in (*pack.options, *OF_EVERY_PACK))
    prefix = "" if pack.name == "common" else f" o, solo para este paquete, en la tabla `[{pack.name}]`"
    return f"{own}\n\nSe escriben en el archivo que nombra `ACUERDO_LAW_OPTIONS`{prefix}."


def _option(option: Option) -> str:
    choices = ", ".join(f"`{_value(choice)}`{_meant(choice)}" for choice in option.choices)
    asked = f"- `{option.name}`: {option.question} Valores: {choices}. Mientras tanto: `{_value(option.default)}`."
    return asked + "\n  - Decisión: ____________________"


def _meant(choice: Value) -> str:
    if isinstance(choice, bool):
        return " (sí)" if choice else " (no)"
    if isinstance(choice, int):
        return "" if choice else " (ninguno)"
    return f" ({MEANS[choice]})"


def _questions(pack: Pack) -> str:
    return "\n".join(f"- {question}\n  - Respuesta: ____________________" for question in pack.questions)


def _review(pack: Pack) -> str:
    unsure = sum(rule.needs_counsel for rule in pack.rules)
    seen = sum(rule.status == "verified_text" for rule in pack.rules)
    told = f"{len(pack.rules)} reglas; de {seen} se vio el texto; {unsure} necesitan revisión."
    again = f"Próxima revisión: ____________ (este paquete es del {_day(pack.version)})"
    return f"## Revisión\n\n{told}\n\n{SIGNED}\n\n{again}"


def _day(day: date) -> str:
    return f"{day.day}/{day.month}/{day.year}"


def _value(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)
