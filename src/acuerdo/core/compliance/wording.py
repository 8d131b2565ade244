"""Forbidden wording: a message's texts, made plain and read sentence by sentence against the packs' patterns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from acuerdo.core.messages import Content

# Accents, and the invisible characters that split a word for a machine and not for a reader.
_DROPPED = dict.fromkeys([*range(0x300, 0x370), 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF])
_SENTENCES = re.compile(r"[.!;\n]+|(?<=\?)")
_GAPS = re.compile(r"[^\w?]+")

# "No le vamos a embargar" is no threat: `{affirmed}` in a pattern stands for "no negation just before".
_NEGATIONS = (
    "no",
    "nunca",
    "nadie",
    "jamas",
    "tampoco",
    "ningun",
    "ninguna",
    "sin",
    "no hay",
    "no tenemos",
    "no existe",
)
_PRONOUNS = ("", " le", " lo", " la", " te", " les", " los", " las", " se", " nos", " se le", " se lo", " una", " un")
_AFFIRMED = "".join(rf"(?<!\b{no}{pronoun} )" for no in _NEGATIONS for pronoun in _PRONOUNS)


def pattern(written: str) -> re.Pattern[str]:
    """A pack's pattern compiled, `{affirmed}` spelt out. Raises re.error."""
    return re.compile(written.replace("{affirmed}", _AFFIRMED))


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
    return unicodedata.normalize("NFKD", text).casefold().translate(_DROPPED)


def sentences(plain_text: str) -> list[str]:
    """Sentences of a plain text: words and question marks only, one space between."""
    cut = (_GAPS.sub(" ", part).strip() for part in _SENTENCES.split(plain_text))
    return [sentence for sentence in cut if sentence]


def says(text: str, stems: Sequence[str], patterns: Iterable[re.Pattern[str]]) -> bool:
    """True when a sentence of `text` matches a pattern. Any match contains one of `stems`."""
    bare = plain(text)
    if not any(stem in bare for stem in stems):
        return False
    cut = sentences(bare)
    return any(pattern.search(sentence) for pattern in patterns for sentence in cut)
