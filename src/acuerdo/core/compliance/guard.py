"""The guard: judges whether something may be said to a person at a moment, and is the only one who can clear it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from operator import attrgetter
from typing import Any, NoReturn, final

from acuerdo.core.compliance.asked import asked, soonest
from acuerdo.core.compliance.kinds import NoticeRule
from acuerdo.core.compliance.limits import everywhere, lifted, meant, recent, related
from acuerdo.core.compliance.places import HORIZON_DAYS, Place, closing, minute_of, opening, place
from acuerdo.core.compliance.profiles import OWN_HOURS, Limit, Profile, narrowed, profile
from acuerdo.core.compliance.record import Attempt, Hold, NotYet, OptOut, Record, Refused
from acuerdo.core.compliance.rules import CountryRules, Rules, reasons
from acuerdo.core.compliance.wording import plain, says, sentences, texts
from acuerdo.core.messages import Origin, Say
from acuerdo.core.words import Layer, Purpose, Reason, aware

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
_made_at = attrgetter("at")
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
    at = aware(at).astimezone(UTC)
    where = place(record.country, record.subdivision, record.zones, record.pack)
    code = rules.for_place(where.country, where.subdivision, where.pack, where.doubtful)
    refused = _content(say, record, code, where, at)
    if refused:
        return Refused(refused)
    if is_reply(say, at):
        return Cleared(say, _reply_deadline(say, at), _REPLY, seal=_SEAL)
    notes = _notes(where, code)
    if record.attempts and max(map(_made_at, record.attempts)) > at + SKEW:
        notes = (*notes, *code.stop("future_history"))
    bounds = bounds_of(say, record, code)
    refused, warned = asked(say, record, bounds, code, at)
    refused = _stops(say, record, code, at, where) + refused
    if refused:
        return Refused(refused + notes)
    if (record.time_barred or record.limitation_date is not None) and is_time_barred(record, where, at):
        warned = code.warnings + warned
    return _outbound(say, record, code, bounds, where, at, notes, warned)


def bounds_of(say: Say, record: Record, code: CountryRules) -> Profile:
    """What bounds this message to this person: the rules of its kind, and the hours the person wished for."""
    purpose: Purpose = say.purpose
    if record.days_past_due is not None and record.days_past_due < 0 and purpose in ("collection", "reply"):
        purpose = "pre_due_reminder"
    of = profile(code, say.mode, say.channel, purpose, record.ownership, say.origin)
    return narrowed(of, record.hours, record.hours_agreed) if record.hours else of


def is_time_barred(record: Record, where: Place, at: datetime) -> bool:
    """Whether the debt can no longer be sued for, on the earliest date that it may be where the person is."""
    if record.time_barred or record.limitation_date is None:
        return record.time_barred
    return any(at.astimezone(zone).date() >= record.limitation_date for zone in where.zones or (UTC,))


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
    return Attempt(
        at=at, channel=say.channel, mode=say.mode, status="reserved", purpose=purpose, key=say.key,
        account=say.account or "",
    )  # fmt: skip


def _patience(origin: Origin) -> timedelta:
    return AGENT_REPLY if origin == "agent" else BOT_REPLY


def _reply_deadline(say: Say, at: datetime) -> datetime:
    answered = say.answers_at or at
    return min(at + BOT_REPLY, answered + _patience(say.origin)).astimezone(UTC)


def _content(say: Say, record: Record, code: CountryRules, where: Place, at: datetime) -> tuple[Reason, ...]:
    barred = (record.time_barred or record.limitation_date is not None) and is_time_barred(record, where, at)
    found = _forbidden(code, say, barred, texts(say.content))
    if record.identified or code.before_identity.issuperset(say.topics):
        return found + (_untold(say, record, code) if record.untold else ())
    return code.identity + found


def _untold(say: Say, record: Record, code: CountryRules) -> tuple[Reason, ...]:
    """What the country wants told about the debt comes first; it is asked of the bot, whose texts can tell it."""
    lacking = set(record.untold).difference(say.tells)
    if not lacking or say.origin != "bot" or say.purpose == "receipt" or code.before_identity.issuperset(say.topics):
        return ()
    asking = [
        (one.id, one.layer) for one in code.rules if isinstance(one, NoticeRule) and lacking.intersection(one.tells)
    ]
    return reasons("notice_missing", asking, ", ".join(sorted(lacking)))


def _forbidden(code: CountryRules, say: Say, barred: bool, text: str) -> tuple[Reason, ...]:
    if not text:
        return ()
    spoke = [one for sentence in sentences(text) for one in _offences(code, say.origin, say.channel, barred, sentence)]
    return reasons("forbidden_words", spoke) if spoke else ()


# Cached by sentence: a campaign's messages differ in a name, and share the rest.
@lru_cache(maxsize=16384)
def _offences(
    code: CountryRules, origin: Origin, channel: str, barred: bool, sentence: str
) -> tuple[tuple[str, Layer], ...]:
    bare = plain(sentence)
    return tuple(
        (one.rule, one.layer)
        for one in code.wordings
        if (not one.origins or origin in one.origins)
        and (not one.channels or channel in one.channels)
        and (barred or not one.time_barred)
        and says(bare, one.stems, one.patterns)
    )


@lru_cache(maxsize=8192)
def _notes(where: Place, code: CountryRules) -> tuple[Reason, ...]:
    strict = code.stop("strict_default", where.country) if code.strict else ()
    return (*strict, *(Reason(word, detail=where.country) for word in where.assumed))


def _stops(say: Say, record: Record, code: CountryRules, at: datetime, where: Place) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if record.stopped:
        found.extend(code.stop("stopped"))
    if record.opt_outs and any(_opted_out(one, say) for one in record.opt_outs):
        found.extend(code.stop("opted_out"))
    for hold in record.holds:
        if hold.until is None and _holds(hold, say, at):
            found.extend(_held(hold, code))
    if record.allow_list_only and not record.on_allow_list:
        found.extend(code.stop("not_on_allow_list"))
    if not where.zones:
        found.extend(code.stop("zone_unknown"))
    return tuple(found)


def _opted_out(one: OptOut, say: Say) -> bool:
    # Where the message does not say to which address it goes, it may be the closed one.
    right_channel = one.channel in ("*", say.channel)
    return right_channel and (not one.address_hash or not say.address_hash or one.address_hash == say.address_hash)


def _holds(hold: Hold, say: Say, at: datetime) -> bool:
    return hold.creditor in ("", say.creditor) and hold.since <= at and (hold.until is None or at < hold.until)


def _will_hold(hold: Hold, say: Say, at: datetime) -> bool:
    return hold.creditor in ("", say.creditor) and at < hold.since


def _held(hold: Hold, code: CountryRules) -> tuple[Reason, ...]:
    return code.stop("on_hold", hold.kind if hold.kind in OPEN_HOLDS else "")


_Block = tuple[tuple[Reason, ...], datetime | None]
# A limit that enough attempts count under, when they were made, and the zones in which their days are counted.
_Counted = list[tuple[Limit, Sequence[datetime], Sequence[tzinfo]]]


def _outbound(
    say: Say,
    record: Record,
    code: CountryRules,
    bounds: Profile,
    where: Place,
    at: datetime,
    notes: tuple[Reason, ...],
    warned: tuple[Reason, ...],
) -> Verdict:
    counts = _counts(say, record, bounds, where, at)
    ends = [closing(bounds, where, zone, at) for zone in where.zones]
    blocks = _blocks(say, record, code, bounds, where, at, ends, counts)
    if not blocks:
        until = min(end for end in ends if end)  # none of them is closed, or there were a block
        if record.holds:
            until = min((until, *(hold.since for hold in record.holds if _will_hold(hold, say, at))))
        if bounds.sessions or bounds.consents:
            until = soonest(until, say, record, bounds, at)
        return Cleared(say, until.astimezone(UTC), bounds.fine + warned + notes, seal=_SEAL)
    why = (*dict.fromkeys(reason for spoke, _ in blocks for reason in spoke), *notes)
    free, lifts = at, [lift for _, lift in blocks]
    # Every blocker holds until its lift: walking from the latest lift to the next ends at the first free moment.
    while lifts:
        earlier, free = free, max((lift for lift in lifts if lift), default=free)
        if None in lifts or not earlier < free <= at + HORIZON:
            return Refused((*code.stop("no_lawful_moment"), *why))
        lifts = _lifts(say, record, bounds, where, free, counts)
    # By then a conversation may have ended in which alone the message is allowed, or a consent grown old.
    too_late = asked(say, record, bounds, code, free)[0] if bounds.ages else ()
    return Refused((*too_late, *why)) if too_late else NotYet(free.astimezone(UTC), why)


def _counts(say: Say, record: Record, bounds: Profile, where: Place, at: datetime) -> _Counted:
    made = recent(record.attempts, say, at) if record.attempts and bounds.limits else ()
    if not made:
        return []
    found: _Counted = []
    plain, heard = meant(bounds, made, False), None
    for limit in bounds.limits:
        if limit.replies:
            heard = meant(bounds, made, True) if heard is None else heard
            those = related(limit, say, heard)
        else:
            those = related(limit, say, plain)
        if len(those) >= limit.most:
            found += [(limit, times, zones) for times, zones in everywhere(those, where.zones)]
    return found


def _blocks(
    say: Say,
    record: Record,
    code: CountryRules,
    bounds: Profile,
    where: Place,
    at: datetime,
    ends: Sequence[datetime | None],
    counts: _Counted,
) -> list[_Block]:
    """What forbids `at`, each with the moment until which it does (None: for good); `ends`: each zone's closing."""
    found: list[_Block] = [(_held(hold, code), hold.until) for hold in record.holds if _holds(hold, say, at)]
    for zone, end in zip(where.zones, ends, strict=True):
        if end is None:
            local = at.astimezone(zone)
            why = _why_closed(bounds, code, where, str(zone), local.date(), minute_of(local))
            found.append((why, opening(bounds, where, zone, at)))
    for limit, times, zones in counts:
        lift = lifted(limit, times, at, zones)
        if lift is not None:
            found.append((limit.reasons, lift))
    return found


