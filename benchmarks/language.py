"""What understanding costs and how right it is: reading, parsing, training, and public sets for the general trainer.

Times are of the processor: what one core spends, whoever else is at work on the machine; the clock's stand beside them.

The public sets are not ours to keep: `--data`, or ACUERDO_BENCH_DATA, names the folder where `banking77` (train.csv,
test.csv) and `clinc150` (data_full.json) lie. Where one is absent the result says so, and its figures are missing.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tests.language.frozen import count, score

from acuerdo.adapters.learning import Example, evaluate, read_examples, shipped, train
from acuerdo.adapters.learning.measuring import Scores, scores
from acuerdo.adapters.learning.training import MOMENT
from acuerdo.core.language import load, read
from benchmarks.figures import Figure
from benchmarks.thinking import yardstick

TODAY = date(2026, 1, 1)  # the day on a card that nobody keeps
REJECT = 0.05
TIMED = 4000  # messages, each read once: the model keeps what it has heard
PARSED = 6000  # lines
STARTS = 5  # fresh interpreters, of which the best is told
WORST = 10
MS = 1000.0


def run(data: Path | None = None) -> dict[str, Any]:
    """Everything; minutes on two cores."""
    rows = shipped.corpus()
    found = {"utterances": len(rows), **costs(rows)}
    found["folds"] = _crossed(shipped.folds)
    found["countries"] = _crossed(lambda _, row: row.country)
    found["frozen"] = frozen()
    for name, measure in (("banking77", banking77), ("clinc150", clinc150)):
        found[name] = _on(data, name, measure)
    return found


def costs(rows: Sequence[shipped.Row]) -> dict[str, Any]:
    """What reading, parsing, training and the import take."""
    return {**_reading(rows), **_parsing(rows), **_training(rows), "import_seconds": _import()}


def _mixed(rows: Sequence[shipped.Row], many: int) -> list[shipped.Row]:
    """So many rows, of all countries and intents, in an order that is the same every time."""
    order = np.random.default_rng(7).permutation(len(rows))
    return [rows[place] for place in islice(cycle(order), many)]


def _reading(rows: Sequence[shipped.Row]) -> dict[str, Any]:
    """Milliseconds of one reading, with entities, on one core."""
    model, bare = load(shipped.MODEL.read_bytes()), []
    spent: list[Spent] = []
    for number, row in enumerate(_mixed(rows, min(TIMED, len(rows)))):
        spent.append(_seconds(lambda: read(row.text, (), MOMENT, row.country, model)))  # noqa: B023 - called at once
        if number % 20 == 0:
            bare.append(_seconds(yardstick).core)
    p50, p95 = (np.percentile([one.core for one in spent], [50, 95]) * MS).tolist()
    clock = np.percentile([one.clock for one in spent], [50, 95]) * MS
    return {
        "read_p50_ms": p50, "read_p95_ms": p95, "read_clock_ms": clock.tolist(),
        "yardstick_ms": float(np.median(bare)) * MS,
    }  # fmt: skip


class Spent(NamedTuple):
    """Seconds of the processor and of the clock."""

    core: float
    clock: float


def _seconds(do: Callable[[], object]) -> Spent:
    core, clock = time.thread_time(), time.perf_counter()
    do()
    return Spent(time.thread_time() - core, time.perf_counter() - clock)


def _parsing(rows: Sequence[shipped.Row]) -> dict[str, Any]:
    """Lines a second of the command itself, its start left out: the second half of a file beside the first."""
    lines = [
        json.dumps({"text": row.text, "country": row.country, "reference": "2026-03-11T12:00:00"}) + "\n"
        for row in _mixed(rows, PARSED)
    ]
    told = _command(["language", "parse", "--jsonl"], "".join(lines))
    start = _command(["language", "parse", "--jsonl"], lines[0])
    return {
        "parsed": PARSED, "parse_seconds": told.core - start.core, "parse_start_seconds": start.core,
        "parse_clock_seconds": told.clock - start.clock,
    }  # fmt: skip


def _command(arguments: list[str], given: str) -> Spent:
    command = [sys.executable, "-c", "from acuerdo.cli import main; main()", *arguments]
    began, before = time.perf_counter(), _children()
    done = subprocess.run(command, input=given, text=True, capture_output=True, check=True)
    took = Spent(_children() - before, time.perf_counter() - began)
    if done.stdout.count("\n") != given.count("\n") or '"error"' in done.stdout:
        raise RuntimeError("parse did not answer every line")
    return took


def _children() -> float:
    """Seconds of the processor that programs begun here have spent."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _training(rows: Sequence[shipped.Row]) -> dict[str, Any]:
    import sklearn.svm  # noqa: F401 - loaded first: it is of the start, not of the training

    began, core = time.perf_counter(), time.process_time()
    made = shipped.make(TODAY, rows)
    return {
        "train_seconds": time.process_time() - core,
        "train_clock_seconds": time.perf_counter() - began,
        "model_mb": len(made.data) / 1e6,
        "is_shipped": made.card.name == load(shipped.MODEL.read_bytes()).name,
        "alone": made.card.scores.accuracy,
        "alone_calibration_error": made.card.scores.calibration_error,
        "registers": made.card.by["register"],
    }


