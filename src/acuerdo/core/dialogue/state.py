"""Where a conversation stands: a fold of its facts, small enough to load with every turn."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import Fact
from acuerdo.core.messages import Content, Origin, Topic
from acuerdo.core.negotiation.moves import Position
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.words import HandOverReason, Money, Purpose


class Wish(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was asked before identity was proved, and in which words, kept to be answered after it."""

    step: str
    reading: bytes
    words: str = ""


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A plan whose full written summary was shown."""

    id: str
    plan: Plan
    origin: Literal["bot", "debtor", "agent"]
    summary_key: str = ""


class Promised(msgspec.Struct, frozen=True, omit_defaults=True):
    """The promise in force."""

    id: str
    due: date
    amount: Money | None = None


class Coded(msgspec.Struct, frozen=True, omit_defaults=True):
    """An address that a code was sent to, and the document that waits for its proof; `result` of what was typed now."""

    id: str
    email: str
    document: str = ""
    result: str = ""
    sent: int = 1


class State(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a conversation stands. `at` is the step that waits for an answer; `said` numbers the messages.

    `asked` is the number of the first message in which it was asked. `calls` are the steps that called flows go on to,
    `slots` what flows remember, `moves` the steps that other ones stand for since newer flows were taken up.

    `income` is what they told that comes in by the month, `spoken` the debts that are spoken of;
    `agreed_due` is when the first payment of what they signed here falls due; `bargained`
    the debts that are negotiated, where not all are.

    `slot` is when a person of ours was promised to write. `heard` is when the person last wrote; `waited` says that
    a silence is being timed, and `nudges` how often they were reminded in it. `echo` is the last reminder of our
    own question, said `echoes` times running.
    """

    id: str
    channel: str
    view: View
    at: str = ""
    owner: str = "bot"
    attending: str = ""
    said: int = 0
    turns: int = 0
    identified: bool = False
    method: str = ""
    failures: int = 0
    locked: bool = False
    repairs: int = 0
    stack: tuple[str, ...] = ()
    asked: int = 0
    calls: tuple[str, ...] = ()
    slots: dict[str, str] = {}
    moves: dict[str, str] = {}
    wish: Wish | None = None
    position: Position | None = None
    proposal: Proposal | None = None
    before: Plan | None = None
    promise: Promised | None = None
    agreement: str = ""
    payment: str = ""
    to_pay: Money | None = None
    payments: int = 0
    handed: tuple[HandOverReason, ...] = ()
    noted: tuple[str, ...] = ()
    silenced: bool = False
    closed: bool = False
    asked_rating: bool = False
    callback: date | None = None
    income: Money | None = None
    spoken: tuple[str, ...] = ()
    agreed_due: date | None = None
    bargained: tuple[str, ...] = ()
    email: str = ""
    proved_email: str = ""
    code: Coded | None = None
    last_text: str = ""
    slot: datetime | None = None
    heard: datetime | None = None
    waited: bool = False
    nudges: int = 0
    echo: str = ""
    echoes: int = 0


class Line(msgspec.Struct, frozen=True):
    """One message a step decided on, before the envelope is put around it; `tells`: what a law wants told, in it."""

    key: str
    text_id: str
    content: Content
    topics: tuple[Topic, ...] = ()
    purpose: Purpose = "reply"
    origin: Origin = "bot"
    tells: tuple[str, ...] = ()


class Timer(msgspec.Struct, frozen=True):
    """A moment at which the conversation wants to hear from our clock."""

    name: str
    key: str
    due: datetime


class Effects(msgspec.Struct, frozen=True):
    """What a step decided, as data: messages, facts and timers, in order; `trail` is the flow steps it went through."""

    lines: tuple[Line, ...] = ()
    facts: tuple[Fact, ...] = ()
    timers: tuple[Timer, ...] = ()
    trail: tuple[str, ...] = ()
