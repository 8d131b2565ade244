"""What comes in on a channel: kept before it is read, read into events, each dealt with once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Refused, Verdict
from acuerdo.core.language.stops import Stop, stop_said
from acuerdo.core.messages import Say
from acuerdo.core.words import CreditorId, PersonId, derive, storable, storable_name
from acuerdo.service import talking
from acuerdo.service.channels import (
    Arrival,
    BadMedia,
    Channel,
    Event,
    Fetching,
    Inbound,
    Media,
    Notice,
    Odd,
    Receipt,
    Registered,
    Traits,
    Unreadable,
    channel_of,
)
from acuerdo.service.outbound import Address, Contact, Events, Inbox, LinkFor, Noted, Read, Writer
from acuerdo.service.places import Place, manner_of
from acuerdo.service.ports import Gone
from acuerdo.service.reaching import Letter, text_of, write
from acuerdo.service.sending import Exit, Outgoing, queue_outbound
from acuerdo.service.talking import House

PER = timedelta(hours=1)
NAMES = frozenset({"id", "ref", "answers", "subject", "status"})  # of an event: what the provider names things by
STRANGER = "nobody known writes from there"


class Mail(msgspec.Struct, frozen=True):
    """What reading needs: the inbox, the events, the exit by which answers leave, and the house that talks.

    `files` takes a file into a conversation, by a key that makes it be taken once; False where it is not taken.
    """

    inbox: Inbox
    events: Events
    exit: Exit
    house: House
    files: Callable[[str, str, Media, datetime, Place], Awaitable[bool]] | None = None


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


async def take(mail: Mail, channel: str, raw: bytes, at: datetime) -> None:
    """Keeps a payload that a listening channel brought over its own line, to be read by a job."""
    await mail.inbox.keep(channel, sha256(raw).digest(), raw, at)


async def relearn(mail: Mail) -> None:
    """What other processes heard since of approved templates and limits."""
    for name, channel in mail.exit.channels.items():
        if isinstance(channel, Registered):
            channel.learn(await mail.events.news(name))


async def read_payload(mail: Mail, channel: str, *digests: bytes) -> None:
    """Reads kept payloads; what they tell is done once, however often this is called.

    One that meets a fault of ours holds up no other: it stays kept, and the fault is raised once the others are read.
    """
    speaker = channel_of(mail.exit.channels, channel)
    read = [(arrival, *_parsed(speaker, arrival)) for arrival in await mail.inbox.arrived(channel, digests)]
    receipts = [(one, arrival.at) for arrival, events, _ in read for one in events if isinstance(one, Receipt)]
    await mail.events.receipts(channel, receipts)
    done, faults = list[Read](), list[Exception]()
    for arrival, events, error in read:
        try:
            done.append(
                Read(arrival, status="unreadable", why=error) if error else await _one(mail, speaker, arrival, events)
            )
        except Exception as why:
            faults.append(why)
    await mail.inbox.read(done)
    if faults:
        raise faults[0]


async def _one(mail: Mail, speaker: Channel, arrival: Arrival, events: Sequence[Event]) -> Read:
    """What one payload tells but its receipts."""
    news = [one for one in events if isinstance(one, Notice)]
    await mail.events.notices(speaker.traits.name, news, arrival.at)
    if news and isinstance(speaker, Registered):
        speaker.learn(news)
    wrote = [one for one in events if isinstance(one, Inbound)]
    people = [await _deal(mail, speaker.traits, one, arrival.at) for one in wrote]
    odd = "; ".join(one.why for one in events if isinstance(one, Odd))
    all_of = set().union(*people)
    person = next(iter(all_of)) if len(all_of) == 1 else None
    note = STRANGER if not all(people) else ""
    return Read(arrival, person, "odd" if odd else "parsed", odd, note)


def _parsed(speaker: Channel, arrival: Arrival) -> tuple[list[Event], str]:
    """What a payload tells, or why it tells nothing. A channel that fails on one is told of, and the payload stays."""
    try:
        return [_storable(event) for event in speaker.parse(arrival.raw)], ""
    except Unreadable as why:
        return [], storable(str(why))
    except Exception as why:
        return [], f"the channel failed on it: {type(why).__name__}"


def _storable(event: Event) -> Event:
    """The event with words that the store takes: one that it does not would hold up all that are written with it."""
    told = {name: value for name in event.__struct_fields__ if isinstance(value := getattr(event, name), str)}
    kept = {name: (storable_name if name in NAMES else storable)(value) for name, value in told.items()}
    return event if kept == told else msgspec.structs.replace(event, **kept)


async def _deal(mail: Mail, traits: Traits, event: Inbound, at: datetime) -> set[str]:
    """One message, once; whose it was, where that can be told."""
    hashed, known = await mail.events.writers(traits, event)
    writers = await _meant(mail, traits, event, known)
    if not await mail.events.seen(traits.name, event):
        address = Address(event.address or event.user, hashed)
        if stop := stop_said(event.text):
            await _stop(mail, traits, event, writers, address, stop, at)
        elif len({w.subject for w in writers}) == 1 and await _goes_on(mail, traits, event, writers[0]):
            await _talked(mail, traits, event, writers[0], address, at)
        else:
            for writer in writers:
                await _linked(mail, traits, event, writer, address, at)
        # Last, as what it caused is committed by then, under keys that bear repeating. What a stranger wrote is not
        # done with: it may be read again, and may be somebody's by then.
        if writers:
            sole = [writer.person for writer in writers] if len({writer.subject for writer in writers}) == 1 else []
            await mail.events.done(traits.name, event, sole, hashed, at)
    return {writer.person for writer in writers}


async def _meant(mail: Mail, traits: Traits, event: Inbound, writers: Sequence[Writer]) -> list[Writer]:
    """Who may be writing, the last one met first: to whom the message went that they answer, else whose number of ours
    it is that they wrote to."""
    met = sorted(writers, key=lambda one: (one.at is not None, one.at), reverse=True)
    answered = await mail.events.answered_to(traits.name, event.answers) if event.answers else None
    if named := [one for one in met if one.person == answered]:
        return named
    return [one for one in met if event.to and one.senders.get(traits.name) == event.to] or met


async def _goes_on(mail: Mail, traits: Traits, event: Inbound, writer: Writer) -> bool:
    """Whether a conversation goes on here: where anybody can claim an address, only with who answers what we wrote."""
    if manner_of(traits.name).answers != "talk" or not traits.written:
        return False
    if not traits.claimed:
        return True
    return bool(event.answers) and await mail.events.answered_to(traits.name, event.answers) == writer.person


async def _stop(
    mail: Mail, traits: Traits, event: Inbound, writers: Sequence[Writer], address: Address, stop: Stop, at: datetime
) -> None:
    told = False
    for writer in writers:
        key = derive("inbound", traits.name, event.id, writer.person)
        async with mail.exit.outbound.person(writer.person, at) as contact:
            if contact is not None:
                told |= await _opted_out(mail.exit, contact, Stopped(traits, event, address, key, stop, told), at)


def said_in(event: Inbound) -> str:
    """The words of a message; a file without any is named."""
    return event.text or " ".join(f"[{one.name or one.mime or 'archivo'}]" for one in event.media)


async def _talked(mail: Mail, traits: Traits, event: Inbound, writer: Writer, address: Address, at: datetime) -> None:
    """A person wrote where a conversation goes on: their open one with this creditor goes on there."""
    manner, talks = manner_of(traits.name), mail.house.talks
    many = await mail.events.answered(writer.person, traits.name, at - PER)
    if many >= manner.most:
        await _noted(mail, traits, event, writer, at)
        return
    here = Place(traits.name, address.hash)
    with suppress(Gone):  # they were forgotten meanwhile
        await mail.events.met(traits, event, writer.person, at)
        talk = await talks.resume(writer.person, here, at, writer.campaign)
        key = derive("inbound", traits.name, event.id)
        left = await _taken_in(mail, event, talk, key, at, here)
        said = said_in(msgspec.structs.replace(event, media=left))
        if said or event.button or not event.media:
            await talking.hear(mail.house, talk, key, said, event.button, at, here, event.answers)


async def _taken_in(mail: Mail, event: Inbound, talk: str, key: str, at: datetime, here: Place) -> tuple[Media, ...]:
    """The files of a message are taken into the conversation; those that are not are left, to be named in it."""
    channel, left = channel_of(mail.exit.channels, here.channel), list[Media]()
    for place, media in enumerate(event.media):
        try:
            whole = media if media.data or not isinstance(channel, Fetching) else await channel.fetch(media)
        except (BadMedia, ConnectionError):
            whole = media
        taken = mail.files is not None and bool(whole.data)
        if not taken or mail.files is None or not await mail.files(talk, f"{key}:{place}", whole, at, here):
            left.append(media)
    return tuple(left)


async def _noted(mail: Mail, traits: Traits, event: Inbound, writer: Writer, at: datetime) -> None:
    """What is heard and not answered."""
    key = derive("inbound", traits.name, event.id, writer.person)
    received = f.MessageReceived(traits.name, key, said_in(event))
    async with mail.exit.outbound.person(writer.person, at) as contact:
        if contact is not None:
            await contact.note([Noted(key, received, "debtor", None, writer.campaign, writer.conversation)], at)


async def _linked(mail: Mail, traits: Traits, event: Inbound, writer: Writer, address: Address, at: datetime) -> None:
    """A person wrote where nobody talks, or where several people read: they are answered with their private link."""
    key = derive("inbound", traits.name, event.id, writer.person)
    many = await mail.events.answered(writer.person, traits.name, at - PER)
    async with mail.exit.outbound.person(writer.person, at) as contact:
        if contact is None:
            return
        received = f.MessageReceived(traits.name, key, said_in(event))
        await contact.note([Noted(key, received, "debtor", None, writer.campaign, writer.conversation)], at)
        if many < manner_of(traits.name).most:
            letter = Letter(
                key=derive("answer", key), name="answer", purpose="reply", traits=traits, address=address,
                cause=LinkFor(writer.campaign, writer.conversation), answers_at=at,
            )  # fmt: skip
            verdict = await write(mail.exit, contact, letter, at)
            if isinstance(verdict, Refused):
                await _in_place(mail.exit, contact, letter, writer, verdict, at)


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
