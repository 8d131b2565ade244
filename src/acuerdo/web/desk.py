"""The agents' pages: sign in, see who waits, take a conversation, write, offer, hand back, close."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.store.desk import Agent, Item, NoCase
from acuerdo.app import App
from acuerdo.core import desk
from acuerdo.core import facts as f
from acuerdo.core.dialogue.view import AccountView, View
from acuerdo.core.negotiation.written import format_date, format_money
from acuerdo.core.words import AcuerdoError, Money, derive, money
from acuerdo.service import talking
from acuerdo.service.documents import Sent
from acuerdo.web import pauses
from acuerdo.web.pages import page

QUEUES: tuple[tuple[desk.Queue, str, str], ...] = (
    ("mine", "Las que atiendo", "No tiene conversaciones a su nombre."),
    ("asking", "Piden una persona", "Nadie está pidiendo una persona."),
    ("handed_over", "Pasadas por el asistente", "No hay conversaciones por atender."),
)
MOST_TERSE = 3  # letters of a reason
TRIES, FORGIVEN_AFTER = 8, timedelta(minutes=10)

Handler = Callable[[Request, App, Agent], Awaitable[Response]]
Deed = Callable[[App, Agent, str, FormData, datetime], Awaitable[str]]


def csrf(request: Request) -> str:
    """The session's token, that every form carries."""
    return str(request.session.setdefault("csrf", secrets.token_urlsafe(24)))


def checked(request: Request, form: FormData) -> bool:
    """Whether the form came from our own page."""
    given, known = str(form.get("csrf", "")), str(request.session.get("csrf", "?"))
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())


