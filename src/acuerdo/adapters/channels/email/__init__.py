"""E-mail: out over SMTP, as text and as HTML with files, signed; in by a mailbox, or posted by a mail server.

It is open only where a server is named: without one, documents are given in the chat alone. Mails of one conversation
are one thread. Whoever answers one of ours goes on with their conversation; anybody else is answered with the person's
link, as anybody can write any name in a mail's From.
"""

from __future__ import annotations

import asyncio
import hmac
import html
import re
import ssl
from base64 import encodebytes
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate, parseaddr
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from acuerdo.adapters.channels.email import hearing, mailbox
from acuerdo.adapters.channels.email.mailbox import Account, account_of
from acuerdo.adapters.channels.email.signing import Signer, WaysOut, signer_of
from acuerdo.core.compliance import Cleared
from acuerdo.core.words import AcuerdoError
from acuerdo.service.channels import (
    Delivery,
    Event,
    Failed,
    Inbound,
    Media,
    Sent,
    Traits,
    Unknown,
    Wire,
    as_text,
)
from acuerdo.service.settings import Settings

TRAITS = Traits(
    name="email", address="email", longest=50_000, media=("application/pdf", "image/jpeg", "image/png"),
    media_bytes=15 * 1024 * 1024, claimed=True, receipts=True, cost=1,
)  # fmt: skip
SIGNATURE = "x-acuerdo-signature"  # of a mail that a server posts: HMAC-SHA256 of the body, in hexadecimal
ONE_CLICK = "List-Unsubscribe=One-Click"
HOW_OUT = "Para no recibir más correos, responda a cualquiera de ellos con la palabra BAJA."
SECONDS = 8.0  # that the server may take for each command
LONGEST_SUBJECT = 120  # characters
LONGEST_WAY_OUT = 4096  # bytes of a post by which somebody ends their mails: nobody signs it
LETTERS = "mail:"  # how the names of the texts begin whose first line is their subject
LOCAL = ("localhost", "127.0.0.1", "::1")
LINKS = re.compile(r"https?://[^\s<>\"]+")


class Letter(msgspec.Struct, frozen=True):
    """A mail before its files are known: what `Wire.body` holds, as JSON. `thread` is the same for a conversation."""

    subject: str
    text: str
    html: str
    thread: str = ""


_letters: msgspec.json.Decoder[Letter] = msgspec.json.Decoder(Letter)


class BadServer(AcuerdoError):
    """The address of the mail server cannot be used; the text says how it is written."""


