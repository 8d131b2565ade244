"""Situations with the verdict that the table of contact rules asks for, pack by pack; and no value may move unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acuerdo.core.compliance import Pack, PackError, Rules, compile_rules
from acuerdo.core.compliance.compiling import last_turn, turning_days
from acuerdo.core.compliance.hours import WEEKDAYS
from acuerdo.core.compliance.kinds import (
    CapRule,
    ConsentRule,
    HolidayRule,
    MarginRule,
    PartiesRule,
    QuietRule,
    Rule,
    SessionRule,
    SpacingRule,
    WindowRule,
)
from acuerdo.service.law import shipped_packs
from acuerdo.service.situations import Answer, Situation, answer

CASES = Path(__file__).parent / "conformance"
JURISDICTIONS = sorted(path.stem for path in CASES.glob("*.jsonl"))
OF_SPANISH = ("CO", "CL", "MX", "PE", "AR", "AR-C", "ES", "EC")


@dataclass(frozen=True)
class Case:
    """One line of a file."""

    name: str
    raw: Mapping[str, Any]
    situation: Situation

    def holds(self, told: Answer) -> bool:
        """Whether the guard's word is the one asked for; what the line does not say is not asked."""
        raw = self.raw
        return (
            told.verdict == raw["verdict"]
            and ("rules" not in raw or sorted(rule.id for rule in told.rules) == raw["rules"])
            and ("until" not in raw or told.until == datetime.fromisoformat(raw["until"]))
            and ("deadline" not in raw or told.deadline == datetime.fromisoformat(raw["deadline"]))
        )


