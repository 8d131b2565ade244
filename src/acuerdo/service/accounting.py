"""Accounts explained: a creditor's rules of money, one account's ledger, and a recount that reports any gap."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Protocol

import msgspec

from acuerdo.core.ledger.account import Fact, Told, tell
from acuerdo.core.ledger.checking import Gap, Held, gaps
from acuerdo.core.ledger.rules import BadRules, Ceiling, Certified, Law, Rules, read_law, read_rules
from acuerdo.core.payments.schedule import month_end, months_after
from acuerdo.core.words import CURRENCY_OF, AccountId, AcuerdoError
from acuerdo.service.creditors import Creditor

COUNTRY_OF = {currency: country for country, currency in CURRENCY_OF.items()}


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


class Figures(Protocol):
    """What is known of the law's ceilings of interest, by country."""

    async def figures(self, country: str) -> tuple[Certified, ...]: ...
    async def put_figure(self, country: str, figure: Certified, who: str, at: datetime) -> None: ...


class Ledgers(Accounts, Figures, Protocol):
    """Both, as one store has them."""


@lru_cache(maxsize=1)
def law_of_money() -> Law:
    """What the law lets be charged, by country, as it is shipped. Raises BadRules."""
    return read_law((resources.files("acuerdo") / "policies" / "charge_caps.toml").read_text("utf-8"))


async def rules_of(accounts: Ledgers, creditor: Creditor) -> Rules | None:
    """The creditor's rules under its country's law; None where it has none, and its files alone tell of interest."""
    text = await accounts.rules(creditor.id)
    return None if text is None else await _under_law(accounts, creditor, text, creditor.name)


async def _under_law(accounts: Figures, creditor: Creditor, text: str, source: str) -> Rules:
    # A creditor that names no country is under the law of its currency's.
    country = creditor.settings.country or COUNTRY_OF.get(read_rules(text, source).currency, "")
    return read_rules(text, source, country, law_of_money(), await accounts.figures(country))


async def put_rules(
    accounts: Ledgers, creditor: Creditor, text: str, source: str, who: str, at: datetime, gateways: Sequence[str] = ()
) -> Rules:
    """Takes a creditor's rules of money into force. Raises BadRules, also where its rate is over the law's, or it names
    a gateway that is none of `gateways`, those installed, where they are given."""
    rules = await _under_law(accounts, creditor, text, source)
    if why := rules.over(at.date()):
        raise BadRules(f"{source}: {why}")
    if gateways and rules.gateway and rules.gateway not in gateways:
        known = ", ".join(sorted(gateways))
        raise BadRules(f"{source}: gateway {rules.gateway!r} is not installed; installed: {known}")
    await accounts.put_rules(creditor.id, text, rules, who, at)
    return rules


def ceiling_of(country: str) -> Ceiling:
    """What the law of a country says of the highest interest. Raises BadRules where nobody has looked it up."""
    found = {one.country: one for one in law_of_money().ceilings}
    if country not in found:
        raise BadRules(f"nothing is known of the ceiling of interest in {country!r}; known: {', '.join(sorted(found))}")
    return found[country]


async def put_figure(
    accounts: Ledgers, country: str, figure: tuple[str, date, date | None, Decimal, str], who: str, at: datetime
) -> Certified:
    """Writes down what an authority certified: the kind of credit, its first day, its last (none: of that month or
    half-year), percent a year, and where it was read. Raises BadRules."""
    law = ceiling_of(country)
    kind, since, until, pct, source = figure
    if kind not in law.kinds:
        kinds = ", ".join(law.kinds) or "none: there a judge decides, and [[max_rate]] is where counsel's figure goes"
        raise BadRules(f"{kind!r} is no kind of credit with a ceiling in {country}; there are: {kinds}")
    last = until or (month_end(since) if law.every == "month" else months_after(since, 6) - timedelta(days=1))
    if not pct.is_finite() or not 0 < pct <= Decimal(1000) or last < since or not source.strip():
        raise BadRules("give percent a year over 0, a last day after the first, and where the figure was read")
    certified = Certified(kind, since, last, pct, source.strip())
    await accounts.put_figure(country, certified, who, at)
    return certified


async def over_law(accounts: Ledgers, creditors: Sequence[Creditor], day: date) -> list[tuple[Creditor, str]]:
    """The creditors whose own rate of a day is over the law's, or whose law's figure nobody wrote down, and why: until
    that is mended, the ledger counts no more than the law's figure, and nothing where there is none."""
    found = []
    for creditor in creditors:
        rules = await rules_of(accounts, creditor)
        if rules is not None and (why := rules.over(day)):
            found.append((creditor, why))
    return found


async def show(accounts: Ledgers, number: str, creditor: str | None, until: datetime) -> tuple[Opened, Told]:
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
