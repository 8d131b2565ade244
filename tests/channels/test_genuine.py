"""The page that tells whether a message is genuine, and the creditor's own domain in its links."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from tests.sending.conftest import World, world_on

from acuerdo.service.creditors import BadDomain, Settings, checked_domain
from acuerdo.web import genuine

DOMAIN = "mensajes.tiendasol.example"
DEBT = re.compile(r"deuda|debe|pag(o|ar|ue)|mora|saldo|cr[eé]dito|vencid|\$|900\.?000", re.IGNORECASE)


@dataclass
class House:
    world: World
    web: httpx.AsyncClient

    async def link(self) -> str:
        """The link that was written to a person."""
        await self.world.person()
        await self.world.app.pool.execute(
            """update creditor set settings = settings || jsonb_build_object(
                 'domain', $1::text, 'phone', '601 555 1234', 'tax_id', 'NIT 900.123.456-7')""",
            DOMAIN,
        )
        await self.world.campaign("ana")
        await self.world.work()
        (text,) = await self.world.phone()
        found = re.search(r"http\S+", text)
        assert found
        return found[0]


@pytest.fixture
async def house(db_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with world_on(db_url, tmp_path) as world:
        made = Starlette(routes=genuine.ROUTES)
        made.state.house = world.app
        async with httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url=f"http://{DOMAIN}") as web:
            yield House(world, web)


async def test_the_link_is_the_creditors_own_and_its_page_proves_it(house: House) -> None:
    link = await house.link()
    assert link.startswith(f"http://{DOMAIN}/c/")
    shown = await house.web.get(link.replace("/c/", "/v/"))
    assert shown.status_code == 200
    for told in (
        "Tienda Sol S.A.",
        "NIT 900.123.456-7",
        "601 555 1234",
        DOMAIN,
        "23 de noviembre de 2026, 10:00",
        "SMS",
    ):
        assert told in shown.text, told
    bare = re.sub(r"<[^>]+>", " ", shown.text)
    assert not DEBT.search(bare), DEBT.search(bare)
    assert shown.headers["cache-control"] == "no-store"
    # It is no opening of the message, and nothing is known of who looked.
    assert await house.world.app.pool.fetchval("select count(*) from link where opened_at is not null") == 0


async def test_what_we_did_not_send_is_not_confirmed(house: House) -> None:
    await house.link()
    for token in ("guessed", "x" * 22, "%00", "../c"):
        shown = await house.web.get(f"/v/{token}")
        assert shown.status_code == 404
    assert "No podemos confirmar" in (await house.web.get("/v/guessed")).text


async def test_the_domain_alone(house: House) -> None:
    await house.link()
    shown = await house.web.get("/v")
    assert "Tienda Sol" in shown.text
    assert not DEBT.search(re.sub(r"<[^>]+>", " ", shown.text))
    assert (await house.web.get("/v", headers={"host": "another.example"})).status_code == 404


async def test_without_a_domain_links_are_the_installations(house: House) -> None:
    await house.world.person()
    await house.world.campaign("ana")
    await house.world.work()
    (text,) = await house.world.phone()
    assert f"{house.world.app.settings.base_url}/c/" in text


@pytest.mark.parametrize(
    "given", ["https://a.example", "a.example/x", "a", "a..b", "-a.example", "a b.example", "a.example:80"]
)
def test_what_is_no_domain(given: str) -> None:
    with pytest.raises(BadDomain):
        checked_domain(given)


def test_a_domain_is_kept_in_lower_case() -> None:
    assert checked_domain("Mensajes.Tienda.Example") == "mensajes.tienda.example"
    assert Settings("x").domain == ""
