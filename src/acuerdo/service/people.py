"""People who may be one: looked up, compared side by side, merged, kept apart, and un-merged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from importlib import resources
from typing import Literal, Protocol

import msgspec

from acuerdo.core.portfolio.matching import Rules, read_rules
from acuerdo.core.words import AcuerdoError

Decision = Literal["open", "apart"]
Sought = Literal["phone", "email", "document"]


class CannotMerge(AcuerdoError):
    """These people cannot be merged, un-merged or kept apart; the text says why and what can be done."""


class Deed(msgspec.Struct, frozen=True):
    """What somebody does to a person's record, when and why."""

    person: str
    who: str
    why: str
    at: datetime


class Sheet(msgspec.Struct, frozen=True):
    """A person's record as a reviewer reads it. `merged_into` is empty unless they are shown under another;
    `merged` are those shown under them. `roles` are what they are beside other people's debts; `bad` are those of
    their phones and e-mails that do not reach them."""

    id: str
    creditor: str
    name: str
    documents: tuple[str, ...]
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    born: date | None
    address: str
    city: str
    customer_type: str
    customer_since: date | None
    accounts: tuple[str, ...]
    merged_into: str = ""
    merged: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """Two people who may be one, side by side, with the rule that says so, its score of 100, and its signs."""

    one: Sheet
    other: Sheet
    rule: str
    score: int
    reasons: tuple[str, ...]
    status: Decision
    found_at: datetime


class People(Protocol):
    """Where people are kept. Ids are those of their records; a creditor is named by its id."""

    async def review(self, creditor: str | None, most: int) -> list[Pair]: ...
    async def sheets(self, people: Sequence[str]) -> list[Sheet]: ...
    async def together(self, people: Sequence[str]) -> list[Sheet]: ...
    async def find(self, what: Sought, value: str, creditor: str | None) -> list[str]: ...
    async def merge(self, deed: Deed, into: str) -> None: ...
    async def unmerge(self, deed: Deed) -> str: ...
    async def keep_apart(self, deed: Deed, other: str) -> None: ...


@lru_cache(maxsize=1)
def matching_rules() -> Rules:
    """The shipped table of rules by which two records are told to be one person."""
    source = "policies/matching.toml"
    return read_rules((resources.files("acuerdo") / source).read_text("utf-8"), source)


_COMPARED = ("name", "documents", "phones", "emails", "born", "address", "city", "customer_type")


def differences(one: Sheet, other: Sheet) -> frozenset[str]:
    """The particulars in which two records differ, of those that both have; lists differ that share nothing."""
    return frozenset(name for name in _both(one, other) if not _agree(getattr(one, name), getattr(other, name)))


def agreements(one: Sheet, other: Sheet) -> frozenset[str]:
    """The particulars in which two records agree, of those that both have."""
    return frozenset(_both(one, other)) - differences(one, other)


def _both(one: Sheet, other: Sheet) -> list[str]:
    return [name for name in _COMPARED if getattr(one, name) and getattr(other, name)]


def _agree(one: object, other: object) -> bool:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return bool(set(one) & set(other))
    return one == other
