"""The one application: every route, what each answer carries, and what is said when something fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acuerdo.adapters.store.db import AWAY
from acuerdo.app import App, channel_secret
from acuerdo.testing import gateway
from acuerdo.testing.carrier import Carrier
from acuerdo.web import api, chat, contacts, desk, documents, genuine, holds, hooks, people, phone, portfolio, results
from acuerdo.web.pages import BUILD, HEADERS, asset, page

SESSION_DAYS = 1
FOR_EVER = "public, max-age=31536000, immutable"

_log = structlog.get_logger("acuerdo.web")


class Sandboxes(NamedTuple):
    """The sandbox carrier and gateway, where the settings say that they are here: their routes, and their ends."""

    routes: tuple[BaseRoute, ...]
    closers: tuple[Callable[[], Awaitable[None]], ...]


def create(app: App) -> Starlette:
    """The application over an open house; the house outlives it."""
    secret = app.settings.session_secret
    https = urlsplit(app.settings.base_url).scheme == "https"
    sandboxes = _sandboxes(app)
    made = Starlette(
        routes=_routes(app, sandboxes),
        lifespan=_life,
        middleware=[
            Middleware(Carried, https=https),
            Middleware(Caught),
            Middleware(
                SessionMiddleware,
                secret_key=secret.get_secret_value() if secret else app.keyring.session_secret,
                session_cookie="acuerdo",
                max_age=SESSION_DAYS * 86400,
                same_site="lax",
                https_only=https,
            ),
        ],
        exception_handlers={HTTPException: _refused, **dict.fromkeys(AWAY, _away)},
    )
    made.state.house, made.state.tries, made.state.watchers, made.state.owners = app, {}, set(), {}
    made.state.hub, made.state.closers = chat.Hub(app, made.state.watchers), sandboxes.closers
    return made


def _routes(app: App, sandboxes: Sandboxes) -> list[BaseRoute]:
    return [
        Route("/", home),
        Route("/health", health),
        Mount("/static/build", GZipMiddleware(Built(directory=BUILD, check_dir=False), minimum_size=500)),
        *chat.ROUTES,
        *desk.ROUTES,
        *people.ROUTES,
        *contacts.ROUTES,
        *holds.ROUTES,
        *documents.ROUTES,
        *results.ROUTES,
        *portfolio.ROUTES,
        *phone.ROUTES,
        *hooks.ROUTES,
        *genuine.ROUTES,
        Mount(api.PREFIX, api.create(app)),
        *sandboxes.routes,
    ]


def _sandboxes(app: App) -> Sandboxes:
    chosen, routes, closers = app.settings, list[BaseRoute](), list[Callable[[], Awaitable[None]]]()
    if chosen.sms_sandbox.startswith(chosen.base_url + "/"):
        told = f"{chosen.base_url}/webhooks/channel/sms"
        carrier = Carrier(app.url, channel_secret(app.keyring, "sms"), told, clock=app.clock.now)
        routes.append(Mount(urlsplit(chosen.sms_sandbox).path, routes=carrier.routes))
        closers.append(carrier.close)
    if chosen.payments_sandbox.startswith(chosen.base_url + "/"):
        shared = channel_secret(app.keyring, "sandbox").encode()
        pay = gateway.Sandbox(
            app.pool, shared, app.clock.now, chosen.payments_sandbox, asset=asset,
            temper=gateway.DEMO if chosen.clock == "demo" else gateway.CALM,
        )  # fmt: skip
        routes.append(Mount(urlsplit(chosen.payments_sandbox).path, pay.app))
        closers.append(pay.close)
    return Sandboxes(tuple(routes), tuple(closers))


@asynccontextmanager
async def _life(made: Starlette) -> AsyncIterator[None]:
    house: App = made.state.house
    house.house.rules(house.clock.now().date())  # read before the first who writes, or pays, would wait for it
    async with AsyncExitStack() as stack:
        for close in made.state.closers:
            stack.push_async_callback(close)
        listening = asyncio.create_task(made.state.hub.listen())
        try:
            yield
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening


class Built(StaticFiles):
    """Built files: one asked for with its mark never changes, so it is kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = FOR_EVER if b"v=" in scope["query_string"] else "no-cache"
        return answer


class Carried:
    """The headers that every answer carries, whoever made it."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(h for h in self._headers if h[0] not in there)]
            await send(message)

        await self._app(scope, receive, carrying if scope["type"] == "http" else send)


class Caught:
    """What nobody expected: the person sees a neutral page, the log a place in the code, neither anybody's data."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] in ("http.response.start", "websocket.close")
            await send(message)

        if "\0" in scope.get("path", ""):  # no page has it, and no database takes it
            scope = {**scope, "path": "/\ufffd"}
        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            _log.error("a request failed", error=type(error).__name__, at=_place(error))
            if scope["type"] == "http" and not begun:
                await _said(Request(scope), 500)(scope, receive, send)
            elif scope["type"] == "websocket" and not begun:
                with suppress(RuntimeError):
                    await send({"type": "websocket.close", "code": 1011})


def _place(error: BaseException) -> str:
    """Where it was raised; never its words, which may be about somebody."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"


async def home(request: Request) -> Response:
    """Where everything is, in the demo; elsewhere a page that tells nothing."""
    app: App = request.app.state.house
    if app.settings.clock == "demo":
        return page(request, "home.html")
    return page(request, "plain.html", {"title": "Acuerdo", "text": "Aquí no hay nada que ver.", "again": 0})


async def health(request: Request) -> Response:
    """Whether this process and its database answer."""
    app: App = request.app.state.house
    async with asyncio.timeout(2):
        await app.pool.fetchval("select 1")
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


# What is said for each status, to people; programs get the same words as JSON.
WORDS: dict[int, tuple[str, str]] = {
    404: ("No encontramos esa página", "Revise la dirección, o vuelva a abrir el enlace que recibió."),
    405: ("No encontramos esa página", "Revise la dirección, o vuelva a abrir el enlace que recibió."),
    500: ("Algo salió mal de nuestro lado", "Ya tomamos nota. Intente de nuevo en unos minutos, por favor."),
    503: ("Volvemos enseguida", "Estamos reconectando. Esta página se vuelve a cargar sola; no se perdió nada."),
}
RETRY = 3  # seconds


def _said(request: Request, status: int) -> Response:
    title, text = WORDS.get(status, WORDS[404] if status < 500 else WORDS[500])
    headers = {"Retry-After": str(RETRY)} if status == 503 else {}
    if _for_program(request):
        return JSONResponse({"error": text}, status, headers={**headers, "Cache-Control": "no-store"})
    again = RETRY if status == 503 and request.method == "GET" else 0
    answer = page(request, "plain.html", {"title": title, "text": text, "again": again}, status=status, private=True)
    answer.headers.update(headers)
    return answer


def _for_program(request: Request) -> bool:
    path = request.url.path
    if path.endswith(".json") or path.startswith(("/webhooks/", "/sandbox/sms", "/health")):
        return True
    return "text/html" not in request.headers.get("accept", "text/html")


async def _refused(request: Request, error: Exception) -> Response:
    return _said(request, error.status_code if isinstance(error, HTTPException) else 500)


async def _away(request: Request, error: Exception) -> Response:
    _log.warning("the database is away", error=type(error).__name__)
    return _said(request, 503)
