"""A sandbox SMS carrier: a small product of its own, that delivers to nobody and misbehaves when it is told to.

It is an ASGI application with its own book (table sandbox.sms) and its own connections; the house talks to it over HTTP
as to any provider, and it never looks into the house.

    POST /messages          {"client_ref", "to", "from", "text", "ttl"} -> 201 {"id", "status"}; the same client_ref
                            again -> 200 and the first message: it is in the book once (bearer secret)
    GET  /messages/{ref}    the message of a client_ref -> 200 {"id", "status"} or 404 (bearer secret)
    POST /inbound           {"from", "text"} -> 202: a person writes; the carrier tells the house
    GET  /phone.json        ?number= -> {"numbers": [{"number", "count"}], "messages": [{"id", "at", "from", "text"}]}
    GET  /phone/events      a stream with an `sms` event for every message taken

To the house it posts {"events": [...]}, signed with HMAC-SHA256 of the body in the header X-Sandbox-Signature; a
receipt is {"type": "receipt", "id", "client_ref", "status", "error"}, a person's message {"type": "inbound", "id",
"from", "text"}. Events that are due together go in one post. It posts again, a few times, when it is not answered with
200.

It counts who posts what: sandbox.sms.posts are the posts of a message's reference from the one it was taken by, and
sandbox.sms_ask, of references that it had not in its book then, posts that it did not take and how often it was asked.
So whoever posts a reference again without having been told that it is not known can be found out.

How it misbehaves is in `Misbehaviour`; all of it is drawn from a seed and the message's own reference, so that a run
can be repeated.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.channels.sms_sandbox.face import Face
from acuerdo.adapters.store.db import FAILING
from acuerdo.core.words import CAPITAL_ZONE, derive
from acuerdo.service.faces import Message, Told
from acuerdo.service.together import Together
from acuerdo.testing.chaos import PACK, Book, Misbehaviour, Stand

__all__ = ["Carrier", "Misbehaviour"]
PREFIXES = {"57": "CO", "52": "MX", "56": "CL", "51": "PE", "54": "AR", "34": "ES"}
NUMBERS_SHOWN = 3000
MESSAGES_SHOWN = 200
FINAL = ("delivered", "failed")
BOOK = """
insert into sandbox.sms (id, client_ref, sender, number, body, posts, at, status, expires_at)
select id, client_ref, sender, number, body, posts, $8::timestamptz, 'queued',
       case when ttl > 0 then $8::timestamptz + ttl * interval '1 second' end
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::integer[])
  as o (id, client_ref, sender, number, body, ttl, posts)
on conflict (client_ref) do update set posts = sandbox.sms.posts + excluded.posts returning client_ref, posts
"""
NOTE = """
update sandbox.sms s set status = n.status from unnest($1::text[], $2::text[]) as n (id, status)
where s.id = n.id and s.status not in ('delivered', 'failed')
"""
ASKED = """
insert into sandbox.sms_ask (client_ref, posts, unknown) values ($1, $2, $3)
on conflict (client_ref) do update set posts = sandbox.sms_ask.posts + $2, unknown = sandbox.sms_ask.unknown + $3
"""


class Written(msgspec.Struct, frozen=True):
    """A person's own message."""

    text: str
    sender: str = msgspec.field(name="from")


class Kept(Book):
    """The carrier's book in its own schema, each message once by its reference; it opens at the first use."""

    def __init__(self, url: str, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._url, self._clock = url, clock
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._booking: Together[tuple[Message, str], bool] = Together(self._book, PACK)

    async def open(self) -> None:
        """Opens the book; where it is open, does nothing."""
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=8)

    def close(self) -> None:
        if self._pool is not None:
            self._pool.terminate()

    @property
    def is_open(self) -> bool:
        return self._pool is not None and not self._pool.is_closing()

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        if self._pool is None:
            raise RuntimeError("The carrier is not open: use it inside `async with carrier.running()`")
        return self._pool

    async def take(self, message: Message, id: str) -> bool:
        """Whether it is new in the book."""
        return await self._booking((message, id))

    async def find(self, ref: str) -> str | None:
        found = await self.pool.fetchval("select id from sandbox.sms where client_ref = $1", ref)
        return str(found) if found else None

    async def refused(self, ref: str) -> None:
        await self.pool.execute(ASKED, ref, 1, 0)

    async def asked_in_vain(self, ref: str) -> None:
        await self.pool.execute(ASKED, ref, 0, 1)

    async def _book(self, orders: Sequence[tuple[Message, str]]) -> list[bool]:
        by_ref: dict[str, list[tuple[Message, str]]] = defaultdict(list)
        for order in orders:
            by_ref[order[0].ref].append(order)
        firsts = [(ref, *same[0]) for ref, same in by_ref.items()]
        first = [(id_, ref, one.sender, one.to, one.text, one.ttl) for ref, one, id_ in firsts]
        columns = (list(column) for column in zip(*first, strict=True))
        posts = [len(same) for same in by_ref.values()]
        rows = await self.pool.fetch(BOOK, *columns, posts, self._clock())
        new = {row["client_ref"] for row in rows if row["posts"] == len(by_ref[row["client_ref"]])}
        return [order[0].ref in new and by_ref[order[0].ref][0] is order for order in orders]

    async def note(self, told: Sequence[Told]) -> None:
        last: dict[str, str] = {}
        for one in told:
            if one.kind == "receipt" and last.get(one.id) not in FINAL:
                last[one.id] = one.status
        with suppress(*FAILING):  # its book may be away for a moment
            if last:
                await self.pool.execute(NOTE, sorted(last), [last[key] for key in sorted(last)])


