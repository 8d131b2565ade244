"""Reaching out: one campaign entry at its hour, or one invitation, decided with what is known now."""

from __future__ import annotations

import tomllib
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from urllib.parse import urlsplit

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, NotYet, Refused, Verdict
from acuerdo.core.facts import kind_of
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AccountId, CreditorId, PersonId, Purpose, Reason, derive
from acuerdo.service.channels import Traits
from acuerdo.service.outbound import Address, Addressee, Contact, Due, EntryRef, LinkFor, Noted, OpenEntry
from acuerdo.service.ports import LinkRow
from acuerdo.service.sending import Exit, Outgoing, form_of, judged, queue_outbound, record_for

MASK = "•••"  # stands in the facts for a link's token, which opens the person's page
RENEWALS = timedelta(days=1)  # how long a link that was renewed is not renewed again


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, str]]:
    """What is written before identity, by name and country."""
    raw = tomllib.loads((resources.files("acuerdo") / "templates" / "invitacion.toml").read_text("utf-8"))
    return msgspec.convert(raw, dict[str, dict[str, str]])


def text_of(name: str, who: Addressee, link: str = "") -> Content:
    """A text for this person, in their country's words."""
    by_country = texts()[name]
    return Content(by_country.get(who.country, by_country["es"]).format(who=who.who, link=link))


def link_url(exit_: Exit, token: str, domain: str = "") -> str:
    """The address of a private link, on the creditor's own domain where it has one."""
    base = f"{urlsplit(exit_.base_url).scheme}://{domain}" if domain else exit_.base_url
    return f"{base}/c/{token}"


class Letter(msgspec.Struct, frozen=True):
    """A text with a private link in it, still to be judged: its key makes it be sent once."""

    key: str
    name: str
    purpose: Purpose
    traits: Traits
    address: Address
    cause: LinkFor = LinkFor()
    account: str | None = None
    attempt: int | None = None
    answers_at: datetime | None = None

    def say(self, who: Addressee, url: str) -> Say:
        """The letter in its envelope. Nothing in it may speak of more than the creditor."""
        return Say(
            key=self.key,
            content=text_of(self.name, who, url),
            channel=self.traits.name,
            purpose=self.purpose,
            creditor=CreditorId(who.creditor),
            person=PersonId(who.person),
            mode=self.traits.mode,
            account=AccountId(self.account) if self.account else None,
            text_id=self.name,
            topics=("creditor",),
            answers_at=self.answers_at,
            address_hash=self.address.hash,
        )


async def write(exit_: Exit, contact: Contact, letter: Letter, at: datetime, *, wait: bool = False) -> Verdict:
    """Judges a letter and, where it may leave, makes its link and queues it. A key that is known changes nothing."""
    draft = letter.say(contact.who, link_url(exit_, MASK, contact.who.domain))
    form = form_of(exit_, draft)
    record = record_for(exit_, contact, letter.traits, letter.address, letter.account, at, form)
    verdict = judged(draft, record, exit_.rules(at.date()), at, form)
    if isinstance(verdict, Refused) or (isinstance(verdict, NotYet) and not wait) or await contact.known(letter.key):
        return verdict
    token = await contact.link(letter.traits.name, letter.address, at, letter.cause)
    say = letter.say(contact.who, link_url(exit_, token, contact.who.domain))
    out = Outgoing(say, letter.address, letter.traits, letter.cause.campaign, letter.attempt, shown=draft.content)
    return await queue_outbound(exit_, contact, out, at, wait=wait)


async def reach(exit_: Exit, ref: EntryRef) -> Verdict | None:
    """One entry of a running campaign at its hour: reserved and queued, delayed, or refused, in one transaction.

    None when there is nothing to do: it was done before, its campaign does not run, or everything is stopped.
    """
    verdicts, _ = await reach_all(exit_, [ref])
    return verdicts.get(ref)


async def reach_all(
    exit_: Exit, refs: Sequence[EntryRef], *, follow: bool = False
) -> tuple[dict[EntryRef, Verdict], tuple[EntryRef, ...]]:
    """As `reach`, for many in one transaction, which takes one entry of each human: those left are told, for later.

    With `follow` the caller sends the cleared ones at once (by `EntryRef.key`), as no job is made for them.
    """
    at, verdicts = exit_.clock.now(), dict[EntryRef, Verdict]()
    async with exit_.outbound.entries(refs, at, follow=follow) as lot:
        for ref, entry in lot.opened.items():
            if not await _stopped(entry, at):
                verdicts[ref] = await _invite(exit_, entry, at)
                await _concluded(exit_, entry, verdicts[ref], at)
    return verdicts, lot.left


