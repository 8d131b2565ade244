"""`acuerdo language parse`: a line for a line, a mistake in one is no end to the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from acuerdo.cli import cli
from acuerdo.core.language import COMMANDS, INTENTS, Model
from acuerdo.service.parsing import EXPECTED, Desk

AT = "2026-03-11T12:00:00"
NOW = datetime(2026, 3, 11, 17, tzinfo=UTC)


@pytest.fixture
def desk(model: Model) -> Desk:
    return Desk(model, NOW, "CO")


def answers(desk: Desk, *lines: dict[str, Any] | str) -> list[dict[str, Any]]:
    given = [(line if isinstance(line, str) else json.dumps(line)).encode() for line in lines]
    return [json.loads(answer) for answer in desk.lines(given)]


def test_an_answer_holds_what_is_promised(desk: Desk) -> None:
    text = "le pago 200 mil el viernes"
    (told,) = answers(desk, {"text": text, "country": "CO", "reference": AT})
    assert set(told) == {"intent", "confidence", "ranking", "entities", "commands", "ms"}
    assert told["intent"] == told["ranking"][0]["intent"] == "make_offer"
    assert told["confidence"] == told["ranking"][0]["confidence"]
    assert len({one["intent"] for one in told["ranking"]}) == 3
    money, day = told["entities"]
    assert (money["kind"], money["value"], text[money["start"] : money["end"]]) == ("money", "200000", money["text"])
    assert (day["kind"], day["value"]) == ("date", "2026-03-13")
    assert told["ms"] > 0


def test_a_moment_is_of_the_capital_unless_it_says_its_offset(desk: Desk) -> None:
    here, there = answers(
        desk,
        {"text": "mañana pago", "country": "ES", "reference": "2026-03-11T23:30:00"},
        {"text": "mañana pago", "country": "ES", "reference": "2026-03-11T23:30:00+00:00"},
    )
    assert here["entities"][0]["value"] == "2026-03-12"
    assert there["entities"][0]["value"] == "2026-03-13"


def test_what_was_asked_changes_the_reading(desk: Desk) -> None:
    bare, asked = answers(
        desk, {"text": "3", "reference": AT}, {"text": "3", "reference": AT, "expected": {"kind": "installments"}}
    )
    assert bare["entities"] == []
    assert asked["entities"][0] == {"kind": "installments", "value": "3", "text": "3", "start": 0, "end": 1}
    assert asked["intent"] == "request_installments"


@pytest.mark.parametrize("kind", EXPECTED)
def test_every_kind_of_question_may_be_asked(desk: Desk, kind: str) -> None:
    (told,) = answers(desk, {"text": "sí", "reference": AT, "expected": {"kind": kind, "options": ["una", "otra"]}})
    assert told["intent"] in INTENTS
    assert set(told["commands"]) <= set(COMMANDS)


@pytest.mark.parametrize(
    "line",
    [
        "{", "[]", "3", "null", '{"text": 3}', '{"tex": "hola"}', '{"text": "hola", "country": "XX"}',
        '{"text": "hola", "reference": "mañana"}', '{"text": "hola", "expected": {"kind": "nothing"}}',
        '{"text": "hola", "expected": "money"}', '{"text": "pago mañana", "reference": "0001-01-01T00:00:00+14:00"}',
        '{"text": "a\\ud800"}', "[" * 100_000, '{"text": "' + "a" * 1_000_001 + '"}',
    ],
    ids=range(14),
)  # fmt: skip
def test_a_line_that_cannot_be_read_is_answered_in_its_place(desk: Desk, line: str) -> None:
    before, told, after = answers(desk, {"text": "hola"}, line, {"text": "hola"})
    assert set(told) == {"error"}
    assert told["error"]
    assert before["intent"] == after["intent"] == "greet"


@pytest.mark.parametrize("text", ["", "🙏", "\u202e\u200b", "привет", "<script>alert(1)</script>", "a" * 100_000])
def test_any_text_is_answered(desk: Desk, text: str) -> None:
    (told,) = answers(desk, {"text": text, "country": "MX", "reference": AT})
    assert told["intent"] in INTENTS
    assert "script" not in json.dumps([told["intent"], told["ranking"], told["commands"]])


def test_the_command_answers_line_by_line() -> None:
    given = (
        "\n".join([json.dumps({"text": "cuánto debo", "reference": AT}), "", "{", json.dumps({"text": "hola"})]) + "\n"
    )
    told = CliRunner().invoke(cli, ["language", "parse", "--jsonl"], input=given)
    assert told.exit_code == 0
    first, second, third = map(json.loads, told.stdout.splitlines())
    assert (first["intent"], set(second), third["intent"]) == ("ask_balance", {"error"}, "greet")


def test_a_line_of_any_length_is_answered_in_its_place_and_the_last_needs_no_end() -> None:
    given = '{"text": "hola"}\n' + "x" * 3_000_000 + '\n{"text": "cuánto debo"}'
    told = CliRunner().invoke(cli, ["language", "parse", "--jsonl"], input=given)
    first, second, third = map(json.loads, told.stdout.splitlines())
    assert (first["intent"], set(second), third["intent"]) == ("greet", {"error"}, "ask_balance")


def test_a_program_that_writes_one_line_is_answered_before_it_writes_the_next() -> None:
    code = "from acuerdo.cli import main; main()"
    command = [sys.executable, "-c", code, "language", "parse", "--jsonl"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as running:
        assert running.stdin
        assert running.stdout
        for text, intent in (("hola", "greet"), ("cuánto debo", "ask_balance")):
            running.stdin.write(json.dumps({"text": text}).encode() + b"\n")
            running.stdin.flush()
            assert json.loads(running.stdout.readline())["intent"] == intent
        running.stdin.close()


def test_the_command_reads_one_message() -> None:
    words = ["language", "parse", "--country", "AR", "--reference", AT, "--expected", "money", "50 lucas"]
    told = json.loads(CliRunner().invoke(cli, words).stdout)
    assert (told["entities"][0]["kind"], told["entities"][0]["value"]) == ("money", "50000")


def test_a_country_that_is_not_ours_is_a_wrong_command_line() -> None:
    assert CliRunner().invoke(cli, ["language", "parse", "--country", "XX", "hola"]).exit_code == 2


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("entre el 15 y el 20 le pago", ["2026-03-15", "2026-03-20"]),
        ("de 9 a 11 am", ["09:00", "11:00"]),
        ("en 3 o 6 cuotas", ["3", "6"]),
        ("la semana que viene", ["2026-03-16"]),
    ],
)
def test_both_ends_of_a_range_are_told_where_both_were_said(desk: Desk, text: str, values: list[str]) -> None:
    (told,) = answers(desk, {"text": text, "country": "CO", "reference": AT})
    assert [one["value"] for one in told["entities"]] == values
