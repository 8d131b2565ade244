"""`acuerdo ledger` as an operator types it."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, lines

RULES = 'currency = "COP"\n[[rate]]\nfrom = 2026-01-01\nannual_pct = "18"\n'


def test_an_account_is_told_recounted_and_has_its_rules(run: Run, tmp_path: Path) -> None:
    run("demo", "--help")
    run("ledger", "show", "nobody", code=1)
    assert "no account is numbered" in run("ledger", "show", "nobody", code=1).stderr
    assert lines(run("ledger", "check", "--json")) == [{"people": 0, "gaps": []}]
    run("ledger", "kept", code=4)
    run("ledger", "cancel", "nobody's", "--why", "x", code=4)
    bad = run("ledger", "reschedule", "a", "mañana", "--why", "x", code=2)
    assert "2026-12-15=200000" in bad.stderr


def test_rules_go_in_by_file_and_bad_ones_are_refused(run: Run, tmp_path: Path) -> None:
    run("creditor", "add", "Andes", "--legal-name", "Andes SA", "--tax-id", "900")
    run("ledger", "rules", code=4)
    (tmp_path / "dinero.toml").write_text(RULES, "utf-8")
    (tmp_path / "malo.toml").write_text(RULES.replace('"18"', '"1800"'), "utf-8")
    (tmp_path / "viejo.toml").write_bytes("# según la ley\n".encode("cp1252"))
    assert "is not UTF-8" in run("ledger", "rules", str(tmp_path / "viejo.toml"), code=1).stderr
    over = run("ledger", "rules", str(tmp_path / "dinero.toml"), code=1)
    assert "acuerdo ledger ceiling CO consumo" in over.stderr
    ceiling = ("ledger", "ceiling", "co", "consumo", "2026-01-01", "25.5")
    assert "where the figure was read" in run(*ceiling, code=1).stderr
    run(*ceiling, "--until", "2030-12-31", "--source", "https://example.test/resolucion")
    assert "write it like" in run("ledger", "ceiling", "CO", "consumo", "mañana", "25", code=2).stderr
    assert "over 0" in run("ledger", "ceiling", "CO", "consumo", "2026-01-01", "nan", "--source", "x", code=1).stderr
    known = {(one["country"], one["kind"]): one for one in lines(run("ledger", "ceiling", "--json"))}
    assert known["CO", "consumo"]["pct"] == "25.5000"
    assert known["ES", ""]["days"] == "no figure"
    (tmp_path / "caro.toml").write_text(RULES.replace('"18"', '"24"'), "utf-8")
    assert "at most 22.7" in run("ledger", "rules", str(tmp_path / "caro.toml"), code=1).stderr
    run("ledger", "rules", str(tmp_path / "dinero.toml"))
    refused = run("ledger", "rules", str(tmp_path / "malo.toml"), code=1)
    assert "malo.toml: [[rate]] from 2026-01-01: give annual_pct from 0 to 1000" in refused.stderr
    assert run("ledger", "rules").stdout == RULES
