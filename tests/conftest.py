"""What every test may ask for: a real PostgreSQL, and a fresh database with the whole schema."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from acuerdo.adapters.store.server import Database, scratch
from acuerdo.service.settings import Settings

RUN = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    """One server per test run, joined by every worker of pytest-xdist."""
    worker = getattr(config, "workerinput", None)
    config.stash[RUN] = worker["run"] if worker else uuid4().hex


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]
    node.workerinput["run"] = node.config.stash[RUN]


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(_data_dir(config), ignore_errors=True)


def _data_dir(config: pytest.Config) -> Path:
    # Not pytest's own temporary folder: it is private, and a server of root's runs as another user.
    return _quick_folder() / f"acuerdo-tests-{config.stash[RUN][:12]}"


def _quick_folder() -> Path:
    """Memory where there is plenty, as the wait for a busy disk tells a test nothing; else the temporary folder."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4_000_000_000
    return memory if roomy else Path(tempfile.gettempdir())


@pytest.fixture(scope="session")
def quick_folder() -> Path:
    """Where a test may make a folder for a server that other users must reach."""
    return _quick_folder()


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[Database]:
    """A running server of our own, shared by the whole test run; `.url` is where it answers."""
    with Database.open(Settings(_env_file=None, data_dir=_data_dir(pytestconfig), database_url=None)) as opened:
        yield opened


@pytest.fixture
async def db_url(server: Database) -> AsyncIterator[str]:
    """The url of a fresh database with the current schema, dropped after the test."""
    async with scratch(server.url) as url:
        yield url


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[asyncpg.Pool]:
    """A pool of connections to a fresh database with the current schema."""
    async with asyncpg.create_pool(db_url, min_size=1, max_size=10) as pool:
        yield pool
