"""The real house in a real browser, on a phone: from the link to the rating, with nothing that shuts anybody out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import corridor
import httpx
import pytest
from corridor import ANA, Debtor, Town
from playwright.async_api import Page, expect

from acuerdo.core import facts as f

EVIL = "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"


@pytest.fixture
async def town(db_url: str, tmp_path, built) -> AsyncIterator[Town]:
    async with corridor.opened(db_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def link(town: Town) -> str:
    """The address of Ana's private page."""
    return f"{town.address}/c/{await town.invited()}"


def suggestions(page: Page):
    return page.get_by_role("group", name="Respuestas sugeridas")


async def says(page: Page, text: str) -> None:
    await page.get_by_label("Escriba su mensaje").fill(text)
    await page.keyboard.press("Enter")
    await expect(page.locator(".row.me.pending")).to_have_count(0)


async def identified(page: Page, debtor: Debtor = ANA) -> None:
    await suggestions(page).get_by_role("textbox").fill(debtor.tail)
    await suggestions(page).get_by_role("button", name="Enviar").click()
    await page.get_by_text("Ya confirmé que es usted").wait_for()


async def fits(page: Page, width: int = 360) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_from_the_link_to_the_rating_on_a_phone(town, link, open_page, axe) -> None:
    async def looked_at() -> None:
        await page.wait_for_load_state("networkidle")
        assert await axe(page) == []
        await fits(page)

    page = await open_page(link)
    await page.get_by_text("asistente automático de Casa Ejemplo").wait_for()
    assert await page.title() == "Mensaje privado"
    assert "900.000" not in await page.content()
    await looked_at()
    await identified(page)
    await expect(page.get_by_text("$900.000").first).to_be_visible()
    assert ANA.tail not in await page.locator(".log").inner_text()
    await says(page, "¿me lo podrían dejar en cuotas?")
    await page.get_by_role("button", name="Elegir").first.wait_for()
    await looked_at()
    await says(page, "en 3 pagos")
    await page.get_by_text("¿Está de acuerdo?").wait_for()
    await looked_at()
    await says(page, "sí, de acuerdo")
    await suggestions(page).get_by_role("button", name="Pagar ahora").click()
    await page.get_by_role("link", name="Ir a la página de pago").click()
    await page.get_by_role("button", name="Pagar $300.000").wait_for()
    await looked_at()
    await page.get_by_role("button", name="Simular rechazo").click()
    await page.get_by_text("El pago no se hizo").wait_for()
    await looked_at()
    await page.go_back()
    await page.get_by_role("button", name="Pagar $300.000").click()
    await page.get_by_role("heading", name="Recibimos su pago").wait_for()
    await looked_at()
    await page.get_by_role("link", name="Volver a la conversación").click()
    await page.get_by_text("Recibimos su pago de $300.000").wait_for()
    await page.get_by_text("Muy bien").wait_for()
    await looked_at()
    await page.get_by_text("Muy bien").click()
    await page.get_by_label("Comentario (opcional)").fill("todo claro")
    await suggestions(page).get_by_role("button", name="Enviar").click()
    await page.get_by_text("todo claro").wait_for()
    await expect(page.locator(".row.me.pending")).to_have_count(0)
    await looked_at()
    token = link.rpartition("/")[2]
    facts = [r.fact for r in await town.facts(token)]
    assert f.SatisfactionGiven(5) in facts
    assert f.CommentGiven("todo claro") in facts
    assert await town.pool.fetchval("select array_agg(paid order by n) from installment") == [30_000_000, 0, 0]
    assert (await town.link(token))["opened_at"] == town.clock.now()
    # What it looks like again, a day later and from nothing, is the same conversation.
    said = await page.locator(".bubble").all_inner_texts()
    await town.later(days=1)
    again = await open_page(link)
    await again.get_by_text("todo claro").wait_for()
    assert await again.locator(".bubble").all_inner_texts() == said


async def test_a_page_that_is_only_loaded_is_not_an_opening(town, link, open_page) -> None:
    page = await open_page(link)
    await page.locator(".row.bot").wait_for()
    assert (await town.link(link.rpartition("/")[2]))["opened_at"] is None
    await page.mouse.click(100, 300)
    await says(page, "hola")  # answered after the opening was told
    assert (await town.link(link.rpartition("/")[2]))["opened_at"] == town.clock.now()


