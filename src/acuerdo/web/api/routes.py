"""The interface's routes: each asks for a key first, and a key sees its own creditor alone."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from acuerdo.adapters.store import imported
from acuerdo.app import App
from acuerdo.core.words import derive
from acuerdo.service import freshness
from acuerdo.service.door import Answer, Arrival, Feed, OtherContent, receive
from acuerdo.web.api import described
from acuerdo.web.api.bodies import Body, spooled
from acuerdo.web.api.problems import Problem
from acuerdo.web.api.reached import House, Key, as_json, creditor_of

AT_ONCE = 1 << 20  # bytes that are taken in within the request; more is left to a worker
LONGEST_KEY = 200  # characters of an Idempotency-Key

router = APIRouter()


@router.post("/creditors/{creditor_id}/feeds/{feed}", summary="Enviar filas o un archivo", name="send")
async def send(request: Request, app: House, key: Key, creditor_id: str, feed: Feed) -> Response:
    """Takes rows or a file in: small ones within the request, large ones by a worker (202, and where to look)."""
    creditor = await creditor_of(app, key, creditor_id, "feeds:write")
    repeated = request.headers.get("idempotency-key", "").strip()
    if len(repeated) > LONGEST_KEY:
        raise Problem(400, f"La Idempotency-Key tiene más de {LONGEST_KEY} caracteres.")
    async with spooled(request, feed) as body:
        id_ = derive("arrival", key.id, repeated or secrets.token_hex(16))
        arrival = Arrival(
            id_, creditor, feed, f"key:{key.id}", body.name, body.digest, body.terms, app.clock.now()
        )  # fmt: skip
        try:
            return _told(request, arrival, await _taken(app, arrival, body))
        except OtherContent as why:
            raise Problem(409, str(why)) from None


async def _taken(app: App, arrival: Arrival, body: Body) -> Answer:
    if body.size > AT_ONCE:
        return await app.doors.wait(arrival, body.path)
    return await receive(app.doors, arrival, body.path)


def _told(request: Request, arrival: Arrival, answer: Answer) -> Response:
    where = f"{request.scope.get('root_path', '')}/creditors/{arrival.creditor.id}/arrivals/{arrival.id}"
    if answer.status == "refused":
        raise Problem(422, answer.error, {"id": answer.id, "feed": answer.feed, "file": answer.file})
    status = 202 if answer.status == "waiting" else 200
    return as_json(public(answer), status, {"Location": where})


def public(answer: Answer) -> dict[str, Any]:
    """An answer as programs get it: without the CSV of the rows set aside, which they have."""
    told: dict[str, Any] = msgspec.to_builtins(answer)
    del told["set_aside_file"]
    return told


READS = ("feeds:read", "feeds:write")


@router.get("/creditors/{creditor_id}/arrivals/{arrival_id}", summary="Qué fue de un envío", name="arrival")
async def arrival(app: House, key: Key, creditor_id: str, arrival_id: str) -> Response:
    """What became of something sent: waiting, done with its rows, or refused with why."""
    await creditor_of(app, key, creditor_id, *READS)
    answer = await app.doors.answered(creditor_id, arrival_id)
    if answer is None:
        raise Problem(404, "No hay tal envío; las respuestas se guardan treinta días.")
    return as_json(public(answer))


@router.get("/creditors/{creditor_id}/imports", summary="Importaciones, la última primero", name="imports")
async def imports_(
    app: House, key: Key, creditor_id: str, feed: Feed | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:  # fmt: skip
    """The creditor's imports by whatever way they came, the newest first."""
    await creditor_of(app, key, creditor_id, *READS)
    return as_json({"imports": await imported.listed(app.pool, creditor_id, feed, limit)})


@router.get("/creditors/{creditor_id}/imports/{import_id}", summary="Una importación", name="import")
async def import_(app: House, key: Key, creditor_id: str, import_id: str) -> Response:
    """One import: its counts and, where it came by this interface or the drop folder, what became of its rows."""
    await creditor_of(app, key, creditor_id, *READS)
    found = await imported.one(app.pool, creditor_id, import_id)
    if found is None:
        raise Problem(404, "No hay tal importación.")
    answer = await app.doors.answered(creditor_id, found.arrival) if found.arrival else None
    rows = {"rows": msgspec.to_builtins(answer.rows), "left_off": answer.left_off} if answer else {}
    return as_json(msgspec.to_builtins(found) | rows)


@router.get("/creditors/{creditor_id}/freshness", summary="Qué tan al día está cada dato", name="freshness")
async def fresh(app: House, key: Key, creditor_id: str) -> Response:
    """Each feed: when it last came, its cut-off day, how often it is expected, and whether it is late."""
    creditor = await creditor_of(app, key, creditor_id, *READS, "results:read")
    feeds = await freshness.of_creditors(app.freshness, [creditor], app.clock.now())
    return as_json({"feeds": [freshness.told(one) for one in feeds]})


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The interface as a page: no script, and nothing from elsewhere."""
    return described.docs_page(request.app)
