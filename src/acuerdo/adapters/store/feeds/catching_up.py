"""What feeds had told of people and debts that a portfolio brings or changes now: it is made to hold of them too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter

import msgspec

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.feeds import barred, registers, waiting
from acuerdo.adapters.store.feeds.found import put_to_use
from acuerdo.adapters.store.feeds.intake import FEEDS
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.records import Register
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived

ROOTS = "select distinct coalesce(root_id, id) as id from person where id = any($1::text[])"


async def enter_registers(
    db: Db, creditor: str, rows: Iterable[tuple[Register, str, str]], at: datetime, import_id: str = ""
) -> int:
    """Keeps what a portfolio's rows say of registers: each the register, the person's subject, the account's id.

    How many entries changed. What follows for the people comes of `catch_up` (or `meet_registers`), afterwards.
    """
    return len(await registers.enter(db, creditor, registers.of_portfolio(rows, at), import_id))


async def meet_registers(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime) -> None:
    """Brings these people and their accounts to what registers say now; repeating it changes nothing."""
    roots = [row["id"] for row in await db.fetch(ROOTS, people)]
    await barred.meet(db, keyring, creditor, roots, at, f"registers:{derive('registers', creditor, at.isoformat())}")


async def catch_up(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime) -> int:
    """After a portfolio: what feeds found of these people (new or changed) and what registers say of them, and the rows
    of every feed that waited for an account or a person. How many of those went in.

    Call it on the import's own transaction, when accounts, people and their addresses are settled.
    """
    await put_to_use(db, keyring, people)
    await meet_registers(db, keyring, creditor, people, at)
    return await _waiting(db, keyring, creditor, at)


async def _waiting(db: Db, keyring: Keyring, creditor: str, at: datetime) -> int:
    done: list[str] = []
    due = await waiting.due(db, keyring, creditor)
    for feed, group in groupby(due, key=attrgetter("feed")):
        rows = list(group)
        # A cause that is no file's says of which feed it is.
        cause = f"{feed}:{derive('waited', creditor, feed, at.isoformat())}"
        taker = FEEDS[feed](db, keyring, Arrived(feed, creditor, "", "", "system", at), cause)
        # Numbered anew: rows of several files may bear the same number.
        numbered = [_numbered(one, n) for n, one in enumerate(rows)]
        taken = await taker.take(numbered)
        await taker.finish()
        went_in = {row for row, status in taken.statuses if status != "unmatched"}
        done += (one.id for n, one in enumerate(rows) if n in went_in)
    await waiting.done(db, done)
    return len(done)


def _numbered(due: waiting.Due, n: int) -> object:
    return msgspec.structs.replace(due.line, row=n)
