"""The side of a provider as `sample.toml` describes one, for the stand-in server."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec

from acuerdo.adapters.channels._lines import read_json, words
from acuerdo.adapters.channels._sms import is_phone
from acuerdo.adapters.channels.sms_http import HttpSms
from acuerdo.adapters.channels.sms_http.provider import Asking, Provider, load
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Ask, Look, Message, Reply, Told, Trouble

SECRETS = {"SMS_PROVIDER_KEY": "a-key", "SMS_PROVIDER_HOOK_KEY": "another-key"}
HOST = "https://api.proveedor.example"
PATH = "/v1/messages"
ERRORS: Mapping[Trouble, tuple[int, str]] = {
    "refused": (422, "INVALID_NUMBER"), "slow": (429, "THROTTLED"), "broken": (503, "UNAVAILABLE"),
    "lie": (200, "INVALID_NUMBER"),
}  # fmt: skip
WORDS: Mapping[ReceiptStatus, str] = {"sent": "SENT", "delivered": "DELIVERED", "failed": "FAILED"}


def sample() -> Provider:
    """The provider of the sample, with made-up secrets."""
    with resources.as_file(resources.files(__package__) / "sample.toml") as path:
        return load(Path(path), SECRETS)


class Face:
    """A provider with JSON both ways, a success word in its answers, receipts and a way to ask by our reference."""

    address, sender = "+573001234567", "890123"
    statuses: tuple[ReceiptStatus, ...] = ("sent", "delivered", "failed")
    lies = True

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[HttpSms]:
        """The adapter with the sample's file."""
        provider = sample()
        send = msgspec.structs.replace(provider.send, url=provider.send.url.replace(HOST, base))
        lookup = Asking(f"{base}{PATH}/{{ref}}", "message.id")
        there = msgspec.structs.replace(provider, send=send, lookup=lookup)
        channel = HttpSms(there, "https://acuerdo.example", trust)
        try:
            yield channel
        finally:
            await channel.close()

    def read(self, ask: Ask) -> Message | Look | Reply:
        """A message, a question about one, or what is wrong with the request."""
        if ask.headers.get("authorization") != "Bearer a-key":
            return _error(401, "WRONG_KEY")
        if ask.method == "GET" and ask.path.startswith(f"{PATH}/"):
            return Look(unquote(ask.path.removeprefix(f"{PATH}/")))
        told = read_json(ask.body)
        if ask.method != "POST" or ask.path != PATH or not isinstance(told, dict):
            return _error(404, "NOT_FOUND")
        if not is_phone(f"+{words(told, 'to')}") or not words(told, "text"):
            return _error(422, "INVALID_NUMBER")
        return Message(f"+{words(told, 'to')}", words(told, "reference"), words(told, "text"), words(told, "from"))

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """Accepted, under an id."""
        more = {"weather": {"wind": [3]}} if strange else {}
        return Reply(201, msgspec.json.encode({"status": "accepted", "message": {"id": id, **more}, **more}))

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        """An error; where it is out of order and has taken the message, no word of it."""
        return Reply(500, b"<html>502</html>") if what == "lost" else _error(*ERRORS[what])

    def found(self, id: str | None) -> Reply:
        """Its id of the message."""
        return _error(404, "NOT_FOUND") if id is None else Reply(200, msgspec.json.encode({"message": {"id": id}}))

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """All events in one post, signed."""
        raw = msgspec.json.encode({"events": [_event(one, strange=strange) for one in told]})
        signature = hmac.new(b"another-key", raw, sha256).hexdigest()
        return Ask("POST", "", {"content-type": "application/json", "x-signature": f"sha256={signature}"}, raw)


def _error(status: int, code: str) -> Reply:
    return Reply(status, msgspec.json.encode({"status": "rejected", "error": {"code": code}}))


def _event(one: Told, *, strange: bool) -> dict[str, Any]:
    more: dict[str, Any] = {"mood": ["fair"]} if strange else {}
    if one.kind == "odd":
        return {"type": "hologram", "id": one.id, **more}
    if one.kind == "receipt":
        status = WORDS[one.status]
        return {"type": "receipt", "id": one.id, "reference": one.ref, "status": status, "reason": one.error, **more}
    return {"type": "message", "id": one.id, "from": one.address, "to": Face.sender, "text": one.text, **more}
