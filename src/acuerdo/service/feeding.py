"""The other feeds go in, whole or not at all: payments, contacts, opt-outs, consents, registers, contact data."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from itertools import islice
from typing import Any, Literal, Protocol

import msgspec

from acuerdo.core.portfolio.feeds import consents, contactdata, optouts, payments, registers
from acuerdo.core.portfolio.feeds.about import About
from acuerdo.core.portfolio.feeds.cells import NOON
from acuerdo.core.portfolio.feeds.contacts import Result, contacts_form
from acuerdo.core.portfolio.forms import Form
from acuerdo.core.portfolio.reading import OpenFile
from acuerdo.core.portfolio.records import Fault
from acuerdo.core.portfolio.set_aside import render
from acuerdo.core.words import AcuerdoError, aware
from acuerdo.service.creditors import Creditor

Feed = Literal["payments", "contacts", "optouts", "consents", "registers", "contactdata"]
Status = Literal["taken", "unchanged", "unmatched", "set_aside"]
CHUNK = 2000
CLOCKS = timedelta(minutes=5)  # by so much another system's clock may be ahead of ours
Progress = Callable[[int, int], None]


class UnknownFeed(AcuerdoError):
    """There is no such feed."""


@lru_cache(maxsize=1)
def contact_results() -> dict[str, Result]:
    """What each result of an attempt means, by its name."""
    raw = tomllib.loads((resources.files("acuerdo") / "policies" / "contact_results.toml").read_text("utf-8"))
    return msgspec.convert(raw, dict[str, Result])


# What the files of each feed hold.
FORMS: dict[str, Form[Any]] = {
    "payments": payments.FORM,
    "contacts": contacts_form(contact_results()),
    "optouts": optouts.FORM,
    "consents": consents.FORM,
    "registers": registers.FORM,
    "contactdata": contactdata.FORM,
}


def form_of(feed: str) -> Form[Any]:
    """The form of a feed's files. Raises UnknownFeed."""
    if feed not in FORMS:
        raise UnknownFeed(f"there is no feed {feed!r}; there are {', '.join(FORMS)}")
    return FORMS[feed]


class Line(Protocol):
    """A good row of any feed."""

    @property
    def row(self) -> int: ...
    @property
    def about(self) -> About: ...


class Taken(msgspec.Struct, frozen=True):
    """What became of some rows, by their number; those that cannot be true beside what is known are faults."""

    statuses: tuple[tuple[int, Status], ...]
    faults: tuple[Fault, ...] = ()


class Arrived(msgspec.Struct, frozen=True):
    """A file that comes in: of which feed and creditor, its name and SHA-256, who brings it, and when."""

    feed: str
    creditor: str
    file: str
    digest: str
    who: str
    at: datetime


class FeedIntake(Protocol):
    """One file under way, in one transaction: leaving it by an error undoes all of it."""

    import_id: str

    async def take(self, lines: Sequence[Any]) -> Taken: ...
    async def settle(self, counts: dict[str, int], faults: Sequence[Fault]) -> None: ...


class FeedIntakes(Protocol):
    """Where feeds go in, one file at a time."""

    def intake(self, arrived: Arrived) -> AbstractAsyncContextManager[FeedIntake]: ...


class FeedReport(msgspec.Struct, frozen=True):
    """What an import did, in rows. `unmatched` ones wait for their account or person and go in by themselves.

    `statuses` tells of each good row; `warnings` are faults whose row went in all the same; `set_aside_file` is the
    CSV to write beside the input, None when all rows are good.
    """

    taken: int
    unchanged: int
    unmatched: int
    set_aside: int
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    statuses: dict[int, Status]
    set_aside_file: bytes | None
    import_id: str
    digest: str

    @property
    def counts(self) -> dict[str, int]:
        return {
            "taken": self.taken, "unchanged": self.unchanged, "unmatched": self.unmatched, "set_aside": self.set_aside
        }  # fmt: skip


class _Enough(Exception):
    """All was tried; nothing is to stay."""


