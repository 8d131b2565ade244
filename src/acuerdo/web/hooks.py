"""What providers call, and the way to a payment and back: stored first, then answered."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.app import App
from acuerdo.core.negotiation.written import format_date, format_money
from acuerdo.service import paying, receiving
from acuerdo.service.channels import Challenged, Channel, NoChannel
from acuerdo.service.gateways import GatewayDown, UnknownGateway
from acuerdo.service.paying import PaymentRow
from acuerdo.web.pages import page

LONGEST_BODY = 256 * 1024  # bytes
LONGEST_FROM_CHANNEL = 3 * 1024 * 1024  # bytes: providers gather many events in one post
FORM = "application/x-www-form-urlencoded"
FORMS = (FORM, "multipart/form-data")
# Who posts forms (Twilio) reads the answer as what to do next: nothing.
NO_ORDERS = Response("<Response/>", media_type="text/xml")
TAKEN = JSONResponse({"taken": True})
LATE = "El pago está en camino"
LATE_TEXT = "La pasarela nos lo confirma en un momento. Esta página se vuelve a cargar sola; puede cerrarla si quiere."
NOTHING = "Este pago ya no está disponible"
NOTHING_TEXT = "Puede que ya esté hecho o que haya vencido. Vuelva a su conversación para ver cómo va todo."
DOWN = "La página de pagos no responde"
DOWN_TEXT = "No se hizo ningún cobro. Esta página vuelve a intentarlo sola."
HOW = "Cómo pagar"
DECLINED = "El pago no se hizo"
DECLINED_TEXT = (
    "No se hizo ningún cobro. Vuelva a su conversación para intentarlo otra vez o elegir otra forma de pago."
)
RETRY = 2  # seconds


async def _body(request: Request, longest: int = LONGEST_BODY) -> bytes | None:
    """The whole body, as it was signed; None when it is longer than any provider's."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > longest:
            return None
    return bytes(raw)


def _source(request: Request) -> str:
    return request.client.host if request.client else ""


async def from_channel(request: Request) -> Response:
    """A channel's provider tells of a message or a receipt; or asks, by GET, whether the address is ours."""
    app: App = request.app.state.house
    name = request.path_params["channel"]
    channel = app.channels.get(name)
    if request.method != "POST" and (isinstance(channel, Challenged) or not request.url.query):
        return _challenged(channel, request.query_params)
    raw = await _body(request, LONGEST_FROM_CHANNEL)
    if raw is None:
        return Response(status_code=413)
    told, headers = _told(request, raw)
    try:
        good = await receiving.receive(app.mail, name, told, headers, _source(request), app.clock.now())
    except NoChannel:
        return Response(status_code=404)
    if good and headers.get("content-type", "").startswith(FORM):
        return NO_ORDERS
    return TAKEN if good else Response(status_code=401)


def _challenged(channel: Channel | None, query: Mapping[str, str]) -> Response:
    if not isinstance(channel, Challenged):
        return Response(status_code=404)
    answer = channel.challenge(dict(query))
    return PlainTextResponse(answer) if answer is not None else Response(status_code=403)


def _told(request: Request, raw: bytes) -> tuple[bytes, dict[str, str]]:
    """What was told and its headers, with whence, and the path as it was asked for, which some providers sign.

    A form's fields may stand in the address as well as in the body, or, by GET, there alone: they are kept together.
    """
    query = request.url.query
    path = request.url.path + (f"?{query}" if query else "")
    headers = {**request.headers, ":path": path, ":source": _source(request)}
    if query and (not raw or headers.get("content-type", "").startswith(FORMS)):
        raw = raw + b"&" + query.encode() if raw else query.encode()
    return raw, headers


async def from_gateway(request: Request) -> Response:
    """A payment gateway tells what became of a payment."""
    app: App = request.app.state.house
    raw = await _body(request)
    if raw is None:
        return Response(status_code=413)
    try:
        good = await paying.receive_notice(
            app.paying, request.path_params["gateway"], raw, dict(request.headers), _source(request), app.clock.now()
        )
    except UnknownGateway:
        return Response(status_code=404)
    return TAKEN if good else Response(status_code=401)


async def to_payment(request: Request) -> Response:
    """A payment link: on to the gateway's page, made when it is first opened."""
    app: App = request.app.state.house
    payment = request.path_params["payment"]
    try:
        url = await paying.open_payment(app.paying, payment, app.clock.now())
    except GatewayDown:
        return _plain(request, DOWN, DOWN_TEXT, again=RETRY * 2, status=503)
    if url is not None:
        return RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    paid = await paying.receipt(app.paying, payment)
    return _receipt(request, paid) if paid else _plain(request, NOTHING, NOTHING_TEXT, status=404)


async def from_payment(request: Request) -> Response:
    """Where the gateway sends a person back: the receipt once the payment is booked."""
    app: App = request.app.state.house
    payment = request.path_params["payment"]
    row = await paying.receipt(app.paying, payment)
    if row is None and await _asked(app, payment) == "paid":
        row = await paying.receipt(app.paying, payment)
    if row is not None:
        return _receipt(request, row)
    status = await app.pool.fetchval("select status from payment where id = $1", payment)
    if status in (None, "expired", "refunded"):
        return _plain(request, NOTHING, NOTHING_TEXT, status=404)
    if status == "refused":
        return _plain(request, DECLINED, DECLINED_TEXT)
    if steps := await paying.steps_of(app.paying, payment):
        return _plain(request, HOW, " ".join(f"{n}. {step}" for n, step in enumerate(steps, 1)))
    return _plain(request, LATE, LATE_TEXT, again=RETRY)


async def _asked(app: App, payment: str) -> str | None:
    """What the gateway itself says, as a person may come back before its notice does."""
    try:
        return await paying.look_again(app.paying, payment, app.clock.now())
    except GatewayDown:
        return None


def _receipt(request: Request, row: PaymentRow) -> Response:
    paid: datetime = (row.paid_at or row.created_at).astimezone(ZoneInfo(row.zone))
    context = {
        "creditor": row.creditor_name, "logo": "", "amount": format_money(row.amount, row.country),
        "number": row.id[:8].upper(), "paid_at": f"{format_date(paid.date(), row.country)}, {paid:%H:%M}", "rows": [],
        "back": request.session.get("talk", ""), "sandbox": row.gateway == "sandbox",
    }  # fmt: skip
    return page(request, "receipt.html", context, private=True)


def _plain(request: Request, title: str, text: str, *, again: int = 0, status: int = 200) -> Response:
    return page(request, "plain.html", {"title": title, "text": text, "again": again}, status=status, private=True)


ROUTES: list[BaseRoute] = [
    Route("/webhooks/channel/{channel}", from_channel, methods=["GET", "POST"]),
    Route("/webhooks/pay/{gateway}", from_gateway, methods=["POST"]),
    Route("/p/{payment}", to_payment),
    Route("/p/{payment}/volver", from_payment),
]
