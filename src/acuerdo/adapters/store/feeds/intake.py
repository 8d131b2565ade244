"""Where files of the other feeds go in: one at a time, each in one transaction, and on record with all imports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any, Protocol

import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.feeds.consents import ConsentsFeed
from acuerdo.adapters.store.feeds.contactdata import ContactDataFeed
from acuerdo.adapters.store.feeds.contacts import ContactsFeed
from acuerdo.adapters.store.feeds.optouts import OptOutsFeed
from acuerdo.adapters.store.feeds.payments import PaymentsFeed
from acuerdo.adapters.store.feeds.registers import RegistersFeed
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio_turn import alone
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.feeds.payments import PaymentLine
from acuerdo.core.portfolio.records import Fault
from acuerdo.core.words import derive
from acuerdo.service.feeding import Arrived, Taken

NOTE = """
insert into import (id, creditor_id, feed, file, digest, at, who, counts, status, cut_off)
values ($1, $2, $3, $4, $5, $6, $7, $8, 'done', $9)
on conflict (id) do update set counts = excluded.counts
"""


class TakesLines(Protocol):
    """One feed's rows on their way in: taken in parts, and what follows from all of them at the end."""

    async def take(self, lines: Sequence[Any]) -> Taken: ...
    async def finish(self) -> None: ...


FEEDS: dict[str, Callable[[Db, Keyring, Arrived, str], TakesLines]] = {
    "payments": PaymentsFeed,
    "contacts": ContactsFeed,
    "optouts": OptOutsFeed,
    "consents": ConsentsFeed,
    "registers": RegistersFeed,
    "contactdata": ContactDataFeed,
}


class StoredFeeds:
    """Where files of the other feeds go in, over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    @asynccontextmanager
    async def intake(self, arrived: Arrived) -> AsyncIterator[StoredFeedIntake]:
        """An import in one transaction; what is not settled inside is undone."""
        async with self._pool.acquire() as db, db.transaction():
            await alone(db, arrived.creditor, arrived.who, arrived.file)
            yield StoredFeedIntake(db, self._keyring, arrived)


class StoredFeedIntake:
    """One file under way."""

    def __init__(self, db: Db, keyring: Keyring, arrived: Arrived) -> None:
        self._db, self._keyring, self._arrived = db, keyring, arrived
        self.import_id = derive("import", arrived.creditor, arrived.feed, arrived.digest, arrived.at.isoformat())
        self._feed = FEEDS[arrived.feed](db, keyring, arrived, self.import_id)
        self._latest: date | None = None

    async def take(self, lines: Sequence[Any]) -> Taken:
        days = (line.paid_on if isinstance(line, PaymentLine) else line.at.date() for line in lines)
        self._latest = max(filter(None, (self._latest, *days)), default=None)
        return await self._feed.take(lines)

    async def settle(self, counts: dict[str, int], faults: Sequence[Fault]) -> None:
        """What follows from all rows together, and the import's own record."""
        arrived, db = self._arrived, self._db
        await self._feed.finish()
        await self._keep_faults(faults)
        await db.execute(
            NOTE, self.import_id, arrived.creditor, arrived.feed, arrived.file, arrived.digest, arrived.at, arrived.who,
            msgspec.json.encode(counts).decode(), self._latest,
        )  # fmt: skip
        fact = f.FeedImported(arrived.feed, arrived.file, arrived.digest, **counts)
        await book.insert(
            db, [Recorded(self.import_id, arrived.at, arrived.who, fact, arrived.creditor)], {}
        )  # fmt: skip

    async def _keep_faults(self, faults: Sequence[Fault]) -> None:
        """What was wrong with rows, without their words."""
        arrived = self._arrived
        rows = [
            (arrived.creditor, arrived.digest, one.row, one.column, one.code, _impersonal(one), arrived.at)
            for one in faults
        ]
        await self._db.execute(
            "delete from set_aside where creditor_id = $1 and file_digest = $2", arrived.creditor, arrived.digest
        )
        await self._db.copy_records_to_table(
            "set_aside", records=rows, columns=("creditor_id", "file_digest", "line", "field", "code", "reason", "at")
        )


def _impersonal(fault: Fault) -> str:
    shown = " ".join(fault.value.split())
    return fault.reason.replace(shown, "…") if len(shown) > 2 else fault.reason
