"""The commands for conversations: check, draw, try out, publish, list, and the schema for editors."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from acuerdo.core.dialogue.editing import schema_of_flows
from acuerdo.core.dialogue.files import _Loader
from acuerdo.service.resources import shipped_files

from .conftest import Run, lines

TRANSCRIPT = "país: CO\ndocumento: 52345678\ndeudora: 52345678\nnosotros: Ya confirmé que es usted\n"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with flows of the operator's own."""
    folder = tmp_path / "mis-flujos"
    folder.mkdir()
    for name, body in shipped_files().items():
        (folder / name).write_text(body, "utf-8")
    return folder


def change(folder: Path, file: str, was: str, now: str) -> None:
    body = (folder / file).read_text("utf-8")
    assert was in body
    (folder / file).write_text(body.replace(was, now), "utf-8")


def touch(folder: Path, words: str) -> None:
    """Makes the flows others, and says nothing else in them."""
    change(folder, "cierre.yaml", "flow: cierre\n", f"flow: cierre\n# {words}\n")


def test_what_is_shipped_has_nothing_wrong(run: Run) -> None:
    (told,) = lines(run("flows", "check", "--json"))
    assert told["ok"]
    assert told["steps"] > 200
    assert "nothing wrong" in run("flows", "check").stdout


def test_a_fault_is_told_with_its_place_its_way_and_what_to_write(run: Run, mine: Path) -> None:
    change(mine, "identidad.yaml", "  known: Gracias,", "  known: Debe {total}. Gracias,")
    shown = run("flows", "check", str(mine), code=1).stderr
    assert "flow identidad, step known: identidad.known speaks of amount, debt before identity" in shown
    assert "reached by start > identidad.welcome > (identity:known) identidad.known" in shown
    (told,) = lines(run("flows", "check", str(mine), "--json", code=1))
    assert [fault["step"] for fault in told["faults"]] == ["known"]
    assert told["faults"][0]["line"] > 1


def test_the_folder_of_the_settings_is_the_one_that_is_checked(run: Run, mine: Path) -> None:
    change(mine, "cierre.yaml", "flow: cierre", "flow: cierre\nstepps: {}")
    assert "did you mean steps?" in run("flows", "check", code=1, ACUERDO_FLOWS=str(mine)).stderr
    assert run("flows", "check", "nowhere", code=2).stderr


