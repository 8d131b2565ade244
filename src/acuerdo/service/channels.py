"""What a channel is: it declares itself, checks and reads what comes in, writes what goes out, and delivers it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from acuerdo.core.compliance import Cleared
from acuerdo.core.compliance.wording import plain
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AcuerdoError, Mode
from acuerdo.service.settings import Settings

GROUP = "acuerdo.channels"  # the entry points under which channels are found
AddressKind = Literal["phone", "email", "user"]  # `user`: an id of the channel's own, where there is no phone
ReceiptStatus = Literal["sent", "delivered", "read", "failed", "bounced"]


class Traits(msgspec.Struct, frozen=True):
    """What a channel can do, as it declares it; what it cannot show is written as numbered text.

    `longest` is in characters. `buttons`, `rows` and `cards` are how many quick replies, lines of a list and cards of a
    carousel one message may have (0: none); `title` is the longest words on a button. `media` are the kinds of file
    that go out and come in, `media_bytes` the largest. `window`: seconds after the person's last message in which
    anything may be said; after it only `templates`, which the provider approved before (0: no such window). `written`:
    a conversation goes on there, and not only an invitation. `claimed`: whoever writes can name any address as theirs,
    so that only who answers a message of ours is taken for its owner. `lookup`: the provider can be asked by our
    reference; `sandbox`: it delivers to nobody, so the allow-list does not hold it back. `shortest_ttl` and
    `longest_ttl` are the seconds that its provider can be told to try for; without a longest one it cannot be told.
    `cost` is about what one message costs, in thousandths of a US dollar, to choose between channels.
    """

    name: str
    mode: Mode = "text"
    address: AddressKind = "phone"
    longest: int = 1000
    buttons: int = 0
    rows: int = 0
    cards: int = 0
    title: int = 20
    media: tuple[str, ...] = ()
    media_bytes: int = 0
    window: int = 0
    templates: bool = False
    written: bool = True
    claimed: bool = False
    receipts: bool = False
    lookup: bool = False
    sandbox: bool = False
    shortest_ttl: int = 0
    longest_ttl: int = 0
    cost: int = 0
    available: bool = True


class Media(msgspec.Struct, frozen=True):
    """A file that somebody sent: the provider's id or the bytes themselves, its kind and its name."""

    id: str = ""
    mime: str = ""
    name: str = ""
    data: bytes = b""


class Inbound(msgspec.Struct, frozen=True):
    """Somebody wrote from `address` on this channel; `id` is the provider's.

    `to` is the number or address of ours that it came to, where that is told. `button` is the id of a reply that was
    pressed, as we sent it. `answers` is the provider's id of the message that it answers, where it says. `user` is the
    channel's own id of who wrote, and `phone` their number where it is told.
    """

    id: str
    address: str
    text: str
    kind: Literal["inbound"] = "inbound"
    status: str = ""
    button: str = ""
    media: tuple[Media, ...] = ()
    answers: str = ""
    user: str = ""
    phone: str = ""
    name: str = ""
    to: str = ""


class Receipt(msgspec.Struct, frozen=True):
    """What became of a message of ours: `ref` is our reference where the provider repeats it, `id` the provider's."""

    id: str
    status: ReceiptStatus
    ref: str = ""
    error: str = ""
    kind: Literal["receipt"] = "receipt"


class Notice(msgspec.Struct, frozen=True):
    """News of the channel itself, of nobody's message: a template approved or paused, a quality or a limit changed.

    `subject` is what it is of (a template's name and language, a sending number); `value` what it is now, and `at`
    since when, where the provider tells.
    """

    id: str
    subject: str
    value: str
    about: Literal["template", "quality", "limit", "account"] = "account"
    kind: Literal["notice"] = "notice"
    status: str = ""
    at: datetime | None = None


class Odd(msgspec.Struct, frozen=True):
    """A part of a payload whose shape or kind the channel does not know: kept with its reason, and listed."""

    id: str
    why: str
    kind: Literal["odd"] = "odd"
    status: str = ""


Event: TypeAlias = Inbound | Receipt | Notice | Odd


class Wire(msgspec.Struct, frozen=True):
    """A message as the provider wants it; `ref` is our key, by which the provider knows a repeated one.

    `body` is text, or what the provider's own format makes of it (JSON, a mail). `ttl` is for how many seconds from now
    the provider may try to deliver it; 0 where it cannot be told. `files` go with it: the exit puts them in after
    rendering, in the order of the content's own.
    """

    ref: str
    address: str
    sender: str
    body: str
    ttl: int = 0
    files: tuple[Media, ...] = ()


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


class BadMedia(AcuerdoError):
    """A file is too long, or is not what it claims to be; it is not kept."""


class NoChannel(AcuerdoError):
    """No installed channel has this name."""


class TwoChannels(AcuerdoError):
    """Two installed channels are set up for the same name, and neither is a sandbox."""


class Form(msgspec.Struct, frozen=True):
    """How a message leaves where a provider approves texts: as the `template` of a name, or freely ("").

    `ttl`: for how many seconds the provider tries, where the template says so (0: not told). `most`: to how many people
    `sender` may write first in 24 hours (0: no limit is known). A creditor without a sender ("") sends nothing there.
    """

    template: str = ""
    ttl: int = 0
    most: int = 0
    sender: str = ""


class Channel(Protocol):
    """One channel. `parse` raises Unreadable; `lookup` is asked only where the traits say that it can be."""

    @property
    def traits(self) -> Traits: ...
    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool: ...
    def parse(self, raw: bytes) -> list[Event]: ...
    def render(self, cleared: Cleared, address: str, sender: str) -> Wire: ...
    async def deliver(self, wire: Wire) -> Delivery: ...
    async def lookup(self, ref: str) -> Sent | None: ...


