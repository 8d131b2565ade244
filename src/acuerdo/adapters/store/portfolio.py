"""Creditors, people and accounts in PostgreSQL: a file goes in by staging its rows and settling them in sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any, TypeVar

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.views import Person, open_person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.compliance.places import ZONES_OF
from acuerdo.core.facts import AnyFact, Recorded
from acuerdo.core.portfolio.records import AccountRecord, Fault, PersonRecord, Record, Status
from acuerdo.core.words import Money, derive
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.importing import Settled

T = TypeVar("T")
CHUNK = 2000
ONE_AT_A_TIME = 0x0AC0E2D1  # any number: the advisory lock under which a file goes in

PUT_CREDITOR = """
insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4)
on conflict (id) do update set name = excluded.name, settings = excluded.settings
"""
STAGE = """
create temp table staged_account (
  id text, person_id text, external_id text, product text, currency text, balance bigint, principal bigint,
  interest bigint, fees bigint, due_now bigint, due_date date, days_past_due integer, as_of date, opened date,
  late_12m integer, status text, digest bytea, fact_id text, shown text, verdict text, was bigint, told boolean
) on commit drop
"""
STAGED = (
    "id", "person_id", "external_id", "product", "currency", "balance", "principal", "interest", "fees", "due_now",
    "due_date", "days_past_due", "as_of", "opened", "late_12m", "status", "digest", "fact_id", "shown",
)  # fmt: skip
# New, the same, behind what is on record, or changed; `told` when the change is in the debt and worth a fact.
JUDGE_STAGED = """
update staged_account s set was = a.balance,
  verdict = case when a.digest = s.digest then 'same' when s.as_of < a.as_of then 'older' else 'changed' end,
  told = (a.person_id, a.product, a.currency, a.balance, a.principal, a.interest, a.fees, a.due_now, a.due_date,
          a.days_past_due, a.late_12m, a.status)
    is distinct from (s.person_id, s.product, s.currency, s.balance, s.principal, s.interest, s.fees, s.due_now,
                      s.due_date, s.days_past_due, s.late_12m, s.status)
from account a where a.id = s.id
"""
NEW_FACTS = """
insert into fact (id, at, kind, who, creditor_id, person_id, account_id, cause, shown)
select fact_id, $1, 'account_imported', 'operator', $2, person_id, id, $3, shown from staged_account
where verdict is null on conflict (id) do nothing
"""
NEW_ACCOUNTS = """
insert into account (id, creditor_id, person_id, external_id, product, currency, balance, principal, interest, fees,
                     due_now, due_date, days_past_due, as_of, opened, late_12m, status, digest)
select id, $1, person_id, external_id, product, currency, balance, principal, interest, fees, due_now, due_date,
       days_past_due, as_of, opened, late_12m, status, digest
from staged_account where verdict is null
"""
# What was paid to us stays off the balance when any of it came on the file's cut-off day or later.
CHANGED_ACCOUNTS = """
update account a set person_id = s.person_id, product = s.product, currency = s.currency, balance = s.balance,
  principal = s.principal, interest = s.interest, fees = s.fees, due_now = s.due_now, due_date = s.due_date,
  days_past_due = s.days_past_due, as_of = s.as_of, opened = s.opened, late_12m = s.late_12m, status = s.status,
  digest = s.digest,
  paid_since = case when a.paid_since > 0 and exists (
      select from payment y join person p on p.id = y.person_id
      where y.person_id = a.person_id and y.status = 'paid' and a.id = any(y.accounts)
        and (y.paid_at at time zone p.zones[1])::date >= s.as_of) then a.paid_since else 0 end
from staged_account s where a.id = s.id and s.verdict = 'changed'
"""
STALE = """
update conversation set stale = true where creditor_id = $1 and (
  person_id = any($2::text[])
  or person_id in (select person_id from staged_account where verdict is null or verdict = 'changed'))
