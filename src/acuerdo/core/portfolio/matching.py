"""Whether two people of a creditor are one human: normal forms, and written rules with a score and its reasons."""

from __future__ import annotations

from datetime import date

import msgspec

from acuerdo.core.portfolio.documents import Document


class Who(msgspec.Struct, frozen=True):
    """What is known of a person where they are matched. `documents` begin with the one they were filed under."""

    name: str
    country: str
    documents: tuple[Document, ...]
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    born: date | None = None
    address: str = ""
    city: str = ""
    business: bool = False
