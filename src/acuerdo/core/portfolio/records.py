"""People and accounts as Acuerdo keeps them, and what is wrong with a row that cannot become one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Literal

import msgspec

from acuerdo.core.portfolio.documents import CustomerType, Document
from acuerdo.core.portfolio.vocabulary import CUSTOMER_TYPES, STATUS_NAMES, Quality, Register, Role, Status
from acuerdo.core.words import AcuerdoError, Country, Money

__all__ = [
    "CUSTOMER_TYPES", "STATUS_NAMES", "AccountRecord", "Consent", "Contact", "Fault", "FileError", "Party",
    "PersonRecord", "Quality", "Record", "Register", "Role", "Status", "Terms", "days_past_due_on", "good",
]  # fmt: skip


# Nothing here can hold itself, so the collector of cycles need not look at it (gc=False): a million rows feel it.


class Consent(msgspec.Struct, frozen=True, gc=False):
    """What a person said about one channel (or "*", all of them): yes or no, when, and what proves it."""

    channel: str
    given: bool
    at: date | None = None
    evidence: str = ""


class Party(msgspec.Struct, frozen=True, gc=False):
    """Someone beside the debtor. A reference is kept apart and never contacted; a representative speaks for a company.

    `document` is None where the file gives none.
    """

    role: Role
    name: str
    document: Document | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    relation: str = ""


class Contact(msgspec.Struct, frozen=True, gc=False):
    """Where an address of a person came from, and whether it serves, where the file says so.

    `value` is the phone, e-mail or address in its normal form. One of bad quality is here alone, and not among those
    by which a person is reached.
    """

    kind: Literal["phone", "email", "address"]
    value: str
    source: str = ""
    quality: Quality = "unknown"


class PersonRecord(msgspec.Struct, frozen=True, gc=False):
    """Who owes: one per (country, document).

    `region` is as written, `subdivision` its holiday code (CL, AR, ES; else empty). `zones` are IANA names: several
    mean that it may be any of them, none that it may be any of the country's. `documents` are further ones of the same
    person. `preferred_channel` is sms, whatsapp, email, voice or empty; `preferred_hours` is "09:00-12:00" or empty.
    """

    name: str
    document: Document
    country: Country
    phones: tuple[str, ...]
    emails: tuple[str, ...]
    address: str
    city: str
    region: str
    subdivision: str
    zones: tuple[str, ...]
    customer_type: CustomerType
    customer_since: date | None
    language: str
    documents: tuple[Document, ...] = ()
    born: date | None = None
    preferred_channel: str = ""
    preferred_hours: str = ""
    consents: tuple[Consent, ...] = ()
    contacts: tuple[Contact, ...] = ()


class AccountRecord(msgspec.Struct, frozen=True, gc=False):
    """One debt, as its creditor states it on `as_of`. Money in minor units; `days_past_due` is of that day."""

    external_id: str
    product: str
    balance: Money
    principal: Money | None
    interest: Money | None
    fees: Money | None
    currency: str
    due_date: date
    days_past_due: int
    as_of: date
    opened: date | None
    last_payment_date: date | None
    late_payments_12m: int
    status: Status
    installment_due: Money | None
    minimum_due: Money | None
    limitation_date: date | None = None
    installments_total: int | None = None
    installments_paid: int | None = None
    installments_overdue: int | None = None

    def days_past_due_on(self, day: date) -> int:
        """Days past due on a later day, if nothing is paid meanwhile; up to date until it is due."""
        return days_past_due_on(self.days_past_due, self.due_date, self.as_of, day)


def days_past_due_on(stated: int, due_date: date, as_of: date, day: date) -> int:
    """Days past due on `day`, of a debt of which `stated` were past due on `as_of`, if nothing is paid meanwhile."""
    if stated:
        return stated + max(0, (day - as_of).days)
    return max(0, (day - max(due_date, as_of)).days)


class Record(msgspec.Struct, frozen=True, gc=False):
    """One good row: a person and an account of theirs. `row` counts as a spreadsheet does, the header being 1.

    `digest` is of what the row says, whatever the day of its import: the same row again has changed nothing.
    """

    person: PersonRecord
    account: AccountRecord
    row: int
    digest: str = ""
    parties: tuple[Party, ...] = ()
    registers: tuple[Register, ...] = ()


class Fault(msgspec.Struct, frozen=True, gc=False):
    """What is wrong at one place of the file. `reason` and `mend` are Spanish; `code` is for programs.

    `kept` says that the row went in all the same (without the value, or because it repeats another); else the whole
    row is set aside. `cells` is the row as it was read; `sheet` the workbook's sheet, empty in other files.
    """

    row: int
    column: str
    value: str
    reason: str
    mend: str
    code: str
    cells: tuple[str, ...] = ()
    kept: bool = False
    sheet: str = ""


class FileError(AcuerdoError):
    """The whole file cannot be read; nothing of it went in. Its text is Spanish and says how to mend it.

    `as_rows` says the same to a program that sent rows and has no file.
    """

    def __init__(self, text: str, as_rows: str = "") -> None:
        super().__init__(text)
        self.as_rows = as_rows or text

    def within(self, place: str) -> FileError:
        """The same, with the place where it is, said before it."""
        return FileError(f"{place}: {self}", self.as_rows)


class Terms(msgspec.Struct, frozen=True, cache_hash=True):
    """What is agreed for all rows of a file: country, day, how it writes dates and decimals.

    `decimal` is what the mapping tells; `marks` the decimal mark that each column of amounts shows by itself.
    """

    country: Country
    at: date
    date_form: str = ""
    decimal: str = ""
    currencies: tuple[str, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()


def good(outcomes: Iterator[Record | Fault]) -> Iterator[Record]:
    """Only the records of a reading."""
    return (outcome for outcome in outcomes if isinstance(outcome, Record))
