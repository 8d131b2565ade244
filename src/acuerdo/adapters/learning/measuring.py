"""How right and how sure a model is: accuracy, calibration, and what it takes for out of scope."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from acuerdo.adapters.learning.fitting import Floats
from acuerdo.core.language.model import OUTSIDE_WEIGHT

BINS = 10  # of the calibration error, equally wide
COLDEST, HOTTEST = 0.1, 50.0  # bounds of the temperature
WORST = 20  # confusions that are told
NOTHING = -1e9  # a least margin that turns nothing away
Flags = NDArray[np.bool_]


class Share(msgspec.Struct, frozen=True):
    """How many of an intent's texts were found, how many found were its own, and how many there were."""

    recall: float
    precision: float
    texts: int


class Confusion(msgspec.Struct, frozen=True):
    """How often one intent was read as another."""

    meant: str
    read: str
    times: int


class Scores(msgspec.Struct, frozen=True):
    """What was measured on texts that the model had not seen. Shares are from 0 to 1.

    `accuracy`: right of all, a text out of scope being right when it is rejected. `inside_right`: right of those in
    scope, a rejected one being wrong. `inside_rejected`: those in scope that were rejected. `outside_recall`: those out
    of scope that were rejected; None where there were none. `calibration_error`: how far on average the confidence of
    an answer is from the share of such answers that are right, in ten equal bins.
    """

    texts: int
    accuracy: float
    inside_right: float
    inside_rejected: float
    outside_recall: float | None
    calibration_error: float
    intents: dict[str, Share]
    confused: list[Confusion]


class Threshold(NamedTuple):
    """From which margin on a text is in scope, and which label says that it is not."""

    margin: float
    outside: str


def probabilities(margins: Floats, temperature: float) -> Floats:
    """The margins as probabilities of the labels; rows by labels."""
    raised = np.exp((margins - margins.max(axis=1, keepdims=True)) * temperature)
    found: Floats = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return found


def temperature_of(margins: Floats, meant: Sequence[str], labels: Sequence[str]) -> float:
    """The temperature under which these margins make the true labels most likely."""
    from scipy.optimize import minimize_scalar

    at = {name: place for place, name in enumerate(labels)}
    known = np.array([name in at for name in meant])
    rows, true = margins[known], np.array([at[name] for name in meant if name in at])

    def unlikely(log_temperature: float) -> float:
        raised = (rows - rows.max(axis=1, keepdims=True)).astype(np.float64) * np.exp(log_temperature)
        told = raised[np.arange(len(true)), true] - np.log(np.exp(raised).sum(axis=1))
        return -float(told.mean())

    found = minimize_scalar(unlikely, bounds=(np.log(COLDEST), np.log(HOTTEST)), method="bounded")
    return round(float(np.exp(found.x)), 3)


def calibration_error(confidence: NDArray[np.floating], right: Flags) -> float:
    """The mean distance between confidence and the share that is right, over ten equal bins."""
    bins = np.minimum((np.asarray(confidence) * BINS).astype(int), BINS - 1)
    sure = np.bincount(bins, weights=confidence, minlength=BINS)
    hits = np.bincount(bins, weights=right, minlength=BINS)
    return float(np.abs(sure - hits).sum() / max(1, len(right)))


def inside_margins(margins: Floats, labels: Sequence[str], outside: str) -> Floats:
    """Each text's lead of the labels in scope, as the model takes it: see `model.lead`."""
    inside = np.array([name != outside for name in labels])
    best: Floats = margins[:, inside].max(axis=1)
    return best if inside.all() else best - OUTSIDE_WEIGHT * margins[:, ~inside][:, 0]


def least_margin(margins: Floats, meant: Sequence[str], labels: Sequence[str], outside: str, reject: float) -> float:
    """The margin below which `reject` of the texts in scope lie, those counted that the label of the outside takes.

    `reject` is the share of 0 to 1 that may be turned away for nothing. `NOTHING` where the label alone already
    takes as many.
    """
    inside = np.array([name != outside for name in meant])
    taken = _taken(margins, labels, outside)[inside]
    best = np.sort(inside_margins(margins, labels, outside)[inside][~taken])
    spare = int(reject * len(taken)) - int(taken.sum())
    return _between(best, spare) if 0 < spare < len(best) else NOTHING


def most_right(margins: Floats, meant: Sequence[str], labels: Sequence[str], outside: str, reject: float) -> float:
    """The least margin that gets most texts right, of those that turn no more of the texts in scope away than `reject`.

    `NOTHING` where none gets more right than the label of the outside alone.
    """
    best = inside_margins(margins, labels, outside)
    label = np.array([labels[place] for place in margins.argmax(axis=1)], dtype=object)
    true = np.array(meant, dtype=object)
    most = least_margin(margins, meant, labels, outside, reject)
    order = np.argsort(best, kind="stable")
    # What turning away the n texts of the smallest margins wins (they are out of scope) or loses (they were right).
    change = (true[order] == outside).astype(int) - (label[order] == true[order]).astype(int)
    gains = np.cumsum(change) * (best[order] < most)
    if len(gains) < 2 or gains[:-1].max() <= 0:
        return NOTHING
    return _between(best[order], int(gains[:-1].argmax()) + 1)


def _between(ordered: Floats, place: int) -> float:
    """Half way between the margin at this place and the one before, so that no rounding moves a text across."""
    return round(float(ordered[place - 1] / 2 + ordered[place] / 2), 6)


def _taken(margins: Floats, labels: Sequence[str], outside: str) -> Flags:
    """Which texts the label of the outside wins."""
    return np.array([labels[place] == outside for place in margins.argmax(axis=1)], dtype=np.bool_)


def answers(margins: Floats, labels: Sequence[str], threshold: Threshold) -> list[str]:
    """The label of each text, that of the outside below the threshold; nothing where there is no such label."""
    rejected = inside_margins(margins, labels, threshold.outside) < threshold.margin
    best = margins.argmax(axis=1)
    return [threshold.outside if no else labels[place] for no, place in zip(rejected, best, strict=True)]


def scores(
    meant: Sequence[str], read: Sequence[str], confidence: NDArray[np.floating], outside: str, best: Sequence[str]
) -> Scores:
    """The figures of these answers. `best`: the likeliest label of each, of which `confidence` is the probability."""
    true, got = np.array(meant, dtype=object), np.array(read, dtype=object)
    inside, rejected = true != outside, (got == outside) | (got == "")
    right = (true == got) | (~inside & rejected)
    confused = Counter((a, b) for a, b in zip(meant, read, strict=True) if a != b)
    return Scores(
        texts=len(meant),
        accuracy=_share(right),
        inside_right=_share(right[inside]),
        inside_rejected=_share(rejected[inside]),
        outside_recall=None if inside.all() else _share(rejected[~inside]),
        calibration_error=round(calibration_error(confidence, true == np.array(best, dtype=object)), 4),
        intents={name: _of(name, true, got) for name in sorted(set(meant))},
        confused=[Confusion(*pair, times) for pair, times in confused.most_common(WORST)],
    )


def _of(name: str, true: NDArray[np.object_], got: NDArray[np.object_]) -> Share:
    hits = float(((true == name) & (got == name)).sum())
    of, told = int((true == name).sum()), int((got == name).sum())
    return Share(round(hits / max(1, of), 4), round(hits / max(1, told), 4), of)


def _share(flags: NDArray[np.bool_]) -> float:
    return round(float(flags.mean()), 4) if len(flags) else 0.0
