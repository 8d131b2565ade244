"""The guard against the oracle: a simulated year of hostile schedules, each decision compared with a second opinion."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from tests.compliance import oracle_against

from benchmarks.figures import Figure

SIZE = 5_000_000  # decisions
PART = 12_000  # at a time, each part from a seed of its own
SHOWN = 5  # disagreements kept in the results


def run(size: int = SIZE) -> dict[str, Any]:
    """So many decisions, on every core, in parts that can each be run again by their seed."""
    verdicts: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    against: list[str] = []
    parted, began = 0, time.perf_counter()
    parts = [min(PART, size - start) for start in range(0, size, PART)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for seed, tally in enumerate(pool.map(oracle_against.run, parts, range(1, len(parts) + 1)), start=1):
            verdicts += tally.verdicts
            checked += tally.checked
            parted += len(tally.against)
            against += [f"seed {seed}: {one}" for one in tally.against[: SHOWN - len(against)]]
    return {
        "decisions": verdicts.total(), "verdicts": dict(verdicts), "checked": dict(checked), "disagreements": parted,
        "against": against, "seconds": time.perf_counter() - began,
    }  # fmt: skip


def figures(found: dict[str, Any]) -> list[Figure]:
    """What `run` found, as rows of the table."""
    return [
        Figure("oracle: decisions compared", found["decisions"], ""),
        Figure("  disagreements", found["disagreements"], "", most=0),
        Figure("  until: first lawful moments checked", found["checked"].get("until", 0), ""),
        Figure("  decisions, with their comparison", found["decisions"] / found["seconds"], "/s"),
    ]
