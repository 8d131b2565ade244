"""Documents on their way: codes and files by e-mail, through the one exit, and files that people send."""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Protocol, TypeAlias

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, NotYet
from acuerdo.core.documents.paper import PDF
from acuerdo.core.messages import Content, File, Say
from acuerdo.core.words import AcuerdoError, ConversationId, CreditorId, PersonId, derive
from acuerdo.service import talking
from acuerdo.service.channels import Media
from acuerdo.service.outbound import Addressee
from acuerdo.service.places import Place
from acuerdo.service.sending import Exit, Outgoing, queue_outbound
from acuerdo.service.talking import House

CHANNEL = "email"
CODE_LASTS = timedelta(minutes=15)  # for how long a code serves
HIDDEN = "••••••"  # stands in the facts for a code
MOST_BYTES = 10 * 1024 * 1024  # of one file that a person sends
MOST_FILES = 12  # that one conversation may send in a day


class Kept(msgspec.Struct, frozen=True):
    """A document with its bytes, and whose it is."""

    id: str
    person: str
    conversation: str
    kind: str
    file: Media


class Sent(msgspec.Struct, frozen=True):
    """A file that a person sent, as a list shows it; `size` in bytes."""

    id: str
    mime: str
    name: str
    size: int
    at: datetime


class Wanted(msgspec.Struct, frozen=True):
    """What is to go to which address, by the fact that says so: a code, or a document."""

    fact: str
    person: str
    conversation: str
    email: str
    document: str = ""
    code: str = ""

    @property
    def key(self) -> str:
        """The key of its one message."""
        return key_of(self.fact)

    def failed(self, why: str) -> f.MailFailed:
        """That it did not leave."""
        return f.MailFailed(self.document, self.code, why)


def key_of(fact: str) -> str:
    """The key of the one message that a fact causes."""
    return derive("mail", fact)


class Papers(Protocol):
    """Documents as they are kept."""

    async def file(self, document: str) -> Kept | None: ...
    async def keep(self, conversation: str, document: str, file: Media, at: datetime) -> bool: ...
    async def received(self, conversation: str, since: datetime) -> int: ...
    async def sent(self, conversation: str) -> list[Sent]: ...
    async def wanted(self, fact: str) -> Wanted | None: ...
    async def undelivered(self, key: str) -> Wanted | None: ...
    async def figures(self, code: str, at: datetime) -> str | None: ...


# Loads the files of a message at the moment it leaves; None where one of them is gone.
Loader: TypeAlias = Callable[[Sequence[str]], Awaitable[tuple[Media, ...] | None]]


class NotTaken(AcuerdoError):
    """A file that somebody sent cannot be taken; the text tells them why and what to do, in their language."""


# What is done with a file before it is kept: told by its content, made anew, without what was hidden in it.
Wash: TypeAlias = Callable[[bytes, str], Awaitable[Media]]


@lru_cache(maxsize=1)
def texts() -> Mapping[str, Mapping[str, str]]:
    """The e-mails that carry what was asked for, by name and country."""
    raw = tomllib.loads((resources.files("acuerdo") / "templates" / "correo.toml").read_text("utf-8"))
    return msgspec.convert(raw, dict[str, dict[str, str]])


