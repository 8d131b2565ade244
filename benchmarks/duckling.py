"""The Spanish cases of another grammar (Duckling's, BSD): what of them ours reads the same, and what on purpose not.

`python -m benchmarks.duckling CASES.jsonl` prints the share; the cases are not part of this project. A case is right
when the day (and an interval's two ends), or the amount and its currency, are the ones that Duckling's authors expect.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from acuerdo.core.language import Entity, entities
from acuerdo.core.language.spelling import Folded

Case = dict[str, Any]
CURRENCIES = {"$": (None, "USD"), "£": ("GBP",), "PTS": ("ESP",)}
# Read otherwise on purpose, by the rule that says so.
OTHERWISE: dict[str, str] = {
    "el próximo viernes": "a weekday is the next such day after today",
    "proximo viernes": "a weekday is the next such day after today",
    "miércoles que viene": "a weekday is the next such day after today",
    "en este momento": "what is said of now names no day to pay: 'en este momento no puedo'",
    "pasados 2 dias": "'pasados dos días' is after two days, not the two days past",
    "jue 15": "a weekday that does not agree with a near day of the month is a slip in the weekday",
    "en un ano": "a day a year from now, not a month",
    "en 1 año": "a day a year from now, not a month",
    "9 libras": "a pound is a weight where our debtors live",
}


def _days(case: Case) -> set[date]:
    expected = case["expected"]
    if "value" in expected:
        return {date.fromisoformat(expected["value"][:10])}
    return {date.fromisoformat(expected["from"][:10]), date.fromisoformat(expected["to_exclusive"][:10]) - _DAY}


_DAY = timedelta(days=1)


def _dated(case: Case, found: Iterable[Entity]) -> bool:
    read = [entity for entity in found if entity.kind == "date"]
    wanted = _days(case)
    if len(wanted) == 1:  # a week, a month or a year is told by the day it begins with
        return len(read) == 1 and date.fromisoformat(read[0].value) in wanted
    ends = {date.fromisoformat(end) for entity in read for end in filter(None, (entity.value, entity.until))}
    return ends == wanted


def _priced(case: Case, found: Iterable[Entity]) -> bool:
    expected = case["expected"]
    read = [entity for entity in found if entity.kind == "money"]
    wanted = [Decimal(str(expected[key])) for key in ("value", "from", "to") if key in expected]
    currencies = (None, *CURRENCIES.get(expected["unit"], (expected["unit"],)))
    last = read[-1].currency if read else None
    named = "" if expected["unit"] == "$" else last
    return [Decimal(entity.value) for entity in read] == wanted and (named in currencies or named == "") and bool(read)


RIGHT = {"time": _dated, "amount-of-money": _priced}


def score(path: Path) -> dict[str, dict[str, Any]]:
    """By kind: how many relevant cases, how many read the same, which not, and which of those on purpose."""
    told: dict[str, dict[str, Any]] = {}
    for line in path.read_text("utf-8").splitlines():
        case = json.loads(line)
        if not case.get("collections_relevant") or case["dim"] not in RIGHT:
            continue
        at = datetime.fromisoformat(case["reference_time"])
        right = RIGHT[case["dim"]](case, entities.find(Folded(case["text"]), at, "ES", ()))
        kind = told.setdefault(case["dim"], {"cases": 0, "right": 0, "otherwise": [], "wrong": []})
        kind["cases"] += 1
        kind["right"] += right
        if not right:
            kind["otherwise" if case["text"] in OTHERWISE else "wrong"].append(case["text"])
    return told


def main(path: str) -> None:
    """Prints the shares and every case that is not read the same."""
    for name, kind in score(Path(path)).items():
        of = kind["cases"] - len(kind["otherwise"])
        print(f"{name}: {kind['right']} of {kind['cases']} ({kind['right'] / kind['cases']:.3f});", end=" ")
        print(f"{kind['right'] / of:.3f} of the {of} that we do not read otherwise")
        for text in kind["otherwise"]:
            print(f"  otherwise: {text} ({OTHERWISE[text]})")
        for text in kind["wrong"]:
            print(f"  wrong: {text}")


if __name__ == "__main__":
    main(sys.argv[1])
