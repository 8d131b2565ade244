"""Installment schedules: amounts that sum exactly, on days that people get paid."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

import msgspec

from acuerdo.core.words import Money, split

Every = Literal["weekly", "biweekly", "quincena", "monthly"]

DAYS: dict[Every, int] = {"weekly": 7, "biweekly": 14}
# Two quincena payments closer than this would be one payday asked for twice.
LEAST_QUINCENA_GAP = timedelta(days=7)


class Installment(msgspec.Struct, frozen=True):
    """The n-th payment of a plan, counted from 1: the local day it is due and its amount."""

    n: int
    due: date
    amount: Money


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def months_after(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day when it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def quincena_from(day: date) -> date:
    """The first quincena payday on or after `day`: the 15th or the last day of the month."""
    return day.replace(day=15) if day.day <= 15 else month_end(day)


def _quincenas(first: date) -> Iterator[date]:
    day = first
    while True:
        yield day
        day = quincena_from(day + LEAST_QUINCENA_GAP)


@lru_cache(maxsize=4096)
def due_dates(first: date, parts: int, every: Every) -> tuple[date, ...]:
    """`parts` days from `first` on. Monthly keeps the day of `first`, clamped to the month's end."""
    if every == "monthly":
        return tuple(months_after(first, k) for k in range(parts))
    if every == "quincena":
        return tuple(day for day, _ in zip(_quincenas(first), range(parts), strict=False))
    return tuple(first + timedelta(days=DAYS[every] * k) for k in range(parts))


def of_amounts(amounts: tuple[Money, ...], first: date, every: Every) -> tuple[Installment, ...]:
    """These amounts, in this order, on the days of `due_dates`."""
    days = due_dates(first, len(amounts), every)
    return tuple(Installment(n, due, amount) for n, (due, amount) in enumerate(zip(days, amounts, strict=True), 1))


def schedule(total: Money, parts: int, first: date, every: Every) -> tuple[Installment, ...]:
    """`parts` installments that sum exactly to `total`, the first on `first`.

    Raises ValueError when `total` is too little for so many payments.
    """
    return of_amounts(split(total, parts), first, every)
