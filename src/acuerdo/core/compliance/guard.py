"""The guard: judges whether something may be said to a person at a moment, and is the only one who can clear it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NoReturn, final

from acuerdo.core.compliance.limits import counted, lifted
from acuerdo.core.compliance.places import HORIZON_DAYS, Place, closing, deadline, is_holiday, minute_of, opening, place
from acuerdo.core.compliance.record import Attempt, Hold, NotYet, OptOut, Record, Refused
from acuerdo.core.compliance.rules import CountryRules, Limit, Profile, Rules, profile, reasons
from acuerdo.core.compliance.wording import plain, says, sentences, texts
from acuerdo.core.messages import Origin, Say
from acuerdo.core.words import Layer, Reason, aware

BOT_REPLY = timedelta(minutes=15)
AGENT_REPLY = timedelta(hours=24)
# Two machines' clocks may differ by this much: an answer may seem to precede its question.
SKEW = timedelta(minutes=1)
HORIZON = timedelta(days=HORIZON_DAYS)
# What a reason may show of a hold. The others tell of health or grief, and reasons are read by many.
OPEN_HOLDS = frozenset(
    {"dispute", "insolvency", "legal_representation", "fraud", "wrong_person", "recalled", "adviser"}
)

_SEAL = object()
_REPLY = (Reason("reply"),)


@final
class Cleared:
    """Leave to say `say`, to be delivered before `deadline` (UTC). Only `judge` makes one; it is never stored."""

    __slots__ = ("deadline", "say", "why")
    __match_args__ = ("say", "deadline", "why")
    say: Say
    deadline: datetime
    why: tuple[Reason, ...]

    def __init__(self, say: Say, deadline: datetime, why: tuple[Reason, ...], *, seal: object = None) -> None:
        if seal is not _SEAL:
            raise TypeError("only compliance.judge clears: ask it, at the moment of sending")
        object.__setattr__(self, "say", say)
        object.__setattr__(self, "deadline", deadline)
        object.__setattr__(self, "why", why)

    def __init_subclass__(cls) -> NoReturn:
        raise TypeError("a clearance has no other kinds")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a clearance does not change: judge again")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a clearance does not change: judge again")

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a clearance is not stored: store the Say, and judge again")

    def __repr__(self) -> str:
        return f"Cleared(key={self.say.key!r}, deadline={self.deadline.isoformat()})"


Verdict = Cleared | NotYet | Refused


def judge(say: Say, record: Record, rules: Rules, at: datetime) -> Verdict:
    """Whether `say` may leave at `at` (aware), and until when it may be delivered. Raises AcuerdoError on a naive `at`.

    Content is judged first and stops replies too. A reply in time (bot and system 15 minutes, a person's 24 hours)
    then passes. What is left is outbound: stops, opt-outs, holds, windows, holidays, caps and spacing.
    """
    aware(at)
    code = rules.for_country(record.country)
    refused = _content(say, record, code)
    if refused:
        return Refused(refused)
    if is_reply(say, at):
        return Cleared(say, _reply_deadline(say, at), _REPLY, seal=_SEAL)
    where = place(record.country, record.subdivision, record.zones)
    notes = _notes(where, code)
    refused = _stops(say, record, at, where)
    if refused:
        return Refused(refused + notes)
    return _outbound(say, record, profile(code, say.mode, say.channel, say.purpose), where, at, notes)


def is_reply(say: Say, at: datetime) -> bool:
    """Whether `say`, at `at`, answers an inbound message in time; whatever else is outbound and counts."""
    if say.answers_at is None:
        return False
    return -SKEW <= at - say.answers_at < _patience(say.origin)


def attempt_of(say: Say, at: datetime) -> Attempt:
    """The reservation to write in the contact ledger when `say` was cleared at `at`.

    A true reply gets the purpose "reply" and counts nowhere. A late one is outbound, and gets "collection".
    """
    late = say.purpose == "reply"
    purpose = "reply" if is_reply(say, at) else "collection" if late else say.purpose
    return Attempt(at=at, channel=say.channel, mode=say.mode, status="reserved", purpose=purpose, key=say.key)


def _patience(origin: Origin) -> timedelta:
    return AGENT_REPLY if origin == "agent" else BOT_REPLY


def _reply_deadline(say: Say, at: datetime) -> datetime:
    answered = say.answers_at or at
    return min(at + BOT_REPLY, answered + _patience(say.origin)).astimezone(UTC)


def _content(say: Say, record: Record, code: CountryRules) -> tuple[Reason, ...]:
    found = _forbidden(code, say.origin, texts(say.content))
    if record.identified or code.before_identity.issuperset(say.topics):
        return found
    return code.identity + found


def _forbidden(code: CountryRules, origin: Origin, text: str) -> tuple[Reason, ...]:
    spoke = [one for sentence in sentences(text) for one in _offences(code, origin, sentence)]
    return reasons("forbidden_words", spoke) if spoke else ()


# Cached by sentence: a campaign's messages differ in a name, and share the rest.
@lru_cache(maxsize=16384)
def _offences(code: CountryRules, origin: Origin, sentence: str) -> tuple[tuple[str, Layer], ...]:
    bare = plain(sentence)
    return tuple(
        (one.rule, one.layer)
        for one in code.wordings
        if (not one.origins or origin in one.origins) and says(bare, one.stems, one.patterns)
    )


@lru_cache(maxsize=4096)
def _notes(where: Place, code: CountryRules) -> tuple[Reason, ...]:
    assumed = where.assumed if code.country else ("strict_default", *where.assumed)
    return tuple(Reason(word, detail=where.country) for word in assumed)


def _stops(say: Say, record: Record, at: datetime, where: Place) -> tuple[Reason, ...]:
    found = []
    if record.stopped:
        found.append(Reason("stopped"))
    if any(_opted_out(one, say) for one in record.opt_outs):
        found.append(Reason("opted_out", layer="law"))
    found.extend(_held(hold) for hold in record.holds if hold.until is None and _holds(hold, say, at))
    if record.allow_list_only and not record.on_allow_list:
        found.append(Reason("not_on_allow_list"))
    if not where.zones:
        found.append(Reason("zone_unknown"))
    return tuple(found)


def _opted_out(one: OptOut, say: Say) -> bool:
    # Where the message does not say to which address it goes, it may be the closed one.
    right_channel = one.channel in ("*", say.channel)
    return right_channel and (not one.address_hash or not say.address_hash or one.address_hash == say.address_hash)


def _holds(hold: Hold, say: Say, at: datetime) -> bool:
    return hold.creditor in ("", say.creditor) and hold.since <= at and (hold.until is None or at < hold.until)


def _held(hold: Hold) -> Reason:
    return Reason("on_hold", detail=hold.kind if hold.kind in OPEN_HOLDS else "")


_Block = tuple[tuple[Reason, ...], datetime | None]
_Counted = list[tuple[Limit, list[datetime]]]


def _outbound(
    say: Say, record: Record, bounds: Profile, where: Place, at: datetime, notes: tuple[Reason, ...]
) -> Verdict:
    counts = _counts(say, record, bounds)
    until = deadline(bounds, where, at)
    blocks = _blocks(say, record, bounds, where, at, counts)
    if until is not None and not blocks:
        return Cleared(say, until, bounds.fine + notes, seal=_SEAL)
    why = tuple(reason for spoke, _ in blocks for reason in spoke) + notes
    free = at
    # Every blocker holds until its lift: walking from the latest lift to the next ends at the first free moment.
    while blocks:
        lifts = [lift for _, lift in blocks]
        earlier, free = free, max((lift for lift in lifts if lift), default=free)
        if None in lifts or not earlier < free <= at + HORIZON:
            return Refused((Reason("no_lawful_moment"), *why))
        blocks = _blocks(say, record, bounds, where, free, counts)
    return NotYet(free.astimezone(UTC), why)


def _counts(say: Say, record: Record, bounds: Profile) -> _Counted:
    if not record.attempts:
        return []
    each = ((limit, counted(limit, say, bounds, record.attempts)) for limit in bounds.limits)
    return [(limit, times) for limit, times in each if len(times) >= limit.most]


def _blocks(say: Say, record: Record, bounds: Profile, where: Place, at: datetime, counts: _Counted) -> list[_Block]:
    found: list[_Block] = [((_held(hold),), hold.until) for hold in record.holds if _holds(hold, say, at)]
    for zone in where.zones:
        if closing(bounds, where, zone, at) is None:
            found.append((_why_closed(bounds, where, at.astimezone(zone)), opening(bounds, where, zone, at)))
    for limit, times in counts:
        lift = lifted(limit, times, at, where.zones)
        if lift is not None:
            found.append(((Reason(limit.code, (limit.rule,), limit.layer),), lift))
    return found


def _why_closed(bounds: Profile, where: Place, local: datetime) -> tuple[Reason, ...]:
    zone = str(local.tzinfo)
    if is_holiday(bounds, where.country, where.subdivision, local.date()):
        return reasons("holiday", bounds.holidays, zone)
    minute, weekday = minute_of(local), local.weekday()
    shut: list[tuple[str, Layer]] = [
        (one.rule, one.layer) for one in bounds.openings if not any(w.holds(minute) for w in one.week[weekday])
    ]
    if shut:
        return reasons("outside_window", shut, zone)
    return reasons("window_ending", ((one.rule, one.layer) for one in bounds.openings), zone) or (
        Reason("window_ending"),
    )
