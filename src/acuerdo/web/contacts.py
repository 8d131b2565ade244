"""The person's own page: who contacted them, how many contacts may still come this week, and how to stop them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.app import App
from acuerdo.core.negotiation.written import format_date
from acuerdo.service.explaining import Outlook, Told, explained
from acuerdo.service.ports import LinkRow
from acuerdo.web.chat import valid
from acuerdo.web.desk import checked, csrf
from acuerdo.web.pages import page

SHOWN = timedelta(days=31)
MOST = 60  # contacts on the page
CHANNELS = {
    "sms": "SMS", "email": "Correo", "whatsapp": "WhatsApp", "voice": "Llamada", "web": "Este chat", "visit": "Visita",
}  # fmt: skip
OTHER = "Otra empresa"


async def contacts(request: Request) -> Response:
    """The page, for whoever has proved who they are in the chat of this link; to others it tells nothing."""
    app: App = request.app.state.house
    token, at = request.path_params["token"], app.clock.now()
    link = await app.links.find(token)
    if link is None or not valid(link, at):
        return page(request, "gone.html", {"renew": f"/c/{token}/renew", "asked": False}, status=404, private=True)
    told = await _told(app, link, at) if await app.ledger.identified(link, at) else None
    context = {"back": f"/c/{token}", "csrf": csrf(request), "told": told, "done": request.query_params.get("listo")}
    return page(request, "contacts.html", context, status=200 if told else 403, private=True)


async def _told(app: App, link: LinkRow, at: datetime) -> dict[str, Any] | None:
    async with app.exit.outbound.person(link.person, at) as contact:
        if contact is None:
            return None
        channels = [name for name in app.channels if name in CHANNELS] or ["sms"]
        outlook = await explained(app.exit, contact, channels[0], at)
        record, who = contact.record, contact.who
    zone = ZoneInfo(record.zones[0] if record.zones else "UTC")
    made = await app.ledger.told(link.person, at - SHOWN, at)
    shown = [one for one in outlook.channels if one.channel in channels or one.channel == "voice"]
    return {
        "who": who.who,
        "contacts": [_contact(one, zone, who.country) for one in made[:MOST]],
        "left": [_left(one, zone, who.country) for one in shown],
        "some_closed": bool(record.opt_outs),
        "all_closed": any(one.channel == "*" for one in record.opt_outs),
        "held": bool(record.holds),
    }


def _contact(one: Told, zone: ZoneInfo, country: str) -> dict[str, str]:
    local = one.at.astimezone(zone)
    return {
        "at": local.isoformat(timespec="minutes"), "day": format_date(local.date(), country), "hour": f"{local:%H:%M}",
        "who": one.who or OTHER, "channel": CHANNELS.get(one.channel, one.channel),
        "talked": "Hablaron" if one.reached else "",
    }  # fmt: skip


def _left(one: Outlook, zone: ZoneInfo, country: str) -> dict[str, str]:
    codes = {reason.code for reason in one.why}
    return {"channel": CHANNELS.get(one.channel, one.channel), "text": _words(one, codes, zone, country)}


def _words(one: Outlook, codes: set[str], zone: ZoneInfo, country: str) -> str:
    if "opted_out" in codes:
        return "Ninguno: usted pidió que no le contactemos."
    if "on_hold" in codes:
        return "Ninguno mientras dure la pausa."
    if one.verdict == "refused":
        return "Ninguno por este medio."
    if one.left_this_week is None:
        return "Sin un número fijo por semana; siempre dentro del horario permitido."
    if one.left_this_week > 0:
        return "Uno más esta semana." if one.left_this_week == 1 else f"Hasta {one.left_this_week} más esta semana."
    day = format_date(one.at.astimezone(zone).date(), country) if one.at else ""
    return f"Ninguno más antes del {day}." if day else "Ninguno más esta semana."


async def change(request: Request) -> Response:
    """The person stops all contact, or lets it begin again: theirs alone to do, after identity."""
    app: App = request.app.state.house
    token, at = request.path_params["token"], app.clock.now()
    link = await app.links.find(token)
    back = f"/c/{token}/contacts"
    known = link is not None and valid(link, at) and await app.ledger.identified(link, at)
    if link is None or not known or not checked(request, await request.form()):
        return RedirectResponse(back, 303)
    key = f"{link.token_hash.hex()} {at.isoformat()}"
    if request.path_params["deed"] == "again":
        await app.ledger.reopen(link.person, "", at, key)
        return RedirectResponse(f"{back}?listo=abierto", 303)
    await app.ledger.close(link.person, at, key)
    return RedirectResponse(f"{back}?listo=cerrado", 303)


async def from_chat(request: Request) -> Response:
    """The way here from a conversation, whose address only the person's own browser knows."""
    talk = str(request.session.get("talk", ""))
    return RedirectResponse(f"{talk}/contacts" if talk.startswith("/c/") else "/", 303)


ROUTES: list[BaseRoute] = [
    Route("/contacts", from_chat),
    Route("/c/{token}/contacts", contacts),
    Route("/c/{token}/contacts/{deed:str}", change, methods=["POST"]),
]
