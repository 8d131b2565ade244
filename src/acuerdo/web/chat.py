"""The debtor's chat: the private page, its socket, and the way to a new link."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import asyncpg
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from acuerdo.adapters.store.db import AWAY
from acuerdo.app import App
from acuerdo.core.words import AcuerdoError
from acuerdo.service import talking
from acuerdo.service.places import Place
from acuerdo.service.ports import LinkRow, Shown
from acuerdo.web.pages import page

LONGEST_FRAME = 16_384  # characters
BURST, PER_SECOND = 10, 4  # messages a socket may send at once, and for how many a second it is forgiven


Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Frame(msgspec.Struct, frozen=True):
    """What the page may send; `t` tells which fields count."""

    t: str
    id: str = ""
    text: str = ""
    button: str = ""
    title: str = ""
    since: Number = 0
    seq: Number = 0


_frames: msgspec.json.Decoder[Frame] = msgspec.json.Decoder(Frame)
_encoder = msgspec.json.Encoder()


def valid(link: LinkRow | None, at: datetime) -> bool:
    """Whether a link opens the chat at this moment."""
    return link is not None and link.revoked_at is None and at < link.expires_at


class Line:
    """One open socket of one conversation."""

    def __init__(self, socket: WebSocket, link: LinkRow, zone: str) -> None:
        self.socket, self.link, self.zone = socket, link, ZoneInfo(zone)
        self.here = Place("web", link.address_hash)
        self.conversation = ""
        self.sent = 0
        self.allowance: float = BURST
        self.last_frame = 0.0
        self.sending = asyncio.Lock()

    def hurried(self, now: float) -> bool:
        """Whether more is coming than a person writes; what is put off costs nothing, and is taken when sent again."""
        self.allowance = min(BURST, self.allowance + (now - self.last_frame) * PER_SECOND)
        self.last_frame = now
        if self.allowance < 1:
            return True
        self.allowance -= 1
        return False

    async def send(self, frame: dict[str, Any]) -> None:
        await self.socket.send_text(_encoder.encode(frame).decode())

    async def show(self, messages: Iterable[Shown]) -> None:
        """Sends messages in order, each once; the person's own come with the acknowledgement of their key."""
        async with self.sending:
            for m in messages:
                if m.seq <= self.sent:
                    continue
                await self.send(frame_of(m, self.zone))
                self.sent = m.seq
                if m.who == "me":
                    await self.send({"t": "ack", "id": m.key, "seq": m.seq})


def frame_of(m: Shown, zone: ZoneInfo) -> dict[str, Any]:
    """A message as the page shows it, in the person's own hour."""
    frame = {"t": "msg", "seq": m.seq, "who": m.who, "at": m.at.astimezone(zone).isoformat(timespec="seconds")}
    frame |= msgspec.to_builtins(m.content)
    return frame | {"id": m.key} if m.who == "me" else frame


class Hub:
    """Which sockets of this process show which conversation; it holds nothing that another process needs.

    `watchers` are told the id of every conversation in which something was said elsewhere.
    """

    def __init__(self, app: App, watchers: Collection[asyncio.Queue[str]] = ()) -> None:
        self._app, self._watchers = app, watchers
        self._lines: dict[str, set[Line]] = defaultdict(set)

    def join(self, line: Line) -> None:
        self._lines[line.conversation].add(line)

    def leave(self, line: Line) -> None:
        held = self._lines.get(line.conversation)
        if held is not None:
            held.discard(line)
            if not held:
                del self._lines[line.conversation]

    async def wake(self, conversation: str, but: Line | None = None) -> None:
        """Shows what is new in a conversation on every socket of it."""
        for line in list(self._lines.get(conversation, ())):
            if line is not but:
                try:
                    if not await still_good(self._app, line):
                        continue
                    at = self._app.clock.now()
                    await line.show(await self._app.talks.since(conversation, line.sent, line.here, at))
                    await line.send(await state_frame(self._app, line))
                except (*AWAY, AcuerdoError, RuntimeError, WebSocketDisconnect):
                    continue

    def _tell(self, conversation: str) -> None:
        for watcher in list(self._watchers):
            with suppress(asyncio.QueueFull):  # who is that far behind asks for everything when next told
                watcher.put_nowait(conversation)

    async def listen(self) -> None:
        """Hears of turns made elsewhere: by another process, an agent, a payment. Connects again for ever."""
        while True:
            try:
                db = await asyncpg.connect(self._app.url)
                try:
                    gone = asyncio.Event()
                    db.add_termination_listener(lambda _c, gone=gone: gone.set())
                    tasks: set[asyncio.Task[None]] = set()

                    def told(_c: object, _p: int, _n: str, conversation: object, tasks: set[Any] = tasks) -> None:
                        self._tell(str(conversation))
                        task = asyncio.ensure_future(self.wake(str(conversation)))
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)

                    await db.add_listener("acuerdo_talk", told)
                    for conversation in list(self._lines):
                        await self.wake(conversation)
                    await gone.wait()
                finally:
                    db.terminate()
            except AWAY:
                await asyncio.sleep(0.5)


async def still_good(app: App, line: Line) -> bool:
    """Whether the line's link opens the chat now; where it does not, the page is told."""
    link = await app.links.find(line.socket.path_params["token"])
    if valid(link, app.clock.now()):
        return True
    await line.send({"t": "gone"})
    return False


