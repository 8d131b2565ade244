"""Twilio: its forms as published, what its answers mean, and whose posts are believed."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jsonschema
import pytest
from msgspec.structs import replace
from tests.channels import specs
from tests.channels.saying import PHONE, cleared
from tests.channels.serving import serving
from twilio.request_validator import RequestValidator

from acuerdo.adapters.channels.twilio import HOOK, open_channel, outcome
from acuerdo.adapters.channels.twilio.face import ACCOUNT, BASE, PATH, TOKEN, Face, sid_of
from acuerdo.core.messages import Button, Content
from acuerdo.service.channels import Failed, Inbound, Media, Odd, Receipt, Sent, Unknown, Unreadable, Wire
from acuerdo.service.faces import Ask, Message, Reply, Told
from acuerdo.service.settings import Settings

FACE = Face()
SPEC = json.loads((specs.OWN / "twilio_messages.json").read_text("utf-8"))
PUBLISHED = "/2010-04-01/Accounts/{AccountSid}/Messages.json"


def validator(schema: dict[str, Any]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**specs._plain(schema), "components": specs._plain(SPEC["components"])})


FORM = SPEC["paths"][PUBLISHED]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
RESOURCE = {"$ref": "#/components/schemas/api.v2010.account.message"}
KINDS = {"integer": int, "boolean": lambda text: {"true": True, "false": False}[text]}


def typed(form: dict[str, str]) -> dict[str, Any]:
    """A form's words as the kinds that its description gives them; a field that it does not know fails here."""
    properties = FORM["properties"]
    return {name: KINDS.get(properties[name].get("type"), str)(value) for name, value in form.items()}


async def test_the_form_is_as_published() -> None:
    long = Content("Hola, ¿qué prefiere?", tuple(Button(str(n), f"Opción {n}") for n in range(9)))
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        for content in (Content("hola"), long, Content("x" * 3000)):
            for sender in ("", "MG" + "a" * 32, "+15550001111", "26262"):
                for ttl in (0, 5, 36_000):
                    wire = replace(channel.render(cleared(content, channel="sms"), PHONE, sender), ttl=ttl)
                    form = typed(channel.form(wire))
                    assert list(validator(FORM).iter_errors(form)) == []
                    assert len(form["Body"]) <= 1600
                    assert 1 <= form.get("ValidityPeriod", 1) <= 36_000


def test_the_subset_is_as_published() -> None:
    """The committed part of Twilio's description says what the whole one says."""
    whole = json.loads(specs.published("twilio_api_v2010.json").read_text("utf-8"))
    there = whole["paths"][PUBLISHED]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    assert set(FORM["properties"]) == set(there["properties"])
    for name, field in FORM["properties"].items():
        for key in ("type", "format", "pattern", "minLength", "maxLength", "enum", "$ref"):
            assert there["properties"][name].get(key) == field.get(key), (name, key)
    for name, schema in SPEC["components"]["schemas"].items():
        assert schema.get("enum") == whole["components"]["schemas"][name].get("enum")
        assert set(schema.get("properties", {})) == set(whole["components"]["schemas"][name].get("properties", {}))


async def test_it_is_taken_and_our_reference_comes_back() -> None:
    def answer(ask: Ask) -> Reply:
        read = FACE.read(ask)
        assert isinstance(read, Message), read
        assert (read.to, read.ref, read.text) == (PHONE, "our key/1", "Tiene 3 opciones - elija")
        return FACE.taken(read, "7", strange=True)

    async with serving(answer) as server, FACE.open(server.url, None) as channel:
        wire = channel.render(cleared(Content("Tiene 3 opciones – elija"), channel="sms", key="our key/1"), PHONE, "")
        assert await channel.deliver(replace(wire, ttl=600)) == Sent(sid_of("7"))
        (ask,) = server.asked
        assert ask.path == PATH
        assert dict(parse_qsl(ask.body.decode()))["ValidityPeriod"] == "600"


def test_what_the_face_answers_is_as_published() -> None:
    for strange in (False, True):
        assert (
            list(validator(RESOURCE).iter_errors(json.loads(FACE.taken(Message(PHONE), "1", strange=strange).body)))
            == []
        )
    assert validator(RESOURCE).is_valid(json.loads(FACE.trouble("lie", Message(PHONE), "1").body))


def _error(code: int, status: int = 400) -> bytes:
    return json.dumps({"code": code, "message": "m", "more_info": "x", "status": status}).encode()


@pytest.mark.parametrize(("status", "body", "ends"), [
    (201, b'{"sid": "SM1", "status": "queued", "error_code": null}', Sent("SM1")),
    (201, b'{"sid": "SM1", "status": "failed", "error_code": 30005}',
     Failed("30005: the number does not exist or is out of service")),
    (201, b'{"sid": "SM1", "status": "undelivered", "error_code": null, "error_message": "why"}', Failed("None: why")),
    (201, b"<html>", Unknown("the carrier's answer has no known shape")),
    (400, _error(21610), Failed("21610: the person asked for no more messages")),
    (400, _error(99999), Failed("99999: m")),
    (429, _error(20429), Failed("20429: too many requests", again=True)),
    (429, b"", Failed("the carrier asks to go slower", again=True)),
    (500, b"", Unknown("the carrier answers 500")),
    (500, _error(12345), Unknown("12345: m")),
    (503, _error(20503), Failed("20503: the service is not available for a moment", again=True)),
    (404, b"", Failed("the carrier answers 404")),
])  # fmt: skip
def test_what_an_answer_means(status: int, body: bytes, ends: object) -> None:
    assert outcome(status, body) == ends


