"""Documents on the way out and files on the way in: behind the link, the browser's session, the proof of identity."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from acuerdo.adapters.documents.washing import wash
from acuerdo.app import App
from acuerdo.core.words import AcuerdoError
from acuerdo.service import documents
from acuerdo.service.channels import Media
from acuerdo.service.documents import MOST_BYTES, TOO_LARGE, Kept, NotTaken
from acuerdo.service.places import Place
from acuerdo.service.ports import LinkRow
from acuerdo.web.desk import signed_in
from acuerdo.web.pages import page

DEED = "x-deed-id"  # names an upload, so that one sent again is the same; and only a page of ours sends it
GONE = {
    "title": "Ese documento no está disponible",
    "text": "Vuelva a su chat y pídalo de nuevo, por favor.",
    "again": 0,
}
STRANGER = "Antes de enviar archivos, confirme en el chat que es usted, por favor."
CLOSED = "Este enlace ya no está disponible. Pida uno nuevo desde el chat."
HASTY = "Son muchos intentos seguidos. Espere unos minutos, por favor, o cuéntenos en el chat los datos del pago."
TRIES, FORGIVEN_AFTER = 20, timedelta(minutes=10)
CUT = "El envío se cortó. Revise su conexión e intente otra vez."


async def download(request: Request) -> Response:
    """A document of this link's own conversation, for the browser that opened it, after identity; else nothing."""
    app: App = request.app.state.house
    link = await _link(request)
    kept = await _kept(app, link, request.path_params["document"]) if link else None
    if kept is None:
        return page(request, "plain.html", GONE, status=404, private=True)
    return served(kept.file)


async def _kept(app: App, link: LinkRow, document: str) -> Kept | None:
    if not await _proved(app, link):
        return None
    kept = await app.documents.file(document)
    return kept if kept is not None and kept.conversation == link.conversation else None


async def _link(request: Request) -> LinkRow | None:
    """The link, where it is good and this browser is one that opened its page."""
    app: App = request.app.state.house
    token = request.path_params["token"]
    if request.session.get("talk") != f"/c/{token}":
        return None
    link = await app.links.find(token)
    good = link is not None and link.revoked_at is None and app.clock.now() < link.expires_at
    return link if good else None


async def _proved(app: App, link: LinkRow) -> bool:
    here = Place("web", link.address_hash)
    return bool(link.conversation) and await app.documents.proved(link.conversation or "", here, app.clock.now())


def served(file: Media, *, inline: bool = False) -> Response:
    """A file as an answer that nobody keeps and no browser takes for anything else than it is."""
    how = "inline" if inline and file.mime.startswith("image/") else "attachment"
    return Response(
        file.data, media_type=file.mime,
        headers={
            "Cache-Control": "no-store, private",
            "Content-Disposition": f"{how}; filename*=UTF-8''{quote(file.name)}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
        },
    )  # fmt: skip


async def upload(request: Request) -> Response:
    """A file of the person's, as the whole body; what came of it is told in the conversation, and here only whether."""
    app: App = request.app.state.house
    key, link = request.headers.get(DEED, "")[:64], await _link(request)
    if not key or not _ours(request, app.settings.base_url) or link is None:
        return _refused(CLOSED, 404)
    if not await _proved(app, link):
        return _refused(STRANGER, 403)
    try:
        _counted(request, link.conversation or "")
        data = await _body(request)
        document = await documents.take_in(
            app.house, app.documents, wash, link.conversation or "", key, data,
            request.query_params.get("name", ""), app.clock.now(), Place("web", link.address_hash),
        )  # fmt: skip
    except NotTaken as why:
        return _refused(str(why), 413 if str(why) == TOO_LARGE else 422)
    except ClientDisconnect:
        return _refused(CUT, 400)
    except AcuerdoError:
        return _refused(CLOSED, 404)
    return JSONResponse({"id": document}, 201, headers={"Cache-Control": "no-store"})


def _counted(request: Request, conversation: str) -> None:
    """Each try costs a process of its own: after many in a while no more are looked at. Raises NotTaken."""
    app: App = request.app.state.house
    tries: dict[str, tuple[int, datetime]] = request.app.state.tries
    now, name = app.clock.now(), f"upload {conversation}"
    count, since = tries.get(name, (0, now))
    if now - since > FORGIVEN_AFTER:
        count, since = 0, now
    tries[name] = (count + 1, since)
    if count >= TRIES:
        raise NotTaken(HASTY)


def _refused(words: str, status: int) -> Response:
    return JSONResponse({"error": words}, status, headers={"Cache-Control": "no-store"})


def _ours(request: Request, base_url: str) -> bool:
    """Whether a page of this house asks; a program, which is no page, says no origin."""
    origin = request.headers.get("origin")
    known = {urlsplit(base_url).netloc, request.headers.get("host")}
    return origin is None or urlsplit(origin).netloc in known


async def _body(request: Request) -> bytes:
    """The body, never more of it than may be. Raises NotTaken."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > MOST_BYTES:
        raise NotTaken(TOO_LARGE)
    parts, size = list[bytes](), 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES:
            raise NotTaken(TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


async def at_desk(request: Request, app: App, agent: object) -> Response:
    """A file of a case, for whoever attends: a picture is shown, a PDF is saved."""
    kept = await app.documents.file(request.path_params["document"])
    if kept is None or kept.conversation != request.path_params["id"]:
        return page(request, "plain.html", GONE, status=404, private=True)
    return served(kept.file, inline=True)


ROUTES: list[BaseRoute] = [
    Route("/c/{token}/documents", upload, methods=["POST"]),
    Route("/c/{token}/documents/{document}", download),
    Route("/desk/c/{id}/documents/{document}", signed_in(at_desk)),
]
