"""The supervisors' list of people who may be one: side by side, to be merged or kept apart."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.desk import Agent
from acuerdo.app import App
from acuerdo.service.people import CannotMerge, Deed, Pair, Sheet, agreements, differences
from acuerdo.web.desk import Handler, checked, csrf, signed_in
from acuerdo.web.pages import page

MOST = 25  # pairs on a page
ROWS = (
    ("name", "Nombre"), ("documents", "Documentos"), ("born", "Nacimiento"), ("phones", "Teléfonos"),
    ("emails", "Correos"), ("address", "Dirección"), ("city", "Ciudad"), ("customer_since", "Cliente desde"),
    ("accounts", "Deudas"),
)  # fmt: skip
# What the signs of the rules say to whoever decides.
SIGNS = {
    "document_same": "un documento en común", "document_slip": "documentos con una cifra de diferencia",
    "document_differs": "documentos distintos", "name_same": "el mismo nombre", "name_similar": "un nombre parecido",
    "name_differs": "nombres distintos", "phone": "un teléfono en común", "email": "un correo en común",
    "address": "la misma dirección", "birth_same": "la misma fecha de nacimiento",
    "birth_slip": "fechas de nacimiento casi iguales", "birth_differs": "fechas de nacimiento distintas",
}  # fmt: skip


def for_leads(handler: Handler) -> Handler:
    """The handler for supervisors; to other agents the page is not there."""

    async def guarded(request: Request, app: App, agent: Agent) -> Response:
        return await handler(request, app, agent) if agent.role == "lead" else RedirectResponse("/desk", 303)

    return guarded


@for_leads
async def doubtful(request: Request, app: App, agent: Agent) -> Response:
    """The open pairs of every creditor, the likeliest first."""
    return await _list(request, app, agent, "")


async def _list(request: Request, app: App, agent: Agent, error: str) -> Response:
    pairs = await app.people.review(None, MOST)
    context = {
        "agent": {"name": agent.name}, "csrf": csrf(request), "error": error, "pairs": [_pair(pair) for pair in pairs],
    }  # fmt: skip
    return page(request, "people.html", context, status=409 if error else 200, private=True)


def _pair(pair: Pair) -> dict[str, Any]:
    apart, alike = differences(pair.one, pair.other), agreements(pair.one, pair.other)
    # What is the same is similar too: one of the two is enough to say.
    signs = [sign for sign in pair.reasons if sign != "name_similar" or "name_same" not in pair.reasons]
    waits = {"document_same", "name_differs"} <= set(signs)
    return {
        "waits": waits, "one": pair.one.id, "other": pair.other.id, "creditor": pair.one.creditor, "score": pair.score,
        "why": ", ".join(SIGNS[sign] for sign in signs),
        "rows": [
            {"head": head, "one": _text(pair.one, name), "other": _text(pair.other, name),
             "mark": "differs" if name in apart else "agrees" if name in alike else ""}
            for name, head in ROWS
            if getattr(pair.one, name) or getattr(pair.other, name)
        ],
    }  # fmt: skip


PAPERS = {
    "cedula": "cédula", "cedula_extranjeria": "cédula de extranjería", "carnet_extranjeria": "carné de extranjería",
    "passport": "pasaporte", "tarjeta_identidad": "tarjeta de identidad",
}  # fmt: skip


def _paper(said: str) -> str:
    kind, _, number = said.partition(" ")
    return f"{PAPERS.get(kind, kind.upper())} {number}"


def _text(sheet: Sheet, name: str) -> str:
    value = tuple(map(_paper, sheet.documents)) if name == "documents" else getattr(sheet, name)
    if name in ("phones", "emails"):
        value = tuple(f"{one} (no sirve)" if one in sheet.bad else one for one in value)
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return ", ".join(value) if isinstance(value, tuple) else str(value or "—")


@for_leads
async def decide(request: Request, app: App, agent: Agent) -> Response:
    """Merges a pair, or keeps it apart; what cannot be is told on the list."""
    form = await request.form()
    if not checked(request, form):
        return RedirectResponse("/desk/people", 303)
    one, other = str(form.get("one", "")), str(form.get("other", ""))
    deed = Deed(one, f"agent:{agent.login}", str(form.get("why", "")).strip()[:500], app.clock.now())
    try:
        if request.path_params["deed"] == "merge":
            await app.people.merge(deed, other)
        else:
            await app.people.keep_apart(deed, other)
    except CannotMerge:
        return await _list(request, app, agent, "Esas dos fichas ya cambiaron. Mire la lista de nuevo.")
    return RedirectResponse("/desk/people", 303)


ROUTES: list[BaseRoute] = [
    Route("/desk/people", signed_in(doubtful)),
    Route("/desk/people/{deed:str}", signed_in(decide), methods=["POST"]),
]
