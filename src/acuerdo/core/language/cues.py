"""Sure signs of an intent or a command, written as phrases in a table and matched on how the words sound.

One cue a line, tab between its columns: `name  strength  phrase`. `name` is an intent, or a command with a slash before
it. `whole` holds only when it is all that was said, and then decides. Of intents, `sure` and `hint` only weigh, as much
as the corpus bears out (forced, they broke nine readings for each that they mended), and `never` no longer counts. Of
commands, `sure` decides and `never` forbids. In a phrase
`(a|b)` is a choice, `(a|b)?` may be missing, `word*` begins so, `..` is up to three words, `...` up to six, `#` a
number, `$` the end.
Words are matched as they sound, so "kiebra" needs no line of its own beside "quiebra".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from acuerdo.core.language.reading import COMMANDS, INTENTS
from acuerdo.core.language.spelling import words
from acuerdo.core.words import AcuerdoError

STRENGTHS = ("sure", "hint", "never", "whole")
_KEY = 3
_PIECE = re.compile(r"\([^()]*\)\??|\.{2,3}|\S+")


class CueFault(AcuerdoError):
    """A line of the cue table cannot be read."""


class Cue(NamedTuple):
    """One phrase that speaks for `name` with `strength`."""

    name: str
    strength: str
    pattern: re.Pattern[str]
    keys: frozenset[str]
    needs: tuple[frozenset[str], ...]


class Hits(NamedTuple):
    """What the cues found in one stretch of text; what the `whole` of it says is sure too."""

    sure: frozenset[str]
    hint: frozenset[str]
    never: frozenset[str]
    commands: frozenset[str]
    whole: frozenset[str] = frozenset()


def _sounds(word: str) -> str:
    return " ".join(words(word))


def _one(phrase: str) -> str:
    """The pattern of a run of plain words, any of which may end in a star."""
    parts = []
    for word in phrase.split():
        if word == "..":
            parts.append(r"(?:\S+ ){0,3}?")
        elif word == "...":
            parts.append(r"(?:\S+ ){0,6}?")
        elif word == "#":
            parts.append(r"\d\S* ")
        elif word == "$":
            parts.append(r"(?:\? )*$")
        elif word == "?":
            parts.append(r"\? ")
        else:
            parts.append(re.escape(_sounds(word.rstrip("*"))) + (r"\S* " if word.endswith("*") else " "))
    return "".join(parts)


def _piece(piece: str) -> str:
    if not piece.startswith("("):
        return _one(piece)
    choices = "|".join(_one(choice) for choice in piece.rstrip("?").strip("()").split("|"))
    return f"(?:{choices})" + ("?" if piece.endswith("?") else "")


def _known_by(phrase: str) -> str:
    """The longest word of a phrase, or the three letters by which a word with a star begins: the rarest in a text."""
    found = [""]
    for word in phrase.split():
        if word not in ("..", "...", "#", "?", "$"):
            *whole, last = _sounds(word.rstrip("*")).split()
            found += whole
            if not word.endswith("*"):
                found.append(last)
            elif len(last) >= _KEY:
                found.append(last[:_KEY])
    return max(found, key=len)


def _keys(pieces: list[str]) -> tuple[frozenset[str], ...]:
    """For each piece that must be there, the words or beginnings of which the text must hold one; the rarest first."""
    found: list[tuple[int, frozenset[str]]] = []
    for piece in pieces:
        if piece.endswith(")?"):
            continue
        choices = piece.strip("()").split("|") if piece.startswith("(") else [piece]
        keys = frozenset(map(_known_by, choices))
        if all(keys):
            # The longer its shortest key, the harder a piece is to meet by chance.
            found.append((-min(map(len, keys)), keys))
    if not found:
        raise CueFault(f"{' '.join(pieces)!r} has no word that must be there; give it one of three letters")
    return tuple(keys for _, keys in sorted(found, key=lambda pair: pair[0]))


def compiled(line: str) -> Cue:
    """A cue from a line of the table.

    Raises CueFault for a line without three columns, an unknown name or strength, or no word to find it by.
    """
    columns = line.split("\t")
    if len(columns) != 3:
        raise CueFault(f"{line!r} has {len(columns)} columns; write name, strength and phrase with tabs between them")
    name, strength, phrase = columns
    if strength not in STRENGTHS or (name[1:] not in COMMANDS if name.startswith("/") else name not in INTENTS):
        raise CueFault(f"{line!r}: {name!r} or {strength!r} is not known")
    pieces = _PIECE.findall(phrase)
    pattern = "".join(_piece(piece) for piece in pieces)
    bounds = (r"^(?:\? )*", r"(?:\? )*$") if strength == "whole" else (r"(?:^|(?<= ))", "")
    first, *others = _keys(pieces)
    return Cue(name, strength, re.compile(bounds[0] + pattern + bounds[1]), first, tuple(others))


class Lexicon:
    """The cues of a table, found by the beginnings of their words so that only few are tried on a text."""

    __slots__ = ("_by_key",)

    def __init__(self, table: str) -> None:
        self._by_key: dict[str, list[Cue]] = {}
        for line in table.splitlines():
            if line.strip() and not line.startswith("//"):
                cue = compiled(line)
                for key in cue.keys:
                    self._by_key.setdefault(key, []).append(cue)

    def hits(self, heard: list[str]) -> Hits:
        """The cues in a text of these words (as `spelling.words` gives them)."""
        line = " ".join(heard) + " "
        there = {word[:_KEY] for word in heard}.union(heard)
        tried: set[int] = set()
        found: dict[str, set[str]] = {strength: set() for strength in (*STRENGTHS, "/")}
        for key in self._by_key.keys() & there:
            for cue in self._by_key[key]:
                if id(cue) in tried or any(map(there.isdisjoint, cue.needs)):
                    continue
                tried.add(id(cue))
                if cue.pattern.search(line):
                    if cue.name.startswith("/"):
                        found["/"].add(("-" if cue.strength == "never" else "") + cue.name[1:])
                    else:
                        found[cue.strength].add(cue.name)
        commands = {name for name in found["/"] if not name.startswith("-") and "-" + name not in found["/"]}
        sure, hint, never, whole = (frozenset(found[strength]) for strength in STRENGTHS)
        return Hits(sure | whole, hint, never, frozenset(commands), whole)
