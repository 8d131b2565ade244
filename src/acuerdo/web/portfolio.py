"""The portfolio page: open debts by age, product and amount, and how they rolled between two days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from acuerdo.app import App
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.portfolio.ageing import BUCKETS, GONE, NEW, TITLES, Ageing, Line, Rolled, rates
from acuerdo.core.words import CURRENCY_OF, Money
from acuerdo.service.ageing import ZONE, end_of, report, roll
from acuerdo.web.pages import page
from acuerdo.web.results import for_staff

COUNTRY_OF = {currency: country for country, currency in CURRENCY_OF.items()}
WEEK = timedelta(days=7)
NAMES = {**TITLES, NEW: "No estaba", GONE: "Ya no se debe"}


@for_staff
async def portfolio_page(request: Request) -> Response:
    app: App = request.app.state.house
    today = app.clock.now().astimezone(ZONE).date()
    to = min(_day(request.query_params.get("to")) or today, today)
    since = min(_day(request.query_params.get("from")) or to - WEEK, to)
    creditors = await app.creditors.all()
    chosen = next((one for one in creditors if one.id == request.query_params.get("creditor")), None)
    chosen = chosen or (creditors[0] if creditors else None)
    context: dict[str, Any] = {
        "creditors": [{"id": one.id, "name": one.name} for one in creditors], "chosen": chosen.id if chosen else "",
        "since": since.isoformat(), "to": to.isoformat(), "today": today.isoformat(), "currencies": [],
    }  # fmt: skip
    if chosen is not None:
        ageing = await report(app.ageing, chosen.id, end_of(to))
        rolled = await roll(app.ageing, chosen.id, end_of(since), end_of(to))
        context["currencies"] = [_told(one, rolled.get(one.currency, [])) for one in ageing]
    return page(request, "portfolio.html", context, private=True)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _told(one: Ageing, rolled: list[Rolled]) -> dict[str, Any]:
    return {
        "currency": one.currency, "total": _line(one.total, one.total),
        "cuts": [
            {"title": title, "lines": [_line(line, one.total, _longest(lines)) for line in lines]}
            for title, lines in (
                ("Por antigüedad de la mora", one.by_age), ("Por producto", one.by_product),
                ("Por importe", one.by_amount),
            )
        ],
        "roll": _roll(rolled),
    }  # fmt: skip


def _longest(lines: tuple[Line, ...]) -> Line:
    return max(lines, key=lambda line: line.owed.minor)


def _line(line: Line, total: Line, longest: Line | None = None) -> dict[str, Any]:
    """One bar: its length is of a hundred, against the longest."""
    most = longest.owed.minor if longest else 0
    return {
        "title": line.title, "accounts": f"{line.accounts:,}".replace(",", "."), "owed": _money(line.owed),
        "share": f"{100 * line.owed.minor / total.owed.minor:.0f} %" if total.owed.minor else "–",
        "width": round(100 * line.owed.minor / most, 2) if most else 0,
    }  # fmt: skip


def _roll(rolled: list[Rolled]) -> dict[str, Any]:
    """A table from where debts were to where they are, with each one's share of its row, and which way it went."""
    share, cells = rates(rolled), {(one.was, one.now): one for one in rolled}
    order = [one.key for one in BUCKETS]
    rows = [was for was in (*order, NEW) if any(key[0] == was for key in cells)]
    columns = [now for now in (*order, GONE) if any(key[1] == now for key in cells)]
    place = {key: n for n, key in enumerate((GONE, *order))}

    def cell(was: str, now: str) -> dict[str, Any]:
        one = cells.get((was, now))
        worse = "" if was in (NEW, now) else "worse" if place[now] > place[was] else "better"
        rate = share.get((was, now))
        return {"accounts": one.accounts if one else 0, "rate": f"{100 * rate:.0f} %" if rate else "", "way": worse}

    return {
        "heads": [NAMES[now] for now in columns],
        "rows": [{"title": NAMES[was], "cells": [cell(was, now) for now in columns]} for was in rows],
    }


def _money(amount: Money) -> str:
    return format_money(amount, COUNTRY_OF.get(amount.currency, "CO"))


ROUTES: list[BaseRoute] = [Route("/portfolio", portfolio_page)]
