"""Rows whose account or person is not known yet: kept sealed, listed, and given again when a portfolio brings them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.feeds.whom import Keys
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core.portfolio.feeds.about import About
from acuerdo.core.portfolio.feeds.consents import ConsentLine
from acuerdo.core.portfolio.feeds.contactdata import ContactDataLine
from acuerdo.core.portfolio.feeds.contacts import ContactLine
from acuerdo.core.portfolio.feeds.optouts import OptOutLine
from acuerdo.core.portfolio.feeds.payments import PaymentLine
from acuerdo.core.portfolio.feeds.registers import RegisterLine
from acuerdo.core.words import derive

LINES: dict[str, type[Any]] = {
    "payments": PaymentLine, "contacts": ContactLine, "optouts": OptOutLine, "consents": ConsentLine,
    "registers": RegisterLine, "contactdata": ContactDataLine,
}  # fmt: skip
KEEP = """
insert into feed_waiting (id, creditor_id, feed, account_id, person_id, subject_id, phone_hash, email_hash, import_id,
                          row, at, sealed)
select w.id, $1, $2, nullif(w.account, ''), nullif(w.person, ''), nullif(w.subject, ''), nullif(w.phone, ''),
       nullif(w.email, ''), $3, w.row, $4, w.sealed
from unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::integer[], $12::bytea[])
  as w (id, account, person, subject, phone, email, row, sealed)
on conflict (id) do nothing
"""
# Those that may have become known; whether they did is found out by taking them again.
DUE = """
select w.id, w.feed, w.import_id, w.sealed from feed_waiting w
where w.creditor_id = $1 and (
  exists (select from account a where a.id = w.account_id)
  or exists (select from person p where p.id = w.person_id)
  or exists (select from person_key k join person p on p.id = k.person_id
             where k.kind = 'document' and k.hash = w.subject_id and p.creditor_id = $1)
  or (w.account_id is null and w.person_id is null and exists (
        select from contact_point c
        where c.creditor_id = $1 and c.address_hash in (w.phone_hash, w.email_hash) and c.quality <> 'bad')))
order by w.feed, w.id
"""
LISTED = """
select w.id, w.feed, w.row, w.at, i.file, w.sealed from feed_waiting w left join import i on i.id = w.import_id
where w.creditor_id = $1 and w.feed = $2 order by w.at desc, w.row limit $3
"""
ORPHANS = """
select r.row, r.taken_at as at, i.file, r.reference, r.of_reference from payment_reversal r
left join import i on i.id = r.import_id
where r.creditor_id = $1 and r.payment_id is null and not exists (
  select from payment p where p.creditor_id = r.creditor_id and p.reference = r.of_reference)
order by r.taken_at desc, r.id limit $2
"""


class Waiting(msgspec.Struct, frozen=True):
    """A row that waits: where it came from, and for what; of a document only its end is told."""

    file: str
    row: int
    at: datetime
    wants: str


class Due(msgspec.Struct, frozen=True):
    """A row to be taken again."""

    id: str
    feed: str
    import_id: str
    line: Any


def _aad(name: str) -> bytes:
    return f"waiting:{name}".encode()


async def keep(
    db: Db, keyring: Keyring, creditor: str, feed: str, import_id: str, rows: Sequence[tuple[Any, Keys]], at: datetime
) -> None:
    """Keeps rows until their account or person is known; the same row of another file is kept once."""
    if not rows:
        return
    columns: list[list[Any]] = [[] for _ in range(8)]
    for line, keys in rows:
        name = derive("waiting", creditor, feed, _content(line))
        sealed = keyring.inbox.seal(msgspec.json.encode(line), _aad(name))
        values = (name, keys.account, keys.person, keys.subject, keys.phone, keys.email, line.row, sealed)
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    await db.execute(KEEP, creditor, feed, import_id, at, *columns)


def _content(line: Any) -> str:
    return msgspec.json.encode(msgspec.structs.replace(line, row=0)).decode()


async def due(db: Db, keyring: Keyring, creditor: str) -> list[Due]:
    """The rows of a creditor whose account or person may have become known."""
    if not await db.fetchval("select exists (select from feed_waiting where creditor_id = $1)", creditor):
        return []
    return [
        Due(row["id"], row["feed"], row["import_id"], _opened(keyring, row)) for row in await db.fetch(DUE, creditor)
    ]


def _opened(keyring: Keyring, row: asyncpg.Record) -> Any:
    raw = keyring.inbox.open(row["sealed"], _aad(row["id"]))
    return msgspec.json.decode(raw, type=LINES[row["feed"]])


async def done(db: Db, ids: Sequence[str]) -> None:
    """These wait no longer."""
    await db.execute("delete from feed_waiting where id = any($1::text[])", list(ids))


async def unmatched(pool: Pool, keyring: Keyring, creditor: str, feed: str, most: int = 1000) -> list[Waiting]:
    """The rows of a feed that wait, the newest first: for an account, a person, or the payment that they take back."""
    rows = await pool.fetch(LISTED, creditor, feed, most)
    found = [
        Waiting(row["file"] or "", row["row"], row["at"], _wants(_opened(keyring, row).about)) for row in rows
    ]  # fmt: skip
    if feed == "payments":
        found += [
            Waiting(row["file"] or "", row["row"], row["at"], f"pago {row['of_reference']}")
            for row in await pool.fetch(ORPHANS, creditor, most)
        ]
    return found


def _wants(about: About) -> str:
    if about.account:
        return f"obligación {about.account}"
    if about.document:
        return f"documento •••{about.document.value[-3:]}"
    return "un teléfono o correo de alguien de la cartera"