async def _stopped(entry: OpenEntry, at: datetime) -> bool:
    """Under stop-all an entry waits for the stop to be lifted."""
    if entry.contact.record.stopped:
        await entry.again(at)
    return entry.contact.record.stopped


async def _invite(exit_: Exit, entry: OpenEntry, at: datetime) -> Verdict:
    due, contact = entry.due, entry.contact
    if due.barred:
        return Refused((Reason(due.barred),))
    if due.channel not in exit_.channels:
        return Refused((Reason("no_channel", detail=due.channel),))
    for name in channels_for(due, contact.who.channel, exit_.channels):
        traits = exit_.channels[name].traits
        address = best_address(contact, await contact.addresses(traits), traits.name)
        if address is not None:
            break
    else:
        return Refused((Reason("no_address", detail=due.channel),))
    letter = Letter(
        key=due.ref.key, name="invitation", purpose="collection", traits=traits,
        address=address, cause=LinkFor(due.ref.campaign), account=due.ref.account, attempt=due.ref.attempt,
    )  # fmt: skip
    return await write(exit_, contact, letter, at)


def channels_for(due: Due, wished: str, there: Container[str]) -> list[str]:
    """The channels on which an entry is tried, in order: the person's own wish, the planned one, the strategy's others.

    A wish for a channel that is not installed is no wish.
    """
    return [name for name in dict.fromkeys((wished, due.channel, *due.channels)) if name in there]


def best_address(contact: Contact, known: Sequence[Address], channel: str) -> Address | None:
    """The first address on file that nobody closed; where all are closed, the first, for the guard to refuse."""
    closed = {one.address_hash for one in contact.record.opt_outs if one.channel == channel}
    return next((a for a in known if a.hash not in closed), known[0] if known else None)


async def _concluded(exit_: Exit, entry: OpenEntry, verdict: Verdict, at: datetime) -> None:
    ref, version = entry.due.ref, exit_.rules(at.date()).version
    match verdict:
        case Cleared():
            await entry.ended("reserved")
        case NotYet(until, why):
            await entry.again(until)
            delayed = f.ContactDelayed(entry.due.channel, "sending", until, why, version)
            await entry.contact.note([_of_entry(entry.due, delayed, until.isoformat())], at)
        case Refused(why):
            await entry.ended("refused")
            refused = f.ContactRefused(entry.due.channel, "sending", why, version)
            await entry.contact.note([_of_entry(entry.due, refused, str(ref.attempt))], at)


def _of_entry(due: Due, fact: f.AnyFact, part: str) -> Noted:
    key = derive(kind_of(fact), due.ref.pack(), part)
    return Noted(key, fact, "system", due.ref.account, due.ref.campaign)


async def renew(exit_: Exit, link: LinkRow, at: datetime) -> Verdict | None:
    """A new link in an expired one's place, to the address it went to, once a day. None when it is not due one.

    A link that still works needs none, and one that was revoked gets none.
    """
    if link.revoked_at is not None or at < link.expires_at or link.channel not in exit_.channels:
        return None
    traits = exit_.channels[link.channel].traits
    async with exit_.outbound.person(link.person, at) as contact:
        if contact is None:
            return None
        address = next((a for a in await contact.addresses(traits) if a.hash == link.address_hash), None)
        if address is None:
            return None
        day = str(int((at - link.expires_at) / RENEWALS))
        key = derive("renewal", link.token_hash.hex(), day)
        letter = Letter(
            key=key, name="renewal", purpose="requested_information", traits=traits, address=address,
            cause=LinkFor(link.campaign, link.conversation),
        )  # fmt: skip
        verdict = await write(exit_, contact, letter, at, wait=True)
        if not isinstance(verdict, Refused):
            fact = f.LinkRenewed(link.token_hash.hex())
            await contact.note([Noted(derive("link_renewed", key), fact, "debtor", None, link.campaign)], at)
        return verdict
