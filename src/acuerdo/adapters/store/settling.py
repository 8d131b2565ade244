"""How deliveries ended, as the provider or its receipts say: the rows that it changes, and the facts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.reachability import count
from acuerdo.core import facts as f
from acuerdo.core.facts import AnyFact, Recorded, kind_of
from acuerdo.core.words import derive
from acuerdo.service.channels import Delivery, Failed, Receipt, Sent, Unknown
from acuerdo.service.contactability import Happened

PAUSE = timedelta(seconds=1)  # before the second try of a delivery, doubled before each further one
LONGEST_PAUSE = timedelta(minutes=1)  # tries go on, this far apart, until the message's deadline
OPEN = ("pending", "sending", "unknown")
# What a message is after what is told of it; what is not here changes nothing. It only goes forward: sent, delivered,
# read; a failure ends it, unless it arrived after all. The outbox keeps "delivered" for what was read too.
NEXT: dict[tuple[str, str], str] = {
    ("sent", "delivered"): "delivered", ("sent", "read"): "delivered",
    ("sent", "failed"): "failed", ("sent", "bounced"): "failed",
    ("failed", "delivered"): "delivered", ("failed", "read"): "delivered",
    ("delivered", "read"): "delivered",
}  # fmt: skip
ROWS = """
select key, creditor_id, person_id, account_id, conversation_id, campaign_id, channel, status, attempts, provider_id,
       address_hash
from outbox where key = any($1::text[]) order by key for update
"""
# The messages, the ledger's rows and the campaign's entries, in one round trip; what is empty stays as it is.
CHANGES = """
with told as materialized (
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
    as t (key, status, provider_id, contact, entry)
), ledger as (
  update contact c set status = t.contact from told t where c.key = t.key and t.contact <> ''
), reached as (
  update campaign_entry e set status = t.entry from told t join outbox o on o.key = t.key
  where t.entry <> '' and e.campaign_id = o.campaign_id and e.account_id = o.account_id and e.attempt = o.entry_attempt
)
update outbox o set status = t.status, provider_id = coalesce(o.provider_id, nullif(t.provider_id, '')), updated_at = $6
from told t where o.key = t.key
"""
BY_PROVIDER = """
select distinct on (provider_id) provider_id, key from outbox where channel = $1 and provider_id = any($2::text[])
"""


MOST_ATTEMPTS = 3  # of one campaign at one account, where address after address turns out to be dead
# A campaign's message to an address at which nobody is: the entry waits again, to be judged for the next address, on
# the same channel or on the strategy's next one.
ELSEWHERE = """
with again as (
  insert into campaign_entry (campaign_id, account_id, person_id, attempt, included, channel, at, code, why, rank,
                              status)
  select e.campaign_id, e.account_id, e.person_id, e.attempt + 1, e.included, e.channel, $2, e.code, e.why, e.rank,
         'waiting'
  from outbox o join campaign_entry e
    on e.campaign_id = o.campaign_id and e.account_id = o.account_id and e.attempt = o.entry_attempt
  join reachability r on r.person_id = o.person_id and r.channel = o.channel and r.address_hash = o.address_hash
  where o.key = any($1::text[]) and (r.bounced > 0 and r.since_good > 0 or r.since_good >= 3) and e.attempt < $3
  on conflict do nothing returning campaign_id
)
update campaign set status = 'running' where status = 'done' and id in (select campaign_id from again)
"""


class Ending:
    """A message whose end is told, piece by piece; what it comes to is written once."""

    def __init__(self, row: asyncpg.Record, at: datetime) -> None:
        self.row, self.at, self.key, self.channel = row, at, row["key"], row["channel"]
        self.status: str = row["status"]
        self.provider_id, self.contact, self.entry, self.gone = row["provider_id"] or "", "", "", False
        self.facts: list[Recorded] = []
        self.happened: list[Happened] = []

    def tell(self, delivery: Delivery) -> None:
        """The end of one delivery. Where a receipt came first, it is not gone back on."""
        match delivery:
            case Sent(provider_id):
                self._sent(provider_id)
            case Failed(error, again=False) if self.status == "sending":
                self.status, self.entry, self.gone = "failed", "failed", True
                self.happened.append("failed")
                self._fact(f.MessageFailed(self.channel, self.key, error))
            case Unknown() if self.status == "sending":
                self.status, self.entry, self.contact = "unknown", "sent", "unknown"
                self._fact(f.MessageUnknown(self.channel, self.key))

    def hear(self, told: Receipt) -> None:
        """What the provider says became of it. What is known only goes forward: sent, then delivered or failed."""
        if self.status == "dropped":
            return
        if self.status in OPEN:
            # Whatever became of it, the provider has it: it left the house, and is never sent again.
            self._sent(told.id)
        becomes = NEXT.get((self.status, told.status))
        if becomes is None:
            return
        was, self.status = self.status, becomes
        if becomes == "failed":
            error = f"bounced: {told.error}" if told.status == "bounced" else told.error
            self.happened.append("bounced" if told.status == "bounced" else "failed")
            self._fact(f.MessageFailed(self.channel, self.key, error))
        elif was != "delivered":
            self.contact = "delivered"
            self.happened.append("delivered")
            self._fact(f.MessageDelivered(self.channel, self.key))
        if told.status == "read":
            self.happened.append("opened")
            self._fact(f.MessageRead(self.channel, self.key))

    def _sent(self, provider_id: str) -> None:
        if self.status in OPEN:
            self.status = self.contact = self.entry = "sent"
            self.happened.append("sent")
        self.provider_id = self.provider_id or provider_id
        self._fact(f.MessageSent(self.channel, self.key, provider_id))

    def _fact(self, fact: AnyFact) -> None:
        row = self.row
        self.facts.append(Recorded(
            derive(kind_of(fact), self.key), self.at, "system", fact, row["creditor_id"], row["person_id"],
            row["account_id"], row["conversation_id"], row["campaign_id"], self.key,
        ))  # fmt: skip

    @property
    def changed(self) -> bool:
        return self.status != self.row["status"] or self.provider_id != (self.row["provider_id"] or "")


async def settle(db: Db, keyring: Keyring, ended: Sequence[tuple[str, Delivery]], at: datetime) -> None:
    """The ends of these deliveries, by the keys of their messages, on the caller's transaction."""
    told = dict(ended)
    endings = [Ending(row, at) for row in await db.fetch(ROWS, list(told))]
    for ending in endings:
        delivery = told[ending.key]
        if isinstance(delivery, Failed) and delivery.again and ending.status == "sending":
            await _later(db, ending.row, at)
        else:
            ending.tell(delivery)
    await _write(db, keyring, endings, at)


