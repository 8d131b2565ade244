"""The first screen: what a country wants told about a debt, said once, before the debt is first spoken of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.schema import HEADING, Book
from acuerdo.core.dialogue.slots import PLACEHOLDER, fill, topics_of, wording
from acuerdo.core.dialogue.state import Line
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.view import AccountView, CreditorView, Notice, View
from acuerdo.core.messages import Content, Origin, Topic
from acuerdo.core.words import derive

TOLD = "first_screen"


class Particular(msgspec.Struct, frozen=True):
    """What only the creditor's settings can tell: how it is found, and the option of `creditor add` that fills it."""

    words: Callable[[CreditorView], str]
    option: Callable[[CreditorView], str]


def _always(option: str) -> Callable[[CreditorView], str]:
    return lambda _: option


def _of_collector(option: str) -> Callable[[CreditorView], str]:
    return lambda one: f"--agency-{option}" if one.agency else f"--{option}"


PARTICULARS: Mapping[str, Particular] = {
    "collector_address": Particular(lambda c: c.collector_address, _of_collector("address")),
    "collector_phone": Particular(lambda c: c.collector_phone, _of_collector("phone")),
    "responsible": Particular(lambda c: c.responsible, _always("--responsible")),
    "agency_powers": Particular(lambda c: c.agency_powers, _always("--agency-powers")),
    "legal_name": Particular(lambda c: c.legal_name, _always("--legal-name")),
    "tax_id": Particular(lambda c: c.tax_id, _always("--tax-id")),
    "creditor_address": Particular(lambda c: c.address, _always("--address")),
    "complaints": Particular(lambda c: c.complaints, _always("--complaints")),
    "acquired_from": Particular(lambda c: c.acquired_from, _always("--acquired-from")),
    "files": Particular(lambda c: c.files, _always("--files")),
}
# What only the creditor's rows can tell: a date that no file told of some debt is not spoken of.
DATED: Mapping[str, Callable[[AccountView], object]] = {
    "calculated": lambda account: account.as_of,
    "due_dates": lambda account: account.due_date,
}


def first_screen(turn: Turn, topics: Iterable[Topic], origin: Origin = "bot") -> None:
    """Before the first message about the debt to who has proved who they are: what their country wants told of it.

    Before a person's own words it goes with them, and as late as they may.
    """
    state = turn.state
    if not state.view.notices or not state.identified or TOLD in state.noted or set(topics) <= {"creditor"}:
        return
    texts = list(_texts(turn))
    if not texts:
        return
    key = derive(state.id, "say", str(state.said + 1))
    told = tuple(dict.fromkeys(topic for topic, _, _ in texts))
    rules = tuple(dict.fromkeys(rule for one in state.view.notices if one.topic in told for rule in one.rules))
    about = sorted({topic for _, text, _ in texts for topic in topics_of(turn.book.texts[text])})
    turn.lines.append(
        Line(key, _heading(turn.book), Content(_written(turn, texts)), tuple(about), origin=origin, tells=told)
    )
    turn.set(said=state.said + 1, noted=(*state.noted, TOLD))
    turn.note(f.NoticesTold(key, told, rules))


def to_tell(book: Book, view: View) -> tuple[str, ...]:
    """What the first screen has to tell of this person's debts; what the creditor's settings lack is left out.

    What the flows have no text for is among it, so that the guard stops what would be said without it.
    """
    if not view.owed:
        return ()
    return tuple(
        one.topic
        for one in view.notices
        if one.topic not in book.notices or any(_sayable(book, text, view) for text in book.notices[one.topic])
    )


def missing(book: Book, creditor: CreditorView, notices: Iterable[Notice]) -> tuple[str, ...]:
    """The options of `acuerdo creditor add` without which something of these is left out."""
    wanted = (text for one in notices for text in book.notices.get(one.topic, ()))
    return tuple(dict.fromkeys(option for text in wanted for option in _lacking(book, text, creditor)))


def _lacking(book: Book, text: str, creditor: CreditorView) -> list[str]:
    """The options that would fill what a text names and the creditor's settings do not say."""
    named = [PARTICULARS[name] for name in _named(book, text) if name in PARTICULARS]
    return [one.option(creditor) for one in named if not one.words(creditor)]


def _named(book: Book, text: str) -> tuple[str, ...]:
    """The variables of a text, in any of its variants."""
    wordings = (w for ws in book.texts[text].variants.values() for w in ws)
    return tuple(dict.fromkeys(name for w in wordings for name in PLACEHOLDER.findall(w)))


def _sayable(book: Book, text: str, view: View) -> bool:
    """Whether all that a text names is known."""
    dated = [DATED[name] for name in _named(book, text) if name in DATED]
    return not _lacking(book, text, view.creditor) and all(day(a) for day in dated for a in view.owed)


def _texts(turn: Turn) -> Iterator[tuple[str, str, str]]:
    """Each thing to tell, the text that tells it and its words, in the order of the flow; none is said twice."""
    view, seen = turn.state.view, set[str]()
    asked = set(to_tell(turn.book, view))
    for topic, texts in turn.book.notices.items():
        for text in texts if topic in asked else ():
            if _sayable(turn.book, text, view):
                yield topic, text, "" if text in seen else fill(_wording(turn, text), turn)
                seen.add(text)


def _wording(turn: Turn, text: str) -> str:
    return wording(turn.book.texts[text], turn.state.view, turn.state.id)


def _heading(book: Book) -> str:
    return next(iter(book.notices.get(HEADING, ())), "")


def _written(turn: Turn, texts: Iterable[tuple[str, str, str]]) -> str:
    heading = _heading(turn.book)
    first = [fill(_wording(turn, heading), turn)] if heading else []
    return "\n".join((*first, *(f"• {words}" for _, _, words in texts if words)))
