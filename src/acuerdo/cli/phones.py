"""A made-up person's phone: it reads the SMS, opens the link, talks over the chat's own socket and pays on its page."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from typing import Any, TypeVar

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from acuerdo.core.words import AcuerdoError

LINK = re.compile(r"https?://\S+/c/[A-Za-z0-9_-]+")
T = TypeVar("T")
PATIENCE = 20.0  # seconds a person waits for what should come


class Astray(AcuerdoError):
    """A conversation did not go as its script; the text says what was waited for and what was last said."""


def browser(base: str) -> httpx.AsyncClient:
    """A browser with its own cookies, for this machine's pages alone: it trusts nobody far away."""
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(base_url=base, timeout=PATIENCE, follow_redirects=True, trust_env=False, verify=nobody)


class Phone:
    """One person's phone. `said` is everything on the screen; `number` as the carrier writes it."""

    def __init__(self, base: str, number: str) -> None:
        self.base, self.number = base, number
        self.web = browser(base)
        self.said: list[dict[str, Any]] = []
        self.link = ""
        self._socket: ClientConnection | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()
        self._acknowledged: set[str] = set()
        self._sent = 0
        self._since = 0  # how much was on the screen when the person last wrote

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self.web.aclose()

    async def messages(self) -> list[str]:
        """The SMS on it, oldest first."""
        answer = await self.web.get("/sandbox/phone.json", params={"number": self.number})
        return [one["text"] for one in answer.raise_for_status().json()["messages"]]

    async def sms(self, wanted: Callable[[str], bool]) -> str:
        """The first SMS that is wanted, as soon as it is there."""
        for _ in range(int(PATIENCE / 0.2)):
            if found := [text for text in await self.messages() if wanted(text)]:
                return found[-1]
            await asyncio.sleep(0.2)
        raise Astray(f"no such SMS came to {self.number}")

    async def answer_sms(self, text: str) -> None:
        """Answers the SMS itself, as one writes BAJA."""
        (await self.web.post("/sandbox/sms/inbound", json={"from": self.number, "text": text})).raise_for_status()

    async def open(self) -> None:
        """Opens the link of the SMS, and with a gesture the conversation."""
        found = LINK.search(await self.sms(lambda text: LINK.search(text) is not None))
        assert found is not None  # noqa: S101 - it was wanted for holding one
        self.link = found.group()
        (await self.web.get(self.link)).raise_for_status()
        self._socket = await connect(self.link.replace("http", "ws", 1) + "/ws", compression=None, proxy=None)
        self._reading = asyncio.create_task(self._read(self._socket))
        await self._send({"t": "hello", "since": 0})
        await self._send({"t": "open"})

    @property
    def token(self) -> str:
        return self.link.rsplit("/", 1)[-1]

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for raw in socket:
                frame = msgspec.json.decode(raw)
                async with self._news:
                    if frame["t"] == "msg":
                        self.said.append(frame)
                    elif frame["t"] == "ack":
                        self._acknowledged.add(frame["id"])
                    elif frame["t"] == "gone":
                        self.said.append({"who": "system", "text": "(gone)", "seq": 0})
                    self._news.notify_all()
        except ConnectionClosed:
            pass

    async def _send(self, frame: dict[str, Any]) -> None:
        assert self._socket is not None  # noqa: S101 - the link was opened
        await self._socket.send(msgspec.json.encode(frame).decode())

    async def say(self, text: str) -> None:
        """Writes; returns when the house has it."""
        await self._do({"t": "say", "text": text}, text)

    async def press(self, button: str, title: str) -> None:
        """Touches a button or a card; returns when the house has it."""
        await self._do({"t": "press", "button": button, "title": title}, title)

    async def _do(self, frame: dict[str, Any], shown: str) -> None:
        self._sent += 1
        self._since = len(self.said)
        key = f"{self.number}-{self._sent}"
        await self._send(frame | {"id": key})
        await self._wait(lambda: key in self._acknowledged or None, f"an acknowledgement of {shown!r}")

    async def hears(self, pattern: str) -> str:
        """What was said since the person last wrote that matches, as soon as it is there."""
        wanted = re.compile(pattern, re.IGNORECASE | re.DOTALL)
        return await self._wait(lambda: self._found(wanted), pattern)

    def _found(self, wanted: re.Pattern[str]) -> str | None:
        return next(
            (m["text"] for m in self.said[self._since :] if m["who"] != "me" and wanted.search(m["text"])), None
        )

    async def one_of(self, *patterns: str) -> int:
        """Which of these is said first since the person last wrote."""
        wanted = [re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in patterns]

        def first() -> int | None:
            return next((n for n, one in enumerate(wanted) if self._found(one) is not None), None)

        return await self._wait(first, " | ".join(patterns))

    async def _wait(self, ready: Callable[[], T | None], what: str) -> T:
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE):
                    while (found := ready()) is None:
                        await self._news.wait()
            except TimeoutError:
                raise Astray(f"waited for {what!r}; {self.last()}") from None
        return found

    def last(self) -> str:
        """The end of what is on the screen, for whoever looks into it."""
        return " / ".join(f"{m['who']}: {m['text'][:300]}" for m in self.said[-6:])

    def cards(self) -> list[dict[str, Any]]:
        """The offers last shown."""
        return next((m["cards"] for m in reversed(self.said) if m.get("cards")), [])

    def pay_link(self) -> str:
        """The way to pay that was last given."""
        links: list[str] = [m["link"]["url"] for m in self.said if m.get("link")]
        if not links:
            raise Astray(f"no way to pay was given; {self.last()}")
        return links[-1]

    async def pay(self, result: str = "paid") -> str:
        """Goes to the payment page, presses its button, and comes back; the page at the end."""
        page = (await self.web.get(self.pay_link())).raise_for_status()
        action = Forms.first(page.text)
        if action is None:
            raise Astray(f"the payment page has no form: {page.url}")
        done = (await self.web.post(page.url.join(action), data={"result": result})).raise_for_status()
        return done.text


