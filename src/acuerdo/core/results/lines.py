"""From a fact to the lines of it that a creditor reads: the definition that the store's statement is held to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.facts import Recorded
from acuerdo.core.results.outcomes import BY_FACT, Kind, Path
from acuerdo.core.words import Money

SEPARATOR = "|"  # between the accounts of one line


class Line(msgspec.Struct, frozen=True):
    """One thing that happened on one account.

    `amount` is in minor units of `currency`; `accounts` are all that it is about, by `|`. `origin` is empty where the
    line is ours, else the feed that brought it; `agent` is then whom its file names, else `bot` or a login.
    """

    n: int
    kind: Kind
    outcome: str
    at: datetime
    zone: str
    external_id: str
    accounts: str
    channel: str
    agent: str
    amount: int | None
    currency: str
    due: date | None
    reference: str
    origin: str = ""


class Place(msgspec.Struct, frozen=True):
    """What a fact is put down to: accounts by their external ids, the foremost first.

    `shares` are a payment's parts (minor units) by account; `given` the amount and day of the promise that it is about.
    `origin` is the feed that told of the fact (of the promise, where it only follows from one), empty where it is ours.
    """

    zone: str = "UTC"
    channel: str = ""
    accounts: tuple[str, ...] = ()
    shares: tuple[tuple[str, int], ...] = ()
    given: tuple[Money | None, date | None] = (None, None)
    origin: str = ""


def outcome_of(fact: f.AnyFact) -> str | None:
    """Our outcome for a fact, or None where it is nothing that a creditor is told."""
    rule = BY_FACT.get(type(fact))
    if rule is None:
        return None
    return rule.variants.get(_said(getattr(fact, rule.field)), rule.outcome) if rule.field else rule.outcome


def lines_of(r: Recorded, place: Place, first: int = 1) -> tuple[Line, ...]:
    """The lines of a fact, numbered from `first`: none, one, or for a payment one for each account it was laid on."""
    rule, outcome = BY_FACT.get(type(r.fact)), outcome_of(r.fact)
    if rule is None or outcome is None:
        return ()
    amount, due = _at(r.fact, rule.amount) or place.given[0], _at(r.fact, rule.due) or place.given[1]
    currency = amount.currency if amount else ""
    whole = amount.minor if amount else None
    at, agent = _at(r.fact, rule.when) or r.at, _at(r.fact, rule.agent) or agent_of(r.who, place.origin)
    channel = getattr(r.fact, "channel", "") or rule.channel or place.channel
    reference = str(_at(r.fact, rule.reference) or "")
    named, foremost = SEPARATOR.join(place.accounts), place.accounts[0] if place.accounts else ""
    parts: Sequence[tuple[str, int | None]] = place.shares or ((foremost, whole),)
    return tuple(
        Line(
            first + nth, rule.kind, outcome, at, place.zone, account, named, channel, agent, minor, currency, due,
            reference, place.origin,
        )
        for nth, (account, minor) in enumerate(parts)
    )  # fmt: skip


def agent_of(who: str, origin: str = "") -> str:
    """Who did it, as a creditor reads it: an agent's login, else `bot`; nobody of ours did what a feed brought."""
    if origin:
        return ""
    return who.removeprefix("agent:") if who.startswith("agent:") else "bot"


def _said(value: object) -> str:
    """A value as JSON says it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _at(value: Any, path: Path) -> Any:
    """What a path leads to in a fact, or None."""
    if not path:
        return None
    for key in path:
        if isinstance(value, tuple):
            value = value[int(key)] if int(key) < len(value) else None
        else:
            value = getattr(value, key, None)
    return value
