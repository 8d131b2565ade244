"""Handing over to WhatsApp, over a real socket: what each answer means, uploads, downloads, and who may post to us."""

from __future__ import annotations

import hmac
import json
import re
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace
from tests.channels import specs
from tests.channels.saying import PHONE, USER, cleared
from tests.channels.serving import serving
from tests.channels.whatsapp.samples import REGISTRY, SHAPES, whatsapp

from acuerdo.adapters.channels.whatsapp import WhatsApp, _keys, open_channel, outcome
from acuerdo.adapters.channels.whatsapp.face import NUMBER, SECRET, TOKEN, VERIFY, VERSION, Face
from acuerdo.adapters.channels.whatsapp.registry import BadRegistry, load
from acuerdo.core.messages import Content, File
from acuerdo.service.channels import BadMedia, Failed, Inbound, Media, Odd, Receipt, Sent, Unknown
from acuerdo.service.faces import Ask, Message, Reply, Told
from acuerdo.service.settings import Settings

FACE = Face()
PDF = Media("", "application/pdf", "Acuerdo de pago.pdf", b"%PDF-1.7 ...")
PNG = Media("", "image/png", "recibo.png", b"\x89PNG\r\n\x1a\n...")


def good(ask: Ask) -> Reply:
    """All is taken, as the face of the platform answers."""
    read = FACE.read(ask)
    return FACE.taken(read, str(len(ask.body)), strange=True) if isinstance(read, Message) else read  # type: ignore[return-value]


async def test_every_shape_is_handed_over() -> None:
    async with serving(good) as server, FACE.open(server.url, None) as channel:
        for name, content in SHAPES.items():
            for address in (PHONE, USER):
                wire = channel.render(cleared(content), address, "")
                files = tuple(PNG if file.mime == "image/png" else PDF for file in content.files)
                sent = await channel.deliver(replace(wire, files=files))
                assert isinstance(sent, Sent), (name, sent)
                assert sent.provider_id.startswith("wamid.")
        bodies = [ask.body for ask in server.asked if ask.path.endswith("/messages")]
    assert not any(b"file:" in body for body in bodies)
    ours = specs.own("whatsapp_request")
    assert all(ours.is_valid(json.loads(body)) for body in bodies)


async def test_our_reference_is_repeated_by_its_receipts() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        wire = channel.render(cleared(Content("hola"), key="our-key"), PHONE, "")
        assert json.loads(wire.body)[0]["biz_opaque_callback_data"] == "our-key"
        ask = FACE.post([Told("receipt", "7", "our-key", "delivered")], strange=True)
        assert channel.verified(ask.body, ask.headers)
        assert channel.parse(ask.body) == [Receipt("wamid.7", "delivered", "our-key")]


async def test_what_the_face_posts_is_as_published() -> None:
    theirs = specs.whatsapp("WebhookPayload")
    told = [
        Told("receipt", "1", "k", "delivered"), Told("receipt", "2", "k", "failed", error="x"),
        Told("inbound", "3", address=PHONE, text="hola"), Told("inbound", "4", address=PHONE, text="Sí", button="yes"),
    ]  # fmt: skip
    for one in told:
        assert list(theirs.iter_errors(json.loads(FACE.post([one], strange=False).body))) == [], one
    answer = specs.whatsapp("MessageResponsePayload")
    assert answer.is_valid(json.loads(FACE.taken(Message(PHONE), "1", strange=False).body))
    for what in ("refused", "slow", "broken", "lost", "lie"):
        reply = FACE.trouble(what, Message(PHONE), "1")  # type: ignore[arg-type]
        assert specs.whatsapp("GraphAPIError").is_valid(json.loads(reply.body))


@pytest.mark.parametrize(("status", "error", "ends", "again"), [
    (400, 131047, Failed, False), (400, 131026, Failed, False), (200, 131026, Failed, False),
    (200, 424242, Failed, False), (400, 424242, Failed, False), (500, 424242, Unknown, None),
    (429, 130429, Failed, True), (400, 130429, Failed, True), (400, 131056, Failed, True), (429, 7, Failed, True),
    (503, 131016, Failed, True), (500, 131000, Unknown, None), (500, 1, Unknown, None), (401, 190, Failed, False),
    (404, 132001, Failed, False), (400, 132015, Failed, False), (200, "x", Failed, False),
])  # fmt: skip
def test_what_an_error_means(status: int, error: object, ends: type, again: bool | None) -> None:
    found = outcome(status, json.dumps({"error": {"message": "m", "type": "t", "code": error}}).encode())
    assert isinstance(found, ends)
    assert getattr(found, "again", None) is again
    assert str(error) in found.error


