"""The whole way over WhatsApp: an approved invitation out, an answer in, buttons, a stop, and what is refused."""

from __future__ import annotations

import hmac
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image
from starlette.applications import Starlette
from tests.channels.serving import Server, serving
from tests.channels.whatsapp.samples import REGISTRY
from tests.sending.conftest import PHONE, World, world_on

from acuerdo.adapters.channels.whatsapp import Keys, WhatsApp
from acuerdo.adapters.channels.whatsapp.face import NUMBER, SECRET, TOKEN, VERIFY, Face
from acuerdo.adapters.channels.whatsapp.registry import LIMITS, load
from acuerdo.service import receiving
from acuerdo.service.channels import Notice
from acuerdo.service.faces import Ask, Message, Reply, Told
from acuerdo.service.letters import started
from acuerdo.web import hooks

FACE = Face()


@dataclass
class Phone:
    """A house with the real adapter of WhatsApp, whose provider is on a socket of this machine."""

    world: World
    server: Server
    channel: WhatsApp
    door: httpx.AsyncClient
    many: list[int] = field(default_factory=list)

    @property
    def got(self) -> list[dict[str, object]]:
        """The messages that the platform was handed, as it was."""
        return [json.loads(ask.body) for ask in self.server.asked if ask.path.endswith("/messages")]

    async def writes(self, text: str, button: str = "", *, frm: str = PHONE) -> list[dict[str, object]]:
        """Somebody writes, or presses a reply; what they get for it."""
        before = len(self.got)
        self.many.append(1)
        await self.told(Told("inbound", f"wamid.in{len(self.many)}", address=frm, text=text, button=button))
        self.world.clock.go_on(timedelta(minutes=1))
        return self.got[before:]

    async def told(self, told: Told, *, strange: bool = True) -> None:
        """The platform posts to the house over HTTP, signed; everything is done that follows."""
        ask = FACE.post([told], strange=strange)
        answer = await self.door.post("/webhooks/channel/whatsapp", content=ask.body, headers=dict(ask.headers))
        assert answer.status_code == 200
        await self.world.work()

    async def agreed(self, person: str, number: str) -> None:
        """Their number is on file, and so is their yes to WhatsApp."""
        pool, at = self.world.app.pool, self.world.clock.now()
        await pool.execute(
            "insert into consent (id, person_id, channel, given, at) values ($1, $1, 'whatsapp', true, $2)", person, at
        )
        await pool.execute(
            """insert into contact_point (person_id, kind, address_hash, creditor_id, source, first_seen, last_seen)
               values ($1, 'phone', $2, 'Tienda Sol', 'portfolio', $3, $3)""",
            person, self.world.app.keyring.address_hash("phone", number), at,
        )  # fmt: skip

    async def invite(self, *people: str, name: str = "c1") -> None:
        await self.world.campaign(*people, name=name)
        await self.world.app.pool.execute("update campaign_entry set channel = 'whatsapp'")
        await self.world.work()

    async def reasons(self) -> str:
        facts = await self.world.facts()
        return " ".join(str(one.fact) for one in facts if "Refused" in type(one.fact).__name__)


@pytest.fixture
async def phone(db_url: str, tmp_path: Path) -> AsyncIterator[Phone]:
    def answer(ask: Ask) -> Reply:
        read = FACE.read(ask)
        return FACE.taken(read, f"o{len(server.asked)}", strange=True) if isinstance(read, Message) else read  # type: ignore[return-value]

    registry = tmp_path / "whatsapp.toml"
    text = REGISTRY.read_text("utf-8").replace('creditor = "tienda"', 'creditor = "Tienda Sol"')
    registry.write_text(text, "utf-8")
    async with world_on(db_url, tmp_path) as world, serving(answer) as server:
        channel = WhatsApp(load(registry), Keys({NUMBER: TOKEN}, SECRET, VERIFY), server.url)
        world.app.channels["whatsapp"] = channel  # type: ignore[index]
        await world.person()
        house = Starlette(routes=hooks.ROUTES)
        house.state.house = world.app
        async with httpx.AsyncClient(transport=httpx.ASGITransport(house), base_url="http://house") as door:
            made = Phone(world, server, channel, door)
            await made.agreed("ana", PHONE)
            yield made
        await channel.close()


