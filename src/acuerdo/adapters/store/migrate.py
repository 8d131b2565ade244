"""Brings a database to the current schema; returns at once, and imports little, when it is there already."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from acuerdo.core.words import AcuerdoError

if TYPE_CHECKING:
    from sqlalchemy import Connection

HERE = Path(__file__).parent
SCHEMA = HERE / "schema"
MIGRATIONS = HERE / "migrations"
LOCK = 0x0AC0E2D0  # any number: the advisory lock under which a schema is changed


class NewerSchema(AcuerdoError):
    """The database was migrated by a newer Acuerdo, or another branch, whose revision this one does not know."""


@cache
def revisions() -> tuple[str, ...]:
    """The revisions' names, oldest first: those of their files, which begin with their number."""
    return tuple(sorted(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def head() -> str:
    return revisions()[-1]


@cache
def schema_hash() -> str:
    """A short digest of everything that makes the schema."""
    files = sorted([*SCHEMA.glob("*.sql"), *(MIGRATIONS / "versions").glob("*.py"), HERE / "queue_schema.py"])
    digest = hashlib.sha256(version("pgqueuer").encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


async def upgrade(dsn: str) -> bool:
    """Migrates the database to the current schema, in one transaction; returns whether there was anything to do.

    Two processes may do so at once: one works, the other waits. Raises NewerSchema.
    """
    connection = await asyncpg.connect(dsn)
    try:
        at, queue = await state(connection)
        if at is not None and at not in revisions():
            raise NewerSchema(
                f"The database is at revision {at}, which this Acuerdo does not know (it knows up to {head()}). "
                "Install the version that made it, or one that is newer; or name another database."
            )
        if (at, queue) == (head(), f"pgqueuer {version('pgqueuer')}"):
            return False
        await _migrate(dsn)
        await _upgrade_queue(connection)
        return True
    finally:
        await connection.close()


async def state(connection: asyncpg.Connection) -> tuple[str | None, str | None]:
    """The revision a database is at and the queue library its tables are for; None where there is none."""
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None, None
    row = await connection.fetchrow(
        "SELECT (SELECT version_num FROM alembic_version), obj_description(to_regclass('pgqueuer'), 'pg_class')"
    )
    assert row is not None  # noqa: S101 - a select without FROM always has a row
    return row[0], row[1]


async def _migrate(dsn: str) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import NullPool, text
    from sqlalchemy.ext.asyncio import create_async_engine

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async def connect(*_: Any, **__: Any) -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    engine = create_async_engine("postgresql+asyncpg://", poolclass=NullPool, async_creator=connect)
    async with engine.begin() as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        await connection.run_sync(run)
    await engine.dispose()


async def _upgrade_queue(connection: asyncpg.Connection) -> None:
    from acuerdo.adapters.store import queue_schema

    await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
    try:
        await queue_schema.upgrade(connection)
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


def run_sql(name: str) -> None:
    """Runs a file of the schema folder, for a revision."""
    run_statements((SCHEMA / name).read_text("utf-8"))


def run_statements(sql: str) -> None:
    """Runs any number of statements as they are, for a revision: no parameters, no escapes, one round trip."""
    from alembic import op

    op.execute("SELECT 1")  # the driver's adapter opens the transaction with its first own statement
    adapted: Any = op.get_bind().connection.dbapi_connection
    adapted.run_async(lambda raw: raw.execute(sql))
