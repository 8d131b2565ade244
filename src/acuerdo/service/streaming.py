"""Long work chunk by chunk: what is thought of one chunk goes on beside the writing of the chunk before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")
U = TypeVar("U")


async def piped(
    chunks: AsyncIterator[T], think: Callable[[T], U], write: Callable[[U], Coroutine[Any, Any, None]]
) -> None:
    """Reads, thinks and writes every chunk, in order. `think` runs in a thread, so that the loop stays free to write.

    Reading and writing take turns, as both may use one connection. An error of any of the three ends it all.
    """
    writing: asyncio.Task[None] | None = None
    try:
        chunk = await anext(chunks, None)
        while chunk is not None:
            thought = await asyncio.to_thread(think, chunk)
            if writing is not None:
                await writing
            chunk = await anext(chunks, None)
            writing = asyncio.create_task(write(thought))
        if writing is not None:
            await writing
    finally:
        await _ended(writing)


async def _ended(writing: asyncio.Task[None] | None) -> None:
    """Nothing goes on behind the caller's back, whose transaction is about to be undone."""
    if writing is not None and not writing.done():
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
