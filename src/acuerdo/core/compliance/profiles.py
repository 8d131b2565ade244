"""What bounds one way of speaking in one place: its windows, closed days, limits, and what else is asked of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Literal, TypeVar

import msgspec

from acuerdo.core.compliance.days import ClosedDays, closed_days
from acuerdo.core.compliance.hours import ALWAYS, Week, both, week_of, wished
from acuerdo.core.compliance.kinds import (
    AddressRule,
    BanRule,
    CapRule,
    ConsentRule,
    ExclusivityRule,
    ExemptionRule,
    HolidayRule,
    MandatoryRule,
    NumberRule,
    Period,
    QuietRule,
    Rule,
    Scope,
    Scoped,
    SessionRule,
    SpacingRule,
    WindowRule,
)
from acuerdo.core.compliance.packs import PackError
from acuerdo.core.compliance.rules import CountryRules, reasons
from acuerdo.core.compliance.wording import Pattern, pattern
from acuerdo.core.messages import Origin
from acuerdo.core.words import AcuerdoError, Layer, Mode, Purpose, Reason, Window

R = TypeVar("R", bound=Rule)
MONTH = timedelta(days=31)
# The rule of the common pack that stands behind the hours a person wished for.
OWN_HOURS = "COM-horas"
Relation = Literal["any", "account", "channel", "mode", "other_channel"]


class Limit(msgspec.Struct, frozen=True, eq=False):
    """A cap, spacing, exclusivity or quiet time in one form: fewer than `most` attempts that match, in the period.

    `relation`: which of the person's attempts count, compared with the message; `reached`: only those in which they
    took part, or of an `unreached` mode; `replies`: true replies count too.
    """

    rule: str
    layer: Layer
    code: str
    most: int
    period: Literal["day", "calendar_week", "month", "span", "dates"]
    span: timedelta = timedelta(0)
    modes: tuple[Mode, ...] = ()
    channels: tuple[str, ...] = ()
    relation: Relation = "any"
    reached: bool = False
    unreached: tuple[Mode, ...] = ()
    replies: bool = False
    reasons: tuple[Reason, ...] = ()


class Opening(msgspec.Struct, frozen=True, eq=False):
    """One window rule, ready to say whether it is the one that is closed."""

    rule: str
    layer: Layer
    week: Week
    yields: bool = False


class Profile(msgspec.Struct, frozen=True, eq=False):
    """What bounds one way of speaking (mode, channel, purpose, whose debt): compared by identity, to be a cache key.

    `week` is the intersection of the openings, each span cut short by the margin. Attempts of the `uncounted` purposes
    count nowhere; where a limit counts replies too, only those of the `unseen` do not.
    """

    week: Week
    openings: tuple[Opening, ...]
    closed: tuple[ClosedDays, ...]
    limits: tuple[Limit, ...]
    uncounted: frozenset[str]
    unseen: frozenset[str]
    consents: tuple[ConsentRule, ...]
    bans: tuple[BanRule, ...]
    sessions: tuple[SessionRule, ...]
    addresses: tuple[AddressRule, ...]
    numbers: tuple[NumberRule, ...]
    mandatory: tuple[tuple[MandatoryRule, tuple[Pattern, ...]], ...]
    margin: int
    fine: tuple[Reason, ...]

    @property
    def ages(self) -> bool:
        """Whether something that allows the message now may be over later: a conversation, or an old consent."""
        return bool(self.sessions) or any(rule.max_age_days for rule in self.consents)


NO_RULE = "*"  # in the place of what no rule of a place names: all such messages are bounded alike


@lru_cache(maxsize=8192)
def profile(
    code: CountryRules, mode: Mode, channel: str, purpose: Purpose, ownership: str = "", origin: Origin = "bot"
) -> Profile:
    """What bounds such a message under these rules."""
    named = _named(code)
    asked = (one if one in named else NO_RULE for one in (channel, purpose, ownership, origin))
    return _bounding(code, mode, *asked)


@lru_cache(maxsize=1024)
def _named(code: CountryRules) -> frozenset[str]:
    """Every channel, purpose, ownership and origin that some rule of the place names."""
    scoped = [rule for rule in code.rules if isinstance(rule, Scoped)]
    names = (name for one in scoped for name in (*one.channels, *one.purposes, *one.ownership, *one.origins))
    freed = (name for rule in code.rules if isinstance(rule, ExemptionRule) for name in rule.purposes)
    return frozenset((*names, *freed))


@lru_cache(maxsize=8192)
def _bounding(code: CountryRules, mode: Mode, channel: str, purpose: str, ownership: str, origin: str) -> Profile:
    exempt = [rule for rule in code.rules if isinstance(rule, ExemptionRule)]
    freed = {kind for rule in exempt if purpose in rule.purposes for kind in rule.frees}
    scoped = [
        rule
        for rule in code.rules
        if isinstance(rule, Scoped)
        and rule.limits not in freed
        and (not rule.modes or mode in rule.modes)
        and (not rule.channels or channel in rule.channels)
        and (not rule.purposes or purpose in rule.purposes)
        and (not rule.ownership or ownership in rule.ownership)
        and (not rule.origins or origin in rule.origins)
    ]
    openings = tuple(Opening(rule.id, rule.layer, week_of(rule.hours), rule.yields) for rule in _of(scoped, WindowRule))
    closed = tuple(closed_days(rule) for rule in _of(scoped, HolidayRule))
    unseen = frozenset[str](p for rule in exempt if not rule.counts for p in rule.purposes)
    spoke = [(rule.id, rule.layer) for rule in (*scoped, *(one for one in exempt if purpose in one.purposes))]
    return Profile(
        week=_effective(openings, code.margin, closed),
        openings=openings,
        closed=closed,
        limits=tuple(limit for rule in scoped for limit in _limits(rule, code.week)),
        uncounted=unseen | {"reply"},
        unseen=unseen,
        consents=_of(scoped, ConsentRule),
        bans=_of(scoped, BanRule),
        sessions=_of(scoped, SessionRule),
        addresses=_of(scoped, AddressRule),
        numbers=_of(scoped, NumberRule),
        mandatory=tuple((rule, tuple(map(pattern, rule.says))) for rule in _of(scoped, MandatoryRule)),
        margin=code.margin,
        fine=reasons("within_rules", spoke) or (Reason("within_rules"),),
    )


@lru_cache(maxsize=8192)
def narrowed(of: Profile, hours: tuple[str, ...], agreed: bool) -> Profile:
    """The profile for a person who wished for these hours; `agreed`: in writing, after the contract.

    Raises AcuerdoError for hours that cannot be read: then nothing is judged.
    """
    try:
        own = Opening(OWN_HOURS, "policy", wished(hours))
    except ValueError as error:
        raise AcuerdoError(f"a person's hours cannot be read: {error}") from error
    kept = tuple(one for one in of.openings if not (agreed and one.yields))
    openings = (*kept, own)
    return msgspec.structs.replace(of, openings=openings, week=_effective(openings, of.margin, of.closed))


def check_open(code: CountryRules) -> None:
    """Raises PackError when the windows of some mode leave no hour open together, or a mode has no window at all."""
    modes: tuple[Mode, ...] = ("text", "voice", "visit")
    for mode in modes:
        bounds = profile(code, mode, "", "collection")
        if not any(bounds.week):
            raise PackError(
                f"law pack {code.pack}: its windows for {mode} leave no hour open together; mend one of them"
            )


def _of(rules: Iterable[Rule], kind: type[R]) -> tuple[R, ...]:
    return tuple(rule for rule in rules if isinstance(rule, kind))


def _effective(openings: tuple[Opening, ...], margin: int, closed: tuple[ClosedDays, ...]) -> Week:
    days = []
    for weekday in range(7):
        spans = ALWAYS
        for opening in openings:
            spans = both(spans, opening.week[weekday])
        days.append(spans)
    if not closed and all(spans == ALWAYS for spans in days):
        return tuple(days)  # it ends nowhere, so there is no end to keep clear of
    return tuple(tuple(Window(w.start, w.end - margin) for w in spans if w.end - w.start > margin) for spans in days)


_RELATIONS: dict[Scope, Relation] = {"person": "any", "account": "account", "channel": "channel", "mode": "mode"}


def _limits(rule: Scoped, week: str) -> tuple[Limit, ...]:
    match rule:
        case CapRule():
            contacts = rule.unit == "contact"
            limit = _limit(rule, "cap_reached", rule.max, rule.per, week, _RELATIONS[rule.scope], contacts)
            limit = msgspec.structs.replace(limit, unreached=rule.unreached)
        case ExclusivityRule():
            limit = _limit(rule, "other_channel", 1, rule.per, week, "other_channel", rule.trigger == "contact")
        case SpacingRule():
            span = timedelta(hours=rule.hours, days=rule.days)
            limit = _spaced(rule, "too_soon", span, _RELATIONS[rule.scope], by_dates=bool(rule.days))
        case QuietRule():
            limit = _spaced(rule, "quiet_days", timedelta(days=rule.days), _RELATIONS[rule.scope], reached=True)
        case _:
            return ()
    return (limit,)


_CALENDAR: dict[tuple[Period, str], tuple[Literal["day", "calendar_week", "month", "span"], timedelta]] = {
    **{("day", week): ("day", timedelta(0)) for week in ("rolling", "calendar")},
    **{("month", week): ("month", timedelta(0)) for week in ("rolling", "calendar")},
    **{("rolling_7d", week): ("span", timedelta(days=7)) for week in ("rolling", "calendar")},
    **{("rolling_31d", week): ("span", MONTH) for week in ("rolling", "calendar")},
    **{("calendar_week", week): ("calendar_week", timedelta(0)) for week in ("rolling", "calendar")},
    ("week", "rolling"): ("span", timedelta(days=7)),
    ("week", "calendar"): ("calendar_week", timedelta(0)),
}


def _limit(rule: Scoped, code: str, most: int, per: Period, week: str, relation: Relation, reached: bool) -> Limit:
    period, span = _CALENDAR[per, week]
    return Limit(
        rule=rule.id, layer=rule.layer, code=code, most=most, period=period, span=span, modes=rule.modes,
        channels=rule.channels, relation=relation, reached=reached, reasons=(Reason(code, (rule.id,), rule.layer),),
    )  # fmt: skip


def _spaced(
    rule: Scoped, code: str, span: timedelta, relation: Relation, *, by_dates: bool = False, reached: bool = False
) -> Limit:
    return Limit(
        rule=rule.id, layer=rule.layer, code=code, most=1, period="dates" if by_dates else "span", span=span,
        modes=rule.modes, channels=rule.channels, relation=relation, reached=reached, replies=reached,
        reasons=(Reason(code, (rule.id,), rule.layer),),
    )  # fmt: skip