@pytest.mark.parametrize(("status", "body", "ends"), [
    (200, b'{"messages": [{"id": "wamid.1"}]}', Sent("wamid.1")),
    (200, b"{}", Unknown("the platform's answer has no known shape")),
    (200, b"<html>", Unknown("the platform's answer has no known shape")),
    (200, b'{"messages": "ok"}', Unknown("the platform's answer has no known shape")),
    (500, b"", Unknown("the platform answers 500")),
    (404, b"not here", Failed("the platform answers 404")),
    (429, b"", Failed("the platform asks to go slower", again=True)),
    (302, b"", Failed("the platform answers 302")),
])  # fmt: skip
def test_what_an_answer_without_an_error_means(status: int, body: bytes, ends: object) -> None:
    assert outcome(status, body) == ends


async def test_nobody_there_is_certain_and_silence_is_not() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        wire = channel.render(cleared(Content("hola")), PHONE, "")
        ended = await channel.deliver(wire)
        assert isinstance(ended, Failed)
        assert ended.again
    async with serving(lambda ask: 30.0) as server, FACE.open(server.url, None) as channel:
        client = channel._lines._make()
        client.timeout = 0.3
        channel._lines._free.append(client)
        assert await channel.deliver(wire) == Unknown("ReadTimeout")


async def test_a_number_goes_slower_when_it_is_told_to() -> None:
    async with serving(lambda ask: FACE.trouble("slow", Message(PHONE), "1")) as server:
        async with FACE.open(server.url, None) as channel:
            wire = channel.render(cleared(Content("hola")), PHONE, "")
            ends = [await channel.deliver(wire) for _ in range(5)]
        assert all(isinstance(one, Failed) and one.again for one in ends)
        assert len(server.asked) == 1


async def test_a_creditor_without_a_number_sends_nothing() -> None:
    channel = whatsapp()
    say = cleared(Content("hola"))
    wire = channel.render(say, PHONE, "tienda")
    assert wire.sender == NUMBER
    ended = await channel.deliver(replace(wire, sender=""))
    assert ended == Failed("the creditor has no WhatsApp number of its own")
    assert isinstance(await channel.deliver(replace(wire, body="[]")), Failed)


async def test_files_that_are_not_what_they_claim_do_not_leave() -> None:
    async with serving(good) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(Content("Su acuerdo", files=(File("f", "a.pdf"),))), PHONE, "")
        for file in (
            Media("", "application/pdf", "a.pdf", b"MZ not a document"),
            Media("", "application/x-msdownload", "a.exe", b"MZ"),
            Media("", "application/pdf", "a.pdf", b"%PDF-" + b"x" * 17_000_000),
        ):
            ended = await channel.deliver(replace(wire, files=(file,)))
            assert isinstance(ended, Failed)
            assert not ended.again
        assert server.asked == []


async def test_an_upload_is_as_published() -> None:
    """The published description knows the file and the product; the kind is asked for in the platform's own words."""
    form = specs.raw_whatsapp()["paths"]["/{Version}/{Phone-Number-ID}/media"]["post"]["requestBody"]["content"]
    known = set(form["multipart/form-data"]["schema"]["properties"])
    async with serving(good) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(Content("Su acuerdo", files=(File("f", "a.pdf"),))), PHONE, "")
        assert isinstance(await channel.deliver(replace(wire, files=(PDF,))), Sent)
        upload = server.asked[0]
    assert upload.headers["content-type"].startswith("multipart/form-data")
    names = set(re.findall(rb'name="([^"]+)"', upload.body.replace(b"filename=", b"file=")))
    assert names == {b"messaging_product", b"type", b"file"}
    assert {name.decode() for name in names} - {"type"} == known
    assert PDF.data in upload.body


