"""Shares and rhythms: instalments ("en 3 cuotas"), percentages ("el 30%") and frequencies ("cada quincena")."""

from __future__ import annotations

import re

from acuerdo.core.language.numbers import TENS, UNITS
from acuerdo.core.language.reading import Entity

_COUNTS = {word: value for word, value in UNITS.items() if value} | TENS
_WORD = "|".join(sorted(_COUNTS, key=len, reverse=True))
_N = rf"(?P<n>\d{{1,3}}|{_WORD})"
_PARTS = (
    r"(?:cuotas?|kuotas?|cuotitas?|cuoticas?|coutas?|cutas?|plasos?|plazos?|plazitos?|pagos?|paguitos?"
    r"|abonos?|abonoz|avonos?|abonitos?|mensualidad(?:es)?|letras?|partes?|"
    r"partecitas|veces|parcialidad(?:es)?|armadas?|quincenas|exhibicion(?:es)?|fracciones|contados"
    r"|recibos|tandas|entregas)"
)
_PLAN = re.compile(
    r"\b(?:cuot|kuot|plaz|pagos|abon|partes|mensualid|dif[ei]e?r|divid|part[ai]|fraccion|letra|parcial"
    r"|plan\b|armad|meses|refinanc|financ)"
)
_INSTALLMENTS = re.compile(
    rf"(?<![a-z0-9.,/:#-]){_N}(?:\s+(?:o|a|y)\s+(?P<m>\d{{1,2}}|{_WORD}))?\s*(?:sol[oa]s?\s+|unic[oa]s?\s+"
    rf"|comod[oa]s\s+|peque(?:n|ñ)[oa]s\s+|iguales\s+)*{_PARTS}(?![a-z])"
)
_ONE = re.compile(
    r"(?:en|a|de|con)\s+un[ao]?\s+(?:sol[oa]\s+|unic[oa]\s+)?$|(?:un[ao]?)\s+(?:sol[oa]"
    r"|unic[oa])\s+(?:pago|cuota|exhibicion|plazo|abono|parte)"
)
_MONTHS = re.compile(rf"(?<![a-z0-9])(?P<how>a|en)\s+{_N}\s+mes(?:es|ecitos)?(?![a-z])")
_TRAILING = re.compile(
    r"(?<![a-z0-9])(?:en|a|de a|mejor|que sean|como en|solo|mejor en|pueden ser|ponle|dejalo en"
    rf"|hasta)\s+{_N}(?:\s+(?:o|a)\s+(?P<m>\d{{1,2}}|{_WORD}))?\s*(?:nomas|mejor|por favor|porfa|si se "
    r"puede|po|pue)?\s*(?=[?.!,:;]|$)"
)
_WITHOUT_INTEREST = re.compile(rf"(?<![a-z0-9.,/:#-]){_N}\s+sin\s+inter[ei]s")
_EACH = re.compile(rf"(?<![a-z0-9])(?:en|son)\s+{_N}\s+de\s+(?=\d|cien|doscient|mil|un)")
_BARE = re.compile(
    r"^\W*(?:en|a|de|mejor|bueno,?|entonces|quiero|que sean|las?|pues|si,?|ok,?|dale,?|ya,?|son|con|a las"
    rf"|prefiero|\s)*\s*{_N}(?:\s+(?:por favor|porfa|nomas|esta bien|mejor|pues|po|pe|creo))?\W*$"
)
_BAREST = 80  # characters of a bare answer; on a longer one the pattern would try each way to share out the blanks
_PERCENT = re.compile(
    r"(?<![\d.,])(?P<n>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:%|por\s?c[ie]+nto|porsiento|por siento|x ?ciento"
    r"|porcent|% )|(?:(?P<tens>"
    + "|".join(TENS)
    + rf")(?:\s+y\s+(?P<unit>{_WORD}))?|(?P<word>{_WORD}|cien))\s+(?:por\s?ciento|porsiento|por siento|x ciento|%)"
)
_NOT_PLAN = re.compile(r"(?:numero|nro|#)\s*$")

_FREQUENCY_SIGNS = ("cada", "seman", "quin", "kin", "mes", "mens", "todos los", "cator")
WEEKLY, BIWEEKLY, MONTHLY = "weekly", "biweekly", "monthly"
_DAY_NAMES = r"(?:lunes|martes|miercoles|jueves|viernes|sabados?|domingos?)"
FREQUENCIES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (BIWEEKLY, re.compile(
        r"\b(?:(?:cada|por|todas las|x|a la|las)\s+(?:quincenas?|kincena|catorcena|(?:15|14|quince"
        r"|catorce)\s*dias|(?:dos|2)\s+semanas)"
        r"|(?:quincenal|kincenal|quinsenal|catorcenal|bisemanal)(?:es|mente)?|quincena a quincena|cada 2 "
        r"semanas|semana de por medio|(?:dos|2) veces (?:al|por) mes|semana por medio|quincenitas)\b")),
    (WEEKLY, re.compile(
        r"\b(?:(?:cada|por|a la|todas las|x)\s+semanas?|cada\s+(?:7|8|siete|ocho)\s+dias|semanal(?:es|mente)?"
        rf"|cemanal|semana a semana|(?:cada|todos los)\s+{_DAY_NAMES})\b")),
    (MONTHLY, re.compile(
        r"\b(?:(?:cada|todos los)\s+fin(?:es)?\s+de\s+mes|(?:cada|al|por|x|todos los)\s+mes(?:es)?"
        r"|cada\s+(?:30|treinta)\s+dias|mensual(?:es|mente)?|mes "
        r"a mes|mes con mes|mes por mes|de manera mensual|el mes)\b(?<!el mes)")),
)  # fmt: skip


