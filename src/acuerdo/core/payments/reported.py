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


class Report(msgspec.Struct, frozen=True):
    """A payment as the creditor tells of it; `account` is "" where it names no debt."""

    reference: str
    person: str
    account: str
    amount: Money
    on: date


def same_money(reports: Iterable[Report], ours: Iterable[Ours]) -> dict[str, Ours]:
    """Which of ours each report (by its reference) is about; each of ours is one report's.

    First those that bear the report's reference, then, the reports by their days, the nearest of the same amount on
    the same debt within three days.
    """
    told = sorted(reports, key=lambda one: (one.on, one.reference))
    by_name = {name: one for one in ours for name in one.names}
    found: dict[str, Ours] = {}
    taken: set[str] = set()
    for report in told:
        named = by_name.get(report.reference)
        if named is not None and named.id not in taken:
            found[report.reference] = named
            taken.add(named.id)
    of_person: dict[str, list[Ours]] = {}
    for one in {one.id: one for one in by_name.values()}.values():
        if one.id not in taken:
            of_person.setdefault(one.person, []).append(one)
    for report in told:
        if report.reference in found or report.person not in of_person:
            continue
        near = [one for one in of_person[report.person] if _fits(report, one)]
        if near:
            found[report.reference] = best = min(near, key=lambda one: (abs((one.on - report.on).days), one.id))
            of_person[report.person].remove(best)
    return found


def _fits(report: Report, one: Ours) -> bool:
    same_debt = not report.account or report.account in one.accounts
    return same_debt and one.amount == report.amount and abs((one.on - report.on).days) <= DAYS_APART
