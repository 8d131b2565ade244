"""By what people are found without opening what is sealed, and the pairs among them that may be one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.matching import Who


async def know(
    db: Db, keyring: Keyring, creditor: str, people: Iterable[tuple[str, Who]], source: str, at: datetime
) -> None:
    """Keeps by what these people are found and reached, as a source says it now; of new or changed people alone."""
    return


async def doubts(db: Db, keyring: Keyring, creditor: str, people: Sequence[str], at: datetime) -> int:
    """Compares these people (new or changed, already known by `know`) with all of the creditor's.

    Sure ones are merged by rule, doubtful pairs go to the review list; returns how many doubtful ones were added.
    """
    return 0
