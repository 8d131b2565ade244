"""From the chat's link to the books: paid once, told once, whatever the gateway does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from acuerdo.adapters.store import book
from acuerdo.core import facts as f
from acuerdo.core.words import Money
from acuerdo.service import paying
from acuerdo.service.gateways import GatewayDown
from acuerdo.testing.gateway import WILD, Temper, signature

from .conftest import SECRET, START

Make = Callable[..., Any]


async def test_a_payment_made_is_booked_and_told_in_the_conversation(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    assert await world.told() == [f.PaymentArrived("p1", Money(40_000, "COP"), Money(60_000, "COP"))]
    books = await world.books()
    assert books["accounts"] == [("card", 40_000)]
    # Interest is paid before the principal, as the ledger allocates.
    assert books["ledger"] == {
        "card cash": 40_000,
        "card interest": 0,
        "card opened": -100_000,
        "card principal": 60_000,
    }
    assert len(await world.jobs()) == 1
    said = await world.paying.house.talks.since(world.conversation, 0)
    assert "Recibimos su pago" in said[-1].content.text or "Recibimos su pago" in said[-2].content.text


async def test_the_job_tells_what_the_web_could_not_and_only_then(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 100_000)
    await world.pay("p1")
    await world.sandbox.send()
    [job] = await world.jobs()
    await paying.tell_payment(world.paying.house, job, world.clock.now())
    assert len(await world.told()) == 1


async def test_a_link_is_opened_at_the_gateway_once(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    urls = await asyncio.gather(*(paying.open_payment(world.paying, "p1", START) for _ in range(5)))
    assert len(set(urls)) == 1
    assert urls[0] is not None
    assert await world.pool.fetchval("select count(*) from fact where kind = 'payment_requested'") == 1
    assert await world.pool.fetchval("select count(*) from sandbox.payment") == 1


async def test_unknown_paid_old_and_needless_links_open_nothing(make_world: Make) -> None:
    world = await make_world()
    assert await paying.open_payment(world.paying, "nobody's", START) is None
    await world.link("p1", 100_000)
    await world.link("p2", 100_000)
    await world.link("p3", 100_000)
    assert await paying.open_payment(world.paying, "p3", START + timedelta(days=15)) is None
    await world.pay("p1")
    await world.sandbox.send()
    assert await paying.open_payment(world.paying, "p1", START) is None
    assert await paying.open_payment(world.paying, "p2", START) is None, "nothing is owed any more"
    assert (await world.books())["payments"] == [("p1", "paid", 100_000), ("p2", "expired", 0), ("p3", "expired", 0)]


async def test_a_refused_payment_is_told_and_can_be_tried_again(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1", "declined")
    await world.sandbox.send()
    assert await world.told() == [f.PaymentDeclined("p1")]
    page = await world.web.get(await paying.open_payment(world.paying, "p1", START))
    assert "rechazado" in page.text
    await world.pay("p1")
    await world.sandbox.send()
    assert [type(fact) for fact in await world.told()] == [f.PaymentDeclined, f.PaymentArrived]
    assert (await world.books())["accounts"] == [("card", 40_000)]


async def test_the_oldest_debt_is_paid_first_and_the_rest_is_held(make_world: Make) -> None:
    world = await make_world([("a-new", 30_000, 5), ("b-old", 50_000, 50)])
    await world.link("p1", 60_000)
    await world.link("p2", 60_000)
    await world.pay("p1")
    await world.pay("p2")
    await world.sandbox.send()
    books = await world.books()
    assert books["accounts"] == [("a-new", 30_000), ("b-old", 50_000)]
    assert books["ledger"]["b-old held"] == -40_000


async def test_who_pays_the_same_debt_twice_is_not_left_alone_with_it(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 100_000)
    await world.link("p2", 100_000)
    pages = [await paying.open_payment(world.paying, one, START) for one in ("p1", "p2")]
    for page in pages:
        assert page is not None
        await world.web.post(page, data={"result": "paid"})
        await world.sandbox.send()
    assert (await world.books())["accounts"] == [("card", 100_000)]
    async with world.pool.acquire() as db:
        facts = [r.fact for r in await book.of_conversation(db, world.keyring, world.conversation)]
    assert [one for one in facts if isinstance(one, f.PaidTooMuch)] == [f.PaidTooMuch("p2", Money(100_000, "COP"))]
    row = await world.pool.fetchrow("select reason, status, conversation_id from work_item")
    assert tuple(row) == ("paid_too_much", "open", world.conversation)


async def test_a_settlement_paid_waives_the_rest_and_is_kept(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.agree("deal", 100_000, 35_000, 35_000)
    for name in ("p1", "p2"):
        await world.link(name, 35_000)
        await world.pay(name)
        await world.sandbox.send()
    assert await world.told() == [
        f.PaymentArrived("p1", Money(35_000, "COP"), Money(35_000, "COP"), "deal"),
        f.PaymentArrived("p2", Money(35_000, "COP"), Money(0, "COP"), "deal", completed=True),
    ]
    books = await world.books()
    assert books["agreements"] == [("deal", "kept")]
    assert books["parts"] == [("deal", 1, 35_000), ("deal", 2, 35_000)]
    assert books["accounts"] == [("card", 100_000)]
    assert books["ledger"]["card waived"] == 30_000
    assert await world.pool.fetchval("select count(*) from fact where kind = 'agreement_completed'") == 1


async def test_a_promise_is_kept_by_paying_in_time(make_world: Make) -> None:
    world = await make_world()
    await world.record(f.PromiseMade("soon", date(2026, 11, 25), Money(40_000, "COP")), name="soon")
    await world.record(f.PromiseMade("more", date(2026, 11, 25), Money(90_000, "COP")), name="more")
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    kept = await world.pool.fetch("select id, status from promise order by id")
    assert [tuple(row) for row in kept] == [("more", "open"), ("soon", "kept")]


async def test_what_the_gateway_did_not_sign_is_refused_and_not_kept(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    raw, headers = world.posts[-1]
    forged = raw.replace(b"40000", b"90000")

    async def post(raw: bytes, headers: dict[str, str], later: int = 0) -> bool:
        at = START + timedelta(seconds=later)
        return bool(await paying.receive_notice(world.paying, "sandbox", raw, headers, "6.6.6.6", at))

    assert not await post(forged, headers)
    assert not await post(raw, {})
    assert not await post(raw, {"sandbox-signature": "t=é,v1=ñ,x"})
    assert not await post(raw, headers, later=301)
    refused = await world.pool.fetch("select source from inbox_refused")
    assert [row["source"] for row in refused] == ["6.6.6.6"] * 4
    assert (await world.books())["accounts"] == [("card", 40_000)]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"id": 3}', "ñ".encode("latin-1"), b'{"id":"e","type":"payment.paid"}'],
)
async def test_a_signed_notice_that_nobody_understands_is_kept(make_world: Make, body: bytes) -> None:
    world = await make_world()
    headers = {"sandbox-signature": signature(SECRET, body, START)}
    assert await paying.receive_notice(world.paying, "sandbox", body, headers, "", START)
    assert await world.pool.fetchval("select status from inbox") == "unreadable"


ODD_PARTS: dict[str, tuple[bytes, bytes]] = {
    "deep": (b'"back":[]', b'"x":' + b"[" * 5000 + b"]" * 5000),
    "the first year": (b'"2026-11-23T15:00:00+00:00"', b'"0001-01-01T00:00:00+14:00"'),
    "the last year": (b'"2026-11-23T15:00:00+00:00"', b'"9999-12-31T23:59:59-14:00"'),
    "a part of the first year": (
        b'"back":[]', b'"back":[{"id":"b","amount":1,"why":"refund","at":"0001-01-01T00:00:00+14:00"}]'
    ),
    "more than a column holds": (b"40000", b"9" * 40),
    "a NUL in a name": (b'"id":"evt_', b'"id":"\\u0000evt_'),
    "a NUL in a reference": (b'"reference":"p1"', b'"reference":"p\\u00001"'),
    "a NUL in a status": (b'"payment.paid"', b'"payment.\\u0000"'),
    "a name without an end": (b'"id":"evt_', b'"id":"' + "".join(map(chr, range(0x4E00, 0x4E00 + 9000))).encode()),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD_PARTS)
async def test_an_odd_notice_is_no_fault_of_ours_and_holds_up_no_other(make_world: Make, what: str) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    await world.link("p2", 10_000)
    await world.pay("p1")
    world.deaf = True
    await world.sandbox.send()
    raw, (old, new) = world.posts[-1][0], ODD_PARTS[what]
    body = raw.replace(old, new)
    assert body != raw
    headers = {"sandbox-signature": signature(SECRET, body, START)}
    assert await paying.receive_notice(world.paying, "sandbox", body, headers, "", START)
    assert await world.pool.fetchval("select count(*) from inbox where status = 'kept' and error = ''") == 0
    await world.pay("p2")
    await paying.take_up(world.paying, START + timedelta(minutes=3))
    assert (await world.books())["payments"] == [("p1", "paid", 40_000), ("p2", "paid", 10_000)]


async def test_chargebacks_and_strange_currencies_are_kept_and_book_nothing(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    before = await world.books()
    raw = world.posts[-1][0]
    for body in (
        raw.replace(b"payment.paid", b"payment.charged_back"),
        raw.replace(b'"COP"', b'"USD"').replace(b"evt_", b"evt_x"),
        raw.replace(b'"id":"pay_', b'"id":"pay_other').replace(b"evt_", b"evt_y"),
    ):
        headers = {"sandbox-signature": signature(SECRET, body, START)}
        assert await paying.receive_notice(world.paying, "sandbox", body, headers, "", START)
        assert await world.pool.fetchval("select count(*) from inbox where status = 'kept' and error <> ''") >= 1
    assert await world.books() == before
    assert await world.pool.fetchval("select count(*) from inbox where error <> ''") == 3
    assert await paying.take_up(world.paying, START) == 0, "what was understood and put aside is not tried for ever"


async def test_a_gateway_that_lost_its_notice_is_asked(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    assert await paying.take_up(world.paying, START + timedelta(minutes=1)) == 0, "it has its time to speak"
    assert await paying.take_up(world.paying, START + timedelta(minutes=3)) == 1
    assert (await world.books())["accounts"] == [("card", 40_000)]
    await world.sandbox.send()
    assert len(await world.told()) == 1


async def test_a_silent_gateway_is_asked_now_and_then_not_at_every_tick(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    await paying.open_payment(world.paying, "p1", START)
    asked = [await paying.take_up(world.paying, START + timedelta(seconds=s)) for s in range(0, 600, 30)]
    assert sum(asked) == 4
    assert await paying.take_up(world.paying, START + timedelta(days=1, minutes=1)) == 0


async def test_a_receipt_is_of_what_came_in(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    assert await paying.receipt(world.paying, "p1") is None
    await world.pay("p1")
    await world.sandbox.send()
    raw = world.posts[-1][0]
    await world.link("p2", 30_000)
    await paying.open_payment(world.paying, "p2", START)
    ref = await world.pool.fetchval("select gateway_ref from payment where id = 'p2'")
    other = await world.pool.fetchval("select gateway_ref from payment where id = 'p1'")
    body = raw.replace(other.encode(), ref.encode()).replace(b"40000", b"25000").replace(b"evt_", b"evt_z")
    # The gateway itself took another amount than was asked for, and says so when it is asked.
    await world.pool.execute("update sandbox.payment set amount = 25000, status = 'paid' where id = $1", ref)
    headers = {"sandbox-signature": signature(SECRET, body, START)}
    assert await paying.receive_notice(world.paying, "sandbox", body, headers, "", START)
    told = await paying.receipt(world.paying, "p2")
    assert told is not None
    assert told.amount == Money(25_000, "COP")
    assert (await world.books())["accounts"] == [("card", 65_000)]


async def test_a_sandbox_that_nobody_hears_posts_again(make_world: Make) -> None:
    world = await make_world(temper=WILD)
    await world.link("p1", 40_000)
    world.deaf = True
    await world.pay("p1")
    assert await world.sandbox.send() == 0
    world.deaf = False
    assert await world.sandbox.send() >= 2
    assert (await world.books())["accounts"] == [("card", 40_000)]


async def test_a_gateway_that_is_down_is_said_and_nothing_is_noted(make_world: Make) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    down = httpx.MockTransport(lambda request: httpx.Response(503))
    world.gateway._transport = down
    with pytest.raises(GatewayDown, match="did not answer well"):
        await paying.open_payment(world.paying, "p1", START)
    assert await world.pool.fetchval("select count(*) from fact where kind = 'payment_requested'") == 0


async def test_an_unknown_outcome_is_a_state_of_its_own_resolved_by_asking(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    real = world.gateway._transport

    async def takes_it_and_dies(request: httpx.Request) -> httpx.Response:
        await real.handle_async_request(request)
        raise httpx.ReadTimeout("no answer", request=request)

    world.gateway._transport = httpx.MockTransport(takes_it_and_dies)
    with pytest.raises(GatewayDown):
        await paying.open_payment(world.paying, "p1", START)
    assert (await world.books())["payments"] == [("p1", "unknown", 0)]
    for minutes in (1, 3, 5):  # asked, and it does not answer
        await paying.take_up(world.paying, START + timedelta(minutes=minutes))
        assert (await world.books())["payments"] == [("p1", "unknown", 0)]
    world.gateway._transport = real
    await paying.take_up(world.paying, START + timedelta(minutes=8))
    assert (await world.books())["payments"] == [("p1", "created", 0)], "it knows of it, and nobody paid yet"
    await world.pay("p1")
    world.gateway._transport = httpx.MockTransport(lambda request: httpx.Response(503))
    await paying.take_up(world.paying, START + timedelta(minutes=11))
    assert (await world.books())["payments"] == [("p1", "unknown", 0)]
    world.gateway._transport = real
    await paying.take_up(world.paying, START + timedelta(hours=30))
    assert (await world.books())["payments"] == [("p1", "paid", 40_000)], "asked also after a day"
    assert len(await world.told()) == 1
    assert await world.pool.fetchval("select count(*) from sandbox.payment") == 1


@pytest.mark.parametrize("seed", [str(n) for n in range(6)])
async def test_a_lying_notice_books_what_the_gateway_says_when_it_is_asked(make_world: Make, seed: str) -> None:
    world = await make_world([("card", 3_000_000, 40)], Temper(twice=50, lies=100, seed=seed), talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    books = await world.books()
    assert (books["accounts"], books["payments"]) == ([("card", 40_000)], [("p1", "paid", 40_000)])
    assert b'"amount":40000,"currency":"COP"' not in b"".join(r for r, _ in world.posts if b"payment.paid" in r)
    errors = await world.pool.fetch("select error from inbox where error <> ''")
    assert "40000 COP was asked for" in errors[0]["error"]
    assert len(await world.told()) == 1


async def test_a_lie_that_the_gateway_does_not_confirm_books_nothing(make_world: Make) -> None:
    world = await make_world(temper=Temper(lies=100, seed="1"))
    await world.link("p1", 40_000)
    await world.pay("p1")
    real = world.gateway._transport
    world.gateway._transport = httpx.MockTransport(lambda request: httpx.Response(503))
    await world.sandbox.send()
    assert (await world.books())["accounts"] == [("card", 0)]
    assert "does not confirm" in await world.pool.fetchval("select error from inbox where error <> ''")
    world.gateway._transport = real
    await paying.take_up(world.paying, START + timedelta(minutes=3))
    assert (await world.books())["accounts"] == [("card", 40_000)], "nothing is lost by it"


@pytest.mark.parametrize(("result", "status"), [("pending", "pending"), ("expired", "expired")])
async def test_pending_and_expired_are_told_by_the_gateway(make_world: Make, result: str, status: str) -> None:
    world = await make_world()
    await world.link("p1", 40_000)
    await world.pay("p1", result)
    await world.sandbox.send()
    books = await world.books()
    assert (books["payments"], books["accounts"]) == ([("p1", status, 0)], [("card", 0)])
    if result == "pending":
        await world.pay("p1")
        await world.sandbox.send()
        assert (await world.books())["payments"] == [("p1", "paid", 40_000)]


async def test_a_notice_replayed_after_a_day_changes_nothing(make_world: Make) -> None:
    world = await make_world(talk=True)
    await world.link("p1", 40_000)
    await world.pay("p1")
    await world.sandbox.send()
    before, later = await world.books(), START + timedelta(days=1)
    for raw, headers in tuple(world.posts):
        assert not await paying.receive_notice(world.paying, "sandbox", raw, headers, "", later), "its hour is over"
        fresh = {"sandbox-signature": signature(SECRET, raw, later)}
        assert await paying.receive_notice(world.paying, "sandbox", raw, fresh, "", later), "signed again, read once"
    assert await world.books() == before
    assert len(await world.told()) == 1
