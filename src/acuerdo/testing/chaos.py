"""A provider that misbehaves: one server for every channel, which speaks through the face that the channel brings.

It duplicates, reorders, delays, takes messages and does not answer, asks to go slower, answers with fields that nobody
knows, says yes with a no inside, cuts the line, and comes back with another certificate. What goes wrong is in
`Misbehaviour`, drawn from a seed and the message's own reference, so that a run can be repeated. The sandbox carrier of
the demo is this server with a book that outlives it (`acuerdo.testing.carrier`); `acuerdo.testing.certifying` tries a
channel on it, one trouble at a time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from ipaddress import IPv4Address
from itertools import count
from pathlib import Path
from typing import Literal, TypeAlias

import httpx
import msgspec
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from acuerdo.core.words import derive
from acuerdo.service.faces import Ask, Face, Fate, Look, Message, Reply, Serves, Told, Trouble

POSTERS = 4  # webhooks on their way at once
PACK = 50  # events of one post
AGAIN_AFTER = (0.2, 1.0, 3.0, 10.0)  # seconds before a webhook that was not answered with 200 is posted again
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
# How a message may fare: well; as a trouble says; taken and not answered, taken and the line cut in the answer, taken
# and answered with what no program can read; taken, and answered with fields that nobody knows.
Fare: TypeAlias = Trouble | Literal["", "silent", "cut", "garbage", "strange"]
TAKEN: tuple[Fare, ...] = ("", "lost", "silent", "cut", "garbage", "strange")
Post: TypeAlias = tuple[float, int, Told]  # when (seconds of the loop), its place among equals, and what


class Misbehaviour(msgspec.Struct, frozen=True):
    """What goes wrong, in per cent of the messages.

    `silent`: it takes the message and does not answer for `silence` seconds, so that nobody can tell. `broken`: it
    answers 503 and has not taken it, the first time; `slow`: the same with "go slower". `broken_after`: it answers 500
    and has taken it. `refused`: it never takes it. `cut`: it takes it, and the line is cut in the answer. `garbage`: it
    takes it, and its answer is no answer. `lie`: it says yes, and a no inside. `strange`: answers and webhooks have
    fields that nobody knows. `duplicated`, `reordered`, `backwards`: receipts twice, in the wrong order, "sent" after
    "delivered". `undelivered`: the last receipt says failed; `expired`: its time to live (`ttl`, seconds) was over
    before the phone was there. `delay` is the seconds before each receipt. `always`: how every message fares.
    """

    seed: str = "1"
    silent: int = 0
    silence: float = 15.0
    broken: int = 0
    slow: int = 0
    broken_after: int = 0
    refused: int = 0
    cut: int = 0
    garbage: int = 0
    lie: int = 0
    strange: int = 0
    duplicated: int = 0
    reordered: int = 0
    backwards: int = 0
    undelivered: int = 0
    expired: int = 0
    delay: float = 0.05
    always: Fare | None = None

    def strikes(self, what: str, ref: str) -> bool:
        """Whether a trouble strikes this message."""
        percent: int = getattr(self, what)
        return int.from_bytes(blake2b(f"{self.seed}/{what}/{ref}".encode(), digest_size=4).digest()) % 100 < percent

    def fare(self, ref: str, tries: int) -> Fare:
        """How a message fares at its first, second... try."""
        if self.always is not None:
            return self.always
        if self.strikes("refused", ref):
            return "refused"
        first: tuple[Fare, ...] = ("broken", "slow")
        if tries == 1 and (struck := next((one for one in first if self.strikes(one, ref)), None)):
            return struck
        if self.strikes("broken_after", ref):
            return "lost"
        rest: tuple[Fare, ...] = ("lie", "silent", "cut", "garbage", "strange")
        return next((one for one in rest if self.strikes(one, ref)), "")

    def receipts(self, ref: str) -> list[tuple[str, str]]:
        """The receipts of a message in the order in which they come, each a status and its error."""
        expired = self.strikes("expired", ref)
        last = "failed" if expired or self.strikes("undelivered", ref) else "delivered"
        statuses = ["sent", last]
        if self.strikes("reordered", ref):
            statuses.reverse()
        if self.strikes("backwards", ref):
            statuses.append("sent")
        if self.strikes("duplicated", ref):
            statuses = [status for status in statuses for _ in range(2)]
        error = "expired" if expired else "absent subscriber"
        return [(status, error if status == "failed" else "") for status in statuses]


class Book:
    """The messages that the provider took, for as long as the process lives; each post of a message is another one."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Message]] = []

    async def take(self, message: Message, id: str) -> bool:
        """Whether it is new in the book, as it always is here."""
        self.taken.append((id, message))
        return True

    async def find(self, ref: str) -> str | None:
        """The provider's id for the message of our reference."""
        return next((id_ for id_, message in self.taken if message.ref and message.ref == ref), None)

    async def refused(self, ref: str) -> None:
        """It was posted and not taken."""

    async def asked_in_vain(self, ref: str) -> None:
        """It was asked for and is not there."""

    async def note(self, told: Sequence[Told]) -> None:
        """What is told of messages from now on."""


