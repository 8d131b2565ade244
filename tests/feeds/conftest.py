"""One creditor with a few people who owe, and files of any feed that are given to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from acuerdo.adapters.files.opening import open_bytes
from acuerdo.adapters.store import book
from acuerdo.adapters.store.feeds import StoredFeeds, catch_up, unmatched
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.portfolio import StoredCreditors
from acuerdo.adapters.store.views import Person, open_person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import CreditorId, Money, PersonId, derive
from acuerdo.service.creditors import Creditor, Settings, add_creditor
from acuerdo.service.feeding import FeedReport, feed_file, form_of

RING = Keyring([b"k" * 32])
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)  # a Monday, 10:00 in Bogotá
CUT_OFF = date(2026, 11, 16)
# Obligation, document, phone, balance in cents.
ANA, IVAN, LUZ = (
    ("A1", "52345678", "+573005550100"),
    ("A2", "79123456", "+573005550101"),
    ("A3", "43123456", "+573005550102"),
)


@dataclass
class World:
    """A creditor's house."""

    pool: asyncpg.Pool
    creditor: Creditor

    @property
    def feeds(self) -> StoredFeeds:
        return StoredFeeds(self.pool, RING)

    async def feed(
        self, feed: str, *rows: str, at: datetime = NOW, file: str = "archivo.csv", **how: Any
    ) -> FeedReport:
        """A file of these lines, its header first."""
        data = ("\n".join(rows) + "\n").encode()
        opened = open_bytes(data, file, form_of(feed), None, "CO", at.date())
        return await feed_file(self.feeds, feed, self.creditor, opened, file, at, **how)

    def account(self, external_id: str) -> str:
        return derive("account", self.creditor.id, external_id)

    def subject(self, document: str) -> str:
        return RING.blind("document", f"CO:cedula:{document}").hex()

    def person(self, document: str) -> str:
        return derive("person", self.creditor.id, self.subject(document))

    async def owes(
        self, who: tuple[str, str, str], balance: int = 90_000_000, *, as_of: date = CUT_OFF, late: int = 20
    ) -> str:
        """Somebody with a debt, as a portfolio would have brought them; returns the account's id."""
        external, document, phone = who
        subject, person, account = self.subject(document), self.person(document), self.account(external)
        wrapped = RING.new_key(person)
        key = RING.person(wrapped, person)
        assert key is not None
        sealed = key.seal(msgspec.json.encode(Person("Ana", "cedula", document, (phone,))), person_aad(person))
        await self.pool.execute("insert into subject values ($1, 'CO') on conflict do nothing", subject)
        await self.pool.execute(
            """insert into person (id, creditor_id, subject_id, country, zones, wrapped_key, sealed, digest, reachable)
               values ($1, $2, $3, 'CO', '{America/Bogota}', $4, $5, '', '{sms}') on conflict do nothing""",
            person, self.creditor.id, subject, wrapped, sealed,
        )  # fmt: skip
        await self.pool.execute(
            """insert into contact_point values ($1, 'phone', $2, $3, 'portfolio', 'unknown', $4, $4)
               on conflict do nothing""",
            person, RING.address_hash("phone", phone), self.creditor.id, NOW,
        )  # fmt: skip
        await self.pool.execute(
            """insert into account (id, creditor_id, person_id, home_person_id, external_id, product, currency, balance,
                                    days_past_due, as_of, digest)
               values ($1, $2, $3, $3, $4, 'tarjeta', 'COP', $5, $6, $7, '')""",
            account, self.creditor.id, person, external, balance, late, as_of,
        )  # fmt: skip
        return account

    async def catch_up(self, *documents: str, at: datetime = NOW) -> int:
        """What a portfolio does when it is in."""
        async with self.pool.acquire() as db, db.transaction():
            return await catch_up(db, RING, self.creditor.id, [self.person(one) for one in documents], at)

    async def record(self, fact: f.AnyFact, document: str, name: str, at: datetime = NOW) -> None:
        person = self.person(document)
        told = Recorded(derive(name), at, "bot", fact, self.creditor.id, person, None, await self.talk(document))
        async with self.pool.acquire() as db, db.transaction():
            await book.record(db, RING, [told])

    async def talk(self, document: str) -> str:
        """The person's conversation."""
        name = derive("talk", document)
        await self.pool.execute(
            """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
               values ($1, $2, $3, 'web', '', '', $4) on conflict do nothing""",
            name, self.creditor.id, self.person(document), NOW - timedelta(days=10),
        )  # fmt: skip
        return name

    async def agree(self, name: str, document: str, *parts: int, at: datetime = NOW - timedelta(days=6)) -> None:
        """An agreement over everything the person owes, to be paid from the day after, weekly."""
        first = at.date() + timedelta(days=1)
        days = [first + timedelta(days=7 * n) for n in range(len(parts))]
        agreed = f.AgreementAccepted(
            name, Money(90_000_000, "COP"), Money(sum(parts), "COP"),
            tuple((day, Money(part, "COP")) for day, part in zip(days, parts, strict=True)), "key", "link_and_document",
        )  # fmt: skip
        await self.record(agreed, document, name, at)

    async def promise(self, name: str, document: str, due: date, minor: int, at: datetime) -> None:
        await self.record(f.PromiseMade(name, due, Money(minor, "COP")), document, name, at)

    async def pays_us(self, name: str, who: tuple[str, str, str], minor: int, at: datetime, ref: str = "") -> None:
        """A payment that our gateway took."""
        await self.pool.execute(
            """insert into payment (id, creditor_id, person_id, accounts, amount, currency, status, gateway,
                                    gateway_ref, received, created_at, paid_at)
               values ($1, $2, $3, array[$4], $5, 'COP', 'paid', 'sandbox', $6, $5, $7, $7)""",
            name, self.creditor.id, self.person(who[1]), self.account(who[0]), minor, ref or f"ref {name}", at,
        )  # fmt: skip
        await self.pool.execute(
            "update account set paid_since = paid_since + $2 where id = $1", self.account(who[0]), minor
        )
        await self.pool.execute(
            """insert into ledger_entry values ($1, $2, $3, 'principal', 'opened', 90000000, 'COP', 'opening', ''),
                                               ($1 || 'x', $2, $3, 'cash', 'principal', $4, 'COP', 'payment', $5)""",
            derive(name), self.account(who[0]), at, minor, name,
        )  # fmt: skip

    async def queue(self, key: str, who: tuple[str, str, str], channel: str = "sms") -> None:
        """A message that waits to be sent."""
        person = self.person(who[1])
        wrapped = await self.pool.fetchval("select wrapped_key from person where id = $1", person)
        sealing = RING.person(wrapped, person)
        assert sealing is not None
        say = Say(
            key=key, content=Content("hola"), channel=channel, purpose="collection", person=PersonId(person),
            creditor=CreditorId(self.creditor.id), address_hash=RING.address_hash(channel, who[2]),
        )  # fmt: skip
        await self.pool.execute(
            """insert into outbox (key, creditor_id, person_id, account_id, channel, origin, purpose, say, not_before,
                                   deadline, created_at, updated_at)
               values ($1, $2, $3, $4, $5, 'bot', 'collection', $6, $7, $7, $7, $7)""",
            key, self.creditor.id, person, self.account(who[0]), channel,
            sealing.seal(msgspec.json.encode(say), f"outbox:{key}".encode()), NOW,
        )  # fmt: skip
        await self.pool.execute(
            "insert into contact values ($1, $2, $3, $4, 'text', 'collection', 'reserved', false)",
            key, self.subject(who[1]), NOW, channel,
        )  # fmt: skip

    async def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.pool.fetch(sql, *args)]

    async def value(self, sql: str, *args: Any) -> Any:
        return await self.pool.fetchval(sql, *args)

    async def facts(self, kind: str) -> list[f.AnyFact]:
        """All facts of a kind, opened."""
        async with self.pool.acquire() as db:
            rows = await db.fetch(book.SELECT + "where f.kind = $1 order by f.pos", kind)
            return [book.opened(row, RING).fact for row in rows]

    async def particulars(self, document: str) -> Person:
        person = self.person(document)
        row = await self.pool.fetchrow("select wrapped_key, sealed from person where id = $1", person)
        assert row is not None
        return open_person(RING, row["wrapped_key"], row["sealed"], person)

    async def waiting(self, feed: str) -> list[str]:
        return [one.wants for one in await unmatched(self.pool, RING, self.creditor.id, feed)]

    async def books(self) -> dict[str, Any]:
        """Everything that money comes to; what was written and mirrored adds up to nothing."""
        return {
            "ledger": await self.rows(
                """select account_id, book, sum(amount)::bigint as amount from (
                     select account_id, debit as book, amount from ledger_entry
                     union all select account_id, credit, -amount from ledger_entry) m
                   group by 1, 2 having sum(amount) <> 0 order by 1, 2"""
            ),
            "accounts": await self.rows("select id, balance - paid_since from account order by id"),
            "parts": await self.rows("select agreement_id, n, paid from installment order by 1, 2"),
            "agreements": await self.rows("select id, status from agreement order by id"),
            "promises": await self.rows("select id, status from promise order by id"),
            "payments": await self.rows("select reference, status, received from payment order by 1"),
        }


@pytest.fixture
async def world(db: asyncpg.Pool) -> World:
    creditor = await add_creditor(StoredCreditors(db, RING), "Banco Andino", Settings(legal_name="Banco Andino"), NOW)
    return World(db, creditor)


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return tmp_path / "pagos.csv"
