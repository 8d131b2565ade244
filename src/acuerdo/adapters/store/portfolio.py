"""Creditors and their files in PostgreSQL: a file goes in by staging its rows and settling them in sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence, Set
from contextlib import asynccontextmanager
from datetime import datetime

import msgspec

from acuerdo.adapters.store import (
    book,
    portfolio_accounts,
    portfolio_beside,
    portfolio_closing,
    portfolio_namesakes,
    portfolio_people,
)
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio_job import Job
from acuerdo.adapters.store.portfolio_known import KnownRows, Register, known_rows
from acuerdo.adapters.store.portfolio_rows import ACCOUNT_COLUMNS, PERSON_COLUMNS, account_id, coder
from acuerdo.adapters.store.portfolio_turn import alone
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.records import Fault
from acuerdo.core.words import derive
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.importing import Again, Arrival, Batch, Closing, Coder, Settled

PUT_CREDITOR = """
insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4)
on conflict (id) do update set name = excluded.name, settings = excluded.settings
"""
STAGE = """
create temp table staged_account (
  line integer, id text, home_person_id text, external_id text, product text, currency text, balance bigint,
  principal bigint, interest bigint, fees bigint, due_now bigint, due_date date, days_past_due integer, as_of date,
  opened date, late_12m integer, status text, limitation_date date, installments_total integer,
  installments_paid integer, installments_overdue integer, last_payment date, digest bytea, row_digest bytea,
  person_digest text, fact_id text, shown text,
  person_id text, verdict "char" default 'n', was bigint, was_status text, told boolean, missing bigint
) on commit drop;
create temp table staged_person (
  line integer, id text, subject_id text, country text, zones text[], subdivision text, customer_type text,
  customer_since date, language text, preferred_channel text, preferred_hours text, reachable text[],
  wrapped_key bytea, sealed bytea, digest text, fact_id text, said bytea, more bytea,
  marks text[]
) on commit drop;
"""
NOTE = """
insert into import (id, creditor_id, feed, file, digest, at, who, cut_off)
values ($1, $2, 'portfolio', $3, $4, $5, $6, (select max(as_of) from staged_account))
"""
KIN = """
with moved as materialized (
  select s.home_person_id as id from staged_account s left join account b on b.id = s.id
  where b.id is null or (b.digest <> s.digest and s.as_of >= b.as_of)),
meant as (select id from moved group by 1{or_namesakes})
select a.id from meant m join person p on p.id = m.id
join account a on a.person_id = coalesce(p.root_id, p.id) and a.home_person_id = m.id
where not exists (select from staged_account s where s.id = a.id)
"""
# A row names its document's holder until it is known whose name it has.
OR_NAMESAKES = """
  union select split_part(h.cause, ':', 2) from same_human h join person p on p.subject_id = h.other_id
  where h.cause like 'namesake:%' and p.id in (select id from moved)"""
ANY_NAMESAKES = "select exists (select from same_human where cause like 'namesake:%')"

_encoder = msgspec.json.Encoder()


class StoredCreditors:
    """Creditors over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def put(self, creditor: Creditor, at: datetime) -> None:
        """Adds the creditor, or gives it its new name and settings."""
        settings = _encoder.encode(creditor.settings).decode()
        fact = f.CreditorAdded(creditor.name, creditor.settings.legal_name, creditor.settings.ownership)
        name = derive("creditor_added", creditor.id, creditor.name, settings)
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(PUT_CREDITOR, creditor.id, creditor.name, settings, at)
            await book.record(db, self._keyring, [Recorded(name, at, "operator", fact, creditor.id)])

    async def all(self) -> list[Creditor]:
        """Every creditor, by name."""
        rows = await self._pool.fetch("select id, name, settings from creditor order by name")
        return [Creditor(row["id"], row["name"], msgspec.json.decode(row["settings"], type=Settings)) for row in rows]


