"""The command as an operator types it: mostly in this process, and in one of its own where that is the point."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from typer.testing import CliRunner

from acuerdo.cli import cli

PROGRAM = str(Path(sys.executable).with_name("acuerdo"))
Run = Callable[..., Result]


@pytest.fixture
def folder(quick_folder: Path) -> Iterator[Path]:
    """A data folder of its own, that a server of root's could enter."""
    made = quick_folder / f"acuerdo-cli-{uuid4().hex[:8]}"
    made.mkdir(mode=0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def env(db_url: str, folder: Path) -> dict[str, str]:
    """An installation on a fresh database."""
    return {"ACUERDO_DATABASE_URL": db_url, "ACUERDO_DATA_DIR": str(folder), "ACUERDO_PORT": "0"}


@pytest.fixture
def run(env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("creditor", "list")` in this process, away from anybody's `.env`; `code` is what it must end with."""
    monkeypatch.chdir(tmp_path)

    def invoke(*args: str, code: int = 0, stdin: str | None = None, **more: str) -> Result:
        result = CliRunner().invoke(cli, args, env=env | more, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke


def lines(result: Result) -> list[dict[str, Any]]:
    """The JSON lines of stdout; anything else there is a fault."""
    return [json.loads(line) for line in result.stdout.splitlines()]


def process(*args: str, env: dict[str, str] | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("ACUERDO_")}
    return subprocess.run(
        [PROGRAM, *args], env=bare | (env or {}), capture_output=True, text=True, timeout=timeout, check=False
    )
