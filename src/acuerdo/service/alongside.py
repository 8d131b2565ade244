"""Work of the processor done in processes of their own, so that it uses every core; what they make comes in order."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import BinaryIO, TypeVar

import msgspec

from acuerdo.core.words import AcuerdoError

T = TypeVar("T")
PIPE = 1 << 20  # bytes that may lie ready in a pipe, where the system allows it
DATA, REFUSED, BROKEN, END = b"d", b"r", b"b", b"e"


class Broken(AcuerdoError):
    """A process that worked alongside ended before its work did; nothing of what it made is kept."""


class _Worker(msgspec.Struct, frozen=True):
    process: int
    out: BinaryIO


def alongside(
    work: Callable[[int, int], Iterator[T]], kind: type[T], processes: int, refusal: type[AcuerdoError] = AcuerdoError
) -> Iterator[T]:
    """What `work(n, processes)` yields for each n, taken in turns: so work n does the parts n, n + processes, ...

    Each runs in a copy of this process (fork), touches nothing but what it computes, and hands over `kind`, a
    msgspec.Struct. With one process, or where the system cannot fork, all is done here. An AcuerdoError of the work is
    raised here as a `refusal`; Broken where a process ends in another way.
    """
    if processes < 2 or not hasattr(os, "fork"):
        yield from work(0, 1)
        return
    decoder = msgspec.msgpack.Decoder(kind)
    workers: list[_Worker] = []
    try:
        # What is there already is left alone by the copies' collectors, so that its pages stay shared.
        gc.freeze()
        for nth in range(processes):
            workers.append(_started(work, nth, processes, workers))
        gc.unfreeze()
        turn = 0
        while (body := _next(workers[turn], refusal)) is not None:
            yield decoder.decode(body)
            turn = (turn + 1) % processes
    finally:
        for worker in workers:
            _end(worker)


def _started(work: Callable[[int, int], Iterator[T]], nth: int, of: int, others: list[_Worker]) -> _Worker:
    out, into = os.pipe()
    with suppress(OSError, AttributeError):
        fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, PIPE)  # a system's own limit may be less
    process = os.fork()
    if process:
        os.close(into)
        return _Worker(process, os.fdopen(out, "rb", buffering=PIPE))
    try:
        # Whoever reads must be alone in holding the reading end: its end then ends the writer too.
        for descriptor in (out, *(other.out.fileno() for other in others)):
            os.close(descriptor)
        _run(work, nth, of, into)
    finally:
        os._exit(0)  # nothing of the copied process is to be tidied up: it is not ours


def _run(work: Callable[[int, int], Iterator[T]], nth: int, of: int, into: int) -> None:
    # Signals are the reading process's affair, and its loop must not hear of ours.
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with os.fdopen(into, "wb", buffering=0) as pipe, suppress(BrokenPipeError):
        encoder = msgspec.msgpack.Encoder()
        try:
            for made in work(nth, of):
                _put(pipe, DATA, encoder.encode(made))
            _put(pipe, END, b"")
        except AcuerdoError as error:
            _put(pipe, REFUSED, str(error).encode())
        except BrokenPipeError:
            raise
        except Exception:
            _put(pipe, BROKEN, traceback.format_exc(limit=3).encode())


def _put(pipe: BinaryIO, mark: bytes, body: bytes) -> None:
    rest = memoryview(mark + len(body).to_bytes(4) + body)
    while rest:
        rest = rest[pipe.write(rest) :]


def _next(worker: _Worker, refusal: type[AcuerdoError]) -> bytes | None:
    head = worker.out.read(5)
    body = worker.out.read(int.from_bytes(head[1:])) if len(head) == 5 else b""
    match head[:1]:
        case b"d":
            return body
        case b"e":
            return None
        case b"r":
            raise refusal(body.decode())
        case b"b":
            raise Broken(f"a process that read the file failed: {body.decode()}")
    raise Broken("a process that read the file was ended from outside; import the file again")


def _end(worker: _Worker) -> None:
    worker.out.close()
    with suppress(ProcessLookupError):
        os.kill(worker.process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(worker.process, 0)
