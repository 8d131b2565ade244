"""Packs compiled for judging: the rules in force on a date, by country, and by how, where and why one speaks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Literal

import msgspec

from acuerdo.core.compliance.packs import (
    SAFETY_MINUTES,
    CapRule,
    ExclusivityRule,
    ExemptionRule,
    HolidayRule,
    IdentityRule,
    Option,
    Pack,
    PackError,
    Period,
    QuietRule,
    Rule,
    Scoped,
    SpacingRule,
    Week,
    WindowRule,
    WordingRule,
    week_of,
)
from acuerdo.core.compliance.wording import Pattern, pattern
from acuerdo.core.words import Layer, Mode, Purpose, Reason, Window

COMMON = "common"
STRICT = "strict"
WEEK = Option(
    name="week",
    question="¿La semana es de calendario (lunes a domingo) o son siete días corridos?",
    default="rolling",
    choices=("rolling", "calendar"),
)
DEFAULT_PACK = "default_pack"

ALWAYS: tuple[Window, ...] = (Window(0, 1440),)


class Limit(msgspec.Struct, frozen=True, eq=False):
    """A cap, spacing, exclusivity or quiet time in one form: fewer than `most` attempts that match, in the period."""

    rule: str
    layer: Layer
    code: str
    kind: str
    most: int
    period: Literal["day", "calendar_week", "span", "dates"]
    span: timedelta = timedelta(0)
    modes: tuple[Mode, ...] = ()
    channels: tuple[str, ...] = ()
    relation: Literal["any", "same", "other"] = "any"
    reached: bool = False
    replies: bool = False


class Opening(msgspec.Struct, frozen=True, eq=False):
    """One window rule, ready to say whether it is the one that is closed."""

    rule: str
    layer: Layer
    week: Week


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What bounds one way of speaking (mode, channel, purpose): compared by identity, so that it can be a cache key.

    `week` is the intersection of the openings, each span cut short by the safety margin.
    """

    week: Week
    openings: tuple[Opening, ...]
    holidays: tuple[tuple[str, Layer], ...]
    municipal: frozenset[tuple[str, date]]
    limits: tuple[Limit, ...]
    uncounted: frozenset[Purpose]
    fine: tuple[Reason, ...]


class Wording(msgspec.Struct, frozen=True, eq=False):
    """One forbidden wording with its patterns compiled."""

    rule: str
    layer: Layer
    stems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    origins: tuple[str, ...]


class CountryRules(msgspec.Struct, frozen=True, eq=False):
    """The rules in force for one country (or for the default), compared by identity."""

    pack: str
    country: str
    rules: tuple[Rule, ...]
    wordings: tuple[Wording, ...]
    identity: tuple[Reason, ...]
    before_identity: frozenset[str]
    week: str


class Rules(msgspec.Struct, frozen=True, eq=False):
    """Every country's compiled rules on date `at`; `version` names packs and options, so that a fact can cite it."""

    at: date
    version: str
    countries: dict[str, CountryRules]
    default: CountryRules

    def for_country(self, country: str) -> CountryRules:
        """The country's rules; the strict default where no pack is in force."""
        return self.countries.get(country, self.default)


def compile_rules(packs: Mapping[str, Pack], at: date, options: Mapping[str, object]) -> Rules:
    """The rules in force on `at` under the operator's `options`.

    An option is written `week` for every pack that has it, or `co.week` for one; `default_pack` names the pack for
    countries without one ("strict" or "ultra"). Raises PackError for a missing strict or common pack, an option or
    choice that no pack declares, and windows that leave no hour open.
    """
    for needed in (STRICT, COMMON):
        if needed not in packs:
            raise PackError(f"law pack {needed} is missing: without it nothing can be judged; add {needed}.toml")
    _check_options(packs, options)
    fallback = str(options.get(DEFAULT_PACK, STRICT))
    if fallback not in packs or packs[fallback].country:
        raise PackError(f"option {DEFAULT_PACK} = {fallback!r} is not a default pack; write strict or ultra")
    common = _in_force(packs[COMMON], at, options)
    compiled = {name: _country(pack, _in_force(pack, at, options), common, options) for name, pack in packs.items()}
    return Rules(
        at=at,
        version=_version(packs, options),
        countries={one.country: one for one in compiled.values() if one.country and _bounds(one.rules)},
        default=compiled[fallback],
    )


