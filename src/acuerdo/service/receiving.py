"""What comes in on a channel: kept before it is read, read into events, each dealt with once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Refused
from acuerdo.core.messages import Say
from acuerdo.core.words import CreditorId, PersonId, derive
from acuerdo.service.channels import Inbound, Receipt, Traits, Unreadable, channel_of
from acuerdo.service.outbound import Address, Contact, Events, Inbox, LinkFor, Noted, Writer
from acuerdo.service.reaching import Letter, text_of, write
from acuerdo.service.sending import Exit, Outgoing, queue_outbound

# A stop word alone, or one with little around it ("BAJA por favor"), in the countries' words and the carriers' English.
# "Cancelar" is not among them: in half of the countries it means to pay.
STOP_WORDS = frozenset({"baja", "bajas", "alto", "stop", "parar", "pare", "salir", "unsubscribe", "desuscribir"})
AROUND = frozenset({"por", "favor", "gracias", "sms", "mensajes", "quiero", "la", "de", "dar", "darme", "me", "doy"})
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
        for writer in writers:
            await _written(mail, traits, event, writer, Address(event.address, hashed), at)
        # Last, as what it caused is committed by then, under keys that bear repeating.
        await mail.events.done(traits.name, event, at)
    return {writer.person for writer in writers}


def is_stop(text: str) -> bool:
    """Whether a message asks for no more, in so many words; what says more than that is not taken for it."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    words = re.findall(r"[a-z]+", bare)
    return bool(STOP_WORDS.intersection(words)) and len(words) <= 6 and STOP_WORDS.union(AROUND).issuperset(words)


async def _written(mail: Mail, traits: Traits, event: Inbound, writer: Writer, address: Address, at: datetime) -> None:
    """A person wrote where nobody talks: a stop word closes the channel, anything else is answered with their link."""
    key = derive("inbound", traits.name, event.id, writer.person)
    many = await mail.events.answered(writer.person, traits.name, at - PER)
    async with mail.exit.outbound.person(writer.person, at) as contact:
        if contact is None:
            return
        if is_stop(event.text):
            await _opted_out(mail.exit, contact, traits, event, address, key, at)
            return
        received = f.MessageReceived(traits.name, key, event.text)
        await contact.note([Noted(key, received, "debtor", None, writer.campaign, writer.conversation)], at)
        if many < ANSWERS:
            letter = Letter(
                key=derive("answer", key), name="answer", purpose="reply", traits=traits, address=address,
                cause=LinkFor(writer.campaign, writer.conversation), answers_at=at,
            )  # fmt: skip
            await write(mail.exit, contact, letter, at)


async def _opted_out(
    exit_: Exit, contact: Contact, traits: Traits, event: Inbound, address: Address, key: str, at: datetime
) -> None:
    """The channel closes for this address at once, and is told so once."""
    new = not any(
        one.channel in ("*", traits.name) and one.address_hash in ("", address.hash) for one in contact.record.opt_outs
    )
    opted = f.OptedOut(traits.name, address.hash, event.text)
    await contact.note([Noted(key, opted, "debtor")], at)
    if not new:
        return
    say = Say(
        key=derive("stopped", key), content=text_of("stopped", contact.who), channel=traits.name, purpose="reply",
        creditor=CreditorId(contact.who.creditor), person=PersonId(contact.who.person), mode=traits.mode,
        text_id="stopped", topics=("creditor",), answers_at=at, address_hash=address.hash,
    )  # fmt: skip
    verdict = await queue_outbound(exit_, contact, Outgoing(say, address, traits), at)
    if isinstance(verdict, Refused):
        refused = f.ContactRefused(traits.name, "planning", verdict.why)
        await contact.note([Noted(derive("contact_refused", say.key), refused)], at)
