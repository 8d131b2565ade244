"""A figure and what it is compared with: how it is written in a table and kept in a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.table import Table

from benchmarks.guarding import ASKED, HISTORY, Guarding
from benchmarks.thinking import Costs


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A measured value beside a reference of the same run; what is asked of it is a most, a least, or of the ratio."""

    name: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float | None = None
    ratio: float | None = None
    most: float | None = None
    least: float | None = None
    least_ratio: float | None = None
    most_ratio: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether what is asked holds; None where nothing is asked."""
        if self.most is not None:
            return self.value <= self.most
        if self.least is not None:
            return self.value >= self.least
        if self.most_ratio is not None:
            return self.ratio is not None and self.ratio <= self.most_ratio
        if self.least_ratio is not None:
            return self.ratio is not None and self.ratio >= self.least_ratio
        return None

    @property
    def asked(self) -> str:
        """What is asked, in words."""
        if self.most is not None:
            return f"at most {self.most:g} {self.unit}"
        if self.least is not None:
            return f"at least {self.least:g} {self.unit}"
        if self.most_ratio is not None:
            return f"ratio at most {self.most_ratio:g}"
        return f"ratio at least {self.least_ratio:g}" if self.least_ratio is not None else ""


def of_plan(found: dict[str, Any]) -> list[Figure]:
    name = f"plan {found['accounts']:,} accounts"
    return [
        Figure(
            name, found["seconds"], "s", "the same rows read and copied", found["reference_seconds"], found["ratio"],
            most=found["limit_seconds"],
        ),
        Figure("  of the processor", found["process_seconds"], "s"),
    ]  # fmt: skip


def of_segmenting(found: dict[str, Any]) -> list[Figure]:
    name, bare = f"segment {found['accounts']:,} accounts", found["reference_seconds"]
    return [
        Figure(
            name, found["seconds"], "s", "as many bare rows joined and written", bare, found["ratio"],
            most=found["limit_seconds"],
        ),
        Figure("  again, when nothing changed", found["again_seconds"], "s", "", bare, found["again_seconds"] / bare),
        Figure("  a preview", found["preview_seconds"], "s", "", bare, found["preview_seconds"] / bare),
    ]  # fmt: skip


def of_results(found: dict[str, Any]) -> list[Figure]:
    name, bare = f"export {found['lines']:,} lines of results", found["reference_seconds"]
    core = max(found["reference_core_seconds"], 0.01)  # the system counts in hundredths
    return [
        Figure(
            name, found["seconds"], "s", "COPY of the same facts", bare, found["ratio"], most=found["limit_seconds"],
        ),
        Figure(
            "  of the processor, server included", found["core_seconds"], "s", "the same COPY", core,
            found["core_seconds"] / core,
        ),
        Figure("  lines made before", found["again_seconds"], "s", "", bare, found["again_seconds"] / bare),
        Figure("  with every document", found["documents_seconds"], "s", "", bare, found["documents_seconds"] / bare),
    ]  # fmt: skip


def of_feeds(found: dict[str, Any]) -> list[Figure]:
    """Each feed's first time beside a bare copy of its rows, and its second beside its first."""
    told = []
    for feed, what in (("payments", "payments"), ("contacts", "attempts of a dialler")):
        first, again, bare = (found[f"{feed}_{name}"] for name in ("seconds", "again_seconds", "copy_seconds"))
        told += [
            Figure(f"import of {found['rows']:,} {what}", first, "s", "bare COPY of the same rows", bare, first / bare),
            Figure("  the same file again", again, "s", "the first time", first, again / first),
        ]
    return told


