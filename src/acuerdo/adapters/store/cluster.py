"""One PostgreSQL data folder of ours: made, started, watched until it is ready, and stopped, with readable errors."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil

from acuerdo.adapters.store.binaries import Binaries
from acuerdo.core.words import AcuerdoError

Say = Callable[[str], None]

DATABASE = "acuerdo"
ROLE = "acuerdo"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET = 103  # bytes; macOS allows one less than Linux's 107 with room for the closing zero
QUIET = 2.0  # seconds before a wait is worth a word
NOBODYS_PID = str(2**31 - 2)  # beyond what any system gives
PATIENCE = 30.0  # seconds for the last backends of a killed server to notice and go

# Written once, at the end of postgresql.conf, where an operator may change them.
TUNING = """
# Acuerdo's choices for a small machine; change them as you like.
max_connections = 100
shared_buffers = 128MB
effective_cache_size = 1GB
work_mem = 8MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 1
autovacuum_naptime = 20s
"""

# Given at every start, because a promise depends on them: durability, no network, no personal data in the log.
HELD = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_startup_progress_interval": "1s",
}

CURES = {
    "No space left on device": "The disk is full: free some space there and start again; nothing is lost.",
    "Permission denied": "The folder, or something in it, belongs to another user: give it back with chown, "
    "or run as the user who made it.",
    "Read-only file system": "The folder cannot be written: choose another with ACUERDO_DATA_DIR.",
    "user does not exist": "This system user has no name, and PostgreSQL asks for one: add the user to /etc/passwd, "
    "run as another, or name a running server in ACUERDO_DATABASE_URL.",
    "could not create shared memory segment": "The machine refuses shared memory: in a container, give it more "
    "(--shm-size=256m).",
    "could not resize shared memory segment": "Shared memory is full: in a container, give it more (--shm-size=256m).",
    "Cannot allocate memory": "There is too little memory: lower shared_buffers in the folder's postgresql.conf.",
    "is still in use": "A killed server left processes that still work on these data: wait for them, or end them "
    "(ps ax | grep postgres).",
    "invalid value for parameter": "A line of the folder's postgresql.conf is wrong: mend or remove it.",
    "contains errors": "A line of the folder's postgresql.conf is wrong: mend or remove it.",
}


class CannotStart(AcuerdoError):
    """Our database server did not start; the text says why, where its log is and how to mend it."""


class User(msgspec.Struct, frozen=True):
    """The system user as whom the server runs when we are root, which PostgreSQL refuses to run as."""

    uid: int
    gid: int
    name: str


class Cluster(msgspec.Struct, frozen=True):
    """A data folder, the programs that serve it, and the user who owns it (None: whoever we are)."""

    home: Path
    binaries: Binaries
    user: User | None = None

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def log(self) -> Path:
        return self.home / "server.log"


class Alive(msgspec.Struct, frozen=True):
    """A running server: its process, whether it answers yet, and the folder of its socket."""

    pid: int
    status: str
    socket_dir: str


def running(data: Path) -> Alive | None:
    """The server that runs on this data folder now, or None; a pid file left by another process does not count."""
    lines = _pid_file(data)
    if not lines or not is_postmaster(int(lines[0]), data):
        return None
    at = dict(enumerate(lines))
    return Alive(int(lines[0]), at.get(7, "starting").strip(), at.get(4, "").strip())


def _pid_file(data: Path) -> list[str]:
    """The lines of postmaster.pid: pid, folder, start, port, socket folder, address, shared memory, status."""
    try:
        lines = (data / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether this process is the server of this data folder, by its command line and working folder."""
    try:
        process = psutil.Process(pid)
        command = process.cmdline()
        if process.status() == psutil.STATUS_ZOMBIE or not command:
            return False
        if os.path.basename(command[0]) not in ("postgres", "postmaster"):
            return False
        return _works_in(process, data) or str(data) in command
    except psutil.Error:  # gone, or another user's: ours is of the owner of the data
        return False


def _works_in(process: psutil.Process, data: Path) -> bool:
    try:
        return os.path.samefile(process.cwd(), data)
    except (psutil.AccessDenied, OSError):
        return False


def made(cluster: Cluster) -> bool:
    return (cluster.data / "PG_VERSION").exists()


def version_of(home: Path) -> int | None:
    """The major version of PostgreSQL that made the data, or None where there is none yet."""
    try:
        return int((home / "data" / "PG_VERSION").read_text().strip().split(".")[0])
    except FileNotFoundError:
        return None


def make(cluster: Cluster) -> None:
    """Makes the data folder, whole or not at all: built beside and renamed when complete. Raises CannotStart."""
    try:
        _make(cluster)
    except OSError as why:
        raise CannotStart(explained("making the database", str(why), cluster.home)) from None


