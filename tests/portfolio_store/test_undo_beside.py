"""What an import did beside people and debts is taken out to the letter too, or it is told why it cannot be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.store.feeds import StoredFeeds
from acuerdo.adapters.store.people import StoredPeople
from acuerdo.adapters.store.portfolio_imports import StoredImports
from acuerdo.service.creditors import Creditor
from acuerdo.service.feeding import feed_file, form_of
from acuerdo.service.importing import Report
from acuerdo.service.imports import StandsOn, undo
from acuerdo.service.people import Deed

from .portfolio_cases import NOW, RING, column, creditor_in, csv_of, imported

LATER = NOW + timedelta(days=3)
HEADER = (
    "Obligación;Nombre;Documento;Celular;Producto;Saldo;Días de mora;Fecha de corte;Fiador;Documento fiador;"
    "Celular fiador;Referencia;Celular referencia;Fallecido;Judicializado"
)
ANA = "A1;Ana Ejemplo Ruiz;52345678;3005550100;tarjeta;900000;22;2026-11-23;Luz Muestra;43123456;3005550177;;;;"
IVAN = "A2;Iván Prueba;79123456;3005550101;libranza;1000000;45;2026-11-23;;;;Eva Amiga;3005550188;;"
OTHER = "A3;Iván Prueba;79123456;3005550101;tienda;20000;45;2026-11-23;;;;Eva Amiga;3005550188;;"
# Everything that an import or what follows from it writes, but facts; `stale` only makes a conversation look again.
TABLES = (
    "subject", "person", "account", "contact_point", "person_key", "person_review", "same_human", "party",
    "never_contact", "register_entry", "hold", "outbox", "contact", "consent", "contact_found", "campaign_entry",
    "work_item",
)  # fmt: skip


async def everything(db: asyncpg.Pool) -> dict[str, list[Any]]:
    return {table: sorted(map(tuple, await db.fetch(f"select * from {table}")), key=repr) for table in TABLES}


async def file(db: asyncpg.Pool, creditor: Creditor, *rows: str, at: datetime = NOW) -> Report:
    return await imported(db, creditor, data=csv_of(*rows, header=HEADER), at=at)


def cells(row: str, **new: str) -> str:
    """A row with other words under some headings, without accents or spaces there."""
    names = [name.replace(" ", "_") for name in HEADER.split(";")]
    found = dict(zip(names, row.split(";"), strict=True)) | {"Fecha_de_corte": "2026-11-26"} | new
    return ";".join(found[name] for name in names)


@pytest.fixture
async def creditor(db: asyncpg.Pool) -> Creditor:
    return await creditor_in(db)


@pytest.fixture
def store(db: asyncpg.Pool) -> StoredImports:
    return StoredImports(db, RING)


async def fed(db: asyncpg.Pool, creditor: Creditor, feed: str, *rows: str, at: datetime = NOW) -> None:
    opened = open_bytes(("\n".join(rows) + "\n").encode(), "f.csv", form_of(feed), None, "CO", at.date())
    await feed_file(StoredFeeds(db, RING), feed, creditor, opened, "f.csv", at)


async def is_undone(db: asyncpg.Pool, store: StoredImports, creditor: Creditor, *rows: str) -> None:
    """That a later file changes something, and that nothing is left of it once it is taken out."""
    before = await everything(db)
    report = await file(db, creditor, *rows, at=LATER)
    assert await everything(db) != before
    await undo(store, report.import_id, LATER)
    after = await everything(db)
    assert {table for table in TABLES if after[table] != before[table]} == set()


class TestParties:
    async def test_who_stood_beside_the_debtor_does_again(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await file(db, creditor, ANA, IVAN)
        another = cells(ANA, Fiador="Sol Nueva", Documento_fiador="43999999", Celular_fiador="3005550199")
        # The guarantor changed her phone, the reference is another.
        await is_undone(db, store, creditor, another)
        await is_undone(db, store, creditor, cells(ANA, Celular_fiador="3005550178"))
        await is_undone(db, store, creditor, cells(IVAN, Referencia="Sol", Celular_referencia="3005550189"))
        await is_undone(db, store, creditor, cells(ANA, Obligación="A9", Saldo="5000"), another)

    async def test_of_the_first_file_nothing_is_left(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await is_undone(db, store, creditor, ANA, IVAN, OTHER)

    async def test_not_while_who_came_as_a_guarantor_owes_by_another_file(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        first = await file(db, creditor, ANA)
        await file(db, creditor, "C1;Luz Muestra;43123456;3005550177;tienda;20000;45;2026-11-26;;;;;;;", at=LATER)
        before = await everything(db)
        with pytest.raises(StandsOn, match="1 debts since of people whom it brought"):
            await undo(store, first.import_id, LATER)
        assert await everything(db) == before


class TestRegisters:
    async def test_who_a_row_says_died_is_as_before(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await file(db, creditor, ANA, IVAN, OTHER)
        await db.execute(
            """insert into outbox (key, creditor_id, person_id, account_id, channel, origin, purpose, say, not_before,
                                   deadline, created_at, updated_at)
               select 'm-' || external_id, creditor_id, person_id, id, 'sms', 'campaign', 'collection', '', $1, $2, $1,
                      $1 from account""", NOW, LATER + timedelta(days=9),
        )  # fmt: skip
        await is_undone(db, store, creditor, cells(ANA, Fallecido="sí"))
        await is_undone(db, store, creditor, cells(IVAN, Judicializado="sí"))

    async def test_not_once_somebody_took_the_case_that_followed(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await file(db, creditor, IVAN)
        report = await file(db, creditor, cells(ANA, Fallecido="sí"), at=LATER)
        await db.execute("update work_item set status = 'taken', taken_by = 'marta', taken_at = $1", LATER)
        with pytest.raises(StandsOn, match="1 cases for a person"):
            await undo(store, report.import_id, LATER)
        assert await column(db, "select count(*) from account") == [2]

    async def test_an_entry_that_a_register_had_already_keeps_its_word(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await fed(db, creditor, "registers", "Registro;Documento;Acción;Fecha", "fallecido;52345678;baja;20/11/2026")
        await fed(
            db, creditor, "registers", "Registro;Documento;Acción;Fecha", "judicializado;79123456;alta;20/11/2026"
        )
        await is_undone(db, store, creditor, cells(ANA, Fallecido="sí"), IVAN)


class TestOthers:
    async def test_whom_a_changed_row_made_one_with_another_are_two_again(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        slip = "B1;Ana Ejemplo Ruiz;52345687;3005550111;tarjeta;500000;22;2026-11-23;;;;;;;"
        await file(db, creditor, ANA, slip)
        assert await column(db, "select count(*) from person_review") == [0]
        # With her phone they look alike.
        await is_undone(db, store, creditor, cells(slip, Celular="3005550100"))

    async def test_a_merge_made_since_stays(self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports) -> None:
        await file(db, creditor, ANA, IVAN)
        report = await file(db, creditor, cells(IVAN, Saldo="900000", Celular="3005550109"), at=LATER)
        ids = {row[0]: row[1] for row in await db.fetch("select external_id, home_person_id from account")}
        await StoredPeople(db, RING).merge(Deed(ids["A2"], "operator", "", LATER), ids["A1"])
        await undo(store, report.import_id, LATER)
        row = await db.fetchrow("select person_id, balance from account where external_id = 'A2'")
        assert row is not None
        assert tuple(row) == (ids["A1"], 100_000_000)
        assert await column(db, "select merged_into from person where id = $1", ids["A2"]) == [ids["A1"]]

    async def test_not_once_rows_of_another_feed_that_waited_for_it_went_in(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        await fed(
            db, creditor, "consents", "Documento;Canal;Autoriza;Fecha;Fuente", "52345678;sms;sí;20/11/2026;formulario"
        )
        assert await column(db, "select feed from feed_waiting") == ["consents"]
        report = await file(db, creditor, ANA)
        assert await column(db, "select count(*) from feed_waiting") == [0]
        before = await everything(db)
        with pytest.raises(StandsOn, match="1 rows of other feeds that had waited for it"):
            await undo(store, report.import_id, LATER)
        assert await everything(db) == before

    async def test_not_once_somebody_whom_it_brought_said_something_elsewhere(
        self, db: asyncpg.Pool, creditor: Creditor, store: StoredImports
    ) -> None:
        report = await file(db, creditor, ANA)
        await fed(
            db,
            creditor,
            "consents",
            "Documento;Canal;Autoriza;Fecha;Fuente",
            "52345678;sms;sí;20/11/2026;formulario",
            at=LATER,
        )
        with pytest.raises(StandsOn, match="1 consents since of people whom it brought"):
            await undo(store, report.import_id, LATER)
