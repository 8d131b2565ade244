"""A house with two creditors on a fresh database, a program that calls it, and a folder where files are dropped."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from acuerdo.adapters.folder import Odd
from acuerdo.app import App, app_on
from acuerdo.service.creditors import Creditor, Settings, add_creditor
from acuerdo.service.settings import Settings as Installation
from acuerdo.testing.clock import FixedClock
from acuerdo.web import create
from acuerdo.worker.watching import Seen, Watcher

AT = datetime(2026, 11, 24, 15, tzinfo=UTC)  # a Tuesday, at 10:00 in Bogotá
HEADER = "Número crédito;Cédula;Nombre;Celular;Producto;Saldo;Fecha vencimiento\n"
GOOD = "A-1;52345678;Ana Ruiz;3005550101;tarjeta de crédito;900000;01/11/2026\n"
OTHER = "A-2;79123456;Iván Prado;3005550102;libranza;450000;01/11/2026\n"
BAD = "A-3;80111222;Luz Soto;3005550103;libranza;-15000;01/11/2026\n"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(AT)


@pytest.fixture
async def house(db_url: str, tmp_path: Path, clock: FixedClock) -> AsyncIterator[App]:
    installation = Installation(
        _env_file=None, data_dir=tmp_path / "data", database_url=db_url, base_url="http://casa.test"
    )
    async with app_on(installation, db_url, clock=clock) as app:
        yield app


@pytest.fixture
async def bank(house: App) -> Creditor:
    return await add_creditor(house.creditors, "Banco Andino", Settings("Banco Andino S.A.", country="CO"), AT)


@pytest.fixture
async def shop(house: App) -> Creditor:
    return await add_creditor(house.creditors, "Tienda Sol", Settings("Tienda Sol SAS", country="CO"), AT)


class Program:
    """A creditor's program with its key."""

    def __init__(self, web: httpx.AsyncClient, creditor: str, key: str) -> None:
        self.web, self.creditor, self.key = web, creditor, key

    async def post(self, feed: str = "portfolio", *, once: str = "", of: str = "", **how: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}", **how.pop("headers", {})}
        if once:
            headers["idempotency-key"] = once
        path = f"/api/v1/creditors/{of or self.creditor}/feeds/{feed}"
        return await self.web.post(path, headers=headers, **how)

    async def get(self, path: str, *, of: str = "") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        return await self.web.get(f"/api/v1/creditors/{of or self.creditor}{path}", headers=headers)


@pytest.fixture
async def web(house: App) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create(house)), base_url="http://casa.test") as client:
        yield client


@pytest.fixture
async def program(house: App, web: httpx.AsyncClient, bank: Creditor) -> Program:
    key, _ = await house.keys.add(bank.id, "core", ("feeds:write", "feeds:read"), AT)
    return Program(web, bank.id, key)


@pytest.fixture
def drop(tmp_path: Path, bank: Creditor) -> Path:
    """The bank's folder for portfolios, as the watcher makes it."""
    return tmp_path / "entregas" / "banco-andino" / "portfolio"


Watch = Callable[..., Any]


@pytest.fixture
def odd() -> list[Odd]:
    return []


@pytest.fixture
def watch(house: App, tmp_path: Path, bank: Creditor, odd: list[Odd]) -> Watch:
    """One look at the drop folder, by a watcher that waits for nothing unless told to."""

    async def look(settle: float = 0, watcher: Watcher | None = None) -> list[Seen]:
        one = watcher or Watcher(house, tmp_path / "entregas", settle=settle, tell=odd.append)
        return [seen async for seen in one.look()]

    return look


def put(folder: Path, name: str | bytes, text: str, *, age: int = 0) -> Path:
    """A file in a folder, `age` seconds older than the others."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / os.fsdecode(name)
    path.write_text(text, "utf-8")
    os.utime(path, (1_790_000_000 - age, 1_790_000_000 - age))
    return path
