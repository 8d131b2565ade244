"""A creditor's file goes in: every good row or, when the file as a whole cannot be read, nothing."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from itertools import islice
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.reading import OpenFile, open_file
from acuerdo.core.portfolio.records import Fault, FileError, Record
from acuerdo.core.portfolio.set_aside import render
from acuerdo.core.words import CAPITAL_ZONE, aware
from acuerdo.service.creditors import Creditor

__all__ = ["FileError", "Intake", "Intakes", "Report", "Settled", "import_portfolio"]

CHUNK = 1000  # rows between two calls of `progress`
Progress = Callable[[int, int], None]


class Settled(msgspec.Struct, frozen=True):
    """What became of the good rows; `older` ones are behind what is on record, and changed nothing."""

    added: int
    updated: int
    unchanged: int
    older: int = 0


class Intake(Protocol):
    """One import under way, in one transaction: leaving it by an error undoes all of it."""

    async def stage(self, records: Sequence[Record]) -> None: ...
    async def settle(self, file: str, faults: Sequence[Fault]) -> Settled: ...


class Intakes(Protocol):
    """Where files go in; one at a time, so that two never wait for each other in a ring."""

    def intake(self, creditor: str, digest: str, at: datetime) -> AbstractAsyncContextManager[Intake]: ...


class Report(msgspec.Struct, frozen=True):
    """What an import did, in rows. `set_aside_file` is the CSV to write beside the input, None when all rows are good.

    `warnings` are the faults whose row went in all the same. `older` rows are counted as unchanged too.
    """

    added: int
    updated: int
    unchanged: int
    set_aside: int
    warnings: tuple[Fault, ...]
    set_aside_file: bytes | None
    digest: str
    older: int = 0


async def import_portfolio(
    store: Intakes,
    creditor: Creditor,
    data: bytes,
    filename: str,
    mapping: Mapping | None,
    country: str,
    at: datetime,
    progress: Progress | None = None,
) -> Report:
    """Imports a CSV file, whole or not at all; idempotent by (creditor, external id).

    The same file again changes nothing. A newer one (by its cut-off day) gives each debt its balance of record. What
    the person paid us is still taken off it when some of it came on the cut-off day or later, as the file cannot know
    of it; else it is in the file's balance already. A debt that the file leaves out is not touched. `progress` gets
    rows read and the file's lines. Raises FileError (Spanish), and then nothing went in.
    """
    day = aware(at).astimezone(ZoneInfo(CAPITAL_ZONE.get(country.upper(), "UTC"))).date()
    opened = open_file(data, mapping, country, day)
    digest = hashlib.sha256(data).hexdigest()
    faults: list[Fault] = []
    lines, read = data.count(b"\n") or data.count(b"\r"), 0
    async with store.intake(creditor.id, digest, at) as intake:
        chunks = _chunks(opened, faults)
        while (records := await asyncio.to_thread(next, chunks, None)) is not None:
            await intake.stage(records)
            read += len(records)
            if progress is not None:
                progress(read, max(lines, read))
        aside, warnings = _parted(faults)
        settled = await intake.settle(filename, aside)
    return Report(
        added=settled.added, updated=settled.updated, unchanged=settled.unchanged, older=settled.older,
        set_aside=len({fault.row for fault in aside}), warnings=warnings, digest=digest,
        set_aside_file=render(opened.header, aside, opened.delimiter) if aside else None,
    )  # fmt: skip


def _chunks(opened: OpenFile, faults: list[Fault]) -> Iterator[list[Record]]:
    """The good rows, some at a time; what is wrong is added to `faults`."""
    outcomes = opened.rows()
    while chunk := list(islice(outcomes, CHUNK)):
        faults += (one for one in chunk if isinstance(one, Fault))
        yield [one for one in chunk if isinstance(one, Record)]


def _parted(faults: Sequence[Fault]) -> tuple[list[Fault], tuple[Fault, ...]]:
    """All that is wrong with the rows set aside, in the file's order; and what is told of rows that went in."""
    rows = {fault.row for fault in faults if not fault.kept}
    return [fault for fault in faults if fault.row in rows], tuple(f for f in faults if f.row not in rows)
