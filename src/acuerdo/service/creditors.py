"""The creditor's particulars, that law and texts need."""

from __future__ import annotations

import msgspec

from acuerdo.core.dialogue.view import CreditorView
from acuerdo.core.words import AcuerdoError, Ownership


class Settings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of a creditor. `senders` are the names that messages come from, by channel."""

    legal_name: str
    tax_id: str = ""
    address: str = ""
    logo: str = ""
    ownership: Ownership = "first_party"
    agency: str = ""
    phone: str = ""
    desk_hours: str = "de lunes a viernes, de 8:00 a 18:00"
    payment_places: str = ""
    senders: dict[str, str] = {}
    identity_tail: int = 4
    link_failures: int = 3
    day_failures: int = 5
    link_days: int = 15


class UnknownCreditor(AcuerdoError):
    """There is no creditor of that name."""


def view_of(creditor: str, name: str, settings: Settings) -> CreditorView:
    """What a conversation may know of the creditor."""
    return CreditorView(
        id=creditor,
        name=name,
        agency=settings.agency,
        ownership=settings.ownership,
        phone=settings.phone,
        address=settings.address,
        desk_hours=settings.desk_hours,
        payment_places=settings.payment_places,
    )
