"""Documents, files and codes over a pool of connections: kept sealed, and drawn when they are first wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import asyncpg

from acuerdo.adapters.store import book
from acuerdo.adapters.store.db import Pool
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.papers import body_aad, digest, name_aad, paper_aad
from acuerdo.core import facts as f
from acuerdo.service.channels import Media
from acuerdo.service.documents import Kept, Sent, Wanted, key_of
from acuerdo.service.places import Place, Proof, counts

MOST_CODES = 6  # sent to one address, or for one person, in a day
FILE = """
select d.id, d.person_id, d.conversation_id, d.kind, d.mime, d.name, d.paper, d.body, d.made_at, p.wrapped_key
from document d join person p on p.id = d.person_id where d.id = $1
"""
KEEP = """
insert into document (id, person_id, creditor_id, conversation_id, kind, mime, name, body, size, made_at)
select $2, c.person_id, c.creditor_id, c.id, 'receipt', $3, $4, $5, $6, $7 from conversation c where c.id = $1
on conflict (id) do nothing
"""
# How many went to this address, whoever asked, and how many this person asked for.
SENT_CODES = """
select count(*) filter (where o.address_hash = c.address_hash), count(*) filter (where o.person_id = c.person_id)
from email_code c
join email_code o on o.id <> c.id and o.sent_at > $2
  and (o.address_hash = c.address_hash or o.person_id = c.person_id)
where c.id = $1
"""


class StoredDocuments:
    """Documents over a pool of connections; `draw` makes a PDF of a document's words."""

    def __init__(self, pool: Pool, keyring: Keyring, draw: Callable[[bytes], bytes]) -> None:
        self._pool, self._keyring, self._draw = pool, keyring, draw

    async def file(self, document: str) -> Kept | None:
        """The document with its bytes, drawn the first time; None where there is none, or its person was forgotten."""
        row = await self._pool.fetchrow(FILE, document)
        key = self._keyring.person(row["wrapped_key"], row["person_id"]) if row else None
        if row is None or key is None:
            return None
        body = key.open(row["body"], body_aad(document)) if row["body"] else await self._drawn(row, key)
        name = key.open(row["name"], name_aad(document)).decode()
        file = Media(document, row["mime"], name, body)
        return Kept(document, row["person_id"], row["conversation_id"], row["kind"], file)

    async def _drawn(self, row: asyncpg.Record, key: PersonKey) -> bytes:
        document = row["id"]
        body = await asyncio.to_thread(self._draw, key.open(row["paper"], paper_aad(document)))
        # Whoever draws first is kept, so that one document is one file for ever.
        kept: bytes | None = await self._pool.fetchval(
            "update document set body = coalesce(body, $2), size = case when body is null then $3 else size end "
            "where id = $1 returning body",
            document, key.seal(body, body_aad(document)), len(body),
        )  # fmt: skip
        return key.open(kept, body_aad(document)) if kept else body

    async def files(self, documents: Sequence[str]) -> tuple[Media, ...] | None:
        """Several, in order; None where one of them is gone."""
        found = [await self.file(document) for document in documents]
        return tuple(one.file for one in found if one) if all(found) else None

    async def keep(self, conversation: str, document: str, file: Media, at: datetime) -> bool:
        """A file that the person sent, sealed under their key. False where there is no such conversation any more."""
        row = await self._pool.fetchrow(
            """select p.id, p.wrapped_key from conversation c join person p on p.id = c.person_id where c.id = $1""",
            conversation,
        )
        key = self._keyring.person(row["wrapped_key"], row["id"]) if row else None
        if key is None:
            return False
        await self._pool.execute(
            KEEP, conversation, document, file.mime, key.seal(file.name.encode(), name_aad(document)),
            key.seal(file.data, body_aad(document)), len(file.data), at,
        )  # fmt: skip
        return True

    async def proved(self, conversation: str, here: Place, at: datetime) -> bool:
        """Whether a proof of identity counts at this place of the conversation now."""
        rows = await self._pool.fetch(
            "select channel, address_hash, proved_at from talk_place where conversation_id = $1", conversation
        )
        return counts(here, (Proof(*row) for row in rows), at)

    async def answer_by(self, conversation: str) -> date | None:
        """The day by which the person was told of an answer, where one is still open."""
        found: date | None = await self._pool.fetchval(
            "select min(answer_by) from work_item where conversation_id = $1 and status <> 'closed'", conversation
        )
        return found

    async def received(self, conversation: str, since: datetime) -> int:
        """How many files came in this conversation since."""
        count = "select count(*) from document where conversation_id = $1 and kind = 'receipt' and made_at > $2"
        return int(await self._pool.fetchval(count, conversation, since))

    async def sent(self, conversation: str) -> list[Sent]:
        """The files that the person sent, the newest first; nothing of a forgotten person."""
        rows = await self._pool.fetch(
            """select d.id, d.mime, d.size, d.made_at, d.name, d.person_id, p.wrapped_key
               from document d join person p on p.id = d.person_id
               where d.conversation_id = $1 and d.kind = 'receipt' order by d.made_at desc, d.id""",
            conversation,
        )
        keys = {row["person_id"]: self._keyring.person(row["wrapped_key"], row["person_id"]) for row in rows}
        opened = ((keys[row["person_id"]], row) for row in rows)
        named = ((key.open(one["name"], name_aad(one["id"])).decode(), one) for key, one in opened if key)
        return [Sent(one["id"], one["mime"], name, one["size"], one["made_at"]) for name, one in named]

    async def wanted(self, fact: str) -> Wanted | None:
        """What a fact wants sent to which address; None where its person was forgotten."""
        row = await self._pool.fetchrow(book.SELECT + "where f.id = $1", fact)
        if row is None or row["wrapped_key"] is None:
            return None
        told = book.opened(row, self._keyring)
        match told.fact:
            case f.CodeWanted(code, email):
                return Wanted(fact, told.person or "", told.conversation or "", email, code=code)
            case f.DocumentMailed(document, email):
                return Wanted(fact, told.person or "", told.conversation or "", email, document=document)
            case _:
                return None

    async def undelivered(self, key: str) -> Wanted | None:
        """What the message of this key was to carry, where it was a code or a document."""
        rows = await self._pool.fetch(
            """select f.id from outbox o join fact f on f.conversation_id = o.conversation_id
               where o.key = $1 and f.kind in ('code_wanted', 'document_mailed')""",
            key,
        )
        fact = next((row[0] for row in rows if key_of(row[0]) == key), None)
        return await self.wanted(fact) if fact else None

    async def figures(self, code: str, at: datetime) -> str | None:
        """The six figures of a code, which is sent now; None where too many went already in a day.

        They follow from the code's name and the house's key: asked again they are the same, and only a digest is kept.
        """
        row = await self._pool.fetchrow(SENT_CODES, code, at - timedelta(days=1))
        if row is not None and max(row) >= MOST_CODES:
            return None
        figures = f"{int.from_bytes(self._keyring.blind('email code figures', code)) % 10**6:06d}"
        await self._pool.execute(
            "update email_code set digest = $2, sent_at = coalesce(sent_at, $3) where id = $1",
            code, digest(self._keyring, code, figures), at,
        )  # fmt: skip
        return figures
