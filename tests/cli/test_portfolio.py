"""Creditors and their files at the command line: what goes in, what is set aside, and what is refused whole."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from .conftest import Run, lines, process

MESSY = """Número crédito;Cédula;Nombre;Celular;Producto;Saldo;Fecha vencimiento
A-1;52.345.678;Ana Ruiz;300 555 0101;tarjeta de crédito;900.000;01/11/2026
A-2;79123456;Iván Prado;3005550102;libranza;-15000;01/11/2026
A-3;80111222;Luz Soto;3005550103;libranza;450000,50;31/02/2026
A-4;80111223;José Nuñez;(300) 555-0104;libranza;$ 1.250.000;2026-10-15
A-1;52345678;Ana Ruiz;3005550101;tarjeta de crédito;900000;01/11/2026
"""


@pytest.fixture
def bank(run: Run) -> str:
    run("creditor", "add", "Banco Andino", "--tax-id", "900123456-8", "--phone", "601 555 0100")
    return "Banco Andino"


def _file(folder: Path, text: str | bytes, name: str = "cartera.csv") -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("cp1252"))
    return str(path)


def _import(run: Run, bank: str, file: str, *more: str, code: int = 0):  # type: ignore[no-untyped-def]
    return run("portfolio", "import", file, "--creditor", bank, "--country", "CO", *more, code=code)


def test_a_messy_file_goes_in_row_by_row(run: Run, bank: str, tmp_path: Path) -> None:
    file = _file(tmp_path, MESSY)
    (told,) = lines(_import(run, bank, file, "--json"))
    assert (told["in"], told["updated"], told["unchanged"], told["set_aside"]) == (2, 0, 0, 3)
    aside = Path(told["set_aside_file"])
    assert aside == tmp_path / "cartera.apartadas.csv"
    rows = list(csv.DictReader(aside.read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert [row["Número crédito"] for row in rows] == ["A-2", "A-3", "A-1"]
    assert all(row["motivo"] and row["como_corregir"] and row["columna"] for row in rows)


def test_the_same_file_again_changes_nothing(run: Run, bank: str, tmp_path: Path) -> None:
    file = _file(tmp_path, MESSY)
    _import(run, bank, file)
    (told,) = lines(_import(run, bank, file, "--json"))
    assert (told["in"], told["updated"], told["unchanged"]) == (0, 0, 2)


def test_a_dry_run_says_all_and_changes_nothing(run: Run, bank: str, tmp_path: Path) -> None:
    file = _file(tmp_path, MESSY)
    (told,) = lines(_import(run, bank, file, "--dry-run", "--json"))
    assert (told["in"], told["set_aside"], told["dry_run"]) == (2, 3, True)
    assert not (tmp_path / "cartera.apartadas.csv").exists()
    (again,) = lines(_import(run, bank, file, "--json"))
    assert again["in"] == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [("", "vacío"), ("a;b;c\n1;2;3\n", "external_id"), (b"\x00\x01\x02", "")],
    ids=["empty", "unknown columns", "no text at all"],
)
def test_a_file_that_cannot_be_read_leaves_nothing_behind(
    run: Run, bank: str, tmp_path: Path, text: str | bytes, says: str
) -> None:
    result = _import(run, bank, _file(tmp_path, text), "--json", code=1)
    assert result.stdout == ""
    assert says in result.stderr
    assert "Traceback" not in result.stderr
    run("segment", code=4)


def test_who_owes_whom_must_be_known(run: Run, bank: str, tmp_path: Path) -> None:
    file = _file(tmp_path, MESSY)
    assert "Banco Andino" in _import(run, "Banco Andimo", file, code=1).stderr


def test_a_file_that_is_not_there_is_a_wrong_command_line(run: Run, bank: str) -> None:
    _import(run, bank, "nada.csv", code=2)


def test_a_slip_in_the_mapping_is_shown_with_its_line(run: Run, bank: str, tmp_path: Path) -> None:
    slip = tmp_path / "mapeo.toml"
    slip.write_text('[columns]\n"Obl" = "external_idd"\n')
    result = _import(run, bank, _file(tmp_path, MESSY), "--mapping", str(slip), code=1)
    assert "mapeo.toml" in result.stderr
    assert "external_id" in result.stderr


def test_rows_set_aside_are_written_elsewhere_when_the_folder_may_not_be(
    env: dict[str, str], bank: str, tmp_path: Path
) -> None:
    """As where the creditor's share is mounted read-only."""
    from acuerdo.cli.portfolio import set_aside_beside

    away = tmp_path / "gone" / "cartera.csv"
    assert set_aside_beside(away, b"x") == Path.cwd() / "cartera.apartadas.csv"


def test_stdout_holds_json_and_nothing_else_in_a_process_of_its_own(
    env: dict[str, str], bank: str, tmp_path: Path
) -> None:
    ran = process(
        "portfolio", "import", _file(tmp_path, MESSY), "--creditor", bank, "--country", "co", "--json", env=env
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count("\n") == 1
    assert ran.stdout.startswith("{")


def test_a_creditor_changed_keeps_what_is_not_said_again(run: Run, bank: str) -> None:
    run("creditor", "add", "banco andino", "--address", "Calle 1", "--sender", "sms=Andino")
    (told,) = lines(run("creditor", "list", "--json"))
    settings = told["settings"]
    assert (settings["tax_id"], settings["address"], settings["senders"]) == (
        "900123456-8", "Calle 1", {"sms": "Andino"},
    )  # fmt: skip
    run("creditor", "add", "Banco Andino", "--ownership", "agency", "--agency", "Recauda SAS")
    run("creditor", "add", "Banco Andino", "--sender", "voice=+576015550100")
    (told,) = lines(run("creditor", "list", "--json"))
    settings = told["settings"]
    assert (settings["ownership"], settings["agency"]) == ("agency", "Recauda SAS")
    assert settings["senders"] == {"sms": "Andino", "voice": "+576015550100"}


def test_who_collects_for_another_says_who_it_is(run: Run) -> None:
    assert "--agency" in run("creditor", "add", "Tienda Sol", "--ownership", "agency", code=2).stderr
    run("creditor", "add", "Tienda Sol", "--ownership", "agency", "--agency", "Recauda SAS")


def test_a_logo_travels_inside_the_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / "logo.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    run("creditor", "add", "Tienda Sol", "--logo", "logo.svg")
    (told,) = lines(run("creditor", "list", "--json"))
    assert told["settings"]["logo"].startswith("data:image/svg+xml;base64,")
    (tmp_path / "logo.exe").write_text("x")
    assert "picture" in run("creditor", "add", "Tienda Sol", "--logo", "logo.exe", code=2).stderr


def test_the_canonical_columns_can_be_read(run: Run) -> None:
    assert {"external_id", "document", "balance"} <= {
        line["name"] for line in lines(run("portfolio", "columns", "--json"))
    }
    assert "external_id" in run("portfolio", "columns").stdout
