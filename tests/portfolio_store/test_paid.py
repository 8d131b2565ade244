"""What was paid to us and what a newer file's balances hold of it: of many debts at once, and of people who are one."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import pytest

from acuerdo.adapters.store.people import StoredPeople
from acuerdo.core.words import Money
from acuerdo.service.creditors import Creditor
from acuerdo.service.importing import Report
from acuerdo.service.people import Deed

from .portfolio_cases import ANA, ANA_TOO, HEADER, IVAN, NOW, RING, column, creditor_in, csv_of, imported

LATER = NOW + timedelta(days=3)
MANY = 1200
PAID = """
insert into payment (id, creditor_id, person_id, accounts, amount, received, currency, status, gateway, created_at,
                     paid_at)
select $1, creditor_id, home_person_id, array_agg(id), $3, $3, min(currency), 'paid', 'sandbox', $4, $4
from account where external_id = any($2::text[]) group by creditor_id, home_person_id order by 3 limit 1
"""
BOOKED = """
insert into ledger_entry (id, account_id, at, debit, credit, amount, currency, cause, ref)
select $1, id, $3, 'received', 'principal', $4, currency, 'payment', $1 from account where external_id = $2
"""


async def paid(db: asyncpg.Pool, name: str, *accounts: str, day: int = 24, amount: int = 10_000) -> None:
    """A payment for these debts, of a day of November at noon in Bogotá, off the balance of each of them."""
    at = datetime.fromisoformat(f"2026-11-{day}T12:00-05:00")
    await db.execute(PAID, name, list(accounts), amount, at)
    await db.execute(
        "update account set paid_since = paid_since + $2 where external_id = any($1::text[])", list(accounts), amount
    )


async def merged(db: asyncpg.Pool, one: str, into: str) -> Deed:
    """Whom one debt's row names, shown under whom another's names."""
    ids = {row[0]: row[1] for row in await db.fetch("select external_id, home_person_id from account")}
    deed = Deed(ids[one], "operator", "", NOW)
    await StoredPeople(db, RING).merge(deed, ids[into])
    return deed


async def left(db: asyncpg.Pool) -> dict[str, int]:
    return {row[0]: row[1] for row in await db.fetch("select external_id, paid_since from account")}


def newer(row: str, balance: str, day: int = 26) -> str:
    cells = row.split(";")
    return ";".join((*cells[:6], balance, "25", f"2026-11-{day}"))


async def test_of_many_payments_those_before_the_cut_off_are_in_the_balances(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    rows = [f"M{n};Ana Ejemplo;{52345678 + n};3005550100;;tarjeta;1000;22;2026-11-23" for n in range(MANY)]
    await imported(db, creditor, *rows)
    # A third paid before the newer file's day, a third on it, a third was asked for and never paid.
    await db.execute(
        """insert into payment (id, creditor_id, person_id, accounts, amount, received, currency, status, gateway,
                                created_at, paid_at)
           select 'p' || external_id, creditor_id, person_id, array[id], 10000, 10000, currency,
                  (array['paid', 'paid', 'pending'])[which + 1], 'sandbox', $1,
                  (array['2026-11-24 12:00-05', '2026-11-26 12:00-05', null]::timestamptz[])[which + 1]
           from account, lateral (select substr(external_id, 2)::int % 3 as which) w""", NOW,
    )  # fmt: skip
    await db.execute("update account set paid_since = 10000 where substr(external_id, 2)::int % 3 < 2")
    # Of those in time, every other balance has it off; the others still owe all of it.
    report = await imported(
        db, creditor, *(newer(row, "900" if n % 2 else "1000") for n, row in enumerate(rows)), at=LATER
    )
    assert (report.updated, report.matched) == (MANY, MANY // 3)
    assert [(one.accounts, one.missing) for one in report.differences] == [
        (MANY // 6, Money(MANY // 6 * 10_000, "COP"))
    ]
    held = await column(db, "select id from payment where matched_by = $1", report.import_id)
    assert sorted(held) == sorted(f"pM{n}" for n in range(0, MANY, 3))
    assert await left(db) == {f"M{n}": 10_000 if n % 3 == 1 else 0 for n in range(MANY)}
    assert await column(db, "select count(*) from fact where kind = 'payment_matched'") == [MANY // 3]


async def test_a_payment_over_several_debts_waits_for_the_last_of_them(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, ANA_TOO, IVAN)
    await paid(db, "p1", "A1", "A3")
    first = await imported(db, creditor, newer(ANA, "899900"), at=LATER)
    assert (first.updated, first.matched) == (1, 0)
    assert await left(db) == {"A1": 0, "A2": 0, "A3": 10_000}
    both = await imported(db, creditor, newer(ANA, "899900"), newer(ANA_TOO, "49900"), at=LATER)
    assert (both.updated, both.matched) == (1, 1)
    assert await column(db, "select matched_by from payment") == [both.import_id]


async def test_what_a_merged_record_paid_stays_off_while_the_file_cannot_know_of_it(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    await paid(db, "p1", "A2", day=26)
    await paid(db, "p2", "A2", day=24)
    await merged(db, "A2", into="A1")
    report = await imported(db, creditor, newer(IVAN, "999900"), at=LATER)
    assert report.matched == 1
    assert await column(db, "select id from payment where matched_by is null") == ["p1"]
    assert await left(db) == {"A1": 0, "A2": 20_000}


async def test_what_was_paid_while_they_were_one_is_known_when_they_are_two_again(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    deed = await merged(db, "A2", into="A1")
    await paid(db, "p1", "A2", day=24)
    await db.execute("update payment set person_id = (select person_id from account where external_id = 'A1')")
    await db.execute(BOOKED, "p1", "A2", datetime.fromisoformat("2026-11-24T12:00-05:00"), 10_000)
    await StoredPeople(db, RING).unmerge(deed)
    report = await imported(db, creditor, newer(IVAN, "999900"), at=LATER)
    assert (report.matched, await left(db)) == (1, {"A1": 0, "A2": 0})


async def under_way(db: asyncpg.Pool) -> None:
    """A conversation and a link of each record."""
    await db.execute(
        """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
           select 't' || id, creditor_id, id, 'web', '', '', $1 from person""", NOW,
    )  # fmt: skip
    await db.execute(
        """insert into link (token_hash, creditor_id, person_id, channel, address_hash, issued_at, expires_at)
           select id::bytea, creditor_id, id, 'sms', 'x', $1, $2 from person""", NOW, LATER + timedelta(days=9),
    )  # fmt: skip


async def people_of(db: asyncpg.Pool, *accounts: str) -> set[str]:
    return set(await column(db, "select home_person_id from account where external_id = any($1::text[])", accounts))


class TestOthersWhoAreOne:
    """Three records of one human, and somebody else."""

    @pytest.fixture
    async def creditor(self, db: asyncpg.Pool) -> Creditor:
        creditor = await creditor_in(db)
        await imported(db, creditor, *self.rows)
        await merged(db, "A2", into="A1")
        await merged(db, "A5", into="A1")
        await under_way(db)
        return creditor

    third = "A5;Luz Muestra;88123456;3005550103;;tienda;70000;9;2026-11-23"
    other = "A6;Eva Ensayo;88123999;3005550104;;tienda;70000;9;2026-11-23"
    rows = (ANA, IVAN, third, other)

    async def test_every_conversation_of_theirs_looks_again(self, db: asyncpg.Pool, creditor: Creditor) -> None:
        await imported(db, creditor, newer(IVAN, "999900"), at=LATER)
        stale = set(await column(db, "select person_id from conversation where stale"))
        assert stale == await people_of(db, "A1", "A2", "A5")

    async def test_with_the_last_debt_of_all_go_the_links_of_all(self, db: asyncpg.Pool, creditor: Creditor) -> None:
        assert (await self.without(db, creditor, ANA, IVAN)).closed == 2
        assert await column(db, "select count(*) from link where revoked_at is not null") == [0], "one is still owed"
        assert (await self.without(db, creditor, *self.rows[:3], day=27)).closed == 1
        gone = await column(db, "select person_id from link where revoked_at is not null")
        assert set(gone) == await people_of(db, "A1", "A2", "A5")
        held = (
            "select p.id from hold h join person p using (subject_id) where h.kind = 'recalled' and lifted_at is null"
        )
        assert set(await column(db, held)) == await people_of(db, "A1", "A2", "A5")
        back = await imported(db, creditor, newer(IVAN, "999900", 28), at=LATER + timedelta(days=3))
        assert (back.back, await column(db, held)) == (1, [])

    async def without(self, db: asyncpg.Pool, creditor: Creditor, *gone: str, day: int = 26) -> Report:
        """A newer file that says of these debts that they were taken back."""
        rows = [newer(row, "70000", day) + (";retirada" if row in gone else ";vigente") for row in self.rows]
        data = csv_of(*rows, header=HEADER + ";Estado crédito")
        return await imported(db, creditor, data=data, at=LATER + timedelta(days=day - 26))