async def state_frame(app: App, line: Line) -> dict[str, Any]:
    """Who writes and how the conversation stands; nothing of a debt."""
    head = await app.talks.header(line.conversation)
    today = app.clock.now().astimezone(line.zone).date().isoformat()
    return {"t": "state", "assistant": True, "today": today, **msgspec.to_builtins(head)}


async def chat_page(request: Request) -> Response:
    """The shell of the chat: the same bytes for every good link; the neutral page for every other."""
    app: App = request.app.state.house
    link = await app.links.find(request.path_params["token"])
    if valid(link, app.clock.now()):
        request.session["talk"] = request.url.path  # the way back from a payment
        return page(request, "chat.html", private=True)
    return _gone(request, asked=False)


def _gone(request: Request, *, asked: bool) -> Response:
    renew = f"/c/{request.path_params['token']}/renew"
    return page(request, "gone.html", {"renew": renew, "asked": asked}, status=404, private=True)


async def renew(request: Request) -> Response:
    """A new link goes to the address on file, if there is one; the page says the same whatever happened."""
    app: App = request.app.state.house
    link = await app.links.find(request.path_params["token"])
    if link is not None:
        await app.renew(link, app.clock.now())
    return _gone(request, asked=True)


async def socket(ws: WebSocket) -> None:
    """One page's socket, from its hello to its end."""
    app: App = ws.app.state.house
    hub: Hub = ws.app.state.hub
    if not ours(ws, app.settings.base_url):
        await ws.close(1008)
        return
    await ws.accept()
    line: Line | None = None
    try:
        while True:
            frame = await _next(ws)
            if frame is None:
                continue
            if line is None:
                line = await _joined(app, hub, ws)
            if line is None:
                return
            await _answer(app, hub, line, frame)
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        if line is not None:
            hub.leave(line)


def ours(ws: WebSocket, base_url: str) -> bool:
    """Whether a page of this house opens the socket; a program, which is no page, says no origin."""
    origin = ws.headers.get("origin")
    if origin is None:
        return True
    home = urlsplit(base_url)
    return origin == f"{home.scheme}://{home.netloc}" or urlsplit(origin).netloc == ws.headers.get("host")


async def _next(ws: WebSocket) -> Frame | None:
    """The next frame; None for what no page of ours sends."""
    message = await ws.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    text = message.get("text") or ""
    try:
        return _frames.decode(text) if len(text) <= LONGEST_FRAME else None
    except msgspec.DecodeError:
        return None


async def _joined(app: App, hub: Hub, ws: WebSocket) -> Line | None:
    """The socket with its conversation, begun if need be; None when the link is no longer good."""
    try:
        link = await app.links.find(ws.path_params["token"])
        at = app.clock.now()
        if link is None or not valid(link, at):
            await ws.send_text('{"t":"gone"}')
            await ws.close()
            return None
        conversation = await talking.start(app.house, link, at)
        head = await app.talks.header(conversation)
    except AWAY:
        await ws.send_text('{"t":"busy"}')
        await ws.close(1013)
        return None
    except AcuerdoError:  # the person was forgotten
        await ws.send_text('{"t":"gone"}')
        await ws.close()
        return None
    line = Line(ws, link, head.zone)
    line.conversation = conversation
    hub.join(line)
    return line


async def _answer(app: App, hub: Hub, line: Line, frame: Frame) -> None:
    try:
        await _do(app, hub, line, frame)
    except AWAY:
        await line.send({"t": "busy"})
    except AcuerdoError:
        await line.send({"t": "gone"})


async def _do(app: App, hub: Hub, line: Line, frame: Frame) -> None:
    at = app.clock.now()
    match frame.t:
        case "hello":
            line.sent = max(line.sent, min(frame.since, 1 << 30)) if line.sent else max(0, frame.since)
            await line.send(await state_frame(app, line))
            await line.show(await app.talks.since(line.conversation, line.sent, line.here, at))
        case "open":
            await app.links.opened(line.link, at)
        case "read":
            await app.talks.read(line.conversation, frame.seq)
        case "say" | "press" if frame.id:
            await _heard(app, hub, line, frame, at)
        case _:
            pass


async def _heard(app: App, hub: Hub, line: Line, frame: Frame, at: datetime) -> None:
    if line.hurried(asyncio.get_running_loop().time()):
        await line.send({"t": "busy"})
        return
    if not await still_good(app, line):
        return
    text, button = (frame.title, frame.button) if frame.t == "press" else (frame.text, "")
    answer = await talking.hear(app.house, line.conversation, frame.id[:64], text, button[:80], at, line.here)
    if answer.repeated or not answer.shown or answer.shown[0].seq != line.sent + 1:
        await line.show(await app.talks.since(line.conversation, line.sent, line.here, at))
    else:
        await line.show(answer.shown)
    if answer.repeated:
        await line.send({"t": "ack", "id": frame.id, "seq": await app.talks.number(line.conversation, frame.id[:64])})
    await hub.wake(line.conversation, but=line)


ROUTES: list[BaseRoute] = [
    Route("/c/{token}", chat_page),
    Route("/c/{token}/renew", renew, methods=["POST"]),
    WebSocketRoute("/c/{token}/ws", socket),
]
