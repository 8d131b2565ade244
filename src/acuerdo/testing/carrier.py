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
import hmac
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from hashlib import blake2b, sha256
from itertools import count
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import asyncpg
import httpx
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.db import FAILING
from acuerdo.core.words import CAPITAL_ZONE, derive
from acuerdo.service.together import Together

PREFIXES = {"57": "CO", "52": "MX", "56": "CL", "51": "PE", "54": "AR", "34": "ES"}
NUMBERS_SHOWN = 3000
MESSAGES_SHOWN = 200
POSTERS = 4  # webhooks on their way at once
PACK = 50  # events of one post
AGAIN_AFTER = (0.2, 1.0, 3.0, 10.0)  # seconds before a webhook that was not answered with 200 is posted again
FINAL = ("delivered", "failed")
Post: TypeAlias = tuple[float, int, dict[str, str]]  # when (seconds of the loop), its place among equals, and what
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


class Misbehaviour(msgspec.Struct, frozen=True):
    """What goes wrong, in per cent of the messages.

    `silent`: it takes the message and does not answer for `silence` seconds, so that nobody can tell. `broken`: it
    answers 503 and has not taken it, the first time. `broken_after`: it answers 500 and has taken it. `refused`: 422.
    `duplicated`, `reordered`, `backwards`: receipts twice, in the wrong order, "sent" after "delivered".
    `undelivered`: the last receipt says failed; `expired`: its time to live (`ttl`, seconds) was over before the phone
    was there. `delay` is the seconds before each receipt.
    """

    seed: str = "1"
    silent: int = 0
    silence: float = 15.0
    broken: int = 0
    broken_after: int = 0
    refused: int = 0
    duplicated: int = 0
    reordered: int = 0
    backwards: int = 0
    undelivered: int = 0
    expired: int = 0
    delay: float = 0.05

    def strikes(self, what: str, ref: str) -> bool:
        """Whether a trouble strikes this message."""
        percent: int = getattr(self, what)
        return int.from_bytes(blake2b(f"{self.seed}/{what}/{ref}".encode(), digest_size=4).digest()) % 100 < percent


class Order(msgspec.Struct, frozen=True):
    """A message to take."""

    client_ref: str
    to: str
    text: str
    sender: str = msgspec.field(name="from", default="")
    ttl: int = 0


class Written(msgspec.Struct, frozen=True):
    """A person's own message."""

    text: str
    sender: str = msgspec.field(name="from")