class Email:
    """The channel. A connection is kept for the next mail; each is one mail's at a time."""

    def __init__(
        self, make: Callable[[], aiosmtplib.SMTP], login: tuple[str, str] | None, sender: str, *,
        secret: str = "", signer: Signer | None = None, ways_out: WaysOut | None = None,
        inbox: Account | Path | None = None,
    ) -> None:  # fmt: skip
        self._make, self._login, self._sender, self._secret = make, login, sender, secret
        self._signer, self._ways_out, self._inbox = signer, ways_out, inbox
        self._free: list[aiosmtplib.SMTP] = []

    @property
    def traits(self) -> Traits:
        return TRAITS

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        """Whether a mail server of ours posted this mail, or somebody pressed the way out of one of ours."""
        if self._out(raw) is not None:
            return True
        expected = hmac.new(self._secret.encode(), raw, sha256).hexdigest()
        return bool(self._secret) and hmac.compare_digest(headers.get(SIGNATURE, "").encode(), expected.encode())

    def parse(self, raw: bytes) -> list[Event]:
        """What a mail tells. Raises Unreadable."""
        opened = self._out(raw)
        if opened is None:
            return hearing.parse(raw)
        ref, address = opened
        return [Inbound(f"out-{ref}", address, hearing.NO_MORE, answers=ref)]

    def _out(self, raw: bytes) -> tuple[str, str] | None:
        """Which mail's way out was pressed, by a form of either kind, and whose address it ends."""
        if self._ways_out is None or len(raw) > LONGEST_WAY_OUT or b"One-Click" not in raw:
            return None
        return self._ways_out.opened(unquote(raw.rpartition(b"&t=")[2].decode("ascii", "replace")))

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """What a browser shows that follows the way out instead of pressing it."""
        return HOW_OUT if self._ways_out and self._ways_out.opened(query.get("t", "")) else None

    async def listen(self, take: Callable[[bytes], Awaitable[None]]) -> None:
        """Gives each mail that comes into the mailbox; where none is named, mails are only posted to us."""
        if self._inbox is None:
            await asyncio.Event().wait()
        else:
            await mailbox.listen(self._inbox, take)

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        """The mail as JSON; where the first line of a letter stands by itself, it is the subject.

        What is said in a conversation may speak of a debt, and a locked screen shows the subject: it says nothing.
        """
        say = cleared.say
        words, who = as_text(say.content, TRAITS.longest), parseaddr(sender)[0] or sender
        talked = bool(say.conversation) and not say.text_id.startswith(LETTERS)
        subject, text = (private(who), words) if talked else subject_of(words, who)
        thread = sha256(say.conversation.encode()).hexdigest()[:24] if say.conversation else ""
        body = msgspec.json.encode(Letter(subject, text, as_html(subject, text), thread)).decode()
        return Wire(say.key, address, sender, body)

    async def deliver(self, wire: Wire) -> Delivery:
        """Hands the mail to the server. Once its words were on their way, silence is Unknown."""
        try:
            mail = self._mail(wire)
        except (MessageError, ValueError) as why:
            return Failed(f"no such mail can be written: {type(why).__name__}")
        try:
            server = await self._server()
        except (aiosmtplib.SMTPException, OSError) as why:
            again = not isinstance(why, aiosmtplib.SMTPAuthenticationError)
            return Failed(f"the mail server is not there: {type(why).__name__}", again=again)
        return await self._sent(server, mail, wire.address)

    def _mail(self, wire: Wire) -> Mail:
        mail = mail_of(wire, self._sender, self._ways_out)
        if self._signer is None:
            return mail
        return msgspec.structs.replace(mail, raw=self._signer.signed(mail.raw, mail.sender.partition("@")[2]))

    async def _server(self) -> aiosmtplib.SMTP:
        while self._free:
            kept = self._free.pop()
            if kept.is_connected:
                return kept
        server = self._make()
        await server.connect()
        if self._login:
            await server.login(*self._login)
        return server

    async def _sent(self, server: aiosmtplib.SMTP, mail: Mail, address: str) -> Delivery:
        try:
            await server.sendmail(mail.sender, [address], mail.raw)
        except aiosmtplib.SMTPRecipientsRefused as why:
            self._free.append(server)
            return _refused(why.recipients[0].code)
        except aiosmtplib.SMTPResponseException as why:
            server.close()
            return _refused(why.code)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as why:
            server.close()
            return Unknown(type(why).__name__)
        except asyncio.CancelledError:
            server.close()
            raise
        self._free.append(server)
        return Sent(mail.id)

    async def lookup(self, ref: str) -> Sent | None:
        """Never asked: SMTP tells nothing of a mail that it has."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hangs up."""
        while self._free:
            with suppress(aiosmtplib.SMTPException, OSError):
                await self._free.pop().quit()


def _refused(code: int) -> Delivery:
    return Failed(f"the mail server answers {code}", again=400 <= code < 500)


def subject_of(words: str, sender: str) -> tuple[str, str]:
    """The subject and the text of words; a first line with an empty one under it is the subject."""
    first, gap, rest = words.partition("\n\n")
    if gap and "\n" not in first and len(first) <= LONGEST_SUBJECT:
        return first, rest.strip()
    return private(sender), words


def private(sender: str) -> str:
    """The subject of what is for one person's eyes."""
    return f"Mensaje privado de {sender}"[:LONGEST_SUBJECT]


def as_html(subject: str, text: str) -> str:
    """The words as a page: paragraphs, links that can be followed, a language, and no picture that tells who reads."""

    def linked(part: str) -> str:
        escaped = html.escape(part).replace("\n", "<br>")
        return LINKS.sub(lambda link: f'<a href="{link[0]}">{link[0]}</a>', escaped)

    inside = "\n".join(f"<p>{linked(part)}</p>" for part in text.split("\n\n") if part.strip())
    return (
        '<!doctype html>\n<html lang="es"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{html.escape(subject)}</title></head>\n'
        '<body style="font:16px/1.5 sans-serif;color:#1d2a2e;max-width:36em;margin:0 auto;padding:1.2em;'
        'overflow-wrap:anywhere">\n'
        f"{inside}\n</body></html>\n"
    )


class Mail(msgspec.Struct, frozen=True):
    """A whole mail: who it is from, its own id, and its bytes as they go over the wire."""

    sender: str
    id: str
    raw: bytes


def mail_of(wire: Wire, sender: str, ways_out: WaysOut | None = None) -> Mail:
    """The whole mail, its files with it. Raises ValueError or MessageError for what no mail can say."""
    letter, named = _letters.decode(wire.body), parseaddr(wire.sender)
    own = named[1] if "@" in named[1] else parseaddr(sender)[1]
    ref = f"{wire.ref}@{own.partition('@')[2]}"
    words = EmailMessage(policy=SMTP)
    words["From"] = formataddr((named[0] if "@" in named[1] else wire.sender, own))
    words["To"] = wire.address
    words["Subject"] = letter.subject
    words["Date"] = formatdate()
    words["Message-ID"] = f"<{ref}>"
    if letter.thread:
        # No mail has this id: it is the thread's own, so that programs show its mails together in any order.
        words["References"] = words["In-Reply-To"] = f"<{letter.thread}.c@{own.partition('@')[2]}>"
    words["Auto-Submitted"] = "auto-generated"
    words.set_content(letter.text, cte="quoted-printable")
    words.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    words["Content-Language"] = "es"  # setting the content takes away what was said of it before
    raw = _with_files(words, wire.files, f"=_{wire.ref}")
    return Mail(own, ref, _way_out(own, ways_out.url(ref, wire.address) if ways_out else "") + raw)