def text_of(name: str, who: Addressee, code: str = "") -> str:
    """An e-mail's words, the subject in the first line."""
    by_country = texts()[name]
    minutes = int(CODE_LASTS.total_seconds() // 60)
    return by_country.get(who.country, by_country["es"]).format(who=who.who, code=code, minutes=minutes)


async def mail(exit_: Exit, house: House, papers: Papers, fact: str, at: datetime) -> None:
    """Puts a code or a document in the outbox, for the address that the fact names; once.

    What the guard does not let out now waits, if it is a document; a code that would be late is not sent. Its
    conversation is told of what does not leave.
    """
    wanted = await papers.wanted(fact)
    failed = await _queued(exit_, papers, wanted, at) if wanted else None
    if wanted and failed:
        await talking.tell(house, wanted.conversation, failed, "system", at, key=f"mail:{fact}")


async def undelivered(house: House, papers: Papers, key: str, at: datetime) -> None:
    """Tells the conversation that the mail server would not have a code or a document."""
    wanted = await papers.undelivered(key)
    if wanted:
        event = wanted.failed("refused")
        await talking.tell(house, wanted.conversation, event, "system", at, key=f"undelivered:{key}")


async def _queued(exit_: Exit, papers: Papers, wanted: Wanted, at: datetime) -> f.MailFailed | None:
    """Why it does not leave; None where it does, or there is nothing to do any more."""
    kept = await papers.file(wanted.document) if wanted.document else None
    if wanted.document and kept is None:
        return None
    channel = exit_.channels.get(CHANNEL)
    if channel is None or not channel.traits.available:
        return wanted.failed("no_channel")
    figures = await papers.figures(wanted.code, at) if wanted.code else ""
    if figures is None:
        return wanted.failed("too_many")
    async with exit_.outbound.person(wanted.person, at) as contact:
        if contact is None or await contact.known(wanted.key):
            return None
        known = await contact.addresses(channel.traits, asked=True)
        address = next((a for a in known if a.value.casefold() == wanted.email.casefold()), None)
        if address is None:
            return wanted.failed("no_address")
        name = "code" if wanted.code else kept.kind if kept else "statement"
        say = _say(wanted, contact.who, text_of(name, contact.who, figures), kept, name)
        shown = Content(text_of(name, contact.who, HIDDEN)) if wanted.code else None
        out = Outgoing(say, address, channel.traits, shown=shown)
        verdict = await queue_outbound(exit_, contact, out, at, wait=not wanted.code)
    if isinstance(verdict, Cleared) or (isinstance(verdict, NotYet) and not wanted.code):
        return None
    return wanted.failed("hour" if isinstance(verdict, NotYet) else verdict.why[0].code)


def _say(wanted: Wanted, who: Addressee, text: str, kept: Kept | None, name: str) -> Say:
    files = (File(kept.id, kept.file.name, kept.file.mime),) if kept else ()
    return Say(
        key=wanted.key, content=Content(text, files=files), channel=CHANNEL,
        purpose="operation_confirmation" if name == "agreement" else "requested_information",
        creditor=CreditorId(who.creditor), person=PersonId(who.person), origin="system",
        conversation=ConversationId(wanted.conversation), text_id=f"mail:{name}", topics=("creditor",),
    )  # fmt: skip


async def take_in(
    house: House, papers: Papers, wash: Wash, conversation: str, key: str, data: bytes, name: str, at: datetime,
    here: Place | None = None,
) -> str:  # fmt: skip
    """A file that the person sent from a place: looked at, made anew, sealed, and told to the conversation; its id.

    Once by its key. Raises NotTaken, with what to do, and AcuerdoError where the conversation is gone.
    """
    if len(data) > MOST_BYTES:
        raise NotTaken(TOO_LARGE)
    if await papers.received(conversation, at - timedelta(days=1)) >= MOST_FILES:
        raise NotTaken(TOO_MANY)
    document = derive(conversation, "file", key)
    file = await wash(data, name)
    if not await papers.keep(conversation, document, file, at):
        raise AcuerdoError("this conversation is gone")
    fact = f.FileReceived(key, document, file.mime, file.name)
    await talking.tell(house, conversation, fact, "debtor", at, key=f"file:{key}", here=here)
    return document


TOO_LARGE = (
    f"Ese archivo es muy pesado: aquí caben hasta {MOST_BYTES // 1024**2} MB. Tómele una foto al comprobante, o envíe "
    "solo la página que importa."
)
TOO_MANY = "Ya recibimos varios archivos suyos hoy. Una persona los va a revisar; si falta alguno, cuéntenos cuál."
__all__ = ["PDF", "Kept", "NotTaken", "Papers", "Sent", "Wanted", "mail", "take_in"]
