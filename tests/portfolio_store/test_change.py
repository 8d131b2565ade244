"""A newer file is the balance of record; what it leaves out is closed when told to, and opens again when it is back."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.adapters.store.portfolio_imports import StoredImports
from acuerdo.adapters.store.views import Person, open_person, view_of
from acuerdo.core.facts import HoldPlaced, PaymentMatched
from acuerdo.core.words import Money
from acuerdo.service.creditors import Creditor
from acuerdo.service.importing import Arrival, Report, TooManyClosed

from .portfolio_cases import (
    ANA,
    ANA_TOO,
    HEADER,
    IVAN,
    NOW,
    RING,
    column,
    creditor_in,
    csv_of,
    facts_of,
    imported,
    kinds,
    put,
)

LATER = NOW + timedelta(days=3)
PEOPLE = tuple(
    f"B{n};Persona Número {'ABCDEFGHIJ'[n % 10]};{61000000 + n};3005550{n:03d};;tarjeta;{100 + n}000;22;2026-11-23"
    for n in range(10)
)
STATES = """
select external_id, balance, paid_since, days_past_due, as_of, status, product, home_person_id, closed_why,
       encode(digest, 'hex') as digest from account order by external_id
"""


async def newer(db: asyncpg.Pool, creditor: Creditor, *rows: str, **how: Any) -> Report:
    return await put(StoredPortfolio(db, RING), creditor, csv_of(*rows), LATER, **how)


async def particulars(db: asyncpg.Pool, creditor: str) -> list[Person]:
    """What is sealed of a creditor's people."""
    rows = await db.fetch(
        "select sealed, wrapped_key, id from person where creditor_id = $1 order by subject_id", creditor
    )
    return [open_person(RING, row["wrapped_key"], row["sealed"], row["id"]) for row in rows]


async def phones(db: asyncpg.Pool, external_id: str) -> set[str]:
    row = await db.fetchrow(
        "select p.* from person p join account a on a.home_person_id = p.id where a.external_id = $1", external_id
    )
    return set(open_person(RING, row["wrapped_key"], row["sealed"], row["id"]).phones)


async def under_way(db: asyncpg.Pool, external_id: str) -> str:
    """A link, a message, a timer and a campaign's entry about an account; its person's id."""
    person, account, creditor = await db.fetchrow(
        "select person_id, id, creditor_id from account where external_id = $1", external_id
    )
    soon = LATER + timedelta(days=9)
    await db.execute(
        """insert into link (token_hash, creditor_id, person_id, channel, address_hash, issued_at, expires_at)
           values ($1, $2, $3, 'sms', 'x', $4, $5)""", person.encode(), creditor, person, NOW, soon,
    )  # fmt: skip
    await db.execute(
        """insert into outbox (key, creditor_id, person_id, account_id, channel, origin, purpose, say, not_before,
                               deadline, created_at, updated_at)
           values ($1, $2, $3, $4, 'sms', 'campaign', 'collection', '', $5, $6, $5, $5)""",
        f"m-{external_id}", creditor, person, account, NOW, soon,
    )  # fmt: skip
    await db.execute("insert into timer (key, due, name, person_id) values ($1, $2, 'recordar', $1)", person, soon)
    await db.execute(
        """insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
           values ('c1', $1, 'all', 'running', $2, $2, '', '{}') on conflict do nothing""", creditor, NOW,
    )  # fmt: skip
    await db.execute(
        """insert into campaign_entry (campaign_id, account_id, person_id, included, code, why, status)
           values ('c1', $1, $2, true, 'contact', '[]', 'waiting')""", account, person,
    )  # fmt: skip
    return str(person)


async def agreed(db: asyncpg.Pool, external_id: str) -> None:
    await db.execute(
        """insert into agreement (id, creditor_id, person_id, accounts, status, currency, balance, total, origin,
                                  accepted_at)
           select 'g1', creditor_id, person_id, array[id], 'active', currency, balance, balance, 'bot', $2
           from account where external_id = $1""", external_id, NOW,
    )  # fmt: skip
    await db.execute("insert into installment (agreement_id, n, due, amount) values ('g1', 1, $1, 900)", LATER.date())


