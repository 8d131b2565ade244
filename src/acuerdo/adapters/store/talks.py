"""Conversations in PostgreSQL: one row, locked for a turn; the turn is committed in one statement."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg
import msgspec

from acuerdo.adapters.store import book, papers
from acuerdo.adapters.store.contacts import StoredContact, locked, say_aad
from acuerdo.adapters.store.db import Db, Pool
from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.projections import PROJECTIONS
from acuerdo.adapters.store.sheet import Sheet
from acuerdo.adapters.store.views import view_of
from acuerdo.core import facts as f
from acuerdo.core.compliance import Record, attempt_of
from acuerdo.core.dialogue.view import View
from acuerdo.core.facts import Recorded, kind_of
from acuerdo.core.messages import Content, File, Say
from acuerdo.core.words import derive
from acuerdo.service.outbound import of_say
from acuerdo.service.places import Place, Proof, counts
from acuerdo.service.ports import CodeResult, Entry, Gone, Header, Held, LinkRow, Outcome, Repeated, Shown

LOAD = """
select c.id, c.creditor_id, c.person_id, c.channel, c.address_hash, c.segment, c.owner, c.seq, c.flows, c.state,
       c.started_at, c.last_in, c.identified, exists (select from fact where id = $2) as seen,
       p.subject_id, p.country, p.zones,
       c.stale or c.viewed_on is distinct from ($3::timestamptz at time zone p.zones[1])::date
         or not c.identified and (
           exists (select from identity_day d join person o on o.id = d.person_id
                   where o.subject_id = p.subject_id and d.day = ($3::timestamptz at time zone p.zones[1])::date)
           or exists (select from identity_address a where a.address_hash = c.address_hash
                      and a.day = ($3::timestamptz at time zone p.zones[1])::date)) as stale,
       p.subdivision, p.wrapped_key, c.version, (select version from conversation where id = $1) as looked_at,
       (select json_agg(json_build_object('channel', t.channel, 'address', t.address_hash, 'at', t.proved_at))
        from talk_place t where t.conversation_id = $1) as places
from conversation c join person p on p.id = c.person_id
where c.id = $1 for update of c
"""
GUESSING = """
select pg_advisory_xact_lock(hashtextextended('who ' || $1, 0)),
       pg_advisory_xact_lock(hashtextextended('where ' || $2, 0))
"""
LEFT = """
update talk_place set shown_until = $4 where conversation_id = $1 and shown_until is null
and (channel, address_hash) <> ($2, $3)
"""
# The last message there that went out or is on its way, or the one of the provider's id.
ASKED = """
select key, say from outbox where conversation_id = $1 and channel = $2 and status <> 'dropped'
order by provider_id = $3 desc nulls last, created_at desc, key limit 1
"""
# The conversation that is open; a page goes on with one in which somebody proved who they are, or that began elsewhere.
OPEN_TALK = """
select id from conversation c where creditor_id = $1 and person_id in (select people_of($2)) and status = 'open'
  and ($3 <> 'web' or exists (select from talk_place t where t.conversation_id = c.id
                              and (t.proved_at is not null or t.channel <> 'web')))
order by exists (select from talk_place t where t.conversation_id = c.id and t.proved_at is not null) desc,
         coalesce(last_in, started_at) desc, id limit 1
"""
AGAIN = """
select json_agg(json_build_object('channel', t.channel, 'address', t.address_hash, 'at', t.proved_at))
from talk_place t where t.conversation_id = $1
"""
PLACES = """
select channel, address_hash, proved_at, shown_from, shown_until from talk_place where conversation_id = $1
"""
START = """
insert into conversation (id, creditor_id, person_id, channel, address_hash, campaign_id, segment, flows, state,
                          started_at, stale)
select $1, $2, $3, $4, $5, $6,
       (select s.segment from account a join placed s on s.account_id = a.id
        where a.person_id = root_of($3) order by s.rank desc limit 1), '', '', $7, true
