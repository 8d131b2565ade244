"""Remembered mappings in PostgreSQL."""

from __future__ import annotations

from acuerdo.adapters.store.db import Pool
from acuerdo.service.profiles import Profile

KEEP = """
insert into import_profile (creditor_id, feed, name, header_digest, mapping, at) values ($1, $2, $3, $4, $5, $6)
on conflict (creditor_id, feed, name) do update
  set header_digest = excluded.header_digest, mapping = excluded.mapping, at = excluded.at
"""
ALL = """
select feed, name, mapping, at, header_digest from import_profile
where creditor_id = $1 and ($2 = '' or feed = $2) order by at desc, feed, name
"""


class StoredProfiles:
    """Mappings over a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, creditor: str, profile: Profile) -> None:
        """Remembers a mapping under its name, in the place of one so named."""
        one = profile
        await self._pool.execute(KEEP, creditor, one.feed, one.name, one.header_digest, one.mapping, one.at)

    async def of(self, creditor: str, feed: str) -> list[Profile]:
        """A creditor's mappings for a feed, the latest first."""
        return [Profile(*row) for row in await self._pool.fetch(ALL, creditor, feed)]

    async def all(self, creditor: str) -> list[Profile]:
        """A creditor's mappings for every feed, the latest first."""
        return await self.of(creditor, "")

    async def forget(self, creditor: str, feed: str, name: str) -> bool:
        """Removes a mapping; False when there was none of that name."""
        done = await self._pool.execute(
            "delete from import_profile where creditor_id = $1 and feed = $2 and name = $3", creditor, feed, name
        )
        return not done.endswith(" 0")