async def test_the_chat_with_all_it_loads_is_under_25_kilobytes(town, link, open_page, browser) -> None:
    asked: list[str] = []
    page = await browser.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(link)
    await identified(page)
    await says(page, "¿me lo podrían dejar en cuotas?")
    await page.get_by_role("button", name="Elegir").first.wait_for()
    loaded = {url for url in asked if url.startswith("http")}
    assert len(loaded) >= 3
    assert {httpx.URL(url).host for url in loaded} == {"127.0.0.1"}
    total = 0
    async with httpx.AsyncClient(headers={"accept-encoding": "gzip"}) as web:
        for url in loaded:
            answer = await web.get(url)
            assert answer.status_code == 200
            total += answer.num_bytes_downloaded + len(str(answer.headers))
    assert total < 25_000


async def test_it_is_agreed_with_the_keyboard_alone(town, link, open_page) -> None:
    page = await open_page(link, width=1024, height=700)
    await page.locator(".row.bot").wait_for()

    focused = "(e => e.matches('button, input') && (e.labels?.[0] ?? e).textContent)(document.activeElement)"

    async def reach(name: str) -> None:
        for _ in range(30):
            await page.keyboard.press("Tab")
            here = await page.evaluate(focused)
            if here and name in here:
                assert await page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"{name} cannot be reached")

    await reach(await suggestions(page).locator("label").inner_text())
    await page.keyboard.type(ANA.tail)
    await page.keyboard.press("Enter")
    await page.get_by_text("Ya confirmé").wait_for()
    await page.get_by_role("button", name="Pagar en cuotas").wait_for()
    await reach("Pagar en cuotas")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Elegir").first.wait_for()
    await reach("Elegir")
    await page.keyboard.press("Enter")
    await page.get_by_text("¿Está de acuerdo?").wait_for()
    await reach("Sí, de acuerdo")
    await page.keyboard.press("Enter")
    await page.get_by_text("quedó firmado").wait_for()
    assert "agreement_accepted" in await town.kinds(link.rpartition("/")[2])


async def test_who_asks_for_no_motion_gets_none(town, link, open_page) -> None:
    page = await open_page(link)
    await identified(page)
    await says(page, "¿me lo podrían dejar en cuotas?")
    await page.get_by_role("button", name="Elegir").first.wait_for()
    moving = """[...document.querySelectorAll('*')].flatMap(e => [[e], [e, '::before'], [e, '::after']]).filter(x => {
      const s = getComputedStyle(...x);
      return [s.animationDuration, s.transitionDuration].some(d => d.split(',').some(t => parseFloat(t) > 0.01))
        || s.scrollBehavior === 'smooth';
    }).length"""
    assert await page.evaluate(moving) == 0


async def test_the_page_says_that_it_reconnects_and_loses_nothing(quick_folder, tmp_path, open_page, built) -> None:
    with corridor.server_of_its_own(quick_folder) as server:
        async with corridor.fragile(server, tmp_path) as town:
            token = await town.invited()
            page = await open_page(f"{town.address}/c/{token}")
            await identified(page)
            await asyncio.to_thread(server.stop)
            await page.get_by_label("Escriba su mensaje").fill("¿me lo dejan en 3 pagos?")
            await page.keyboard.press("Enter")
            await page.get_by_text("Reconectando… no se pierde nada").wait_for()
            assert await page.locator(".row.me.pending").count() == 1
            await asyncio.to_thread(server.revive)
            await page.get_by_text("¿Está de acuerdo?").wait_for(timeout=15_000)
            await expect(page.get_by_text("Reconectando")).to_have_count(0)
            assert await page.get_by_text("¿me lo dejan en 3 pagos?").count() == 1
            assert (await town.kinds(token)).count("agreement_proposed") == 1
            # Loaded while the database is away, the page waits and comes by itself.
            await asyncio.to_thread(server.stop)
            await page.goto(f"{town.address}/c/{token}")
            await page.get_by_text("Estamos reconectando").wait_for()
            await asyncio.to_thread(server.revive)
            await page.get_by_text("¿Está de acuerdo?").wait_for(timeout=15_000)


