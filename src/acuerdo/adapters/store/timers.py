"""What falls due by our clock, made into jobs for now: timers, campaign entries, messages whose hour came.

A job is made once. What was queued and has no job any more (a worker's failure ate it) is queued again after a while.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from acuerdo.adapters.store import jobs
from acuerdo.adapters.store.db import Db, Pool

LOST = timedelta(seconds=30)  # a payload that is not read for so long has lost its job
# Claimed, and neither done nor a job any more: whoever claimed it died, or a failure ate its job.
_UNCLAIMED = """(queued_at is null or (queued_at < {wall} - $4::interval and not exists (
    select from pgqueuer q where q.entrypoint = '{job}' and q.payload = convert_to({payload}, 'UTF8'))))"""

TIMERS = f"""
update timer set queued_at = $2 where key in (
  select key from timer t where fired_at is null and due <= $1
    and {_UNCLAIMED.format(wall="$2::timestamptz", job=jobs.TIMER, payload="t.key")}
  order by due limit $3 for update skip locked) returning key
"""  # noqa: S608 - constants of this module
MESSAGES = f"""
update outbox set queued_at = $2 where key in (
  select key from outbox o where status = 'pending' and not_before <= $1
    and {_UNCLAIMED.format(wall="$2::timestamptz", job=jobs.SEND, payload="o.key")}
  order by not_before limit $3 for update skip locked) returning key
"""  # noqa: S608 - constants of this module
ENTRIES = f"""
update campaign_entry e set queued_at = $2 from (
  select campaign_id, account_id, attempt from campaign_entry x
  where status = 'waiting' and at <= $1
    and exists (select from campaign c where c.id = x.campaign_id and c.status = 'running')
    and {
    _UNCLAIMED.format(
        wall="$2::timestamptz", job=jobs.REACH, payload="x.campaign_id || '|' || x.account_id || '|' || x.attempt"
    )
}
  order by at, rank desc limit $3 for update skip locked) d
where e.campaign_id = d.campaign_id and e.account_id = d.account_id and e.attempt = d.attempt
returning e.campaign_id || '|' || e.account_id || '|' || e.attempt
"""  # noqa: S608 - constants of this module
STALE = """
update outbox set seized_at = $2 where key in (
  select key from outbox where status = 'sending' and seized_at < $1 order by seized_at limit $3 for update skip locked)
returning key
"""
PAYLOADS = """
select channel || '|' || encode(body_hash, 'hex') from inbox i where status = 'kept' and received_at < $1
  and channel not like 'pay:%'
  and not exists (select from pgqueuer q where q.entrypoint = 'read'
                  and q.payload = convert_to(i.channel || '|' || encode(i.body_hash, 'hex'), 'UTF8')) limit $2
"""
DONE = """
update campaign c set status = 'done' where status = 'running'
  and not exists (select from campaign_entry e where e.campaign_id = c.id and e.status in ('waiting', 'reserved'))
"""


class Rung(msgspec.Struct, frozen=True):
    """A timer that fell due."""

    key: str
    name: str
    conversation: str | None
    due: datetime

    @property
    def ringing(self) -> str:
        """Names this one ringing: a timer that is set anew rings again under the same key."""
        return f"{self.key}:{self.due.isoformat()}"


async def release(pool: Pool, at: datetime, wall: datetime, stale: timedelta, most: int = 500) -> int:
    """Makes jobs of all that is due at `at` by our clock; how many. `wall` is the machine's time.

    Deliveries begun more than `stale` ago by the machine's time, and not settled, are looked into, and what was claimed
    so long ago and has no job is claimed again. Under stop-all neither entries nor messages are released.
    """
    async with pool.acquire() as db, db.transaction():
        stopped = await db.fetchval("select stopped from house")
        made = await _made(db, jobs.TIMER, TIMERS, at, wall, most, stale)
        made += await _made(db, jobs.RECOVER, STALE, wall - stale, wall, most)
        if not stopped:
            made += await _made(db, jobs.SEND, MESSAGES, at, wall, most, stale)
            made += await _made(db, jobs.REACH, ENTRIES, at, wall, most, stale)
        await db.execute(DONE)
        lost = [row[0] for row in await db.fetch(PAYLOADS, at - LOST, most)]
        await jobs.enqueue(db, jobs.READ, lost)
        return made + len(lost)


async def _made(db: Db, job: str, query: str, *arguments: object) -> int:
    keys = [row[0] for row in await db.fetch(query, *arguments)]
    await jobs.enqueue(db, job, keys)
    return len(keys)


async def rung(pool: Pool, key: str) -> Rung | None:
    """A timer that fell due and was not heard yet."""
    row = await pool.fetchrow(
        "select key, name, conversation_id, due from timer where key = $1 and fired_at is null", key
    )
    return Rung(*row) if row else None


async def heard(pool: Pool, key: str, at: datetime) -> None:
    """The timer did its work; one that was set anew meanwhile still waits for its later moment."""
    await pool.execute("update timer set fired_at = $2 where key = $1 and fired_at is null and due <= $2", key, at)


async def raise_slot(pool: Pool, conversation: str, priority: int) -> None:
    """The moment at which a person of ours was promised to write: what waits in the conversation goes to the front."""
    await pool.execute(
        """update work_item set priority = greatest(priority, $2)
           where conversation_id = $1 and status <> 'closed'
             and exists (select from desk_slot where conversation_id = $1 and status = 'booked')""",
        conversation, priority,
    )  # fmt: skip


async def raise_callback(pool: Pool, conversation: str, priority: int) -> None:
    """The hour that the person chose has come: their work item goes to the front."""
    await pool.execute(
        """update work_item set priority = greatest(priority, $2)
           where conversation_id = $1 and reason = 'callback' and status <> 'closed'""",
        conversation, priority,
    )  # fmt: skip
