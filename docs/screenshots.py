"""The documentation's pictures, taken by a real browser from the demo: `python -m docs.screenshots [FOLDER]`."""

from __future__ import annotations

import asyncio
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from PIL import Image
from playwright.async_api import Browser, FrameLocator, Page, async_playwright
from rich.console import Console
from rich.text import Text

from acuerdo.app import App, open_app
from acuerdo.cli.roster import Invited, invited
from acuerdo.service.settings import Settings

HOME = Path(__file__).parent / "pictures"
LARGEST = 150_000  # bytes of one picture
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ACUERDO = str(Path(sys.executable).with_name("acuerdo"))
ARGUMENTS = ["--no-sandbox", "--lang=es-CO"]  # root in a container has no sandbox to give
WIDE, TALL = 1240, 900
PORT = 8765
WIDTH = 118  # columns of the terminal's picture


def chromium() -> str:
    """The browser's path: ACUERDO_CHROMIUM, or one on the PATH."""
    found = os.environ.get("ACUERDO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        sys.exit("no Chromium here: install one, or set ACUERDO_CHROMIUM to its path")
    return found


class Demo:
    """A demo that runs: its pages' address and how to sign in at the desk."""

    def __init__(self, folder: Path, told: str) -> None:
        self.folder, self.told = folder, told
        self.base = _found(r"(http://127\.0\.0\.1:\d+)/phone", told)
        self.password = _found(r"password (\S+)", told)

    @asynccontextmanager
    async def house(self) -> AsyncIterator[App]:
        """The demo's own house, for what no page tells."""
        async with open_app(Settings(data_dir=self.folder / "demo", clock="demo", base_url=self.base)) as app:
            yield app


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"the demo did not say {pattern}:\n{text}")
    return found[1]


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    """The demo in a folder of its own, already played once, so that its results have something to show."""
    env = {**os.environ, "ACUERDO_DATA_DIR": str(folder), "COLUMNS": str(WIDTH), "PYTHONUNBUFFERED": "1"}
    env |= {"NO_COLOR": "1"}
    # The same port both times, for links that were sent hold it.
    command = [ACUERDO, "demo", "--port", str(PORT)]
    if not (folder / "once.txt").exists():
        once = [*command, "--once"]
        first = await asyncio.to_thread(subprocess.run, once, env=env, capture_output=True, text=True, check=False)
        (folder / "once.txt").write_text(first.stdout + first.stderr, "utf-8")
    log = folder / "demo.txt"
    with log.open("wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=out)  # noqa: ASYNC220 - at once
        try:
            yield Demo(folder, await _until(log, process, "Ctrl-C stops everything"))
        finally:
            process.send_signal(signal.SIGINT)
            await asyncio.to_thread(process.wait, 30)


async def _until(log: Path, process: subprocess.Popen[bytes], words: str) -> str:
    for _ in range(600):
        told = await asyncio.to_thread(log.read_text, "utf-8")
        if words in told:
            return told
        if process.poll() is not None:
            raise SystemExit(f"the demo ended with {process.returncode}:\n{told}")
        await asyncio.sleep(0.2)
    raise SystemExit(f"the demo did not start:\n{told}")


async def pages(browser: Browser, run: Demo) -> None:
    """Every picture that a browser takes."""
    async with run.house() as app:
        people = [one for one in await invited(app) if one.country == "CO" and one.segments == {"mid-high"}]
    talker, signer, asker = people[-3:]
    await _phone(browser, run, talker)
    await _signed(browser, run, signer)
    await _desk(browser, run, asker)
    page = await _open(browser, f"{run.base}/results")
    await page.wait_for_timeout(1500)
    await _keep(page, "results.png")
    page = await _open(browser, f"{run.base}/portfolio")
    await page.wait_for_timeout(500)
    await _keep(page, "portfolio.png")


async def _open(browser: Browser, address: str, width: int = WIDE, height: int = TALL) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="es-CO", reduced_motion="reduce"
    )
    page = await context.new_page()
    await page.goto(address)
    return page


async def _enter(page: Page, who: Invited) -> FrameLocator:
    """Follows the link of a phone's SMS, inside the phone, and says who it is."""
    await page.locator("#thread a").last.click()
    chat = page.frame_locator("#frame")
    await chat.locator("acuerdo-chat").click()  # a link is opened by a gesture
    await chat.get_by_text("asistente automático").first.wait_for()
    await _say(chat, who.document[-4:])
    await chat.get_by_text("Ya confirmé que es usted").first.wait_for()
    return chat


async def _say(chat: FrameLocator, words: str) -> None:
    await chat.locator("#write").fill(words)
    await chat.locator("#write").press("Enter")


