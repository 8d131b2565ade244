"""SMS through Twilio: its REST interface out, its signed forms in."""

from __future__ import annotations

import ssl
import tomllib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib import resources
from urllib.parse import parse_qsl, quote, urlencode

import httpx
import msgspec
from twilio.request_validator import RequestValidator

from acuerdo.adapters.channels import _sms
from acuerdo.adapters.channels._lines import Lines, handed, inside, read_json, words
from acuerdo.core.compliance import Cleared
from acuerdo.service.channels import (
    Delivery,
    Event,
    Failed,
    Inbound,
    Media,
    Odd,
    Receipt,
    ReceiptStatus,
    Sent,
    Traits,
    Unknown,
    Unreadable,
    Wire,
)
from acuerdo.service.settings import Settings

TRAITS = Traits(
    name="sms", longest=_sms.LONGEST, receipts=True, shortest_ttl=5, longest_ttl=36_000, cost=_sms.COST
)  # Twilio keeps a message for ten hours at most, and asks for five seconds at least
SIGNATURE = "x-twilio-signature"
HOOK = "/webhooks/channel/sms"
STATUSES: dict[str, ReceiptStatus] = {
    "sent": "sent", "delivered": "delivered", "partially_delivered": "delivered", "read": "read",
    "undelivered": "failed", "failed": "failed", "canceled": "failed",
}  # fmt: skip
QUIET = frozenset({"accepted", "scheduled", "queued", "sending"})  # it has the message, which we know already


def _codes() -> dict[int, tuple[bool, str]]:
    raw = tomllib.loads((resources.files(__package__) / "errors.toml").read_text("utf-8"))
    return {int(code): (kind == "again", name) for kind in ("again", "refused") for code, name in raw[kind].items()}


CODES = _codes()


class Twilio:
    """The channel. `base_url` is where people and Twilio reach this house: it is part of what Twilio signs."""

    def __init__(
        self, account: str, token: str, *, sender: str = "", base_url: str = "", url: str = "",
        trust: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.traits = msgspec.structs.replace(TRAITS, available=bool(account and token))
        self._account, self._sender, self._base = account, sender, base_url.rstrip("/")
        self._signed = RequestValidator(token) if token else None
        self._lines = Lines(url, {"accept": "application/json"}, trust, httpx.BasicAuth(account, token))

    async def close(self) -> None:
        """Hangs up."""
        await self._lines.close()

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether Twilio signed this form and the address that it was posted to."""
        path = headers.get(":path", HOOK)
        query = path.partition("?")[2].encode()
        posted = raw.removesuffix(b"&" + query) if query else raw
        fields = _fields(posted)
        if self._signed is None or fields is None:
            return False
        return bool(self._signed.validate(self._base + path, fields, headers.get(SIGNATURE, "")))

    def parse(self, raw: bytes) -> list[Event]:
        """What a form tells: one message, or what became of one of ours. Raises Unreadable."""
        fields = _fields(raw)
        sid = (fields or {}).get("MessageSid") or (fields or {}).get("SmsSid")
        if not fields or not sid:
            raise Unreadable("Twilio: a form without a message")
        status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
        if status in QUIET:
            return []
        if status in STATUSES:
            return [Receipt(sid, STATUSES[status], fields.get("ref", ""), _named(fields.get("ErrorCode", "")))]
        if status == "received" or (not status and "Body" in fields):
            return [_inbound(sid, fields)]
        return [Odd(sid, f"a form of the status {status[:60]!r}")]

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The message as text, from the sender that the country takes."""
        whence = _sms.sender_for(sender, self._sender, _sms.country_of(address))
        return Wire(cleared.say.key, address, whence, _sms.body(cleared.say.content))

    def form(self, wire: Wire) -> dict[str, str]:
        """The message as Twilio's form."""
        whence = {"MessagingServiceSid" if wire.sender.startswith("MG") else "From": wire.sender}
        callback = f"{self._base}{HOOK}?ref={quote(wire.ref, safe='')}"
        form = {"To": wire.address, "Body": wire.body, **whence, "StatusCallback": callback}
        return {**form, "ValidityPeriod": str(wire.ttl)} if wire.ttl else form

    async def deliver(self, wire: Wire) -> Delivery:
        """Hands it over."""
        if not _sms.is_phone(wire.address):
            return Failed("the address is no phone number in the international form")
        if not wire.sender or not wire.body:
            return Failed("there is no sender for this country" if wire.body else "there are no words")
        path = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        body = urlencode(self.form(wire))
        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = await handed(self._lines.ask("POST", path, content=body, headers=headers))
        return answer if isinstance(answer, Failed | Unknown) else outcome(answer.status_code, answer.content)

    async def lookup(self, ref: str) -> Sent | None:
        """Twilio cannot be asked by our reference; its receipts repeat it. Raises ConnectionError."""
        raise ConnectionError("Twilio tells by receipts alone what became of a message")


def outcome(status: int, body: bytes) -> Delivery:
    """What an answer says of a message; an error counts, whatever the status beside it says."""
    told = read_json(body)
    taken = status in (200, 201)
    code = inside(told, "error_code") if taken else None
    if not isinstance(code, int):
        code = inside(told, "code")
    if isinstance(code, int) or (taken and words(told, "status") in ("failed", "undelivered", "canceled")):
        known = CODES.get(code) if isinstance(code, int) else None
        error = _named(str(code), words(told, "message") or words(told, "error_message"))
        if known is None and status >= 500:
            return Unknown(error)
        return Failed(error, again=known[0] if known else status == 429)
    if taken:
        sid = words(told, "sid")
        return Sent(sid) if sid else Unknown("the carrier's answer has no known shape")
    if status == 429:
        return Failed("the carrier asks to go slower", again=True)
    return Unknown(f"the carrier answers {status}") if status >= 500 else Failed(f"the carrier answers {status}")


def _fields(raw: bytes) -> dict[str, str] | None:
    """A form's fields; None where it is none."""
    try:
        return dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=200))
    except ValueError:
        return None


def _inbound(sid: str, fields: Mapping[str, str]) -> Event:
    sender = fields.get("From", "")
    if not sender:
        return Odd(sid, "a message from nobody")
    many = fields.get("NumMedia", "0")
    media = tuple(
        Media(fields[f"MediaUrl{n}"], fields.get(f"MediaContentType{n}", ""))
        for n in range(min(int(many), 10) if many.isascii() and many.isdigit() else 0)
        if fields.get(f"MediaUrl{n}")
    )
    phone = sender if _sms.is_phone(sender) else ""
    return Inbound(sid, sender, fields.get("Body", ""), media=media, phone=phone, to=fields.get("To", ""))


def _named(code: str, title: str = "") -> str:
    if not code and not title:
        return ""
    known = CODES.get(int(code)) if code.isascii() and code.isdigit() else None
    return f"{code}: {known[1] if known else title}".strip(": ")[:200]


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[Twilio]:
    """The channel, for as long as the block lasts; without an account it is not available."""
    token = settings.twilio_token.get_secret_value() if settings.twilio_token else ""
    channel = Twilio(
        settings.twilio_account or "", token, sender=settings.twilio_sender, base_url=settings.base_url,
        url=settings.twilio_url,
    )  # fmt: skip
    try:
        yield channel
    finally:
        await channel.close()
