"""Trains the shipped model from the corpus: `python tools/train_intents.py [--check]`.

Reads `src/acuerdo/core/language/corpus/*.tsv`, `cues.tsv` and `concepts.tsv`; writes `model.bin` and its card beside
them. The same files give the same bytes. With --check it also cross-validates the whole reading, by folds and by
country, and prints what is read as what.
"""

import sys
import time

from acuerdo.adapters.learning import shipped
from acuerdo.adapters.store.clock import SystemClock


def main() -> int:
    """Trains, writes, and says how it went."""
    began = time.perf_counter()
    made = shipped.make(SystemClock().now().date())
    took = time.perf_counter() - began
    shipped.write(made)
    found = made.card.scores
    print(f"{found.texts} utterances in {took:.1f} s, {made.card.bytes / 1e6:.2f} MB: {made.card.name}")
    print(f"{made.card.folds}-fold, the model alone: {found.accuracy:.4f}; {made.card.by}")
    if "--check" in sys.argv:
        check()
    return 0


def check() -> None:
    """Five-fold and country by country: the whole reading by models that have not seen the part."""
    for title, part in (("five-fold", shipped.folds), ("by country", lambda _, row: row.country)):
        told = shipped.crossed(part)
        print(f"{title}: {told.scores.accuracy:.4f}; calibration error {told.scores.calibration_error:.3f}")
        print(f"  {told.by}")
        for one in told.scores.confused:
            print(f"  {one.times:3} {one.meant} read as {one.read}")


if __name__ == "__main__":
    raise SystemExit(main())
