"""Work of the processor done in processes of their own, so that it uses every core; what they make comes in order."""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import stat
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import BinaryIO, TypeVar

import msgspec

from acuerdo.core.words import AcuerdoError

T = TypeVar("T")
PIPE = 1 << 20  # bytes that may lie ready in a pipe, where the system allows it
DATA, REFUSED, BROKEN, END = b"d", b"r", b"b", b"e"
LOOK_EVERY = 1.0  # seconds after which it is seen whether a silent process is still there
# A copy of a process with threads may wait for ever for what another thread held when it was made: a lock, a module
# half imported. Seconds of silence, a hundred times what a part takes, after which its work is done here instead.
PATIENCE = 30.0
_one_copy = threading.Lock()  # else a copy made meanwhile by another thread would hold this one's pipe open


class Broken(AcuerdoError):
    """A process that worked alongside ended before its work did; nothing of what it made is kept."""


class _Silent(Exception):
    """A process is there, and says nothing."""


class _Worker(msgspec.Struct):
    process: int
    out: int
    ready: bytearray = msgspec.field(default_factory=bytearray)


def alongside(
    work: Callable[[int, int], Iterator[T]], kind: type[T], processes: int, refusal: type[AcuerdoError] = AcuerdoError
) -> Iterator[T]:
    """What `work(n, processes)` yields for each n, taken in turns: so work n does the parts n, n + processes, ...

    Each runs in a copy of this process (fork), touches nothing but what it computes, and hands over `kind`, a
    msgspec.Struct. With one process, or where the system cannot make a copy, all is done here; and what a copy should
    have made, where it stays silent. So `work` makes the same parts each time. An AcuerdoError of the work is raised
    here as a `refusal`; Broken where a process ends in another way.
    """
    workers = _all_started(work, processes) if processes > 1 and hasattr(os, "fork") else []
    if not workers:
        yield from work(0, 1)
        return
    try:
        makers = [_made(work, nth, workers, kind, refusal) for nth in range(processes)]
        turn = 0
        while (made := next(makers[turn], None)) is not None:
            yield made
            turn = (turn + 1) % processes
    finally:
        for worker in workers:
            _end(worker)


def _made(
    work: Callable[[int, int], Iterator[T]], nth: int, workers: list[_Worker], kind: type[T],
    refusal: type[AcuerdoError],
) -> Iterator[T]:  # fmt: skip
    """The parts of one of them, as they come; those that do not come are made here."""
    decoder, came = msgspec.msgpack.Decoder(kind), 0
    try:
        while (body := _next(workers[nth], refusal)) is not None:
            yield decoder.decode(body)
            came += 1
    except _Silent:
        os.kill(workers[nth].process, signal.SIGKILL)
        yield from islice(work(nth, len(workers)), came, None)


def _all_started(work: Callable[[int, int], Iterator[T]], processes: int) -> list[_Worker]:
    """The copies; none where the system has no room for all of them."""
    workers: list[_Worker] = []
    # What is there already is left alone by the copies' collectors, so that its pages stay shared.
    gc.freeze()
    try:
        for nth in range(processes):
            workers.append(_started(work, nth, processes))
    except OSError:
        for worker in workers:
            _end(worker)
        return []
    finally:
        gc.unfreeze()
    return workers


def _started(work: Callable[[int, int], Iterator[T]], nth: int, of: int) -> _Worker:
    with _one_copy:
        out, into = os.pipe()
        with suppress(OSError, AttributeError):
            fcntl.fcntl(into, fcntl.F_SETPIPE_SZ, PIPE)  # a system's own limit may be less
        try:
            process = os.fork()
        except OSError:
            os.close(out)
            os.close(into)
            raise
        if process:
            os.close(into)
            return _Worker(process, out)
    try:
        _alone_with(into)
        _run(work, nth, of, into)
    finally:
        os._exit(0)  # nothing of the copied process is to be tidied up: it is not ours


def _alone_with(into: int) -> None:
    """Lets go of every pipe and connection of the copied process but this one; files stay, as they are read from.

    Whoever reads must be alone in holding the reading end, so that its end ends the writer too; and nobody who reads
    what that process prints may have to wait for this one.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    for descriptor in _open():
        with suppress(OSError):
            mode = os.fstat(descriptor).st_mode
            if descriptor not in (0, 1, 2, into) and (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
                os.close(descriptor)


def _open() -> Iterable[int]:
    try:
        return [int(name) for name in os.listdir("/dev/fd")]
    except OSError:  # a system that does not list them
        return range(3, 4096)


def _run(work: Callable[[int, int], Iterator[T]], nth: int, of: int, into: int) -> None:
    # Signals are the reading process's affair, and its loop must not hear of ours.
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for deadly in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(deadly, signal.SIG_DFL)
    with os.fdopen(into, "wb", buffering=0) as pipe, suppress(BrokenPipeError):
        encoder = msgspec.msgpack.Encoder()
        try:
            for made in _timed(work(nth, of)):
                _put(pipe, DATA, encoder.encode(made))
            _put(pipe, END, b"")
        except AcuerdoError as error:
            _put(pipe, REFUSED, str(error).encode())
        except BrokenPipeError:
            raise
        except Exception:
            _put(pipe, BROKEN, traceback.format_exc(limit=3).encode())


def _timed(parts: Iterator[T]) -> Iterator[T]:
    """The parts; the system ends this process where one is not made in time, though nobody reads any more."""
    while True:
        signal.alarm(1 + int(2 * PATIENCE))
        made = next(parts, None)
        signal.alarm(0)  # to wait for whoever reads is no fault
        if made is None:
            return
        yield made


def _put(pipe: BinaryIO, mark: bytes, body: bytes) -> None:
    rest = memoryview(mark + len(body).to_bytes(4) + body)
    while rest:
        rest = rest[pipe.write(rest) :]


def _next(worker: _Worker, refusal: type[AcuerdoError]) -> bytes | None:
    head = _read(worker, 5)
    body = _read(worker, int.from_bytes(head[1:])) if len(head) == 5 else b""
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


def _read(worker: _Worker, many: int) -> bytes:
    """So many bytes of what a process says, fewer where it ended. Raises _Silent."""
    heard = time.monotonic()
    while len(worker.ready) < many:
        if _says(worker, LOOK_EVERY):
            if not (more := os.read(worker.out, PIPE)):
                break
            worker.ready += more
            heard = time.monotonic()
        elif _ended(worker) and not _says(worker, 0):
            break  # somebody else holds its pipe open
        elif time.monotonic() - heard > PATIENCE:
            raise _Silent
    found = bytes(worker.ready[:many])
    del worker.ready[:many]
    return found


def _says(worker: _Worker, seconds: float) -> bool:
    waiting = select.poll()
    waiting.register(worker.out, select.POLLIN)
    return bool(waiting.poll(seconds * 1000))


def _ended(worker: _Worker) -> bool:
    return os.waitid(os.P_PID, worker.process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end(worker: _Worker) -> None:
    os.close(worker.out)
    with suppress(ProcessLookupError):
        os.kill(worker.process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(worker.process, 0)
