"""Good rows of a file written as PostgreSQL's COPY reads them, with what is personal sealed under keys of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec

from acuerdo.adapters.store.keys import Keyring, PersonKey
from acuerdo.adapters.store.likeness import marks
from acuerdo.adapters.store.views import Person, person_aad
from acuerdo.core import facts as f
from acuerdo.core.compliance.places import ZONES_OF
from acuerdo.core.portfolio.matching import Who
from acuerdo.core.portfolio.records import AccountRecord, Consent, Party, PersonRecord, Register, Status
from acuerdo.core.words import Money, derive
from acuerdo.service.importing import Coded, Coder, Good

# How a file's word for a debt's state is kept: who wrote a debt off still collects it.
STATUS: dict[Status, str] = {
    "active": "open", "written_off": "open", "paid": "paid", "legal": "legal", "withdrawn": "withdrawn",
}  # fmt: skip
ACCOUNT_COLUMNS = (
    "line", "id", "home_person_id", "external_id", "product", "currency", "balance", "principal", "interest", "fees",
    "due_now", "due_date", "days_past_due", "as_of", "opened", "late_12m", "status", "limitation_date",
    "installments_total", "installments_paid", "installments_overdue", "last_payment", "digest", "row_digest",
    "person_digest", "fact_id", "shown",
)  # fmt: skip
PERSON_COLUMNS = (
    "line", "id", "subject_id", "country", "zones", "subdivision", "customer_type", "customer_since", "language",
    "preferred_channel", "preferred_hours", "reachable", "wrapped_key", "sealed", "digest", "fact_id", "said", "more",
    "marks",
)  # fmt: skip
# What of a person is not sealed, and told by rows.
PARTICULARS = (
    "subdivision", "customer_type", "customer_since", "language", "preferred_channel", "preferred_hours",
)  # fmt: skip
NULL = "\\N"
# What would end a value, or begin something else, in the text that COPY reads.
_MARK = re.compile(r"[\\\t\n\r]")
_MARKS = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


class Seen(msgspec.Struct, frozen=True):
    """One person of a file, of whatever number of rows."""

    subject: str
    country: str
    zones: tuple[str, ...]
    subdivision: str
    customer_type: str
    customer_since: date | None
    language: str
    preferred_channel: str
    preferred_hours: str
    who: Person


class More(msgspec.Struct, frozen=True):
    """What a row says beside the person and the debt."""

    parties: tuple[Party, ...] = ()
    registers: tuple[Register, ...] = ()
    consents: tuple[Consent, ...] = ()


_json = msgspec.json.Encoder()
_more = msgspec.msgpack.Encoder()


def more_aad(person: str) -> bytes:
    """Where what a row says beside belongs, until it is settled."""
    return f"more:{person}".encode()


def coder(keyring: Keyring, creditor: str, name: str) -> Coder:
    """Writes rows of the import `name`; needs no database."""

    def code(rows: Sequence[Good]) -> Coded:
        accounts, people, ids = [], [], []
        for row in rows:
            record = row.record
            account = derive("account", creditor, record.account.external_id)
            person, seen = identity(keyring, creditor, record.person)
            digest = digest_of(keyring, seen).hex()
            accounts.append(_account(keyring, row, account, person, name, digest))
            people.append(_person(keyring, row, person, seen, digest, name))
            ids.append(account)
        return Coded(
            "".join(accounts).encode(), "".join(people).encode(), bytes.fromhex("".join(ids)),
            b"".join(row.line.to_bytes(4, "little") for row in rows),
        )  # fmt: skip

    return code


def account_id(creditor: str, external_id: str) -> str:
    """The account of a creditor's own number."""
    return derive("account", creditor, external_id)


def identity(keyring: Keyring, creditor: str, person: PersonRecord) -> tuple[str, Seen]:
    """Whom a row names, and what it says of them."""
    paper = person.document
    subject = keyring.blind("document", f"{person.country}:{paper.kind}:{paper.value}").hex()
    who = Person(
        person.name, paper.kind, paper.value, person.phones, person.emails, person.address, person.city, person.born,
        person.documents,
    )  # fmt: skip
    # Where no zone is known it may be any of the country's, and what is lawful in all of them is lawful.
    zones = person.zones or ZONES_OF[person.country]
    seen = Seen(
        subject, person.country, zones, person.subdivision, person.customer_type, person.customer_since,
        person.language, person.preferred_channel, person.preferred_hours, who,
    )  # fmt: skip
    return derive("person", creditor, subject), seen


