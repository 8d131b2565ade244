"""A creditor's program takes its results: the next file once, its bytes as often as it likes, and nobody else's."""

from __future__ import annotations

import csv
import hashlib

import httpx
import pytest

from acuerdo.adapters.store import book
from acuerdo.app import App
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.service.creditors import Creditor

from .conftest import AT, GOOD, HEADER, Program


@pytest.fixture
async def reader(house: App, web: httpx.AsyncClient, bank: Creditor, program: Program) -> Program:
    """A program with something to fetch: Ana asked for no more messages."""
    await program.post(content=(HEADER + GOOD).encode(), headers={"content-type": "text/csv"})
    person = await house.pool.fetchval("select id from person")
    async with house.pool.acquire() as db, db.transaction():
        await book.record(db, house.keyring, [Recorded("x", AT, "debtor", f.OptedOut("sms"), bank.id, person)])
    key, _ = await house.keys.add(bank.id, "resultados", ("results:read",), AT)
    return Program(web, bank.id, key)


async def _next(program: Program, profile: str = "estandar") -> httpx.Response:
    return await program.web.post(
        f"/api/v1/creditors/{program.creditor}/results/{profile}", headers={"authorization": f"Bearer {program.key}"}
    )


async def test_each_line_is_in_one_file_whose_bytes_are_the_same_each_time(reader: Program) -> None:
    made = await _next(reader)
    assert made.status_code == 201, made.text
    told = made.json()
    assert (told["n"], told["lines"]) == (1, 1)
    where = made.headers["location"].removeprefix(f"/api/v1/creditors/{reader.creditor}")
    first, second = await reader.get(where), await reader.get(where)
    assert first.content == second.content
    assert hashlib.sha256(first.content).hexdigest() == told["sha256"]
    assert told["file"] in first.headers["content-disposition"]
    rows = list(csv.reader(first.content.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert len(rows) == 2
    assert (await _next(reader)).status_code == 204
    assert (await reader.get("/results")).json()["files"] == [told]


async def test_what_is_not_there_is_told_so(reader: Program) -> None:
    assert (await _next(reader, "nada")).status_code == 404
    assert (await reader.get("/results/estandar/7")).status_code == 404


async def test_results_are_for_keys_that_may_read_them(
    house: App, web: httpx.AsyncClient, reader: Program, program: Program, shop: Creditor
) -> None:
    assert (await _next(program)).status_code == 403
    assert (await program.get("/results")).status_code == 403
    await _next(reader)
    key, _ = await house.keys.add(shop.id, "otro", ("results:read",), AT)
    stranger = Program(web, shop.id, key)
    for path in ("/results", "/results/estandar/1"):
        assert (await stranger.get(path, of=reader.creditor)).status_code == 404
    assert (await stranger.get("/results/estandar/1")).status_code == 404
