"""Arrivals and keys in PostgreSQL: an answer is written in the commit that takes its file in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import cast

import msgspec

from acuerdo.adapters.store import jobs
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring, Shredded, open_
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.door import Answer, Arrival, Feed, Imported, Inlet, OtherContent, Terms, waiting

PART = 1 << 20  # bytes of a large file that are sealed and kept together
KEPT = timedelta(days=30)  # an answer is repeated for so long
FORGOTTEN_AT_ONCE = 50

ENTER = """
insert into arrival (id, creditor_id, feed, source, file, digest, terms, status, at)
values ($1, $2, $3, $4, $5, $6, $7, 'waiting', $8) on conflict (id) do nothing
"""
FIND = "select digest, status, answer from arrival where id = $1 for update"
KEEP = "update arrival set status = $2, import_id = nullif($3, ''), answer = $4 where id = $1"
OF_CREDITOR = "select status, answer, id, feed, file, at from arrival where id = $1 and creditor_id = $2"
WAITING = """
select a.id, a.feed, a.source, a.file, a.digest, a.terms, a.at, c.id as creditor_id, c.name, c.settings
from arrival a join creditor c on c.id = a.creditor_id where a.id = $1 and a.status = 'waiting'
"""
FORGET = """
delete from arrival where id in (
  select id from arrival where creditor_id = $1 and at < $2 and status <> 'waiting' order by at limit $3)
"""

_encoder = msgspec.json.Encoder()
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


class Lent:
    """One connection in a pool's place: what others commit by themselves commits with the one who lends it."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self.execute, self.fetch, self.fetchrow, self.fetchval = db.execute, db.fetch, db.fetchrow, db.fetchval

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Db]:
        yield self._db


class StoredTurn:
    """An arrival's turn on a transaction."""

    def __init__(self, db: Db, keyring: Keyring, inlet: Inlet, before: Answer | None) -> None:
        self._db, self._keyring, self._inlet, self.before = db, keyring, inlet, before

    async def take(self, arrival: Arrival, path: Path) -> Imported:
        """Imports the file, inside this turn's transaction."""
        return await self._inlet(arrival, path)

    async def keep(self, answer: Answer) -> None:
        """Writes the answer; what was kept of the file goes."""
        await _keep(self._db, self._keyring, answer)


class StoredDoors:
    """Arrivals over a pool of connections. `inlet` makes the way in over whatever is lent to it as a pool."""

    def __init__(self, pool: Pool, keyring: Keyring, inlet: Callable[[Pool], Inlet]) -> None:
        self._pool, self._keyring, self._inlet = pool, keyring, inlet

    @asynccontextmanager
    async def turn(self, arrival: Arrival) -> AsyncIterator[StoredTurn]:
        """One transaction for an arrival, which others of that id wait for. Raises OtherContent."""
        async with self._pool.acquire() as db, db.transaction():
            before = await self._enter(db, arrival)
            inlet = self._inlet(cast(Pool, Lent(db)))
            yield StoredTurn(db, self._keyring, inlet, before)

    async def refuse(self, arrival: Arrival, answer: Answer) -> Answer:
        """Keeps a refusal; the answer that stands, where there was one already."""
        async with self._pool.acquire() as db, db.transaction():
            before = await self._enter(db, arrival)
            if before is not None and before.status != "waiting":
                return before
            await _keep(db, self._keyring, answer)
            return answer

    async def wait(self, arrival: Arrival, path: Path) -> Answer:
        """Keeps a large file, sealed, and makes a job of it, in one commit. Raises OtherContent."""
        async with self._pool.acquire() as db, db.transaction():
            before = await self._enter(db, arrival)
            if before is not None:
                return before
            parts = (
                (arrival.id, n, self._keyring.inbox.seal(part, _aad(arrival.id, n)))
                for n, part in enumerate(_cut(path))
            )
            await db.copy_records_to_table("arrival_part", records=parts, columns=("arrival_id", "n", "sealed"))
            await jobs.enqueue(db, jobs.FEED, [arrival.id])
        return waiting(arrival)

    async def awaited(self, id_: str) -> Arrival | None:
        """An arrival that a worker has yet to take in; None once it is answered."""
        row = await self._pool.fetchrow(WAITING, id_)
        if row is None:
            return None
        creditor = Creditor(row["creditor_id"], row["name"], msgspec.json.decode(row["settings"], type=Settings))
        terms = msgspec.json.decode(row["terms"], type=Terms)
        return Arrival(
            row["id"], creditor, row["feed"], row["source"], row["file"], row["digest"], terms, row["at"]
        )  # fmt: skip

    async def unpack(self, id_: str, path: Path) -> None:
        """Writes a waiting arrival's file where it can be read."""
        async with self._pool.acquire() as db, db.transaction():
            with path.open("wb") as out:
                query = "select n, sealed from arrival_part where arrival_id = $1 order by n"
                async for row in db.cursor(query, id_, prefetch=4):
                    out.write(cast(bytes, open_(self._keyring.inbox, row["sealed"], _aad(id_, row["n"]))))

    async def answered(self, creditor: str, id_: str) -> Answer | None:
        """What a creditor's arrival was answered, or that it waits; None where there is none of that id."""
        row = await self._pool.fetchrow(OF_CREDITOR, id_, creditor)
        if row is None:
            return None
        if row["answer"] is None:
            return Answer(row["id"], cast(Feed, row["feed"]), row["file"], "waiting", row["at"])
        return _opened(self._keyring, row["answer"], id_)

    async def _enter(self, db: Db, arrival: Arrival) -> Answer | None:
        """Enters an arrival, locked until the commit; what it was answered before, None where it is new."""
        terms = _encoder.encode(arrival.terms).decode()
        new = await db.execute(
            ENTER, arrival.id, arrival.creditor.id, arrival.feed, arrival.source, arrival.file, arrival.digest, terms,
            arrival.at,
        )  # fmt: skip
        if new.endswith(" 1"):
            await db.execute(FORGET, arrival.creditor.id, arrival.at - KEPT, FORGOTTEN_AT_ONCE)
            return None
        row = await db.fetchrow(FIND, arrival.id)
        if row is None or row["digest"] != arrival.digest:
            raise OtherContent(OtherContent.__doc__)
        return waiting(arrival) if row["answer"] is None else _opened(self._keyring, row["answer"], arrival.id)


async def _keep(db: Db, keyring: Keyring, answer: Answer) -> None:
    sealed = keyring.inbox.seal(_encoder.encode(answer), _aad(answer.id, -1))
    await db.execute(KEEP, answer.id, answer.status, answer.import_id, sealed)
    await db.execute("delete from arrival_part where arrival_id = $1", answer.id)


def _opened(keyring: Keyring, sealed: bytes, id_: str) -> Answer:
    plain = open_(keyring.inbox, sealed, _aad(id_, -1))
    assert not isinstance(plain, Shredded)  # noqa: S101 - the house's own key is never shredded
    return _answers.decode(plain)


def _aad(id_: str, n: int) -> bytes:
    return f"arrival/{id_}/{n}".encode()


def _cut(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART):
            yield part
