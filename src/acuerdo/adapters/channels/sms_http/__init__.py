"""SMS through whatever provider has an HTTP interface: a file describes it (`sample.toml` is one to copy)."""

from __future__ import annotations

import base64
import hmac
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import httpx

from acuerdo.adapters.channels import _sms
from acuerdo.adapters.channels._lines import Lines, handed, inside, read_json, words
from acuerdo.adapters.channels.sms_http.provider import Inbounds, Provider, Receipts, Verify, When, filled, load
from acuerdo.core.compliance import Cleared
from acuerdo.core.segments import measure
from acuerdo.core.words import derive
from acuerdo.service.channels import (
    Delivery,
    Event,
    Failed,
    Inbound,
    Odd,
    Receipt,
    Sent,
    Traits,
    Unknown,
    Unreadable,
    Wire,
)
from acuerdo.service.settings import Settings

HOOK = "/webhooks/channel/sms"


class HttpSms:
    """The channel, as its provider's file has it."""

    def __init__(self, provider: Provider | None, base_url: str = "", trust: ssl.SSLContext | None = None) -> None:
        self._provider, self._callback = provider, f"{base_url.rstrip('/')}{HOOK}"
        self.traits = _traits(provider)
        self._lines = Lines("", {}, trust)

    @property
    def provider(self) -> Provider:
        """The file. Raises Unreadable where none is set."""
        if self._provider is None:
            raise Unreadable("no SMS provider is described")
        return self._provider

    async def close(self) -> None:
        """Hangs up."""
        await self._lines.close()

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the provider posted this, by what its file says shows it."""
        hook = self._provider.hook if self._provider else None
        return hook is not None and shown(hook.verify, self.provider.secrets, raw, headers)

    def parse(self, raw: bytes) -> list[Event]:
        """What a payload tells, where the file says that it stands. Raises Unreadable."""
        hook = self.provider.hook
        told = None if hook is None else read_json(raw) if hook.content == "json" else _form(raw)
        if hook is None or not isinstance(told, dict | list):
            raise Unreadable("SMS provider: the payload has no known shape")
        events: list[Event] = []
        known: list[int] = []
        for part in (hook.receipt, hook.inbound):
            for one in _each(told, part.each) if part else ():
                event = _receipt(part, one) if isinstance(part, Receipts) else _inbound(part, one)
                if event is not _NOT_OURS:
                    known.append(id(one))
                    events += [event] if event is not None else []
        for part in (hook.receipt, hook.inbound):
            for one in _each(told, part.each) if part else ():
                if id(one) not in known:
                    known.append(id(one))
                    odd = words(one, part.id) if part and isinstance(one, dict) else ""
                    events.append(Odd(odd or derive("sms odd", repr(one)), "neither a receipt nor a message"))
        if not known:
            raise Unreadable("SMS provider: the payload tells nothing")
        return events

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The message as text, from the sender that the country takes."""
        whence = _sms.sender_for(sender, self.provider.sender, _sms.country_of(address))
        return Wire(cleared.say.key, address, whence, _sms.body(cleared.say.content))

    async def deliver(self, wire: Wire) -> Delivery:
        """Hands it over as the file says."""
        if not _sms.is_phone(wire.address):
            return Failed("the address is no phone number in the international form")
        if not wire.body:
            return Failed("there are no words")
        send = self.provider.send
        values = self._values(wire)
        url = filled(send.url, {key: quote(str(value), safe="") for key, value in values.items()})
        body, headers = filled(send.body, values), filled(send.headers, values)
        what: dict[str, Any] = {"headers": headers}
        if send.content == "json":
            what["json"] = body
        elif send.content == "form":
            what["content"] = urlencode(body)
            what["headers"] = {"content-type": "application/x-www-form-urlencoded", **headers}
        else:
            what["params"] = body
        answer = await handed(self._lines.ask(send.method, url, **what))
        return answer if isinstance(answer, Failed | Unknown) else self.outcome(answer.status_code, answer.content)

    def _values(self, wire: Wire) -> dict[str, str | int]:
        return {
            "to": wire.address, "digits": wire.address.removeprefix("+"), "from": wire.sender, "text": wire.body,
            "ref": wire.ref, "ttl": wire.ttl, "parts": measure(wire.body).parts, "callback": self._callback,
            **{f"secret.{name}": value for name, value in self.provider.secrets.items()},
        }  # fmt: skip

    def outcome(self, status: int, body: bytes) -> Delivery:
        """What an answer says of a message; an error counts, whatever the status beside it says."""
        answer, told = self.provider.answer, read_json(body)
        code = _at(told, answer.error) if answer.error else ""
        taken = status in answer.taken
        said = answer.success is None or _at(told, answer.success.path) in answer.success.values
        if code or (taken and not said and told is not None):
            meaning = answer.errors.get(code, "again" if status == 429 else "unknown" if status >= 500 else "refused")
            error = f"{code or _at(told, answer.success.path) if answer.success else code}"[:200]
            return Unknown(error) if meaning == "unknown" else Failed(error or "refused", again=meaning == "again")
        if taken:
            made = _at(told, answer.id)
            return Sent(made) if made else Unknown("the provider's answer has no known shape")
        if status == 429:
            return Failed("the provider asks to go slower", again=True)
        return Unknown(f"the provider answers {status}") if status >= 500 else Failed(f"the provider answers {status}")

    async def lookup(self, ref: str) -> Sent | None:
        """The message of our reference, None where the provider never had it. Raises ConnectionError."""
        asking = self.provider.lookup
        if asking is None:
            raise ConnectionError("this provider cannot be asked by our reference")
        secrets = {f"secret.{name}": value for name, value in self.provider.secrets.items()}
        url = filled(asking.url, {"ref": quote(ref, safe=""), **secrets})
        try:
            answer = await self._lines.ask("GET", url, headers=filled(self.provider.send.headers, secrets))
        except httpx.HTTPError as why:
            raise ConnectionError(type(why).__name__) from None
        if answer.status_code == 404:
            return None
        made = _at(read_json(answer.content), asking.id)
        if answer.status_code != 200 or not made:
            raise ConnectionError(f"the provider answers {answer.status_code}")
        return Sent(made)


