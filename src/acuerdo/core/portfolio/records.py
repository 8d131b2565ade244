"""People and accounts as Acuerdo keeps them, and what is wrong with a row that cannot become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Literal, TypeVar

import msgspec

from acuerdo.core.portfolio import values
from acuerdo.core.portfolio.columns import key
from acuerdo.core.portfolio.contact import email, phone, split_cell, zone, zones
from acuerdo.core.portfolio.documents import CustomerType, Document, customer_type_of, document
from acuerdo.core.portfolio.regions import REGIONS, region_code
from acuerdo.core.portfolio.values import Bad, tidy
from acuerdo.core.words import CURRENCY_OF, AcuerdoError, Country, Money, derive

Status = Literal["active", "paid", "written_off", "legal", "withdrawn"]
Role = Literal["guarantor", "codebtor", "representative", "reference"]
Register = Literal["do_not_call", "judicialised", "deceased"]
T = TypeVar("T")

STATUS_NAMES: dict[str, Status] = {
    "active": "active", "vigente": "active", "activa": "active", "activo": "active", "en mora": "active",
    "vencida": "active", "vencido": "active", "abierta": "active",
    "paid": "paid", "pagada": "paid", "pagado": "paid", "cancelada": "paid", "saldada": "paid", "al dia": "active",
    "written off": "written_off", "castigada": "written_off", "castigado": "written_off", "quebranto": "written_off",
    "legal": "legal", "judicial": "legal", "en juicio": "legal", "juridica": "legal",
    "withdrawn": "withdrawn", "retirada": "withdrawn", "retirado": "withdrawn", "recalled": "withdrawn",
}  # fmt: skip
CUSTOMER_TYPES: dict[str, CustomerType] = {
    "natural": "natural", "persona": "natural", "persona natural": "natural", "persona fisica": "natural",
    "fisica": "natural", "n": "natural", "pn": "natural", "pf": "natural", "particular": "natural",
    "individual": "natural",
    "business": "business", "empresa": "business", "juridica": "business", "persona juridica": "business",
    "moral": "business", "persona moral": "business", "pyme": "business", "j": "business", "pj": "business",
    "pm": "business", "sociedad": "business",
}  # fmt: skip
# Names for the same product found in creditors' files; what is not here is kept as written, in small letters.
PRODUCTS: dict[str, str] = {
    "tc": "tarjeta de crédito", "tdc": "tarjeta de crédito", "tarjeta": "tarjeta de crédito",
    "tarjeta credito": "tarjeta de crédito", "tarjeta de credito": "tarjeta de crédito",
    "credit card": "tarjeta de crédito", "prestamo": "préstamo personal", "prestamo personal": "préstamo personal",
    "credito personal": "préstamo personal", "personal loan": "préstamo personal", "consumo": "crédito de consumo",
    "credito consumo": "crédito de consumo", "credito de consumo": "crédito de consumo",
    "libre inversion": "crédito de libre inversión", "credito libre inversion": "crédito de libre inversión",
    "hipoteca": "crédito hipotecario", "hipotecario": "crédito hipotecario",
    "credito hipotecario": "crédito hipotecario", "vehiculo": "crédito de vehículo", "auto": "crédito de vehículo",
    "automotriz": "crédito de vehículo", "credito automotriz": "crédito de vehículo",
    "prendario": "crédito de vehículo",
    "credito de vehiculo": "crédito de vehículo", "microcredito": "microcrédito", "telefonia": "telefonía",
    "servicios publicos": "servicios públicos", "linea de credito": "línea de crédito",
}  # fmt: skip
_LANGUAGES: dict[str, str] = {"es": "es", "espanol": "es", "castellano": "es", "spanish": "es"}
# Balances made of parts may differ from their sum by rounding alone.
_ROUNDING_MINOR = 100
# Files are cut up to a month before they arrive: so far may stated and counted days past due lie apart unremarked.
_CUT_OFF_LAG = 31


class Consent(msgspec.Struct, frozen=True):
    """What a person said about one channel (or "*", all of them): yes or no, when, and what proves it."""

    channel: str
    given: bool
    at: date | None = None
    evidence: str = ""


class Party(msgspec.Struct, frozen=True):
    """Someone beside the debtor. A reference is kept apart and never contacted; a representative speaks for a company.

    `document` is None where the file gives none.
    """

    role: Role
    name: str
    document: Document | None = None
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    relation: str = ""


class PersonRecord(msgspec.Struct, frozen=True):
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


class AccountRecord(msgspec.Struct, frozen=True):
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


class Record(msgspec.Struct, frozen=True):
    """One good row: a person and an account of theirs. `row` counts as a spreadsheet does, the header being 1.

    `digest` is of what the row says, whatever the day of its import: the same row again has changed nothing.
    """

    person: PersonRecord
    account: AccountRecord
    row: int
    digest: str = ""
    parties: tuple[Party, ...] = ()
    registers: tuple[Register, ...] = ()


class Fault(msgspec.Struct, frozen=True):
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
    """The whole file cannot be read; nothing of it went in. Its text is Spanish and says how to mend it."""


class Terms(msgspec.Struct, frozen=True):
    """What is agreed for all rows of a file: country, day, how it writes dates and decimals."""

    country: Country
    at: date
    date_form: str = ""
    decimal: str = ""
    currencies: tuple[str, ...] = ()


class _Row:
    """One row on its way: hands out values by canonical column, and collects what is wrong with them."""

    def __init__(self, number: int, cells: Mapping[str, str], terms: Terms) -> None:
        self.number, self.cells, self.terms = number, cells, terms
        self.tidied = {column: tidy(value) for column, value in cells.items()}
        self.faults: list[Fault] = []

    def text(self, column: str) -> str:
        return self.tidied.get(column, "")

    def blame(self, column: str, bad: Bad, kept: bool = False, value: str | None = None) -> None:
        shown = self.cells.get(column, "") if value is None else value
        self.faults.append(Fault(self.number, column, shown, bad.reason, bad.mend, bad.code, kept=kept))

    def read(self, column: str, parse: Callable[[str], T], otherwise: T, kept: bool = False) -> T:
        """The parsed cell; `otherwise` when it is empty, or bad (which is then blamed)."""
        text = self.text(column)
        if not text:
            return otherwise
        try:
            return parse(text)
        except Bad as bad:
            self.blame(column, bad, kept)
            return otherwise

    def need(self, column: str, parse: Callable[[str], T], otherwise: T) -> T:
        """The same for a cell that may not be empty."""
        if not self.text(column):
            self.blame(column, Bad("missing", "falta este dato", "complete la celda"))
            return otherwise
        return self.read(column, parse, otherwise)

    def each(self, column: str, marks: str, parse: Callable[[str], str]) -> tuple[str, ...]:
        """The good values of a cell that holds several, once each; bad ones are blamed and the row is kept."""
        good: dict[str, None] = {}
        for part in split_cell(self.cells.get(column, ""), marks):
            try:
                good[parse(part)] = None
            except Bad as bad:
                self.blame(column, bad, kept=True, value=part)
        return tuple(good)

    def day(self, column: str) -> date | None:
        return self.read(column, lambda text: values.day(text, self.terms.date_form), None)

    def past(self, column: str) -> date | None:
        """A day that cannot be later than today."""
        found = self.day(column)
        if found and found > self.terms.at:
            self.blame(column, Bad("date_future", "la fecha está en el futuro", "corrija la fecha"))
            return None
        return found


def _choice(table: Mapping[str, T], code: str, what: str) -> Callable[[str], T]:
    def choose(text: str) -> T:
        if (found := table.get(key(text))) is None:
            raise Bad(code, f"no se conoce ese {what}", f"use uno de: {', '.join(sorted(table))}")
        return found

    return choose


def product(text: str) -> str:
    """A product by its usual Spanish name, or as written in small letters. Idempotent."""
    return PRODUCTS.get(key(text), text.lower())


def _language(country: str) -> Callable[[str], str]:
    def choose(text: str) -> str:
        lang, _, _region = text.replace("_", "-").partition("-")
        if key(lang) not in _LANGUAGES:
            raise Bad("language_unknown", "no se habla ese idioma todavía", "déjelo vacío para español")
        return f"es-{country}"

    return choose


def _name(row: _Row, business: bool) -> str:
    joined = row.text("name") or " ".join(filter(None, (row.text("given_names"), row.text("surnames"))))
    if not joined:
        row.blame("name", Bad("missing", "falta el nombre", "complete la celda"))
        return ""
    try:
        return values.person_name(joined, business)
    except Bad as bad:
        row.blame("name" if row.text("name") else "given_names", bad)
        return ""


def _person(row: _Row, country: Country) -> PersonRecord | None:
    paper = row.need("document", lambda text: document(text, country, row.text("document_type")), None)
    guessed = customer_type_of(paper) if paper else "natural"
    kind = row.read("customer_type", _choice(CUSTOMER_TYPES, "customer_type_unknown", "tipo de cliente"), guessed)
    name = _name(row, business=kind == "business")
    phones = row.each("phone", "|/;,", lambda text: phone(text, country))
    emails = row.each("email", "|;, ", email)
    if not phones and not emails:
        bad = Bad(
            "no_contact", "no queda ningún teléfono ni correo válido", "añada uno para poder invitarle a conversar"
        )
        row.blame("phone", bad, kept=True)
    city, region = row.text("city"), row.text("subdivision")
    subdivision = row.read("subdivision", lambda text: region_code(text, country), "", kept=True)
    stated = row.read("zone", lambda text: zone(text, country), "", kept=True)
    since = row.past("customer_since")
    language = row.read("language", _language(country), f"es-{country}", kept=True)
    if paper is None:
        return None
    # A region that nobody knows proves no hour.
    proven = region if subdivision or country not in REGIONS else ""
    return PersonRecord(
        name=name, document=paper, country=country, phones=phones, emails=emails, address=row.text("address"),
        city=city, region=region, subdivision=subdivision, zones=zones(country, stated, city, proven, phones),
        customer_type=kind, customer_since=since, language=language,
    )  # fmt: skip


def _due(row: _Row, as_of: date) -> tuple[date, int]:
    """When it was due and how many days ago, either from the other; blamed when they contradict each other."""
    due = row.day("due_date")
    days = row.read("days_past_due", values.count, -1)
    wrong = any(fault.column in ("due_date", "days_past_due") for fault in row.faults)
    if due is None and days < 0:
        if not wrong:
            row.blame("due_date", Bad("missing", "faltan el vencimiento y los días de mora", "complete uno de los dos"))
        return as_of, 0
    if due is None:
        return as_of - timedelta(days=days), days
    counted = (as_of - due).days
    if days < 0:
        return due, max(0, counted)
    if counted < 0 < days:
        bad = Bad(
            "due_in_future",
            f"vence el {due.isoformat()}, que aún no llega, y sin embargo tiene {days} días de mora",
            "corrija el vencimiento o los días de mora",
        )
        row.blame("due_date", bad)
    elif abs(days - max(0, counted)) > _CUT_OFF_LAG:
        bad = Bad(
            "days_disagree",
            f"venció hace {counted} días y sin embargo tiene {days} días de mora",
            "corrija los días de mora, o déjelos vacíos para contarlos desde el vencimiento",
        )
        row.blame("days_past_due", bad, kept=days > 0)
    # The larger protects the person: beyond 60 days nobody but a person negotiates.
    return due, max(days, counted)


def _currency(row: _Row, country: Country) -> str:
    home = CURRENCY_OF[country]
    return row.read("currency", lambda text: values.currency(text, country, row.terms.currencies), home)


def _parts_disagree(row: _Row, balance: Money, parts: tuple[Money | None, ...]) -> None:
    if all(part is not None for part in parts):
        total = sum(part.minor for part in parts if part)
        if abs(total - balance.minor) > _ROUNDING_MINOR:
            bad = Bad(
                "parts_disagree",
                f"capital, intereses y gastos suman {Money(total, balance.currency).plain()}, que no es el saldo",
                "revise el desglose; se usa el saldo",
            )
            row.blame("balance", bad, kept=True)


def _account(row: _Row, country: Country) -> AccountRecord | None:
    currency = _currency(row, country)

    def read_amount(text: str) -> Money:
        return values.amount(text, currency, country, row.terms.decimal)

    as_of = row.past("as_of") or row.terms.at
    balance = row.need("balance", read_amount, None)
    due, days = _due(row, as_of)
    external = row.need("external_id", str, "")
    what = row.need("product", product, "")
    principal, interest, fees, installment, minimum = (
        row.read(column, read_amount, None)
        for column in ("principal", "interest", "fees", "installment_due", "minimum_due")
    )
    opened, paid = row.past("opened"), row.past("last_payment_date")
    late = row.read("late_payments_12m", lambda text: values.count(text, most=365), 0)
    unstated: Status = "paid" if balance is not None and balance.minor == 0 else "active"
    status = row.read("status", _choice(STATUS_NAMES, "status_unknown", "estado"), unstated)
    if balance is None:
        return None
    _parts_disagree(row, balance, (principal, interest, fees))
    return AccountRecord(
        external_id=external, product=what, balance=balance, principal=principal, interest=interest, fees=fees,
        currency=currency, due_date=due, days_past_due=days, as_of=as_of, opened=opened, last_payment_date=paid,
        late_payments_12m=late, status=status, installment_due=installment, minimum_due=minimum,
    )  # fmt: skip


def build(number: int, cells: Mapping[str, str], terms: Terms) -> tuple[Record | None, tuple[Fault, ...]]:
    """A row by canonical columns to its record (None when it is set aside) and all that is wrong with it, in one go."""
    row = _Row(number, cells, terms)
    country = row.read("country", values.country, terms.country)
    if row.faults:
        # Without its country neither document, phone nor currency can be judged.
        return None, tuple(row.faults)
    person, account = _person(row, country), _account(row, country)
    if person is None or account is None or any(not fault.kept for fault in row.faults):
        return None, tuple(row.faults)
    said = (f"{column}={value}" for column, value in sorted(row.tidied.items()) if value)
    return Record(person, account, number, derive(terms.country, *said)), tuple(row.faults)


def good(outcomes: Iterator[Record | Fault]) -> Iterator[Record]:
    """Only the records of a reading."""
    return (outcome for outcome in outcomes if isinstance(outcome, Record))
