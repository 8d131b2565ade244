"""The doctor finds what is wrong, says how to mend it, and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, lines


def _checks(run: Run, code: int = 0, **env: str) -> dict[str, dict[str, Any]]:
    (told,) = lines(run("doctor", "--json", code=code, **env))
    assert told["ok"] == (code == 0)
    return {check["name"]: check for check in told["checks"]}


def test_a_fresh_installation_has_nothing_to_mend(run: Run) -> None:
    checks = _checks(run)
    assert {check["status"] for check in checks.values()} <= {"ok", "warn"}
    assert {"python", "database", "schema", "master key", "flows", "law packs", "language model"} <= set(checks)


def test_what_no_lawyer_and_no_operator_confirmed_is_said(run: Run) -> None:
    checks = _checks(run)
    assert checks["law packs"]["status"] == "warn"
    assert checks["crisis lines"]["status"] == "warn"
    assert "acuerdo law show" in checks["law packs"]["mend"]


def test_a_mistyped_variable_is_found_and_the_right_one_named(run: Run) -> None:
    found = _checks(run, 1, ACUERDO_DATABSE_URL="x")["settings"]
    assert "ACUERDO_DATABSE_URL" in found["found"]
    assert "ACUERDO_DATABASE_URL" in found["mend"]


def test_a_database_that_does_not_answer_is_told_with_the_rest(run: Run) -> None:
    checks = _checks(run, 1, ACUERDO_DATABASE_URL="postgresql://ana:s3cret@127.0.0.1:1/x")
    assert checks["database"]["status"] == "bad"
    assert "s3cret" not in str(checks)
    assert checks["flows"]["status"] == "ok"


def test_a_data_folder_that_others_read_is_bad(run: Run, folder: Path) -> None:
    folder.chmod(0o755)
    found = _checks(run, 1)["data folder"]
    assert f"chmod 700 {folder}" in found["mend"]


def test_a_master_key_of_the_wrong_length_is_bad(run: Run) -> None:
    assert _checks(run, 1, ACUERDO_MASTER_KEY="Y29ydGE=")["master key"]["status"] == "bad"


def test_another_master_key_than_the_datas_is_found_before_it_hurts(run: Run, tmp_path: Path) -> None:
    from datetime import timedelta

    from acuerdo.adapters.store.clock import SystemClock
    from acuerdo.testing.synthetic import portfolio

    run("creditor", "add", "Banco Andino")
    (tmp_path / "cartera.csv").write_bytes(portfolio(7, 6, at=SystemClock().now().date() - timedelta(days=1)))
    run("portfolio", "import", "cartera.csv", "--creditor", "Banco Andino", "--country", "CO")
    assert _checks(run)["personal data"]["status"] == "ok"
    assert _checks(run, 1, ACUERDO_MASTER_KEY="A" * 43 + "=")["personal data"]["status"] == "bad"


def test_people_read_a_table(run: Run) -> None:
    result = run("doctor")
    assert "✓" in result.stdout
    assert "to mend" in result.stderr


@pytest.mark.parametrize("pack", ["co", "MX", "strict"])
def test_a_law_pack_reads_as_a_page(run: Run, pack: str) -> None:
    assert run("law", "show", pack).stdout.startswith("# ")
    (told,) = lines(run("law", "show", pack, "--json"))
    assert told["rules"]


def test_an_unknown_law_pack_is_refused_with_those_there_are(run: Run) -> None:
    assert "co" in run("law", "show", "fr", code=2).stderr


def test_a_flow_with_a_typing_mistake_is_refused_with_its_place(run: Run, tmp_path: Path) -> None:
    from importlib import resources

    flows = tmp_path / "flows"
    flows.mkdir()
    for file in (resources.files("acuerdo") / "flows").iterdir():
        text = file.read_text("utf-8")
        (flows / file.name).write_text(text.replace("go: asked_text", "go: asked_txet", 1))
    assert run("flows", "check").stdout
    error = run("flows", "check", str(flows), code=1).stderr
    assert "persona.yaml:" in error
    assert "asked_txet" in error
    (told,) = lines(run("flows", "check", str(flows), "--json", code=1))
    assert {"file", "line", "flow", "step", "what"} <= set(told["faults"][0])