async def test_what_does_not_leave() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        good = Wire("k", PHONE, "+15005550006", "hola")
        assert isinstance(await channel.deliver(replace(good, address="3001234567")), Failed)
        assert isinstance(await channel.deliver(replace(good, body="")), Failed)
        assert await channel.deliver(replace(good, sender="")) == Failed("there is no sender for this country")
        gone = await channel.deliver(good)
        assert isinstance(gone, Failed)
        assert gone.again


def signed(form: dict[str, str], path: str = HOOK, token: str = TOKEN) -> tuple[bytes, dict[str, str]]:
    signature = RequestValidator(token).compute_signature(BASE + path, form)
    return urlencode(form).encode(), {":path": path, "x-twilio-signature": signature}


async def test_only_twilio_posts_to_us() -> None:
    form = {"MessageSid": "SM1", "MessageStatus": "delivered", "Body": "¿Qué? á & b=c", "FromCity": ""}
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        raw, headers = signed(form)
        assert channel.verified(raw, headers)
        assert not channel.verified(raw + b"x", headers)
        assert not channel.verified(raw, {":path": HOOK})
        assert not channel.verified(raw, {**headers, "x-twilio-signature": "ñ"})
        assert not channel.verified(raw, {**headers, ":path": HOOK + "?ref=k1"})
        assert not channel.verified(*signed(form, token="guessed"))
        assert not channel.verified(b"\xff\xfe", headers)
        assert not channel.verified(b"", {})
        # The address is signed, so a receipt of another message is not made by changing it.
        with_ref, told = signed(form, HOOK + "?ref=k1")
        assert channel.verified(with_ref + b"&ref=k1", told)
        assert not channel.verified(with_ref + b"&ref=k2", {**told, ":path": HOOK + "?ref=k2"})
        assert not channel.verified(with_ref + b"&ref=k2", told)


async def test_without_an_account_nobody_is_believed() -> None:
    async with open_channel(Settings(_env_file=None), "") as channel:
        assert not channel.traits.available
        assert not channel.verified(*signed({"MessageSid": "SM1"}, token=""))


async def test_what_a_form_tells() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:

        def told(**form: str) -> Any:
            return channel.parse(urlencode(form).encode())

        assert told(MessageSid="SM1", MessageStatus="delivered", ref="k") == [Receipt("SM1", "delivered", "k")]
        assert told(SmsSid="SM1", MessageStatus="sent") == [Receipt("SM1", "sent")]
        assert told(MessageSid="SM1", MessageStatus="queued") == []
        (failed,) = told(MessageSid="SM1", MessageStatus="undelivered", ErrorCode="30003")
        assert failed == Receipt("SM1", "failed", "", "30003: the phone cannot be reached")
        (one,) = told(MessageSid="SM2", SmsStatus="received", From=PHONE, To="+1555", Body="BAJA", NumMedia="1",
                      MediaUrl0="https://api.twilio.com/m/1", MediaContentType0="image/jpeg")  # fmt: skip
        assert one == Inbound(
            "SM2", PHONE, "BAJA", phone=PHONE, to="+1555", media=(Media("https://api.twilio.com/m/1", "image/jpeg"),)
        )
        (short,) = told(MessageSid="SM3", SmsStatus="received", From="85432", Body="x", NumMedia="many")
        assert (short.address, short.phone) == ("85432", "")
        assert isinstance(told(MessageSid="SM4", MessageStatus="dreamt")[0], Odd)
        assert isinstance(told(MessageSid="SM5", SmsStatus="received", Body="x")[0], Odd)


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[1]", b"\xff\xfe", b"a=1", b"a", b"MessageSid=", b"&" * 1000])
async def test_what_is_no_form_is_unreadable(raw: bytes) -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        with pytest.raises(Unreadable):
            channel.parse(raw)


async def test_what_the_face_posts_is_believed_and_read() -> None:
    async with FACE.open("http://127.0.0.1:9", None) as channel:
        for told in (
            Told("receipt", "1", "k1", "delivered"), Told("receipt", "1", "k1", "failed"), Told("odd", "2"),
            Told("inbound", "3", address=PHONE, text="¿Cuánto debo?"),
        ):  # fmt: skip
            for strange in (False, True):
                ask = FACE.post([told], strange=strange)
                assert channel.verified(ask.body, ask.headers)
                (event,) = channel.parse(ask.body)
                assert event.kind == told.kind
                assert not isinstance(event, Receipt) or event.ref == "k1"


def test_the_account_is_in_the_path() -> None:
    assert ACCOUNT in PATH
