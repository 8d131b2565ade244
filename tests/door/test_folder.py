"""Files dropped in a folder: taken once they are whole, archived with their report, and never lost."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from acuerdo.adapters import folder
from acuerdo.adapters.folder import Candidate, Odd, Patience, Slot
from acuerdo.adapters.store.profiles import StoredProfiles
from acuerdo.app import App
from acuerdo.core.words import AcuerdoError
from acuerdo.service.creditors import Creditor, Settings
from acuerdo.service.door import FEEDS
from acuerdo.service.profiles import Profile, header_digest
from acuerdo.worker import watching
from acuerdo.worker.watching import Watcher

from .conftest import AT, BAD, GOOD, HEADER, OTHER, Watch, put

DAY = "2026-11-24"


def _files(place: Path) -> set[str]:
    return {path.name for path in place.iterdir() if path.is_file()}


def _move(path: Path, to: Path) -> None:
    path.rename(to)


def _link(path: Path, to: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)


def _all(place: Path, pattern: str) -> list[Path]:
    return [path for path in place.rglob(pattern) if path.is_file()]


async def _accounts(house: App) -> int:
    return int(await house.pool.fetchval("select count(*) from account"))


async def test_the_folder_is_made_and_explained(tmp_path: Path, drop: Path, watch: Watch) -> None:
    assert await watch() == []
    assert {path.name for path in drop.parent.iterdir()} == set(FEEDS)
    assert "completo" in (tmp_path / "entregas" / "LEEME.txt").read_text("utf-8")
    assert "cartera" in (drop / "LEEME.txt").read_text("utf-8")


async def test_a_file_is_taken_and_archived_with_its_report(house: App, drop: Path, watch: Watch) -> None:
    put(drop, "cartera.csv", HEADER + GOOD + BAD)
    (seen,) = await watch()
    assert seen.archived == f"banco-andino/portfolio/procesados/{DAY}/cartera.csv"
    done = drop / "procesados" / DAY
    assert _files(done) == {
        "cartera.csv", "cartera.csv.informe.json", "cartera.csv.informe.txt", "cartera.csv.apartadas.csv"
    }  # fmt: skip
    told = json.loads((done / "cartera.csv.informe.json").read_text("utf-8"))
    assert (told["counts"]["added"], told["counts"]["set_aside"]) == (1, 1)
    assert any(row["status"] == "set_aside" and row["mend"] for row in told["rows"])
    report = (done / "cartera.csv.informe.txt").read_text("utf-8")
    assert "Banco Andino" in report
    assert "24/11/2026 a las 10:00" in report
    assert "         1  de ellas, nuevas" in report
    assert "quedaron apartadas" in report
    assert "; " in next(line for line in report.splitlines() if line.startswith("  fila "))
    assert "A-3" in (done / "cartera.csv.apartadas.csv").read_text("utf-8-sig")
    assert (done / "cartera.csv").read_text("utf-8") == HEADER + GOOD + BAD
    assert _files(drop) == {"LEEME.txt"}
    assert await watch() == []


async def test_the_rows_set_aside_mended_and_dropped_go_in(house: App, drop: Path, watch: Watch) -> None:
    put(drop, "cartera.csv", HEADER + GOOD + BAD)
    await watch()
    aside = drop / "procesados" / DAY / "cartera.csv.apartadas.csv"
    put(drop, "mendada.csv", aside.read_text("utf-8-sig").replace("-15000", "15000"))
    (seen,) = await watch()
    assert seen.answer.counts["added"] == 1
    assert await _accounts(house) == 2


async def test_a_file_that_cannot_be_read_goes_to_the_errors_with_how_to_mend_it(
    house: App, drop: Path, watch: Watch
) -> None:
    put(drop, "mala.csv", "a;b;c\n1;2;3\n")
    (seen,) = await watch()
    assert seen.answer.status == "refused"
    assert _files(drop / "errores") == {"mala.csv", "mala.csv.error.txt"}
    assert "external_id" in (drop / "errores" / "mala.csv.error.txt").read_text("utf-8")
    assert await _accounts(house) == 0


@pytest.mark.parametrize(("held", "says"), [("", "vacío"), (HEADER, "ninguna fila")], ids=["nothing", "a header"])
async def test_an_empty_file_is_refused_and_kept(drop: Path, watch: Watch, held: str, says: str) -> None:
    put(drop, "cartera.csv", held)
    await watch()
    said = (drop / "errores" / "cartera.csv.error.txt").read_text("utf-8")
    assert says in said
    assert "\ncartera.csv: " in said
    assert (drop / "errores" / "cartera.csv").read_text("utf-8") == held


async def test_without_a_country_the_files_are_refused_with_how_to_say_it(
    house: App, tmp_path: Path, drop: Path, watch: Watch
) -> None:
    await house.pool.execute("update creditor set settings = settings - 'country'")
    put(drop, "cartera.csv", HEADER + GOOD)
    (seen,) = await watch()
    assert "feeds expect" in seen.answer.error
    put(drop, "cartera.csv", HEADER + GOOD)
    told = Watcher(house, tmp_path / "entregas", settle=0, country="CO", tell=lambda _: None)
    (seen,) = await watch(watcher=told)
    assert seen.answer.status == "done"


async def test_a_second_file_of_the_same_name_takes_nothing_away(drop: Path, watch: Watch) -> None:
    put(drop, "cartera.csv", HEADER + GOOD)
    await watch()
    put(drop, "cartera.csv", HEADER + OTHER)
    await watch()
    done = drop / "procesados" / DAY
    assert (done / "cartera.csv").read_text("utf-8") == HEADER + GOOD
    assert (done / "cartera-2.csv").read_text("utf-8") == HEADER + OTHER


async def test_the_oldest_file_goes_first(house: App, drop: Path, watch: Watch) -> None:
    put(drop, "a-nueva.csv", HEADER + GOOD.replace("900000", "100000"))
    put(drop, "z-vieja.csv", HEADER + GOOD, age=3600)
    assert [seen.file for seen in await watch()] == ["z-vieja.csv", "a-nueva.csv"]
    assert await house.pool.fetchval("select balance from account") == 10_000_000


async def test_a_file_is_left_until_it_stops_growing(house: App, tmp_path: Path, drop: Path, watch: Watch) -> None:
    """By our own measure: the file says itself that it is years old, as one copied with its dates does."""
    slot = Slot(Creditor("1", "Banco Andino", Settings("Banco Andino")), "portfolio", drop)
    patience = Patience(10)

    def look(now: float) -> bool:
        (one,), _ = folder.lying(slot)
        return patience.whole(one, now)

    path = put(drop, "cartera.csv", HEADER, age=10**8)
    assert not look(0)
    assert not look(9)
    path.write_text(HEADER + GOOD, "utf-8")
    assert not look(11)
    assert not look(20)
    assert look(21)


async def test_a_companion_or_a_rename_says_that_a_file_is_whole(house: App, drop: Path, watch: Watch) -> None:
    put(drop, "cartera.csv.part", HEADER)
    put(drop, "otra.csv", HEADER + OTHER)
    put(drop, ".oculta.csv", HEADER)
    put(drop, "~$abierta.xlsx", HEADER)
    assert await watch(settle=3600) == []
    put(drop, "otra.csv.listo", "")
    assert [seen.file for seen in await watch(settle=3600)] == ["otra.csv"]
    _move(drop / "cartera.csv.part", drop / "cartera.csv")
    put(drop, "cartera.ok", "")
    assert len(await watch(settle=3600)) == 1
    assert _files(drop) == {"LEEME.txt", ".oculta.csv", "~$abierta.xlsx"}


async def test_links_folders_and_what_may_not_be_read_stay_and_are_told_once(
    house: App, tmp_path: Path, drop: Path, watch: Watch, odd: list[Odd]
) -> None:
    outside = put(tmp_path / "fuera", "secreto.csv", HEADER + GOOD)
    await watch()
    _link(drop / "enlace.csv", outside)
    _link(drop / "carpeta" / "otro.csv", outside)
    os.mkfifo(drop / "tubo")
    watcher = Watcher(house, tmp_path / "entregas", settle=0, tell=odd.append)
    for _ in range(2):
        assert await watch(watcher=watcher) == []
    assert sorted(one.path.name for one in odd) == ["carpeta", "enlace.csv", "tubo"]
    assert _files(outside.parent) == {"secreto.csv"}
    assert await _accounts(house) == 0


async def test_a_feeds_folder_that_leads_elsewhere_is_not_followed(tmp_path: Path, drop: Path, watch: Watch) -> None:
    outside = put(tmp_path / "fuera", "cartera.csv", HEADER + GOOD)
    _link(drop, outside.parent)
    with pytest.raises(AcuerdoError, match="leads out of"):
        await watch()
    assert _files(outside.parent) == {"cartera.csv"}


async def test_names_in_any_letters_are_taken_and_can_be_read_after(drop: Path, watch: Watch) -> None:
    put(drop, "cartera_año.csv".encode("cp1252"), HEADER + GOOD)
    put(drop, "x" * 240 + ".csv", HEADER + OTHER)
    names = sorted(seen.file for seen in await watch())
    assert names[0] == "cartera_año.csv"
    assert names[1].endswith(".csv")
    assert (drop / "procesados" / DAY / "cartera_año.csv.informe.txt").exists()


async def test_a_mapping_in_the_folder_is_used_and_its_slips_are_told(house: App, drop: Path, watch: Watch) -> None:
    odd = (HEADER + GOOD).replace("Número crédito", "Clave rara")
    put(drop, "mapeo.toml", '[columns]\n"Clave rara" = "external_idd"\n')
    put(drop, "cartera.csv", odd)
    (seen,) = await watch()
    assert seen.answer.status == "refused"
    assert "mapeo.toml" in (drop / "errores" / "cartera.csv.error.txt").read_text("utf-8")
    put(drop, "mapeo.toml", '[columns]\n"Clave rara" = "external_id"\n')
    put(drop, "cartera.csv", odd)
    (seen,) = await watch()
    assert seen.answer.counts["added"] == 1
    assert (drop / "mapeo.toml").exists()


class Killed(BaseException):
    """The process dies here."""


CRASHES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "before the file is claimed": lambda m: m.setattr(folder, "claim", _dies),
    "once it is claimed": lambda m: m.setattr(watching, "receive", _dies_async),
    "once it is in, before the archive": lambda m: m.setattr(folder, "archive", _dies),
    "when its report is written and it is not moved": lambda m: m.setattr(Path, "rename", _dies_at_archive),
}
_rename = Path.rename


def _dies(*_: object, **__: object) -> Any:
    raise Killed


async def _dies_async(*_: object) -> Any:
    raise Killed


def _dies_at_archive(path: Path, target: Path) -> Path:
    if "procesados" in str(target):
        raise Killed
    return _rename(path, target)


@pytest.mark.parametrize("when", CRASHES)
async def test_after_a_crash_at_any_moment_the_file_is_in_once_and_archived(
    house: App, drop: Path, watch: Watch, when: str
) -> None:
    put(drop, "cartera.csv", HEADER + GOOD + BAD)
    with pytest.MonkeyPatch.context() as patch:
        CRASHES[when](patch)
        with pytest.raises(Killed):
            await watch()
    assert [path.read_text("utf-8") for path in _all(drop, "*cartera.csv")] == [HEADER + GOOD + BAD]
    (seen,) = await watch()
    # The report is of the import itself, also where it was in before the crash.
    assert (seen.answer.counts["added"], seen.answer.counts["set_aside"]) == (1, 1)
    assert await house.pool.fetchval("select count(*) from import") == 1
    assert await _accounts(house) == 1
    assert (drop / "procesados" / DAY / "cartera.csv").exists()
    assert _files(drop / ".tomados") == set()
    assert await watch() == []


async def test_two_watchers_take_each_file_once(house: App, tmp_path: Path, drop: Path, watch: Watch) -> None:
    for n in range(6):
        put(drop, f"{n}.csv", HEADER + GOOD.replace("A-1", f"A-{n}"))
    seen = [one for many in await asyncio.gather(*(watch() for _ in range(3))) for one in many]
    while more := await watch():
        seen += more
    assert sorted(one.file for one in seen) == [f"{n}.csv" for n in range(6)]
    assert await house.pool.fetchval("select count(*) from import") == 6
    assert {one.answer.status for one in seen} == {"done"}


async def test_while_the_database_is_away_the_file_waits(
    house: App, drop: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> Any:
        raise asyncpg.ConnectionDoesNotExistError

    put(drop, "cartera.csv", HEADER + GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(watching, "receive", away)
        for _ in range(5):
            assert await watch() == []
    (seen,) = await watch()
    assert seen.answer.counts["added"] == 1


async def test_a_fault_of_ours_does_not_hold_up_the_others(
    house: App, tmp_path: Path, drop: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = watching.receive

    async def breaks(doors: Any, arrival: Any, path: Path) -> Any:
        if "rota" in arrival.file:
            raise ValueError("Ana Ruiz debe 900000")
        return await good(doors, arrival, path)

    monkeypatch.setattr(watching, "receive", breaks)
    put(drop, "rota.csv", HEADER + GOOD, age=60)
    put(drop, "buena.csv", HEADER + OTHER)
    watcher = Watcher(house, tmp_path / "entregas", settle=0, tell=lambda _: None)
    seen = [one for _ in range(4) for one in await watch(watcher=watcher)]
    assert [one.file for one in seen] == ["buena.csv", "rota.csv"]
    told = (drop / "errores" / "rota.csv.error.txt").read_text("utf-8")
    assert "Ana" not in told
    assert (drop / "errores" / "rota.csv").exists()


def _write_on(path: Path) -> None:
    if path.read_text("utf-8") == HEADER + GOOD:
        path.write_text(HEADER + GOOD + OTHER, "utf-8")


async def test_a_file_somebody_still_writes_to_is_read_again(
    house: App, drop: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = watching.receive

    async def writes_on(doors: Any, arrival: Any, path: Path) -> Any:
        answer = await good(doors, arrival, path)
        _write_on(path)
        return answer

    monkeypatch.setattr(watching, "receive", writes_on)
    put(drop, "cartera.csv", HEADER + GOOD)
    assert await watch() == []
    (seen,) = await watch()
    assert await _accounts(house) == 2
    assert seen.archived.endswith("cartera.csv")


def test_two_creditors_of_one_spelling_have_folders_of_their_own(tmp_path: Path) -> None:
    both = [Creditor("aaaaaaaa", "Banco Andino", Settings("x")), Creditor("bbbbbbbb", "Banco-Andino", Settings("y"))]
    paths = {slot.path.parent.name: slot.creditor.id for slot in folder.slots(tmp_path, both)}
    assert paths == {"banco-andino": "aaaaaaaa", "banco-andino-bbbbbb": "bbbbbbbb"}


@pytest.mark.parametrize(("name", "slug"), [("Crédito Ñandú, S.A.", "credito-nandu-s-a"), ("¡!", "acreedor")])
def test_a_creditors_folder_is_named_after_it(name: str, slug: str) -> None:
    assert folder.slug(name) == slug


def test_a_claim_of_a_file_that_went_away_is_none(tmp_path: Path) -> None:
    slot = Slot(Creditor("1", "Banco", Settings("Banco")), "portfolio", tmp_path)
    (tmp_path / ".tomados").mkdir()
    assert folder.claim(Candidate(slot, tmp_path / "nada.csv", (0, 0, 0), True), "t") is None


async def test_a_file_whose_header_is_remembered_needs_no_mapping(
    house: App, bank: Creditor, drop: Path, watch: Watch
) -> None:
    odd = (HEADER + GOOD).replace("Número crédito", "Clave rara")
    header = odd.splitlines()[0].split(";")
    mapping = '[columns]\n"Clave rara" = "external_id"\n'
    profile = Profile("portfolio", "diario", mapping, AT, header_digest(header))
    await StoredProfiles(house.pool).keep(bank.id, profile)
    put(drop, "cartera.csv", odd)
    put(drop, "otra.csv", odd.replace("Celular", "Teléfono"), age=60)
    seen = {one.file: one.answer.status for one in await watch()}
    assert seen == {"cartera.csv": "done", "otra.csv": "refused"}
    put(drop, "mapeo.toml", mapping.replace("external_id", "nada"))
    put(drop, "cartera.csv", odd)
    (own,) = await watch()
    assert own.answer.status == "refused"