def signed_in(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler for an agent who has signed in; anybody else is sent to the door."""

    async def guarded(request: Request) -> Response:
        app: App = request.app.state.house
        agent = await app.desk.agent(request.session.get("agent", ""))
        if agent is None:
            return RedirectResponse("/desk/login", 303)
        return await handler(request, app, agent)

    return guarded


async def login(request: Request) -> Response:
    """The door; after too many wrong tries it stays shut for a while."""
    app: App = request.app.state.house
    if request.method == "GET":
        return _door(request)
    form = await request.form()
    name = str(form.get("name", "")).strip().lower()
    tries: dict[str, tuple[int, datetime]] = request.app.state.tries
    count, since = tries.get(name, (0, app.clock.now()))
    if app.clock.now() - since > FORGIVEN_AFTER:
        count, since = 0, app.clock.now()
    if count >= TRIES:
        return _door(request, name, "Demasiados intentos. Espere unos minutos y vuelva a probar.")
    tries[name] = (count + 1, since)  # before the password is looked at, so that tries at once all count
    agent = await app.desk.sign_in(name, str(form.get("password", ""))) if checked(request, form) else None
    if agent is None:
        return _door(request, name, "El usuario o la contraseña no son correctos.")
    tries.pop(name, None)
    request.session.clear()
    request.session.update(agent=agent.login, csrf=secrets.token_urlsafe(24))
    return RedirectResponse("/desk", 303)


def _door(request: Request, name: str = "", error: str = "") -> Response:
    context = {"csrf": csrf(request), "name": name, "error": error}
    return page(request, "desk_login.html", context, status=401 if error else 200, private=True)


async def logout(request: Request) -> Response:
    if checked(request, await request.form()):
        request.session.clear()
    return RedirectResponse("/desk/login", 303)


def _waiting(since: datetime, now: datetime) -> str:
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes < 60 * 24 else f"{minutes // 1440} d"


def _row(item: Item, now: datetime) -> dict[str, Any]:
    told = msgspec.structs.asdict(item) | {"id": item.conversation, "taken_by": item.taker}
    return told | {
        "priority": desk.urgency(item.priority),
        "waiting": _waiting(item.opened_at, now),
        "since": item.opened_at.isoformat(),
        "slot": f"{item.slot.astimezone(ZoneInfo(item.zone)):%d/%m a las %H:%M}" if item.slot else "",
    }


def _first_of_each(items: list[Item]) -> list[Item]:
    """One row a conversation: its most urgent reason."""
    seen: set[str] = set()
    return [i for i in items if not (i.conversation in seen or seen.add(i.conversation))]  # type: ignore[func-returns-value]


async def queues(request: Request, app: App, agent: Agent) -> Response:
    """Who waits for a person, and whom this agent attends."""
    now = app.clock.now()
    items = _first_of_each(await app.desk.items())
    lists = [
        {
            "key": key, "title": title, "empty": empty,
            "cases": [_row(i, now) for i in items if desk.queue_of(i.reason, i.taken_by, agent.login) == key],
        }
        for key, title, empty in QUEUES
    ]  # fmt: skip
    who = {"name": agent.name, "lead": agent.role == "lead"}
    context = {"agent": who, "csrf": csrf(request), "queues": lists}
    return page(request, "desk.html", context, private=True)


async def case(request: Request, app: App, agent: Agent) -> Response:
    """One conversation, whole."""
    return await _case(request, app, agent, None)


async def _case(request: Request, app: App, agent: Agent, notice: dict[str, Any] | None) -> Response:
    conversation = request.path_params["id"]
    now = app.clock.now()
    items = await app.desk.of_conversation(conversation)
    try:
        view = await app.desk.view(conversation, now)
    except NoCase as error:
        return page(request, "desk_login.html", {"csrf": csrf(request), "name": "", "error": str(error)}, status=404)
    messages = await app.talks.since(conversation, 0)
    item = items[0] if items else None
    owner = item.owner if item else "bot"
    mine = owner == f"agent:{agent.login}"
    context = {
        "agent": {"name": agent.name},
        "csrf": csrf(request),
        "nonce": secrets.token_urlsafe(9),
        "notice": notice,
        "case": {
            "id": conversation, "first_name": item.first_name if item else "—", "creditor": view.creditor.name,
            "reason": item.reason if item else "", "summary": item.summary if item else "",
            "waiting": _waiting(item.opened_at, now) if item and item.status == "open" else "",
            "owner": "" if owner == "bot" else (item.taker if item and item.taker else owner.removeprefix("agent:")),
            "mine": mine, "closed": all(i.status == "closed" for i in items),
        },
        "messages": _log(messages, view),
        "facts": _facts(view),
        "authority": _authority(view, now),
        "outcomes": [{"key": k, "label": v} for k, v in desk.OUTCOMES.items()],
        "answer_by": format_date(day, view.country) if (day := await app.documents.answer_by(conversation)) else "",
        "files": [_file(one, view) for one in await app.documents.sent(conversation)],
        **await pauses.of_case(app, conversation, now),
    }  # fmt: skip
    return page(request, "case.html", context, private=True)


def _file(one: Sent, view: View) -> dict[str, Any]:
    at = one.at.astimezone(ZoneInfo(view.zone))
    return {
        "id": one.id, "name": one.name, "picture": one.mime.startswith("image/"), "size": f"{one.size / 1024:,.0f} kB",
        "when": f"{format_date(at.date(), view.country)}, {at:%H:%M}",
    }  # fmt: skip


def _log(messages: list[Any], view: View) -> list[dict[str, Any]]:
    zone, last, out = ZoneInfo(view.zone), "", []
    for m in messages:
        at = m.at.astimezone(zone)
        day = format_date(at.date(), view.country)
        out.append(
            {"seq": m.seq, "who": m.who, "by": "", "day": day if day != last else "", "hour": f"{at:%H:%M}",
             "at": at.isoformat(), "text": m.content.text}
        )  # fmt: skip
        last = day
    return out


def _facts(view: View) -> list[dict[str, Any]]:
    blocks = [{"title": a.product.capitalize(), "rows": _account(a, view)} for a in view.accounts]
    person = [("Nombre", view.name), ("Correo", view.email), ("País", view.country)]
    rows = [{"label": k, "value": v} for k, v in person if v]
    return [*blocks, {"title": "Persona", "rows": rows}]


def _account(a: AccountView, view: View) -> list[dict[str, str]]:
    rows = [
        ("Saldo", format_money(a.balance, view.country)),
        ("Días de atraso", str(a.days_past_due)),
        ("Vencimiento", format_date(a.due_date, view.country) if a.due_date else ""),
        ("Referencia", f"terminada en {a.reference[-4:]}"),
    ]
    return [{"label": k, "value": v} for k, v in rows if v]


def _authority(view: View, now: datetime) -> dict[str, Any] | None:
    if not view.owed:
        return None
    today, limit = now.astimezone(ZoneInfo(view.zone)).date(), desk.narrowest(view)
    return {
        "text": desk.authority_text(view), "most_installments": limit.max_installments,
        "least_date": today.isoformat(), "most_date": limit.last_first_day(today).isoformat(),
        "beyond": ", ".join(limit.beyond),
    }  # fmt: skip


async def take(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    await talking.tell(
        app.house,
        conversation,
        f.TakenOver(agent.login, agent.name),
        f"agent:{agent.login}",
        at,
        key=_once(conversation, form, "take"),
    )
    await app.desk.assign(conversation, agent.login, at)
    return "La conversación es suya. El asistente no escribirá hasta que la devuelva."


async def say(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    text = str(form.get("text", "")).strip()[:2000]
    if not text:
        raise AcuerdoError("Escriba un mensaje antes de enviarlo.")
    key = _once(conversation, form, "say", text)
    await talking.tell(
        app.house, conversation, f.AgentWrote(agent.login, key, text), f"agent:{agent.login}", at, key=key
    )
    return "Mensaje enviado."


async def make_offer(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    view = await app.desk.view(conversation, at)
    if not view.owed:
        raise AcuerdoError("No hay nada pendiente que ofrecer.")
    try:
        total: Money = money(_figure(str(form["amount"])), view.total.currency)
        parts, first = int(str(form.get("installments") or 1)), date.fromisoformat(str(form["first_date"]))
    except (KeyError, ValueError, AcuerdoError) as error:
        raise AcuerdoError("Revise el valor, los pagos y la fecha: alguno no se entiende.") from error
    kind: Literal["plan", "settlement"] = "settlement" if form.get("kind") == "settlement" else "plan"
    today, reason = at.astimezone(ZoneInfo(view.zone)).date(), str(form.get("reason", "")).strip()[:500]
    plan = desk.offer(view, kind, total, parts, first, today, agent.role, reason)
    passed = desk.outside(view, plan, today)
    key = _once(conversation, form, "offer", plan.id)
    fact = f.AgentOffered(agent.login, key, msgspec.Raw(msgspec.json.encode(plan)), passed, reason if passed else "")
    await talking.tell(app.house, conversation, fact, f"agent:{agent.login}", at, key=key)
    return "Oferta enviada. Queda firmada cuando la persona responda que sí."


async def uphold(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    reason = str(form.get("reason", "")).strip()[:500]
    if len(reason) < MOST_TERSE:
        raise AcuerdoError("Diga por qué: queda con su nombre, para quien lo revise después.")
    key = _once(conversation, form, "uphold", reason)
    fact = f.RefusalUpheld(agent.login, key, reason)
    await talking.tell(app.house, conversation, fact, f"agent:{agent.login}", at, key=key)
    return "La persona sabe que usted lo revisó."


def _figure(text: str) -> str:
    """An amount as an agent types it: "1.250.000", "1,250.50", "1250,5"."""
    text = text.strip().lstrip("$€").replace(" ", "")
    last = max(text.rfind("."), text.rfind(","))
    decimals = len(text) - last - 1
    if last >= 0 and decimals in (1, 2):
        return text[:last].replace(".", "").replace(",", "") + "." + text[last + 1 :]
    return text.replace(".", "").replace(",", "")


async def hand_back(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    await talking.tell(
        app.house,
        conversation,
        f.HandedBack(agent.login),
        f"agent:{agent.login}",
        at,
        key=_once(conversation, form, "return"),
    )
    await app.desk.close(conversation, agent.login, "handed_back", at)
    return "El asistente sigue con la conversación."


async def close(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    outcome = str(form.get("outcome", ""))
    if outcome not in desk.OUTCOMES:
        raise AcuerdoError("Elija un resultado.")
    await talking.tell(
        app.house,
        conversation,
        f.HandedBack(agent.login),
        f"agent:{agent.login}",
        at,
        key=_once(conversation, form, "return"),
    )
    await app.desk.close(conversation, agent.login, outcome, at)
    return "Caso cerrado."


def _once(conversation: str, form: FormData, *of: str) -> str:
    """The key of a form's deed: sent twice it is done once, and another deed of the same page is another."""
    return derive(conversation, str(form.get("nonce") or secrets.token_urlsafe(9)), *of)


DEEDS: dict[str, Deed] = {
    "take": take, "say": say, "offer": make_offer, "uphold": uphold, "return": hand_back, "close": close,
    **pauses.DEEDS,
}  # fmt: skip


async def act(request: Request, app: App, agent: Agent) -> Response:
    """One deed of an agent's; what came of it is told on the same page."""
    form = await request.form()
    deed = DEEDS.get(request.path_params["deed"])
    if deed is None or not checked(request, form):
        return RedirectResponse(f"/desk/c/{request.path_params['id']}", 303)
    try:
        told = await deed(app, agent, request.path_params["id"], form, app.clock.now())
        notice = {"text": told, "bad": False}
    except talking.NotSent as error:
        notice = {"text": desk.why_not_sent(error.why), "bad": True}
    except AcuerdoError as error:
        notice = {"text": str(error), "bad": True}
    return await _case(request, app, agent, notice)


async def events(request: Request, app: App, agent: Agent) -> Response:
    """A stream that says what changed, so that the pages ask again."""
    queue: asyncio.Queue[str] = asyncio.Queue(maxsize=100)
    watchers: set[asyncio.Queue[str]] = request.app.state.watchers
    watchers.add(queue)

    async def stream() -> AsyncIterator[str]:
        try:
            yield "retry: 2000\n\n"
            while True:
                try:
                    async with asyncio.timeout(15):
                        conversation = await queue.get()
                    yield f"event: case\ndata: {conversation}\n\nevent: desk\ndata: -\n\n"
                except TimeoutError:
                    yield ": still here\n\n"
        finally:
            watchers.discard(queue)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


ROUTES: list[BaseRoute] = [
    Route("/desk/login", login, methods=["GET", "POST"]),
    Route("/desk/logout", logout, methods=["POST"]),
    Route("/desk", signed_in(queues)),
    Route("/desk/events", signed_in(events)),
    Route("/desk/c/{id}", signed_in(case)),
    Route("/desk/c/{id}/{deed}", signed_in(act), methods=["POST"]),
]
