"""The whole house for a test: a creditor's file taken in, private links, chats over sockets, agents at the desk."""

from __future__ import annotations

import asyncio
import csv
import html
import io
import itertools
import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from acuerdo.adapters.store import book
from acuerdo.adapters.store.links import issue
from acuerdo.adapters.store.migrate import upgrade
from acuerdo.adapters.store.segments import StoredSegments
from acuerdo.adapters.store.server import Database
from acuerdo.app import App, app_on
from acuerdo.cli.servers import listening, serving
from acuerdo.core import facts as f
from acuerdo.core.dialogue.state import State
from acuerdo.core.facts import Recorded
from acuerdo.core.portfolio.reading import open_file
from acuerdo.service import creditors
from acuerdo.service.importing import import_day, import_portfolio
from acuerdo.service.replaying import differences, replay
from acuerdo.service.resources import flows_from_bytes
from acuerdo.service.segmenting import segment_accounts
from acuerdo.service.settings import Settings
from acuerdo.testing.clock import FixedClock

START = datetime(2026, 11, 24, 15, tzinfo=UTC)  # a Tuesday, 10:00 in Bogotá
CREDITOR = "Casa Ejemplo"
SEGMENTS = """
[[segments]]
name = "temprana"
title = "Hasta 60 días"
when.dpd = { max = 60 }
strategy = { channels = ["sms"], flow = "identidad", handler = "bot", invite = true, stage = "early" }
authority = { max_installments = 4, max_discount_pct = 10 }

[[segments]]
name = "tardía"
title = "Más de 60 días"
strategy = { channels = ["sms"], flow = "identidad", handler = "person", invite = true, stage = "late" }
"""


class Debtor(NamedTuple):
    """A person of a creditor's file, with one debt in Colombian pesos."""

    name: str = "Ana Ruiz Montes"
    document: str = "52345678"
    phone: str = "+573005550101"
    email: str = "ana.ruiz@example.com"
    balance: str = "900000"
    late: int = 22
    account: str = "OB-1042"

    @property
    def tail(self) -> str:
        return self.document[-4:]


ANA = Debtor()
IVAN = Debtor("Iván Prado Salas", "79123456", "+573005550102", "ivan.prado@example.com", "450000", 12, "OB-1043")


class Gone(Exception):
    """The house said that the link no longer serves."""


@dataclass
class Chat:
    """A debtor's page without its looks: one socket, and what it was sent, in order."""

    socket: ClientConnection
    last: Callable[[], Awaitable[int]]  # the number of the conversation's last message, as it is kept
    since: int = 0
    frames: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    keys: Iterator[str] = field(default_factory=lambda: (uuid4().hex for _ in itertools.count()))

    async def send(self, **frame: Any) -> None:
        await self.socket.send(json.dumps(frame))

    async def take(self, seconds: float = 5) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(seconds):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
        self.frames.append(frame)
        if frame["t"] == "msg":
            assert frame["seq"] not in self.messages, f"message {frame['seq']} came twice"
            self.messages[frame["seq"]] = frame
            self.since = max(self.since, frame["seq"])
        return frame

    async def until(self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 5) -> dict[str, Any]:
        while not wanted(frame := await self.take(seconds)):
            if frame["t"] == "gone":
                raise Gone
        return frame

    async def hello(self, since: int | None = None) -> list[dict[str, Any]]:
        """Says hello and returns the messages that came of it."""
        before = set(self.messages)
        await self.send(t="hello", since=self.since if since is None else since)
        await self.until(lambda frame: frame["t"] == "state")
        return await self.settled(before)

    async def settled(self, before: set[int]) -> list[dict[str, Any]]:
        """What came since, once all that the conversation now holds has."""
        last = await self.last()
        while self.since < last:
            await self.take()
        return [self.messages[n] for n in sorted(set(self.messages) - before)]

    async def do(self, frame: dict[str, Any]) -> list[dict[str, Any]]:
        """A deed, sent again for as long as the house is busy; what was answered to it."""
        before = set(self.messages)
        while True:
            await self.send(**frame)
            answer = await self.until(
                lambda got: got["t"] == "busy" or (got["t"], got.get("id")) == ("ack", frame["id"])
            )
            if answer["t"] == "ack":
                break
            await asyncio.sleep(0.1)
        return [m for m in await self.settled(before) if m["who"] != "me"]

    async def say(self, text: str, key: str = "") -> list[dict[str, Any]]:
        return await self.do({"t": "say", "id": key or next(self.keys), "text": text})

    async def press(self, button: str, title: str = "", key: str = "") -> list[dict[str, Any]]:
        return await self.do({"t": "press", "id": key or next(self.keys), "button": button, "title": title or button})

    @property
    def texts(self) -> list[str]:
        return [self.messages[n]["text"] for n in sorted(self.messages)]

    @property
    def log(self) -> list[tuple[int, str, str]]:
        return [(n, self.messages[n]["who"], self.messages[n]["text"]) for n in sorted(self.messages)]

    def whole(self) -> None:
        """No number is missing."""
        assert sorted(self.messages) == list(range(1, len(self.messages) + 1))


