"""Files of every kind opened as one: sheets, dresses, what is kept in memory, and formulas that stay text."""

import io
import tempfile
import tracemalloc
import zipfile
from datetime import date
from pathlib import Path

import msgspec
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from acuerdo.adapters.files import open_bytes, open_path
from acuerdo.adapters.files.buffer import OnDisk
from acuerdo.adapters.files.cells import calendar, is_date_format, places_of, plain_number
from acuerdo.core.portfolio import lines
from acuerdo.core.portfolio.columns import Column
from acuerdo.core.portfolio.delimited import Text, _careful, split_rows
from acuerdo.core.portfolio.forms import PORTFOLIO, Form
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.reading import OpenFile
from acuerdo.core.portfolio.records import Fault, FileError, Record
from acuerdo.core.portfolio.set_aside import neutral, render, restored

TODAY = date(2026, 11, 23)
UGLY = Path(__file__).parent / "ugly"
HEADER = "Obligación;Nombre;Documento;Celular;Producto;Saldo;Días de mora"
ANA = "A1;Ana Ejemplo;52345678;3005550100;tarjeta;900000;22"


def opened(data: bytes, mapping: str = "", sheet: str = "") -> OpenFile[Record]:
    return open_bytes(data, "cartera", PORTFOLIO, load_mapping(mapping) if mapping else None, "CO", TODAY, sheet)


def records(file: OpenFile[Record]) -> list[Record]:
    return [one for one in file.rows() if isinstance(one, Record)]