async def test_an_approved_invitation_leaves_and_is_answered(phone: Phone) -> None:
    await phone.invite("ana")
    (invited,) = phone.got
    assert invited["type"] == "template"
    assert invited["to"] == PHONE.removeprefix("+")
    template = invited["template"]
    assert isinstance(template, dict)
    assert template["name"] == "invitacion"
    ref = invited["biz_opaque_callback_data"]
    assert isinstance(ref, str)
    await phone.told(Told("receipt", "o1", ref, "delivered"))
    await phone.told(Told("receipt", "o1", ref, "sent"))
    assert await phone.world.outbox() == ["delivered"]
    (answer, *_) = await phone.writes("hola, ¿quién es?")
    assert answer["type"] in ("text", "interactive")
    (more, *_) = await phone.writes("5678")
    assert "900.000" in json.dumps(more, ensure_ascii=False)
    # What can be pressed is pressed: its id is known again.
    assert more["type"] == "interactive"


async def test_without_an_approved_template_it_says_why(phone: Phone) -> None:
    phone.channel.learn([Notice("n", "invitacion|es_CO", "PAUSED", "template")])
    await phone.invite("ana")
    assert phone.got == []
    assert "not_in_session" in await phone.reasons()


async def test_without_the_persons_yes_it_stays_closed(phone: Phone) -> None:
    await phone.world.app.pool.execute("delete from consent")
    await phone.invite("ana")
    assert phone.got == []
    assert "no_consent" in await phone.reasons()


async def test_only_the_creditor_itself_writes(phone: Phone) -> None:
    """The platform forbids collecting for others: the law packs' house rule keeps agencies out."""
    agency = """update creditor set settings = settings || '{"ownership": "agency", "agency": "Cobros S.A."}'"""
    await phone.world.app.pool.execute(agency)
    await phone.invite("ana")
    assert phone.got == []
    assert "channel_closed" in await phone.reasons()


async def test_an_operator_sees_which_letters_may_be_started(phone: Phone) -> None:
    found = started(phone.channel, "Tienda Sol", "Tienda Sol", "https://tienda.example/c/TOKEN")
    assert {(one.letter, one.country) for one in found if one.template} == {("invitation", "es")}
    assert {one.ttl for one in found if one.template} == {3600}
    assert len(found) >= 8
    by_sms = started(phone.world.app.channels["sms"], "Tienda Sol", "Tienda Sol", "https://tienda.example/c/TOKEN")
    assert {one.template for one in by_sms} == {None}
    assert {(one.parts, one.cost) for one in by_sms} == {(2, 0)}  # the sandbox costs nothing


async def test_within_the_window_it_leaves_freely(phone: Phone) -> None:
    phone.channel.learn([Notice("n", "invitacion|es_CO", "PAUSED", "template")])
    await phone.writes("hola")
    before = len(phone.got)
    await phone.invite("ana")
    (free,) = phone.got[before:]
    assert free["type"] == "text"


async def test_news_of_templates_reaches_every_process(phone: Phone) -> None:
    """In the platform's order, whatever the order of its posts."""
    mail, at = phone.world.app.mail, phone.world.clock.now()
    for event, time in (("PAUSED", 1763900060), ("APPROVED", 1763900000)):
        about = {"message_template_name": "invitacion", "message_template_language": "es_CO"}
        change = {"field": "message_template_status_update", "value": {"event": event, **about}}
        told = {"object": "whatsapp_business_account", "entry": [{"id": "1", "time": time, "changes": [change]}]}
        body = json.dumps(told).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, sha256).hexdigest()
        assert await receiving.receive(mail, "whatsapp", body, {"x-hub-signature-256": signature}, "t", at)
        await phone.world.work()
    other = WhatsApp(load(REGISTRY), Keys({}, "", ""), "")
    phone.world.app.channels["whatsapp"] = other  # type: ignore[index]
    assert other._templates.known["invitacion|es_CO"].state == "APPROVED"
    await receiving.relearn(mail)
    assert other._templates.known["invitacion|es_CO"].state == "PAUSED"


