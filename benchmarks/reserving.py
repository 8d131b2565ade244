"""Contacts reserved a second in the one ledger, beside bare transactions that lock the same rows and insert as many."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from acuerdo.adapters.store.outbox import StoredOutbound
from acuerdo.core.compliance import Cleared
from acuerdo.core.words import derive
from acuerdo.service.channels import Channel, Delivery, Event, Sent, Traits, Wire
from acuerdo.service.law import load_rules
from acuerdo.service.outbound import EntryRef
from acuerdo.service.reaching import reach_all
from acuerdo.service.sending import Exit
from acuerdo.testing.clock import FixedClock
from benchmarks.data import CREDITOR, Ground, people

CONTACTS = 6000
ASKED = 1000.0  # contacts a second
WARM = 128  # contacts reserved before anything is measured
BATCH = 64  # people whose contacts are reserved in one transaction
CLIENTS = 4
AT = datetime(2026, 11, 24, 15, tzinfo=UTC)  # a Tuesday, in the hours of all six countries
ENTRIES = """
insert into campaign_entry (campaign_id, account_id, person_id, included, channel, at, code, why, status)
select $1, a.id, a.person_id, true, 'sms', $2, 'contact', '[]', 'waiting' from account a
where a.person_id = any($3::text[])
"""
LOCK = "select id from subject where id = any($1::text[]) order by id for update"
INSERT = """
insert into contact (key, subject_id, at, channel, mode, purpose, status)
select key, subject, $3, 'sms', 'text', 'collection', 'reserved' from unnest($1::text[], $2::text[]) as c (key, subject)
"""


class Nobody:
    """A channel that is declared, and never delivers: nothing is sent here."""

    traits = Traits("sms", sandbox=True)

    def verified(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        return False

    def parse(self, raw: bytes) -> list[Event]:
        return []

    def render(self, cleared: Cleared, address: str, sender: str) -> Wire:
        raise AssertionError("reserving renders nothing")

    async def deliver(self, wire: Wire) -> Delivery:
        raise AssertionError("reserving sends nothing")

    async def lookup(self, ref: str) -> Sent | None:
        return None


async def run(on: Ground, *, contacts: int = CONTACTS, rounds: int = 3) -> dict[str, Any]:
    """Reserves a contact with each of `contacts` people in `rounds` parts, each beside its bare transactions."""
    found = await people(on, contacts + WARM)
    await on.pool.execute("analyze")
    channel: Channel = Nobody()
    clock = FixedClock(AT)
    exit_ = Exit(StoredOutbound(on.pool, on.keyring), {"sms": channel}, clock, load_rules, "http://127.0.0.1:8000")
    few, found = found[:WARM], found[WARM:]
    await _reserved(on, exit_, few, "warming up")
    rates, single, many, cpu = [], [], [], 0.0
    for n in range(rounds):
        part = found[n::rounds]
        single.append(await _bare(on, part[: len(part) // 4], 1, f"single {n}"))
        many.append(await _bare(on, part, BATCH, f"many {n}"))
        await on.pool.execute("delete from contact where key like 'bench%'")
        began = time.process_time()
        rates.append(await _reserved(on, exit_, part, f"reserving {n}"))
        cpu += time.process_time() - began
    count = await on.pool.fetchval("select count(*) from contact where status = 'reserved'")
    if count != contacts + WARM:
        raise AssertionError(f"{contacts + WARM} contacts should be reserved, not {count}")
    return {
        "contacts": contacts, "per_second": median(rates), "bare_per_second": median(many),
        "single_per_second": median(single), "batch": BATCH, "clients": CLIENTS, "rates": [round(r) for r in rates],
        "asked_per_second": ASKED, "cpu_ms": cpu / contacts * 1000,
    }  # fmt: skip


async def _reserved(on: Ground, exit_: Exit, part: Sequence[str], campaign: str) -> float:
    await on.pool.execute(
        """insert into campaign (id, creditor_id, segment, status, planned_at, planned_for, rules, strategy)
           values ($1, $2, 'all', 'running', $3, $3, '', '{}')""",
        campaign, CREDITOR, AT,
    )  # fmt: skip
    await on.pool.execute(ENTRIES, campaign, AT, list(part))
    rows = await on.pool.fetch("select account_id from campaign_entry where campaign_id = $1", campaign)
    refs = [EntryRef(campaign, row[0]) for row in rows]

    async def reserve(some: Sequence[EntryRef]) -> None:
        await reach_all(exit_, some, follow=True)

    return await _rate(refs, BATCH, reserve)


async def _bare(on: Ground, part: Sequence[str], size: int, name: str) -> float:
    """The same rows locked and as many inserted, and no thinking."""
    rows = await on.pool.fetch("select subject_id from person where id = any($1::text[])", list(part))

    async def insert(some: Sequence[str]) -> None:
        keys = [derive("bench", name, subject) for subject in some]
        async with on.pool.acquire() as db, db.transaction():
            await db.fetch(LOCK, list(some))
            await db.execute(INSERT, [f"bench{key}" for key in keys], list(some), AT)

    return await _rate([row[0] for row in rows], size, insert)


async def _rate(all_: Sequence[Any], size: int, do: Callable[[Sequence[Any]], Awaitable[None]]) -> float:
    """How many a second `CLIENTS` do together, in transactions of `size`."""
    batches = [all_[n : n + size] for n in range(0, len(all_), size)]

    async def client(share: Sequence[Sequence[Any]]) -> None:
        for some in share:
            await do(some)

    began = time.perf_counter()
    await asyncio.gather(*(client(batches[n::CLIENTS]) for n in range(CLIENTS)))
    return len(all_) / (time.perf_counter() - began)
