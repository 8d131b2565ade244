"""Messages that wait to be sent, taken back at once: nobody should hear from us after what a feed told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.contacts import say_aad
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.messages import Say
from acuerdo.core.words import Reason, derive

# An answer to the person is no message of ours to them: the exit judges whether it is still in time.
# Whoever writes to a person, or takes it back, holds their row of the ledger: in the order of their names.
LOCK = """
select from subject where id in (
  select coalesce(s.merged_into, s.id) from person p join subject s on s.id = p.subject_id where p.id = any($1::text[])
) order by id for update
"""
QUEUED = """
select o.key, o.say, o.channel, o.creditor_id, o.person_id, o.account_id, o.conversation_id, o.campaign_id,
       w.wrapped_key
from outbox o join person w on w.id = o.person_id
where o.person_id = any($1::text[]) and o.status = 'pending' and o.purpose <> 'reply' order by o.key for update of o
"""
DROP = """
with gone as (
  update outbox set status = 'dropped', updated_at = $2 where key = any($1::text[])
  returning key, campaign_id, account_id, entry_attempt
), unreserved as (delete from contact where key = any($1::text[]))
update campaign_entry e set status = 'refused' from gone g
where e.campaign_id = g.campaign_id and e.account_id = g.account_id and e.attempt = g.entry_attempt
"""


class Stop(msgspec.Struct, frozen=True):
    """What is not sent any more to a person, and why: on a channel or all (`*`), to an address, about an account."""

    person: str
    why: str
    channel: str = "*"
    address_hash: str = ""
    account: str = ""


async def take_back(db: Db, keyring: Keyring, stops: Sequence[Stop], cause: str, at: datetime) -> int:
    """Drops the waiting messages that these stops are about; how many."""
    if not stops:
        return 0
    people = sorted({stop.person for stop in stops})
    await db.execute(LOCK, people)
    dropped: dict[str, Recorded] = {}
    for row in await db.fetch(QUEUED, people):
        stop = next((one for one in stops if one.person == row["person_id"] and _about(one, row, keyring)), None)
        if stop is not None:
            fact = f.MessageDropped(row["channel"], row["key"], (Reason(stop.why),))
            dropped[row["key"]] = Recorded(
                derive("message_dropped", row["key"], at.isoformat()), at, "system", fact, row["creditor_id"],
                row["person_id"], row["account_id"], row["conversation_id"], row["campaign_id"], cause,
            )  # fmt: skip
    if dropped:
        await db.execute(DROP, list(dropped), at)
        await book.insert(db, dropped.values(), {})
    return len(dropped)


def _about(stop: Stop, row: asyncpg.Record, keyring: Keyring) -> bool:
    if stop.channel not in ("*", row["channel"]) or stop.account not in ("", row["account_id"]):
        return False
    return not stop.address_hash or _address(row, keyring) in ("", stop.address_hash)


def _address(row: asyncpg.Record, keyring: Keyring) -> str:
    """To which address a sealed message goes; "" where that is not told, or the person was forgotten."""
    key = keyring.person(row["wrapped_key"], row["person_id"])
    return msgspec.json.decode(key.open(row["say"], say_aad(row["key"])), type=Say).address_hash if key else ""
