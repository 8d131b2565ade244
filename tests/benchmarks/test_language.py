"""The benchmark of understanding at a tiny scale: public sets where they are, and words where they are not."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # the benchmarks are beside the package, not in it

from benchmarks import language


def test_a_public_set_that_is_absent_is_told(tmp_path: Path) -> None:
    found = {name: language._on(tmp_path, name, language.banking77) for name in ("banking77", "clinc150")}
    assert [line.split(" is not there")[0] for line in language.absent(found)] == [
        str(tmp_path / "banking77"), str(tmp_path / "clinc150"),
    ]  # fmt: skip


def test_the_public_sets_train_and_measure_a_model(tmp_path: Path) -> None:
    frames = ("my {} has not come", "where is the {}?", "{} please", "a {} for me", "no {} yet")
    said = [(frame.format(word), word) for word in ("card", "letter", "phone") for frame in frames]
    lines = "".join(f"{text},{intent}\n" for text, intent in said)
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("text,category\n" + lines, "utf-8")
    assert language.banking77(tmp_path)["accuracy"] == 1.0
    outside = [[f"{word} of the moon", "oos"] for word in ("goat", "planet", "sheep", "poem")]
    parts = dict.fromkeys(("train", "val", "test"), said) | {f"oos_{p}": outside for p in ("train", "val", "test")}
    (tmp_path / "data_full.json").write_text(json.dumps(parts), "utf-8")
    found = language.clinc150(tmp_path)
    assert (found["inside_right"], found["outside_recall"]) == (1.0, 1.0)
