"""An SMSC's side of SMPP, for the stand-in server: it listens by itself."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from acuerdo.adapters.channels.smpp import Smpp
from acuerdo.adapters.channels.smpp.line import Access
from acuerdo.adapters.channels.smpp.smsc import PASSWORD, SYSTEM, serving
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Ask, Look, Message, Provider, Reply, Told, Trouble


class Face:
    """An SMSC. There is no HTTP in it: what the stand-in asks of an HTTP interface, it never asks of this one."""

    address, sender = "+573001234567", "890123"
    statuses: tuple[ReceiptStatus, ...] = ("sent", "delivered", "failed")
    lies = False

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[Smpp]:
        """The adapter with the SMSC's one account, as fast as it likes."""
        where = urlsplit(base)
        host, port = where.hostname or "127.0.0.1", where.port or 9
        channel = Smpp(Access(host, port, SYSTEM, PASSWORD, "", trust), self.sender, per_second=10_000)
        try:
            yield channel
        finally:
            await channel.close()

    @asynccontextmanager
    async def serve(
        self, provider: Provider, trust: ssl.SSLContext | None
    ) -> AsyncIterator[tuple[str, Callable[[Sequence[Told]], Awaitable[None]]]]:
        """Listens for as long as the block lasts."""
        async with serving(provider.take, trust) as (url, smsc):
            yield url, smsc.tell

    def read(self, ask: Ask) -> Message | Look | Reply:
        """An SMSC does not speak HTTP."""
        return Reply(400)

    def taken(self, message: Message, id: str, *, strange: bool) -> Reply:
        """An SMSC does not speak HTTP."""
        return Reply(400)

    def trouble(self, what: Trouble, message: Message, id: str) -> Reply:
        """An SMSC does not speak HTTP."""
        return Reply(400)

    def found(self, id: str | None) -> Reply:
        """An SMSC does not speak HTTP."""
        return Reply(400)

    def post(self, told: Sequence[Told], *, strange: bool) -> Ask:
        """An SMSC does not speak HTTP."""
        return Ask("POST", "")
