"""The figures as a fold over facts: what the store's incremental tables are held to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.kpis.measures import FUNNEL, MEASURES, Counted, Measure
from acuerdo.core.words import Money


class Where(msgspec.Struct, frozen=True):
    """What a fact is put down to.

    `segment` is as `segment_of` says; `channel` the one that its link was sent by, else its conversation's; `zone` the
    person's first.
    """

    segment: str = ""
    channel: str = ""
    zone: str = "UTC"


ALL = "all"  # a campaign over every segment


def segment_of(
    campaign: str | None, account: str | None, invited: str | None, conversation: str | None, foremost: str | None
) -> str:
    """The segment that a fact is put down to: the first known of five, or "".

    Its campaign's, unless that is for all; its account's own; that of the account which the campaign invited;
    its conversation's; that of the person's account of the highest rank.
    """
    own = (None if campaign == ALL else campaign, account, invited, conversation, foremost)
    return next((segment for segment in own if segment), "")


class Cell(msgspec.Struct, frozen=True, order=True):
    """One place of the table of figures. `currency` is empty for what is no money."""

    day: date
    creditor: str
    segment: str
    channel: str
    measure: str
    currency: str = ""


class Sum(msgspec.Struct, frozen=True):
    """How many, and how much in minor units."""

    n: int = 0
    amount: int = 0


class Step(msgspec.Struct, frozen=True):
    """A step of the funnel: its count, and its share (0 to 1, or None of nothing) of the step before and the first."""

    key: str
    count: int
    of_previous: float | None
    of_first: float | None


def local_day(at: datetime, zone: str) -> date:
    """The day of a figure: the local day of the person that it is about."""
    return at.astimezone(ZoneInfo(zone)).date()


def fold(facts: Iterable[Recorded], where: Callable[[Recorded], Where]) -> dict[Cell, Sum]:
    """The table of figures of these facts, in the order in which they settled; what comes to nothing is left out."""
    seen: set[tuple[str, str]] = set()
    totals: dict[str, Money] = {}
    table: dict[Cell, Sum] = {}
    for r in facts:
        place = where(r)
        for measure in MEASURES:
            counted = measure.count(r, totals)
            if counted is None or (measure.key, counted.subject) in seen:
                continue
            seen.add((measure.key, counted.subject))
            cell = _cell(r, place, measure, counted)
            table[cell] = _plus(table.get(cell, Sum()), counted)
        if isinstance(r.fact, f.AgreementAccepted):
            totals[r.fact.agreement] = r.fact.total
    return {cell: total for cell, total in table.items() if total != Sum()}


def _cell(r: Recorded, place: Where, measure: Measure, counted: Counted) -> Cell:
    return Cell(
        local_day(r.at, place.zone),
        r.creditor or "",
        place.segment,
        counted.channel or place.channel,
        measure.key + (f":{counted.part}" if counted.part else ""),
        counted.amount.currency if counted.amount else "",
    )


def _plus(total: Sum, counted: Counted) -> Sum:
    return Sum(total.n + counted.n, total.amount + (counted.amount.minor if counted.amount else 0))


def conversion(counts: Mapping[str, int]) -> tuple[Step, ...]:
    """Conversion by step, of people: each step of the funnel against the one before it and against the first."""
    steps: list[Step] = []
    for key in FUNNEL:
        count = counts.get(key, 0)
        before, first = (steps[-1].count, steps[0].count) if steps else (count, count)
        steps.append(Step(key, count, count / before if before else None, count / first if first else None))
    return tuple(steps)


def average(by_score: Mapping[int, int]) -> float | None:
    """The mean of the satisfaction answers to two decimals; None of no answers."""
    answers = sum(by_score.values())
    return round(sum(score * n for score, n in by_score.items()) / answers, 2) if answers else None
