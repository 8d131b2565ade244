"""One turn while it is being decided: the state so far, and the messages, facts and timers that will come of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.dialogue.pressing import MARK, Origin, origin_of
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Effects, Line, State, Timer
from acuerdo.core.dialogue.view import AccountView
from acuerdo.core.facts import Fact, Heard
from acuerdo.core.language.reading import Entity, Reading
from acuerdo.core.words import HandOverReason, Money, derive

NOTHING = Reading(())
LONGEST_READ = 2000  # characters of one message that are read; the rest is kept and not read


class Turn:
    """The working copy of one step; it lives no longer than the step does."""

    __slots__ = (
        "again",
        "args",
        "at",
        "back",
        "book",
        "event",
        "facts",
        "heard",
        "lines",
        "low",
        "origin",
        "reading",
        "state",
        "timers",
        "today",
        "trail",
        "words",
    )

    def __init__(self, book: Book, state: State, event: Fact, at: datetime) -> None:
        self.book, self.state, self.event, self.at = book, state, event, at
        self.heard = event if isinstance(event, Heard) else None
        # Of which message a button was pressed, where it is one that means something there alone.
        self.origin: Origin | None = None
        if self.heard is not None and MARK in self.heard.button:
            name, _, of = self.heard.button.partition(MARK)
            self.heard, self.origin = msgspec.structs.replace(self.heard, button=name), origin_of(of)
        self.reading = NOTHING
        # What the person wrote, for the record: now, or before identity when that is answered now.
        self.words: str = self.heard.text if self.heard else ""
        # The same in small letters, in which phrases are looked for: no more of it than is read.
        self.low: str = self.words[:LONGEST_READ].lower()
        self.lines: list[Line] = []
        self.facts: list[Fact] = []
        self.timers: list[Timer] = []
        self.args: dict[str, Any] = {}
        self.trail: list[str] = []
        # Whether they come back after a long silence; and whether our last words put our own question again.
        self.back = self.again = False
        self.today: date = at.astimezone(ZoneInfo(state.view.zone)).date()

    @property
    def shown(self) -> str:
        """What the person wrote as a screen may show it: documents hidden."""
        hidden = self.heard is not None and self.heard.masked and self.words == self.heard.text
        return self.heard.masked if self.heard is not None and hidden else self.words

    @property
    def debts(self) -> tuple[AccountView, ...]:
        """The debts that are talked about: those that were chosen, else all that go together."""
        view, chosen = self.state.view, self.state.bargained
        return tuple(a for a in view.owed if a.id in chosen) or view.together if chosen else view.together

    @property
    def total(self) -> Money:
        """What is owed over the debts that are talked about."""
        if not self.state.bargained or not self.debts:
            return self.state.view.total
        return Money(sum(a.balance.minor for a in self.debts), self.debts[0].balance.currency)

    def set(self, **changes: Any) -> None:
        """Changes the state; the old one is not touched."""
        self.state = msgspec.structs.replace(self.state, **changes)

    def note(self, *facts: Fact) -> None:
        self.facts.extend(facts)

    def once(self, mark: str, *facts: Fact) -> bool:
        """Notes the facts the first time `mark` comes up in this conversation; tells whether it was the first."""
        if mark in self.state.noted:
            return False
        self.set(noted=(*self.state.noted, mark))
        self.note(*facts)
        return True

    def handed(self, reason: HandOverReason) -> bool:
        """Marks that the case goes to a person for this reason; tells whether that is new."""
        if reason in self.state.handed:
            return False
        self.set(handed=(*self.state.handed, reason))
        return True

    def timer(self, name: str, due: datetime) -> None:
        """One timer of each name: a later moment takes the place of the earlier."""
        self.timers.append(Timer(name, derive(self.state.id, "timer", name), due))

    def entities(self, kind: str) -> tuple[Entity, ...]:
        return tuple(e for e in self.reading.entities if e.kind == kind)

    def effects(self) -> Effects:
        return Effects(tuple(self.lines), tuple(self.facts), tuple(self.timers), tuple(self.trail))
