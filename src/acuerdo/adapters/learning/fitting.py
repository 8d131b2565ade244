"""The arithmetic of training: features counted, weighed, and a line drawn for each label by a support vector machine.

scikit-learn and scipy are imported where they are used: whoever only reads messages never loads them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from acuerdo.core.language.model import Group, letter_features, word_features
from acuerdo.core.words import AcuerdoError

STRENGTH = 1.0  # C of the machine: how much a wrong example weighs against a wide margin
INFORMED = (
    1.4  # what the words weigh against their letters where more is known of a text; by validation on writers unseen
)
TOLERANCE = 0.1  # of the solver: a hundred times finer gives the same answers in twice the time
FAR = -2.0  # the margin of a label that a fold has never seen
Floats = NDArray[np.float32]
Places = NDArray[np.intp]


class TooFew(AcuerdoError):
    """A model needs examples of two intents at least."""


class Seen(NamedTuple):
    """A text as the model looks at it: its words, and what else is known of it."""

    heard: Sequence[str]
    extra: Sequence[str] = ()


class Counted(NamedTuple):
    """How often each feature stands in each text: names, a sparse matrix of texts by features, its weight."""

    names: list[str]
    counts: Any
    weight: float = 1.0


class Fitted(NamedTuple):
    """What was learnt: for each group of features the columns kept, their idf and coefficients; a bias a label."""

    labels: list[str]
    columns: list[Places]
    idf: list[Floats]
    coefficients: list[Floats]
    bias: Floats


def counted(seen: Sequence[Seen]) -> tuple[Counted, Counted]:
    """The word features and the letter features of these texts."""
    known: dict[str, list[str]] = {}

    def letters(heard: Sequence[str]) -> Iterable[str]:
        for word in heard:
            if word not in known:
                known[word] = letter_features([word])
            yield from known[word]

    by_word = _counted(word_features(one.heard, one.extra) for one in seen)
    if any(one.extra for one in seen):
        by_word = by_word._replace(weight=INFORMED)
    return by_word, _counted(letters(one.heard) for one in seen)


def _counted(rows: Iterable[Iterable[str]]) -> Counted:
    from scipy.sparse import csr_matrix

    index: dict[str, int] = {}
    places, ends = array("i"), array("q", [0])
    for row in rows:
        places.extend([index.setdefault(name, len(index)) for name in row])
        ends.append(len(places))
    ones = np.ones(len(places), dtype=np.float32)
    counts = csr_matrix((ones, np.array(places), np.array(ends)), shape=(len(ends) - 1, len(index)))
    counts.sum_duplicates()
    return Counted(list(index), counts)


def _weighed(counts: Any, idf: Floats) -> Any:
    """Damped counts by idf, each text at unit length."""
    made = counts.copy()
    made.data = (1 + np.log(made.data)) * idf[made.indices]
    squares = np.add.reduceat(np.append(made.data**2, 0), made.indptr[:-1])
    lengths = np.sqrt(np.where(np.diff(made.indptr) > 0, squares, 1))
    made.data = (made.data / np.repeat(lengths, np.diff(made.indptr))).astype(np.float32)
    return made


def fit(groups: Sequence[Counted], rows: Places, intents: NDArray[np.str_], rarest: int) -> Fitted:
    """Learns from these rows; features that fewer than `rarest` of them have are left out. Raises TooFew."""
    from scipy.sparse import hstack
    from sklearn.svm import LinearSVC

    if len(set(intents[rows])) < 2:
        raise TooFew("a model needs examples of two intents at least")
    columns, idfs, blocks = [], [], []
    for group in groups:
        counts = group.counts[rows]
        have = np.bincount(counts.indices, minlength=len(group.names))
        kept = np.flatnonzero(have >= rarest)
        columns.append(kept)
        # Rounded as it will be kept, so that what is learnt is what is used.
        idf = (np.log((1 + len(rows)) / (1 + have[kept])) + 1).astype(np.float16).astype(np.float32)
        idfs.append(idf)
        blocks.append(_weighed(counts[:, kept], idf) * np.float32(group.weight))
    machine = LinearSVC(C=STRENGTH, tol=TOLERANCE, random_state=0)
    machine.fit(hstack(blocks).tocsr(), intents[rows])
    weights, bias = machine.coef_.T.astype(np.float32), machine.intercept_.astype(np.float32)
    if len(machine.classes_) == 2:
        weights, bias = np.hstack([-weights, weights]), np.append(-bias, bias)
    cuts = np.cumsum([len(kept) for kept in columns])[:-1]
    parts = [part * np.float32(group.weight) for part, group in zip(np.split(weights, cuts), groups, strict=True)]
    return Fitted([str(name) for name in machine.classes_], columns, idfs, parts, bias)


def margins(fitted: Fitted, groups: Sequence[Counted], rows: Places, labels: Sequence[str]) -> Floats:
    """How far on its own side each of `labels` has each of these rows: rows by labels."""
    total: Floats = np.repeat(fitted.bias[None, :], len(rows), axis=0)
    for group, columns, idf, coefficients in zip(groups, fitted.columns, fitted.idf, fitted.coefficients, strict=True):
        total = total + _weighed(group.counts[rows][:, columns], idf) @ coefficients
    whole = np.full((len(rows), len(labels)), FAR, dtype=np.float32)
    whole[:, [list(labels).index(name) for name in fitted.labels]] = total
    return whole


def out_of_fold(
    groups: Sequence[Counted], intents: NDArray[np.str_], labels: Sequence[str], rarest: int, folds: int
) -> Floats:
    """The margins of each text by a model that has not seen it; the folds are the same every time."""
    found = np.full((len(intents), len(labels)), FAR, dtype=np.float32)
    for fold in split(intents, folds):
        rows = np.flatnonzero(~fold)
        if len(set(intents[rows])) < 2:
            continue  # of so few examples nothing can be held back
        found[fold] = margins(fit(groups, rows, intents, rarest), groups, np.flatnonzero(fold), labels)
    return found


def split(intents: NDArray[np.str_], folds: int) -> list[NDArray[np.bool_]]:
    """Which texts each fold holds: those of one intent are dealt out in turn, after one fixed shuffle."""
    dealt = np.empty(len(intents), dtype=np.intp)
    order = np.random.default_rng(0).permutation(len(intents))
    order = order[np.argsort(intents[order], kind="stable")]
    dealt[order] = np.arange(len(intents)) % folds
    return [dealt == fold for fold in range(folds)]


def packed(groups: Sequence[Counted], fitted: Fitted) -> list[Group]:
    """The groups as a model keeps them: a whole number of -127 to 127 for each coefficient, a scale for each label."""
    return list(map(_group, groups, fitted.columns, fitted.idf, fitted.coefficients))


def _group(group: Counted, columns: Places, idf: Floats, coefficients: Floats) -> Group:
    scale = np.maximum(np.abs(coefficients).max(axis=0, initial=0), 1e-9) / 127
    whole = np.rint(coefficients / scale).astype(np.int8)
    names = [group.names[column] for column in columns]
    return Group(names, idf.astype(np.float16).tobytes(), whole.tobytes(), scale.astype(np.float32).tobytes())