def digest_of(keyring: Keyring, seen: Seen) -> bytes:
    """What is known of a person, as one keyed digest: the same says that nothing changed."""
    return keyring.blind("person", derive(_json.encode(seen).decode()))


def reachable(who: Person) -> list[str]:
    """The channels for which there is an address."""
    return ["sms"] * bool(who.phones) + ["email"] * bool(who.emails)


def sealed(person: str, who: Person, key: PersonKey) -> bytes:
    """A person's particulars as they are stored."""
    return key.seal(_json.encode(who), person_aad(person))


def said_of(name: str, key: PersonKey, fact: str) -> bytes:
    """The one personal field of PersonSeen, sealed as that fact keeps it."""
    return key.seal(_json.encode({"name": name}), fact.encode())


def due_now(account: AccountRecord) -> Money | None:
    """What brings the account up to date, where the file says it."""
    return account.minimum_due or account.installment_due


def _account(keyring: Keyring, row: Good, name: str, person: str, import_id: str, person_digest: str) -> str:
    a = row.record.account
    told = f.AccountImported(
        a.external_id, a.product, a.balance, a.days_past_due, a.as_of, a.due_date, STATUS[a.status]
    )
    values = (
        str(row.line), name, person, _text(a.external_id), _text(a.product), a.currency, str(a.balance.minor),
        _minor(a.principal), _minor(a.interest), _minor(a.fees), _minor(due_now(a)), a.due_date.isoformat(),
        str(a.days_past_due), a.as_of.isoformat(), _day(a.opened), str(a.late_payments_12m), STATUS[a.status],
        _day(a.limitation_date), _count(a.installments_total), _count(a.installments_paid),
        _count(a.installments_overdue), _day(a.last_payment_date),
        "\\\\x" + keyring.blind("row", row.record.digest).hex(), "\\\\x" + row.cells.hex() if row.cells else NULL,
        person_digest,
        derive("account_imported", name, import_id), _text(_json.encode(told).decode()),
    )  # fmt: skip
    return "\t".join(values) + "\n"


def _person(keyring: Keyring, row: Good, name: str, seen: Seen, digest: str, import_id: str) -> str:
    wrapped, key = keyring.fresh(name)
    fact = derive("person_seen", name, import_id)
    more, record = "", row.record
    if record.parties or record.registers or record.person.consents:
        extra = More(record.parties, record.registers, record.person.consents)
        more = key.seal(_more.encode(extra), more_aad(name)).hex()
    values = (
        str(row.line), name, seen.subject, seen.country, _list(seen.zones), _text(seen.subdivision),
        seen.customer_type, _day(seen.customer_since), seen.language, seen.preferred_channel,
        _text(seen.preferred_hours), _list(reachable(seen.who)), "\\\\x" + wrapped.hex(),
        "\\\\x" + sealed(name, seen.who, key).hex(), digest, fact, "\\\\x" + said_of(seen.who.name, key, fact).hex(),
        "\\\\x" + more if more else NULL, _list(marks(keyring, _matched(record.person), record.person.contacts)),
    )  # fmt: skip
    return "\t".join(values) + "\n"


def _matched(person: PersonRecord) -> Who:
    """The person as they are matched with others."""
    return Who(
        person.name, person.country, (person.document, *person.documents), person.phones, person.emails, person.born,
        person.address, person.city, person.customer_type == "business",
    )  # fmt: skip


def _text(value: str) -> str:
    return value.translate(_MARKS) if _MARK.search(value) else value


def _day(day: date | None) -> str:
    return NULL if day is None else day.isoformat()


def _count(number: int | None) -> str:
    return NULL if number is None else str(number)


def _minor(amount: Money | None) -> str:
    return NULL if amount is None else str(amount.minor)


def _list(words: Sequence[Any]) -> str:
    return "{" + ",".join(words) + "}"