def _import() -> float:
    """Seconds to import the reader in a fresh interpreter, the best of a few."""
    code = "import time; t = time.process_time(); import acuerdo.core.language; print(time.process_time() - t)"
    command = [sys.executable, "-c", code]
    return min(float(subprocess.run(command, text=True, capture_output=True, check=True).stdout) for _ in range(STARTS))


def _crossed(part: Callable[[int, shipped.Row], str]) -> dict[str, Any]:
    """The whole reading by models that have not seen the part."""
    told = shipped.crossed(part)
    return {**_figures(told.scores), "by": told.by}


def _figures(told: Scores) -> dict[str, Any]:
    return {
        "accuracy": told.accuracy,
        "inside_right": told.inside_right,
        "inside_rejected": told.inside_rejected,
        "outside_recall": told.outside_recall,
        "calibration_error": told.calibration_error,
        "protected": {
            name: [one.recall, one.precision] for name, one in told.intents.items() if name in count.PROTECTED
        },
        "confused": [[one.meant, one.read, one.times] for one in told.confused[:WORST]],
    }


def frozen() -> dict[str, Any]:
    """The frozen set as its own score has it: strict, by register, the protected intents, entity lines."""
    hear = score.reader()
    lines, named = count.utterances(), count.entity_lines()
    meant = [line["intent"] for line in lines]
    first = [hear(line).intents[0] for line in lines]
    got = [one.name for one in first]
    told = scores(meant, got, np.array([one.confidence for one in first]), shipped.OUTSIDE, got)
    right = [score.wholly_right(line, hear(line).entities) for line in named]
    empty = [good for line, good in zip(named, right, strict=True) if not line["entities"]]
    registers = {
        name: float(np.mean([a == b for a, b, line in zip(meant, got, lines, strict=True) if line["register"] == name]))
        for name in count.REGISTERS
    }
    return {
        **_figures(told), "registers": registers, "entity_lines": float(np.mean(right)),
        "nothing_to_find": float(np.mean(empty)),
    }  # fmt: skip