class Stand:
    """The server: what it makes of a request, and what it tells the house (`webhook`; "": nobody) of.

    The first message is number one: where a provider has no place for our reference, its troubles are drawn from that.
    """

    def __init__(
        self, face: Face, misbehaviour: Misbehaviour | None = None, *, webhook: str = "", book: Book | None = None
    ) -> None:
        self.face, self.webhook = face, webhook
        self.misbehaviour = misbehaviour or Misbehaviour()
        self.book = Book() if book is None else book
        self.tell_line: Callable[[Sequence[Told]], Awaitable[None]] | None = None
        self._tries: dict[str, int] = defaultdict(int)
        self._order, self._numbers = count(), count(1)
        self._posts: asyncio.PriorityQueue[Post] = asyncio.PriorityQueue()
        self._posters: list[asyncio.Task[None]] = []
        self._client: httpx.AsyncClient | None = None

    def name_of(self, message: Message) -> str:
        """The provider's name for a message: the same for the same reference."""
        return derive("message", message.ref or f"{next(self._numbers)}")

    async def judged(self, message: Message) -> tuple[str, Fare, bool]:
        """What becomes of a message: the provider's name for it, how it fares, and whether it was taken anew."""
        id_ = self.name_of(message)
        key = message.ref or id_
        self._tries[key] += 1
        fare = self.misbehaviour.fare(key, self._tries[key])
        if fare not in TAKEN:
            await self.book.refused(key)
            return id_, fare, False
        new = await self.book.take(message, id_)
        if not new:
            fare = ""
        elif self.webhook or self.tell_line:
            for n, (status, error) in enumerate(self.misbehaviour.receipts(key), 1):
                told = Told("receipt", id_, message.ref, status, error)  # type: ignore[arg-type]
                self.tell(told, self.misbehaviour.delay * n)
        return id_, fare, new

    async def take(self, message: Message) -> Fate:
        """As `judged`, for a face that serves by itself: there an answer has no fields, and cannot be unreadable."""
        id_, fare, _ = await self.judged(message)
        if fare == "strange":
            return id_, ""
        return id_, "cut" if fare == "garbage" else fare

    def look(self, ref: str) -> str | None:
        """The provider's name for the message of our reference."""
        return next((id_ for id_, message in self.book.taken if message.ref and message.ref == ref), None)

    async def answer(self, ask: Ask) -> Reply | None:
        """The answer to a request; None: the line is cut."""
        read = self.face.read(ask)
        if isinstance(read, Reply):
            return read
        if isinstance(read, Look):
            found = await self.book.find(read.ref)
            if found is None:
                await self.book.asked_in_vain(read.ref)
            return self.face.found(found)
        id_, fare, _ = await self.judged(read)
        if fare == "silent":
            await asyncio.sleep(self.misbehaviour.silence)
        match fare:
            case "refused" | "slow" | "broken" | "lost" | "lie":
                return self.face.trouble(fare, read, id_)
            case "cut":
                return None
            case "garbage":
                return Reply(200, b"<html><h1>It works!</h1>", {"content-type": "text/html"})
            case _:
                return self.face.taken(read, id_, strange=fare == "strange")

    async def http(self, request: Request) -> Response:
        """The same for a request that came in over HTTP."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
        ask = Ask(request.method, path, headers, await request.body(), dict(request.query_params))
        reply = await self.answer(ask)
        if reply is None:
            return StreamingResponse(_half(), headers={"content-length": "1000"})
        return Response(reply.body, reply.status, dict(reply.headers))

    def tell(self, told: Told, delay: float = 0.0) -> None:
        """Tells the house, later or as soon as may be."""
        self._posts.put_nowait((_now() + delay, next(self._order), told))

    async def settled(self) -> None:
        """Returns once everything was told."""
        await self._posts.join()

    async def open(self) -> None:
        """Begins to tell the house; where it does already, does nothing."""
        if self._client is None:
            self._client = client = httpx.AsyncClient(timeout=10.0, trust_env=False)
            self._posters = [asyncio.create_task(self._poster(client)) for _ in range(POSTERS)]

    async def close(self) -> None:
        """Ends; what was not told is lost, as a provider's may be."""
        for task in self._posters:
            task.cancel()
        await asyncio.gather(*self._posters, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()

    async def _poster(self, client: httpx.AsyncClient) -> None:
        while True:
            some = [await self._posts.get()]
            await asyncio.sleep(max(0.0, some[0][0] - _now()))
            while len(some) < getattr(self.face, "pack", PACK) and not self._posts.empty():
                some.append(self._posts.get_nowait())
                if some[-1][0] > _now():
                    self._posts.put_nowait(some.pop())
                    self._posts.task_done()
                    break
            told = [one for _, _, one in some]
            await self.book.note(told)
            if self.tell_line is not None:
                with suppress(OSError):
                    await self.tell_line(told)
            elif self.webhook:
                await self._post(client, told)
            for _ in some:
                self._posts.task_done()

    async def _post(self, client: httpx.AsyncClient, told: Sequence[Told]) -> None:
        strange = any(self.misbehaviour.strikes("strange", one.ref or one.id) for one in told)
        for ask in posts_of(self.face, told, strange=strange):
            await self._post_one(client, ask)

    async def _post_one(self, client: httpx.AsyncClient, ask: Ask) -> None:
        for pause in (*AGAIN_AFTER, 0.0):
            with suppress(httpx.HTTPError):
                answer = await client.request(ask.method, self.webhook, content=ask.body, headers=dict(ask.headers))
                if answer.status_code == 200:
                    return
            await asyncio.sleep(pause)


def posts_of(face: Face, told: Sequence[Told], *, strange: bool) -> list[Ask]:
    """The webhooks that tell all this in this order: one, or one for each where the provider has it so."""
    try:
        return [face.post(told, strange=strange)]
    except ValueError:
        return [face.post([one], strange=strange) for one in told]


async def _half() -> AsyncIterator[bytes]:
    yield b'{"'


def _now() -> float:
    """The running loop's seconds."""
    return asyncio.get_running_loop().time()


@asynccontextmanager
async def serving(stand: Stand, certificate: Path | None = None, port: int = 0) -> AsyncIterator[str]:
    """The server on a port of this machine, for as long as the block lasts; the base URL for the face's `open`.

    `certificate` is a PEM file with key and certificate (see `certificate_in`); without one it is not TLS.
    """
    face = stand.face
    await stand.open()
    try:
        if isinstance(face, Serves):
            context = None
            if certificate is not None:
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(certificate)
            async with face.serve(stand, context) as (base, tell):
                stand.tell_line = tell
                yield base
            return
        app = Starlette(routes=[Route("/{path:path}", stand.http, methods=METHODS)])
        options = {"ssl_certfile": str(certificate), "ssl_keyfile": str(certificate)} if certificate else {}
        config = uvicorn.Config(
            app, host="127.0.0.1", port=port, log_level="critical", lifespan="off", timeout_graceful_shutdown=1,
            **options,  # type: ignore[arg-type]
        )  # fmt: skip
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server offers no event
            await asyncio.sleep(0.005)
        bound = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http{'s' if certificate else ''}://127.0.0.1:{bound}"
        finally:
            server.should_exit = server.force_exit = True
            with suppress(asyncio.CancelledError):
                await task
    finally:
        await stand.close()


def certificate_in(folder: Path, name: str) -> Path:
    """A certificate of this machine's own making for 127.0.0.1, with its key, as a PEM file; good from 2020 to 2099."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=365 * 79))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    encoding = serialization.Encoding.PEM
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + made.public_bytes(encoding))
    return path


def trusting(certificate: Path) -> ssl.SSLContext:
    """What trusts this certificate and no other."""
    pem = certificate.read_text()
    return ssl.create_default_context(cadata=pem[pem.index("-----BEGIN CERTIFICATE") :])
