"""What the guard is told of a person, and what it may answer besides a clearance."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from acuerdo.core.words import HoldKind, Mode, Purpose, Reason

AttemptStatus = Literal["reserved", "sent", "delivered", "failed", "unknown"]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One contact attempt with this person, of any creditor, channel or campaign; what never left is left out.

    `key` is the `Say.key` that made it: an attempt never counts against its own message. `reached` says that the
    person took part (two-way). A true reply is written with purpose "reply" and counts against no cap: build the
    attempt of a message with `attempt_of`, so that a late reply, which is outbound, is not taken for one.
    """

    at: datetime
    channel: str
    mode: Mode = "text"
    reached: bool = False
    status: AttemptStatus = "sent"
    purpose: Purpose = "collection"
    key: str = ""


class OptOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's "no more": on one channel or on all ("*"), at one address or at all ("")."""

    channel: str
    address_hash: str = ""


class Hold(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stop on contact from `since` until `until` (None: until lifted), for one creditor or everywhere ("")."""

    kind: HoldKind
    since: datetime
    until: datetime | None = None
    creditor: str = ""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the guard knows of one person.

    `zones` are the IANA zones the person may be in: what is said must be lawful in each. `subdivision` is the code
    that the `holidays` library uses, with a town behind a slash where municipal days are known ("MD/Madrid").
    `stopped` says that stop-all is in force. `consents` is kept for packs whose consent rules are not enforced yet.
    """

    country: str
    zones: tuple[str, ...]
    subdivision: str = ""
    attempts: tuple[Attempt, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    holds: tuple[Hold, ...] = ()
    identified: bool = False
    stopped: bool = False
    allow_list_only: bool = False
    on_allow_list: bool = False
    consents: tuple[str, ...] = ()


class NotYet(msgspec.Struct, frozen=True):
    """Lawful at `until` at the earliest (UTC), if nothing else changes; `why` says what forbids it now."""

    until: datetime
    why: tuple[Reason, ...]


class Refused(msgspec.Struct, frozen=True):
    """Not to be said; waiting alone does not mend it."""

    why: tuple[Reason, ...]


REASONS: dict[str, str] = {
    "within_rules": "every rule that applies allows it",
    "reply": "it answers the person in time, so hours, caps, holds and opt-outs do not stop it",
    "outside_window": "the hour or the weekday is outside the window, where the person is",
    "window_ending": "too little of the window is left to be sure of delivery inside it",
    "holiday": "it is a public or municipal holiday where the person is",
    "cap_reached": "as many attempts as the day or the week allows were made",
    "too_soon": "the last attempt is too near",
    "other_channel": "the person was reached on another channel in the same week",
    "quiet_days": "the person was spoken with, and quiet days follow",
    "opted_out": "the person asked not to be contacted on this channel, at this address or at all",
    "on_hold": "a hold stops contact with the person",
    "stopped": "stop-all is in force",
    "not_on_allow_list": "before go-live only the addresses of the allow-list are written to",
    "debt_before_identity": "it speaks of more than the creditor before the person has proved who they are",
    "forbidden_words": "the wording threatens, claims to be human, or asks what may not be asked",
    "no_lawful_moment": "no lawful moment was found in the next 60 days",
    "zone_unknown": "neither the person's zone nor the country's zones are known, so no hour can be judged",
    "zone_assumed": "the person's zone is missing or unknown: every zone of the country was taken",
    "subdivision_unknown": "the person's subdivision is unknown: only national holidays were seen",
    "strict_default": "the country has no pack in force: the strict default judged",
}
