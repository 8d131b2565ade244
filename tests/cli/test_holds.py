"""Holds at the command line: listed with who and why, set with an end or a day of review, lifted with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run, lines
from .test_law import FILE, TODAY, TUESDAY

LATER = f"{TODAY + timedelta(days=20)}T00:00:00-05:00"


@pytest.fixture(autouse=True)
def people(run: Run, tmp_path: Path) -> None:
    run("creditor", "add", "Banco Andino", "--sender", "sms=Andino")
    (tmp_path / "cartera.csv").write_text(FILE, "utf-8")
    run("portfolio", "import", "cartera.csv", "--creditor", "Banco Andino", "--country", "CO")


def listed(run: Run, *args: str) -> list[dict[str, Any]]:
    return lines(run("hold", "list", *args, "--json"))


def test_no_hold_is_nothing_to_list(run: Run) -> None:
    assert "no hold stands" in run("hold", "list", code=4).stderr


def test_one_is_set_listed_with_who_and_why_stops_contact_and_is_lifted(run: Run) -> None:
    (set_,) = lines(run("hold", "set", "A1", "dispute", "--why", "niega el monto", "--json"))
    (hold,) = set_["holds"]
    assert listed(run) == [hold]
    assert (hold["kind"], hold["who"], hold["why"]) == ("dispute", "operator", "niega el monto")
    since, review = (datetime.fromisoformat(hold[name]) for name in ("since", "review_at"))
    assert hold["until"] is None
    assert review - since == timedelta(days=15)  # a dispute's, in policies/holds.toml
    asked = ("law", "explain", "--person", "A1", "--at", f"{TUESDAY}T10:00:00-05:00", "--json")
    (told,) = lines(run(*asked))
    assert told["word"]["verdict"] == "refused"
    assert ("on_hold", "dispute") in {(one["code"], one["detail"]) for one in told["word"]["why"]}
    assert "no hold stands" in run("hold", "lift", "A1", "dispute", "--why", "se le contestó").stderr
    (told,) = lines(run(*asked))
    assert told["word"]["verdict"] == "cleared"
    run("hold", "list", code=4)


def test_the_list_for_people_names_them(run: Run) -> None:
    run("hold", "set", "A1", "dispute", "--why", "niega el monto")
    shown = run("hold", "list").stdout
    for word in ("1 holds", "Ana Ejemplo", "Banco Andino", "dispute", "niega el monto", "operator"):
        assert word in shown


def test_one_persons_alone_and_those_that_end_first_come_first(run: Run) -> None:
    run("hold", "set", "A2", "adviser", "--why", "prepara un plan")
    run("hold", "set", "A1", "hardship", "--why", "perdió el empleo", "--until", LATER)
    assert [row["kind"] for row in listed(run)] == ["hardship", "adviser"]
    (mine,) = listed(run, "--person", "A1")
    assert datetime.fromisoformat(mine["until"]) == datetime.fromisoformat(LATER)
    run("hold", "list", "--person", "A3", code=4)


def test_a_day_of_review_may_be_named(run: Run) -> None:
    run("hold", "set", "A1", "fraud", "--why", "dice que no es suya", "--review", LATER)
    (mine,) = listed(run)
    assert (mine["until"], datetime.fromisoformat(mine["review_at"])) == (None, datetime.fromisoformat(LATER))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("A1", "dispute", "--why", " "), "say why"),
        (("A1", "opt_out", "--why", "lo pidió"), "not set or lifted by hand"),
        (("A1", "recalled", "--why", "lo retiraron"), "not set or lifted by hand"),
        (("A1", "nada", "--why", "porque sí"), "not set or lifted by hand"),
        (("A1", "dispute", "--why", "ayer", "--until", "2020-01-01T00:00:00-05:00"), "not a day between now"),
        (("NADIE", "dispute", "--why", "niega"), "nobody has that account"),
    ],
)
def test_what_cannot_be_set_is_told_and_nothing_stands(run: Run, asked: tuple[str, ...], told: str) -> None:
    assert told in run("hold", "set", *asked, code=1).stderr
    run("hold", "list", code=4)


def test_lifting_needs_a_reason_and_a_hold_that_stands(run: Run) -> None:
    assert "no hold for dispute stands" in run("hold", "lift", "A1", "dispute", "--why", "contestado", code=4).stderr
    run("hold", "set", "A1", "dispute", "--why", "niega el monto")
    assert "say why" in run("hold", "lift", "A1", "dispute", "--why", "x", code=1).stderr
    assert len(listed(run)) == 1