async def hear(db: Db, keyring: Keyring, channel: str, heard: Sequence[tuple[Receipt, datetime]]) -> None:
    """What a provider says became of messages, in the order in which it says it, on the caller's transaction."""
    if not heard:
        return
    receipts, at = [told for told, _ in heard], heard[-1][1]
    nameless = [told.id for told in receipts if not told.ref]
    rows = await db.fetch(BY_PROVIDER, channel, nameless) if nameless else []
    known: dict[str, str] = {row[0]: row[1] for row in rows}
    keys = {told.ref or known.get(told.id, "") for told in receipts}
    endings = {row["key"]: Ending(row, at) for row in await db.fetch(ROWS, sorted(keys))}
    for told, when in heard:
        ending = endings.get(told.ref or known.get(told.id, ""))
        if ending is not None and ending.channel == channel:
            ending.at = when
            ending.hear(told)
    await _write(db, keyring, endings.values(), at)


async def _write(db: Db, keyring: Keyring, endings: Collection[Ending], at: datetime) -> None:
    changed = [e for e in endings if e.changed]
    if changed:
        rows = ((e.key, e.status, e.provider_id, e.contact, e.entry) for e in changed)
        await db.execute(CHANGES, *(list(column) for column in zip(*rows, strict=True)), at)
    gone = [e.key for e in changed if e.gone]
    if gone:
        await db.execute("delete from contact where key = any($1::text[])", gone)
    await book.record(db, keyring, [fact for e in endings for fact in e.facts])
    told = [(e.row["person_id"], e.channel, e.row["address_hash"], what) for e in endings for what in e.happened]
    await count(db, told, at)
    dead = [e.key for e in endings if e.happened and e.status == "failed"]
    if dead:
        await db.execute(ELSEWHERE, dead, at, MOST_ATTEMPTS)


async def _later(db: Db, row: asyncpg.Record, at: datetime) -> None:
    """The provider did not take it for the moment: it waits a little, with its reservation."""
    wait = min(PAUSE * 2 ** min(row["attempts"] - 1, 10), LONGEST_PAUSE)
    await db.execute(
        """update outbox set status = 'pending', not_before = $2, queued_at = null, seized_at = null, updated_at = $3
           where key = $1""",
        row["key"], at + wait, at,
    )  # fmt: skip
