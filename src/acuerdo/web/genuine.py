"""The page that tells whether a message is genuine: who wrote it, for whom, since when and whom to ask."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.links import Sent
from acuerdo.app import App
from acuerdo.core.negotiation.written import format_date
from acuerdo.core.words import CAPITAL_ZONE
from acuerdo.web.pages import page

# As they stand in "un mensaje …"; a channel that is not here is left out of the sentence.
MEANS = {"sms": "por SMS", "whatsapp": "por WhatsApp", "email": "por correo electrónico"}
UNKNOWN = "No podemos confirmar este mensaje"
UNKNOWN_TEXT = (
    "Este enlace no lo enviamos nosotros, o está mal copiado. No escriba en él ningún dato. Si tiene dudas, llame a la "
    "empresa que dice escribirle, al número que aparece en su contrato, en su factura o en su página oficial."
)


async def of_message(request: Request) -> Response:
    """What is known of the message whose link this is. Opening it opens nothing else, and proves nobody's identity."""
    app: App = request.app.state.house
    return _shown(request, await app.links.sent(request.path_params["token"]))


async def of_domain(request: Request) -> Response:
    """Whose domain this is, without any message."""
    app: App = request.app.state.house
    host = request.headers.get("host", "").partition(":")[0].lower()
    return _shown(request, await app.links.of_domain(host) if host else None)


def _shown(request: Request, sent: Sent | None) -> Response:
    if sent is None:
        return page(request, "plain.html", {"title": UNKNOWN, "text": UNKNOWN_TEXT, "again": 0}, status=404)
    return page(request, "genuine.html", _context(sent), private=True)


def _context(sent: Sent) -> dict[str, str]:
    settings, country = sent.settings, sent.country or "CO"  # the dates read alike in every country
    zone = ZoneInfo(CAPITAL_ZONE.get(country, "UTC"))
    agency = settings.agency if settings.ownership == "agency" else ""
    moment = sent.at.astimezone(zone) if sent.at else None
    return {
        "creditor": sent.creditor, "legal_name": settings.legal_name, "tax_id": settings.tax_id, "logo": settings.logo,
        "agency": agency, "phone": settings.phone, "desk_hours": settings.desk_hours, "domain": settings.domain,
        "means": MEANS.get(sent.channel, ""),
        "at": f"{format_date(moment.date(), country)}, {moment:%H:%M}" if moment else "",
        "since": format_date(sent.since.astimezone(zone).date(), country),
    }  # fmt: skip


ROUTES: list[BaseRoute] = [Route("/v", of_domain), Route("/v/{token}", of_message)]
