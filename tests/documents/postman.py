"""The other side of SMTP, for tests: a real server that keeps each mail, or refuses it as it was told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import corridor
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from acuerdo import worker


@dataclass
class Postman:
    """The other side of SMTP: keeps each mail, or refuses it as it was told to."""

    mails: list[EmailMessage] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    refuse: str = ""
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        read = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
        assert isinstance(read, EmailMessage)
        self.mails.append(read)
        self.to += envelope.rcpt_tos
        return "250 kept"

    def words(self, n: int = -1) -> str:
        part = self.mails[n].get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    def files(self, n: int = -1) -> list[tuple[str, str, bytes]]:
        return [
            (part.get_filename() or "", part.get_content_type(), part.get_content())
            for part in self.mails[n].iter_attachments()
        ]


async def work(town: corridor.Town) -> None:
    """All jobs there are now are done."""
    await worker.drain(town.app)


@pytest.fixture
async def postman() -> AsyncIterator[Postman]:
    """What arrives at a real SMTP server on this machine."""
    made = Postman()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(made, hostname="mail.example", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def town(db_url: str, tmp_path: Path, postman: Postman) -> AsyncIterator[corridor.Town]:
    """The house, with mail."""
    url = f"smtp://127.0.0.1:{postman.port}"
    async with corridor.opened(db_url, tmp_path, smtp_url=url, mail_from="avisos@house.example") as opened:
        yield opened
