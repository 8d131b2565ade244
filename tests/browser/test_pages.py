"""Every other page: rendered with what its head says it needs, without a violation and without scrolling sideways."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from stage import PAGES, TEMPLATES, WEB, House, played

FRONTEND = Path(__file__).parents[2] / "frontend"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_needs_only_what_its_head_names(name: str) -> None:
    assert "<title>" in TEMPLATES.get_template(f"{name}.html").render(**PAGES[name])


@pytest.mark.parametrize("name", [path.name for path in (WEB / "templates").glob("*.html")])
def test_a_page_holds_no_script_or_style_of_its_own(name: str) -> None:
    text = (WEB / "templates" / name).read_text(encoding="utf-8")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|\son[a-z]+=|https?://", text)


@pytest.mark.parametrize("name", PAGES)
async def test_axe_finds_nothing(name: str, open_page, axe) -> None:
    async with played(House([])) as address:
        for width in (360, 1280):
            page = await open_page(f"{address}/page/{name}", width=width)
            await page.wait_for_load_state("networkidle")
            assert await axe(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth") == width


def test_the_line_of_the_chat_keeps_its_promises(built) -> None:
    run = subprocess.run([_node(), "--test", "test/line.test.ts"], cwd=FRONTEND, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


def _node() -> str:
    node = Path(sys.executable).parent / "node"
    if not node.exists():
        pytest.skip("no node in the virtual environment: run `make setup`")
    return str(node)
