"""The cells of a line: in the person's own time and the creditor's codes, the same whichever way a file is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest

from acuerdo.adapters.files.writing import open_target
from acuerdo.adapters.store.results import StoredResults
from acuerdo.core import facts as f
from acuerdo.core.results.columns import FIELDS, Cell, inert
from acuerdo.core.results.profiles import ALL_KINDS, Profile, load_profile
from acuerdo.core.results.typification import load_typification
from acuerdo.core.words import Money
from acuerdo.service.creditors import Creditor
from acuerdo.service.exporting import Batch, Sheet, sheet_of, shipped_typification

from .results_cases import NOW, RING, bank, happened, note, promise, settled

EVERY = 'name = "todo"\n[columns]\n' + "\n".join(f'"{name}" = "{name}"' for name in FIELDS)
LATE = datetime(2026, 11, 24, 2, 30, 15, 900_000, tzinfo=UTC)  # still the 23rd in Bogotá


async def asked(db: asyncpg.Pool, made: Creditor, text: str) -> tuple[StoredResults, Batch, Sheet, Profile]:
    """Everything there is, by a profile."""
    await settled(db)
    store, profile = StoredResults(db, RING), load_profile(text)
    await store.gather(made.id)
    upto = await db.fetchval("select n from result_cursor where creditor_id = $1", made.id)
    batch = Batch(
        made.id, profile.name, 3, True, ALL_KINDS, (0,) * len(ALL_KINDS), upto, None, None, "csv", "x", NOW, None, None,
        None,
    )  # fmt: skip
    return store, batch, sheet_of(profile, load_typification(shipped_typification()), made, 3), profile


async def cells(db: asyncpg.Pool, made: Creditor, text: str) -> list[tuple[Cell, ...]]:
    """Its cells, by line."""
    store, batch, sheet, _ = await asked(db, made, text)
    return [row async for columns in store.read(batch, sheet) for row in zip(*columns, strict=True)]


async def test_a_line_is_in_the_persons_own_time_and_the_creditors_code(db: asyncpg.Pool) -> None:
    made = await bank(db)
    await note(
        db, happened(made, "luis", promise("p1", 1_234), at=LATE), happened(made, "ana", f.OptedOut("*"), at=LATE)
    )
    text = EVERY + '\n"FIJO" = { fixed = "RECAUDA" }\n[codes]\npromise = "77"\n'
    first, second = await cells(db, made, text)
    assert dict(zip([*FIELDS, "FIJO"], first, strict=True)) == {
        "line": 1, "batch": 3, "creditor": "Banco Andino", "external_id": "0007", "accounts": "0007",
        "document": "X1234567L", "document_kind": "CC", "kind": "promises", "when": "2026-11-24T03:30:15+01:00",
        "date": date(2026, 11, 24), "time": time(3, 30, 15), "offset": "+01:00", "channel": "web", "outcome": "promise",
        "code": "77", "label": "CONTACTO DIRECTO > Promesa de pago > Promesa hecha", "amount": Decimal("1234.00"),
        "currency": "COP", "due_date": date(2026, 11, 27), "agent": "bot", "origin": "", "reference": "p1", "value": "",
        "FIJO": "RECAUDA",
    }  # fmt: skip
    told = dict(zip(FIELDS, second, strict=False))
    assert (told["when"], told["date"], told["amount"]) == ("2026-11-23T21:30:15-05:00", date(2026, 11, 23), None)


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [("America/St_Johns", "-02:30", "-03:30"), ("Asia/Kolkata", "+05:30", "+05:30"), ("UTC", "+00:00", "+00:00"),
     ("America/Santiago", "-04:00", "-03:00")],
)  # fmt: skip
async def test_an_offset_is_that_of_its_day(db: asyncpg.Pool, zone: str, summer: str, winter: str) -> None:
    made = await bank(db)
    await db.execute("update person set zones = array[$1] where id = 'ana'", zone)
    july = NOW - timedelta(days=120)
    await note(db, happened(made, "ana", f.OptedOut("*"), at=july), happened(made, "ana", f.OptedOut("sms"), at=NOW))
    told = await cells(db, made, 'name = "x"\n[columns]\n"a" = "offset"\n"b" = "when"\n')
    assert [row[0] for row in told] == [summer, winter]
    assert [datetime.fromisoformat(str(row[1])) for row in told] == [july, NOW]


@pytest.mark.parametrize(
    ("currency", "minor", "major"), [("CLP", 1_500, "1500"), ("CLF", 123_456, "12.3456"), ("EUR", -7, "-0.07")]
)
async def test_an_amount_has_its_currencys_places(db: asyncpg.Pool, currency: str, minor: int, major: str) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", f.OfferBelowFloor(Money(minor, currency))))
    (row,) = await cells(db, made, 'name = "x"\n[columns]\n"a" = "amount"\n')
    assert str(row[0]) == major


ODD = ["=1+1", 'a"b', "a;b", "a,b", "a|b", "uno\ndos", 'x"\ny"', "ñandú 中", "+573005550101", "+5a", "@x", "＝x", " x ",
       "'", "\\.", "-", "\ttab", "fin\r"]  # fmt: skip
DRESSES = [
    "", 'delimiter = ","', 'delimiter = "|"\ndecimal = ","\ndate = "dd/mm/yyyy"\nencoding = "cp1252"\nheader = false',
    'delimiter = "tab"\ndate = "yyyymmdd"\nencoding = "utf-8-bom"', 'date = "mm/dd/yyyy"\nencoding = "latin-1"',
    'date = "dd-mm-yyyy"',
]  # fmt: skip


@pytest.mark.parametrize("dress", DRESSES)
async def test_lines_by_the_database_are_those_by_the_writer(db: asyncpg.Pool, tmp_path: Path, dress: str) -> None:
    """To the byte, whatever stands in a text."""
    made = await bank(db)
    for n, text in enumerate(ODD):
        await db.execute("update account set external_id = $1 where id = 'a-luis'", text)
        by = f"agent:{text}"
        await note(db, happened(made, "luis", promise(f"{text}{n}", n + 1), f.OptedOut("*"), by=by, at=LATE))
        await settled(db)
        await StoredResults(db, RING).gather(made.id)  # a line keeps what was so
    plain = [name for name in FIELDS if name not in ("document", "document_kind", "value")]
    columns = "\n".join(f'"{name}" = "{name}"' for name in plain)
    text = f'name = "x"\n[formats]\n{dress}\n[columns]\n{columns}\n"=f" = {{ fixed = "=f;\\"$1" }}\n'
    store, batch, sheet, profile = await asked(db, made, text)
    files = []
    for name in ("database", "writer"):
        target = open_target(str(tmp_path / name), "csv", profile.headers, profile.dress, NOW)
        if name == "database":
            assert await store.copy(batch, sheet, profile.dress, target.put) == 2 * len(ODD)
        else:
            async for some in store.read(batch, sheet):
                target.write(some)
        target.finish()
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    assert inert("=1+1").encode() in files[0]


async def test_a_long_file_comes_in_whole_lines(db: asyncpg.Pool, tmp_path: Path) -> None:
    """A text with a break inside, in many parts of one COPY."""
    made = await bank(db)
    await db.execute("update account set external_id = E'uno\\ndos \"tres\"' where id = 'a-luis'")
    await note(db, happened(made, "luis", *(f.PromiseKept(f"w{n}") for n in range(5000))))
    store, batch, sheet, profile = await asked(
        db, made, 'name = "x"\n[columns]\n"a" = "external_id"\n"b" = "reference"\n'
    )
    target = open_target(str(tmp_path / "f"), "csv", profile.headers, profile.dress, NOW)

    def put(lines: bytes) -> None:
        assert lines.endswith(b"\n"), "the end of a line, wherever the COPY is cut"
        assert lines.count(b'"') % 2 == 0, "and never that of a text's first line"
        target.put(lines)

    assert await store.copy(batch, sheet, profile.dress, put) == 5000
    target.finish()
    body = (tmp_path / "f").read_bytes().decode()
    assert body == "a;b\r\n" + "".join(f'"uno\ndos ""tres""";w{n}\r\n' for n in range(5000))
