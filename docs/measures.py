"""The KPIs' definitions, read from the docstrings that define them."""

from __future__ import annotations

import inspect

from acuerdo.core.kpis.fold import average, conversion, local_day
from acuerdo.core.kpis.measures import FUNNEL, MEASURES

AROUND = (local_day, conversion, average)


def measures() -> dict[str, str]:
    """Every figure's definition, by its name; empty where it has none."""
    return {one.key: inspect.getdoc(one.count) or "" for one in MEASURES}


def measures_page() -> list[str]:
    """A lead, each measure with its definition, and what they have in common."""
    lead = (
        "Each figure has one definition, a fold over facts; the sums kept in the database are tested against it. "
        "`acuerdo kpis` prints them, by segment, channel or day as well, and the results page draws them."
    )
    told = measures()
    heads = ["| name | on the pages | what it counts |", "| --- | --- | --- |"]
    rows = [f"| `{one.key}` | {one.label} | {' '.join(told[one.key].split())} |" for one in MEASURES]
    around = [f"- {' '.join((inspect.getdoc(one) or '').split())}" for one in AROUND]
    return [lead, *heads, *rows, f"\nThe funnel: {', '.join(f'`{name}`' for name in FUNNEL)}.\n", *around]
