"""What of a creditor's rules of money booking and keeping go by, read in the transaction that needs it."""

from __future__ import annotations

from typing import NamedTuple

from acuerdo.adapters.store.db import Db
from acuerdo.core.payments.ledger import ALLOCATION, Order
from acuerdo.core.payments.progress import Terms

NEWEST = """
select grace_days, tolerance, allocation from money_rules where creditor_id = $1 order by since desc limit 1
"""


class InForce(NamedTuple):
    """How strict a creditor is, and what a payment pays first."""

    terms: Terms = Terms()
    order: Order = ALLOCATION


async def in_force(db: Db, creditor: str) -> InForce:
    """A creditor's, by its newest rules; the house's where it has none."""
    row = await db.fetchrow(NEWEST, creditor)
    return InForce(Terms(row["grace_days"], row["tolerance"]), tuple(row["allocation"])) if row else InForce()
