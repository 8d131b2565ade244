"""Law packs: dated rules as data, each with its source and how sure we are of it, checked when they are loaded."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import msgspec

from acuerdo.core.compliance.checks import complaints
from acuerdo.core.compliance.kinds import KINDS, ListedRule, NoticeRule, Rule, Value, WindowRule
from acuerdo.core.words import AcuerdoError, Mode

MODES: tuple[Mode, ...] = ("text", "voice", "visit")


class PackError(AcuerdoError):
    """A law pack that cannot be trusted: its text names the pack, the line, the rule and what to mend."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An open question that the operator settles with counsel: a name, the choices, and ours until then.

    `plain`: the choices under which the pack simply has one rule less.
    """

    name: str
    question: str
    default: Value
    choices: tuple[Value, ...]
    plain: tuple[Value, ...] = ()


WEEK = Option(
    name="week",
    question="¿La semana es de calendario (lunes a domingo) o son siete días corridos?",
    default="rolling",
    choices=("rolling", "calendar"),
)
ASSUME = Option(
    name="assume_contract_consent",
    question="Si nadie dice que la persona autorizó el canal, ¿se tiene por garantizado en el contrato del acreedor?",
    default=True,
    choices=(True, False),
)
OF_EVERY_PACK = (WEEK, ASSUME)


class Pack(msgspec.Struct, frozen=True):
    """One jurisdiction's rules as loaded; `digest` is of the file's text.

    `extends` names the pack whose rules stand beneath these; `places` are where it is in force ("C", "NY/New York"),
    none named meaning the whole country.
    """

    name: str
    title: str
    country: str
    version: date
    needs_counsel: bool
    questions: tuple[str, ...]
    options: tuple[Option, ...]
    rules: tuple[Rule, ...]
    digest: str
    extends: str = ""
    places: tuple[str, ...] = ()
    default: bool = False

    @property
    def enforced(self) -> tuple[Rule, ...]:
        """The rules that the guard holds."""
        return tuple(rule for rule in self.rules if rule.enforced)

    @property
    def listed(self) -> tuple[Rule, ...]:
        """The duties that limit no single contact: people hold them, not the guard."""
        return tuple(rule for rule in self.rules if not rule.enforced)


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    version: date
    rules: list[dict[str, Any]]
    country: str = ""
    extends: str = ""
    places: tuple[str, ...] = ()
    default: bool = False
    needs_counsel: bool = True
    questions: tuple[str, ...] = ()
    options: tuple[Option, ...] = ()


def load_pack(text: str, name: str) -> Pack:
    """The pack in `text` (TOML), checked whole. Raises PackError naming the pack, the line, the rule and the remedy."""
    head = _head(text, name)
    rules = tuple(_rule(raw, index, name, text) for index, raw in enumerate(head.rules, 1))
    options = {option.name: option for option in head.options}
    for where, what in (*_of_options(head, rules), *_of_series(rules)):
        raise _fault(name, where, what, text)
    for rule in rules:
        for complaint in (*complaints(rule), *_choices(rule, options)):
            raise _fault(name, rule.id, complaint, text)
    if head.country and not head.extends and (open_modes := unlimited(rules)):
        raise _fault(name, "windows", f"no window limits {', '.join(open_modes)}: that would be all night; write one")
    return Pack(
        name=name, title=head.title, country=head.country, version=head.version, needs_counsel=head.needs_counsel,
        questions=head.questions, options=head.options, rules=rules, extends=head.extends, places=head.places,
        default=head.default, digest=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
    )  # fmt: skip


def unlimited(rules: Iterable[Rule]) -> tuple[Mode, ...]:
    """The modes that none of these rules keeps to any hours, for a debt of which it is not known whose it is."""
    windows = [
        rule
        for rule in rules
        if isinstance(rule, WindowRule)
        and not (rule.channels or rule.purposes or rule.origins or rule.within or rule.countries)
        and (not rule.ownership or "" in rule.ownership)
    ]
    return tuple(mode for mode in MODES if not any(not rule.modes or mode in rule.modes for rule in windows))


def _fault(pack: str, where: str, what: str, text: str = "") -> PackError:
    line = _line_of(text, where)
    return PackError(f"law pack {pack}{f' ({pack}.toml:{line})' if line else ''}, {where}: {what}")


def _line_of(text: str, label: str) -> int:
    """The line that names a rule or an option, 1 the first; 0 where none does."""
    name = label.removeprefix("option ")
    if number := re.fullmatch(r"rule number (\d+)", label):
        tables = [n for n, line in enumerate(text.splitlines(), 1) if line.strip() == "[[rules]]"]
        return tables[int(number[1]) - 1] if int(number[1]) <= len(tables) else 0
    said = re.compile(rf"""\s*(id|name)\s*=\s*["']{re.escape(name)}["']""")
    found = [n for n, line in enumerate(text.splitlines(), 1) if said.match(line)]
    return found[-1] if found else 0


def _head(text: str, name: str) -> _Head:
    try:
        return msgspec.convert(tomllib.loads(text), _Head)
    except tomllib.TOMLDecodeError as error:
        raise _fault(name, "file", f"it is not TOML ({error}); mend the line named") from error
    except msgspec.ValidationError as error:
        raise _fault(name, "head", f"{error}; known keys: {', '.join(_Head.__struct_fields__)}") from error


def _rule(raw: dict[str, Any], index: int, pack: str, text: str) -> Rule:
    label = str(raw.get("id") or f"rule number {index}")
    limits = str(raw.get("limits", ""))
    kind = KINDS.get(limits)
    if kind is None:
        raise _fault(pack, label, f"limits = {limits!r} is not known; write one of {', '.join(KINDS)}", text)
    if limits == "notice" and "tells" in raw:
        kind = NoticeRule
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _fault(pack, label, f"{error}; known keys: {', '.join(kind.__struct_fields__)}", text) from error


def _of_options(head: _Head, rules: tuple[Rule, ...]) -> list[tuple[str, str]]:
    found = []
    for option in head.options:
        where = f"option {option.name}"
        if option.default not in option.choices:
            found.append((where, f"its default {option.default!r} is not one of its choices"))
        spoken = [rule.when[option.name] for rule in rules if option.name in rule.when]
        silent = [choice for choice in option.choices if not _same_in(choice, (*spoken, *option.plain))]
        if silent:
            found.append((where, f"no rule follows the choice {silent[0]!r}: write one, or name it in plain"))
    return found


def _same_in(choice: Value, among: tuple[Value, ...]) -> bool:
    """`in`, for which True and 1 differ."""
    return any(choice == one and isinstance(choice, bool) == isinstance(one, bool) for one in among)


def _of_series(rules: tuple[Rule, ...]) -> list[tuple[str, str]]:
    found, known = [], dict[str, Rule]()
    for rule in rules:
        if rule.id in known:
            found.append((rule.id, "this id is used twice; give each rule its own"))
        known[rule.id] = rule
    for rule in rules:
        if rule.replaces:
            found += [(rule.id, what) for what in _succession(known.get(rule.replaces), rule)]
    return found


def _succession(former: Rule | None, rule: Rule) -> list[str]:
    if former is None:
        return [f"it replaces {rule.replaces!r}, which the pack does not hold"]
    ended, begins = former.effective_to, rule.effective_from
    if ended is None or begins is None or begins < ended:
        return [f"it overlaps {former.id}, which it replaces: end that one (effective_to) on the day this one begins"]
    if begins > ended:
        return [f"between {former.id} and this one there is a gap, from {ended} to {begins}: join them"]
    return []


def _choices(rule: Rule, options: Mapping[str, Option]) -> list[str]:
    found = []
    if isinstance(rule, ListedRule) and rule.enforced:
        found.append(f"{rule.limits!r} is not enforced here yet; write enforced = false, so that nothing pretends")
    for name, value in rule.when.items():
        if name not in options:
            found.append(f"when names the option {name!r}, which the pack does not declare")
        elif not _same_in(value, options[name].choices):
            found.append(f"when {name} = {value!r} is not one of the option's choices")
    return found
