"""A clock that stands where it is put: for tests and scenarios."""

from __future__ import annotations

from datetime import datetime, timedelta

from acuerdo.core.words import aware


class FixedClock:
    """Says the same time until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = aware(at)

    def now(self) -> datetime:
        return self._at

    async def move(self, to: datetime, who: str = "operator") -> None:
        """Makes it `to` (aware)."""
        self._at = aware(to)

    def go_on(self, by: timedelta) -> datetime:
        """Moves it forward, and says what time it is then."""
        self._at += by
        return self._at
