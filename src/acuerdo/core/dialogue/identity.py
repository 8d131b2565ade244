"""Who is there: the proof of identity, and the signs that somebody else holds the telephone."""

from __future__ import annotations

import re

from acuerdo.core import facts as f
from acuerdo.core.dialogue.phrases import AROUND_IDENTITY, NOT_ME, SELF, SOMEBODY
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.language.plain import tokens

SHORT_NAME = re.compile(r"(?<!no )\bsoy (\w{3,})\b")
WHOLE = 7  # the least signs of a whole document


def _compact(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z]", "", text).upper()


def _figures(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


def identity_candidate(turn: Turn) -> tuple[str, bool] | None:
    """What was given as identity, compact, and whether it is a whole document; None when nothing was."""
    view, document = turn.state.view, _compact(turn.state.view.document)
    said = _compact(turn.words)
    # Spaces wherever the thumb put them; with no figure beside its own it is one try, not many.
    if len(document) >= WHOLE and document in said and _figures(said) == _figures(document):
        return document, True
    for entity in turn.entities("document"):
        return _compact(entity.value), True
    # A stray phone, amount or hour is no try: nothing but the document and the words around it may be there.
    left = re.findall(r"\w+", AROUND_IDENTITY.sub(" ", _without(turn, ("money", "date", "time", "email"))))
    given = _compact("".join(left))
    if not any(c.isdigit() for c in given) or any(len(t) > 1 and t.isalpha() for t in left):
        return None
    if len(given) == view.tail:
        return given, False
    return (given, True) if 5 <= len(given) <= 20 and sum(c.isdigit() for c in given) >= 4 else None


def gave_own(turn: Turn) -> bool:
    """The whole document on file, with no word of being somebody else."""
    own = identity_candidate(turn) == (_compact(turn.state.view.document), True)
    return own and not NOT_ME.search(turn.low) and not somebody_else(turn)


def only_identity(turn: Turn) -> bool:
    """Whether the message is what was given as identity and nothing more."""
    given = identity_candidate(turn)
    return given is not None and _compact(turn.words) == given[0]


def _without(turn: Turn, kinds: tuple[str, ...]) -> str:
    """The message with what was read as those kinds taken out, unless that is all there is."""
    text = turn.words
    named = [e for e in turn.reading.entities if e.kind in kinds and text[e.start : e.end] == e.text]
    if any(e.end - e.start >= len(text.strip()) for e in named):
        return text
    for entity in sorted(named, key=lambda e: -e.start):
        text = f"{text[: entity.start]} importe {text[entity.end :]}"
    return text


def speaks_for_self(turn: Turn) -> bool:
    """After somebody else answered: whether whoever writes now says to be the person sought."""
    name = next(iter(tokens(turn.state.view.name)), "yo")
    words = " ".join(tokens(turn.words))
    short = SHORT_NAME.search(words)
    # "Soy Tere" is Teresa.
    return bool(re.search(SELF.format(name=re.escape(name)), words)) or bool(short and name.startswith(short[1]))


def names_self(turn: Turn) -> bool:
    """ "Sí, soy Esperanza, dígame": their name and no more, whatever else the name means."""
    name = next(iter(tokens(turn.state.view.name)), "")
    said = " ".join(tokens(turn.words))
    left = re.sub(rf"\bsoy (?:la |el )?{re.escape(name)}\b", "", said, count=1)
    return bool(name) and left != said and NAME_ONLY.fullmatch(left.strip()) is not None


NAME_ONLY = re.compile(
    r"(?:(?:si|hola|buen\w*|dias?|tardes|noches|alo|yo|diga|digame|dime|mande|senor\w*|joven|que|paso|pasa|desea|ella|el|la"
    r"|habla|mism[oa]) ?)*"
)


def somebody_else(turn: Turn) -> bool:
    """Whether the words say plainly that another person writes."""
    return bool(SOMEBODY.search(turn.low))


def third_party(turn: Turn) -> str:
    """Somebody else has the screen: whoever was identified before has to say again who they are."""
    turn.set(identified=False, method="", wish=None, proposal=None)
    return "done"


def check_identity(turn: Turn) -> str:
    """The document on file, whole or its asked last characters; anything else that looks like one is a failure."""
    state, view = turn.state, turn.state.view
    if state.identified:
        return "ok"
    if state.locked or view.spent(state.failures):
        turn.set(locked=True)
        return "locked"
    given = identity_candidate(turn)
    if given is None:
        return "nothing"
    value, whole = given
    document = _compact(view.document)
    if value == (document if whole else document[-view.tail :]):
        method = "link_and_document" if whole else "link_and_document_tail"
        turn.set(identified=True, method=method, repairs=0)
        turn.note(f.Identified(method))  # type: ignore[arg-type]
        if whole:
            turn.note(f.DocumentGiven(value))
        return "ok"
    return _identity_failed(turn)


def _identity_failed(turn: Turn) -> str:
    view, failures = turn.state.view, turn.state.failures + 1
    left = max(0, view.link_limit - view.link_failures - failures)
    turn.set(failures=failures)
    turn.note(f.IdentityFailed(left))
    turn.args["left"] = left
    spent = view.spent(failures)
    if not spent:
        return "wrong"
    turn.set(locked=True)
    turn.note(f.IdentityLocked(spent))  # type: ignore[arg-type]  # one of its scopes
    return "locked"
