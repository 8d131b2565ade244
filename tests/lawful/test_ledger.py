"""One ledger for everybody's contacts: what counts, what is released, until when a message may be delivered."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.sending.conftest import PHONE, START, World, world_on

from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared, NotYet, Refused
from acuerdo.core.words import HoldKind
from acuerdo.service import sending
from acuerdo.service.channels import Traits
from acuerdo.service.explaining import explain_contact
from acuerdo.service.holding import NoReason, NoSuchDay, NotByHand, hold_terms, lift_hold, place_hold
from acuerdo.service.outbound import EntryRef
from acuerdo.service.reaching import reach
from acuerdo.service.sending import time_to_live
from acuerdo.testing.carrier import Misbehaviour


async def two_creditors(world: World) -> list[EntryRef]:
    """One human, whom two creditors want to write to."""
    await world.person("ana", subject="one human")
    await world.person("ana en otra casa", subject="one human", creditor="Banco Luna")
    return [*await world.campaign("ana"), *await world.campaign("ana en otra casa", name="c2")]


def until(world: World, moment: str) -> None:
    world.clock.go_on(datetime.fromisoformat(moment) - world.clock.now())


async def reserve(world: World, ref: EntryRef) -> object:
    return await reach(world.app.exit, ref)


async def code(world: World, ref: EntryRef) -> set[str]:
    verdict = await reach(world.app.exit, ref)
    assert isinstance(verdict, NotYet | Refused), verdict
    return {reason.code for reason in verdict.why}


async def test_a_message_carries_its_time_to_live_to_the_carrier(world: World) -> None:
    await world.person()
    await world.campaign("ana")
    until(world, "2026-11-23T18:30:00-05:00")
    await world.work()
    expires = await world.app.pool.fetchval("select expires_at from sandbox.sms")
    assert expires is not None
    assert START.astimezone(expires.tzinfo) < expires
    assert expires <= datetime.fromisoformat("2026-11-23T18:45:00-05:00"), "the window ends at 19:00, less its margin"


@pytest.mark.parametrize(("left", "ttl"), [(3600, 3590), (500_000, 259_200), (11, 1), (10, None), (-5, None)])
def test_too_little_time_is_none_at_all(left: int, ttl: int | None) -> None:
    traits = Traits("sms", shortest_ttl=1, longest_ttl=259_200)
    assert time_to_live(traits, START + timedelta(seconds=left), START) == ttl


async def test_what_cannot_go_out_in_time_is_put_off_and_judged_anew(world: World) -> None:
    await world.person()
    (ref,) = await world.campaign("ana")
    await reserve(world, ref)
    until(world, "2026-11-23T18:44:55-05:00")  # five seconds before the end, with its margin
    await sending.send(world.app.exit, ref.key)
    assert await world.phone() == []
    assert await world.app.pool.fetchval("select count(*) from contact") == 0
    assert await world.entry() == ("waiting", 2)
    until(world, "2026-11-24T09:00:00-05:00")
    await world.work()
    assert len(await world.phone()) == 1


async def test_a_message_whose_time_was_over_is_told_as_failed(db_url: str, tmp_path: Path) -> None:
    async with world_on(db_url, tmp_path, Misbehaviour(expired=100, delay=0)) as world:
        await world.person()
        await world.campaign("ana")
        await world.work()
        assert await world.outbox() == ["failed"]
        (failed,) = [r.fact for r in await world.facts() if isinstance(r.fact, f.MessageFailed)]
        assert failed.error == "expired"


async def test_a_contact_of_one_creditor_counts_for_the_other(world: World) -> None:
    first, second = await two_creditors(world)
    assert isinstance(await reserve(world, first), Cleared)
    assert "cap_reached" in await code(world, second)


async def test_what_nobody_can_tell_counts(world: World) -> None:
    first, second = await two_creditors(world)
    await reserve(world, first)
    await world.app.pool.execute("update contact set status = 'unknown'")
    assert "cap_reached" in await code(world, second)


async def test_a_contact_that_others_made_counts(world: World) -> None:
    first, _ = await two_creditors(world)
    await world.app.pool.execute(
        """insert into contact (key, subject_id, at, channel, mode, purpose, status)
           values ('theirs', 'one human', $1, 'voice', 'voice', 'collection', 'sent')""",
        START - timedelta(hours=1),
    )
    assert "cap_reached" in await code(world, first)


async def test_what_was_dropped_before_it_left_is_released(world: World) -> None:
    first, second = await two_creditors(world)
    await reserve(world, first)
    await world.app.pool.execute("update account set status = 'open'")
    await world.app.pool.execute("insert into opt_out (subject_id, channel, at) values ('one human', 'sms', $1)", START)
    await sending.send(world.app.exit, first.key)
    assert await world.app.pool.fetchval("select count(*) from contact") == 0
    await world.app.pool.execute("delete from opt_out")
    assert isinstance(await reserve(world, second), Cleared)


async def test_the_ledger_says_about_what_where_and_to_which_address(world: World) -> None:
    await world.person()
    (ref,) = await world.campaign("ana")
    await reserve(world, ref)
    row = await world.app.pool.fetchrow("select creditor_id, account_id, zones, address_hash from contact")
    assert tuple(row) == (
        "Tienda Sol", "debt of ana", ["America/Bogota"], world.app.keyring.address_hash("sms", PHONE)
    )  # fmt: skip


async def test_who_moves_does_not_get_the_same_day_twice(world: World) -> None:
    first, second = await two_creditors(world)
    until(world, "2026-11-23T18:00:00-05:00")
    assert isinstance(await reserve(world, first), Cleared)
    await world.app.pool.execute("update person set zones = '{Pacific/Auckland}'")  # where Tuesday has begun
    assert "cap_reached" in await code(world, second)


async def test_a_consent_withdrawn_closes_the_channel(world: World) -> None:
    await world.person()
    (ref,) = await world.campaign("ana")
    await world.app.pool.execute(
        "insert into consent (id, person_id, channel, given, at) values ('1', 'ana', 'sms', true, $1)",
        START - timedelta(days=9),
    )
    await world.app.pool.execute(
        "insert into consent (id, person_id, channel, given, at) values ('2', 'ana', 'sms', false, $1)",
        START - timedelta(days=3),
    )
    assert "no_consent" in await code(world, ref)


async def test_a_guarantor_is_judged_as_one_and_a_reference_never_written_to(world: World) -> None:
    await world.person()
    await world.person("fiador")
    await world.app.pool.execute("delete from account where id = 'debt of fiador'")
    for role, want in (("guarantor", "guarantor"), ("reference", "reference")):
        await world.app.pool.execute("delete from party")
        await world.app.pool.execute(
            """insert into party (account_id, role, id, person_id, sealed, at)
               values ('debt of ana', $1, 'x', 'fiador', '', $2)""",
            role, START,
        )  # fmt: skip
        async with world.app.exit.outbound.person("fiador", START) as contact:
            assert contact is not None
            assert contact.about("debt of ana", START).role == want
            assert contact.about(None, START).role == want
    told = await explain_contact(world.app.exit, "fiador", "sms", START)
    assert told is not None
    assert told.word.verdict == "refused"
    assert "third_party" in {reason.code for reason in told.word.why}


async def test_a_hold_cancels_what_waits_of_both_creditors_and_all_channels_at_once(world: World) -> None:
    first, _ = await two_creditors(world)
    await reserve(world, first)
    say = await world.app.pool.fetchval("select say from outbox")
    for channel, person, creditor in (("email", "ana", "Tienda Sol"), ("sms", "ana en otra casa", "Banco Luna")):
        await world.app.pool.execute(
            """insert into outbox (key, creditor_id, person_id, channel, origin, purpose, say, not_before, deadline,
                                   created_at, updated_at)
               values ($1, $2, $3, $4, 'bot', 'collection', $5, $6, $6, $6, $6)""",
            f"{channel} {person}", creditor, person, channel, say, START,
        )  # fmt: skip
    assert await place_hold(world.app.holds, "ana", "suicide_risk", "lo dijo por teléfono", "agent:lucia", START)
    assert set(await world.outbox()) == {"dropped"}
    assert await world.app.pool.fetchval("select count(*) from contact") == 0
    (row,) = await world.app.holds.standing(None, START)
    assert (row.kind, row.who, row.why, row.creditor) == ("suicide_risk", "agent:lucia", "lo dijo por teléfono", "")
    assert row.until == START + timedelta(days=60)
    sealed = await world.app.pool.fetchval("select shown from fact where kind = 'hold_placed'")
    assert "teléfono" not in sealed


async def test_a_creditors_hold_is_that_creditors_alone(world: World) -> None:
    first, second = await two_creditors(world)
    await place_hold(world.app.holds, "ana", "dispute", "niega el monto", "operator", START)
    assert "on_hold" in await code(world, first)
    assert isinstance(await reserve(world, second), Cleared)
    (row,) = await world.app.holds.standing(("ana",), START)
    assert (row.until, row.review_at) == (None, START + timedelta(days=15))
    assert await lift_hold(world.app.holds, "ana", "dispute", "se respondió", "agent:lucia", START)
    assert await world.app.holds.standing(None, START) == []
    lifted = [r for r in await world.facts() if isinstance(r.fact, f.HoldLifted)]
    assert [(r.who, r.fact.why) for r in lifted] == [("agent:lucia", "se respondió")]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "why", "days", "error"),
    [("dispute", "  ", None, NoReason), ("opt_out", "porque sí", None, NotByHand),
     ("nada", "porque sí", None, NotByHand),
     ("dispute", "porque sí", -1, NoSuchDay), ("dispute", "porque sí", 900, NoSuchDay)],
)  # fmt: skip
async def test_a_hold_needs_a_reason_a_kind_and_a_day(
    world: World, kind: HoldKind, why: str, days: int | None, error: type[Exception]
) -> None:
    await world.person()
    until = START + timedelta(days=days) if days else None
    with pytest.raises(error):
        await place_hold(world.app.holds, "ana", kind, why, "operator", START, until=until)
    assert await world.app.pool.fetchval("select count(*) from hold") == 0


def test_the_spans_of_section_twelve() -> None:
    terms = hold_terms()
    days = {kind: terms[kind].days for kind in ("suicide_risk", "vulnerability", "bereavement", "adviser")}
    assert days == {"suicide_risk": 60, "vulnerability": 30, "bereavement": 30, "adviser": 30}
    assert all(terms[kind].days == 0 and terms[kind].review for kind in ("dispute", "insolvency"))
    assert [kind for kind, one in terms.items() if one.call_back] == ["suicide_risk"]


async def test_explain_tells_the_rules_with_their_sources_and_what_is_left(world: World) -> None:
    first, _ = await two_creditors(world)
    await reserve(world, first)
    told = await explain_contact(world.app.exit, "ana en otra casa", "sms", START)
    assert told is not None
    assert told.word.verdict == "not_yet"
    assert told.word.left_today == 0
    assert told.word.at is not None
    assert told.word.at.date() > START.date()
    assert all(rule.id and rule.status for rule in told.rules)
    assert any(rule.source for rule in told.rules)
    assert {one.channel for one in told.channels} >= {"sms", "email", "whatsapp", "voice"}
    msgspec.json.encode(told)
    assert await world.app.pool.fetchval("select count(*) from contact") == 1, "asking reserves nothing"


async def test_who_wants_to_be_left_alone_by_sms_is_on_every_channel_and_told_once(world: World) -> None:
    await two_creditors(world)
    await world.work()
    body = {"type": "inbound", "from": PHONE, "text": "no me escriban más, por favor"}
    await world.post({**body, "id": "in1"})
    await world.work()
    await world.post({**body, "id": "in2"})
    await world.work()
    assert sum("Dejamos de escribirle" in text for text in await world.phone()) == 1
    rows = await world.app.pool.fetch("select channel, address_hash, undone_at from opt_out")
    assert [tuple(row) for row in rows] == [("*", "", None)]
    for channel in ("sms", "email", "voice"):
        told = await explain_contact(world.app.exit, "ana en otra casa", channel, START + timedelta(days=9))
        assert told is not None
        assert "opted_out" in {reason.code for reason in told.word.why}
