"""Forbidden wording: a message's texts, made plain and read sentence by sentence against the packs' patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from acuerdo.core.messages import Content

# Accents, and the invisible characters that split a word for a machine and not for a reader.
_DROPPED = re.compile("[\u0300-\u036f\u00ad\u200b-\u200d\u2060\ufeff]+")
_GAPS = re.compile(r"[^\w?]+")

# "No le vamos a embargar" is no threat: this stands just before a match that is denied.
_DENIED = re.compile(
    r"\b(no|nao|ninguem|nunca|nadie|jamas|tampoco|ninguna?|sin|no (hay|existe|tenemos))"
    r"( se)?( le| lo| la| te| les| los| las| nos| una?)? $"
)
_AFFIRMED = "{affirmed}"


class Pattern(msgspec.Struct, frozen=True, eq=False):
    """A pack's pattern compiled; `affirmed`: a negation just before the match takes the meaning away."""

    regex: re.Pattern[str]
    affirmed: bool

    def found(self, sentence: str) -> bool:
        """Whether the sentence says it."""
        if not self.affirmed:
            return self.regex.search(sentence) is not None
        return any(not _DENIED.search(sentence, 0, match.start()) for match in self.regex.finditer(sentence))


def pattern(written: str) -> Pattern:
    """A pattern as packs write it, `{affirmed}` in front or not. Raises re.error."""
    return Pattern(re.compile(written.removeprefix(_AFFIRMED)), written.startswith(_AFFIRMED))


def texts(content: Content) -> str:
    """Everything in `content` that a person reads, one text a line."""
    if not (content.buttons or content.cards or content.input or content.link):
        return content.text
    return "\n".join(_parts(content))


def _parts(content: Content) -> Iterator[str]:
    yield content.text
    yield from (button.title for button in content.buttons)
    for card in content.cards:
        yield from (card.title, *card.lines, card.button)
    if content.input:
        yield content.input.label
    if content.link:
        yield content.link.title


def plain(text: str) -> str:
    """Lower case, without accents or invisible characters."""
    return _DROPPED.sub("", unicodedata.normalize("NFKD", text)).casefold()


def sentences(text: str) -> list[str]:
    """The text's sentences, as written; a question keeps its mark."""
    cut = text.replace("?", "?\n").replace(".", "\n").replace("!", "\n").replace(";", "\n")
    return cut.split("\n")


def says(sentence: str, stems: Sequence[str], patterns: Iterable[Pattern]) -> bool:
    """True when a plain sentence matches a pattern. Only words and question marks are looked at."""
    for stem in stems:  # a plain loop: this runs for every sentence that leaves, and a generator takes twice as long
        if stem in sentence:
            break
    else:
        return False
    words = _GAPS.sub(" ", sentence).strip()
    return any(pattern.found(words) for pattern in patterns)


def spoken(text: str, patterns: Iterable[Pattern]) -> bool:
    """True when one of the patterns is somewhere in the whole text, made plain."""
    words = _GAPS.sub(" ", plain(text)).strip()
    return any(pattern.found(words) for pattern in patterns)