def _bounds(rules: Iterable[Rule]) -> bool:
    return any(isinstance(rule, Scoped) for rule in rules)


def _version(packs: Mapping[str, Pack], options: Mapping[str, object]) -> str:
    said = [f"{name} {packs[name].digest}" for name in sorted(packs)]
    said += [f"{name}={options[name]!r}" for name in sorted(options)]
    return hashlib.blake2b("\n".join(said).encode(), digest_size=12).hexdigest()


def _declared(pack: Pack) -> dict[str, Option]:
    return {WEEK.name: WEEK, **{option.name: option for option in pack.options}}


def _check_options(packs: Mapping[str, Pack], options: Mapping[str, object]) -> None:
    for key, value in options.items():
        where, _, name = key.rpartition(".")
        if key == DEFAULT_PACK:
            continue
        scope = [packs[where]] if where in packs else [] if where else list(packs.values())
        found = [_declared(pack)[name] for pack in scope if name in _declared(pack)]
        if not found:
            raise PackError(f"option {key!r} is declared by no law pack; see the page of each pack for its options")
        if not any(value in option.choices for option in found):
            raise PackError(f"option {key} = {value!r}: choose one of {', '.join(map(repr, found[0].choices))}")


def _chosen(pack: Pack, options: Mapping[str, object]) -> dict[str, object]:
    return {
        name: options.get(f"{pack.name}.{name}", options.get(name, option.default))
        for name, option in _declared(pack).items()
    }


def _in_force(pack: Pack, at: date, options: Mapping[str, object]) -> tuple[Rule, ...]:
    chosen = _chosen(pack, options)
    return tuple(
        rule
        for rule in pack.enforced
        if (rule.effective_from is None or rule.effective_from <= at)
        and (rule.effective_to is None or at < rule.effective_to)
        and all(chosen[name] == value for name, value in rule.when.items())
    )


def _country(
    pack: Pack, own: tuple[Rule, ...], common: tuple[Rule, ...], options: Mapping[str, object]
) -> CountryRules:
    rules = own if pack.name == COMMON else (*common, *own)
    identity = [rule for rule in rules if isinstance(rule, IdentityRule)]
    topics = [frozenset[str](rule.topics) for rule in identity] or [frozenset({"creditor"})]
    one = CountryRules(
        pack=pack.name,
        country=pack.country,
        rules=rules,
        wordings=tuple(_wording(rule) for rule in rules if isinstance(rule, WordingRule)),
        identity=reasons("debt_before_identity", ((rule.id, rule.layer) for rule in identity))
        or (Reason("debt_before_identity", layer="law"),),
        before_identity=frozenset.intersection(*topics),
        week=str(_chosen(pack, options)[WEEK.name]),
    )
    for mode in ("text", "voice", "visit"):
        if not any(profile(one, mode, "", "collection").week):
            raise PackError(
                f"law pack {pack.name}: its windows for {mode} leave no hour open together; mend one of them"
            )
    return one


def _wording(rule: WordingRule) -> Wording:
    return Wording(rule.id, rule.layer, rule.stems, tuple(map(pattern, rule.says)), rule.origins)


def reasons(code: str, spoke: Iterable[tuple[str, Layer]], detail: str = "") -> tuple[Reason, ...]:
    """One reason a layer, law first, each naming the rules (id, layer) that spoke."""
    ordered = sorted(set(spoke), key=lambda one: (one[1], one[0]))
    return tuple(
        Reason(code, tuple(rule for rule, _ in group), layer, detail)
        for layer, group in groupby(ordered, key=lambda one: one[1])
    )


