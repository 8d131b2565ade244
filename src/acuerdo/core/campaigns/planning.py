"""Who is invited, when and on which channel; and who is left out, with the reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

import msgspec

from acuerdo.core.compliance import Cleared, Consent, NotYet, Record, Rules, consents_age, judge
from acuerdo.core.compliance.explain import CHANNELS
from acuerdo.core.messages import Content, Say
from acuerdo.core.portfolio.segments import LAST_BOT_DAY, Handler, Segment, Segments
from acuerdo.core.words import AccountId, CreditorId, PersonId, Reason, aware

CONTACT = "contact"
EVERYTHING = "all"

# The one code of an entry that is in, and every code of one that is out.
CODES: dict[str, str] = {
    CONTACT: "the person is invited, at the entry's moment",
    "not_segmented": "the account is in no segment yet: segment the portfolio first",
    "not_in_segment": "the account is in another segment than the campaign's",
    "paid": "nothing is owed any more",
    "withdrawn": "the creditor took the debt back",
    "legal": "the debt is before a court",
    "in_doubt": "the document is on record under a very different name: a person says first whose the debt is",
    "agreement_in_force": "the person has an agreement and keeps it in their own time",
    "promise_open": "the person promised to pay on a day that has not passed",
    "over_60_not_invited": "beyond day 60 only a person negotiates, and the segment does not invite",
    "segment_too_old": "the account passed day 60 after it was sorted for the bot: segment the portfolio again",
    "not_invited": "the segment's strategy writes to nobody first",
    "no_channel": "none of the strategy's channels is available in this installation",
    "no_address": "the person has no address on any of the strategy's available channels",
    "same_person": "another debt of the same person is ahead: one invitation per person and campaign",
    "opted_out": "the person asked not to be contacted",
    "on_hold": "a hold stops contact with the person",
    "stopped": "stop-all is in force",
    "refused_by_guard": "the guard allows no such contact; its reasons say why",
}


class Strategy(msgspec.Struct, frozen=True):
    """How the accounts of one segment are treated; `channels` are tried in order."""

    channels: tuple[str, ...]
    flow: str
    tone: str
    handler: Handler
    invite: bool
    stage: str


class Campaign(msgspec.Struct, frozen=True):
    """One segment of one creditor (or `all`), the strategies by segment, the rules, and the channels at hand."""

    id: str
    creditor: str
    segment: str
    strategies: dict[str, Strategy]
    rules: Rules
    available: frozenset[str]


class Candidate(msgspec.Struct, frozen=True):
    """One account and what is known of its person. `left` is what is owed, in minor units; `dpd` is of the plan's day.

    `status` is open, paid, legal, withdrawn or in_doubt; `reachable` are the channels for which an address is on file.
    """

    account: str
    person: str
    segment: str | None
    rank: float
    status: str
    left: int
    dpd: int
    reachable: tuple[str, ...]
    record: Record
    agreed: bool = False
    promised: bool = False


class Entry(msgspec.Struct, frozen=True):
    """One account's line in the plan. `at` (UTC) and `channel` are None for one that is out, `why` tells the rules."""

    account: str
    person: str
    included: bool
    channel: str | None
    at: datetime | None
    code: str
    why: tuple[Reason, ...]
    rank: float


class _Ruling(NamedTuple):
    """The guard's word for one channel: the moment (None: refused), the code and the reasons."""

    at: datetime | None
    code: str
    why: tuple[Reason, ...]


_Rulings = dict[tuple[str, Record], _Ruling]


def strategies_of(segments: Segments) -> dict[str, Strategy]:
    """Each segment's strategy, by name."""
    return {one.name: _strategy(one) for one in segments.all}


def _strategy(of: Segment) -> Strategy:
    return Strategy(of.channels, of.flow, of.tone, of.handler, of.invite, of.stage)


def plan(campaign: Campaign, candidates: Iterable[Candidate], at: datetime) -> Iterator[Entry]:
    """One entry per candidate, and at most one invitation per person: their highest-ranked account that is fit.

    The candidates of a person must follow one another; ValueError when they do not. Who may not be written to at `at`
    (aware) is planned for the guard's first lawful moment. Pure: what the guard says of people who were never
    contacted is asked once for all who live in one place and agreed to the same channels.
    """
    aware(at)
    met: set[str] = set()
    rulings: _Rulings = {}
    for person, group in groupby(candidates, key=attrgetter("person")):
        if person in met:
            raise ValueError(f"the accounts of person {person} do not follow one another")
        met.add(person)
        yield from _of_person(campaign, list(group), at, rulings)


