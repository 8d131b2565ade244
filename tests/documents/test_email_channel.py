"""The plain way of an e-mail: what is written in it, and what each answer of a real server means."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest
from postman import Postman

from acuerdo.adapters.channels.email import BadServer, Email, Letter, as_html, mail_of, open_channel, subject_of
from acuerdo.service.channels import Failed, Media, Sent, Unknown, Wire
from acuerdo.service.settings import Settings

TEXT = "Hola:\n\nVea https://house.example/c/x?a=1&b=2 cuando guste.\n\nBanco <Uno>"


def wire(**changes: Any) -> Wire:
    letter = Letter("El documento que pidió", TEXT, as_html("El documento que pidió", TEXT))
    made = Wire("k1", "ana@example.com", "Banco Uno", msgspec.json.encode(letter).decode())
    return msgspec.structs.replace(made, **changes)


def read(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)  # type: ignore[arg-type]
    assert isinstance(found, EmailMessage)
    assert not found.defects
    return found


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[Email]:
    settings = Settings(_env_file=None, data_dir=folder, smtp_url=url, mail_from="avisos@house.example")  # type: ignore[call-arg, arg-type]
    async with open_channel(settings, "") as channel:
        yield channel


@pytest.fixture
async def channel(postman: Postman, tmp_path: Path) -> AsyncIterator[Email]:
    async with opened(f"smtp://127.0.0.1:{postman.port}", tmp_path) as made:
        yield made


def test_a_mail_is_whole() -> None:
    files = (
        Media("a", "application/pdf", "estado ñ.pdf", b"%PDF-" + bytes(range(256)) * 400),
        Media("b", "image/jpeg", "x.jpg", b"\xff"),
    )
    mail = read(mail_of(wire(files=files), "avisos@house.example").raw)
    assert mail["From"] == "Banco Uno <avisos@house.example>"
    assert mail["To"] == "ana@example.com"
    assert mail["Message-ID"] == "<k1@house.example>"
    assert mail["Content-Language"] == "es"
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().replace("\r\n", "\n").strip() == TEXT
    assert "<p>Banco &lt;Uno&gt;</p>" in page.get_content()
    assert '<a href="https://house.example/c/x?a=1&amp;b=2">' in page.get_content()
    assert [(p.get_filename(), p.get_content_type(), p.get_content()) for p in mail.iter_attachments()] == [
        (one.name, one.mime, one.data) for one in files
    ]


def test_a_creditors_own_sender_is_used() -> None:
    mail = read(mail_of(wire(sender="Banco Uno <cobros@banco.example>"), "avisos@house.example").raw)
    assert mail["From"] == "Banco Uno <cobros@banco.example>"
    assert mail["Message-ID"] == "<k1@banco.example>"


@pytest.mark.parametrize("words", ["Banco\r\nBcc: x@y.example", "Banco\nX-Odd: 1", "Banco\r\n\r\n<p>"])
def test_no_header_is_smuggled_in(words: str) -> None:
    letter = msgspec.json.encode(Letter(words, "a", "b")).decode()
    with pytest.raises(ValueError, match="linefeed"):
        mail_of(wire(body=letter), "avisos@house.example")
    try:
        mail = read(mail_of(wire(sender=words), "avisos@house.example").raw)
    except ValueError:
        return
    assert mail["Bcc"] is None
    assert mail["X-Odd"] is None
    assert mail["To"] == "ana@example.com"


async def test_an_address_that_is_none_fails_for_good(channel: Email) -> None:
    assert isinstance(await channel.deliver(wire(address="a@b.example\r\nBcc: c@d.example")), Failed)


def test_the_first_line_is_the_subject_where_it_stands_alone() -> None:
    assert subject_of("Su código\n\nEs 1.", "Banco") == ("Su código", "Es 1.")
    assert subject_of("Le escribe el asistente de Banco.", "Banco") == (
        "Mensaje privado de Banco", "Le escribe el asistente de Banco.",
    )  # fmt: skip


async def test_a_connection_is_kept_for_the_next_mail(channel: Email, postman: Postman) -> None:
    for n in range(5):
        assert await channel.deliver(wire(ref=f"k{n}")) == Sent(f"k{n}@house.example")
    assert len(postman.mails) == 5
    assert len(channel._free) == 1


@pytest.mark.parametrize(
    ("answer", "again"), [("451 later", True), ("421 busy", True), ("550 nobody here", False), ("553 no", False)]
)
async def test_what_the_server_says_of_an_address(channel: Email, postman: Postman, answer: str, again: bool) -> None:
    postman.refuse = answer
    told = await channel.deliver(wire())
    assert isinstance(told, Failed)
    assert told.again is again
    assert "nobody" not in told.error, "a server's words may name somebody"
    postman.refuse = ""
    assert isinstance(await channel.deliver(wire()), Sent), "the next mail finds its way"


async def test_no_server_is_no_loss(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with opened(f"smtp://127.0.0.1:{port}", tmp_path) as channel:
        told = await channel.deliver(wire())
    assert isinstance(told, Failed)
    assert told.again


async def test_silence_after_the_words_is_unknown(tmp_path: Path) -> None:
    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 half\r\n")
        while line := await reader.readline():
            if line.upper().startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                break  # it has the mail, and hangs up without a word
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(half, "127.0.0.1", 0)
    async with server, opened(f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path) as channel:
        assert isinstance(await channel.deliver(wire()), Unknown)


async def test_a_server_in_a_process_of_its_own_takes_it(tmp_path: Path) -> None:
    """As it is out there: `aiosmtpd` by its own command."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    kept = ("-c", "aiosmtpd.handlers.Debugging", "stdout")
    with (tmp_path / "mails.txt").open("wb") as out:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-u", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", *kept,
            stdout=out, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with opened(f"smtp://127.0.0.1:{port}", tmp_path) as channel, asyncio.timeout(20):
                while not isinstance(await channel.deliver(wire()), Sent):  # noqa: ASYNC110 - it tells nothing
                    await asyncio.sleep(0.1)
        finally:
            server.kill()
            await server.wait()
    assert "Message-ID: <k1@house.example>" in (tmp_path / "mails.txt").read_text()


@pytest.mark.parametrize("url", ["http://x", "smtp://", "mail.example:25"])
async def test_a_server_that_is_none_is_told(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadServer, match="smtp://user"):
        async with opened(url, tmp_path):
            pass


async def test_away_from_this_machine_nothing_goes_without_tls(tmp_path: Path) -> None:
    async with opened("smtp://mail.example:587", tmp_path) as channel:
        made = channel._make()
    assert made._start_tls_on_connect is True
