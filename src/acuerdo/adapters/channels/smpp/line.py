"""One bound line to an SMSC: requests with their answers, what it sends by itself, and signs of life."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec

from acuerdo.adapters.channels.smpp.pdus import HEADER, LONGEST, Pdu, made, read
from acuerdo.core.words import AcuerdoError

ANSWER = 8.0  # seconds that the SMSC has for an answer; the exit gives a delivery ten
ALIVE = 30.0  # seconds between two signs of life
WINDOW = 10  # requests without an answer yet


class NoLine(AcuerdoError):
    """The SMSC is not there, or did not let us bind."""


class Lost(AcuerdoError):
    """The line broke, or no answer came, after something was sent."""


class Access(msgspec.Struct, frozen=True):
    """Where an SMSC is and who we are there."""

    host: str
    port: int
    system_id: str
    password: str
    system_type: str = ""
    tls: ssl.SSLContext | None = None


class Line:
    """A line, once it is open. `heard` is given each message of the SMSC's own; its answer is the status we give."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Callable[[Pdu], Awaitable[int]]
    ) -> None:
        self._reader, self._writer, self._heard = reader, writer, heard
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._window = asyncio.Semaphore(WINDOW)
        self._tasks: set[asyncio.Task[None]] = set()
        self.closed = asyncio.Event()

    @classmethod
    async def open(cls, access: Access, heard: Callable[[Pdu], Awaitable[int]]) -> Line:
        """A bound line. Raises NoLine."""
        try:
            async with asyncio.timeout(ANSWER):
                reader, writer = await asyncio.open_connection(access.host, access.port, ssl=access.tls)
        except (OSError, TimeoutError) as why:
            raise NoLine(f"the SMSC is not there ({type(why).__name__})") from None
        line = cls(reader, writer, heard)
        line._start(line._read())
        try:
            bound = await line.ask(
                "bind_transceiver", system_id=access.system_id, password=access.password,
                system_type=access.system_type, addr_ton=0, addr_npi=0, address_range="",
            )  # fmt: skip
        except Lost as why:
            line.close()
            raise NoLine(f"the SMSC does not bind: {why}") from None
        if bound.status != 0:
            line.close()
            raise NoLine(f"the SMSC does not let us bind (0x{bound.status:02x})")
        line._start(line._live())
        return line

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def ask(self, command: str, **fields: Any) -> Pdu:
        """A request's answer. Raises Lost where the line broke or no answer came: then nobody can tell."""
        async with self._window:
            if self.closed.is_set():
                raise Lost("the line is closed")
            self._sequence = self._sequence % 0x7FFFFFFE + 1
            sequence = self._sequence
            answer: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
            self._waiting[sequence] = answer
            try:
                self._writer.write(made(command, sequence, **fields))
                async with asyncio.timeout(ANSWER):
                    await self._writer.drain()
                    return await answer
            except (OSError, TimeoutError) as why:
                raise Lost(f"no answer ({type(why).__name__})") from None
            finally:
                self._waiting.pop(sequence, None)

    async def _live(self) -> None:
        while not self.closed.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE):
                    await self.closed.wait()
                return
            try:
                await self.ask("enquire_link")
            except Lost:
                self.close()

    async def _read(self) -> None:
        try:
            while True:
                length = HEADER.unpack(await self._reader.readexactly(4))[0]
                if not 16 <= length <= LONGEST:
                    return
                raw = HEADER.pack(length) + await self._reader.readexactly(length - 4)
                try:
                    self._dispatch(read(raw))
                except ValueError:
                    self._writer.write(made("generic_nack", HEADER.unpack(raw[12:16])[0], 3))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.close()

    def _dispatch(self, pdu: Pdu) -> None:
        if pdu.command in ("deliver_sm", "data_sm"):
            self._start(self._take(pdu))
        elif pdu.command == "enquire_link":
            self._writer.write(made("enquire_link_resp", pdu.sequence))
        elif pdu.command == "unbind":
            self._writer.write(made("unbind_resp", pdu.sequence))
            self.close()
        elif (answer := self._waiting.get(pdu.sequence)) is not None and not answer.done():
            answer.set_result(pdu)

    async def _take(self, pdu: Pdu) -> None:
        status = await self._heard(pdu)
        if not self.closed.is_set():
            with suppress(OSError):
                self._writer.write(made(f"{pdu.command}_resp", pdu.sequence, status))
                await self._writer.drain()

    def close(self) -> None:
        """Hangs up; who still waits for an answer is told that the line is lost."""
        self.closed.set()
        self._writer.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Lost("the line broke"))

    async def unbind(self) -> None:
        """Says goodbye, and hangs up."""
        if not self.closed.is_set():
            with suppress(Lost, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self.ask("unbind")
        self.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
