"""Every scenario through the whole corridor, in a real database; and each told again from its facts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from acuerdo.adapters.store.server import Database
from acuerdo.core import facts as f
from acuerdo.core.dialogue.state import State
from acuerdo.service.replaying import CannotReplay, differences, replay
from acuerdo.service.resources import shipped_flows
from acuerdo.service.talking import House
from acuerdo.testing.scenarios import BadScenario, Stage, converse, play, read_scenarios, script, span, stage, told

HERE = Path(__file__).parent
FILES = sorted(path.name for path in HERE.glob("*.jsonl"))


def lines(name: str) -> list[dict[str, Any]]:
    return list(read_scenarios(HERE / name))


@pytest.mark.parametrize("name", FILES)
async def test_every_scenario_holds_and_replays(server: Database, name: str) -> None:
    wrong: list[str] = []
    async with stage(server.url) as on:
        for number, raw in enumerate(lines(name)):
            scenario = script(raw)
            facts, planned = await play(on, scenario, number)
            one = told(raw, scenario, facts, planned)
            if not one["passed"]:
                spoken = "\n".join(f"    {x['who']}: {x['text']}" for x in one["transcript"])
                wrong.append(
                    f"{one['id']}: {one['must_failed']} {one['must_not_broken']} {one['always_broken']}\n{spoken}"
                )
            wrong += [
                f"{one['id']}: the guard refused {r.fact.text_id}" for r in facts if isinstance(r.fact, f.TextRefused)
            ]
            state, again = replay(facts, shipped_flows())
            wrong += [f"{one['id']}: said otherwise when told again: {key}" for key in differences(facts, again)]
            if state != await kept(on, facts[0].conversation or ""):
                wrong.append(f"{one['id']}: another state when told again")
    assert not wrong, "\n".join(wrong)


async def kept(on: Stage, conversation: str) -> State:
    """The state that the conversation's row holds."""
    house: House = on.house
    began = await on.pool.fetchval("select started_at from conversation where id = $1", conversation)
    async with house.talks.turn(conversation, "look", began) as turn:
        return msgspec.json.decode(turn.held.state, type=State)


def scenario(**changes: Any) -> dict[str, Any]:
    return {**lines("plans.jsonl")[0], "id": "x", **changes}


async def run(server: Database, *raw: dict[str, Any]) -> list[dict[str, Any]]:
    return [one async for one in converse(raw, server.url)]


async def test_one_line_has_all_that_others_read(server: Database) -> None:
    (one,) = await run(server, scenario(turns=["hola", "52345678"], must=["balance_told"]))
    assert set(one) == {
        "id", "outcomes", "passed", "must_failed", "must_not_broken", "always_broken", "transcript", "facts",
    }  # fmt: skip
    assert one["passed"] is True
    assert one["transcript"][0] | {"text": ""} == {
        "turn": -1, "at": "2026-04-14T10:00:00-05:00", "channel": "web", "who": "bot", "text": "",
    }  # fmt: skip
    assert [x["turn"] for x in one["transcript"] if x["who"] == "debtor"] == [0, 1]
    assert {"kind", "at", "data"} == set(one["facts"][0])
    assert {"identified", "balance_told", "document_given"} <= {x["kind"] for x in one["facts"]}


async def test_what_is_expected_is_not_needed_and_not_read_while_it_runs(server: Database) -> None:
    raw = scenario()
    bare = {key: value for key, value in raw.items() if key not in ("must", "must_not")}
    with_it, without = await run(server, raw, bare | {"id": "y"})
    assert with_it["passed"] is True
    assert without["passed"] is None
    assert with_it["outcomes"] == without["outcomes"]
    absurd = raw | {"id": "z", "must": ["agreement_created(99, 1)"], "must_not": ["balance_told"]}
    (failed,) = await run(server, absurd)
    assert failed["outcomes"] == with_it["outcomes"]
    assert (failed["must_failed"], failed["must_not_broken"]) == (["agreement_created(99, 1)"], ["balance_told"])


async def test_gaps_move_the_clock_and_other_channels_are_told_honestly(server: Database) -> None:
    (one,) = await run(server, scenario(turns=["hola", "52345678"], gaps={"1": "P1DT2H"}, channel="whatsapp"))
    said = [x["at"] for x in one["transcript"] if x["who"] == "debtor"]
    assert said == ["2026-04-14T10:00:20-05:00", "2026-04-15T12:00:20-05:00"]
    assert "whatsapp" in one["note"]


async def test_a_timer_that_falls_due_in_a_gap_rings_at_its_moment(server: Database) -> None:
    turns = ["llámeme mañana a las 3 de la tarde", "hola"]
    (one,) = await run(server, scenario(turns=turns, gaps={"1": "P2D"}))
    rang = [x["at"] for x in one["facts"] if x["kind"] == "timer_rang"]
    assert rang == ["2026-04-15T15:00:00-05:00"]


def test_durations() -> None:
    assert span("P1D").total_seconds() == 86400
    assert span("PT90S").total_seconds() == 90
    with pytest.raises(BadScenario, match="no duration"):
        span("un día")


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text('{"id": "a"}\n')
    with pytest.raises(BadScenario, match=r"x.jsonl:1"):
        list(read_scenarios(path))


async def test_a_debtor_that_cannot_be_imported_says_why(server: Database) -> None:
    raw = scenario(country="CL")
    raw["debtor"] = raw["debtor"] | {"document": {"type": "rut", "value": "123456780"}, "currency": "CLP"}
    with pytest.raises(BadScenario, match="cannot be imported"):
        await run(server, raw)


def test_a_replay_needs_a_beginning() -> None:
    with pytest.raises(CannotReplay):
        replay([], shipped_flows())
