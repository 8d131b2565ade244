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
from acuerdo.service.faces import Provider, Silent, Told


class Face(Silent):
    """An SMSC."""

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
