"""What the guard is told of a person, and what it may answer besides a clearance."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from acuerdo.core.words import HoldKind, Mode, Ownership, Purpose, Reason

Role = Literal[
    "debtor", "codebtor", "guarantor", "representative", "heir", "spouse", "family", "reference", "beneficiary",
    "employer", "third_party",
]  # fmt: skip
# Whence an address is: the person, the creditor's file, a search, the person's employer; "" where nobody says.
AddressSource = Literal["", "person", "creditor", "found", "employer"]
AttemptStatus = Literal["reserved", "sent", "delivered", "failed", "unknown"]


class Attempt(msgspec.Struct, frozen=True, omit_defaults=True):
    """One contact attempt with this person, of any creditor, channel or campaign; what never left is left out.

    `key` is the `Say.key` that made it: an attempt never counts against its own message. `reached` says that the
    person took part (two-way). A true reply is written with purpose "reply" and counts against no cap: build the
    attempt of a message with `attempt_of`, so that a late reply, which is outbound, is not taken for one.
    `account` is the debt spoken of ("" where that is not known: it may be any). `zones` are where the person was then,
    if that is known: its day is counted there too.
    """

    at: datetime
    channel: str
    mode: Mode = "text"
    reached: bool = False
    status: AttemptStatus = "sent"
    purpose: Purpose = "collection"
    key: str = ""
    account: str = ""
    zones: tuple[str, ...] = ()


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


class Consent(msgspec.Struct, frozen=True, omit_defaults=True):
    """A person's yes or no to a channel ("*": to all), and since when."""

    channel: str
    granted: bool = True
    at: datetime | None = None


class Inbound(msgspec.Struct, frozen=True, omit_defaults=True):
    """When the person last wrote or called on a channel."""

    channel: str
    at: datetime


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that the guard knows of one person, and of the debt that is to be spoken of.

    `zones` are the IANA zones the person may be in: what is said must be lawful in each. `subdivision` is the code
    that the `holidays` library uses, with a town behind a slash where it is known ("MD/Madrid", "/Quito").
    `stopped` says that stop-all is in force. `pack` names the pack that judges ("strict"); "": the country's.
    `consents` None: nobody says, and the creditor warrants what its contracts hold; empty: none was given.
    `hours` are those the person wished for ("mon-fri 09:00-12:00"): contact keeps inside them. `hours_agreed`: asked
    for in writing after the contract, so that they may also stand in place of the law's where it allows that.
    `registers` are the exclusion registers that the person is in ("rne", "no_llame", "reus", "repep").
    `untold` is what their country wants told about the debt (words of NOTICES) and this conversation has not told yet.
    `caller` is the number that a call shows ("": hidden; None: nobody says).
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
    consents: tuple[Consent, ...] | None = None
    role: Role = "debtor"
    ownership: Ownership | Literal[""] = ""
    days_past_due: int | None = None
    limitation_date: date | None = None
    time_barred: bool = False
    address_source: AddressSource = ""
    caller: str | None = None
    free_form: bool = False
    inbound: tuple[Inbound, ...] = ()
    hours: tuple[str, ...] = ()
    hours_agreed: bool = False
    registers: tuple[str, ...] = ()
    pack: str = ""
    untold: tuple[str, ...] = ()


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
    "person_hours": "the person asked for other hours",
    "third_party": "the debt is not this person's, so nothing is said to them",
    "no_consent": "the person's yes to this channel is missing, withdrawn or too old",
    "consent_assumed": "nobody says whether the person agreed to this channel: the creditor warrants it",
    "channel_closed": "this channel or mode may not be used for this debt",
    "not_in_session": "this network allows it only shortly after the person's own message",
    "address_refused": "the address is not one that may be used",
    "number_refused": "the number that the call shows is hidden or is not one of those required",
    "words_missing": "the text lacks what it must say",
    "notice_missing": "it speaks of the debt before what the country wants told about it was told",
    "time_barred": "the debt can no longer be sued for: no suit may be spoken of",
    "future_history": "the history holds contacts of the future: they count",
    "opted_out": "the person asked not to be contacted on this channel, at this address or at all",
    "on_hold": "a hold stops contact with the person",
    "stopped": "stop-all is in force",
    "not_on_allow_list": "before go-live only the addresses of the allow-list are written to",
    "debt_before_identity": "it speaks of more than the creditor before the person has proved who they are",
    "forbidden_words": "the wording threatens, claims to be human, or asks what may not be asked",
    "no_lawful_moment": "no lawful moment was found in the next 60 days",
    "zone_unknown": "neither the person's zone nor the country's zones are known, so no hour can be judged",
    "zone_assumed": "the person's zone is not known: that of the address, or every zone of the country, was taken",
    "subdivision_unknown": "the person's subdivision is not one of the country's: only national holidays were seen",
    "strict_default": "the country has no pack in force, or the data contradict: the strict default judged",
}
