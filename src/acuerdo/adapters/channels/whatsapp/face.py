"""The platform's side of WhatsApp, for the stand-in server: how it reads, answers and posts."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec

from acuerdo.adapters.channels._lines import inside, read_json, words
from acuerdo.adapters.channels.whatsapp import Keys, WhatsApp
from acuerdo.adapters.channels.whatsapp.registry import EVERY, Number, Registry, Risk
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Ask, Look, Message, Reply, Told, Trouble

VERSION, NUMBER, ACCOUNT, PHONE = "v23.0", "106540352242922", "102290129340398", "15550783881"
TOKEN, SECRET, VERIFY = "an-access-token", "an-app-secret", "a-word"
RISK = Risk("Ana Pérez, gerente", date(2026, 11, 20), "Aceptamos el riesgo de la política de la plataforma.")
WHEN = "1763900000"
_ERRORS: Mapping[Trouble, tuple[int, int, str]] = {
    "refused": (400, 131026, "Message undeliverable"),
    "slow": (429, 130429, "Rate limit hit"),
    "broken": (503, 131016, "Service unavailable"),
    "lost": (500, 131000, "Something went wrong"),
    "lie": (200, 131026, "Message undeliverable"),
}


class Face:
    """WhatsApp's Cloud API, seen from outside."""

    address, sender = "+573001234567", NUMBER
    statuses: tuple[ReceiptStatus, ...] = ("sent", "delivered", "read", "failed")
    lies = True

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[WhatsApp]:
        """The adapter with one number, of every creditor."""
        registry = Registry(RISK, (Number(NUMBER, EVERY, f"+{PHONE}", ACCOUNT),), (), VERSION)
        channel = WhatsApp(registry, Keys({NUMBER: TOKEN}, SECRET, VERIFY), base, trust)
        try:
            yield channel
        finally:
            await channel.close()

    def read(self, ask: Ask) -> Message | Look | Reply:
        """A message, an upload, or what is wrong with the request."""
        if ask.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, 190, "Invalid OAuth access token")
        if ask.method == "POST" and ask.path == f"/{VERSION}/{NUMBER}/media":
            return Reply(200, msgspec.json.encode({"id": "4490709327384033"}))
        if ask.method != "POST" or ask.path != f"/{VERSION}/{NUMBER}/messages":
            return _error(404, 100, "Unsupported request")
        told = read_json(ask.body)
        number, user, kind = words(told, "to"), words(told, "recipient"), words(told, "type")
        if words(told, "messaging_product") != "whatsapp" or bool(number) == bool(user):
            return _error(400, 100, "Invalid parameter")
        if not kind or not isinstance(inside(told, kind), dict) or (number and not number.isdigit()):
            return _error(400, 131009, "Parameter value is not valid")
        ref = words(told, "biz_opaque_callback_data")
        return Message(f"+{number}" if number else user, ref, _text(inside(told, kind)), NUMBER)

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """Accepted, under an id of the platform's."""
        made: dict[str, Any] = {"id": f"wamid.{id}", "message_status": "accepted"}
        contact = {"input": message.to.removeprefix("+"), "wa_id": message.to.removeprefix("+")}
        told: dict[str, Any] = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [made]}
        if strange:
            made["message_temperature"], told["aura"] = 36.6, {"colour": ["blue"]}
        return Reply(200, msgspec.json.encode(told))

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        """An error as the Graph API writes it; a lie is one under the status of success."""
        return _error(*_ERRORS[what])

    def found(self, id: str | None) -> Reply:
        """The platform cannot be asked by our reference."""
        return _error(404, 100, "Unsupported request")

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """A webhook with one change for each event, signed by the app's secret."""
        changes = [{"field": "messages", "value": _value(one, strange=strange)} for one in told]
        payload: dict[str, Any] = {
            "object": "whatsapp_business_account",
            "entry": [{"id": ACCOUNT, "time": int(WHEN), "changes": changes}],
        }
        if strange:
            payload["weather"] = "fair"
        raw = msgspec.json.encode(payload)
        signature = hmac.new(SECRET.encode(), raw, sha256).hexdigest()
        headers = {"content-type": "application/json", "x-hub-signature-256": f"sha256={signature}"}
        return Ask("POST", "", headers, raw)


def _error(status: int, code: int, message: str) -> Reply:
    error = {"message": f"(#{code}) {message}", "type": "OAuthException", "code": code, "fbtrace_id": "Az8or2yhqkZfEZ"}
    return Reply(status, msgspec.json.encode({"error": error}))


def _text(said: Any) -> str:
    """The words of a message of any kind, as a phone would show them."""
    if not isinstance(said, dict):
        return ""
    found = words(said, "body") or words(said, "body", "text") or words(said, "caption")
    return found or words(said, "name") or words(said, "filename")


def _value(told: Told, *, strange: bool) -> dict[str, Any]:
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": PHONE, "phone_number_id": NUMBER},
    }
    if told.kind == "receipt":
        value["statuses"] = [_status(told, strange=strange)]
        return value
    number = told.address.removeprefix("+")
    # A person without a number here is told by the channel's own id of them.
    who = {"wa_id": number} if number.isdigit() else {"user_id": told.address}
    whence = {"from": number} if number.isdigit() else {"from_user_id": told.address}
    if told.address:
        value["contacts"] = [{"profile": {"name": "Marta"}, **who}]
    else:
        whence = {"from": "573001234567"}
    message: dict[str, Any] = {**whence, "id": told.id, "timestamp": WHEN, **_said(told)}
    if strange:
        message["mood"], value["moon"] = ["full"], {"phase": 3}
    value["messages"] = [message]
    return value


def _said(told: Told) -> dict[str, Any]:
    if told.kind == "odd":
        return {"type": "hologram", "hologram": {"id": "h1"}}
    if told.button:
        context = {"from": PHONE, "id": "wamid.ours"}
        reply = {"type": "button_reply", "button_reply": {"id": told.button, "title": told.text}}
        return {"type": "interactive", "interactive": reply, "context": context}
    return {"type": "text", "text": {"body": told.text}}


def _status(told: Told, *, strange: bool) -> dict[str, Any]:
    status: dict[str, Any] = {
        "id": f"wamid.{told.id}", "status": told.status, "timestamp": WHEN, "recipient_id": "573001234567",
    }  # fmt: skip
    if told.ref:
        status["biz_opaque_callback_data"] = told.ref
    if told.status == "failed":
        details = {"details": told.error or "Message undeliverable"}
        status["errors"] = [{"code": 131026, "title": "Message undeliverable", "error_data": details}]
    if strange:
        status["karma"] = -1
    return status
