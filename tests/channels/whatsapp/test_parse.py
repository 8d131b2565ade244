"""What WhatsApp tells is read, whatever else it says; payloads are in our own words, and the published ones are too."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.channels import specs
from tests.channels.saying import USER

from acuerdo.adapters.channels.whatsapp.parse import parse
from acuerdo.service.channels import Event, Inbound, Media, Notice, Odd, Receipt, Unreadable

NUMBER = "573001234567"
MARTA = {"profile": {"name": "Marta"}, "wa_id": NUMBER}
META = {"display_phone_number": "15550783881", "phone_number_id": "106540352242922"}


def payload(field: str = "messages", **value: Any) -> bytes:
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": META, **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "1", "time": 1763900000, "changes": [change]}]}
    return json.dumps(body).encode()


def told(**message: Any) -> list[Event]:
    """What one message of Marta's tells."""
    return parse(payload(contacts=[MARTA], messages=[{"from": NUMBER, "id": "wamid.1", "timestamp": "1", **message}]))


def said(**message: Any) -> Inbound:
    (event,) = told(**message)
    assert isinstance(event, Inbound), event
    assert (event.id, event.address, event.phone, event.name) == ("wamid.1", f"+{NUMBER}", f"+{NUMBER}", "Marta")
    assert event.to == META["phone_number_id"]
    return event


def test_a_text() -> None:
    one = said(type="text", text={"body": "le pago el viernes"}, context={"id": "wamid.0"})
    assert (one.text, one.answers, one.button) == ("le pago el viernes", "wamid.0", "")


def test_replies_that_were_pressed() -> None:
    assert (said(type="button", button={"payload": "pay", "text": "Pagar"}).button) == "pay"
    for kind in ("button_reply", "list_reply"):
        one = said(type="interactive", interactive={"type": kind, kind: {"id": "plan3", "title": "3 cuotas"}})
        assert (one.button, one.text) == ("plan3", "3 cuotas")


@pytest.mark.parametrize(("kind", "mime"), [
    ("image", "image/jpeg"), ("document", "application/pdf"), ("audio", "audio/ogg"), ("video", "video/mp4"),
    ("sticker", "image/webp"),
])  # fmt: skip
def test_files(kind: str, mime: str) -> None:
    found = {"id": "99", "mime_type": f"{mime}; codecs=x", "sha256": "x", "filename": "a.pdf", "caption": "mi recibo"}
    one = said(type=kind, **{kind: found})
    assert (one.text, one.media) == ("mi recibo", (Media("99", mime, "a.pdf"),))


def test_what_else_a_person_sends() -> None:
    where = {"latitude": 4.6, "longitude": -74.1, "name": "Tienda", "address": "Calle 1"}
    assert said(type="location", location=where).text == "Ubicación: Tienda · Calle 1 · 4.6, -74.1"
    card = {"name": {"formatted_name": "Lucía Gómez"}, "phones": [{"phone": "+57 300 000 0000"}]}
    assert said(type="contacts", contacts=[card]).text == "Contacto: Lucía Gómez +57 300 000 0000"
    assert said(type="order", order={"catalog_id": "1", "text": "", "product_items": []}).text == "Pedido"
    # What WhatsApp cannot pass on was written by a person all the same: they are asked, not left in silence.
    assert said(type="unsupported", errors=[{"code": 131051}]).text == ""


@pytest.mark.parametrize("message", [
    {"type": "hologram", "hologram": {"id": "1"}},
    {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {}}},
    {"type": "interactive", "interactive": "pressed"},
    {"type": "system", "system": {"type": "user_changed_number", "wa_id": "1"}},
    {"type": "reaction", "reaction": {"message_id": "wamid.0"}},
    {"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": "👍"}},  # no yes to what is asked now
    {"type": "text", "text": {"body": 7}},
    {"type": "text", "text": None},
    {"type": "image", "image": {"mime_type": "image/png"}},
    {"type": 7},
    {"type": "text", "text": {"body": "hola"}, "group_id": "g1"},
    {},
])  # fmt: skip
def test_what_is_not_known_is_kept_with_its_reason(message: dict[str, Any]) -> None:
    (event,) = told(**message)
    assert isinstance(event, Odd)
    assert event.id
    assert event.why


def test_a_person_without_a_number() -> None:
    """Who took a user name is told by the channel's own id of them, with or without a contact."""
    contact = {"profile": {"name": "Marta", "username": "marta"}, "user_id": USER}
    message = {"from_user_id": USER, "id": "wamid.1", "timestamp": "1", "type": "text", "text": {"body": "hola"}}
    for contacts in ([contact], []):
        (event,) = parse(payload(contacts=contacts, messages=[message]))
        assert isinstance(event, Inbound)
        assert (event.address, event.user, event.phone) == (USER, USER, "")
    (event,) = parse(payload(contacts=[contact], messages=[{**message, "from": USER}]))
    assert isinstance(event, Inbound)
    assert (event.address, event.user, event.phone) == (USER, USER, "")


def test_a_number_and_an_id_together() -> None:
    message = {"from": NUMBER, "from_user_id": USER, "id": "w", "type": "text", "text": {"body": "hola"}}
    (event,) = parse(payload(messages=[message]))
    assert isinstance(event, Inbound)
    assert (event.address, event.user, event.phone) == (f"+{NUMBER}", USER, f"+{NUMBER}")


@pytest.mark.parametrize("message", [
    {"id": "wamid.1", "type": "text", "text": {"body": "hola"}},
    {"from": NUMBER, "type": "text", "text": {"body": "hola"}},
    "hola", 7, None, [],
])  # fmt: skip
def test_nobodys_message_is_odd(message: Any) -> None:
    (event,) = parse(payload(messages=[message]))
    assert isinstance(event, Odd)


