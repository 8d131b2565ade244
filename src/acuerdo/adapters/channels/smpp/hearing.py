"""What an SMSC sends by itself: receipts and people's messages, kept as JSON before they are acknowledged, and read."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from acuerdo.adapters.channels import _sms
from acuerdo.adapters.channels._lines import read_json, words
from acuerdo.adapters.channels.smpp.pdus import KIND, RECEIPT, Pdu, text_of, unheaded
from acuerdo.core.words import derive
from acuerdo.service.channels import Event, Inbound, Odd, Receipt, ReceiptStatus, Unreadable

# SMPP 3.4, appendix B: the words of a receipt's text, and 5.2.28: the numbers of its field.
WORDS: dict[str, ReceiptStatus] = {
    "ENROUTE": "sent", "ACCEPTD": "sent", "DELIVRD": "delivered", "EXPIRED": "failed", "DELETED": "failed",
    "UNDELIV": "failed", "REJECTD": "failed",
}  # fmt: skip
STATES = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
_ID = re.compile(r"\bid:([^\s]{1,65})", re.IGNORECASE)
_STAT = re.compile(r"\bstat:([A-Za-z]+)", re.IGNORECASE)
_ERR = re.compile(r"\berr:([^\s]{1,10})", re.IGNORECASE)


class Heard(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of the SMSC's own as it is kept. `id` is its own of the message, or made of the line and its order."""

    kind: str
    id: str
    source: str = ""
    to: str = ""
    text: str = ""
    status: str = ""
    error: str = ""
    why: str = ""


class Part(msgspec.Struct, frozen=True):
    """A part of a longer message: whose, of which (reference, how many) and its place."""

    source: str
    to: str
    reference: int
    of: int
    place: int
    text: str


def heard(pdu: Pdu, made_id: str) -> Heard | Part:
    """What a PDU tells. `made_id` stands in where the SMSC gives a message no id of its own."""
    source, to = _ascii(pdu.source_addr), _ascii(pdu.destination_addr)
    raw = bytes(pdu.short_message or pdu.__dict__.get("message_payload") or b"")
    told = _ascii(pdu.__dict__.get("receipted_message_id"))
    body, place = unheaded(raw, pdu.esm_class or 0)
    text = text_of(body, pdu.data_coding or 0)
    if (pdu.esm_class or 0) & KIND == RECEIPT:
        return _receipt(pdu, told, text or "", made_id)
    if text is None:
        return Heard("odd", told or made_id, source, to, body.hex(), why=f"an alphabet of the number {pdu.data_coding}")
    if place is not None and place[1] > 1:
        return Part(source, to, *place, text)
    return Heard("inbound", told or made_id, source, to, text)


def _receipt(pdu: Pdu, told: str, text: str, made_id: str) -> Heard:
    found, stat, err = _ID.search(text), _STAT.search(text), _ERR.search(text)
    state = pdu.__dict__.get("message_state")
    status = STATES.get(state, "?") if state is not None else stat[1].upper() if stat else "?"
    provider_id = told or (found[1] if found else "")
    if not provider_id:
        return Heard("odd", made_id, text=text, why="a receipt of no message")
    return Heard("receipt", provider_id, status=status, error=err[1] if err else "")


def _ascii(found: Any) -> str:
    return bytes(found).decode("ascii", "replace").strip("\x00") if found else ""


def parse(raw: bytes) -> list[Event]:
    """What a kept message tells. Raises Unreadable."""
    told = read_json(raw)
    kind, provider_id = words(told, "kind"), words(told, "id")
    if not provider_id or kind not in ("receipt", "inbound", "odd"):
        raise Unreadable("SMPP: no message of an SMSC")
    if kind == "odd":
        return [Odd(provider_id, words(told, "why") or "a message of no known kind")]
    if kind == "receipt":
        status = WORDS.get(words(told, "status"))
        if status is None:
            return [Odd(provider_id, f"a receipt of the status {words(told, 'status')[:20]!r}")]
        error = f"{words(told, 'status')} {words(told, 'error')}".strip() if status == "failed" else ""
        return [Receipt(provider_id, status, "", error)]
    source = words(told, "source")
    if not source:
        return [Odd(provider_id, "a message from nobody")]
    phone = f"+{source.removeprefix('+')}"
    address = phone if _sms.is_phone(phone) else source
    return [Inbound(
        provider_id, address, words(told, "text"), phone=address if address == phone else "", to=words(told, "to"),
    )]  # fmt: skip


def part_as_odd(part: Part) -> Heard:
    """A part whose others did not come in time: kept and listed, so that it is not lost."""
    made = derive("smpp part", part.source, str(part.reference), str(part.of), str(part.place), part.text)
    why = f"part {part.place} of {part.of} of a longer message"
    return Heard("odd", made, part.source, part.to, part.text, why=why)
