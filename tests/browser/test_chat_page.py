"""The debtor's page against a scripted house: nothing lost or said twice, nothing left readable, nobody left out."""

from __future__ import annotations

import gzip

import pytest
from stage import OFFER, WEB, House, played

GREETING = {"text": "Hola.", "buttons": [{"id": "go", "title": "Seguir"}]}
ASKS_DOCUMENT = {"text": "¿Últimos 4?", "input": {"kind": "document_tail", "label": "Últimos 4"}}
OFFERS = {"text": "Opciones:", "cards": [OFFER, {**OFFER, "id": "o2", "title": "6 cuotas"}]}
RATES = {"text": "¿Cómo le fue?", "input": {"kind": "rating", "label": "Califique"}}


@pytest.fixture
def house() -> House:
    return House([GREETING])


async def test_the_whole_page_is_light(built) -> None:
    parts = [WEB / "templates" / "chat.html", built / "chat.js", built / "chat.css"]
    assert sum(len(gzip.compress(part.read_bytes())) for part in parts) < 15_000


async def test_a_previewer_that_only_loads_the_page_opens_nothing(house, open_page, built) -> None:
    async with played(house) as address:
        page = await open_page(f"{address}/c/x")
        await page.get_by_role("button", name="Seguir").wait_for()
        assert [frame["t"] for frame in house.heard] == ["hello"]
        assert await page.title() == "Mensaje privado"
        await page.mouse.click(10, 300)
        await page.wait_for_timeout(100)
        assert [frame["t"] for frame in house.heard] == ["hello", "open", "read"]


async def test_what_is_said_while_the_house_is_down_arrives_once(house, open_page, built) -> None:
    async with played(house) as address:
        page = await open_page(f"{address}/c/x")
        await page.get_by_role("button", name="Seguir").wait_for()
        house.down = True
        await page.get_by_label("Escriba su mensaje").fill("no puedo hoy")
        await page.keyboard.press("Enter")
        await page.get_by_text("Reconectando… no se pierde nada").wait_for()
        await page.reload()
        house.down = False
        await page.get_by_text("Enviado").wait_for()
        assert house.own == ["no puedo hoy"]
        assert await page.locator(".row.me").count() == 1
        assert await page.evaluate("sessionStorage.length") == 0


async def test_an_ack_lost_with_its_line_does_not_say_it_twice(house, open_page, built) -> None:
    async with played(house) as address:
        page = await open_page(f"{address}/c/x")
        house.deaf_to_acks = True
        await page.get_by_role("button", name="Seguir").click()
        await page.get_by_text("Enviado").wait_for()
        assert house.own == ["Seguir"]
        assert await page.locator(".row.me").count() == 1


async def test_the_document_is_never_readable_on_the_screen(open_page, built) -> None:
    house = House([ASKS_DOCUMENT])
    async with played(house) as address:
        page = await open_page(f"{address}/c/x")
        await page.get_by_label("Últimos 4").fill("4821")
        await page.get_by_role("group", name="Respuestas sugeridas").get_by_role("button", name="Enviar").click()
        await page.get_by_text("Enviado").wait_for()
        assert house.own == ["4821"]
        assert "4821" not in await page.inner_text("body")


async def test_offers_are_chosen_with_the_keyboard_and_stay_readable(open_page, built) -> None:
    house = House([OFFERS])
    async with played(house) as address:
        page = await open_page(f"{address}/c/x")
        await page.get_by_role("button", name="Elegir").first.focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await page.get_by_text("Enviado").wait_for()
        assert house.own == ["6 cuotas"]
        assert await page.get_by_role("button", name="Elegir").count() == 0
        assert await page.get_by_role("heading", name="3 cuotas").is_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_on_the_way_through_a_conversation(dark, open_page, axe) -> None:
    house = House([GREETING, ASKS_DOCUMENT, OFFERS, RATES])
    async with played(house) as address:
        page = await open_page(f"{address}/c/x", width=320, dark=dark)
        for step in (".chip", ".ask .button", ".choose"):
            await page.locator(step).first.wait_for()
            assert await axe(page) == []
            if step == ".ask .button":
                await page.get_by_label("Últimos 4").fill("4821")
            await page.locator(step).first.click()
        await page.get_by_text("Muy bien").wait_for()
        assert await axe(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == 320
