"""What a conversation may know: the person, the creditor, the debts and what was agreed, as the shell loaded them.

The view is an input like any other: it is recorded when a conversation starts and whenever it changes, so that a replay
needs nothing but the facts.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Literal

import msgspec

from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.words import Country, Money, Ownership, Window

# How the creditor treats people: usted, tú or vos.
Treatment = Literal["usted", "tu", "vos"]
# How they are spoken to, the softest first: the variants of a text, and how segments call them.
Tone = Literal["soft", "", "firm"]
TONES: tuple[Tone, ...] = ("soft", "", "firm")
TONES_OF_SEGMENTS = ("warm", "neutral", "formal")
SOON_DAYS = 5  # a payment this near is spoken of before anything else
EARLY_DAYS = 10  # and this near to who was late before


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
    treatment: Treatment = "usted"

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
    late_12m: int = 0
    broken_promises: int = 0


class PromiseView(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last promise made before this conversation that still counts: open, or broken and not made up for."""

    due: date
    amount: Money | None = None
    broken: bool = False


class AnswerBy(msgspec.Struct, frozen=True):
    """By when the creditor answers what is asked today: a complaint, a dispute, a wish about personal data."""

    complaint: date
    dispute: date
    data_rights: date


class Hours(msgspec.Struct, frozen=True):
    """When a person may be contacted at their own wish: windows from Monday to Sunday, and closed days to come."""

    week: tuple[tuple[Window, ...], ...]
    closed: tuple[date, ...] = ()

    def holds(self, local: datetime) -> bool:
        """Whether that local moment is inside a window."""
        return any(w.holds(local.hour * 60 + local.minute) for w in self.on(local.date()))

    def next(self, local: datetime) -> datetime | None:
        """The first moment from `local` on that is inside a window; None where none comes within two weeks."""
        if self.holds(local):
            return local
        for ahead in range(15):
            day = local.date() + timedelta(days=ahead)
            opens = [datetime.combine(day, time(w.start // 60, w.start % 60), local.tzinfo) for w in self.on(day)]
            if found := next((at for at in opens if at >= local), None):
                return found
        return None

    def on(self, day: date) -> tuple[Window, ...]:
        """The windows of a day."""
        return () if day in self.closed else self.week[day.weekday()]


class DeskView(msgspec.Struct, frozen=True, omit_defaults=True):
    """When a person of ours may write to them, and the moments at which no more can be promised (`full`)."""

    open: Hours
    full: tuple[datetime, ...] = ()


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


# What breaks a line, or turns the direction of what follows.
_BREAKS = re.compile("[\u0000-\u001f\u007f\u0085\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


def one_line(text: str) -> str:
    """The words on one line, in one direction: whatever a file calls somebody, it makes no line of its own."""
    return " ".join(_BREAKS.sub(" ", text).split()) if _BREAKS.search(text) else text


class View(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """All that a conversation knows.

    `link_failures`, `day_failures` and `address_failures` are the wrong identity answers before it: on its link, about
    this human today, and from its address today.
    """

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
    address_failures: int = 0
    link_limit: int = 3
    day_limit: int = 5
    address_limit: int = 10
    email: str = ""
    crisis_line: str = ""
    emergency: str = ""
    base_url: str = ""
    no_mail: bool = False  # no e-mail leaves this house: documents are given in the chat alone
    cleared: bool = False  # every debt that is known of was paid
    notices: tuple[Notice, ...] = ()
    recalled: bool = False  # the creditor took every debt back, and attends to them itself
    desk: DeskView | None = None
    promise: PromiseView | None = None
    answer_by: AnswerBy | None = None
    hours: Hours | None = None

    def spent(self, more: int = 0) -> str:
        """Which tries are used up, with so many wrong answers more; empty where some are left."""
        if self.day_failures + more >= self.day_limit:
            return "day"
        if self.address_failures + more >= self.address_limit:
            return "address"
        return "link" if self.link_failures + more >= self.link_limit else ""

    @cached_property
    def owed(self) -> tuple[AccountView, ...]:
        """The debts with something left to pay."""
        return tuple(a for a in self.accounts if a.balance.minor > 0)

    @cached_property
    def together(self) -> tuple[AccountView, ...]:
        """The debts that are added up and bargained over at once: those in the currency of the one longest overdue.

        One in another currency stands by itself: it is spoken of when it is chosen.
        """
        return tuple(a for a in self.owed if a.balance.currency == self.owed[0].balance.currency)

    @cached_property
    def total(self) -> Money:
        """What is owed over the debts that go together."""
        first = (self.owed or self.accounts)[0].balance
        return Money(sum(a.balance.minor for a in self.together), first.currency)

    @cached_property
    def totals(self) -> tuple[Money, ...]:
        """All that is owed, by currency, that of the debts that go together first."""
        owed: dict[str, int] = {}
        for account in self.owed or self.accounts[:1]:
            currency = account.balance.currency
            owed[currency] = owed.get(currency, 0) + account.balance.minor
        return tuple(Money(minor, currency) for currency, minor in owed.items())

    @cached_property
    def for_person(self) -> bool:
        """Whether a debt's segment says that only a person negotiates it, whatever its days past due."""
        return any(a.handler == "person" for a in self.owed)

    @cached_property
    def days_past_due(self) -> int:
        """The oldest debt's days past due: it decides what may be negotiated."""
        return max((a.days_past_due for a in self.owed), default=0)

    @cached_property
    def is_company(self) -> bool:
        """Whether a company is owed by, and a person writes for it: by the kind of document, or by how it begins."""
        kind, number = self.document_kind, "".join(c for c in self.document if c.isalnum()).upper()
        match self.country, kind:
            case _, "cif":
                return True
            case "CO", "nit":
                return number[:1] in ("8", "9") and len(number) in (9, 10)
            case "PE", "ruc":
                return number.startswith("20")
            case "MX", "rfc":
                return len(number) == 12
            case "CL", "rut":
                return number[:-1].isdigit() and int(number[:-1]) >= 50_000_000
            case "AR", "cuit":
                return number[:2] in ("30", "33", "34")
            case _:
                return False

    @cached_property
    def was_late(self) -> bool:
        """Whether a payment came late in the last year, or something promised did not come."""
        return any(a.late_12m > 0 or a.broken_promises > 0 for a in self.accounts)

    @cached_property
    def tone(self) -> Tone:
        """How they are spoken to: as their segment says, softer to who was never late before, firmer to who promised
        more than once and did not pay.
        """
        named = [a.authority.tone for a in self.owed if a.authority.tone in TONES_OF_SEGMENTS]
        step = max(map(TONES_OF_SEGMENTS.index, named), default=1 if self.days_past_due > 30 else 0)
        broken = sum(a.broken_promises for a in self.accounts)
        step += 1 if broken > 1 else -1 if not self.was_late and self.promise is None else 0
        return TONES[min(max(step, 0), len(TONES) - 1)]


def tidied(view: View) -> View:
    """The view with every name in it on one line."""
    name, named = one_line(view.name), [_texts(view.creditor), *map(_texts, view.accounts)]
    if view.name == name and not any(map(_BREAKS.search, (text for one in named for text in one.values()))):
        return view
    accounts = tuple(
        msgspec.structs.replace(a, product=one_line(a.product), reference=one_line(a.reference)) for a in view.accounts
    )
    said = {key: one_line(text) for key, text in _texts(view.creditor).items()}
    return msgspec.structs.replace(
        view, name=name, accounts=accounts, creditor=msgspec.structs.replace(view.creditor, **said)
    )


def _texts(one: CreditorView | AccountView) -> dict[str, str]:
    return {key: text for key in one.__struct_fields__ if isinstance(text := getattr(one, key), str)}
