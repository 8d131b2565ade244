"""Slots of the desk in PostgreSQL: one row for each that is promised, never more at once than the desk takes."""

from __future__ import annotations

from datetime import datetime, timedelta

from acuerdo.adapters.store.db import Db
from acuerdo.service.ports import SlotTaken

AHEAD = timedelta(days=30)
FULL = """
select s.slot from desk_slot s join creditor c on c.id = s.creditor_id
where s.creditor_id = $1 and s.status = 'booked' and s.slot between $2 and $3
group by s.slot, c.settings having count(*) >= coalesce((c.settings ->> 'desk_capacity')::integer, $4)
order by s.slot
"""
BOOK = """
insert into desk_slot (creditor_id, slot, n, person_id, conversation_id, booked_at)
select $1, $2, g.n, $3, $4, $5
from creditor c cross join generate_series(1, coalesce((c.settings ->> 'desk_capacity')::integer, $6)) as g (n)
where c.id = $1 and not exists (select from desk_slot d where d.creditor_id = $1 and d.slot = $2 and d.n = g.n
                                and d.status = 'booked')
order by g.n limit 1
"""
CAPACITY = 4  # promised at one moment, where the creditor says nothing else


async def full(db: Db, creditor: str, at: datetime) -> tuple[datetime, ...]:
    """The moments ahead at which no more can be promised."""
    return tuple(row[0] for row in await db.fetch(FULL, creditor, at, at + AHEAD, CAPACITY))


async def book(db: Db, creditor: str, person: str, conversation: str, slot: datetime, at: datetime) -> None:
    """Promises a slot, in place of one that the conversation had. Raises SlotTaken where it is full meanwhile."""
    # Whoever books this moment too waits here, and sees what was promised.
    await db.execute("select pg_advisory_xact_lock(hashtextextended($1, 17))", f"{creditor}|{slot.isoformat()}")
    await close(db, conversation, "moved")
    if await db.execute(BOOK, creditor, slot, person, conversation, at, CAPACITY) != "INSERT 0 1":
        raise SlotTaken(f"no slot is free at {slot.isoformat()}")


async def close(db: Db, conversation: str, status: str) -> None:
    """The conversation's promised slot is over: it was kept, moved or dropped."""
    await db.execute(
        "update desk_slot set status = $2 where conversation_id = $1 and status = 'booked'", conversation, status
    )


async def drop(db: Db, person: str) -> None:
    """Who wants to be left alone is promised nothing."""
    await db.execute(
        "update desk_slot set status = 'dropped' where person_id in (select people_of($1)) and status = 'booked'",
        person,
    )
