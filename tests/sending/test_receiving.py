"""What comes in: kept before it is read, read once, answered with care."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256

import msgspec
import pytest
from tests.sending.conftest import PHONE, World

from acuerdo.adapters.store import inbox
from acuerdo.core import facts as f
from acuerdo.core.language.stops import stop_said


async def written(world: World, text: str, *, number: str = PHONE, id_: str = "in1") -> int:
    status = await world.post({"type": "inbound", "id": id_, "from": number, "text": text})
    await world.work()
    return status


async def invited(world: World) -> str:
    await world.person()
    await world.campaign("ana")
    await world.work()
    return str(await world.app.pool.fetchval("select key from outbox"))


async def test_baja_closes_the_channel_for_that_address_and_is_confirmed_once(world: World) -> None:
    await invited(world)
    await world.carrier.open()
    world.carrier.write(PHONE, "BAJA")
    await world.carrier.settled()
    await world.work()
    _, confirmation = await world.phone()
    assert "No enviaremos otro mensaje" in confirmation
    closed = await world.app.pool.fetchrow("select channel, address_hash from opt_out")
    assert tuple(closed) == ("sms", world.app.keyring.address_hash("sms", PHONE))
    await written(world, "baja por favor", id_="in2")
    assert len(await world.phone()) == 2
    world.clock.go_on(timedelta(days=8))
    await world.campaign("ana", name="c2")
    await world.work()
    assert len(await world.phone()) == 2
    (first, _) = [r for r in await world.facts() if isinstance(r.fact, f.OptedOut)]
    assert (first.who, first.fact.words) == ("debtor", "BAJA")  # type: ignore[union-attr]


async def test_two_creditors_of_one_person_stop_with_one_word_and_one_confirmation(world: World) -> None:
    await world.person("ana", subject="one human")
    await world.person("ana en otra casa", subject="one human", creditor="Banco Luna")
    await world.campaign("ana")
    await world.work()
    world.clock.go_on(timedelta(days=8))
    await world.campaign("ana en otra casa", name="c2")
    await world.work()
    assert len(await world.phone()) == 2
    await written(world, "BAJA")
    assert len(await world.phone()) == 3
    assert await world.app.pool.fetchval("select count(*) from opt_out") == 1


async def test_anything_else_is_answered_with_the_persons_own_link_and_nothing_of_a_debt(world: World) -> None:
    await invited(world)
    await written(world, "¿Cuánto es lo que debo?")
    first, answer = await world.phone()
    token = answer.split("/c/")[1].split()[0]
    assert token not in first
    link = await world.app.links.find(token)
    assert link is not None
    assert link.person == "ana"
    assert "debo" not in answer
    assert "message_received" in await world.kinds()
    purpose = "select purpose from contact where key = (select key from outbox where purpose = 'reply')"
    assert await world.app.pool.fetchval(purpose) == "reply"


async def test_an_answer_that_may_not_leave_is_replaced_by_sms_too_and_a_case_opens(world: World) -> None:
    """An agency's name that reads like a threat stops the answer, and never the text that was cleared long before."""
    await invited(world)
    threat = msgspec.json.encode(
        {"legal_name": "Tienda Sol S.A.", "agency": "Último Aviso Cobros", "ownership": "agency"}
    ).decode()
    await world.app.pool.execute("update creditor set settings = $1", threat)
    await written(world, "¿quién es?")
    _, answer = await world.phone()
    assert "Una persona lo va a leer y le responde" in answer
    assert "Aviso" not in answer
    (refused,) = [r.fact for r in await world.facts() if isinstance(r.fact, f.TextRefused)]
    assert [(one.code, one.rules) for one in refused.why] == [("forbidden_words", ("COM-juicio",))]
    (case,) = await world.app.pool.fetch("select person_id, reason, status from work_item")
    assert tuple(case) == ("ana", "refused_reply", "open")
    await written(world, "¿quién es?")  # the carrier tells it again: once is enough
    assert len(await world.phone()) == 2
    assert await world.app.pool.fetchval("select count(*) from work_item") == 1


async def test_an_answer_leaves_at_night_too_but_two_machines_do_not_talk_for_ever(world: World) -> None:
    await invited(world)
    world.clock.go_on(timedelta(hours=13))
    for n in range(6):
        await written(world, f"Estoy conduciendo {n}", id_=f"auto{n}")
    assert len(await world.phone()) == 1 + 3


