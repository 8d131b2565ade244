"""People who are one: who answers for whom, merge, un-merge and review."""

from __future__ import annotations

from collections.abc import Sequence

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.likeness import doubts, know
from acuerdo.adapters.store.parties import settle_parties

__all__ = ["canonical", "doubts", "forget", "know", "settle_parties"]


async def canonical(db: Db, people: Sequence[str]) -> dict[str, str]:
    """Who answers for each of these people, those left out who answer for themselves."""
    rows = await db.fetch("select id, root_id from person where id = any($1::text[]) and root_id is not null", people)
    return {row["id"]: row["root_id"] for row in rows}


async def forget(db: Db, people: Sequence[str]) -> None:
    """Takes away by what these people are found: for an import that is undone, before its people go."""
    await db.execute("delete from contact_point where person_id = any($1::text[])", people)
