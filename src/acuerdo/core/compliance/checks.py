"""What a rule must satisfy to be trusted: each complaint says what to mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from acuerdo.core.compliance.hours import SAFETY_MINUTES, week_of
from acuerdo.core.compliance.kinds import (
    NOTICES,
    CapRule,
    HolidayRule,
    MandatoryRule,
    MarginRule,
    NoticeRule,
    NumberRule,
    QuietRule,
    RetentionRule,
    Rule,
    SessionRule,
    SpacingRule,
    WindowRule,
    WordingRule,
)
from acuerdo.core.compliance.wording import Pattern, pattern, plain, says, sentences, spoken

LEAP = 2028


def complaints(rule: Rule) -> list[str]:
    """What is wrong with a rule by itself; empty when nothing is."""
    return [*_provenance(rule), *_validity(rule), *_CHECKS.get(type(rule), lambda _: [])(rule)]


def _provenance(rule: Rule) -> list[str]:
    found = []
    if rule.layer == "law" and not rule.source:
        found.append("a rule of law without a source; add the page where it was read")
    if any(not url.startswith(("https://", "http://")) for url in rule.source):
        found.append("its source is not a web address; write it whole")
    if rule.layer == "policy" and not rule.note:
        found.append("a policy without a note; write why the house adds it")
    if rule.status in ("recalled", "open") and not rule.needs_counsel:
        found.append(f"status {rule.status!r} must be reviewed; write needs_counsel = true")
    return found


def _validity(rule: Rule) -> list[str]:
    found = []
    if rule.effective_from and rule.effective_to and rule.effective_from >= rule.effective_to:
        found.append("effective_to is not after effective_from, so it is never in force")
    if any(not re.fullmatch(r"[A-Z]{2}", country) for country in rule.countries):
        found.append("countries are two capital letters, like CO")
    return found


def _window(rule: WindowRule) -> list[str]:
    try:
        week_of(rule.hours)
    except ValueError as error:
        return [str(error)]
    return []


def _margin(rule: MarginRule) -> list[str]:
    return [] if 0 <= rule.minutes <= SAFETY_MINUTES * 4 else ["minutes must be from 0 to an hour"]


def _holiday(rule: HolidayRule) -> list[str]:
    written = (*rule.days, *rule.easter, *(day for days in rule.municipal.values() for day in days))
    found = [
        f'{day!r} is not a day: write 2026-12-06, "12-06" or 50 (after Easter)' for day in written if not _a_day(day)
    ]
    if not (rule.calendar or rule.days or rule.easter or rule.municipal):
        found.append("it closes no day at all")
    return found


def _a_day(day: object) -> bool:
    if isinstance(day, str):
        try:
            date.fromisoformat(f"{LEAP}-{day}")
        except ValueError:
            return False
        return True
    return isinstance(day, int | date) and not isinstance(day, bool)


def _cap(rule: CapRule) -> list[str]:
    return [] if rule.max >= 1 else ["max must be 1 or more; to forbid contact, close the window"]


def _spacing(rule: SpacingRule) -> list[str]:
    fine = min(rule.hours, rule.days) == 0 and max(rule.hours, rule.days) > 0
    return [] if fine else ["write a positive number of hours or of days, one of the two"]


def _days(rule: QuietRule | RetentionRule) -> list[str]:
    return [] if rule.days >= 1 else ["days must be 1 or more"]


def _session(rule: SessionRule) -> list[str]:
    return [] if rule.hours >= 1 and rule.agent_hours >= 0 else ["hours must be 1 or more"]


def _number(rule: NumberRule) -> list[str]:
    return [] if all(one.isdigit() for one in rule.prefixes) else ["prefixes are digits"]


def _notice(rule: NoticeRule) -> list[str]:
    strange = (word for word in rule.tells if word not in NOTICES)
    return [f"{word!r} is not a word of notices; known: {', '.join(NOTICES)}" for word in strange]


def _wording(rule: WordingRule) -> list[str]:
    try:
        patterns = [pattern(written) for written in rule.says]
    except re.error as error:
        return [f"a pattern of says cannot be read: {error}"]
    upper = [text for text in (*rule.stems, *rule.says) if plain(text) != text.lower()]
    slips = [text for text in rule.catches if not _caught(text, rule.stems, patterns)]
    stops = [text for text in rule.lets_pass if _caught(text, rule.stems, patterns)]
    return [
        *(f"{text!r} can never match: write it without accents" for text in upper),
        *(f"the stem {stem!r} is more than one word; write one" for stem in rule.stems if " " in stem),
        *(f"it should catch {text!r}, and does not" for text in slips),
        *(f"it should let pass {text!r}, and does not" for text in stops),
        *([] if rule.catches else ["give at least one example that it catches"]),
    ]


def _caught(text: str, stems: tuple[str, ...], patterns: list[Pattern]) -> bool:
    return any(says(plain(sentence), stems, patterns) for sentence in sentences(text))


def _mandatory(rule: MandatoryRule) -> list[str]:
    try:
        patterns = [pattern(written) for written in rule.says]
    except re.error as error:
        return [f"a pattern of says cannot be read: {error}"]
    return [
        *(f"it should find what it asks in {text!r}, and does not" for text in rule.fine if not spoken(text, patterns)),
        *(f"it should miss what it asks in {text!r}, and does not" for text in rule.lacks if spoken(text, patterns)),
        *([] if rule.fine and rule.lacks else ["give examples: fine, that hold what it asks, and lacks, that do not"]),
    ]


_CHECKS: dict[type[Rule], Callable[[Any], list[str]]] = {
    WindowRule: _window,
    MarginRule: _margin,
    HolidayRule: _holiday,
    CapRule: _cap,
    SpacingRule: _spacing,
    QuietRule: _days,
    RetentionRule: _days,
    SessionRule: _session,
    NumberRule: _number,
    NoticeRule: _notice,
    WordingRule: _wording,
    MandatoryRule: _mandatory,
}