def of_portfolio(found: dict[str, Any]) -> list[Figure]:
    name = f"import of {found['rows']:,} rows"
    return [
        Figure(
            name, found["seconds"], "s", "the same upsert in plain SQL", found["upsert_seconds"], found["ratio"],
            most_ratio=2.5,
        ),
        Figure(
            "  of the processor, server included", found["core_seconds"], "s", "the same upsert",
            found["upsert_core_seconds"], found["core_seconds"] / found["upsert_core_seconds"],
        ),
        Figure("  bare COPY beside it", found["copy_seconds"], "s"),
        Figure(
            "  the same file again", found["again_seconds"], "s", "the first time", found["seconds"],
            found["again_ratio"], most_ratio=0.25,
        ),
        Figure("  memory at its most", found["peak_mb"], "MB", most=600.0),
        Figure(f"XLSX of {found['xlsx_rows']:,} rows", found["xlsx_seconds"], "s", most=60.0),
        Figure(
            f"newer file, {found['changed_rows']:,} rows, all changed", found["changed_seconds"], "s",
            "the same upsert in plain SQL", found["changed_upsert_seconds"], found["changed_ratio"],
        ),
        Figure(
            "  after a payment of each of them", found["changed_paid_seconds"], "s", "with nothing paid",
            found["changed_seconds"], found["changed_paid_ratio"], most_ratio=2.0,
        ),
    ]  # fmt: skip


def of_chat(found: dict[str, Any]) -> list[Figure]:
    asked = {"p95": 40.0}
    return [
        Figure(
            f"chat turn {name}", found[f"{name}_ms"], "ms", "bare transaction at the same pace",
            found[f"bare_{name}_ms"], found[f"{name}_ms"] / found[f"bare_{name}_ms"], most=asked.get(name),
        )
        for name in ("p50", "p95", "p99")
    ]  # fmt: skip


def of_turns(found: dict[str, Any]) -> list[Figure]:
    told = [
        Figure(
            f"durable turns, {found['clients']} clients", found["turns_per_second"], "/s", "bare transaction",
            found["bare_per_second"], found["ratio"], least_ratio=0.25,
        ),
        Figure(
            "  processor for a turn", found["turn_cpu_ms"], "ms", "for a bare one", found["bare_cpu_ms"],
            found["turn_cpu_ms"] / found["bare_cpu_ms"],
        ),
    ]  # fmt: skip
    if (bench := found.get("pgbench_per_second")) is not None:
        ratio = found["turns_per_second"] / bench
        told.append(Figure("  beside pgbench -N", found["turns_per_second"], "/s", "pgbench -N", bench, ratio))
    return told


def of_reserving(found: dict[str, Any]) -> list[Figure]:
    one, rate = found["single_per_second"], found["per_second"]
    return [
        Figure(
            f"contacts reserved, {found['batch']} a commit", rate, "/s", "locked and inserted bare",
            found["bare_per_second"], rate / found["bare_per_second"], least=found["asked_per_second"],
        ),
        Figure("  processor for one, without the server's", found["cpu_ms"], "ms"),
        Figure("  beside one a commit", rate, "/s", "locked and inserted bare, one by one", one, rate / one),
    ]  # fmt: skip


def of_guard(found: Guarding) -> list[Figure]:
    return [
        Figure(
            f"judge, {HISTORY} contacts behind", found.micros, "µs", "JSON yardstick", found.yardstick,
            found.micros / found.yardstick, most=round(1e6 / ASKED, 1),
        ),
        Figure("  judgements on one core", 1e6 / found.micros, "/s"),
    ]  # fmt: skip


def of_thinking(found: Costs) -> list[Figure]:
    return [
        Figure(
            name, value, "µs", "JSON yardstick", found.yardstick, value / found.yardstick,
            most=50.0 if name == "step" else None,
        )
        for name, value in zip(("read", "step", "judge"), found, strict=False)
    ]  # fmt: skip


def table(figures: Iterable[Figure]) -> Table:
    """The figures as a table."""
    made = Table("figure", "value", "reference of this run", "value", "ratio", "asked", "")
    for column in (1, 3, 4):
        made.columns[column].justify = "right"
    for one in figures:
        reference = _number(one.reference_value, one.unit)
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        mark = {True: "[green]held[/]", False: "[red]missed[/]", None: ""}[one.met]
        made.add_row(one.name, _number(one.value, one.unit), one.reference, reference, ratio, one.asked, mark)
    return made


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.2f} {unit}"


def as_json(figures: Sequence[Figure], raw: dict[str, Any]) -> dict[str, Any]:
    """All of a run: the figures, whether each holds, and what each benchmark returned."""
    told = [{**msgspec.to_builtins(one), "met": one.met} for one in figures]
    return {"figures": told, "raw": msgspec.to_builtins(raw)}
