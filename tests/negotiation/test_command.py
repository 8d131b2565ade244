"""`acuerdo negotiate`: what it prints, and how it ends."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

from typer.testing import CliRunner

from acuerdo.cli import cli

EXAMPLE = str(resources.files("acuerdo") / "policies" / "authority.example.toml")


def test_an_authority_file_is_checked(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["negotiate", "authority", EXAMPLE, "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["creditor"], told["in_force"], len(told["rows"])) == ("Banco Andino", False, 2)
    bad = tmp_path / "mal.toml"
    bad.write_text(Path(EXAMPLE).read_text("utf-8").replace("min = 46", "min = 45"), "utf-8")
    refused = CliRunner().invoke(cli, ["negotiate", "authority", str(bad)])
    assert refused.exit_code == 1
    assert "overlap" in refused.stderr


def test_personas_written_are_personas_measured(tmp_path: Path) -> None:
    written = CliRunner().invoke(cli, ["negotiate", "personas", "--count", "60", "--seed", "4"])
    file = tmp_path / "p.jsonl"
    file.write_text(written.stdout, "utf-8")
    measured = CliRunner().invoke(cli, ["negotiate", "bench", "--personas", str(file), "--resamples", "20", "--json"])
    assert measured.exit_code == 0
    found = json.loads(measured.stdout)
    assert (found["personas"], found["policies"]["acuerdo"]["violations"]) == (60, 0)
    file.write_text("{}\n", "utf-8")
    refused = CliRunner().invoke(cli, ["negotiate", "bench", "--personas", str(file)])
    assert (refused.exit_code, "line 1" in refused.stderr) == (1, True)
    file.write_bytes(b'{"id": "\xff"}')
    refused = CliRunner().invoke(cli, ["negotiate", "bench", "--personas", str(file)])
    assert (refused.exit_code, "byte 9 is not UTF-8" in refused.stderr) == (1, True)
