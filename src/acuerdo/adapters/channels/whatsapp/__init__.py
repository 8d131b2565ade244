"""WhatsApp through its Cloud API: buttons, lists, files and approved templates, from the creditor's own number.

It is open only where a registry (see `registry`) names the numbers and who took the platform's risk upon them.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

import httpx
import msgspec

from acuerdo.adapters.channels._lines import Lines, handed, inside, read_json, words
from acuerdo.adapters.channels._media import KINDS, checked
from acuerdo.adapters.channels.whatsapp import parse as reading
from acuerdo.adapters.channels.whatsapp import render as writing
from acuerdo.adapters.channels.whatsapp.errors import CODES, named
from acuerdo.adapters.channels.whatsapp.registry import (
    EVERY,
    LIMITS,
    BadRegistry,
    Filled,
    Number,
    Registry,
    Templates,
    by_creditor,
    load,
)
from acuerdo.core.compliance import Cleared
from acuerdo.core.messages import Say
from acuerdo.service.channels import (
    BadMedia,
    Delivery,
    Event,
    Failed,
    Form,
    Media,
    Notice,
    Sent,
    Traits,
    Unknown,
    Wire,
)
from acuerdo.service.settings import Settings

TRAITS = Traits(
    name="whatsapp", longest=writing.TEXT, buttons=writing.BUTTONS, rows=writing.ROWS, cards=writing.ROWS,
    title=writing.BUTTON, media=KINDS, media_bytes=16 * 1024 * 1024, window=86_400, templates=True, receipts=True,
    cost=10,
)  # fmt: skip
SIGNATURE = "x-hub-signature-256"
SLOWER = 1.0  # seconds that a number waits after it was told to go slower: the platform counts by the second
HOSTS = (".fbsbx.com", ".facebook.com", ".whatsapp.net")  # whence files come; no other is shown our token


class Keys(msgspec.Struct, frozen=True):
    """What only the platform and we know: the tokens by number, the app's secret and the word of the first asking."""

    tokens: Mapping[str, str]
    app_secret: str
    verify: str


