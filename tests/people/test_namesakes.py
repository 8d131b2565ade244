"""One document under two names that cannot be one person's: each on a record of its own, hearing of its own debt."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.store.campaigns import StoredPlans
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.adapters.store.imported import statuses
from acuerdo.adapters.store.portfolio_imports import StoredImports
from acuerdo.adapters.store.views import view_of
from acuerdo.service.creditors import Creditor
from acuerdo.service.feeding import feed_file, form_of
from acuerdo.service.importing import Report

from .people_cases import NOW, RING, deed, owes, people_of
from .test_from_files import bank, imported, who_owes

__all__ = ["bank"]
ANA = "A1;Ana María Gómez;CC;52345678;3005550100;;tarjeta;900000;22;2026-11-23"
PEDRO = "B1;Pedro Luis Castaño;CC;52345678;3105550111;;tarjeta;500000;22;2026-11-23"
OTHER = "C1;Marta Prueba;CC;41987654;3205550122;;tarjeta;100000;22;2026-11-23"
LATER = NOW + timedelta(days=1)


def doubted(report: Report) -> list[tuple[int, str]]:
    """The rows and columns that are told to wait for a person."""
    return [(one.row, one.column) for one in report.warnings if one.code == "document_other_name"]


async def humans(db: asyncpg.Pool) -> set[str]:
    """Whom the guard counts, of the people with these debts."""
    rows = await db.fetch(
        """select distinct coalesce(s.merged_into, s.id) as id from account a join person p on p.id = a.person_id
           join subject s on s.id = p.subject_id where a.external_id in ('A1', 'B1', 'B2')"""
    )
    return {row["id"] for row in rows}


async def handlers(db: asyncpg.Pool, person: str) -> list[tuple[str, str]]:
    async with db.acquire() as one:
        view = await view_of(one, RING, person, "", NOW)
    return [(account.reference, account.handler) for account in view.accounts]


async def barred(db: asyncpg.Pool, bank: Creditor) -> dict[str, str]:
    async with StoredPlans(db).draft(bank.id, "all", NOW) as draft:
        chunks = [chunk async for chunk in draft.candidates()]
    names = {row["id"]: row["external_id"] for row in await db.fetch("select id, external_id from account")}
    return {names[one.account]: one.status for chunk in chunks for one in chunk}


async def test_neither_hears_of_the_others_debt(db: asyncpg.Pool, bank: Creditor) -> None:
    report = await imported(db, bank, ANA, PEDRO, OTHER)
    assert (report.added, report.doubtful) == (3, 1)
    ana, pedro = await who_owes(db, "A1"), await who_owes(db, "B1")
    assert (await owes(db, ana), await owes(db, pedro)) == (["A1"], ["B1"])
    assert len(await humans(db)) == 1
    assert doubted(report) == [(3, "Documento")]
    (pair,) = await people_of(db).review(bank.id, 10)
    assert {pair.one.name, pair.other.name} == {"Ana María Gómez", "Pedro Luis Castaño"}
    assert (await statuses(db, report.import_id, 100))[3] == "doubtful"


async def test_nobody_is_written_to_until_somebody_decides(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, PEDRO)
    pedro, ana = await who_owes(db, "B1"), await who_owes(db, "A1")
    assert await handlers(db, pedro) == [("B1", "person")]
    assert await handlers(db, ana) == [("A1", "bot")]
    assert await barred(db, bank) == {"A1": "open", "B1": "in_doubt"}
    await people_of(db).keep_apart(deed(pedro), ana)
    assert await handlers(db, pedro) == [("B1", "bot")]
    assert await barred(db, bank) == {"A1": "open", "B1": "open"}
    assert len(await humans(db)) == 1


async def test_who_are_one_are_merged_and_un_merged(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, PEDRO)
    pedro, ana = await who_owes(db, "B1"), await who_owes(db, "A1")
    await people_of(db).merge(deed(pedro), ana)
    assert await owes(db, ana) == ["A1", "B1"]
    assert await handlers(db, ana) == [("A1", "bot"), ("B1", "bot")]
    later = await imported(db, bank, ANA, PEDRO.replace("500000", "400000"), at=LATER)
    assert (later.updated, later.doubtful, doubted(later)) == (1, 0, [])
    await people_of(db).unmerge(deed(pedro))
    assert (await owes(db, ana), await owes(db, pedro)) == (["A1"], ["B1"])
    assert len(await humans(db)) == 1
    assert await handlers(db, pedro) == [("B1", "person")]


async def test_a_newer_file_finds_each_name_where_it_was(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, PEDRO)
    pedro, ana = await who_owes(db, "B1"), await who_owes(db, "A1")
    more = PEDRO.replace("B1;Pedro Luis Castaño", "B2;CASTAÑO PEDRO").replace("3105550111", "3105550133")
    later = await imported(db, bank, ANA.replace("900000", "800000"), PEDRO, more, at=LATER)
    assert (later.added, later.updated, later.unchanged, later.doubtful) == (1, 1, 1, 0)
    assert (await owes(db, ana), await owes(db, pedro)) == (["A1"], ["B1", "B2"])
    (sheet,) = await people_of(db).sheets([pedro])
    assert sheet.phones == ("+573105550111", "+573105550133")


async def test_the_order_of_the_rows_says_nothing(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, PEDRO, OTHER, ANA)
    assert await db.fetchval("select count(*) from same_human where cause = $1", f"namesake:{await who_owes(db, 'B1')}")


async def test_a_document_under_another_name_in_a_newer_file_moves_the_debt(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA)
    ana = await who_owes(db, "A1")
    report = await imported(db, bank, ANA.replace("Ana María Gómez", "Pedro Luis Castaño"), at=LATER)
    assert (report.updated, report.doubtful, doubted(report)) == (1, 1, [(2, "Documento")])
    assert await owes(db, ana) == []
    assert await barred(db, bank) == {"A1": "in_doubt"}


async def test_it_goes_out_again_to_the_letter(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA)
    report = await imported(db, bank, ANA, PEDRO, at=LATER)
    await StoredImports(db, RING).undo(report.import_id, LATER, "operator")
    assert await db.fetchval("select count(*) from same_human") == 0
    assert await db.fetchval("select count(*) from person") == 1


async def test_what_is_found_by_the_document_alone_is_given_to_neither(db: asyncpg.Pool, bank: Creditor) -> None:
    await imported(db, bank, ANA, PEDRO, OTHER)
    data = b"Documento;Celular\n52345678;3155550144\n41987654;3155550155\n"
    opened = open_bytes(data, "datos.csv", form_of("contactdata"), None, "CO", NOW.date())
    report = await feed_file(StoredFeeds(db, RING), "contactdata", bank, opened, "datos.csv", NOW)
    assert report.statuses == {2: "unmatched", 3: "taken"}


async def test_a_business_name_hides_nobody(db: asyncpg.Pool, bank: Creditor) -> None:
    shop, pedro = ANA.replace("Ana María Gómez", "Tienda La Esquina"), PEDRO
    ana = ANA.replace("A1;", "B2;")
    report = await imported(db, bank, shop, pedro, ana)
    assert (report.doubtful, doubted(report)) == (1, [(4, "Documento")])
    assert await owes(db, await who_owes(db, "A1")) == ["A1", "B1"]
    assert await owes(db, await who_owes(db, "B2")) == ["B2"]


@pytest.mark.parametrize("name", ["GOMEZ ANA MARIA", "Ana Gómez", "Ana María Gómez de Castaño", "Anna M Gomes"])
async def test_one_name_in_another_dress_is_one_person(db: asyncpg.Pool, bank: Creditor, name: str) -> None:
    report = await imported(db, bank, ANA, PEDRO.replace("Pedro Luis Castaño", name))
    assert (report.doubtful, doubted(report)) == (0, [])
    assert await owes(db, await who_owes(db, "A1")) == ["A1", "B1"]
