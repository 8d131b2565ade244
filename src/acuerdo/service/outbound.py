"""What sending needs of the store: a person under the lock of the contact ledger, what waits, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

import msgspec

from acuerdo.core.compliance import Attempt, Record
from acuerdo.core.compliance.record import AddressSource
from acuerdo.core.facts import AnyFact, kind_of
from acuerdo.core.messages import Say
from acuerdo.core.words import Ownership, Reason, derive
from acuerdo.service.channels import AddressKind, Arrival, Delivery, Event, Inbound, Notice, Receipt, Traits
from acuerdo.service.places import Proof

T = TypeVar("T")
N = TypeVar("N")


class Address(msgspec.Struct, frozen=True):
    """Where a person is reached, its keyed hash, and whence it is; `listed` says that the allow-list names it."""

    value: str
    hash: str
    listed: bool = False
    source: AddressSource = ""


class Addressee(msgspec.Struct, frozen=True):
    """Who is written to, and for whom."""

    person: str
    subject: str
    country: str
    creditor: str
    creditor_name: str
    ownership: Ownership
    agency: str
    senders: Mapping[str, str]
    link_days: int
    addresses: Mapping[AddressKind, tuple[str, ...]]
    domain: str = ""
    channel: str = ""  # the one on which they want to be written to

    @property
    def who(self) -> str:
        """Who writes and for whom, as the person reads it."""
        agency = self.agency if self.ownership == "agency" else ""
        return f"{agency} por encargo de {self.creditor_name}" if agency else self.creditor_name


class Parcel(msgspec.Struct, frozen=True):
    """An outbound message as it waits: what was decided, never a clearance. `attempt` is the campaign entry's."""

    say: Say
    not_before: datetime
    deadline: datetime
    campaign: str | None = None
    attempt: int | None = None
    tries: int = 0


def of_say(parcel: Parcel, fact: AnyFact, *part: str) -> Noted:
    """A fact about a message, told once for each different `part`."""
    say = parcel.say
    key = derive(kind_of(fact), say.key, *part)
    return Noted(key, fact, "system", say.account, parcel.campaign, say.conversation, say.key)


class EntryRef(msgspec.Struct, frozen=True):
    """A campaign's entry for one account."""

    campaign: str
    account: str
    attempt: int = 1

    def pack(self) -> str:
        """As a job carries it; `unpack` is its inverse."""
        return f"{self.campaign}|{self.account}|{self.attempt}"

    @property
    def key(self) -> str:
        """The key of the one message that the entry may cause."""
        return derive("invitation", self.pack())

    @classmethod
    def unpack(cls, text: str) -> EntryRef:
        campaign, account, attempt = text.split("|")
        return cls(campaign, account, int(attempt))


class LinkFor(msgspec.Struct, frozen=True):
    """What a link belongs to."""

    campaign: str | None = None
    conversation: str | None = None


class Noted(msgspec.Struct, frozen=True):
    """A fact about this person, with the key that makes it be told once."""

    key: str
    fact: AnyFact
    who: str = "system"
    account: str | None = None
    campaign: str | None = None
    conversation: str | None = None
    cause: str | None = None


class Contact(Protocol):
    """A person under the lock of the contact ledger: what is decided here is committed with what it reserves."""

    who: Addressee
    record: Record  # without what depends on the debt (see `about`) and on the address (see `Address`)

    def about(self, account: str | None, at: datetime) -> Record: ...
    async def addresses(
        self, traits: Traits, *, asked: bool = False, answering: bool = False
    ) -> tuple[Address, ...]: ...
    async def known(self, key: str) -> bool: ...
    async def link(self, channel: str, address: Address, at: datetime, cause: LinkFor) -> str: ...
    async def queue(self, parcel: Parcel, attempt: Attempt | None, at: datetime, facts: Sequence[Noted]) -> bool: ...
    async def note(self, facts: Sequence[Noted], at: datetime) -> None: ...


class Due(msgspec.Struct, frozen=True):
    """A campaign's entry whose hour has come; `barred` is the campaign's code for what came between, if any.

    `channels` are those of its strategy, in order: where the planned one has no address any more, the next is judged.
    """

    ref: EntryRef
    channel: str
    barred: str = ""
    channels: tuple[str, ...] = ()


class OpenEntry(Protocol):
    """A campaign's entry and its person, both under lock."""

    due: Due

    @property
    def contact(self) -> Contact: ...

    async def ended(self, status: str) -> None: ...
    async def again(self, at: datetime) -> None: ...


