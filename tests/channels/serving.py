"""A server on this machine that answers each request as a test says, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from acuerdo.service.faces import Ask, Reply


class Server:
    """`url` is where it answers, `asked` what it was asked so far."""

    def __init__(self, answer: Callable[[Ask], Reply | float]) -> None:
        self.answer, self.asked, self.url = answer, list[Ask](), ""

    async def handle(self, request: Request) -> Response:
        headers = {key.lower(): value for key, value in request.headers.items()}
        ask = Ask(request.method, request.url.path, headers, await request.body(), dict(request.query_params))
        self.asked.append(ask)
        reply = self.answer(ask)
        if isinstance(reply, float):
            await asyncio.sleep(reply)
            reply = Reply(200)
        return Response(reply.body, reply.status, dict(reply.headers))


@asynccontextmanager
async def serving(answer: Callable[[Ask], Reply | float]) -> AsyncIterator[Server]:
    """The server, for as long as the block lasts; a number in place of a reply is for how many seconds it is silent."""
    made = Server(answer)
    app = Starlette(routes=[Route("/{path:path}", made.handle, methods=["GET", "POST", "PUT"])])
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="critical", lifespan="off", timeout_graceful_shutdown=1)
    )
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event for it
        await asyncio.sleep(0.01)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.should_exit = True
        await running
