"""What WhatsApp tells: messages of every kind, what became of ours, and news of templates and numbers.

Nothing here raises on a part that it does not know: that part becomes `Odd`, and the others are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec

from acuerdo.adapters.channels._lines import dicts, inside, read_json, words
from acuerdo.adapters.channels.whatsapp.errors import named
from acuerdo.core.words import derive
from acuerdo.service.channels import Event, Inbound, Media, Notice, Odd, Receipt, Unreadable

Json = dict[str, Any]
STATUSES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed",
}  # fmt: skip
FILES = ("image", "document", "audio", "video", "sticker")
STOP = "BAJA"  # as if the person had written it: they pressed the button by which WhatsApp lets them say so


def parse(raw: bytes) -> list[Event]:
    """What a payload tells, in its order. Raises Unreadable where it is none of WhatsApp's."""
    payload = read_json(raw)
    if not isinstance(payload, dict) or not isinstance(payload.get("entry"), list):
        raise Unreadable("WhatsApp: a payload without entries")
    events: list[Event] = []
    for entry in payload["entry"]:
        changes = inside(entry, "changes")
        if not isinstance(changes, list):
            events.append(_odd(entry, "an entry without changes"))
            continue
        for change in changes:
            events += _change(change, entry)
    return events


def _change(change: Any, entry: Json) -> Iterator[Event]:
    field, value = words(change, "field"), inside(change, "value")
    if not field or not isinstance(value, dict):
        yield _odd(change, "a change without a field or a value")
    elif field == "messages":
        yield from _messages(value)
    elif field == "user_preferences":
        yield from _preferences(value)
    elif field in NEWS:
        made = derive("whatsapp", field, words(entry, "id"), words(entry, "time"), str(value))
        since = _moment(inside(entry, "time"))
        for event in NEWS[field](value, made):
            yield msgspec.structs.replace(event, at=since) if isinstance(event, Notice) else event
    else:
        yield _odd(change, f"news of {field[:60]}")


def _moment(told: Any) -> datetime | None:
    """The second that the platform tells, None where it is no moment of this century."""
    known = isinstance(told, int) and not isinstance(told, bool) and 946_684_800 < told < 4_102_444_800
    return datetime.fromtimestamp(told, UTC) if known else None


def _messages(value: Json) -> Iterator[Event]:
    contacts, to = dicts(value, "contacts"), words(value, "metadata", "phone_number_id")
    for message in _each(value, "messages"):
        yield _message(message, contacts, to) if isinstance(message, dict) else _odd(message, "a message of no shape")
    for status in _each(value, "statuses"):
        yield _status(status)
    for error in _each(value, "errors"):
        yield _odd(error, f"an error: {named(inside(error, 'code'), words(error, 'title'))}")
    if not {"messages", "statuses", "errors"} & value.keys():
        yield _odd(value, "neither messages nor statuses")


def _each(value: Json, name: str) -> list[Any]:
    found = value.get(name)
    return found if isinstance(found, list) else []


def _message(message: Json, contacts: list[Json], to: str) -> Event:
    kind, provider_id = words(message, "type"), words(message, "id")
    who = _who(message, contacts)
    if not provider_id or who is None:
        return _odd(message, "a message without an id or a sender")
    address, user, phone, name = who
    if words(message, "group_id"):
        return Odd(provider_id, "a message of a group: nothing is talked of there")
    reader = READERS.get(kind)
    if reader is None:
        return Odd(provider_id, f"a message of the kind {kind[:60]!r}")
    said = reader(message)
    if isinstance(said, str):
        return Odd(provider_id, said)
    text, button, media = said
    answers = words(message, "context", "id")
    return Inbound(
        id=provider_id, address=address, text=text, button=button, media=media, answers=answers, user=user,
        phone=phone, name=name, to=to,
    )  # fmt: skip


def _who(message: Json, contacts: list[Json]) -> tuple[str, str, str, str] | None:
    """Whence a message is (address, the channel's own id, phone, name): people may have no number here."""
    number, user = words(message, "from"), words(message, "from_user_id")
    contact = _contact(number, user, contacts)
    number = number or words(contact, "wa_id")
    user = user or words(contact, "user_id")
    if number and not number.isdigit():  # an id where a number is expected
        number, user = "", user or number
    phone = f"+{number}" if number else ""
    return (phone or user, user, phone, words(contact, "profile", "name")) if phone or user else None


def _contact(number: str, user: str, contacts: list[Json]) -> Json:
    for one in contacts:
        if (number and words(one, "wa_id") == number) or (user and words(one, "user_id") == user):
            return one
    return contacts[0] if len(contacts) == 1 else {}


# What a message says: its text, the id of the reply that was pressed, its files; or why it cannot be read.
Said = tuple[str, str, tuple[Media, ...]] | str


def _text(message: Json) -> Said:
    body = inside(message, "text", "body")
    return (body, "", ()) if isinstance(body, str) else "a text without a body"


def _button(message: Json) -> Said:
    return words(message, "button", "text"), words(message, "button", "payload"), ()


def _interactive(message: Json) -> Said:
    kind = words(message, "interactive", "type")
    if kind not in ("button_reply", "list_reply"):
        return f"an answer of the kind {kind[:60]!r}"
    reply = inside(message, "interactive", kind)
    pressed, title = words(reply, "id"), words(reply, "title")
    return (title, pressed, ()) if pressed or title else "an answer without an id"