async def test_the_same_message_twice_is_answered_once(world: World) -> None:
    await invited(world)
    body = json.dumps({"events": [{"type": "inbound", "id": "in1", "from": PHONE, "text": "hola"}]}).encode()
    for raw in (body, body, body + b"\n"):
        await world.web.post("/webhooks/channel/sms", content=raw, headers=world.signed(raw))
    await world.work()
    assert len(await world.phone()) == 2


async def test_a_wrong_signature_leaves_no_word_of_what_it_said(world: World) -> None:
    body = b'{"events": [{"type": "inbound", "id": "x", "from": "+573001112233", "text": "BAJA"}]}'
    answer = await world.web.post("/webhooks/channel/sms", content=body, headers={"x-sandbox-signature": "0" * 64})
    assert answer.status_code == 401
    row = await world.app.pool.fetchrow("select channel, source, body_hash, at from inbox_refused")
    assert row["source"] == "127.0.0.1"
    assert await world.app.pool.fetchval("select count(*) from inbox") == 0


async def test_whoever_posts_unsigned_for_ever_fills_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_REFUSED", 3)
    for n in range(5):
        await world.web.post("/webhooks/channel/sms", content=b"%d" % n, headers={"x-sandbox-signature": "0" * 64})
    assert await world.app.pool.fetchval("select array_agg(body_hash order by id) from inbox_refused") == [
        sha256(b"%d" % n).digest() for n in (2, 3, 4)
    ]


@pytest.mark.parametrize("body", [b"{not json", b'{"events": [{"type": "new", "id": "1"}]}', b'{"events": 3}', b""])
async def test_an_unknown_shape_is_kept_as_it_came(world: World, body: bytes) -> None:
    answer = await world.web.post("/webhooks/channel/sms", content=body, headers=world.signed(body))
    assert answer.status_code == 200
    await world.work()
    row = await world.app.pool.fetchrow("select status, raw, error from inbox")
    assert row["status"] == "unreadable"
    assert row["error"].startswith("sandbox SMS")
    assert body == b"" or body not in row["raw"]


async def test_what_a_person_wrote_is_sealed_under_their_own_key(world: World) -> None:
    await invited(world)
    await written(world, "estoy en el hospital")
    row = await world.app.pool.fetchrow("select person_id, raw from inbox where person_id is not null")
    assert row["person_id"] == "ana"
    assert b"hospital" not in row["raw"]


async def test_receipts_only_go_forward_and_are_told_once(world: World) -> None:
    key = await invited(world)
    for n, status in enumerate(("delivered", "sent", "failed", "delivered", "queued")):
        await world.post({"type": "receipt", "id": "m", "client_ref": key, "status": status, "error": str(n)})
    await world.work()
    assert await world.outbox() == ["delivered"]
    kinds = await world.kinds()
    assert (kinds.count("message_sent"), kinds.count("message_delivered"), kinds.count("message_failed")) == (1, 1, 0)


async def test_a_receipt_before_our_own_settling_is_not_gone_back_on(world: World) -> None:
    key = await invited(world)
    await world.app.pool.execute("update outbox set status = 'sending', provider_id = null, attempts = 1")
    await world.post({"type": "receipt", "id": "m9", "client_ref": key, "status": "delivered"})
    await world.work()
    await world.app.exit.outbound.settle(key, world_sent("m9"), world.clock.now())
    assert await world.outbox() == ["delivered"]


def world_sent(provider_id: str) -> object:
    from acuerdo.service.channels import Sent

    return Sent(provider_id)


async def test_a_stranger_or_a_strange_receipt_changes_nothing(world: World) -> None:
    await invited(world)
    await world.post({"type": "receipt", "id": "zz", "client_ref": "nobody's", "status": "delivered"})
    await written(world, "BAJA", number="+573990000000")
    assert len(await world.phone()) == 1
    assert await world.app.pool.fetchval("select count(*) from opt_out") == 0
    assert await world.app.pool.fetchval("select count(*) from inbox where status = 'kept'") == 0


@pytest.mark.parametrize("text", ["BAJA", "baja", " Baja. ", "STOP", "Alto", "dar de baja por favor", "¡BAJA!", "Bája"])
def test_stop_words(text: str) -> None:
    assert stop_said(text) == "channel"


@pytest.mark.parametrize(
    "text",
    ["quiero cancelar", "cancelar la deuda", "bajaron mi sueldo", "¿me pueden bajar la cuota?", "hola", "",
     "no me di de baja", "quiero pagar"],
)  # fmt: skip
def test_words_that_stop_nothing(text: str) -> None:
    assert stop_said(text) == ""
