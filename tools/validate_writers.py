"""How the reading does on people it has not learnt from: `python tools/validate_writers.py [--errors FILE]`.

Three people wrote the corpus, two countries each, and a fourth the first lines of every country. Three times a model is
made without one of the three, and that one's lines are read whole (cues, clauses, priority). The fourth's lines are
learnt from but not counted, for the model knows how they write. Choose features, words and thresholds by these figures
and never by the frozen set; what is read wrong is written to FILE, and may be looked at.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from acuerdo.adapters.learning import fitting, measuring, shipped, training
from acuerdo.adapters.learning.measuring import Scores
from acuerdo.adapters.learning.shipped import OUTSIDE, Row
from acuerdo.core.language import load, read
from acuerdo.core.language.reading import PROTECTED
from acuerdo.core.language.understanding import leads

Shares = NDArray[np.float64]
Places = NDArray[np.intp]
WRITERS = {"CO": 1, "MX": 1, "CL": 2, "AR": 2, "PE": 3, "ES": 3}
WORST = 25  # confusions shown
REJECT = 0.05  # of what is in scope, when out of scope is measured


def first_writers(rows: Sequence[Row]) -> Iterator[bool]:
    """Whether a line is of those a country's file begins with: until an intent comes back, one person wrote it."""
    country, seen, last, back = "", set[str](), "", False
    for row in rows:
        if row.country != country:
            country, seen, last, back = row.country, set(), "", False
        back = back or (row.intent != last and row.intent in seen)
        last = row.intent
        seen.add(last)
        yield not back


def main() -> int:
    """Validates, and prints what came of it."""
    rows = shipped.corpus()
    whole, like = shipped.material(rows), load(shipped.MODEL.read_bytes())
    groups = fitting.counted(whole.seen)
    writer = np.array([WRITERS[row.country] for row in rows])
    counted = ~np.array(list(first_writers(rows)))
    read_as, sure, lead = [""] * len(rows), np.zeros(len(rows)), np.zeros(len(rows))
    for one in sorted(set(WRITERS.values())):
        model = training.part(whole, groups, np.flatnonzero(writer != one), like)
        for place in np.flatnonzero((writer == one) & counted):
            row = rows[place]
            first = read(row.text, (), training.MOMENT, row.country, model).intents[0]
            read_as[place], sure[place] = first.name, first.confidence
            lead[place] = leads(row.text, training.MOMENT, row.country, model)
    places = np.flatnonzero(counted)
    told = [read_as[place] for place in places]
    report([rows[place] for place in places], told, sure[places], lead[places], writer[places])
    if "--errors" in sys.argv:
        wrong = (f"{rows[p].intent}\t{read_as[p]}\t{rows[p].register}\t{rows[p].country}\t{rows[p].text}\n"
                 for p in places if rows[p].intent != read_as[p])  # fmt: skip
        Path(sys.argv[sys.argv.index("--errors") + 1]).write_text("".join(sorted(wrong)), "utf-8")
    return 0


def report(rows: Sequence[Row], told: list[str], sure: Shares, lead: Shares, writer: Places) -> None:
    """Prints the figures of these readings."""
    meant = [row.intent for row in rows]
    right = np.array([one == two for one, two in zip(meant, told, strict=True)])
    inside = np.array([name != OUTSIDE for name in meant])
    scores = measuring.scores(meant, told, sure, OUTSIDE, told)
    print(
        f"{len(rows)} lines of writers unseen: {right.mean():.4f} right; calibration error {scores.calibration_error}"
    )
    print(f"in scope rejected: {scores.inside_rejected}; out of scope found: {scores.outside_recall}")
    least = np.quantile(lead[inside], REJECT)
    print(f"out of scope found at {REJECT:.0%} of the rest rejected: {(lead[~inside] < least).mean():.3f}")
    for title, keys in (("writer", writer.tolist()), ("country", [row.country for row in rows]),
                        ("register", [row.register for row in rows])):  # fmt: skip
        parts = np.array([str(key) for key in keys])
        print(title + ": " + ", ".join(f"{name} {right[parts == name].mean():.3f}" for name in sorted(set(parts))))
    _intents(scores)
    for (one, two), times in Counter((a, b) for a, b in zip(meant, told, strict=True) if a != b).most_common(WORST):
        print(f"  {times:3} {one} read as {two}")


def _intents(scores: Scores) -> None:
    for name, share in sorted(scores.intents.items(), key=lambda pair: (pair[0] not in PROTECTED, pair[1].recall)):
        print(
            f"  {'*' if name in PROTECTED else ' '} {name}: {share.recall:.3f} / {share.precision:.3f} ({share.texts})"
        )


if __name__ == "__main__":
    raise SystemExit(main())
