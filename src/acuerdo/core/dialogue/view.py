"""What a conversation may know: the person, the creditor, the debts and what was agreed, as the shell loaded them.

The view is an input like any other: it is recorded when a conversation starts and whenever it changes, so that a replay
needs nothing but the facts.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.words import Country, Money, Ownership


class CreditorView(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who is owed and who writes."""

    id: str
    name: str
    agency: str = ""
    ownership: Ownership = "first_party"
    phone: str = ""
    address: str = ""
    desk_hours: str = ""
    payment_places: str = ""
    legal_name: str = ""
    tax_id: str = ""
    agency_address: str = ""
    agency_phone: str = ""
    agency_powers: str = ""
    responsible: str = ""
    complaints: str = ""
    acquired_from: str = ""
    files: str = ""

    @property
    def collector_address(self) -> str:
        """Where whoever collects is found; never the creditor's place for its agency's."""
        return self.agency_address if self.agency else self.address

    @property
    def collector_phone(self) -> str:
        """Where whoever collects is called; never the creditor's number for its agency's."""
        return self.agency_phone if self.agency else self.phone


class Notice(msgspec.Struct, frozen=True):
    """Something the person's country wants told about a debt, by its word in law packs, and the rules that ask it."""

    topic: str
    rules: tuple[str, ...]


class AccountView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One debt as it stands: `balance` is the balance of record less the payments seen since."""

    id: str
    reference: str
    product: str
    balance: Money
    days_past_due: int
    authority: Authority
    due_date: date | None = None
    due_now: Money | None = None
    principal: Money | None = None
    interest: Money | None = None
    fees: Money | None = None
    as_of: date | None = None
    handler: Literal["bot", "person"] = "bot"


class InstallmentView(msgspec.Struct, frozen=True, omit_defaults=True):
    """One payment of an agreement, and how much of it was paid."""

    due: date
    amount: Money
    paid: Money


class AgreementView(msgspec.Struct, frozen=True, omit_defaults=True):
    """An agreement in force."""

    id: str
    total: Money
    installments: tuple[InstallmentView, ...]

    @property
    def left(self) -> tuple[InstallmentView, ...]:
        """The payments not yet made whole."""
        return tuple(i for i in self.installments if i.paid < i.amount)


class View(msgspec.Struct, frozen=True, omit_defaults=True):
    """All that a conversation knows; `link_failures` and `day_failures` are the wrong identity answers before it."""

    country: Country
    zone: str
    creditor: CreditorView
    name: str
    document: str
    accounts: tuple[AccountView, ...]
    document_kind: str = ""
    tail: int = 4
    agreement: AgreementView | None = None
    link_failures: int = 0
    day_failures: int = 0
    link_limit: int = 3
    day_limit: int = 5
    email: str = ""
    crisis_line: str = ""
    emergency: str = ""
    base_url: str = ""
    notices: tuple[Notice, ...] = ()
    recalled: bool = False  # the creditor took every debt back, and attends to them itself

    @property
    def owed(self) -> tuple[AccountView, ...]:
        """The debts with something left to pay."""
        return tuple(a for a in self.accounts if a.balance.minor > 0)

    @property
    def total(self) -> Money:
        """What is owed over all accounts; they share one currency."""
        first = self.accounts[0].balance
        return Money(sum(a.balance.minor for a in self.accounts), first.currency)

    @property
    def for_person(self) -> bool:
        """Whether a debt's segment says that only a person negotiates it, whatever its days past due."""
        return any(a.handler == "person" for a in self.owed)

    @property
    def days_past_due(self) -> int:
        """The oldest debt's days past due: it decides what may be negotiated."""
        return max((a.days_past_due for a in self.owed), default=0)
