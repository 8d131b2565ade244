"""The stop of everything outbound, and the list of addresses that are written to before go-live."""

from __future__ import annotations

from datetime import datetime

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import derive


class StoredSwitch:
    """One row that every sender looks at."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def set(self, stopped: bool, why: str, who: str, at: datetime) -> bool:
        """Stops or lifts, with its fact; False when it was so already."""
        async with self._pool.acquire() as db, db.transaction():
            changed = await db.fetchval(
                "update house set stopped = $1, stop_why = $2 where stopped <> $1 returning true", stopped, why
            )
            if not changed:
                return False
            fact: AnyFact = f.OutboundStopped(why) if stopped else f.OutboundResumed()
            await book.record(db, self._keyring, [Recorded(derive(kind_of(fact), at.isoformat()), at, who, fact)])
        return True

    async def stopped(self) -> str | None:
        """Why everything is stopped; None when nothing is."""
        row = await self._pool.fetchrow("select stopped, stop_why from house")
        return str(row["stop_why"]) if row and row["stopped"] else None

    async def only_listed(self, only: bool) -> None:
        """Whether the allow-list holds on every channel, sandboxes too."""
        await self._pool.execute("update house set allow_list_only = $1", only)

    async def allow(self, channel: str, address: str, label: str = "") -> None:
        """Puts an address of a channel on the allow-list."""
        hashed = self._keyring.address_hash(channel, address)
        await self._pool.execute(
            "insert into allowed (address_hash, label) values ($1, $2) on conflict do nothing", hashed, label
        )