async def signed_in(town: Town, open_page, path: str) -> Page:
    await town.app.desk.add_agent("lucia", "Lucía", "una clave larga", "agent", town.clock.now())
    page = await open_page(f"{town.address}/desk/login", width=1280, height=800)
    await page.get_by_label("Usuario").fill("lucia")
    await page.get_by_label("Contraseña").fill("una clave larga")
    await page.get_by_role("button", name="Entrar").click()
    await page.wait_for_url("**/desk")
    await page.goto(f"{town.address}{path}")
    return page


async def test_an_agent_takes_writes_and_hands_back_and_the_phone_sees_it(town, link, open_page, axe) -> None:
    phone = await open_page(link)
    await identified(phone)
    await says(phone, "quiero hablar con una persona")
    desk = await signed_in(town, open_page, "/desk")
    assert await axe(desk) == []
    await desk.get_by_role("link", name="Ana").click()
    assert await axe(desk) == []
    await desk.get_by_role("button", name="Tomar el caso").or_(desk.get_by_role("button", name="Atender")).click()
    await phone.get_by_text("Ahora le atiende una persona").wait_for()
    await says(phone, "¿sigue ahí?")
    await desk.get_by_text("¿sigue ahí?").wait_for()  # without anybody asking for the page again
    for text in ("Hola, Ana.", "Le cuento."):
        await desk.get_by_label("Escriba a Ana").fill(text)
        await desk.keyboard.press("Enter")
        await phone.get_by_text(text).wait_for()
        await expect(desk.get_by_label("Escriba a Ana")).to_have_value("")
    for text in ("Primero.", "Segundo.", "Tercero."):  # one after another, without waiting for the answer to any
        await desk.get_by_label("Escriba a Ana").fill(text)
        await desk.keyboard.press("Enter")
    await phone.get_by_text("Tercero.").wait_for()
    said = [await phone.get_by_text(text).count() for text in ("Hola, Ana.", "Primero.", "Segundo.", "Tercero.")]
    assert said == [1, 1, 1, 1]
    assert await axe(desk) == []
    assert await axe(phone) == []
    await desk.get_by_role("button", name="Devolver al asistente").click()
    await phone.get_by_text("Sigue con usted el asistente").wait_for()


@pytest.mark.parametrize("path", ["/results", "/phone", "/desk/login", "/c/nothing", "/p/nothing", "/nothing", "/"])
async def test_axe_finds_nothing_on_the_other_pages(town, path: str, open_page, axe) -> None:
    await town.take_in(ANA)
    page = await signed_in(town, open_page, path)
    await page.wait_for_load_state("load")
    assert await axe(page) == []
    await fits(page, 1280)
    await page.set_viewport_size({"width": 360, "height": 740})
    assert await axe(page) == []
    await fits(page)


async def test_nothing_that_anybody_writes_runs_on_any_page(town, open_page) -> None:
    evil = ANA._replace(name=f"Ana{EVIL}"[:100])
    await town.take_in(evil, creditor=f"Casa {EVIL}", agency=EVIL, logo="javascript:document.title='pwned'")
    token = await town.invite(evil)
    phone = await open_page(f"{town.address}/c/{token}")
    await identified(phone, evil)
    await says(phone, f"quiero hablar con una persona {EVIL}")
    desk = await signed_in(town, open_page, "/desk")
    await desk.get_by_role("link").filter(has_text="Casa").click()
    await desk.get_by_role("button", name="Tomar el caso").or_(desk.get_by_role("button", name="Atender")).click()
    await desk.get_by_label("Escriba a").fill(f"Hola {EVIL}")
    await desk.keyboard.press("Enter")
    await phone.get_by_text("Hola <img").wait_for()
    await desk.get_by_text("Hola <img").wait_for()
    for page in (phone, desk):
        await page.wait_for_timeout(100)
        assert await page.title() != "pwned"
        assert await page.locator("img[src=x], .log script").count() == 0
    await desk.goto(f"{town.address}/results")
    await desk.wait_for_load_state("networkidle")
    assert await desk.title() != "pwned"
