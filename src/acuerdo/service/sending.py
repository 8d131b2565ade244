"""The one exit: whatever leaves the house waits in the outbox, is judged again, is delivered once and accounted for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, NotYet, Record, Refused, Rules, Verdict, attempt_of, judge
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import Reason
from acuerdo.service.channels import (
    Channel,
    Delivery,
    Failed,
    Form,
    Media,
    NoChannel,
    Registered,
    Traits,
    Unknown,
    Wire,
    channel_of,
)
from acuerdo.service.outbound import Address, Contact, Noted, OpenParcel, Outbound, Parcel, of_say
from acuerdo.service.places import Place, counts
from acuerdo.service.ports import Clock

DELIVERY = 10.0  # seconds of the machine that a provider is given; then nobody can tell
STALE = timedelta(seconds=30)  # of the machine: a delivery begun longer ago was its worker's last; well over DELIVERY
ASKED_FOR = timedelta(hours=1)  # how long a provider that does not answer is asked about a delivery
DAY = timedelta(days=1)
LIMITED = timedelta(hours=1)  # how long a message waits whose sender is at its provider's limit
PATIENCE = timedelta(hours=12)  # how long a message that had to wait may still be sent once its hour came
# Why the exit itself drops a message; the guard's own reasons are in core.compliance.REASONS.
REASONS: dict[str, str] = {
    "no_channel": "the message's channel is not installed here any more",
    "no_address": "the person has no address on that channel any more",
    "taken_over": "a person writes in this conversation now, and the bot is silent",
    "deadline_passed": "its hour is over",
    "no_sender": "the creditor has no number of its own on this channel",
    "limit_reached": "its sender wrote first to as many people in a day as the channel's provider lets it",
    "recalled": "the creditor took back the person's last debt",
}


class Exit(msgspec.Struct, frozen=True):
    """What everything that leaves needs: the outbox, the channels, our clock, the rules of a day.

    `allow_list`: before go-live, real channels deliver to listed addresses alone. `base_url` begins private links.
    `files` opens what goes with a message, by its documents' ids; None where one of them is gone. `begun` counts the
    people that a creditor wrote to first on a channel since a moment.
    """

    outbound: Outbound
    channels: Mapping[str, Channel]
    clock: Clock
    rules: Callable[[date], Rules]
    base_url: str
    allow_list: bool = False
    files: Callable[[Sequence[str]], Awaitable[tuple[Media, ...] | None]] | None = None
    begun: Callable[[str, str, datetime], Awaitable[int]] | None = None


class Outgoing(msgspec.Struct, frozen=True):
    """A message and where it goes; `shown` is what the facts keep of it, where that is not all."""

    say: Say
    address: Address
    traits: Traits
    campaign: str | None = None
    attempt: int | None = None
    shown: Content | None = None


def record_for(
    exit_: Exit, contact: Contact, traits: Traits, address: Address, account: str | None, at: datetime,
    form: Form | None = None,
) -> Record:  # fmt: skip
    """What the guard is told: the ledger's record of this debt, whence the address is, what the allow-list says, the
    number that a call shows, and whether no text that the provider approved carries the message.
    """
    return msgspec.structs.replace(
        contact.about(account, at),
        allow_list_only=contact.record.allow_list_only or (exit_.allow_list and not traits.sandbox),
        on_allow_list=address.listed,
        address_source=address.source,
        caller=contact.who.senders.get(traits.name) if traits.mode == "voice" else None,
        free_form=form is not None and not form.template,
    )


def form_of(exit_: Exit, say: Say) -> Form | None:
    """How a message would leave where a provider approves texts; None where none does."""
    channel = exit_.channels.get(say.channel)
    return channel.form(say) if isinstance(channel, Registered) else None


async def queue_outbound(exit_: Exit, contact: Contact, out: Outgoing, at: datetime, *, wait: bool = False) -> Verdict:
    """Judges a message and, cleared, reserves its contact and puts it in the outbox, all in the contact's transaction.

    With `wait`, one that is not lawful yet is kept until it is, and judged again then. The caller records a refusal.
    """
    say = msgspec.structs.replace(out.say, address_hash=out.address.hash)
    rules = exit_.rules(at.date())
    form = form_of(exit_, say)
    record = record_for(exit_, contact, out.traits, out.address, say.account, at, form)
    verdict = judged(say, record, rules, at, form)
    match verdict:
        case Cleared(_, deadline, why):
            parcel = Parcel(say, at, deadline, out.campaign, out.attempt)
            reserved = f.ContactReserved(say.channel, say.mode, say.purpose, deadline, say.key, rules.version, why)
            facts = [of_say(parcel, reserved), _said(parcel, out.shown)]
            await contact.queue(parcel, attempt_of(say, at), at, facts)
        case NotYet(until, why) if wait:
            parcel = Parcel(say, until, until + PATIENCE, out.campaign, out.attempt)
            delayed = f.ContactDelayed(say.channel, "planning", until, why, rules.version)
            await contact.queue(parcel, None, at, [of_say(parcel, delayed), _said(parcel, out.shown)])
        case _:
            pass
    return verdict


def _said(parcel: Parcel, shown: Content | None) -> Noted:
    say = parcel.say
    return of_say(parcel, f.Said(say.key, say.text_id, shown or say.content, say.origin, say.purpose, say.topics))


async def send(exit_: Exit, key: str) -> None:
    """One message of the outbox on its way, if it still may: judged again under the ledger's lock, delivered after it.

    It may be called any number of times, by any number of workers.
    """
    seized, left = await seize(exit_, [key])
    if left.get(key):
        await send(exit_, left[key])
        seized, _ = await seize(exit_, [key])
    for channel, wire in seized.values():
        delivery = await delivered(channel, wire)
        if delivery is not None:
            await exit_.outbound.settle(key, delivery, exit_.clock.now())


Seized: TypeAlias = tuple[Channel, Wire]


async def seize(exit_: Exit, keys: Sequence[str]) -> tuple[dict[str, Seized], Mapping[str, str]]:
    """Those of these messages that may leave now, by their keys: whoever seizes one delivers it, and settles it.

    All are decided in one transaction, which takes one message of each human: those left are told, to be asked again,
    each with the key of the message of its conversation that has to leave before it ("": none).
    """
    at = exit_.clock.now()
    async with exit_.outbound.parcels(keys, at) as lot:
        these = {key: await _decide(exit_, parcel, at) for key, parcel in lot.opened.items()}
    seized = {key: one for key, one in these.items() if one is not None}
    for key, (channel, wire) in list(seized.items()):
        if wire.files and (filled := await _filled(exit_, channel, wire, at)) is None:
            del seized[key]
        elif wire.files and filled is not None:
            seized[key] = channel, filled
    return seized, {**dict.fromkeys(lot.left, ""), **lot.ahead}


async def _filled(exit_: Exit, channel: Channel, wire: Wire, at: datetime) -> Wire | None:
    """The message with its files' bytes, loaded after the lock is gone; where one is gone, it does not leave."""
    files = await exit_.files([one.id for one in wire.files]) if exit_.files is not None else None
    if files is None:
        await exit_.outbound.settle(wire.ref, Failed("a file that goes with it is gone"), at)
        return None
    return msgspec.structs.replace(wire, files=files)


