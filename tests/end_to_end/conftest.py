"""The whole house, served over a real database, for tests that talk with it as people and agents do."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

# Tests are imported by path, so a module that they share has to be told where it is.
sys.path.append(str(Path(__file__).parent))

import corridor

from acuerdo.adapters.store.server import Database


@pytest.fixture
async def town(db_url: str, tmp_path: Path) -> AsyncIterator[corridor.Town]:
    """The house with nobody in it yet."""
    async with corridor.opened(db_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def token(town: corridor.Town) -> str:
    """Ana's private link."""
    return await town.invited(corridor.ANA)


@pytest.fixture(scope="session")
def own_server(quick_folder: Path) -> Iterator[Database]:
    """A server that a test may stop and kill without anybody else noticing."""
    with corridor.server_of_its_own(quick_folder) as opened:
        yield opened