# "El 30 pago todo" names a day.
_DAY_BEFORE = re.compile(r"\b(?:el|dia) $")


def _value(text: str) -> int:
    return int(text) if text.isdigit() else _COUNTS[text]


def _free(start: int, end: int, taken: list[tuple[int, int]]) -> bool:
    return not any(start < stop and begin < end for begin, stop in taken)


def _plan(match: re.Match[str], taken: list[tuple[int, int]], start: int | None = None) -> Entity | None:
    first = _value(match["n"])
    groups = match.groupdict()
    last = _value(groups["m"]) if groups.get("m") else 0
    begin = match.start("n") if start is None else start
    end = match.end() if start is None else match.end("m" if last else "n")
    if not 1 <= first <= 120 or not _free(begin, end, taken):
        return None
    taken.append((begin, end))
    return Entity("installments", str(first), "", begin, end, until=str(last) if last > first else "")


def _counts_one(folded: str, match: re.Match[str]) -> bool:
    """ "Un pago" alone is any payment; "en un pago" and "un solo pago" are a plan of one."""
    before = folded[max(0, match.start() - 4) : match.start()]
    return bool(re.search(r"\ben $", before) or re.search(r"\b(?:sol[oa]|unic[oa])\b", match[0]))


def installments(folded: str, taken: list[tuple[int, int]], expected: bool) -> list[Entity]:
    """In how many payments; a bare "en 6" or "6" counts when the talk is of payments."""
    found: list[Entity] = []
    for match in _INSTALLMENTS.finditer(folded):
        if _value(match["n"]) == 1 and not _counts_one(folded, match):
            continue
        if match[0].endswith("pago") and _DAY_BEFORE.search(folded[: match.start()]):
            continue
        if re.search(r"\b(?:veces|entregas|recibos|tandas)$", match[0]) and not re.search(
            r"\ben $", folded[: match.start()]
        ):
            continue
        found.append(_plan(match, taken))  # type: ignore[arg-type]
    planned = expected or _PLAN.search(folded) is not None
    for match in _MONTHS.finditer(folded):
        if match["how"] == "a" or (
            planned and re.search(r"pag(?:o|ar)|dif[ei]|divid|plan|partir|financ|hac|dej|cuot", folded)
        ):
            found.append(_plan(match, taken))  # type: ignore[arg-type]
    for match in _WITHOUT_INTEREST.finditer(folded):
        found.append(_plan(match, taken, match.start("n")))  # type: ignore[arg-type]
    if planned and not any(found):
        for pattern in (_EACH, _TRAILING, *((_BARE,) if expected and len(folded) <= _BAREST else ())):
            for match in pattern.finditer(folded):
                found.append(_plan(match, taken, match.start("n")))  # type: ignore[arg-type]
            if any(found):
                break
    return [entity for entity in found if entity]


def percent(folded: str, taken: list[tuple[int, int]]) -> list[Entity]:
    """Shares of a hundred, in digits or words."""
    if "%" not in folded and "ciento" not in folded and "siento" not in folded and "cent" not in folded:
        return []
    found: list[Entity] = []
    for match in _PERCENT.finditer(folded):
        if not _free(*match.span(), taken):
            continue
        if match["n"]:
            value = match["n"].replace(",", ".")
            value = value.rstrip("0").rstrip(".") if "." in value else value
        elif match["tens"]:
            value = str(TENS[match["tens"]] + (_value(match["unit"]) if match["unit"] else 0))
        else:
            value = "100" if match["word"] == "cien" else str(_value(match["word"]))
        if float(value) > 100:
            continue
        taken.append(match.span())
        found.append(Entity("percent", value, "", match.start(), match.end()))
    return found


def frequency(folded: str, taken: list[tuple[int, int]]) -> list[Entity]:
    """How often: weekly, biweekly or monthly."""
    if (
        "cada" not in folded
        and "seman" not in folded
        and "quin" not in folded
        and "mes" not in folded
        and "mens" not in folded
        and "kin" not in folded
        and "todos los" not in folded
        and "cator" not in folded
    ):
        return []
    found: list[Entity] = []
    for value, pattern in FREQUENCIES:
        for match in pattern.finditer(folded):
            if _free(*match.span(), taken):
                taken.append(match.span())
                found.append(Entity("frequency", value, "", match.start(), match.end()))
    return found
