"""Makes intent models from examples, of any intents in any language: a file of bytes, and a card that says what it is.

>>> from acuerdo.adapters.learning import read_examples, train
>>> made = train(read_examples(Path("examples.csv")), on=date(2026, 11, 23))  # doctest: +SKIP
>>> Path("model.bin").write_bytes(made.data)  # doctest: +SKIP
"""

from acuerdo.adapters.learning.artefacts import keep, open_model
from acuerdo.adapters.learning.card import Card
from acuerdo.adapters.learning.examples import Example, ExampleFault, read_examples
from acuerdo.adapters.learning.measuring import Scores
from acuerdo.adapters.learning.training import Trained, evaluate, train

__all__ = [
    "Card", "Example", "ExampleFault", "Scores", "Trained", "evaluate", "keep", "open_model", "read_examples", "train",
]  # fmt: skip
