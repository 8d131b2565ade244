"""What a program is told when something is wrong: application/problem+json (RFC 9457), in Spanish."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

TITLES: dict[int, str] = {
    400: "La petición no se entiende",
    401: "Hace falta una clave",
    403: "La clave no permite esto",
    404: "No existe",
    405: "Ese método no vale aquí",
    409: "Choca con otra petición",
    413: "El envío es demasiado grande",
    415: "Ese tipo de contenido no se acepta",
    422: "El envío no se pudo leer; no entró nada",
    500: "Algo salió mal de nuestro lado",
    503: "El servicio vuelve enseguida",
}
RETRY = 3  # seconds


class Problem(Exception):
    """Something that ends a request; its text is for whoever wrote the program that calls."""

    def __init__(
        self, status: int, detail: str, more: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.more, self.headers = status, detail, dict(more or {}), dict(headers or {})


def answer(problem: Problem) -> Response:
    """The problem as an answer."""
    title = TITLES.get(problem.status, TITLES[500])
    told = {"type": "about:blank", "title": title, "status": problem.status, "detail": problem.detail, **problem.more}
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(msgspec.json.encode(told), problem.status, headers, media_type="application/problem+json")


async def of_ours(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for this class alone
    return answer(error)


async def of_routing(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return answer(Problem(status, "Revise la dirección y el método; están en /api/v1/docs."))


async def of_reading(_: Request, __: Exception) -> Response:
    """A parameter that does not fit; its value is not repeated."""
    return answer(Problem(400, "Un parámetro de la dirección no vale; los que hay están en /api/v1/docs."))


async def of_absence(_: Request, __: Exception) -> Response:
    detail = "La base de datos no responde ahora. Repita la petición con la misma Idempotency-Key; no se pierde nada."
    return answer(Problem(503, detail, headers={"Retry-After": str(RETRY)}))


async def of_faults(_: Request, __: Exception) -> Response:
    detail = "No entró nada a medias. Ya tomamos nota; repita la petición con la misma Idempotency-Key más tarde."
    return answer(Problem(500, detail))
