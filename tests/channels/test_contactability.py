"""What comes of what is sent is counted by address, and the next message goes where it fares better."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations, product

import pytest
from tests.channels.conftest import Town
from tests.sending.conftest import PHONE

from acuerdo.adapters.store.settling import NEXT
from acuerdo.core import facts as f
from acuerdo.core.language.channels import channel_wished
from acuerdo.service.contactability import Reach
from acuerdo.service.outbound import Due, EntryRef
from acuerdo.service.reaching import channels_for

SECOND = "+573009998877"


async def invited(town: Town, *, phones: tuple[str, ...] = (PHONE,)) -> str:
    """Ana, invited over the line on which people talk."""
    await town.person(phones=phones)
    await town.world.campaign("ana")
    await town.world.app.pool.execute("update campaign_entry set channel = 'whatsapp'")
    await town.world.work()
    return str(await town.fetch("select key from outbox order by created_at desc limit 1"))


async def receipt(town: Town, key: str, status: str, error: str = "") -> None:
    await town.told({"kind": "receipt", "id": f"p-{key[:6]}", "ref": key, "status": status, "error": error})


async def counted(town: Town, phone: str = PHONE) -> Reach:
    hashed = town.world.app.keyring.address_hash("whatsapp", phone)
    row = await town.world.app.pool.fetchrow(
        """select channel, address_hash, sent, delivered, opened, answered, failed, bounced, wrong, since_good
           from reachability where address_hash = $1""",
        hashed,
    )
    return Reach(*row)


async def test_what_comes_of_a_message_is_counted_once(town: Town) -> None:
    key = await invited(town)
    for status in ("delivered", "read", "delivered", "sent", "read"):
        await receipt(town, key, status)
    await town.writes("hola")
    reach = await counted(town)
    assert (reach.delivered, reach.opened, reach.answered) == (1, 1, 1)
    assert reach.quality == "good"
    kinds = await town.world.kinds()
    assert (kinds.count("message_delivered"), kinds.count("message_read")) == (1, 1)


async def test_a_read_receipt_without_a_delivered_one_says_that_it_arrived(town: Town) -> None:
    await receipt(town, await invited(town), "read")
    assert {"message_sent", "message_delivered", "message_read"} <= set(await town.world.kinds())
    assert await town.fetch("select status from outbox") == "delivered"


async def test_where_an_address_is_dead_the_entry_waits_for_the_next_one_within_the_law(town: Town) -> None:
    key = await invited(town, phones=(PHONE, SECOND))
    assert town.line.out[-1].address == PHONE
    await receipt(town, key, "bounced", "no such user")
    assert (await counted(town)).quality == "bad"
    # The law counts what was tried: the next number has to wait for its day.
    assert await town.world.entry() == ("waiting", 2)
    assert len(town.line.out) == 1
    town.world.clock.go_on(timedelta(days=8))
    await town.world.work()
    assert [wire.address for wire in town.line.out] == [PHONE, SECOND]
    failed = [r.fact.error for r in await town.world.facts() if isinstance(r.fact, f.MessageFailed)]
    assert failed == ["bounced: no such user"]


async def test_where_no_address_of_the_channel_is_left_the_next_channel_is_judged(town: Town) -> None:
    key = await invited(town)
    await town.world.app.pool.execute("update person set chosen_channel = 'sms'")
    await receipt(town, key, "bounced")
    town.world.clock.go_on(timedelta(days=8))
    await town.world.work()
    assert len(town.line.out) == 1
    assert len(await town.world.phone()) == 1


async def test_a_dead_address_that_writes_is_answered_and_is_dead_no_more(town: Town) -> None:
    key = await invited(town)
    await receipt(town, key, "bounced")
    assert "Tienda Sol" in await town.writes("¿quién es?")
    assert (await counted(town)).quality == "good"


async def test_a_wrong_person_is_no_more_written_to_there(town: Town) -> None:
    await invited(town)
    await town.writes("hola")
    await town.writes("no conozco a esa persona, este número es mío")
    await town.writes("sí, número equivocado")
    assert (await counted(town)).quality == "bad"
    closed = await town.world.app.pool.fetch("select channel, address_hash from opt_out")
    assert ("whatsapp", town.world.app.keyring.address_hash("whatsapp", PHONE)) in {tuple(row) for row in closed}


async def test_a_wish_for_a_channel_comes_before_the_plan(town: Town) -> None:
    await town.person()
    await town.writes("hola")
    await town.writes("mejor escríbanme por SMS")
    assert await town.fetch("select chosen_channel from person") == "sms"
    town.world.clock.go_on(timedelta(days=8))
    await town.world.campaign("ana")
    await town.world.app.pool.execute("update campaign_entry set channel = 'whatsapp'")
    before = len(town.line.out)
    await town.world.work()
    assert len(town.line.out) == before
    assert len(await town.world.phone()) == 1


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("mejor por WhatsApp", "whatsapp"), ("prefiero el correo", "email"), ("escríbanme por mensaje de texto", "sms"),
        ("prefiero que me contacten por wasap", "whatsapp"), ("mejor por correo o por whatsapp", ""),
        ("no me escriban por whatsapp", ""), ("mi whatsapp es 3001112233", ""), ("mejor mañana", ""),
        ("mi tía no tiene whatsapp", ""), ("le mandé el comprobante por correo", ""),
    ],
)  # fmt: skip
def test_a_wish_for_a_channel_is_told_from_its_mere_name(text: str, channel: str) -> None:
    assert channel_wished(text) == channel


def test_the_wish_is_first_then_the_plan_then_the_strategy() -> None:
    due = Due(EntryRef("c", "a"), "sms", "", ("sms", "email", "whatsapp"))
    there = {"sms", "whatsapp", "email"}
    assert channels_for(due, "whatsapp", there) == ["whatsapp", "sms", "email"]
    assert channels_for(due, "", there) == ["sms", "email", "whatsapp"]
    assert channels_for(due, "carta", there) == ["sms", "email", "whatsapp"]


def test_statuses_only_go_forward_and_come_to_the_same_in_any_order() -> None:
    def after(told: Sequence[str]) -> str:
        status = "sent"
        for one in told:
            status = NEXT.get((status, one), status)
        return status

    order = ("sent", "failed", "delivered")
    for (now, _), becomes in NEXT.items():
        assert order.index(becomes) >= order.index(now)
    for told in (("sent", "delivered", "read"), ("sent", "failed"), ("sent", "bounced"), ("failed", "delivered")):
        assert len({after(shuffled) for shuffled in permutations(told)}) == 1
    for doubled in product(("sent", "delivered", "read"), repeat=4):
        assert after(doubled) == ("delivered" if {"delivered", "read"} & set(doubled) else "sent")


@pytest.mark.parametrize(
    ("reach", "quality"),
    [
        (Reach("x", "h"), "unknown"), (Reach("x", "h", sent=2), "unknown"),
        (Reach("x", "h", sent=1, delivered=1), "good"),
        (Reach("x", "h", sent=3, failed=3, since_good=3), "bad"), (Reach("x", "h", failed=2, since_good=2), "unknown"),
        (Reach("x", "h", bounced=1, since_good=1), "bad"), (Reach("x", "h", bounced=1, answered=1), "good"),
        (Reach("x", "h", wrong=1, answered=5), "bad"),
    ],
)  # fmt: skip
def test_quality(reach: Reach, quality: str) -> None:
    assert reach.quality == quality


def test_who_answers_is_a_better_address_than_who_looks_and_who_looks_than_where_it_only_arrives() -> None:
    answers, looks, arrives, silent = (
        Reach("x", "h", sent=4, delivered=4, opened=4, answered=4), Reach("x", "h", sent=4, delivered=4, opened=4),
        Reach("x", "h", sent=4, delivered=4), Reach("x", "h", sent=4),
    )  # fmt: skip
    scores = [one.score for one in (answers, looks, arrives, silent, Reach("x", "h", wrong=1))]
    assert scores == sorted(scores, reverse=True)
    assert 0 <= scores[-1] < scores[0] <= 1


async def test_a_history_tells_how_each_address_has_fared(town: Town) -> None:
    from acuerdo.service.history import history

    key = await invited(town, phones=(PHONE, SECOND))
    await receipt(town, key, "read")
    await town.writes("hola", frm=SECOND)
    told = await history(town.world.app.histories, "ana")
    fared = {(one.channel, one.address): (one.quality, one.reach.opened, one.reach.answered) for one in told.reached}
    assert fared == {("whatsapp", "…2233"): ("good", 1, 0), ("whatsapp", "…8877"): ("good", 0, 1)}
    assert any("fue leído" in line.text for line in told.lines)
