"""Files as collections teams send them, and what must come of each: see ugly/expected.toml."""

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acuerdo.adapters.files import open_bytes, open_path
from acuerdo.core.portfolio.forms import PORTFOLIO
from acuerdo.core.portfolio.mapping import load_mapping
from acuerdo.core.portfolio.records import Fault, FileError, Record

UGLY = Path(__file__).parent / "ugly"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((UGLY / "expected.toml").read_text("utf-8"))
FILES = sorted(path.name for path in UGLY.iterdir() if path.suffix not in (".py", ".toml", ".pyc") and path.is_file())
TODAY = date(2026, 11, 23)


def outcome(path: Path, told: dict[str, Any]) -> dict[str, Any]:
    """What comes of a file, in the words of expected.toml. Its country is at the start of its name."""
    mapping = load_mapping(told["mapping"]) if "mapping" in told else None
    how = (PORTFOLIO, mapping, path.name[:2].upper(), TODAY, told.get("sheet", ""))
    try:
        found = list(open_path(path, *how).rows())
    except FileError as error:
        with pytest.raises(FileError, match=f"^{re.escape(str(error))}$"):
            list(open_bytes(path.read_bytes(), path.name, *how).rows())
        return {"error": str(error)}
    assert found == list(open_bytes(path.read_bytes(), path.name, *how).rows()), "in memory it is the same"
    records = [one for one in found if isinstance(one, Record)]
    faults = [one for one in found if isinstance(one, Fault)]
    assert all(fault.reason and fault.mend for fault in faults)
    return {"records": len(records), "first": key_values(records), "faults": [said(fault) for fault in faults]}


def said(fault: Fault) -> str:
    """`code row`, with the sheet before the row in a workbook, and `apartada` when the row did not go in."""
    where = f"{fault.sheet}!{fault.row}" if fault.sheet else str(fault.row)
    return f"{fault.code} {where}" + ("" if fault.kept else " apartada")


def key_values(records: list[Record]) -> dict[str, Any]:
    if not records:
        return {}
    person, account = records[0].person, records[0].account
    return {
        "id": account.external_id, "name": person.name, "document": person.document.value,
        "phones": list(person.phones), "product": account.product, "balance": account.balance.plain(),
        "due": account.due_date, "days": account.days_past_due,
    }  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_an_ugly_file(name: str) -> None:
    assert name in EXPECTED, "say in expected.toml what must come of it"
    told = EXPECTED[name]
    came = outcome(UGLY / name, told)
    if "error" in told:
        assert told["error"] in came.get("error", "it was read")
        assert came["error"].startswith(f"{name}: ")
        return
    assert "error" not in came, came["error"]
    assert came["records"] == told["records"]
    assert {key: came["first"][key] for key in told.get("first", {})} == told.get("first", {})
    assert came["faults"] == told.get("faults", [])


def test_there_are_at_least_forty_and_none_is_expected_in_vain() -> None:
    assert len(FILES) >= 40
    assert set(EXPECTED) == set(FILES)
