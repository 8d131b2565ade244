"""A real Chromium for the tests that look at pages; without one they are skipped, and say so."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

# Tests are imported by path, so a module that they share has to be told where it is.
sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))

FRONTEND = Path(__file__).parents[2] / "frontend"
AXE = FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

Axe = Callable[[Page], Awaitable[list[str]]]
Open = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a browser is marked so, without each test having to say it."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser: ACUERDO_CHROMIUM, or one on the PATH."""
    found = os.environ.get("ACUERDO_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium here: install one, or set ACUERDO_CHROMIUM to its path")
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A browser of the test's own, in the test's own loop."""
    async with async_playwright() as playwright:
        # Root in a container has no sandbox to give.
        running = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        await running.close()


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[Open]:
    """Opens an address as a phone does (360 x 740 unless told); an uncaught error on any page fails the test."""
    errors: list[str] = []

    async def opened(address: str, width: int = 360, height: int = 740, dark: bool = False) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": height},
            is_mobile=width < 700,
            has_touch=width < 700,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            locale="es-CO",
        )
        page = await context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{address}: {error}"))
        await page.goto(address)
        return page

    yield opened
    assert errors == []


@pytest.fixture
def axe(built: Path) -> Axe:
    """Runs axe-core on a page as it is now; returns one line for each element that breaks a rule."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `make setup`")
    source = AXE.read_text(encoding="utf-8")

    async def violations(page: Page) -> list[str]:
        await page.evaluate(f"{source}; 0")
        found = await page.evaluate("axe.run().then(({ violations }) => violations)")
        return [f"{rule['id']}: {' '.join(map(str, node['target']))}" for rule in found for node in rule["nodes"]]

    return violations


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built pages."""
    folder = Path(__file__).parents[2] / "src" / "acuerdo" / "web" / "static" / "build"
    if not (folder / "chat.js").exists():
        pytest.skip("the pages are not built: run `make setup`")
    return folder
