"""The schema: brought up once, by whoever comes first, and recognised at once afterwards."""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

import asyncpg
import pytest

from acuerdo.adapters.store import migrate, queue_schema
from acuerdo.adapters.store.scratch import drop, named
from acuerdo.adapters.store.server import Database


@pytest.fixture
async def empty(server: Database):
    """A database without any table."""
    admin = await asyncpg.connect(server.url)
    name = f"vacia_{uuid4().hex}"
    await admin.execute(f"CREATE DATABASE {name}")
    yield named(server.url, name)
    await drop(admin, name)
    await admin.close()


async def test_a_second_upgrade_finds_nothing_to_do(empty: str) -> None:
    assert await migrate.upgrade(empty) is True
    assert await migrate.upgrade(empty) is False


async def test_processes_that_upgrade_together_do_it_once(empty: str) -> None:
    assert True in await asyncio.gather(*(migrate.upgrade(empty) for _ in range(4)))
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT count(*) FROM alembic_version") == 1
    await connection.close()


async def test_an_up_to_date_schema_costs_no_import_of_alembic(db_url: str) -> None:
    code = (
        "import asyncio, sys; from acuerdo.adapters.store.migrate import upgrade; "
        f"asyncio.run(upgrade({db_url!r})); sys.exit(any(m in sys.modules for m in ('alembic', 'sqlalchemy')))"
    )
    ran = await asyncio.create_subprocess_exec(sys.executable, "-c", code)
    assert await asyncio.wait_for(ran.wait(), 60) == 0


async def test_a_failed_migration_leaves_nothing(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_schema, "install_sql", lambda: "CREATE TABLE half (id int); SELECT 1/0")
    with pytest.raises(Exception, match="division by zero"):
        await migrate.upgrade(empty)
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()
    monkeypatch.undo()
    assert await migrate.upgrade(empty) is True


async def test_a_database_of_a_newer_version_is_refused(db: asyncpg.Pool, db_url: str) -> None:
    await db.execute("UPDATE alembic_version SET version_num = '9999_tomorrow'")
    with pytest.raises(migrate.NewerSchema, match="9999_tomorrow"):
        await migrate.upgrade(db_url)


async def test_the_queue_is_durable_and_keeps_its_names_whatever_the_environment(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHANNEL", "another")
    monkeypatch.setenv("PGQUEUER_DURABILITY", "volatile")
    monkeypatch.setenv("PGQUEUER_PREFIX", "x_")
    await migrate.upgrade(empty)
    connection = await asyncpg.connect(empty)
    kept = await connection.fetch(
        "SELECT relname, relpersistence FROM pg_class WHERE relname ~ 'pgqueuer' AND relkind = 'r'"
    )
    body = await connection.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'fn_pgqueuer_changed'")
    await connection.close()
    assert {row["relname"] for row in kept} == {"pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics"}
    assert {row["relpersistence"] for row in kept} == {b"p"}
    assert "'ch_pgqueuer'" in body


async def test_a_new_release_of_the_queue_upgrades_its_tables(db: asyncpg.Pool, db_url: str) -> None:
    await db.execute("COMMENT ON TABLE pgqueuer IS 'pgqueuer 1.5.0'; DROP INDEX pgqueuer_log_status")
    assert await migrate.upgrade(db_url) is True
    assert await db.fetchval("SELECT to_regclass('pgqueuer_log_status') IS NOT NULL")
    assert await migrate.upgrade(db_url) is False


def test_each_revision_is_named_as_its_file_and_follows_the_one_before() -> None:
    from importlib import import_module

    before = None
    for name in migrate.revisions():
        module = import_module(f"acuerdo.adapters.store.migrations.versions.{name}")
        assert (module.revision, module.down_revision) == (name, before)
        before = name
