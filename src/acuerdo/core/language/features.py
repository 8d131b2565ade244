"""What of a message the model looks at: its words with amounts and dates named by kind, what the cues found, its shape.

The words themselves and their letters are the model's own matter (`model.word_features`); everything else that is known
of a stretch of text is told here by name, the first letter of which says what it is:

    @  an entity, the length, a question, the form of a verb      !  a cue that fired, /  a command
    %  a concept, two in a row; & two in one clause               ^  the beginnings of words, in a row
    ~  what stands behind a "no" in the same clause               >  the words of the last clause
"""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import NamedTuple

from acuerdo.core.language.concepts import Concepts
from acuerdo.core.language.cues import Hits, Lexicon
from acuerdo.core.language.reading import Entity
from acuerdo.core.language.spelling import sound, words

_MARK_OF = {
    "money": "zmoney", "date": "zdate", "time": "ztime", "installments": "zparts", "percent": "zpercent",
    "frequency": "zoften", "document": "zdocument", "phone": "zphone", "email": "zmail",
}  # fmt: skip
MARKS = frozenset(_MARK_OF.values())

_CLAUSE = re.compile(r"[.,](?!\d)|[;:!?\n…]+|\s(?:pero|aunque|sino|porque|es que)\s")
_SHORTEST = 3  # letters of a clause worth a look
_STEM, _LONG = 5, 4  # letters that are kept of a word longer than that
_NOT = frozenset(map(sound, ["no", "ni", "nunca", "jamas", "tampoco", "sin", "nel", "nadie", "ningun", "na"]))
_REACH = 4  # words behind a "no" that it still denies
_MOST_CONCEPTS = 14  # of one clause that are paired; more are a list of everything
_ASKING = frozenset(
    map(sound, ["que", "como", "cuanto", "cuando", "donde", "quien", "por", "cual", "puedo", "se", "tienen"])
)
_OWN = frozenset(map(sound, ["mi", "me", "yo", "mio", "mia"]))
_THEIRS = frozenset(map(sound, ["el", "ella", "su", "ellos"]))
# How a word ends that tells of what will be, was, would be, is being or has been done; asks; is done by vosotros or us.
_ENDINGS = (
    ("@will", ("re", "remos")), ("@was", ("aron", "ieron")), ("@would", ("ria", "rian")), ("@doing", ("ando", "iendo")),
    ("@done", ("ado", "ido")), ("@asks", ("enme", "eme", "ame", "adme")), ("@vosotros", ("ais", "eis")),
    ("@we", ("mos",)),
)  # fmt: skip


class View(NamedTuple):
    """A stretch of text as the model sees it; `last` is its last clause where it has several, else nothing."""

    heard: list[str]
    hits: Hits
    extra: list[str]
    last: str = ""


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
    parts = [part for part in _CLAUSE.split(folded) if len(part) >= _SHORTEST]
    clauses = [words(part) for part in parts]
    extra = _known(inside, hits)
    length = len(heard)
    extra.append("@short" if length <= 2 else "@middle" if length <= 7 else "@long")
    extra += concepts.features(heard)
    extra += _stems(heard)
    for clause in clauses:
        extra += _clause(clause, concepts)
    if len(clauses) > 1:
        extra += _closing(clauses[-1], concepts)
    extra += _shape(folded, plain)
    return View(heard, hits, extra, parts[-1] if len(parts) > 1 else "")


def _known(inside: tuple[Entity, ...], hits: Hits) -> list[str]:
    kinds = sorted({entity.kind for entity in inside})
    known = [f"@{kind}" for kind in kinds]
    known += [f"@{kind}+" for kind in kinds if sum(entity.kind == kind for entity in inside) > 1]
    known += ["@money+date"] if {"money", "date"} <= set(kinds) else []
    known += [f"!{name}" for name in sorted({*hits.sure, *hits.hint})]
    return known + [f"/{name}" for name in sorted(hits.commands)]


def _stem(word: str) -> str:
    return word[:_STEM] if len(word) > _LONG else word


def _stems(heard: list[str]) -> list[str]:
    """The beginnings of the words, alone, in pairs and across one: "pagaré mañana" is near "pagar mañana"."""
    stems = ["^" + _stem(word) for word in heard]
    pairs = [f"{one} {two}" for one, two in pairwise(stems)]
    return [*stems, *pairs, *(f"{one} _ {three}" for one, three in zip(stems, stems[2:], strict=False))]


def _clause(heard: list[str], concepts: Concepts) -> list[str]:
    """What one clause denies, and which concepts it brings together."""
    told: list[str] = []
    met: set[str] = set()
    reach = 0
    for word in heard:
        found = concepts.of(word)
        if found:
            met.add(found[0])
        if word in _NOT:
            reach = _REACH
        elif reach:
            reach -= 1
            told.append("~" + _stem(word))
            told += [f"~%{concept}" for concept in found[:2]]
    told += [f"&{one} {two}" for one, two in combinations(sorted(met)[:_MOST_CONCEPTS], 2)]
    return told


def _closing(heard: list[str], concepts: Concepts) -> list[str]:
    """The words of the last clause: the point of a long message comes at its end."""
    return [">" + _stem(word) for word in heard] + [f">%{name}" for word in heard for name in concepts.of(word)[:2]]


def _shape(folded: str, heard: list[str]) -> list[str]:
    """Whether and how it asks, who it speaks of, and when."""
    told = ["@?"] if "?" in folded else []
    told += ["@?$"] if folded.rstrip().endswith("?") else []
    told += [f"@? {heard[0]}"] if heard and heard[0] in _ASKING else []
    for word in heard:
        if len(word) > _LONG - 1:
            told += [name for name, endings in _ENDINGS if word.endswith(endings)][:1]
    told += ["@I"] if not _OWN.isdisjoint(heard) else []
    return told + (["@they"] if not _THEIRS.isdisjoint(heard) else [])
