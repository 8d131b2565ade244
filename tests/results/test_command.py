"""`acuerdo results` as an operator types it, and what the how-to shows of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import asyncpg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from acuerdo.cli import cli
from acuerdo.core import facts as f
from acuerdo.core.results.profiles import load_profile

from .results_cases import bank, body, happened, note, promise, rows, settled

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "results.md"


class Command:
    """The command on one database, in this process; `code` is what it must end with."""

    def __init__(self, url: str, folder: Path) -> None:
        self._env = {"ACUERDO_DATABASE_URL": url, "ACUERDO_DATA_DIR": str(folder)}

    def __call__(self, *args: str, code: int = 0) -> Result:
        result = CliRunner().invoke(cli, ("results", *args), env=self._env)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result


@pytest.fixture
def command(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return Command(db_url, tmp_path)


def profiles() -> dict[str, str]:
    """The profiles of the how-to, by their names."""
    found = re.findall(r"```toml\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    return {load_profile(text).name: text for text in found}


def told(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def ran(command: Command, *args: str) -> list[dict[str, object]]:
    return told(command(*args, "--creditor", "Banco Andino", "--json"))


def test_the_profiles_that_the_how_to_shows_are_good() -> None:
    assert set(profiles()) == {"core", "con-marcador", "seguimiento", "datos-nuevos"}


async def test_from_the_facts_to_the_file_and_again(db: asyncpg.Pool, command: Command, tmp_path: Path) -> None:
    import asyncio

    made = await bank(db)
    await note(db, happened(made, "ana", promise("p1", 50)), happened(made, "luis", f.OptedOut("*")))
    await settled(db)
    await asyncio.to_thread(_walk, command, tmp_path / "work")


def _walk(command: Command, here: Path) -> None:
    (first,) = ran(command, "export")
    assert (first["lines"], first["batch"]) == (2, 1)
    assert Path(str(first["file"])).parent == here
    assert [row["outcome"] for row in rows(str(first["file"]))] == ["promise", "opt_out"]
    command("export", "--creditor", "Banco Andino", code=4)
    (again,) = ran(command, "export", "--batch", "1", "--out", "again.csv")
    assert again["same"] is True
    assert body(here / "again.csv") == body(str(first["file"]))
    assert (
        "never overwrite"
        in command("export", "--creditor", "Banco Andino", "--batch", "1", "--out", "again.csv", code=1).stderr
    )
    for name, text in profiles().items():
        (here / f"{name}.toml").write_text(text, "utf-8")
        command("profile", f"{name}.toml", "--creditor", "Banco Andino")
    kept = [one["name"] for one in ran(command, "profile")]
    assert kept == ["con-marcador", "core", "datos-nuevos", "seguimiento", "estandar"]
    (core,) = ran(command, "export", "--profile", "core", "--out", "entregas")
    assert Path(str(core["file"])) == here / "entregas" / "resultados_banco-andino_core_00001.csv"
    line = body(str(core["file"])).decode("cp1252")
    assert line == "LC-2|RECAUDA|77|23/11/2026|10:00:00|50,00|27/11/2026|p1\r\n"
    (full,) = ran(command, "export", "--full", "--format", "parquet", "--kinds", "opt_outs")
    assert full["lines"] == 1
    assert sorted((one["profile"], one["batch"], one["aside"]) for one in ran(command, "batches")) == [
        ("core", 1, False), ("estandar", 1, False), ("estandar", 2, True),
    ]  # fmt: skip


def test_a_typification_is_checked_without_a_database(command: Command) -> None:
    assert "Promesa hecha [PP01]" in command("typification").stdout
    shown = "\n".join(f'"{one["code"]}" = {{ code = "{one["code"]}", outcomes = {json.dumps(one["outcomes"])} }}'
                      for one in told(command("typification", "--json")))  # fmt: skip
    Path("mine.toml").write_text(f"[MIO]\n{shown}\n", "utf-8")
    assert "no llevan a ninguna hoja: unknown" in command("typification", "--check", "mine.toml", code=1).stderr
    Path("mine.toml").write_text(f'omit = ["unknown", "taken_over", "handed_back"]\n[MIO]\n{shown}\n', "utf-8")
    assert "PP01 [PP01] ← promise" in command("typification", "--check", "mine.toml").stdout


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--kinds", "promesas"), "no se conoce la clase de línea «promesas»"),
        (("--batch", "1", "--full"), "--batch writes a file again as it was"),
    ],
)
def test_a_slip_on_the_command_line_is_told(command: Command, args: tuple[str, ...], says: str) -> None:
    result = CliRunner().invoke(cli, ("results", "export", "--creditor", "x", *args))
    assert result.exit_code in (1, 2)
    assert says in result.stderr


def test_fields_and_outcomes_are_shown_with_their_words(command: Command) -> None:
    assert {"field": "external_id", "form": "text", "meaning": "obligación, como la nombra el acreedor"} in told(
        command("fields", "--json")
    )
    assert {"outcome": "promise", "meaning": "promesa de pago"} in told(command("typification", "--outcomes", "--json"))
