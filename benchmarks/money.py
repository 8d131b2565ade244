"""Money at length: a million made-up histories, and as many plans, held to the ledger's word."""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from acuerdo.testing import histories
from benchmarks.figures import Figure

SIZE = 1_000_000  # histories, and as many plans
PART = 10_000  # at a time
SHOWN = 5  # faults kept in the results


def part(first: int, size: int) -> tuple[int, list[str], float, float]:
    """So many histories and plans from a number on: how many are wrong, some of them, and the seconds of each kind."""
    wrong: list[str] = []
    bad = 0
    began = time.perf_counter()
    for seed in range(first, first + size):
        if why := histories.faults(seed):
            bad += 1
            wrong.append(f"history {seed}: {'; '.join(why)}")
    between = time.perf_counter()
    for seed in range(first, first + size):
        if why := histories.plan_faults(seed):
            bad += 1
            wrong.append(f"plan {seed}: {'; '.join(why)}")
    return bad, wrong[:SHOWN], between - began, time.perf_counter() - between


def run(size: int = SIZE, workers: int | None = None) -> dict[str, Any]:
    """Every history in two orders of arrival, every plan day by day, on every core."""
    began, bad, against, told, lived = time.perf_counter(), 0, list[str](), 0.0, 0.0
    firsts = list(range(0, size, PART))
    sizes = [min(PART, size - first) for first in firsts]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for wrong, shown, one, other in pool.map(part, firsts, sizes):
            bad, told, lived = bad + wrong, told + one, lived + other
            against += shown[: SHOWN - len(against)]
    return {
        "histories": size, "plans": size, "wrong": bad, "against": against,
        "history_us": told / size * 1e6, "plan_us": lived / size * 1e6, "seconds": time.perf_counter() - began,
    }  # fmt: skip


def figures(found: dict[str, Any]) -> list[Figure]:
    """What `run` found, as rows of the table."""
    return [
        Figure("money: histories, each in two orders", found["histories"], ""),
        Figure("  plans, each lived day by day", found["plans"], ""),
        Figure("  wrong", found["wrong"], "", most=0),
        Figure("  one history, told twice and checked", found["history_us"], "µs"),
        Figure("  one plan, lived and checked", found["plan_us"], "µs"),
    ]


if __name__ == "__main__":
    import json
    import sys

    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE), indent=2))