def _traits(provider: Provider | None) -> Traits:
    if provider is None:
        return Traits(name="sms", longest=_sms.LONGEST, cost=_sms.COST, available=False)
    receipts = provider.hook is not None and provider.hook.receipt is not None
    return Traits(
        name="sms", longest=_sms.LONGEST, receipts=receipts, lookup=provider.lookup is not None,
        shortest_ttl=1 if provider.longest_ttl else 0, longest_ttl=provider.longest_ttl, cost=provider.cost,
    )  # fmt: skip


def shown(verify: Verify, secrets: Mapping[str, str], raw: bytes, headers: Mapping[str, str]) -> bool:
    """Whether who posted this body is the provider."""
    secret = secrets.get(verify.secret, "").encode()
    given = headers.get(verify.header.lower(), "").encode("utf-8", "replace")
    if verify.kind == "source":
        try:
            source = ip_address(headers.get(":source", ""))
        except ValueError:
            return False
        return any(source in ip_network(network) for network in verify.networks)
    if not secret:
        return False
    if verify.kind == "basic":
        pair = base64.b64encode(verify.user.encode() + b":" + secret)
        return hmac.compare_digest(headers.get("authorization", "").encode("utf-8", "replace"), b"Basic " + pair)
    if verify.kind == "token":
        told = given if verify.header else _at(read_json(raw) or _form(raw), verify.path).encode()
        return hmac.compare_digest(told, verify.prefix.encode() + secret)
    made = hmac.new(secret, raw, verify.algorithm)
    digest = made.hexdigest().encode() if verify.encoding == "hex" else base64.b64encode(made.digest())
    return hmac.compare_digest(given, verify.prefix.encode() + digest)


_NOT_OURS = object()


def _receipt(part: Receipts, one: Any) -> Any:
    if not _meant(part.when, one) or not _at(one, part.id) or not _at(one, part.status):
        return _NOT_OURS
    status = part.statuses.get(_at(one, part.status))
    if status is None:
        return Odd(_at(one, part.id), f"a status {_at(one, part.status)[:60]!r}")
    ref = _at(one, part.ref) if part.ref else ""
    error = _at(one, part.error)[:200] if part.error and status == "failed" else ""
    return Receipt(_at(one, part.id), status, ref, error) if status else None


def _inbound(part: Inbounds | None, one: Any) -> Any:
    if part is None or not _meant(part.when, one) or not _at(one, part.id) or not _at(one, part.sender):
        return _NOT_OURS
    if not isinstance(inside(one, *_path(part.text)), str):
        return _NOT_OURS
    sender = _at(one, part.sender)
    phone = sender if sender.startswith("+") else f"+{sender}"
    address = phone if _sms.is_phone(phone) else sender
    to = _at(one, part.to) if part.to else ""
    return Inbound(_at(one, part.id), address, _at(one, part.text), phone=address if address == phone else "", to=to)


def _meant(when: When | None, one: Any) -> bool:
    return when is None or _at(one, when.path) in when.values


def _path(path: str) -> list[str | int]:
    return [int(step) if step.isdigit() else step for step in path.split(".")] if path else []


def _at(found: Any, path: str) -> str:
    return words(found, *_path(path))


def _each(told: Any, path: str) -> list[Any]:
    found = inside(told, *_path(path))
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []


def _form(raw: bytes) -> dict[str, str] | None:
    try:
        return dict(parse_qsl(raw.decode("ascii"), keep_blank_values=True, strict_parsing=True, max_num_fields=200))
    except ValueError:
        return None


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[HttpSms]:
    """The channel, for as long as the block lasts; without a file it is not available. Raises BadProvider."""
    channel = HttpSms(load(settings.sms_http) if settings.sms_http else None, settings.base_url)
    try:
        yield channel
    finally:
        await channel.close()