@lru_cache(maxsize=4096)
def profile(country: CountryRules, mode: Mode, channel: str, purpose: Purpose) -> Profile:
    """What bounds a message of this mode, channel and purpose in this country."""
    exemptions = [rule for rule in country.rules if isinstance(rule, ExemptionRule)]
    freed = {kind for rule in exemptions if purpose in rule.purposes for kind in rule.frees}
    scoped = [
        rule
        for rule in country.rules
        if isinstance(rule, Scoped)
        and rule.limits not in freed
        and (not rule.modes or mode in rule.modes)
        and (not rule.channels or channel in rule.channels)
    ]
    openings = tuple(Opening(rule.id, rule.layer, week_of(rule)) for rule in scoped if isinstance(rule, WindowRule))
    holidays = [rule for rule in scoped if isinstance(rule, HolidayRule)]
    spoke = [(rule.id, rule.layer) for rule in scoped]
    spoke += [(rule.id, rule.layer) for rule in exemptions if purpose in rule.purposes]
    return Profile(
        week=_effective(openings),
        openings=openings,
        holidays=tuple((rule.id, rule.layer) for rule in holidays),
        municipal=frozenset((town, day) for rule in holidays for town, days in rule.municipal.items() for day in days),
        limits=tuple(limit for rule in scoped for limit in _limits(rule, country.week)),
        uncounted=frozenset({"reply", *(p for rule in exemptions if not rule.counts for p in rule.purposes)}),
        fine=reasons("within_rules", spoke) or (Reason("within_rules"),),
    )


def _effective(openings: tuple[Opening, ...]) -> Week:
    days = []
    for weekday in range(7):
        open_spans = ALWAYS
        for opening in openings:
            open_spans = both(open_spans, opening.week[weekday])
        days.append(
            tuple(Window(w.start, w.end - SAFETY_MINUTES) for w in open_spans if w.end - w.start > SAFETY_MINUTES)
        )
    return tuple(days)


def both(left: tuple[Window, ...], right: tuple[Window, ...]) -> tuple[Window, ...]:
    """The minutes that both hold."""
    shared = (Window(max(a.start, b.start), min(a.end, b.end)) for a in left for b in right)
    return tuple(sorted((span for span in shared if span.start < span.end), key=lambda span: span.start))


def _limits(rule: Scoped, week: str) -> tuple[Limit, ...]:
    match rule:
        case CapRule():
            relation: Literal["any", "same"] = "same" if rule.same_channel else "any"
            return (_limit(rule, "cap_reached", rule.max, rule.per, week, relation, rule.unit == "contact"),)
        case ExclusivityRule():
            return (_limit(rule, "other_channel", 1, rule.per, week, "other", rule.trigger == "contact"),)
        case SpacingRule():
            return (_spaced(rule, "too_soon", timedelta(hours=rule.hours, days=rule.days), bool(rule.days)),)
        case QuietRule():
            return (_spaced(rule, "quiet_days", timedelta(days=rule.days), reached=True),)
        case _:
            return ()


def _limit(
    rule: Scoped, code: str, most: int, per: Period, week: str, relation: Literal["any", "same", "other"], reached: bool
) -> Limit:
    rolling = per == "rolling_7d" or (per == "week" and week == "rolling")
    return Limit(
        rule=rule.id, layer=rule.layer, code=code, kind=rule.limits, most=most,
        period="day" if per == "day" else "span" if rolling else "calendar_week",
        span=timedelta(days=7), modes=rule.modes, channels=rule.channels, relation=relation, reached=reached,
    )  # fmt: skip


def _spaced(rule: Scoped, code: str, span: timedelta, by_dates: bool = False, reached: bool = False) -> Limit:
    return Limit(
        rule=rule.id, layer=rule.layer, code=code, kind=rule.limits, most=1, period="dates" if by_dates else "span",
        span=span, modes=rule.modes, channels=rule.channels, reached=reached, replies=reached,
    )  # fmt: skip
