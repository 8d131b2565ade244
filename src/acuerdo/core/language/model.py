"""The word and letter statistics of the intents: a linear model over n-grams, kept as small arrays in one file."""

from __future__ import annotations

import hashlib
import math
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from acuerdo.core.language.concepts import Concepts
from acuerdo.core.language.cues import Lexicon
from acuerdo.core.language.plain import tokens
from acuerdo.core.words import AcuerdoError

MAGIC = b"ACUI2"
WORDS_KEPT = 16384
OUTSIDE_WEIGHT = 0.5  # of the raw margins, by validation: the best tells the two apart less well alone
TEXTS_KEPT = 4096  # many write the same: "gracias", "cuánto debo", "quiero pagar en (tantas) cuotas"
Vector = NDArray[np.float32]
DAMPED = np.append(np.float32(0), 1 + np.log(np.arange(1, 2001, dtype=np.float32)))  # by how often a feature stands


class ModelFault(AcuerdoError):
    """These bytes are no language model of this version; make one with `acuerdo language train`."""


class Group(msgspec.Struct, frozen=True):
    """One family of features: their names, weights of the features (idf), int8 coefficients and each column's scale."""

    names: list[str]
    idf: bytes
    coefficients: bytes
    scale: bytes


class Kept(msgspec.Struct, frozen=True):
    """A trained model as it is written.

    `corpus`: the fingerprint of what it was made of. `reads`: whether a text is looked at as this house's messages are,
    or as words alone. `outside`: the label of what is none of the others, or nothing. `margin`: the least that the best
    other label must score, see `Judged`.
    """

    corpus: str
    reads: Literal["collections", "plain"]
    labels: list[str]
    groups: list[Group]
    bias: bytes
    temperature: float
    outside: str
    margin: float
    cues: str = ""
    concepts: str = ""


class Judged(NamedTuple):
    """What a model makes of a text.

    `scores`: a probability for each label. `margin`: how far the best label in scope lies on its own side, less half of
    how far the label of what is out of scope does; unlike a probability it is small when nothing fits.
    """

    scores: dict[str, float]
    margin: float


class _Ready:
    """One group of features in memory; its rows stand from `begin` on in the one table of coefficients."""

    __slots__ = ("index",)

    def __init__(self, group: Group, begin: int) -> None:
        self.index = {name: place for place, name in enumerate(group.names, begin)}

    def places(self, features: Iterable[str]) -> list[int]:
        """The rows of those of these features that are known, in the order given."""
        return [place for place in map(self.index.get, features) if place is not None]


def _coefficients(group: Group, labels: int) -> Vector:
    whole = np.frombuffer(group.coefficients, dtype=np.int8).reshape(len(group.names), labels)
    return whole.astype(np.float32) * np.frombuffer(group.scale, dtype=np.float32)


def word_features(heard: Sequence[str], extra: Iterable[str] = ()) -> list[str]:
    """Words, pairs of neighbours, and whatever else is known (entities, cues)."""
    framed = ["<", *heard, ">"]
    pairs = [f"{first} {second}" for first, second in pairwise(framed)]
    skips = [f"{first} _ {third}" for first, third in zip(heard, heard[2:], strict=False)]
    return [*heard, *pairs, *skips, *extra]


def letter_features(heard: list[str]) -> list[str]:
    """Runs of two to five letters inside each word and at its edges."""
    grams: list[str] = []
    for word in heard:
        framed = f" {word} "
        length = len(framed)
        for size in (2, 3, 4, 5):
            grams.extend([framed[begin : begin + size] for begin in range(length - size + 1)])
    return grams


def _by_word(letters: _Ready) -> Callable[[str], list[int]]:
    """The places of a word's letter features; the words people use are few, so they are kept."""
    return lru_cache(maxsize=WORDS_KEPT)(lambda word: letters.places(letter_features([word])))