"""
UPDATED = """
select id, person_id, encode(digest, 'hex') as digest, balance, was, currency, days_past_due from staged_account
where verdict = 'changed' and told
"""
KNOWN_PEOPLE = """
select id, wrapped_key, sealed, digest, zones, subdivision, customer_type, customer_since from person
where id = any($1::text[])
"""
CHANGE_PEOPLE = """
update person set zones = $2, subdivision = $3, customer_type = $4, customer_since = $5, reachable = $6, sealed = $7,
  digest = $8 where id = $1
"""
NEW_SUBJECTS = """
insert into subject (id, country) select * from unnest($1::text[], $2::text[]) on conflict (id) do nothing
"""
PERSON_COLUMNS = (
    "id", "creditor_id", "subject_id", "country", "zones", "subdivision", "customer_type", "customer_since",
    "reachable", "wrapped_key", "sealed", "digest",
)  # fmt: skip
# How a file's word for a debt's state is kept: who wrote a debt off still collects it.
STATUS: dict[Status, str] = {
    "active": "open", "written_off": "open", "paid": "paid", "legal": "legal", "withdrawn": "withdrawn",
}  # fmt: skip


class Seen(msgspec.Struct, frozen=True):
    """One person of a file, of whatever number of rows."""

    subject: str
    country: str
    zones: tuple[str, ...]
    subdivision: str
    customer_type: str
    customer_since: date | None
    who: Person


_encoder = msgspec.json.Encoder()
_seen: msgspec.json.Decoder[Seen] = msgspec.json.Decoder(Seen)


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
    async def intake(self, creditor: str, digest: str, at: datetime) -> AsyncIterator[StoredIntake]:
        """An import in one transaction; what is not settled inside is undone."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("select pg_advisory_xact_lock($1)", ONE_AT_A_TIME)
            await db.execute(STAGE)
            yield StoredIntake(db, self._keyring, creditor, digest, at)


