"""Which of our own payments a creditor's report is about: the same money is counted once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from acuerdo.core.words import Money

DAYS_APART = 3  # between our gateway's day and the creditor's


class Ours(msgspec.Struct, frozen=True):
    """A payment that our gateway took, not yet found in a report; `names` are its own and the gateway's for it."""

    id: str
    names: tuple[str, ...]
    person: str
    accounts: tuple[str, ...]
    amount: Money
    on: date


def same_money(reference: str, person: str, account: str, amount: Money, on: date, ours: Iterable[Ours]) -> Ours | None:
    """The one that bears the report's reference, else the nearest of this amount on this account within three days."""
    near: list[tuple[int, str, Ours]] = []
    for one in ours:
        if reference in one.names:
            return one
        apart = abs((one.on - on).days)
        fits = one.person == person and one.amount == amount and (not account or account in one.accounts)
        if fits and apart <= DAYS_APART:
            near.append((apart, one.id, one))
    return min(near)[2] if near else None
