"""How a request reaches its creditor: by a key, which sees that one alone."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.responses import Response

from acuerdo.app import App
from acuerdo.service.api_keys import ApiKey
from acuerdo.service.creditors import Creditor
from acuerdo.web.api.problems import Problem

_bearer = HTTPBearer(auto_error=False, description="Una clave de `acuerdo key add`: vale para un solo acreedor.")


def house(request: Request) -> App:
    app: App = request.app.state.house
    return app


House = Annotated[App, Depends(house)]


async def _key(app: House, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> ApiKey:
    found = await app.keys.find(given.credentials, app.clock.now()) if given else None
    if found is None:
        detail = "Envíe «Authorization: Bearer CLAVE» con una clave vigente; se crean con acuerdo key add."
        raise Problem(401, detail, headers={"WWW-Authenticate": "Bearer"})
    return found


Key = Annotated[ApiKey, Depends(_key)]


async def creditor_of(app: App, key: ApiKey, creditor_id: str, *scopes: str) -> Creditor:
    """The creditor of the path, where the key is its; one that is not is told apart from none by nobody."""
    found = next((one for one in await app.creditors.all() if one.id == creditor_id), None)
    if found is None or key.creditor != creditor_id:
        raise Problem(404, "No hay tal acreedor para esta clave.")
    if not key.may(*scopes):
        raise Problem(403, f"Esta clave no tiene permiso para esto; hace falta {' o '.join(scopes)}.")
    return found


def as_json(what: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(what), status, {"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )  # fmt: skip
