"""The web and the worker as tasks: started, watched, and ended cleanly by Ctrl-C or an order to end."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, TypeVar

import uvicorn

from acuerdo.app import App
from acuerdo.cli.shell import UsageError
from acuerdo.web import create

T = TypeVar("T")
ORDERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE = 3  # seconds that open pages have to hear that we leave


@contextmanager
def listening(host: str, port: int, *, or_any: bool = False) -> Iterator[socket.socket]:
    """A socket that listens; with `or_any` on a free port where that one is taken. Raises UsageError."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, port))
        except OSError as why:
            if not or_any:
                raise UsageError(f"{host}:{port} cannot be listened on ({why.strerror}); choose another port") from None
            made.bind((host, 0))
        made.listen(2048)
        made.setblocking(False)
        yield made


class _Server(uvicorn.Server):
    """A server that leaves signals alone: whoever started it hears them."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: App, on: socket.socket) -> AsyncIterator[asyncio.Task[None]]:
    """The web over an open house, for as long as the block lasts; the task ends only if the server does."""
    config = uvicorn.Config(
        create(app), loop="uvloop", lifespan="on", access_log=False, log_config=None, ws="websockets-sansio",
        ws_per_message_deflate=False, ws_ping_interval=20.0, ws_max_size=65_536, timeout_graceful_shutdown=PATIENCE,
        server_header=False, date_header=True, proxy_headers=False,
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[on]))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - the server has a flag, no event
            await asyncio.sleep(0.01)
        if task.done():
            await task
        yield task
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await task


async def ended(task: asyncio.Task[None]) -> None:
    """Until a task ends by itself; who is told not to wait any longer leaves it running."""
    await asyncio.wait({task})
    task.result()


async def until_ordered(work: Coroutine[Any, Any, T]) -> T | None:
    """Does the work, or what of it comes before an order to end (Ctrl-C, or a signal): then it is None."""
    async with stopping() as asked:
        doing, waiting = asyncio.create_task(work), asyncio.create_task(asked.wait())
        await asyncio.wait({doing, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if doing.done():
            return doing.result()
        doing.cancel()
        with suppress(asyncio.CancelledError):
            await doing
        return None


@asynccontextmanager
async def working(app: App, *, batch: int = 16) -> AsyncIterator[asyncio.Task[None]]:
    """A worker over an open house, for as long as the block lasts; `batch` as for worker.run."""
    stop = asyncio.Event()
    task: asyncio.Task[None] = asyncio.create_task(_work(app, stop, batch))
    try:
        yield task
    finally:
        stop.set()
        done, _ = await asyncio.wait({task}, timeout=PATIENCE * 3)
        if not done:
            task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _work(app: App, stop: asyncio.Event, batch: int) -> None:
    from acuerdo import worker

    await worker.run(app, batch=batch, stop=stop, also=(_take_up,))


async def _take_up(app: App) -> None:
    """What payments left half-done: notices kept and not read, gateways that are silent."""
    from acuerdo.service.paying import take_up

    await take_up(app.paying, app.clock.now())


@asynccontextmanager
async def stopping() -> AsyncIterator[asyncio.Event]:
    """An event that is set when somebody orders us to end (Ctrl-C, or a signal), for as long as the block lasts."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.getsignal(number) for number in ORDERS}
    for number in ORDERS:
        loop.add_signal_handler(number, asked.set)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
