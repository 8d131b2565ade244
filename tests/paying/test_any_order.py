"""Whatever order, repetition or interruption: the same books, each conversation told once, no money lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest

from acuerdo.core.words import derive
from acuerdo.service import paying
from acuerdo.service.gateways import GatewayDown
from acuerdo.testing.gateway import WILD, Temper, signature

from .conftest import SECRET, START

Make = Callable[..., Any]
ACCOUNTS = [("new", 30_000, 5), ("old", 50_000, 50)]


async def _posts(world: Any, temper_seed: str = "") -> list[bytes]:
    """The bodies that the gateway would post for two payments under an agreement: a refusal first, then the money."""
    await world.agree("deal", 80_000, 20_000, 36_000)
    world.deaf = True
    for name, amount in (("p1", 20_000), ("p2", 50_000)):
        await world.link(name, amount)
        await world.pay(name, "declined")
        await world.pay(name)
    await world.sandbox.send()
    return [raw for raw, _ in world.posts]


async def _deliver(world: Any, raw: bytes) -> None:
    headers = {"sandbox-signature": signature(SECRET, raw, START)}
    assert await paying.receive_notice(world.paying, "sandbox", raw, headers, "", START)


EXPECTED = {
    "accounts": [("new", 30_000), ("old", 50_000)],
    "agreements": [("deal", "kept")],
    "parts": [("deal", 1, 20_000), ("deal", 2, 36_000)],
    "payments": [("p1", "paid", 20_000), ("p2", "paid", 50_000)],
}


def _check(books: dict[str, Any]) -> None:
    assert {name: books[name] for name in EXPECTED} == EXPECTED
    by_account: dict[str, int] = {}
    for name, amount in books["ledger"].items():
        by_account[name.split()[0]] = by_account.get(name.split()[0], 0) + amount
    assert set(by_account.values()) == {0}
    assert sum(v for k, v in books["ledger"].items() if k.endswith(" cash")) == 70_000
    assert sum(v for k, v in books["ledger"].items() if k.endswith(" held")) == -14_000
    assert sum(v for k, v in books["ledger"].items() if k.endswith(" waived")) == 24_000


@pytest.mark.parametrize("seed", [str(n) for n in range(8)])
async def test_any_order_and_repetition_of_notices_gives_the_same_books(make_world: Make, seed: str) -> None:
    world = await make_world(ACCOUNTS, Temper(70, 70, 70, seed=seed), talk=True)
    posts = await _posts(world)
    posts += [raw for raw in posts if int(derive(seed, raw.decode()), 16) % 2]
    posts.sort(key=lambda raw: derive("order", seed, raw.decode()))
    world.deaf = False
    for some in (posts[n : n + 3] for n in range(0, len(posts), 3)):
        await asyncio.gather(*(_deliver(world, raw) for raw in some))
    _check(await world.books())
    arrived = [fact.payment for fact in await world.told() if type(fact).__name__ == "PaymentArrived"]
    assert sorted(arrived) == ["p1", "p2"]


async def test_all_notices_at_once_book_once(make_world: Make) -> None:
    world = await make_world(ACCOUNTS, WILD, talk=True)
    posts = await _posts(world)
    await asyncio.gather(*(_deliver(world, raw) for raw in posts * 2))
    _check(await world.books())


class Killed(BaseException):
    """As if the process had died: nothing that catches errors may catch it."""


class Reaper:
    """Kills at the n-th talk with the database: before it, or after it was done and before anybody heard."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.left, self.after = -1, False
        for name in ("execute", "executemany", "fetch", "fetchrow", "fetchval"):
            patch.setattr(asyncpg.Connection, name, self._wrapped(getattr(asyncpg.Connection, name)))

    def _wrapped(self, method: Any) -> Any:
        async def talk(connection: Any, query: str, *args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            dying = self.left == 0 and "ROLLBACK" not in query
            if dying and not self.after:
                connection.terminate()
                raise Killed(query)
            answer = await method(connection, query, *args, **kwargs)
            if dying:
                connection.terminate()
                raise Killed(query)
            return answer

        return talk


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_no_money_is_lost_or_doubled_wherever_the_process_dies(
    make_world: Make, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """One notice after another is interrupted at each of its talks with the database, then life goes on."""
    world = await make_world([("card", 3_000_000, 40)], talk=True)
    reaper, deaths = Reaper(monkeypatch), 0
    for n in range(1, 60):
        name = f"p{n:02}"
        await world.link(name, 10_000)
        world.deaf = True
        await world.pay(name)
        world.posts.clear()
        await world.sandbox.send()
        [raw] = [raw for raw, _ in world.posts if name.encode() in raw and b"payment.paid" in raw]
        await world.pool.execute("delete from sandbox.notice")
        reaper.left, reaper.after = n, after
        try:
            await _deliver(world, raw)
        except (Killed, asyncpg.InterfaceError):  # the driver says its own word about a lost connection
            deaths += 1
        alive, reaper.left = reaper.left > 0, -1
        if n % 2:  # the gateway posts again, as it got no answer
            await _deliver(world, raw)
        else:  # or a worker takes up what was kept, and asks about the rest
            await paying.take_up(world.paying, START)
            await paying.take_up(world.paying, START + paying.QUIET)
        for job in await world.jobs():
            await paying.tell_payment(world.paying.house, job, START)
        books = await world.books()
        assert books["accounts"] == [("card", 10_000 * n)], f"at talk {n}"
        assert books["ledger"]["card cash"] == 10_000 * n
        assert len(await world.told()) == n
        if alive:
            break
    assert deaths > 15
    assert alive, "every talk was interrupted once"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_crash_between_the_gateways_answer_and_our_commit_makes_no_second_intent(
    make_world: Make, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Opening a payment is interrupted at each of its talks with the database; the person tries again, and pays."""
    world = await make_world([("card", 3_000_000, 40)], talk=True)
    reaper, deaths = Reaper(monkeypatch), 0
    for n in range(1, 40):
        name = f"p{n:02}"
        await world.link(name, 10_000)
        reaper.left, reaper.after = n, after
        try:
            await paying.open_payment(world.paying, name, START)
        except (Killed, asyncpg.InterfaceError):
            deaths += 1
        except GatewayDown:  # the sandbox talks with the same database, and died in the house's place
            deaths += 1
        alive, reaper.left = reaper.left > 0, -1
        await world.pay(name)
        await world.sandbox.send()
        made = await world.pool.fetchval("select count(*) from sandbox.payment where reference = $1", name)
        noted = await world.pool.fetchval("select count(*) from fact where kind = 'payment_requested'")
        assert (made, noted) == (1, n), f"at talk {n}"
        assert (await world.books())["accounts"] == [("card", 10_000 * n)]
        if alive:
            break
    assert deaths > 4
    assert alive, "every talk was interrupted once"
