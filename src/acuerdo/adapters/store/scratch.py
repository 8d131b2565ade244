"""Throwaway databases with the whole schema, copied from a template that is migrated once per version of the schema."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from acuerdo.adapters.store import migrate
from acuerdo.core.words import AcuerdoError

TEMPLATE = "acuerdo_template_"
SCRATCH = "acuerdo_scratch_"
LOCK = "hashtextextended($1, 0)"
TRIES, PAUSE = 50, 0.2  # how often, and every how many seconds, a database that is being vacuumed is asked to go


class MayNotCreate(AcuerdoError):
    """The database's user may not create databases; the text says how to allow it."""


def named(url: str, name: str) -> str:
    """The same server's url, for another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@asynccontextmanager
async def scratch(base: str) -> AsyncIterator[str]:
    """A new database with the current schema on the server of `base`, dropped at the end, and the url to connect to it.

    One whose process was killed is dropped by a later call. Raises MayNotCreate.
    """
    connection = await asyncpg.connect(base)
    try:
        template = await _template(connection, base)
        name = SCRATCH + secrets.token_hex(8)
        # Held until the drop, so that others can tell a database in use from one left by a killed process.
        await connection.execute(f"SELECT pg_advisory_lock({LOCK})", name)
        await _create(connection, name, template)
        try:
            yield named(base, name)
        finally:
            await drop(connection, name)
    finally:
        await connection.close()


async def _template(connection: asyncpg.Connection, base: str) -> str:
    name = TEMPLATE + migrate.schema_hash()
    if await _exists(connection, name):
        return name
    await connection.execute(f"SELECT pg_advisory_lock({LOCK})", TEMPLATE)
    try:
        if not await _exists(connection, name):
            await _sweep(connection)
            half = name + "_half"
            await drop(connection, half)
            await _create(connection, half, "template1")
            await migrate.upgrade(named(base, half))
            await connection.execute(f'ALTER DATABASE "{half}" RENAME TO "{name}"')
    finally:
        await connection.execute(f"SELECT pg_advisory_unlock({LOCK})", TEMPLATE)
    return name


async def _exists(connection: asyncpg.Connection, name: str) -> bool:
    return bool(await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", name))


async def _create(connection: asyncpg.Connection, name: str, template: str) -> None:
    try:
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    except asyncpg.InsufficientPrivilegeError:
        user = await connection.fetchval("SELECT current_user")
        raise MayNotCreate(f'The database user may not create databases: ALTER ROLE "{user}" CREATEDB') from None


async def drop(connection: asyncpg.Connection, name: str) -> None:
    """Drops a database, whoever is connected to it."""
    for _ in range(TRIES):
        # The server's own autovacuum may be at work in it, and is not ours to end: it goes by itself in a moment.
        with suppress(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            return
        await asyncio.sleep(PAUSE)
    await connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


async def _sweep(connection: asyncpg.Connection) -> None:
    """Drops templates of other versions of the schema, and scratch databases whose owner is gone."""
    for row in await connection.fetch("SELECT datname FROM pg_database WHERE datname ~ '^acuerdo_(template|scratch)_'"):
        name = row["datname"]
        if await connection.fetchval(f"SELECT pg_try_advisory_lock({LOCK})", name):
            with suppress(asyncpg.PostgresError):  # another's, or being copied this moment: a later sweep takes it
                await drop(connection, name)
            await connection.execute(f"SELECT pg_advisory_unlock({LOCK})", name)
