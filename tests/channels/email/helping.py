"""Mails of ours as tests read them."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec

from acuerdo.adapters.channels.email import Letter, Mail
from acuerdo.service.channels import Media, Wire


def wire(ref: str = "ref", thread: str = "", files: tuple[Media, ...] = ()) -> Wire:
    letter = Letter("Su cuenta", "Su mensaje está aquí.\n\nSaludos", "<p>Su mensaje está aquí.</p>", thread)
    return Wire(ref, "ana@example.com", "Crédito Sol", msgspec.json.encode(letter).decode(), files=files)


def read(mail: Mail) -> EmailMessage:
    made = message_from_bytes(mail.raw, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made
