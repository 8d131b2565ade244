"""Refunds and chargebacks by the gateway's word: whatever the notices do, what went back is owed again, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from acuerdo.adapters.store.accounting import StoredAccounts
from acuerdo.adapters.store.promises import StoredPromises
from acuerdo.core import facts as f
from acuerdo.core.words import Money, derive
from acuerdo.service import accounting, keeping, paying, talking
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.testing.gateway import Temper, signature

from .conftest import SECRET, START
from .test_any_order import Killed, Reaper
from .test_reported import reported

Make = Callable[..., Any]
TIENDA = Creditor("tienda", "Tienda", Settings("Tienda SAS", country="CO"))


def cop(minor: int) -> Money:
    return Money(minor, "COP")


async def _check(world: Any) -> None:
    """The books balance, and a recount from the facts finds no gap."""
    sums: dict[str, int] = {}
    for name, amount in (await world.books())["ledger"].items():
        sums[name.split()[0]] = sums.get(name.split()[0], 0) + amount
    assert set(sums.values()) <= {0}
    assert (await accounting.check(StoredAccounts(world.pool), [TIENDA]))[1] == []


async def _owed(world: Any) -> int:
    return int(await world.pool.fetchval("select sum(balance - paid_since) from account"))


async def test_a_settlement_whose_money_goes_back_runs_again_and_everybody_is_told(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.agree("deal", 100_000, 35_000, 35_000)
    await world.record(f.PromiseMade("word", START.date() + timedelta(days=2), cop(35_000)), name="word")
    for name in ("p1", "p2"):
        await world.link(name, 35_000)
        await world.pay(name)
        await world.sandbox.send()
    assert (await world.books())["agreements"] == [("deal", "kept")]
    await world.give_back("p2", why="chargeback")
    await world.sandbox.send()
    books = await world.books()
    assert books["agreements"] == [("deal", "active")]
    assert books["parts"] == [("deal", 1, 35_000), ("deal", 2, 0)]
    assert books["payments"] == [("p1", "paid", 35_000), ("p2", "refunded", 0)]
    assert books["accounts"] == [("card", 35_000)], "what was waived is owed again too"
    assert (await world.told())[-1] == f.PaymentTakenBack("p2", cop(35_000), cop(35_000), "deal")
    said = [one.content for one in await world.paying.house.talks.since(world.conversation, 0)][-1]
    assert "devolvió $350 de un pago suyo" in said.text.replace("\xa0", "")
    assert "para su acuerdo" in said.text.replace("\n", " ")
    assert [b.id.partition("@")[0] for b in said.buttons] == ["pay_now", "request_human"]
    await _check(world)
    _, told = await accounting.show(StoredAccounts(world.pool), "card", None, START + timedelta(hours=1))
    back = [e for e in told.entries if e.cause == "reversal"]
    assert sum(e.amount.minor for e in back if e.credit == "cash") == 35_000, "the ledger tells of it"
    assert told.owed == 65_000


async def test_a_promise_that_was_kept_is_open_again_and_then_broken(make_world: Make) -> None:
    world = await make_world()
    day = START.date() + timedelta(days=2)
    await world.record(f.PromiseMade("word", day, cop(40_000)), name="word")
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    assert await world.pool.fetchval("select status from promise") == "kept"
    await world.give_back("p1")
    await world.sandbox.send()
    assert await world.pool.fetchval("select status from promise") == "open"
    promises = StoredPromises(world.pool, world.keyring)
    await keeping.look(promises, START + timedelta(days=5))
    assert await world.pool.fetchval("select status from promise") == "broken"
    assert await world.pool.fetchval("select broken_promises from account") == 1


async def test_part_of_it_then_the_rest(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    for minor, left, status in ((15_000, 75_000, "paid"), (10_000, 85_000, "paid"), (0, 100_000, "refunded")):
        await world.give_back("p1", minor)
        await world.sandbox.send()
        assert (await _owed(world), await world.pool.fetchval("select status from payment")) == (left, status)
        await _check(world)
    told = [one.amount.minor for one in await world.told() if isinstance(one, f.PaymentTakenBack)]
    assert told == [15_000, 10_000, 15_000]
    headers = {"authorization": f"Bearer {SECRET.hex()}"}
    more = await world.web.post("/sandbox/pagos/intents/p1/back", json={"amount": 1}, headers=headers)
    assert more.status_code == 409


@pytest.mark.parametrize("seed", [str(n) for n in range(8)])
async def test_notices_in_any_order_doubled_and_lying_give_the_same_books(make_world: Make, seed: str) -> None:
    """Two payments, one taken back in two parts: every notice mixed, half of them twice, every second one a lie."""
    world = await make_world([("card", 100_000, 40)], Temper(60, 60, 60, lies=50, seed=seed), talk=True)
    world.deaf = True
    for name in ("p1", "p2"):
        await world.link(name, 40_000)
        await world.pay(name)
    await world.give_back("p2", 10_000)
    await world.give_back("p2", 30_000, "chargeback")
    await world.sandbox.send()
    world.deaf = False
    posts = [raw for raw, _ in world.posts]
    posts += [raw for raw in posts if int(derive(seed, raw.decode()), 16) % 2]
    posts.sort(key=lambda raw: derive("order", seed, raw.decode()))
    assert sum(b"payment.taken_back" in raw for raw in posts) > 1
    for raw in posts:
        headers = {"sandbox-signature": signature(SECRET, raw, START)}
        assert await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)
    books = await world.books()
    assert books["accounts"] == [("card", 40_000)]
    assert books["payments"] == [("p1", "paid", 40_000), ("p2", "refunded", 0)]
    assert await world.pool.fetchval("select count(*) from payment_reversal") == 2
    arrived = [one.payment for one in await world.told() if isinstance(one, f.PaymentArrived)]
    back = sum(one.amount.minor for one in await world.told() if isinstance(one, f.PaymentTakenBack))
    assert (sorted(arrived), back) == (["p1", "p2"], 40_000)
    await _check(world)


async def test_that_it_went_back_is_heard_before_that_it_came(make_world: Make) -> None:
    world = await make_world(talk=True)
    world.deaf = True
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.give_back("p1")
    await world.sandbox.send()
    world.deaf = False
    for raw in sorted((raw for raw, _ in world.posts), key=lambda raw: b"taken_back" not in raw):
        headers = {"sandbox-signature": signature(SECRET, raw, START)}
        assert await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)
    assert await _owed(world) == 100_000
    assert (await world.books())["payments"] == [("p1", "refunded", 0)]
    await _check(world)


async def test_a_gateway_that_does_not_answer_is_asked_until_it_does(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    await world.give_back("p1", 10_000)
    real = world.gateway._transport
    world.gateway._transport = httpx.MockTransport(lambda request: httpx.Response(503))
    await world.sandbox.send()
    assert await _owed(world) == 60_000
    assert "is asked again" in await world.pool.fetchval("select error from inbox where error <> ''")
    assert await paying.take_up(world.paying, START + timedelta(minutes=1)) == 0
    await paying.take_up(world.paying, START + timedelta(minutes=3))
    assert await _owed(world) == 60_000, "it still does not answer"
    world.gateway._transport = real
    await paying.take_up(world.paying, START + timedelta(minutes=6))
    assert await _owed(world) == 70_000
    assert await paying.take_up(world.paying, START + timedelta(minutes=20)) == 0, "and no more"
    assert [type(one) for one in await world.told()] == [f.PaymentArrived, f.PaymentTakenBack]


async def test_what_the_gateway_does_not_confirm_takes_nothing_back(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    before = await world.books()
    raw = next(raw for raw, _ in world.posts if b"payment.paid" in raw)
    lie = b'"back":[{"id":"b","amount":40000,"why":"refund","at":"2026-11-23T15:00:00Z"}]'
    raw = raw.replace(b"payment.paid", b"payment.taken_back").replace(b"evt_", b"evt_x").replace(b'"back":[]', lie)
    headers = {"sandbox-signature": signature(SECRET, raw, START)}
    assert await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)
    assert await world.books() == before
    assert "does not confirm" in await world.pool.fetchval("select error from inbox where error <> ''")


async def test_while_a_person_attends_it_is_a_neutral_card(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    house, talk = world.paying.house, world.conversation
    await talking.tell(house, talk, f.TakenOver("sara", "Sara"), "agent:sara", START, key="take")
    await world.give_back("p1")
    await world.sandbox.send()
    last = (await house.talks.since(talk, 0))[-1]
    assert last.who == "system"
    assert last.content.text.replace("\xa0", "") == "Pago devuelto: $400. Saldo: $1.000."


@pytest.mark.parametrize("file_first", [True, False], ids=["file first", "gateway first"])
async def test_the_creditors_file_of_the_same_money_counts_once(make_world: Make, file_first: bool) -> None:
    """Of one payment the gateway gives back two parts; the creditor's file names it, and tells of one of them too."""
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    await reported(world, "52123456;400;23/11/2026;BANCO-1;pago")
    told = "52123456;100;23/11/2026;BANCO-1;reverso"
    if file_first:
        await reported(world, told)
    for _ in range(2):
        await world.give_back("p1", 10_000)
        await world.sandbox.send()
    if not file_first:
        await reported(world, told)
    assert await _owed(world) == 80_000
    await reported(world, told, "52123456;100;25/11/2026;BANCO-1;pago")
    assert await _owed(world) == 80_000, "told again"
    await _check(world)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_what_went_back_counts_once_wherever_the_process_dies(
    make_world: Make, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    world = await make_world([("card", 3_000_000, 40)], talk=True)
    reaper, deaths = Reaper(monkeypatch), 0
    for n in range(1, 60):
        name = f"p{n:02}"
        await world.link(name, 10_000)
        await world.pay(name)
        await world.sandbox.send()
        await world.give_back(name, 1_000)
        world.deaf = True
        world.posts.clear()
        await world.sandbox.send()
        world.deaf = False
        [raw] = [raw for raw, _ in world.posts if name.encode() in raw]
        await world.pool.execute("delete from sandbox.notice")
        headers = {"sandbox-signature": signature(SECRET, raw, START)}
        reaper.left, reaper.after = n, after
        try:
            await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)
        except (Killed, asyncpg.InterfaceError):
            deaths += 1
        alive, reaper.left = reaper.left > 0, -1
        if n % 2:
            await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)
        else:
            await paying.take_up(world.paying, START)
            await paying.take_up(world.paying, START + paying.QUIET)
        for job in await world.jobs():
            await paying.tell_payment(world.paying.house, job, START)
        assert (await world.books())["accounts"] == [("card", 9_000 * n)], f"at talk {n}"
        told = [one for one in await world.told() if isinstance(one, f.PaymentTakenBack)]
        assert len(told) == n, f"at talk {n}"
        if alive:
            break
    assert deaths > 20
    assert alive, "every talk was interrupted once"


