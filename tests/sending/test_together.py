"""Calls that come together are done together, and what one breaks is not the others' fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from acuerdo.service.together import Together


class Desk:
    """Doubles numbers, some at once; it cannot do odd ones."""

    def __init__(self) -> None:
        self.lots: list[list[int]] = []

    async def double(self, numbers: Sequence[int]) -> list[int]:
        self.lots.append(list(numbers))
        await asyncio.sleep(0)
        if any(number % 2 for number in numbers):
            raise ValueError("odd")
        return [number * 2 for number in numbers]


async def test_calls_of_one_moment_are_one_lot_and_each_has_its_own_answer() -> None:
    desk = Desk()
    together = Together(desk.double, 3)
    assert await asyncio.gather(*(together(n) for n in (2, 4, 6, 8))) == [4, 8, 12, 16]
    assert desk.lots == [[2, 4, 6], [8]]
    assert await together(10) == 20


async def test_of_a_lot_that_fails_only_the_one_that_cannot_be_done_raises() -> None:
    desk = Desk()
    together = Together(desk.double, 10)
    answers = await asyncio.gather(*(together(n) for n in (2, 3, 4)), return_exceptions=True)
    assert (answers[0], answers[2]) == (4, 8)
    assert isinstance(answers[1], ValueError)
    assert desk.lots == [[2, 3, 4], [2], [3], [4]]


async def test_who_gives_up_waiting_holds_nobody_up() -> None:
    desk = Desk()
    together = Together(desk.double, 10)
    one, other = asyncio.create_task(together(2)), asyncio.create_task(together(4))
    await asyncio.sleep(0)
    one.cancel()
    assert await other == 8
    with pytest.raises(asyncio.CancelledError):
        await one
