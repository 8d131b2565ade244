"""A campaign is planned, read, approved: who is in, when and where, and why the others are not."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from acuerdo.adapters.store.campaigns import StoredPlans
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.core.compliance import Cleared, Record, judge
from acuerdo.core.messages import Content, Say
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.creditors import Creditor
from acuerdo.service.law import load_rules
from acuerdo.service.planning import (
    Line,
    NotApprovable,
    NotSegmented,
    Summary,
    UnknownCampaign,
    approve,
    plan_campaign,
    show,
    status,
)
from acuerdo.service.segmenting import segment_accounts, shipped_segments
from acuerdo.testing.synthetic import portfolio

from .portfolio_cases import ANA, ANA_TOO, IVAN, NOW, column, creditor_in, imported, kinds, put

RING = Keyring([b"k" * 32])


async def sorted_in(db: asyncpg.Pool, *rows: str, at: datetime = NOW) -> Creditor:
    creditor = await creditor_in(db)
    await imported(db, creditor, *rows, at=at)
    await segment_accounts(StoredSegments(db), creditor, shipped_segments(), at)
    return creditor


async def lines_of(db: asyncpg.Pool, summary: Summary) -> dict[str, Line]:
    return {line.external_id: line async for line in StoredPlans(db).lines(summary.id)}


async def planned(db: asyncpg.Pool, creditor: Creditor, segment: str = "all", at: datetime = NOW) -> dict[str, Line]:
    return await lines_of(db, await plan_campaign(StoredPlans(db), creditor, segment, at))


async def burden(db: asyncpg.Pool, sql: str) -> None:
    """Something that happened to Iván, whose subject, person and account the statement names."""
    row = await db.fetchrow(
        """select p.subject_id, p.id as person, a.id as account, p.creditor_id from person p
           join account a on a.person_id = p.id where a.external_id = 'A2'"""
    )
    for name, value in row.items():
        sql = sql.replace(f":{name}", f"'{value}'")
    await db.execute(sql)


class TestOnePlan:
    async def test_who_is_in_is_told_when_where_and_why(self, db: asyncpg.Pool) -> None:
        lines = await planned(db, await sorted_in(db, ANA, IVAN))
        line = lines["A2"]
        assert (line.included, line.channel, line.at, line.code, line.status) == (
            True,
            "sms",
            NOW,
            "contact",
            "waiting",
        )
        assert line.why[0].code == "within_rules"
        assert line.why[0].rules

    async def test_one_invitation_per_person_for_their_first_ranked_debt(self, db: asyncpg.Pool) -> None:
        lines = await planned(db, await sorted_in(db, ANA_TOO, ANA))
        assert (lines["A1"].included, lines["A3"].included, lines["A3"].code) == (True, False, "same_person")

    async def test_a_segment_alone(self, db: asyncpg.Pool) -> None:
        assert set(await planned(db, await sorted_in(db, ANA, IVAN, ANA_TOO), "mid")) == {"A2"}

    async def test_outside_the_window_it_waits_for_the_next_one(self, db: asyncpg.Pool) -> None:
        night = datetime(2026, 11, 28, 23, 0, tzinfo=ZoneInfo("America/Bogota"))  # a Saturday
        lines = await planned(db, await sorted_in(db, ANA), at=night)
        assert lines["A1"].at == datetime(2026, 11, 30, 7, 0, tzinfo=ZoneInfo("America/Bogota"))
        assert lines["A1"].why[0].code == "outside_window"
        assert (await kinds(db))["contact_delayed"] == 1

    async def test_each_refusal_is_a_fact_that_names_its_rules(self, db: asyncpg.Pool) -> None:
        creditor = await sorted_in(db, ANA, IVAN)
        await burden(db, f"insert into opt_out values (:subject_id, 'sms', '', '{NOW.isoformat()}')")
        summary = await plan_campaign(StoredPlans(db), creditor, "all", NOW)
        assert (summary.included, summary.left_out) == (1, 1)
        (fact,) = await db.fetch("select shown, account_id, campaign_id from fact where kind = 'contact_refused'")
        assert '"opted_out"' in fact["shown"]
        assert f'"{summary.rules}"' in fact["shown"]
        assert fact["campaign_id"] == summary.id
        assert fact["account_id"] == (await lines_of(db, summary))["A2"].account


AT = NOW.isoformat()
BURDENS = {
    "opted_out": f"insert into opt_out values (:subject_id, '*', '', '{AT}')",
    "on_hold": f"insert into hold values (:subject_id, 'dispute', '', '{AT}', null, null)",
    "paid": "update account set paid_since = balance where id = :account",
    "withdrawn": "update account set status = 'withdrawn' where id = :account",
    "legal": "update account set status = 'legal' where id = :account",
    "not_segmented": "delete from account_segment where account_id = :account",
    "no_address": "update person set reachable = '{email}' where id = :person",
    "agreement_in_force": f"""insert into agreement values
        ('g', :creditor_id, :person, null, array[:account], 'active', 'COP', 1, 1, 'bot', '{AT}')""",
    "promise_open": f"""insert into promise values
        ('p', :person, null, null, '2026-11-22', null, 'COP', 'open', '{AT}')""",
    "segment_too_old": "update account set days_past_due = 61 where id = :account",
    "stopped": "update house set stopped = true",
}
NO_BURDENS = {
    "a hold of another creditor": f"insert into hold values (:subject_id, 'dispute', 'other', '{AT}', null, null)",
    "a hold that was lifted": f"insert into hold values (:subject_id, 'dispute', '', '{AT}', null, '{AT}')",
    "a hold that ended": "insert into hold values (:subject_id, 'dispute', '', '2026-11-01', '2026-11-20', null)",
    "an agreement that was kept": f"""insert into agreement values
        ('g', :creditor_id, :person, null, array[:account], 'kept', 'COP', 1, 1, 'bot', '{AT}')""",
    "a promise whose days of grace are over": f"""insert into promise values
        ('p', :person, null, null, '2026-11-20', null, 'COP', 'open', '{AT}')""",
}


class TestReasons:
    @pytest.mark.parametrize("code", BURDENS)
    async def test_who_is_left_out_and_why(self, db: asyncpg.Pool, code: str) -> None:
        creditor = await sorted_in(db, ANA, IVAN)
        await burden(db, BURDENS[code])
        lines = await planned(db, creditor)
        assert (lines["A2"].included, lines["A2"].code, lines["A2"].at, lines["A2"].status) == (
            False,
            code,
            None,
            "out",
        )
        assert lines["A1"].included is (code != "stopped")

    @pytest.mark.parametrize("what", NO_BURDENS)
    async def test_what_does_not_leave_anybody_out(self, db: asyncpg.Pool, what: str) -> None:
        creditor = await sorted_in(db, ANA, IVAN)
        await burden(db, NO_BURDENS[what])
        assert (await planned(db, creditor))["A2"].included

    @pytest.mark.parametrize(("days", "code"), [(0, "not_invited"), (200, "over_60_not_invited"), (75, "contact")])
    async def test_the_strategy_decides_who_is_written_to_first(self, db: asyncpg.Pool, days: int, code: str) -> None:
        creditor = await sorted_in(db, IVAN.replace(";45;", f";{days};"))
        assert (await planned(db, creditor))["A2"].code == code

    async def test_a_contact_by_whatever_creditor_counts(self, db: asyncpg.Pool) -> None:
        creditor = await sorted_in(db, ANA, IVAN)
        await burden(
            db, f"insert into contact values ('k', :subject_id, '{AT}', 'voice', 'voice', 'collection', 'sent')"
        )
        line = (await planned(db, creditor, at=NOW + timedelta(hours=1)))["A2"]
        assert line.included
        assert line.at is not None
        assert line.at.astimezone(ZoneInfo("America/Bogota")).date() == date(2026, 11, 24)
        assert {reason.code for reason in line.why} & {"cap_reached", "other_channel"}


class TestTheCampaign:
    async def test_a_portfolio_that_was_never_sorted(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        with pytest.raises(NotSegmented, match="acuerdo segment"):
            await plan_campaign(StoredPlans(db), creditor, "all", NOW)
        assert await column(db, "select count(*) from campaign") == [0]

    async def test_a_segment_that_there_is_not(self, db: asyncpg.Pool) -> None:
        creditor = await sorted_in(db, ANA)
        with pytest.raises(TomlError, match="quiso decir «early»"):
            await plan_campaign(StoredPlans(db), creditor, "earlyy", NOW)

    async def test_the_summary_counts_and_shows_some_of_each(self, db: asyncpg.Pool) -> None:
        creditor = await sorted_in(db, ANA, IVAN, ANA_TOO)
        summary = await plan_campaign(StoredPlans(db), creditor, "all", NOW)
        assert (summary.creditor, summary.status, summary.included, summary.left_out) == (
            "Banco Andino",
            "planned",
            2,
            1,
        )
        assert (summary.by_code, summary.by_channel) == ({"contact": 2, "same_person": 1}, {"sms": 2})
        assert (summary.first, summary.last) == (NOW, NOW)
        assert [line.external_id for line in summary.samples] == ["A1", "A2", "A3"]
        assert (await kinds(db))["campaign_planned"] == 1

    async def test_it_waits_for_a_persons_approval_which_is_given_once(self, db: asyncpg.Pool) -> None:
        creditor, store = await sorted_in(db, ANA, IVAN), StoredPlans(db)
        summary = await plan_campaign(store, creditor, "all", NOW)
        assert (await status(store, summary.id)).status == "planned"
        for hour in (1, 2):
            now = await approve(store, summary.id, "operator", NOW + timedelta(hours=hour))
            assert (now.status, now.entries, now.next_at) == ("approved", {"waiting": 2}, NOW)
        assert (await show(store, summary.id)).approved_at == NOW + timedelta(hours=1)
        assert (await kinds(db))["campaign_approved"] == 1

    async def test_one_that_was_stopped_is_not_approved(self, db: asyncpg.Pool) -> None:
        creditor, store = await sorted_in(db, ANA), StoredPlans(db)
        summary = await plan_campaign(store, creditor, "all", NOW)
        await db.execute("update campaign set status = 'stopped'")
        with pytest.raises(NotApprovable, match="stopped"):
            await approve(store, summary.id, "operator", NOW)

    async def test_an_unknown_one(self, db: asyncpg.Pool) -> None:
        for act in (show(StoredPlans(db), "x"), status(StoredPlans(db), "x"), approve(StoredPlans(db), "x", "o", NOW)):
            with pytest.raises(UnknownCampaign, match="no campaign x"):
                await act

    async def test_two_plans_of_one_moment_are_two_campaigns(self, db: asyncpg.Pool) -> None:
        creditor, store = await sorted_in(db, ANA), StoredPlans(db)
        first, second = [await plan_campaign(store, creditor, "all", NOW) for _ in range(2)]
        assert first.id != second.id
        assert first.included == second.included == 1


@pytest.mark.parametrize("at", [datetime(2026, 12, 24, 23, 30, tzinfo=UTC), datetime(2026, 11, 22, 13, 0, tzinfo=UTC)])
async def test_in_six_countries_nobody_is_planned_twice_or_outside_the_law(db: asyncpg.Pool, at: datetime) -> None:
    creditor = await creditor_in(db)
    data = portfolio(5, 240, at=at.date() - timedelta(days=1))
    await put(StoredPortfolio(db, RING), creditor, data, at)
    await segment_accounts(StoredSegments(db), creditor, shipped_segments(), at)
    lines = await planned(db, creditor, at=at)
    people = {row["id"]: row for row in await db.fetch("select id, country, zones, subdivision from person")}
    invited = [line for line in lines.values() if line.included]
    assert len(lines) == (await column(db, "select count(*) from account"))[0]
    assert len({line.person for line in invited}) == len(invited) > 100
    assert {people[line.person]["country"] for line in invited} == {"CO", "MX", "CL", "PE", "AR", "ES"}
    for line in invited:
        who = people[line.person]
        record = Record(who["country"], tuple(who["zones"]), who["subdivision"])
        word = Say("k", Content("Hola."), "sms", "collection", CreditorId(creditor.id), PersonId(line.person))
        assert line.at is not None
        assert isinstance(judge(word, record, load_rules(at.date()), line.at), Cleared)