class Carrier(Stand):
    """The carrier. `clock` says what time the phones show; `webhook` is where the house hears of events ("": nowhere).

    It opens its book at the first request, or by `running`, and is closed by `close`.
    """

    def __init__(
        self, url: str, secret: str, webhook: str = "", *, clock: Callable[[], datetime] | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:  # fmt: skip
        self._clock = clock or (lambda: datetime.now(UTC))  # noqa: TID251 - a provider has a clock of its own
        self.kept = Kept(url, self._clock)
        super().__init__(Face(secret), misbehaviour, webhook=webhook, book=self.kept)
        self._watchers: set[asyncio.Event] = set()
        self._inbound = 0

    @property
    def routes(self) -> list[BaseRoute]:
        """The interface that the house talks to, and the way to write as a person would."""
        return [
            Route("/messages", self._asked, methods=["POST"]),
            Route("/messages/{ref}", self._asked),
            Route("/inbound", self._wrote, methods=["POST"]),
            *self.phone_routes,
        ]

    @property
    def phone_routes(self) -> list[BaseRoute]:
        """What the phone page reads."""
        return [Route("/phone.json", self._phone), Route("/phone/events", self._events)]

    @property
    def app(self) -> Starlette:
        """The carrier as an application, to be mounted or served alone; `app.state.close()` closes it."""

        @asynccontextmanager
        async def lifespan(_: Starlette) -> AsyncIterator[None]:
            async with self.running():
                yield

        made = Starlette(routes=self.routes, lifespan=lifespan)
        made.state.carrier, made.state.close = self, self.close
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Carrier]:
        """Opens its book and its line to the house, for as long as the block lasts."""
        await self.open()
        try:
            yield self
        finally:
            await self.close()

    async def open(self) -> None:
        """Opens its book; where it is open, does nothing."""
        await self.kept.open()
        await super().open()

    async def close(self) -> None:
        """Closes its book; events that were not posted are lost, as a provider's may be."""
        await super().close()
        for watcher in self._watchers:
            watcher.set()
        self.kept.close()

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        """Its own connections, to look into its book."""
        return self.kept.pool

    def name_of(self, message: Message) -> str:
        """The carrier's name for the message of a reference."""
        return derive("sms", message.ref)

    async def _asked(self, request: Request) -> Response:
        await self.open()
        return await self.http(request)

    async def judged(self, message: Message) -> tuple[str, Any, bool]:
        """As of any provider; whoever looks at a phone is told."""
        judged = await super().judged(message)
        if judged[2]:
            for watcher in self._watchers:
                watcher.set()
        return judged

    async def _wrote(self, request: Request) -> Response:
        try:
            written = msgspec.json.decode(await request.body(), type=Written)
        except msgspec.DecodeError as why:
            return JSONResponse({"error": str(why)}, 422)
        await self.open()
        return JSONResponse({"id": self.write(written.sender, written.text)}, 202)

    def write(self, number: str, text: str) -> str:
        """A person writes from a number; the house is told. The message's id."""
        self._inbound += 1
        made = derive("inbound", number, text, str(self._inbound), self._clock().isoformat())
        self.tell(Told("inbound", made, address=number, text=text))
        return made

    async def messages(self, number: str) -> list[dict[str, str]]:
        """The messages on one phone, oldest first, at the hour of its country's capital."""
        rows = await self.pool.fetch(
            """select * from (select id, at, sender, body from sandbox.sms where number = $1
                              order by at desc, id limit $2) last order by at, id""",
            number, MESSAGES_SHOWN,
        )  # fmt: skip
        zone = zone_of(number)
        return [
            {"id": r["id"], "at": r["at"].astimezone(zone).isoformat(timespec="seconds"), "from": r["sender"],
             "text": r["body"]}
            for r in rows
        ]  # fmt: skip

    async def numbers(self) -> list[dict[str, Any]]:
        """The phones that have messages, those with the newest first."""
        rows = await self.pool.fetch(
            "select number, count(*) as count from sandbox.sms group by number order by max(at) desc, number limit $1",
            NUMBERS_SHOWN,
        )
        return [dict(row) for row in rows]

    async def _phone(self, request: Request) -> Response:
        await self.open()
        number = request.query_params.get("number", "").strip()
        if number and not number.startswith("+"):
            number = f"+{number}"  # a plus sign in an address may have become a blank
        messages = await self.messages(number) if number else []
        return JSONResponse({"numbers": await self.numbers(), "messages": messages})

    async def _events(self, _: Request) -> Response:
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    async def _stream(self) -> AsyncIterator[str]:
        await self.open()
        told = asyncio.Event()
        self._watchers.add(told)
        try:
            yield ": open\n\n"
            while self.kept.is_open:
                try:
                    async with asyncio.timeout(15):
                        await told.wait()
                    told.clear()
                    yield "event: sms\ndata: {}\n\n"
                    await asyncio.sleep(0.3)  # a campaign sends many; one look shows them all
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._watchers.discard(told)


def zone_of(number: str) -> ZoneInfo:
    """The hour a phone shows: its country's capital's, UTC where the country is not known."""
    country = PREFIXES.get(number.removeprefix("+")[:2])
    return ZoneInfo(CAPITAL_ZONE[country] if country else "UTC")
