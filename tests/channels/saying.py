"""Messages that were cleared, to be rendered."""

from __future__ import annotations

from datetime import UTC, datetime

from acuerdo.core.compliance import Cleared, Record, judge
from acuerdo.core.compliance.record import Consent
from acuerdo.core.messages import Content, Say
from acuerdo.core.words import CreditorId, PersonId
from acuerdo.service.law import load_rules

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)  # a Tuesday, ten in the morning in Bogotá
PHONE = "+573001234567"
USER = "CO.13491208655302741918"


def cleared(content: Content, *, channel: str = "whatsapp", reply: bool = True, key: str = "k1") -> Cleared:
    """The content as an answer to what the person just wrote, or as something that we start."""
    say = Say(
        key=key, content=content, channel=channel, purpose="reply" if reply else "collection",
        creditor=CreditorId("tienda"), person=PersonId("p1"), topics=("creditor",), answers_at=AT if reply else None,
    )  # fmt: skip
    record = Record(
        "CO", ("America/Bogota",), ownership="first_party", address_source="person", identified=True,
        consents=(Consent(channel, True, AT),),
    )  # fmt: skip
    verdict = judge(say, record, load_rules(AT.date()), AT)
    assert isinstance(verdict, Cleared), verdict
    return verdict
