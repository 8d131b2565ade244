"""The desk's list of everybody whom nobody contacts for now: why, since when, and until when."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.desk import Agent
from acuerdo.app import App
from acuerdo.core.words import HoldKind
from acuerdo.service.holding import NoReason, NotByHand, lift_hold
from acuerdo.web.desk import checked, csrf, signed_in
from acuerdo.web.pages import page
from acuerdo.web.pauses import SAID, shown

MOST = 300  # holds on a page


async def holds(request: Request, app: App, agent: Agent) -> Response:
    """The holds that stand, those first that end or are to be looked at soonest."""
    return await _list(request, app, agent, "")


async def _list(request: Request, app: App, agent: Agent, error: str) -> Response:
    now = app.clock.now()
    rows = await app.holds.standing(None, now)
    told = [shown(row) | {"late": row.review_at is not None and row.review_at <= now} for row in rows[:MOST]]
    context = {
        "agent": {"name": agent.name}, "csrf": csrf(request), "error": error, "holds": told, "many": len(rows),
    }  # fmt: skip
    return page(request, "holds.html", context, status=409 if error else 200, private=True)


async def lift(request: Request, app: App, agent: Agent) -> Response:
    """Lifts one of them, with a reason."""
    form = await request.form()
    if not checked(request, form):
        return RedirectResponse("/desk/holds", 303)
    kind: HoldKind = str(form.get("hold", ""))  # type: ignore[assignment]  # lift_hold refuses what is no kind
    person, why = str(form.get("person", "")), str(form.get("why", ""))
    try:
        await lift_hold(app.holds, person, kind, why, f"agent:{agent.login}", app.clock.now())
    except (NotByHand, NoReason) as error:
        return await _list(request, app, agent, SAID[type(error)])
    return RedirectResponse("/desk/holds", 303)


ROUTES: list[BaseRoute] = [
    Route("/desk/holds", signed_in(holds)),
    Route("/desk/holds/lift", signed_in(lift), methods=["POST"]),
]
