"""The shipped model: made of the corpus beside it, small, and the same every time."""

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest
from tests.language.conftest import ROOM, Hear

from acuerdo.core.language import INTENTS, Model, ModelFault, load
from acuerdo.core.language.cues import CueFault, Lexicon, compiled


@pytest.fixture(scope="module")
def trainer() -> ModuleType:
    path = Path(__file__).parents[2] / "tools" / "train_intents.py"
    spec = importlib.util.spec_from_file_location("train_intents", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_model_is_made_of_the_corpus_and_cues_beside_it(model: Model, trainer: ModuleType) -> None:
    assert model.corpus == trainer.fingerprint(), "run: python tools/train_intents.py"


def test_training_again_gives_the_same_bytes(trainer: ModuleType) -> None:
    tables = [(ROOM / name).read_text() for name in trainer.TABLES]
    rows = [row for row in trainer.corpus() if row[2] in ("affirm", "deny", "greet")]
    lexicon, concepts = trainer.Lexicon(tables[0]), trainer.Concepts(tables[1])
    views = [trainer.seen(country, text, lexicon, concepts) for country, text, _ in rows]
    intents = [row[2] for row in rows]
    assert trainer.train(views, intents, tables, "x") == trainer.train(views, intents, tables, "x")


def test_the_model_is_small_and_named_by_its_content(model: Model) -> None:
    assert (ROOM / "model.bin").stat().st_size < 2_000_000
    assert len(model.name) == 24


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ModelFault, match="train_intents"):
        load(b"something else")
    with pytest.raises(ModelFault, match="damaged"):
        load((ROOM / "model.bin").read_bytes()[:5000])


def test_every_intent_is_told_in_many_ways_in_every_country(trainer: ModuleType) -> None:
    rows = trainer.corpus()
    by_intent = Counter(intent for _, _, intent in rows)
    assert min(by_intent[intent] for intent in INTENTS) >= 60
    assert by_intent["out_of_scope"] >= 150
    assert len({(country, intent) for country, _, intent in rows}) == 6 * len(INTENTS)


def test_no_utterance_is_told_twice(trainer: ModuleType) -> None:
    said = Counter((country, text.lower()) for country, text, _ in trainer.corpus())
    assert [text for (_, text), count in said.items() if count > 1 and text] == []


def test_every_cue_can_be_read() -> None:
    Lexicon((ROOM / "cues.tsv").read_text())


@pytest.mark.parametrize(
    "line", ["affirm\tsure", "nothing\tsure\tsí", "affirm\tmaybe\tsí", "/nothing\tsure\tsí", "affirm\tsure\t(sí)?"]
)
def test_a_cue_with_a_mistake_is_refused(line: str) -> None:
    with pytest.raises(CueFault):
        compiled(line)


def test_the_same_message_is_read_the_same(hear: Hear) -> None:
    text = "le doy 300 mil el viernes y el resto en 2 cuotas"
    assert hear(text) == hear(text)
