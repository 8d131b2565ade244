"""Channels: listed, begun, tried, and what they could not read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from .conftest import Run, lines


def test_the_installed_channels_are_listed_with_what_they_can_do(run: Run) -> None:
    told = {one["installed_as"]: one for one in lines(run("channels", "list", "--json"))}
    assert told["sms"]["sandbox"] is True
    assert told["whatsapp"]["buttons"] == 3
    assert "sms" in run("channels", "list").stdout


def test_a_new_channel_is_a_package_of_its_own(run: Run, tmp_path: Path) -> None:
    run("channels", "new", "palomas")
    root = tmp_path / "acuerdo-palomas"
    assert {path.relative_to(root).as_posix() for path in root.rglob("*.py")} == {
        "src/acuerdo_palomas/__init__.py", "src/acuerdo_palomas/face.py", "tests/test_channel.py",
    }  # fmt: skip
    assert 'palomas = "acuerdo_palomas:open_channel"' in (root / "pyproject.toml").read_text()
    assert "is there already" in run("channels", "new", "palomas", code=2).stderr


@pytest.mark.parametrize("name", ["", "Palomas", "a b", "../x", "9", "x" * 40])
def test_a_bad_name_is_refused(run: Run, name: str) -> None:
    assert "no name for a channel" in run("channels", "new", name, code=2).stderr


def test_a_channel_without_a_face_cannot_be_certified(run: Run) -> None:
    assert "no face" in run("channels", "certify", "palomas", code=1).stderr


def test_the_sandbox_is_certified_and_the_report_is_a_page_too(run: Run, tmp_path: Path) -> None:
    (told,) = lines(run("channels", "certify", "sms", "--json", "--html", "informe.html"))
    bad = [one for one in told["outcomes"] if one["good"] is False and one["name"] != "renders_quickly"]
    assert bad == []
    assert len(told["outcomes"]) == 23
    assert "cumple" in (tmp_path / "informe.html").read_text()


def test_what_was_not_understood_is_listed_and_read_again(run: Run, env: dict[str, str], db_url: str) -> None:
    run("channels", "unread", code=4)
    run("channels", "reread", code=4)
    asyncio.run(_kept(env, db_url))
    (told,) = lines(run("channels", "unread", "--json"))
    assert (told["channel"], told["status"], told["why"]) == ("sms", "unreadable", "a new shape")
    assert "ilegible" in run("channels", "unread", "--channel", "sms").stdout
    run("channels", "unread", "--channel", "email", code=4)
    assert lines(run("channels", "reread", "--json")) == [{"again": 1}]
    run("channels", "unread", code=4)


async def _kept(env: dict[str, str], db_url: str) -> None:
    import asyncpg

    from acuerdo.adapters.store.inbox import StoredInbox
    from acuerdo.adapters.store.keys import Keyring
    from acuerdo.service.outbound import Read
    from acuerdo.service.settings import Settings

    settings = Settings(_env_file=None, database_url=db_url, data_dir=Path(env["ACUERDO_DATA_DIR"]))  # type: ignore[call-arg]
    async with asyncpg.create_pool(db_url, min_size=1, max_size=2) as pool:
        inbox = StoredInbox(pool, Keyring.of(settings))
        digest = sha256(b"?").digest()
        await inbox.keep("sms", digest, b"?", datetime(2026, 11, 23, 15, tzinfo=UTC))
        (arrival,) = await inbox.arrived("sms", [digest])
        await inbox.read([Read(arrival, status="unreadable", why="a new shape")])
