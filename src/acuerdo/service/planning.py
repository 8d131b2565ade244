"""Planning a campaign, showing what was planned and why, and the approval that lets it run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from acuerdo.core.campaigns import Campaign, Candidate, Entry, Strategy, plan, strategies_of
from acuerdo.core.campaigns.planning import EVERYTHING
from acuerdo.core.compliance import Rules
from acuerdo.core.portfolio.segments import Segments, load_segments
from acuerdo.core.words import AcuerdoError, Reason, aware
from acuerdo.service.creditors import Creditor
from acuerdo.service.law import load_rules
from acuerdo.service.streaming import piped

T = TypeVar("T")
CHANNELS = frozenset({"sms"})
SAMPLES = 3


class NotSegmented(AcuerdoError):
    """The creditor's accounts were never sorted, so nobody knows how to treat them."""


class UnknownCampaign(AcuerdoError):
    """There is no campaign of that id."""


class NotApproved(AcuerdoError):
    """Nobody has approved this campaign, so it does not run."""


class NotApprovable(AcuerdoError):
    """A campaign that was stopped or is done is not approved again: plan another."""


class Line(msgspec.Struct, frozen=True):
    """One account of a plan, as it is listed. `at` and `channel` are None for one that is out."""

    account: str
    external_id: str
    person: str
    segment: str | None
    included: bool
    channel: str | None
    at: datetime | None
    code: str
    why: tuple[Reason, ...]
    rank: float
    status: str


class Summary(msgspec.Struct, frozen=True):
    """A campaign at a glance: how many are in and out, by code and channel, the span of its moments, a few of each."""

    id: str
    creditor: str
    segment: str
    status: str
    planned_at: datetime
    planned_for: datetime
    approved_at: datetime | None
    approved_by: str | None
    rules: str
    included: int
    left_out: int
    by_code: dict[str, int]
    by_channel: dict[str, int]
    first: datetime | None
    last: datetime | None
    samples: tuple[Line, ...]


class Status(msgspec.Struct, frozen=True):
    """How far a campaign is: its entries by status (out, waiting, queued, sent, refused, done)."""

    id: str
    status: str
    entries: dict[str, int]
    next_at: datetime | None


class Draft(Protocol):
    """A plan under way, in one transaction. Candidates come in chunks that never part a person's accounts.

    `segments` is the text of the file by which the creditor's accounts were last sorted; None before the first time.
    """

    id: str
    segments: str | None

    def candidates(self) -> AsyncIterator[list[Candidate]]: ...
    async def write(self, entries: Sequence[Entry], rules: str) -> None: ...
    async def settle(self, rules: str, strategies: dict[str, Strategy], segments: str) -> None: ...


class Plans(Protocol):
    """Where campaigns are kept."""

    def draft(self, creditor: str, segment: str, at: datetime) -> AbstractAsyncContextManager[Draft]: ...
    async def summary(self, campaign: str, samples: int) -> Summary | None: ...
    async def status(self, campaign: str) -> Status | None: ...
    async def approve(self, campaign: str, who: str, at: datetime) -> Status | None: ...
    async def run(self, campaign: str) -> Status | None: ...
    def lines(self, campaign: str) -> AsyncIterator[Line]: ...


async def plan_campaign(
    store: Plans,
    creditor: Creditor,
    segment: str,
    at: datetime,
    *,
    rules: Rules | None = None,
    available: frozenset[str] = CHANNELS,
) -> Summary:
    """Plans a segment (or `all`) at a moment: every account judged, in one transaction; nothing is sent.

    Each call makes a new campaign, which waits for a person's approval. Raises NotSegmented; TomlError for a segment
    that there is not.
    """
    held = rules or load_rules(aware(at).date())
    async with store.draft(creditor.id, segment, at) as draft:
        segments = _sorted_by(draft, creditor, segment)
        campaign = Campaign(draft.id, creditor.id, segment, strategies_of(segments), held, available)
        await piped(
            draft.candidates(),
            lambda candidates: list(plan(campaign, candidates, at)),
            lambda entries: draft.write(entries, held.version),
        )
        await draft.settle(held.version, campaign.strategies, segments.id)
    return await show(store, campaign.id)


def _sorted_by(draft: Draft, creditor: Creditor, segment: str) -> Segments:
    if draft.segments is None:
        raise NotSegmented(f"the accounts of {creditor.name} are in no segments yet; run: acuerdo segment first")
    segments = load_segments(draft.segments)
    if segment != EVERYTHING:
        segments.named(segment)
    return segments


async def show(store: Plans, campaign: str, samples: int = SAMPLES) -> Summary:
    """What was planned, with `samples` accounts of each code. Raises UnknownCampaign."""
    return _known(await store.summary(campaign, samples), campaign)


async def approve(store: Plans, campaign: str, who: str, at: datetime) -> Status:
    """A person read the plan and lets it run; once more changes nothing. Raises UnknownCampaign, NotApprovable."""
    now = _known(await store.approve(campaign, who, aware(at)), campaign)
    if now.status not in ("approved", "running"):
        raise NotApprovable(f"campaign {campaign} is {now.status}, and is not approved again; plan another")
    return now


async def run(store: Plans, campaign: str) -> Status:
    """Lets an approved campaign's entries go, each at its hour; once more changes nothing.

    Raises UnknownCampaign, NotApproved.
    """
    now = _known(await store.run(campaign), campaign)
    if now.status not in ("running", "done"):
        raise NotApproved(f"campaign {campaign} is {now.status}; read it, then: acuerdo campaign approve {campaign}")
    return now


async def status(store: Plans, campaign: str) -> Status:
    """How far a campaign is. Raises UnknownCampaign."""
    return _known(await store.status(campaign), campaign)


def _known(found: T | None, campaign: str) -> T:
    if found is None:
        raise UnknownCampaign(f"there is no campaign {campaign}; acuerdo campaign plan names the one it makes")
    return found
