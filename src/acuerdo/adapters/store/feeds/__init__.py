"""The other feeds in PostgreSQL: each takes its rows in sets, and what follows from them at the end, once."""

from __future__ import annotations

from acuerdo.adapters.store.feeds.catching_up import catch_up, enter_registers, meet_registers
from acuerdo.adapters.store.feeds.consents import consents_of, give_consents
from acuerdo.adapters.store.feeds.intake import StoredFeeds
from acuerdo.adapters.store.feeds.waiting import Waiting, unmatched

__all__ = [
    "StoredFeeds", "Waiting", "catch_up", "consents_of", "enter_registers", "give_consents", "meet_registers",
    "unmatched",
]  # fmt: skip