class OpenParcel(Protocol):
    """A waiting message and its person, both under lock. `owner` is the conversation's, `proofs` those of identity that
    were given in it."""

    parcel: Parcel
    owner: str
    proofs: tuple[Proof, ...]

    @property
    def contact(self) -> Contact: ...

    async def seize(self, attempt: Attempt, at: datetime) -> None: ...
    async def wait(self, until: datetime | None, deadline: datetime | None, at: datetime) -> None: ...
    async def drop(self, why: tuple[Reason, ...], again_at: datetime | None, at: datetime) -> None: ...


class UnderWay(msgspec.Struct, frozen=True):
    """A delivery that was begun, and not settled."""

    channel: str
    since: datetime


class Lot(msgspec.Struct, Generic[T, N], frozen=True):
    """What was opened of what was asked for, by its name; what is gone is in neither.

    `left` are those whose human is here already: what is decided of one must be committed before the next is judged.
    `ahead` tells of a message which one of the same conversation has to leave before it.
    """

    opened: Mapping[N, T]
    left: tuple[N, ...] = ()
    ahead: Mapping[N, N] = {}


class Outbound(Protocol):
    """The outbox and the contact ledger. Each block is one transaction; an exception undoes it.

    What is decided inside a block is written at its end. Under `follow` the caller sends at once what it queues there,
    and no job is made for it: should the caller die, the message is found again as one whose job was lost.
    """

    def person(self, person: str, at: datetime) -> AbstractAsyncContextManager[Contact | None]: ...
    def entries(
        self, refs: Sequence[EntryRef], at: datetime, *, follow: bool = False
    ) -> AbstractAsyncContextManager[Lot[OpenEntry, EntryRef]]: ...
    def parcels(self, keys: Sequence[str], at: datetime) -> AbstractAsyncContextManager[Lot[OpenParcel, str]]: ...
    async def settle(self, key: str, delivery: Delivery, at: datetime) -> None: ...
    async def settle_all(self, ended: Sequence[tuple[str, Delivery]], at: datetime) -> None: ...
    async def under_way(self, key: str) -> UnderWay | None: ...


class Writer(msgspec.Struct, frozen=True):
    """Somebody whose an address is, for one creditor: by our latest link to it, by what they wrote from it, or by the
    file. `subject` is the human, `senders` the creditor's own numbers by channel; `at` is when we last met there."""

    person: str
    campaign: str | None = None
    conversation: str | None = None
    subject: str = ""
    at: datetime | None = None
    senders: Mapping[str, str] = {}


class Read(msgspec.Struct, frozen=True):
    """A payload that was read, and whose it was, where that can be told. `status` other than `parsed`: not all of it
    was understood (`odd`), or nothing (`unreadable`), and `why`. `note`: what else there is to know of it."""

    arrival: Arrival
    person: str | None = None
    status: Literal["parsed", "odd", "unreadable"] = "parsed"
    why: str = ""
    note: str = ""


class Unread(msgspec.Struct, frozen=True):
    """A payload that is kept and not understood, or that nobody known wrote."""

    channel: str
    digest: str
    at: datetime
    status: str
    why: str


class Inbox(Protocol):
    """What came in: kept as it came before it is read."""

    async def keep(self, channel: str, digest: bytes, raw: bytes, at: datetime) -> bool: ...
    async def refuse(self, channel: str, digest: bytes, source: str, at: datetime) -> None: ...
    async def arrived(self, channel: str, digests: Sequence[bytes]) -> list[Arrival]: ...
    async def read(self, read: Sequence[Read]) -> None: ...
    async def again(self, channel: str | None) -> int: ...
    async def unread(self, channel: str | None) -> list[Unread]: ...


class Events(Protocol):
    """What the payloads told, each event once; and who is behind an address."""

    async def seen(self, channel: str, event: Event) -> bool: ...
    async def notices(self, channel: str, notices: Sequence[Notice], at: datetime) -> None: ...
    async def news(self, channel: str) -> list[Notice]: ...
    async def done(
        self, channel: str, event: Event, people: Sequence[str], address_hash: str, at: datetime
    ) -> None: ...
    async def receipts(self, channel: str, told: Sequence[tuple[Receipt, datetime]]) -> None: ...
    async def writers(self, traits: Traits, event: Inbound) -> tuple[str, list[Writer]]: ...
    async def answered_to(self, channel: str, provider_id: str) -> str | None: ...
    async def met(self, traits: Traits, event: Inbound, person: str, at: datetime) -> None: ...
    async def answered(self, person: str, channel: str, since: datetime) -> int: ...


class Switch(Protocol):
    """The stop of everything outbound."""

    async def set(self, stopped: bool, why: str, who: str, at: datetime) -> bool: ...
