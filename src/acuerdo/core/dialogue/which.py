"""Which of somebody's debts is meant: by the card, by their names, by the end of a number, or by their places."""

from __future__ import annotations

import re

from acuerdo.core.dialogue.phrases import EVERY, phrases
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.view import AccountView
from acuerdo.core.language.plain import tokens

PLACES = ("first", "second", "third", "fourth")
# Words that the names of most debts share tell none of them apart.
SHARED = frozenset({"credito", "cuenta", "personal", "linea"})
# "1 y 3", "la 1, la 2 y la 4".
NUMBERS = re.compile(
    r"\W*(?:solo |s[oó]lo )?(?:(?:l[ao]s?|el|n[uú]mero|y|e|,)\s*)*[1-9](?:(?:\s|,|y|e|l[ao]|el)+[1-9])+\W*"
)
# "Las dos primeras", "las dos últimas".
ENDS = phrases(
    r"\b(?:primer[ao]s (?P<first>dos|tres|2|3)|(?P<first_>dos|tres|2|3) primer[ao]s"
    r"|[uú]ltim[ao]s (?P<last>dos|tres|2|3)|(?P<last_>dos|tres|2|3) [uú]ltim[ao]s)\b"
)
BUT = phrases(r"\b(?:menos|excepto|salvo|pero no|sin)\b")
BOTH = phrases(r"\b(?:y|e|con|m[aá]s)\b|,")
# With a card one pays, and to an account one pays: there neither is a debt.
MEANS = phrases(r"\b(?:con|por|desde|a|en) (?:una?|la|mi|el|su|tu) ?(?:misma )?(?:tarjeta|cuenta)\b|\bcon tarjeta\b")
COUNTS = {"dos": 2, "tres": 3, "2": 2, "3": 3}
# What people write around the names of debts, and nothing more.
_AROUND = """
la el las los lo de del y e con por favor porfa solo solamente esa esas ese esos quiero ver veamos mejor mas bueno si ok
dale listo a mi mis credito cuenta personal linea deuda deudas cuentas que es todas menos excepto salvo pero no
"""
AROUND = frozenset(_AROUND.split())


def debts_named(turn: Turn) -> tuple[AccountView, ...]:
    """The debts that are meant, in their order; empty where none, or it is not clear which."""
    owed, button = turn.state.view.owed, turn.heard.button if turn.heard else ""
    if button.startswith("account:"):
        return tuple(a for a in owed if a.id == button.partition(":")[2])
    if told := _by_place(turn, owed) or _by_name(turn, owed):
        return told
    commands = turn.reading.commands
    told = tuple(a for place, a in zip(PLACES, owed, strict=False) if place in commands)
    if "last" in commands and owed and (not told or BOTH.search(turn.low)):
        told = (*(a for a in told if a != owed[-1]), owed[-1])
    return told if BOTH.search(turn.low) else told[:1]


def some_named(turn: Turn) -> tuple[AccountView, ...]:
    """Those of several debts that a wish is about, by their names; empty where it names none, or all of them."""
    owed = turn.state.view.owed
    if len(owed) < 2 or MEANS.search(turn.low):
        return ()
    found = _by_name(turn, owed)
    return found if len(found) < len(owed) and of_one_currency(found) else ()


def nothing_more(turn: Turn) -> bool:
    """Whether the message is the names of debts and nothing besides."""
    names = {word for a in turn.state.view.owed for word in (*tokens(a.product), a.reference[-4:].lower())}
    return set(tokens(turn.words)) <= names | AROUND


def speaks_of_debts(turn: Turn) -> bool:
    """Whether the message says which debts are meant, be it not enough to tell."""
    words = set(tokens(turn.words))
    named = any(_speaks_of(words, a.product) for a in turn.state.view.owed)
    return bool(debts_named(turn)) or (named and nothing_more(turn))


def of_one_currency(debts: tuple[AccountView, ...]) -> bool:
    """Whether they can be added up."""
    return len({a.balance.currency for a in debts}) == 1


def _by_place(turn: Turn, owed: tuple[AccountView, ...]) -> tuple[AccountView, ...]:
    """ "Las dos primeras", "1 y 3"."""
    if (match := ENDS.search(turn.low)) is not None:
        if (count := match["first"] or match["first_"]) is not None:
            return owed[: COUNTS[count]]
        return owed[-COUNTS[match["last"] or match["last_"]] :]
    if NUMBERS.fullmatch(turn.low):
        places = {int(c) for c in turn.low if c.isdigit()}
        return tuple(a for n, a in enumerate(owed, 1) if n in places) if max(places) <= len(owed) else ()
    return ()


def _by_name(turn: Turn, owed: tuple[AccountView, ...]) -> tuple[AccountView, ...]:
    """By the end of a number, else by a word that names one debt and no other; "todas menos la tienda" are the rest."""
    words = set(tokens(turn.words))
    ended = tuple(a for a in owed if a.reference[-4:].lower() in words)
    # "La tarjeta 0002": its number says which of the cards.
    named = tuple(
        a for a in owed if a not in ended and _speaks_of(words, a.product) and not _named_alike(words, a, ended)
    )
    if any(_named_alike(words, a, tuple(b for b in named if b is not a)) for a in named):
        return ()
    told = tuple(a for a in owed if a in ended or a in named)
    rest = told and BUT.search(turn.low) and EVERY.search(turn.low)
    return tuple(a for a in owed if a not in told) if rest else told


def _named_alike(words: set[str], one: AccountView, others: tuple[AccountView, ...]) -> bool:
    """Whether what was said of one debt says as much of another: two cards, by "la tarjeta"."""
    return any(words & _own(one.product) == words & _own(other.product) for other in others)


def _own(product: str) -> set[str]:
    return {w for w in tokens(product) if len(w) > 3 and w not in SHARED}


def _speaks_of(words: set[str], product: str) -> bool:
    """ "La de la tarjeta" is the "tarjeta de crédito": a word of its name will do, but for those that many share."""
    named, own = [w for w in tokens(product) if len(w) > 3], _own(product)
    return bool(own & words) or (not own and bool(named) and set(named) <= words)