def _file(message: Json) -> Said:
    found = inside(message, words(message, "type"))
    media_id = words(found, "id")
    if not media_id:
        return "a file without an id"
    media = Media(media_id, words(found, "mime_type").partition(";")[0], words(found, "filename"))
    return words(found, "caption"), "", (media,)


def _location(message: Json) -> Said:
    found = inside(message, "location")
    where = [words(found, part) for part in ("name", "address")]
    where.append(", ".join(filter(None, (words(found, "latitude"), words(found, "longitude")))))
    return "Ubicación: " + " · ".join(filter(None, where)), "", ()


def _contacts(message: Json) -> Said:
    cards = []
    for one in dicts(message, "contacts"):
        numbers = [words(phone, "phone") or words(phone, "wa_id") for phone in dicts(one, "phones")]
        cards.append(" ".join(filter(None, [words(one, "name", "formatted_name"), *numbers])))
    return "Contacto: " + "; ".join(cards), "", ()


def _reaction(message: Json) -> Said:
    """A thumb under any message, also an old one, must not be the yes to the question that is open now."""
    return f"a reaction ({words(message, 'reaction', 'emoji')[:8] or 'taken back'}): it answers no question"


def _order(message: Json) -> Said:
    return words(message, "order", "text") or "Pedido", "", ()


def _unsupported(message: Json) -> Said:
    """The person wrote what WhatsApp cannot pass on: they are asked, not left without an answer."""
    return "", "", ()


def _system(message: Json) -> Said:
    return f"the person's account changed: {words(message, 'system', 'type')[:60]}"


READERS: dict[str, Callable[[Json], Said]] = {
    "text": _text, "button": _button, "interactive": _interactive, "location": _location, "contacts": _contacts,
    "reaction": _reaction, "order": _order, "unsupported": _unsupported, "system": _system,
    **dict.fromkeys(FILES, _file),
}  # fmt: skip


def _status(status: Any) -> Event:
    provider_id, told = words(status, "id"), STATUSES.get(words(status, "status"))
    if not provider_id or told is None:
        return _odd(status, f"a status {words(status, 'status')[:60]!r}")
    error = inside(status, "errors", 0)
    why = named(inside(error, "code"), words(error, "title") or words(error, "message")) if error else ""
    return Receipt(provider_id, told, words(status, "biz_opaque_callback_data"), why)


def _preferences(value: Json) -> Iterator[Event]:
    """A person told WhatsApp itself that they want no more messages: it is a stop like any other."""
    contacts = dicts(value, "contacts")
    for one in dicts(value, "user_preferences"):
        number, user = words(one, "wa_id"), words(one, "user_id")
        who = _who({"from": number, "from_user_id": user}, contacts)
        if words(one, "value") == "stop" and who is not None:
            address, user, phone, name = who
            made = derive("whatsapp preference", address, words(one, "timestamp"))
            yield Inbound(made, address, STOP, user=user, phone=phone, name=name)
        else:
            yield _odd(one, f"a preference {words(one, 'value')[:60]!r}")


def _template_state(value: Json, made: str) -> Iterator[Event]:
    subject = f"{words(value, 'message_template_name')}|{words(value, 'message_template_language')}"
    yield Notice(made, subject, words(value, "event") or "?", "template")


def _template_quality(value: Json, made: str) -> Iterator[Event]:
    subject = f"{words(value, 'message_template_name')}|{words(value, 'message_template_language')}"
    yield Notice(made, subject, words(value, "new_quality_score") or "?", "quality")


def _template_category(value: Json, made: str) -> Iterator[Event]:
    subject = f"{words(value, 'message_template_name')}|{words(value, 'message_template_language')}"
    yield Notice(made, subject, f"category {words(value, 'new_category') or '?'}", "template")


def _number(value: Json, made: str) -> Iterator[Event]:
    number = "".join(filter(str.isdigit, words(value, "display_phone_number")))
    limit = words(value, "max_daily_conversations_per_business") or words(value, "current_limit")
    if words(value, "event") in ("FLAGGED", "UNFLAGGED"):
        yield Notice(f"{made}q", number, words(value, "event"), "quality")
    if limit:
        yield Notice(made, number, limit, "limit")


def _capability(value: Json, made: str) -> Iterator[Event]:
    limit = words(value, "max_daily_conversations_per_business") or words(value, "max_daily_conversation_per_phone")
    if limit:
        yield Notice(made, "", limit, "limit")
    else:
        yield Odd(made, "a change of what the business may do, of no known shape")


def _account(value: Json, made: str) -> Iterator[Event]:
    event = words(value, "event") or words(value, "alert_type") or words(value, "decision") or "?"
    yield Notice(made, words(value, "phone_number") or words(value, "display_phone_number"), event, "account")


NEWS: dict[str, Callable[[Json, str], Iterator[Event]]] = {
    "message_template_status_update": _template_state,
    "message_template_quality_update": _template_quality,
    "template_category_update": _template_category,
    "phone_number_quality_update": _number,
    "business_capability_update": _capability,
    **dict.fromkeys(
        ("account_update", "account_alerts", "account_review_update", "phone_number_name_update", "security"), _account
    ),
}


def _odd(what: Any, why: str) -> Odd:
    return Odd(words(what, "id") or derive("whatsapp odd", repr(what)), why)
