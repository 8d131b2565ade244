"""SMS through an SMSC that speaks SMPP 3.4: one line both ways, bound when it is first needed and again when lost."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec

from acuerdo.adapters.channels import _sms
from acuerdo.adapters.channels.smpp import hearing
from acuerdo.adapters.channels.smpp.hearing import Heard, Part, heard, part_as_odd
from acuerdo.adapters.channels.smpp.line import Access, Line, Lost, NoLine
from acuerdo.adapters.channels.smpp.pdus import SLOW, Pdu, address, meaning, parts_of, validity
from acuerdo.core.compliance import Cleared
from acuerdo.core.words import derive
from acuerdo.service.channels import Delivery, Event, Failed, Sent, Traits, Unknown, Wire
from acuerdo.service.settings import Settings

TRAITS = Traits(
    name="sms", longest=_sms.LONGEST, receipts=True, shortest_ttl=1, longest_ttl=_sms.DAYS_3, cost=_sms.COST
)
SLOWER = 1.0  # seconds without a message after the SMSC asked to go slower
LONGEST_WAIT = 2.0  # seconds that a message waits for its turn: the exit gives a delivery ten in all
KNOWN = 100_000  # parts that are remembered, to know of which message a receipt is
TOGETHER = 5.0  # seconds that the parts of a longer message are waited for before they are acknowledged
AGAIN = (1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before the line is tried again
TEMPORARY = 0x64  # "a fault of our application for a moment": the SMSC gives it to us again
_encode = msgspec.json.Encoder().encode


class Smpp:
    """The channel. Nothing is bound until something is to be delivered or heard."""

    def __init__(self, access: Access | None, sender: str = "", per_second: int = 20) -> None:
        self.traits = msgspec.structs.replace(TRAITS, available=access is not None)
        self._access, self._sender, self._pause = access, sender, 1.0 / per_second
        self._line: Line | None = None
        self._opening = asyncio.Lock()
        self._next = 0.0
        self._take: Callable[[bytes], Awaitable[None]] | None = None
        self._nonce, self._many = secrets.token_hex(8), 0
        self._reference = secrets.randbelow(256)
        self._message_of: OrderedDict[str, str] = OrderedDict()
        self._parts: dict[tuple[str, str, int, int], _Whole] = {}

    async def close(self) -> None:
        """Says goodbye to the SMSC."""
        if self._line is not None:
            await self._line.unbind()

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Nobody posts here: the SMSC speaks on its own line."""
        return False

    def parse(self, raw: bytes) -> list[Event]:
        """What a message of the SMSC's tells, as it was kept. Raises Unreadable."""
        return hearing.parse(raw)

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The message as text, from the sender that the country takes."""
        whence = _sms.sender_for(sender, self._sender, _sms.country_of(address))
        return Wire(cleared.say.key, address, whence, _sms.body(cleared.say.content))

    async def deliver(self, wire: Wire) -> Delivery:
        """Hands over each part in its order; the last one's id is the message's."""
        if not _sms.is_phone(wire.address):
            return Failed("the address is no phone number in the international form")
        if not wire.body:
            return Failed("there are no words")
        try:
            line = await self._bound()
        except NoLine as why:
            return Failed(str(why), again=True)
        self._reference = (self._reference + 1) % 256
        parts = parts_of(wire.body, self._reference)
        begin = self._slot(len(parts))
        if begin is None:
            return Failed("the line is full for a moment", again=True)
        ids: list[str] = []
        for place, part in enumerate(parts, 1):
            last = place == len(parts)
            await asyncio.sleep(max(0.0, begin + (place - 1) * self._pause - asyncio.get_running_loop().time()))
            ended = await self._submitted(line, wire, part, last=last)
            if isinstance(ended, Sent):
                ids.append(ended.provider_id)
            elif isinstance(ended, Failed) and ids:
                return Unknown(f"part {place} of {len(parts)} was not taken: {ended.error}")
            else:
                return ended
        for one in ids:
            self._remember(one, ids[-1])
        return Sent(ids[-1])

    async def _submitted(self, line: Line, wire: Wire, part: dict[str, Any], *, last: bool) -> Delivery:
        # Of the last part all is told, of the others only where they fail: the message is there when its last part is.
        fields = {
            **address(wire.sender, "source"), **address(wire.address, "dest"), **part, "service_type": "",
            "protocol_id": 0, "priority_flag": 0, "schedule_delivery_time": "", "validity_period": validity(wire.ttl),
            "registered_delivery": 1 if last else 2, "replace_if_present_flag": 0, "sm_default_msg_id": 0,
        }  # fmt: skip
        try:
            answer = await line.ask("submit_sm", **fields)
        except Lost as why:
            return Unknown(str(why))
        if answer.status != 0:
            kind, error = meaning(answer.status)
            if answer.status in SLOW:
                self._next = max(self._next, asyncio.get_running_loop().time() + SLOWER)
            return Unknown(error) if kind == "unknown" else Failed(error, again=kind == "again")
        made = bytes(answer.__dict__.get("message_id") or b"").decode("ascii", "replace")
        return Sent(made) if made else Unknown("the SMSC took it under no id")

    def _slot(self, parts: int) -> float | None:
        """When a message may begin, with room kept for its parts; None where that is too far off for a delivery."""
        now = asyncio.get_running_loop().time()
        begin = max(self._next, now)
        if begin - now > LONGEST_WAIT:
            return None
        self._next = begin + parts * self._pause
        return begin

    async def lookup(self, ref: str) -> Sent | None:
        """An SMSC cannot be asked by our reference. Raises ConnectionError."""
        raise ConnectionError("an SMSC tells by receipts alone what became of a message")

    async def _bound(self) -> Line:
        async with self._opening:
            if self._line is None or self._line.closed.is_set():
                if self._access is None:
                    raise NoLine("no SMSC is set")
                self._line = await Line.open(self._access, self._heard)
            return self._line

    async def listen(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        """Keeps the line bound until it is cancelled; `take` has what the SMSC sends before it is acknowledged."""
        self._take = take
        tries = 0
        while True:
            try:
                line = await self._bound()
                tries = 0
                await line.closed.wait()
            except NoLine:
                tries += 1
            await asyncio.sleep(AGAIN[min(tries, len(AGAIN) - 1)])

    async def _heard(self, pdu: Pdu) -> int:
        """What is answered to a message of the SMSC's: 0 once it is kept."""
        if self._take is None:
            return TEMPORARY
        self._many += 1
        try:
            told = heard(pdu, derive("smpp", self._nonce, str(self._many)))
            if isinstance(told, Part):
                await self._gathered(told)
            else:
                await self._take(_encode(self._of_message(told)))
        except Exception:  # whatever went wrong in keeping it, the SMSC has it still and gives it again
            return TEMPORARY
        return 0

    async def _gathered(self, part: Part) -> None:
        """A part waits for the others, so that what is acknowledged was kept; else it is kept alone."""
        key = (part.source, part.to, part.reference, part.of)
        whole = self._parts.setdefault(key, _Whole())
        whole.parts[part.place] = part.text
        if len(whole.parts) == part.of and self._take is not None:
            text = "".join(whole.parts[place] for place in sorted(whole.parts))
            self._many += 1
            made = derive("smpp", self._nonce, str(self._many))
            await self._take(_encode(Heard("inbound", made, part.source, part.to, text)))
            self._parts.pop(key, None)
            whole.kept.set()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER):
                await whole.kept.wait()
            return
        if self._take is not None:
            await self._take(_encode(part_as_odd(part)))
        asyncio.get_running_loop().call_later(TOGETHER * 12, self._parts.pop, key, None)

    def _of_message(self, told: Heard) -> Heard:
        """A receipt under its message's id: of a part that of the whole, and in the base in which it was first told."""
        if told.kind != "receipt":
            return told
        spellings = [told.id, told.id.lstrip("0")]
        if told.id.isascii() and told.id.isdigit():
            spellings += [f"{int(told.id):x}", f"{int(told.id):X}", f"{int(told.id):08x}", f"{int(told.id):08X}"]
        with suppress(ValueError):
            spellings.append(str(int(told.id, 16)))
        known = next((self._message_of[one] for one in spellings if one in self._message_of), told.id)
        return msgspec.structs.replace(told, id=known)

    def _remember(self, part: str, message: str) -> None:
        self._message_of[part] = message
        while len(self._message_of) > KNOWN:
            self._message_of.popitem(last=False)


class _Whole:
    """The parts of a longer message, as they come."""

    def __init__(self) -> None:
        self.parts: dict[int, str] = {}
        self.kept = asyncio.Event()


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[Smpp]:
    """The channel, for as long as the block lasts; without a host it is not available."""
    access = None
    if settings.smpp_host:
        password = settings.smpp_password.get_secret_value() if settings.smpp_password else ""
        access = Access(
            settings.smpp_host, settings.smpp_port, settings.smpp_system_id, password, settings.smpp_system_type,
            ssl.create_default_context() if settings.smpp_tls else None,
        )  # fmt: skip
    channel = Smpp(access, settings.smpp_sender, settings.smpp_per_second)
    try:
        yield channel
    finally:
        await channel.close()