async def feed_file(
    store: FeedIntakes,
    feed: str,
    creditor: Creditor,
    opened: OpenFile[Any],
    filename: str,
    at: datetime,
    *,
    who: str = "operator",
    progress: Progress | None = None,
    dry_run: bool = False,
) -> FeedReport:
    """Imports a file of `feed`, opened with `form_of(feed)`. The same rows again, in whatever file, change nothing.

    Rows of accounts and people that are not known wait for a portfolio that brings them. `progress` gets rows read and
    the file's lines. `dry_run` tries everything and keeps nothing. Raises UnknownFeed.
    """
    form_of(feed)
    work = _Work(opened, aware(at))
    try:
        async with store.intake(Arrived(feed, creditor.id, filename, opened.digest, who, at)) as intake:
            outcomes = opened.rows()
            while chunk := await asyncio.to_thread(lambda: list(islice(outcomes, CHUNK))):
                work.note(await intake.take(work.good(chunk)))
                if progress is not None:
                    progress(work.read, max(opened.lines, work.read))
            report = work.report(intake.import_id)
            await intake.settle(report.counts, report.faults)
            if dry_run:
                raise _Enough
    except _Enough:
        pass
    return report


class _Work:
    """What one import gathers of its rows."""

    def __init__(self, opened: OpenFile[Any], at: datetime) -> None:
        self.opened, self.latest = opened, at + CLOCKS
        self.read = 0
        self.faults: list[Fault] = []
        self.statuses: dict[int, Status] = {}
        self.counts: dict[str, int] = {"taken": 0, "unchanged": 0, "unmatched": 0}

    def good(self, chunk: Sequence[Any]) -> list[Any]:
        """The good rows among these."""
        self.faults += (one for one in chunk if isinstance(one, Fault))
        lines = [one for one in chunk if not isinstance(one, Fault)]
        self.read += len(lines)
        early = [one for one in lines if self._early(getattr(one, "at", self.latest))]
        self.faults += (_in_future(one) for one in early)
        return [one for one in lines if one not in early] if early else lines

    def _early(self, at: datetime) -> bool:
        """Whether a moment is still to come; of today told without an hour, noon may be."""
        return at > self.latest and (at.time() != NOON or at.date() > self.opened.terms.at)

    def note(self, taken: Taken) -> None:
        self.statuses |= dict(taken.statuses)
        for _, status in taken.statuses:
            self.counts[status] += 1
        self.faults += taken.faults

    def report(self, import_id: str) -> FeedReport:
        rows = {(one.sheet, one.row) for one in self.faults if not one.kept}
        aside = _with_cells(self.opened, [one for one in self.faults if (one.sheet, one.row) in rows])
        return FeedReport(
            **self.counts, set_aside=len(rows), faults=aside,
            warnings=tuple(one for one in self.faults if (one.sheet, one.row) not in rows),
            statuses=self.statuses,
            set_aside_file=render(self.opened.header, aside, self.opened.delimiter) if aside else None,
            import_id=import_id, digest=self.opened.digest,
        )  # fmt: skip


def _in_future(line: Any) -> Fault:
    reason = "ese momento todavía no llega"
    return Fault(line.row, "at", line.at.isoformat(), reason, "corrija la fecha o la hora", "date_future")


def _with_cells(opened: OpenFile[Any], faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """The faults in the file's order, each with its row as read and the file's own name for its column.

    Those found after reading have neither yet.
    """
    bare = {one.row for one in faults if not one.cells}
    cells: dict[int, tuple[str, ...]] = {}
    if bare:
        for part in opened.parts:
            rows = part.grid.body(part.head.row, len(part.head.header))
            cells |= {raw.number: raw.cells for raw in rows if raw.number in bare}
    names = {column: opened.header[at[0]] for column, at in opened.layout.positions.items()}
    known = (
        one if one.cells else msgspec.structs.replace(
            one, cells=cells.get(one.row, ()), column=names.get(one.column, one.column)
        )
        for one in faults
    )  # fmt: skip
    return tuple(sorted(known, key=lambda one: (one.sheet, one.row)))