def photo(mime: str, number: str = PHONE, caption: str = "") -> bytes:
    """The webhook of a picture that somebody sends."""
    image = {"id": "99", "mime_type": mime, "sha256": "x", **({"caption": caption} if caption else {})}
    message = {"from": number.removeprefix("+"), "id": f"wamid.{mime}{caption}", "type": "image", "image": image}
    change = {"field": "messages", "value": {"metadata": {"phone_number_id": NUMBER}, "messages": [message]}}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}).encode()


async def test_a_receipt_that_a_person_photographs(phone: Phone) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(picture, "PNG")
    before, claims = phone.server.answer, ["image/png"]

    def answer(ask: Ask) -> Reply | float:
        if ask.path == "/file":
            return Reply(200, picture.getvalue())
        if ask.path.endswith("/99"):
            about = {"url": f"{phone.server.url}/file", "mime_type": claims[-1], "file_size": "1"}
            return Reply(200, json.dumps(about).encode())
        return before(ask)

    phone.server.answer = answer

    async def sends(raw: bytes) -> None:
        signature = "sha256=" + hmac.new(SECRET.encode(), raw, sha256).hexdigest()
        told = await phone.door.post(
            "/webhooks/channel/whatsapp", content=raw, headers={"x-hub-signature-256": signature}
        )
        assert told.status_code == 200
        await phone.world.work()

    pool = phone.world.app.pool
    files = "select count(*) from document where kind = 'receipt'"
    await phone.writes("hola")
    await sends(photo("image/png"))  # nobody is known there yet: it is named, and not kept
    assert await pool.fetchval(files) == 0
    await phone.writes("5678")
    many = len(phone.got)
    await sends(photo("image/png", caption="aquí está mi recibo"))
    assert await pool.fetchval(files) == 1
    assert len(phone.got) > many
    kinds = await phone.world.kinds()
    assert kinds.count("file_received") == 1
    claims.append("image/jpeg")
    await sends(photo("image/jpeg", caption="y otro"))  # it claims to be what it is not
    assert await pool.fetchval(files) == 1


async def test_a_creditor_without_a_number_sends_nothing(phone: Phone) -> None:
    phone.channel._numbers.clear()
    await phone.invite("ana")
    assert phone.got == []
    assert "no_sender" in await phone.reasons()


async def test_a_number_at_its_limit_waits(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS.tiers, "TIER_2K", 1)
    await phone.world.person("berta", phones=("+573009998877",))
    await phone.agreed("berta", "+573009998877")
    await phone.invite("ana")
    await phone.invite("berta", name="c2")
    assert [one["to"] for one in phone.got] == [PHONE.removeprefix("+")]
    told = [str(one.fact) for one in await phone.world.facts("berta")]
    assert any("limit_reached" in one for one in told)
    phone.channel.learn([Notice("n", "15550783881", "TIER_UNLIMITED", "limit")])
    phone.world.clock.go_on(timedelta(hours=1, minutes=1))
    await phone.world.work()
    assert [one["to"] for one in phone.got] == [PHONE.removeprefix("+"), "573009998877"]


async def test_a_stop_closes_it(phone: Phone) -> None:
    await phone.invite("ana")
    (told,) = await phone.writes("BAJA")
    assert "No" in json.dumps(told)
    await phone.invite("ana", name="c2")
    assert len(phone.got) == 2


async def test_another_house_that_posts_is_not_heard(phone: Phone) -> None:
    ask = FACE.post([Told("inbound", "x", address=PHONE, text="hola")], strange=False)
    headers = {**ask.headers, "x-hub-signature-256": "sha256=" + "0" * 64}
    answer = await phone.door.post("/webhooks/channel/whatsapp", content=ask.body, headers=headers)
    assert answer.status_code == 401
    await phone.world.work()
    assert phone.got == []


async def test_the_platform_asks_whether_the_address_is_ours(phone: Phone) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY, "hub.challenge": "77"}
    answer = await phone.door.get("/webhooks/channel/whatsapp", params=asked)
    assert (answer.status_code, answer.text) == (200, "77")
    answer = await phone.door.get("/webhooks/channel/whatsapp", params={**asked, "hub.verify_token": "x"})
    assert answer.status_code == 403
