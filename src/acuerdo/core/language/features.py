"""What of a message the model looks at: its words with amounts and dates named by kind, and what the cues found."""

from __future__ import annotations

from typing import NamedTuple

from acuerdo.core.language.concepts import Concepts
from acuerdo.core.language.cues import Hits, Lexicon
from acuerdo.core.language.reading import Entity
from acuerdo.core.language.spelling import words

_MARK_OF = {
    "money": "zmoney", "date": "zdate", "time": "ztime", "installments": "zparts", "percent": "zpercent",
    "frequency": "zoften", "document": "zdocument", "phone": "zphone", "email": "zmail",
}  # fmt: skip
MARKS = frozenset(_MARK_OF.values())


class View(NamedTuple):
    """A stretch of text as the model sees it."""

    heard: list[str]
    hits: Hits
    extra: list[str]


def _named(folded: str, entities: tuple[Entity, ...], begin: int) -> list[str]:
    """The words with each entity's place taken by the name of its kind; those of a plan stay beside it."""
    heard: list[str] = []
    place = 0
    for entity in entities:
        start, end = entity.start - begin, entity.end - begin
        if start < place or end > len(folded):
            continue
        heard += words(folded[place:start])
        heard.append(_MARK_OF[entity.kind])
        if entity.kind in ("installments", "frequency"):
            heard += [word for word in words(folded[start:end]) if not word[0].isdigit()]
        place = end
    return heard + words(folded[place:])


def view(folded: str, entities: tuple[Entity, ...], lexicon: Lexicon, concepts: Concepts, begin: int = 0) -> View:
    """A stretch of folded text that begins at `begin` of the message, with the entities that lie in it."""
    inside = tuple(entity for entity in entities if entity.start >= begin and entity.end <= begin + len(folded))
    plain = words(folded)
    heard = _named(folded, inside, begin) if inside else plain
    hits = lexicon.hits(plain)
    kinds = {entity.kind for entity in inside}
    extra = [f"@{kind}" for kind in kinds]
    extra += [f"@{kind}+" for kind in kinds if sum(entity.kind == kind for entity in inside) > 1]
    extra += ["@money+date"] if {"money", "date"} <= kinds else []
    extra += [f"!{name}" for name in (*hits.sure, *hits.hint)]
    extra += [f"/{name}" for name in hits.commands]
    extra += concepts.features(heard)
    length = len(heard)
    extra.append("@short" if length <= 2 else "@middle" if length <= 7 else "@long")
    return View(heard, hits, extra)
