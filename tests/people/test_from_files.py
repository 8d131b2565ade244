"""A creditor's file brings people who may be one, a newer one asks nothing again, and who is merged stays merged."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import pytest

from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.core.portfolio.reading import open_file
from acuerdo.service.creditors import Creditor, Settings, add_creditor
from acuerdo.service.importing import Report, import_day, import_portfolio

from .people_cases import NOW, RING, deed, owes, people_of

HEADER = "Obligación;Nombre;Tipo de documento;Documento;Celular;Correo;Producto;Saldo;Días de mora;Fecha de corte"
ANA = "A1;Ana Ejemplo Ruiz;CC;52345678;3005550100;ana@example.com;tarjeta;900000;22;2026-11-23"
SLIP = "B1;Ejemplo Ruiz Ana;CC;52345687;3005550100;;tarjeta;500000;22;2026-11-23"
LUIS = "C1;Luis Ejemplo Ruiz;CC;79123456;3005550100;;tarjeta;500000;22;2026-11-23"


@pytest.fixture
async def bank(db: asyncpg.Pool) -> Creditor:
    return await add_creditor(StoredCreditors(db, RING), "Banco Andino", Settings(legal_name="Banco Andino S.A."), NOW)


async def imported(db: asyncpg.Pool, bank: Creditor, *rows: str, at: datetime = NOW) -> Report:
    data = "\n".join((HEADER, *rows)).encode()
    opened = open_file(data, None, "CO", import_day("CO", at))
    return await import_portfolio(StoredPortfolio(db, RING), bank, opened, "cartera.csv", at)


async def who_owes(db: asyncpg.Pool, debt: str) -> str:
    return str(await db.fetchval("select home_person_id from account where external_id = $1", debt))


async def test_the_report_tells_how_many_are_doubtful(db: asyncpg.Pool, bank: Creditor) -> None:
    report = await imported(db, bank, ANA, SLIP, LUIS)
    assert (report.added, report.doubtful) == (3, 1)
    (pair,) = await people_of(db).review(bank.id, 10)
    assert {pair.one.accounts, pair.other.accounts} == {("A1",), ("B1",)}


async def test_a_newer_file_asks_nothing_again(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, SLIP)
    await people_of(db).keep_apart(deed(await who_owes(db, "A1")), await who_owes(db, "B1"))
    later = await imported(
        db, bank, ANA.replace("3005550100", "3005550100|3005550123"), SLIP, at=NOW + timedelta(days=1)
    )
    assert (later.updated, later.doubtful) == (1, 0)
    assert await people_of(db).review(None, 10) == []


async def test_who_came_with_an_earlier_file_is_compared_too(db: asyncpg.Pool, bank: Creditor) -> None:
    assert (await imported(db, bank, ANA)).doubtful == 0
    assert (await imported(db, bank, ANA, SLIP, at=NOW + timedelta(days=1))).doubtful == 1


async def test_new_debts_of_the_merged_are_answered_for_by_their_root(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, SLIP)
    ana, slip = await who_owes(db, "A1"), await who_owes(db, "B1")
    await people_of(db).merge(deed(slip), ana)
    more = SLIP.replace("B1;", "B2;")
    await imported(db, bank, ANA, SLIP.replace("500000", "400000"), more, at=NOW + timedelta(days=1))
    assert await owes(db, ana) == ["A1", "B1", "B2"]
    await people_of(db).unmerge(deed(slip))
    assert (await owes(db, ana), await owes(db, slip)) == (["A1"], ["B1", "B2"])


async def test_the_same_file_again_touches_nothing_of_it(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, SLIP)
    before = [await db.fetch(f"select * from {t} order by 1, 2, 3") for t in ("contact_point", "person_review")]
    assert (await imported(db, bank, ANA, SLIP, at=NOW + timedelta(days=1))).doubtful == 0
    after = [await db.fetch(f"select * from {t} order by 1, 2, 3") for t in ("contact_point", "person_review")]
    assert after == before