def _lifts(
    say: Say, record: Record, bounds: Profile, where: Place, at: datetime, counts: _Counted
) -> list[datetime | None]:
    """Until when each thing that forbids `at` does so: as `_blocks`, without the reasons."""
    found = [hold.until for hold in record.holds if _holds(hold, say, at)]
    found += [opening(bounds, where, zone, at) for zone in where.zones if closing(bounds, where, zone, at) is None]
    found += [lift for limit, times, zones in counts if (lift := lifted(limit, times, at, zones))]
    return found


@lru_cache(maxsize=65536)
def _why_closed(
    bounds: Profile, code: CountryRules, where: Place, zone: str, day: date, minute: int
) -> tuple[Reason, ...]:
    closed = [(one.rule, one.layer) for one in bounds.closed if one.hold(where.country, where.subdivision, day)]
    if closed:
        return reasons("holiday", closed, zone)
    shut: list[tuple[str, Layer]] = [
        (one.rule, one.layer) for one in bounds.openings if not any(w.holds(minute) for w in one.week[day.weekday()])
    ]
    if shut:
        own = [one for one in shut if one[0] == OWN_HOURS]
        return reasons("outside_window", set(shut).difference(own), zone) + reasons("person_hours", own, zone)
    ending = [(one.rule, one.layer) for one in bounds.openings]
    return reasons("window_ending", [*ending, *code.stops.get("window_ending", ())], zone) or (Reason("window_ending"),)
