"""The one application: what every answer carries, who may see what, and what is said when something is wrong."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from acuerdo.app import App, app_on
from acuerdo.service.settings import Settings
from acuerdo.testing.clock import FixedClock
from acuerdo.web import create

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)
CARRIED = ("content-security-policy", "referrer-policy", "x-content-type-options", "x-robots-tag")


@pytest.fixture
async def house(db_url: str, tmp_path: Path) -> AsyncIterator[App]:
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=db_url, base_url="http://casa.test")
    async with app_on(settings, db_url, clock=FixedClock(AT)) as app:
        yield app


@pytest.fixture
async def demo(db_url: str, tmp_path: Path) -> AsyncIterator[App]:
    settings = Settings(
        _env_file=None, data_dir=tmp_path, database_url=db_url, base_url="http://casa.test", clock="demo"
    )
    async with app_on(settings, db_url) as app:
        yield app


def browser(app: App, *extra: Route) -> httpx.AsyncClient:
    made = create(app)
    made.router.routes.extend(extra)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(made), base_url="http://casa.test", headers={"accept": "text/html"}
    )


@pytest.mark.parametrize("path", ["/", "/health", "/nada", "/c/nadie", "/p/nadie", "/desk/login", "/static/build/x.js"])
async def test_every_answer_carries_the_headers(house: App, path: str) -> None:
    async with browser(house) as web:
        answer = await web.get(path)
    assert all(name in answer.headers for name in CARRIED)
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("path", ["/p/%00", "/p/a%00b/volver", "/c/%00", "/desk/c/%00", "/webhooks/pay/%00", "/%00"])
async def test_an_address_that_no_database_takes_is_no_page(house: App, path: str) -> None:
    async with browser(house) as web:
        for answer in (await web.get(path), await web.post(path)):
            assert answer.status_code == 404
            assert "No encontramos" in answer.text


async def test_over_https_cookies_and_pages_stay_there(house: App) -> None:
    settings = house.settings.model_copy(update={"base_url": "https://casa.test"})
    object.__setattr__(house, "settings", settings)
    async with browser(house) as web:
        answer = await web.get("/desk/login")
    assert "strict-transport-security" in answer.headers
    cookie = answer.headers["set-cookie"].lower()
    assert "secure" in cookie
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_built_file_asked_for_with_its_mark_is_kept_for_ever(house: App) -> None:
    async with browser(house) as web:
        marked = await web.get("/static/build/chat.css?v=1")
        bare = await web.get("/static/build/chat.css")
    if marked.status_code == 404:
        pytest.skip("the pages are not built")
    assert "immutable" in marked.headers["cache-control"]
    assert bare.headers["cache-control"] == "no-cache"
    assert marked.headers["content-encoding"] == "gzip"


async def test_outside_the_demo_the_first_page_tells_nothing(house: App) -> None:
    async with browser(house) as web:
        text = (await web.get("/")).text
    assert "/phone" not in text
    assert "deuda" not in text.lower()


@pytest.mark.parametrize("path", ["/results", "/results.json", "/phone", "/sandbox/phone.json"])
async def test_figures_and_phones_are_for_who_signed_in(house: App, path: str) -> None:
    async with browser(house) as web:
        answer = await web.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/login")


@pytest.mark.parametrize("path", ["/", "/results", "/results.json", "/phone", "/sandbox/phone.json"])
async def test_the_demo_is_open_to_whoever_tries_it(demo: App, path: str) -> None:
    async with browser(demo) as web:
        assert (await web.get(path)).status_code == 200


async def _move(web: httpx.AsyncClient, **form: str) -> httpx.Response:
    page = (await web.get("/results")).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    return await web.post("/results/clock", data={"csrf": token.group(1), **form})


async def test_the_demos_clock_goes_forward_and_never_back(demo: App) -> None:
    async with browser(demo) as web:
        before = (await web.get("/results.json")).json()["clock"]
        assert before["movable"] is True
        assert (await _move(web, forward="1d")).status_code == 303
        after = (await web.get("/results.json")).json()["clock"]
        assert datetime.fromisoformat(after["at"]) > datetime.fromisoformat(before["at"])
        back = await _move(web, to="2020-01-01T10:00")
        assert (back.status_code, "avanza" in back.json()["error"]) == (409, True)
        assert (await _move(web, to="mañana")).status_code == 400
        assert (await web.post("/results/clock", data={"forward": "1h"})).status_code == 403


async def test_an_error_of_ours_is_a_calm_page_and_tells_nothing(house: App, caplog: pytest.LogCaptureFixture) -> None:
    async def breaks(_: Request) -> Response:
        raise ValueError("Ana Ruiz debe 900000")

    async with browser(house, Route("/roto", breaks)) as web:
        page = await web.get("/roto")
        told = await web.get("/roto", headers={"accept": "application/json"})
    assert page.status_code == told.status_code == 500
    assert "Ana" not in page.text + told.text + caplog.text
    assert "Intente de nuevo" in page.text
    assert told.json()["error"]


async def test_while_the_database_is_away_pages_say_so_and_load_again(house: App) -> None:
    async def away(_: Request) -> Response:
        raise asyncpg.ConnectionDoesNotExistError

    async with browser(house, Route("/lejos", away)) as web:
        answer = await web.get("/lejos")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert 'http-equiv="refresh"' in answer.text
    assert "no se perdió nada" in answer.text


async def test_health_says_when_the_database_is_gone(house: App) -> None:
    async with browser(house) as web:
        assert (await web.get("/health")).json() == {"status": "ok"}
        house.pool.terminate()
        assert (await web.get("/health")).status_code == 503


@pytest.mark.parametrize(
    ("path", "status"),
    [("/webhooks/channel/sms", 401), ("/webhooks/channel/fax", 404), ("/webhooks/pay/sandbox", 401),
     ("/webhooks/pay/nadie", 404)],
)  # fmt: skip
async def test_a_hook_takes_nothing_that_is_not_signed(house: App, path: str, status: int) -> None:
    async with browser(house) as web:
        assert (await web.post(path, content=b'{"events": []}')).status_code == status
    assert await house.pool.fetchval("select count(*) from inbox") == 0


async def test_a_hook_reads_no_endless_body(house: App) -> None:
    async with browser(house) as web:
        assert (await web.post("/webhooks/channel/sms", content=b"x" * 10_000_000)).status_code == 413


@pytest.mark.parametrize("path", ["/p/nadie", "/p/nadie/volver"])
async def test_a_payment_that_is_not_there_is_a_neutral_page(house: App, path: str) -> None:
    async with browser(house) as web:
        answer = await web.get(path)
    assert answer.status_code == 404
    assert "conversación" in answer.text


@pytest.mark.parametrize("status", ["refunded", "expired"])
async def test_who_comes_back_to_a_payment_that_is_over_waits_for_nothing(house: App, status: str) -> None:
    keyring, pool = house.keyring, house.pool
    await pool.execute("insert into creditor (id, name, settings, added_at) values ('c', 'C', '{}', $1)", AT)
    await pool.execute("insert into subject values ('s', 'CO')")
    await pool.execute(
        """insert into person (id, creditor_id, subject_id, country, zones, wrapped_key, sealed, digest)
           values ('p', 'c', 's', 'CO', '{America/Bogota}', $1, '', '')""",
        keyring.new_key("p"),
    )
    await pool.execute(
        """insert into payment (id, creditor_id, person_id, accounts, amount, currency, status, gateway, created_at)
           values ('x', 'c', 'p', '{}', 1000, 'COP', $1, 'sandbox', $2)""",
        status, AT,
    )  # fmt: skip
    async with browser(house) as web:
        answer = await web.get("/p/x/volver")
    assert (answer.status_code, "ya no está disponible" in answer.text) == (404, True)
    assert "refresh" not in answer.text


async def test_the_phone_shows_what_the_carrier_took_in_its_owners_hour(demo: App) -> None:
    await demo.pool.execute(
        """insert into sandbox.sms (id, client_ref, sender, number, body, at, status)
           values ('1', 'r', 'Aurora', '+573005550101', 'Hola', $1, 'delivered')""",
        AT,
    )
    async with browser(demo) as web:
        told: dict[str, Any] = (await web.get("/sandbox/phone.json", params={"number": "+573005550101"})).json()
    assert told["numbers"] == [{"number": "+573005550101", "count": 1}]
    assert told["messages"] == [{"id": "1", "at": "2026-11-24T10:00:00-05:00", "from": "Aurora", "text": "Hola"}]
