"""The frozen set has the promised shape and counts, and the corpus has never seen it."""

from collections import Counter
from pathlib import Path

import pytest
from tests.language.frozen import count, score

import acuerdo.core.language as language
from acuerdo.core.language import INTENTS, Entity

CORPUS = Path(language.__file__).parent / "corpus"


@pytest.fixture(scope="module")
def taught() -> list[str]:
    lines = (line for path in CORPUS.glob("*.tsv") for line in path.read_text(encoding="utf-8").splitlines())
    return [line.split("\t")[-1] for line in lines if "\t" in line]


def test_every_line_is_well_formed_and_said_once() -> None:
    assert count.faults() == []


def test_there_are_enough_of_every_intent_country_and_register() -> None:
    lines = count.utterances()
    intents = Counter(line["intent"] for line in lines)
    assert len(lines) >= count.FEWEST["utterances"]
    assert set(intents) == set(INTENTS)
    assert min(intents.values()) >= count.FEWEST["intent"]
    assert min(intents[name] for name in count.PROTECTED) >= count.FEWEST["protected"]
    assert intents["out_of_scope"] >= count.FEWEST["out_of_scope"]
    assert {(line["country"], line["register"]) for line in lines} >= {
        (country, register) for country in count.COUNTRIES for register in count.REGISTERS if register != "voseo"
    }


def test_there_are_enough_entity_lines_of_every_kind_and_enough_without_any() -> None:
    lines = count.entity_lines()
    assert len(lines) >= count.FEWEST["entities"]
    assert sum(not line["entities"] for line in lines) >= count.FEWEST["nothing"]
    assert {entity["kind"] for line in lines for entity in line["entities"]} == set(count.KINDS)
    assert {line["country"] for line in lines if line["entities"]} == set(count.COUNTRIES)


def test_the_readme_says_how_many_there_are() -> None:
    assert count.readme_counts() == count.counts()


def test_nothing_of_it_is_in_the_corpus(taught: list[str]) -> None:
    ours = [line["text"] for line in [*count.utterances(), *count.entity_lines()]]
    assert len(taught) > len(INTENTS)
    seen = [pair for pair in count.alike(ours, taught) if len(count.normal(pair[0]).split()) > count.SHORT]
    assert seen == [], "the corpus loses these lines; the frozen set keeps them"


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("¿Cuánto debo?", "cuanto debo", True),
        ("el lunes paso a pagar al banco", "paso el lunes al banco a pagar", True),
        ("mañana le pago sin falta señora", "mañana le pago sin falta señor", False),
        ("ya pagué", "ya pagué ayer", False),
        ("👍", "👎", False),
    ],
)
def test_alike_is_the_same_words_however_written(one: str, other: str, near: bool) -> None:
    assert bool(count.alike([one], [other])) is near


def test_a_line_is_right_only_when_all_of_it_is() -> None:
    line = {
        "entities": [{"kind": "money", "value": "200", "currency": "PEN", "text": "200 soles", "start": 0, "end": 9}]
    }
    right = Entity("money", "200.00", "200 soles", 0, 9, currency="PEN")
    assert score.wholly_right(line, [right])
    assert not score.wholly_right(line, [])
    assert not score.wholly_right(line, [right, Entity("date", "2026-03-12", "mañana", 10, 16)])
    assert not score.wholly_right(line, [Entity("money", "200", "200", 0, 3)])


def test_the_two_ends_of_a_range_are_two_entities() -> None:
    ends = [
        {"kind": "date", "value": value, "text": value, "start": 0, "end": 10} for value in ("2026-03-12", "2026-03-13")
    ]
    assert score.wholly_right({"entities": ends}, [Entity("date", "2026-03-12", "", 0, 10, until="2026-03-13")])


def test_the_reader_is_scored_on_all_of_it() -> None:
    told = score.report()
    assert f"/{len(count.utterances())})" in told
    assert f"/{len(count.entity_lines())})" in told
