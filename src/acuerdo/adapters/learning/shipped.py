"""The model that is shipped: made of the corpus, the cues and the concepts that lie beside the code that reads."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib import resources
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from acuerdo.adapters.learning import card, fitting, measuring, training
from acuerdo.adapters.learning.fitting import Seen
from acuerdo.adapters.learning.measuring import Scores
from acuerdo.adapters.learning.training import MOMENT, Held, Material, Trained
from acuerdo.core.language import INTENTS, entities, read
from acuerdo.core.language.concepts import Concepts
from acuerdo.core.language.cues import Lexicon
from acuerdo.core.language.features import view
from acuerdo.core.language.model import load
from acuerdo.core.language.spelling import Folded
from acuerdo.core.words import CAPITAL_ZONE, AcuerdoError

ROOM = Path(str(resources.files("acuerdo"))) / "core" / "language"
MODEL, CARD, PAGE = ROOM / "model.bin", ROOM / "model.json", ROOM / "model.md"
TABLES = ("cues.tsv", "concepts.tsv")
OUTSIDE = "out_of_scope"
RAREST = 2
REJECT = 0.05
FOLDS = 3
LIMITS = (
    "It was made of texts that a few people wrote for it, of no real conversation; what others write is read worse: "
    "the frozen set of the tests says by how much.",
    "It reads the Spanish of Colombia, México, Chile, Perú, Argentina and Spain; English and Portuguese are told apart "
    "and answered with buttons, not understood.",
    "Irony and long voice notes are read worse than plain words: see the shares by register.",
    "The scores of this card are the model's alone; cues, clauses and the question asked come on top when a message is "
    "read.",
)


class CorpusFault(AcuerdoError):
    """A line of the corpus cannot be read; the text names it."""


class Row(NamedTuple):
    """An utterance of the corpus: who would write it where, how, and what it means."""

    country: str
    register: str
    text: str
    intent: str


def corpus(folder: Path = ROOM / "corpus") -> list[Row]:
    """Every utterance, a file a country, `intent<TAB>register<TAB>text`. Raises CorpusFault."""
    return [row for path in sorted(folder.glob("*.tsv")) for row in _rows(path)]


def _rows(path: Path) -> Iterator[Row]:
    country = path.stem.upper()
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != 3 or columns[0] not in INTENTS or not columns[1] or country not in CAPITAL_ZONE:
            raise CorpusFault(f"{path.name}:{number}: write intent, register and utterance, with a tab between them")
        yield Row(country, columns[1], columns[2], columns[0])


def fingerprint() -> str:
    """What the model is made of: its corpus, its cues and its concepts."""
    files = [*sorted((ROOM / "corpus").glob("*.tsv")), *(ROOM / name for name in TABLES)]
    told = hashlib.blake2b(digest_size=16)
    for path in files:
        told.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return told.hexdigest()


def material(rows: Sequence[Row]) -> Material:
    """What the model is made of, as its reader will look at messages."""
    cues, concepts = ((ROOM / name).read_text("utf-8") for name in TABLES)
    lexicon, known = Lexicon(cues), Concepts(concepts)
    local = {country: MOMENT.astimezone(ZoneInfo(zone)) for country, zone in CAPITAL_ZONE.items()}

    def seen(row: Row) -> Seen:
        folded = Folded(row.text)
        found = view(folded.text, entities.find(folded, local[row.country], row.country, ()), lexicon, known)
        return Seen(found.heard, found.extra)

    return Material(
        [seen(row) for row in rows], [row.intent for row in rows], fingerprint(), "collections", RAREST,
        (cues, concepts),
    )  # fmt: skip


def make(on: date, rows: Sequence[Row] | None = None) -> Trained:
    """The shipped model, of the corpus as it stands; `on` is the day that its card bears."""
    rows = corpus() if rows is None else rows
    by: dict[str, dict[str, float]] = {}

    def choose(held: Held, labels: Sequence[str], outside: str) -> float:
        best = measuring.most_right(held.margins, held.intents, labels, outside, REJECT)
        got = measuring.answers(held.margins, labels, measuring.Threshold(best, outside))
        right = [a == b for a, b in zip(got, held.intents, strict=True)]
        by.update(country=_by(rows, right, "country"), register=_by(rows, right, "register"))
        return best

    made = training.build(material(rows), on=on, outside=OUTSIDE, choose=choose, folds=FOLDS, limits=LIMITS)
    return Trained(made.data, msgspec.structs.replace(made.card, by=by))


def _by(rows: Sequence[Row], right: Sequence[bool], part: str) -> dict[str, float]:
    held: dict[str, list[bool]] = defaultdict(list)
    for row, hit in zip(rows, right, strict=True):
        held[getattr(row, part)].append(hit)
    return {name: round(sum(hits) / len(hits), 4) for name, hits in sorted(held.items())}


def write(made: Trained) -> None:
    """Puts the model and its card beside the corpus."""
    MODEL.write_bytes(made.data)
    CARD.write_bytes(card.as_json(made.card))
    PAGE.write_text(card.as_page(made.card), "utf-8")


class Crossed(NamedTuple):
    """Each part of the corpus read whole (cues, clauses, priority) by a model of the other parts."""

    scores: Scores
    by: dict[str, float]


def crossed(part: Callable[[int, Row], str]) -> Crossed:
    """Cross-validates the whole reading: `part` names the part of the corpus to which a row, by its number, belongs.

    Temperature and least margin are the shipped model's, two numbers found on the same corpus.
    """
    rows, like = corpus(), load(MODEL.read_bytes())
    whole = material(rows)
    groups, parts = fitting.counted(whole.seen), np.array([part(number, row) for number, row in enumerate(rows)])
    read_as: list[str] = [""] * len(rows)
    sure = np.zeros(len(rows))
    for name in sorted(set(parts)):
        model = training.part(whole, groups, np.flatnonzero(parts != name), like)
        for place in np.flatnonzero(parts == name):
            first = read(rows[place].text, (), MOMENT, rows[place].country, model).intents[0]
            read_as[place], sure[place] = first.name, first.confidence
    right = np.array([a == b for a, b in zip(read_as, whole.intents, strict=True)])
    found = measuring.scores(whole.intents, read_as, sure, OUTSIDE, read_as)
    return Crossed(found, {str(name): round(float(right[parts == name].mean()), 4) for name in sorted(set(parts))})


def folds(number: int, _: Row) -> str:
    """The fold of a row, one of five, neighbours apart."""
    return f"fold {number % 5 + 1}"