def _make(cluster: Cluster) -> None:
    half = cluster.home / "data.half"
    if half.exists():
        shutil.rmtree(half)
    _make_with_locale(cluster, half)
    with (half / "postgresql.conf").open("a") as conf:
        conf.write(TUNING)
    said = _run(cluster, "postgres", "--single", "-D", str(half), "postgres", typed=BOOTSTRAP)
    if "ERROR:" in said or "FATAL:" in said:
        raise CannotStart(explained("making the database", said, cluster.home))
    half.rename(cluster.data)


# The owner of everything is not a superuser: the server's own superuser is kept for its administration.
BOOTSTRAP = f"CREATE ROLE {ROLE} LOGIN CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"


def _make_with_locale(cluster: Cluster, half: Path) -> None:
    """The builtin provider sorts the same on every machine; before 17 the C library's C.UTF-8 is the nearest."""
    builtin = ["--locale-provider=builtin"] if cluster.binaries.major >= 17 else []
    plain = ["--builtin-locale=C.UTF-8"] if builtin else []
    common = ["-D", str(half), "-U", "postgres", "-E", "UTF8", "--auth=peer", *builtin]
    try:
        _run(cluster, "initdb", *common, "--locale=C.UTF-8")
    except CannotStart as why:
        if "locale" not in str(why):
            raise
        _run(cluster, "initdb", *common, "--locale=C", *plain)


def _run(cluster: Cluster, program: str, *arguments: str, typed: str = "") -> str:
    """Runs one of the server's programs as its user; returns what it said, raises CannotStart if it failed."""
    try:
        ran: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - the server's own programs, arguments of ours
            [cluster.binaries.program(program), *arguments], input=typed, capture_output=True, text=True, check=False,
            cwd=cluster.home, env=_environment(), umask=0o077, **_as(cluster.user),
        )  # fmt: skip
    except OSError as why:
        raise CannotStart(explained(program, str(why), cluster.home)) from None
    if ran.returncode != 0:
        raise CannotStart(explained(program, ran.stderr or ran.stdout, cluster.home))
    return ran.stdout + ran.stderr


def _as(user: User | None) -> dict[str, Any]:
    return {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}


def _environment() -> dict[str, str]:
    """No PG* variable of the caller may reach the server, and its messages are in English so that we can read them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return {**kept, "LC_ALL": "C"}


def explained(doing: str, said: str, home: Path) -> str:
    """An error's text: what failed, the last that was said, and the cure where one is known."""
    cure = next((cure for sign, cure in CURES.items() if sign in said), "")
    last = "\n".join(f"  {line}" for line in said.strip().splitlines()[-8:])
    return f"The database server in {home} failed ({doing}):\n{last}\n{cure}".rstrip()


def start(cluster: Cluster, say: Say) -> Alive:
    """Starts the server, which must not be running, and waits until it answers, however long recovery takes.

    Raises CannotStart. A server killed a moment ago may leave processes that still finish: they are waited for.
    """
    began = time.monotonic()
    while True:
        try:
            return _start_once(cluster, say)
        except OSError as why:
            raise CannotStart(explained("starting", str(why), cluster.home)) from None
        except CannotStart as why:
            if "is still in use" not in str(why) or time.monotonic() - began > PATIENCE:
                raise
            time.sleep(0.2)


def _start_once(cluster: Cluster, say: Say) -> Alive:
    _disown(cluster)
    _write_access(cluster)
    sockets = socket_dir(cluster)
    _clear_socket(sockets)
    _turn_log(cluster.log)
    before = _size(cluster.log)
    return wait_ready(cluster, _launch(cluster, sockets), say, before)


def _disown(cluster: Cluster) -> None:
    """Where a dead server's pid is another process's by now, PostgreSQL would refuse to start: puts one of nobody's.

    The file stays, as its line on shared memory is how PostgreSQL notices survivors of the dead server.
    """
    lines = _pid_file(cluster.data)
    if lines and psutil.pid_exists(int(lines[0])):
        _write(cluster, "postmaster.pid", "\n".join([NOBODYS_PID, *lines[1:]]) + "\n")


def socket_dir(cluster: Cluster) -> Path:
    """Where the socket goes: beside the data, or in a short private folder where that path is too long or odd."""
    beside = cluster.home / "run"
    if fits(beside):
        beside.mkdir(mode=0o700, exist_ok=True)
        return _owned(beside, cluster.user)
    note = cluster.home / "socket_dir"
    noted = Path(note.read_text()) if note.exists() else None
    if noted is not None and noted.is_dir() and noted.stat().st_uid == cluster.data.stat().st_uid:
        return noted
    fresh = next(folder for folder in map(Path, _short_folders()) if fits(folder / ("acuerdo-" + "x" * 8)))
    made = _owned(Path(tempfile.mkdtemp(prefix="acuerdo-", dir=fresh)), cluster.user)
    note.write_text(str(made))
    _owned(note, cluster.user)
    return made


