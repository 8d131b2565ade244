"""What the house needs of the outside world: small ports, that the adapters fill and the fakes are held to."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from typing import Literal, Protocol, TypeAlias

import msgspec

from acuerdo.core.compliance import Attempt, Record
from acuerdo.core.dialogue.state import Timer
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import AnyFact, Recorded
from acuerdo.core.messages import Content
from acuerdo.core.words import AcuerdoError
from acuerdo.service.outbound import Parcel
from acuerdo.service.places import Place, Proof

CodeResult: TypeAlias = Literal["right", "wrong", "expired", "spent"]


class Clock(Protocol):
    """The only place that knows what time it is."""

    def now(self) -> datetime: ...


class Repeated(AcuerdoError):
    """The same cause was committed by another turn while this one waited for the lock."""


class Gone(AcuerdoError):
    """This conversation does not exist, or its person was forgotten."""


class SlotTaken(AcuerdoError):
    """The slot that was to be promised was promised to others meanwhile."""


class Held(msgspec.Struct, frozen=True):
    """A conversation's row, loaded under its lock, with its state opened.

    `channel` and `address` are where it went on last, `here` is where this turn happens; `known_here`: not the first
    time. `proofs` are those of every place.
    """

    id: str
    creditor: str
    person: str
    subject: str
    channel: str
    address: str
    country: str
    zones: tuple[str, ...]
    segment: str
    owner: str
    seq: int
    flows: str
    state: bytes
    started_at: datetime
    last_in: datetime | None
    stale: bool
    seen: bool
    record: Record
    here: Place = Place("web")
    proofs: tuple[Proof, ...] = ()
    known_here: bool = True

    @property
    def elsewhere(self) -> bool:
        """Whether what is said now is said at another place than the last."""
        return (self.channel, self.address) != (self.here.channel, self.here.address)


class Entry(msgspec.Struct, frozen=True):
    """A fact of a turn, who made it, and its number on the screen where it is a message."""

    id: str
    fact: AnyFact
    who: str
    seq: int | None = None


class Outcome(msgspec.Struct, frozen=True):
    """All that one turn changes; it is committed whole or not at all. `wake` tells the pages that did not cause it.

    `attempts` go into the contact ledger: what a person of ours wrote. `proved`: somebody proved here who they are.
    `parcels` leave by the outbox, where `here` is no page of ours; one with an hour of its own waits for it.
    """

    at: datetime
    cause: str
    entries: tuple[Entry, ...]
    state: bytes
    seq: int
    owner: str
    status: str
    identified: bool
    stale: bool
    heard: bool
    flows: str
    timers: tuple[Timer, ...] = ()
    viewed_on: date | None = None
    wake: bool = False
    attempts: tuple[Attempt, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    proved: bool = False


class OpenTurn(Protocol):
    """A conversation under its lock: nobody else can write to it until the turn is committed or left."""

    held: Held

    async def view(self, today: datetime) -> View: ...

    async def guessing(self) -> None:
        """Until the turn is over nobody else guesses who this human is, nor from this address."""
        ...

    async def ledger(self, at: datetime) -> Record:
        """All that the guard is told of the person, under the lock of the contact ledger until the turn is over."""
        ...

    async def asked(self, answers: str) -> Content | None:
        """What was last sent here in this conversation, or what stands in the message of this id of the provider's."""
        ...

    async def try_code(self, code: str, digits: str, at: datetime) -> CodeResult:
        """What the figures typed are worth as the code of this name; each try counts, committed with the turn."""
        ...

    async def commit(self, outcome: Outcome) -> None:
        """Raises Repeated, and then nothing is changed."""
        ...


class Shown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message as a screen shows it."""

    seq: int
    who: str
    at: datetime
    content: Content
    key: str = ""


class Header(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a page may say of a conversation before identity: who writes, for whom, and whether a person answers."""

    creditor: str
    zone: str
    agency: str = ""
    logo: str = ""
    status: str = "open"
    with_person: bool = False
    country: str = ""


class LinkRow(msgspec.Struct, frozen=True):
    """A private link as it stands."""

    token_hash: bytes
    creditor: str
    person: str
    conversation: str | None
    channel: str
    address_hash: str
    campaign: str | None
    expires_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None


class Talks(Protocol):
    """Conversations: one writer each."""

    def turn(
        self, conversation: str, cause: str, at: datetime, here: Place | None = None
    ) -> AbstractAsyncContextManager[OpenTurn]: ...
    async def start(self, link: LinkRow, at: datetime) -> str: ...
    async def resume(self, person: str, here: Place, at: datetime, campaign: str | None = None) -> str: ...
    async def since(
        self, conversation: str, seq: int, here: Place | None = None, at: datetime | None = None
    ) -> list[Shown]: ...
    async def header(self, conversation: str) -> Header: ...
    async def facts(self, conversation: str) -> list[Recorded]: ...
    async def artefact(self, digest: str) -> bytes: ...


class Links(Protocol):
    """Private links: opaque, revocable, expiring, for one person."""

    async def find(self, token: str) -> LinkRow | None: ...
    async def opened(self, link: LinkRow, at: datetime) -> None: ...
    async def revoke(self, link: LinkRow, at: datetime, why: str) -> None: ...
