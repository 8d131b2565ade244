"""A canonical portfolio written as creditors write theirs: any file, letters, marks, dates, language, margins."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import msgspec
import xlsxwriter

from acuerdo.core.portfolio.columns import BY_NAME
from acuerdo.core.portfolio.columns_parties import GROUPS_OF_PARTIES
from acuerdo.core.portfolio.mapping import Mapping
from acuerdo.core.portfolio.records import Contact, Party, PersonRecord, Record
from acuerdo.core.words import DECIMALS, Money

Kind = Literal["csv", "xlsx", "parquet"]
Language = Literal["", "es", "en", "pt"]
Dates = Literal["yyyy-mm-dd", "dd/mm/yyyy", "mm/dd/yyyy", "dd-mmm-yyyy", "largo", "yyyymmdd", "serial"]
Cell = str | int | date | Money


class Style(msgspec.Struct, frozen=True):
    """How a file is dressed. `language` of the headers: empty for the canonical names.

    `signs` sets the currency's sign beside amounts, `titles` a row of groups above the header,
        `totals` a row of sums at
    the end, `folded` line breaks inside addresses. `told` has the mapping say decimal mark and dates, as where a file
    could be read in two ways. Workbooks and Parquet hold true numbers and days, whatever the marks.
    """

    kind: Kind = "csv"
    encoding: str = "utf-8"
    delimiter: str = ";"
    decimal: str = "."
    thousands: str = ""
    dates: Dates = "yyyy-mm-dd"
    language: Language = "es"
    signs: bool = False
    titles: bool = False
    totals: bool = False
    folded: bool = False
    told: bool = False

    @property
    def filename(self) -> str:
        return f"cartera.{self.kind}"

    def mapping(self) -> Mapping:
        """What a reader has to be told of this dress."""
        american = self.dates == "mm/dd/yyyy"
        return Mapping(date_form=self.dates if american else "", decimal=self.decimal if self.told else "")


# One header of each language for each column; where none is named, the canonical name stands.
_HEADERS: dict[str, tuple[str, str, str]] = {
    "external_id": ("N° Operación", "Account Number", "Número do Contrato"),
    "product": ("Tipo de Producto", "Product", "Produto"),
    "balance": ("Saldo Total", "Outstanding Balance", "Saldo Devedor"),
    "principal": ("Saldo Capital", "Principal Balance", "Valor Principal"),
    "interest": ("Intereses de Mora", "Accrued Interest", "Juros"),
    "fees": ("Gastos de Cobranza", "Late Fees", "Encargos"),
    "currency": ("Moneda", "Currency", "Moeda"),
    "due_date": ("Fec. Vto.", "Due Date", "Data de Vencimento"),
    "days_past_due": ("Días de Mora", "Days Past Due", "Dias em Atraso"),
    "as_of": ("Fecha de Corte", "As of Date", "Data Base"),
    "status": ("Estado Obligación", "Loan Status", "Situação"),
    "limitation_date": ("Fecha de Prescripción", "Statute of Limitations", "Data Prescrição"),
    "opened": ("Fecha de Apertura", "Origination Date", "Data de Abertura"),
    "last_payment_date": ("Fecha Últ. Pago", "Last Payment Date", "Data do Último Pagamento"),
    "late_payments_12m": ("Atrasos 12m", "Late Payments", "Atrasos 12 meses"),
    "installments_total": ("N° de Cuotas", "Number of Installments", "Nº de Parcelas"),
    "installments_paid": ("Cuotas Pagadas", "Paid Installments", "Parcelas Pagas"),
    "installments_overdue": ("Cuotas Vencidas", "Overdue Installments", "Parcelas Vencidas"),
    "installment_due": ("Valor Cuota", "Installment Amount", "Valor da Parcela"),
    "minimum_due": ("Pago Mínimo", "Minimum Payment", "Pagamento Mínimo"),
    "name": ("Nombre / Razón Social", "Full Name", "Nome Completo"),
    "document": ("Nro. Documento", "ID Number", "Número do Documento"),
    "document_type": ("Tipo Doc.", "ID Type", "Tipo de Documento"),
    "document_2": ("Otro Documento", "Second Document", "Outro Documento"),
    "country": ("País", "Country", "Pais"),
    "customer_type": ("Tipo de Persona", "Entity Type", "Tipo de Pessoa"),
    "customer_since": ("Fecha de Vinculación", "Customer Since", "Data de Cadastro"),
    "born": ("Fecha de Nacimiento", "Date of Birth", "Data de Nascimento"),
    "language": ("Idioma", "Language", "Língua"),
    "address": ("Dirección", "Street Address", "Endereço"),
    "city": ("Ciudad", "City", "Cidade"),
    "subdivision": ("Departamento", "State", "Província"),
    "zone": ("Zona Horaria", "Time Zone", "Fuso Horário"),
    "phone": ("Teléfono Celular", "Mobile Phone", "Telefone Celular"),
    "email": ("Correo Electrónico", "E-mail", "E-mail"),
    "preferred_channel": ("Canal Preferido", "Preferred Channel", "Canal Preferencial"),
    "preferred_hours": ("Horario de Contacto", "Best Time to Call", "Melhor Horário"),
    "consent_date": ("Fecha Autorización", "Consent Date", "Data Consentimento"),
    "do_not_call": ("No Contactar", "Do Not Call", "Não Perturbe"),
    "judicialised": ("Judicializado", "In Litigation", "Ajuizado"),
    "deceased": ("Fallecido", "Deceased", "Falecido"),
}
_MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
_LONG_MONTHS = (
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
    "diciembre",
)  # fmt: skip
_SIGNS: dict[str, str] = {
    "COP": "$ ", "MXN": "$", "CLP": "$ ", "PEN": "S/ ", "ARS": "$ ", "EUR": "€ ", "USD": "US$ ", "CLF": "UF ",
    "UTM": "UTM ",
}  # fmt: skip
_SERIAL_ZERO = date(1899, 12, 30)
_WRITTEN: dict[Dates, Callable[[date], str]] = {
    "yyyy-mm-dd": lambda day: day.isoformat(),
    "dd/mm/yyyy": lambda day: f"{day:%d/%m/%Y}",
    "mm/dd/yyyy": lambda day: f"{day:%m/%d/%Y}",
    "dd-mmm-yyyy": lambda day: f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year}",
    "largo": lambda day: f"{day.day} de {_LONG_MONTHS[day.month - 1]} de {day.year}",
    "yyyymmdd": lambda day: f"{day:%Y%m%d}",
    "serial": lambda day: str((day - _SERIAL_ZERO).days),
}


def dress(records: Sequence[Record], style: Style) -> bytes:
    """The records as a file in this dress. Columns that no record fills are left out.

    A person's documents beyond the second, and parties beyond the two of a kind that files have, have no column.
    Raises UnicodeEncodeError where the dress's letters do not hold a record's.
    """
    rows = [_cells(record) for record in records]
    filled = {column for row in rows for column, cell in row.items() if cell != ""}
    columns = [column for column in BY_NAME if column in filled]
    table = [[row.get(column, "") for column in columns] for row in rows]
    if style.folded and "address" in columns:
        at = columns.index("address")
        for line in table:
            line[at] = str(line[at]).replace(" ", "\n", 1)
    return _WRITERS[style.kind](columns, table, style)


def header(column: str, language: Language) -> str:
    """What a column is called in a language."""
    named = _HEADERS.get(column)
    return named[("es", "en", "pt").index(language)] if named and language else column


def _cells(record: Record) -> dict[str, Cell]:
    person, account = record.person, record.account
    plain: dict[str, Any] = {
        "external_id": account.external_id, "product": account.product, "balance": account.balance,
        "principal": account.principal, "interest": account.interest, "fees": account.fees,
        "currency": account.currency, "due_date": account.due_date, "days_past_due": account.days_past_due,
        "as_of": account.as_of, "status": account.status.replace("_", " "),
        "limitation_date": account.limitation_date, "opened": account.opened,
        "last_payment_date": account.last_payment_date, "late_payments_12m": account.late_payments_12m,
        "installments_total": account.installments_total, "installments_paid": account.installments_paid,
        "installments_overdue": account.installments_overdue, "installment_due": account.installment_due,
        "minimum_due": account.minimum_due,
        **dict.fromkeys(record.registers, "sí"),
    }  # fmt: skip
    cells = plain | _person(person) | _contacts(person) | _parties(record.parties)
    return {column: "" if cell is None else cell for column, cell in cells.items()}


def _person(person: PersonRecord) -> dict[str, Any]:
    second = person.documents[0] if person.documents else None
    said = person.consents[0] if person.consents else None
    return {
        "name": person.name, "document": person.document.value, "document_type": person.document.kind,
        "document_2": second and second.value, "document_2_type": second and second.kind,
        "country": person.country, "customer_type": person.customer_type, "customer_since": person.customer_since,
        "born": person.born, "language": person.language, "address": person.address, "city": person.city,
        "subdivision": person.region, "zone": person.zones[0] if len(person.zones) == 1 else "",
        "preferred_channel": person.preferred_channel, "preferred_hours": person.preferred_hours,
        "consent_date": said and said.at, "consent_evidence": said and said.evidence,
        **{
            "consent" if consent.channel == "*" else f"consent_{consent.channel}": "sí" if consent.given else "no"
            for consent in person.consents
        },
    }  # fmt: skip


def _contacts(person: PersonRecord) -> dict[str, Any]:
    """The addresses, those of bad quality last, with what is said of each in the same order."""
    cells: dict[str, Any] = {}
    for kind, good in (("phone", person.phones), ("email", person.emails), ("address", (person.address,))):
        known = {contact.value: contact for contact in person.contacts if contact.kind == kind}
        values = (*good, *(value for value in known if value not in good))
        told = [known.get(value, Contact("phone", value)) for value in values]
        cells[kind] = "|".join(values)
        if known:
            cells[f"{kind}_source"] = "|".join(contact.source for contact in told)
            cells[f"{kind}_quality"] = "|".join(contact.quality if contact.value in known else "" for contact in told)
    return cells


def _parties(parties: Iterable[Party]) -> dict[str, Any]:
    free = list(GROUPS_OF_PARTIES)
    cells: dict[str, Any] = {}
    for party in parties:
        prefix = next(one for one in free if GROUPS_OF_PARTIES[one] == party.role)
        free.remove(prefix)
        cells |= {
            f"{prefix}_name": party.name, f"{prefix}_document": party.document and party.document.value,
            f"{prefix}_document_type": party.document and party.document.kind,
            f"{prefix}_phone": "|".join(party.phones), f"{prefix}_email": "|".join(party.emails),
            f"{prefix}_relation": party.relation,
        }  # fmt: skip
    return cells


def amount(money: Money, style: Style) -> str:
    """An amount with the marks of the dress, always with the decimals of its currency."""
    whole, point, part = f"{money.major():,.{DECIMALS[money.currency]}f}".partition(".")
    text = whole.replace(",", style.thousands) + (style.decimal + part if point else "")
    sign = _SIGNS[money.currency] if style.signs else ""
    # Latin-1 is older than the euro.
    return (sign.replace("€", "EUR") if style.encoding == "latin-1" else sign) + text


def _text(cell: Cell, style: Style) -> str:
    if isinstance(cell, Money):
        return amount(cell, style)
    return _WRITTEN[style.dates](cell) if isinstance(cell, date) else str(cell)


def _above(columns: Sequence[str]) -> list[str]:
    """The subject of each group of columns, over its first one."""
    subjects = [BY_NAME[column].subject for column in columns]
    return [one if not at or one != subjects[at - 1] else "" for at, one in enumerate(subjects)]


def _sums(columns: Sequence[str], table: Sequence[Sequence[Cell]]) -> list[Cell]:
    """A row of sums, as spreadsheets end: the balance's, under the word for it."""
    at = columns.index("balance")
    balances = [cell for line in table if isinstance(cell := line[at], Money)]
    total, currency = sum(balance.minor for balance in balances), balances[0].currency
    return ["TOTAL" if not nth else Money(total, currency) if nth == at else "" for nth in range(len(columns))]