class StoredIntake:
    """One file on its way in: accounts wait in a temporary table, people (some 500 bytes each) in memory."""

    def __init__(self, db: Db, keyring: Keyring, creditor: str, digest: str, at: datetime) -> None:
        self._db, self._keyring, self._creditor, self._digest, self._at = db, keyring, creditor, digest, at
        self._people: dict[str, bytes] = {}

    async def stage(self, records: Sequence[Record]) -> None:
        """Takes good rows; nothing is decided yet."""
        await self._db.copy_records_to_table(
            "staged_account", records=[self._account(record) for record in records], columns=STAGED
        )

    async def settle(self, file: str, faults: Sequence[Fault]) -> Settled:
        """Decides every staged row at once: people, accounts, their facts, and conversations that must look again."""
        db = self._db
        changed_people = [one for chunk in _chunks(self._people.items()) for one in await self._settle_people(chunk)]
        await db.execute("analyze staged_account")
        await db.execute(JUDGE_STAGED)
        rows = await db.fetch(
            "select coalesce(verdict, 'new') as verdict, count(*) as n from staged_account group by 1"
        )
        counts: dict[str, int] = {row["verdict"]: row["n"] for row in rows}
        await db.execute(NEW_FACTS, self._at, self._creditor, self._digest)
        await db.execute(NEW_ACCOUNTS, self._creditor)
        await self._update_accounts()
        await db.execute(STALE, self._creditor, changed_people)
        await self._keep_faults(faults)
        older = counts.get("older", 0)
        settled = Settled(counts.get("new", 0), counts.get("changed", 0), counts.get("same", 0) + older, older)
        await self._note(file, settled, len({fault.row for fault in faults}))
        return settled

    def _account(self, record: Record) -> tuple[Any, ...]:
        account, person = record.account, self._met(record.person)
        name = derive("account", self._creditor, account.external_id)
        told = f.AccountImported(account.external_id, account.product, account.balance, account.days_past_due)
        return (
            name, person, account.external_id, account.product, account.currency, account.balance.minor,
            _minor(account.principal), _minor(account.interest), _minor(account.fees),
            _minor(account.minimum_due or account.installment_due), account.due_date, account.days_past_due,
            account.as_of, account.opened, account.late_payments_12m, _status(account),
            self._keyring.blind("row", record.digest), derive("account_imported", name), f.pack(told)[0].decode(),
        )  # fmt: skip

    def _met(self, person: PersonRecord) -> str:
        """The person's id; what several rows say of one person is put together."""
        paper = person.document
        subject = self._keyring.blind("document", f"{person.country}:{paper.kind}:{paper.value}").hex()
        name, seen = derive("person", self._creditor, subject), _seen_in(person, subject)
        if (earlier := self._people.get(name)) is not None:
            seen = _together(_seen.decode(earlier), seen)
        self._people[name] = _encoder.encode(seen)
        return name

    async def _settle_people(self, people: Sequence[tuple[str, bytes]]) -> list[str]:
        """Adds who is new and changes who changed; returns the ids of the changed."""
        db, keyring = self._db, self._keyring
        known = {row["id"]: row for row in await db.fetch(KNOWN_PEOPLE, [name for name, _ in people])}
        keys: dict[str, PersonKey] = {}
        facts: list[Recorded] = []
        added: list[tuple[Any, ...]] = []
        changed: list[tuple[Any, ...]] = []
        for name, raw in people:
            digest, row, seen = keyring.blind("person", derive(raw.decode())), known.get(name), _seen.decode(raw)
            if row is None:
                wrapped = keyring.new_key(name)
                keys[name] = key = _key(keyring, wrapped, name)
                added.append(self._row(name, seen, wrapped, key, digest))
                facts.append(self._fact("person_seen", name, f.PersonSeen(seen.country, seen.who.name)))
            elif row["digest"] != digest and row["wrapped_key"] is not None:  # who was forgotten stays forgotten
                key = _key(keyring, row["wrapped_key"], name)
                changed.append(_change(name, seen, key, digest))
                was = open_person(keyring, row["wrapped_key"], row["sealed"], name)
                facts.append(self._fact("person_changed", name, f.PersonChanged(_differences(row, was, seen))))
        subjects = sorted({(row[2], row[3]) for row in added})
        await db.execute(NEW_SUBJECTS, [one for one, _ in subjects], [country for _, country in subjects])
        await db.copy_records_to_table("person", records=added, columns=PERSON_COLUMNS)
        await db.executemany(CHANGE_PEOPLE, changed)
        await book.insert(db, facts, keys)
        return [row[0] for row in changed]

    def _row(self, name: str, seen: Seen, wrapped: bytes, key: PersonKey, digest: bytes) -> tuple[Any, ...]:
        return (
            name, self._creditor, seen.subject, seen.country, seen.zones, seen.subdivision, seen.customer_type,
            seen.customer_since, _reachable(seen.who), wrapped, _sealed(name, seen, key), digest,
        )  # fmt: skip

    async def _update_accounts(self) -> None:
        for chunk in _chunks(await self._db.fetch(UPDATED)):
            await book.insert(self._db, [self._updated(row) for row in chunk], {})
        await self._db.execute(CHANGED_ACCOUNTS)

    def _updated(self, row: asyncpg.Record) -> Recorded:
        fact = f.AccountUpdated(
            Money(row["balance"], row["currency"]), row["days_past_due"], Money(row["was"], row["currency"])
        )
        name = derive("account_updated", row["id"], row["digest"], self._at.isoformat())
        return Recorded(
            name, self._at, "operator", fact, self._creditor, row["person_id"], row["id"], cause=self._digest
        )

    async def _keep_faults(self, faults: Sequence[Fault]) -> None:
        await self._db.execute(
            "delete from set_aside where creditor_id = $1 and file_digest = $2", self._creditor, self._digest
        )
        await self._db.copy_records_to_table(
            "set_aside",
            records=[
                (self._creditor, self._digest, one.row, one.column, one.code, _impersonal(one), self._at)
                for one in faults
            ],
            columns=("creditor_id", "file_digest", "line", "field", "code", "reason", "at"),
        )

    async def _note(self, file: str, settled: Settled, set_aside: int) -> None:
        fact = f.PortfolioImported(file, self._digest, settled.added, settled.updated, settled.unchanged, set_aside)
        name = derive("portfolio_imported", self._creditor, self._digest, self._at.isoformat(), str(fact))
        await book.insert(self._db, [Recorded(name, self._at, "operator", fact, self._creditor)], {})

    def _fact(self, kind: str, person: str, fact: AnyFact) -> Recorded:
        # Who is seen is seen once; changes are told apart by their file and moment.
        when = () if kind == "person_seen" else (self._digest, self._at.isoformat())
        return Recorded(
            derive(kind, person, *when), self._at, "operator", fact, self._creditor, person, cause=self._digest
        )


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    source = iter(items)
    while chunk := list(islice(source, CHUNK)):
        yield chunk


