"""Any HTTP provider, as a file describes it."""

from __future__ import annotations

import base64
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import pytest
from msgspec.structs import replace
from tests.channels.saying import PHONE, cleared
from tests.channels.serving import serving

from acuerdo.adapters.channels.sms_http import HttpSms, open_channel, shown
from acuerdo.adapters.channels.sms_http.face import SECRETS, Face, sample
from acuerdo.adapters.channels.sms_http.provider import BadProvider, Provider, Verify, filled, load
from acuerdo.core.messages import Content
from acuerdo.service.channels import Failed, Inbound, Odd, Receipt, Sent, Unknown, Unreadable
from acuerdo.service.faces import Ask, Message, Reply, Told
from acuerdo.service.settings import Settings

FACE = Face()
SAMPLE = Path("src/acuerdo/adapters/channels/sms_http/sample.toml")
HASH = {"secret": "s"}


def changed(**parts: Any) -> Provider:
    """The sample with other parts."""
    return msgspec.convert({**msgspec.to_builtins(sample()), **parts}, Provider)


async def test_it_is_asked_as_the_file_says() -> None:
    def answer(ask: Ask) -> Reply:
        read = FACE.read(ask)
        return FACE.taken(read, "p-1", strange=True) if isinstance(read, Message) else read  # type: ignore[return-value]

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(Content("hola"), channel="sms", key="k/1"), PHONE, "890123")
        assert await channel.deliver(replace(wire, ttl=600)) == Sent("p-1")
        (ask,) = server.asked
        assert json.loads(ask.body) == {
            "to": "573001234567", "from": "890123", "text": "hola", "reference": "k/1", "validity": 600,
            "callback": "https://acuerdo.example/webhooks/channel/sms",
        }  # fmt: skip
        await channel.deliver(wire)
        assert "validity" not in json.loads(server.asked[-1].body)


@pytest.mark.parametrize("content", ["form", "query"])
async def test_forms_and_addresses(content: str) -> None:
    async with serving(lambda ask: Reply(200, b'{"status": "accepted", "message": {"id": 77}}')) as server:
        method = "GET" if content == "query" else "POST"
        send = {"url": f"{server.url}/send/{{ref}}", "method": method, "content": content,
                "body": {"dest": "{to}", "msg": "{text}", "key": "{secret.key}", "n": "{parts}"}}  # fmt: skip
        channel = HttpSms(changed(send=send))
        wire = channel.render(cleared(Content("¿Qué & cuánto?"), channel="sms", key="a/b"), PHONE, "")
        assert await channel.deliver(wire) == Sent("77")
        (ask,) = server.asked
        form = dict(ask.query) if content == "query" else dict(parse_qsl(ask.body.decode()))
        assert form == {"dest": PHONE, "msg": "¿Qué & cuánto?", "key": "a-key", "n": "1"}
        await channel.close()


@pytest.mark.parametrize(("status", "body", "ends"), [
    (201, {"status": "accepted", "message": {"id": "1"}}, Sent("1")),
    (200, {"status": "rejected", "error": {"code": "INVALID_NUMBER"}}, Failed("INVALID_NUMBER")),
    (200, {"status": "rejected"}, Failed("rejected")),
    (200, {"status": "accepted"}, Unknown("the provider's answer has no known shape")),
    (200, None, Unknown("the provider's answer has no known shape")),
    (422, {"error": {"code": "BLOCKED"}}, Failed("BLOCKED")),
    (429, {"error": {"code": "THROTTLED"}}, Failed("THROTTLED", again=True)),
    (429, {"error": {"code": "NEW"}}, Failed("NEW", again=True)),
    (503, {"error": {"code": "UNAVAILABLE"}}, Failed("UNAVAILABLE", again=True)),
    (500, {"error": {"code": "NEW"}}, Unknown("NEW")),
    (500, None, Unknown("the provider answers 500")),
    (403, None, Failed("the provider answers 403")),
    (429, None, Failed("the provider asks to go slower", again=True)),
])  # fmt: skip
def test_what_an_answer_means(status: int, body: Any, ends: object) -> None:
    assert HttpSms(sample()).outcome(status, b"" if body is None else json.dumps(body).encode()) == ends


async def test_it_is_asked_by_our_reference() -> None:
    known = {"/v1/messages/k%2F1": b'{"message": {"id": "9"}}', "/v1/messages/bad": b"{}"}

    def answer(ask: Ask) -> Reply:
        raw = known.get(ask.path.replace("k/1", "k%2F1"))
        return Reply(404) if raw is None else Reply(200, raw)

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        assert await channel.lookup("k/1") == Sent("9")
        assert await channel.lookup("nobody's") is None
        with pytest.raises(ConnectionError):
            await channel.lookup("bad")
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        with pytest.raises(ConnectionError):
            await channel.lookup("k")


async def test_receipts_and_messages() -> None:
    told = [
        Told("receipt", "1", "k1", "delivered"), Told("receipt", "2", "k2", "failed", error="gone"),
        Told("inbound", "3", address=PHONE, text="BAJA"), Told("odd", "4"),
    ]  # fmt: skip
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        for strange in (False, True):
            ask = FACE.post(told, strange=strange)
            assert channel.verified(ask.body, ask.headers)
            assert not channel.verified(ask.body + b" ", ask.headers)
            events = channel.parse(ask.body)
            assert sorted(events, key=lambda one: one.id)[:3] == [
                Receipt("1", "delivered", "k1"), Receipt("2", "failed", "k2", "gone"),
                Inbound("3", PHONE, "BAJA", phone=PHONE, to="890123"),
            ]  # fmt: skip
            assert [one for one in events if isinstance(one, Odd)] == [Odd("4", "neither a receipt nor a message")]
        statuses = [("5", "DREAMT"), ("6", "QUEUED")]
        new = {"events": [{"type": "receipt", "id": made, "status": status} for made, status in statuses]}
        assert [one.kind for one in channel.parse(json.dumps(new).encode())] == ["odd"]


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[]", b"{}", b'{"events": 7}', b'"x"', b"\xff\xfe"])
def test_what_tells_nothing_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        HttpSms(sample()).parse(raw)


