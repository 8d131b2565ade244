"""Accounts explained: a creditor's rules of money, one account's ledger, and a recount that reports any gap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import lru_cache
from importlib import resources
from typing import Protocol

import msgspec

from acuerdo.core.ledger.account import Fact, Told, tell
from acuerdo.core.ledger.checking import Gap, Held, gaps
from acuerdo.core.ledger.rules import Cap, Rules, read_caps, read_rules
from acuerdo.core.words import AccountId, AcuerdoError
from acuerdo.service.creditors import Creditor


class UnknownAccount(AcuerdoError):
    """No account has that number."""


class Opened(msgspec.Struct, frozen=True):
    """An account and everything on record that its ledger follows from; moments are in the person's zone."""

    id: str
    external_id: str
    creditor: Creditor
    currency: str
    as_of: datetime
    balance: int
    paid_since: int
    facts: tuple[Fact, ...]
    zone: str


class Kept(msgspec.Struct, frozen=True):
    """How agreements or promises of an origin (bot, debtor, agent) ended; `rate` of those that ended, 0 to 1."""

    what: str
    origin: str
    kept: int
    broken: int
    running: int

    @property
    def rate(self) -> float | None:
        ended = self.kept + self.broken
        return self.kept / ended if ended else None


class Accounts(Protocol):
    """What the ledger is told from."""

    async def find(self, number: str, creditor: str | None) -> list[Opened]: ...
    def held(self, creditor: str) -> AsyncIterator[Held]: ...
    async def rules(self, creditor: str) -> str | None: ...
    async def put_rules(self, creditor: str, text: str, rules: Rules, who: str, at: datetime) -> None: ...
    async def kept(self, creditor: str) -> list[Kept]: ...


@lru_cache(maxsize=1)
def legal_caps() -> tuple[Cap, ...]:
    """The shipped caps of fees by country. Raises BadRules."""
    return read_caps((resources.files("acuerdo") / "policies" / "charge_caps.toml").read_text("utf-8"))


async def rules_of(accounts: Accounts, creditor: Creditor) -> Rules | None:
    """The creditor's rules under its country's caps; None where it has none, and its files alone tell of interest."""
    text = await accounts.rules(creditor.id)
    return None if text is None else read_rules(text, creditor.name, creditor.settings.country, legal_caps())


async def put_rules(accounts: Accounts, creditor: Creditor, text: str, source: str, who: str, at: datetime) -> Rules:
    """Takes a creditor's rules of money into force. Raises BadRules."""
    rules = read_rules(text, source, creditor.settings.country, legal_caps())
    await accounts.put_rules(creditor.id, text, rules, who, at)
    return rules


async def show(accounts: Accounts, number: str, creditor: str | None, until: datetime) -> tuple[Opened, Told]:
    """One account's ledger told from its facts, interest and fees up to `until`. Raises UnknownAccount."""
    found = await accounts.find(number, creditor)
    if not found:
        raise UnknownAccount(f"no account is numbered {number!r}; look at acuerdo people find")
    if len(found) > 1:
        whose = ", ".join(one.creditor.name for one in found)
        raise UnknownAccount(f"several creditors have an account {number!r}: {whose}; name one with --creditor")
    [one] = found
    rules = await rules_of(accounts, one.creditor)
    own = rules if rules is not None and rules.currency == one.currency else None
    return one, tell(AccountId(one.id), one.facts, own, until)


async def check(accounts: Accounts, creditors: Sequence[Creditor]) -> tuple[int, list[tuple[Creditor, Gap]]]:
    """Recounts everybody who ever paid: how many people and currencies, and every gap."""
    looked, found = 0, list[tuple[Creditor, Gap]]()
    for creditor in creditors:
        async for held in accounts.held(creditor.id):
            looked += 1
            found += ((creditor, gap) for gap in gaps(held))
    return looked, found
