"""What every command promises: help with examples, exit codes, one clear line for what went wrong, a quick start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from acuerdo.cli import cli, shell
from acuerdo.cli.shell import CODES

from .conftest import PROGRAM, Run, process


def _commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(_commands(get_command(cli)))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_shows_how(path: tuple[str, ...]) -> None:
    command = COMMANDS[path]
    assert (command.help or "").strip().endswith(".")
    assert f"$ acuerdo {' '.join(path)}" in (command.epilog or "")


def test_the_help_shows_the_exit_codes() -> None:
    shown = " ".join(process("--help", env={"COLUMNS": "200"}).stdout.split())
    assert all(what.split(",")[0] in shown for what in CODES.values())


def test_help_is_quick_as_nothing_heavy_is_imported() -> None:
    heavy = "asyncpg", "numpy", "starlette", "uvicorn", "pydantic", "acuerdo.app", "sqlalchemy", "httpx"
    code = f"import acuerdo.cli, sys; print([name for name in {heavy!r} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_shell_can_complete() -> None:
    ran = process(env={"_ACUERDO_COMPLETE": "complete_bash", "COMP_WORDS": "acuerdo camp", "COMP_CWORD": "1"})
    assert "campaign" in ran.stdout


def test_a_database_that_is_not_there_is_code_3_in_one_line(run: Run) -> None:
    result = run("creditor", "list", code=3, ACUERDO_DATABASE_URL="postgresql://ana:s3cret@127.0.0.1:1/x")
    assert result.stdout == ""
    assert "does not answer" in result.stderr
    assert "127.0.0.1/x" in result.stderr
    assert "s3cret" not in result.stderr
    assert "Traceback" not in result.stderr


def test_a_database_that_never_was_is_code_3_too(run: Run, env: dict[str, str]) -> None:
    elsewhere = env["ACUERDO_DATABASE_URL"].replace("acuerdo_scratch_", "nobody_made_")
    assert "does not answer" in run("creditor", "list", code=3, ACUERDO_DATABASE_URL=elsewhere).stderr


def test_a_setting_that_is_wrong_is_named(run: Run) -> None:
    assert "ACUERDO_PORT" in run("creditor", "list", code=2, ACUERDO_PORT="ochenta").stderr


def test_a_wrong_command_line_is_code_2(run: Run) -> None:
    run("campaign", "plan", code=2)
    run("kpis", "--by", "weekday", code=2)


def test_nothing_to_do_is_code_4(run: Run) -> None:
    assert "creditor add" in run("creditor", "list", code=4).stderr
    run("kpis", code=4)
    run("segment", code=4)


def test_who_reads_the_first_line_and_leaves_is_no_error(env: dict[str, str]) -> None:
    began = time.monotonic()
    piped = subprocess.run(
        ["/bin/sh", "-c", f"{PROGRAM} portfolio columns --json | head -1"], env={**env, "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert piped.stdout.startswith("{")
    assert "rror" not in piped.stderr
    assert time.monotonic() - began < 30


def test_the_version_is_the_installed_one(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version").stdout.strip() == version("acuerdo")


def test_one_is_told_as_one() -> None:
    assert shell.counted(1, "pair", "pairs") == "1 pair"
    assert shell.counted(1_200, "pair", "pairs") == "1,200 pairs"
    assert shell.set_aside(1, "x.csv") == "1 row was set aside in x.csv: mend it there and import that file"
    assert shell.set_aside(2, "x.csv") == "2 rows were set aside in x.csv: mend them there and import that file"
