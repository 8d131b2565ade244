"""The door at the command line: the folder for cron, keys shown once, and how fresh each feed is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import Result
from typer.testing import CliRunner

from acuerdo.app import App
from acuerdo.cli import cli
from acuerdo.cli.doctor import database
from acuerdo.service.creditors import Creditor
from acuerdo.service.settings import Settings
from acuerdo.testing.clock import FixedClock

from .conftest import BAD, GOOD, HEADER, Program, Watch, put

PROGRAM = str(Path(sys.executable).with_name("acuerdo"))
Run = Callable[..., Result]


@pytest.fixture
def run(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    env = {"ACUERDO_DATABASE_URL": db_url, "ACUERDO_DATA_DIR": str(tmp_path / "data")}

    def invoke(*args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, args, env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke


def _lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def andino(run: Run) -> str:
    run("creditor", "add", "Banco Andino")
    return "Banco Andino"


def test_for_cron_the_folder_is_seen_to_once(run: Run, andino: str, tmp_path: Path, db_url: str) -> None:
    drop = tmp_path / "entregas" / "banco-andino" / "portfolio"

    def watch(settle: str, code: int) -> list[dict[str, Any]]:
        """In a process of its own, as it sets up its log."""
        env = os.environ | {"ACUERDO_DATABASE_URL": db_url, "ACUERDO_DATA_DIR": str(tmp_path / "data")}
        words = [PROGRAM, "feeds", "watch", str(tmp_path / "entregas"), "--once", "--settle", settle, "--json"]
        ran = subprocess.run(words, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == code, ran.stderr
        return [json.loads(line) for line in ran.stdout.splitlines()]

    assert watch("0", 4) == []
    run("feeds", "expect", andino, "--country", "co")
    put(drop, "cartera.csv", HEADER + GOOD + BAD)
    (told,) = watch("0.1", 0)
    assert (told["status"], told["counts"]["added"], told["counts"]["set_aside"]) == ("done", 1, 1)
    assert told["archived"].startswith("banco-andino/portfolio/procesados/")
    (status,) = _lines(run("feeds", "status", "--json"))
    assert (status["creditor"], status["feed"], status["late"]) == (andino, "portfolio", False)
    assert "portfolio" in run("feeds", "status").stdout


def test_a_key_is_shown_once_and_then_only_its_use(run: Run, andino: str) -> None:
    (made,) = _lines(run("key", "add", "core", "--creditor", andino, "--scopes", "feeds:write", "--json"))
    listed = run("key", "list", "--json").stdout
    assert made["key"].rpartition("_")[2] not in listed
    assert json.loads(listed)["scopes"] == ["feeds:write"]
    assert "already" in run("key", "add", "core", "--creditor", andino, code=1).stderr
    run("key", "revoke", "core", "--creditor", andino)
    run("key", "revoke", "core", "--creditor", andino, code=4)
    assert run("key", "add", "core", "--creditor", andino).stdout.startswith("acuerdo_")
    assert "feeds:write" in run("key", "add", "x", "--creditor", andino, "--scopes", "todo", code=1).stderr


def test_expectations_are_said_and_taken_back(run: Run, andino: str) -> None:
    assert "business_day 12:00" in run("feeds", "expect", andino, "payments=diario", code=1).stderr
    assert "portfolio" in run("feeds", "expect", andino, "pagos=week", code=2).stderr
    assert "CO" in run("feeds", "expect", andino, "--country", "XX", code=2).stderr
    (told,) = _lines(run("feeds", "expect", andino, "payments=day 08:00", "contacts=week", "--json"))
    assert told["feeds"] == {"payments": "day 08:00", "contacts": "week"}
    (told,) = _lines(run("feeds", "expect", andino, "contacts=usual", "--json"))
    assert told["feeds"] == {"payments": "day 08:00"}
    assert "LATE" in run("feeds", "status").stdout


async def test_the_doctor_names_the_feed_that_is_late(
    house: App, bank: Creditor, program: Program, db_url: str, tmp_path: Path
) -> None:
    looked = Settings(_env_file=None, data_dir=tmp_path / "data", database_url=db_url)
    (before,) = (one for one in await database(looked) if one.name == "feeds")
    assert (before.status, before.found) == ("ok", "none has come yet")
    await program.post(content=(HEADER + GOOD).encode(), headers={"content-type": "text/csv"})
    await house.pool.execute("update import set at = at - interval '1 year'")
    (after,) = (one for one in await database(looked) if one.name == "feeds")
    assert after.status == "warn"
    assert "Banco Andino: portfolio" in after.found


async def test_the_results_page_says_it_in_words(
    house: App, web: httpx.AsyncClient, watch: Watch, drop: Path, clock: FixedClock
) -> None:
    settings = house.settings.model_copy(update={"clock": "demo"})
    object.__setattr__(house, "settings", settings)
    assert "Datos al día" not in (await web.get("/results")).text
    put(drop, "cartera.csv", HEADER + GOOD)
    await watch()
    page = (await web.get("/results")).text
    assert "Banco Andino · cartera" in page
    assert '<span class="tag">al día</span>' in page
    clock.go_on(timedelta(days=3))
    assert '<span class="tag urgent">atrasado</span>' in (await web.get("/results")).text
