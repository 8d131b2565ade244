"""The sample files go in clean, and are what their script makes."""

from __future__ import annotations

from datetime import date

import pytest
from docs.samples import make

from acuerdo.adapters.files import grids_of_bytes, open_path
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.records import Fault, Record
from acuerdo.core.words import CURRENCY_OF
from acuerdo.service.feeding import form_of

DAY = date(2026, 11, 26)
COUNTRIES = {
    "banco.csv": "CO", "tarjeta.xlsx": "CL", "servicios.csv": "AR", "telefonia.parquet": "MX", "microcredito.csv": "PE",
}  # fmt: skip
FEEDS = {
    "pagos.csv": "payments", "marcador.csv": "contacts", "bajas.csv": "optouts", "autorizaciones.csv": "consents",
    "registros.csv": "registers", "datos.csv": "contactdata",
}  # fmt: skip
SURROUNDINGS = {"title_rows", "title_value", "total_row"}  # what stands around a table and is none of it


def test_there_is_a_sample_of_every_feed_and_each_is_made() -> None:
    kept = {path.name for path in make.HERE.iterdir() if path.suffix in (".csv", ".xlsx", ".parquet")}
    assert kept == set(make.FILES)
    assert set(COUNTRIES) | set(FEEDS) < kept


@pytest.mark.parametrize("name", make.FILES)
def test_a_sample_is_what_its_script_makes(name: str) -> None:
    """Cell by cell: the bytes of workbooks and Parquet change with the libraries that write them."""
    assert cells((make.HERE / name).read_bytes(), name) == cells(make.FILES[name](), name)


def cells(data: bytes, name: str) -> list[list[tuple[str, ...]]]:
    """All that the sheet of a file holds that would be read."""
    form = form_of(FEEDS[name]) if name in FEEDS else PORTFOLIO
    (grid,) = grids_of_bytes(data, form)
    return [[row.cells for row in grid.head], [row.cells for row in grid.body(grid.head[-1], len(grid.head[-1].cells))]]


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_sample_goes_in_clean(name: str) -> None:
    path = make.HERE / name
    mapping = load_mapping(path.with_suffix(".mapeo.toml").read_text("utf-8"), f"{path.stem}.mapeo.toml")
    found = list(open_path(path, PORTFOLIO, mapping, COUNTRIES[name], DAY).rows())
    records = [one for one in found if isinstance(one, Record)]
    assert 10 <= len(records) <= 30
    assert {one.code for one in found if isinstance(one, Fault)} <= SURROUNDINGS
    assert {one.account.currency for one in records} == {CURRENCY_OF[COUNTRIES[name]]}  # type: ignore[index] # its words
    assert all(one.person.phones or one.person.emails for one in records)


@pytest.mark.parametrize(("name", "feed"), FEEDS.items())
def test_a_sample_of_a_feed_goes_in_clean(name: str, feed: str) -> None:
    found = list(open_path(make.HERE / name, form_of(feed), None, "CO", DAY).rows())
    assert found
    assert [one for one in found if isinstance(one, Fault)] == []
