"""Sorting a creditor's accounts into segments: each with its reasons, its rank and what may be conceded."""

from __future__ import annotations

from datetime import datetime
from importlib import resources
from typing import Protocol

import msgspec

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.portfolio.segments import Segment, Segments, assign, load_segments
from acuerdo.core.portfolio.standing import Standing, rank
from acuerdo.core.words import AcuerdoError, Money, aware
from acuerdo.service.creditors import Creditor

_encoder = msgspec.json.Encoder()


class AccountStands(msgspec.Struct, frozen=True):
    """One account: where it was put, and how it stands. `number` is the creditor's own."""

    id: str
    number: str
    person: str
    segment: str | None
    rank: float
    handler: str
    standing: Standing


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


class Cell(msgspec.Struct, frozen=True):
    """One cell of a preview: the open accounts of a segment, a bucket of days past due and a currency."""

    segment: str
    bucket: str
    accounts: int
    owed: Money


class Preview(msgspec.Struct, frozen=True):
    """What a segments file would do: how many and how much in each cell; and where segments overlap.

    An overlap is (the segment that has the accounts, one behind it that would have had them, how many).
    """

    cells: tuple[Cell, ...]
    overlaps: tuple[tuple[str, str, int], ...]


class Sorter(Protocol):
    """Where accounts are kept in their segments."""

    async def sort(self, creditor: str, segments: Segments, text: str, at: datetime) -> SegmentReport: ...
    async def preview(self, creditor: str, segments: Segments, at: datetime) -> Preview: ...
    async def shelf(self, creditor: str) -> Shelf | None: ...
    async def ranked(self, creditor: str, segment: str, limit: int, at: datetime) -> list[AccountStands]: ...
    async def numbered(self, creditor: str, number: str, at: datetime) -> AccountStands | None: ...


class SegmentReport(msgspec.Struct, frozen=True):
    """How many open accounts are in each segment, in the file's order; how many moved; the segments file's id.

    `closed` are accounts that are sorted too, should they open again, and not counted: paid, withdrawn or before a
    court.
    """

    counts: dict[str, int]
    moved: int
    accounts: int
    segments: str
    closed: int = 0


class UnknownAccount(AcuerdoError):
    """There is no account of that number."""


def shipped_segments() -> str:
    """The segments file that comes with the package."""
    return (resources.files("acuerdo") / "policies" / "segments.toml").read_text("utf-8")


async def segment_accounts(
    store: Sorter, creditor: Creditor, text: str, at: datetime, source: str = "segments.toml"
) -> SegmentReport:
    """Sorts every account of a creditor by a segments file, in one transaction, and keeps the file as an artefact.

    Days past due are of the person's own day. An account that was in another segment gets a fact, and a conversation
    whose authority changed looks again. Raises TomlError (Spanish, with file and line) for a file that cannot be used.
    """
    return await store.sort(creditor.id, load_segments(text, source), text, aware(at))


async def preview(store: Sorter, creditor: Creditor, text: str, at: datetime, source: str = "segments.toml") -> Preview:
    """What a segments file would do to a creditor's open accounts at a moment; nothing changes. Raises TomlError."""
    return await store.preview(creditor.id, load_segments(text, source), aware(at))


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
    return [_listed(one, segments) for one in await store.ranked(creditor.id, segment, limit, shelf.at)]


async def why(store: Sorter, creditor: Creditor, number: str, at: datetime) -> Listed:
    """One account by the creditor's own number or by its id, and why it is where it is. Raises UnknownAccount."""
    shelf = await store.shelf(creditor.id)
    found = await store.numbered(creditor.id, number, shelf.at if shelf else aware(at))
    if found is None:
        raise UnknownAccount(f"{creditor.name} has no account {number!r}; give the number that its file gives")
    return _listed(found, load_segments(shelf.text) if shelf else None)


def _listed(account: AccountStands, segments: Segments | None) -> Listed:
    stands = account.standing
    why_: tuple[str, ...] = ()
    ranked_by: tuple[str, ...] = ()
    if segments is not None and account.segment is not None:
        placed = assign(stands, segments)
        why_ = placed.why
        if placed.segment.name != account.segment:
            why_ = (f"sus datos cambiaron después de clasificarla: hoy iría a «{placed.segment.name}»", *why_)
        (place,) = rank([(account.id, stands)], segments.scoring)
        ranked_by = place.why
    return Listed(
        account.id, account.number, account.person, account.segment, account.rank, why_, ranked_by, stands.product,
        stands.balance, stands.dpd, account.handler,
    )  # fmt: skip


def authority_of(segment: Segment, currency: str, file: str) -> str:
    """A segment's grant as negotiation reads it (JSON); its id says which file gave it."""
    terms = segment.authority(currency) | {"id": f"{segment.name}@{file}", "stage": segment.stage, "tone": segment.tone}
    return _encoder.encode(Authority(**terms)).decode()
