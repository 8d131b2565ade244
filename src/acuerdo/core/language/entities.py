"""All that a message names, each stretch of it claimed once, the surest kinds first."""

from __future__ import annotations

import re
from datetime import datetime

from acuerdo.core.language import counts, dates, hours, identifiers, money
from acuerdo.core.language.numbers import tokens
from acuerdo.core.language.reading import Entity
from acuerdo.core.language.spelling import Folded

# Office hours name no day, a law's number is no amount, and a thousand and one is none either.
_NOTHING = re.compile(
    r"\bmil y una?\b|\b(?:ley|decreto|circular|resolucion|sentencia|norma|expediente|rol|folio|radicado|art(?:iculo)?)"
    r"\.?\s+(?:n[ro°º]*\.?\s+)?[\d.,/-]+(?:\s+del?\s+(?:19|20)\d\d)?"
    r"|\blunes a (?:viernes|sabados?|domingos?)\b|\b24/7\b"
)
_DIGIT = re.compile(r"\d")
_DIGIT_RUN = re.compile(r"\d(?:[\s().-]{0,2}\d){5}|\d.{0,3}[a-z]$|[a-z]\W?\d{6,}")


def find(folded: Folded, local: datetime, country: str, expected: tuple[str, ...]) -> tuple[Entity, ...]:
    """The entities of a message, in the order written and placed in its folded text; `local` is its moment there."""
    text = folded.text
    stream = tokens(text)
    words = {token[0] for token in stream}
    if _DIGIT.search(text):
        words.add("DIGIT")
    numbered = not money.OPENING[country].isdisjoint(words)
    taken: list[tuple[int, int]] = [match.span() for match in _NOTHING.finditer(text)]
    found: list[Entity] = identifiers.emails(text, taken)
    if "DIGIT" in words and _DIGIT_RUN.search(text):
        found += identifiers.find(text, country, expected, taken)
    for entity in money.strong(stream, country) if numbered else ():
        if not any(entity.start < stop and begin < entity.end for begin, stop in taken):
            found.append(entity)
            taken.append((entity.start, entity.end))
    found += counts.percent(text, taken)
    found += counts.frequency(text, taken)
    found += counts.installments(text, taken, "installments" in expected)
    found += hours.find(text, local, taken, "time" in expected)
    found += dates.find(folded, words, local, country, taken, "date" in expected)
    if numbered:
        spoken = any(entity.kind == "money" for entity in found)
        found += money.weak(stream, country, taken, "money" in expected, spoken)
    return tuple(sorted(found, key=lambda entity: (entity.start, entity.end)))


def cited(entity: Entity, folded: Folded) -> Entity:
    """An entity with its words and its place in the message as it was written."""
    text = folded.source[entity.start : entity.end]
    start, end = folded.span(entity.start, entity.end)
    return Entity(entity.kind, entity.value, text, start, end, entity.currency, entity.document, entity.until)
