"""What the frozen set holds, whether its shape is whole, and (with --score) how the shipped reader does on it.

`python -m tests.language.frozen.count` counts and checks; `--write` puts the counts in README.md; `--score` measures.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from acuerdo.core.language import INTENTS

HERE = Path(__file__).parent
README = HERE / "README.md"
BEGIN, END = "<!-- counts: begin -->\n", "<!-- counts: end -->\n"

Line = dict[str, Any]

PROTECTED = (
    "report_vulnerability",
    "report_death",
    "report_fraud",
    "report_insolvency",
    "opt_out",
    "wrong_person",
    "third_party",
    "dispute_debt",
    "request_human",
)
COUNTRIES = ("CO", "MX", "CL", "PE", "AR", "ES")
REGISTERS = (
    "plain",
    "typos",
    "no_accents",
    "slang",
    "voseo",
    "voice_note",
    "rambling",
    "negation",
    "irony",
    "two_clauses",
    "near_miss",
)
KINDS = ("money", "date", "time", "installments", "percent", "frequency", "document", "phone", "email")
EXPECTED = ("yes_no", "choice", "money", "date", "installments", "document", "email", "phone", "rating", "time")
DOCUMENTS = ("cedula", "nit", "rut", "curp", "rfc", "dni", "nie", "cuit", "ruc")
FORMS = {
    "money": r"\d+(\.\d+)?",
    "percent": r"\d+(\.\d+)?",
    "date": r"\d{4}-\d\d-\d\d",
    "time": r"[0-2]\d:[0-5]\d",
    "installments": r"[1-9]\d*",
    "frequency": r"weekly|biweekly|monthly",
    "document": r"[0-9A-ZÑ&]+",
    "phone": r"\+\d{8,15}",
    "email": r"[^@\sA-Z]+@[^@\sA-Z]+",
}
FEWEST = {"utterances": 1000, "entities": 350, "nothing": 80, "intent": 20, "protected": 35, "out_of_scope": 100}
SHORT = 2  # words: what everybody says alike ("hola", "stop") cannot be kept out of a corpus
LONG = 4  # words: from here on two lines can be near
NEAR = 0.75  # share of their words that near lines have in common


def _lines(name: str) -> list[Line]:
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def utterances() -> list[Line]:
    return _lines("utterances.jsonl")


def entity_lines() -> list[Line]:
    return _lines("entities.jsonl")


def normal(text: str) -> str:
    """Small letters, no accents, no signs; a text of signs only is itself."""
    bare = "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z0-9]+", bare)) or text


def _rare(words: set[str], often: Counter[str]) -> list[str]:
    """The rarest words, so many that two near lines share at least one of them."""
    return sorted(words, key=lambda word: (often[word], word))[: len(words) - ceil(NEAR * len(words)) + 1]


def alike(ours: Sequence[str], theirs: Sequence[str]) -> set[tuple[str, str]]:
    """Pairs (ours, theirs) equal once normalised, or (from four words) with nearly all their words in common."""
    same: dict[str, list[str]] = defaultdict(list)
    for text in theirs:
        same[normal(text)].append(text)
    words = {key: set(key.split()) for key in same}
    often = Counter(word for found in words.values() for word in found)
    holds: dict[str, list[str]] = defaultdict(list)
    for key, found in words.items():
        for word in _rare(found, often) if len(found) >= LONG else ():
            holds[word].append(key)
    pairs: set[tuple[str, str]] = set()
    for text in ours:
        key, mine = normal(text), set(normal(text).split())
        near = {other for word in _rare(mine, often) for other in holds.get(word, ())} if len(mine) >= LONG else set()
        keys = {key} & set(same) | {o for o in near if len(mine & words[o]) >= NEAR * len(mine | words[o])}
        pairs |= {(text, other) for found_key in keys for other in same[found_key]}
    return pairs


def repeated(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Lines of one set that say the same twice."""
    twice = [text for text, times in Counter(normal(text) for text in texts).items() if times > 1]
    return [(text, text) for text in twice] + [pair for pair in sorted(alike(texts, texts)) if pair[0] < pair[1]]