def _lines(columns: Sequence[str], table: list[list[Cell]], style: Style) -> list[list[Cell]]:
    """Header and rows, with what stands around them."""
    head: list[list[Cell]] = [[header(column, style.language) for column in columns]]
    if style.titles:
        head.insert(0, list(_above(columns)))
    return [*head, *table, *([_sums(columns, table)] if style.totals and table else [])]


def _csv(columns: Sequence[str], table: list[list[Cell]], style: Style) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=style.delimiter, lineterminator="\r\n")
    writer.writerows([_text(cell, style) for cell in line] for line in _lines(columns, table, style))
    return out.getvalue().encode(style.encoding)


def _xlsx(columns: Sequence[str], table: list[list[Cell]], style: Style) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, days = book.add_worksheet("Cartera"), book.add_format({"num_format": "dd/mm/yyyy"})
    for row, line in enumerate(_lines(columns, table, style)):
        for column, cell in enumerate(line):
            if isinstance(cell, Money):
                sheet.write_number(row, column, float(cell.major()))
            elif isinstance(cell, date):
                sheet.write_datetime(row, column, cell, days)
            elif isinstance(cell, int):
                sheet.write_number(row, column, cell)
            elif cell:
                sheet.write_string(row, column, cell)
    book.close()
    return out.getvalue()


