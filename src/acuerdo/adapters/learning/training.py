"""From examples to a model with its card, and a model's scores on texts it has not seen."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from acuerdo.adapters.learning import fitting, measuring
from acuerdo.adapters.learning.card import LIMITS, Card
from acuerdo.adapters.learning.examples import Example
from acuerdo.adapters.learning.fitting import Counted, Floats, Seen
from acuerdo.adapters.learning.measuring import Scores, Threshold
from acuerdo.core.language import read
from acuerdo.core.language.model import MAGIC, Kept, Model, load
from acuerdo.core.language.plain import tokens

OUTSIDE = ("out_of_scope", "oos")  # labels that mean "none of the others" where nothing else is said
FOLDS = 3
REJECT = 0.05
MOMENT = datetime(2026, 3, 11, 15, tzinfo=UTC)  # when examples are said; it matters to their dates alone
LIBRARIES = ("scikit-learn", "scipy", "numpy")


class Trained(NamedTuple):
    """A model's bytes and its card."""

    data: bytes
    card: Card


class Material(NamedTuple):
    """What a model is made of: texts as it looks at them, what they mean, and what it keeps beside the coefficients."""

    seen: Sequence[Seen]
    intents: Sequence[str]
    fingerprint: str
    reads: Literal["collections", "plain"] = "plain"
    rarest: int = 1
    tables: tuple[str, str] = ("", "")


class Held(NamedTuple):
    """Margins of texts that the model had not seen, and what they mean."""

    margins: Floats
    intents: Sequence[str]
    told: str
    folds: int


def train(
    examples: Sequence[Example],
    *,
    on: date,
    outside: str | None = None,
    reject: float = REJECT,
    validation: Sequence[Example] = (),
    folds: int = FOLDS,
) -> Trained:
    """A model of these examples. The same examples give the same bytes.

    `on`: the day that the card bears. `outside`: the label of texts that are none of the intents; by default
    `out_of_scope` or `oos` where there is one. `reject`: the share (0 to 1) of texts in scope that may be turned away.
    `validation`: texts to set the temperature and the least margin by; without them the examples are
    cross-validated in so many `folds`. Raises TooFew for examples of fewer than two intents.
    """
    material = plain(examples)
    labels = {*material.intents, *(one.intent for one in validation)}
    named = outside if outside is not None else next((name for name in OUTSIDE if name in labels), "")
    return build(material, on=on, outside=named, choose=_allowed(reject), validation=validation, folds=folds)


def plain(examples: Sequence[Example]) -> Material:
    """Examples whose words alone are looked at."""
    told = hashlib.blake2b(digest_size=16)
    for one in examples:
        told.update(f"{len(one.text)} {one.text} {one.intent}\n".encode())
    return Material([Seen(tokens(one.text)) for one in examples], [one.intent for one in examples], told.hexdigest())


Choose = Callable[[Held, Sequence[str], str], float]


def _allowed(reject: float) -> Choose:
    return lambda held, labels, outside: measuring.least_margin(held.margins, held.intents, labels, outside, reject)


def build(
    material: Material,
    *,
    on: date,
    outside: str,
    choose: Choose,
    validation: Sequence[Example] = (),
    folds: int = FOLDS,
    limits: tuple[str, ...] = LIMITS,
) -> Trained:
    """A model of this material; `choose` finds the least margin from what the model had not seen."""
    groups = fitting.counted(material.seen)
    intents = np.array(material.intents)
    fitted = fitting.fit(groups, np.arange(len(intents)), intents, material.rarest)
    labels = fitted.labels
    if validation:
        raw = load(_bytes(material, groups, fitted, Threshold(0.0, ""), 1.0))
        margins = np.array([raw.margins(tokens(one.text)) for one in validation])
        held = Held(margins, [one.intent for one in validation], f"{len(validation):,} validation texts", 0)
    else:
        found = fitting.out_of_fold(groups, intents, labels, material.rarest, folds)
        held = Held(found, material.intents, f"cross-validation of the examples in {folds} folds", folds)
    temperature = measuring.temperature_of(held.margins, held.intents, labels)
    threshold = Threshold(choose(held, labels, outside), outside)
    data = _bytes(material, groups, fitted, threshold, temperature)
    card = Card(
        name=name_of(data),
        made_of=material.fingerprint,
        date=on.isoformat(),
        reads=material.reads,
        examples=dict(sorted(Counter(material.intents).items())),
        validation=held.told,
        folds=held.folds,
        temperature=temperature,
        outside=outside,
        margin=threshold.margin,
        scores=_scored(held.margins, held.intents, labels, threshold, temperature),
        bytes=len(data),
        libraries={name: version(name) for name in LIBRARIES},
        limits=limits,
    )
    return Trained(data, card)


def _bytes(
    material: Material,
    groups: Sequence[Counted],
    fitted: fitting.Fitted,
    threshold: Threshold,
    temperature: float,
) -> bytes:
    kept = Kept(
        material.fingerprint, material.reads, fitted.labels, fitting.packed(groups, fitted), fitted.bias.tobytes(),
        temperature, threshold.outside if threshold.outside in fitted.labels else "", threshold.margin,
        *material.tables,
    )  # fmt: skip
    packed = msgspec.msgpack.encode(kept)
    return MAGIC + hashlib.blake2b(packed, digest_size=12).digest() + zlib.compress(packed, 6)


def part(material: Material, groups: Sequence[Counted], rows: fitting.Places, like: Model) -> Model:
    """A model of these rows alone, with the temperature and the least margin of another."""
    fitted = fitting.fit(groups, rows, np.array(material.intents), material.rarest)
    return load(_bytes(material, groups, fitted, Threshold(like.margin, like.outside), like.temperature))


def name_of(data: bytes) -> str:
    """The hash by which a model's bytes are called."""
    return data[len(MAGIC) : len(MAGIC) + 12].hex()


def _scored(
    margins: Floats, meant: Sequence[str], labels: Sequence[str], threshold: Threshold, temperature: float
) -> Scores:
    sure = measuring.probabilities(margins, temperature).max(axis=1)
    best = [labels[place] for place in margins.argmax(axis=1)]
    return measuring.scores(meant, measuring.answers(margins, labels, threshold), sure, threshold.outside, best)


def evaluate(model: Model, examples: Sequence[Example], outside: str | None = None, country: str = "CO") -> Scores:
    """How a model does on these examples, which it must not have seen.

    `outside`: the label that these examples give to what is out of scope; by default the model's own. `country`: where
    they were written, which only a model of collections asks.
    """
    label = model.outside if outside is None else outside
    if model.reads == "collections":
        first = [read(one.text, (), MOMENT, country, model).intents[0] for one in examples]
        names = [one.name for one in first]
        return measuring.scores(
            [one.intent for one in examples], names, np.array([one.confidence for one in first]), label, names
        )
    margins = np.array([model.margins(tokens(one.text)) for one in examples])
    meant, threshold = [one.intent for one in examples], Threshold(model.margin, label)
    return _scored(margins, meant, model.labels, threshold, model.temperature)
