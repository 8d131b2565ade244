"""Examples as people keep them: a CSV with a header, or an object a line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from acuerdo.core.words import AcuerdoError

LINES = (".jsonl", ".ndjson")
LARGEST = 20_000  # characters of one text; a longer one is no utterance but a mistake in the quotes


class ExampleFault(AcuerdoError):
    """A file of examples cannot be read; the text names the line."""


class Example(NamedTuple):
    """What somebody wrote, and what it means."""

    text: str
    intent: str


def read_examples(path: Path, text: str = "text", intent: str = "intent") -> list[Example]:
    """The examples of a .csv, .tsv, .jsonl or .ndjson file in UTF-8 whose columns have these names.

    Raises ExampleFault for a line that lacks one of them, and for a file without lines; OSError where it is not there.
    """
    try:
        whole = path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExampleFault(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from None
    rows = _objects(path, whole) if path.suffix.lower() in LINES else _cells(path, whole)
    found = [_example(path, number, row, text, intent) for number, row in rows]
    if not found:
        raise ExampleFault(f"{path} has no examples; write a header and a line for each")
    return found


def _cells(path: Path, whole: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    lines = csv.DictReader(whole.splitlines(keepends=True), delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
    try:
        yield from ((lines.line_num, row) for row in lines)
    except csv.Error as error:
        raise ExampleFault(f"{path}:{lines.line_num}: {error}") from None


def _objects(path: Path, whole: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(whole.splitlines(), 1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.DecodeError as error:
                raise ExampleFault(f"{path}:{number}: {error}; write one JSON object a line") from None


def _example(path: Path, number: int, row: Mapping[str, Any], text: str, intent: str) -> Example:
    said, meant = row.get(text), row.get(intent)
    if not isinstance(said, str) or not isinstance(meant, str) or not meant.strip() or len(said) > LARGEST:
        raise ExampleFault(f"{path}:{number}: give it a {text!r} and an {intent!r}, both words")
    return Example(said, meant.strip())
