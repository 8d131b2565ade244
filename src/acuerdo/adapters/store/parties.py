"""Who stands beside the debtor: guarantors and others as people of their own, references apart and never contacted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.records import Party


async def settle_parties(
    db: Db, keyring: Keyring, creditor: str, records: Iterable[tuple[str, Party]], at: datetime
) -> None:
    """The parties of these accounts (by our account id), which take the place of those on record for each of them."""
    return
