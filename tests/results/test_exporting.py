"""Each line is in exactly one file, whatever commits late or dies; a file can be written again as it was."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import asyncpg
import pytest

from acuerdo.adapters.files.writing import Taken, free
from acuerdo.adapters.store import book
from acuerdo.core import facts as f
from acuerdo.core.portfolio.toml_text import TomlError
from acuerdo.core.results.columns import Cell
from acuerdo.core.words import AcuerdoError
from acuerdo.service import exporting
from acuerdo.service.creditors import Creditor
from acuerdo.service.exporting import Busy, Choice, Exported, Target, Unknown, shipped_typification

from .results_cases import (
    NOW,
    RING,
    agreement,
    bank,
    body,
    export,
    exports,
    happened,
    names,
    note,
    outcomes,
    paid,
    promise,
    rows,
    settled,
)  # fmt: skip

WITH_DOCUMENT = """name = "core"
kinds = ["promises", "contact_data"]
[columns]
"CUENTA" = "external_id"
"CEDULA" = "document"
"CODIGO" = "code"
"DATO" = "value"
"""


async def _again(db: asyncpg.Pool, made: Creditor, n: int, path: Path, profile: str = "estandar") -> Exported:
    return await exporting.again(exports(db), made, profile, n, lambda _: free(path), NOW)


async def test_a_day_of_results(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", f.MessageSent("sms", "m1", "x"), by="system", account="a-ana", outside=True))
    await note(db, happened(made, "ana", f.Identified("link_and_document"), agreement("d1", 900)))
    await note(db, happened(made, "luis", promise("p1", 50), f.DisputeOpened("no es mío"), f.OptedOut("sms")))
    await paid(db, made, "ana", "pay1", {"a-ana": 30})

    done = await export(db, made, tmp_path)

    assert done is not None
    assert Path(done.file) == tmp_path / "resultados_banco-andino_estandar_00001.csv"
    told = rows(done.file)
    assert [(row["external_id"], row["code"], row["amount"], row["due_date"]) for row in told] == [
        ("TC-1", "NC01", "", ""), ("LC-2", "CD01", "", ""), ("TC-1", "AC01", "900.00", "2026-12-01"),
        ("0007", "PP01", "50.00", "2026-11-27"), ("0007", "OB01", "", ""), ("0007", "CD08", "", ""),
        ("TC-1", "PG02", "30.00", ""),
    ]  # fmt: skip
    assert [row["line"] for row in told] == [str(n) for n in range(1, 8)]
    assert (told[0]["when"], told[3]["when"]) == ("2026-11-23T10:00:00-05:00", "2026-11-23T16:00:00+01:00")
    assert (told[0]["channel"], told[1]["channel"], told[2]["accounts"]) == ("sms", "web", "TC-1|LC-2")
    assert "no es mío" not in body(done.file).decode(), "nobody's words leave the house"


async def test_each_line_is_in_one_file_only(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", promise("p1", 50)))
    first = await export(db, made, tmp_path)
    assert await export(db, made, tmp_path) is None, "nothing new, no file"
    await note(db, happened(made, "ana", f.PromiseKept("p1")))
    second = await export(db, made, tmp_path)
    assert first is not None
    assert second is not None
    assert [outcomes(one.file) for one in (first, second)] == [["promise"], ["promise_kept"]]
    assert [one["line"] for one in rows(second.file)] == ["2"]


async def test_a_transaction_that_commits_late_is_not_passed_over(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    house = exports(db)
    async with db.acquire() as slow:
        late = slow.transaction()
        await late.start()
        await book.record(slow, RING, happened(made, "ana", promise("slow", 50)))
        await note(db, happened(made, "luis", promise("quick", 50)))
        place = lambda name: free(tmp_path / name)  # noqa: E731 - a name for a line
        assert await exporting.export(house, made, "estandar", Choice(), place, NOW) is None, "not settled yet"
        await late.commit()
    done = await export(db, made, tmp_path)
    assert done is not None
    assert sorted(row["reference"] for row in rows(done.file)) == ["quick", "slow"]


async def test_exports_while_others_write_miss_and_repeat_nothing(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    house, files = exports(db), []

    async def writer(name: str) -> None:
        for n in range(15):
            async with db.acquire() as one, one.transaction():
                await book.insert(one, happened(made, "ana", f.PromiseKept(f"{name}{n}")), {})
                await asyncio.sleep(0)

    async def exporter() -> None:
        for _ in range(10):
            done = await exporting.export(house, made, "estandar", Choice(), lambda name: free(tmp_path / name), NOW)
            files.extend([done] if done else [])

    await asyncio.gather(writer("a"), writer("b"), exporter())
    if (rest := await export(db, made, tmp_path)) is not None:
        files.append(rest)
    told = [row["reference"] for one in files for row in rows(one.file)]
    assert sorted(told) == sorted(f"{name}{n}" for name in "ab" for n in range(15))
    numbers = [int(row["line"]) for one in files for row in rows(one.file)]
    assert numbers == list(range(1, 31))


async def test_each_profile_and_each_kind_has_its_own_mark(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    shelf = exports(db).shelf
    await exporting.keep_profile(shelf, made, 'name = "otro"\n[columns]\n"outcome" = "outcome"\n', "otro.toml", NOW)
    await note(db, happened(made, "ana", promise("p1", 50), f.OptedOut("*")))
    only = await export(db, made, tmp_path, Choice(kinds=("opt_outs",)))
    rest = await export(db, made, tmp_path)
    other = await export(db, made, tmp_path, profile="otro")
    assert [outcomes(one.file) for one in (only, rest, other) if one] == [
        ["opt_out"],
        ["promise"],
        ["promise", "opt_out"],
    ]


async def test_what_is_aside_leaves_the_mark(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    late = NOW + timedelta(hours=13, minutes=30)  # 23:30 of the same day in Bogotá, the next in Madrid
    await note(
        db, happened(made, "ana", promise("p1", 50), at=late), happened(made, "luis", promise("p2", 50), at=late)
    )
    day = date(2026, 11, 23)
    one_day = await export(db, made, tmp_path, Choice(aside=True, since=day, until=day))
    full = await export(db, made, tmp_path, Choice(aside=True))
    new = await export(db, made, tmp_path)
    assert [[row["reference"] for row in rows(one.file)] for one in (one_day, full, new) if one] == [
        ["p1"], ["p1", "p2"], ["p1", "p2"],
    ]  # fmt: skip


async def test_what_the_typification_omits_is_not_told(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    text = shipped_typification().replace('omit = ["unknown"', 'omit = ["sent", "unknown"')
    with pytest.raises(TomlError, match="también está en omit"):
        await exporting.keep_typification(exports(db).shelf, made, text, "b.toml", NOW)
    text = text.replace('"Mensaje enviado" = { code = "NC01", outcomes = ["sent"] }\n', "").replace("PP01", "999")
    await exporting.keep_typification(exports(db).shelf, made, text, "b.toml", NOW)
    sent = happened(made, "ana", f.MessageSent("sms", "m", ""), f.MessageUnknown("sms", "m"), outside=True)
    await note(db, sent, happened(made, "ana", promise("p", 1)))
    done = await export(db, made, tmp_path)
    assert done is not None
    assert [row["code"] for row in rows(done.file)] == ["999"]


async def test_documents_and_new_contacts_are_opened_for_the_file_alone(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await exporting.keep_profile(exports(db).shelf, made, WITH_DOCUMENT, "core.toml", NOW)
    await note(db, happened(made, "ana", promise("p", 1), f.ContactUpdated("phone", "+573005550101")))
    await note(db, happened(made, "luis", f.ContactUpdated("email", "=luis@example.com")))
    done = await export(db, made, tmp_path, profile="core")
    assert done is not None
    assert [list(row.values()) for row in rows(done.file)] == [
        ["LC-2", "52345678", "PP01", ""],
        ["LC-2", "52345678", "CD05", "+573005550101"],
        ["0007", "X1234567L", "CD05", "'=luis@example.com"],
    ]
    kept = await db.fetch("select t::text from result_line t union all select t::text from result_batch t")
    assert not any("52345678" in row[0] or "555" in row[0] for row in kept)


async def test_a_file_is_written_again_as_it_was(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await exporting.keep_profile(exports(db).shelf, made, WITH_DOCUMENT, "core.toml", NOW)
    await note(db, happened(made, "ana", promise("p", 1), f.ContactUpdated("phone", "+573005550101")))
    first = await export(db, made, tmp_path, profile="core")
    assert first is not None
    # Whatever changes since: more facts, another profile of that name, another zone, another foremost account.
    await note(db, happened(made, "ana", promise("q", 2)))
    changed = WITH_DOCUMENT.replace("CUENTA", "OTRA")
    await exporting.keep_profile(exports(db).shelf, made, changed, "core.toml", NOW)
    await db.execute("update person set zones = array['Europe/Madrid'] where id = 'ana'")
    await db.execute("update account set days_past_due = 99 where id = 'a-ana'")
    second = await _again(db, made, 1, tmp_path / "again.csv", "core")
    assert second.same
    assert body(second.file) == body(first.file)
    await db.execute("update person set wrapped_key = null where id = 'ana'")
    third = await _again(db, made, 1, tmp_path / "forgotten.csv", "core")
    assert not third.same, "who was forgotten stays so"
    assert "[dato borrado]" in body(third.file).decode()
    with pytest.raises(Unknown, match="no file 7"):
        await _again(db, made, 7, tmp_path / "x.csv", "core")


async def test_an_export_is_a_fact(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", promise("p", 1)))
    done = await export(db, made, tmp_path)
    assert done is not None
    (row,) = await db.fetch("select shown, person_id, creditor_id from fact where kind = 'results_exported'")
    fact = book.unpack(row["shown"], None)
    assert isinstance(fact, f.ResultsExported)
    assert (fact.batch, fact.lines, fact.digest, fact.file) == (1, 1, done.digest, Path(done.file).name)
    assert (row["person_id"], row["creditor_id"]) == (None, made.id)


async def test_nothing_is_overwritten_and_nothing_is_begun_then(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", promise("p", 1)))
    (tmp_path / "resultados_banco-andino_estandar_00001.csv").write_text("de otro")
    with pytest.raises(Taken):
        await export(db, made, tmp_path)
    assert await exports(db).batches.all(made.id) == []


async def test_two_do_not_export_by_one_profile_at_once(db: asyncpg.Pool, tmp_path: Path) -> None:
    made = await bank(db)
    async with exports(db).lines.alone(made.id, "estandar"):
        with pytest.raises(Busy):
            await export(db, made, tmp_path)


async def test_an_unknown_profile_is_told_with_those_there_are(db: asyncpg.Pool, tmp_path: Path) -> None:
    with pytest.raises(Unknown, match="has no profile 'cor'; it has: estandar"):
        await export(db, await bank(db), tmp_path, profile="cor")


class _Torn:
    """A file whose process fails: while it is written, or when it is whole and not yet on record."""

    def __init__(self, inner: Target, moment: str) -> None:
        self._inner, self._moment, self.dress = inner, moment, inner.dress

    def write(self, columns: Sequence[Sequence[Cell]]) -> None:
        raise AssertionError("a CSV takes whole lines")

    def put(self, lines: bytes) -> None:
        self._inner.put(lines)
        if self._moment == "writing":
            raise OSError(28, "No space left on device")

    def finish(self) -> str:
        self._inner.finish()
        raise OSError(5, "gone")

    def discard(self) -> None:
        self._inner.discard()


@pytest.mark.parametrize("moment", ["writing", "whole"])
async def test_what_was_not_finished_is_written_again_first(db: asyncpg.Pool, tmp_path: Path, moment: str) -> None:
    made, house = await bank(db), exports(db)
    await note(db, happened(made, "ana", promise("p1", 50)))
    torn = replace(house, open=lambda *args: _Torn(house.open(*args), moment))
    with pytest.raises(OSError, match=r"No space|gone"):
        await export(db, made, tmp_path, house=torn)
    await note(db, happened(made, "ana", promise("p2", 50)))

    (tmp_path / "elsewhere").mkdir()
    again = await export(db, made, tmp_path / "elsewhere")
    newer = await export(db, made, tmp_path)
    assert again is not None
    assert newer is not None
    assert (again.resumed, Path(again.file).parent, again.batch.n) == (True, tmp_path, 1), "under its own name"
    assert [[row["reference"] for row in rows(one.file)] for one in (again, newer)] == [["p1"], ["p2"]]


async def test_what_cannot_be_written_where_it_was_can_elsewhere(db: asyncpg.Pool, tmp_path: Path) -> None:
    made, house = await bank(db), exports(db)
    (tmp_path / "disk").mkdir()
    await note(db, happened(made, "ana", promise("p1", 50)))
    torn = replace(house, open=lambda *args: _Torn(house.open(*args), "writing"))
    with pytest.raises(OSError, match="No space"):
        await export(db, made, tmp_path / "disk", house=torn)
    (tmp_path / "disk").rmdir()
    with pytest.raises(AcuerdoError, match="--batch 1 --out FILE"):
        await export(db, made, tmp_path)
    await _again(db, made, 1, tmp_path / "r.csv")
    assert outcomes(tmp_path / "r.csv") == ["promise"]
    assert await export(db, made, tmp_path) is None


CHILD = """
import asyncio, os, signal, sys
import asyncpg
sys.path.insert(0, sys.argv[4])
from dataclasses import replace
from pathlib import Path
from acuerdo.core.words import AcuerdoError
from acuerdo.service import exporting
from acuerdo.adapters.files.writing import free
from results_cases import ANDINO as made, NOW, exports

