"""What a channel is: it declares itself, checks and reads what comes in, writes what goes out, and delivers it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Literal, Protocol, TypeAlias

import msgspec

from acuerdo.core.compliance import Cleared
from acuerdo.core.messages import Content
from acuerdo.core.words import AcuerdoError, Mode
from acuerdo.service.settings import Settings

GROUP = "acuerdo.channels"  # the entry points under which channels are found
AddressKind = Literal["phone", "email"]
ReceiptStatus = Literal["sent", "delivered", "failed"]


class Traits(msgspec.Struct, frozen=True):
    """What a channel can do. `longest` is in characters; `lookup`: the provider can be asked by our reference;
    `sandbox`: it delivers to nobody, so the allow-list does not hold it back. `shortest_ttl` and `longest_ttl` are the
    seconds that its provider can be told to try for; without a longest one it cannot be told."""

    name: str
    mode: Mode = "text"
    address: AddressKind = "phone"
    longest: int = 1000
    buttons: bool = False
    receipts: bool = False
    lookup: bool = False
    sandbox: bool = False
    shortest_ttl: int = 0
    longest_ttl: int = 0
    available: bool = True


class Inbound(msgspec.Struct, frozen=True):
    """Somebody wrote from `address` on this channel; `id` is the provider's."""

    id: str
    address: str
    text: str
    kind: Literal["inbound"] = "inbound"
    status: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a message of ours: `ref` is our reference where the provider repeats it, `id` the provider's."""

    id: str
    status: ReceiptStatus
    ref: str = ""
    error: str = ""
    kind: Literal["receipt"] = "receipt"


Event: TypeAlias = Inbound | Receipt


class Wire(msgspec.Struct, frozen=True):
    """A message as the provider wants it; `ref` is our key, by which the provider knows a repeated one.

    `ttl` is for how many seconds from now the provider may try to deliver it; 0 where it cannot be told.
    """

    ref: str
    address: str
    sender: str
    body: str
    ttl: int = 0


class Sent(msgspec.Struct, frozen=True):
    """The provider took it."""

    provider_id: str


class Failed(msgspec.Struct, frozen=True):
    """The provider did not take it, for certain. `again`: the same later may go well."""

    error: str
    again: bool = False


class Unknown(msgspec.Struct, frozen=True):
    """Nobody can tell whether it left."""

    error: str = ""


Delivery: TypeAlias = Sent | Failed | Unknown


class Unreadable(AcuerdoError):
    """A payload whose signature holds has a shape that the channel does not know; it is kept as it came."""


class NoChannel(AcuerdoError):
    """No installed channel has this name."""


class Channel(Protocol):
    """One channel. `parse` raises Unreadable; `lookup` is asked only where the traits say that it can be."""

    @property
    def traits(self) -> Traits: ...
    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool: ...
    def parse(self, raw: bytes) -> list[Event]: ...
    def render(self, cleared: Cleared, address: str, sender: str) -> Wire: ...
    async def deliver(self, wire: Wire) -> Delivery: ...
    async def lookup(self, ref: str) -> Sent | None: ...


# What an entry point names: given the settings and the secret shared with the provider's side, the channel in use.
Maker: TypeAlias = Callable[[Settings, str], AbstractAsyncContextManager[Channel]]


def as_text(content: Content, longest: int = 10_000) -> str:
    """Content as numbered text, for a channel that shows nothing else; cut at a word where it is too long."""
    lines = [content.text]
    choices = [button.title for button in content.buttons]
    choices += [" · ".join((card.title, *card.lines)) for card in content.cards]
    lines += [f"{n}. {choice}" for n, choice in enumerate(choices, 1)]
    if content.input:
        lines.append(content.input.label)
    if content.link:
        lines.append(f"{content.link.title}: {content.link.url}")
    text = "\n".join(line for line in lines if line)
    return text if len(text) <= longest else text[: longest - 1].rsplit(" ", 1)[0] + "…"


def installed() -> dict[str, EntryPoint]:
    """The installed channels by name, unopened."""
    return {point.name: point for point in entry_points(group=GROUP)}


@asynccontextmanager
async def open_channels(settings: Settings, secret: Callable[[str], str]) -> AsyncIterator[Mapping[str, Channel]]:
    """Every installed channel, in use for as long as the block lasts; `secret` gives each its own by name."""
    async with AsyncExitStack() as stack:
        opened: dict[str, Channel] = {}
        for name, point in installed().items():
            maker: Maker = point.load()
            channel = await stack.enter_async_context(maker(settings, secret(name)))
            opened[channel.traits.name] = channel
        yield opened


def channel_of(channels: Mapping[str, Channel], name: str) -> Channel:
    """The channel of a name. Raises NoChannel, with those there are."""
    try:
        return channels[name]
    except KeyError:
        there = ", ".join(sorted(channels)) or "none"
        raise NoChannel(
            f"There is no channel {name!r} (installed: {there}); install the package that brings it"
        ) from None


class Arrival(msgspec.Struct, frozen=True):
    """A payload that came in, as the inbox keeps it: told apart by channel and digest of its body."""

    channel: str
    digest: bytes
    at: datetime
    raw: bytes
