"""The general trainer: any intents in any language, the same model each time, thresholds from what it has not seen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from itertools import product
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import Result
from typer.testing import CliRunner

from acuerdo.adapters.learning import Example, ExampleFault, evaluate, keep, open_model, read_examples, train
from acuerdo.adapters.learning.artefacts import NoModel
from acuerdo.adapters.learning.card import as_page
from acuerdo.adapters.learning.fitting import TooFew, split
from acuerdo.adapters.learning.measuring import (
    Threshold,
    answers,
    calibration_error,
    least_margin,
    most_right,
    temperature_of,
)
from acuerdo.cli import cli
from acuerdo.core.language import load
from acuerdo.core.language.plain import tokens

TODAY = date(2026, 11, 23)
WORDS = {
    "weather": ("rain", "sun", "wind", "snow", "cloud"),
    "music": ("song", "band", "guitar", "concert", "album"),
    "food": ("soup", "bread", "apple", "dinner", "cheese"),
    "oos": ("lawyer", "goat", "planet", "invoice", "shoe"),
}
FRAMES = (
    "what of the {}",
    "is there any {} today",
    "tell me about {} please",
    "{} for tomorrow",
    "I want {}!",
    "no {}?",
)
Acuerdo = Callable[..., Result]


def examples(*, without: str = "") -> list[Example]:
    return [
        Example(frame.format(word), intent)
        for intent, words in WORDS.items()
        if intent != without
        for frame, word in product(FRAMES, words)
    ]


@pytest.fixture
def acuerdo() -> Acuerdo:
    def call(*words: str, code: int = 0, given: str = "") -> Result:
        result = CliRunner().invoke(cli, words, input=given)
        assert result.exit_code == code, result.output
        return result

    return call


def write(path: Path, rows: list[Example]) -> Path:
    path.write_text("".join(json.dumps(row._asdict()) + "\n" for row in rows), "utf-8")
    return path


def test_it_learns_what_it_is_shown() -> None:
    model = load(train(examples(), on=TODAY).data)
    told = model.classify("is there any guitar for dinner with the band")
    assert max(told.scores, key=told.scores.__getitem__) == "music"
    assert sum(told.scores.values()) == pytest.approx(1)
    assert (model.reads, model.outside) == ("plain", "oos")


def test_the_same_examples_give_the_same_bytes_and_others_another_name() -> None:
    one, again, other = (
        train(examples(), on=TODAY),
        train(examples(), on=date(2027, 1, 1)),
        train(examples()[1:], on=TODAY),
    )
    assert one.data == again.data
    assert one.card.name == again.card.name != other.card.name
    assert load(one.data).name == one.card.name


def test_the_predictor_says_what_the_trainer_measured() -> None:
    from acuerdo.adapters.learning import fitting
    from acuerdo.adapters.learning.training import plain

    material = plain(examples())
    groups, intents = fitting.counted(material.seen), np.array(material.intents)
    everything = np.arange(len(intents))
    fitted = fitting.fit(groups, everything, intents, 1)
    exact = fitting.margins(fitted, groups, everything, fitted.labels)
    model = load(train(examples(), on=TODAY).data)
    kept = np.array([model.margins(one.heard) for one in material.seen])
    assert np.abs(kept - exact).max() < 0.03, "whole numbers of a byte lose next to nothing"
    assert (kept.argmax(1) == exact.argmax(1)).mean() > 0.99


def test_what_is_like_nothing_is_turned_away_without_examples_of_it() -> None:
    model = load(train(examples(without="oos"), on=TODAY, reject=0.05).data)
    assert model.outside == ""
    assert model.classify("qzx wvy").margin < model.margin <= model.classify("is there any rain today").margin


def test_two_intents_are_enough_and_one_is_not() -> None:
    two = [one for one in examples() if one.intent in ("music", "food")]
    scores = load(train(two, on=TODAY).data).classify("what of the soup").scores
    assert scores["food"] > scores["music"]
    with pytest.raises(TooFew):
        train([one for one in two if one.intent == "food"], on=TODAY)


@pytest.mark.parametrize("many", [2, 3, 5])
def test_a_handful_of_examples_is_enough_for_a_model(many: int) -> None:
    rows = [Example("rain today", "weather"), Example("a song", "music"), *examples()][:many]
    model = load(train(rows, on=TODAY).data)
    assert max(model.classify("rain").scores.items(), key=lambda pair: pair[1])[0] == "weather"


def test_thresholds_are_found_on_the_validation_texts_where_there_are_some() -> None:
    rows = examples()
    made = train(rows[::2], on=TODAY, validation=rows[1::2])
    assert made.card.folds == 0
    assert made.card.scores.texts == len(rows[1::2])
    scores = evaluate(load(made.data), rows[1::2])
    assert scores.accuracy == pytest.approx(made.card.scores.accuracy, abs=0.03)
    assert scores.inside_rejected <= 0.06


def test_every_intent_is_in_every_fold() -> None:
    intents = np.array([name for name, many in (("a", 9), ("b", 4), ("c", 3)) for _ in range(many)])
    folds = split(intents, 3)
    assert np.array_equal(sum(fold.astype(int) for fold in folds), np.ones(16, dtype=int))
    assert all(set(intents[fold]) == {"a", "b", "c"} for fold in folds)


def test_calibration_error_is_the_distance_of_sure_from_right() -> None:
    sure = np.array([0.95] * 10 + [0.55] * 10)
    right = np.array([True] * 9 + [False] + [True] * 3 + [False] * 7)
    assert calibration_error(sure, right) == pytest.approx((0.05 + 0.25) / 2)


def test_the_temperature_makes_a_sure_model_less_sure_where_it_errs() -> None:
    margins = np.array([[1.0, -1.0]] * 10, dtype=np.float32)
    often = temperature_of(margins, ["a"] * 9 + ["b"], ["a", "b"])
    seldom = temperature_of(margins, ["a"] * 6 + ["b"] * 4, ["a", "b"])
    assert often == pytest.approx(np.log(9) / 2, abs=0.01)
    assert seldom == pytest.approx(np.log(1.5) / 2, abs=0.01)


def test_no_more_than_the_share_allowed_is_turned_away() -> None:
    labels = ["a", "out"]
    margins = np.array([[place / 100, -1.0] for place in range(100)], dtype=np.float32)
    meant = ["a"] * 100
    least = least_margin(margins, meant, labels, "out", 0.05)
    got = answers(margins, labels, Threshold(least, "out"))
    assert got.count("out") == 5
    assert least_margin(margins, meant, labels, "out", 0.0) < -1e8


def test_the_margin_that_gets_most_right() -> None:
    labels = ["a", "out"]
    margins = np.array([[place / 10, -1.0] for place in range(10)], dtype=np.float32)
    meant = ["out", "out", "a", "out", *["a"] * 6]
    least = most_right(margins, meant, labels, "out", 0.5)
    got = answers(margins, labels, Threshold(least, "out"))
    assert got == ["out", "out", *["a"] * 8]
    assert most_right(margins, ["a"] * 10, labels, "out", 0.5) < -1e8


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("Don't PAY 20€?", ["dont", "pay", "20", "€", "?"]),
        ("¿Cuánto?", ["cuanto", "?"]),
        ("где мой заказ", ["где", "мои", "заказ"]),
        ("", []),
        ("\u200b\u202e", []),
    ],
)
def test_words_of_any_language(text: str, heard: list[str]) -> None:
    assert tokens(text) == heard


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "text,intent\nhello there,greet\n"),
        ("a.tsv", "text\tintent\nhello there\tgreet\n"),
        ("a.jsonl", '{"text": "hello there", "intent": "greet", "more": 1}\n\n'),
        ("bom.csv", '\ufefftext,intent\n"hello there",greet\n'),
    ],
)
def test_examples_are_read_as_people_keep_them(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    assert read_examples(tmp_path / name) == [Example("hello there", "greet")]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", "text,label\nhello,greet\n", "'intent'"),
        ("a.csv", "text,intent\nhello,\n", "a.csv:2"),
        ("a.csv", "", "no examples"),
        ("a.jsonl", '{"text": "hello", "intent": 3}\n', "a.jsonl:1"),
        ("a.jsonl", '{"text": "hello"\n', "a.jsonl:1"),
        ("a.jsonl", "[1]\n", "a.jsonl:1"),
    ],
)
def test_a_file_with_a_mistake_is_refused_with_its_line(tmp_path: Path, name: str, content: str, told: str) -> None:
    (tmp_path / name).write_text(content, "utf-8")
    with pytest.raises(ExampleFault, match=told):
        read_examples(tmp_path / name)


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("text,intent\nacción,x\n".encode("latin-1"))
    with pytest.raises(ExampleFault, match="UTF-8"):
        read_examples(tmp_path / "a.csv")


def test_a_model_is_kept_under_its_name_with_its_card(tmp_path: Path) -> None:
    made = train(examples(), on=TODAY)
    path = keep(made, tmp_path)
    assert path.stem == made.card.name
    assert msgspec.json.decode(path.with_suffix(".json").read_bytes())["scores"]["texts"] == len(examples())
    page = path.with_suffix(".md").read_text("utf-8")
    assert page == as_page(made.card)
    assert "2026-11-23" in page
    assert "calibration error" in page
    assert open_model(tmp_path).name == open_model(path).name == made.card.name
    with pytest.raises(NoModel):
        open_model(tmp_path / "nothing")


def test_trained_evaluated_and_parsed_as_one_types_it(acuerdo: Acuerdo, tmp_path: Path) -> None:
    rows = examples()
    data, unseen = write(tmp_path / "a.jsonl", rows[::2]), write(tmp_path / "b.jsonl", rows[1::2])
    told = json.loads(acuerdo("language", "train", "--data", str(data), "--out", str(tmp_path / "m"), "--json").stdout)
    assert told["card"]["outside"] == "oos"
    scores = json.loads(
        acuerdo("language", "evaluate", "--model", str(tmp_path / "m"), "--data", str(unseen), "--json").stdout
    )
    assert scores["model"] == told["card"]["name"]
    assert scores["scores"]["accuracy"] > 0.8
    one = json.loads(acuerdo("language", "parse", "--model", told["model"], "a song by the band").stdout)
    assert one["intent"] == one["ranking"][0]["intent"] == "music"
    assert len(one["ranking"]) == 3
    shown = acuerdo("language", "evaluate", "--model", str(tmp_path / "m"), "--data", str(unseen)).stdout
    assert "Confused most" in shown


def test_the_shipped_model_is_evaluated_too(acuerdo: Acuerdo, tmp_path: Path) -> None:
    rows = [Example("cuánto debo", "ask_balance"), Example("hola", "greet"), Example("qué clima hace", "out_of_scope")]
    told = acuerdo("language", "evaluate", "--data", str(write(tmp_path / "a.jsonl", rows)), "--json").stdout
    assert json.loads(told)["scores"]["accuracy"] == 1.0


def test_a_mistake_is_one_line_and_code_1(acuerdo: Acuerdo, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,intent\nhello,greet\n", "utf-8")
    acuerdo("language", "train", "--data", str(tmp_path / "a.csv"), "--out", str(tmp_path / "m"), code=1)
    acuerdo("language", "evaluate", "--model", str(tmp_path), "--data", str(tmp_path / "a.csv"), code=1)


def test_reading_loads_nothing_of_the_trainer() -> None:
    code = "import acuerdo.service.parsing, sys; print([n for n in ('sklearn', 'scipy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
