"""A mail server's side, for the stand-in server: it listens by itself for SMTP, and answers by a mailbox folder."""

from __future__ import annotations

import asyncio
import mailbox
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
from aiosmtpd.smtp import SMTP, Envelope, Session

from acuerdo.adapters.channels.email import SECONDS, Email
from acuerdo.service.channels import ReceiptStatus
from acuerdo.service.faces import Message, Provider, Silent, Told

SENDER = "Crédito Sol <avisos@acuerdo.example>"
TO = "ana@example.com"
# How each trouble is told. A server that broke down after it took a mail says nothing at all: it hangs up.
ANSWERS: dict[str, str] = {
    "refused": "550 5.1.1 No such user",
    "slow": "451 4.7.1 Try again later",
    "broken": "451 4.3.0 Temporary failure",
    "lie": "250 2.0.0 Queued",
}
STATUSES = {"delivered": ("delivered", "2.0.0"), "failed": ("failed", "5.2.2"), "bounced": ("failed", "5.1.1")}


class Taking:
    """The server's book-keeping, as its library asks for it."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """One mail: its words, by our own id of it."""
        mail = BytesParser(policy=policy.default).parsebytes(envelope.original_content or b"")
        body = mail.get_body(("plain",))
        ref = str(mail.get("Message-ID", "")).strip("<> ").partition("@")[0]
        text = str(body.get_content()) if body else ""
        _, fate = await self._provider.take(Message(envelope.rcpt_tos[0], ref, text, str(envelope.mail_from)))
        if fate in ("cut", "lost", "silent"):
            if fate == "silent":
                await asyncio.sleep(SECONDS * 2)
            if server.transport is not None:
                server.transport.close()
        return ANSWERS.get(fate, "250 2.0.0 Queued")


class Face(Silent):
    """A mail server."""

    address, sender = TO, SENDER
    statuses: tuple[ReceiptStatus, ...] = ("delivered", "failed", "bounced")
    lies = False

    def __init__(self) -> None:
        self._inbox: Path | None = None

    @asynccontextmanager
    async def open(self, base: str, trust: ssl.SSLContext | None) -> AsyncIterator[Email]:
        """The adapter, with the mailbox of the server that is up, if one is."""
        where = urlsplit(base)
        make = partial(
            aiosmtplib.SMTP, hostname=where.hostname or "127.0.0.1", port=where.port or 9, timeout=SECONDS,
            use_tls=trust is not None, start_tls=None if trust else False, tls_context=trust,
        )  # fmt: skip
        channel = Email(make, None, SENDER, secret="face", inbox=self._inbox)  # noqa: S106 - of nothing real
        try:
            yield channel
        finally:
            await channel.close()

    @asynccontextmanager
    async def serve(
        self, provider: Provider, trust: ssl.SSLContext | None
    ) -> AsyncIterator[tuple[str, Callable[[Sequence[Told]], Awaitable[None]]]]:
        """Listens for as long as the block lasts."""
        with tempfile.TemporaryDirectory(prefix="acuerdo-", ignore_cleanup_errors=True) as folder:
            self._inbox = Path(folder) / "Maildir"
            box = mailbox.Maildir(self._inbox, create=True)

            async def tell(told: Sequence[Told]) -> None:
                for one in told:
                    if one.kind != "receipt" or one.status in STATUSES:  # of a mail that goes on its way nobody writes
                        box.add(mail_of(one))

            made = partial(SMTP, Taking(provider), enable_SMTPUTF8=True, hostname="acuerdo.example")
            loop = asyncio.get_running_loop()
            server = await loop.create_server(made, "127.0.0.1", 0, ssl=trust)
            try:
                yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", tell
            finally:
                server.close()
                self._inbox = None


def mail_of(told: Told) -> bytes:
    """The mail by which a server, or a person, tells this."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["Message-ID"] = f"<{told.id}@mail.example>"
    mail["To"] = SENDER
    match told.kind:
        case "inbound":
            mail["From"], mail["Subject"] = told.address, "Re: su cuenta"
            mail.set_content(told.text)
            return mail.as_bytes()
        case "odd":
            mail["From"], mail["Auto-Submitted"] = TO, "auto-replied"
            mail.set_content("Estoy de vacaciones.")
            return mail.as_bytes()
        case _:
            return _report(told)


def _report(told: Told) -> bytes:
    action, status = STATUSES[told.status]
    ref = f"{told.ref}@acuerdo.example" if "@" not in told.id else told.id
    lines = (
        "From: MAILER-DAEMON@mail.example", f"To: {SENDER.partition('<')[2].rstrip('>')}",
        f"Message-ID: <report-{told.id}-{told.status}@mail.example>", "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain", "", "Delivery report", "",
        "--b", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mail.example", "", f"Final-Recipient: rfc822; {TO}", f"Action: {action}",
        f"Status: {status}", "",
        "--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: <{ref}>", "", "--b--", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode()
