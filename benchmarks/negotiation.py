"""Offers on simulated debtors, against a fixed ladder and an oracle; and what one offer costs in time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from acuerdo.core.negotiation.moves import Ask, Choose, Position, Refuse, Reply
from acuerdo.core.negotiation.offers import next_offer
from acuerdo.testing.haggling import TODAY, bench
from acuerdo.testing.personas import Haggling, Persona, generate
from benchmarks.figures import Figure

SIZE = 5000  # personas
TIMED = 1000  # whose every offer is timed
MICRO = 1_000_000


def run(size: int = SIZE, seed: int = 1) -> dict[str, Any]:
    """The bench of so many personas, and the time of each of our offers to some of them, on one core."""
    people = list(generate(size, seed))
    spent = sorted(seconds for one in people[:TIMED] for seconds in _offers(one))
    timed = {"offers": len(spent), "median": median(spent), "p99": spent[len(spent) * 99 // 100]}
    return bench(people, seed) | {"seconds_per_offer": timed}


def _offers(one: Persona) -> Iterator[float]:
    """The seconds of each offer of one talk, by the processor's clock, as the machine is shared."""
    position = Position(balance=one.owed, today=TODAY, dpd=one.dpd, account=one.id, affordable=one.told)
    debtor, reply = Haggling(one, TODAY), Ask()
    said: Reply = reply
    while not debtor.gone and not isinstance(said, Choose):
        began = time.process_time()
        position, _ = next_offer(position, said, one.authority)
        yield time.process_time() - began
        said = debtor.answer(position.offered) if position.offered else Refuse()


def figures(found: dict[str, Any]) -> list[Figure]:
    """What `run` found, as rows of the table."""
    ours, fixed, spent = found["policies"]["acuerdo"], found["policies"]["ladder"], found["seconds_per_offer"]

    def against(title: str, name: str, **asked: float) -> Figure:
        mine, theirs = ours[name]["value"], fixed[name]["value"]
        return Figure(title, mine, "", "the fixed ladder", theirs, mine / theirs if theirs else None, **asked)

    return [
        against(f"negotiation, {found['personas']:,} personas: agreement rate", "agreement_rate", least_ratio=1),
        against("  kept rate", "kept_rate", least_ratio=1),
        against("  realised recovery, of the balance", "realised_recovery"),
        against("  over-concession, of the balance", "over_concession", most_ratio=0.5),
        against("  regret to the oracle, of the balance", "regret", most_ratio=0.5),
        Figure("  heaviest payment to what was told", ours["most_payment_to_disposable"], "", most=1),
        Figure("  violations", ours["violations"], "", most=0),
        Figure("  next_offer, median", spent["median"] * MICRO, "µs", most=200),
        Figure("  next_offer, one in a hundred", spent["p99"] * MICRO, "µs"),
    ]
