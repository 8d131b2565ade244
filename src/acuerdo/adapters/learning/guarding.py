"""Whether a corpus is worth learning from: enough of everything, said in many ways, nothing said twice."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil

from acuerdo.adapters.learning.shipped import OUTSIDE, Row
from acuerdo.core.language import INTENTS
from acuerdo.core.words import CAPITAL_ZONE

REGISTERS: dict[str, str] = {
    "plain": "as one writes who takes a moment",
    "typos": "fingers that slip, letters missing or doubled, chat spelling",
    "no_accents": "right but for the accents and signs that a phone makes tedious",
    "slang": "the words of the street and the house, of that country",
    "voseo": "vos, where it is said",
    "voice_note": "what a recogniser made of a voice note: no signs, fillers, starts anew",
    "rambling": "long, and the point comes at the end",
    "negation": "what is meant is told by what is not",
    "irony": "says one thing and means another",
    "two_clauses": "two things in one message, of which one counts",
    "near_miss": "the words of a neighbouring intent, and yet not that",
}
FEWEST = 120  # utterances of an intent
FEWEST_OUTSIDE = 300
FEWEST_REGISTER = 200  # utterances in each way of writing
FEWEST_HERE = 8  # utterances of an intent in a country
OPENING = 3  # words by which a beginning is known
MOST_OPENING = 0.06  # of an intent's utterances may begin alike
LONG = 4  # words from which on two utterances can be near
NEAR = 0.75  # share of words in common that makes them so
SHORT = 2  # words: what everybody says alike may be said in every country


def normal(text: str) -> str:
    """Small letters without accents or signs, every number one sign; a text of signs only is itself."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z]+|#", re.sub(r"\d+(?:[.,:/]\d+)*", "#", bare))) or text


def faults(rows: Sequence[Row]) -> list[str]:
    """Everything that makes this corpus less than it should be, in words."""
    return [*too_few(rows), *unknown(rows), *openings(rows), *(_told(one, other) for one, other in near(rows))]


def unknown(rows: Iterable[Row]) -> Iterator[str]:
    """Registers that are not in the style guide, and texts with a blank at an end or none at all."""
    for row in rows:
        if row.register not in REGISTERS:
            yield f"{row.country}: {row.register!r} is no register ({row.text})"
        if row.text != row.text.strip():
            yield f"{row.country} {row.intent}: {row.text!r} has a blank at an end"


def too_few(rows: Sequence[Row]) -> Iterator[str]:
    """Intents, registers and countries of which there is not enough to learn from."""
    intents, registers = Counter(row.intent for row in rows), Counter(row.register for row in rows)
    here = Counter((row.country, row.intent) for row in rows)
    for name in INTENTS:
        least = FEWEST_OUTSIDE if name == OUTSIDE else FEWEST
        if intents[name] < least:
            yield f"{name}: {intents[name]} utterances, at least {least} are needed"
        yield from (
            f"{country} {name}: {here[country, name]} utterances, at least {FEWEST_HERE} are needed"
            for country in CAPITAL_ZONE
            if here[country, name] < FEWEST_HERE
        )
    for name in REGISTERS:
        if registers[name] < FEWEST_REGISTER:
            yield f"register {name}: {registers[name]} utterances, at least {FEWEST_REGISTER} are needed"


def openings(rows: Sequence[Row]) -> Iterator[str]:
    """Beginnings that too many utterances of one intent share: the mark of a template."""
    begun: dict[str, Counter[str]] = defaultdict(Counter)
    total = Counter(row.intent for row in rows)
    for row in rows:
        words = normal(row.text).split()
        if len(words) > OPENING:
            begun[row.intent][" ".join(words[:OPENING])] += 1
    for intent, counts in begun.items():
        for opening, times in counts.most_common():
            if times <= max(3, MOST_OPENING * total[intent]):
                break
            yield f"{intent}: {times} of {total[intent]} begin with {opening!r}; at most {MOST_OPENING:.0%} may"


def near(rows: Sequence[Row]) -> Iterator[tuple[Row, Row]]:
    """Pairs that say the same twice: equal but for signs and numbers, or with three quarters of their words in common.

    What is of at most two words may be said in several countries, with one meaning. Texts of two intents that differ in
    a word ("certificado de deuda", "certificado de no deuda") teach what tells them apart, and are no pair. A pair is
    found by one of the rare words that near texts must share, so that few are compared.
    """
    words = [frozenset(normal(row.text).split()) for row in rows]
    often = Counter(word for found in words for word in found)
    same: dict[str, int] = {}
    holds: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        key = normal(row.text)
        first = same.setdefault(key, place)
        if first != place and _matters(rows[first], row, key):
            yield rows[first], row
        if len(words[place]) < LONG or first != place:
            continue
        rare = _rare(words[place], often)
        for other in {other for word in rare for other in holds[word]}:
            common = len(words[place] & words[other])
            if row.intent == rows[other].intent and common >= NEAR * (len(words[place]) + len(words[other]) - common):
                yield rows[other], row
        for word in rare:
            holds[word].append(place)


def _matters(one: Row, other: Row, key: str) -> bool:
    return one.intent != other.intent or one.country == other.country or len(key.split()) > SHORT


def _rare(words: frozenset[str], often: Counter[str]) -> list[str]:
    """The rarest words, so many that two near texts share at least one of them."""
    return sorted(words, key=lambda word: (often[word], word))[: len(words) - ceil(NEAR * len(words)) + 1]


def _told(one: Row, other: Row) -> str:
    return f"near: {one.country} {one.intent}: {one.text} / {other.country} {other.intent}: {other.text}"