def test_a_creditors_texts_alone_are_checked_with_the_shipped_flows(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "textos" / "creditors"
    folder.mkdir(parents=True)
    (folder / "Banco Andino.yaml").write_text("texts:\n  cierre.thanks: ¡A usted!\n", "utf-8")
    (told,) = lines(run("flows", "check", str(folder.parent), "--json"))
    assert told["creditors"] == 1
    (folder / "Banco Andino.yaml").write_text("texts:\n  cierre.tanks: ¡A usted!\n", "utf-8")
    shown = run("flows", "check", str(folder.parent), code=1).stderr
    assert "creditors/Banco Andino.yaml:2" in shown
    assert "did you mean cierre.thanks?" in shown


def test_transcripts_are_played_and_told_where_they_part_ways(run: Run, tmp_path: Path, mine: Path) -> None:
    (tmp_path / "a.txt").write_text(TRANSCRIPT, "utf-8")
    assert "1 of 1 transcript as written" in run("flows", "test", "a.txt").stderr
    change(mine, "identidad.yaml", "Ya confirmé que", "Ya sé que")
    shown = run("flows", "test", str(tmp_path / "a.txt"), "--flows", str(mine), code=1)
    assert "a.txt:4: nosotros: Ya confirmé que es usted" in shown.stdout
    (tmp_path / "b.txt").write_text("país: CO\nsaldo: mucho\ndeudora: hola\n", "utf-8")
    (tmp_path / "c.txt").write_text("deudora: hola\nnosotos: Hola\n", "utf-8")
    (told,) = lines(run("flows", "test", str(tmp_path), "--json", code=1))
    assert (told["played"], len(told["wrong"])) == (3, 2)
    assert run("flows", "test", str(mine), code=2).stderr


def test_flows_are_drawn_one_or_all(run: Run, tmp_path: Path) -> None:
    assert run("flows", "draw", "cierre").stdout.startswith("<svg")
    run("flows", "draw", "-o", "dibujos")
    assert {path.stem for path in (tmp_path / "dibujos").glob("*.svg")} >= {"cierre", "identidad", "menu"}
    assert "did you mean cierre?" in run("flows", "draw", "cierr", code=2).stderr
    assert "no conversation was had yet" in run("flows", "draw", "cierre", "--traffic", code=4).stderr


def test_flows_are_published_listed_and_taken_back(run: Run, mine: Path) -> None:
    touch(mine, "uno")
    assert "version 2" in run("flows", "publish", str(mine), "--note", "más amable").stdout
    first, second = lines(run("flows", "list", "--json"))
    assert (first["own"], second["own"], second["note"], second["conversations"]) == (False, True, "más amable", 0)
    assert first["digest"] != second["digest"]
    run("flows", "publish", "--shipped")
    versions = lines(run("flows", "list", "--json"))
    assert versions[-1]["digest"] == first["digest"]
    shown = run("flows", "list").stdout
    assert "más amable" in shown
    assert "shipped" in shown


def test_the_house_publishes_the_folder_of_its_settings_when_it_starts_and_only_once(run: Run, mine: Path) -> None:
    touch(mine, "uno")
    for _ in range(2):
        (told,) = lines(run("flows", "list", "--json", ACUERDO_FLOWS=str(mine)))
        assert (told["n"], told["own"], told["who"]) == (1, True, "system")
    touch(mine, "dos")
    assert [one["own"] for one in lines(run("flows", "list", "--json", ACUERDO_FLOWS=str(mine)))] == [True, True]
    # Without the setting the operator's stay the newest: what is shipped does not undo them.
    assert [one["own"] for one in lines(run("flows", "list", "--json"))] == [True, True]
    change(mine, "cierre.yaml", "flow: cierre", "flow: cierre\nstepps: {}")
    assert "did you mean steps?" in run("flows", "list", code=1, ACUERDO_FLOWS=str(mine)).stderr


def test_what_cannot_be_published_is_not(run: Run, mine: Path) -> None:
    assert "write the folder to publish" in run("flows", "publish", code=2).stderr
    assert "not both" in run("flows", "publish", str(mine), "--shipped", code=2).stderr
    (mine / "creditors").mkdir()
    (mine / "creditors" / "Nadie.yaml").write_text("texts:\n  cierre.thanks: ¡A usted!\n", "utf-8")
    assert "of no creditor" in run("flows", "publish", str(mine), code=2).stderr
    run("creditor", "add", "Nadie", "--sender", "sms=Nadie")
    run("flows", "publish", str(mine))
    (mine / "map.toml").write_text('[steps]\n"menu.menu" = "menu.mneu"\n', "utf-8")
    shown = run("flows", "publish", str(mine), "--move", str(mine / "map.toml"), code=1).stderr
    assert "[steps] menu.menu leads to menu.mneu, which does not exist; did you mean menu.menu?" in shown
    change(mine, "cierre.yaml", "flow: cierre", "flow: cierre\nstepps: {}")
    run("flows", "publish", str(mine), code=1)
    (mine / "cierre.yaml").write_bytes("flow: adiós".encode("cp1252"))
    told = run("flows", "check", str(mine), code=1).stderr
    assert "cierre.yaml: byte 10 is not UTF-8; save the file as UTF-8" in told
    assert len(lines(run("flows", "list", "--json"))) == 2


def test_the_schema_knows_the_shipped_flows_and_refuses_typing_mistakes(run: Run) -> None:
    schema = json.loads(run("flows", "schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for name, body in shipped_files().items():
        assert list(validator.iter_errors(yaml.load(body, Loader=_Loader))) == [], name
    for wrong in (
        "flow: a\nstepps: {}\n", "flow: A\n", "flow: a\nsteps: {one: {ask: x, narow: true}}\n",
        "flow: a\nsteps: {one: {ask: x, hears: {afirm: one}}}\n", "flow: a\nsteps: {one: {do: tell_balnce}}\n",
        "flow: a\nsteps: {one: {ask: x, say: y}}\n", "flow: a\ntexts: {one: {es-XX: Hola}}\n",
        "flow: a\nslots: {one: numer}\n", "flow: a\nsteps: {one: {wait: soon, go: one}}\n",
    ):  # fmt: skip
        assert list(validator.iter_errors(yaml.load(wrong, Loader=_Loader))), wrong
    assert schema == schema_of_flows()
