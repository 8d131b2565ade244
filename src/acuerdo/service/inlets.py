"""The way in for a file of any feed, whatever door it came by: opened as it is to be read, and imported."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from acuerdo.core.portfolio.forms import PORTFOLIO, Form
from acuerdo.core.portfolio.grid import Grid
from acuerdo.core.portfolio.mapping import Mapping, load_mapping
from acuerdo.core.portfolio.reading import OpenFile
from acuerdo.core.words import AcuerdoError
from acuerdo.service import feeding
from acuerdo.service.door import MOST_ROWS, Arrival, Imported, RowStatus
from acuerdo.service.feeding import FeedIntakes, FeedReport, feed_file
from acuerdo.service.importing import Intakes, Report, import_day, import_portfolio
from acuerdo.service.profiles import Profile, known_again

# What each feed's files hold.
FORMS: dict[str, Form[Any]] = {"portfolio": PORTFOLIO, **feeding.FORMS}
Opener = Callable[[Path, Form[Any], Mapping | None, str, date, str], OpenFile[Any]]
Grids = Callable[[Path, Form[Any], Mapping | None, str], Sequence[Grid]]


@dataclass(frozen=True)
class Inlets:
    """Where the feeds go in, how their files are opened and known again, and what became of a portfolio's lines."""

    open: Opener
    grids: Grids
    profiles: Callable[[str, str], Awaitable[Sequence[Profile]]]
    portfolio: Intakes
    feeds: FeedIntakes
    statuses: Callable[[str], Awaitable[dict[int, RowStatus]]]


async def take_in(inlets: Inlets, arrival: Arrival, path: Path) -> Imported:
    """Imports an arrival's file. Raises FileError and TomlError (Spanish), and then nothing went in."""
    profiles = () if arrival.terms.mapping else await inlets.profiles(arrival.creditor.id, arrival.feed)
    opened = await asyncio.to_thread(_opened, inlets, arrival, path, profiles)
    whose, file, at, who = arrival.creditor, arrival.file, arrival.at, arrival.source
    if arrival.feed != "portfolio":
        return _of_feed(await feed_file(inlets.feeds, arrival.feed, whose, opened, file, at, who=who))
    report = await import_portfolio(inlets.portfolio, whose, opened, file, at, who=who)
    return _of_portfolio(report, await inlets.statuses(report.import_id))


def _opened(inlets: Inlets, arrival: Arrival, path: Path, profiles: Sequence[Profile]) -> OpenFile[Any]:
    """The file, by the mapping that came with it, else by the remembered one whose header it has."""
    terms, country, form = arrival.terms, country_of(arrival), FORMS[arrival.feed]
    if terms.mapping:
        mapping: Mapping | None = load_mapping(terms.mapping, terms.mapping_name, form)
    elif profiles:
        known = known_again(profiles, inlets.grids(path, form, None, terms.sheet), form)
        mapping = known[1] if known else None
    else:
        mapping = None
    return inlets.open(path, form, mapping, country, import_day(country, arrival.at), terms.sheet)


def country_of(arrival: Arrival) -> str:
    """The country of rows that name none. Raises AcuerdoError where neither file nor creditor says one."""
    country = arrival.terms.country or arrival.creditor.settings.country
    if not country:
        raise AcuerdoError(
            "No se sabe el país de las filas que no lo dicen: indíquelo en el envío (country) o en el acreedor "
            f'(acuerdo feeds expect "{arrival.creditor.name}" --country CO).'
        )
    return country.upper()


def _of_portfolio(report: Report, statuses: dict[int, RowStatus]) -> Imported:
    return Imported(
        import_id=report.import_id, digest=report.digest, set_aside_file=report.set_aside_file,
        faults=report.faults, warnings=report.warnings, statuses=statuses,
        counts={
            "taken": report.added + report.updated, "added": report.added, "updated": report.updated,
            "unchanged": report.unchanged, "set_aside": report.set_aside, "closed": report.closed,
            "doubtful": report.doubtful,
        },
    )  # fmt: skip


def _of_feed(report: FeedReport) -> Imported:
    few = len(report.statuses) <= MOST_ROWS
    return Imported(
        import_id=report.import_id, digest=report.digest, set_aside_file=report.set_aside_file,
        faults=report.faults, warnings=report.warnings, counts=report.counts,
        statuses=dict(report.statuses) if few else {n: one for n, one in report.statuses.items() if one == "unmatched"},
    )  # fmt: skip