class Carrier:
    """The carrier. `clock` says what time the phones show; `webhook` is where the house hears of events ("": nowhere).

    It opens its book at the first request, or by `running`, and is closed by `close`.
    """

    def __init__(
        self, url: str, secret: str, webhook: str = "", *, clock: Callable[[], datetime] | None = None,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:  # fmt: skip
        self._url, self._secret, self._webhook = url, secret, webhook
        self._clock = clock or (lambda: datetime.now(UTC))  # noqa: TID251 - a provider has a clock of its own
        self.misbehaviour = misbehaviour or Misbehaviour()
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._posters: list[asyncio.Task[None]] = []
        self._posts: asyncio.PriorityQueue[Post] = asyncio.PriorityQueue()
        self._order = count()
        self._booking: Together[Order, bool] = Together(self._book, PACK)
        self._tries: dict[str, int] = defaultdict(int)
        self._watchers: set[asyncio.Event] = set()
        self._inbound = 0

    @property
    def routes(self) -> list[BaseRoute]:
        """The interface that the house talks to, and the way to write as a person would."""
        return [
            Route("/messages", self._take, methods=["POST"]),
            Route("/messages/{ref}", self._find),
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
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(self._url, min_size=1, max_size=8)
                self._client = client = httpx.AsyncClient(timeout=10.0, trust_env=False)
                self._posters = [asyncio.create_task(self._poster(client)) for _ in range(POSTERS)]

    async def close(self) -> None:
        """Closes its book; events that were not posted are lost, as a provider's may be."""
        for task in self._posters:
            task.cancel()
        await asyncio.gather(*self._posters, return_exceptions=True)
        for watcher in self._watchers:
            watcher.set()
        if self._client is not None:
            await self._client.aclose()
        if self._pool is not None:
            self._pool.terminate()

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        if self._pool is None:
            raise RuntimeError("The carrier is not open: use it inside `async with carrier.running()`")
        return self._pool

    def _allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {self._secret}".encode())

    async def _take(self, request: Request) -> Response:
        if not self._allowed(request):
            return JSONResponse({"error": "wrong secret"}, 401)
        try:
            order = msgspec.json.decode(await request.body(), type=Order)
        except msgspec.DecodeError as why:
            return JSONResponse({"error": str(why)}, 422)
        await self.open()
        bad, ref = self.misbehaviour, order.client_ref
        self._tries[ref] += 1
        if bad.strikes("refused", ref):
            await self.pool.execute(ASKED, ref, 1, 0)
            return JSONResponse({"error": "this number is refused"}, 422)
        if bad.strikes("broken", ref) and self._tries[ref] == 1:
            await self.pool.execute(ASKED, ref, 1, 0)
            return JSONResponse({"error": "out of order for a moment"}, 503)
        new = await self._booking(order)
        made = _id_of(ref)
        if new:
            self._report(made, ref)
            for watcher in self._watchers:
                watcher.set()
        if new and bad.strikes("silent", ref):
            await asyncio.sleep(bad.silence)
        if new and bad.strikes("broken_after", ref):
            return JSONResponse({"error": "something broke"}, 500)
        return JSONResponse({"id": made, "status": "queued"}, 201 if new else 200)

    async def _book(self, orders: Sequence[Order]) -> list[bool]:
        """The messages in the book, once by their reference; which of them are new."""
        by_ref: dict[str, list[Order]] = defaultdict(list)
        for order in orders:
            by_ref[order.client_ref].append(order)
        firsts = [(ref, same[0]) for ref, same in by_ref.items()]
        first = [(_id_of(ref), ref, one.sender, one.to, one.text, one.ttl) for ref, one in firsts]
        columns = (list(column) for column in zip(*first, strict=True))
        posts = [len(same) for same in by_ref.values()]
        rows = await self.pool.fetch(BOOK, *columns, posts, self._clock())
        new = {row["client_ref"] for row in rows if row["posts"] == len(by_ref[row["client_ref"]])}
        return [order.client_ref in new and by_ref[order.client_ref][0] is order for order in orders]

    def _report(self, made: str, ref: str) -> None:
        """The receipts of a message, on their way with whatever is wrong with them."""
        bad = self.misbehaviour
        expired = bad.strikes("expired", ref)
        last = "failed" if expired or bad.strikes("undelivered", ref) else "delivered"
        statuses = ["sent", last]
        if bad.strikes("reordered", ref):
            statuses.reverse()
        if bad.strikes("backwards", ref):
            statuses.append("sent")
        if bad.strikes("duplicated", ref):
            statuses = [status for status in statuses for _ in range(2)]
        for n, status in enumerate(statuses, 1):
            error = ("expired" if expired else "absent subscriber") if status == "failed" else ""
            receipt = {"type": "receipt", "id": made, "client_ref": ref, "status": status, "error": error}
            self._tell(bad.delay * n, receipt)

    def _tell(self, delay: float, event: dict[str, str]) -> None:
        self._posts.put_nowait((_now() + delay, next(self._order), event))

    async def _poster(self, client: httpx.AsyncClient) -> None:
        while True:
            some = [await self._posts.get()]
            await asyncio.sleep(max(0.0, some[0][0] - _now()))
            while len(some) < PACK and not self._posts.empty():
                some.append(self._posts.get_nowait())
                if some[-1][0] > _now():
                    self._posts.put_nowait(some.pop())
                    self._posts.task_done()
                    break
            events = [event for _, _, event in some]
            with suppress(*FAILING):  # its book may be away for a moment
                await self._note(events)
            if self._webhook:
                await self._post(client, events)
            for _ in some:
                self._posts.task_done()

    async def _post(self, client: httpx.AsyncClient, events: Sequence[dict[str, str]]) -> None:
        body = msgspec.json.encode({"events": events})
        signature = hmac.new(self._secret.encode(), body, sha256).hexdigest()
        headers = {"content-type": "application/json", "x-sandbox-signature": signature}
        for pause in (*AGAIN_AFTER, 0.0):
            try:
                answer = await client.post(self._webhook, content=body, headers=headers)
                if answer.status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(pause)

    async def _note(self, events: Sequence[dict[str, str]]) -> None:
        last: dict[str, str] = {}
        for event in events:
            if event["type"] == "receipt" and last.get(event["id"]) not in FINAL:
                last[event["id"]] = event["status"]
        if last:
            await self.pool.execute(NOTE, sorted(last), [last[key] for key in sorted(last)])

    async def settled(self) -> None:
        """Returns once every event was posted: for tests."""
        await self._posts.join()

    async def _find(self, request: Request) -> Response:
        if not self._allowed(request):
            return JSONResponse({"error": "wrong secret"}, 401)
        await self.open()
        ref = request.path_params["ref"]
        row = await self.pool.fetchrow("select id, status from sandbox.sms where client_ref = $1", ref)
        if row is None:
            await self.pool.execute(ASKED, ref, 0, 1)
            return JSONResponse({"error": "no such message"}, 404)
        return JSONResponse(dict(row))

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
        self._tell(0.0, {"type": "inbound", "id": made, "from": number, "text": text})
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
            while self._pool is not None and not self.pool.is_closing():
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


def _id_of(ref: str) -> str:
    """The carrier's name for the message of a reference."""
    return derive("sms", ref)


def _now() -> float:
    """The running loop's seconds."""
    return asyncio.get_running_loop().time()


def zone_of(number: str) -> ZoneInfo:
    """The hour a phone shows: its country's capital's, UTC where the country is not known."""
    country = PREFIXES.get(number.removeprefix("+")[:2])
    return ZoneInfo(CAPITAL_ZONE[country] if country else "UTC")
