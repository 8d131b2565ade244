"""What one judgement costs: every jurisdiction, five channels, a history of twenty contacts, all the packs' rules."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from typing import NamedTuple

from acuerdo.core.compliance import Attempt, Consent, Record, Rules, judge
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import AccountId, CreditorId, Mode, PersonId
from acuerdo.service.law import load_rules
from benchmarks.thinking import yardstick

PLACES: dict[str, tuple[str, str]] = {
    "CO": ("", "America/Bogota"), "CL": ("", "Pacific/Easter"), "MX": ("", "America/Tijuana"),
    "PE": ("", "America/Lima"), "AR": ("", "America/Argentina/Buenos_Aires"),
    "AR-C": ("C", "America/Argentina/Buenos_Aires"), "ES": ("CN", "Atlantic/Canary"), "EC": ("", "America/Guayaquil"),
    "BR-RJ": ("RJ/Rio de Janeiro", "America/Sao_Paulo"), "US": ("MA", "America/New_York"),
    "US-NYC": ("", "America/New_York"), "GB": ("", "Europe/London"),
}  # fmt: skip
CHANNELS: dict[str, Mode] = {"sms": "text", "email": "text", "whatsapp": "text", "voice": "voice", "web": "text"}
HISTORY = 20
ASKED = 15_000  # judgements a second, on one core
TEXT = "Hola Ana, le escribe Cobros Claros por encargo de Banco Andino, CNPJ 12.345. Responda STOP o BAJA para no más."

Situation = tuple[Say, Record, Rules, datetime]


class Guarding(NamedTuple):
    """The median of some rounds, in microseconds a judgement, and the yardstick of the same moments."""

    micros: float
    yardstick: float
    cleared: float


def run(situations: int = 6_000, rounds: int = 5) -> Guarding:
    """The same situations judged again and again: what a night of planning does."""
    asked = [situation(n) for n in range(situations)]
    verdicts = [type(judge(*one)).__name__ for one in asked]
    spent, known = [], []
    for _ in range(rounds):
        spent.append(_timed(lambda: [judge(*one) for one in asked]) / situations)
        known.append(_timed(yardstick))
    return Guarding(median(spent) * 1e6, median(known) * 1e6, verdicts.count("Cleared") / situations)


def _timed(do: Callable[[], object]) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def situation(n: int) -> Situation:
    """The nth situation: a year's hours, every jurisdiction and channel, and a history that goes back two weeks."""
    name = list(PLACES)[n % len(PLACES)]
    subdivision, zone = PLACES[name]
    channel = list(CHANNELS)[n % len(CHANNELS)]
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n * 997 % 525_600)
    record = Record(
        name, (zone,), subdivision, attempts=tuple(_attempt(n, k, at) for k in range(HISTORY)),
        ownership="first_party", consents=tuple(map(Consent, CHANNELS)), identified=True,
    )  # fmt: skip
    say = Say(
        key=f"s{n}", content=Content(TEXT), channel=channel, purpose="collection", creditor=CreditorId("c"),
        person=PersonId("p"), mode=CHANNELS[channel], account=AccountId("1"), topics=("creditor",),
    )  # fmt: skip
    return say, record, load_rules(date(2026, 11, 23)), at


def _attempt(n: int, k: int, at: datetime) -> Attempt:
    channel = list(CHANNELS)[(n + k) % len(CHANNELS)]
    made = at - timedelta(hours=k * 17 + n % 11)
    return Attempt(made, channel, CHANNELS[channel], reached=k % 4 == 0, key=f"{n}-{k}", account=str(k % 3))