async def test_where_an_upload_fails_nothing_has_left() -> None:
    def answer(ask: Ask) -> Reply:
        return FACE.trouble("broken", Message(PHONE), "1") if ask.path.endswith("/media") else good(ask)

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(Content("Su acuerdo", files=(File("f", "a.pdf"),))), PHONE, "")
        ended = await channel.deliver(replace(wire, files=(PDF,)))
        assert isinstance(ended, Failed)
        assert ended.again
        assert [ask.path.rpartition("/")[2] for ask in server.asked] == ["media"]


async def test_where_a_later_part_fails_nobody_can_tell() -> None:
    many = iter(range(9))

    def answer(ask: Ask) -> Reply:
        if ask.path.endswith("/messages") and next(many) > 0:
            return FACE.trouble("refused", Message(PHONE), "1")
        return good(ask)

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(SHAPES["a file and a list"]), PHONE, "")
        ended = await channel.deliver(replace(wire, files=(PDF,)))
        assert isinstance(ended, Unknown)
        assert "part 2 of 2" in ended.error


def _about(url: str, size: int | str, mime: str = "image/png") -> Reply:
    told = {"messaging_product": "whatsapp", "url": url, "mime_type": mime, "file_size": size, "id": "99"}
    return Reply(200, json.dumps(told).encode())


async def test_a_file_that_somebody_sent() -> None:
    def answer(ask: Ask) -> Reply:
        if ask.headers.get("authorization") != f"Bearer {TOKEN}":
            return Reply(401)
        return Reply(200, PNG.data) if ask.path == "/file" else _about(f"{server.url}/file", len(PNG.data))

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        found = await channel.fetch(Media("99", "image/png", "recibo.png"))
        assert (found.data, found.mime, found.name) == (PNG.data, "image/png", "recibo.png")
        assert server.asked[0].path == f"/{VERSION}/99"


@pytest.mark.parametrize(("about", "file", "why"), [
    (("{url}/file", 10, "image/png"), b"GIF89a", "claims"),
    (("{url}/file", 99_000_000, "image/png"), PNG.data, "more than"),
    (("{url}/file", 10, "image/png"), PNG.data + b"x" * 17_000_000, "more than"),
    (("{url}/file", 10, "text/html"), b"<html>", "not taken"),
    (("https://evil.example/file", 10, "image/png"), PNG.data, "none"),
    (("https://[::1", 10, "image/png"), PNG.data, "no address"),
    (("https://a.fbsbx.com/\x00", 10, "image/png"), PNG.data, "no address"),
    (("http://lookaside.fbsbx.com/file", 10, "image/png"), PNG.data, "none"),
    (("https://lookaside.fbsbx.com.evil.example/file", 10, "image/png"), PNG.data, "none"),
])  # fmt: skip
async def test_a_file_that_is_refused(about: tuple[str, int, str], file: bytes, why: str) -> None:
    def answer(ask: Ask) -> Reply:
        url, size, mime = about
        return Reply(200, file) if ask.path == "/file" else _about(url.format(url=server.url), size, mime)

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        with pytest.raises(BadMedia, match=why):
            await channel.fetch(Media("99", "image/png"))


async def test_a_file_that_is_not_there_is_asked_for_again_later() -> None:
    async with serving(lambda ask: Reply(404)) as server, FACE.open(server.url, None) as channel:
        with pytest.raises(ConnectionError):
            await channel.fetch(Media("99", "image/png"))
        with pytest.raises(BadMedia):
            await channel.fetch(Media("../me", "image/png"))


async def test_only_the_platform_posts_to_us() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        ask = FACE.post([Told("inbound", "3", address=PHONE, text="hola")], strange=False)
        assert channel.verified(ask.body, ask.headers)
        assert not channel.verified(ask.body + b" ", ask.headers)
        assert not channel.verified(ask.body, {})
        assert not channel.verified(ask.body, {"x-hub-signature-256": "sha256="})
        assert not channel.verified(ask.body, {"x-hub-signature-256": "sha256=\udcff"})
        sha1 = hmac.new(SECRET.encode(), ask.body, sha256).hexdigest()
        assert not channel.verified(ask.body, {"x-hub-signature": f"sha256={sha1}"})
        # A signature of another body, posted again with this one.
        other = FACE.post([Told("inbound", "4", address=PHONE, text="otra cosa")], strange=False)
        assert not channel.verified(ask.body, other.headers)


