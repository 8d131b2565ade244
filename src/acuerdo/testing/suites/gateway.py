"""What every payment gateway has to do; run it against a sandbox and against the real thing.

Make a subclass whose fixture `bench` gives a `Bench`: `class TestMine(GatewayContract): ...`. pytest finds the rest. A
gateway that only makes links, and tells nothing of what came in, is held to `LinkContract`.
"""

# ruff: noqa: S101 - a suite is made of assertions
from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import pytest

from acuerdo.core.words import Money
from acuerdo.service.gateways import BadSignature, Gateway, GatewayDown, Intent, Notice, Unreadable


class Posted(msgspec.Struct, frozen=True):
    """One post that the gateway made to our notify address; header names in lower case."""

    raw: bytes
    headers: dict[str, str]


class Bench(msgspec.Struct, frozen=True):
    """A gateway and the other side of it: `pay` and `refuse` do at the page `url` what a person does there, and
    `posts` gives every post made so far. `at` is the gateway's time. `leave` makes a payment pending and `expire`
    lets it run out, where the gateway can be made to; `give_back` gives so much (minor units) of our reference back,
    by a refund or a chargeback."""

    gateway: Gateway
    pay: Callable[[str], Awaitable[None]]
    refuse: Callable[[str], Awaitable[None]]
    posts: Callable[[], Awaitable[list[Posted]]]
    at: datetime
    leave: Callable[[str], Awaitable[None]] | None = None
    expire: Callable[[str], Awaitable[None]] | None = None
    give_back: Callable[[str, int, str], Awaitable[None]] | None = None


def intent(reference: str = "ref-1", minor: int = 125_050) -> Intent:
    """An intent as the house makes them."""
    urls = ("http://acuerdo.test/p/ref-1/volver", "http://acuerdo.test/webhooks/pay/x")
    return Intent(reference, Money(minor, "COP"), "Tienda", *urls)


async def _notices(bench: Bench) -> list[Notice]:
    return [notice for post in await bench.posts() for notice in bench.gateway.parse(post.raw)]


class LinkContract:
    """What every gateway has to do, one test each."""

    async def test_the_same_reference_is_the_same_intent(self, bench: Bench) -> None:
        first, again = await bench.gateway.create(intent()), await bench.gateway.create(intent())
        other = await bench.gateway.create(intent("ref-2"))
        assert first == again
        assert other.gateway_ref != first.gateway_ref
        assert first.url.startswith("http")

    async def test_asked_for_twice_at_once_it_is_still_one_intent(self, bench: Bench) -> None:
        made = await asyncio.gather(*(bench.gateway.create(intent()) for _ in range(3)))
        assert len(set(made)) == 1

    async def test_an_unknown_reference_is_none(self, bench: Bench) -> None:
        assert await bench.gateway.lookup("nobody's") is None

    async def test_what_nobody_signed_is_nobodys(self, bench: Bench) -> None:
        for raw, headers in ((b"", {}), (b"{}", {"signature": "x"}), (b"\xff", {"authorization": "Bearer x"})):
            with pytest.raises(BadSignature):
                bench.gateway.verify(raw, headers, bench.at)

    @pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b'{"type": 7}'])
    async def test_what_it_never_sends_is_unreadable(self, bench: Bench, raw: bytes) -> None:
        with pytest.raises(Unreadable):
            bench.gateway.parse(raw)


class GatewayContract(LinkContract):
    """And what a gateway has to do that tells what came in."""

    async def test_a_reference_never_comes_to_be_of_another_amount(self, bench: Bench) -> None:
        made = await bench.gateway.create(intent())
        try:
            again = await bench.gateway.create(intent(minor=99_900))
        except GatewayDown:
            return  # as most say: this key was used for something else
        assert again == made

    async def test_a_payment_is_told_with_its_reference_amount_and_moment(self, bench: Bench) -> None:
        made = await bench.gateway.create(intent())
        await bench.pay(made.url)
        paid = [n for n in await _notices(bench) if n.status == "paid"]
        assert paid
        for notice in paid:
            assert notice.gateway_ref == made.gateway_ref
            assert notice.reference in ("", "ref-1")
            assert notice.amount == Money(125_050, "COP")
            assert notice.at is not None
            assert notice.at.tzinfo is not None
            assert notice.event

    async def test_events_have_ids_of_their_own(self, bench: Bench) -> None:
        made = await bench.gateway.create(intent())
        await bench.refuse(made.url)
        await bench.pay(made.url)
        statuses: dict[str, set[str]] = {}
        for notice in await _notices(bench):
            statuses.setdefault(notice.event, set()).add(notice.status)
        assert all(len(said) == 1 for said in statuses.values())
        assert {"refused", "paid"} <= set().union(*statuses.values())

    async def test_a_lookup_says_what_became_of_it(self, bench: Bench) -> None:
        made = await bench.gateway.create(intent())
        before = await bench.gateway.lookup("ref-1")
        await bench.pay(made.url)
        after = await bench.gateway.lookup("ref-1")
        assert before is None or before.status != "paid"
        assert after is not None
        assert (after.status, after.gateway_ref, after.amount) == ("paid", made.gateway_ref, Money(125_050, "COP"))

    async def test_only_what_it_signed_lately_is_its_own(self, bench: Bench) -> None:
        made = await bench.gateway.create(intent())
        await bench.pay(made.url)
        for post in await bench.posts():
            bench.gateway.verify(post.raw, post.headers, bench.at)
            for raw, headers, at in (
                (post.raw + b" ", post.headers, bench.at),
                (post.raw, {}, bench.at),
                (post.raw, post.headers, bench.at + timedelta(days=1)),
                (post.raw, dict.fromkeys(post.headers, "x"), bench.at),
            ):
                with pytest.raises(BadSignature):
                    bench.gateway.verify(raw, headers, at)

    async def test_a_payment_left_pending_or_run_out_is_told_as_that(self, bench: Bench) -> None:
        if bench.leave is None or bench.expire is None:
            pytest.skip("this gateway cannot be made to leave a payment, or let it run out")
        left, gone = await bench.gateway.create(intent()), await bench.gateway.create(intent("ref-2"))
        await bench.leave(left.url)
        await bench.expire(gone.url)
        said = {(notice.gateway_ref, notice.status) for notice in await _notices(bench)}
        assert {(left.gateway_ref, "pending"), (gone.gateway_ref, "expired")} <= said
        assert not any(status == "paid" for _, status in said)

    async def test_what_goes_back_is_told_and_a_lookup_says_all_of_it(self, bench: Bench) -> None:
        if bench.give_back is None:
            pytest.skip("this gateway cannot be made to give money back")
        made = await bench.gateway.create(intent())
        await bench.pay(made.url)
        await bench.give_back("ref-1", 25_050, "refund")
        await bench.give_back("ref-1", 100_000, "chargeback")
        told = [notice for notice in await _notices(bench) if notice.status == "taken_back"]
        assert told
        for notice in told:
            assert (notice.gateway_ref, notice.reference in ("", "ref-1")) == (made.gateway_ref, True)
        found = await bench.gateway.lookup("ref-1")
        assert found is not None
        assert (found.status, found.amount) == ("paid", Money(125_050, "COP")), "the payment is told as it was"
        assert {(one.amount.minor, one.why) for one in found.back} == {(25_050, "refund"), (100_000, "chargeback")}
        assert len({one.id for one in found.back}) == 2, "each part has a name of its own"
        assert all(one.at.tzinfo is not None and one.amount.currency == "COP" for one in found.back)
        assert await bench.gateway.lookup("ref-1") == found, "and it says so again"