def words(messages: list[dict[str, Any]]) -> str:
    """Everything that messages show, in one text."""
    return "\n".join(json.dumps(message, ensure_ascii=False) for message in messages)


def first(messages: list[dict[str, Any]], part: str) -> Any:
    """The last of those parts (cards, link, input, buttons) that the messages carry."""
    return next(message[part] for message in reversed(messages) if message.get(part))


@dataclass
class Town:
    """The house, served, with a clock that stands until it is moved."""

    app: App
    address: str
    clock: FixedClock
    web: httpx.AsyncClient
    data: Path

    @property
    def pool(self) -> Any:
        return self.app.pool

    async def take_in(
        self, *debtors: Debtor, creditor: str = CREDITOR, segments: str = SEGMENTS, **settings: Any
    ) -> None:
        """A creditor's file with these people goes in by the importer, and gets its segments."""
        at = self.clock.now()
        terms = {"phone": "601 555 0100", "agency": ""} | settings
        made = await creditors.add_creditor(
            self.app.creditors, creditor, creditors.Settings(f"{creditor} S.A.", **terms), at
        )
        opened = open_file(_csv(debtors, at), None, "CO", import_day("CO", at))
        report = await import_portfolio(self.app.portfolio, made, opened, "cartera.csv", at)
        assert report.added == len(debtors), report.set_aside_file
        await segment_accounts(StoredSegments(self.pool), made, segments, at)

    async def person(self, debtor: Debtor = ANA) -> str:
        person = await self.pool.fetchval("select person_id from account where external_id = $1", debtor.account)
        return str(person)

    async def invite(self, debtor: Debtor = ANA, days: int = 15) -> str:
        """A private link to the debtor's phone; its token."""
        person = await self.person(debtor)
        async with self.pool.acquire() as db, db.transaction():
            token, fact = await issue(
                db, self.app.keyring, channel="sms", days=days, at=self.clock.now(), person=person,
                creditor=await db.fetchval("select creditor_id from person where id = $1", person),
                address_hash=self.app.keyring.address_hash("sms", debtor.phone),
            )  # fmt: skip
            await book.record(db, self.app.keyring, [fact])
        return token

    async def invited(self, debtor: Debtor = ANA, **settings: Any) -> str:
        """The debtor's file taken in, and their link."""
        await self.take_in(debtor, **settings)
        return await self.invite(debtor)

    @asynccontextmanager
    async def chat(self, token: str, since: int = 0, *, greet: bool = True, **how: Any) -> AsyncIterator[Chat]:
        async with connect(
            f"{self.address.replace('http', 'ws')}/c/{token}/ws", compression=None, max_queue=None, **how
        ) as socket:
            chat = Chat(socket, lambda: self.last(token), since)
            if greet:
                await chat.hello()
            yield chat

    @asynccontextmanager
    async def identified(self, token: str, debtor: Debtor = ANA) -> AsyncIterator[Chat]:
        async with self.chat(token) as chat:
            await chat.say(debtor.tail)
            yield chat

    async def link(self, token: str) -> Any:
        return await self.pool.fetchrow("select * from link where token_hash = $1", self.app.keyring.token_hash(token))

    async def conversation(self, token: str) -> str:
        return str((await self.link(token))["conversation_id"])

    async def last(self, token: str) -> int:
        hashed = self.app.keyring.token_hash(token)
        return int(
            await self.pool.fetchval(
                "select seq from conversation c join link l on l.conversation_id = c.id where token_hash = $1", hashed
            )
        )

    async def facts(self, token: str) -> list[Recorded]:
        return await self.app.talks.facts(await self.conversation(token))

    async def kinds(self, token: str) -> list[str]:
        return [f.kind_of(r.fact) for r in await self.facts(token)]

    async def later(self, **span: float) -> None:
        self.clock.go_on(timedelta(**span))

    @asynccontextmanager
    async def desk(self, login: str = "lucia", password: str = "una clave larga") -> AsyncIterator[Desk]:
        """An agent who signs in through the door."""
        await self.app.desk.add_agent(login, login.title(), password, "agent", self.clock.now())
        async with httpx.AsyncClient(base_url=self.address, follow_redirects=False) as web:
            desk = Desk(web)
            answer = await desk.sign_in(login, password)
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
            yield desk


