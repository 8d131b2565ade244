"""Where a creditor's files and rows come in, by folder or by program: taken once, answered row by row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

import msgspec

from acuerdo.core.words import AcuerdoError, aware
from acuerdo.service.creditors import Creditor

Feed = Literal["portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata"]
FEEDS: tuple[Feed, ...] = ("portfolio", "payments", "contacts", "optouts", "consents", "registers", "contactdata")
RowStatus = Literal["taken", "unchanged", "set_aside", "unmatched", "doubtful"]
State = Literal["waiting", "done", "refused"]
MOST_ROWS = 5000  # rows told one by one in an answer; of more, those that need somebody come first


class OtherContent(AcuerdoError):
    """The same key of repetition came with another content."""


class Terms(msgspec.Struct, frozen=True):
    """How a file is to be read: the country of rows that name none, a mapping's TOML ("" for a remembered one), its
    name for messages, and the sheet of a workbook."""

    country: str = ""
    mapping: str = ""
    mapping_name: str = ""
    sheet: str = ""


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
    """What became of one row; `reason` and `mend` are Spanish and never repeat what the cell held."""

    row: int
    status: RowStatus
    column: str = ""
    code: str = ""
    reason: str = ""
    mend: str = ""
    sheet: str = ""


class Answer(msgspec.Struct, frozen=True):
    """What an import did: counts by status and by what they count, and its rows. `left_off` rows are not listed."""

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
