"""The figures: brought up to date, and in the shape that pages and the command line show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, Protocol

from acuerdo.core.kpis.fold import Cell, Sum, average
from acuerdo.core.kpis.measures import STAGES, people
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import CURRENCY_OF, Money

# What the tables show of each day, segment and channel.
COLUMNS = (
    "sent", "delivered", "opened", "conversations", "identified", "offers", "agreements", "promises",
    "committed", "paid",
)  # fmt: skip
COUNTRY_OF = {currency: country for country, currency in CURRENCY_OF.items()}
NO_SEGMENT, NO_CHANNEL = "sin segmento", "sin canal"


class Figures(Protocol):
    """The store of figures."""

    async def read_on(self) -> int | None:
        """Counts the next facts that are settled: how many; None when another worker is at it."""
        ...

    async def table(self, creditor: str | None) -> dict[Cell, Sum]: ...


async def refresh(figures: Figures) -> int:
    """Brings the figures up to date; how many facts were counted. May be called by anybody, at any time, at once."""
    done = 0
    while read := await figures.read_on():
        done += read
    return done


async def results(figures: Figures, creditor: str | None = None) -> dict[str, Any]:
    """The results of one creditor (its id), or of all, brought up to date; money is in both words and minor units."""
    await refresh(figures)
    table = await figures.table(creditor)
    counts = _counts(table.items())
    return {
        "funnel": [
            {"key": stage.key, "label": stage.label, "count": counts.get(people(stage.key), 0)} for stage in STAGES
        ],
        "totals": {key: counts.get(key, 0) for key in (*COLUMNS, "read", "failed", "handed_over", "opted_out")},
        "days": _days(table),
        "segments": _by(table, "segment", lambda cell: cell.segment or NO_SEGMENT),
        "channels": _by(table, "channel", lambda cell: cell.channel or NO_CHANNEL),
        "money": _money(table),
        "satisfaction": _satisfaction(counts),
    }


def _counts(cells: Iterable[tuple[Cell, Sum]]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for cell, total in cells:
        counts[cell.measure] += total.n
    return dict(counts)


def _by(table: dict[Cell, Sum], name: str, of: Callable[[Cell], str]) -> list[dict[str, Any]]:
    groups: dict[str, list[tuple[Cell, Sum]]] = defaultdict(list)
    for cell, total in table.items():
        groups[of(cell)].append((cell, total))
    rows = [(key, _counts(cells)) for key, cells in sorted(groups.items())]
    return [{name: key} | {column: counts.get(column, 0) for column in COLUMNS} for key, counts in rows]


def _days(table: dict[Cell, Sum]) -> list[dict[str, Any]]:
    """Every day from the first to the last, those on which nothing happened too."""
    rows = {row["day"]: row for row in _by(table, "day", lambda cell: cell.day.isoformat())}
    if not rows:
        return []
    first, last = date.fromisoformat(min(rows)), date.fromisoformat(max(rows))
    days = ((first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1))
    return [rows.get(day, {"day": day} | dict.fromkeys(COLUMNS, 0)) for day in days]


def _money(table: dict[Cell, Sum]) -> list[dict[str, Any]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"amount_agreed": 0, "amount_paid": 0})
    for cell, total in table.items():
        if cell.currency:
            sums[cell.currency][cell.measure] += total.amount
    return [
        {
            "currency": currency,
            "agreed": _words(held["amount_agreed"], currency),
            "paid": _words(held["amount_paid"], currency),
            "agreed_minor": held["amount_agreed"],
            "paid_minor": held["amount_paid"],
        }
        for currency, held in sorted(sums.items())
    ]


def _words(minor: int, currency: str) -> str:
    return format_money(Money(minor, currency), COUNTRY_OF.get(currency, "CO"))


def _satisfaction(counts: dict[str, int]) -> dict[str, Any]:
    by_score = {score: counts.get(f"satisfaction:{score}", 0) for score in range(1, 6)}
    return {"average": average(by_score), "answers": sum(by_score.values()), "by_score": list(by_score.values())}
