"""The words of SMPP 3.4, written and read by smpplib, and what each status means for a message."""

from __future__ import annotations

import struct
from typing import Any, Literal, TypeAlias

from smpplib import consts, smpp

from acuerdo.core.segments import decoded, encoded, split
from acuerdo.core.segments import measure as measured

Pdu: TypeAlias = Any  # smpplib ships no types
Meaning = Literal["again", "refused", "unknown"]
LONGEST = 64 * 1024  # bytes of a PDU; a longer one is a broken line
HEADER = struct.Struct(">L")
UDHI, RECEIPT, KIND = 0x40, 0x04, 0x3C  # bits of esm_class
GSM7, ASCII, LATIN1, UCS2 = 0, 1, 3, 8  # data_coding
# What a command_status other than 0 means; any other: refused. 3GPP has no say here: the names are SMPP 3.4's, 5.1.3.
STATUSES: dict[int, tuple[Meaning, str]] = {
    consts.SMPP_ESME_RSYSERR: ("again", "a fault of its system"),
    consts.SMPP_ESME_RMSGQFUL: ("again", "its queue is full"),
    consts.SMPP_ESME_RTHROTTLED: ("again", "too many messages a second"),
    consts.SMPP_ESME_RSUBMITFAIL: ("again", "it could not take the message"),
    consts.SMPP_ESME_RX_T_APPN: ("again", "a fault of its application for a moment"),
    consts.SMPP_ESME_RINVBNDSTS: ("again", "the line is not bound"),
    consts.SMPP_ESME_RUNKNOWNERR: ("unknown", "an unknown fault"),
    consts.SMPP_ESME_RDELIVERYFAILURE: ("refused", "it cannot be delivered"),
    consts.SMPP_ESME_RINVDSTADR: ("refused", "the number is not valid"),
    consts.SMPP_ESME_RINVSRCADR: ("refused", "the sender is not valid"),
    consts.SMPP_ESME_RINVMSGLEN: ("refused", "the text is too long"),
    consts.SMPP_ESME_RINVEXPIRY: ("refused", "the time to live is not valid"),
    consts.SMPP_ESME_RX_P_APPN: ("refused", "refused by its application"),
    consts.SMPP_ESME_RX_R_APPN: ("refused", "refused by its application"),
}
SLOW = frozenset({consts.SMPP_ESME_RTHROTTLED, consts.SMPP_ESME_RMSGQFUL})


def made(command: str, sequence: int, status: int = 0, **fields: Any) -> bytes:
    """A PDU as bytes."""
    pdu = smpp.make_pdu(command, sequence=sequence, status=status, **fields)
    pdu.sequence = sequence
    raw: bytes = pdu.generate()
    return raw


def read(raw: bytes) -> Pdu:
    """A PDU. Raises ValueError where it is none."""
    try:
        found = smpp.parse_pdu(raw, client=None, sequence=1, allow_unknown_opt_params=True)
    except Exception as why:  # the library raises whatever its parts do: struct, index, key and its own
        raise ValueError(f"no PDU: {type(why).__name__}") from None
    if found is None:
        raise ValueError("no PDU: an unknown command")
    return found


def meaning(status: int) -> tuple[Meaning, str]:
    """What a status means for a message, and its name here."""
    kind, name = STATUSES.get(status, ("refused", "refused"))
    return kind, f"0x{status:02x}: {name}"


def text_of(raw: bytes, coding: int) -> str | None:
    """The words of a message in its alphabet; None where it is none that people write in."""
    if coding in (GSM7, ASCII):
        return decoded(raw)
    if coding == LATIN1:
        return raw.decode("latin-1")
    return raw.decode("utf-16-be", "replace") if coding == UCS2 else None


def parts_of(text: str, reference: int) -> list[dict[str, Any]]:
    """A text as the parts that carry it: each part's bytes, alphabet, and, where there are several, its header."""
    short = measured(text).alphabet == "gsm7"
    whole = split(text)
    found = []
    for n, part in enumerate(whole, 1):
        raw = encoded(part) if short else part.encode("utf-16-be", "surrogatepass")
        header = bytes([5, 0, 3, reference & 0xFF, len(whole), n]) if len(whole) > 1 else b""
        found.append({
            "short_message": header + raw, "data_coding": GSM7 if short else UCS2, "esm_class": UDHI if header else 0,
        })  # fmt: skip
    return found


def unheaded(raw: bytes, esm_class: int) -> tuple[bytes, tuple[int, int, int] | None]:
    """A message's bytes without their header, and which part of which longer one it is (reference, of, place)."""
    if not esm_class & UDHI or not raw or raw[0] >= len(raw):
        return raw, None
    header, rest, place = raw[1 : raw[0] + 1], raw[raw[0] + 1 :], None
    while len(header) >= 2 and len(header) >= header[1] + 2:
        kind, said, header = header[0], header[2 : header[1] + 2], header[header[1] + 2 :]
        if kind == 0 and len(said) == 3:
            place = (said[0], said[1], said[2])
        elif kind == 8 and len(said) == 4:
            place = (said[0] << 8 | said[1], said[2], said[3])
    return rest, place


def validity(seconds: int) -> str:
    """A time to live as SMPP has it, from now on: "" where none is told."""
    if not seconds:
        return ""
    days, left = divmod(seconds, 86_400)
    hours, left = divmod(left, 3600)
    return f"0000{days:02d}{hours:02d}{left // 60:02d}{left % 60:02d}000R"


def address(number: str, side: Literal["source", "dest"]) -> dict[str, Any]:
    """A sender or a recipient: its kind of number and plan, as their fields are called."""
    if number.startswith("+"):
        ton, npi, bare = consts.SMPP_TON_INTL, consts.SMPP_NPI_ISDN, number[1:]
    elif number.isdigit():
        ton, npi, bare = consts.SMPP_TON_NWSPEC, consts.SMPP_NPI_UNK, number
    else:
        ton, npi, bare = consts.SMPP_TON_ALNUM, consts.SMPP_NPI_UNK, number
    name = "source_addr" if side == "source" else "destination_addr"
    return {f"{side}_addr_ton": ton, f"{side}_addr_npi": npi, name: bare}
