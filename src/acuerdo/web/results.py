"""The results page: its figures, and the demo's clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.clock import ClockBackwards, ClockFixed, StoredClock
from acuerdo.adapters.store.desk import Agent
from acuerdo.app import App
from acuerdo.service import freshness, measuring
from acuerdo.web.desk import checked, csrf, signed_in
from acuerdo.web.pages import page

ZONE = "America/Bogota"  # where the demo's clock is read
STEPS = {"1h": timedelta(hours=1), "1d": timedelta(days=1)}
FIXED = "El reloj de esta instalación es el del equipo; solo se mueve el de la demostración."
BACKWARDS = "El reloj solo avanza: elija un momento posterior."
UNREADABLE = "Esa fecha no se entiende; elija un día y una hora."

Handler = Callable[[Request], Awaitable[Response]]


def for_staff(handler: Handler) -> Handler:
    """The handler for whoever signed in at the desk; in the demo, for anybody."""

    async def as_agent(request: Request, app: App, agent: Agent) -> Response:
        return await handler(request)

    guarded = signed_in(as_agent)

    async def either(request: Request) -> Response:
        app: App = request.app.state.house
        return await (handler if app.settings.clock == "demo" else guarded)(request)

    return either


@for_staff
async def results_page(request: Request) -> Response:
    app: App = request.app.state.house
    feeds = await freshness.of_creditors(app.freshness, await app.creditors.all(), app.clock.now())
    context = {"csrf": csrf(request), "feeds": [freshness.in_words(one) for one in feeds]}
    return page(request, "results.html", context, private=True)


@for_staff
async def results_json(request: Request) -> Response:
    app: App = request.app.state.house
    told = {"clock": await _clock(app), **await measuring.results(app.figures)}
    return Response(msgspec.json.encode(told), media_type="application/json", headers={"Cache-Control": "no-store"})


async def _clock(app: App) -> dict[str, Any]:
    movable = isinstance(app.clock, StoredClock) and await app.clock.movable()
    at = app.clock.now().astimezone(ZoneInfo(ZONE))
    return {"at": at.isoformat(timespec="minutes"), "zone": ZONE, "movable": movable}


@for_staff
async def move_clock(request: Request) -> Response:
    """Moves the demo's clock forward; for a form without a script, back to the page."""
    app: App = request.app.state.house
    form = await request.form()
    if not checked(request, form):
        return _no("La página quedó vieja; vuelva a cargarla.", 403)
    to = _moment(app.clock.now(), str(form.get("forward", "")), str(form.get("to", "")))
    if to is None:
        return _no(UNREADABLE, 400)
    try:
        if not isinstance(app.clock, StoredClock):
            return _no(FIXED, 409)
        await app.clock.move(to)
    except ClockFixed:
        return _no(FIXED, 409)
    except ClockBackwards:
        return _no(BACKWARDS, 409)
    return RedirectResponse("/results", 303)


def _moment(now: datetime, forward: str, to: str) -> datetime | None:
    if forward:
        return now + STEPS[forward] if forward in STEPS else None
    try:
        return datetime.fromisoformat(to).replace(tzinfo=ZoneInfo(ZONE))
    except ValueError:
        return None


def _no(why: str, status: int) -> Response:
    return JSONResponse({"error": why}, status, headers={"Cache-Control": "no-store"})


ROUTES: list[BaseRoute] = [
    Route("/results", results_page),
    Route("/results.json", results_json),
    Route("/results/clock", move_clock, methods=["POST"]),
]
