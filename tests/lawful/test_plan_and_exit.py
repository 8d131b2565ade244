"""The plan and the exit ask the guard the same: nothing is planned that the exit then refuses for what was known."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from tests.sending.conftest import START, World

from acuerdo.adapters.store import book
from acuerdo.core import facts as f
from acuerdo.core.campaigns.planning import CONTACT
from acuerdo.core.compliance import Record, Refused
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Mode
from acuerdo.service.outbound import EntryRef
from acuerdo.service.planning import Line, approve, plan_campaign, run
from acuerdo.service.reaching import reach
from acuerdo.service.segmenting import segment_accounts, shipped_segments
from acuerdo.service.sending import record_for

CREDITOR = "Tienda Sol"
BOGOTA, MEXICO, MADRID, LIMA = "America/Bogota", "America/Mexico_City", "Europe/Madrid", "America/Lima"
CONSENT = "insert into consent (id, person_id, channel, given, at) values "
OPT_OUT = "insert into opt_out (subject_id, channel, address_hash, at) values "
HOLD = "insert into hold (subject_id, kind, creditor_id, since, until) values "
CONTACTED = "insert into contact (key, subject_id, at, channel, mode, purpose, status, reached) values "
POINT = """insert into contact_point (creditor_id, first_seen, last_seen, person_id, kind, address_hash, quality,
                                      source)
           values (:creditor, :at, :at, :person, 'phone', :point, """
ENTERED = """insert into register_entry (creditor_id, register, kind, hash, entered, at)
             values (:creditor, 'do_not_call', 'document', :subject, true, :at)"""
HOURS = "update person set preferred_hours = {!r} where id = :person"


class Case(NamedTuple):
    """Somebody, what is known of them, and how they are planned."""

    code: str
    sql: str = ""
    country: str = "CO"
    zone: str = BOGOTA


# What was known at the planning, of one person each; on a Monday at ten in Bogotá.
CASES: dict[str, Case] = {
    "nothing": Case(CONTACT),
    "said yes": Case(CONTACT, CONSENT + "(:person, :person, 'sms', true, :at)"),
    "said yes to all": Case(CONTACT, CONSENT + "(:person, :person, '*', true, :at)"),
    "said no": Case("refused_by_guard", CONSENT + "(:person, :person, 'sms', false, :at)"),
    "said no to all": Case("refused_by_guard", CONSENT + "(:person, :person, '*', false, :at)", "MX", MEXICO),
    "said yes to another": Case("refused_by_guard", CONSENT + "(:person, :person, 'email', true, :at)"),
    "said no to another": Case("refused_by_guard", CONSENT + "(:person, :person, 'email', false, :at)"),
    "said no to another, Mexico": Case(CONTACT, CONSENT + "(:person, :person, 'email', false, :at)", "MX", MEXICO),
    "said no, then yes": Case(
        CONTACT, CONSENT + "('a', :person, 'sms', false, :before), ('b', :person, 'sms', true, :at)"
    ),
    "said yes, then no": Case(
        "refused_by_guard", CONSENT + "('c', :person, 'sms', true, :before), ('d', :person, 'sms', false, :at)"
    ),
    "opted out": Case("opted_out", OPT_OUT + "(:subject, 'sms', '', :at)"),
    "opted out of all": Case("opted_out", OPT_OUT + "(:subject, '*', '', :at)"),
    "opted out at this address": Case("opted_out", OPT_OUT + "(:subject, 'sms', :sms, :at)"),
    "opted out at another address": Case(CONTACT, OPT_OUT + "(:subject, 'sms', 'elsewhere', :at)"),
    "opted out of e-mail": Case(CONTACT, OPT_OUT + "(:subject, 'email', '', :at)"),
    "opted out and in again": Case(
        CONTACT,
        "insert into opt_out (subject_id, channel, at, undone_at) values (:subject, 'sms', :before, :at)",
    ),
    "held": Case("on_hold", HOLD + "(:subject, 'dispute', :creditor, :before, null)"),
    "held everywhere": Case("on_hold", HOLD + "(:subject, 'death', '', :before, null)"),
    "held by another": Case(CONTACT, HOLD + "(:subject, 'dispute', 'Banco Luna', :before, null)"),
    "held until tomorrow": Case(CONTACT, HOLD + "(:subject, 'hardship', :creditor, :before, :tomorrow)"),
    "held until yesterday": Case(CONTACT, HOLD + "(:subject, 'hardship', :creditor, :long_before, :before)"),
    "held and lifted": Case(
        CONTACT, "insert into hold (subject_id, kind, since, lifted_at) values (:subject, 'fraud', :before, :at)"
    ),
    "named by a register": Case(CONTACT, ENTERED),
    "closed by a register": Case(
        "no_address",
        POINT + "'unknown', 'portfolio'); insert into never_contact values (:point, 'phone', 'register', '', :at)",
    ),
    "at a wrong number": Case("no_address", POINT + "'bad', 'portfolio')"),
    "at a number that was searched for": Case(CONTACT, POINT + "'unknown', 'buró')"),
    "at a number that was searched for, Mexico": Case("refused_by_guard", POINT + "'unknown', 'buró')", "MX", MEXICO),
    "wants the late afternoon": Case(CONTACT, HOURS.format("17:00-19:00")),
    "wants hours that the law closes": Case("refused_by_guard", HOURS.format("20:00-22:00")),
    "wants any hour": Case(CONTACT, HOURS.format("")),
    "was written to this morning": Case(
        CONTACT, CONTACTED + "('e', :subject, :morning, 'sms', 'text', 'collection', 'sent', false)"
    ),
    "was spoken with by telephone": Case(
        CONTACT, CONTACTED + "('g', :subject, :before, 'voice', 'voice', 'collection', 'sent', true)"
    ),
    "owes what can no longer be sued for": Case(
        CONTACT, "update account set limitation_date = '2025-01-01' where id = :account"
    ),
    "will owe tomorrow": Case(
        "not_invited",
        "update account set days_past_due = 0, due_date = '2026-11-24', as_of = '2026-11-23' where id = :account",
    ),
    "has paid": Case("paid", "update account set paid_since = balance where id = :account"),
    "is told to have paid": Case("paid", "update account set status = 'paid' where id = :account"),
    "is before a court": Case("legal", "update account set status = 'legal' where id = :account"),
    "owes the creditor no more": Case("withdrawn", "update account set status = 'withdrawn' where id = :account"),
    "promised": Case(
        "promise_open",
        """insert into promise (id, person_id, account_id, due, currency, status, made_at)
           values ('p', :person, :account, '2026-11-27', 'COP', 'open', :before)""",
    ),
    "agreed": Case(
        "agreement_in_force",
        """insert into agreement (id, creditor_id, person_id, accounts, status, currency, balance, total, origin,
                                  accepted_at)
           values ('g', :creditor, :person, array[:account], 'active', 'COP', 9, 9, 'bot', :before)""",
    ),
    "is in Madrid": Case(CONTACT, "", "ES", MADRID),
    "is in Lima": Case(CONTACT, "", "PE", LIMA),
    "is in a country without a pack": Case(CONTACT, "", "UY", "America/Montevideo"),
    "is in two zones": Case(
        CONTACT, "update person set zones = '{America/Santiago,Pacific/Easter}' where id = :person", "CL"
    ),
}


async def prepared(world: World) -> dict[str, Line]:
    """Everybody, sorted and planned; the plan's lines by case."""
    for n, (name, case) in enumerate(CASES.items()):
        phone = f"+57300{n:07d}"
        await world.person(name, phones=(phone,), country=case.country, zone=case.zone)
        known = {
            "person": name, "account": f"debt of {name}", "subject": f"subject {name}", "creditor": CREDITOR,
            "sms": world.app.keyring.address_hash("sms", phone),
            "point": world.app.keyring.address_hash("phone", phone),
            "at": START.isoformat(), "morning": (START - timedelta(hours=2)).isoformat(),
            "before": (START - timedelta(days=1)).isoformat(),
            "long_before": (START - timedelta(days=9)).isoformat(),
            "tomorrow": (START + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        sql = case.sql
        for word in sorted(known, key=len, reverse=True):
            sql = sql.replace(f":{word}", "'" + known[word] + "'")
        if sql:
            await world.app.pool.execute(sql)
    creditor = next(one for one in await world.app.creditors.all() if one.id == CREDITOR)
    await segment_accounts(world.app.sorter, creditor, shipped_segments(), START)
    summary = await plan_campaign(world.app.plans, creditor, "all", START)
    await approve(world.app.plans, summary.id, "operator", START)
    await run(world.app.plans, summary.id)
    return {line.person: line async for line in world.app.plans.lines(summary.id)}


async def test_each_is_planned_as_what_is_known_of_them_asks(world: World) -> None:
    lines = await prepared(world)
    assert {name: lines[name].code for name in CASES} == {name: case.code for name, case in CASES.items()}
    later = {name for name, line in lines.items() if line.at and line.at > START}
    assert later >= {
        "held until tomorrow", "wants the late afternoon", "was written to this morning", "was spoken with by telephone"
    }  # fmt: skip


async def test_who_is_planned_is_written_to_at_that_hour_and_never_refused_or_put_off(world: World) -> None:
    lines = await prepared(world)
    planned = sorted((line for line in lines.values() if line.included), key=lambda line: str(line.at))
    for at in dict.fromkeys(line.at for line in planned):
        assert at is not None
        world.clock.go_on(max(at - world.clock.now(), timedelta(0)))
        await world.work()
    became = {name: await world.entry(name) for name in (line.person for line in planned)}
    assert became == dict.fromkeys(became, ("sent", 1))
    told = await world.app.pool.fetch(
        "select person_id, kind from fact where kind in ('contact_delayed', 'contact_refused', 'message_dropped')"
        " and shown::json ->> 'stage' is distinct from 'planning'"
    )
    assert [tuple(row) for row in told] == []


async def test_who_is_left_out_would_be_refused_at_the_exit_for_the_same_reason(world: World) -> None:
    lines = await prepared(world)
    # Whom a strategy does not invite, the guard would let be written to: it is no stop of theirs.
    out = [line for line in lines.values() if not line.included and line.code != "not_invited"]
    assert len(out) > 15
    refs = await world.campaign(*(line.person for line in out), name="forced")
    for line, ref in zip(out, refs, strict=True):
        verdict = await reach(world.app.exit, ref)
        assert isinstance(verdict, Refused), (line.person, verdict)
        assert {one.code for one in verdict.why} == {one.code for one in line.why}, line.person


class TestWhatTheGuardIsToldOfThePerson:
    """Messages received, hours, registers and the number that a call shows, at planning and at the exit."""

    async def known(self, world: World, name: str = "ana", **settings: object) -> None:
        await world.creditor(CREDITOR, **settings)
        await world.person(name)

    async def at_the_exit(self, world: World, name: str = "ana", mode: Mode = "text") -> Record:
        async with world.app.exit.outbound.person(name, world.clock.now()) as contact:
            assert contact is not None
            traits = msgspec.structs.replace(
                world.app.channels["sms"].traits, name="voice" if mode == "voice" else "sms", mode=mode
            )
            (address,) = await contact.addresses(traits)
            return record_for(world.app.exit, contact, traits, address, None, world.clock.now())

    async def at_planning(self, world: World, name: str = "ana") -> Record:
        creditor = next(one for one in await world.app.creditors.all() if one.id == CREDITOR)
        await segment_accounts(world.app.sorter, creditor, shipped_segments(), world.clock.now())
        async with world.app.plans.draft(CREDITOR, "all", world.clock.now()) as draft:
            return {one.person: one.record async for chunk in draft.candidates() for one in chunk}[name]

    async def both(self, world: World, name: str = "ana") -> list[Record]:
        return [await self.at_planning(world, name), await self.at_the_exit(world, name)]

    async def test_a_message_that_came_in(self, world: World) -> None:
        await self.known(world)
        came = datetime.fromisoformat("2026-11-22T15:00:00-05:00")
        told = Recorded("m1", came, "debtor", f.MessageReceived("whatsapp", "m1", "hola"), CREDITOR, "ana")
        async with world.app.pool.acquire() as db:
            await book.record(db, world.app.keyring, [told])
        for record in await self.both(world):
            assert [(one.channel, one.at) for one in record.inbound] == [("whatsapp", came)]

    async def test_what_was_written_in_a_conversation(self, world: World) -> None:
        await self.known(world)
        came = START - timedelta(hours=3)
        await world.app.pool.execute(
            """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at, last_in)
               values ('k', $1, 'ana', 'web', '', '', $2, $2)""",
            CREDITOR, came,
        )  # fmt: skip
        await world.app.pool.execute(
            "insert into talk_place (conversation_id, channel, since, last_in) values ('k', 'messenger', $1, $1)", came
        )
        for record in await self.both(world):
            assert [(one.channel, one.at) for one in record.inbound] == [("messenger", came)]

    async def test_the_hours_of_the_portfolio_also_of_who_is_one_with_them(self, world: World) -> None:
        await self.known(world)
        await world.person("ana otra vez")
        await world.app.pool.execute("update person set preferred_hours = '09:00-12:00' where id = 'ana otra vez'")
        await world.app.pool.execute("update person set root_id = 'ana' where id = 'ana otra vez'")
        for record in await self.both(world):
            assert record.hours == ("mon-sun 09:00-12:00",)
        await world.app.pool.execute("update person set preferred_hours = '17:00-18:00' where id = 'ana'")
        for record in await self.both(world):
            assert record.hours == ("mon-sun 17:00-18:00",)

    async def test_registers_that_name_the_document_a_further_one_or_an_address(self, world: World) -> None:
        for name in ("document", "further", "address", "left", "another's"):
            await self.known(world, name)
        pool = world.app.pool
        await pool.execute("insert into person_key (person_id, kind, hash) values ('further', 'document', 'more')")
        await pool.execute(
            """insert into contact_point (creditor_id, first_seen, last_seen, person_id, kind, address_hash, source)
               values ($1, $2, $2, 'address', 'phone', 'home', 'portfolio')""",
            CREDITOR, START,
        )  # fmt: skip
        await world.creditor("Banco Luna")
        await pool.executemany(
            """insert into register_entry (creditor_id, register, kind, hash, entered, at)
               values ($1, 'do_not_call', $2, $3, $4, $5)""",
            [
                (CREDITOR, "document", "subject document", True, START), (CREDITOR, "document", "more", True, START),
                (CREDITOR, "phone", "home", True, START), (CREDITOR, "document", "subject left", False, START),
                ("Banco Luna", "document", "subject another's", True, START),
            ],
        )  # fmt: skip
        named = {"document", "further", "address"}
        for name in ("document", "further", "address", "left", "another's"):
            for record in await self.both(world, name):
                assert record.registers == (("do_not_call",) if name in named else ()), name

    async def test_the_number_that_a_call_shows(self, world: World) -> None:
        await self.known(world, senders={"voice": "+576015550100", "sms": "Sol"})
        planned = await self.at_planning(world)
        assert planned.caller == "+576015550100"
        called, written = await self.at_the_exit(world, mode="voice"), await self.at_the_exit(world)
        assert called.caller == "+576015550100"
        assert written.caller is None


async def test_hours_that_changed_after_the_planning_put_the_message_off(world: World) -> None:
    """At the exit, too: what is wished for now counts."""
    await world.person("ana")
    (ref,) = await world.campaign("ana")
    await world.app.pool.execute("update person set preferred_hours = '17:00-19:00' where id = 'ana'")
    verdict = await reach(world.app.exit, EntryRef(ref.campaign, ref.account))
    assert verdict is not None
    assert {one.code for one in verdict.why} == {"person_hours"}
    await world.work()
    assert await world.phone() == []
    world.clock.go_on(timedelta(hours=7))
    await world.work()
    assert len(await world.phone()) == 1