def _parquet(columns: Sequence[str], table: list[list[Cell]], style: Style) -> bytes:
    """Amounts as decimals, days as dates, counts as whole numbers, all else as text."""
    kinds = [_kind([line[at] for line in table]) for at in range(len(columns))]
    named = ", ".join(f'"{header(column, style.language)}" {kind}' for column, kind in zip(columns, kinds, strict=True))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / style.filename
        db.execute(f"create table cartera ({named})")
        marks = ", ".join("?" * len(columns))
        lines = [[_stored(cell) for cell in line] for line in table]
        db.executemany(f"insert into cartera values ({marks})", lines)  # noqa: S608 # question marks alone
        db.execute(f"copy cartera to '{path}' (format parquet)")
        return path.read_bytes()


def _kind(cells: Sequence[Cell]) -> str:
    held = {type(cell) for cell in cells if cell != ""}
    kinds = {Money: "decimal(18, 4)", date: "date", int: "integer"}
    return kinds.get(held.pop(), "varchar") if len(held) == 1 else "varchar"


def _stored(cell: Cell) -> str | int | date | Decimal | None:
    return cell.major() if isinstance(cell, Money) else None if cell == "" else cell


_WRITERS: dict[Kind, Callable[[Sequence[str], list[list[Cell]], Style], bytes]] = {
    "csv": _csv, "xlsx": _xlsx, "parquet": _parquet,
}  # fmt: skip
