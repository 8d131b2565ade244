"""How good an address is for a person: what became of what was sent there, and what came back."""

from __future__ import annotations

from typing import Literal

import msgspec

Quality = Literal["good", "unknown", "bad"]
FAILURES = 3  # in a row after which an address is taken for dead, where no provider says so at once
# What happened at an address, by the name of its count.
Happened = Literal["sent", "delivered", "opened", "answered", "failed", "bounced", "wrong"]
GOOD: tuple[Happened, ...] = ("delivered", "opened", "answered")


class Reach(msgspec.Struct, frozen=True):
    """One address of a person on a channel, by its hash there: how often each thing happened.

    `opened`: a message read, or its link opened. `wrong`: somebody there said that they are not the person.
    `since_good`: failures and bounces since it last was delivered, opened or answered.
    """

    channel: str
    hash: str
    sent: int = 0
    delivered: int = 0
    opened: int = 0
    answered: int = 0
    failed: int = 0
    bounced: int = 0
    wrong: int = 0
    since_good: int = 0

    @property
    def quality(self) -> Quality:
        """Bad: nobody is there, or somebody else. Good: something came back from there. Unknown: nothing did yet."""
        if self.wrong or (self.bounced and self.since_good) or self.since_good >= FAILURES:
            return "bad"
        return "good" if self.answered or self.opened or self.delivered else "unknown"

    @property
    def score(self) -> float:
        """From 0 to 1, to choose between addresses: an answer says more than a look, a look more than an arrival.

        Each counts by how much of what was sent led to it, as if one more message had led nowhere.
        """
        if self.quality == "bad":
            return 0.0
        tried = max(self.sent, self.delivered, self.opened, self.answered) + 1
        worth = 3 * min(self.answered, tried) + 2 * min(self.opened, tried) + min(self.delivered, tried)
        return worth / (6 * tried)
