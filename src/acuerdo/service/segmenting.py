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
from acuerdo.core.portfolio.standing import Standing, rank, score
from acuerdo.core.words import AcuerdoError, Money, aware
from acuerdo.service.creditors import Creditor
from acuerdo.service.streaming import piped

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
    """One line of a ranked list: `why` it is in its segment, and what its rank (0 to 1000) is made of."""

    account: str
    external_id: str
    person: str
    segment: str | None
    rank: float
    why: tuple[str, ...]
    ranked_by: tuple[str, ...]
    product: str
    balance: Money
    days_past_due: int
    handler: str


class Shelf(msgspec.Struct, frozen=True):
    """The segments file that a creditor's accounts were last sorted by, and the moment this was as of."""

    text: str
    at: datetime


class Sorting(Protocol):
    """One sorting under way, in one transaction."""

    def accounts(self) -> AsyncIterator[list[Owed]]: ...
    async def write(self, changed: Sequence[Sorted]) -> None: ...


class Sorter(Protocol):
    """Where accounts are kept in their segments."""

    def sorting(
        self, creditor: str, segments: str, text: str, at: datetime
    ) -> AbstractAsyncContextManager[Sorting]: ...
    async def shelf(self, creditor: str) -> Shelf | None: ...
    async def ranked(self, creditor: str, segment: str, limit: int) -> list[tuple[str, Owed]]: ...
    async def numbered(self, creditor: str, number: str) -> tuple[str, Owed] | None: ...


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
    async with store.sorting(creditor.id, segments.id, text, at) as sorting:
        await piped(sorting.accounts(), place.changed, sorting.write)
    ordered = {one.name: place.counts[one.name] for one in segments.all if one.name in place.counts}
    return SegmentReport(ordered, place.moved, sum(place.counts.values()), segments.id)


async def ranked(store: Sorter, creditor: Creditor, segment: str, limit: int = 50) -> list[Listed]:
    """A segment's open accounts (or all, for `all`), highest rank first, each with why it is where it is.

    Raises TomlError for a segment that there is not. Before the first sorting, nobody is in any.
    """
    shelf = await store.shelf(creditor.id)
    if shelf is None:
        return []
    segments = load_segments(shelf.text)
    if segment != "all":
        segments.named(segment)
    return [_listed(number, one, segments, shelf.at) for number, one in await store.ranked(creditor.id, segment, limit)]


async def why(store: Sorter, creditor: Creditor, number: str) -> Listed:
    """One account by the creditor's own number or by its id, and why it is where it is. Raises UnknownAccount."""
    found, shelf = await store.numbered(creditor.id, number), await store.shelf(creditor.id)
    if found is None:
        raise UnknownAccount(f"{creditor.name} has no account {number!r}; give the number that its file gives")
    return _listed(*found, load_segments(shelf.text) if shelf else None, shelf.at if shelf else None)


def _listed(number: str, account: Owed, segments: Segments | None, at: datetime | None) -> Listed:
    ranked_by: tuple[str, ...] = ()
    days = account.days_past_due
    if segments is not None and at is not None and account.segment is not None:
        stands = standing_of(account, at.astimezone(ZoneInfo(account.zone)).date())
        (place,) = rank([(account.id, stands)], segments.scoring)
        ranked_by, days = place.why, stands.dpd
    return Listed(
        account.id, number, account.person, account.segment, account.rank, tuple(account.segment_why), ranked_by,
        account.product, Money(account.left, account.currency), days, account.handler,
    )  # fmt: skip


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
        self.counts: Counter[str] = Counter()
        self.moved = 0
        self._days: dict[str, date] = {}
        self._authorities: dict[tuple[str, str], str] = {}

    def changed(self, accounts: list[Owed]) -> list[Sorted]:
        """Those of these accounts of which anything changed; all are counted."""
        found = [self.of(account) for account in accounts]
        self.counts.update([one.segment for one in found])
        changed = [one for one, was in zip(found, accounts, strict=True) if _differs(one, was)]
        self.moved += sum(one.moved for one in changed)
        return changed

    def of(self, account: Owed) -> Sorted:
        """Where one account belongs."""
        stands = standing_of(account, self._today(account.zone))
        assigned = assign(stands, self._segments)
        segment = assigned.segment
        authority = self._authority(segment, account.currency)
        return Sorted(
            account.id, account.person, segment.name, assigned.why,
            float(score(stands, self._segments.scoring)), segment.handler, authority, account.segment != segment.name,
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
