"""What a statement runs on: a connection of its own, or one lent by a pool."""

from __future__ import annotations

from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

Db: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

# A connection that breaks under a statement may also leave the driver in a state that it calls its own fault.
_BROKEN = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
# What PostgreSQL's absence looks like: whoever meets it waits and tries again, and nothing is lost.
AWAY = (*_BROKEN, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)
# The same for what is asked again and again anyway, and may wait out any refusal of the server's.
FAILING = (*_BROKEN, asyncpg.PostgresError)
