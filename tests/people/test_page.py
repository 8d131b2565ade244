"""The supervisors' page of doubtful people: side by side, decided there, and nobody else's."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from acuerdo.adapters.store.keys import Keyring
from acuerdo.app import App, app_on
from acuerdo.service.settings import Settings
from acuerdo.testing.clock import FixedClock
from acuerdo.web import create

from . import people_cases
from .people_cases import NOW, PHONE, compare, creditor_in, owes, person_in, who

PASSWORD = "una clave larga"


@pytest.fixture
async def house(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[App]:
    settings = Settings(_env_file=None, data_dir=tmp_path, database_url=db_url, base_url="http://casa.test")
    monkeypatch.setattr(people_cases, "RING", Keyring.of(settings))
    async with app_on(settings, db_url, clock=FixedClock(NOW)) as app:
        await app.desk.add_agent("lucia", "Lucía", PASSWORD, "lead", NOW)
        await app.desk.add_agent("ana", "Ana", PASSWORD, "agent", NOW)
        yield app


@pytest.fixture
async def alike(house: App, db: asyncpg.Pool) -> tuple[str, str]:
    bank = await creditor_in(db)
    one = await person_in(db, bank, who(phones=(PHONE,)), "A1")
    other = await person_in(db, bank, who("Ejemplo, Ana", "52345687", phones=(PHONE,)), "B1")
    await compare(db, bank, one, other)
    return min(one, other), max(one, other)


@asynccontextmanager
async def signed_in(house: App, login: str) -> AsyncIterator[httpx.AsyncClient]:
    door = httpx.ASGITransport(create(house))
    async with httpx.AsyncClient(transport=door, base_url="http://casa.test", headers={"accept": "text/html"}) as web:
        csrf = token((await web.get("/desk/login")).text)
        await web.post("/desk/login", data={"name": login, "password": PASSWORD, "csrf": csrf})
        yield web


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_a_supervisor_sees_both_and_decides(house: App, db: asyncpg.Pool, alike: tuple[str, str]) -> None:
    async with signed_in(house, "lucia") as web:
        assert "Personas dudosas" in (await web.get("/desk")).text
        page = (await web.get("/desk/people")).text
        for word in ("Ana Ejemplo Ruiz", "Ejemplo, Ana", "A1", "B1", "documentos con una cifra de diferencia", "≠"):
            assert word in page
        told = {"one": alike[0], "other": alike[1], "why": "lo confirmó", "csrf": token(page)}
        assert (await web.post("/desk/people/merge", data=told)).status_code == 303
        assert "No hay fichas por revisar" in (await web.get("/desk/people")).text
        again = await web.post("/desk/people/merge", data=told)
        assert (again.status_code, "ya cambiaron" in again.text) == (409, True)
    assert await owes(db, alike[1]) == ["A1", "B1"]
    assert {row[0] for row in await db.fetch("select who from fact where kind = 'people_merged'")} == {"agent:lucia"}


async def test_kept_apart_there(house: App, db: asyncpg.Pool, alike: tuple[str, str]) -> None:
    async with signed_in(house, "lucia") as web:
        csrf = token((await web.get("/desk/people")).text)
        await web.post("/desk/people/apart", data={"one": alike[0], "other": alike[1], "csrf": csrf})
        assert "No hay fichas por revisar" in (await web.get("/desk/people")).text
    assert len(await owes(db, alike[1])) == 1


async def test_it_is_for_supervisors_and_from_their_own_page(
    house: App, db: asyncpg.Pool, alike: tuple[str, str]
) -> None:
    told = {"one": alike[0], "other": alike[1], "csrf": "x"}
    async with signed_in(house, "ana") as web:
        assert "Personas dudosas" not in (await web.get("/desk")).text
        assert (await web.get("/desk/people")).status_code == 303
        told["csrf"] = token((await web.get("/desk")).text)
        await web.post("/desk/people/merge", data=told)
    async with signed_in(house, "lucia") as web:
        await web.post("/desk/people/merge", data=told | {"csrf": "x"})
    assert len(await owes(db, alike[1])) == 1