url, folder, moment = sys.argv[1], Path(sys.argv[2]), sys.argv[3]

class Killed:
    def __init__(self, inner): self.inner, self.dress = inner, inner.dress
    def put(self, lines):
        self.inner.put(lines)
        if moment == "writing": os.kill(os.getpid(), signal.SIGKILL)
    def finish(self):
        if moment == "part": self.inner._body.close(); os.kill(os.getpid(), signal.SIGKILL)
        digest = self.inner.finish()
        os.kill(os.getpid(), signal.SIGKILL)
    def discard(self): self.inner.discard()

async def main():
    async with asyncpg.create_pool(url, min_size=1, max_size=3) as db:
        house = exports(db)
        house = replace(house, open=lambda *a: Killed(exports(db).open(*a)))
        await exporting.export(house, made, "estandar", exporting.Choice(), lambda n: free(folder / n), NOW)

asyncio.run(main())
"""


@pytest.mark.parametrize("moment", ["writing", "part", "whole"])
async def test_a_kill_in_the_middle_loses_nothing_and_repeats_nothing(
    db: asyncpg.Pool, db_url: str, tmp_path: Path, moment: str
) -> None:
    made = await bank(db)
    await note(db, happened(made, "ana", promise("p1", 50), f.OptedOut("*")))
    await paid(db, made, "ana", "pay", {"a-ana": 10})
    await settled(db)
    child = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", CHILD, db_url, str(tmp_path), moment, str(Path(__file__).parent)],
        capture_output=True, text=True, env={**os.environ}, check=False,
    )  # fmt: skip
    assert child.returncode == -9, child.stderr
    name = tmp_path / "resultados_banco-andino_estandar_00001.csv"
    before = name.read_bytes() if name.exists() else None
    assert (before is not None) == (moment == "whole"), "a name stands for a whole file"
    await note(db, happened(made, "luis", promise("p2", 50)))

    while True:  # the server needs a moment to notice that the other is gone
        try:
            again = await export(db, made, tmp_path)
            break
        except Busy:
            await asyncio.sleep(0.05)
    newer = await export(db, made, tmp_path)

    assert again is not None
    assert newer is not None
    assert Path(again.file) == name
    assert before in (None, name.read_bytes()), "the same file, to the byte"
    assert [row["reference"] for row in rows(name)] == ["p1", "", "pay"]
    assert [row["reference"] for row in rows(newer.file)] == ["p2"]
    assert names(tmp_path) == sorted(Path(one.file).name for one in (again, newer))
