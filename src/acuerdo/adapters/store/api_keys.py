"""Keys of the HTTP interface in PostgreSQL: found by their public half, held to the keyed digest of the secret one."""

from __future__ import annotations

import hmac
import secrets
from datetime import datetime, timedelta

import asyncpg

from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring
from acuerdo.service.api_keys import ApiKey, KeyTaken

MARK = "acuerdo"  # how every key begins, so that one left in a file is found by who looks for such
LOOKED = timedelta(minutes=1)  # between two notes of a key's use
COLUMNS = "id, name, creditor_id, scopes, added_at, used_at, revoked_at"
FIND = f"select hash, {COLUMNS} from api_key where id = $1 and revoked_at is null"  # noqa: S608 - a constant
USED = "update api_key set used_at = $2 where id = $1 and (used_at is null or used_at < $3)"


class StoredKeys:
    """Keys over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring
        self._nobody = keyring.token_hash("")

    async def add(self, creditor: str, name: str, scopes: tuple[str, ...], at: datetime) -> tuple[str, ApiKey]:
        """A new key: its text, told once, and what is kept of it. Raises KeyTaken."""
        id_, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        try:
            await self._pool.execute(
                "insert into api_key (id, name, creditor_id, hash, scopes, added_at) values ($1, $2, $3, $4, $5, $6)",
                id_, name, creditor, self._keyring.token_hash(secret), list(scopes), at,
            )  # fmt: skip
        except asyncpg.UniqueViolationError:
            raise KeyTaken(
                f"a key {name!r} is there already; revoke it first, or give the new one another name"
            ) from None
        return f"{MARK}_{id_}_{secret}", ApiKey(id_, name, creditor, scopes, at)

    async def all(self) -> list[ApiKey]:
        """Every key, revoked ones too, the oldest first."""
        rows = await self._pool.fetch(f"select {COLUMNS} from api_key order by added_at, id")  # noqa: S608 - a constant
        return [_key(row) for row in rows]

    async def revoke(self, creditor: str, name: str, at: datetime) -> bool:
        """The key of that name opens nothing any more; False when there was none."""
        done = await self._pool.execute(
            "update api_key set revoked_at = $3 where creditor_id = $1 and name = $2 and revoked_at is null",
            creditor, name, at,
        )  # fmt: skip
        return not done.endswith(" 0")

    async def find(self, text: str, at: datetime) -> ApiKey | None:
        """The key of a text, its use noted; None where it opens nothing. A wrong secret takes as long as none."""
        mark, _, rest = text.partition("_")
        id_, _, secret = rest.partition("_")
        row = await self._pool.fetchrow(FIND, id_)
        right = hmac.compare_digest(row["hash"] if row else self._nobody, self._keyring.token_hash(secret))
        if row is None or not right or mark != MARK:
            return None
        if row["used_at"] is None or row["used_at"] < at - LOOKED:
            await self._pool.execute(USED, id_, at, at - LOOKED)
        return _key(row)


def _key(row: asyncpg.Record) -> ApiKey:
    return ApiKey(
        row["id"], row["name"], row["creditor_id"], tuple(row["scopes"]), row["added_at"], row["used_at"],
        row["revoked_at"],
    )  # fmt: skip
