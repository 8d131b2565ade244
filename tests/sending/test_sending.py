"""The exit: judged again, delivered once, and honest about what nobody can tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from tests.sending.conftest import PHONE, START, World, world_on

from acuerdo import worker
from acuerdo.core import facts as f
from acuerdo.core.compliance import Cleared
from acuerdo.service import sending, stopping
from acuerdo.service.channels import Delivery, Event, Failed, Sent, Traits, Unknown, Wire, as_text
from acuerdo.service.reaching import reach
from acuerdo.testing.carrier import Misbehaviour
from acuerdo.worker import Pace


class Scripted:
    """A channel that answers what it is told to, in order; it can be asked for what it knows, unless it is deaf."""

    deaf = False

    def __init__(self, *answers: Delivery, lookup: bool = False, known: Mapping[str, str] | None = None) -> None:
        self.answers, self.sent, self.known = list(answers), [], dict(known or {})
        self._lookup = lookup

    @property
    def traits(self) -> Traits:
        return Traits("sms", lookup=self._lookup, sandbox=True)

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return True

    def parse(self, raw: bytes) -> list[Event]:
        return []

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        return Wire(cleared.say.key, address, sender, as_text(cleared.say.content))

    async def deliver(self, wire: Wire) -> Delivery:
        self.sent.append(wire.ref)
        return self.answers.pop(0)

    async def lookup(self, ref: str) -> Sent | None:
        if self.deaf:
            raise ConnectionError("deaf")
        return Sent(self.known[ref]) if ref in self.known else None


def through(world: World, channel: Scripted) -> World:
    """The same house, with another carrier."""
    exit_ = msgspec.structs.replace(world.app.exit, channels={"sms": channel})
    return replace(world, app=replace(world.app, exit=exit_))


async def queued(world: World) -> str:
    """One invitation in the outbox, not yet sent; its key."""
    await world.person()
    (ref,) = await world.campaign("ana")
    await reach(world.app.exit, ref)
    return str(await world.app.pool.fetchval("select key from outbox"))


async def last_fact(world: World, kind: type[f.Fact]) -> f.Fact:
    return [r.fact for r in await world.facts() if isinstance(r.fact, kind)][-1]


async def test_who_opts_out_while_a_message_waits_does_not_get_it(world: World) -> None:
    key = await queued(world)
    await world.app.pool.execute("insert into opt_out values ('subject ana', 'sms', '', $1)", START)
    await sending.send(world.app.exit, key)
    assert await world.phone() == []
    dropped = await last_fact(world, f.MessageDropped)
    assert [reason.code for reason in dropped.why] == ["opted_out"]  # type: ignore[attr-defined]
    assert await world.app.pool.fetchval("select count(*) from contact") == 0
    assert await world.entry() == ("refused", 1)


async def test_after_a_takeover_the_bots_waiting_messages_are_dropped(world: World) -> None:
    key = await queued(world)
    await world.app.pool.execute(
        """insert into conversation (id, creditor_id, person_id, channel, owner, flows, state, started_at)
           values ('talk', 'Tienda Sol', 'ana', 'web', 'agent:lina', '', '', $1)""",
        START,
    )
    await world.app.pool.execute("update outbox set conversation_id = 'talk'")
    await sending.send(world.app.exit, key)
    assert await world.phone() == []
    dropped = await last_fact(world, f.MessageDropped)
    assert [reason.code for reason in dropped.why] == ["taken_over"]  # type: ignore[attr-defined]


async def test_a_message_past_its_hour_is_dropped_and_its_entry_decided_anew(world: World) -> None:
    key = await queued(world)
    world.clock.go_on(timedelta(hours=14))  # midnight in Bogotá
    await sending.send(world.app.exit, key)
    assert await world.outbox() == ["dropped"]
    assert await world.entry() == ("waiting", 2)
    await world.work()
    assert await world.phone() == []
    world.clock.go_on(timedelta(hours=9))
    await world.work()
    assert len(await world.phone()) == 1
    assert await world.entry() == ("sent", 2)


async def test_two_workers_with_the_same_job_send_once(world: World) -> None:
    key = await queued(world)
    await sending.send(world.app.exit, key)
    await sending.send(world.app.exit, key)
    await world.work()
    assert len(await world.phone()) == 1
    assert (await world.kinds()).count("message_sent") == 1


async def test_what_nobody_can_tell_is_never_sent_again_and_counts_as_a_contact(world: World) -> None:
    channel = Scripted(Unknown())
    house = through(world, channel)
    key = await queued(world)
    await sending.send(house.app.exit, key)
    await worker.drain(house.app)
    await sending.recover(house.app.exit, key)
    assert channel.sent == [key]
    assert await world.outbox() == ["unknown"]
    assert await world.app.pool.fetchval("select status from contact") == "unknown"
    assert (await world.kinds())[-1] == "message_unknown"


async def test_a_later_receipt_settles_what_nobody_could_tell(world: World) -> None:
    house = through(world, Scripted(Unknown()))
    key = await queued(world)
    await sending.send(house.app.exit, key)
    await world.post({"type": "receipt", "id": "m1", "client_ref": key, "status": "delivered"})
    await world.work()
    assert await world.outbox() == ["delivered"]
    assert (await world.kinds())[-3:] == ["message_unknown", "message_sent", "message_delivered"]


async def test_where_the_carrier_can_be_asked_silence_is_settled_at_once(world: World) -> None:
    key = await queued(world)
    channel = Scripted(Unknown(), lookup=True, known={key: "m7"})
    await sending.send(through(world, channel).app.exit, key)
    assert await world.outbox() == ["sent"]
    assert channel.sent == [key]


async def test_a_carrier_that_cannot_be_asked_now_is_asked_again_later(world: World) -> None:
    key = await queued(world)
    channel = Scripted(Unknown(), lookup=True, known={key: "m8"})
    channel.deaf = True
    house = through(world, channel)
    await sending.send(house.app.exit, key)
    await sending.recover(house.app.exit, key)
    assert await world.outbox() == ["sending"]
    channel.deaf = False
    await sending.recover(house.app.exit, key)
    assert (await world.outbox(), channel.sent) == (["sent"], [key])


async def test_a_carrier_that_is_deaf_for_an_hour_leaves_the_message_unknown(world: World) -> None:
    key = await queued(world)
    channel = Scripted(Unknown(), lookup=True)
    channel.deaf = True
    house = through(world, channel)
    await sending.send(house.app.exit, key)
    world.clock.go_on(timedelta(hours=2))
    await sending.recover(house.app.exit, key)
    assert await world.outbox() == ["unknown"]


async def test_what_never_arrived_is_sent_again_after_a_pause(world: World) -> None:
    key = await queued(world)
    channel = Scripted(Unknown(), Failed("busy", again=True), Sent("m9"), lookup=True)
    house = through(world, channel)
    await sending.send(house.app.exit, key)
    assert await world.outbox() == ["pending"]
    for _ in range(2):
        world.clock.go_on(timedelta(seconds=5))
        await worker.drain(house.app)
    assert await world.outbox() == ["sent"]
    assert channel.sent == [key] * 3
    assert await world.app.pool.fetchval("select count(*) from contact") == 1


async def test_what_the_carrier_refuses_was_no_contact(world: World) -> None:
    house = through(world, Scripted(Failed("no such number")))
    key = await queued(world)
    await sending.send(house.app.exit, key)
    assert await world.outbox() == ["failed"]
    assert await world.app.pool.fetchval("select count(*) from contact") == 0
    assert await world.entry() == ("failed", 1)


async def test_a_delivery_whose_worker_died_is_asked_for_and_sent_once(world: World) -> None:
    key = await queued(world)
    await world.app.pool.execute(
        "update outbox set status = 'sending', attempts = 1, seized_at = '2020-01-01T00:00:00Z'"
    )
    await world.work()  # the carrier never had it: it waits a moment, and goes
    world.clock.go_on(timedelta(seconds=5))
    await world.work()
    assert len(await world.phone()) == 1
    await world.app.pool.execute("update outbox set status = 'sending', seized_at = '2020-01-01T00:00:00Z'")
    await world.work()  # now it has it
    assert len(await world.phone()) == 1
    assert (await world.outbox())[0] in ("sent", "delivered")
    assert key


async def test_a_delivery_under_way_is_left_alone(world: World) -> None:
    await queued(world)
    await world.app.pool.execute("update outbox set status = 'sending', attempts = 1, seized_at = clock_timestamp()")
    await worker.tick(world.app, Pace(stale=timedelta(seconds=30)))
    await worker.drain(world.app)
    assert await world.outbox() == ["sending"]


async def test_a_job_that_was_lost_is_made_again(world: World) -> None:
    await queued(world)
    await world.app.pool.execute("delete from pgqueuer")
    await world.work()
    assert await world.phone() == []
    await world.app.pool.execute("update outbox set queued_at = queued_at - interval '1 minute'")
    await world.work()
    assert len(await world.phone()) == 1


@pytest.mark.parametrize("seed", ["1", "2"])
async def test_a_carrier_that_misbehaves_in_every_way_still_has_each_message_once(
    db_url: str, tmp_path: Path, seed: str
) -> None:
    bad = Misbehaviour(
        seed=seed, silent=20, silence=0.05, broken=30, broken_after=30, duplicated=30, reordered=30, backwards=30,
        undelivered=10, delay=0,
    )  # fmt: skip
    async with world_on(db_url, tmp_path, bad) as world:
        people = [await world.person(f"p{n}", phones=(f"+5730011122{n:02}",)) for n in range(40)]
        await world.campaign(*people)
        for _ in range(4):
            await world.work()
            world.clock.go_on(timedelta(seconds=5))
        book = await world.app.pool.fetchrow("select count(*), count(distinct number) from sandbox.sms")
        assert tuple(book) == (40, 40)
        assert {await world.entry(person) for person in people} == {("sent", 1)}
        outbox = await world.outbox()
        assert set(outbox) == {"delivered", "failed"}
        for person in people:
            kinds = await world.kinds(person)
            assert kinds.count("message_sent") == 1
            assert kinds.count("message_delivered") + kinds.count("message_failed") == 1


async def test_the_allow_list_lets_only_listed_addresses_through(world: World) -> None:
    await world.app.switch.only_listed(True)
    await world.app.switch.allow("sms", "+573000000001")
    await world.person("ana")
    await world.person("luz", phones=("+573000000001",))
    await world.campaign("ana", "luz")
    await world.work()
    assert await world.phone(PHONE) == []
    assert len(await world.phone("+573000000001")) == 1
    refused = await last_fact(world, f.ContactRefused)
    assert [reason.code for reason in refused.why] == ["not_on_allow_list"]  # type: ignore[attr-defined]


async def test_the_settings_allow_list_holds_real_carriers_back_and_no_sandbox(db_url: str, tmp_path: Path) -> None:
    async with world_on(db_url, tmp_path, allow_list="+573000000001") as world:
        await world.person("ana")
        await world.person("luz", phones=("+573000000001",))
        real = Scripted(Sent("m1"), Sent("m2"))
        real.__class__ = type("Real", (Scripted,), {"traits": property(lambda _: Traits("sms"))})
        house = through(world, real)
        await world.campaign("ana", "luz")
        await worker.drain(house.app)
        assert len(real.sent) == 1
        await world.campaign("ana", name="c2")
        await world.work()
        assert len(await world.phone(PHONE)) == 1


async def test_under_stop_all_nothing_leaves_and_lifting_it_judges_again(world: World) -> None:
    key = await queued(world)
    assert await stopping.stop_all(world.app.switch, "a test", world.clock.now())
    assert not await stopping.stop_all(world.app.switch, "again", world.clock.now())
    await sending.send(world.app.exit, key)
    await world.work()
    assert (await world.phone(), await world.outbox()) == ([], ["pending"])
    assert await stopping.resume(world.app.switch, world.clock.now())
    await world.work()
    assert len(await world.phone()) == 1
    kinds = [row[0] for row in await world.app.pool.fetch("select kind from fact where person_id is null")]
    assert kinds == ["outbound_stopped", "outbound_resumed"]
