"""Pages: one set of templates, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

HERE = Path(__file__).parent
BUILD = HERE / "static" / "build"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'; frame-src 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


@lru_cache(maxsize=64)
def asset(name: str) -> str:
    """The address of a built file, with its contents' mark so that it may be cached for ever."""
    path = BUILD / name
    mark = blake2b(path.read_bytes(), digest_size=6).hexdigest() if path.exists() else "0"
    return f"/static/build/{name}?v={mark}"


@lru_cache(maxsize=1)
def templates() -> Environment:
    found = Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=select_autoescape(), trim_blocks=False)
    found.globals["asset"] = asset
    return found


def page(
    request: Request, name: str, context: Mapping[str, Any] | None = None, *, status: int = 200, private: bool = False
) -> Response:
    """A template as an answer. `private` pages are kept by nobody on the way."""
    body = templates().get_template(name).render(**(context or {}))
    headers = {**HEADERS, "Cache-Control": "no-store"} if private else {**HEADERS, "Cache-Control": "no-cache"}
    return HTMLResponse(body, status, headers)
