"""Short words for these tests: a creditor's file in two lines, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio import StoredCreditors, StoredPortfolio
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.reading import open_file
from acuerdo.service.creditors import Creditor, Settings, add_creditor
from acuerdo.service.importing import Report, import_day, import_portfolio

RING = Keyring([b"k" * 32])
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
HEADER = "Obligación;Nombre;Documento;Celular;Correo;Producto;Saldo;Días de mora;Fecha de corte"
ANA = "A1;Ana Ejemplo;52345678;3005550100;ana@example.com;tarjeta;900000;22;2026-11-23"
IVAN = "A2;Iván Prueba;79123456;3005550101;;libranza;1.000.000;45;2026-11-23"
ANA_TOO = "A3;Ana Ejemplo;52.345.678;3005550199;;tienda;50000;10;2026-11-23"


def csv_of(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    return ("\n".join((header, *rows)) + end).encode()


async def creditor_in(db: asyncpg.Pool, name: str = "Banco Andino") -> Creditor:
    return await add_creditor(StoredCreditors(db, RING), name, Settings(legal_name=f"{name} S.A."), NOW)


async def imported(
    db: asyncpg.Pool, creditor: Creditor, *rows: str, data: bytes = b"", at: datetime = NOW, country: str = "CO"
) -> Report:
    """A file with these rows, or this data, imported."""
    file = data or csv_of(*rows)
    return await put(StoredPortfolio(db, RING), creditor, file, at, country=country)


async def put(
    store: StoredPortfolio, creditor: Creditor, data: bytes, at: datetime = NOW, progress: Any = None, *,
    country: str = "CO", mapping: Mapping | None = None, **how: Any,
) -> Report:  # fmt: skip
    """These bytes, imported."""
    opened = open_file(data, mapping, country, import_day(country, at))
    return await import_portfolio(store, creditor, opened, "cartera.csv", at, progress, **how)


async def kinds(db: asyncpg.Pool) -> dict[str, int]:
    """How many facts there are of each kind."""
    return {row[0]: row[1] for row in await db.fetch("select kind, count(*) from fact group by 1")}


async def column(db: asyncpg.Pool, sql: str, *args: Any) -> list[Any]:
    """The first column of a query."""
    return [row[0] for row in await db.fetch(sql, *args)]


async def facts_of(db: asyncpg.Pool, person: str) -> list[Recorded]:
    """Everything that happened to a person."""
    async with db.acquire() as connection:
        return await book.of_person(connection, RING, person)
