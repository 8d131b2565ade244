"""Why somebody may or may not be contacted, what is left of their week, and who contacted them, told to themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from acuerdo.core.compliance import Rules, explain
from acuerdo.core.compliance.explain import CHANNELS, Counter, Word
from acuerdo.core.compliance.record import Attempt, Record
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AccountId, CreditorId, Layer, Mode, PersonId, Purpose, Reason, aware
from acuerdo.service.channels import Traits
from acuerdo.service.outbound import Contact
from acuerdo.service.reaching import best_address
from acuerdo.service.sending import Exit, record_for


class Rule(msgspec.Struct, frozen=True):
    """A rule that spoke, with where it was read."""

    id: str
    layer: Layer
    article: str
    source: tuple[str, ...]
    status: str


class Outlook(msgspec.Struct, frozen=True):
    """One channel: the guard's word now, the next lawful moment, and how much is left of the day and the week.

    `left_*` None: no rule limits it.
    """

    channel: str
    verdict: str
    at: datetime | None
    deadline: datetime | None
    left_today: int | None
    left_this_week: int | None
    why: tuple[Reason, ...]


class Explanation(msgspec.Struct, frozen=True):
    """All that speaks for and against a contact with a person at a moment."""

    person: str
    channel: str
    at: datetime
    zones: tuple[str, ...]
    word: Outlook
    rules: tuple[Rule, ...]
    counters: tuple[Counter, ...]
    channels: tuple[Outlook, ...]


class Told(msgspec.Struct, frozen=True):
    """One contact as the person is told of it: `who` "" is another company than the one they are talking with."""

    at: datetime
    who: str
    channel: str
    mode: Mode
    reached: bool


class Ledger(Protocol):
    """What the contact ledger holds of a human, for themselves."""

    async def told(self, person: str, since: datetime, until: datetime) -> list[Told]: ...


async def explain_contact(
    exit_: Exit, person: str, channel: str, at: datetime, *, account: str | None = None, purpose: Purpose = "collection"
) -> Explanation | None:
    """The guard's word on contacting this person by a channel, and on every other, as the exit would ask it.

    None where the person is not known. Nothing is reserved.
    """
    async with exit_.outbound.person(person, aware(at)) as contact:
        return await explained(exit_, contact, channel, at, account, purpose) if contact else None


async def explained(
    exit_: Exit, contact: Contact, channel: str, at: datetime, account: str | None = None,
    purpose: Purpose = "collection",
) -> Explanation:  # fmt: skip
    """As `explain_contact`, for a person under lock."""
    rules = exit_.rules(at.date())
    names: Mapping[str, Mode] = {channel: CHANNELS.get(channel, "text")} | CHANNELS
    say, record = await _asked(exit_, contact, channel, names[channel], account, purpose, at)
    whole = explain(say, record, rules, at, {channel: names[channel]})
    outlooks = []
    for name, mode in names.items():
        one, known = await _asked(exit_, contact, name, mode, account, purpose, at)
        made = explain(one, known, rules, at, {name: mode})
        outlooks.append(_outlook(made.channels[0], made.left_today, made.left_this_week))
    mine = next(one for one in outlooks if one.channel == channel)
    return Explanation(
        contact.who.person, channel, at, contact.record.zones, mine, _cited(mine.why, rules), whole.counters,
        tuple(outlooks),
    )  # fmt: skip


async def _asked(
    exit_: Exit, contact: Contact, channel: str, mode: Mode, account: str | None, purpose: Purpose, at: datetime
) -> tuple[Say, Record]:
    """The contact that is asked about, before its words, to the address that would be chosen."""
    installed = exit_.channels.get(channel)
    traits = installed.traits if installed else Traits(channel, mode, sandbox=True)
    address = best_address(contact, await contact.addresses(traits), channel)
    record = record_for(exit_, contact, traits, address, account, at) if address else contact.about(account, at)
    say = Say(
        key="", content=Content(""), channel=channel, purpose=purpose, creditor=CreditorId(contact.who.creditor),
        person=PersonId(contact.who.person), mode=mode, account=AccountId(account) if account else None,
        topics=("creditor",), address_hash=address.hash if address else "",
    )  # fmt: skip
    return say, record


def _outlook(word: Word, today: int | None, week: int | None) -> Outlook:
    return Outlook(word.channel, word.verdict, word.at, word.deadline, today, week, word.why)


def _cited(why: tuple[Reason, ...], rules: Rules) -> tuple[Rule, ...]:
    known = {rule.id: rule for pack in rules.packs.values() for rule in pack.rules}
    ids = dict.fromkeys(name for reason in why for name in reason.rules)
    return tuple(
        Rule(name, known[name].layer, known[name].article, known[name].source, known[name].status)
        for name in ids
        if name in known
    )


__all__ = ["Attempt", "Explanation", "Ledger", "Outlook", "Rule", "Told", "explain_contact", "explained"]
