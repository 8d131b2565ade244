"""A year against the oracle: the guard clears no violation, refuses nothing lawful and knows the next lawful moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - the test's own chance, from a written seed
from typing import Any

import pytest
from tests.compliance import oracle, oracle_against, oracle_rules, oracle_year

# One seed a test, so that two processes share them: 100,000 decisions in all.
SEEDS = range(1, 9)
DECISIONS = 12_500


@pytest.mark.parametrize("seed", SEEDS)
def test_the_guard_and_the_oracle_agree_on_a_hostile_year(seed: int) -> None:
    tally = oracle_against.run(DECISIONS, seed)
    assert tally.verdicts.total() == DECISIONS
    assert not tally.against, _told(tally.against)
    assert min(tally.verdicts.values()) > DECISIONS // 10
    assert tally.checked["until"] == tally.verdicts["not_yet"]


def test_each_rule_of_the_oracle_speaks_in_that_year() -> None:
    known = {one.rule for one in (*oracle_rules.HOURS, *oracle_rules.CAPS)}
    known |= {
        "12",
        "13.4",
        "13.6",
        "third-party",
        "CO-2/NYC-1",
        "WA-1",
        "SMS-1",
        "FB-1",
        "WA-5",
        "MX-4",
        "CL-6",
        "US-14",
    }
    spoken: set[str] = set()

    def look(said: oracle_year.Situation) -> bool:
        found = oracle.broken(said, said["at"])
        spoken.update(one.rule for one in found)
        return not found

    for person in range(600):
        oracle_year.live(Random(f"rules/{person}"), oracle_year.PLACES[person % len(oracle_year.PLACES)], 60, look)
    assert known <= spoken, f"never broken: {sorted(known - spoken)}"


def test_each_place_is_visited() -> None:
    asked = ["CO", "CL", "MX", "PE", "AR", "AR-C", "ES", "EC", "BR", "US", "US-NYC", "GB", "strict", "ultra"]
    assert set(asked) <= {place[0] for place in oracle_year.PLACES}


def _cleared_anyway(told: dict[str, Any], at: datetime) -> dict[str, Any]:
    return told | {"verdict": "cleared", "deadline": at}


def _a_minute_late(told: dict[str, Any], _at: datetime) -> dict[str, Any]:
    return told | {"until": told["until"] and told["until"] + timedelta(minutes=1)}


def _a_quarter_more(told: dict[str, Any], _at: datetime) -> dict[str, Any]:
    return told | {"deadline": told["deadline"] and told["deadline"] + timedelta(minutes=16)}


@pytest.mark.parametrize(
    ("slip", "kinds"),
    [
        (_cleared_anyway, {"cleared against the oracle"}),
        (_a_minute_late, {"lawful before until"}),
        (_a_quarter_more, {"deadline too late"}),
    ],
)
def test_a_guard_that_slips_is_found_out(
    slip: Callable[[dict[str, Any], datetime], dict[str, Any]], kinds: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = oracle_against.judged
    monkeypatch.setattr(oracle_against, "judged", lambda said: slip(judged(said), said["at"]))
    tally = oracle_against.run(600, seed=1)
    assert kinds <= {one.kind for one in tally.against}
    assert len(tally.against) > 60


def test_the_oracle_shares_no_code_with_the_guard() -> None:
    for module in (oracle, oracle_rules, oracle_year):
        assert "acuerdo" not in Path(str(module.__file__)).read_text("utf-8").replace("`acuerdo law judge`", "")


def _situation(**said: Any) -> oracle_year.Situation:
    plain: dict[str, Any] = {
        "jurisdiction": "CO", "subdivision": None, "zones": ["America/Bogota"], "channel": "sms", "role": "debtor",
        "purpose": "collection", "ownership": "first_party", "consents": None, "opt_outs": [], "holds": [],
        "history": [], "options": None, "origin": "bot", "account": None, "caller": None, "registers": (),
        "address_source": "person", "address": "a1", "creditor": "north", "free_form": False,
    }  # fmt: skip
    return plain | said


def test_the_oracle_reads_the_rules_by_itself() -> None:
    """A few rows of the sources, by hand: what would be said of them without any program."""
    monday = datetime(2026, 11, 23, 17, tzinfo=UTC)  # noon in Bogotá
    sent = {"channel": "sms", "reached": True, "account": None, "purpose": "collection", "zones": []}
    rules = [
        (_situation(), monday, set()),
        (_situation(), monday + timedelta(hours=7), {"CO-5"}),
        (_situation(), monday - timedelta(days=1), {"CO-5"}),
        (_situation(), datetime(2026, 12, 8, 17, tzinfo=UTC), {"CO-5"}),
        (_situation(history=[sent | {"at": monday}]), monday + timedelta(hours=1), {"CO-3"}),
        (_situation(history=[sent | {"at": monday}], channel="email"), monday + timedelta(days=1), {"CO-3"}),
        (_situation(history=[sent | {"at": monday}]), monday + timedelta(days=1), set()),
        (_situation(role="reference"), monday, {"third-party"}),
        (_situation(channel="whatsapp", ownership="agency", consents={"whatsapp": True}), monday, {"WA-1"}),
    ]
    for situation, at, expected in rules:
        assert {one.rule for one in oracle.broken(situation, at)} == expected, (situation, at)


def _told(against: list[oracle_against.Disagreement]) -> str:
    """The first few, whole: they are the next conformance cases."""
    lines = [f"{len(against)} disagreements"]
    for one in against[:3]:
        lines.append(f"{one.kind}: at {one.at}\n  guard {one.answer}\n  oracle {one.broken}\n  {one.situation}")
    return "\n".join(lines)
