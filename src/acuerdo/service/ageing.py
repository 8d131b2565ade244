"""The ageing report: a creditor's open debts by age, product and amount on a day, and their roll between two."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from acuerdo.core.portfolio.ageing import Ageing, Rolled
from acuerdo.core.portfolio.segments import load_segments
from acuerdo.core.words import DECIMALS, aware
from acuerdo.service.segmenting import shipped_segments

ZONE = ZoneInfo("America/Bogota")  # where a report's days end; each person's days past due are of their own


def end_of(day: date) -> datetime:
    """The last moment of a report's day."""
    return datetime.combine(day + timedelta(days=1), time(), ZONE) - timedelta(microseconds=1)


class Ages(Protocol):
    """Where the portfolio's past can be read."""

    async def at(self, creditor: str, moment: datetime, large: dict[str, int]) -> list[Ageing]: ...
    async def roll(self, creditor: str, before: datetime, after: datetime) -> dict[str, list[Rolled]]: ...


async def report(store: Ages, creditor: str, moment: datetime) -> list[Ageing]:
    """A creditor's (its id) open debts as known at a moment, by currency; bands are of what counts as large in each."""
    told = load_segments(shipped_segments()).scoring.large
    large = {currency: told.get(currency, 1000 * 10**decimals) for currency, decimals in DECIMALS.items()}
    return await store.at(creditor, aware(moment), large)


async def roll(store: Ages, creditor: str, before: datetime, after: datetime) -> dict[str, list[Rolled]]:
    """How a creditor's debts went from bucket to bucket between two moments, by currency."""
    return await store.roll(creditor, aware(before), aware(after))