class Forms(HTMLParser):
    """The forms of a page, and the values of their hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.actions: list[str] = []
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.actions.append(found.get("action", ""))
        elif tag == "input" and "name" in found:
            self.values.setdefault(found["name"], found.get("value", ""))

    @classmethod
    def read(cls, html: str) -> Forms:
        made = cls()
        made.feed(html)
        return made

    @classmethod
    def first(cls, html: str) -> str | None:
        return next(iter(cls.read(html).actions), None)


class DeskHand:
    """A made-up agent at the desk, over its own pages."""

    def __init__(self, base: str) -> None:
        self.web = browser(base)

    async def sign_in(self, login: str, password: str) -> None:
        door = await self.web.get("/desk/login")
        form = {"csrf": Forms.read(door.text).values.get("csrf", ""), "name": login, "password": password}
        inside = await self.web.post("/desk/login", data=form)
        if inside.is_error or inside.url.path != "/desk":
            raise Astray(f"the agent could not sign in at the desk ({inside.status_code})")

    async def find(self, conversation: str) -> None:
        """Waits until the desk lists the conversation."""
        for _ in range(int(PATIENCE / 0.2)):
            if f"/desk/c/{conversation}" in (await self.web.get("/desk")).text:
                return
            await asyncio.sleep(0.2)
        raise Astray("the desk does not list the conversation")

    async def do(self, conversation: str, deed: str, **fields: str) -> None:
        """One deed on a case, by its page's form."""
        address = f"/desk/c/{conversation}"
        values = Forms.read((await self.web.get(address)).text).values
        form = {"csrf": values.get("csrf", ""), "nonce": values.get("nonce", ""), **fields}
        done = (await self.web.post(f"{address}/{deed}", data=form)).raise_for_status()
        if 'class="notice bad"' in done.text:
            raise Astray(f"the desk refused to {deed}")

    async def close(self) -> None:
        await self.web.aclose()


Script = Callable[[Phone, "Person"], Awaitable[None]]


class Person(msgspec.Struct, frozen=True):
    """Who holds a phone: what the scripts need to know of them, and the helping hand at the desk."""

    number: str
    document: str
    country: str
    conversation_of: Callable[[str], Awaitable[str]]
    desk: DeskHand

    @property
    def tail(self) -> str:
        return self.document[-4:]
