"""The portfolio by age, product and amount on any day, and how debts rolled between two."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import asyncpg

from acuerdo.adapters.store.ageing import StoredAgeing
from acuerdo.core.portfolio.ageing import BUCKETS, GONE, NEW, Rolled, bucket_of, rates
from acuerdo.core.words import Money
from acuerdo.service.ageing import end_of, report, roll

from .portfolio_cases import ANA, ANA_TOO, IVAN, NOW, creditor_in, imported

MONDAY = date(2026, 11, 23)
WEEK = timedelta(days=7)


def test_every_day_past_due_is_in_one_bucket() -> None:
    assert [bucket_of(days) for days in (-3, 0, 1, 30, 31, 60, 61, 180, 181, 360, 361, 9000)] == [
        "0", "0", "1-30", "1-30", "31-60", "31-60", "61-90", "121-180", "181-360", "181-360", "361+", "361+",
    ]  # fmt: skip
    for one, following in pairwise(BUCKETS):
        assert one.last is not None
        assert following.first == one.last + 1


async def test_each_cut_sums_to_the_same(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN, ANA_TOO)
    (ages,) = await report(StoredAgeing(db), creditor.id, end_of(MONDAY))
    assert ages.total.owed == Money(195000000, "COP")
    for lines in (ages.by_age, ages.by_product, ages.by_amount):
        assert sum(line.accounts for line in lines) == 3
        assert sum(line.owed.minor for line in lines) == ages.total.owed.minor
    assert {line.key: line.accounts for line in ages.by_age if line.accounts} == {"1-30": 2, "31-60": 1}
    assert [line.key for line in ages.by_product] == ["libranza", "tarjeta de crédito", "tienda"]


async def test_each_currency_has_bands_of_its_own(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    owed = {"U1": "UF 0,8", "U2": "UF 4,25", "U3": "UF 60", "T1": "UTM 0,5", "P1": "$ 400.000"}
    rows = [
        f"{name};Ana Ejemplo;12345678-5;+56 9 8765 4321;;hipotecario;{amount};22;2026-11-23"
        for name, amount in owed.items()
    ]
    await imported(db, creditor, *rows, country="CL")
    found = {one.currency: one.by_amount for one in await report(StoredAgeing(db), creditor.id, end_of(MONDAY))}
    assert {currency: [line.accounts for line in lines] for currency, lines in found.items()} == {
        "CLF": [1, 1, 0, 0, 1], "CLP": [0, 0, 1, 0, 0], "UTM": [1, 0, 0, 0, 0],
    }  # fmt: skip
    assert [line.title for line in found["CLF"]] == ["hasta 1", "de 1 a 5", "de 5 a 10", "de 10 a 50", "más de 50"]
    assert [line.title for line in found["UTM"]][:2] == ["hasta 0,6", "de 0,6 a 3"]
    assert found["CLP"][2].title == "de 225.000 a 450.000"


async def test_days_go_by_without_a_file(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    store = StoredAgeing(db)
    assert await report(store, creditor.id, end_of(MONDAY - WEEK)) == []
    (later,) = await report(store, creditor.id, end_of(MONDAY + 2 * WEEK + timedelta(days=2)))
    assert {line.key: line.accounts for line in later.by_age if line.accounts} == {"31-60": 1, "61-90": 1}


async def test_the_roll_says_what_came_stayed_aged_and_went(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA, IVAN)
    newer = [row.replace("2026-11-23", "2026-11-30") for row in (ANA.replace(";900000;22;", ";900000;29;"), ANA_TOO)]
    await imported(db, creditor, *newer, IVAN.replace("1.000.000;45;2026-11-23", "0;0;2026-11-30"), at=NOW + WEEK)
    (cells,) = (await roll(StoredAgeing(db), creditor.id, end_of(MONDAY), end_of(MONDAY + WEEK))).values()
    assert [(one.was, one.now, one.accounts, one.owed_before.plain(), one.owed_after.plain()) for one in cells] == [
        ("1-30", "1-30", 1, "900000", "900000"), ("31-60", GONE, 1, "1000000", "0"), (NEW, "1-30", 1, "0", "50000"),
    ]  # fmt: skip


async def test_what_was_paid_to_us_is_owed_no_more(db: asyncpg.Pool) -> None:
    creditor = await creditor_in(db)
    await imported(db, creditor, ANA)
    await db.execute(
        """insert into ledger_entry (id, account_id, at, debit, credit, amount, currency, cause, ref)
           select 'e', id, $1, 'cash', 'principal', 40000000, 'COP', 'payment', 'p' from account""",
        NOW + timedelta(days=1),
    )
    store = StoredAgeing(db)
    (before,) = await report(store, creditor.id, end_of(MONDAY))
    (after,) = await report(store, creditor.id, end_of(MONDAY + timedelta(days=1)))
    assert (before.total.owed.plain(), after.total.owed.plain()) == ("900000", "500000")


def test_roll_rates_are_shares_of_where_debts_were() -> None:
    none = Money(0, "COP")
    cells = [
        Rolled("1-30", "31-60", 3, none, none),
        Rolled("1-30", GONE, 1, none, none),
        Rolled(NEW, "0", 5, none, none),
    ]
    assert rates(cells) == {("1-30", "31-60"): 0.75, ("1-30", GONE): 0.25}
