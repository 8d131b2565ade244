"""Law packs: dated rules as data, each with its source and how sure we are of it, checked when they are loaded."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any, Literal, cast

import msgspec

from acuerdo.core.compliance.wording import Pattern, pattern, plain, says, sentences
from acuerdo.core.messages import Origin, Topic
from acuerdo.core.words import AcuerdoError, Layer, Mode, Purpose, Window

Status = Literal["verified_text", "press", "recalled", "open"]
Period = Literal["day", "week", "rolling_7d", "calendar_week"]
Value = bool | int | str
Freed = Literal["window", "holiday", "cap", "spacing", "exclusivity", "quiet_after"]

SAFETY_MINUTES = 15
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class PackError(AcuerdoError):
    """A law pack that cannot be trusted: its text names the pack, the rule and what to mend."""


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every rule carries. `effective_to` is the first day no longer in force; `when` binds it to options."""

    id: str
    limits: str
    layer: Layer
    status: Status
    article: str = ""
    source: tuple[str, ...] = ()
    note: str = ""
    needs_counsel: bool = False
    enforced: bool = True
    effective_from: date | None = None
    effective_to: date | None = None
    when: dict[str, Value] = {}


class Scoped(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule on how the person is contacted; no modes or channels named means all."""

    modes: tuple[Mode, ...] = ()
    channels: tuple[str, ...] = ()


class WindowRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When contact is allowed: weekdays (`mon`, `mon-fri`) to local spans ("07:00-19:00"); other days are closed."""

    hours: dict[str, tuple[str, ...]]


class HolidayRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No contact on public holidays, nor on `municipal` days: "SUBDIVISION/Town" to dates."""

    municipal: dict[str, tuple[date, ...]] = {}


class CapRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At most `max` attempts (or contacts: the person was reached) in a period; `week` follows the option `week`."""

    max: int
    per: Period
    unit: Literal["attempt", "contact"] = "attempt"
    same_channel: bool = False


class SpacingRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Attempts at least `hours` apart, or on local dates at least `days` apart: one of the two."""

    hours: int = 0
    days: int = 0


class ExclusivityRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """After a contact that reached the person (or any attempt), no other channel in the period."""

    per: Period
    trigger: Literal["contact", "attempt"] = "contact"


class QuietRule(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No attempt for `days` after the person was reached, replies included."""

    days: int


class ExemptionRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Purposes that some limits do not stop; `counts` says whether such attempts still count against others."""

    purposes: tuple[Purpose, ...]
    frees: tuple[Freed, ...]
    counts: bool = True


class IdentityRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The only topics a message may touch before the person has proved who they are."""

    topics: tuple[Topic, ...]


class WordingRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Wordings that never leave: patterns on plain text, tried at loading on the rule's own examples.

    `stems` are pieces of words, one of which every match contains; `{affirmed}` in a pattern means that no negation
    stands just before. `catches` must be caught and `lets_pass` must not. No `origins` named means all.
    """

    stems: tuple[str, ...]
    says: tuple[str, ...]
    catches: tuple[str, ...]
    lets_pass: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()


class ListedRule(Rule, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule the pack names and nothing here enforces yet: it must say `enforced = false`."""

    value: str


LISTED = ("consent", "parties", "script", "notice", "eligibility", "numbering", "retention", "fees", "conduct")
KINDS: dict[str, type[Rule]] = {
    "window": WindowRule,
    "holiday": HolidayRule,
    "cap": CapRule,
    "spacing": SpacingRule,
    "exclusivity": ExclusivityRule,
    "quiet_after": QuietRule,
    "exemption": ExemptionRule,
    "identity": IdentityRule,
    "wording": WordingRule,
    **dict.fromkeys(LISTED, ListedRule),
}


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open question that the operator settles with counsel: a name, the choices, and ours until then."""

    name: str
    question: str
    default: Value
    choices: tuple[Value, ...]


class Pack(msgspec.Struct, frozen=True):
    """One jurisdiction's rules as loaded; `digest` is of the file's text."""

    name: str
    title: str
    country: str
    version: date
    needs_counsel: bool
    questions: tuple[str, ...]
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]
    digest: str

    @property
    def enforced(self) -> tuple[Rule, ...]:
        """The rules that the guard holds."""
        return tuple(rule for rule in self.rules if rule.enforced)

    @property
    def listed(self) -> tuple[Rule, ...]:
        """The rules that are written down and that people, not the guard, must hold for now."""
        return tuple(rule for rule in self.rules if not rule.enforced)


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    version: date
    rules: list[dict[str, Any]]
    country: str = ""
    needs_counsel: bool = True
    questions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


def load_pack(text: str, name: str) -> Pack:
    """The pack in `text` (TOML), checked whole. Raises PackError naming the pack, the rule and what to mend."""
    head = _head(text, name)
    rules = tuple(_rule(raw, index, name) for index, raw in enumerate(head.rules, 1))
    _unique(rules, name)
    options = {option.name: option for option in head.options}
    for option in head.options:
        if option.default not in option.choices:
            raise _fault(name, f"option {option.name}", f"its default {option.default!r} is not one of its choices")
    for rule in rules:
        for complaint in _complaints(rule, options):
            raise _fault(name, rule.id, complaint)
    return Pack(
        name=name, title=head.title, country=head.country, version=head.version, needs_counsel=head.needs_counsel,
        questions=head.questions, options=head.options, rules=rules,
        digest=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
    )  # fmt: skip


def _fault(pack: str, where: str, what: str) -> PackError:
    return PackError(f"law pack {pack}, {where}: {what}")


def _head(text: str, name: str) -> _Head:
    try:
        return msgspec.convert(tomllib.loads(text), _Head)
    except tomllib.TOMLDecodeError as error:
        raise _fault(name, "file", f"it is not TOML ({error}); mend the line named") from error
    except msgspec.ValidationError as error:
        raise _fault(name, "head", f"{error}; known keys: {', '.join(_Head.__struct_fields__)}") from error


def _rule(raw: dict[str, Any], index: int, pack: str) -> Rule:
    label = str(raw.get("id") or f"rule number {index}")
    kind = KINDS.get(str(raw.get("limits", "")))
    if kind is None:
        raise _fault(pack, label, f"limits = {raw.get('limits')!r} is not known; write one of {', '.join(KINDS)}")
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _fault(pack, label, f"{error}; known keys: {', '.join(kind.__struct_fields__)}") from error


def _unique(rules: tuple[Rule, ...], pack: str) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise _fault(pack, rule.id, "this id is used twice; give each rule its own")
        seen.add(rule.id)


def _complaints(rule: Rule, options: Mapping[str, Option]) -> list[str]:
    return [*_provenance(rule), *_validity(rule, options), *_CHECKS.get(type(rule), lambda _: [])(rule)]


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


def _validity(rule: Rule, options: Mapping[str, Option]) -> list[str]:
    found = []
    if rule.effective_from and rule.effective_to and rule.effective_from >= rule.effective_to:
        found.append("effective_to is not after effective_from, so it is never in force")
    if isinstance(rule, ListedRule) and rule.enforced:
        found.append(f"{rule.limits!r} is not enforced here yet; write enforced = false, so that nothing pretends")
    for name, value in rule.when.items():
        if name not in options:
            found.append(f"when names the option {name!r}, which the pack does not declare")
        elif value not in options[name].choices:
            found.append(f"when {name} = {value!r} is not one of the option's choices")
    return found


def _check_window(rule: Rule) -> list[str]:
    try:
        week_of(cast(WindowRule, rule))
    except ValueError as error:
        return [str(error)]
    return []


def _check_cap(rule: Rule) -> list[str]:
    return [] if cast(CapRule, rule).max >= 1 else ["max must be 1 or more; to forbid contact, close the window"]


def _check_spacing(rule: Rule) -> list[str]:
    spacing = cast(SpacingRule, rule)
    fine = min(spacing.hours, spacing.days) == 0 and max(spacing.hours, spacing.days) > 0
    return [] if fine else ["write a positive number of hours or of days, one of the two"]


def _check_quiet(rule: Rule) -> list[str]:
    return [] if cast(QuietRule, rule).days >= 1 else ["days must be 1 or more"]


def _check_wording(rule: Rule) -> list[str]:
    wording = cast(WordingRule, rule)
    try:
        patterns = [pattern(written) for written in wording.says]
    except re.error as error:
        return [f"a pattern of says cannot be read: {error}"]
    upper = [text for text in (*wording.stems, *wording.says) if plain(text) != text.lower()]
    slips = [text for text in wording.catches if not _caught(text, wording.stems, patterns)]
    stops = [text for text in wording.lets_pass if _caught(text, wording.stems, patterns)]
    return [
        *(f"{text!r} can never match: write it without accents" for text in upper),
        *(f"the stem {stem!r} is more than one word; write one" for stem in wording.stems if " " in stem),
        *(f"it should catch {text!r}, and does not" for text in slips),
        *(f"it should let pass {text!r}, and does not" for text in stops),
        *([] if wording.catches else ["give at least one example that it catches"]),
    ]


def _caught(text: str, stems: tuple[str, ...], patterns: list[Pattern]) -> bool:
    return any(says(plain(sentence), stems, patterns) for sentence in sentences(text))


_CHECKS = {
    WindowRule: _check_window,
    CapRule: _check_cap,
    SpacingRule: _check_spacing,
    QuietRule: _check_quiet,
    WordingRule: _check_wording,
}

Week = tuple[tuple[Window, ...], ...]


def week_of(rule: WindowRule) -> Week:
    """The rule's windows, Monday first. Raises ValueError saying what to mend."""
    days: list[list[Window]] = [[] for _ in WEEKDAYS]
    for name, spans in rule.hours.items():
        for day in _weekdays(name):
            days[day].extend(_span(span, name) for span in spans)
    for name, windows in zip(WEEKDAYS, days, strict=True):
        windows.sort(key=lambda window: window.start)
        for earlier, later in pairwise(windows):
            if later.start < earlier.end:
                raise ValueError(f"two windows overlap on {name}; join them or part them")
    if not any(days):
        raise ValueError("it opens no hour at all; name the days and their spans")
    return tuple(tuple(windows) for windows in days)


def _weekdays(name: str) -> range:
    first, _, last = name.partition("-")
    last = last or first
    if first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(last) < WEEKDAYS.index(first):
        raise ValueError(f"{name!r} is not a day or a span of days; write mon, sat or mon-fri")
    return range(WEEKDAYS.index(first), WEEKDAYS.index(last) + 1)


def _span(text: str, day: str) -> Window:
    match = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if not match:
        raise ValueError(f"{text!r} on {day} is not a span; write it like 07:00-19:00")
    h1, m1, h2, m2 = map(int, match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 > 59 or m2 > 59 or end > 1440:
        raise ValueError(f"{text!r} on {day} names an impossible hour")
    if end - start <= SAFETY_MINUTES:
        raise ValueError(
            f"{text!r} on {day} is empty, or shorter than the {SAFETY_MINUTES} minutes kept free at its end"
        )
    return Window(start, end)
