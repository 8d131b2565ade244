"""The reference pages say what the code says, and nothing in the code goes without words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docs import generate, meanings, measures

from acuerdo.core.campaigns.planning import CODES
from acuerdo.core.compliance import REASONS
from acuerdo.core.dialogue.schema import KINDS, STEP_KEYS
from acuerdo.core.facts import Fact
from acuerdo.service import sending
from acuerdo.service.resources import shipped_flows

SOURCE = Path(generate.__file__).parents[1] / "src" / "acuerdo"


def test_no_page_is_stale() -> None:
    assert generate.stale() == [], "run make docs, and commit what it writes"


def test_everything_has_words() -> None:
    assert list(generate.undocumented()) == []


def test_a_fact_without_a_docstring_would_be_told() -> None:
    class Bare(Fact, frozen=True, tag="bare"):
        said: str

    assert generate.own_docstring(Bare) == ""


def test_every_reason_that_the_code_gives_is_in_a_table() -> None:
    given = {
        (code, path.name)
        for path in SOURCE.rglob("*.py")
        for code in re.findall(r'\bReason\(\s*"([a-z_0-9]+)"', path.read_text("utf-8"))
    }
    known = REASONS.keys() | CODES.keys() | sending.REASONS.keys()
    assert given, "the code gives no reasons: this test looks in the wrong place"
    assert {(code, file) for code, file in given if code not in known} == set()


def test_every_word_of_a_step_is_told() -> None:
    assert set(meanings.KINDS) == set(KINDS)
    assert set(meanings.KINDS) | set(meanings.KEYS) == set(STEP_KEYS)


def test_every_measure_has_its_definition() -> None:
    assert [name for name, words in measures.measures().items() if not words] == []


@pytest.mark.parametrize("name", [name for name in generate.pages() if name.endswith(".svg")])
def test_a_flow_s_picture_names_each_of_its_steps(name: str) -> None:
    flow = name.removeprefix("flows/").removesuffix(".svg")
    drawn = re.findall(r"<title>(.*?)</title>", generate.pages()[name])
    named = [word for label in drawn for word in label.split(", ")]
    steps = [step.name for step in shipped_flows().steps.values() if step.flow == flow]
    assert steps
    assert [step for step in steps if step not in named] == []
