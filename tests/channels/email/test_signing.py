"""What makes a mail of ours believed: its signature, and the way out of more of them."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import aiosmtplib
import dkim
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from tests.channels.email.helping import read, wire

from acuerdo.adapters.channels.email import Email, Letter, as_html, mail_of
from acuerdo.adapters.channels.email.signing import BadKey, WaysOut, signer_of
from acuerdo.service.channels import Inbound, Media, Wire
from acuerdo.testing.clock import FixedClock
from acuerdo.web import hooks


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    """A key's file, and what the DNS says of it."""
    made = rsa.generate_private_key(65537, 2048)
    path = tmp_path_factory.mktemp("dkim") / "dkim.pem"
    path.write_bytes(made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ))  # fmt: skip
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return path, b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])


@pytest.mark.parametrize("files", [(), (Media(mime="application/pdf", name="estado.pdf", data=b"%PDF" + bytes(999)),)])
def test_a_reader_who_looks_up_the_key_believes_the_mail_and_no_changed_one(
    key: tuple[Path, bytes], files: tuple[Media, ...]
) -> None:
    path, public = key
    mail = mail_of(wire(files=files), "avisos@acuerdo.example", WaysOut("https://a.example", "s"))
    signed = signer_of(path, "acuerdo").signed(mail.raw, "acuerdo.example")

    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"acuerdo._domainkey.acuerdo.example."
        return public

    assert dkim.verify(signed, dnsfunc=dns)
    assert not dkim.verify(signed.replace(b"Su mensaje", b"Su massaje"), dnsfunc=dns)
    assert not dkim.verify(signed.replace(b"List-Unsubscribe: <", b"List-Unsubscribe: <x"), dnsfunc=dns)


def test_a_key_that_is_none_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "x.pem").write_text("hola")
    with pytest.raises(BadKey, match="openssl genrsa"):
        signer_of(tmp_path / "x.pem", "acuerdo")
    with pytest.raises(BadKey, match="cannot be read"):
        signer_of(tmp_path / "none.pem", "acuerdo")


def test_the_way_out_says_nobodys_address_and_opens_only_for_us() -> None:
    ways = WaysOut("https://acuerdo.example", "secret")
    url = ways.url("ref@acuerdo.example", "ana@example.com")
    assert "ana" not in url
    token = url.partition("t=")[2]
    assert ways.opened(token) == ("ref@acuerdo.example", "ana@example.com")
    assert WaysOut("https://acuerdo.example", "other").opened(token) is None
    assert ways.opened(token[:-4] + "AAAA") is None
    assert ways.opened("") is None
    assert ways.opened("ñ") is None


def test_mails_of_one_conversation_are_one_thread_and_each_can_be_left() -> None:
    first, second = (read(mail_of(wire(ref=ref, thread="t1"), "avisos@acuerdo.example")) for ref in ("one", "two"))
    other = read(mail_of(wire(ref="three", thread="t2"), "avisos@acuerdo.example"))
    assert first["References"] == second["References"] == "<t1.c@acuerdo.example>"
    assert other["References"] != first["References"]
    assert first["Message-ID"] != second["Message-ID"]
    assert first["List-Unsubscribe"] == "<mailto:avisos@acuerdo.example?subject=BAJA>"
    pressed = read(mail_of(wire(), "avisos@acuerdo.example", WaysOut("https://a.example", "s")))
    assert pressed["List-Unsubscribe"].startswith("<https://a.example/webhooks/channel/email?t=")
    assert pressed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_a_name_with_line_breaks_adds_no_header() -> None:
    import msgspec

    letter = Letter("Hola\r\nBcc: x@y.example", "texto", "<p>texto</p>")
    bad = Wire("ref", "ana@example.com", "Sol", msgspec.json.encode(letter).decode())
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the library calls it, `deliver` tells it as a failure
        mail_of(bad, "avisos@acuerdo.example")


def test_the_page_names_its_subject_and_escapes_what_people_are_called() -> None:
    page = as_html("Su <cuenta>", "Hola, <b>Ana</b>\n\nhttps://sol.example/c/x&y")
    assert "<title>Su &lt;cuenta&gt;</title>" in page
    assert "&lt;b&gt;Ana&lt;/b&gt;" in page
    assert '<a href="https://sol.example/c/x&amp;y">' in page


def test_a_press_on_the_way_out_is_a_wish_for_no_more_and_nobody_elses_post_is_taken() -> None:
    ways = WaysOut("https://a.example", "s")
    channel = Email(aiosmtplib.SMTP, None, "avisos@a.example", secret="shared", ways_out=ways)
    token = ways.url("ref@a.example", "ana@example.com").partition("t=")[2]
    press = f"List-Unsubscribe=One-Click&t={token}".encode()
    assert channel.verified(press, {})
    assert channel.parse(press) == [Inbound("out-ref@a.example", "ana@example.com", "BAJA", answers="ref@a.example")]
    assert not channel.verified(press.replace(b"&t=gAAAA", b"&t=gAAAB"), {})
    assert not channel.verified(b"&x" * 4096 + press, {})
    assert not channel.verified(f"t={token}".encode(), {})
    assert "BAJA" in (channel.challenge({"t": token}) or "")
    assert channel.challenge({"t": "x"}) is None
    mail = b"From: ana@example.com\r\n\r\nhola"
    signature = hmac.new(b"shared", mail, "sha256").hexdigest()
    assert channel.verified(mail, {"x-acuerdo-signature": signature})
    assert not channel.verified(mail + b"!", {"x-acuerdo-signature": signature})
    assert not channel.verified(mail, {})
    nobody = Email(aiosmtplib.SMTP, None, "avisos@a.example")
    assert not nobody.verified(mail, {"x-acuerdo-signature": hmac.new(b"", mail, "sha256").hexdigest()})
    assert not nobody.verified(press, {})


@pytest.mark.parametrize("parts", [False, True])
async def test_a_mail_program_may_press_the_way_out_by_a_form_of_either_kind(parts: bool) -> None:
    """RFC 8058: in parts, which it recommends, or as fields."""
    ways, kept = WaysOut("https://a.example", "s"), list[bytes]()
    channel = Email(aiosmtplib.SMTP, None, "avisos@a.example", ways_out=ways)

    async def keep(name: str, digest: bytes, raw: bytes, at: datetime) -> bool:
        kept.append(raw)
        return True

    mail = SimpleNamespace(inbox=SimpleNamespace(keep=keep), exit=SimpleNamespace(channels={"email": channel}))
    site = Starlette(routes=hooks.ROUTES)
    site.state.house = SimpleNamespace(
        channels={"email": channel}, clock=FixedClock(datetime(2026, 11, 23, tzinfo=UTC)), mail=mail
    )
    url = ways.url("ref@a.example", "ana@example.com")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(site)) as web:
        if parts:
            answer = await web.post(url, files={"List-Unsubscribe": (None, "One-Click")})
        else:
            answer = await web.post(url, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert channel.parse(kept[0]) == [Inbound("out-ref@a.example", "ana@example.com", "BAJA", answers="ref@a.example")]
