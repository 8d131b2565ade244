"""A campaign's entry at its hour: written to, later, or not at all; decided with what is known then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.sending.conftest import PHONE, START, World

from acuerdo.core import facts as f
from acuerdo.service.reaching import reach, renew, texts

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


async def test_an_invitation_arrives_with_its_link_and_everything_is_on_record(world: World) -> None:
    await world.person()
    await world.campaign("ana")
    await world.work()
    (text,) = await world.phone()
    assert "Le escribe el asistente virtual de Tienda Sol." in text
    assert "BAJA" in text
    token = text.split("/c/")[1].split()[0]
    assert await world.app.links.find(token) is not None
    assert await world.kinds() == ["link_issued", "contact_reserved", "said", "message_sent", "message_delivered"]
    assert await world.entry() == ("sent", 1)
    contact = await world.app.pool.fetchrow("select status, purpose, at from contact")
    assert (contact["status"], contact["purpose"], contact["at"]) == ("delivered", "collection", START)


async def test_the_link_is_nowhere_in_the_facts_nor_in_plain_sight_in_the_outbox(world: World) -> None:
    await world.person()
    await world.campaign("ana")
    await world.work()
    (text,) = await world.phone()
    token = text.split("/c/")[1].split()[0]
    assert all(token not in str(recorded.fact) for recorded in await world.facts())
    (said,) = [r.fact for r in await world.facts() if isinstance(r.fact, f.Said)]
    assert "/c/•••" in said.content.text
    for raw in await world.app.pool.fetch("select say from outbox"):
        assert token.encode() not in raw["say"]
        assert PHONE.encode() not in raw["say"]


async def test_at_night_it_waits_for_the_morning(world: World) -> None:
    world.clock.go_on(timedelta(hours=13))  # 23:00 in Bogotá
    await world.person()
    (ref,) = await world.campaign("ana")
    await reach(world.app.exit, ref)
    (delayed,) = [r.fact for r in await world.facts() if isinstance(r.fact, f.ContactDelayed)]
    assert delayed.until.astimezone(START.tzinfo).hour == 12  # 7:00 in Bogotá
    assert await world.phone() == []
    world.clock.go_on(timedelta(hours=9))
    await world.work()
    assert len(await world.phone()) == 1


async def test_one_attempt_a_day_holds_over_creditors_of_the_same_person(world: World) -> None:
    await world.person("ana", subject="one human")
    await world.person("ana en otra casa", subject="one human", creditor="Banco Luna")
    await world.campaign("ana")
    await world.campaign("ana en otra casa", name="c2")
    await world.work()
    assert len(await world.phone()) == 1
    assert sorted([(await world.entry("ana"))[0], (await world.entry("ana en otra casa"))[0]]) == ["sent", "waiting"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("update account set paid_since = balance", "paid"),
        ("update account set status = 'withdrawn'", "withdrawn"),
        ("insert into opt_out (subject_id, channel, at) select id, '*', $1 from subject", "opted_out"),
        ("insert into hold (subject_id, kind, since) select id, 'dispute', $1 from subject", "on_hold"),
        (
            "insert into promise (id, person_id, due, currency, status, made_at) "
            "values ('p', 'ana', '2026-11-27', 'COP', 'open', $1)",
            "promise_open",
        ),
    ],
)
async def test_what_came_between_plan_and_hour_keeps_it_back(world: World, change: str, code: str) -> None:
    await world.person()
    await world.campaign("ana")
    await world.app.pool.execute(change, *([START] if "$1" in change else []))
    await world.work()
    assert await world.phone() == []
    assert await world.entry() == ("refused", 1)
    (refused,) = [r.fact for r in await world.facts() if isinstance(r.fact, f.ContactRefused)]
    assert [reason.code for reason in refused.why] == [code]
    assert await world.app.pool.fetchval("select count(*) from contact") == 0


async def test_a_closed_address_is_passed_over_for_another_on_file(world: World) -> None:
    other = "+573009998877"
    await world.person(phones=(PHONE, other))
    await world.campaign("ana")
    closed = world.app.keyring.address_hash("sms", PHONE)
    await world.app.pool.execute("insert into opt_out values ('subject ana', 'sms', $1, $2)", closed, START)
    await world.work()
    assert await world.phone(PHONE) == []
    assert len(await world.phone(other)) == 1


async def test_nobody_without_an_address_is_written_to(world: World) -> None:
    await world.person(phones=())
    await world.campaign("ana")
    await world.work()
    assert await world.entry() == ("refused", 1)


async def test_an_agency_says_for_whom_it_writes(world: World) -> None:
    await world.creditor("Tienda Sol", ownership="agency", agency="Cobros Claros")
    await world.person()
    await world.campaign("ana")
    await world.work()
    (text,) = await world.phone()
    assert "Cobros Claros por encargo de Tienda Sol" in text


async def test_only_an_expired_link_is_renewed_and_once_a_day(world: World) -> None:
    await world.person()
    await world.campaign("ana")
    await world.work()
    token = (await world.phone())[0].split("/c/")[1].split()[0]
    link = await world.app.links.find(token)
    assert link is not None
    assert await renew(world.app.exit, link, world.clock.now()) is None
    world.clock.go_on(timedelta(days=16))
    for _ in range(2):
        await world.app.renew(link, world.clock.now())
    await world.work()
    first, second = await world.phone()
    assert second.split("/c/")[1].split()[0] != token
    assert "link_renewed" in await world.kinds()
    fresh = await world.app.links.find(second.split("/c/")[1].split()[0])
    assert fresh is not None
    await world.app.links.revoke(fresh, world.clock.now(), "wrong_person")
    revoked = await world.app.links.find(second.split("/c/")[1].split()[0])
    assert revoked is not None
    assert await renew(world.app.exit, revoked, world.clock.now() + timedelta(days=30)) is None
    assert first != second


def test_what_is_written_before_identity_fits_an_sms_and_urges_nobody() -> None:
    for name, by_country in texts().items():
        for text in by_country.values():
            bare = text.replace("{who}", "").replace("{link}", "")
            assert set(bare) <= set(GSM), (name, set(bare) - set(GSM))
            assert not any(word in bare.casefold() for word in ("pag", "deud", "debe", "mora", "saldo", "cobr", "urg"))
            assert name in ("stopped", "stopped_all") or "BAJA" in text
