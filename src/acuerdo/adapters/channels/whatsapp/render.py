"""A message as WhatsApp wants it: rich where its limits let it be, else numbered text.

What is built is a list of requests in their order, most often one. A file's place holds "file:0", "file:1", … until it
is uploaded. Limits are those of the platform's published description, version 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from acuerdo.adapters.channels.whatsapp.registry import Filled
from acuerdo.core.messages import Content, File
from acuerdo.service.channels import as_text

Json = dict[str, Any]
TEXT = 4096  # characters of a text
BODY = 1024  # of the text above buttons, and below a file
BUTTONS, BUTTON = 3, 20  # replies, and characters of each
ROWS, ROW, DETAIL = 10, 24, 72  # lines of a list, characters of each and of what is below it
ID, ROW_ID = 256, 200
NAME = 240  # characters of a file's name
MENU = "Ver opciones"
IMAGES = ("image/jpeg", "image/png")
encode = msgspec.json.Encoder().encode


class Option(msgspec.Struct, frozen=True):
    """One line that can be chosen."""

    id: str
    title: str
    detail: str = ""


def free(content: Content) -> list[Json]:
    """A content as free messages, to whom it goes left out."""
    requests = _main(content)
    if content.files:
        requests = _with_files(content.files, requests)
    return requests


def _main(content: Content) -> list[Json]:
    body, rich = _body(content), _rich(content)
    if rich is None or not 0 < len(body) <= BODY:
        return [_text(as_text(content, TEXT))] if content.text or content.buttons or content.cards else []
    return [{"type": "interactive", "interactive": {**rich, "body": {"text": body}}}]


def _body(content: Content) -> str:
    """The words above what can be chosen: all but the choices."""
    return as_text(Content(content.text, input=content.input, link=content.link), TEXT)


def _text(body: str) -> Json:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _rich(content: Content) -> Json | None:
    """Buttons or a list for what can be chosen; None where there is nothing, or it does not fit."""
    if content.buttons and not content.cards:
        buttons = content.buttons
        if len(buttons) <= BUTTONS and all(0 < len(b.title) <= BUTTON and _good(b.id, ID) for b in buttons):
            titles = [button.title for button in buttons]
            if len(set(titles)) == len(titles) and len({b.id for b in buttons}) == len(buttons):
                replies = [{"type": "reply", "reply": {"id": b.id, "title": b.title}} for b in buttons]
                return {"type": "button", "action": {"buttons": replies}}
    options = [Option(button.id, button.title) for button in content.buttons]
    options += [Option(card.id, card.title, " · ".join(card.lines)) for card in content.cards]
    return _list(options) if options else None


def _list(options: Sequence[Option]) -> Json | None:
    rows = [row for option in options if (row := _row(option)) is not None]
    fits = len(rows) == len(options) <= ROWS
    if not fits or len({row["title"] for row in rows}) < len(rows) or len({row["id"] for row in rows}) < len(rows):
        return None
    return {"type": "list", "action": {"button": MENU, "sections": [{"rows": rows}]}}


def _row(option: Option) -> Json | None:
    """A line of a list; a title that is too long is cut, and stands whole below. None where it does not fit so."""
    title, detail = option.title, option.detail
    if len(title) > ROW:
        detail = f"{title} · {detail}" if detail else title
        title = title[: ROW - 1].rsplit(" ", 1)[0] + "…"
    if not title or len(detail) > DETAIL or not _good(option.id, ROW_ID):
        return None
    return {"id": option.id, "title": title, **({"description": detail} if detail else {})}


def _good(id: str, most: int) -> bool:
    return 0 < len(id) <= most and id == id.strip()


def _with_files(files: Sequence[File], requests: list[Json]) -> list[Json]:
    """The first file and the words in one message where they fit, the other files before them, each in its own."""
    first, *others = [_file(file, place) for place, file in enumerate(files)]
    alone: list[Json] = list(others)
    if not requests:
        return [first, *alone]
    main = requests[0]
    if main["type"] == "interactive" and main["interactive"]["type"] == "button":
        kind = first["type"]
        header = {"type": kind, kind: first[kind]}
        return [*alone, {"type": "interactive", "interactive": {"header": header, **main["interactive"]}}]
    if main["type"] == "text" and len(main["text"]["body"]) <= BODY:
        kind = first["type"]
        return [*alone, {"type": kind, kind: {**first[kind], "caption": main["text"]["body"]}}]
    return [first, *alone, *requests]


def _file(file: File, place: int) -> Json:
    if file.mime in IMAGES:
        return {"type": "image", "image": {"id": f"file:{place}"}}
    return {"type": "document", "document": {"id": f"file:{place}", "filename": file.name[:NAME]}}


def approved(filled: Filled, content: Content) -> list[Json]:
    """A content as the template that carries it."""
    components: list[Json] = []
    if content.files:
        document = {"id": "file:0", "filename": content.files[0].name[:NAME]}
        components.append({"type": "header", "parameters": [{"type": "document", "document": document}]})
    if filled.body:
        components.append({"type": "body", "parameters": [_parameter(*one) for one in filled.body]})
    if filled.cards:
        components.append({"type": "carousel", "cards": [_card(at, *one) for at, one in enumerate(filled.cards)]})
    for place, payload in enumerate(filled.payloads):
        components.append(_reply(place, payload))
    if filled.suffix:
        pressed = {"type": "button", "sub_type": "url", "index": str(len(filled.payloads))}
        components.append({**pressed, "parameters": [{"type": "text", "text": filled.suffix}]})
    template = {"name": filled.template.name, "language": {"code": filled.template.language}}
    return [{"type": "template", "template": {**template, **({"components": components} if components else {})}}]


def _parameter(name: str, value: str) -> Json:
    named = {} if name.isdigit() else {"parameter_name": name}
    return {"type": "text", **named, "text": value}


def _reply(place: int, payload: str) -> Json:
    parameters = [{"type": "payload", "payload": payload}]
    return {"type": "button", "sub_type": "quick_reply", "index": str(place), "parameters": parameters}


def _card(place: int, card: Any, values: list[tuple[str, str]]) -> Json:
    components = [
        {"type": "header", "parameters": [{"type": "image", "image": {"link": card.picture}}]},
        {"type": "body", "parameters": [_parameter(*one) for one in values]},
        _reply(0, card.id),
    ]
    return {"card_index": place, "components": components}


def addressed(requests: Sequence[Json], address: str, ref: str) -> str:
    """The requests as JSON, each with whom it goes to; the last, which carries the words, has our reference."""
    # A person without a number here is written to by the channel's own id of them.
    whom = {"to": address.removeprefix("+")} if address.removeprefix("+").isdigit() else {"recipient": address}
    heads = [{"messaging_product": "whatsapp", "recipient_type": "individual", **whom, **one} for one in requests]
    if heads:
        heads[-1]["biz_opaque_callback_data"] = ref
    return encode(heads).decode()
