"""`python -m benchmarks`: measures, prints a table, and writes the same as JSON."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop
from rich.console import Console

from acuerdo.service.settings import Settings
from benchmarks import (
    chat,
    data,
    documents,
    feeds,
    figures,
    guarding,
    language,
    money,
    negotiation,
    oracle,
    plan,
    portfolio,
    rendering,
    reserving,
    results_export,
    segmenting,
    thinking,
    turns,
    walks,
    webhooks,
)
from benchmarks.data import Ground
from benchmarks.figures import Figure

WIDE = 120  # columns, where nobody says how many there are
RESULTS = Path(__file__).parent / "results"
NAMES = (
    "thinking", "guard", "render", "turns", "reserving", "webhooks", "chat", "plan", "segmenting", "results",
    "language", "negotiation", "documents",
)  # fmt: skip

LONG = ("portfolio", "feeds", "oracle", "money", "walks")  # minutes by itself: only when it is named


async def measure(
    names: list[str],
    folder: Path,
    say: Callable[[str], None],
    size: int = portfolio.SIZE,
    decisions: int = oracle.SIZE,
    public: Path | None = None,
    histories: int = money.SIZE,
    steps: int = walks.SIZE,
) -> tuple[list[Figure], dict[str, Any]]:
    """Runs the named benchmarks, one after another on the same machine."""
    told: list[Figure] = []
    raw: dict[str, Any] = {}
    if "thinking" in names:
        say("thinking: read, step and judge by themselves")
        raw["thinking"] = found = thinking.run()
        told += figures.of_thinking(found)
    if "guard" in names:
        say("guard: every jurisdiction judged with twenty contacts behind")
        raw["guard"] = guarded = guarding.run()
        told += figures.of_guard(guarded)
    if "render" in names:
        say("render: a message written on each channel")
        raw["render"] = await rendering.run()
        told += rendering.figures(raw["render"])
    with data.served(folder) as (settings, server):
        if "turns" in names:
            say("turns: eight clients, and the same transactions bare, in turns")
            raw["turns"] = await _on(settings, server, _turns)
            told += figures.of_turns(raw["turns"])
        if "reserving" in names:
            say("reserving: contacts in the one ledger, and the same rows bare")
            raw["reserving"] = await _on(settings, server, reserving.run)
            told += figures.of_reserving(raw["reserving"])
        if "webhooks" in names:
            say("webhooks: what carriers tell, each once and in order, then twice and in any order")
            raw["webhooks"] = await _on(settings, server, webhooks.run)
            told += webhooks.figures(raw["webhooks"])
        if "chat" in names:
            say("chat: fifty people write to a server of their own for half a minute")
            raw["chat"] = await _on(settings, server, chat.run)
            told += figures.of_chat(raw["chat"])
        if "money" in names:
            say("money: payments told by webhooks to open chats")
            raw["notices"] = await _on(settings, server, money.noticed)
            told += money.figures_of_notices(raw["notices"])
    if "money" in names:
        say("money: made-up histories and plans, each held to the ledger's word")
        raw["money"] = money.run(histories)
        told += money.figures(raw["money"])
    if "plan" in names:
        say("plan: a whole portfolio")
        raw["plan"] = await plan.run()
        told += figures.of_plan(raw["plan"])
    if "segmenting" in names:
        say("segmenting: a million accounts into their segments, twice")
        raw["segmenting"] = await segmenting.run()
        told += figures.of_segmenting(raw["segmenting"])
    if "feeds" in names:
        say("feeds: a night's payments and a day's attempts, each file twice")
        raw["feeds"] = await feeds.run()
        told += figures.of_feeds(raw["feeds"])
    if "results" in names:
        say("results: a million lines back to a creditor")
        raw["results"] = await results_export.run()
        told += figures.of_results(raw["results"])
    if "language" in names:
        say("language: reading, parsing, training, and the public sets where they are")
        raw["language"] = language.run(public)
        told += language.figures(raw["language"])
    if "negotiation" in names:
        say("negotiation: offers to simulated debtors")
        raw["negotiation"] = negotiation.run()
        told += negotiation.figures(raw["negotiation"])
    if "walks" in names:
        say("walks: conversations of chance, each step looked at")
        raw["walks"] = walked = walks.run(steps)
        told += walks.figures(walked)
    if "portfolio" in names:
        say("portfolio: a creditor's file imported, and the same rows in plain SQL")
        raw["portfolio"] = await portfolio.run(size)
        told += figures.of_portfolio(raw["portfolio"])
    if "documents" in names:
        say("documents: statements drawn and mailed")
        raw["documents"] = await documents.run()
        told += documents.figures(raw["documents"])
    if "oracle" in names:
        say("oracle: the guard's decisions of a hostile year, each against a second opinion")
        raw["oracle"] = oracle.run(decisions)
        told += oracle.figures(raw["oracle"])
    return told, raw


async def _on(settings: Any, server: Any, do: Callable[[Ground], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    async with data.ground(settings, server) as ground:
        return await do(ground) | {"server": await data.durable(ground.pool)}


async def _turns(on: Ground) -> dict[str, Any]:
    return await turns.run(on) | {"pgbench_per_second": await turns.pgbench(on)}


def main() -> int:
    """The command. Ends with 1 under --strict when a figure misses what is asked of it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join((*NAMES, *LONG))}; none: all but {' and '.join(LONG)}"
    )
    parser.add_argument("--size", type=int, default=portfolio.SIZE, help="rows of the portfolio's file")
    parser.add_argument("--histories", type=int, default=money.SIZE, help="histories of the ledger, and as many plans")
    parser.add_argument("--steps", type=int, default=walks.SIZE, help="steps of the random walks")
    parser.add_argument("--decisions", type=int, default=oracle.SIZE, help="decisions compared with the oracle's")
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("ACUERDO_BENCH_DATA"),
        help="the folder of the public sets banking77 and clinc150, which are not shipped (ACUERDO_BENCH_DATA)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="the results on standard output, no table")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a figure misses what is asked of it")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in (*NAMES, *LONG)]:
        parser.error(f"{', '.join(unknown)}: unknown; known: {', '.join((*NAMES, *LONG))}")
    notes = Console(stderr=True)
    with notes.status("starting") as status:
        folder = Settings().data_dir / "bench"
        names = asked.names or list(NAMES)
        told, raw = uvloop.run(
            measure(names, folder, status.update, asked.size, asked.decisions, asked.data, asked.histories, asked.steps)
        )
    for missing in language.absent(raw.get("language", {})):
        notes.print(f"not measured: {missing}", soft_wrap=True)
    path = _keep(figures.as_json(told, raw))
    if asked.json:
        sys.stdout.write(path.read_text())
    else:
        out = Console() if sys.stdout.isatty() else Console(width=WIDE)
        out.print(figures.table(told))
        out.print(f"written to {path}", soft_wrap=True)
    return int(asked.strict and any(one.met is False for one in told))


def _keep(found: dict[str, Any]) -> Path:
    at = data.now()
    machine = {"python": platform.python_version(), "system": platform.platform()}
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{at:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps({"at": at.isoformat(timespec="seconds"), "machine": machine, **found}, indent=2) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
