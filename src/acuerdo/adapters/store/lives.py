"""Agreements and promises go the ways of their tables: where a fact leads, and all that follows, in its transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import cast

from acuerdo.adapters.store import reminders
from acuerdo.adapters.store.db import Db
from acuerdo.core.negotiation import agreements, promises

Effect = Callable[[Db, str, datetime], Awaitable[None]]
# A promise in force is called open in its row, as imports have it.
OPEN = "open"
COUNT = """
update account a set broken_promises = greatest(broken_promises + $2, 0) from agreement g
where g.id = $1 and a.id = any(g.accounts)
"""
COUNT_PROMISE = """
update account a set broken_promises = greatest(broken_promises + $2, 0) from promise r
where r.id = $1 and a.person_id = root_of(r.person_id) and a.status = 'open' and a.id = coalesce(r.account_id, a.id)
"""
STALE = """
update conversation set stale = true where person_id in (
  select people_of(coalesce((select person_id from agreement where id = $1),
                            (select person_id from promise where id = $1))))
"""


async def agreement_goes(db: Db, agreement: str, at: datetime, *events: agreements.Event) -> bool:
    """Takes an agreement where these events lead from its state, with what follows; False where its table has no such
    way, and nothing changes. Its conversations learn of it at their next turn."""
    status = await db.fetchval("select status from agreement where id = $1 for no key update", agreement)
    try:
        way = agreements.follow(cast(agreements.State, status), *events)
    except (agreements.NotAllowed, KeyError):
        return False
    await db.execute("update agreement set status = $2 where id = $1", agreement, way.state)
    for effect in way.effects:
        await AGREEMENT_EFFECTS[effect](db, agreement, at)
    await db.execute(STALE, agreement)
    return True


async def promise_goes(db: Db, promise: str, at: datetime, event: promises.Event) -> bool:
    """As `agreement_goes`, of a promise."""
    status = await db.fetchval("select status from promise where id = $1 for no key update", promise)
    state = cast(promises.State, "active" if status == OPEN else status)
    way = promises.TABLE.get(state, {}).get(event)
    if way is None:
        return False
    following = OPEN if way.state == "active" else way.state
    await db.execute("update promise set status = $2 where id = $1", promise, following)
    for effect in way.effects:
        await PROMISE_EFFECTS[effect](db, promise, at)
    await db.execute(STALE, promise)
    return True


async def _close_promises(db: Db, agreement: str, at: datetime) -> None:
    rows = await db.fetch(
        """select r.id from promise r join agreement g on g.id = $1
           where r.person_id in (select people_of(g.person_id)) and r.status = 'open' order by r.id""",
        agreement,
    )
    for row in rows:
        await promise_goes(db, row["id"], at, "supersede")


def _counts(query: str, by: int) -> Effect:
    async def run(db: Db, of: str, at: datetime) -> None:
        await db.execute(query, of, by)

    return run


async def _booked(db: Db, agreement: str, at: datetime) -> None:
    """What a settlement forgives is waived by the booking of the payment that completes it."""


AGREEMENT_EFFECTS: dict[agreements.Effect, Effect] = {
    "remind": reminders.of_agreement,
    "stop_reminding": reminders.stop,
    "close_promises": _close_promises,
    "count_broken": _counts(COUNT, 1),
    "uncount_broken": _counts(COUNT, -1),
    "waive_rest": _booked,
}
PROMISE_EFFECTS: dict[promises.Effect, Effect] = {
    "remind": reminders.of_promise,
    "stop_reminding": reminders.stop,
    "count_broken": _counts(COUNT_PROMISE, 1),
    "uncount_broken": _counts(COUNT_PROMISE, -1),
}
