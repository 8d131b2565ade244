"""Once an hour of our clock: promises and agreements whose days are over are kept or broken, and it is on record.

Nobody is written to because of it. A broken agreement bars no campaign any more, and paying all of it still keeps it.
Reminders are timers of their own: what they say passes the guard like everything that leaves.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Protocol

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Refused, Verdict
from acuerdo.core.facts import kind_of
from acuerdo.core.negotiation.keeping import Agreed, Promised, agreement_outcome, promise_outcome
from acuerdo.core.payments.progress import Received, Terms
from acuerdo.core.words import AcuerdoError, Money, Purpose, Reason, derive
from acuerdo.service.outbound import Contact, LinkFor, Noted
from acuerdo.service.reaching import Letter, best_address, write
from acuerdo.service.sending import Exit

MANY = 200  # people looked up at once
SILENCE = "silence"  # what a reminder of a question left open is of
REMIND = "remind"  # the name of the timers that call a day to mind


class OpenGiven(Protocol):
    """What a person gave their word for, under lock; `today` is their local day."""

    today: date
    terms: Terms
    promised: tuple[Promised, ...]
    agreed: tuple[Agreed, ...]
    received: tuple[Received, ...]

    async def note(self, outcome: f.PromiseKept | f.PromiseBroken | f.AgreementBroken, at: datetime) -> None: ...


class Promises(Protocol):
    """Promises and agreements in force. The block is one transaction."""

    async def overdue(self, at: datetime, after: str, most: int) -> list[str]: ...
    def of(self, person: str, at: datetime) -> AbstractAsyncContextManager[OpenGiven]: ...
    async def reschedule(
        self, agreement: str, parts: tuple[tuple[date, Money], ...], why: str, who: str, at: datetime
    ) -> bool: ...
    async def cancel(self, agreement: str, why: str, who: str, at: datetime) -> bool: ...


class Reminder(msgspec.Struct, frozen=True):
    """A reminder that rang: of an agreement or a promise, `before` its day or after it, or of a question left open."""

    key: str
    person: str
    what: str
    before: bool
    conversation: str | None


class NoWhy(AcuerdoError):
    """Whoever changes or ends an agreement says why."""


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
        outcome = promise_outcome(promised, given.received, given.today, given.terms)
        if outcome is not None:
            await given.note(outcome, at)
    for agreed in given.agreed:
        broken = agreement_outcome(agreed, given.today, given.terms)
        if broken is not None:
            await given.note(broken, at)


async def remind(exit_: Exit, reminder: Reminder, at: datetime) -> Verdict | None:
    """Calls a day to mind on the first channel that reaches the person, where the guard lets it; once by its key.

    It waits for a lawful hour. A refusal is a fact with its reasons. None where the person is gone.
    """
    async with exit_.outbound.person(reminder.person, at) as contact:
        if contact is None:
            return None
        letter = await _letter(exit_, contact, reminder)
        verdict = await write(exit_, contact, letter, at, wait=True) if letter else Refused((Reason("no_address"),))
        if isinstance(verdict, Refused):
            channel = letter.traits.name if letter else ""
            refused = f.ContactRefused(channel, "sending", verdict.why, exit_.rules(at.date()).version)
            name = derive(kind_of(refused), reminder.key)
            await contact.note([Noted(name, refused, "system", conversation=reminder.conversation)], at)
        return verdict


async def _letter(exit_: Exit, contact: Contact, reminder: Reminder) -> Letter | None:
    name, purpose = _text_of(reminder)
    for channel in exit_.channels.values():
        address = best_address(contact, await contact.addresses(channel.traits), channel.traits.name)
        if address is not None:
            return Letter(
                key=derive("reminder", reminder.key),
                name=name, purpose=purpose, traits=channel.traits, address=address,
                cause=LinkFor(conversation=reminder.conversation),
            )  # fmt: skip
    return None


def _text_of(reminder: Reminder) -> tuple[str, Purpose]:
    """A question of ours left open is ours to collect, and counts as such; a day agreed is called to mind."""
    if reminder.what == SILENCE:
        return "silence", "collection"
    return "reminder_before" if reminder.before else "reminder_after", "agreement_reminder"


async def reschedule(
    promises: Promises, agreement: str, parts: tuple[tuple[date, Money], ...], why: str, who: str, at: datetime
) -> bool:
    """New days for what is still to pay of an agreement; False where none of that name runs or is broken.

    Raises BadDays, NotAllowed and NoWhy.
    """
    return await promises.reschedule(agreement, parts, _said(why), who, at)


async def cancel(promises: Promises, agreement: str, why: str, who: str, at: datetime) -> bool:
    """Ends an agreement before its time; False where there is none of that name. Raises NotAllowed and NoWhy."""
    return await promises.cancel(agreement, _said(why), who, at)


def _said(why: str) -> str:
    if not why.strip():
        raise NoWhy("say why, for whoever looks at the agreement later")
    return why.strip()
