"""Pictures of flows: whole, readable by machines, and with the share of conversations that went each way."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from tests.dialogue.test_versions import AT, said_to

from acuerdo.adapters.store.flows import StoredFlows
from acuerdo.adapters.store.server import Database
from acuerdo.core.dialogue.picture import ANYWHERE, Traffic, draw
from acuerdo.core.dialogue.schema import NOWHERE
from acuerdo.core.dialogue.ways import onward
from acuerdo.service.publishing import Edition, at_start
from acuerdo.service.resources import shipped_flows
from acuerdo.service.traffic import count
from acuerdo.testing.scenarios import play, stage

SVG = "{http://www.w3.org/2000/svg}"
FLOWS = sorted({step.flow for step in shipped_flows().steps.values()})


def words(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("flow", FLOWS)
def test_every_step_and_every_way_is_in_the_picture_once(flow: str) -> None:
    book = shipped_flows()
    picture = draw(book, flow)
    told = " ".join(words(picture))
    steps = [step for step in book.steps.values() if step.flow == flow]
    boxes = len(re.findall(r"<g>", picture))
    outside = {to for step in steps for to, _ in onward(step) if to not in NOWHERE and not to.startswith(f"{flow}.")}
    assert boxes <= len(steps) + len(outside)
    for step in steps:
        assert step.name in told or " más" in told, step.name
    for name in outside:
        assert name in told
    ways = ElementTree.fromstring(picture).iter(f"{SVG}path")
    assert len(list(ways)) > 1
    assert ElementTree.fromstring(picture).get("role") == "img"


@pytest.mark.parametrize("flow", FLOWS)
def test_nothing_is_drawn_over_another_or_outside(flow: str) -> None:
    root = ElementTree.fromstring(draw(shipped_flows(), flow))
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    boxes = [
        tuple(float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
        for group in root.iter(f"{SVG}g")
        for rect in group.iter(f"{SVG}rect")
    ]
    for n, (x, y, w, h) in enumerate(boxes):
        assert x >= 0
        assert x + w <= width
        assert y >= 0
        assert y + h <= height
        for x2, y2, w2, h2 in boxes[n + 1 :]:
            assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_traffic_says_and_shows_how_many_went_each_way() -> None:
    ways = {("identidad.given", "identidad.thanks"): {1, 2, 3}, (ANYWHERE, "identidad.given"): {1, 2, 3, 4}}
    picture = draw(shipped_flows(), "identidad", Traffic(4, ways))
    told = words(picture)
    assert "identidad, 4 conversaciones" in told
    assert "ok · 75 %" in told
    assert any("identity:given (100 %)" in one for one in told)
    assert any("locked · 0 %" in one for one in told)
    assert 'stroke-width="6.0"' in picture


def test_a_conversation_that_takes_two_ways_to_one_step_counts_once() -> None:
    traffic = Traffic(2, {("a", "b"): {1}, ("c", "b"): {1}, ("d", "b"): {2}})
    assert traffic.share([("a", "b"), ("c", "b")]) == 0.5
    assert traffic.share([("a", "b"), ("d", "b")]) == 1.0
    assert Traffic().share([("a", "b")]) == 0.0


async def test_the_ways_of_conversations_are_counted_from_their_facts(server: Database) -> None:
    async with stage(server.url) as on:
        flows = StoredFlows(on.pool, on.keyring)
        await at_start(flows, Edition(shipped_flows()), False, AT)
        for number, turns in enumerate((("52345678",), ("52345678", "¿cuánto debo?"), ("hola",), ("99999999",))):
            await play(on, said_to(*turns), number)
        traffic = await count(on.house.talks, flows.had(10))
        assert traffic.conversations == 4
        assert len(traffic.ways["identidad.given", "identidad.thanks"]) == 2
        assert len(traffic.ways["identidad.given", "identidad.wrong"]) == 1
        assert len(traffic.ways[ANYWHERE, "identidad.given"]) == 3
        assert len(traffic.ways[ANYWHERE, "identidad.welcome"]) == 4
        assert (await count(on.house.talks, flows.had(1))).conversations == 1
        # Who was forgotten is counted no more.
        await on.pool.execute("update person set wrapped_key = null where id = (select min(id) from person)")
        assert (await count(on.house.talks, flows.had(10))).conversations == 3
