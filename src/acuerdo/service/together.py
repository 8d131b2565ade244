"""Calls that come at the same moment, done at once: one transaction for many."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

A = TypeVar("A")
R = TypeVar("R")


class Together(Generic[A, R]):
    """Gathers calls and does up to `most` of them by one call of `work`, which answers each in its place.

    Nobody waits for company: what comes while one lot is done makes the next one. Where a lot fails it is done again
    one by one, so that only the call that cannot be done raises; so `work` must leave nothing behind when it raises.
    """

    def __init__(self, work: Callable[[Sequence[A]], Awaitable[Sequence[R]]], most: int) -> None:
        self._work, self._most = work, most
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: A) -> R:
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())
        return await answer

    async def _run(self) -> None:
        try:
            await asyncio.sleep(0)  # those who call in the same breath
            while self._waiting:
                lot = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                try:
                    await self._do(lot)
                finally:
                    for _, answer in lot:
                        answer.cancel()  # of one that was answered this changes nothing
        finally:
            self._worker = None
            while self._waiting:  # the process ends
                self._waiting.popleft()[1].cancel()

    async def _do(self, lot: Sequence[tuple[A, asyncio.Future[R]]]) -> None:
        try:
            results = await self._work([item for item, _ in lot])
        except Exception as why:
            if len(lot) == 1:
                _fail(lot[0][1], why)
                return
            for one in lot:
                await self._do([one])
            return
        for (_, answer), result in zip(lot, results, strict=True):
            if not answer.done():  # nobody waits for it any more
                answer.set_result(result)


def _fail(answer: asyncio.Future[R], why: Exception) -> None:
    if not answer.done():
        answer.set_exception(why)
