"""Packs compiled for judging: the rules in force on a date under the operator's options, and those of one place."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

import msgspec

from acuerdo.core.compliance.days import lies_in
from acuerdo.core.compliance.kinds import (
    ConsentRule,
    IdentityRule,
    MarginRule,
    Moment,
    NoticeRule,
    PartiesRule,
    RetentionRule,
    Rule,
    Scoped,
    StopRule,
    Value,
    WarningRule,
    WordingRule,
)
from acuerdo.core.compliance.packs import ASSUME, WEEK, Pack, PackError, unlimited
from acuerdo.core.compliance.wording import Pattern, pattern
from acuerdo.core.words import Layer, Reason

COMMON = "common"
STRICT = "strict"


class Wording(msgspec.Struct, frozen=True, eq=False):
    """One forbidden wording with its patterns compiled."""

    rule: str
    layer: Layer
    stems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    origins: tuple[str, ...]
    channels: tuple[str, ...]
    time_barred: bool


class InForce(msgspec.Struct, frozen=True, eq=False):
    """One pack's rules in force, and the choices made in it."""

    pack: Pack
    rules: tuple[Rule, ...]
    chosen: dict[str, Value]


class CountryRules(msgspec.Struct, frozen=True, eq=False):
    """The rules that judge people of one place (or by default), compared by identity.

    `strict` says that the strict default stands among them. `stops` has the words that stand behind each stop.
    """

    pack: str
    country: str
    strict: bool
    rules: tuple[Rule, ...]
    wordings: tuple[Wording, ...]
    identity: tuple[Reason, ...]
    before_identity: frozenset[str]
    refused_roles: dict[str, tuple[Reason, ...]]
    stops: dict[str, tuple[tuple[str, Layer], ...]]
    warnings: tuple[Reason, ...]
    week: str
    assume_consent: bool
    margin: int

    def stop(self, code: str, detail: str = "") -> tuple[Reason, ...]:
        """The reasons of a stop that the guard itself knows, with the rules that stand behind it."""
        return reasons(code, self.stops.get(code, ()), detail) or (Reason(code, detail=detail),)


class Rules(msgspec.Struct, frozen=True, eq=False):
    """Every pack's rules in force from date `at` on, until the next change; compared by identity.

    `version` names packs and options, so that a fact can cite it.
    """

    at: date
    version: str
    packs: dict[str, InForce]
    fallback: str

    def for_country(self, country: str) -> CountryRules:
        """The rules of the whole country; the default's where no pack is in force."""
        return self.for_place(country, "")

    def for_place(self, country: str, subdivision: str, pack: str = "", doubtful: bool = False) -> CountryRules:
        """The rules of a place; the default's where no pack is in force, and both where the data are `doubtful`.

        `pack` names one to be judged by instead of the country's. Raises PackError for one that there is not.
        """
        return _for_place(self, country, subdivision, pack, doubtful)


# The rules of a place are made once for each place, and there are as many as countries and their parts.
@lru_cache(maxsize=8192)
def _for_place(rules: Rules, country: str, subdivision: str, pack: str, doubtful: bool) -> CountryRules:
    names = _named(rules, pack) if pack else _of_country(rules, country, subdivision)
    # Before a law began, or after it ended, its pack may keep some mode to no hours at all.
    strict = not names or doubtful or bool(unlimited(rule for name in names for rule in rules.packs[name].rules))
    if strict and rules.fallback not in names:
        names = (*names, rules.fallback)
    return compiled(rules, names, country, subdivision, strict)


def _named(rules: Rules, pack: str) -> tuple[str, ...]:
    held = rules.packs.get(pack)
    if held is None:
        raise PackError(f"no law pack is called {pack!r}; there are {', '.join(sorted(rules.packs))}")
    return (*_named(rules, held.pack.extends), pack) if held.pack.extends else (pack,)


def _of_country(rules: Rules, country: str, subdivision: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, one in sorted(rules.packs.items(), key=lambda item: (bool(item[1].pack.places), item[0]))
        if country
        and one.pack.country == country
        and any(isinstance(rule, Scoped) for rule in one.rules)
        and (not one.pack.places or any(lies_in(subdivision, place) for place in one.pack.places))
    )


