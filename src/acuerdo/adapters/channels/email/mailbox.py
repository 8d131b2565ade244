"""The mailbox that answers come to: on a mail server by IMAP, or a Maildir folder of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import mailbox
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

import aioimaplib
import msgspec
import structlog

from acuerdo.core.words import AcuerdoError

Take: TypeAlias = Callable[[bytes], Awaitable[None]]
AGAIN = (1.0, 2.0, 5.0, 15.0, 60.0)  # seconds before the server is tried again
IDLE = 240.0  # seconds of waiting for news before the line is shown to be alive
POLL = 20.0  # seconds between two looks where the server tells no news
LOOK = 1.0  # seconds between two looks into a folder
SECONDS = 30.0  # for each command
LONGEST = 25 * 1024 * 1024  # bytes of one mail; a longer one stays in the mailbox, marked, and is told of
LOCAL = ("localhost", "127.0.0.1", "::1")
BIG = "$AcuerdoTooLong"  # the mark on a mail that was too long
_log = structlog.get_logger()


class BadMailbox(AcuerdoError):
    """The address of the mailbox cannot be used; the text says how it is written."""


class Account(msgspec.Struct, frozen=True):
    """A mailbox on a server."""

    host: str
    port: int
    user: str
    password: str
    folder: str = "INBOX"
    tls: bool = True
    trust: ssl.SSLContext | None = None


def account_of(url: str) -> Account | Path:
    """A mailbox by its address: imaps://user:password@host/INBOX, or maildir:/var/mail/avisos. Raises BadMailbox."""
    told = urlsplit(url)
    if told.scheme == "maildir" and told.path.startswith("/"):
        return Path(unquote(told.path))
    if told.scheme not in ("imap", "imaps") or not told.hostname or not told.username:
        raise BadMailbox(
            "ACUERDO_MAILBOX_URL is written as imaps://user:password@host/INBOX, or as maildir:/path/to/Maildir"
        )
    tls = told.scheme == "imaps"
    if not tls and told.hostname not in LOCAL:
        raise BadMailbox("ACUERDO_MAILBOX_URL: over the network it is imaps://, so that nobody reads along")
    folder = unquote(told.path.strip("/")) or "INBOX"
    return Account(
        told.hostname, told.port or (993 if tls else 143), unquote(told.username), unquote(told.password or ""), folder,
        tls,
    )  # fmt: skip


async def listen(where: Account | Path, take: Take) -> None:
    """Gives each new mail to `take`, and marks it as read once that has returned; until it is cancelled."""
    lost = 0
    while True:
        try:
            if isinstance(where, Path):
                await _folder(where, take)
            else:
                async for _ in _server(where, take):
                    lost = 0
        except (OSError, TimeoutError, aioimaplib.Abort, aioimaplib.Error, aioimaplib.CommandTimeout) as why:
            _log.warning("the mailbox cannot be read; trying again", error=type(why).__name__)
        await asyncio.sleep(AGAIN[min(lost, len(AGAIN) - 1)])
        lost += 1


async def _folder(path: Path, take: Take) -> None:
    """A Maildir, whose new mails move to `cur` as seen ones do."""
    box = mailbox.Maildir(path, create=True)
    while True:
        for key in await asyncio.to_thread(_new, box):
            await take(await asyncio.to_thread(box.get_bytes, key))
            await asyncio.to_thread(_seen, box, key)
        await asyncio.sleep(LOOK)


def _new(box: mailbox.Maildir) -> list[str]:
    return [key for key, mail in box.iteritems() if mail.get_subdir() == "new"]


def _seen(box: mailbox.Maildir, key: str) -> None:
    with contextlib.suppress(KeyError):
        mail = box[key]
        mail.set_subdir("cur")
        mail.add_flag("S")
        box[key] = mail


async def _server(account: Account, take: Take) -> AsyncIterator[None]:
    """One connection: what is unseen is taken, then news is waited for. Yields after each look that went well."""
    client = _client(account)
    try:
        await client.wait_hello_from_server()
        _good(await client.login(account.user, account.password), "login")
        _good(await client.select(account.folder), "select")
        while True:
            await _look(client, take)
            yield
            await _news(client)
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(2):
                await client.logout()
        if client.protocol is not None and client.protocol.transport is not None:
            client.protocol.transport.close()


def _client(account: Account) -> aioimaplib.IMAP4:
    if not account.tls:
        return aioimaplib.IMAP4(account.host, account.port, timeout=SECONDS)
    trust = account.trust or ssl.create_default_context()
    return aioimaplib.IMAP4_SSL(account.host, account.port, timeout=SECONDS, ssl_context=trust)


async def _look(client: aioimaplib.IMAP4, take: Take) -> None:
    found = _good(await client.uid_search(f"UNSEEN NOT KEYWORD {BIG}"), "search")
    for uid in (found[0].decode() if found else "").split():
        size = _good(await client.uid("fetch", uid, "(RFC822.SIZE)"), "fetch")
        if _size(size) > LONGEST:
            _log.warning("a mail is too long and stays in the mailbox", uid=uid, bytes=_size(size))
            _good(await client.uid("store", uid, f"+FLAGS ({BIG})"), "store")
            continue
        lines = _good(await client.uid("fetch", uid, "(BODY.PEEK[])"), "fetch")
        raw = next((bytes(line) for line in lines if isinstance(line, bytearray)), None)
        if raw is not None:
            await take(raw)
        _good(await client.uid("store", uid, "+FLAGS (\\Seen)"), "store")


def _size(lines: list[bytes]) -> int:
    told = b" ".join(lines).partition(b"RFC822.SIZE ")[2]
    return int(told.split(b")")[0].split()[0] or 0) if told else 0


async def _news(client: aioimaplib.IMAP4) -> None:
    """Returns when the server tells of something, or when it is time to look again."""
    if not client.has_capability("IDLE"):
        await asyncio.sleep(POLL)
        return
    idle = await client.idle_start(timeout=IDLE)
    try:
        async with asyncio.timeout(IDLE + 5):
            await client.wait_server_push()
    except TimeoutError:
        pass
    finally:
        client.idle_done()
        async with asyncio.timeout(SECONDS):
            await idle


def _good(answer: aioimaplib.Response, what: str) -> list[bytes]:
    if answer.result != "OK":
        raise aioimaplib.Error(f"{what}: {answer.result}")
    lines: list[bytes] = answer.lines
    return lines