def _minor(amount: Money | None) -> int | None:
    return None if amount is None else amount.minor


def _status(account: AccountRecord) -> str:
    return STATUS[account.status]


def _key(keyring: Keyring, wrapped: bytes, name: str) -> PersonKey:
    key = keyring.person(wrapped, name)
    assert key is not None  # noqa: S101 - only an erased key is None, and this one is not
    return key


def _seen_in(person: PersonRecord, subject: str) -> Seen:
    who = Person(
        person.name, person.document.kind, person.document.value, person.phones, person.emails, person.address,
        person.city,
    )  # fmt: skip
    # Where no zone is known it may be any of the country's, and what is lawful in all of them is lawful.
    zones = person.zones or ZONES_OF[person.country]
    return Seen(subject, person.country, zones, person.subdivision, person.customer_type, person.customer_since, who)


def _together(first: Seen, later: Seen) -> Seen:
    """What two rows say of one person: the first row's word, completed by the later one's; every way to reach them."""
    a, b = first.who, later.who
    who = Person(
        a.name, a.document_kind, a.document, _union(a.phones, b.phones), _union(a.emails, b.emails),
        a.address or b.address, a.city or b.city,
    )  # fmt: skip
    return msgspec.structs.replace(
        first, who=who, subdivision=first.subdivision or later.subdivision,
        customer_since=first.customer_since or later.customer_since, zones=_union(first.zones, later.zones),
    )  # fmt: skip


def _union(first: Sequence[str], later: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*first, *later)))


def _reachable(who: Person) -> list[str]:
    return ["sms"] * bool(who.phones) + ["email"] * bool(who.emails)


def _sealed(name: str, seen: Seen, key: PersonKey) -> bytes:
    return key.seal(_encoder.encode(seen.who), person_aad(name))


def _change(name: str, seen: Seen, key: PersonKey, digest: bytes) -> tuple[Any, ...]:
    return (
        name, seen.zones, seen.subdivision, seen.customer_type, seen.customer_since, _reachable(seen.who),
        _sealed(name, seen, key), digest,
    )  # fmt: skip


def _differences(row: asyncpg.Record, was: Person, now: Seen) -> tuple[str, ...]:
    """The names of the fields in which a person changed."""
    inside = [name for name in Person.__struct_fields__ if getattr(was, name) != getattr(now.who, name)]
    plain = ("subdivision", "customer_type", "customer_since")
    outside = [name for name in plain if row[name] != getattr(now, name)]
    return (*inside, *outside, *(("zones",) if tuple(row["zones"]) != now.zones else ()))


def _impersonal(fault: Fault) -> str:
    """The fault's reason without the cell's own words, which may speak of a person."""
    shown = " ".join(fault.value.split())
    return fault.reason.replace(shown, "…") if len(shown) > 2 else fault.reason
