"""Reminders of agreements and promises as timers of ours: set with the agreement, asked again when they ring."""

from __future__ import annotations

from datetime import datetime

import msgspec

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.core.dialogue.returning import NUDGE
from acuerdo.service.keeping import REMIND, SILENCE, Reminder

# Before and after each day still to come, at the creditor's hour where the person is; what is past is not set.
OF_AGREEMENT = """
insert into timer (key, due, name, person_id, payload)
select 'remind:' || i.agreement_id || ':' || i.due || ':' || o.day, t.at, $3, g.person_id,
       jsonb_build_object('what', 'agreement', 'id', g.id, 'due', i.due, 'offset', o.day)
from agreement g join installment i on i.agreement_id = g.id join person p on p.id = g.person_id
left join lateral (select * from money_rules m where m.creditor_id = g.creditor_id order by since desc limit 1) m
  on true
cross join lateral (
  select -unnest(coalesce(m.remind_before, '{2}')) as day union select unnest(coalesce(m.remind_after, '{1}'))) o
cross join lateral (select ((i.due + o.day)::timestamp + make_interval(hours => coalesce(m.remind_hour, 10)))
                           at time zone p.zones[1] as at) t
where g.id = $1 and i.paid < i.amount and t.at > $2
on conflict (key) do update set fired_at = null, queued_at = null where timer.due > $2
"""
OF_PROMISE = """
insert into timer (key, due, name, person_id, payload)
select 'remind:' || r.id || ':' || r.due || ':' || o.day, t.at, $3, r.person_id,
       jsonb_build_object('what', 'promise', 'id', r.id, 'due', r.due, 'offset', o.day)
from promise r join person p on p.id = r.person_id
left join lateral (select * from money_rules m where m.creditor_id = p.creditor_id order by since desc limit 1) m
  on true
cross join lateral (
  select -unnest(coalesce(m.remind_before, '{2}')) as day union select unnest(coalesce(m.remind_after, '{1}'))) o
cross join lateral (select ((r.due + o.day)::timestamp + make_interval(hours => coalesce(m.remind_hour, 10)))
                           at time zone p.zones[1] as at) t
where r.id = $1 and r.import_id is null and t.at > $2
on conflict (key) do update set fired_at = null, queued_at = null where timer.due > $2
"""
STOP = "update timer set fired_at = $2 where name = $3 and payload ->> 'id' = $1 and fired_at is null"
# What it was set for still waits for its money: in force, of that day, and not paid.
WAITS = """
select t.key, t.person_id, t.payload, coalesce(g.conversation_id, r.conversation_id) as conversation
from timer t
left join agreement g on g.id = t.payload ->> 'id' and g.status = 'active' and exists (
  select from installment i where i.agreement_id = g.id and i.due = (t.payload ->> 'due')::date and i.paid < i.amount)
left join promise r on r.id = t.payload ->> 'id' and r.status = 'open'
where t.key = $1 and t.fired_at is null and t.name = $2 and (g.id is not null or r.id is not null)
"""


# Nobody wrote since, no person of ours holds the conversation, and something is still owed.
SILENT = """
select t.key, t.due, t.person_id, t.conversation_id
from timer t join conversation c on c.id = t.conversation_id
where t.key = $1 and t.fired_at is null and t.name = $2 and c.owner = 'bot' and c.status = 'open'
  and (c.last_in is null or c.last_in < t.due)
  and exists (select from account a where a.person_id = root_of(c.person_id) and a.status = 'open'
              and a.balance > a.paid_since)
"""


async def of_agreement(db: Db, agreement: str, at: datetime) -> None:
    """Sets the reminders of what is still to pay of an agreement, on the caller's transaction."""
    await db.execute(OF_AGREEMENT, agreement, at, REMIND)


async def of_promise(db: Db, promise: str, at: datetime) -> None:
    """Sets the reminders of a promise given to us, on the caller's transaction."""
    await db.execute(OF_PROMISE, promise, at, REMIND)


async def stop(db: Db, of: str, at: datetime) -> None:
    """Drops the reminders of an agreement or a promise that still wait."""
    await db.execute(STOP, of, at, REMIND)


async def waiting(pool: Pool, key: str) -> Reminder | None:
    """The reminder that rang, where what it is of still waits for its money."""
    row = await pool.fetchrow(WAITS, key, REMIND)
    if row is None:
        return None
    said = msgspec.json.decode(row["payload"])
    return Reminder(row["key"], row["person_id"], said["what"], said["offset"] < 0, row["conversation"])


async def silent(pool: Pool, key: str) -> Reminder | None:
    """The reminder of a question that is still open, where that timer rang; its key is another for each silence."""
    row = await pool.fetchrow(SILENT, key, NUDGE)
    if row is None:
        return None
    return Reminder(f"{row['key']}:{row['due'].isoformat()}", row["person_id"], SILENCE, False, row["conversation_id"])
