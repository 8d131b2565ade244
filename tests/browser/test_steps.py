"""Every kind of step on a phone: what is shown, answered, refused and told, by touch, by keys and by ear."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page
from stage import OFFER, House, played

SHOTS = os.environ.get("ACUERDO_SHOTS")  # a folder where to leave screenshots, to be looked at
TITLES = ("Ver mi saldo", "Pagar en cuotas", "Otra cosa")
PICTURE = "/picture.svg"


def asks(text: str, kind: str, label: str, **bounds: str) -> dict[str, Any]:
    return {"text": text, "input": {"kind": kind, "label": label, **bounds}}


LIST = {
    "text": "¿De qué se trata?",
    "listed": True,
    "buttons": [{"id": f"b{n}", "title": title} for n, title in enumerate(TITLES)],
}
CARDS = {
    "text": "Estas son sus opciones:",
    "cards": [{**OFFER, "id": f"o{n}", "title": f"{n} cuotas", "picture": PICTURE} for n in (2, 4, 6)],
}
DATE = asks("¿Qué día?", "date", "Elija una fecha", least="2026-11-23", most="2026-12-20")
MONEY = asks("¿Cuánto?", "money", "Escriba un valor", least="50000", most="1200000")
EMAIL = asks("¿A qué correo?", "email", "Su correo electrónico")
FILE = {
    **asks("Mándeme el comprobante.", "file", "Foto o PDF del comprobante"),
    "buttons": [{"id": "request_human", "title": "Hablar con una persona"}],
}
PAPER = {
    "text": "Aquí tiene su estado de cuenta.",
    "files": [{"id": "d9", "name": "estado-de-cuenta.pdf", "mime": "application/pdf"}],
}
KINDS = {"list": LIST, "cards": CARDS, "date": DATE, "money": MONEY, "email": EMAIL, "file": FILE, "paper": PAPER}


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.fixture
async def at(open_page: Any, built: Path) -> AsyncIterator[Any]:
    """A phone that shows the last of these messages."""
    stages = []

    async def opened(*script: dict[str, Any], **how: Any) -> tuple[House, Page]:
        house = House(list(script))
        running = played(house)
        stages.append(running)
        page = await open_page(f"{await running.__aenter__()}/c/x", **how)
        await page.get_by_text(script[0]["text"]).first.wait_for()
        return house, page

    yield opened
    for running in stages:
        await running.__aexit__(None, None, None)


def said(house: House) -> list[str]:
    return [frame.get("text") or frame.get("button", "") for frame in house.heard if frame["t"] in ("say", "press")]


async def settled(house: House, many: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(said(house)) < many:  # noqa: ASYNC110 - the page tells nothing of it
            await asyncio.sleep(0.02)


async def sideways(page: Page) -> int:
    """By how many pixels something sticks out of the page."""
    return int(await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


async def test_every_step_is_sound_in_light_dark_and_large(at: Any, axe: Any) -> None:
    """Enlarged twice, by the browser or in its words alone, nothing has to be moved sideways."""
    for kind, message in KINDS.items():
        _, page = await at(message)
        assert await axe(page) == [], kind
        assert await sideways(page) == 0, kind
        await shot(page, f"{kind}-light")
        await page.emulate_media(color_scheme="dark")
        assert await axe(page) == [], kind
        await shot(page, f"{kind}-dark")
        await page.set_viewport_size({"width": 180, "height": 370})
        assert await sideways(page) == 0, kind
        await shot(page, f"{kind}-zoom")
        await page.set_viewport_size({"width": 360, "height": 740})
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await sideways(page) == 0, kind
        await shot(page, f"{kind}-words")


async def test_a_list_stands_one_under_another_and_is_answered_by_keys(at: Any) -> None:
    house, page = await at(LIST)
    items = page.get_by_role("list", name="3 opciones").get_by_role("button")
    boxes = [await items.nth(n).bounding_box() for n in range(3)]
    assert boxes[0]["x"] == boxes[1]["x"] == boxes[2]["x"]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    assert min(box["height"] for box in boxes) >= 44
    await items.nth(1).focus()
    await page.keyboard.press("Enter")
    await settled(house)
    assert said(house) == ["b1"]


async def test_a_carousel_shows_the_houses_pictures_and_no_others(at: Any) -> None:
    stranger = {**OFFER, "id": "o9", "title": "9 cuotas", "picture": "https://elsewhere.example/spy.png"}
    asked: list[str] = []
    _, page = await at({**CARDS, "cards": [*CARDS["cards"], stranger]})
    page.on("request", lambda request: asked.append(request.url))
    pictures = page.locator(".card img")
    assert await pictures.count() == 3
    assert await pictures.first.evaluate("image => image.complete && image.naturalWidth > 0")
    assert await pictures.first.get_attribute("alt") == ""
    assert not [url for url in asked if "elsewhere" in url]


async def test_a_picture_that_does_not_come_is_not_missed(at: Any) -> None:
    card = {**OFFER, "picture": "/nowhere.png"}
    _, page = await at({"text": "Opciones:", "cards": [card]})
    await page.locator(".card img").wait_for(state="detached")
    assert await page.get_by_role("heading", name="3 cuotas").is_visible()


async def test_a_date_out_of_bounds_is_told_in_spanish_and_heard(at: Any) -> None:
    house, page = await at(DATE)
    field = page.get_by_label("Elija una fecha")
    assert "23 de noviembre" in str(await page.locator(".bounds").first.text_content())
    send = page.locator(".ask").get_by_role("button", name="Enviar")
    await send.click()
    await page.get_by_role("alert").filter(has_text="Elija una fecha").wait_for()
    await field.fill("2026-12-31")
    await send.click()
    await page.get_by_role("alert").filter(has_text="hasta 20 de diciembre").wait_for()
    assert await field.get_attribute("aria-invalid") == "true"
    assert str(await page.locator(".wrong").get_attribute("id")) in str(await field.get_attribute("aria-describedby"))
    assert await field.evaluate("field => field === document.activeElement")
    await field.fill("2026-11-27")
    await send.click()
    await settled(house)
    assert said(house) == ["27/11/2026"]


async def test_an_amount_is_written_as_the_country_does_and_kept_in_bounds(at: Any) -> None:
    house, page = await at(MONEY)
    field, send = page.get_by_label("Escriba un valor"), page.locator(".ask").get_by_role("button", name="Enviar")
    assert await page.locator(".bounds").first.text_content() == "Entre 50.000 y 1.200.000"
    for typed, told in (("nada", "solo con números"), ("1000", "desde 50.000"), ("5.000.000", "hasta 1.200.000")):
        await field.fill(typed)
        await send.click()
        await page.get_by_role("alert").filter(has_text=told).wait_for()
    await field.fill("300000")
    await field.blur()
    assert await field.input_value() == "300.000"
    await send.click()
    await settled(house)
    assert said(house) == ["300.000"]


async def test_an_address_that_is_none_is_asked_again(at: Any) -> None:
    house, page = await at(EMAIL)
    field = page.get_by_label("Su correo electrónico")
    await field.fill("ana@correo")
    await field.press("Enter")
    await page.get_by_role("alert").filter(has_text="nombre@correo.com").wait_for()
    await field.fill("ana@correo.com")
    await field.press("Enter")
    await settled(house)
    assert said(house) == ["ana@correo.com"]


def photo(name: str = "recibo.jpg", size: int = 4000) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"0" * size}


async def test_a_file_is_chosen_sent_and_told(at: Any) -> None:
    house, page = await at(FILE)
    field = page.locator("input[type=file]")
    assert "application/pdf" in str(await field.get_attribute("accept"))
    await field.set_input_files([photo()])
    await page.get_by_text("recibo.jpg (4 kB)").wait_for()
    await shot(page, "file-chosen")
    await page.get_by_role("button", name="Enviar archivo").click()
    await page.get_by_role("status").filter(has_text="Archivo enviado").wait_for()
    assert [(name, size) for _, name, size in house.sent] == [("recibo.jpg", 4003)]
    assert await page.get_by_role("button", name="Enviar archivo").is_hidden()


async def test_a_file_that_is_refused_says_why_and_can_be_sent_again_as_the_same(at: Any, axe: Any) -> None:
    house, page = await at(FILE)
    house.refuses = "Ese archivo no es una foto ni un PDF. Puede tomarle una foto al comprobante."
    await page.locator("input[type=file]").set_input_files([photo("recibo.exe")])
    await page.get_by_role("button", name="Enviar archivo").click()
    await page.get_by_role("alert").filter(has_text="no es una foto").wait_for()
    assert await axe(page) == []
    await shot(page, "file-refused")
    house.refuses = ""
    await page.get_by_role("button", name="Intentar otra vez").click()
    await page.get_by_role("status").filter(has_text="Archivo enviado").wait_for()
    assert len({deed for deed, *_ in house.sent}) == 1
    assert len(house.sent) == 2


async def test_what_is_too_heavy_or_empty_is_not_even_sent(at: Any) -> None:
    house, page = await at(FILE)
    field = page.locator("input[type=file]")
    await field.set_input_files([photo(size=11 * 1024 * 1024)])
    await page.get_by_role("alert").filter(has_text="10 MB").wait_for()
    assert await page.get_by_role("button", name="Enviar archivo").is_hidden()
    await field.set_input_files([{"name": "x.jpg", "mimeType": "image/jpeg", "buffer": b""}])
    await page.get_by_role("alert").filter(has_text="está vacío").wait_for()
    assert house.sent == []


async def test_how_far_a_slow_upload_is_can_be_seen_and_stopped(at: Any) -> None:
    house, page = await at(FILE)
    browser = await page.context.new_cdp_session(page)
    await browser.send("Network.enable")
    await browser.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 50, "downloadThroughput": 200_000, "uploadThroughput": 200_000},
    )
    await page.locator("input[type=file]").set_input_files([photo(size=3_000_000)])
    await page.get_by_role("button", name="Enviar archivo").click()
    bar = page.get_by_role("progressbar", name="Enviar archivo")
    await bar.wait_for()
    await page.get_by_role("status").filter(has_text="Enviando:").wait_for()
    await shot(page, "file-progress")
    await page.get_by_role("button", name="Cancelar").click()
    await bar.wait_for(state="hidden")
    assert await page.get_by_role("button", name="Enviar archivo").is_visible()
    assert house.sent == []


async def test_a_lost_line_is_told_and_what_was_typed_goes_when_it_is_back(at: Any) -> None:
    house, page = await at(FILE, {"text": "Gracias."})
    await page.locator("input[type=file]").set_input_files([photo()])
    await page.context.set_offline(True)
    await page.get_by_role("status").filter(has_text="Sin conexión").wait_for()
    await shot(page, "offline")
    await page.get_by_role("button", name="Enviar archivo").click()
    await page.get_by_role("alert").filter(has_text="se cortó").wait_for()
    await page.context.set_offline(False)
    await page.get_by_role("button", name="Intentar otra vez").click()
    await page.get_by_role("status").filter(has_text="Archivo enviado").wait_for()
    assert len(house.sent) == 1


async def test_while_an_answer_takes_long_it_is_seen_that_one_comes(at: Any) -> None:
    house, page = await at({"text": "Hola."}, {"text": "Listo."})
    take, seen = house.take, asyncio.Event()

    async def slowly(line: Any, frame: dict[str, Any]) -> None:
        await seen.wait()
        await take(line, frame)

    house.take = slowly  # type: ignore[method-assign]
    await page.get_by_label("Escriba su mensaje").fill("hola")
    await page.keyboard.press("Enter")
    await page.locator(".typing").wait_for(state="visible")
    await shot(page, "typing")
    seen.set()
    await page.get_by_text("Listo.").wait_for()
    assert await page.locator(".typing").is_hidden()


async def test_a_document_is_a_link_that_saves_it(at: Any) -> None:
    _, page = await at(PAPER)
    link = page.get_by_role("link", name="Descargar PDF estado-de-cuenta.pdf")
    assert await link.get_attribute("href") == "/c/x/documents/d9"
    async with page.expect_download() as saving:
        await link.click()
    assert (await saving.value).suggested_filename == "estado-de-cuenta.pdf"


async def test_all_of_it_is_reached_by_keys_alone(at: Any) -> None:
    house, page = await at(FILE)
    await page.locator(".log").focus()
    reached = []
    for _ in range(6):
        await page.keyboard.press("Tab")
        reached.append(
            await page.evaluate(
                "(e => e.type === 'file' ? 'file' : (e.textContent || e.id).trim())(document.activeElement)"
            )
        )
    assert reached[:2] == ["file", "Hablar con una persona"]
    assert "write" in reached
    ring = await page.locator(".files label.button").evaluate("e => getComputedStyle(e).outlineStyle")
    assert ring == "none", "the ring is gone once the focus is"
    await page.locator("input[type=file]").focus()
    await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Tab")
    assert await page.locator(".files label.button").evaluate("e => getComputedStyle(e).outlineStyle") == "solid"
    assert house.sent == []
