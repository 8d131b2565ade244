"""Where a creditor's files and rows come in, by folder or by program: taken once, answered row by row."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

import msgspec

from acuerdo.core.portfolio.records import Fault
from acuerdo.core.words import AcuerdoError, aware
from acuerdo.service.creditors import Creditor

Feed = Literal["portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata"]
FEEDS: tuple[Feed, ...] = ("portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata")
RowStatus = Literal["taken", "unchanged", "set_aside", "unmatched", "doubtful"]
State = Literal["waiting", "done", "refused"]
MOST_ROWS = 5000  # rows told one by one in an answer; of more, those that need somebody come first


class OtherContent(AcuerdoError):
    """Esa clave de repetición (Idempotency-Key) ya se usó con otro contenido; use una clave nueva para cada envío."""


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a file is to be read: the country of rows that name none, a mapping's TOML ("" for the remembered one) with
    its name for messages, the sheet of a workbook, and how many lines come before what the sender counts as row 1."""

    country: str = ""
    mapping: str = ""
    mapping_name: str = ""
    sheet: str = ""
    before: int = 0


class Arrival(msgspec.Struct, frozen=True):
    """Something that came in. `id` is the same when the same delivery is repeated; `digest` tells its content."""

    id: str
    creditor: Creditor
    feed: Feed
    source: str
    file: str
    digest: bytes
    terms: Terms
    at: datetime


class RowResult(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one row, and how to mend it (in Spanish) where it did not go in, or not wholly."""

    row: int
    status: RowStatus
    column: str = ""
    code: str = ""
    reason: str = ""
    mend: str = ""
    sheet: str = ""


class Imported(msgspec.Struct, frozen=True):
    """What an import of any feed tells: `faults` are the rows set aside, `warnings` those that went in all the same.

    `statuses` are the rows whose outcome is known one by one, by their number in the file.
    """

    import_id: str
    digest: str
    counts: dict[str, int]
    faults: Sequence[Fault] = ()
    warnings: Sequence[Fault] = ()
    statuses: dict[int, RowStatus] = {}
    set_aside_file: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """What became of an arrival: counts, and its rows; `left_off` further ones are not listed.

    `error` says why the whole was refused: then nothing went in. `set_aside_file` is the CSV to mend and send again.
    """

    id: str
    feed: Feed
    file: str
    status: State
    at: datetime
    import_id: str = ""
    digest: str = ""
    counts: dict[str, int] = {}
    rows: tuple[RowResult, ...] = ()
    left_off: int = 0
    error: str = ""
    set_aside_file: bytes | None = None


Inlet = Callable[[Arrival, Path], Awaitable[Imported]]


class Turn(Protocol):
    """An arrival's turn, in one transaction: what it was answered before, and the way in."""

    @property
    def before(self) -> Answer | None: ...
    async def take(self, arrival: Arrival, path: Path) -> Imported: ...
    async def keep(self, answer: Answer) -> None: ...


class Doors(Protocol):
    """Where arrivals are kept with their answers."""

    def turn(self, arrival: Arrival) -> AbstractAsyncContextManager[Turn]: ...
    async def refuse(self, arrival: Arrival, answer: Answer) -> Answer: ...


async def receive(doors: Doors, arrival: Arrival, path: Path) -> Answer:
    """Takes a whole file in with its answer, in one commit; the same arrival again is answered as it was.

    What cannot be read is answered as refused, and then nothing went in. Raises OtherContent where an arrival of that
    id held something else.
    """
    aware(arrival.at)
    try:
        async with doors.turn(arrival) as turn:
            if turn.before is not None and turn.before.status != "waiting":
                return turn.before
            answer = _answer(arrival, await turn.take(arrival, path))
            await turn.keep(answer)
            return answer
    except OtherContent:
        raise
    except AcuerdoError as why:
        # It lies under a name of ours: the sender knows it by its own.
        said = re.sub(rf"^{re.escape(path.name)}: ", f"{arrival.file}: ", str(why))
        return await doors.refuse(arrival, _refused(arrival, said))


def _refused(arrival: Arrival, why: str) -> Answer:
    return Answer(arrival.id, arrival.feed, arrival.file, "refused", arrival.at, error=why)


def waiting(arrival: Arrival) -> Answer:
    """What is answered while a worker has yet to take an arrival in."""
    return Answer(arrival.id, arrival.feed, arrival.file, "waiting", arrival.at)


def _answer(arrival: Arrival, done: Imported) -> Answer:
    rows = sorted(_rows(done, arrival.terms.before), key=lambda one: (one.sheet, one.row))
    told = rows if len(rows) <= MOST_ROWS else _pressing(rows)
    return Answer(
        id=arrival.id, feed=arrival.feed, file=arrival.file, status="done", at=arrival.at, import_id=done.import_id,
        digest=done.digest, counts=done.counts, rows=tuple(told), left_off=len(rows) - len(told),
        set_aside_file=done.set_aside_file,
    )  # fmt: skip


def _pressing(rows: Iterable[RowResult]) -> list[RowResult]:
    """Of too many rows those that need somebody, and no more than the most."""
    return [one for one in rows if one.code or one.status not in ("taken", "unchanged")][:MOST_ROWS]


def _rows(done: Imported, before: int) -> Iterator[RowResult]:
    """Each row once: what is wrong with it first of all, else what became of it."""
    told: set[int] = set()
    wrong: tuple[tuple[RowStatus, Sequence[Fault]], ...] = (("set_aside", done.faults), ("taken", done.warnings))
    for usual, faults in wrong:
        for one in faults:
            if one.row not in told:
                told.add(one.row)
                became = done.statuses.get(one.row, usual)
                yield RowResult(one.row - before, became, one.column, one.code, one.reason, one.mend, one.sheet)
    for row, status in done.statuses.items():
        if row not in told:
            yield RowResult(row - before, status)