@lru_cache(maxsize=32)
def cases(jurisdiction: str) -> tuple[Case, ...]:
    lines = (CASES / f"{jurisdiction}.jsonl").read_text("utf-8").splitlines()
    found = []
    for raw in map(json.loads, lines):
        found.append(Case(f"{jurisdiction}: {raw['name']}", raw, msgspec.convert(raw["situation"], Situation)))
    return tuple(found)


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_the_guard_says_what_the_rules_ask(jurisdiction: str) -> None:
    wrong = []
    for case in cases(jurisdiction):
        told = answer(case.situation)
        if not case.holds(told):
            asked = {key: case.raw.get(key) for key in ("verdict", "rules", "until", "deadline")}
            wrong.append(f"{case.name}: {case.raw['situation']['at']}\n  asked {asked}\n  told  {told}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("jurisdiction", OF_SPANISH)
def test_each_country_has_at_least_forty_situations(jurisdiction: str) -> None:
    assert len({case.name for case in cases(jurisdiction)}) >= 40


def test_every_pack_has_situations() -> None:
    assert {name.lower() for name in JURISDICTIONS} == shipped_packs().keys() - {"common"}


# What a rule's value may be moved by, and the rules that come of it.
def moved(rule: Rule) -> Iterator[tuple[str, Rule]]:
    for kind, mutants in MUTANTS.items():
        if isinstance(rule, kind):
            yield from mutants(rule)


def _with(rule: Rule, **changes: object) -> Rule:
    return msgspec.structs.replace(rule, **changes)


def _number(name: str) -> Callable[[Any], Iterator[tuple[str, Rule]]]:
    def mutants(rule: Rule) -> Iterator[tuple[str, Rule]]:
        value = getattr(rule, name)
        for one in (value - 1, value + 1):
            if value and one > 0:
                yield f"{name} = {one}", _with(rule, **{name: one})

    return mutants


def _hours(rule: WindowRule) -> Iterator[tuple[str, Rule]]:
    for days, spans in rule.hours.items():
        for span in spans:
            for other in _shifted(span):
                yield f"{days} {other}", _with(rule, hours={**rule.hours, days: (other,)})
        for other in _other_days(days):
            hours = {**{key: value for key, value in rule.hours.items() if key != days}, other: spans}
            yield f"{other} for {days}", _with(rule, hours=hours)


def _shifted(span: str) -> Iterator[str]:
    start, end = ((datetime.strptime(text, "%H:%M")) for text in span.split("-"))  # noqa: DTZ007 - a time of day
    for a, b in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        yield f"{start + timedelta(minutes=a):%H:%M}-{end + timedelta(minutes=b):%H:%M}"


def _other_days(days: str) -> Iterator[str]:
    first, _, last = days.partition("-")
    a, z = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    for start, end in ((a + 1, z), (a, z - 1), (a, z + 1), (a - 1, z)):
        if 0 <= start <= end < 7:
            yield f"{WEEKDAYS[start]}-{WEEKDAYS[end]}"


def _closed(rule: HolidayRule) -> Iterator[tuple[str, Rule]]:
    if rule.calendar:
        yield "no calendar", _with(rule, calendar=False)
    for place, days in rule.municipal.items():
        for n, day in enumerate(days):
            for other in _near(day):
                changed = (*days[:n], other, *days[n + 1 :])
                yield f"{place} {other}", _with(rule, municipal={**rule.municipal, place: changed})
    for n, offset in enumerate(rule.easter):
        for other in _near(offset):
            yield f"easter {other}", _with(rule, easter=(*rule.easter[:n], other, *rule.easter[n + 1 :]))


def _near(day: Any) -> tuple[Any, Any]:
    if isinstance(day, int):
        return day - 1, day + 1
    there = date.fromisoformat(f"2028-{day}")
    return tuple(f"{there + timedelta(days=by):%m-%d}" for by in (-1, 1))  # type: ignore[return-value]


def _roles(rule: PartiesRule) -> Iterator[tuple[str, Rule]]:
    for role in rule.refuses:
        yield f"without {role}", _with(rule, refuses=tuple(one for one in rule.refuses if one != role))


MUTANTS: dict[type[Rule], Callable[[Any], Iterator[tuple[str, Rule]]]] = {
    WindowRule: _hours,
    HolidayRule: _closed,
    CapRule: _number("max"),
    SpacingRule: _number("hours"),
    QuietRule: _number("days"),
    SessionRule: lambda rule: (*_number("hours")(rule), *_number("agent_hours")(rule)),  # type: ignore[arg-type,return-value]
    ConsentRule: _number("max_age_days"),
    MarginRule: _number("minutes"),
    PartiesRule: _roles,
}


def watching(pack: Pack) -> list[Case]:
    """The situations that may catch a change of this pack: its own, those that stand on it, or all for the common."""
    packs = shipped_packs()
    names = [name for name in JURISDICTIONS if pack.name in ("common", name.lower(), packs[name.lower()].extends)]
    return [case for name in names for case in cases(name)]


def _beside(pack: Pack) -> dict[str, Pack]:
    """The packs without which this one's situations cannot be judged."""
    return {
        name: one
        for name, one in shipped_packs().items()
        if pack.name == "common" or one.default or name in ("common", pack.extends) or one.extends == pack.name
    }


def caught(pack: Pack, mutant: Rule) -> bool:
    """Whether some situation is told otherwise once the rule is this one; a pack that no longer loads is caught."""
    changed = msgspec.structs.replace(
        pack, rules=tuple(mutant if rule.id == mutant.id else rule for rule in pack.rules)
    )
    packs = {**_beside(pack), pack.name: changed}
    turns = turning_days(packs)

    @lru_cache(maxsize=256)
    def rules_of(at: date, options: tuple[tuple[str, object], ...]) -> Rules:
        return compile_rules(packs, at, dict(options))

    def rules(at: date, options: tuple[tuple[str, object], ...]) -> Rules:
        return rules_of(last_turn(turns, at), options)

    try:
        return any(not case.holds(answer(case.situation, rules)) for case in watching(pack))
    except (PackError, ValueError):
        return True


@pytest.mark.parametrize("name", sorted(shipped_packs()))
def test_no_value_moves_by_one_unseen(name: str) -> None:
    pack = shipped_packs()[name]
    unseen = [f"{rule.id}: {how}" for rule in pack.enforced for how, mutant in moved(rule) if not caught(pack, mutant)]
    assert unseen == []