async def _phone(browser: Browser, run: Demo, who: Invited) -> None:
    """The SMS on the phone; then the chat with offers on the table."""
    page = await _open(browser, f"{run.base}/phone?number={who.number.replace('+', '%2B')}")
    await page.locator("#thread a").first.wait_for()
    await _keep(page, "sms.png")
    chat = await _enter(page, who)
    await _say(chat, "¿me lo pueden dejar en cuotas?")
    await chat.locator(".card").first.wait_for()
    await page.wait_for_timeout(800)
    await _keep(page, "chat.png")


async def _signed(browser: Browser, run: Demo, who: Invited) -> None:
    """A plan asked for in words, its full summary, and the yes: the whole conversation, as on a long phone."""
    inbox = await _open(browser, f"{run.base}/phone?number={who.number.replace('+', '%2B')}")
    link = await inbox.locator("#thread a").last.get_attribute("href")
    page = await _open(browser, str(link), 440, 1320)
    await page.locator("acuerdo-chat").click()
    await page.get_by_text("asistente automático").first.wait_for()
    for words, heard in (
        (who.document[-4:], "Ya confirmé que es usted"),
        ("lo puedo pagar en 3 cuotas?", "¿Está de acuerdo?"),
        ("sí, de acuerdo", "quedó firmado"),
    ):
        await page.locator("#write").fill(words)
        await page.locator("#write").press("Enter")
        await page.get_by_text(heard).first.wait_for()
    await page.wait_for_timeout(800)
    await _keep(page, "signed.png")


async def _desk(browser: Browser, run: Demo, who: Invited) -> None:
    """A conversation that a person has taken, at the desk."""
    page = await _open(browser, f"{run.base}/phone?number={who.number.replace('+', '%2B')}")
    chat = await _enter(page, who)
    await _say(chat, "me quedé sin trabajo y quiero hablar con una persona, por favor")
    await page.wait_for_timeout(1500)
    async with run.house() as app:
        conversation = await app.pool.fetchval(
            "select id from conversation where person_id = $1 order by id desc limit 1", who.person
        )
    desk = await _open(browser, f"{run.base}/desk/login")
    await desk.fill("#name", "ana")
    await desk.fill("#password", run.password)
    await desk.press("#password", "Enter")
    await desk.wait_for_url("**/desk")
    await desk.goto(f"{run.base}/desk/c/{conversation}")
    await desk.get_by_role("button", name=re.compile("Atender|Tomar")).click()
    await desk.locator("#text").wait_for()
    await desk.fill(
        "#text", "Hola, soy Ana, de Banco Aurora. Lamento lo que me cuenta. Veamos juntos qué le queda bien."
    )
    await desk.get_by_role("button", name="Enviar").click()
    await desk.get_by_text("Lamento lo que me cuenta").first.wait_for()
    await desk.wait_for_timeout(500)
    await desk.evaluate("scrollTo(0, 0)")
    await _keep(desk, "desk.png")


async def _keep(page: Page, name: str) -> None:
    save(name, await page.screenshot())


def save(name: str, png: bytes) -> None:
    """A picture with as few colours as keep it small, told with its size."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    out = io.BytesIO()
    picture.quantize(colors=256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    keep(name, out.getvalue())


def keep(name: str, body: bytes) -> None:
    """Writes a picture. Refuses one that is too large."""
    if len(body) > LARGEST:
        raise SystemExit(f"{name}: {len(body)} bytes, more than {LARGEST}")
    HOME.mkdir(exist_ok=True)
    (HOME / name).write_bytes(body)
    print(f"docs/pictures/{name}: {len(body) // 1000} kB")


def terminal(title: str, text: str) -> None:
    """A picture of a terminal with this text."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    console.print(Text(text.rstrip() + "\n"))  # a last line of its own, else the picture cuts it
    drawn = console.export_svg(title=title)
    # Fonts from elsewhere are not asked for: a picture tells nobody that it is looked at.
    keep("plan.svg", re.sub(r"@font-face\s*{.*?}", "", drawn, flags=re.DOTALL).encode())


def plan_of(run: Demo) -> str:
    """The campaign's plan as the demo printed it."""
    told = (run.folder / "once.txt").read_text("utf-8")
    part: Callable[[str], int] = told.index
    return told[part("Campaign ") : part("The campaign now")]


async def main(*kept: str) -> None:
    """Takes every picture, from a demo in a new folder, or in one that is kept."""
    with tempfile.TemporaryDirectory(prefix="shots") as scratch:
        folder = kept[0] if kept else scratch
        async with demo(Path(folder)) as run, async_playwright() as playwright:
            terminal("acuerdo campaign plan all", plan_of(run))
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=["--no-sandbox", "--lang=es-CO"]
            )
            await pages(browser, run)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
