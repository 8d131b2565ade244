"""SMS through the sandbox carrier: text alone, with receipts, and messages that can be asked for by our reference."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Literal

import httpx
import msgspec

from acuerdo.core.compliance import Cleared
from acuerdo.service.channels import Delivery, Event, Failed, Inbound, Receipt, Sent, Traits, Unknown, Unreadable, Wire
from acuerdo.service.channels import as_text as text_of
from acuerdo.service.settings import Settings

TRAITS = Traits(
    name="sms",
    mode="text",
    address="phone",
    longest=918,
    receipts=True,
    lookup=True,
    sandbox=True,
    shortest_ttl=1,
    longest_ttl=259_200,
)  # 918: six parts of a long message in the short alphabet (3GPP TS 23.040); carriers try for three days at most
SIGNATURE = "x-sandbox-signature"


class Notice(msgspec.Struct, frozen=True):
    """One event of the carrier's: `type` tells which fields count."""

    type: Literal["receipt", "inbound"]
    id: str
    client_ref: str = ""
    status: str = ""
    error: str = ""
    sender: str = msgspec.field(name="from", default="")
    text: str = ""


class Notices(msgspec.Struct, frozen=True):
    """A payload of the carrier's."""

    events: list[Notice]


class Taken(msgspec.Struct, frozen=True):
    """The carrier's answer about a message."""

    id: str


_notices: msgspec.json.Decoder[Notices] = msgspec.json.Decoder(Notices)
_taken: msgspec.json.Decoder[Taken] = msgspec.json.Decoder(Taken)


class SandboxSms:
    """The channel. Each request has a client of one connection to itself, which is kept for the next.

    A client's pool looks at each of its connections for each request, which costs more than the request itself.
    """

    def __init__(self, make: Callable[[], httpx.AsyncClient], secret: str) -> None:
        self._make, self._secret = make, secret.encode()
        self._free: list[httpx.AsyncClient] = []

    async def _ask(self, method: str, path: str, message: object = None) -> httpx.Response:
        client = self._free.pop() if self._free else self._make()
        try:
            return await client.request(method, path, content=msgspec.json.encode(message) if message else None)
        finally:
            self._free.append(client)

    async def close(self) -> None:
        """Hangs up."""
        while self._free:
            await self._free.pop().aclose()

    @property
    def traits(self) -> Traits:
        return TRAITS

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the carrier signed this body. Header names come in lower case."""
        expected = hmac.new(self._secret, raw, sha256).hexdigest()
        return hmac.compare_digest(headers.get(SIGNATURE, "").encode(), expected.encode())

    def parse(self, raw: bytes) -> list[Event]:
        """The carrier's events; statuses of its own that say nothing new to us are left out. Raises Unreadable."""
        try:
            notices = _notices.decode(raw).events
        except (msgspec.DecodeError, RecursionError) as why:
            raise Unreadable(f"sandbox SMS: {why}") from None
        return [event for notice in notices if (event := _event(notice)) is not None]

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The message as the carrier wants it."""
        return Wire(cleared.say.key, address, sender, text_of(cleared.say.content, TRAITS.longest))

    async def deliver(self, wire: Wire) -> Delivery:
        """Hands it to the carrier. What may have arrived without our knowing is Unknown."""
        message = {"client_ref": wire.ref, "to": wire.address, "from": wire.sender, "text": wire.body, "ttl": wire.ttl}
        try:
            answer = await self._ask("POST", "/messages", message)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Failed("the carrier is not there", again=True)
        except httpx.HTTPError as why:
            return Unknown(type(why).__name__)
        return _outcome(answer)

    async def lookup(self, ref: str) -> Sent | None:
        """The message of our reference, None where the carrier never had it. Raises ConnectionError."""
        try:
            answer = await self._ask("GET", f"/messages/{ref}")
        except httpx.HTTPError as why:
            raise ConnectionError(type(why).__name__) from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise ConnectionError(f"the carrier answers {answer.status_code}")
        try:
            return Sent(_taken.decode(answer.content).id)
        except msgspec.DecodeError:
            raise ConnectionError("the carrier's answer says nothing") from None


def _event(notice: Notice) -> Event | None:
    if notice.type == "inbound":
        return Inbound(notice.id, notice.sender, notice.text)
    match notice.status:
        case "sent" | "delivered" | "failed" as status:
            return Receipt(notice.id, status, notice.client_ref, notice.error)
        case _:
            return None


def _outcome(answer: httpx.Response) -> Delivery:
    code = answer.status_code
    if code in (200, 201):
        try:
            return Sent(_taken.decode(answer.content).id)
        except msgspec.DecodeError:
            return Unknown("the carrier's answer says nothing")
    if code == 429:
        return Failed("the carrier asks to go slower", again=True)
    if code >= 500:
        return Unknown(f"the carrier answers {code}")
    return Failed(f"the carrier answers {code}")


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[SandboxSms]:
    """The channel, for as long as the block lasts."""
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    trust = ssl.create_default_context()

    def make() -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=settings.sms_sandbox, headers=headers, limits=httpx.Limits(max_connections=1), verify=trust,
            timeout=httpx.Timeout(8.0), trust_env=False,
        )  # fmt: skip

    channel = SandboxSms(make, secret)
    try:
        yield channel
    finally:
        await channel.close()
