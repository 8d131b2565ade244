"""The lines to a provider over HTTP, and what a broken one means for a message that was on it."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Mapping
from typing import Any

import httpx
import msgspec

from acuerdo.service.channels import Failed, Unknown

PATIENCE = 8.0  # seconds; the exit gives a delivery ten


class Lines:
    """Each request has a client of one connection to itself, which is kept for the next.

    A client's pool looks at each of its connections for each request, which costs more than the request itself.
    """

    def __init__(
        self, base: str, headers: Mapping[str, str], trust: ssl.SSLContext | None = None, auth: Any = None
    ) -> None:
        self._base, self._headers, self._auth = base, dict(headers), auth
        self._trust = trust
        self._free: list[httpx.AsyncClient] = []

    def _make(self) -> httpx.AsyncClient:
        self._trust = self._trust or ssl.create_default_context()
        return httpx.AsyncClient(
            base_url=self._base, headers=self._headers, auth=self._auth, verify=self._trust, trust_env=False,
            limits=httpx.Limits(max_connections=1), timeout=httpx.Timeout(PATIENCE),
        )  # fmt: skip

    async def ask(self, method: str, path: str, **what: Any) -> httpx.Response:
        """One request. Raises httpx.HTTPError."""
        client = self._free.pop() if self._free else self._make()
        try:
            return await client.request(method, path, **what)
        finally:
            self._free.append(client)

    async def fetch(self, url: str, most: int, **what: Any) -> bytes | None:
        """The body of a GET, read no further than `most` bytes: None where it is longer. Raises httpx.HTTPError."""
        client = self._free.pop() if self._free else self._make()
        try:
            async with client.stream("GET", url, **what) as answer:
                answer.raise_for_status()
                got = bytearray()
                async for chunk in answer.aiter_bytes():
                    got += chunk
                    if len(got) > most:
                        return None
            return bytes(got)
        finally:
            self._free.append(client)

    async def close(self) -> None:
        """Hangs up."""
        while self._free:
            await self._free.pop().aclose()


async def handed(asking: Awaitable[httpx.Response]) -> httpx.Response | Failed | Unknown:
    """The answer to a message; where the line broke, what that means: once it was open, nobody can tell."""
    try:
        return await asking
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as why:
        return Failed(f"the provider is not there ({type(why).__name__})", again=True)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.LocalProtocolError) as why:
        return Failed(f"the message cannot be asked for ({type(why).__name__})")
    except httpx.HTTPError as why:
        return Unknown(type(why).__name__)


def read_json(raw: bytes) -> Any:
    """What JSON says, None where it is none: answers are looked into field by field, and never trusted."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def inside(found: Any, *path: str | int) -> Any:
    """What lies at a path in decoded JSON; None where the way there does not exist or has another shape."""
    for step in path:
        if isinstance(step, str):
            if not isinstance(found, dict):
                return None
            found = found.get(step)
        else:
            if not isinstance(found, list) or not -len(found) <= step < len(found):
                return None
            found = found[step]
    return found


def words(found: Any, *path: str | int) -> str:
    """As `inside`, as text: a number as it is written, "" for anything else."""
    found = inside(found, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def dicts(found: Any, *path: str | int) -> list[dict[str, Any]]:
    """As `inside`, as a list of objects; what is not one is left out."""
    found = inside(found, *path)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
