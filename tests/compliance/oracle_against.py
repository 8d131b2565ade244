"""The guard's decisions, each against the oracle's: what is cleared, put off and until when, and by which layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from random import Random  # noqa: TID251 - the test's own chance, from a written seed
from typing import Any, NamedTuple

import msgspec
from tests.compliance import oracle
from tests.compliance.oracle_year import DAY, MINUTE, PLACES, SECOND, Situation, live

from acuerdo.service.situations import answers

AHEAD = timedelta(days=9)  # how far the first lawful moment is looked for
LOOKED_THROUGH = 100  # one in so many is looked through, moment by moment
EACH = 60  # decisions about one person


class Disagreement(NamedTuple):
    """What the guard and the oracle say of one moment."""

    kind: str
    at: datetime
    situation: Situation
    answer: dict[str, Any]
    broken: tuple[oracle.Broken, ...]


class Tally(NamedTuple):
    """What was compared, and where the two parted."""

    verdicts: Counter[str]
    checked: Counter[str]
    broken: Counter[str]
    against: list[Disagreement]


def run(decisions: int, seed: int = 1, each: int = EACH) -> Tally:
    """So many decisions, about people who live a year each, in every place in turn."""
    tally = Tally(Counter(), Counter(), Counter(), [])
    for person in range(-(-decisions // each)):
        chance = Random(f"{seed}/{person}")
        place, many = PLACES[person % len(PLACES)], min(each, decisions - person * each)
        live(chance, place, many, partial(_cleared, chance, tally))
    return tally


def judged(said: Situation) -> dict[str, Any]:
    """The guard's answer, through the same door as `acuerdo law judge --jsonl`."""
    (line,) = answers([msgspec.json.encode(said)])
    told: dict[str, Any] = msgspec.json.decode(line)
    if "error" in told:
        raise AssertionError(f"the guard cannot read the oracle's year: {told['error']}")
    for name in ("until", "deadline"):
        told[name] = told[name] and datetime.fromisoformat(told[name])
    return told


def _cleared(chance: Random, tally: Tally, said: Situation) -> bool:
    told = judged(said)
    found = oracle.broken(said, said["at"])
    tally.verdicts[told["verdict"]] += 1
    tally.broken.update({one.rule for one in found})
    for kind, at in _against(chance, said, told, found, tally):
        tally.against.append(Disagreement(kind, at, said, told, tuple(oracle.broken(said, at))))
    return bool(told["verdict"] == "cleared")


def _against(
    chance: Random, said: Situation, told: dict[str, Any], found: list[oracle.Broken], tally: Tally
) -> Iterator[tuple[str, datetime]]:
    """Where the two part, with the moment about which they do."""
    at, verdict = said["at"], told["verdict"]
    if verdict == "cleared" and found:
        yield "cleared against the oracle", at
    elif verdict == "cleared":
        if not oracle.allowed(said, told["deadline"] - SECOND):
            yield "deadline too late", told["deadline"] - SECOND
    elif not found:
        yield f"{verdict} against the oracle", at
    else:
        yield from _layers(said, told, found)
        if verdict == "not_yet":
            yield from _first(chance, said, told["until"], tally)
        elif chance.randrange(LOOKED_THROUGH) == 0:
            tally.checked["refused, looked through"] += 1
            yield from _lawful("refused, but lawful later", said, at + AHEAD)


def _layers(said: Situation, told: dict[str, Any], found: list[oracle.Broken]) -> Iterator[tuple[str, datetime]]:
    """The law is not cited for what the house decides, nor the other way round.

    A law that begins while a message waits is cited too: for its sake the first lawful moment is as late as it is.
    """
    at, until = said["at"], told["until"]
    spoke, layers = {one["layer"] for one in told["rules"]}, {one.layer for one in found}
    if until:
        layers |= {one.layer for one in oracle.broken(said, until - SECOND)} & {"law"}
    ending = any(one.rule == "13.4" for one in found)  # our margin at the end of the law's window: both are named
    if "law" in spoke and "law" not in layers and not ending:
        yield "policy told as law", at
    if spoke == {"policy"} and layers == {"law"}:
        yield "law told as policy", at


def _first(chance: Random, said: Situation, until: datetime, tally: Tally) -> Iterator[tuple[str, datetime]]:
    """Lawful at that moment, not just before, and, for some, at none between."""
    if not oracle.allowed(said, until):
        yield "until is not lawful", until
    tally.checked["until"] += 1
    for before in (SECOND, MINUTE):
        if until - before >= said["at"] and oracle.allowed(said, until - before):
            yield "lawful before until", until - before
            return
    if chance.randrange(LOOKED_THROUGH) == 0:
        tally.checked["until, looked through"] += 1
        yield from _lawful("lawful before until", said, min(until - SECOND, said["at"] + AHEAD))


def _lawful(kind: str, said: Situation, end: datetime) -> Iterator[tuple[str, datetime]]:
    for moment in _moments(said, end):
        if oracle.allowed(said, moment):
            yield kind, moment
            return


def _moments(said: Situation, end: datetime) -> list[datetime]:
    """Every moment at which something may begin to be lawful: each half-hour, and where spans end."""
    at = said["at"]
    hour = at.replace(minute=0, second=0, microsecond=0)
    found = [one["at"] + span for one in said["history"] for span in (DAY, 2 * DAY, 7 * DAY)]
    found += [one["until"] for one in said["holds"] if one["until"]]
    found += [hour + n * 30 * MINUTE for n in range(1, AHEAD // (30 * MINUTE))]
    return sorted(one for one in found if at < one <= end)
