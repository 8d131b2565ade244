"""What became of what was sent to an address, counted as it happens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from acuerdo.adapters.store.db import Db
from acuerdo.service.contactability import GOOD, Happened

# One row for each address, in the order of their names: so two who count several never wait for each other.
COUNT = """
insert into reachability as r (person_id, channel, address_hash, sent, delivered, opened, answered, failed, bounced,
                               wrong, since_good, last_at)
select *, $10 from (
  select person, channel, address, sent, delivered, opened, answered, failed, bounced, wrong,
         case when delivered + opened + answered > 0 then 0 else failed + bounced end
  from unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::integer[], $6::integer[], $7::integer[],
              $8::integer[], $9::integer[], $11::integer[])
    as c (person, channel, address, sent, delivered, opened, answered, failed, bounced, wrong)
  order by 1, 2, 3) c
on conflict (person_id, channel, address_hash) do update set
  sent = r.sent + excluded.sent, delivered = r.delivered + excluded.delivered, opened = r.opened + excluded.opened,
  answered = r.answered + excluded.answered, failed = r.failed + excluded.failed,
  bounced = r.bounced + excluded.bounced, wrong = r.wrong + excluded.wrong,
  since_good = case when excluded.delivered + excluded.opened + excluded.answered > 0 then 0
                    else r.since_good + excluded.since_good end,
  last_at = excluded.last_at
"""
KINDS: tuple[Happened, ...] = (*("sent",), *GOOD, "failed", "bounced", "wrong")


async def count(db: Db, happened: Iterable[tuple[str, str, str, Happened]], at: datetime) -> None:
    """Each a person, a channel, the address' hash there ("": not known, and not counted), and what happened."""
    many: Counter[tuple[str, str, str, Happened]] = Counter(one for one in happened if one[2])
    where = sorted({one[:3] for one in many})
    if where:
        counts = [[many[(*one, kind)] for one in where] for kind in KINDS]
        names = [[one[n] for one in where] for n in range(3)]
        await db.execute(COUNT, *names, *counts[:6], at, counts[6])


async def moved(db: Db, conversation: str | None, what: Happened, at: datetime) -> None:
    """The same of the addresses that a conversation was led to by: of its links, and of its places."""
    rows = await db.fetch(
        """select person_id, channel, address_hash from link where conversation_id = $1
           union select c.person_id, t.channel, t.address_hash from talk_place t
           join conversation c on c.id = t.conversation_id where c.id = $1 and t.channel <> 'web'""",
        conversation,
    )
    await count(db, [(row[0], row[1], row[2], what) for row in rows], at)
