"""What is said, before anything decides whether it may be: content, and the envelope the guard judges."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.words import AccountId, ConversationId, CreditorId, Mode, PersonId, Purpose

Topic = Literal["creditor", "debt", "amount", "due_date", "product", "offer", "law"]
Origin = Literal["bot", "agent", "system"]
InputKind = Literal["date", "money", "document_tail", "email", "text", "rating", "file", "document", "phone", "number"]


class Button(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quick reply: `id` comes back when it is pressed, `title` is what the person reads."""

    id: str
    title: str


class Card(msgspec.Struct, frozen=True, omit_defaults=True):
    """One choice of a carousel: a title, a few lines, the button that chooses it, and a picture's address, if any."""

    id: str
    title: str
    lines: tuple[str, ...]
    button: str
    picture: str = ""


class Input(msgspec.Struct, frozen=True, omit_defaults=True):
    """A typed answer that the screen may help with; bounds are ISO dates or major-unit amounts."""

    kind: InputKind
    label: str
    least: str = ""
    most: str = ""


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A page to open: the hosted payment page, a receipt."""

    title: str
    url: str


class File(msgspec.Struct, frozen=True, omit_defaults=True):
    """A document that goes with a message: `id` is where the house keeps it, sealed; `name` is what it is saved as."""

    id: str
    name: str
    mime: str = "application/pdf"


class Content(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person sees: text and what may go with it; where a channel cannot show a part it is numbered text.

    `listed`: its buttons are meant as a list, one under another, where the channel has one.
    """

    text: str
    buttons: tuple[Button, ...] = ()
    cards: tuple[Card, ...] = ()
    input: Input | None = None
    link: Link | None = None
    files: tuple[File, ...] = ()
    listed: bool = False


class Say(msgspec.Struct, frozen=True, omit_defaults=True):
    """One outbound message as it is decided: judged when planned and again when sent.

    `key` is unique and derived, so that the same decision is never two messages. `answers_at` is when the inbound
    message that caused it arrived (None: nothing inbound caused it, so it is outbound and counts). `topics` is what
    the text speaks of; before identity only `creditor` may leave the house. `tells` is what
    it tells of that a law wants told about the debt, in the words of law packs.
    """

    key: str
    content: Content
    channel: str
    purpose: Purpose
    creditor: CreditorId
    person: PersonId
    mode: Mode = "text"
    origin: Origin = "bot"
    conversation: ConversationId | None = None
    account: AccountId | None = None
    text_id: str = ""
    topics: tuple[Topic, ...] = ()
    answers_at: datetime | None = None
    address_hash: str = ""
    tells: tuple[str, ...] = ()
