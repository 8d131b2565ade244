"""Speaks with the sandbox gateway: intents and look-ups over HTTP, notices signed with HMAC-SHA256."""

from __future__ import annotations

import hmac
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Literal, get_args

import httpx
import msgspec

from acuerdo.core.words import Money
from acuerdo.service.gateways import BadSignature, GatewayDown, Intent, Made, Notice, Status, TakenBack, Unreadable
from acuerdo.service.settings import Settings

SIGNATURE = "sandbox-signature"  # "t=SECONDS,v1=HEX": HMAC-SHA256 of "SECONDS.BODY"
FRESH = timedelta(minutes=5)  # an older signature may be a captured post played again
PATIENCE = 10.0  # seconds for an answer
KNOWN = frozenset(get_args(Status)) - {""}


class _Back(msgspec.Struct):
    id: str
    amount: int
    why: Literal["refund", "chargeback"]
    at: datetime


class _Payment(msgspec.Struct):
    id: str
    reference: str
    status: str
    amount: int
    currency: str
    at: datetime
    url: str = ""
    back: tuple[_Back, ...] = ()


class _Event(msgspec.Struct):
    id: str
    type: str
    created: datetime
    payment: _Payment


def open_gateway(settings: Settings, secret: str) -> SandboxGateway:
    """What the entry point names."""
    return SandboxGateway(settings.payments_sandbox, secret.encode())


@lru_cache(maxsize=1)
def trusted() -> ssl.SSLContext:
    """Whom to trust, read once: the list of authorities takes longer to read than a payment to ask for."""
    return httpx.create_ssl_context()


class SandboxGateway:
    """The sandbox at an address, and the secret it signs with. `transport` is httpx's, for tests without a net."""

    name = "sandbox"

    def __init__(self, url: str, secret: bytes, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url, self._secret, self._transport = url.rstrip("/"), secret, transport

    async def create(self, intent: Intent) -> Made:
        """The intent, made once per reference. Raises GatewayDown."""
        body = {
            "reference": intent.reference,
            "amount": intent.amount.minor,
            "currency": intent.amount.currency,
            "payee": intent.payee,
            "return_url": intent.return_url,
            "notify_url": intent.notify_url,
        }
        made = await self._asked("POST", "/intents", body, intent.reference)
        if made is None or not made.url:
            raise GatewayDown("the sandbox gateway made no intent")
        return Made(made.id, made.url)

    def verify(self, raw: bytes, headers: Mapping[str, str], at: datetime) -> None:
        """Raises BadSignature."""
        fields = dict(part.split("=", 1) for part in headers.get(SIGNATURE, "").split(",") if "=" in part)
        stamp, given = fields.get("t", ""), fields.get("v1", "")
        wanted = hmac.new(self._secret, stamp.encode() + b"." + raw, sha256).hexdigest()
        if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "surrogateescape")):
            raise BadSignature("the signature is not the sandbox gateway's")
        if not stamp.isdecimal() or abs(at.timestamp() - int(stamp)) > FRESH.total_seconds():
            raise BadSignature("the signature was made too long ago, or in the future")

    def parse(self, raw: bytes) -> tuple[Notice, ...]:
        """Raises Unreadable."""
        try:
            event = msgspec.json.decode(raw, type=_Event)
        except (msgspec.DecodeError, UnicodeDecodeError) as why:
            raise Unreadable(f"not an event of the sandbox gateway: {why}") from None
        return (_notice(event.payment, event.id, event.type.removeprefix("payment."), event.created),)

    async def lookup(self, reference: str) -> Notice | None:
        """Raises GatewayDown."""
        found = await self._asked("GET", f"/intents/{reference}", None)
        if found is None:
            return None
        return _notice(found, f"lookup:{found.id}:{found.status}", found.status, found.at)

    async def _asked(self, method: str, path: str, body: Mapping[str, object] | None, key: str = "") -> _Payment | None:
        headers = {"authorization": f"Bearer {self._secret.hex()}", **({"idempotency-key": key} if key else {})}
        try:
            async with httpx.AsyncClient(timeout=PATIENCE, transport=self._transport, verify=trusted()) as client:
                answer = await client.request(method, self._url + path, json=body, headers=headers)
            if answer.status_code == httpx.codes.NOT_FOUND and method == "GET":
                return None
            answer.raise_for_status()
            return msgspec.json.decode(answer.content, type=_Payment)
        except (httpx.HTTPError, msgspec.DecodeError) as why:
            raise GatewayDown(f"the sandbox gateway at {self._url} did not answer well: {type(why).__name__}") from why


def _notice(payment: _Payment, event: str, said: str, at: datetime) -> Notice:
    status: Status = said if said in KNOWN else ""  # type: ignore[assignment] # its membership was just asked
    moments, amounts = [at, *(one.at for one in payment.back)], [payment.amount, *(one.amount for one in payment.back)]
    if any(one.tzinfo is None for one in moments) or min(amounts) <= 0:
        raise Unreadable("an event of the sandbox gateway has positive amounts and moments with their zone")
    amount = Money(payment.amount, payment.currency)
    back = tuple(
        TakenBack(one.id, Money(one.amount, payment.currency), one.why, one.at.astimezone(UTC)) for one in payment.back
    )
    return Notice(event, payment.id, status, payment.reference, amount, at, said, back)
