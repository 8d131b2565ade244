"""A house with a real mail server beside it, and files of every kind that people send."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))

import corridor
from postman import postman, town

__all__ = ["mailless", "postman", "town"]


@pytest.fixture
async def mailless(db_url: str, tmp_path: Path) -> AsyncIterator[corridor.Town]:
    """The house without a mail server."""
    async with corridor.opened(db_url, tmp_path) as opened:
        yield opened
