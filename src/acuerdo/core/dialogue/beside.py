"""What is said beside the main thing, in plain words: a message often asks for two things, and a reading names one."""

from __future__ import annotations

from acuerdo.core.dialogue.phrases import BESIDE
from acuerdo.core.language.reading import PRIORITY

_RANK = {name: place for place, name in enumerate(PRIORITY)}


def all_said(names: list[str], words: str) -> list[str]:
    """The intents of a message, the weightiest first, with those that its words name besides.

    `names` are the intents that were read, best first; where nothing is added their order stays.
    """
    if not words:
        return names
    added = [name for name, sign in BESIDE.items() if name not in names and sign.search(words)]
    if not added:
        return names
    told = [name for name in names if name not in ("affirm", "deny", "out_of_scope", "greet", "thank", "abuse")]
    return sorted([*told, *added], key=lambda name: _RANK.get(name, len(_RANK)))
