"""`acuerdo people` as an operator types it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from acuerdo.adapters.store.keys import Keyring
from acuerdo.cli import cli
from acuerdo.service.settings import Settings

from . import people_cases
from .people_cases import PHONE, compare, creditor_in, person_in, who

T = TypeVar("T")
Run = Callable[..., Result]


@pytest.fixture
def folder(quick_folder: Path) -> Iterator[Path]:
    made = quick_folder / f"acuerdo-people-{uuid4().hex[:8]}"
    made.mkdir(mode=0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def run(db_url: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run("review")` on an installation with two who look alike; `code` is what it must end with."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(people_cases, "RING", Keyring.of(Settings(_env_file=None, data_dir=folder)))  # type: ignore[call-arg]
    env = {"ACUERDO_DATABASE_URL": db_url, "ACUERDO_DATA_DIR": str(folder)}

    def invoke(*args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ["people", *args], env=env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def alike(run: Run, db_url: str) -> tuple[str, str]:
    """Two records of the Banco Andino that may be one person."""

    async def make(db: asyncpg.Pool) -> tuple[str, str]:
        bank = await creditor_in(db)
        one = await person_in(db, bank, who(phones=(PHONE,), address="Cra 7 # 1-2"), "A1")
        other = await person_in(db, bank, who("Ejemplo, Ana", "52345687", phones=(PHONE,)), "B1")
        await compare(db, bank, one, other)
        return one, other

    return on(db_url, make)


def on(url: str, work: Callable[[asyncpg.Pool], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        async with asyncpg.create_pool(url, min_size=1, max_size=2) as db:
            return await work(db)

    return asyncio.run(main())


def told(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_two_records_side_by_side_with_what_differs_marked(run: Run, alike: tuple[str, str]) -> None:
    shown = run("review", "--creditor", "banco andino").stdout
    for word in ("80 of 100", "error_de_digitacion_y_telefono", "document_slip", *alike, "A1", "B1", PHONE):
        assert word in shown
    lines = {line.split()[0]: line for line in shown.splitlines() if line.strip()}
    assert "≠" in lines["Documents"]
    assert "=" in lines["Phones"]
    assert "≠" not in lines["Address"]  # one of them has none
    (pair,) = told(run("review", "--json"))
    assert pair["differ"] == ["documents", "name"]
    assert {pair["one"]["id"], pair["other"]["id"]} == set(alike)


def test_merged_shown_together_and_two_again(run: Run, alike: tuple[str, str]) -> None:
    one, other = alike
    run("merge", other, one, "--why", "lo confirmó por teléfono")
    run("review", code=4)
    assert {sheet["id"] for sheet in told(run("show", "--document", "52.345.687", "--json"))} == set(alike)
    assert "Shown under" in run("show", other).stdout
    assert "two again" in run("unmerge", other, "--why", "era su hermana").stderr
    assert [sheet["id"] for sheet in told(run("show", other, "--json"))] == [other]
    run("review")


def test_kept_apart_and_not_asked_again(run: Run, alike: tuple[str, str]) -> None:
    run("apart", *alike, "--why", "son madre e hija")
    assert "nobody waits" in run("review", code=4).stderr


def test_found_by_what_reaches_them(run: Run, alike: tuple[str, str]) -> None:
    assert {sheet["id"] for sheet in told(run("find", "--phone", "300 555 0100", "--json"))} == set(alike)
    run("find", "--document", "99999999", code=4)
    run("find", code=2)
    run("find", "--phone", "1", "--document", "2", code=2)
    run("show", code=2)


def test_what_cannot_be_is_told_in_one_line(run: Run, alike: tuple[str, str]) -> None:
    assert "one and the same" in run("merge", alike[0], alike[0], "--why", "x", code=1).stderr
    assert "no person nobody" in run("apart", alike[0], "nobody", code=1).stderr
    assert "not merged into" in run("unmerge", alike[0], code=1).stderr
    run("merge", *alike, code=2)


def test_an_address_that_does_not_reach_them_is_marked(run: Run, alike: tuple[str, str], db_url: str) -> None:
    one, other = alike
    assert "(bad)" not in run("show", one).stdout
    on(db_url, lambda db: db.execute("update contact_point set quality = 'bad' where person_id = $1", one))
    assert f"{PHONE} (bad)" in run("show", one).stdout
    assert told(run("show", one, "--json"))[0]["bad"] == [PHONE]
    assert "(bad)" not in run("show", other).stdout
    assert run("review").stdout.count("(bad)") == 1