def _on(data: Path | None, name: str, measure: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    folder = data / name if data else None
    if folder is None or not folder.is_dir():
        where = f"{folder} is not there" if folder else "no folder was named"
        return {"absent": f"{where}; give --data, or ACUERDO_BENCH_DATA, a folder with {name} in it"}
    return measure(folder)


def banking77(folder: Path) -> dict[str, Any]:
    """Trained on the whole of train.csv with nothing turned away, measured on the whole of test.csv."""
    known, unseen = (read_examples(folder / name, intent="category") for name in ("train.csv", "test.csv"))
    began = time.perf_counter()
    made = train(known, on=TODAY, reject=0.0)
    took = time.perf_counter() - began
    told = evaluate(load(made.data), unseen)
    return {**_figures(told), "train_seconds": took, "model_mb": len(made.data) / 1e6, "name": made.card.name}


def clinc150(folder: Path) -> dict[str, Any]:
    """Trained on train and oos_train, the least margin from val and oos_val, measured on test and oos_test."""
    whole = json.loads((folder / "data_full.json").read_text("utf-8"))
    known, held, unseen = (
        [Example(text, intent) for text, intent in (*whole[part], *whole[f"oos_{part}"])]
        for part in ("train", "val", "test")
    )
    began = time.perf_counter()
    made = train(known, on=TODAY, reject=REJECT, validation=held)
    took = time.perf_counter() - began
    told = evaluate(load(made.data), unseen)
    return {**_figures(told), "train_seconds": took, "model_mb": len(made.data) / 1e6, "name": made.card.name}


def absent(found: dict[str, Any]) -> list[str]:
    """What could not be measured, in words."""
    return [found[name]["absent"] for name in ("banking77", "clinc150") if "absent" in found.get(name, {})]


def figures(found: dict[str, Any]) -> list[Figure]:
    """What `run` found, as rows of the table."""
    bare = found["yardstick_ms"]
    lines, clock = (found["parsed"] / found[key] for key in ("parse_seconds", "parse_clock_seconds"))
    folds, away, unseen = found["folds"], found["countries"], found["frozen"]
    told = [
        Figure(
            "read, p50", found["read_p50_ms"], "ms", "JSON yardstick", bare, found["read_p50_ms"] / bare, most=0.6,
        ),
        Figure("  p95", found["read_p95_ms"], "ms", "JSON yardstick", bare, found["read_p95_ms"] / bare, most=2.0),
        Figure("  p50 and p95 by the clock", found["read_clock_ms"][0], "ms", "p95", found["read_clock_ms"][1]),
        Figure("parse --jsonl, on one core", lines, "lines/s", "by the clock", clock, least=1500.0),
        Figure(
            f"training on {found['utterances']:,} utterances", found["train_seconds"], "s", "by the clock",
            found["train_clock_seconds"], most=20.0,
        ),
        Figure("  the model", found["model_mb"], "MB", most=15.0),
        Figure("import of the reader", found["import_seconds"], "s", most=0.5),
        Figure("frozen set, strict", unseen["accuracy"], "", "five-fold in the corpus", folds["accuracy"], least=0.8),
        Figure("  in scope, rejected", unseen["inside_rejected"], ""),
        Figure("  out of scope, rejected", unseen["outside_recall"], "", least=0.55),
        Figure("  calibration error", unseen["calibration_error"], "", "five-fold", folds["calibration_error"]),
        Figure("  protected, least recall", _least(unseen, 0), "", "five-fold", _least(folds, 0), least=0.88),
        Figure("  protected, least precision", _least(unseen, 1), "", "five-fold", _least(folds, 1), least=0.85),
        Figure("  entity lines wholly right", unseen["entity_lines"], "", least=0.9),
        Figure("  lines with nothing to find", unseen["nothing_to_find"], "", least=0.95),
        Figure("corpus, each country unseen", away["accuracy"], "", "five-fold", folds["accuracy"]),
        *(Figure(f"  {country}", share, "") for country, share in away["by"].items()),
    ]  # fmt: skip
    if "absent" not in found["banking77"]:
        one = found["banking77"]
        told.append(Figure("BANKING77, test", one["accuracy"] * 100, "%", least=91.0))
        told.append(Figure("  training", one["train_seconds"], "s"))
    if "absent" not in found["clinc150"]:
        one = found["clinc150"]
        told.append(Figure("CLINC150, in scope and kept right", one["inside_right"] * 100, "%", least=90.0))
        told.append(Figure("  in scope, rejected", one["inside_rejected"] * 100, "%"))
        told.append(Figure("  out of scope, rejected", one["outside_recall"] * 100, "%", least=77.0))
        told.append(Figure("  training", one["train_seconds"], "s"))
    return told


def _least(figures: dict[str, Any], part: int) -> float:
    return float(min(shares[part] for shares in figures["protected"].values()))
