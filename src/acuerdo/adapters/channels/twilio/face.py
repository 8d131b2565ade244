"""Twilio's side of SMS, for the stand-in server: how it reads, answers and posts."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec
from twilio.request_validator import RequestValidator

from acuerdo.adapters.channels._sms import is_phone
from acuerdo.adapters.channels.twilio import HOOK, Twilio
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Ask, Look, Message, Reply, Told, Trouble

ACCOUNT, TOKEN, SENDER = "AC" + "a" * 32, "an-auth-token", "+15005550006"
BASE = "https://acuerdo.example"
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
ERRORS: Mapping[Trouble, tuple[int, int, str]] = {
    "refused": (400, 21211, "Invalid 'To' Phone Number"),
    "slow": (429, 20429, "Too Many Requests"),
    "broken": (503, 20503, "Service unavailable"),
    "lost": (500, 0, "Internal server error"),
}
WORDS: Mapping[ReceiptStatus, str] = {"sent": "sent", "delivered": "delivered", "failed": "undelivered"}


class Face:
    """Twilio's messaging interface, seen from outside."""

    address, sender = "+573001234567", SENDER
    statuses: tuple[ReceiptStatus, ...] = ("sent", "delivered", "failed")
    lies = True
    pack = 1

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[Twilio]:
        """The adapter with one account."""
        channel = Twilio(ACCOUNT, TOKEN, sender=SENDER, base_url=BASE, url=base, trust=trust)
        try:
            yield channel
        finally:
            await channel.close()

    def read(self, ask: Ask) -> Message | Look | Reply:
        """A message, or what is wrong with the request."""
        basic = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if ask.headers.get("authorization") != f"Basic {basic}":
            return _error(401, 20003, "Authenticate")
        if ask.method != "POST" or ask.path != PATH:
            return _error(404, 20404, "The requested resource was not found")
        form = dict(parse_qsl(ask.body.decode("ascii", "replace"), keep_blank_values=True))
        if not is_phone(form.get("To", "")):
            return _error(400, 21211, "Invalid 'To' Phone Number")
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return _error(400, 21603, "A 'From' phone number is required")
        if not form.get("Body") or len(form["Body"]) > 1600:
            return _error(400, 21602 if not form.get("Body") else 21617, "Message body is required, up to 1600")
        if not re.fullmatch(r"[1-9]\d{0,4}", form.get("ValidityPeriod", "36000")):
            return _error(400, 21626, "Validity period")
        ref = parse_qs(urlsplit(form.get("StatusCallback", "")).query).get("ref", [""])[0]
        return Message(form["To"], ref, form["Body"], form.get("From", ""))

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """Queued, under a SID."""
        told = _resource(message, sid_of(id), "queued")
        if strange:
            told["mood"], told["weather"] = "fair", {"wind": [3]}
        return Reply(201, msgspec.json.encode(told))

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        """An error as Twilio writes it; a lie is a message made, and failed at once."""
        if what == "lie":
            told = {**_resource(message, sid_of(id), "failed"), "error_code": 30005, "error_message": "Unknown handset"}
            return Reply(201, msgspec.json.encode(told))
        return _error(*ERRORS[what])

    def found(self, id: str | None) -> Reply:
        """Twilio cannot be asked by our reference."""
        return _error(404, 20404, "The requested resource was not found")

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """One form of one event.

        Twilio repeats our reference in the address that it posts to; here it stands in the form, where the house's
        door puts it too.
        """
        (one,) = told
        form = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", "MessageSid": sid_of(one.id), **_said(one)}
        if strange:
            form["Mood"] = "fair"
        signature = RequestValidator(TOKEN).compute_signature(BASE + HOOK, form)
        headers = {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}
        return Ask("POST", "", headers, urlencode(form).encode())


def sid_of(id: str) -> str:
    """An id of the stand-in's as a SID, which has 32 hexadecimal digits."""
    return id if re.fullmatch(r"SM[0-9a-f]{32}", id) else "SM" + sha256(id.encode()).hexdigest()[:32]


def _resource(message: Message, sid: str, status: str) -> dict[str, Any]:
    now = "Mon, 23 Nov 2026 12:00:00 +0000"
    return {
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": message.text, "date_created": now,
        "date_sent": None, "date_updated": now, "direction": "outbound-api", "error_code": None, "error_message": None,
        "from": message.sender, "messaging_service_sid": None, "num_media": "0", "num_segments": "1", "price": None,
        "price_unit": None, "sid": sid, "status": status, "subresource_uris": {}, "to": message.to,
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
    }  # fmt: skip


def _error(status: int, code: int, message: str) -> Reply:
    told: dict[str, Any] = {"message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}"}
    return Reply(status, msgspec.json.encode({**told, "status": status, **({"code": code} if code else {})}))


def _said(one: Told) -> dict[str, str]:
    if one.kind == "odd":
        return {"MessageStatus": "dreamt", "SmsStatus": "dreamt"}
    if one.kind == "receipt":
        status = WORDS[one.status]
        error = {"ErrorCode": "30005"} if status == "undelivered" else {}
        ref = {"ref": one.ref} if one.ref else {}
        return {"MessageStatus": status, "SmsStatus": status, "To": Face.address, "From": SENDER, **error, **ref}
    return {"SmsStatus": "received", "From": one.address, "To": SENDER, "Body": one.text, "NumMedia": "0"}