def utterance_faults(lines: Iterable[Line]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        also = line.get("also", [])
        sound = (
            set(line) - {"also"} == {"text", "country", "register", "intent"}
            and line["country"] in COUNTRIES
            and line["register"] in REGISTERS
            and {line["intent"], *also} <= set(INTENTS)
            and line["intent"] not in also
            and line["text"].strip() == line["text"] != ""
        )
        if not sound:
            yield f"utterances.jsonl, line {number}: {line}"
        elif line["register"] == "no_accents" and re.search("[áéíóú]", line["text"]):
            yield f"utterances.jsonl, line {number}: an accent in a line without accents: {line['text']}"


def _well_formed(entity: Line, text: str) -> bool:
    kind = entity["kind"]
    keys = {"kind", "value", "text", "start", "end"} | {"money": {"currency"}, "document": {"document"}}.get(
        kind, set()
    )
    return (
        set(entity) == keys
        and re.fullmatch(FORMS[kind], entity["value"]) is not None
        and text[entity["start"] : entity["end"]] == entity["text"] != ""
        and entity.get("document", DOCUMENTS[0]) in DOCUMENTS
    )


def entity_faults(lines: Iterable[Line]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        spans = [(entity["start"], entity["end"]) for entity in line["entities"]]
        sound = (
            set(line) - {"expected"} == {"text", "country", "reference", "entities"}
            and line["country"] in COUNTRIES
            and line.get("expected", {"kind": "date"})["kind"] in EXPECTED
            and datetime.fromisoformat(line["reference"]).tzinfo is None
            and all(_well_formed(entity, line["text"]) for entity in line["entities"])
            and all(before[1] <= after[0] for before, after in pairwise(spans))
        )
        if not sound:
            yield f"entities.jsonl, line {number}: {line}"


def faults() -> list[str]:
    """Everything wrong with the set's shape, in words; repetitions too."""
    said, named = utterances(), entity_lines()
    doubles = repeated([line["text"] for line in said]) + repeated([line["text"] for line in named])
    return [
        *utterance_faults(said),
        *entity_faults(named),
        *(f"said twice: {one} / {other}" for one, other in doubles),
    ]


def _table(title: str, counts: Counter[str], order: Iterable[str]) -> str:
    rows = "".join(f"| {name} | {counts[name]} |\n" for name in order)
    return f"| {title} | lines |\n| --- | ---: |\n{rows}\n"


def counts() -> str:
    """The counts as the README shows them."""
    said, named = utterances(), entity_lines()
    nothing = sum(not line["entities"] for line in named)
    kinds = Counter(entity["kind"] for line in named for entity in line["entities"])
    return (
        f"{len(said)} utterances; {len(named)} entity lines, {nothing} of them with nothing to find.\n\n"
        + _table("intent", Counter(line["intent"] for line in said), INTENTS)
        + _table("country", Counter(line["country"] for line in said), COUNTRIES)
        + _table("register", Counter(line["register"] for line in said), REGISTERS)
        + _table("entity", kinds, KINDS)
        + _table("country (entity lines)", Counter(line["country"] for line in named), COUNTRIES)
    )


def readme_counts() -> str:
    return README.read_text(encoding="utf-8").split(BEGIN)[1].split(END)[0]


def _write() -> None:
    text = README.read_text(encoding="utf-8")
    README.write_text(text.replace(readme_counts(), counts()), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    if "--write" in arguments:
        _write()
    wrong = faults()
    sys.stdout.write("\n".join((counts(), *wrong, "")))
    if "--score" in arguments:
        from tests.language.frozen import score  # only here: it needs the model, counting does not

        sys.stdout.write(score.report())
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
