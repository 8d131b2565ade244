"""Keys of the HTTP interface: for one creditor each, shown once, and what each may do."""

from __future__ import annotations

from datetime import datetime

import msgspec

from acuerdo.core.words import AcuerdoError

# What a key may do, as it is told.
SCOPES: dict[str, str] = {
    "feeds:write": "send rows and files, and read what became of them",
    "feeds:read": "read what became of imports, and how fresh each feed is",
    "results:read": "read the results that go back to the creditor",
}


class ApiKey(msgspec.Struct, frozen=True):
    """A key as it is kept: never its secret. `used_at` is to the minute."""

    id: str
    name: str
    creditor: str
    scopes: tuple[str, ...]
    added_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def may(self, *scopes: str) -> bool:
        """Whether any of these scopes is the key's."""
        return any(scope in self.scopes for scope in scopes)


class KeyTaken(AcuerdoError):
    """There is a key of that name already."""


def read_scopes(text: str) -> tuple[str, ...]:
    """Scopes from their list with commas. Raises AcuerdoError naming those there are."""
    scopes = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    wrong = [scope for scope in scopes if scope not in SCOPES]
    if wrong or not scopes:
        raise AcuerdoError(f"{', '.join(wrong) or 'no scope'} is not known; there are {', '.join(SCOPES)}")
    return scopes