async def _decide(exit_: Exit, open_: OpenParcel, at: datetime) -> Seized | None:
    """What becomes of a message at its hour; only here, and only cleared, it is seized for delivery."""
    say, contact = open_.parcel.say, open_.contact
    if contact.record.stopped:  # replies too: whoever stops everything means everything
        await open_.wait(None, None, at)
        return None
    late = _late(open_, at)
    if late is not None:
        await open_.drop((late,), at if late.code == "deadline_passed" and open_.parcel.campaign else None, at)
        return None
    try:
        channel = channel_of(exit_.channels, say.channel)
    except NoChannel:
        await open_.drop((Reason("no_channel", detail=say.channel),), None, at)
        return None
    address = await _address(contact, channel.traits, say)
    if address is None:
        await open_.drop((Reason("no_address"),), None, at)
        return None
    rules = exit_.rules(at.date())
    form = form_of(exit_, say)
    record = record_for(exit_, contact, channel.traits, address, say.account, at, form)
    if say.conversation:
        known = counts(Place(say.channel, say.address_hash), open_.proofs, at)
        record = msgspec.structs.replace(record, identified=known)
    match judged(say, record, rules, at, form):
        case Cleared() as cleared:
            ttl = time_to_live(channel.traits, cleared.deadline, at, form.ttl if form else 0)
            if ttl is None:
                await _not_yet(open_, cleared.deadline, (Reason("window_ending"),), rules.version, at)
                return None
            if form and await _at_limit(exit_, say, form, at):
                await _not_yet(open_, at + LIMITED, (Reason("limit_reached", detail=form.sender),), rules.version, at)
                return None
            sender = contact.who.senders.get(say.channel, contact.who.creditor_name)
            files = tuple(Media(one.id, one.mime, one.name) for one in say.content.files)
            wire = msgspec.structs.replace(channel.render(cleared, address.value, sender), ttl=ttl, files=files)
            await open_.seize(attempt_of(say, at), at)
            return channel, wire
        case NotYet(until, why):
            await _not_yet(open_, until, why, rules.version, at)
        case Refused(why):
            await open_.drop(why, None, at)
    return None


