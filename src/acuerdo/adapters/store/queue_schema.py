"""The job queue's tables: their names and durability pinned, whatever the environment says, and their upgrades."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

import asyncpg
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver


@cache
def settings() -> DBSettings:
    """Every name is given, as the library would read even bare variables such as CHANNEL from the environment."""
    return DBSettings(
        prefix="",
        db_schema=None,
        channel=Channel("ch_pgqueuer"),
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
        durability=Durability.durable,
        widen_id=True,
    )


def queries(driver: Driver) -> Queries:
    """The library's queries with our pinned names, over one of its drivers (AsyncpgDriver, AsyncpgPoolDriver)."""
    pinned = settings()
    return Queries(driver, QueryBuilderEnvironment(pinned), QueryQueueBuilder(pinned), QuerySchedulerBuilder(pinned))


def install_sql() -> str:
    """The statements that make the queue's tables, with vacuuming tuned for rows that come and go."""
    build = QueryBuilderEnvironment(settings())
    return f"{build.build_install_query()}\n{build.build_optimize_autovacuum_query()}"


async def upgrade(connection: asyncpg.Connection) -> None:
    """Brings the queue's tables to the installed library's version, and notes it; not inside a transaction."""
    from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

    await queries(AsyncpgDriver(connection)).apply_upgrade()
    await connection.execute(f"COMMENT ON TABLE pgqueuer IS 'pgqueuer {version('pgqueuer')}'")
