"""The sandbox gateway is held to what every gateway has to do, calm and misbehaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from acuerdo.adapters.gateways.sandbox import SandboxGateway
from acuerdo.service import gateways
from acuerdo.service.settings import Settings
from acuerdo.testing.gateway import CALM, WILD, Sandbox, planned
from acuerdo.testing.suites.gateway import Bench, GatewayContract, Posted, intent

from .conftest import BASE, SECRET, START


@pytest.fixture(params=[CALM, WILD], ids=["calm", "wild"])
async def bench(request: pytest.FixtureRequest, db: asyncpg.Pool) -> Bench:
    posted: list[Posted] = []

    async def notify(request: Request) -> Response:
        posted.append(Posted(await request.body(), dict(request.headers)))
        return Response()

    outer = Starlette(routes=[Route("/webhooks/pay/x", notify, methods=["POST"])])
    net = httpx.ASGITransport(outer)
    url = f"{BASE}/sandbox/pagos"
    sandbox = Sandbox(db, SECRET, lambda: START, url, temper=request.param, transport=net, by_itself=False)
    outer.router.routes.append(Mount("/sandbox/pagos", sandbox.app))

    def press(result: str) -> Callable[[str], Any]:
        async def pressed(url: str) -> None:
            async with httpx.AsyncClient(transport=net) as person:
                answer = await person.post(url, data={"result": result})
                assert answer.status_code == 303

        return pressed

    async def posts() -> list[Posted]:
        await sandbox.send()
        return posted

    async def give_back(reference: str, minor: int, why: str) -> None:
        async with httpx.AsyncClient(transport=net, headers={"authorization": f"Bearer {SECRET.hex()}"}) as operator:
            answer = await operator.post(f"{url}/intents/{reference}/back", json={"amount": minor, "why": why})
            assert answer.status_code == 200

    return Bench(
        SandboxGateway(url, SECRET, net), press("paid"), press("declined"), posts, START, press("pending"),
        press("expired"), give_back,
    )  # fmt: skip


class TestSandbox(GatewayContract):
    """The shipped sandbox over its own interface."""


async def test_a_stranger_makes_no_intents(db: asyncpg.Pool) -> None:
    sandbox = Sandbox(db, SECRET, lambda: START, BASE, by_itself=False)
    stranger = SandboxGateway(BASE, b"another secret", httpx.ASGITransport(sandbox.app))
    with pytest.raises(gateways.GatewayDown):
        await stranger.create(intent())
    assert await db.fetchval("select count(*) from sandbox.payment") == 0


async def test_the_hosted_page_says_who_how_much_and_that_it_is_a_test(bench: Bench) -> None:
    made = await bench.gateway.create(intent())
    async with httpx.AsyncClient(transport=bench.gateway._transport) as person:  # type: ignore[attr-defined]
        page = await person.get(made.url)
        assert "Tienda" in page.text
        assert "$1.250,50" in page.text.replace("\xa0", "")
        assert "no se mueve dinero real" in page.text
        assert (await person.get(made.url + "x")).status_code == 404
        assert (await person.post(made.url, data={"result": "free"})).status_code == 422


def test_misbehaviour_is_the_same_for_the_same_seed_and_never_loses_a_notice() -> None:
    for n in range(50):
        plans = planned(WILD, f"p{n}", ("pending", "paid"), 0)
        assert plans == planned(WILD, f"p{n}", ("pending", "paid"), 0)
        assert {"pending", "paid"} <= {notice.status for notice in plans}
    orders = {tuple(x.status for x in planned(WILD, f"p{n}", ("pending", "paid"), 0)) for n in range(50)}
    assert len(orders) > 5


def test_gateways_are_found_by_entry_point() -> None:
    found = gateways.load(Settings(_env_file=None), lambda name: f"secret of {name}")
    if not found:
        pytest.skip("this environment's metadata is older than the entry point; install the project again")
    assert isinstance(gateways.named(found, "sandbox"), SandboxGateway)
    with pytest.raises(gateways.UnknownGateway, match=r"installed: .*sandbox"):
        gateways.named(found, "bank")
