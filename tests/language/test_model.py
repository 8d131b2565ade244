"""The shipped model: made of the corpus beside it, small, and the same every time."""

from datetime import date

import msgspec
import pytest
from tests.language.conftest import ROOM, Hear

from acuerdo.adapters.learning import shipped
from acuerdo.core.language import Model, ModelFault, load
from acuerdo.core.language.cues import CueFault, Lexicon, compiled
from acuerdo.core.language.model import MAGIC

TODAY = date(2026, 11, 23)


def test_the_model_is_made_of_the_corpus_and_cues_beside_it(model: Model) -> None:
    assert model.corpus == shipped.fingerprint(), "run: make model"


def test_training_again_gives_the_same_bytes() -> None:
    rows = [row for row in shipped.corpus() if row.intent in ("affirm", "deny", "greet", "out_of_scope")]
    assert shipped.make(TODAY, rows).data == shipped.make(TODAY, rows).data


def test_the_model_is_small_and_named_by_its_content(model: Model) -> None:
    assert shipped.MODEL.stat().st_size < 8_000_000
    assert len(model.name) == 24


def test_the_card_beside_the_model_is_its_own(model: Model) -> None:
    card = msgspec.json.decode(shipped.CARD.read_bytes())
    assert (card["name"], card["made_of"]) == (model.name, model.corpus)
    assert (card["margin"], card["temperature"]) == (model.margin, model.temperature)
    assert card["scores"]["texts"] == len(shipped.corpus())
    assert model.name in shipped.PAGE.read_text("utf-8")


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ModelFault, match="acuerdo language train"):
        load(b"something else")
    with pytest.raises(ModelFault, match="damaged"):
        load((ROOM / "model.bin").read_bytes()[:5000])
    changed = bytearray((ROOM / "model.bin").read_bytes())
    changed[len(MAGIC)] ^= 1
    with pytest.raises(ModelFault, match="name"):
        load(bytes(changed))


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