def judged(say: Say, record: Record, rules: Rules, at: datetime, form: Form | None) -> Verdict:
    """The guard's verdict; where the creditor has no number of its own on the channel, there is nothing to judge."""
    if form is not None and not form.sender:
        return Refused((Reason("no_sender", detail=say.channel),))
    return judge(say, record, rules, at)


async def _at_limit(exit_: Exit, say: Say, form: Form, at: datetime) -> bool:
    """Whether the sender has written first to as many people in a day as its provider lets it."""
    if not form.most or exit_.begun is None:
        return False
    return await exit_.begun(say.channel, say.creditor, at - DAY) >= form.most


def time_to_live(traits: Traits, deadline: datetime, at: datetime, tries: int = 0) -> int | None:
    """For how many seconds the provider may try, so that nothing is delivered after the deadline.

    What the provider may take to answer us is taken off. 0 where it cannot be told; None where too little is left,
    also for the seconds that it `tries` whatever it is told.
    """
    left = int((deadline - at).total_seconds() - DELIVERY)
    if left < max(traits.shortest_ttl, tries, 1):
        return None
    return min(left, traits.longest_ttl)


def _late(open_: OpenParcel, at: datetime) -> Reason | None:
    """Why a message came too late: its hour is over, or a person has taken the conversation from the bot."""
    say = open_.parcel.say
    if say.origin == "bot" and open_.owner != "bot":
        return Reason("taken_over", detail="a person writes in this conversation now")
    if at >= open_.parcel.deadline:
        return Reason("deadline_passed", detail=open_.parcel.deadline.isoformat(timespec="seconds"))
    return None


async def _address(contact: Contact, traits: Traits, say: Say) -> Address | None:
    """The address it was decided for; another one on file will not do."""
    asked = say.purpose == "requested_information"
    known = await contact.addresses(traits, asked=asked, answering=say.answers_at is not None)
    return next((a for a in known if a.hash == say.address_hash), None)


async def _not_yet(open_: OpenParcel, until: datetime, why: tuple[Reason, ...], version: str, at: datetime) -> None:
    """A campaign's message is decided anew at its new hour; any other waits where it is."""
    parcel = open_.parcel
    if parcel.campaign:
        await open_.drop(why, until, at)
        return
    await open_.wait(until, until + PATIENCE, at)
    delayed = f.ContactDelayed(parcel.say.channel, "sending", until, why, version)
    await open_.contact.note([of_say(parcel, delayed, until.isoformat())], at)


async def delivered(channel: Channel, wire: Wire) -> Delivery | None:
    """One delivery. What may or may not have left is asked for where the provider can be asked.

    None when it could not be asked now: the delivery stays begun, and is looked into later.
    """
    try:
        async with asyncio.timeout(DELIVERY):
            delivery = await channel.deliver(wire)
    except TimeoutError:
        delivery = Unknown("no answer in time")
    return await _asked(channel, wire.ref) if isinstance(delivery, Unknown) else delivery


async def recover(exit_: Exit, key: str) -> None:
    """A delivery whose worker died: asked for by our reference where that can be done; else nobody can tell."""
    under_way = await exit_.outbound.under_way(key)
    if under_way is None:
        return
    at = exit_.clock.now()
    channel = exit_.channels.get(under_way.channel)
    delivery = await _asked(channel, key) if channel else Unknown()
    if delivery is None and at - under_way.since > ASKED_FOR:
        delivery = Unknown("the provider could not be asked")
    if delivery is not None:
        await exit_.outbound.settle(key, delivery, at)


async def _asked(channel: Channel, ref: str) -> Delivery | None:
    """What the provider knows of a message; None when it does not answer now."""
    if not channel.traits.lookup:
        return Unknown()
    try:
        async with asyncio.timeout(DELIVERY):
            found = await channel.lookup(ref)
    except (TimeoutError, OSError):
        return None
    # The provider never heard of it, and takes one reference once: it can be sent again.
    return found or Failed("it did not arrive at the provider", again=True)
