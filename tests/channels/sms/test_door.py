"""Carriers of SMS at the house's door: what Twilio signs of the address, receipts by GET, and an SMSC's own line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import msgspec
from starlette.applications import Starlette
from tests.channels.serving import serving
from tests.sending.conftest import PHONE, World, world_on
from twilio.request_validator import RequestValidator

from acuerdo import worker
from acuerdo.adapters.channels.smpp.face import Face as Smsc
from acuerdo.adapters.channels.smpp.smsc import serving as smsc_serving
from acuerdo.adapters.channels.sms_http import HttpSms
from acuerdo.adapters.channels.sms_http.face import sample
from acuerdo.adapters.channels.twilio import Twilio
from acuerdo.adapters.channels.twilio.face import ACCOUNT, SENDER, TOKEN, Face, sid_of
from acuerdo.service.channels import Channel
from acuerdo.service.faces import Ask, Fate, Message, Reply, Told
from acuerdo.web import hooks

HOUSE = "https://acuerdo.example"


@asynccontextmanager
async def door(world: World, channel: Channel) -> AsyncIterator[httpx.AsyncClient]:
    """The house's real door, with this carrier behind the name `sms`."""
    world.app.channels["sms"] = channel  # type: ignore[index]
    made = Starlette(routes=hooks.ROUTES)
    made.state.house = world.app
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made, client=("10.1.2.3", 1)), base_url=HOUSE) as web:
        yield web


async def test_an_answer_that_was_lost_is_found_by_the_receipt(db_url: str, tmp_path: Path) -> None:
    """Twilio takes a message and does not say so; its receipt repeats our reference in the address, which it signs."""
    face = Face()

    def answer(ask: Ask) -> Reply:
        read = face.read(ask)
        return face.trouble("lost", read, "1") if isinstance(read, Message) else read  # type: ignore[return-value]

    async with world_on(db_url, tmp_path) as world, serving(answer) as server:
        channel = Twilio(ACCOUNT, TOKEN, sender=SENDER, base_url=HOUSE, url=server.url)
        async with door(world, channel) as web:
            await world.person()
            await world.campaign("ana")
            await worker.drain(world.app)
            assert await world.outbox() == ["unknown"]
            (ask,) = server.asked
            callback = urlsplit(dict(parse_qsl(ask.body.decode()))["StatusCallback"])
            form = {"MessageSid": sid_of("1"), "MessageStatus": "delivered", "To": PHONE, "From": SENDER}
            where = f"{callback.path}?{callback.query}"
            headers = {
                "content-type": "application/x-www-form-urlencoded",
                "x-twilio-signature": RequestValidator(TOKEN).compute_signature(f"{HOUSE}{where}", form),
            }
            body = urlencode(form)
            for _ in range(2):  # it is told twice, and counts once
                told = await web.post(where, content=body, headers=headers)
                assert (told.status_code, told.text) == (200, "<Response/>")
            other = await web.post(f"{callback.path}?ref=another", content=body, headers=headers)
            assert other.status_code == 401
            await worker.drain(world.app)
            assert await world.outbox() == ["delivered"]
            assert (await world.kinds()).count("message_delivered") == 1
        await channel.close()


async def test_receipts_by_get_from_the_providers_own_network(db_url: str, tmp_path: Path) -> None:
    hook = {
        "verify": {"kind": "source", "networks": ["10.0.0.0/8"]}, "content": "form",
        "receipt": {"id": "msgid", "ref": "ref", "status": "st", "statuses": {"DELIVRD": "delivered"}},
    }  # fmt: skip
    provider = msgspec.convert({**msgspec.to_builtins(sample()), "hook": hook}, type(sample()))
    async with world_on(db_url, tmp_path) as world:
        await world.person()
        await world.campaign("ana")
        await worker.drain(world.app)
        (key,) = [row[0] for row in await world.app.pool.fetch("select key from outbox")]
        await world.app.pool.execute("update outbox set status = 'unknown', provider_id = null")
        async with door(world, HttpSms(provider)) as web:
            told = await web.get("/webhooks/channel/sms", params={"msgid": "7", "ref": key, "st": "DELIVRD"})
            assert told.status_code == 200
            await worker.drain(world.app)
            assert await world.outbox() == ["delivered"]
        made = Starlette(routes=hooks.ROUTES)
        made.state.house = world.app
        elsewhere = httpx.ASGITransport(made, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=elsewhere, base_url=HOUSE) as web:
            told = await web.get("/webhooks/channel/sms", params={"msgid": "8", "ref": key, "st": "DELIVRD"})
            assert told.status_code == 401
            assert (await web.get("/webhooks/channel/sms")).status_code == 404


async def test_an_smsc_and_the_worker(db_url: str, tmp_path: Path) -> None:
    """The worker keeps the line: an invitation out, its receipt in, and BAJA answered once."""
    taken: list[Message] = []

    async def take(message: Message) -> Fate:
        taken.append(message)
        return f"id-{len(taken)}", ""

    async def until(good: object) -> None:
        for _ in range(200):
            if await good():  # type: ignore[operator]
                return
            await asyncio.sleep(0.05)
        raise AssertionError("it never came")

    async with (
        world_on(db_url, tmp_path) as world,
        smsc_serving(take) as (url, smsc),
        Smsc().open(url, None) as channel,
    ):
        world.app.channels["sms"] = channel  # type: ignore[index]
        await world.person()
        await world.campaign("ana")
        stop = asyncio.Event()
        working = asyncio.create_task(worker.run(world.app, stop=stop, pace=worker.Pace(tick=0.05, heartbeat=1.0)))
        try:

            async def invited() -> bool:
                return len(taken) == 1

            await until(invited)
            assert taken[0].to == PHONE
            await smsc.tell([Told("receipt", "id-1", status="delivered")])

            async def delivered() -> bool:
                return await world.outbox() == ["delivered"]

            await until(delivered)
            await smsc.tell([Told("inbound", "m1", address=PHONE, text="BAJA")])

            async def answered() -> bool:
                return len(taken) == 2

            await until(answered)
            assert "No enviaremos otro mensaje" in taken[1].text
        finally:
            stop.set()
            await working