@dataclass
class Desk:
    """An agent's browser without its looks: pages asked for and forms sent, with the tokens that are in them."""

    web: httpx.AsyncClient
    page: str = ""

    async def open(self, path: str) -> httpx.Response:
        answer = await self.web.get(path)
        self.page = answer.text
        return answer

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        return html.unescape(found[1]) if found else ""

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """A form of the page that is open, with its token and its nonce."""
        sent = {"csrf": self.hidden("csrf"), "nonce": self.hidden("nonce"), **fields}
        answer = await self.web.post(path, data=sent)
        if answer.status_code != 303:
            self.page = answer.text
        return answer

    async def sign_in(self, login: str, password: str) -> httpx.Response:
        await self.open("/desk/login")
        return await self.send("/desk/login", name=login, password=password)

    async def act(self, conversation: str, deed: str, **fields: str) -> str:
        """A deed on a case; the notice that the page then shows."""
        await self.open(f"/desk/c/{conversation}")
        answer = await self.send(f"/desk/c/{conversation}/{deed}", **fields)
        assert answer.status_code == 200, answer.text
        return self.notice

    @property
    def notice(self) -> str:
        found = re.search(r'id="notice"[^>]*>(?:<p class="notice([^"]*)">([^<]*)</p>)?', self.page)
        assert found
        return html.unescape(("✗ " if "bad" in (found[1] or "") else "") + (found[2] or ""))

    @property
    def seen(self) -> str:
        """The page's words, without its tags."""
        return html.unescape(re.sub(r"<[^>]+>", " ", self.page))


def _csv(debtors: tuple[Debtor, ...], at: datetime) -> bytes:
    out = io.StringIO()
    day = at.date()
    writer = csv.writer(out)
    writer.writerow(
        ["external_id", "name", "document", "document_type", "phone", "email", "product", "balance", "currency",
         "due_date", "days_past_due", "as_of"]
    )  # fmt: skip
    for d in debtors:
        due = (day - timedelta(days=d.late)).isoformat()
        writer.writerow(
            [d.account, d.name, d.document, "cedula", d.phone, d.email, "tarjeta de crédito", d.balance, "COP", due,
             d.late, day.isoformat()]
        )  # fmt: skip
    return out.getvalue().encode()


@asynccontextmanager
async def opened(url: str, data: Path, **settings: Any) -> AsyncIterator[Town]:
    """The house on a migrated database, served on a free port; at the end every conversation is played again."""
    clock = FixedClock(START)
    with listening("127.0.0.1", 0) as socket:
        address = f"http://127.0.0.1:{socket.getsockname()[1]}"
        chosen = Settings(_env_file=None, data_dir=data, database_url=url, base_url=address, **settings)  # type: ignore[call-arg]
        async with (
            app_on(chosen, url, clock=clock) as app,
            serving(app, socket),
            httpx.AsyncClient(base_url=address) as web,
        ):
            town = Town(app, address, clock, web, data)
            yield town
            await played_again(app)


@contextmanager
def server_of_its_own(folder: Path) -> Iterator[Database]:
    """A server that a test may stop and kill without anybody else noticing."""
    own = folder / f"acuerdo-outage-{uuid4().hex[:12]}"
    with Database.open(Settings(_env_file=None, data_dir=own, database_url=None)) as opened:  # type: ignore[call-arg]
        yield opened
    shutil.rmtree(own, ignore_errors=True)


@asynccontextmanager
async def fragile(server: Database, data: Path) -> AsyncIterator[Town]:
    """The house on a server that may be stopped: what one test leaves there another can read."""
    await asyncio.to_thread(server.revive)
    await upgrade(server.url)
    async with opened(server.url, data, master_key="a2" * 21 + "s=") as town:
        yield town


async def _state_and_facts(app: App, conversation: str) -> tuple[bytes, list[Recorded]]:
    """Both of one moment: what a person wrote last may still be answered while they are read."""
    while True:
        before = await app.talks.facts(conversation)
        state = await app.pool.fetchval("select state from conversation where id = $1", conversation)
        if await app.talks.facts(conversation) == before:
            return state, before


async def played_again(app: App) -> None:
    """Every conversation, from its facts alone, comes to the same state and says the same."""
    rows = await app.pool.fetch(
        """select c.id, p.id as person, p.wrapped_key from conversation c join person p on p.id = c.person_id
           where p.wrapped_key is not null and length(c.state) > 0"""
    )
    for row in rows:
        state_then, facts = await _state_and_facts(app, row["id"])
        started = next(r.fact for r in facts if isinstance(r.fact, f.Started))
        flows = flows_from_bytes(await app.talks.artefact(started.flows))
        state, lines = replay(facts, flows)
        key = app.keyring.person(row["wrapped_key"], row["person"])
        assert key is not None
        assert state == msgspec.json.decode(key.open(state_then, f"state:{row['id']}".encode()), type=State)
        # What was queued for another channel is no step's.
        queued = {r["key"] for r in await app.pool.fetch("select key from outbox")}
        assert set(differences(facts, lines)) <= queued


async def all_settled(*chats: Chat) -> None:
    """Whatever was done on any of these lines has been heard, and has come to all of them."""
    for chat in chats:
        await chat.do({"t": "say", "id": "last", "text": "hola"})
    for chat in chats:
        await chat.settled(set())


async def closed(chat: Chat) -> int:
    """The code with which the house closed the socket."""
    with suppress(ConnectionClosed):
        while True:
            await chat.take()
    return chat.socket.close_code or 0
