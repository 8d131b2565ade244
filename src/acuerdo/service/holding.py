"""Stops on contact: how long each kind lasts, and an agent's or the operator's hand in setting and lifting them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Protocol, get_args

import msgspec

from acuerdo.core.words import AcuerdoError, HoldKind, aware

LONGEST = timedelta(days=365)  # no hold of a person's hand is left unlooked at for longer


class Terms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a kind of hold is like: see policies/holds.toml. `until` tells what one without days waits for."""

    title: str
    days: int = 0
    until: str = ""
    review: int = 0
    everywhere: bool = False
    call_back: bool = False
    by_hand: bool = False


class NotByHand(AcuerdoError):
    """This hold follows from what the person or a register said, and is not set or lifted by anybody else."""


class NoReason(AcuerdoError):
    """Whoever sets or lifts a hold says why."""


class NoSuchDay(AcuerdoError):
    """A hold ends, or is looked at again, on a day to come, within a year."""


class HoldRow(msgspec.Struct, frozen=True):
    """A hold as it stands, of a human; `creditor` "" is every one. `name` and `why` are what was sealed."""

    person: str
    name: str
    of: str
    kind: HoldKind
    creditor: str
    since: datetime
    until: datetime | None
    review_at: datetime | None
    who: str
    why: str
    by_register: bool = False
    zone: str = "UTC"

    @property
    def due(self) -> datetime | None:
        """When it ends or is looked at again."""
        return self.until or self.review_at


class Placing(msgspec.Struct, frozen=True):
    """A hold to be set: on a person, in the name of the creditor that they owe to."""

    person: str
    kind: HoldKind
    why: str
    who: str
    until: datetime | None = None
    review_at: datetime | None = None


class Holds(Protocol):
    """Where holds are kept. `place` cancels what waits to be sent, in the same commit."""

    async def standing(self, people: tuple[str, ...] | None, at: datetime) -> list[HoldRow]: ...
    async def place(self, hold: Placing, at: datetime) -> bool: ...
    async def lift(self, person: str, kind: HoldKind, why: str, who: str, at: datetime) -> bool: ...


@lru_cache(maxsize=1)
def hold_terms() -> Mapping[str, Terms]:
    """The terms of every kind of hold. Raises AcuerdoError for a file that lacks one."""
    raw = tomllib.loads((resources.files("acuerdo") / "policies" / "holds.toml").read_text("utf-8"))
    found = msgspec.convert(raw, dict[str, Terms])
    missing = [kind for kind in get_args(HoldKind) if kind not in found]
    if missing or any(not (one.days or one.review) for one in found.values()):
        raise AcuerdoError(f"policies/holds.toml: each kind needs days or review, and these are missing: {missing}")
    return found


def span_of(
    kind: HoldKind, at: datetime, until: datetime | None = None, review_at: datetime | None = None
) -> tuple[datetime | None, datetime | None]:
    """When a hold of this kind ends and when it is looked at, with the house's defaults where nobody says."""
    terms = hold_terms()[kind]
    if until is None and review_at is None and terms.days:
        until = at + timedelta(days=terms.days)
    if until is None and review_at is None:
        review_at = at + timedelta(days=terms.review)
    return until, review_at


async def place_hold(
    holds: Holds, person: str, kind: HoldKind, why: str, who: str, at: datetime, *,
    until: datetime | None = None, review_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Stops contact with a person; what waits to be sent to them is cancelled at once, on every channel.

    Raises NotByHand, NoReason, NoSuchDay. False where the person is not known.
    """
    _by_hand(kind)
    for day in (until, review_at):
        if day is not None and not at < aware(day) <= at + LONGEST:
            raise NoSuchDay(f"{day:%Y-%m-%d} is not a day between now and a year from now")
    until, review_at = span_of(kind, at, until, review_at)
    return await holds.place(Placing(person, kind, _reason(why), who, until, review_at), aware(at))


async def lift_hold(holds: Holds, person: str, kind: HoldKind, why: str, who: str, at: datetime) -> bool:
    """Lets a person be contacted again, as far as this hold goes. Raises NotByHand, NoReason. False: there is none."""
    _by_hand(kind)
    return await holds.lift(person, kind, _reason(why), who, aware(at))


def _by_hand(kind: HoldKind) -> None:
    known = hold_terms()
    if kind not in known or not known[kind].by_hand:
        kinds = ", ".join(name for name, terms in known.items() if terms.by_hand)
        raise NotByHand(f"a hold for {kind} is not set or lifted by hand; these are: {kinds}")


def _reason(why: str) -> str:
    said = " ".join(why.split())[:500]
    if len(said) < 3:
        raise NoReason("say why, in a few words: whoever looks at it later has to understand it")
    return said
