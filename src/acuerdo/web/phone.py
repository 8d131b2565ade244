"""The test phone: what the sandbox carrier delivered, as the person would see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.views import open_person
from acuerdo.app import App
from acuerdo.core.words import AcuerdoError
from acuerdo.web.pages import page
from acuerdo.web.results import ZONE, for_staff

NUMBERS = "select number, count(*) as n from sandbox.sms group by number order by max(at) desc, number limit 5000"
MESSAGES = "select id, at, sender, body from sandbox.sms where number = $1 order by at, id limit 500"
COUNT = "select count(*) from sandbox.sms"
OWNERS = """
select distinct on (l.address_hash) l.address_hash, p.id, p.zones, p.wrapped_key, p.sealed
from link l join person p on p.id = l.person_id
where l.channel = 'sms' and l.address_hash = any($1::text[]) order by l.address_hash, l.issued_at desc
"""
EVERY = 1.0  # seconds between two looks at the carrier's book
STILL = 15  # looks without news after which a word keeps the line open


@for_staff
async def phone_page(request: Request) -> Response:
    return page(request, "phone.html", {"number": request.query_params.get("number", "")}, private=True)


@for_staff
async def phone_json(request: Request) -> Response:
    """Every number that was written to, and one number's messages, in the hour of its owner."""
    app: App = request.app.state.house
    number = request.query_params.get("number", "")
    if number.strip().isdigit():  # a plus sign in an address reads as a space
        number = "+" + number.strip()
    rows = await app.pool.fetch(NUMBERS)
    owners = await _owners(request, app, [row["number"] for row in rows])
    messages = await app.pool.fetch(MESSAGES, number) if number else []
    zone = ZoneInfo(owners.get(number, {}).get("zone", ZONE))
    told = {
        "numbers": [
            {"number": row["number"], "count": row["n"]} | _named(owners.get(row["number"], {})) for row in rows
        ],
        "messages": [
            {"id": row["id"], "at": row["at"].astimezone(zone).isoformat(timespec="seconds"), "from": row["sender"],
             "text": row["body"]}
            for row in messages
        ],
    }  # fmt: skip
    return JSONResponse(told, headers={"Cache-Control": "no-store"})


def _named(owner: dict[str, str]) -> dict[str, str]:
    return {"name": owner["name"]} if owner.get("name") else {}


async def _owners(request: Request, app: App, numbers: list[str]) -> dict[str, dict[str, str]]:
    """Whose each number is; looked up once each."""
    known: dict[str, dict[str, str]] = request.app.state.owners
    hashes = {app.keyring.address_hash("sms", number): number for number in numbers if number not in known}
    if hashes:
        for row in await app.pool.fetch(OWNERS, list(hashes)):
            known[hashes[row["address_hash"]]] = {"name": _name(app, row), "zone": row["zones"][0]}
    return known


def _name(app: App, row: Any) -> str:
    try:
        return open_person(app.keyring, row["wrapped_key"], row["sealed"], row["id"]).name
    except AcuerdoError:
        return ""


@for_staff
async def phone_events(request: Request) -> Response:
    """A stream whose every `sms` event means: ask again."""
    app: App = request.app.state.house

    async def stream() -> AsyncIterator[str]:
        yield "retry: 2000\n\n"
        seen, quiet = -1, 0
        while True:
            count = seen
            with suppress(OSError, AcuerdoError):
                count = int(await app.pool.fetchval(COUNT))
            if count != seen and seen >= 0:
                yield "event: sms\ndata: -\n\n"
                quiet = 0
            elif (quiet := quiet + 1) % STILL == 0:
                yield ": still here\n\n"
            seen = count
            await asyncio.sleep(EVERY)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


ROUTES: list[BaseRoute] = [
    Route("/phone", phone_page),
    Route("/sandbox/phone.json", phone_json),
    Route("/sandbox/phone/events", phone_events),
]
