"""What processes alongside make comes in order, and their errors are ours."""

from __future__ import annotations

import concurrent.futures
import gc
import importlib
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import msgspec
import psutil
import pytest

from acuerdo.adapters.files.opening import open_path
from acuerdo.adapters.store.portfolio import StoredPortfolio
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.core.portfolio.records import FileError
from acuerdo.service.alongside import Broken, alongside
from acuerdo.service.importing import import_portfolio

from .portfolio_cases import NOW, RING, creditor_in, csv_of


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


def test_what_a_process_that_waits_for_ever_should_make_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy has only the thread that made it: what another one held then, nobody lets go of there."""
    monkeypatch.setattr("acuerdo.service.alongside.PATIENCE", 0.3)
    monkeypatch.setattr("acuerdo.service.alongside.LOOK_EVERY", 0.1)
    held, me, over = threading.Lock(), os.getpid(), threading.Event()

    def holds() -> None:
        with held:
            holding.set()
            over.wait(30)

    def stuck(nth: int, of: int) -> Iterator[Part]:
        for part in parts(nth, of):
            if part.number == 5 and os.getpid() != me:
                held.acquire()
            yield part

    holding = threading.Event()
    holder = threading.Thread(target=holds)
    holder.start()
    holding.wait()
    before = set(psutil.Process().children())
    try:
        assert [one.number for one in alongside(stuck, Part, 2)] == list(range(11))
    finally:
        over.set()
        holder.join()
    assert not set(psutil.Process().children()) - before


def test_one_that_is_killed_is_told_of_also_where_another_process_holds_its_pipe() -> None:
    with concurrent.futures.ThreadPoolExecutor() as pool, tempfile.TemporaryDirectory() as folder:
        started = Path(folder) / "started"

        def killed(nth: int, of: int) -> Iterator[Part]:
            yield Part(nth)
            if os.fork() == 0:  # has everything that this one has, and goes on
                started.touch()
                time.sleep(8)
                os._exit(0)
            while not started.exists():
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGKILL)

        began = time.monotonic()
        with pytest.raises(Broken, match="ended from outside"):
            pool.submit(list, alongside(killed, Part, 2)).result()
        assert time.monotonic() - began < 6


def test_one_whose_reader_was_killed_ends_though_it_waits_for_ever_and_holds_up_nobody(tmp_path: Path) -> None:
    """A process of ours whose copies are stuck is killed: whoever reads what it prints is at its end all the same."""
    script = tmp_path / "reader.py"
    script.write_text(STUCK)
    reader = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, env=_paths())
    assert reader.stdout is not None
    copies = [psutil.Process(int(reader.stdout.readline())) for _ in range(2)]
    reader.kill()
    assert reader.communicate(timeout=5) == (b"", None)
    assert not psutil.wait_procs(copies, timeout=10)[1]


STUCK = """
import os, threading
from acuerdo.service import alongside
alongside.PATIENCE = 1.0
let_go = alongside._alone_with
def tells(into):
    os.write(1, b"%d\\n" % os.getpid())
    let_go(into)
alongside._alone_with = tells
def stuck(nth, of):
    threading.Event().wait()
    yield
list(alongside.alongside(stuck, int, 2))
"""


def _paths() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def test_two_hundred_times_from_threads_of_a_process_whose_others_are_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads that take what a copy wants (modules, the logs' locks, standard error) at every moment."""
    monkeypatch.setattr("acuerdo.service.alongside.PATIENCE", 0.2)
    monkeypatch.setattr("acuerdo.service.alongside.LOOK_EVERY", 0.05)
    monkeypatch.syspath_prepend(tmp_path)
    names = [f"slow_to_import_{nth}" for nth in range(3)]
    for name in names:
        (tmp_path / f"{name}.py").write_text("import time\ntime.sleep(0.0005)\n")
    over, me = threading.Event(), os.getpid()

    def busy(name: str) -> None:
        while not over.is_set():
            sys.modules.pop(name, None)
            importlib.import_module(name)
            logging.getLogger(name).debug("imported")
            sys.stderr.write("")
            gc.collect(0)
            time.sleep(0.003)

    def needs(nth: int, of: int) -> Iterator[Part]:
        for part in parts(nth, of):
            if os.getpid() != me:
                logging.getLogger("needs").debug("%s", part)
                importlib.import_module(names[part.number % 3])
            yield part

    def once(_: int) -> bool:
        return [one.number for one in alongside(needs, Part, 2)] == list(range(11))

    before = set(psutil.Process().children())
    with concurrent.futures.ThreadPoolExecutor(3) as others, concurrent.futures.ThreadPoolExecutor(4) as pool:
        theirs = [others.submit(busy, name) for name in names]
        try:
            assert all(pool.map(once, range(200)))
        finally:
            over.set()
        assert [one.result() for one in theirs] == [None] * 3
    assert not set(psutil.Process().children()) - before


async def test_a_file_on_the_disk_is_read_by_copies_too(
    db: asyncpg.Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They let go of connections and pipes, and not of the file."""
    monkeypatch.setattr("acuerdo.service.importing._readers", lambda opened: 2)
    path = tmp_path / "cartera.csv"
    path.write_bytes(csv_of(*(f"A{n};Ana Ejemplo;{52345678 + n};;;tarjeta;9000;22;2026-11-23" for n in range(4100))))
    opened = open_path(path, PORTFOLIO, None, "CO", NOW.date())
    report = await import_portfolio(StoredPortfolio(db, RING), await creditor_in(db), opened, path.name, NOW)
    assert (report.added, report.set_aside) == (4100, 0)


def test_whoever_stops_reading_ends_them() -> None:
    before = set(psutil.Process().children())
    batches = alongside(parts, Part, 2)
    assert next(batches).number == 0
    assert set(psutil.Process().children()) - before
    batches.close()  # type: ignore[attr-defined]  # it is a generator
    assert not set(psutil.Process().children()) - before
