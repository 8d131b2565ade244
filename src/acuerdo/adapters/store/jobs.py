"""Jobs for now, in the queue library's tables, made in the transaction that makes them necessary."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import asyncpg
import msgspec
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.domain.types import JobId

from acuerdo.adapters.store import queue_schema
from acuerdo.adapters.store.db import Db

# The jobs there are. What a job is about is its payload: a key, never a person's data.
SEND, RECOVER, REACH, TIMER, READ, TELL = "send", "recover", "reach", "timer", "read", "tell_payment"
FEED, MAIL = "feed", "mail"
# Answers go before campaigns, and a creditor's large file after all that concerns somebody now.
PRIORITY = {SEND: 5, RECOVER: 6, REACH: 1, TIMER: 4, READ: 6, TELL: 6, FEED: 0, MAIL: 6}


async def enqueue(db: Db, job: str, payloads: Sequence[str]) -> None:
    """Makes one job a payload, on the caller's transaction. A job may run twice: its work must bear it."""
    if not payloads:
        return
    queries = queue_schema.queries(AsyncpgDriver(cast("asyncpg.Connection[asyncpg.Record]", db)))
    many = len(payloads)
    await queries.enqueue([job] * many, [text.encode() for text in payloads], [PRIORITY[job]] * many)


class SetAside(msgspec.Struct, frozen=True):
    """A job that failed too often: it is kept, and done no more until somebody says so."""

    id: int
    job: str
    about: str
    since: datetime  # the machine's time
    why: str


async def set_aside(db: Db) -> list[SetAside]:
    """The jobs that were set aside, the oldest first, with the place in the program where they fail."""
    rows = await db.fetch(
        """select q.id, q.entrypoint, convert_from(q.payload, 'UTF8'), q.updated,
                  coalesce((select l.traceback ->> 'exception_message' from pgqueuer_log l
                            where l.job_id = q.id and l.traceback is not null order by l.id desc limit 1), '')
           from pgqueuer q where q.status = 'failed' order by q.id"""
    )
    return [SetAside(*row) for row in rows]


async def again(db: Db) -> int:
    """Gives every job that was set aside another chance; how many."""
    queries = queue_schema.queries(AsyncpgDriver(cast("asyncpg.Connection[asyncpg.Record]", db)))
    ids = [one.id for one in await set_aside(db)]
    await queries.requeue_jobs(cast("list[JobId]", ids))
    return len(ids)