def _of_person(campaign: Campaign, accounts: list[Candidate], at: datetime, rulings: _Rulings) -> Iterator[Entry]:
    if len(accounts) > 1:
        accounts.sort(key=lambda one: (-one.rank, one.account))
    invited = False
    for one in accounts:
        if code := _unfit(campaign, one):
            yield _out(one, code)
        elif invited:
            yield _out(one, "same_person")
        else:
            entry = _asked(campaign, one, at, rulings)
            invited = entry.included
            yield entry


def _out(one: Candidate, code: str, why: tuple[Reason, ...] = (), channel: str | None = None) -> Entry:
    return Entry(one.account, one.person, False, channel, None, code, why or _PLAIN[code], one.rank)


_PLAIN = {code: (Reason(code),) for code in CODES}
_CLOSED = frozenset({"paid", "legal", "withdrawn", "in_doubt"})


def _unfit(campaign: Campaign, one: Candidate) -> str:
    """The first reason, before any guard, for which an account invites nobody; empty when there is none."""
    if one.status in _CLOSED:
        return one.status
    if one.left <= 0:
        return "paid"
    if one.segment is None:
        return "not_segmented"
    if campaign.segment not in (EVERYTHING, one.segment) or one.segment not in campaign.strategies:
        return "not_in_segment"
    if one.agreed:
        return "agreement_in_force"
    if one.promised:
        return "promise_open"
    return _untreated(campaign.strategies[one.segment], one)


def _untreated(strategy: Strategy, one: Candidate) -> str:
    late = one.dpd > LAST_BOT_DAY
    if not strategy.invite:
        return "over_60_not_invited" if late else "not_invited"
    return "segment_too_old" if late and strategy.handler == "bot" else ""


def _asked(campaign: Campaign, one: Candidate, at: datetime, rulings: _Rulings) -> Entry:
    """The guard's word on the first channel that has an address and that it does not refuse."""
    channels = [name for name in campaign.strategies[one.segment or ""].channels if name in campaign.available]
    refused: Entry | None = None
    for channel in channels:
        if channel not in one.reachable:
            continue
        ruling = _ruling(campaign, one, channel, at, rulings)
        if ruling.at is not None:
            return Entry(one.account, one.person, True, channel, ruling.at, CONTACT, ruling.why, one.rank)
        refused = refused or _out(one, ruling.code, ruling.why, channel)
    return refused or _out(one, "no_address" if channels else "no_channel")


def _ruling(campaign: Campaign, one: Candidate, channel: str, at: datetime, rulings: _Rulings) -> _Ruling:
    record = one.record
    if record.attempts or record.opt_outs or record.holds:
        return _judged(campaign, one, channel, at)
    if record.consents:
        if consents_age(campaign.rules, record.country):
            return _judged(campaign, one, channel, at)
        undated = tuple(Consent(word.channel, word.granted) for word in record.consents)
        record = msgspec.structs.replace(record, consents=undated)
    if (ruling := rulings.get((channel, record))) is None:
        ruling = rulings[channel, record] = _judged(campaign, one, channel, at)
    return ruling


def _judged(campaign: Campaign, one: Candidate, channel: str, at: datetime) -> _Ruling:
    verdict = judge(_skeleton(campaign, one, channel), one.record, campaign.rules, at)
    match verdict:
        case Cleared(why=why):
            return _Ruling(at.astimezone(UTC), CONTACT, why)
        case NotYet(until=until, why=why):
            return _Ruling(until, CONTACT, why)
        case _:
            return _Ruling(None, _code(verdict.why), verdict.why)


_REFUSALS = ("stopped", "opted_out", "on_hold")


def _code(why: tuple[Reason, ...]) -> str:
    said = {reason.code for reason in why}
    return next((code for code in _REFUSALS if code in said), "refused_by_guard")


_NO_WORDS = Content("")


def _skeleton(campaign: Campaign, one: Candidate, channel: str) -> Say:
    """The invitation before its words: the text is judged again when it is sent."""
    return Say(
        key=f"{campaign.id}:{one.account}", content=_NO_WORDS, channel=channel, purpose="collection",
        creditor=CreditorId(campaign.creditor), person=PersonId(one.person), mode=CHANNELS.get(channel, "text"),
        account=AccountId(one.account), topics=("creditor",),
    )  # fmt: skip
