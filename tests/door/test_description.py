"""The interface as it is described: complete, with examples that go in, and readable with no network."""

from __future__ import annotations

import re

import httpx
import pytest

from acuerdo.service.door import FEEDS
from acuerdo.service.inlets import FORMS

from .conftest import Program


async def test_each_route_tells_its_parameters_answers_and_key(web: httpx.AsyncClient) -> None:
    document = (await web.get("/api/v1/openapi.json")).json()
    assert document["openapi"].startswith("3.")
    assert document["servers"] == [{"url": "http://casa.test/api/v1"}]
    assert set(document["components"]["schemas"]) >= {"Answer", "RowResult", "Problem"}
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert operation["summary"]
            assert operation["security"] == [{"HTTPBearer": []}]
            assert {one["name"] for one in operation["parameters"]} >= set(re.findall(r"{(\w+)}", path))
            assert "401" in operation["responses"]
    refs = set(re.findall(r'"#/components/schemas/(\w+)"', (await web.get("/api/v1/openapi.json")).text))
    assert refs <= set(document["components"]["schemas"])


async def test_there_is_an_example_of_each_feed_made_from_its_columns(web: httpx.AsyncClient) -> None:
    document = (await web.get("/api/v1/openapi.json")).json()
    send = document["paths"]["/creditors/{creditor_id}/feeds/{feed}"]["post"]
    examples = send["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == set(FORMS) == set(FEEDS)
    for name, example in examples.items():
        (row,) = example["value"]["rows"]
        assert set(row) <= {column.name for column in FORMS[name].columns}


@pytest.mark.parametrize("feed", FEEDS)
async def test_each_example_is_a_good_row(web: httpx.AsyncClient, program: Program, feed: str) -> None:
    document = (await web.get("/api/v1/openapi.json")).json()
    send = document["paths"]["/creditors/{creditor_id}/feeds/{feed}"]["post"]
    example = send["requestBody"]["content"]["application/json"]["examples"][feed]["value"]
    answer = await program.post(feed, json=example)
    assert answer.status_code == 200, answer.text
    assert answer.json()["counts"]["set_aside"] == 0, answer.text


async def test_the_page_needs_no_script_and_nothing_from_elsewhere(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/v1/docs")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    for feed in FEEDS:
        assert f"<code>{feed}</code>" in answer.text
