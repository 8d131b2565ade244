"""Words of one meaning under one name, so that what is learnt of "pega" also holds for "chamba"."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from acuerdo.core.language.spelling import words

_STEM = 3
WORDS_KEPT = 16384


class Concepts:
    """A table of concepts: `of` gives those of a word as it sounds."""

    __slots__ = ("_known", "_stems", "of")

    def __init__(self, table: str) -> None:
        # The words that people use are few, so what is known of each is kept.
        self.of = lru_cache(maxsize=WORDS_KEPT)(self._of)
        self._known: dict[str, tuple[str, ...]] = {}
        self._stems: dict[str, list[tuple[str, str]]] = {}
        for line in table.splitlines():
            if line.strip() and not line.startswith("//"):
                concept, _, members = line.partition("\t")
                for member in members.split():
                    self._add(concept, member)

    def _add(self, concept: str, member: str) -> None:
        heard = "".join(words(member.rstrip("*").replace("_", "")))
        if member.endswith("*") and len(heard) >= _STEM:
            self._stems.setdefault(heard[:_STEM], []).append((heard, concept))
        else:
            self._known[heard] = (*self._known.get(heard, ()), concept)

    def _of(self, word: str) -> tuple[str, ...]:
        stems = self._stems.get(word[:_STEM])
        by_stem = tuple(concept for stem, concept in stems if word.startswith(stem)) if stems else ()
        return self._known.get(word, ()) + by_stem

    def features(self, heard: list[str]) -> list[str]:
        """The concepts of a text, and each pair of neighbours among them."""
        told = [found for word in heard if (found := self.of(word))]
        named = [concept for found in told for concept in found[:2]]
        first = [found[0] for found in told]
        pairs = [f"%{one} {two}" for one, two in pairwise(first)]
        return [*(f"%{name}" for name in named), *pairs]
