"""The provider's side of a channel, as its package describes it: how a stand-in server reads, answers and posts.

A channel's package brings, beside the channel, the face of its provider: the shape of the provider's interface and
nothing of its temper. What goes wrong (messages taken and not answered, receipts twice, in another order or never,
"go slower", answers that lie, another certificate) is one server's, the same for every channel, in
`acuerdo.testing.chaos`. A face is found under the entry point group `acuerdo.channel_fakes`, by the channel's name:

    [project.entry-points."acuerdo.channel_fakes"]
    whatsapp = "acuerdo_whatsapp.face:Face"        # called with no argument: `Face()` is a Face

A face is pure: it keeps no book, opens nothing and asks no clock. Only `open` does, and it opens the adapter itself.
A provider that speaks another language than HTTP brings `serve` beside (see `Serves`).
"""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from importlib.metadata import entry_points
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from acuerdo.core.words import AcuerdoError
from acuerdo.service.channels import Channel, ReceiptStatus

GROUP = "acuerdo.channel_fakes"  # the entry points under which faces are found
# How a provider answers a message that it does not take or does not want to tell of:
#   refused   never (the number, the text): the same again would fare no better
#   slow      not now: too many at once
#   broken    it is out of order, and it has not taken the message
#   lost      it is out of order, and it has taken the message all the same
#   lie       the status is that of success, and the body says that it failed; leave it out of `lies` where none can
Trouble = Literal["refused", "slow", "broken", "lost", "lie"]


class Ask(msgspec.Struct, frozen=True):
    """An HTTP request, to the provider or from it: header names in lower case, `path` without the base's own path."""

    method: str
    path: str
    headers: Mapping[str, str] = {}
    body: bytes = b""
    query: Mapping[str, str] = {}


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: bytes = b"{}"
    headers: Mapping[str, str] = msgspec.field(default_factory=lambda: {"content-type": "application/json"})


class Message(msgspec.Struct, frozen=True):
    """A message that the adapter hands over; `ref` is our reference, "" where the provider's interface has no place
    for one, and then the provider takes each request for another message. `ttl`: for how many seconds to try."""

    to: str
    ref: str = ""
    text: str = ""
    sender: str = ""
    ttl: int = 0


class Look(msgspec.Struct, frozen=True):
    """The adapter asks what became of the message of our reference."""

    ref: str


class Told(msgspec.Struct, frozen=True):
    """What the provider tells the house in a webhook.

    `receipt`: of its message `id` (of our `ref`), now in `status`. `inbound`: `address` wrote `text`, or pressed the
    reply whose id is `button`, and `id` is the provider's for it. `odd`: an event of a kind that does not exist yet,
    under this `id`: the face makes one up, as its provider may next year.
    """

    kind: Literal["receipt", "inbound", "odd"]
    id: str
    ref: str = ""
    status: ReceiptStatus = "sent"
    error: str = ""
    address: str = ""
    text: str = ""
    button: str = ""


class Face(Protocol):
    """A provider's interface, seen from outside. `address` and `sender` are examples that it would take.

    `statuses` are those that its receipts know; `lies` says that an answer of success can have an error inside. Where
    its webhooks hold fewer than fifty events each, a face says so in `pack` (`pack = 1`).
    """

    address: str
    sender: str
    statuses: tuple[ReceiptStatus, ...]
    lies: bool

    def open(self, base: str, trust: ssl.SSLContext | None) -> AbstractAsyncContextManager[Channel]:
        """The adapter, pointed at the server at `base` (a URL without a slash at its end, whatever `serve` gave, or
        an address where nobody listens). `trust` is what a TLS client has to trust; None: the base is not TLS."""
        ...

    def read(self, ask: Ask) -> Message | Look | Reply:
        """What the provider makes of a request: a message, a question about one, or its answer to anything else (a
        wrong secret, a token, an upload, a shape that it does not take)."""
        ...

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """The answer where it took the message, under an id of its own. `strange`: with fields that nobody knows."""
        ...

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply: ...

    def found(self, id: str | None) -> Reply:
        """The answer to a `Look`: its id of the message, None where it never had it."""
        ...

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """One webhook that tells all this in this order, signed as the adapter that `open` gives expects it.

        Raises ValueError where its provider tells of one thing at a time.
        """
        ...


# What becomes of a message: taken under this id, and how it is answered ("": as if all were well; "silent": not at
# all; "cut": the line is cut instead). With the troubles `refused`, `slow` and `broken` it was not taken.
Fate: TypeAlias = tuple[str, Trouble | Literal["", "silent", "cut"]]


class Silent:
    """A face without HTTP: it listens by itself, so of an HTTP interface the stand-in never asks it anything."""

    def read(self, ask: Ask) -> Message | Look | Reply:
        return Reply(400)

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        return Reply(400)

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        return Reply(400)

    def found(self, id: str | None) -> Reply:
        return Reply(400)

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        return Ask("POST", "")


class Provider(Protocol):
    """The misbehaving server, as a face that serves by itself sees it."""

    async def take(self, message: Message) -> Fate: ...
    def look(self, ref: str) -> str | None: ...


@runtime_checkable
class Serves(Protocol):
    """A face whose provider does not speak HTTP: it listens by itself, and asks the server what becomes of each."""

    def serve(
        self, provider: Provider, trust: ssl.SSLContext | None
    ) -> AbstractAsyncContextManager[tuple[str, Callable[[Sequence[Told]], Awaitable[None]]]]:
        """Listens for as long as the block lasts: the base for `open`, and a way to tell the adapter of events over
        its own line. `trust` is what a TLS server shows; None: no TLS."""
        ...


class NoFace(AcuerdoError):
    """The package of this channel brings no face of its provider, so nothing can be tried on it."""


def face_of(name: str) -> Face:
    """The face of a channel's provider. Raises NoFace."""
    for point in entry_points(group=GROUP):
        if point.name == name:
            made: Face = point.load()()
            return made
    there = ", ".join(sorted(point.name for point in entry_points(group=GROUP))) or "none"
    raise NoFace(f"There is no face of the provider of {name!r} under {GROUP} (there are: {there})")
