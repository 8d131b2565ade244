"""The other feeds at the command line: what goes in, what waits, what is set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run, lines

PORTFOLIO = """Obligación;Documento;Nombre;Celular;Producto;Saldo;Fecha vencimiento
A-1;52345678;Ana Ruiz;3005550101;tarjeta de crédito;900000;01/11/2026
"""
PAYMENTS = """Obligación;Importe;Fecha de pago;Referencia
A-1;100000;20/11/2026;R1
A-2;100000;20/11/2026;R2
A-1;cien;20/11/2026;R3
"""


@pytest.fixture
def bank(run: Run, tmp_path: Path) -> str:
    run("creditor", "add", "Banco Andino", "--tax-id", "900123456-8")
    return "Banco Andino"


def feed(run: Run, feed: str, path: Path, *more: str):  # type: ignore[no-untyped-def]
    return run(feed, "import", str(path), "--creditor", "Banco Andino", "--country", "CO", *more)


def test_payments_wait_for_their_portfolio_and_go_in_with_it(run: Run, bank: str, tmp_path: Path) -> None:
    payments, portfolio = tmp_path / "pagos.csv", tmp_path / "cartera.csv"
    payments.write_text(PAYMENTS)
    portfolio.write_text(PORTFOLIO)
    (tried,) = lines(feed(run, "payments", payments, "--dry-run", "--json"))
    assert (tried["unmatched"], tried["set_aside"], tried["import"]) == (2, 1, None)
    (told,) = lines(feed(run, "payments", payments, "--json"))
    assert (told["taken"], told["unmatched"], told["set_aside"]) == (0, 2, 1)
    assert Path(told["set_aside_file"]).read_text("utf-8-sig").count("\n") == 2
    waiting = lines(run("payments", "unmatched", "--creditor", bank, "--json"))
    assert [one["wants"] for one in waiting] == ["obligación A-1", "obligación A-2"]
    run("portfolio", "import", str(portfolio), "--creditor", bank, "--country", "CO")
    waiting = lines(run("payments", "unmatched", "--creditor", bank, "--json"))
    assert [one["wants"] for one in waiting] == ["obligación A-2"]


def test_every_feed_has_its_columns_and_its_table(run: Run, bank: str, tmp_path: Path) -> None:
    for name in ("payments", "contacts", "optouts", "consents", "registers", "contactdata"):
        assert lines(run(name, "columns", "--json"))
        run(name, "unmatched", "--creditor", bank, code=4)
    path = tmp_path / "bajas.csv"
    path.write_text("Documento;Canal;Fecha\n52345678;SMS;20/11/2026\n")
    assert "Unmatched" in feed(run, "optouts", path).output


def test_a_file_without_its_columns_is_refused_whole(run: Run, bank: str, tmp_path: Path) -> None:
    path = tmp_path / "pagos.csv"
    path.write_text("Obligación;Valor\nA-1;100\n")
    refused = run("payments", "import", str(path), "--creditor", bank, "--country", "CO", code=1)
    assert "faltan columnas" in refused.output
