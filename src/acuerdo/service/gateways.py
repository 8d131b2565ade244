"""What the house needs of a payment gateway, and which gateways there are: they declare themselves by entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from importlib.metadata import entry_points
from typing import Literal, Protocol, TypeAlias, runtime_checkable

import msgspec

from acuerdo.core.words import AcuerdoError, Money
from acuerdo.service.settings import Settings

GROUP = "acuerdo.gateways"

# What a notice may say and is booked. A gateway's other words come as "" and are kept.
Status = Literal["pending", "paid", "refused", "expired", "taken_back", ""]


class BadSignature(AcuerdoError):
    """A notice that the gateway did not sign, or signed too long ago."""


class Unreadable(AcuerdoError):
    """A signed notice whose contents are not what the gateway's documents say."""


class GatewayDown(AcuerdoError):
    """The gateway does not answer, or refuses what is asked of it; it can be asked again."""


class UnknownGateway(AcuerdoError):
    """No gateway of that name is installed."""


class Intent(msgspec.Struct, frozen=True):
    """What is to be paid. `reference` is ours: the same reference is the same intent, however often it is made."""

    reference: str
    amount: Money
    payee: str
    return_url: str
    notify_url: str


class Made(msgspec.Struct, frozen=True):
    """An intent at the gateway: its name there, the page on which a person pays, and the code that they have to quote.

    A payments file that quotes the code is about this payment.
    """

    gateway_ref: str
    url: str
    code: str = ""


class TakenBack(msgspec.Struct, frozen=True):
    """Money that went back to the person: `id` is the gateway's own of this refund or chargeback, `at` its moment."""

    id: str
    amount: Money
    why: Literal["refund", "chargeback"]
    at: datetime


class Notice(msgspec.Struct, frozen=True):
    """One event of the gateway's about one payment. `event` is the gateway's own id of it, `at` its moment there.

    `back` is all that went back of the payment so far, as far as this event tells; what a look-up says of it is whole.
    """

    event: str
    gateway_ref: str
    status: Status
    reference: str = ""
    amount: Money | None = None
    at: datetime | None = None
    said: str = ""
    back: tuple[TakenBack, ...] = ()


class Gateway(Protocol):
    """A payment gateway: makes intents, and tells what became of them."""

    name: str

    async def create(self, intent: Intent) -> Made:
        """The intent, made once per reference. Raises GatewayDown."""
        ...

    def verify(self, raw: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Raises BadSignature unless the gateway signed these bytes shortly before `at`. Header names in lower case."""
        ...

    def parse(self, raw: bytes) -> tuple[Notice, ...]:
        """The notices of a verified body. Raises Unreadable."""
        ...

    async def lookup(self, reference: str) -> Notice | None:
        """What the gateway now says of our reference, None where it knows none; of what was paid, all that went back.

        Raises GatewayDown.
        """
        ...


@runtime_checkable
class Guides(Protocol):
    """A gateway that may have no page to pay on, and tells the person in words; the page is then the way back."""

    def steps(self, payee: str, reference: str, amount: Money) -> tuple[str, ...]:
        """What to do, step by step; none where its page says it. Raises GatewayDown."""
        ...


# What an entry point of the group names: given the settings and the secret that this installation shares with the
# sandbox of that name (a real gateway's secret is a setting of its own), the gateway.
Maker: TypeAlias = Callable[[Settings, str], Gateway]


def load(settings: Settings, secret: Callable[[str], str]) -> dict[str, Gateway]:
    """Every installed gateway by its name; `secret` gives each its own."""
    makers: dict[str, Maker] = {point.name: point.load() for point in entry_points(group=GROUP)}
    return {name: make(settings, secret(name)) for name, make in makers.items()}


def named(gateways: Mapping[str, Gateway], name: str) -> Gateway:
    """Raises UnknownGateway."""
    if name not in gateways:
        raise UnknownGateway(f"no payment gateway {name!r} is installed; installed: {', '.join(sorted(gateways))}")
    return gateways[name]
