"""Jobs for now, in the queue library's tables, made in the transaction that makes them necessary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

from acuerdo.adapters.store import queue_schema
from acuerdo.adapters.store.db import Db

# The jobs there are. What a job is about is its payload: a key, never a person's data.
SEND, RECOVER, REACH, TIMER, READ, TELL = "send", "recover", "reach", "timer", "read", "tell_payment"
# Answers go before campaigns.
PRIORITY = {SEND: 5, RECOVER: 6, REACH: 1, TIMER: 4, READ: 6, TELL: 6}


async def enqueue(db: Db, job: str, payloads: Sequence[str]) -> None:
    """Makes one job a payload, on the caller's transaction. A job may run twice: its work must bear it."""
    if not payloads:
        return
    queries = queue_schema.queries(AsyncpgDriver(cast("asyncpg.Connection[asyncpg.Record]", db)))
    many = len(payloads)
    await queries.enqueue([job] * many, [text.encode() for text in payloads], [PRIORITY[job]] * many)