def workbook(*sheets: tuple[str, list[list[object]]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out.getvalue()


TABLE: list[list[object]] = [HEADER.split(";"), ["A1", "Ana Ejemplo", 52345678, 3005550100, "tarjeta", 350.5, 22]]


class TestSheets:
    def test_a_sheet_is_asked_for_by_its_name(self) -> None:
        other = [TABLE[0], ["B1", *TABLE[1][1:]]]
        data = workbook(("Octubre", TABLE), ("Noviembre", other))
        (found,) = records(opened(data, sheet="noviembre "))
        assert found.account.external_id == "B1"

    def test_a_sheet_that_is_not_there(self) -> None:
        data = workbook(("Octubre", TABLE), ("Resumen", [["x"]]))
        with pytest.raises(FileError, match=r"^cartera: No hay ninguna hoja «Marzo».*«Octubre», «Resumen»"):
            opened(data, sheet="Marzo")

    def test_a_csv_has_no_sheets(self) -> None:
        with pytest.raises(FileError, match="no tiene hojas"):
            opened(f"{HEADER}\n{ANA}\n".encode(), sheet="Cartera")

    def test_what_is_missing_is_told_with_the_sheet(self) -> None:
        with pytest.raises(FileError, match=r"^cartera: hoja «Base»: Al archivo le faltan columnas"):
            opened(workbook(("Base", [["Obligación", "Nombre"], ["A1", "Ana"]])))

    def test_a_fault_names_its_sheet(self) -> None:
        data = workbook(("Norte", TABLE), ("Sur", [TABLE[0], ["B1", *TABLE[1][1:5], -1, 22]]))
        (fault,) = [one for one in opened(data).rows() if isinstance(one, Fault) and not one.kept]
        assert (fault.sheet, fault.row, fault.column) == ("Sur", 2, "Saldo")

    def test_an_account_on_two_sheets_is_taken_once(self) -> None:
        file = opened(workbook(("Norte", TABLE), ("Sur", [TABLE[0], [*TABLE[1][:5], 9, 22]])))
        assert len(records(file)) == 1
        assert [one.code for one in file.rows() if isinstance(one, Fault) and not one.kept] == ["duplicate_id"]

    def test_numbers_are_written_with_the_mark_that_the_mapping_tells(self) -> None:
        (found,) = records(opened(workbook(("Base", TABLE)), '[formats]\ndecimal = ","'))
        assert found.account.balance.plain() == "350.50"


class TestCells:
    @pytest.mark.parametrize(
        ("written", "places", "plain"),
        [
            ("4500098", None, "4500098"), ("4500098.0", None, "4500098"), ("1.0E+5", None, "100000"),
            ("0.30000000000000004", None, "0.3"), ("350.125", None, "350.1250"), ("350.12548", 2, "350.13"),
            ("-12.50", None, "-12.5"), ("1e300", None, "1" + "0" * 300), ("1.2345678901234501E+16", None,
            "12345678901234500"), ("NaN", None, "NaN"), ("nada", None, "nada"),
        ],
    )  # fmt: skip
    def test_numbers(self, written: str, places: int | None, plain: str) -> None:
        assert plain_number(written, places=places) == plain

    @pytest.mark.parametrize(
        ("serial", "iso"),
        [
            ("46327", "2026-11-01"), ("46327.604166666664", "2026-11-01 14:30:00"), ("1", "1900-01-01"),
            ("61", "1900-03-01"), ("0.5", "12:00:00"), ("-4", "-4"), ("99999999", "99999999"), ("x", "x"),
            ("46327.999999999", "2026-11-02"),
        ],
    )  # fmt: skip
    def test_days(self, serial: str, iso: str) -> None:
        assert calendar(serial, False) == iso

    def test_days_since_1904(self) -> None:
        assert calendar("44865", True) == "2026-11-01"

    @pytest.mark.parametrize(
        ("code", "is_date", "places"),
        [
            ("dd/mm/yyyy", True, None), ("[$-es-CO]d mmm yyyy", True, None), ("General", False, None),
            ("#,##0.00", False, 2), ('"S/" #,##0.00', False, 2), ("#,##0", False, 2), ("0.0000", False, 4),
            ("@", False, None), ("[Red]#,##0", False, 2), ("0.00E+00", False, None), ("hh:mm", True, None),
            ('_-"$"* #,##0.00_-;-"$"* #,##0.00_-', False, 2),
        ],
    )  # fmt: skip
    def test_formats(self, code: str, is_date: bool, places: int | None) -> None:
        assert is_date_format(code) is is_date
        if not is_date:
            assert places_of(code) == places

    def test_cells_that_are_nowhere_on_a_sheet(self) -> None:
        data = (UGLY / "es_hecho_a_mano.xlsx").read_bytes()
        for place in ("ZZZ1", "AAAAAAAA1", "1"):
            with pytest.raises(FileError, match="dañado"):
                opened(_changed(data, b"<x:c t", f'<x:c r="{place}" t'.encode()))

    def test_a_cell_that_never_ends(self) -> None:
        data = (UGLY / "es_hecho_a_mano.xlsx").read_bytes()
        with pytest.raises(FileError, match="más de lo que cabe"):
            opened(_changed(data, b"Ana Ejemplo", b"Ana" * 1_000_000))


def _changed(archive: bytes, what: bytes, by: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as before, zipfile.ZipFile(out, "w") as after:
        for name in before.namelist():
            after.writestr(name, before.read(name).replace(what, by))
    return out.getvalue()


class TestSplitting:
    @settings(max_examples=300)
    @given(st.text(alphabet='ab";\n\r é\x00Ã±', max_size=120), st.integers(0, 3))
    def test_fast_or_careful_the_rows_are_the_same(self, body: str, width: int) -> None:
        data = body.encode()
        text = Text(data, lines.line_mark(data), "utf-8", ";")
        plain = [_seen(row) for row in _careful(text, 0, len(text.data), 1, width)]
        for size in (1, 16, 1 << 18):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(lines, "CHUNK", size)
                assert [_seen(row) for row in split_rows(text, 0, 1, width)] == plain

    def test_a_line_that_never_ends(self) -> None:
        with pytest.raises(FileError, match=r"una línea de más de 4 MB.*una fila por línea"):
            opened(f"{HEADER}\n".encode() + b"x" * (lines.MOST_LINE + 1))

    def test_a_large_file_is_not_loaded(self, tmp_path: Path) -> None:
        path = tmp_path / "grande.csv"
        row = ANA + "x" * 200 + "\n"
        path.write_text(HEADER + "\n" + row * 60_000)
        tracemalloc.start()
        file = open_path(path, PORTFOLIO, None, "CO", TODAY)
        count = sum(1 for _ in file.grid.body(file.parts[0].head.row, len(file.header)))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 60_000
        assert most < path.stat().st_size / 2

    def test_a_file_saved_over_while_it_is_read(self, tmp_path: Path) -> None:
        path = tmp_path / "cartera.csv"
        path.write_text(HEADER + "\n" + (ANA + "\n") * 20_000)
        outcomes = open_path(path, PORTFOLIO, None, "CO", TODAY).rows()
        next(outcomes)
        path.write_text(HEADER + "\n")
        with pytest.raises(FileError, match="cambió mientras se leía"):
            list(outcomes)

    @given(st.binary(max_size=40_000), st.binary(min_size=1, max_size=3), st.integers(0, 9_000))
    def test_bytes_on_the_disk_are_like_bytes(self, data: bytes, sub: bytes, start: int) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(data)
            file.flush()
            there = OnDisk(file)
            assert there[start : start + 100] == data[start : start + 100]
            if start <= len(data):
                assert there.find(sub, start) == data.find(sub, start)
                assert there.rfind(sub, start) == data.rfind(sub, start)


def _seen(row: object) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(row)
    return {name: found[name] for name in ("number", "cells", "problem", "last_without_end")}


class TestFormulas:
    @pytest.mark.parametrize(
        "text", ["=1+1", "@SUM(A1)", "+cmd|'/C calc'!A0", "-2+3", "\t=1", "'=1", "'", "-5", "+57 300"]
    )
    def test_no_formula_is_written_and_all_comes_back(self, text: str) -> None:
        shown = neutral(text)
        assert restored(shown) == text
        assert shown[0] not in "=@\t"
        assert not shown.startswith(("+", "-")) or shown.strip("+-0123456789 ") == ""

    @given(st.text(alphabet="=+-@'a1 .", max_size=8))
    def test_whatever_the_text(self, text: str) -> None:
        assert restored(neutral(text)) == text

    def test_a_row_set_aside_comes_back_as_it_was(self) -> None:
        bad = '=HYPERLINK("http://x");@Ana;52345678;3005550100;-a;-5;22'.replace('"http://x"', '""')
        file = opened(f"{HEADER}\n{bad}\n".encode())
        faults = [one for one in file.rows() if isinstance(one, Fault) and not one.kept]
        aside = render(file.header, faults)
        assert b"'=HYPERLINK" in aside
        again = opened(aside)
        (fault,) = [one for one in again.rows() if isinstance(one, Fault) and not one.kept]
        assert fault.cells[: len(file.header)] == faults[0].cells


class TestForms:
    """A file of another kind is read by its own form."""

    FORM: Form[str] = Form(
        "números",
        (Column("phone", "Teléfono.", ("300",), required="yes", also=("celular",)), Column("when", "Cuándo.", ())),
        lambda number, cells, terms: (cells["phone"], ()),
        lambda phone: phone,
        "phone",
    )

    def test_its_columns_and_its_rows(self) -> None:
        file = open_bytes(b"Celular;Fecha\n300;1\n301;2\n300;1\n", "bajas.csv", self.FORM, None, "CO", TODAY)
        found = list(file.rows())
        assert [one for one in found if isinstance(one, str)] == ["300", "301"]
        assert [one.code for one in found if isinstance(one, Fault)] == ["column_unknown", "duplicate_same"]

    def test_a_mapping_of_its_columns(self) -> None:
        mapping = load_mapping('[columns]\n"Fono X" = "phone"', "m.toml", self.FORM)
        file = open_bytes(b"Fono X\n300\n", "bajas.csv", self.FORM, mapping, "CO", TODAY)
        assert list(file.rows()) == ["300"]
        with pytest.raises(FileError, match="phone: Teléfono"):
            open_bytes(b"Saldo\n300\n", "bajas.csv", self.FORM, None, "CO", TODAY)


def test_what_stands_under_the_title_of_a_reference_is_never_the_debtor_s_own() -> None:
    lines = (
        "Cliente;;;Deuda;;;;Referencia;",
        "Nombre;Documento;Celular;Crédito;Producto;Saldo;Fecha vencimiento;Nombre;Tel.",
        "Ana Ejemplo;52345678;3005550100;A1;tarjeta;900000;01/11/2026;Rosa Prueba;3175550198",
    )
    (one,) = records(opened("\n".join(lines).encode()))
    assert one.person.phones == ("+573005550100",)
    assert [(party.role, party.phones) for party in one.parties] == [("reference", ("+573175550198",))]
