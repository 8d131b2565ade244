"""Short words for these tests: two people of a bank's, what happened to them, and the files of it."""

from __future__ import annotations

import asyncio
import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.files.writing import free, open_target
from acuerdo.adapters.store import book
from acuerdo.adapters.store.keys import Keyring
from acuerdo.adapters.store.results import StoredResults
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import Money, derive
from acuerdo.service import exporting
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.exporting import Choice, Exported, Exports

RING = Keyring([b"k" * 32])
NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # a Monday, 10:00 in Bogotá and 16:00 in Madrid
ZONES = {"ana": "America/Bogota", "luis": "Europe/Madrid"}
DOCUMENTS = {"ana": "52345678", "luis": "X1234567L"}
ACCOUNTS = {  # account: its holder, the creditor's name for it, its days past due
    "a-ana": ("ana", "TC-1", 20), "b-ana": ("ana", "LC-2", 25), "a-luis": ("luis", "0007", 20),
}  # fmt: skip


ANDINO = Creditor(derive("creditor", "banco andino"), "Banco Andino", Settings(legal_name="Banco Andino S.A."))


async def bank(db: asyncpg.Pool) -> Creditor:
    """A creditor with two people: Ana owes it twice, Luis once."""
    made = ANDINO
    await db.execute(
        "insert into creditor (id, name, settings, added_at) values ($1, $2, $3, $4)",
        made.id, made.name, msgspec.json.encode(made.settings).decode(), NOW,
    )  # fmt: skip
    for who, zone in ZONES.items():
        wrapped = RING.new_key(who)
        key = RING.person(wrapped, who)
        assert key is not None
        papers = msgspec.json.encode(Person(who.title(), "CC", DOCUMENTS[who]))
        await db.execute("insert into subject (id, country) values ($1, 'CO')", who)
        await db.execute(
            """insert into person (id, creditor_id, subject_id, country, zones, wrapped_key, sealed, digest)
               values ($1, $2, $1, 'CO', $3, $4, $5, '')""",
            who, made.id, [zone], wrapped, key.seal(papers, person_aad(who)),
        )  # fmt: skip
        await db.execute(
            """insert into conversation (id, creditor_id, person_id, channel, flows, state, started_at)
               values ($1, $2, $3, 'web', '', '', $4)""",
            f"t-{who}", made.id, who, NOW,
        )  # fmt: skip
    for account, (who, external, late) in ACCOUNTS.items():
        await db.execute(
            """insert into account (id, creditor_id, person_id, external_id, product, currency, balance, days_past_due,
                                    as_of, digest)
               values ($1, $2, $3, $4, 'tarjeta', 'COP', 100000000, $5, $6, '')""",
            account, made.id, who, external, late, NOW.date(),
        )  # fmt: skip
    return made


ALL = Choice()
_made = 0


def happened(
    bank: Creditor, who: str, *facts: f.AnyFact, at: datetime = NOW, by: str = "bot", account: str | None = None,
    outside: bool = False,
) -> list[Recorded]:  # fmt: skip
    """Facts about a person, in their conversation unless `outside`; each another one, also if it is said twice."""
    global _made
    recorded = []
    for fact in facts:
        _made += 1
        talk = None if outside else f"t-{who}"
        recorded.append(Recorded(f"fact-{_made}", at, by, fact, bank.id, who, account, talk, None, None))
    return recorded


async def note(db: asyncpg.Pool, *facts: Iterable[Recorded]) -> None:
    """The facts and what follows from them, in one transaction."""
    async with db.acquire() as one, one.transaction():
        await book.record(one, RING, [r for some in facts for r in some])


async def settled(db: asyncpg.Pool) -> None:
    """Waits until nothing older than our facts is open, as other tests' transactions on the same server may be."""
    waiting = "select exists (select from fact where txid >= pg_snapshot_xmin(pg_current_snapshot()))"
    for _ in range(1000):
        if not await db.fetchval(waiting):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("another transaction stays open")


def exports(db: asyncpg.Pool) -> Exports:
    stored = StoredResults(db, RING)
    return Exports(stored, stored, stored, open_target)


async def export(
    db: asyncpg.Pool, bank: Creditor, folder: Path, choice: Choice = ALL, profile: str = "estandar",
    house: Exports | None = None,
) -> Exported | None:  # fmt: skip
    """A file of what is new, in a folder."""
    await settled(db)
    chosen = house or exports(db)
    return await exporting.export(chosen, bank, profile, choice, lambda name: free(folder / name), NOW)


def rows(path: str | Path, delimiter: str = ";", encoding: str = "utf-8") -> list[dict[str, str]]:
    with Path(path).open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def body(path: str | Path) -> bytes:
    return Path(path).read_bytes()


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def outcomes(path: str | Path) -> list[str]:
    return [row["outcome"] for row in rows(path)]


def cop(pesos: int) -> Money:
    return Money(pesos * 100, "COP")


def promise(name: str, pesos: int, days: int = 4) -> f.PromiseMade:
    return f.PromiseMade(name, (NOW + timedelta(days=days)).date(), cop(pesos))


def agreement(name: str, pesos: int) -> f.AgreementAccepted:
    return f.AgreementAccepted(name, cop(pesos), cop(pesos), ((date(2026, 12, 1), cop(pesos)),), "", "")


async def paid(db: asyncpg.Pool, bank: Creditor, who: str, name: str, shares: dict[str, int]) -> None:
    """A payment, laid over accounts as its books say (whole pesos)."""
    total = sum(shares.values())
    await db.execute(
        """insert into payment (id, creditor_id, person_id, accounts, amount, currency, status, gateway, created_at)
           values ($1, $2, $3, $4, $5, 'COP', 'paid', 'sandbox', $6)""",
        name, bank.id, who, list(shares), total * 100, NOW,
    )  # fmt: skip
    entries: list[Any] = [(f"{name}-{one}", one, NOW, "cash", "principal", part * 100, "COP", "payment", name)
                          for one, part in shares.items()]  # fmt: skip
    await db.executemany(
        """insert into ledger_entry (id, account_id, at, debit, credit, amount, currency, cause, ref)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        entries,
    )
    await note(db, happened(bank, who, f.PaymentReceived(name, cop(total), "gw"), by="system"))