on conflict (id) do nothing
"""
# The place of the turn is known from now on; what was said elsewhere meanwhile is not shown there without a proof.
COMMIT = """
with written as (
  insert into fact (id, at, kind, who, creditor_id, person_id, conversation_id, cause, seq, shown, sealed)
  select id, $2, kind, who, $3, $4, $1, $5, seq, shown, sealed
  from unnest($6::text[], $7::text[], $8::text[], $9::integer[], $10::text[], $11::bytea[])
    as x (id, kind, who, seq, shown, sealed)
), here as (
  insert into talk_place as t (conversation_id, channel, address_hash, since, last_in, proved_at, shown_from)
  select $1, $21, $22, $2, case when $19 then $2::timestamptz end, case when $24 then $2::timestamptz end, $26::integer
  where $23::boolean
  on conflict (conversation_id, channel, address_hash) do update set
    last_in = case when $19 then $2::timestamptz else t.last_in end,
    proved_at = case when $24 then $2::timestamptz when $16 then t.proved_at end,
    shown_from = case when $25::boolean then $26::integer else t.shown_from end, shown_until = null
)
update conversation set version = version + 1, state = $12, seq = $13, owner = $14, status = $15, identified = $16,
  stale = $17, viewed_on = coalesce($18::date, viewed_on), last_in = case when $19 then $2 else last_in end,
  last_out = $2, flows = $20, channel = $21, address_hash = $22
where id = $1
"""


class StoredTurn:
    """A conversation under its lock, on one connection and one transaction."""

    def __init__(self, db: Db, keyring: Keyring, held: Held, key: PersonKey) -> None:
        self._db, self._keyring, self._key, self.held = db, keyring, key, held
        self._contact: StoredContact | None = None

    async def view(self, today: datetime) -> View:
        """What is known of the person as it is now."""
        return await view_of(self._db, self._keyring, self.held.person, self.held.id, today)

    async def guessing(self) -> None:
        """Whoever guesses at this human, or from this address, waits for this turn, and sees what came of it."""
        await self._db.execute(GUESSING, self.held.subject, self.held.address)

    async def try_code(self, code: str, digits: str, at: datetime) -> CodeResult:
        """What the figures are worth as this code of the person's."""
        return await papers.try_code(self._db, self._keyring, code, digits, at)

    async def ledger(self, at: datetime) -> Record:
        """What the guard is told of the person; nobody else reserves a contact with them until the turn is over."""
        found = await locked(self._db, self._keyring, [self.held.person], at, frozenset(), Sheet())
        self._contact = found[self.held.person]
        # The allow-list is of addresses that carriers deliver to: here the person came by themselves.
        return msgspec.structs.replace(self._contact.record, allow_list_only=False)

    async def asked(self, answers: str) -> Content | None:
        """What was last sent here in this conversation, or what stands in the message of this id of the provider's."""
        row = await self._db.fetchrow(ASKED, self.held.id, self.held.here.channel, answers)
        if row is None:
            return None
        return msgspec.json.decode(self._key.open(row["say"], say_aad(row["key"])), type=Say).content

    async def commit(self, outcome: Outcome) -> None:
        """Writes facts, state and number in one statement, and the rows that follow. Raises Repeated."""
        try:
            await self._write(outcome)
        except asyncpg.UniqueViolationError as error:
            # What LOAD saw of the facts is older than the lock, where it had to wait for it.
            if error.constraint_name != "fact_id_key":
                raise
            raise Repeated(f"{outcome.cause} was committed by another turn") from None
        facts = [self._recorded(e, outcome) for e in outcome.entries if type(e.fact) in PROJECTIONS]
        await book.project(self._db, self._keyring, facts)
        for timer in outcome.timers:
            await self._db.execute(
                """insert into timer (key, due, name, person_id, conversation_id) values ($1, $2, $3, $4, $5)
                   on conflict (key) do update set due = excluded.due, fired_at = null, queued_at = null""",
                timer.key, timer.due, timer.name, self.held.person, self.held.id,
            )  # fmt: skip
        if self.held.elsewhere:
            held, here = self.held, self.held.here
            await self._db.execute(LEFT, held.id, here.channel, here.address, held.seq)
        if outcome.attempts:
            sheet = Sheet()
            for attempt in outcome.attempts:
                sheet.attempt(attempt, self.held.subject, self.held.creditor)
            await sheet.write(self._db, self._keyring, outcome.at)
        if outcome.parcels:
            await self._leave(outcome)
        if outcome.wake:
            await self._db.execute("select pg_notify('acuerdo_talk', $1)", self.held.id)

    async def _leave(self, outcome: Outcome) -> None:
        """What is said here leaves by the outbox, and stands in the contact ledger."""
        contact = (
            self._contact
            or (await locked(self._db, self._keyring, [self.held.person], outcome.at, frozenset(), Sheet()))[
                self.held.person
            ]
        )
        for parcel in outcome.parcels:
            say = parcel.say
            now = parcel.not_before <= outcome.at
            reserved = f.ContactReserved(say.channel, say.mode, say.purpose, parcel.deadline, say.key)
            await contact.queue(
                parcel,
                attempt_of(say, outcome.at) if now else None,
                outcome.at,
                [of_say(parcel, reserved)] if now else [],
            )
        await contact.sheet.write(self._db, self._keyring, outcome.at)

    async def _write(self, outcome: Outcome) -> None:
        held = self.held
        here, unknown = held.here, not outcome.identified
        lost = unknown and any(proof.at for proof in held.proofs if _at(proof, here))
        touched = held.elsewhere or not held.known_here or outcome.heard or outcome.proved or lost
        parts = [book.sealed_parts(e.fact, self._key, e.id) for e in outcome.entries]
        await self._db.execute(
            COMMIT, held.id, outcome.at, held.creditor, held.person, outcome.cause,
            [e.id for e in outcome.entries], [kind_of(e.fact) for e in outcome.entries],
            [e.who for e in outcome.entries], [e.seq for e in outcome.entries],
            [shown for shown, _ in parts], [sealed for _, sealed in parts],
            self._key.seal(outcome.state, state_aad(held.id)), outcome.seq, outcome.owner, outcome.status,
            outcome.identified, outcome.stale, outcome.viewed_on, outcome.heard, outcome.flows, here.channel,
            here.address, touched, outcome.proved, held.elsewhere and unknown, held.seq,
        )  # fmt: skip

    def _recorded(self, entry: Entry, outcome: Outcome) -> Recorded:
        held = self.held
        return Recorded(
            entry.id, outcome.at, entry.who, entry.fact, held.creditor, held.person, None, held.id, None, outcome.cause
        )