class Model:
    """A trained model in memory: `judge` gives a probability for every label; frozen once made."""

    __slots__ = (
        "_bias", "_coefficients", "_idf", "_kept", "_letters", "_outside", "_words", "concepts", "corpus", "labels",
        "lexicon", "margin", "name", "outside", "reads", "temperature",
    )  # fmt: skip

    def __init__(self, kept: Kept, name: str) -> None:
        self.name = name
        self.corpus = kept.corpus
        self.reads = kept.reads
        self.labels = tuple(kept.labels)
        self.outside = kept.outside
        self.margin = kept.margin
        self.lexicon = Lexicon(kept.cues)
        self.concepts = Concepts(kept.concepts)
        begins = (0, len(kept.groups[0].names))
        self._words, letters = map(_Ready, kept.groups, begins)
        idf = [np.frombuffer(group.idf, dtype=np.float16) for group in kept.groups]
        self._idf = np.concatenate(idf).astype(np.float32)
        self._coefficients = np.concatenate([_coefficients(group, len(kept.labels)) for group in kept.groups])
        self._letters = _by_word(letters)
        self._kept = lru_cache(maxsize=TEXTS_KEPT)(self._judged)
        self._bias = np.frombuffer(kept.bias, dtype=np.float32)
        self.temperature = kept.temperature
        self._outside = kept.labels.index(kept.outside) if kept.outside else None

    def knows(self, heard: list[str]) -> bool:
        """Whether any of these words was in the corpus."""
        return any(word in self._words.index for word in heard)

    def score(self, heard: list[str], extra: Iterable[str] = ()) -> dict[str, float]:
        """The probability of each label for a text of these words and extra features."""
        return self.judge(heard, extra).scores

    def judge(self, heard: list[str], extra: Iterable[str] = ()) -> Judged:
        """The probability of each label for a text of these words and extra features, and the raw margin."""
        probabilities, margin = self._kept(tuple(heard), tuple(extra))
        return Judged(dict(zip(self.labels, probabilities, strict=True)), margin)

    def classify(self, text: str) -> Judged:
        """What a text is, by its words alone: for a model that `reads` plain."""
        return self.judge(tokens(text))

    def _judged(self, heard: tuple[str, ...], extra: tuple[str, ...]) -> tuple[tuple[float, ...], float]:
        return self._told(self.margins(heard, extra))

    def _told(self, total: Vector) -> tuple[tuple[float, ...], float]:
        margin = lead(total, self._outside)
        total = np.exp((total - total.max()) * self.temperature)
        return tuple((total / total.sum()).tolist()), margin

    def told(self, margins: Vector) -> Judged:
        """What these margins, one a label, come to."""
        probabilities, margin = self._told(margins)
        return Judged(dict(zip(self.labels, probabilities, strict=True)), margin)

    def margins(self, heard: Sequence[str], extra: Iterable[str] = ()) -> Vector:
        """How far on its own side each label's line a text lies."""
        by_word = Counter(self._words.places(word_features(heard, extra)))
        by_letter = Counter(chain.from_iterable(map(self._letters, heard)))
        first, many = len(by_word), len(by_word) + len(by_letter)
        rows = np.fromiter(chain(by_word, by_letter), dtype=np.intp, count=many)
        weights = self._idf.take(rows)
        if any(times > 1 for times in chain(by_word.values(), by_letter.values())):
            times = np.fromiter(chain(by_word.values(), by_letter.values()), dtype=np.intp, count=many)
            weights *= DAMPED.take(times, mode="clip")
        for part in (weights[:first], weights[first:]):
            if part.size:
                part /= math.sqrt(part @ part)
        total: Vector = weights @ self._coefficients.take(rows, axis=0)
        total += self._bias
        return total


def lead(margins: Vector, outside: int | None) -> float:
    """The best of these margins in scope, less half of the margin of what is out of it."""
    if outside is None:
        return float(margins.max())
    best = max(float(part.max()) for part in (margins[:outside], margins[outside + 1 :]) if part.size)
    return best - OUTSIDE_WEIGHT * float(margins[outside])


def load(data: bytes) -> Model:
    """A model from the bytes of its file.

    Raises ModelFault for anything else.
    """
    if not data.startswith(MAGIC):
        raise ModelFault("these bytes are no language model; make one with `acuerdo language train`")
    name = data[len(MAGIC) : len(MAGIC) + 12].hex()
    try:
        packed = zlib.decompress(data[len(MAGIC) + 12 :])
        if name != hashlib.blake2b(packed, digest_size=12).hexdigest():
            raise ModelFault("the language model file is not what its name says; make it again")
        kept = msgspec.msgpack.decode(packed, type=Kept)
    except (zlib.error, msgspec.DecodeError) as error:
        raise ModelFault("the language model file is damaged; make it again with `acuerdo language train`") from error
    return Model(kept, name)
