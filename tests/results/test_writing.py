"""Files for others: whole at their name or not there, the same cells the same bytes, and never a live formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest

from acuerdo.adapters.files.writing import Taken, XlsxBody, free, inert, open_target
from acuerdo.core.results.columns import Cell, Column
from acuerdo.core.results.profiles import Dress, Format

USUAL = Dress()
AT = datetime(2026, 11, 23, 15, tzinfo=UTC)
COLUMNS = (
    Column("id"), Column("n", "count"), Column("valor", "amount"), Column("día", "date"), Column("hora", "time"),
)  # fmt: skip
CELLS: list[list[Cell]] = [
    ["0012", "=1+1", 'ñandú "x"; y'],
    [1, 2, 3],
    [Decimal("1250.50"), None, Decimal("-3.00")],
    [date(2026, 11, 23), None, date(2026, 12, 1)],
    [time(9, 5, 1), time(23, 59, 59), None],
]


def written(folder: Path, form: Format, cells: Sequence[Sequence[Cell]] = CELLS, dress: Dress = USUAL) -> Path:
    path = folder / f"r.{form}"
    target = open_target(str(path), form, COLUMNS, dress, AT)
    target.write(cells)
    target.finish()
    return path


def test_a_csv_in_the_usual_dress(tmp_path: Path) -> None:
    assert written(tmp_path, "csv").read_bytes().decode() == (
        "id;n;valor;día;hora\r\n0012;1;1250.50;2026-11-23;09:05:01\r\n'=1+1;2;;;23:59:59\r\n"
        '"ñandú ""x""; y";3;-3.00;2026-12-01;\r\n'
    )


def test_a_csv_in_an_older_dress(tmp_path: Path) -> None:
    dress = Dress("|", ",", "yyyymmdd", "cp1252", header=False)
    body = written(
        tmp_path, "csv", [["año 中"], [7], [Decimal("1.05")], [date(2026, 1, 2)], [None]], dress
    ).read_bytes()
    assert body == "año ?|7|1,05|20260102|\r\n".encode("cp1252")


def test_a_workbook_keeps_texts_as_texts_and_dates_as_dates(tmp_path: Path) -> None:
    sheet = openpyxl.load_workbook(written(tmp_path, "xlsx")).active
    assert sheet is not None
    first, second = list(sheet.iter_rows(min_row=2, max_row=3, values_only=True))
    assert first == ("0012", 1, 1250.5, datetime(2026, 11, 23), time(9, 5, 1))  # noqa: DTZ001 - a workbook knows no zones
    assert second == ("'=1+1", 2, None, None, time(23, 59, 59))
    assert sheet.cell(3, 1).data_type == "s", "a text, not a formula"


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    body = XlsxBody(tmp_path / "r.xlsx", COLUMNS[:1], AT, sheet_rows=3)
    body.write([["a", "b", "c"]])
    body.close()
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert {one.title: one.max_row for one in book} == {"resultados": 3, "resultados 2": 2}
    assert book["resultados 2"]["A2"].value == "c"


def test_a_parquet_has_its_types(tmp_path: Path) -> None:
    with duckdb.connect() as db:
        found = db.read_parquet(str(written(tmp_path, "parquet")))
        assert dict(zip(found.columns, map(str, found.types), strict=True)) == {
            "id": "VARCHAR", "n": "BIGINT", "valor": "DECIMAL(18,4)", "día": "DATE", "hora": "TIME",
        }  # fmt: skip
        told = found.fetchall()
    assert told[0] == ("0012", 1, Decimal("1250.50"), date(2026, 11, 23), time(9, 5, 1))
    assert [row[0] for row in told[1:]] == ["=1+1", 'ñandú "x"; y'], "nothing runs in a Parquet file: as it is"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["r.parquet"], "what was between is gone"


def test_a_parquet_keeps_the_places_of_a_unit_of_account(tmp_path: Path) -> None:
    target = open_target(str(tmp_path / "r"), "parquet", (Column("valor", "amount"),), USUAL, AT)
    target.write([[Decimal("12.3456")]])
    target.finish()
    with duckdb.connect() as db:
        assert db.read_parquet(str(tmp_path / "r")).fetchall() == [(Decimal("12.3456"),)]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_the_same_cells_give_the_same_bytes(tmp_path: Path, form: Format) -> None:
    bodies = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        bodies.append(written(tmp_path / name, form).read_bytes())
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_a_file_is_at_its_name_only_when_it_is_whole(tmp_path: Path, form: Format) -> None:
    path = tmp_path / "r"
    target = open_target(str(path), form, COLUMNS, Dress(), AT)
    target.write(CELLS)
    assert not path.exists()
    target.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["=1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1", "＝1"])
def test_what_could_run_in_a_spreadsheet_is_made_inert(text: str) -> None:
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "0012", "+573005550101", "2026-11-23"])
def test_what_could_not_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("de ayer")
    with pytest.raises(Taken, match="never overwrite"):
        free(tmp_path / "r.csv")