@runtime_checkable
class Registered(Protocol):
    """A channel on which what we start has to be a text that its provider approved before: a template."""

    def form(self, say: Say) -> Form:
        """How this message would leave: as which template, or freely."""
        ...

    def learn(self, notices: Sequence[Notice]) -> None:
        """What the provider told of templates and limits since, oldest first; told again, it changes nothing."""
        ...


@runtime_checkable
class Fetching(Protocol):
    """A channel whose files have to be asked for."""

    async def fetch(self, media: Media) -> Media:
        """The file with its bytes. Raises BadMedia where it is too long or not what it claims, ConnectionError."""
        ...


@runtime_checkable
class Challenged(Protocol):
    """A channel whose provider asks by GET, before it posts, whether the address is ours."""

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """What to answer in plain text; None where it is not our provider that asks."""
        ...


@runtime_checkable
class Listening(Protocol):
    """A channel that is not called but listens itself: on a mailbox, or on a line that it keeps open.

    `listen` runs in the worker until it is cancelled, finds its own way back when the line is lost, and gives `take`
    each payload as it came, before the provider's side is told that we have it: `take` returns once it is kept. What
    it gives is not verified again, and `parse` reads it.
    """

    async def listen(self, take: Callable[[bytes], Awaitable[None]]) -> None: ...


# What an entry point names: given the settings and the secret shared with the provider's side, the channel in use.
Maker: TypeAlias = Callable[[Settings, str], AbstractAsyncContextManager[Channel]]


def as_text(content: Content, longest: int = 10_000) -> str:
    """Content as numbered text, for a channel that shows nothing else; cut at a word where it is too long."""
    lines = [content.text]
    lines += [f"{n}. {title}" for n, (_, title) in enumerate(options(content), 1)]
    if content.input:
        lines.append(content.input.label)
    if content.link:
        lines.append(f"{content.link.title}: {content.link.url}")
    text = "\n".join(line for line in lines if line)
    return text if len(text) <= longest else text[: longest - 1].rsplit(" ", 1)[0] + "…"


def options(content: Content) -> list[tuple[str, str]]:
    """What may be answered, in the order in which `as_text` numbers it: the id that comes back, and the title."""
    found = [(button.id, button.title) for button in content.buttons]
    return found + [(card.id, " · ".join((card.title, *card.lines))) for card in content.cards]


NUMBERED = re.compile(r"(?:(?:la|el|opcion|numero|nro|n[°º]?|#)\s*)*(\d{1,2})\s*[.)]?")
IN_WORDS = ("uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez")
IN_ORDER = ("primer", "segund", "tercer", "cuart", "quint", "sext", "septim", "octav", "noven", "decim")


def chosen(content: Content, text: str) -> tuple[str, str] | None:
    """Which of the numbered answers of a message was meant by a bare number or its title; None: none of them.

    Where a rating is asked for, a number is the rating.
    """
    offered = options(content)
    said = plain(text).strip(" .!¡¿?")
    for id_, title in offered:
        if said and said in (plain(title).strip(" .!¡¿?"), plain(title.split(" · ")[0]).strip(" .!¡¿?")):
            return id_, title
    if content.input is not None and content.input.kind == "rating":
        return None
    word = re.sub(r"^(?:(?:la|el|opcion|numero)\s+)+", "", said)
    n = next((n for n, one in enumerate(IN_WORDS, 1) if word in (one, "una" if n == 1 else one)), 0)
    n = n or next((n for n, stem in enumerate(IN_ORDER, 1) if word in (stem, stem + "o", stem + "a")), 0)
    if not n and (written := NUMBERED.fullmatch(said)):
        n = int(written[1])
    return offered[n - 1] if 0 < n <= len(offered) else None


def installed() -> dict[str, EntryPoint]:
    """The installed channels by name, unopened."""
    return {point.name: point for point in entry_points(group=GROUP)}


@asynccontextmanager
async def open_channels(settings: Settings, secret: Callable[[str], str]) -> AsyncIterator[Mapping[str, Channel]]:
    """Every channel that is set up, in use for as long as the block lasts; `secret` gives each its own by name.

    Several packages may bring the same channel (SMS by one provider or another): the one that is set up takes the
    sandbox's place. Raises TwoChannels, and what a channel raises whose settings do not hold.
    """
    async with AsyncExitStack() as stack:
        opened: dict[str, Channel] = {}
        for name, point in installed().items():
            maker: Maker = point.load()
            channel = await stack.enter_async_context(maker(settings, secret(name)))
            if channel.traits.available:
                _admit(opened, channel)
        yield opened


def _admit(opened: dict[str, Channel], channel: Channel) -> None:
    name = channel.traits.name
    there = opened.get(name)
    if there is not None and not there.traits.sandbox and not channel.traits.sandbox:
        raise TwoChannels(f"Two providers are set up for {name!r}: leave the settings of all but one empty")
    if there is None or there.traits.sandbox:
        opened[name] = channel


def channel_of(channels: Mapping[str, Channel], name: str) -> Channel:
    """The channel of a name. Raises NoChannel, with those there are."""
    try:
        return channels[name]
    except KeyError:
        there = ", ".join(sorted(channels)) or "none"
        raise NoChannel(
            f"There is no channel {name!r} (installed: {there}); install the package that brings it, or set it up"
        ) from None


class Arrival(msgspec.Struct, frozen=True):
    """A payload that came in, as the inbox keeps it: told apart by channel and digest of its body."""

    channel: str
    digest: bytes
    at: datetime
    raw: bytes
