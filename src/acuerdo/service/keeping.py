"""Once an hour of our clock: promises and agreements whose days are over are kept or broken, and it is on record.

Nobody is written to because of it. A broken agreement bars no campaign any more, and paying all of it still keeps it.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

from acuerdo.core import facts as f
from acuerdo.core.negotiation.keeping import Agreed, Promised, agreement_outcome, promise_outcome
from acuerdo.core.payments.progress import Received

MANY = 200  # people looked up at once


class OpenGiven(Protocol):
    """What a person gave their word for, under lock; `today` is their local day."""

    today: date
    promised: tuple[Promised, ...]
    agreed: tuple[Agreed, ...]
    received: tuple[Received, ...]

    async def note(self, outcome: f.PromiseKept | f.PromiseBroken | f.AgreementBroken, at: datetime) -> None: ...


class Promises(Protocol):
    """Promises and agreements in force. The block is one transaction."""

    async def overdue(self, at: datetime, after: str, most: int) -> list[str]: ...
    def of(self, person: str, at: datetime) -> AbstractAsyncContextManager[OpenGiven]: ...


async def look(promises: Promises, at: datetime) -> int:
    """Marks all whose days are over at `at`; how many people were looked at. Any number of workers may do so."""
    seen, after = 0, ""
    while people := await promises.overdue(at, after, MANY):
        for person in people:
            async with promises.of(person, at) as given:
                await _judge(given, at)
        seen, after = seen + len(people), people[-1]
    return seen


async def _judge(given: OpenGiven, at: datetime) -> None:
    for promised in given.promised:
        outcome = promise_outcome(promised, given.received, given.today)
        if outcome is not None:
            await given.note(outcome, at)
    for agreed in given.agreed:
        broken = agreement_outcome(agreed, given.today)
        if broken is not None:
            await given.note(broken, at)
