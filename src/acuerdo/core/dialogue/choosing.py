"""Choices among named options: how they are shown, and which one a person means in their own words."""

from __future__ import annotations

import re
import unicodedata

from acuerdo.core.dialogue.guards import holds
from acuerdo.core.dialogue.schema import Step, Text
from acuerdo.core.dialogue.slots import treated
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.variants import wordings_for

ORDER = ("first", "second", "third", "fourth")
BARE = re.compile(r"\W*(?:la |el |opci[oó]n |n[uú]mero )*(\d{1,2})\W*", re.IGNORECASE)


def shown(turn: Turn, step: Step) -> tuple[str, ...]:
    """The step's buttons (full names) that may be pressed now: those whose own route holds."""
    if not step.hears:
        return step.buttons
    return tuple(key for key in step.buttons if _open(turn, step, key.rpartition(".")[2]))


def _open(turn: Turn, step: Step, name: str) -> bool:
    route = step.hears.get(f"button:{name}") or step.hears.get(name)
    return route is None or holds(turn, route.when, step.flow)


def chosen(turn: Turn, step: Step) -> str:
    """The option that was written instead of pressed: by its place or by its words; empty where none was."""
    names = [key.rpartition(".")[2] for key in shown(turn, step) if key.rpartition(".")[2] in step.options]
    said = _plain(turn.words)
    if not said or not names:
        return ""
    if match := BARE.fullmatch(turn.words):
        place = int(match[1])
        return names[place - 1] if 1 <= place <= len(names) else ""
    titles = {name: _plain(title(turn, turn.book.buttons[f"{step.flow}.{name}"])) for name in names}
    named = [name for name, words in titles.items() if re.search(rf"\b{re.escape(words)}\b", said)]
    if len(named) == 1:
        return named[0]
    commands = turn.reading.commands
    places = {**{word: n for n, word in enumerate(ORDER)}, "last": len(names) - 1}
    found = next((n for word, n in places.items() if word in commands), len(names))
    return names[found] if found < len(names) else ""


def title(turn: Turn, text: Text) -> str:
    """A button's words for this person."""
    view = turn.state.view
    return treated(wordings_for(text.variants, view.country, view.tone)[0], view.creditor.treatment)


def _plain(words: str) -> str:
    bare = unicodedata.normalize("NFD", words.lower())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split()).strip(" .,;:!¡?¿")
