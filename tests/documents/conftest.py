"""A house with a real mail server beside it, and files of every kind that people send."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP

sys.path.append(str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "end_to_end"))

import corridor
from postman import Postman


@pytest.fixture
async def postman() -> AsyncIterator[Postman]:
    """What arrives at a real SMTP server on this machine."""
    made = Postman()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(made, hostname="mail.example", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


@pytest.fixture
async def town(db_url: str, tmp_path: Path, postman: Postman) -> AsyncIterator[corridor.Town]:
    """The house, with mail."""
    url = f"smtp://127.0.0.1:{postman.port}"
    async with corridor.opened(db_url, tmp_path, smtp_url=url, mail_from="avisos@house.example") as opened:
        yield opened


@pytest.fixture
async def mailless(db_url: str, tmp_path: Path) -> AsyncIterator[corridor.Town]:
    """The house without a mail server."""
    async with corridor.opened(db_url, tmp_path) as opened:
        yield opened
