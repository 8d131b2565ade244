"""Where the person chose some of their debts, what is paid or agreed is for them, and leaves the others as they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from tests.paying.conftest import World

from acuerdo.core import facts as f
from acuerdo.core.words import Money

TWO = [("card", 100_000, 40), ("loan", 60_000, 5)]


def cop(minor: int) -> Money:
    return Money(minor, "COP")


async def test_what_is_paid_of_one_debt_lowers_that_one(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(TWO)
    await world.record(f.PaymentLinkSent("p", cop(60_000), ("loan",)), name="link:p")
    await world.pay("p")
    await world.sandbox.send(wait=True)
    assert (await world.books())["accounts"] == [("card", 0), ("loan", 60_000)]


THREE = [("card", 100_000, 40), ("loan", 60_000, 5), ("store", 30_000, 3)]


async def test_what_is_paid_of_two_debts_leaves_the_third(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(THREE)
    await world.record(f.PaymentLinkSent("p", cop(90_000), ("loan", "store")), name="link:p")
    await world.pay("p")
    await world.sandbox.send(wait=True)
    assert (await world.books())["accounts"] == [("card", 0), ("loan", 60_000), ("store", 30_000)]


async def test_an_agreement_about_two_debts_is_kept_by_what_is_paid_of_either(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(THREE)
    agreed = f.AgreementAccepted(
        "deal", cop(90_000), cop(90_000), ((date(2026, 11, 23), cop(90_000)),), "key", "link_and_document",
        accounts=("loan", "store"),
    )  # fmt: skip
    await world.record(agreed, name="deal")
    for name, minor, debt in (("p", 60_000, "loan"), ("q", 30_000, "store")):
        await world.record(f.PaymentLinkSent(name, cop(minor), (debt,)), name=f"link:{name}")
        await world.pay(name)
        await world.sandbox.send(wait=True)
    books = await world.books()
    assert books["accounts"] == [("card", 0), ("loan", 60_000), ("store", 30_000)]
    assert books["agreements"] == [("deal", "kept")]


async def test_without_a_choice_the_oldest_is_paid_first(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(TWO)
    await world.link("p", 60_000)
    await world.pay("p")
    await world.sandbox.send(wait=True)
    assert (await world.books())["accounts"] == [("card", 60_000), ("loan", 0)]


async def test_an_agreement_about_one_debt_forgives_nothing_of_the_other(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(TWO)
    agreed = f.AgreementAccepted(
        "deal", cop(60_000), cop(50_000), ((date(2026, 11, 23), cop(50_000)),), "key", "link_and_document",
        accounts=("loan",),
    )  # fmt: skip
    await world.record(agreed, name="deal")
    await world.link("p", 50_000)
    await world.pay("p")
    await world.sandbox.send(wait=True)
    books = await world.books()
    assert books["accounts"] == [("card", 0), ("loan", 60_000)]
    assert books["agreements"] == [("deal", "kept")]


async def test_what_is_paid_of_another_debt_is_no_payment_of_the_agreement(make_world: Callable[..., Any]) -> None:
    world: World = await make_world(TWO)
    agreed = f.AgreementAccepted(
        "deal", cop(100_000), cop(100_000), ((date(2026, 11, 30), cop(100_000)),), "key", "link_and_document",
        accounts=("card",),
    )  # fmt: skip
    await world.record(agreed, name="deal")
    await world.record(f.PaymentLinkSent("p", cop(60_000), ("loan",)), name="link:p")
    await world.pay("p")
    await world.sandbox.send(wait=True)
    books = await world.books()
    assert books["accounts"] == [("card", 0), ("loan", 60_000)]
    assert books["parts"] == [("deal", 1, 0)]
