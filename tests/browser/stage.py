"""A stage for the pages: every template with sample words, and a house that answers the chat from a script."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jinja2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

WEB = Path(__file__).parents[2] / "src" / "acuerdo" / "web"
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(WEB / "templates"), autoescape=True, undefined=jinja2.StrictUndefined
)
TEMPLATES.globals["asset"] = lambda name: f"/static/build/{name}"

CASE: dict[str, Any] = {
    "id": "c1",
    "first_name": "Marta",
    "creditor": "Banco Uno",
    "reason": "asked",
    "priority": "urgent",
    "waiting": "12 min",
    "since": "2026-11-23T10:00:00-05:00",
    "summary": "Perdió el trabajo y pide cuotas más bajas.",
    "taken_by": "",
    "owner": "Lucía",
    "mine": True,
    "closed": False,
    "slot": "martes 24 a las 10:00",
}
MESSAGE = {
    "seq": 1,
    "who": "me",
    "by": "",
    "day": "Hoy",
    "hour": "10:00",
    "at": "2026-11-23T10:00:00-05:00",
    "text": "Hola",
}
DESK = {"agent": {"name": "Lucía", "lead": True}, "csrf": "x"}
AUTHORITY = {
    "text": "Hasta 6 cuotas.", "most_installments": 6, "least_date": "2026-11-24", "most_date": "2026-12-20",
    "beyond": "supervisor",
}  # fmt: skip
HOLD = {
    "kind": "dispute", "title": "Reclamo sobre la deuda", "until": "se revisa el 08/12/2026", "who": "lucia",
    "why": "Niega el monto.", "by_hand": True, "person": "p1", "name": "Ana Ruiz", "of": "Banco Uno",
    "since": "23/11/2026", "everywhere": False, "late": True,
}  # fmt: skip
PAGES: dict[str, dict[str, Any]] = {
    "gone": {"renew": "/c/x/renew", "asked": False},
    "desk_login": {"csrf": "x", "name": "", "error": "El usuario o la contraseña no son correctos."},
    "desk": {
        **DESK,
        "queues": [
            {"key": "handed_over", "title": "Traspasadas", "empty": "", "cases": [CASE]},
            {"key": "mine", "title": "Mías", "empty": "No atiende a nadie.", "cases": []},
        ],
    },
    "case": {
        **DESK,
        "nonce": "n1",
        "notice": {"text": "No se envió: el texto amenaza.", "bad": True},
        "case": CASE,
        "messages": [MESSAGE],
        "facts": [{"title": "Cuenta", "rows": [{"label": "Saldo", "value": "$ 900.000"}]}],
        "authority": AUTHORITY,
        "outcomes": [{"key": "agreement", "label": "Acuerdo"}],
        "holds": [HOLD],
        "hold_kinds": [{"key": "dispute", "label": "Reclamo sobre la deuda"}],
        "call_results": [{"key": "answered", "label": "Se habló con la persona"}],
        "day_least": "2026-11-24",
        "day_most": "2027-11-22",
        "call": {"text": "Ahora se le puede llamar."},
        "answer_by": "1 de diciembre de 2026",
        "files": [
            {"id": "d1", "name": "recibo.jpg", "picture": True, "size": "80 kB", "when": "23 de noviembre, 10:00"},
            {"id": "d2", "name": "recibo.pdf", "picture": False, "size": "12 kB", "when": "23 de noviembre, 10:01"},
        ],
    },
    "holds": {**DESK, "error": "Escriba por qué.", "many": 1, "holds": [HOLD]},
    "contacts": {
        "back": "/c/x",
        "csrf": "x",
        "done": "cerrado",
        "told": {
            "who": "Banco Uno",
            "contacts": [
                {
                    "at": "2026-11-23T10:24-05:00",
                    "day": "lunes 23 de noviembre",
                    "hour": "10:24",
                    "who": "Banco Uno",
                    "channel": "SMS",
                    "talked": "Hablaron",
                },
            ],
            "left": [{"channel": "SMS", "text": "Uno más esta semana."}],
            "some_closed": True,
            "all_closed": False,
            "held": True,
        },
    },
    "phone": {"number": ""},
    "results": {
        "csrf": "x",
        "feeds": [
            {
                "creditor": "Banco Uno",
                "feed": "cartera",
                "state": "atrasado",
                "late": True,
                "last": "23/11/2026 10:00",
                "cut_off": "22/11/2026",
                "age": "26 horas",
                "expected": "cada día hábil",
            },
        ],
    },
    "sandbox_pay": {
        "creditor": "Banco Uno",
        "logo": "",
        "amount": "$ 150.000",
        "concept": "Cuota 1 de 6",
        "reference": "AC-1",
        "pay": "/pay/1",
        "back": "/c/x",
        "declined": True,
    },
    "receipt": {
        "creditor": "Banco Uno",
        "logo": "",
        "amount": "$ 150.000",
        "number": "1042",
        "paid_at": "23 de noviembre de 2026, 10:24",
        "rows": [{"label": "Concepto", "value": "Cuota 1 de 6"}],
        "back": "/c/x",
        "sandbox": True,
    },
}
COUNTS = {
    "sent": 100,
    "delivered": 95,
    "opened": 40,
    "identified": 30,
    "conversations": 28,
    "agreements": 9,
    "promises": 5,
    "paid": 8,
}
RESULTS = {
    "clock": {"at": "2026-11-23T10:00:00-05:00", "zone": "America/Bogota", "movable": True},
    "funnel": [{"key": key, "label": key.title(), "count": count} for key, count in COUNTS.items()],
    "days": [{"day": "2026-11-23", **COUNTS}],
    "segments": [{"segment": "Mora temprana", **COUNTS}],
    "channels": [{"channel": "SMS", **COUNTS}],
    "money": [{"currency": "COP", "agreed": "$ 900.000", "paid": "$ 150.000"}],
    "satisfaction": {"average": 4.5, "answers": 2, "by_score": [0, 0, 0, 1, 1]},
}
SMS = {
    "id": "1",
    "at": "2026-11-23T10:00:00-05:00",
    "from": "BancoUno",
    "text": "Hola, lea aquí: http://localhost/c/x.",
}
PHONE = {"numbers": [{"number": "+573000000001", "name": "Marta", "count": 1}], "messages": [SMS]}
STATE = {
    "t": "state", "creditor": "Banco Uno", "agency": "Recauda", "assistant": True, "today": "2026-11-23",
    "country": "CO",
}  # fmt: skip
PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100"><rect width="200" height="100" fill="#7fd6cd"/>'
    '<circle cx="60" cy="50" r="30" fill="#0d5f63"/></svg>'
)
OFFER = {"id": "o1", "title": "3 cuotas", "lines": ["$ 300.000", "Desde el viernes"], "button": "Elegir"}


class House:
    """The other side of the chat: keeps what was said, and answers each word with the next line of its script."""

    def __init__(self, script: list[dict[str, Any]]) -> None:
        self.script = list(script)
        self.kept: list[dict[str, Any]] = []
        self.heard: list[dict[str, Any]] = []
        self.down = False
        self.deaf_to_acks = False
        self.refuses = ""
        self.sent: list[tuple[str, str, int]] = []
        self.says()

    def says(self) -> None:
        if self.script:
            self.keep({"who": "bot", **self.script.pop(0)})

    def keep(self, message: dict[str, Any]) -> dict[str, Any]:
        seq = len(self.kept) + 1
        self.kept.append({"t": "msg", "seq": seq, "at": f"2026-11-23T10:{seq:02}:00-05:00", **message})
        return self.kept[-1]

    @property
    def own(self) -> list[str]:
        """What the person said, as the house kept it."""
        return [message["text"] for message in self.kept if message["who"] == "me"]

    async def receive(self, request: Request) -> Response:
        """A file, taken or refused as the test says; its deed, its name and its bytes are kept."""
        body = await request.body()
        self.sent.append((request.headers["x-deed-id"], request.query_params["name"], len(body)))
        if self.refuses:
            return JSONResponse({"error": self.refuses}, 422)
        return JSONResponse({"id": "d1"}, 201)

    async def answer(self, line: WebSocket) -> None:
        await line.accept()
        try:
            while True:
                await self.hear(line, json.loads(await line.receive_text()))
        except (WebSocketDisconnect, RuntimeError):
            pass  # the test cut the line, or the page was left

    async def hear(self, line: WebSocket, frame: dict[str, Any]) -> None:
        self.heard.append(frame)
        if self.down:
            await line.send_json({"t": "busy"})
        elif frame["t"] == "hello":
            await line.send_json(STATE)
            for message in self.kept[frame["since"] :]:
                await line.send_json(message)
        elif frame["t"] in ("say", "press"):
            await self.take(line, frame)

    async def take(self, line: WebSocket, frame: dict[str, Any]) -> None:
        known = next((message for message in self.kept if message.get("id") == frame["id"]), None)
        before = len(self.kept)
        if not known:
            known = self.keep({"who": "me", "id": frame["id"], "text": frame.get("text") or frame["title"]})
            self.says()
        if self.deaf_to_acks:
            self.deaf_to_acks = False
            await line.close()
            return
        await line.send_json({"t": "ack", "id": frame["id"], "seq": known["seq"]})
        for message in self.kept[before + 1 :]:
            await line.send_json(message)


def theatre(house: House) -> Starlette:
    async def page(request: Request) -> Response:
        name = request.path_params["name"]
        return HTMLResponse(TEMPLATES.get_template(f"{name}.html").render(**PAGES[name]))

    async def chat(request: Request) -> Response:
        return HTMLResponse(TEMPLATES.get_template("chat.html").render())

    async def results(request: Request) -> Response:
        return JSONResponse(RESULTS)

    async def phone(request: Request) -> Response:
        return JSONResponse(PHONE)

    async def file(request: Request) -> Response:
        return Response(b"%PDF-1.7", media_type="application/pdf", headers={"Content-Disposition": "attachment"})

    async def picture(request: Request) -> Response:
        return Response(PICTURE, media_type="image/svg+xml")

    return Starlette(
        routes=[
            Route("/page/{name}", page),
            Route("/c/{token}", chat),
            WebSocketRoute("/c/{token}/ws", house.answer),
            Route("/c/{token}/documents", house.receive, methods=["POST"]),
            Route("/c/{token}/documents/{document}", file),
            Route("/desk/c/{id}/documents/{document}", picture),
            Route("/picture.svg", picture),
            Route("/results.json", results),
            Route("/sandbox/phone.json", phone),
            Mount("/static", StaticFiles(directory=WEB / "static")),
        ]
    )


@asynccontextmanager
async def played(house: House) -> AsyncIterator[str]:
    """The address of a server, in this loop, on a free port, that plays `house`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()  # from here on a page can knock; it waits until the server opens
        server = uvicorn.Server(uvicorn.Config(theatre(house), log_level="warning", timeout_graceful_shutdown=1))
        running = asyncio.create_task(server.serve(sockets=[free]))
        yield f"http://127.0.0.1:{free.getsockname()[1]}"
        server.should_exit = True
        await running