async def test_a_chargeback_that_was_won_counts_again(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.agree("deal", 100_000, 40_000, 40_000)
    for name in ("p1", "p2"):
        await world.link(name, 40_000)
        await world.pay(name)
        await world.sandbox.send()
    await world.give_back("p2", 5_000)
    await world.give_back("p2", 30_000, "chargeback")
    await world.sandbox.send()
    assert (await world.books())["agreements"] == [("deal", "active")]
    await world.give_back("p2", why="won")
    await world.sandbox.send()
    books = await world.books()
    assert books["payments"] == [("p1", "paid", 40_000), ("p2", "paid", 35_000)]
    assert books["parts"] == [("deal", 1, 40_000), ("deal", 2, 35_000)]
    assert (await world.told())[-1] == f.PaymentArrived("p2", cop(30_000), cop(5_000), "deal", seen=True)
    await _check(world)
    rows = await world.pool.fetch(
        """select kind, shown::jsonb #>> '{amount,minor}' from fact
           where kind in ('payment_reversed', 'payment_restored') order by pos"""
    )
    assert [tuple(row) for row in rows] == [("payment_reversed", "35000"), ("payment_restored", "30000")]
    before = await world.books()
    for raw, _ in tuple(world.posts):  # and whatever was told before changes nothing
        headers = {"sandbox-signature": signature(SECRET, raw.replace(b"evt_", b"evt_again"), START)}
        again = raw.replace(b"evt_", b"evt_again")
        assert await paying.receive_notice(world.paying, "sandbox", again, headers, "", START)
    assert await world.books() == before
