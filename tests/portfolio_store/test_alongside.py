"""What processes alongside make comes in order, and their errors are ours."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import msgspec
import psutil
import pytest

from acuerdo.core.portfolio.records import FileError
from acuerdo.service.alongside import Broken, alongside


class Part(msgspec.Struct, frozen=True):
    number: int


def parts(nth: int, of: int) -> Iterator[Part]:
    yield from (Part(number) for number in range(nth, 11, of))


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_parts_come_in_order_whoever_makes_them(processes: int) -> None:
    assert [one.number for one in alongside(parts, Part, processes)] == list(range(11))


def test_a_fault_of_the_file_is_raised_here_as_one() -> None:
    def refused(nth: int, of: int) -> Iterator[Part]:
        yield Part(nth)
        raise FileError("la hoja no se puede leer")

    with pytest.raises(FileError, match="la hoja"):
        list(alongside(refused, Part, 2, FileError))


@pytest.mark.parametrize("how", ["raises", "killed"])
def test_a_process_that_breaks_is_told_of(how: str) -> None:
    def broken(nth: int, of: int) -> Iterator[Part]:
        yield Part(nth)
        if how == "raises":
            raise ZeroDivisionError
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(Broken):
        list(alongside(broken, Part, 2))


def test_whoever_stops_reading_ends_them() -> None:
    before = set(psutil.Process().children())
    batches = alongside(parts, Part, 2)
    assert next(batches).number == 0
    assert set(psutil.Process().children()) - before
    batches.close()  # type: ignore[attr-defined]  # it is a generator
    assert not set(psutil.Process().children()) - before
