"""Authority as a team writes it: a dated, signed file per creditor, by segment and stage, checked before it is used."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, get_args

import msgspec

from acuerdo.core.negotiation.authority import Authority, BadAuthority, Band
from acuerdo.core.payments.schedule import Every
from acuerdo.core.words import DECIMALS, AcuerdoError, Money, money

Stage = Literal["current", "early", "mid", "late"]
STAGES: tuple[Stage, ...] = get_args(Stage)
TOP_KEYS = ("effective_from", "effective_to", "signed_by", "signed_on", "creditor", "currency", "authority")
ROW_KEYS = (
    "name", "segments", "stages", "max_installments", "min_installment", "min_down_pct", "longest_first_payment_days",
    "longest_promise_days", "interest_pct_year", "frequency", "beyond", "discount",
)  # fmt: skip
BAND_KEYS = ("dpd", "balance", "max_pct")


class Row(msgspec.Struct, frozen=True):
    """What may be conceded in these segments and stages; empty means all of them."""

    name: str
    segments: tuple[str, ...]
    stages: tuple[str, ...]
    authority: Authority

    def holds(self, segment: str, stage: str) -> bool:
        return (not self.segments or segment in self.segments) and (not self.stages or stage in self.stages)


class Granted(msgspec.Struct, frozen=True):
    """A whole file: whose, from when to when, who signed it and when, and its rows; the first that holds wins."""

    creditor: str
    currency: str
    effective_from: date
    effective_to: date | None
    signed_by: str
    signed_on: date
    rows: tuple[Row, ...]

    def in_force(self, today: date) -> bool:
        return self.effective_from <= today and (self.effective_to is None or today <= self.effective_to)

    def of(self, segment: str, stage: str, today: date) -> Authority:
        """What may be conceded there on that day: nothing where the file is silent or not in force."""
        if not self.in_force(today):
            return Authority(id=f"{self.creditor}: not in force")
        found = next((row.authority for row in self.rows if row.holds(segment, stage)), None)
        return found or Authority(id=f"{self.creditor}: no row")


class _At(msgspec.Struct, frozen=True):
    """Where in the file something is read, so that each complaint says it."""

    source: str
    text: str
    row: int = -1
    name: str = ""

    def fail(self, key: str, what: str, mend: str) -> BadAuthority:
        line = self._line(key)
        where = f"{self.source}, line {line}" if line else self.source
        row = f" [[authority]] {self.name!r}" if self.name else ""
        return BadAuthority(f"{where}:{row} {key}: {what}; {mend}")

    def _line(self, key: str) -> int:
        seen = -1
        header = 0
        for number, line in enumerate(self.text.splitlines(), start=1):
            if re.match(r"\s*\[\[\s*authority\s*\]\]", line):
                seen += 1
                header = number if seen == self.row else header
            if seen == self.row and re.match(rf"\s*(\[\[\s*authority\.)?{re.escape(key)}\b", line):
                return number
        return header


def load_authority(text: str, source: str = "authority.toml") -> Granted:
    """A creditor's authority from its TOML text.

    Raises BadAuthority, which says what contradicts what, in which line, and how to mend it; a file is taken whole.
    """
    top = _At(source, text)
    try:
        raw = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadAuthority(f"{source}: not well-formed TOML: {error}") from error
    _only(top, raw, TOP_KEYS)
    since, until = _day(top, raw, "effective_from"), _day(top, raw, "effective_to", optional=True)
    signed = _day(top, raw, "signed_on")
    assert since is not None  # noqa: S101 - only an optional day may be absent
    assert signed is not None  # noqa: S101 - the same
    if until is not None and until < since:
        raise top.fail("effective_to", f"{until} is before effective_from {since}", "give a later day, or leave it out")
    if signed > since:
        raise top.fail(
            "signed_on", f"{signed} is after effective_from {since}", "nothing is in force before it is signed"
        )
    currency = _word(top, raw, "currency")
    if currency not in DECIMALS:
        raise top.fail("currency", f"{currency!r} is not known", f"give one of {', '.join(sorted(DECIMALS))}")
    listed = raw.get("authority")
    if not isinstance(listed, list) or not listed:
        raise top.fail("authority", "there is none", "write at least one [[authority]]")
    rows = tuple(_row(msgspec.structs.replace(top, row=n), one, currency) for n, one in enumerate(listed))
    _reachable(top, rows)
    return Granted(
        _word(top, raw, "creditor"), currency, since, until, _word(top, raw, "signed_by"), signed, rows
    )  # fmt: skip


@lru_cache(maxsize=64)
def loaded(text: str, source: str = "authority.toml") -> Granted:
    """`load_authority`, once for each text."""
    return load_authority(text, source)


def overlapping(files: Iterable[Granted]) -> None:
    """Raises BadAuthority where two files of one creditor and currency are in force on the same day."""
    ordered = sorted(files, key=lambda g: (g.creditor, g.currency, g.effective_from))
    for one, two in pairwise(ordered):
        same = (one.creditor, one.currency) == (two.creditor, two.currency)
        if same and (one.effective_to is None or one.effective_to >= two.effective_from):
            raise BadAuthority(
                f"authority of {one.creditor!r} in {one.currency}: the file in force from {one.effective_from} and "
                f"that from {two.effective_from} overlap; end the first with effective_to before {two.effective_from}"
            )


def _only(at: _At, raw: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(raw, dict):
        raise at.fail(keys[0], f"{raw!r} is no table", f"known keys: {', '.join(keys)}")
    for key in raw:
        if key not in keys:
            raise at.fail(key, "is not known", f"known: {', '.join(keys)}")


def _word(at: _At, raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value.strip():
        raise at.fail(key, "is missing or not text", "write it in quotes")
    return value.strip()


def _day(at: _At, raw: dict[str, Any], key: str, optional: bool = False) -> date | None:
    value = raw.get(key)
    if value is None and optional:
        return None
    if type(value) is not date:
        raise at.fail(key, "is missing or not a day", "write it like 2026-01-31, without quotes")
    return value


def _number(at: _At, raw: dict[str, Any], key: str, least: int, most: int, default: int) -> int:
    value = raw.get(key, default)
    if type(value) is not int or not least <= value <= most:
        raise at.fail(key, f"{value!r} does not do", f"give a whole number from {least} to {most}")
    return value


def _percent(at: _At, raw: dict[str, Any], key: str, default: int | None = None) -> Decimal:
    value = raw.get(key, default)
    pct = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
    if pct is None or not pct.is_finite() or not 0 <= pct < 100:
        raise at.fail(key, f"{value!r} does not do", "give a percentage from 0 to under 100")
    return pct


def _words(at: _At, raw: dict[str, Any], key: str) -> tuple[str, ...]:
    value = raw.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise at.fail(key, "is not a list of words", 'write it like ["early", "mid"]')
    return tuple(value)


def _row(at: _At, raw: dict[str, Any], currency: str) -> Row:
    at = msgspec.structs.replace(at, name=str(raw.get("name", at.row + 1)))
    _only(at, raw, ROW_KEYS)
    stages = _words(at, raw, "stages")
    for stage in stages:
        if stage not in STAGES:
            raise at.fail("stages", f"{stage!r} is not known", f"known: {', '.join(STAGES)}")
    every = raw.get("frequency", "monthly")
    if every not in get_args(Every):
        raise at.fail("frequency", f"{every!r} is not known", f"known: {', '.join(get_args(Every))}")
    most = _number(at, raw, "max_installments", 1, 360, 1)
    least = _amount(at, raw, "min_installment", currency) if "min_installment" in raw else None
    down = _percent(at, raw, "min_down_pct", 0)
    if most == 1 and (least is not None or down):
        key = "min_installment" if least is not None else "min_down_pct"
        raise at.fail(key, "is of plans, and max_installments is 1", f"raise max_installments, or leave {key} out")
    bands = tuple(_bands(at, raw.get("discount", []), currency))
    authority = Authority(
        max_installments=most,
        max_discount_pct=max((band.max_pct for band in bands), default=Decimal(0)),
        min_installment=least,
        min_down_pct=down,
        longest_first_payment_days=_number(at, raw, "longest_first_payment_days", 0, 365, 30),
        longest_promise_days=_number(at, raw, "longest_promise_days", 0, 365, 30),
        frequency=every,
        id=at.name,
        bands=bands,
        interest_pct_year=_percent(at, raw, "interest_pct_year", 0),
        beyond=_words(at, raw, "beyond"),
    )
    return Row(at.name, _words(at, raw, "segments"), stages, authority)


def _amount(at: _At, raw: Any, key: str, currency: str) -> Money:
    try:
        value = money(raw[key], currency)
    except (AcuerdoError, TypeError) as error:
        raise at.fail(
            key, f"{raw[key]!r} is not an amount of {currency}", "write it like 50000, in whole units"
        ) from error
    if value.minor <= 0:
        raise at.fail(key, f"{raw[key]} is not more than 0", "give a positive amount, or leave it out")
    return value


def _bands(at: _At, listed: Any, currency: str) -> Iterator[Band]:
    if not isinstance(listed, list):
        raise at.fail("discount", "is not a list", "write [[authority.discount]] for each band")
    bands: list[Band] = []
    for raw in listed:
        _only(at, raw, BAND_KEYS)
        days, owed = _ends(at, raw, "dpd"), _ends(at, raw, "balance")
        unit = 10 ** DECIMALS[currency]
        # A most of whole units holds its cents too, so that the next band may begin at the next unit.
        most = None if owed[1] is None else (owed[1] + 1) * unit - 1
        bands.append(Band(days[0] or 0, days[1], (owed[0] or 0) * unit, most, _percent(at, raw, "max_pct")))
    _tiled(at, bands, currency)
    yield from bands


def _ends(at: _At, raw: dict[str, Any], key: str) -> tuple[int | None, int | None]:
    table = raw.get(key, {})
    if not isinstance(table, dict) or set(table) - {"min", "max"} or any(type(v) is not int for v in table.values()):
        raise at.fail("discount", f"{key} is {table!r}", f"write {key} = {{ min = 0, max = 60 }}, both included")
    low, high = table.get("min"), table.get("max")
    if low is not None and low < 0:
        raise at.fail("discount", f"{key} begins at {low}", "begin at 0 or more")
    if low is not None and high is not None and low > high:
        raise at.fail("discount", f"{key} has min {low} over max {high}", "exchange them")
    return low, high


def _tiled(at: _At, bands: list[Band], currency: str) -> None:
    """No case in two bands; and none between the least and the greatest that is in no band."""
    for n, one in enumerate(bands):
        for two in bands[n + 1 :]:
            if one.meets(two):
                raise at.fail(
                    "discount", f"the bands {one.told(currency)} and {two.told(currency)} overlap",
                    "end one before the other begins",
                )  # fmt: skip
    # Whether a case is in a band changes only where one begins or has ended: one look at each such corner is enough.
    days = sorted({b.first_day for b in bands} | {b.last_day + 1 for b in bands if b.last_day is not None})
    sums = sorted({b.least for b in bands} | {b.most + 1 for b in bands if b.most is not None})
    last = None if any(b.last_day is None for b in bands) else max((b.last_day or 0 for b in bands), default=0)
    most = None if any(b.most is None for b in bands) else max((b.most or 0 for b in bands), default=0)
    for day in days:
        for owed in sums:
            inside = (last is None or day <= last) and (most is None or owed <= most)
            if inside and not any(b.holds(day, owed) for b in bands):
                raise at.fail(
                    "discount", f"nothing is said of {day} days past due and a balance of {_plain(owed, currency)}",
                    "widen a band to it, or write one with max_pct = 0",
                )  # fmt: skip


def _plain(minor: int, currency: str) -> str:
    return f"{Money(minor, currency).plain()} {currency}"


def _reachable(top: _At, rows: tuple[Row, ...]) -> None:
    """Names once each, and no row behind one that already holds wherever it would."""
    for n, row in enumerate(rows):
        at = msgspec.structs.replace(top, row=n, name=row.name)
        for before in rows[:n]:
            if before.name == row.name:
                raise at.fail("name", "is taken by an earlier row", "give each row a name of its own")
            segments = not before.segments or (row.segments and set(row.segments) <= set(before.segments))
            stages = not before.stages or (row.stages and set(row.stages) <= set(before.stages))
            if segments and stages:
                raise at.fail(
                    "segments", f"{before.name!r}, above, holds wherever this does", "move it above, or narrow that"
                )
