"""The sandbox carrier's interface, for the server that stands in for it, and for the one that the demo runs."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import msgspec

from acuerdo.adapters.channels.sms_sandbox import SIGNATURE, SandboxSms
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Ask, Look, Message, Reply, Told, Trouble

_STATUS: dict[Trouble, int] = {"refused": 422, "slow": 429, "broken": 503, "lost": 500}


class Order(msgspec.Struct, frozen=True):
    """A message to take."""

    client_ref: str
    to: str
    text: str
    sender: str = msgspec.field(name="from", default="")
    ttl: int = 0


class Face:
    """The sandbox carrier, seen from outside. It takes one reference once. `secret` is shared with the house."""

    address, sender = "+573001234567", "Tienda Sol"
    statuses: tuple[ReceiptStatus, ...] = ("sent", "delivered", "failed")
    lies = False

    def __init__(self, secret: str = "a secret for trials") -> None:  # noqa: S107 - nobody is let in by it
        self._secret = secret

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[SandboxSms]:
        """The adapter, pointed at the server at `base`."""
        headers = {"authorization": f"Bearer {self._secret}", "content-type": "application/json"}

        def make() -> httpx.AsyncClient:
            return httpx.AsyncClient(
                base_url=base, headers=headers, timeout=httpx.Timeout(8.0), trust_env=False,
                verify=trust if trust is not None else True,
            )  # fmt: skip

        channel = SandboxSms(make, self._secret)
        try:
            yield channel
        finally:
            await channel.close()

    def read(self, ask: Ask) -> Message | Look | Reply:
        """A message, a question about one, or what is wrong with the request."""
        given = ask.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._secret}".encode()):
            return _said(401, error="wrong secret")
        if ask.method == "GET" and ask.path.startswith("/messages/"):
            return Look(ask.path.removeprefix("/messages/"))
        if ask.method != "POST" or ask.path != "/messages":
            return _said(404, error="there is nothing here")
        try:
            order = msgspec.json.decode(ask.body, type=Order)
        except msgspec.DecodeError as why:
            return _said(422, error=str(why))
        return Message(order.to, order.client_ref, order.text, order.sender, order.ttl)

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """Taken, under an id of the carrier's."""
        return _said(201, id=id, status="queued", **({"mood": {"today": ["fair"]}} if strange else {}))

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        """An error; this carrier does not lie."""
        return _said(_STATUS.get(what, 500), error=what)

    def found(self, id: str | None) -> Reply:
        """The message of a reference."""
        return _said(404, error="no such message") if id is None else _said(200, id=id, status="sent")

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """Events, signed with the secret."""
        more: dict[str, Any] = {"weather": {"wind": 3}} if strange else {}
        raw = msgspec.json.encode({"events": [_event(one) | more for one in told]} | more)
        signature = hmac.new(self._secret.encode(), raw, sha256).hexdigest()
        return Ask("POST", "", {"content-type": "application/json", SIGNATURE: signature}, raw)


def _said(code: int, /, **fields: Any) -> Reply:
    return Reply(code, msgspec.json.encode(fields))


def _event(told: Told) -> dict[str, Any]:
    match told.kind:
        case "receipt":
            return {
                "type": "receipt", "id": told.id, "client_ref": told.ref, "status": told.status, "error": told.error,
            }  # fmt: skip
        case "inbound":
            return {"type": "inbound", "id": told.id, "from": told.address, "text": told.text}
        case _:
            return {"type": "telepathy", "id": told.id}