class WhatsApp:
    """The channel. It remembers what the platform told of templates and limits, and nothing else."""

    def __init__(
        self, registry: Registry | None, keys: Keys, url: str = "", trust: ssl.SSLContext | None = None
    ) -> None:
        self._keys, self._url = keys, url.rstrip("/")
        self._traits = TRAITS if registry else msgspec.structs.replace(TRAITS, available=False)
        self._version = registry.version if registry else ""
        self._numbers = by_creditor(registry) if registry else {}
        self._by_id = {number.id: number for number in self._numbers.values()}
        self._tiers = {number.phone.removeprefix("+"): number.limit for number in self._by_id.values()}
        self._flagged: set[str] = set()
        self._templates = Templates(registry.templates if registry else ())
        self._lines = Lines(self._url, {}, trust)
        self._slower: dict[str, float] = {}

    @property
    def traits(self) -> Traits:
        return self._traits

    async def close(self) -> None:
        """Hangs up."""
        await self._lines.close()

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """What Meta wants to hear when it first asks for our address; None where it does not know the word."""
        given = query.get("hub.verify_token", "").encode()
        known = bool(self._keys.verify) and hmac.compare_digest(given, self._keys.verify.encode())
        return query.get("hub.challenge", "") if known and query.get("hub.mode") == "subscribe" else None

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether the app's secret signed this body."""
        expected = "sha256=" + hmac.new(self._keys.app_secret.encode(), raw, sha256).hexdigest()
        given = headers.get(SIGNATURE, "").encode("utf-8", "replace")
        return bool(self._keys.app_secret) and hmac.compare_digest(given, expected.encode())

    def parse(self, raw: bytes) -> list[Event]:
        """What a payload tells. Raises Unreadable."""
        return reading.parse(raw)

    def form(self, say: Say) -> Form:
        """A reply leaves freely, as the person just wrote; what we start, as the template whose words it has."""
        number = self._number(say)
        filled = self._filled(say)
        if number is None or filled is None:
            return Form(sender=number.id if number else "")
        return Form(filled.template.key, filled.template.ttl, self._most(number), number.id)

    def _number(self, say: Say) -> Number | None:
        return self._numbers.get(say.creditor) or self._numbers.get(EVERY)

    def _filled(self, say: Say) -> Filled | None:
        return None if say.answers_at is not None else self._templates.carrying(say.content)

    def _most(self, number: Number) -> int:
        phone = number.phone.removeprefix("+")
        most = LIMITS.tiers[self._tiers[phone]]
        return most * LIMITS.flagged // 100 if phone in self._flagged else most

    def learn(self, notices: Sequence[Notice]) -> None:
        """What the platform told of templates and numbers, oldest first."""
        for notice in notices:
            if notice.about == "template":
                self._templates.tell(notice)
            elif notice.about == "limit" and notice.value in LIMITS.tiers:
                for phone in [notice.subject] if notice.subject in self._tiers else list(self._tiers):
                    self._tiers[phone] = notice.value
            elif notice.value == "FLAGGED":
                self._flagged.add(notice.subject)
            elif notice.value == "UNFLAGGED":
                self._flagged.discard(notice.subject)

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The message as the platform wants it, from the creditor's own number whatever `sender` says."""
        say = cleared.say
        filled = self._filled(say)
        requests = writing.approved(filled, say.content) if filled else writing.free(say.content)
        number = self._number(say)
        return Wire(say.key, address, number.id if number else "", writing.addressed(requests, address, say.key))

    async def deliver(self, wire: Wire) -> Delivery:
        """Uploads the files, then hands over the messages in their order."""
        number = self._by_id.get(wire.sender)
        if number is None:
            return Failed("the creditor has no WhatsApp number of its own")
        if asyncio.get_running_loop().time() < self._slower.get(number.id, 0.0):
            return Failed("this number goes slower for a moment", again=True)
        requests: Any = read_json(wire.body.encode())
        if not isinstance(requests, list) or not requests:
            return Failed("there is nothing to say")
        ids = await self._uploaded(number, wire.files)
        if isinstance(ids, Failed):
            return ids
        return await self._handed(number, [_placed(request, ids) for request in requests])

    async def lookup(self, ref: str) -> Sent | None:
        """The platform cannot be asked by our reference; its receipts repeat it. Raises ConnectionError."""
        raise ConnectionError("WhatsApp tells by receipts alone what became of a message")

    async def fetch(self, media: Media) -> Media:
        """The bytes of a file that somebody sent. Raises BadMedia, ConnectionError."""
        if not media.id.isdigit():
            raise BadMedia("the file's id is not one of the platform's")
        try:
            return await self._fetched(media)
        except httpx.HTTPError as why:
            raise ConnectionError(type(why).__name__) from None
        except httpx.InvalidURL:
            raise BadMedia("the file is said to be at no address") from None

    async def _fetched(self, media: Media) -> Media:
        for token in dict.fromkeys(self._keys.tokens.values()):
            headers = {"authorization": f"Bearer {token}"}
            answer = await self._lines.ask("GET", f"/{self._version}/{media.id}", headers=headers)
            about = read_json(answer.content)
            url = httpx.URL(words(about, "url"))
            if answer.status_code != 200 or not url.host:
                continue
            if not _ours(url, self._url):
                raise BadMedia("the file is said to be where the platform has none")
            size = words(about, "file_size")
            if size.isdigit() and int(size) > TRAITS.media_bytes:
                raise BadMedia(f"the file has more than {TRAITS.media_bytes} bytes")
            data = await self._lines.fetch(str(url), TRAITS.media_bytes, headers=headers)
            if data is None:
                raise BadMedia(f"the file has more than {TRAITS.media_bytes} bytes")
            return checked(Media(media.id, words(about, "mime_type") or media.mime, media.name, data), len(data))
        raise ConnectionError("the platform does not know the file, or has it no more")

    async def _uploaded(self, number: Number, files: Sequence[Media]) -> list[str] | Failed:
        """The platform's ids of the files; where one is not taken, nothing has left yet."""
        ids = []
        for file in files:
            try:
                file = checked(file, TRAITS.media_bytes)
            except BadMedia as why:
                return Failed(str(why))
            answer = await handed(self._lines.ask(
                "POST", f"/{self._version}/{number.id}/media", headers=self._headers(number),
                data={"messaging_product": "whatsapp", "type": file.mime},
                files={"file": (file.name or "archivo", file.data, file.mime)},
            ))  # fmt: skip
            if isinstance(answer, Failed | Unknown):
                return Failed(answer.error, again=True)
            told = read_json(answer.content)
            if not words(told, "id"):
                again = answer.status_code >= 500 or answer.status_code == 429
                return Failed(f"a file was not taken: {_error(told) or answer.status_code}", again=again)
            ids.append(words(told, "id"))
        return ids

    async def _handed(self, number: Number, requests: Sequence[Any]) -> Delivery:
        path, headers = f"/{self._version}/{number.id}/messages", self._headers(number)
        ended: Delivery = Unknown()
        for place, request in enumerate(requests):
            answer = await handed(self._lines.ask("POST", path, headers=headers, json=request))
            ended = answer if isinstance(answer, Failed | Unknown) else outcome(answer.status_code, answer.content)
            if isinstance(ended, Failed):
                if _slow(answer):
                    self._slower[number.id] = asyncio.get_running_loop().time() + SLOWER
                return Unknown(f"part {place + 1} of {len(requests)} was not taken: {ended.error}") if place else ended
            if isinstance(ended, Unknown):
                return ended
        return ended

    def _headers(self, number: Number) -> dict[str, str]:
        return {"authorization": f"Bearer {self._keys.tokens.get(number.id, '')}"}


