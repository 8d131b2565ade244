"""The places where one conversation goes on: a channel and an address each, and where a proof of identity counts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec


class Manner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"sources": "from"}):
    """How a channel is talked on: see policies/channels.toml."""

    answers: Literal["talk", "link"]
    sources: tuple[str, ...]
    days: int
    most: int


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a conversation goes on. `address` is its keyed hash, and `value` the address itself where it is at hand."""

    channel: str
    address: str = ""
    value: str = ""


class Proof(msgspec.Struct, frozen=True):
    """When somebody last proved at a place who they are; None: nobody did, or somebody else answered there since."""

    channel: str
    address: str
    at: datetime | None = None


@lru_cache(maxsize=1)
def manners() -> Mapping[str, Manner]:
    """Every channel's manner, by name; "other" is everybody else's."""
    raw = tomllib.loads((resources.files("acuerdo") / "policies" / "channels.toml").read_text("utf-8"))
    return msgspec.convert(raw, dict[str, Manner])


def manner_of(channel: str) -> Manner:
    """How this channel is talked on."""
    known = manners()
    return known.get(channel, known["other"])


def counts(place: Place, proofs: Iterable[Proof], at: datetime) -> bool:
    """Whether a proof of identity counts at a place at this moment: its own, or one that policy lets carry there."""
    manner = manner_of(place.channel)
    return any(
        proof.at is not None
        and (not manner.days or at < proof.at + timedelta(days=manner.days))
        and (
            ("" in manner.sources and (proof.channel, proof.address) == (place.channel, place.address))
            or proof.channel in manner.sources
        )
        for proof in proofs
    )
