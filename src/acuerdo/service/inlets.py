"""The way in for a file of any feed, whatever door it came by: opened as it is to be read, and imported."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from acuerdo.core.portfolio.forms import PORTFOLIO, Form
from acuerdo.core.portfolio.mapping import Mapping, load_mapping
from acuerdo.core.portfolio.reading import OpenFile
from acuerdo.core.words import AcuerdoError
from acuerdo.service.door import Arrival, Imported
from acuerdo.service.importing import Intakes, Report, import_day, import_portfolio

# What each feed's files hold.
FORMS: dict[str, Form[Any]] = {"portfolio": PORTFOLIO}
Opener = Callable[[Path, Form[Any], Mapping | None, str, date, str], OpenFile[Any]]


@dataclass(frozen=True)
class Inlets:
    """Where the feeds go in, and how their files are opened."""

    open: Opener
    portfolio: Intakes


async def take_in(inlets: Inlets, arrival: Arrival, path: Path) -> Imported:
    """Imports an arrival's file. Raises FileError and TomlError (Spanish), and then nothing went in."""
    if arrival.feed not in FORMS:
        raise AcuerdoError(f"Todavía no se reciben archivos de «{arrival.feed}» por aquí.")
    opened = await asyncio.to_thread(_opened, inlets.open, arrival, path)
    who = arrival.source
    report = await import_portfolio(
        inlets.portfolio, arrival.creditor, opened, arrival.file, arrival.at, who=who
    )  # fmt: skip
    return _of_portfolio(report)


def _opened(opener: Opener, arrival: Arrival, path: Path) -> OpenFile[Any]:
    terms, country = arrival.terms, country_of(arrival)
    mapping = load_mapping(terms.mapping, terms.mapping_name, FORMS[arrival.feed]) if terms.mapping else None
    return opener(path, FORMS[arrival.feed], mapping, country, import_day(country, arrival.at), terms.sheet)


def country_of(arrival: Arrival) -> str:
    """The country of rows that name none. Raises AcuerdoError where neither file nor creditor says one."""
    country = arrival.terms.country or arrival.creditor.settings.country
    if not country:
        raise AcuerdoError(
            "No se sabe el país de las filas que no lo dicen: indíquelo en el envío (country) o en el acreedor "
            f'(acuerdo feeds expect "{arrival.creditor.name}" --country CO).'
        )
    return country.upper()


def _of_portfolio(report: Report) -> Imported:
    return Imported(
        import_id=report.import_id, digest=report.digest, set_aside_file=report.set_aside_file,
        warnings=report.warnings,
        counts={
            "taken": report.added + report.updated, "added": report.added, "updated": report.updated,
            "unchanged": report.unchanged, "set_aside": report.set_aside, "closed": report.closed,
            "doubtful": report.doubtful,
        },
    )  # fmt: skip
