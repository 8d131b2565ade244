"""How a delivery ended, as the provider or its receipt says: the rows it changes, and the facts."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import derive
from acuerdo.service.channels import Delivery, Failed, Receipt, Sent, Unknown

PAUSE = timedelta(seconds=1)  # before the second try of a delivery, doubled before each further one
LONGEST_PAUSE = timedelta(minutes=1)  # tries go on, this far apart, until the message's deadline
ROW = """
select key, creditor_id, person_id, account_id, conversation_id, campaign_id, channel, status, attempts, provider_id,
       entry_attempt
from outbox where key = $1 for update
"""
# The message, the ledger's row and the campaign's entry, in one round trip.
SENT = """
with reserved as (update contact set status = 'sent' where key = $1),
     reached as (update campaign_entry e set status = 'sent' from outbox o
                 where o.key = $1 and e.campaign_id = o.campaign_id and e.account_id = o.account_id
                   and e.attempt = o.entry_attempt)
update outbox set status = 'sent', provider_id = coalesce(provider_id, nullif($2, '')), updated_at = $3 where key = $1
"""
BY_PROVIDER = "select key from outbox where channel = $1 and provider_id = $2"


async def settle(db: Db, keyring: Keyring, key: str, delivery: Delivery, at: datetime) -> None:
    """The end of one delivery. Where a receipt came first, it is not gone back on."""
    row = await db.fetchrow(ROW, key)
    if row is None:
        return
    match delivery:
        case Sent(provider_id):
            await _sent(db, keyring, row, provider_id, at)
        case Failed(again=True) if row["status"] == "sending":
            await _later(db, row, at)
        case Failed(error) if row["status"] == "sending":
            await db.execute("delete from contact where key = $1", key)
            await _status(db, row, "failed", at)
            await _entry(db, row, "failed")
            await _fact(db, keyring, row, f.MessageFailed(row["channel"], key, error), at)
        case Unknown() if row["status"] == "sending":
            await db.execute("update contact set status = 'unknown' where key = $1", key)
            await _status(db, row, "unknown", at)
            await _entry(db, row, "sent")
            await _fact(db, keyring, row, f.MessageUnknown(row["channel"], key), at)


async def _sent(db: Db, keyring: Keyring, row: asyncpg.Record, provider_id: str, at: datetime) -> None:
    if row["status"] in ("pending", "sending", "unknown"):
        await db.execute(SENT, row["key"], provider_id, at)
    elif provider_id and row["provider_id"] is None:
        await db.execute("update outbox set provider_id = $2 where key = $1", row["key"], provider_id)
    await _fact(db, keyring, row, f.MessageSent(row["channel"], row["key"], provider_id), at)


async def _later(db: Db, row: asyncpg.Record, at: datetime) -> None:
    """The provider did not take it for the moment: it waits a little, with its reservation."""
    wait = min(PAUSE * 2 ** min(row["attempts"] - 1, 10), LONGEST_PAUSE)
    await db.execute(
        """update outbox set status = 'pending', not_before = $2, queued_at = null, seized_at = null, updated_at = $3
           where key = $1""",
        row["key"], at + wait, at,
    )  # fmt: skip


async def receipt(db: Db, keyring: Keyring, channel: str, told: Receipt, at: datetime) -> None:
    """What the provider says became of a message. What is known only goes forward: sent, then delivered or failed."""
    key = told.ref or await db.fetchval(BY_PROVIDER, channel, told.id)
    row = await db.fetchrow(ROW, key) if key else None
    if row is None or row["channel"] != channel or row["status"] == "dropped":
        return
    if row["status"] in ("pending", "sending", "unknown"):
        # Whatever became of it, the provider has it: it left the house, and is never sent again.
        await _sent(db, keyring, row, told.id, at)
    if told.status == "delivered" and row["status"] != "delivered":
        await db.execute("update contact set status = 'delivered' where key = $1", key)
        await _status(db, row, "delivered", at)
        await _fact(db, keyring, row, f.MessageDelivered(channel, row["key"]), at)
    elif told.status == "failed" and row["status"] not in ("delivered", "failed"):
        await _status(db, row, "failed", at)
        await _fact(db, keyring, row, f.MessageFailed(channel, row["key"], told.error), at)


async def _status(db: Db, row: asyncpg.Record, status: str, at: datetime) -> None:
    await db.execute("update outbox set status = $2, updated_at = $3 where key = $1", row["key"], status, at)


async def _entry(db: Db, row: asyncpg.Record, status: str) -> None:
    if row["campaign_id"] and row["account_id"]:
        await db.execute(
            "update campaign_entry set status = $4 where campaign_id = $1 and account_id = $2 and attempt = $3",
            row["campaign_id"], row["account_id"], row["entry_attempt"], status,
        )  # fmt: skip


async def _fact(db: Db, keyring: Keyring, row: asyncpg.Record, fact: AnyFact, at: datetime) -> None:
    told = Recorded(
        derive(kind_of(fact), row["key"]), at, "system", fact, row["creditor_id"], row["person_id"], row["account_id"],
        row["conversation_id"], row["campaign_id"], row["key"],
    )  # fmt: skip
    await book.record(db, keyring, [told])
