"""When a person may be called or written to at their own wish, as the law and the house have it where they are."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from acuerdo.core.compliance import Rules
from acuerdo.core.compliance.places import is_closed, place
from acuerdo.core.compliance.profiles import profile
from acuerdo.core.dialogue.view import Hours
from acuerdo.service.law import load_rules

AHEAD = 60  # days in which closed ones are looked for: nobody asks to be called later than that


def hours_of(country: str, subdivision: str, today: date) -> Hours:
    """The windows of each weekday, and the closed days to come. Raises PackError where no pack may be trusted."""
    return _of_place(load_rules(today), country, subdivision, today)


@lru_cache(maxsize=1024)
def _of_place(rules: Rules, country: str, subdivision: str, today: date) -> Hours:
    where = place(country, subdivision, ())
    bounds = profile(rules.for_place(where.country, where.subdivision), "voice", "voice", "requested_information")
    days = (today + timedelta(days=n) for n in range(AHEAD))
    return Hours(bounds.week, tuple(d for d in days if is_closed(bounds, where.country, where.subdivision, d)))