def outcome(status: int, body: bytes) -> Delivery:
    """What an answer says of a message; an error counts, whatever the status beside it says."""
    told = read_json(body)
    if inside(told, "error") is not None:
        known = CODES.get(_code(told))
        error = _error(told)
        if known is None:
            return Unknown(error) if status >= 500 else Failed(error, again=status == 429)
        return Unknown(error) if known[0] == "unknown" else Failed(error, again=known[0] in ("again", "slow"))
    made = words(told, "messages", 0, "id")
    if status in (200, 201):
        return Sent(made) if made else Unknown("the platform's answer has no known shape")
    if status == 429:
        return Failed("the platform asks to go slower", again=True)
    return Unknown(f"the platform answers {status}") if status >= 500 else Failed(f"the platform answers {status}")


def _code(told: Any) -> int:
    code = inside(told, "error", "code")
    return code if isinstance(code, int) else -1


def _error(told: Any) -> str:
    return named(inside(told, "error", "code"), words(told, "error", "message")) if inside(told, "error") else ""


def _slow(answer: Any) -> bool:
    if not isinstance(answer, httpx.Response):
        return False
    known = CODES.get(_code(read_json(answer.content)))
    return answer.status_code == 429 or (known is not None and known[0] == "slow")


def _placed(request: Any, ids: Sequence[str]) -> Any:
    """The request with the platform's ids where its files have their places."""
    if isinstance(request, dict):
        return {key: _place(value, ids) if key == "id" else _placed(value, ids) for key, value in request.items()}
    return [_placed(one, ids) for one in request] if isinstance(request, list) else request


def _place(value: Any, ids: Sequence[str]) -> Any:
    if isinstance(value, str) and value.startswith("file:"):
        place = value.removeprefix("file:")
        return ids[int(place)] if place.isdigit() and int(place) < len(ids) else value
    return value


def _ours(url: httpx.URL, base: str) -> bool:
    """Whether a file's address is one to which our token may be shown."""
    return str(url).startswith(f"{base}/") or (url.scheme == "https" and f".{url.host}".endswith(HOSTS))


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[WhatsApp]:
    """The channel, for as long as the block lasts; without a registry it is not available. Raises BadRegistry."""
    registry = load(settings.whatsapp) if settings.whatsapp else None
    keys = _keys(settings, registry) if registry else Keys({}, "", "")
    channel = WhatsApp(registry, keys, settings.whatsapp_url)
    try:
        yield channel
    finally:
        await channel.close()


def _keys(settings: Settings, registry: Registry) -> Keys:
    own = settings.whatsapp_token.get_secret_value() if settings.whatsapp_token else ""
    tokens = {number.id: os.environ.get(number.token, "") if number.token else own for number in registry.numbers}
    lacking = [number.creditor for number in registry.numbers if not tokens[number.id]]
    if lacking or not settings.whatsapp_app_secret:
        what = f"an access token for {', '.join(lacking)}" if lacking else "the app's secret"
        raise BadRegistry(f"WhatsApp needs {what}: see docs/how-to/whatsapp.md")
    verify = settings.whatsapp_verify_token
    return Keys(tokens, settings.whatsapp_app_secret.get_secret_value(), verify.get_secret_value() if verify else "")
