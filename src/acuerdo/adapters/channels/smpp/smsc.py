"""A small SMSC of our own, for tests and certification: it speaks SMPP 3.4 and asks elsewhere what becomes of each.

python -m acuerdo.adapters.channels.smpp.smsc 2775      an SMSC that takes everything, and tells that it arrived
"""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from acuerdo.adapters.channels.smpp.pdus import HEADER, RECEIPT, Pdu, made, parts_of, read, text_of, unheaded
from acuerdo.service.faces import Fate, Message, Told

SYSTEM, PASSWORD = "acuerdo", "secret12"
BIND_FAILED, WRONG_PASSWORD = 0x0D, 0x0E
# The status by which each trouble is told; see `pdus.STATUSES`.
TROUBLES = {"refused": 0x0B, "slow": 0x58, "broken": 0x08, "lost": 0xFF, "lie": 0x0B}
STATES = {"sent": (1, "ENROUTE"), "delivered": (2, "DELIVRD"), "failed": (5, "UNDELIV")}
Taking = Callable[[Message], Awaitable[Fate]]


class Smsc:
    """The SMSC: it has one account, and any number of lines of it."""

    def __init__(self, take: Taking) -> None:
        self._take = take
        self._lines: list[_Bound] = []
        self.refuses = 0  # acknowledgements with an error that it was given

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One line, until it is closed."""
        line = _Bound(self, reader, writer)
        try:
            await line.run(self._take)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            if line in self._lines:
                self._lines.remove(line)
            writer.close()

    def bound(self, line: _Bound) -> None:
        self._lines.append(line)

    async def tell(self, told: Sequence[Told]) -> None:
        """Tells a line that is bound of these, in this order, once each was acknowledged; an error is told again."""
        for one in told:
            for fields in _told(one):
                await self._tell(fields)

    async def _tell(self, fields: dict[str, Any]) -> None:
        for _ in range(200):
            line = next(iter(self._lines), None)
            if line is not None and await line.deliver(fields) == 0:
                return
            self.refuses += line is not None
            await asyncio.sleep(0.05)

    def cut(self) -> None:
        """Every line breaks."""
        for line in list(self._lines):
            line.writer.transport.abort()

    async def closed(self) -> None:
        """Waits for nothing more than that every line is cut."""
        self.cut()
        await asyncio.sleep(0)


class _Bound:
    def __init__(self, smsc: Smsc, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.smsc, self.reader, self.writer = smsc, reader, writer
        self._sequence, self._waiting = 0, dict[int, asyncio.Future[int]]()
        self._parts: dict[tuple[str, int, int], dict[int, str]] = {}
        self._bound = False
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, take: Taking) -> None:
        while True:
            length = HEADER.unpack(await self.reader.readexactly(4))[0]
            pdu = read(HEADER.pack(length) + await self.reader.readexactly(length - 4))
            if pdu.command.startswith("bind_"):
                self._bind(pdu)
            elif pdu.command == "submit_sm":
                task = asyncio.create_task(self._submit(pdu, take))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            elif pdu.command in ("enquire_link", "unbind"):
                self._write(f"{pdu.command}_resp", pdu.sequence)
            elif (answer := self._waiting.get(pdu.sequence)) is not None and not answer.done():
                answer.set_result(pdu.status)

    def _bind(self, pdu: Pdu) -> None:
        good = bytes(pdu.system_id) == SYSTEM.encode() and bytes(pdu.password) == PASSWORD.encode()
        self._write(f"{pdu.command}_resp", pdu.sequence, 0 if good else WRONG_PASSWORD, system_id="SMSC")
        if good:
            self._bound = True
            self.smsc.bound(self)

    def _write(self, command: str, sequence: int, status: int = 0, **fields: Any) -> None:
        with suppress(OSError):
            self.writer.write(made(command, sequence, status, **fields))

    async def _submit(self, pdu: Pdu, take: Taking) -> None:
        if not self._bound:
            return self._write("submit_sm_resp", pdu.sequence, 0x04, message_id="")
        raw, place = unheaded(bytes(pdu.short_message or b""), pdu.esm_class or 0)
        to, text = bytes(pdu.destination_addr or b"").decode(), text_of(raw, pdu.data_coding or 0) or ""
        if place is not None:
            reference, of, n = place
            parts = self._parts.setdefault((to, reference, of), {})
            parts[n] = text
            if len(parts) < of:
                return self._write("submit_sm_resp", pdu.sequence, 0, message_id=f"part-{reference}-{n}")
            del self._parts[(to, reference, of)]
            text = "".join(parts[at] for at in sorted(parts))
        message = Message(f"+{to}", "", text, bytes(pdu.source_addr or b"").decode())
        id_, fate = await take(message)
        if fate == "cut":
            self.writer.transport.abort()
        elif fate != "silent":
            status = TROUBLES.get(fate, 0)
            self._write("submit_sm_resp", pdu.sequence, status, message_id="" if status else id_)
        return None

    async def deliver(self, fields: dict[str, Any]) -> int:
        """The status by which a message was acknowledged; -1 where it was not."""
        self._sequence += 1
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting[self._sequence] = answer
        try:
            self._write("deliver_sm", self._sequence, **fields)
            async with asyncio.timeout(8.0):
                return await answer
        except TimeoutError:
            return -1
        finally:
            self._waiting.pop(self._sequence, None)


def _told(one: Told) -> list[dict[str, Any]]:
    """What is sent for an event: one message, or one for each part of a longer text."""
    base: dict[str, Any] = {
        "service_type": "", "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": one.address.removeprefix("+"),
        "dest_addr_ton": 1, "dest_addr_npi": 1, "destination_addr": "890123", "protocol_id": 0, "priority_flag": 0,
        "schedule_delivery_time": "", "validity_period": "", "registered_delivery": 0, "replace_if_present_flag": 0,
        "sm_default_msg_id": 0, "data_coding": 0, "esm_class": 0,
    }  # fmt: skip
    if one.kind == "odd":
        return [{**base, "short_message": b"\x01\x02", "data_coding": 4, "receipted_message_id": one.id}]
    if one.kind == "receipt":
        state, stat = STATES[one.status]
        dates = "submit date:2611231200 done date:2611231201"
        text = f"id:{one.id} sub:001 dlvrd:001 {dates} stat:{stat} err:000 text:"
        more = {"receipted_message_id": one.id, "message_state": state, "esm_class": RECEIPT}
        return [{**base, "short_message": text.encode("ascii", "replace"), **more}]
    parts = parts_of(one.text, len(one.text) % 256)
    own = {"receipted_message_id": one.id} if len(parts) == 1 else {}
    return [{**base, **part, **own} for part in parts]


@asynccontextmanager
async def serving(take: Taking, trust: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[tuple[str, Smsc]]:
    """An SMSC on this machine, for as long as the block lasts, and where it listens."""
    smsc = Smsc(take)
    server = await asyncio.start_server(smsc.serve, "127.0.0.1", port, ssl=trust)
    host, bound = server.sockets[0].getsockname()[:2]
    try:
        yield f"smpp{'s' if trust else ''}://{host}:{bound}", smsc
    finally:
        server.close()
        await smsc.closed()


async def _main(port: int) -> None:
    many, smsc = 0, list[Smsc]()

    async def take(message: Message) -> Fate:
        nonlocal many
        many += 1
        told = Told("receipt", str(many), status="delivered")
        _kept.append(asyncio.create_task(smsc[0].tell([told])))
        return str(many), ""

    _kept: list[asyncio.Task[None]] = []
    async with serving(take, port=port) as (url, one):
        smsc.append(one)
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
