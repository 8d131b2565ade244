"""The database, ready to use: a server named in the settings, or our own, which the last process out stops."""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType
from typing import NamedTuple
from urllib.parse import quote

from acuerdo.adapters.store import cluster as cluster_
from acuerdo.adapters.store.cluster import DATABASE, ROLE, CannotStart, Cluster, Say
from acuerdo.adapters.store.placement import make_folder, place
from acuerdo.adapters.store.scratch import scratch
from acuerdo.service.settings import Settings

__all__ = ["Database", "database", "scratch"]


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


class Database:
    """A database in use. While any process holds one on a data folder, its server runs; the last `close` stops it.

    `url` is what asyncpg connects to. It holds no password for our own server: the system vouches for its users.
    """

    def __init__(self, url: str, own: _Own | None = None, say: Say = _tell) -> None:
        self.url = url
        self._own = own
        self._say = say
        self._process = os.getpid()

    @classmethod
    def open(cls, settings: Settings, say: Say = _tell) -> Database:
        """Joins the running server or starts it; blocks until it answers, however long recovery takes.

        Any number of processes may do so at once. Raises NoPostgres, WrongVersion or CannotStart.
        """
        if settings.database_url is not None:
            return cls(settings.database_url)
        make_folder(settings.data_dir)
        with _alone(settings.data_dir, say):
            found = place(settings.data_dir, settings.postgres_bin)
            users = _lock_file(settings.data_dir / "server.users")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                alive = _ensure(found, say)
            except BaseException:
                os.close(users)
                raise
        opened = cls(url_of(alive.socket_dir), _Own(found, settings.data_dir, users), say)
        atexit.register(opened.close)
        _heed_signals()
        return opened

    @property
    def cluster(self) -> Cluster | None:
        """Our own server's files and programs, or None for a server named in the settings."""
        return self._own.cluster if self._own else None

    def running(self) -> bool:
        """Whether our own server's process is there; True for a server named in the settings, not ours to watch."""
        return self._own is None or cluster_.running(self._own.cluster.data) is not None

    def revive(self) -> None:
        """Starts our own server again if it was killed or stopped; where it runs, does nothing."""
        if self._own is not None:
            with _alone(self._own.folder, self._say):
                self.url = url_of(_ensure(self._own.cluster, self._say).socket_dir)

    def stop(self) -> None:
        """Stops our own server now, whoever uses it (for maintenance and for tests); `revive` starts it again."""
        if self._own is not None:
            with _alone(self._own.folder, self._say):
                cluster_.stop(self._own.cluster, self._say)

    def close(self) -> None:
        """Leaves the database; the last one out stops the server. A second call, or a forked child's, does nothing."""
        own, self._own = self._own, None
        if own is None or self._process != os.getpid():
            return
        atexit.unregister(self.close)
        if not own.folder.exists():  # removed under us, and then PostgreSQL ends by itself
            os.close(own.users)
            return
        with _alone(own.folder, self._say):
            try:
                fcntl.flock(own.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster_.stop(own.cluster, self._say)
                cluster_.tidy(own.cluster)
            except BlockingIOError:
                pass  # others are in: the last of them stops it
            finally:
                os.close(own.users)

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Own(NamedTuple):
    cluster: Cluster
    folder: Path
    users: int


@asynccontextmanager
async def database(settings: Settings, *, say: Say = _tell, watch: bool = False) -> AsyncIterator[str]:
    """The url of a database that answers, for as long as the block lasts.

    With `watch`, our own server is started again when something kills it. Raises as `Database.open` does.
    """
    opened = await asyncio.to_thread(Database.open, settings, say)
    _heed_signals()
    watcher = asyncio.create_task(_watch(opened, say)) if watch else None
    try:
        yield opened.url
    finally:
        if watcher is not None:
            watcher.cancel()
        await asyncio.to_thread(opened.close)


async def _watch(opened: Database, say: Say, every: float = 1.0) -> None:
    while opened.cluster is not None:
        await asyncio.sleep(every)
        if not opened.running():
            try:
                await asyncio.to_thread(opened.revive)
            except CannotStart as why:
                say(str(why))


def url_of(socket_dir: str, name: str = DATABASE) -> str:
    """The url of a database of our own server."""
    return f"postgresql://{ROLE}@/{name}?host={quote(socket_dir)}"


def _ensure(cluster: Cluster, say: Say) -> cluster_.Alive:
    """The running server, made and started if need be; the caller is alone."""
    if not cluster_.made(cluster):
        say(f"Making the database in {cluster.home} (PostgreSQL {cluster.binaries.major}, {cluster.binaries.origin})")
        cluster_.make(cluster)
    alive = cluster_.running(cluster.data)
    if alive is not None and alive.status == "stopping":
        cluster_.wait_gone(cluster, say)
        alive = None
    return cluster_.start(cluster, say) if alive is None else cluster_.wait_ready(cluster, alive.pid, say)


@contextmanager
def _alone(folder: Path, say: Say) -> Iterator[None]:
    """Starting and stopping happen one process at a time; the system frees the lock of a process that dies."""
    descriptor = _lock_file(folder / "server.lock")
    try:
        told = time.monotonic()
        while not _taken(descriptor):
            if (now := time.monotonic()) - told > cluster_.QUIET:
                told = now
                say("Waiting for another process to start or stop the database")
            time.sleep(0.01)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _lock_file(path: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as why:
        raise CannotStart(f"{path} cannot be opened ({why.strerror}); it belongs to another user: chown it") from None
    if os.geteuid() == 0:  # a visit of root's must not shut the folder's owner out
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return descriptor


def _heed_signals() -> None:
    """Makes an order to end run the exit handlers; a handler that someone else has set stays."""
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _leave)


def _leave(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)