def state_aad(conversation: str) -> bytes:
    """Where a conversation's sealed state belongs."""
    return f"state:{conversation}".encode()


def _at(proof: Proof, here: Place) -> bool:
    return (proof.channel, proof.address) == (here.channel, here.address)


def _held(row: asyncpg.Record, key: PersonKey, here: Place | None, proofs: tuple[Proof, ...]) -> Held:
    record = Record(row["country"], tuple(row["zones"]), row["subdivision"], identified=row["identified"])
    place = here or Place(row["channel"], row["address_hash"])
    return Held(
        id=row["id"], creditor=row["creditor_id"], person=row["person_id"], subject=row["subject_id"],
        channel=row["channel"], address=row["address_hash"], country=row["country"], zones=tuple(row["zones"]),
        segment=row["segment"] or "", owner=row["owner"], seq=row["seq"], flows=row["flows"],
        state=key.open(row["state"], state_aad(row["id"])) if row["state"] else b"",
        started_at=row["started_at"], last_in=row["last_in"], stale=row["stale"], seen=row["seen"], record=record,
        here=place, proofs=proofs, known_here=any(_at(proof, place) for proof in proofs),
    )  # fmt: skip


class StoredTalks:
    """Conversations over a pool of connections."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool, self._keyring = pool, keyring

    @asynccontextmanager
    async def turn(
        self, conversation: str, cause: str, at: datetime, here: Place | None = None
    ) -> AsyncIterator[StoredTurn]:
        """The conversation under its lock, at a place (None: where it went on last). Raises Gone.

        What is not committed inside is undone.
        """
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(LOAD, conversation, cause, at)
            key = self._keyring.person(row["wrapped_key"], row["person_id"]) if row else None
            if row is None or key is None:
                raise Gone(f"There is no conversation {conversation}")
            # Who had to wait for the lock saw the places as they were before it.
            told = row["places"] if row["version"] == row["looked_at"] else await db.fetchval(AGAIN, conversation)
            proofs = msgspec.json.decode(told, type=tuple[Proof, ...]) if told else ()
            yield StoredTurn(db, self._keyring, _held(row, key, here, proofs), key)

    async def start(self, link: LinkRow, at: datetime) -> str:
        """The conversation of a link: its own, the one that is open with its creditor, or a new one; two at once get
        the same."""
        async with self._pool.acquire() as db, db.transaction():
            known = await db.fetchval(
                "select conversation_id from link where token_hash = $1 for update", link.token_hash
            )
            if known is not None:
                return str(known)
            made = derive("conversation", link.token_hash.hex())
            here = Place("web", link.address_hash)
            talk = await _open_or_new(db, made, link.creditor, link.person, here, at, link.campaign)
            await db.execute("update link set conversation_id = $2 where token_hash = $1", link.token_hash, talk)
            return talk

    async def resume(self, person: str, here: Place, at: datetime, campaign: str | None = None) -> str:
        """The open conversation of a person with their creditor, begun at this place if there is none. Raises Gone."""
        async with self._pool.acquire() as db, db.transaction():
            creditor = await db.fetchval("select creditor_id from person where id = $1", person)
            if creditor is None:
                raise Gone(f"There is no person {person}")
            made = derive("conversation", person, here.channel, here.address, at.isoformat())
            return await _open_or_new(db, made, creditor, person, here, at, campaign)

    async def since(
        self, conversation: str, seq: int, here: Place | None = None, at: datetime | None = None
    ) -> list[Shown]:
        """The messages after that number, both sides, in order; at a place and a moment, those that may be shown there.

        Where no proof of identity counts, what was said elsewhere is not.
        """
        first, last = seq, None
        if here is not None and at is not None:
            rows = await self._pool.fetch(PLACES, conversation)
            mine = next((r for r in rows if (r[0], r[1]) == (here.channel, here.address)), None)
            if not counts(here, (Proof(r[0], r[1], r[2]) for r in rows), at):
                first, last = (max(seq, mine[3]), mine[4]) if mine else (seq, seq)
        rows = await self._pool.fetch(
            """select f.id, f.at, f.kind, f.who, f.seq, f.shown, f.sealed, f.person_id, p.wrapped_key
               from fact f join person p on p.id = f.person_id
               where f.conversation_id = $1 and f.seq > $2 and ($3::integer is null or f.seq <= $3) order by f.seq""",
            conversation, first, last,
        )  # fmt: skip
        return [_shown(row, self._keyring) for row in rows]

    async def header(self, conversation: str) -> Header:
        """Who writes and how the conversation stands. Raises Gone."""
        row = await self._pool.fetchrow(
            """select r.name, r.settings ->> 'agency' as agency, r.settings ->> 'logo' as logo, c.status, c.owner,
                      p.zones[1] as zone, p.country
               from conversation c join creditor r on r.id = c.creditor_id join person p on p.id = c.person_id
               where c.id = $1""",
            conversation,
        )
        if row is None:
            raise Gone(f"There is no conversation {conversation}")
        return Header(
            row["name"],
            row["zone"],
            row["agency"] or "",
            row["logo"] or "",
            row["status"],
            row["owner"] != "bot",
            row["country"],
        )

    async def read(self, conversation: str, seq: int) -> None:
        """The person has read up to that message."""
        await self._pool.execute(
            "update conversation set read_seq = greatest(read_seq, least($2, seq)) where id = $1", conversation, seq
        )

    async def number(self, conversation: str, key: str) -> int:
        """The number of the person's message of that key; 0 when it was never kept."""
        name = derive(conversation, "heard", key)
        return int(await self._pool.fetchval("select seq from fact where id = $1", name) or 0)

    async def facts(self, conversation: str) -> list[Recorded]:
        """The conversation's facts, in the order they were written."""
        async with self._pool.acquire() as db:
            return await book.of_conversation(db, self._keyring, conversation)

    async def artefact(self, digest: str) -> bytes:
        """A content-addressed artefact: the flows, packs or model that a fact names. Raises Gone."""
        body = await self._pool.fetchval("select body from artefact where hash = $1", digest)
        if body is None:
            raise Gone(f"There is no artefact {digest}")
        return bytes(body)


async def _open_or_new(
    db: Db, made: str, creditor: str, person: str, here: Place, at: datetime, campaign: str | None
) -> str:
    """The open conversation, or one made under this name; whoever asks holds the person's row until they are done."""
    await db.execute("select from person where id = root_of($1) for no key update", person)
    known = await db.fetchval(OPEN_TALK, creditor, person, here.channel)
    if known is not None:
        return str(known)
    await db.execute(START, made, creditor, person, here.channel, here.address, campaign, at)
    return made


def _shown(row: asyncpg.Record, keyring: Keyring) -> Shown:
    key = keyring.person(row["wrapped_key"], row["person_id"])
    fact = book.restored(row["shown"], row["sealed"], key, row["id"])
    match fact:
        case f.Heard(key=said, text=text, masked=masked):
            return Shown(row["seq"], "me", row["at"], Content(masked or text), said)
        case f.FileReceived(key=said, document=document, mime=mime, name=name):
            file = File(document, name, mime)
            return Shown(row["seq"], "me", row["at"], Content(f"Archivo: {name}", files=(file,)), said)
        case f.Said(content=content, origin=origin):
            return Shown(row["seq"], origin, row["at"], content)
        case _:
            return Shown(row["seq"], "system", row["at"], Content(""))