async def test_a_channel_without_a_secret_believes_nobody() -> None:
    async with open_channel(Settings(_env_file=None), "") as channel:
        assert not channel.traits.available
        empty = "sha256=" + hmac.new(b"", b"{}", sha256).hexdigest()
        assert not channel.verified(b"{}", {"x-hub-signature-256": empty})
        assert channel.challenge({"hub.mode": "subscribe", "hub.verify_token": "", "hub.challenge": "1"}) is None


async def test_the_first_asking() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "1158201444"}
        assert channel.challenge(asked) == "1158201444"
        assert channel.challenge({**asked, "hub.verify_token": "guessed"}) is None
        assert channel.challenge({**asked, "hub.verify_token": "ñ"}) is None
        assert channel.challenge({**asked, "hub.mode": "unsubscribe"}) is None
        assert channel.challenge({}) is None


async def test_what_the_face_tells_is_read() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        told = [
            Told("inbound", "1", address=PHONE, text="hola"), Told("inbound", "2", address=USER, text="Sí", button="y"),
            Told("odd", "3", address=PHONE), Told("receipt", "4", "k", "read"),
        ]  # fmt: skip
        for strange in (False, True):
            one, two, odd, read = channel.parse(FACE.post(told, strange=strange).body)
            assert isinstance(one, Inbound)
            assert (one.address, one.text) == (PHONE, "hola")
            assert isinstance(two, Inbound)
            assert (two.address, two.user, two.button) == (USER, USER, "y")
            assert isinstance(odd, Odd)
            assert isinstance(read, Receipt)


def spoiled(path: Path, old: str, new: str) -> Path:
    text = REGISTRY.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path


@pytest.mark.parametrize(("old", "new", "why"), [
    ('accepted_by = "Ana Pérez, gerente de Tienda"', 'accepted_by = " "', "risk"),
    ('accepted_by = "Ana Pérez, gerente de Tienda"\n', "", "accepted_by"),
    ("on = 2026-11-20\n", "", "on"),
    ("[risk]", "[risks]", "risk"),
    ('id = "106540352242922"', 'id = "my number"', "digits"),
    ('limit = "TIER_2K"', 'limit = "TIER_3K"', "TIER_3K"),
    ('name = "opciones"\nlanguage = "es"', 'name = "pago"\nlanguage = "es"', "twice"),
    ('body = "Hola. Desde', 'body = "{{0}} Hola. Desde', "begins or ends"),
    ('version = "v23.0"', 'version = "latest"', "version"),
    ('ttl = 3600', 'ttl = "an hour"', "ttl"),
    ("[risk]", "[risk", "line"),
])  # fmt: skip
def test_a_registry_that_does_not_hold(tmp_path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(BadRegistry, match=why):
        load(spoiled(tmp_path / "w.toml", old, new))


def test_without_tokens_and_secrets_it_stays_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load(REGISTRY)
    with pytest.raises(BadRegistry, match="token"):
        _keys(Settings(_env_file=None, whatsapp_app_secret="s"), registry)
    with pytest.raises(BadRegistry, match="secret"):
        _keys(Settings(_env_file=None, whatsapp_token="t"), registry)
    own = load(spoiled(tmp_path / "w.toml", 'limit = "TIER_2K"', 'token = "TIENDA_TOKEN"'))
    monkeypatch.setenv("TIENDA_TOKEN", "hers")
    assert _keys(Settings(_env_file=None, whatsapp_token="t", whatsapp_app_secret="s"), own).tokens == {NUMBER: "hers"}


async def test_it_opens_from_the_settings() -> None:
    settings = Settings(
        _env_file=None, whatsapp=REGISTRY, whatsapp_token="t", whatsapp_app_secret="s", whatsapp_verify_token="w"
    )
    async with open_channel(settings, "") as channel:
        assert isinstance(channel, WhatsApp)
        assert channel.traits.available
        assert (channel.traits.buttons, channel.traits.rows, channel.traits.window) == (3, 10, 86_400)
