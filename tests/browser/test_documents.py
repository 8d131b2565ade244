"""Papers in a real browser against the real house: a statement saved, a receipt sent and seen at the desk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import corridor
import pytest
from corridor import Town
from playwright.async_api import expect
from test_corridor import identified, says

JPEG = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a"
    "1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f00000105010101"
    "01010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d010203000411051221314106"
    "13516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a5354"
    "55565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8"
    "b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd0ffd9"
)


@pytest.fixture
async def town(db_url: str, tmp_path: Path, built: Path) -> AsyncIterator[Town]:
    async with corridor.opened(db_url, tmp_path) as opened:
        yield opened


async def test_a_statement_is_saved_and_a_receipt_is_seen_by_who_attends(town: Town, open_page: Any, axe: Any) -> None:
    token = await town.invited()
    page = await open_page(f"{town.address}/c/{token}")
    await identified(page)

    await says(page, "mándeme el estado de cuenta")
    link = page.get_by_role("link", name="Descargar PDF")
    async with page.expect_download() as saving:
        await link.click()
    saved = await (await saving.value).path()
    assert saved.read_bytes().startswith(b"%PDF-1.7")
    assert (await saving.value).suggested_filename.startswith("estado-de-cuenta")

    await says(page, "ya pagué ayer")
    field = page.locator("input[type=file]")
    await field.set_input_files([{"name": "nota.txt", "mimeType": "image/jpeg", "buffer": b"Pagado, de verdad"}])
    await page.get_by_role("button", name="Enviar archivo").click()
    await expect(page.get_by_role("alert")).to_contain_text("no es una foto ni un PDF")
    await field.set_input_files([{"name": "recibo.jpg", "mimeType": "image/jpeg", "buffer": JPEG}])
    await page.get_by_role("button", name="Enviar archivo").click()
    await page.get_by_text("a más tardar el").first.wait_for()
    await page.get_by_role("link", name="Descargar imagen recibo.jpg").wait_for()
    assert await axe(page) == []

    async with town.desk() as desk:
        await desk.open(f"/desk/c/{await town.conversation(token)}")
        assert "recibo.jpg" in desk.seen
        assert "Responder a más tardar el" in desk.seen