def compiled(rules: Rules, names: tuple[str, ...], country: str, subdivision: str, strict: bool) -> CountryRules:
    """The rules of these packs in force in a place, the common ones first."""
    packs = [rules.packs[name] for name in dict.fromkeys((COMMON, *names))]
    own = tuple(
        rule
        for one in packs
        for rule in one.rules
        if (not rule.countries or country in rule.countries)
        and (not rule.within or any(lies_in(subdivision, place) for place in rule.within))
    )
    identity = [rule for rule in own if isinstance(rule, IdentityRule)]
    topics = [frozenset[str](rule.topics) for rule in identity] or [frozenset({"creditor"})]
    return CountryRules(
        pack=names[-1] if names else COMMON,
        country=country,
        strict=strict,
        rules=own,
        wordings=tuple(_wording(rule) for rule in own if isinstance(rule, WordingRule)),
        identity=reasons("debt_before_identity", _spoke(identity)) or (Reason("debt_before_identity", layer="law"),),
        before_identity=frozenset.intersection(*topics),
        refused_roles=_refused_roles(own),
        stops=_stops(own),
        warnings=reasons("time_barred", _spoke(rule for rule in own if isinstance(rule, WarningRule))),
        week="calendar" if all(one.chosen[WEEK.name] == "calendar" for one in packs[1:] or packs) else "rolling",
        assume_consent=all(one.chosen[ASSUME.name] is True for one in packs),
        margin=max((rule.minutes for rule in own if isinstance(rule, MarginRule)), default=0),
    )


def _spoke(rules: Iterable[Rule]) -> list[tuple[str, Layer]]:
    return [(rule.id, rule.layer) for rule in rules]


def _refused_roles(rules: Iterable[Rule]) -> dict[str, tuple[Reason, ...]]:
    spoke: dict[str, list[tuple[str, Layer]]] = {}
    for rule in rules:
        for role in rule.refuses if isinstance(rule, PartiesRule) else ():
            spoke.setdefault(role, []).append((rule.id, rule.layer))
    return {role: reasons("third_party", who) for role, who in spoke.items()}


def _stops(rules: Iterable[Rule]) -> dict[str, tuple[tuple[str, Layer], ...]]:
    found: dict[str, tuple[tuple[str, Layer], ...]] = {}
    for rule in rules:
        stops = rule.stops if isinstance(rule, StopRule) else ("window_ending",) * isinstance(rule, MarginRule)
        for code in stops:
            found[code] = (*found.get(code, ()), (rule.id, rule.layer))
    return found


def _wording(rule: WordingRule) -> Wording:
    compiled = tuple(map(pattern, rule.says))
    return Wording(rule.id, rule.layer, rule.stems, compiled, rule.origins, rule.channels, rule.time_barred)


def reasons(code: str, spoke: Iterable[tuple[str, Layer]], detail: str = "") -> tuple[Reason, ...]:
    """One reason a layer, law first, each naming the rules (id, layer) that spoke."""
    of: dict[Layer, list[str]] = {}
    for rule, layer in sorted(set(spoke)):
        of.setdefault(layer, []).append(rule)
    return tuple(Reason(code, tuple(of[layer]), layer, detail) for layer in sorted(of))


@lru_cache(maxsize=1024)
def consents_age(rules: Rules, country: str) -> bool:
    """Whether some rule of a country ("US", or a jurisdiction in it), or of all, asks how old a consent is."""
    country = country.strip().upper().partition("-")[0]
    return any(
        isinstance(rule, ConsentRule) and rule.max_age_days > 0 and (not rule.countries or country in rule.countries)
        for one in rules.packs.values()
        if one.pack.country in ("", country)
        for rule in one.rules
    )


def notices(code: CountryRules, moment: Moment) -> tuple[NoticeRule, ...]:
    """What must be told at a moment; `first_screen` is the first one after the person has proved who they are."""
    return tuple(rule for rule in code.rules if isinstance(rule, NoticeRule) and rule.moment == moment)


def retention_days(code: CountryRules) -> int:
    """For how many days the evidence of a contact is kept: the longest that any rule asks."""
    return max((rule.days for rule in code.rules if isinstance(rule, RetentionRule)), default=0)
