"""What comes in on a channel: kept before it is read, read into events, each dealt with once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Refused, Verdict
from acuerdo.core.language.stops import Stop, stop_said
from acuerdo.core.messages import Say
from acuerdo.core.words import CreditorId, PersonId, derive
from acuerdo.service.channels import Inbound, Receipt, Traits, Unreadable, channel_of
from acuerdo.service.outbound import Address, Contact, Events, Inbox, LinkFor, Noted, Writer
from acuerdo.service.reaching import Letter, text_of, write
from acuerdo.service.sending import Exit, Outgoing, queue_outbound

ANSWERS = 3  # to one person on one channel in an hour: two machines must not talk to each other for ever
PER = timedelta(hours=1)


class Mail(msgspec.Struct, frozen=True):
    """What reading needs: the inbox, the events, and the exit by which answers leave."""

    inbox: Inbox
    events: Events
    exit: Exit


async def receive(mail: Mail, channel: str, raw: bytes, headers: Mapping[str, str], source: str, at: datetime) -> bool:
    """Keeps a payload whose signature holds, once, to be read by a job; the caller then answers 200.

    False, and only time, source and hash kept, where the signature does not hold. Raises NoChannel.
    """
    digest = sha256(raw).digest()
    if not channel_of(mail.exit.channels, channel).verified(raw, headers):
        await mail.inbox.refuse(channel, digest, source, at)
        return False
    await mail.inbox.keep(channel, digest, raw, at)
    return True


async def read_payload(mail: Mail, channel: str, digest: bytes) -> None:
    """Reads a kept payload; what it tells is done once, however often this is called."""
    arrival = await mail.inbox.arrived(channel, digest)
    if arrival is None:
        return
    speaker = channel_of(mail.exit.channels, channel)
    try:
        events = speaker.parse(arrival.raw)
    except Unreadable as why:
        await mail.inbox.unreadable(arrival, str(why))
        return
    at = arrival.at
    await mail.events.receipts(channel, [event for event in events if isinstance(event, Receipt)], at)
    people: set[str] = set()
    for event in events:
        if isinstance(event, Inbound):
            people |= await _deal(mail, speaker.traits, event, at)
    await mail.inbox.read(arrival, people.pop() if len(people) == 1 else None)


async def _deal(mail: Mail, traits: Traits, event: Inbound, at: datetime) -> set[str]:
    """One message, once; whose it was, where that can be told."""
    hashed, writers = await mail.events.writers(traits.name, event.address)
    if not await mail.events.seen(traits.name, event):
        told, address = False, Address(event.address, hashed)
        for writer in writers:
            told |= await _written(mail, traits, event, writer, address, at, told=told)
        # Last, as what it caused is committed by then, under keys that bear repeating.
        await mail.events.done(traits.name, event, at)
    return {writer.person for writer in writers}


async def _written(
    mail: Mail, traits: Traits, event: Inbound, writer: Writer, address: Address, at: datetime, *, told: bool
) -> bool:
    """A person wrote where nobody talks: a stop closes the channel or all, anything else is answered with their link.

    Whether a stop was confirmed; where one was `told` already, it is not told again to the same address.
    """
    key = derive("inbound", traits.name, event.id, writer.person)
    many = await mail.events.answered(writer.person, traits.name, at - PER)
    async with mail.exit.outbound.person(writer.person, at) as contact:
        if contact is None:
            return False
        stop = stop_said(event.text)
        if stop:
            return await _opted_out(mail.exit, contact, Stopped(traits, event, address, key, stop, told), at)
        received = f.MessageReceived(traits.name, key, event.text)
        await contact.note([Noted(key, received, "debtor", None, writer.campaign, writer.conversation)], at)
        if many < ANSWERS:
            letter = Letter(
                key=derive("answer", key), name="answer", purpose="reply", traits=traits, address=address,
                cause=LinkFor(writer.campaign, writer.conversation), answers_at=at,
            )  # fmt: skip
            verdict = await write(mail.exit, contact, letter, at)
            if isinstance(verdict, Refused):
                await _in_place(mail.exit, contact, letter, writer, verdict, at)
    return False


class Stopped(NamedTuple):
    """A wish for no more messages: how it came, from which address, and whether another was told of it already."""

    traits: Traits
    event: Inbound
    address: Address
    key: str
    stop: Stop
    told: bool


async def _in_place(
    exit_: Exit, contact: Contact, letter: Letter, writer: Writer, verdict: Refused, at: datetime
) -> None:
    """Who wrote is never met with silence: where our answer may not leave, a text cleared long before does."""
    why = "; ".join(reason.detail or reason.code for reason in verdict.why)
    refused = f.TextRefused(letter.key, letter.name, verdict.why)
    case = f.HandedOver("refused_reply", f"No salió la respuesta a un mensaje ({letter.name}): {why}")
    await contact.note(
        [
            Noted(derive("refused", letter.key), refused, "bot", None, writer.campaign, writer.conversation),
            Noted(derive("case", letter.key), case, "bot", None, writer.campaign, writer.conversation),
        ],
        at,
    )
    await _reply(exit_, contact, letter.traits, letter.address, derive("precleared", letter.key), "precleared", at)


async def _reply(
    exit_: Exit, contact: Contact, traits: Traits, address: Address, key: str, name: str, at: datetime
) -> Verdict:
    """A text of `templates/invitacion.toml` in answer to what the person just wrote."""
    say = Say(
        key=key, content=text_of(name, contact.who), channel=traits.name, purpose="reply",
        creditor=CreditorId(contact.who.creditor), person=PersonId(contact.who.person), mode=traits.mode,
        text_id=name, topics=("creditor",), answers_at=at, address_hash=address.hash,
    )  # fmt: skip
    return await queue_outbound(exit_, contact, Outgoing(say, address, traits), at)


async def _opted_out(exit_: Exit, contact: Contact, said: Stopped, at: datetime) -> bool:
    """The channel closes for this address at once, or every channel for the person, and is told so once."""
    traits, address, key = said.traits, said.address, said.key
    everything = said.stop == "all"
    closed = {(one.channel, one.address_hash) for one in contact.record.opt_outs}
    known = ("*", "") in closed or (
        not everything and not closed.isdisjoint({(traits.name, ""), (traits.name, address.hash)})
    )
    opted = f.OptedOut("*" if everything else traits.name, "" if everything else address.hash, said.event.text)
    await contact.note([Noted(key, opted, "debtor")], at)
    if known or said.told:
        return said.told
    name = "stopped_all" if everything else "stopped"
    verdict = await _reply(exit_, contact, traits, address, derive("stopped", key), name, at)
    if isinstance(verdict, Refused):
        refused = f.ContactRefused(traits.name, "planning", verdict.why)
        await contact.note([Noted(derive("contact_refused", key), refused)], at)
    return True