def _way_out(own: str, url: str) -> bytes:
    """The headers of the way out, written by hand: the library takes a long address for words, and encodes it."""
    if "\n" in own or "\r" in own:
        raise ValueError("an address with a line break")
    by_mail = f"<mailto:{own}?subject={hearing.NO_MORE}>"
    if not url:
        return f"List-Unsubscribe: {by_mail}\r\n".encode()
    press = f"List-Unsubscribe-Post: {ONE_CLICK}"
    return f"List-Unsubscribe: <{url}>,\r\n {by_mail}\r\n{press}\r\n".encode()


def _with_files(words: EmailMessage, files: Sequence[Media], boundary: str) -> bytes:
    """The mail's bytes. Files are put in by hand, as the library goes through their thousand lines one by one."""
    if not files:
        return words.as_bytes()
    outer = EmailMessage(policy=SMTP)
    for name, value in words.items():
        if name.lower() not in ("content-type", "mime-version", "content-transfer-encoding"):
            outer[name] = value
            del words[name]
    kind = f'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="{boundary}"'.encode()
    mark = f"--{boundary}".encode()
    parts = [words.as_bytes(), *map(_attached, files)]
    body = b"".join(mark + b"\r\n" + part.rstrip(b"\r\n") + b"\r\n" for part in parts)
    return outer.as_bytes().rstrip(b"\r\n") + b"\r\n" + kind + b"\r\n\r\n" + body + mark + b"--\r\n"


def _attached(file: Media) -> bytes:
    part = EmailMessage(policy=SMTP)
    part["Content-Type"] = file.mime
    part["Content-Transfer-Encoding"] = "base64"
    part.add_header("Content-Disposition", "attachment", filename=file.name)
    head = part.as_bytes().rstrip(b"\r\n")
    return head + b"\r\n\r\n" + encodebytes(file.data).replace(b"\n", b"\r\n")


def _server(url: str) -> tuple[Callable[[], aiosmtplib.SMTP], tuple[str, str] | None]:
    """How to reach a server named as smtp://user:password@host:587, or smtps:// for TLS from the first byte on."""
    told = urlsplit(url)
    if told.scheme not in ("smtp", "smtps") or not told.hostname:
        raise BadServer("ACUERDO_SMTP_URL is written as smtp://user:password@host:587, or smtps://host:465")
    host, implicit = told.hostname, told.scheme == "smtps"
    port = told.port or (465 if implicit else 587)
    # Nothing goes over a wire that others may listen to without TLS.
    upgrade = None if implicit or host in LOCAL else True
    context = ssl.create_default_context()

    def make() -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=host, port=port, use_tls=implicit, start_tls=None if implicit else upgrade, timeout=SECONDS,
            tls_context=context if implicit or upgrade else None,
        )  # fmt: skip

    login = (unquote(told.username), unquote(told.password or "")) if told.username else None
    return make, login


class Closed(Email):
    """No server is named: nothing leaves this way."""

    @property
    def traits(self) -> Traits:
        return msgspec.structs.replace(TRAITS, available=False)


@asynccontextmanager
async def open_channel(settings: Settings, secret: str) -> AsyncIterator[Email]:
    """The channel, for as long as the block lasts. Raises BadServer."""
    if settings.smtp_url is None:
        yield Closed(aiosmtplib.SMTP, None, "")
        return
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise BadServer("ACUERDO_MAIL_FROM names the address that mails come from, as avisos@example.com")
    make, login = _server(settings.smtp_url.get_secret_value())
    signer = signer_of(settings.dkim_key, settings.dkim_selector) if settings.dkim_key else None
    inbox = account_of(settings.mailbox_url.get_secret_value()) if settings.mailbox_url else None
    # Mail programs press the way out only where it is https.
    ways_out = WaysOut(settings.base_url, secret) if settings.base_url.startswith("https://") else None
    posted = settings.mail_hook_secret.get_secret_value() if settings.mail_hook_secret else ""
    channel = Email(make, login, settings.mail_from, secret=posted, signer=signer, ways_out=ways_out, inbox=inbox)
    try:
        yield channel
    finally:
        await channel.close()
