"""Sorting a creditor's accounts into segments: each with its reasons, its rank and what may be conceded."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from importlib import resources
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.portfolio.records import days_past_due_on
from acuerdo.core.portfolio.segments import Segment, Segments, assign, load_segments
from acuerdo.core.portfolio.standing import Standing, rank
from acuerdo.core.words import AcuerdoError, Money, aware, derive
from acuerdo.service.creditors import Creditor

_encoder = msgspec.json.Encoder()


class Owed(msgspec.Struct, frozen=True):
    """One account as it is on record, with what sorting needs to know of its person. `left` is in minor units."""

    id: str
    person: str
    country: str
    zone: str
    customer_type: str
    customer_since: date | None
    product: str
    currency: str
    left: int
    due_date: date | None
    days_past_due: int
    as_of: date
    opened: date | None
    late_12m: int
    broken_promises: int
    segment: str | None
    segment_why: list[str]
    rank: float
    handler: str
    authority: str


class Sorted(msgspec.Struct, frozen=True):
    """Where one account belongs. `moved` when its segment changed, `stale` when what may be conceded did."""

    account: str
    person: str
    segment: str
    why: tuple[str, ...]
    rank: float
    handler: str
    authority: str
    moved: bool
    stale: bool


class Listed(msgspec.Struct, frozen=True):
    """One line of a ranked list."""

    account: str
    external_id: str
    person: str
    segment: str | None
    rank: float
    why: tuple[str, ...]
    product: str
    balance: Money
    days_past_due: int
    handler: str


class Sorting(Protocol):
    """One sorting under way, in one transaction."""

    def accounts(self) -> AsyncIterator[list[Owed]]: ...
    async def write(self, changed: Sequence[Sorted]) -> None: ...
    async def settle(self) -> None: ...


class Sorter(Protocol):
    """Where accounts are kept in their segments."""

    def sorting(
        self, creditor: str, segments: str, text: str, at: datetime
    ) -> AbstractAsyncContextManager[Sorting]: ...
    async def ranked(self, creditor: str, segment: str, limit: int) -> list[Listed]: ...
    async def listed(self, account: str) -> Listed | None: ...


class SegmentReport(msgspec.Struct, frozen=True):
    """How many accounts are in each segment, in the file's order; how many moved; the segments file's id."""

    counts: dict[str, int]
    moved: int
    accounts: int
    segments: str


class UnknownAccount(AcuerdoError):
    """There is no account of that number."""


def shipped_segments() -> str:
    """The segments file that comes with the package."""
    return (resources.files("acuerdo") / "policies" / "segments.toml").read_text("utf-8")


async def segment_accounts(
    store: Sorter, creditor: Creditor, text: str, at: datetime, source: str = "segments.toml"
) -> SegmentReport:
    """Sorts every account of a creditor by a segments file, in one transaction, and keeps the file as an artefact.

    Days past due are of the person's own day. An account whose segment changed gets a fact, and a conversation whose
    authority changed looks again. Raises TomlError (Spanish, with file and line) for a file that cannot be used.
    """
    segments = load_segments(text, source)
    place = _Places(segments, aware(at))
    counts: Counter[str] = Counter()
    moved = 0
    async with store.sorting(creditor.id, segments.id, text, at) as sorting:
        async for accounts in sorting.accounts():
            found = [place.of(account) for account in accounts]
            counts.update(one.segment for one in found)
            changed = [one for one, was in zip(found, accounts, strict=True) if _differs(one, was)]
            moved += sum(one.moved for one in changed)
            await sorting.write(changed)
        await sorting.settle()
    ordered = {one.name: counts[one.name] for one in segments.all if one.name in counts}
    return SegmentReport(ordered, moved, sum(counts.values()), segments.id)


async def ranked(store: Sorter, creditor: Creditor, segment: str, limit: int = 50) -> list[Listed]:
    """A segment's open accounts (or all, for `all`), highest rank first, each with why it is where it is."""
    return await store.ranked(creditor.id, segment, limit)


async def why(store: Sorter, creditor: Creditor, number: str) -> Listed:
    """One account by its id or by the creditor's own number, and why it is where it is. Raises UnknownAccount."""
    found = await store.listed(number) or await store.listed(derive("account", creditor.id, number))
    if found is None:
        raise UnknownAccount(f"{creditor.name} has no account {number!r}; give the number that its file gives")
    return found


def standing_of(account: Owed, today: date) -> Standing:
    """How an account stands on a day, after what was paid to us."""
    due = account.due_date or account.as_of
    return Standing(
        balance=Money(account.left, account.currency),
        customer_type=account.customer_type,  # type: ignore[arg-type]  # the importer writes no other
        product=account.product,
        dpd=days_past_due_on(account.days_past_due, due, account.as_of, today),
        country=account.country,  # type: ignore[arg-type]  # as above
        currency=account.currency,
        tenure_days=(today - account.customer_since).days if account.customer_since else None,
        debt_age_days=max(0, (today - (account.opened or due)).days),
        late_payments_12m=account.late_12m,
        promises_broken=account.broken_promises,
    )


class _Places:
    """Sorts account after account at one moment; days by zone and authorities by segment are worked out once."""

    def __init__(self, segments: Segments, at: datetime) -> None:
        self._segments, self._at = segments, at
        self._days: dict[str, date] = {}
        self._authorities: dict[tuple[str, str], str] = {}

    def of(self, account: Owed) -> Sorted:
        stands = standing_of(account, self._today(account.zone))
        assigned = assign(stands, self._segments)
        (place,) = rank([(account.id, stands)], self._segments.scoring)
        segment = assigned.segment
        authority = self._authority(segment, account.currency)
        return Sorted(
            account.id, account.person, segment.name, (*assigned.why, *place.why), float(place.score),
            segment.handler, authority, account.segment != segment.name,
            (account.authority, account.handler) != (authority, segment.handler),
        )  # fmt: skip

    def _today(self, zone: str) -> date:
        if (day := self._days.get(zone)) is None:
            day = self._days[zone] = self._at.astimezone(ZoneInfo(zone)).date()
        return day

    def _authority(self, segment: Segment, currency: str) -> str:
        """The segment's grant as negotiation reads it; its id says which file gave it."""
        key = (segment.name, currency)
        if (text := self._authorities.get(key)) is None:
            terms = segment.authority(currency) | {"id": f"{segment.name}@{self._segments.id}"}
            text = self._authorities[key] = _encoder.encode(Authority(**terms)).decode()
        return text


def _differs(found: Sorted, was: Owed) -> bool:
    return found.moved or found.stale or found.rank != was.rank or found.why != tuple(was.segment_why)