class StoredPortfolio:
    """Where files go in, over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    @asynccontextmanager
    async def intake(self, arrival: Arrival) -> AsyncIterator[StoredIntake]:
        """An import in one transaction; what is not settled inside is undone."""
        async with self._pool.acquire() as db, db.transaction():
            await alone(db, arrival.creditor, arrival.who, arrival.file)
            await db.execute(STAGE)
            yield StoredIntake(db, self._keyring, arrival, await import_id(db, arrival))


async def import_id(db: Db, arrival: Arrival, feed: str = "import") -> str:
    """The name of an import; the same bytes at the same moment again have one of their own."""
    parts = (feed, arrival.creditor, arrival.digest, arrival.at.isoformat())
    name, count = derive(*parts), 1
    while await db.fetchval("select true from import where id = $1", name):
        count += 1
        name = derive(*parts, str(count))
    return name


class StoredIntake:
    """One file on its way in: its rows wait in temporary tables, people's particulars sealed under their own keys."""

    def __init__(self, db: Db, keyring: Keyring, arrival: Arrival, name: str) -> None:
        self._db, self._keyring, self._arrival, self._name = db, keyring, arrival, name
        self._register = Register()

    @property
    def salt(self) -> bytes:
        """What keys the digests of rows: the same cells, understood in another way, have another."""
        return self._keyring.blind("rows", self._arrival.creditor + self._arrival.reading)

    @property
    def code(self) -> Coder:
        return coder(self._keyring, self._arrival.creditor, self._name)

    async def known(self, external_ids: Sequence[str] | None) -> KnownRows | None:
        """The rows that wrote the creditor's accounts as they are, or these alone; None when there are none."""
        creditor = self._arrival.creditor
        names = None if external_ids is None else [account_id(creditor, one) for one in external_ids]
        self._register.known = await known_rows(self._db, creditor, names)
        return self._register.known

    async def stage(self, batch: Batch) -> None:
        """Takes rows; nothing is decided yet."""
        self._register.take(batch, lambda number: account_id(self._arrival.creditor, number))
        await self._copy("staged_account", ACCOUNT_COLUMNS, batch.coded.accounts)
        await self._copy("staged_person", PERSON_COLUMNS, batch.coded.people)

    async def again(self) -> Again:
        """Rows that repeat an id, and rows passed over of people of whom another row is new or changed."""
        kin: Set[int] = frozenset()
        if self._register.staged and self._register.passed:
            more = OR_NAMESAKES if await self._db.fetchval(ANY_NAMESAKES) else ""
            found = await self._db.fetch(KIN.replace("{or_namesakes}", more))
            kin = self._register.lines_of([row["id"] for row in found])
        self._register.kin = kin
        return Again(self._register.repeated(), frozenset(kin))

    async def drop(self, lines: Sequence[int], aside: Set[int]) -> None:
        """Takes rows back that repeat others: those set aside, and those that are the same."""
        for table in ("staged_account", "staged_person"):
            await self._db.execute(f"delete from {table} where line = any($1::integer[])", lines)  # noqa: S608 - two names
        self._register.drop(lines, aside)

    async def settle(self, aside: Sequence[Fault], closing: Closing) -> Settled:
        """Decides every staged row at once: people, accounts, their facts, and conversations that must look again."""
        job, a = Job(self._db, self._keyring, self._arrival, self._name), self._arrival
        await self._db.execute("set local work_mem = '96MB'")
        for table in ("staged_account", "staged_person"):
            await self._db.execute(f"analyze {table}")
        await self._db.execute(NOTE, self._name, a.creditor, a.file, a.digest, a.at, a.who)
        parted = await portfolio_namesakes.part(job)
        await portfolio_accounts.judge(job)
        people = await portfolio_people.settle(job)
        counts = await portfolio_accounts.settle(job)
        shut = await portfolio_closing.settle(job, self._register, closing)
        await portfolio_accounts.stale(job, people.changed)
        await portfolio_namesakes.tie_them(job, parted)
        doubtful = await portfolio_people.compare(job)
        await portfolio_beside.settle(job)
        await self._keep_faults(aside)
        settled = Settled(
            self._name, counts.new, counts.changed, counts.same + self._register.passed, counts.older,
            shut.closed, shut.back, doubtful, counts.matched, counts.differences,
            await portfolio_namesakes.in_doubt(self._db, parted),
        )  # fmt: skip
        await self._note(settled, len({(fault.sheet, fault.row) for fault in aside}))
        return settled

    async def _copy(self, table: str, columns: Sequence[str], body: bytes) -> None:
        if body:
            await self._db.copy_to_table(table, source=_Body(body), columns=columns, format="text")

    async def _keep_faults(self, faults: Sequence[Fault]) -> None:
        arrival = self._arrival
        await self._db.execute(
            "delete from set_aside where creditor_id = $1 and file_digest = $2", arrival.creditor, arrival.digest
        )
        await self._db.copy_records_to_table(
            "set_aside",
            records=[
                (arrival.creditor, arrival.digest, one.row, one.column, one.code, _impersonal(one), arrival.at)
                for one in faults
            ],
            columns=("creditor_id", "file_digest", "line", "field", "code", "reason", "at"),
        )

    async def _note(self, settled: Settled, set_aside: int) -> None:
        """What came of the import: its counts, what became of each line, and its fact."""
        a = self._arrival
        counts = {
            "in": settled.added, "updated": settled.updated, "unchanged": settled.unchanged, "closed": settled.closed,
            "set_aside": set_aside, "doubtful": settled.doubtful, "older": settled.older, "back": settled.back,
            "matched": settled.matched,
        }  # fmt: skip
        body = _encoder.encode(counts).decode()
        await self._db.execute("update import set counts = $2 where id = $1", self._name, body)
        await self._register.write(self._db, self._name)
        fact = f.PortfolioImported(
            a.file, a.digest, settled.added, settled.updated, settled.unchanged, set_aside, settled.closed,
            settled.doubtful, self._name,
        )  # fmt: skip
        name = derive("portfolio_imported", self._name)
        await book.insert(self._db, [Recorded(name, a.at, a.who, fact, a.creditor, cause=self._name)], {})


class _Body:
    """Bytes as the driver asks for what it copies."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body

    def __aiter__(self) -> _Body:
        return self

    async def __anext__(self) -> bytes:
        if self._body is None:
            raise StopAsyncIteration
        body, self._body = self._body, None
        return body


def _impersonal(fault: Fault) -> str:
    """The fault's reason without the cell's own words, which may speak of a person."""
    shown = " ".join(fault.value.split())
    return fault.reason.replace(shown, "…") if len(shown) > 2 else fault.reason
