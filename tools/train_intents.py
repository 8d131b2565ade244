"""Trains the intent model from the seed corpus: `python tools/train_intents.py [--check]`.

Reads `src/acuerdo/core/language/corpus/*.tsv` (a file a country: intent, register and
utterance, by tabs) and `cues.tsv`, writes `model.bin` beside them.
With --check it cross-validates first and prints what is confused with what. The same files give the same bytes.
"""

import collections
import hashlib
import sys
import zlib
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import StratifiedKFold
from sklearn.svm import LinearSVC

from acuerdo.core.language import entities
from acuerdo.core.language.concepts import Concepts
from acuerdo.core.language.cues import Lexicon
from acuerdo.core.language.features import View, view
from acuerdo.core.language.model import MAGIC, Group, Kept, letter_features, load, word_features
from acuerdo.core.language.reading import INTENTS
from acuerdo.core.language.spelling import Folded
from acuerdo.core.language.understanding import read
from acuerdo.core.words import CAPITAL_ZONE

ROOM = Path(__file__).resolve().parents[1] / "src" / "acuerdo" / "core" / "language"
MOMENT = datetime(2026, 3, 11, 15, tzinfo=ZoneInfo("UTC"))
TABLES = ("cues.tsv", "concepts.tsv")
FLOOR = 0.25  # below this best probability a message is out of scope
STRENGTH = 1.0
TEMPERATURE = 6.0  # margins to probabilities; from the calibration that --check prints


def fingerprint() -> str:
    """What the model is made of: its corpus and its cues."""
    parts = [path.name.encode() + b"\0" + path.read_bytes() for path in sorted((ROOM / "corpus").glob("*.tsv"))]
    return hashlib.blake2b(
        b"\0".join([*parts, *((ROOM / name).read_bytes() for name in TABLES)]), digest_size=16
    ).hexdigest()


def corpus() -> list[tuple[str, str, str]]:
    """Country, utterance, intent."""
    rows = []
    for path in sorted((ROOM / "corpus").glob("*.tsv")):
        country = path.stem.upper()
        for number, line in enumerate(path.read_text().splitlines(), 1):
            intent, _, rest = line.partition("\t")
            register, tab, text = rest.partition("\t")
            if not tab or intent not in INTENTS or not register or country not in CAPITAL_ZONE:
                raise SystemExit(f"{path.name}:{number}: write intent, register and utterance, with tabs")
            rows.append((country, text, intent))
    return rows


def seen(country: str, text: str, lexicon: Lexicon, concepts: Concepts) -> View:
    folded = Folded(text)
    local = MOMENT.astimezone(ZoneInfo(CAPITAL_ZONE[country]))
    return view(folded.text, entities.find(folded, local, country, ()), lexicon, concepts)


def _words(seen_as: View) -> list[str]:
    return word_features(seen_as.heard, seen_as.extra)


def _letters(seen_as: View) -> list[str]:
    return letter_features(seen_as.heard)


def _group(vectorizer: TfidfVectorizer, weights: np.ndarray) -> Group:
    names = [str(name) for name in vectorizer.get_feature_names_out()]
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
    whole = np.rint(weights / scale).astype(np.int8)
    return Group(
        names, vectorizer.idf_.astype(np.float16).tobytes(), whole.tobytes(), scale.astype(np.float32).tobytes()
    )


def train(views: list[View], intents: list[str], tables: list[str], mark: str) -> bytes:
    """The bytes of a model of these utterances."""
    vectorizers = [
        TfidfVectorizer(analyzer=_words, min_df=2, sublinear_tf=True, dtype=np.float32),
        TfidfVectorizer(analyzer=_letters, min_df=2, sublinear_tf=True, dtype=np.float32),
    ]
    features = sparse.hstack([vectorizer.fit_transform(views) for vectorizer in vectorizers]).tocsr()
    model = LinearSVC(C=STRENGTH, random_state=0)
    model.fit(features, intents)
    split = len(vectorizers[0].vocabulary_)
    weights = model.coef_.T
    groups = [_group(vectorizers[0], weights[:split]), _group(vectorizers[1], weights[split:])]
    bias = model.intercept_.astype(np.float32).tobytes()
    kept = Kept(mark, [str(name) for name in model.classes_], groups, bias, TEMPERATURE, FLOOR, *tables)
    packed = msgspec.msgpack.encode(kept)
    return MAGIC + hashlib.blake2b(packed, digest_size=12).digest() + zlib.compress(packed, 9)


def check(rows: list[tuple[str, str, str]], views: list[View], tables: list[str]) -> None:
    """Five-fold cross-validation: accuracy, and the pairs most often confused."""
    intents = np.array([row[2] for row in rows])
    confused: collections.Counter[tuple[str, str]] = collections.Counter()
    right = 0
    wrong = []
    bins: dict[int, list[tuple[float, bool]]] = collections.defaultdict(list)
    for train_at, test_at in StratifiedKFold(5, shuffle=True, random_state=1).split(rows, intents):
        model = load(train([views[i] for i in train_at], list(intents[train_at]), tables, ""))
        for place in test_at:
            country, text, intent = rows[place]
            best = read(text, (), MOMENT, country, model).intents[0]
            got = best.name
            right += got == intent
            bins[min(9, int(best.confidence * 10))].append((best.confidence, got == intent))
            if got != intent:
                confused[intent, got] += 1
                wrong.append((intent, got, text))
    print(f"five-fold: {right / len(rows):.4f} of {len(rows)}")
    gaps = [abs(sum(sure for sure, _ in held) - sum(hit for _, hit in held)) for held in bins.values()]
    print(f"expected calibration error {sum(gaps) / len(rows):.3f}")
    for pair, count in confused.most_common(25):
        print(f"  {count:3} {pair[0]} read as {pair[1]}")
    for line in sorted(wrong):
        print("   ", *line, sep=" | ")


def main() -> int:
    """Trains, and writes the model beside its corpus."""
    tables = [(ROOM / name).read_text() for name in TABLES]
    lexicon, concepts = Lexicon(tables[0]), Concepts(tables[1])
    rows = corpus()
    views = [seen(country, text, lexicon, concepts) for country, text, _ in rows]
    if "--check" in sys.argv:
        check(rows, views, tables)
    data = train(views, [row[2] for row in rows], tables, fingerprint())
    (ROOM / "model.bin").write_bytes(data)
    print(f"{len(rows)} utterances, {len(data) / 1e6:.2f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
