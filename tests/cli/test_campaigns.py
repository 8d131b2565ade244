"""Segments and campaigns at the command line: sorted, planned with reasons, approved by a person, let go."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from acuerdo.adapters.store.clock import SystemClock
from acuerdo.testing.synthetic import portfolio

from .conftest import Run, lines

# The command asks the machine for the day, so that a test's days are near today's: the next Tuesday in Bogotá.
TODAY = SystemClock().now().date()
TUESDAY = TODAY + timedelta(days=(1 - TODAY.weekday()) % 7 or 7)
TEN = f"{TUESDAY}T10:00:00-05:00"


@pytest.fixture
def sorted_(run: Run, tmp_path: Path) -> str:
    """A creditor whose accounts are in their segments."""
    run("creditor", "add", "Banco Andino", "--sender", "sms=Andino")
    (tmp_path / "cartera.csv").write_bytes(portfolio(7, 60, at=TODAY - timedelta(days=1)))
    run("portfolio", "import", "cartera.csv", "--creditor", "Banco Andino", "--country", "CO")
    run("segment")
    return "Banco Andino"


def test_every_account_is_in_a_segment(run: Run, sorted_: str) -> None:
    (told,) = lines(run("segment", "--json"))
    assert told["creditor"] == sorted_
    assert sum(told["segments"].values()) == told["accounts"] > 60
    assert told["moved"] == 0


def test_a_list_is_ranked_and_says_why(run: Run, sorted_: str) -> None:
    rows = lines(run("segment", "--list", "all", "--limit", "10", "--json"))
    assert len(rows) == 10
    assert [row["rank"] for row in rows] == sorted((row["rank"] for row in rows), reverse=True)
    assert all(row["why"] for row in rows)
    assert "Rank" in run("segment", "--list", "all").stdout


def test_an_account_says_why_it_is_where_it_is(run: Run, sorted_: str) -> None:
    (first, *_) = lines(run("segment", "--list", "all", "--json"))
    (told,) = lines(run("segment", "--why", first["external_id"], "--json"))
    assert told == first
    assert "no account" in run("segment", "--why", "NADIE", code=1).stderr


def test_a_plan_has_one_line_an_account_with_its_reason(run: Run, sorted_: str) -> None:
    (told,) = lines(run("segment", "--json"))
    rows = lines(run("campaign", "plan", "all", "--at", TEN, "--json"))
    assert len(rows) == told["accounts"]
    for row in rows:
        assert row["reason"]
        assert row["why"]
        assert bool(row["in"]) == bool(row["channel"] and row["when"]) == (row["reason"] == "contact")


def test_at_night_the_plan_waits_for_the_lawful_hour(run: Run, sorted_: str) -> None:
    night = f"{TUESDAY}T23:30:00-05:00"
    rows = [row for row in lines(run("campaign", "plan", "all", "--at", night, "--json")) if row["in"]]
    assert rows
    assert all(row["when"] > f"{TUESDAY + timedelta(days=1)}T06" for row in rows)


def test_nothing_runs_that_nobody_approved(run: Run, sorted_: str) -> None:
    campaign = lines(run("campaign", "plan", "all", "--at", TEN, "--json"))[0]["campaign"]
    assert "approve" in run("campaign", "run", campaign, code=1).stderr
    assert "planned" in run("campaign", "show", campaign).stdout
    (told,) = lines(run("campaign", "approve", campaign, "--by", "ana", "--json"))
    assert told["status"] == "approved"
    (told,) = lines(run("campaign", "run", campaign, "--json"))
    assert told["status"] == "running"
    (now,) = lines(run("campaign", "status", campaign, "--json"))
    assert now["entries"]["waiting"] > 0


def test_a_moment_without_its_zone_is_not_guessed(run: Run, sorted_: str) -> None:
    assert "-05:00" in run("campaign", "plan", "all", "--at", "2026-11-24T10:00:00", code=2).stderr
    run("campaign", "plan", "all", "--at", "mañana", code=2)


def test_a_segment_that_is_not_there_is_refused_with_those_there_are(run: Run, sorted_: str) -> None:
    assert "early" in run("campaign", "plan", "erly", code=1).stderr


def test_accounts_that_were_never_sorted_are_not_planned(run: Run, tmp_path: Path) -> None:
    run("creditor", "add", "Banco Andino")
    assert "acuerdo segment" in run("campaign", "plan", "all", code=1).stderr


def test_a_history_tells_who_did_what_and_why(run: Run, sorted_: str) -> None:
    rows = lines(run("campaign", "plan", "all", "--at", TEN, "--json"))
    out = next(row for row in rows if not row["in"])
    told = lines(run("history", out["account"], "--json"))
    kinds = [line["kind"] for line in told]
    assert kinds.index("account_imported") < kinds.index("contact_refused")
    assert next(line for line in told if line["kind"] == "contact_refused")["why"]
    assert "nobody" in run("history", "NADIE", code=1).stderr
