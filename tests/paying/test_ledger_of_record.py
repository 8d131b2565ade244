"""The ledger told from the facts agrees with the books; whatever is changed behind its back is reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acuerdo.adapters.gateways.links import LinkGateway
from acuerdo.adapters.store import book
from acuerdo.adapters.store.accounting import StoredAccounts
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.ledger.rules import BadRules
from acuerdo.core.words import Money, derive
from acuerdo.service import accounting, paying
from acuerdo.service.creditors import Creditor, Settings

from .conftest import BASE, START

Make = Callable[..., Any]
TIENDA = Creditor("tienda", "Tienda", Settings("Tienda SAS", country="CO"))
RULES = 'currency = "COP"\ngrace_days = 4\n[[rate]]\nfrom = 2026-01-01\nannual_pct = "36.5"\n'


async def _figure(accounts: StoredAccounts, pct: str = "45") -> None:
    """What the Superfinanciera certified for the whole time of these tests."""
    figure = ("consumo", date(2026, 1, 1), date(2027, 12, 31), Decimal(pct), "https://example.test/resolucion")
    await accounting.put_figure(accounts, "CO", figure, "operator", START)


async def _paid(make_world: Make) -> Any:
    """Two debts, a settlement kept by two payments, and more than was owed."""
    world = await make_world([("new", 30_000, 5), ("old", 50_000, 50)])
    await world.agree("deal", 80_000, 20_000, 36_000)
    for name, amount in (("p1", 20_000), ("p2", 50_000)):
        await world.link(name, amount)
        await world.pay(name)
    await world.sandbox.send()
    return world


async def test_a_recount_agrees_with_the_books(make_world: Make) -> None:
    world = await _paid(make_world)
    accounts = StoredAccounts(world.pool)
    assert await accounting.check(accounts, [TIENDA]) == (1, [])
    one, told = await accounting.show(accounts, "old", None, START)
    assert (told.owed, one.balance - one.paid_since) == (0, 0)
    _, told = await accounting.show(accounts, "new", "Tienda", START)
    assert told.owed == 0


@pytest.mark.parametrize(
    ("harm", "what"),
    [
        ("update account set paid_since = paid_since - 1 where id = 'old'", "lowered by payments"),
        ("update installment set paid = paid - 1 where n = 2", "paid of the agreement"),
        ("update ledger_entry set amount = amount + 1 where debit = 'cash' and ref = 'p1'", "cash of the payment"),
        ("update ledger_entry set currency = 'USD' where ref = 'p1'", "two currencies in one ledger"),
        ("delete from ledger_entry where debit = 'cash' and ref = 'p2' and account_id = 'old'", "cash of the payment"),
    ],
)
async def test_what_is_changed_behind_its_back_is_a_gap(make_world: Make, harm: str, what: str) -> None:
    world = await _paid(make_world)
    assert await world.pool.execute(harm) not in ("UPDATE 0", "DELETE 0")
    _, found = await accounting.check(StoredAccounts(world.pool), [TIENDA])
    assert what in {gap.what for _, gap in found}


async def test_each_file_is_a_balance_of_record_and_its_difference_is_told(make_world: Make) -> None:
    world = await make_world([("card", 70_000, 40)])
    before = Recorded(
        derive("imported"), START - timedelta(days=30), "system",
        f.AccountImported("card", "tarjeta", Money(100_000, "COP"), 10, date(2026, 10, 20), date(2026, 10, 13)),
        "tienda", "ana", "card",
    )  # fmt: skip
    async with world.pool.acquire() as db, db.transaction():
        await book.record(db, world.keyring, [before])
    _, told = await accounting.show(StoredAccounts(world.pool), "card", None, START)
    [found] = told.differences
    assert (found.ref, found.ours, found.theirs) == ("file of 2026-11-22", 100_000, 70_000)
    assert told.owed == 70_000
    moved = [e for e in told.entries if e.cause == "adjustment"]
    assert sum(e.amount.minor * (1 if e.debit == "adjusted" else -1) for e in moved) == 30_000


async def test_interest_runs_from_the_file_on_by_the_creditors_rules(make_world: Make) -> None:
    world = await make_world([("card", 100_000, 40)])
    accounts = StoredAccounts(world.pool)
    await _figure(accounts)
    await world.pool.execute("update account set due_date = '2026-10-14'")
    rules = await accounting.put_rules(accounts, TIENDA, RULES, "dinero.toml", "operator", START)
    assert (rules.rate[0].annual_pct, rules.terms.grace_days) == (Decimal("36.5"), 4)
    _, told = await accounting.show(accounts, "card", None, START + timedelta(days=9))
    # 90.000 of principal at a thousandth a day: the ten days from the 22nd to the 1st.
    assert (told.books["principal"], told.books["interest"]) == (90_000, 10_000 + 900)


async def test_rules_that_cannot_be_are_refused_and_the_old_ones_stay(make_world: Make) -> None:
    world = await make_world()
    accounts = StoredAccounts(world.pool)
    await _figure(accounts)
    await accounting.put_rules(accounts, TIENDA, RULES, "dinero.toml", "operator", START)
    with pytest.raises(BadRules, match=r"malo\.toml"):
        await accounting.put_rules(accounts, TIENDA, 'currency = "EURO"', "malo.toml", "operator", START)
    assert await accounts.rules("tienda") == RULES


async def test_a_gateway_that_is_not_installed_is_refused(make_world: Make) -> None:
    world = await make_world()
    rules = 'currency = "COP"\ngateway = "mine"\n'
    with pytest.raises(BadRules, match="'mine' is not installed; installed: links, sandbox"):
        await accounting.put_rules(
            StoredAccounts(world.pool), TIENDA, rules, "dinero.toml", "operator", START, ("sandbox", "links")
        )


async def test_an_agreement_stops_interest_until_it_is_broken(make_world: Make) -> None:
    """90.000 of principal at a thousandth a day: two days before the agreement, and three after it broke."""
    world = await make_world([("card", 100_000, 40)])
    accounts = StoredAccounts(world.pool)
    await _figure(accounts)
    await world.pool.execute("update account set due_date = '2026-10-14'")
    await accounting.put_rules(accounts, TIENDA, RULES, "dinero.toml", "operator", START)
    world.clock.go_on(timedelta(days=1))
    await world.agree("deal", 100_000, 50_000, 50_000)
    _, told = await accounting.show(accounts, "card", None, START + timedelta(days=30))
    assert told.books["interest"] == 10_000 + 2 * 90
    world.clock.go_on(timedelta(days=10))
    await world.record(f.AgreementBroken("deal", date(2026, 11, 23)), name="broken")
    _, told = await accounting.show(accounts, "card", None, START + timedelta(days=14))
    assert told.books["interest"] == 10_000 + 5 * 90


async def test_a_rate_over_the_laws_is_refused_and_one_that_comes_to_be_over_is_held_to_it(make_world: Make) -> None:
    world = await make_world([("card", 100_000, 40)])
    accounts = StoredAccounts(world.pool)
    await world.pool.execute("update account set due_date = '2026-10-14'")
    put = (accounts, TIENDA, RULES, "dinero.toml", "operator", START)
    with pytest.raises(BadRules, match="the consumo ceiling of 2026-11-23 is not known: write down what"):
        await accounting.put_rules(*put)
    await _figure(accounts, "36.5")  # effective, which as simple interest is less
    with pytest.raises(BadRules, match=r"over the consumo ceiling of 2026-11-23: at most 31\.12 % as simple interest"):
        await accounting.put_rules(*put)
    await _figure(accounts, "45")
    await accounting.put_rules(*put)
    assert await accounting.over_law(accounts, [TIENDA], START.date()) == []
    lower = ("consumo", date(2026, 12, 1), None, Decimal("20"), "https://example.test/diciembre")
    assert (await accounting.put_figure(accounts, "CO", lower, "operator", START)).until == date(2026, 12, 31)
    [(who, why)] = await accounting.over_law(accounts, [TIENDA], date(2026, 12, 2))
    assert (who, "over the consumo ceiling of 2026-12-02" in why) == (TIENDA, True)
    _, told = await accounting.show(accounts, "card", None, START + timedelta(days=18))
    # Nine days of November at 36,5 %; ten of December at the 18,24 % that an effective 20 % is day by day.
    assert told.books["interest"] == 10_000 + 9 * 90 + 90_000 * 10 * 182_367 // 10_000 // 36_500


async def test_an_unknown_account_says_where_to_look(make_world: Make) -> None:
    world = await make_world()
    with pytest.raises(accounting.UnknownAccount, match="acuerdo people find"):
        await accounting.show(StoredAccounts(world.pool), "nobody's", None, START)


async def test_the_kept_rate_is_told_by_origin(make_world: Make) -> None:
    world = await _paid(make_world)
    [one] = await StoredAccounts(world.pool).kept("tienda")
    assert (one.what, one.origin, one.kept, one.rate) == ("agreement", "bot", 1, 1.0)


async def test_a_creditors_payments_go_by_the_gateway_that_its_rules_name(make_world: Make, tmp_path: Path) -> None:
    world = await make_world()
    way = '[[way]]\ncreditor = "Tienda"\nkind = "pse"\ndigits = 10\nsteps = ["Pague {amount} con el código {code}."]\n'
    (tmp_path / "ways.toml").write_text(way, "utf-8")
    both = {**world.paying.gateways, "links": LinkGateway(tmp_path / "ways.toml")}
    house = msgspec.structs.replace(world.paying, gateways=both)
    await world.link("before", 40_000)
    await _figure(StoredAccounts(world.pool))
    await accounting.put_rules(StoredAccounts(world.pool), TIENDA, RULES.replace("\n", '\ngateway = "links"\n', 1),
                               "dinero.toml", "operator", START)  # fmt: skip
    await world.link("after", 40_000)
    rows = await world.pool.fetch("select id, gateway from payment order by id")
    assert [tuple(row) for row in rows] == [("after", "links"), ("before", "sandbox")]
    assert await paying.open_payment(house, "after", START) == paying.return_url(BASE, "after")
    [step] = await paying.steps_of(house, "after")
    assert step.startswith("Pague 400 con el código ")
    assert await paying.steps_of(house, "before") == ()


async def test_a_payment_pays_first_what_the_creditors_rules_say(make_world: Make) -> None:
    world = await make_world([("card", 100_000, 40)])
    await _figure(StoredAccounts(world.pool))
    rules = RULES.replace("\n", '\norder = ["principal", "interest", "fees"]\n', 1)
    await accounting.put_rules(StoredAccounts(world.pool), TIENDA, rules, "dinero.toml", "operator", START)
    await world.link("p1", 95_000)
    await world.pay("p1")
    await world.sandbox.send()
    ledger = (await world.books())["ledger"]
    assert (ledger["card principal"], ledger["card interest"]) == (0, 5_000)
    assert await accounting.check(StoredAccounts(world.pool), [TIENDA]) == (1, [])