def test_what_became_of_ours() -> None:
    failed = {"code": 131047, "title": "Re-engagement message", "error_data": {"details": "More than 24 hours"}}
    statuses = [
        {"id": "wamid.9", "status": "sent", "biz_opaque_callback_data": "key", "pricing": {"billable": True}},
        {"id": "wamid.9", "status": "delivered", "recipient_id": NUMBER},
        {"id": "wamid.9", "status": "read", "recipient_user_id": USER},
        {"id": "wamid.9", "status": "failed", "errors": [failed]},
        {"id": "wamid.9", "status": "failed", "errors": [{"code": 999999, "title": "Something new"}]},
        {"id": "wamid.9", "status": "dreamt"},
        {"status": "sent"},
        "sent",
    ]
    events = parse(payload(statuses=statuses))
    assert events[:5] == [
        Receipt("wamid.9", "sent", "key"),
        Receipt("wamid.9", "delivered"),
        Receipt("wamid.9", "read"),
        Receipt("wamid.9", "failed", "", "131047: window closed: more than 24 hours since the person wrote"),
        Receipt("wamid.9", "failed", "", "999999: Something new"),
    ]
    assert all(isinstance(event, Odd) for event in events[5:])
    assert len(events) == 8


def test_news_of_templates_and_numbers() -> None:
    about = {"message_template_name": "invitacion", "message_template_language": "es_CO"}
    events = [
        *parse(payload("message_template_status_update", event="PAUSED", **about)),
        *parse(payload("message_template_quality_update", new_quality_score="RED", **about)),
        *parse(payload("template_category_update", new_category="MARKETING", **about)),
        *parse(payload("phone_number_quality_update", display_phone_number="1 555-078-3881", event="FLAGGED",
                       current_limit="TIER_2K")),
        *parse(payload("business_capability_update", max_daily_conversations_per_business="TIER_10K")),
        *parse(payload("account_update", event="ACCOUNT_RESTRICTION", phone_number="15550783881")),
    ]  # fmt: skip
    assert all(isinstance(event, Notice) for event in events)
    assert [(event.about, event.subject, event.value) for event in events if isinstance(event, Notice)] == [
        ("template", "invitacion|es_CO", "PAUSED"),
        ("quality", "invitacion|es_CO", "RED"),
        ("template", "invitacion|es_CO", "category MARKETING"),
        ("quality", "15550783881", "FLAGGED"),
        ("limit", "15550783881", "TIER_2K"),
        ("limit", "", "TIER_10K"),
        ("account", "15550783881", "ACCOUNT_RESTRICTION"),
    ]
    assert len({event.id for event in events}) == len(events)
    assert {event.at for event in events if isinstance(event, Notice)} == {datetime.fromtimestamp(1763900000, UTC)}


def test_a_stop_that_was_pressed_at_the_platform_is_a_stop() -> None:
    wish = {"wa_id": NUMBER, "detail": "User requested to stop", "value": "stop", "timestamp": 1}
    (event,) = parse(payload("user_preferences", contacts=[MARTA], user_preferences=[wish]))
    assert isinstance(event, Inbound)
    assert (event.address, event.text) == (f"+{NUMBER}", "BAJA")
    (event,) = parse(payload("user_preferences", contacts=[MARTA], user_preferences=[{**wish, "value": "resume"}]))
    assert isinstance(event, Odd)


def test_one_part_that_is_not_known_loses_no_other() -> None:
    good = {"from": NUMBER, "id": "wamid.2", "type": "text", "text": {"body": "hola"}}
    body = json.loads(payload(contacts=[MARTA], messages=[{"type": "hologram"}, good], aura=1))
    body["entry"][0]["changes"] = ["what?", *body["entry"][0]["changes"], {"field": "calls", "value": {}}]
    body["entry"] = [None, *body["entry"]]
    kinds = [event.kind for event in parse(json.dumps(body).encode())]
    assert kinds == ["odd", "odd", "odd", "inbound", "odd"]


@pytest.mark.parametrize("raw", [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b'{"entry": 7}', b"[" * 100_000])
def test_what_is_no_payload_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        parse(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([
        "id", "from", "from_user_id", "type", "text", "body", "messages", "statuses", "contacts", "errors", "entry",
        "changes", "field", "value", "status", "interactive", "image", "event", "user_preferences", "wa_id", "profile",
    ]) | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@given(JSON, st.sampled_from(["messages", "user_preferences", "phone_number_quality_update", "account_update", "x"]))
def test_nothing_raises_whatever_is_told(value: Any, field: str) -> None:
    for body in (value, {"entry": value}, {"entry": [{"changes": [{"field": field, "value": value}]}]}):
        try:
            events = parse(json.dumps(body).encode())
        except Unreadable:
            continue
        assert all(event.id for event in events)


def test_the_published_examples_are_read() -> None:
    kinds = {name: [event.kind for event in parse(json.dumps(value).encode())] for name, value in specs.examples()}
    odd = {name for name, found in kinds.items() if found == ["odd"]}
    assert odd == {
        "Reaction Message",
        "System Message",
        "Group Create Message",
        "Group Settings Update",
        "Group Remove Participants",
    }
    assert all(found == ["inbound"] for name, found in kinds.items() if name not in odd)
    assert len(kinds) >= 15


def test_published_examples_with_fields_that_nobody_knows() -> None:
    def strange(found: Any) -> Any:
        if isinstance(found, dict):
            return {**{key: strange(value) for key, value in found.items()}, "aura": {"colour": ["blue"]}}
        return [strange(one) for one in found] if isinstance(found, list) else found

    for _, value in specs.examples():
        plain, odd = (parse(json.dumps(one).encode()) for one in (value, strange(value)))
        if plain[0].kind == "inbound":
            assert plain == odd
