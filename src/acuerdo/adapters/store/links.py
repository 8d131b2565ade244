"""Private links: opaque tokens of 128 bits, kept as keyed hashes, for one person, revocable and expiring."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

import asyncpg
import msgspec

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.words import derive
from acuerdo.service.creditors import Settings
from acuerdo.service.ports import LinkRow

COLUMNS = """token_hash, creditor_id, person_id, conversation_id, channel, address_hash, campaign_id, expires_at,
  opened_at, revoked_at"""


def new_token() -> str:
    """A token nobody can guess, short enough for an SMS: 22 characters.

    It neither begins nor ends with a sign: a phone would leave the last out of the link, a shell take the first for an
    option.
    """
    while not ((token := secrets.token_urlsafe(16))[0].isalnum() and token[-1].isalnum()):
        pass
    return token


class Sent(NamedTuple):
    """Of a message what proves that it is genuine: whose it is, since when they write from here, and when it left."""

    creditor: str
    settings: Settings
    since: datetime
    country: str
    channel: str
    at: datetime | None


class StoredLinks:
    """Private links over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    async def find(self, token: str) -> LinkRow | None:
        """The link of a token, whatever its state; None when there never was one."""
        row = await self._pool.fetchrow(
            f"select {COLUMNS} from link where token_hash = $1",  # noqa: S608 - a constant of this module
            self._keyring.token_hash(token),
        )
        return LinkRow(*row) if row else None

    async def sent(self, token: str) -> Sent | None:
        """For whom and when the message of a token was written; None where there never was one."""
        row = await self._pool.fetchrow(
            """select l.issued_at, l.channel, c.name, c.settings, c.added_at, p.country
               from link l join creditor c on c.id = l.creditor_id join person p on p.id = l.person_id
               where l.token_hash = $1""",
            self._keyring.token_hash(token),
        )
        return _sent(row) if row else None

    async def of_domain(self, domain: str) -> Sent | None:
        """The creditor to whom a domain belongs; None where it is nobody's."""
        row = await self._pool.fetchrow(
            """select null::timestamptz as issued_at, '' as channel, name, settings, added_at,
                      coalesce(settings ->> 'country', '') as country
               from creditor where settings ->> 'domain' = $1 order by added_at limit 1""",
            domain,
        )
        return _sent(row) if row else None

    async def opened(self, link: LinkRow, at: datetime) -> None:
        """A human gesture was made on the page: the first one is the opening."""
        if link.opened_at is None:
            await self._note(link, at, f.LinkOpened(link.token_hash.hex()))

    async def revoke(self, link: LinkRow, at: datetime, why: str) -> None:
        """The link stops being valid now."""
        async with self._pool.acquire() as db, db.transaction():
            await db.execute("update link set revoked_at = $2 where token_hash = $1", link.token_hash, at)
            await book.record(db, self._keyring, [_fact(link, at, f.LinkRevoked(link.token_hash.hex(), why))])
            if link.conversation:
                await db.execute("select pg_notify('acuerdo_talk', $1)", link.conversation)

    async def _note(self, link: LinkRow, at: datetime, fact: f.AnyFact) -> None:
        async with self._pool.acquire() as db, db.transaction():
            await book.record(db, self._keyring, [_fact(link, at, fact)])


def _sent(row: asyncpg.Record) -> Sent:
    settings = msgspec.json.decode(row["settings"], type=Settings)
    return Sent(row["name"], settings, row["added_at"], row["country"], row["channel"], row["issued_at"])


def _fact(link: LinkRow, at: datetime, fact: f.AnyFact) -> Recorded:
    name = derive(f.kind_of(fact), link.token_hash.hex())
    return Recorded(
        name, at, "debtor", fact, link.creditor, link.person, None, link.conversation, link.campaign, link.channel
    )


LinkRecord: TypeAlias = tuple[bytes, str, str, str | None, str | None, str, str, datetime, datetime]
INSERT = """
insert into link (token_hash, creditor_id, person_id, conversation_id, campaign_id, channel, address_hash, issued_at,
                  expires_at)
select * from unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                     $8::timestamptz[], $9::timestamptz[])
"""


def draft(
    keyring: Keyring, *, creditor: str, person: str, channel: str, address_hash: str, at: datetime, days: int,
    campaign: str | None = None, conversation: str | None = None,
) -> tuple[str, LinkRecord, Recorded]:  # fmt: skip
    """A new link still to be written: its token, told once, its row for `INSERT`, and the fact to record."""
    token = new_token()
    hashed, expires = keyring.token_hash(token), at + timedelta(days=days)
    row = (hashed, creditor, person, conversation, campaign, channel, address_hash, at, expires)
    fact = f.LinkIssued(hashed.hex(), expires)
    return (
        token,
        row,
        Recorded(
            derive("link", hashed.hex()), at, "system", fact, creditor, person, None, conversation, campaign, None
        ),
    )


async def issue(
    db: Db, keyring: Keyring, *, creditor: str, person: str, channel: str, address_hash: str, at: datetime,
    days: int, campaign: str | None = None, conversation: str | None = None,
) -> tuple[str, Recorded]:  # fmt: skip
    """A new link, on the caller's transaction: its token, told once, and the fact to record."""
    token, row, fact = draft(
        keyring, creditor=creditor, person=person, channel=channel, address_hash=address_hash, at=at, days=days,
        campaign=campaign, conversation=conversation,
    )  # fmt: skip
    await db.execute(INSERT, *([value] for value in row))
    return token, fact