def _short_folders() -> list[str]:
    return [tempfile.gettempdir(), "/tmp"]  # noqa: S108 - a private folder is made inside


def fits(folder: Path) -> bool:
    """Whether a socket in this folder can be named: short enough, and without what host lists are cut at."""
    text = str(folder)
    return len(os.fsencode(folder)) + 1 + len(SOCKET) <= LONGEST_SOCKET and not set(text) & set(",\"'\\")


def _owned(path: Path, user: User | None) -> Path:
    if user is not None:
        os.chown(path, user.uid, user.gid)
    return path


def _clear_socket(folder: Path) -> None:
    """A socket's lock left by a killed server names a pid that may be another process's by now."""
    for name in (SOCKET, SOCKET + ".lock"):
        (folder / name).unlink(missing_ok=True)


def _write_access(cluster: Cluster) -> None:
    """Who may connect: through the socket, those whom the system vouches for (no password to keep or to leak)."""
    owner = pwd.getpwuid(cluster.data.stat().st_uid).pw_name
    names = sorted({owner, "root", pwd.getpwuid(os.geteuid()).pw_name})
    _write(cluster, "pg_hba.conf", "local all all peer map=house\n")
    _write(
        cluster, "pg_ident.conf", "".join(f'house "{name}" {role}\n' for name in names for role in (ROLE, "postgres"))
    )


def _write(cluster: Cluster, name: str, text: str) -> None:
    fresh = cluster.data / f"{name}.half"
    fresh.write_text(text)
    fresh.chmod(0o600)
    _owned(fresh, cluster.user).rename(cluster.data / name)


def _turn_log(log: Path, largest: int = 5_000_000) -> None:
    if _size(log) > largest:
        log.rename(log.with_suffix(".log.1"))


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _launch(cluster: Cluster, sockets: Path) -> int:
    """Starts the server in a session of its own, a child of nobody, so that it outlives us and our Ctrl-C."""
    held = {**HELD, "unix_socket_directories": str(sockets)}
    options = [part for name, value in held.items() for part in ("-c", f"{name}={value}")]
    command = shlex.join([cluster.binaries.program("postgres"), "-D", str(cluster.data), *options])
    script = f"{command} >>{shlex.quote(str(cluster.log))} 2>&1 </dev/null & echo $!"
    ran = subprocess.run(  # noqa: S603 - a quoted command of ours
        ["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True, check=True, start_new_session=True,
        cwd=cluster.home, env=_environment(), umask=0o077, **_as(cluster.user),
    )  # fmt: skip
    return int(ran.stdout)


def wait_ready(cluster: Cluster, pid: int, say: Say, before: int = 0) -> Alive:
    """Waits until the server of this pid answers, saying how recovery goes; raises CannotStart if it dies."""
    told = began = time.monotonic()
    while True:
        alive = running(cluster.data)
        if alive is not None and alive.status == "ready":
            return alive
        if not _exists(pid):
            raise CannotStart(
                explained("starting", tail(cluster.log, before), cluster.home) + f"\nIts log: {cluster.log}"
            )
        if (now := time.monotonic()) - told > QUIET:
            told = now
            last = (tail(cluster.log, before).strip().splitlines() or ["starting"])[-1]
            say(f"Waiting for the database, {now - began:.0f} s: {last.split('] ', 1)[-1]}")
        time.sleep(0.01 if now - began < 1 else 0.1)


def _exists(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def tail(log: Path, since: int = 0) -> str:
    """The end of the server's log, from a position in bytes, at most some thousands of them."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, _size(log) - 8000))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def stop(cluster: Cluster, say: Say) -> None:
    """Stops the server as `pg_ctl stop -m fast` does: sessions are ended, everything is written, nothing is lost."""
    alive = running(cluster.data)
    if alive is None:
        return
    try:
        os.kill(alive.pid, signal.SIGINT)
    except ProcessLookupError:
        return
    wait_gone(cluster, say)


def tidy(cluster: Cluster) -> None:
    """Removes what a stopped server needs no more: the folder of its socket, where that had to be apart."""
    note = cluster.home / "socket_dir"
    if note.exists():
        shutil.rmtree(note.read_text(), ignore_errors=True)
        note.unlink()


def wait_gone(cluster: Cluster, say: Say) -> None:
    """Waits until no server runs on the data folder, with a word every few seconds."""
    told = began = time.monotonic()
    while running(cluster.data) is not None:
        if (now := time.monotonic()) - told > QUIET:
            told = now
            say(f"Waiting for the database to stop, {now - began:.0f} s")
        time.sleep(0.01)