def test_a_form_that_is_posted() -> None:
    receipt = {"id": "msgid", "status": "estado", "statuses": {"1": "delivered", "2": "failed"}}
    hook = {"verify": {"kind": "token", "path": "token", "secret": "hook"}, "content": "form", "receipt": receipt,
            "inbound": {"id": "moid", "from": "origen", "text": "texto"}}  # fmt: skip
    channel = HttpSms(changed(hook=hook))
    assert channel.verified(b"msgid=1&estado=1&token=another-key", {})
    assert not channel.verified(b"msgid=1&estado=1&token=guessed", {})
    assert not channel.verified(b"msgid=1&estado=1", {})
    assert channel.parse(b"msgid=1&estado=1&token=another-key") == [Receipt("1", "delivered")]
    assert channel.parse(b"moid=8&origen=573001234567&texto=hola+") == [Inbound("8", PHONE, "hola ", phone=PHONE)]
    (odd,) = channel.parse(b"msgid=1&estado=9")
    assert isinstance(odd, Odd)


def _mac(algorithm: str, encoding: str) -> str:
    made = hmac.new(b"s", b"body", algorithm)
    return made.hexdigest() if encoding == "hex" else base64.b64encode(made.digest()).decode()


@pytest.mark.parametrize(("verify", "headers", "good"), [
    (Verify("hmac", "secret", "X-Sig"), {"x-sig": _mac("sha256", "hex")}, True),
    (Verify("hmac", "secret", "X-Sig", algorithm="sha512", encoding="base64", prefix="v1="),
     {"x-sig": "v1=" + _mac("sha512", "base64")}, True),
    (Verify("hmac", "secret", "X-Sig"), {"x-sig": _mac("sha1", "hex")}, False),
    (Verify("hmac", "secret", "X-Sig"), {}, False),
    (Verify("hmac", "unknown", "X-Sig"), {"x-sig": _mac("sha256", "hex")}, False),
    (Verify("basic", "secret", user="u"), {"authorization": "Basic " + base64.b64encode(b"u:s").decode()}, True),
    (Verify("basic", "secret", user="u"), {"authorization": "Basic " + base64.b64encode(b"u:x").decode()}, False),
    (Verify("basic", "secret", user="u"), {"authorization": "Basic ñ"}, False),
    (Verify("token", "secret", "X-Token", prefix="Bearer "), {"x-token": "Bearer s"}, True),
    (Verify("token", "secret", "X-Token"), {"x-token": ""}, False),
    (Verify("source", networks=("10.0.0.0/8",)), {":source": "10.1.2.3"}, True),
    (Verify("source", networks=("10.0.0.0/8",)), {":source": "11.1.2.3"}, False),
    (Verify("source", networks=("10.0.0.0/8",)), {":source": "a name"}, False),
    (Verify("source", networks=("10.0.0.0/8",)), {"x-forwarded-for": "10.1.2.3"}, False),
])  # fmt: skip
def test_who_is_believed(verify: Verify, headers: dict[str, str], good: bool) -> None:
    assert shown(verify, {"secret": "s"}, b"body", headers) is good


@pytest.mark.parametrize(("old", "new", "why"), [
    ('to = "{digits}"', 'to = "{number}"', "no placeholder"),
    ('"Bearer {secret.key}"', '"Bearer {secret.other}"', "no placeholder"),
    ('url = "https://api.proveedor.example/v1/messages"', 'url = "api.proveedor.example"', "is none"),
    ('content = "json" # json, form or query', 'content = "xml"', "content"),
    ('secret = "hook"', 'secret = "other"', "secret"),
    ('header = "x-signature"\n', "", "header"),
    ('kind = "hmac"', 'kind = "source"', "networks"),
    ('kind = "hmac"', 'kind = "source"\nnetworks = ["everywhere"]', "no network"),
    ('key = "SMS_PROVIDER_KEY"', 'key = "NOT_SET"', "NOT_SET"),
    ("[send]", "[sent]", "sen[dt]"),
    ('DELIVERED = "delivered"', 'DELIVERED = "arrived"', "arrived"),
    ("[send.body]", "[send.body", "line"),
])  # fmt: skip
def test_a_file_that_does_not_hold(tmp_path: Path, old: str, new: str, why: str) -> None:
    text = SAMPLE.read_text("utf-8")
    assert old in text
    path = tmp_path / "p.toml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(BadProvider, match=why):
        load(path, SECRETS)


def test_an_empty_secret_closes_it() -> None:
    with pytest.raises(BadProvider, match="SMS_PROVIDER_KEY"):
        load(SAMPLE, {**SECRETS, "SMS_PROVIDER_KEY": ""})
    with pytest.raises(BadProvider, match="No such file"):
        load(Path("nowhere.toml"), SECRETS)


def test_places_are_filled_once() -> None:
    assert filled({"a": ["{text}", "{ttl}"], "b": "{ttl}", "c": 7}, {"text": "{to}", "ttl": 0}) == {
        "a": ["{to}"],
        "c": 7,
    }


async def test_from_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_channel(Settings(_env_file=None), "") as channel:
        assert not channel.traits.available
        assert not channel.verified(b"{}", {})
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    async with open_channel(Settings(_env_file=None, sms_http=SAMPLE), "") as channel:
        assert channel.traits.available
        assert channel.traits.lookup
        assert channel.traits.longest_ttl == 172_800