class TestClosing:
    async def test_a_file_that_leaves_debts_out_closes_nothing_by_itself(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        assert (await newer(db, creditor, *PEOPLE[1:])).closed == 0
        assert await column(db, "select count(*) from account where status = 'open'") == [10]

    async def test_told_to_it_closes_them_and_all_that_was_under_way_stops(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        gone, other = await under_way(db, "B0"), await under_way(db, "B1")
        report = await newer(db, creditor, *PEOPLE[1:], close_missing=True)
        assert report.closed == 1
        assert await column(db, "select external_id from account where closed_why = 'missing'") == ["B0"]
        assert await column(db, "select person_id from link where revoked_at is not null") == [gone]
        assert await column(db, "select person_id from outbox where status = 'dropped'") == [gone]
        assert await column(db, "select person_id from timer where fired_at is not null") == [gone]
        assert await column(db, "select person_id from campaign_entry where status = 'waiting'") == [other]
        holds = await column(db, "select p.id from hold h join person p using (subject_id) where kind = 'recalled'")
        assert holds == [gone]
        facts = [one.fact for one in await facts_of(db, gone)]
        (placed,) = [one for one in facts if isinstance(one, HoldPlaced)]
        assert (placed.hold, placed.until) == ("recalled", None)
        (row,) = await db.fetch("select since, until, review_at from hold where kind = 'recalled'")
        assert row["review_at"] == placed.review == row["since"] + timedelta(days=90)  # policies/holds.toml
        assert {"account_closed", "link_revoked", "message_dropped"} <= set(await kinds(db))

    async def test_who_owes_something_else_keeps_link_and_timer(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, ANA_TOO, *PEOPLE)
        await under_way(db, "A1")
        assert (await newer(db, creditor, ANA_TOO, *PEOPLE, close_missing=True)).closed == 1
        assert await column(db, "select count(*) from link where revoked_at is null") == [1]
        assert await column(db, "select count(*) from hold") == [0]
        assert await column(db, "select status from outbox") == ["dropped"], "it spoke of the debt that is gone"

    async def test_a_file_that_says_withdrawn_closes_without_being_told(self, db: asyncpg.Pool) -> None:
        creditor, header = await creditor_in(db), HEADER + ";Estado crédito"
        await imported(db, creditor, data=csv_of(ANA + ";vigente", IVAN + ";vigente", header=header))
        data = csv_of(ANA + ";retirada", IVAN + ";vigente", header=header)
        report = await imported(db, creditor, data=data, at=LATER)
        assert (report.closed, report.updated) == (1, 1)
        assert await column(db, "select closed_why from account where status = 'withdrawn'") == ["recalled"]
        assert await column(db, "select kind from hold where lifted_at is null") == ["recalled"]

    async def test_who_writes_is_told_that_the_creditor_attends_to_it(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        (person,) = await column(db, "select person_id from account where external_id = 'B0'")
        async with db.acquire() as connection:
            assert not (await view_of(connection, RING, person, "t", NOW)).recalled
            await newer(db, creditor, *PEOPLE[1:], close_missing=True)
            view = await view_of(connection, RING, person, "t", LATER)
        assert (view.recalled, view.accounts) == (True, ())

    async def test_what_comes_back_is_open_again_and_its_person_is_written_to_again(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        await agreed(db, "B0")
        await newer(db, creditor, *PEOPLE[1:], close_missing=True)
        assert await column(db, "select status from agreement") == ["recalled"]
        report = await newer(db, creditor, *PEOPLE)
        assert (report.back, report.unchanged) == (1, 9)
        assert await column(db, "select status from account where external_id = 'B0'") == ["open"]
        assert await column(db, "select closed_at from account where external_id = 'B0'") == [None]
        assert await column(db, "select count(*) from hold where lifted_at is null") == [0]
        assert await column(db, "select status from agreement") == ["active"]

    async def test_over_a_fifth_is_refused_until_somebody_is_sure(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        before = await db.fetch(STATES)
        with pytest.raises(TooManyClosed, match=r"leaves out 5 of 10 open accounts \(50%\).*--yes"):
            await newer(db, creditor, *PEOPLE[:5], close_missing=True)
        assert await db.fetch(STATES) == before
        assert (await newer(db, creditor, *PEOPLE[:5], close_missing=True, sure=True)).closed == 5

    async def test_a_row_set_aside_is_not_left_out(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, *PEOPLE)
        spoiled = PEOPLE[0].replace("100000", "mucho")
        report = await newer(db, creditor, spoiled, *PEOPLE[1:], close_missing=True)
        assert (report.closed, report.set_aside) == (0, 1)


class TestAgreements:
    async def test_a_running_agreement_keeps_its_terms_when_the_balance_changes(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await agreed(db, "A1")
        terms = "select a.*, i.* from agreement a join installment i on i.agreement_id = a.id"
        before = await db.fetch(terms)
        assert (await newer(db, creditor, ANA.replace("900000;22;2026-11-23", "950000;25;2026-11-26"))).updated == 1
        assert await db.fetch(terms) == before


class TestPayments:
    async def paid(self, db: asyncpg.Pool, when: str) -> None:
        await db.execute(
            """with paid as (update account set paid_since = 20000000 where external_id = 'A1' returning *)
               insert into payment (id, creditor_id, person_id, accounts, amount, received, currency, status, gateway,
                                    created_at, paid_at)
               select 'p1', creditor_id, person_id, array[id], 20000000, 20000000, 'COP', 'paid', 'sandbox', $1, $1
               from paid""", datetime.fromisoformat(when),
        )  # fmt: skip

    async def test_the_next_file_holds_the_payment_and_says_so(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await self.paid(db, "2026-11-24T12:00-05:00")
        report = await newer(db, creditor, ANA.replace("900000;22;2026-11-23", "700000;25;2026-11-26"))
        assert (report.matched, report.differences) == (1, ())
        assert await column(db, "select matched_by from payment") == [report.import_id]
        (person,) = await column(db, "select id from person")
        assert PaymentMatched("p1") in [one.fact for one in await facts_of(db, person)]

    async def test_a_balance_that_should_be_lower_is_told_of(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await self.paid(db, "2026-11-24T12:00-05:00")
        report = await newer(db, creditor, ANA.replace("900000;22;2026-11-23", "850000;25;2026-11-26"))
        assert [(one.accounts, one.missing) for one in report.differences] == [(1, Money(15_000_000, "COP"))]

    async def test_a_payment_on_the_cut_off_day_waits_for_the_file_after(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA)
        await self.paid(db, "2026-11-26T08:00-05:00")
        report = await newer(db, creditor, ANA.replace("900000;22;2026-11-23", "900000;25;2026-11-26"))
        assert report.matched == 0
        assert await column(db, "select paid_since from account") == [20_000_000]


class TestSiblings:
    async def test_a_row_passed_over_still_speaks_for_its_person(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, ANA_TOO, IVAN)
        report = await newer(db, creditor, ANA, ANA_TOO.replace("50000;10;2026-11-23", "60000;13;2026-11-26"), IVAN)
        assert (report.updated, report.unchanged) == (1, 2)
        assert await phones(db, "A1") == {"+573005550100", "+573005550199"}

    async def test_known_rows_repeated_are_still_remarked(self, db: asyncpg.Pool) -> None:
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, IVAN)
        report = await newer(db, creditor, ANA, IVAN, ANA)
        assert (report.unchanged, report.set_aside, [one.code for one in report.warnings]) == (2, 0, ["duplicate_same"])


class TestFewRows:
    """Of a few rows only those on record are looked up that they name; nothing else is otherwise."""

    async def test_no_more_is_read_than_what_the_rows_name(self, db: asyncpg.Pool) -> None:
        creditor, store = await creditor_in(db), StoredPortfolio(db, RING)
        await imported(db, creditor, ANA, IVAN, *PEOPLE)
        async with store.intake(Arrival(creditor.id, "f", "d", LATER)) as intake:
            some, none, all_ = await intake.known(["A1", "B3", "Z9"]), await intake.known([]), await intake.known(None)
        assert some is not None
        assert all_ is not None
        assert (len(some), none, len(all_)) == (2, None, 12)

    @pytest.mark.parametrize("few", [0, 1000])
    async def test_what_comes_of_them_is_the_same(
        self, db: asyncpg.Pool, monkeypatch: pytest.MonkeyPatch, few: int
    ) -> None:
        monkeypatch.setattr("acuerdo.service.importing.FEW", few)
        creditor = await creditor_in(db)
        await imported(db, creditor, ANA, ANA_TOO, IVAN, *PEOPLE)
        changed = ANA_TOO.replace("50000;10;2026-11-23", "60000;13;2026-11-26")
        new = "N1;Eva Nueva;71000001;3005550888;;tarjeta;9000;22;2026-11-26"
        report = await newer(db, creditor, ANA, changed, new, PEOPLE[4], IVAN.replace("A2;", "A2 ;"), "A9;;;;;;x;;")
        assert (report.added, report.updated, report.unchanged, report.set_aside) == (1, 2, 2, 1)
        assert await phones(db, "A1") == {"+573005550100", "+573005550199"}, "a row passed over speaks for its person"
        verdicts = await StoredImports(db, RING).of_account(creditor.id, "B4")
        assert [one.verdict for one in verdicts] == ["n"]
        trace = await StoredImports(db, RING).of_line(report.import_id, 5)
        assert trace is not None
        assert (trace.verdict, trace.external_id) == ("s", "B4")


def _file(day: int, shift: int, left_out: int) -> tuple[str, ...]:
    """A file as of a day, with balances and one phone of its own, and some debts left out."""
    rows = []
    for n in range(5):
        if n != left_out:
            owed = f"{(n + 1) * 1000 + shift};{day};2026-11-{day:02d}"
            rows.append(f"P{n};Ana Ejemplo;{52345678 + n // 2};30055501{day:02d};;tarjeta;{owed}")
    return tuple(rows)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_files_in_any_order_and_number_give_the_same(db: asyncpg.Pool, data: st.DataObject) -> None:
    days = [3, 9, 17]
    files = [_file(day, data.draw(st.integers(0, 3)) * 100, data.draw(st.integers(0, 5))) for day in days]
    fresh = itertools.count(len(await column(db, "select id from creditor")))
    seen = []
    for _ in range(2):
        creditor = await creditor_in(db, f"Banco {next(fresh)}")
        order = data.draw(st.permutations([0, 1, 2])) + data.draw(st.lists(st.integers(0, 2), max_size=2))
        for which in order:
            rows = data.draw(st.permutations(files[which]))
            if rows:
                await imported(db, creditor, *rows)
        theirs = STATES.replace("from account", "from account where creditor_id = $1")
        accounts = [tuple(row)[:7] for row in await db.fetch(theirs, creditor.id)]
        seen.append((accounts, await particulars(db, creditor.id)))
    assert seen[0] == seen[1]
