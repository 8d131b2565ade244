"""The three documents, from what is known of a person: pure, and in the Spanish of their country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

import msgspec

from acuerdo.core.dialogue.slots import CLEARANCE, DOCUMENT, SUM
from acuerdo.core.dialogue.view import AccountView, AgreementView, CreditorView, View
from acuerdo.core.documents.paper import SIZES, From, Kind, Paper, Section, Sheet
from acuerdo.core.negotiation.written import PAYMENT_WORD, format_date, format_money
from acuerdo.core.words import Money


class Received(msgspec.Struct, frozen=True):
    """A payment that came in and stayed, on a local day; `ours` where it came through this chat."""

    on: date
    amount: Money
    ours: bool = True


class Settled(msgspec.Struct, frozen=True):
    """A debt that is no longer owed, by the creditor's word."""

    product: str
    reference: str
    as_of: date


class Agreed(msgspec.Struct, frozen=True):
    """An agreement as it was accepted; `balance` is what was owed then."""

    agreement: AgreementView
    balance: Money
    accepted: date
    status: Literal["active", "kept", "broken", "superseded", "cancelled"] = "active"


class Known(msgspec.Struct, frozen=True):
    """All that a document may tell. `folio` is its number; `view` what is known of the person today."""

    view: View
    today: date
    folio: str
    received: tuple[Received, ...] = ()
    settled: tuple[Settled, ...] = ()
    agreed: Agreed | None = None
    since: Mapping[str, Money] = {}  # what each debt was lowered by after its creditor's cut-off


class NothingToTell(Exception):
    """The document says what is not so: a clearance of what is owed, a copy of no agreement."""


def paper(kind: Kind, known: Known) -> Paper:
    """The document of this kind. Raises NothingToTell."""
    if kind == "clearance":
        return clearance(known)
    return agreement(known) if kind == "agreement" else statement(known)


# How each country calls a statement.
STATEMENT = {
    "CO": "Estado de cuenta", "MX": "Estado de cuenta", "CL": "Estado de cuenta", "PE": "Estado de cuenta",
    "AR": "Resumen de cuenta", "ES": "Extracto de su deuda",
}  # fmt: skip
STATUS = {
    "active": "En curso", "kept": "Cumplido", "broken": "Con un pago que no llegó a tiempo",
    "superseded": "Reemplazado por otro más nuevo", "cancelled": "Terminado",
}  # fmt: skip
# The tax number by the name that it has in a country.
TAX_ID = {"CO": "NIT", "MX": "RFC", "CL": "RUT", "PE": "RUC", "AR": "CUIT", "ES": "CIF"}


def statement(known: Known) -> Paper:
    """What is owed, part by part, what was paid, and what was agreed."""
    view = known.view
    owed = view.owed
    title = STATEMENT[view.country]
    sections = [_total(known)] if len(owed) > 1 else []
    sections += [_account(a, known) for a in owed]
    sections += [_settled(known.settled, view)] if known.settled else []
    sections.append(_received(known))
    if known.agreed is not None:
        sections.append(_installments(known.agreed, view, "Su acuerdo"))
    return _made(
        known, "statement", title, "estado-de-cuenta",
        intro=(f"Así está su cuenta con {view.creditor.name} a la fecha de este documento.",),
        sections=tuple(sections),
        closing=(
            *(() if owed else (f"Hoy no tiene nada pendiente con {view.creditor.name}.",)),
            "Los intereses y los gastos son los que informa el acreedor en su último corte; desde esa fecha pueden "
            "haber cambiado. Los pagos que hizo después del corte ya están restados.",
            _questions(view),
        ),
    )  # fmt: skip


def clearance(known: Known) -> Paper:
    """That nothing is owed; only where nothing is. Raises NothingToTell."""
    view = known.view
    if view.owed or view.recalled or not (known.settled or view.accounts):
        raise NothingToTell("something is owed, or nothing is known of what was")
    who = known.view.creditor
    name = CLEARANCE[view.country].name
    paid = known.settled or tuple(Settled(a.product, a.reference, a.as_of or known.today) for a in view.accounts)
    return _made(
        known, "clearance", name[:1].upper() + name[1:], CLEARANCE[view.country].file,
        intro=(
            f"{who.legal_name or who.name} hace constar que, según sus registros, {view.name} no tiene saldo pendiente "
            f"por las obligaciones que se detallan aquí, a {format_date(known.today, view.country)}.",
        ),
        sections=(_settled(paid, view),),
        closing=("Se expide a petición de la persona interesada.", _questions(view)),
    )  # fmt: skip


def agreement(known: Known) -> Paper:
    """The copy of what was agreed. Raises NothingToTell where nothing was."""
    view, agreed = known.view, known.agreed
    if agreed is None:
        raise NothingToTell("there is no agreement to copy")
    total, balance = agreed.agreement.total, agreed.balance
    saving = balance - total if balance.minor > total.minor else None
    facts = [("Aceptado el", format_date(agreed.accepted, view.country)), ("Estado", STATUS[agreed.status])]
    facts += [("Saldo de ese día", format_money(balance, view.country))] if saving else []
    facts.append(("Total acordado", format_money(total, view.country)))
    facts += [("Ahorro", format_money(saving, view.country))] if saving else []
    facts.append(("Intereses del plan", "Ninguno"))
    part = _installments(agreed, view, "Fechas y montos")
    return _made(
        known, "agreement", "Copia de su acuerdo", "acuerdo-de-pago",
        intro=(f"Esto es lo que usted acordó con {view.creditor.name}, como se le mostró antes de que dijera que sí.",),
        sections=(Section("Lo acordado", facts=tuple(facts)), part),
        closing=(
            f"Dónde pagar: {view.creditor.payment_places or 'con el enlace de pago seguro de su chat'}.",
            "Si algún día no le alcanza, escríbanos antes de la fecha: lo vemos con usted.",
            _questions(view),
        ),
    )  # fmt: skip


def _made(
    known: Known, kind: Kind, title: str, name: str, *,
    intro: tuple[str, ...], sections: tuple[Section, ...], closing: tuple[str, ...],
) -> Paper:  # fmt: skip
    view = known.view
    about = [("Para", view.name), (_document_name(view), _hidden(view.document))]
    about += [("Fecha", format_date(known.today, view.country)), ("Número", known.folio)]
    return Paper(
        kind, title, f"{name}-{known.today.isoformat()}", view.country, SIZES[view.country], known.folio,
        _from(view.creditor, view.country), tuple(one for one in about if one[1]), intro, sections,
        tuple(line for line in closing if line),
    )  # fmt: skip


def _from(creditor: CreditorView, country: str) -> From:
    lines = [creditor.legal_name if creditor.legal_name != creditor.name else ""]
    lines.append(f"{TAX_ID[country]} {creditor.tax_id}" if creditor.tax_id else "")
    lines.append(" · ".join(filter(None, (creditor.address, creditor.phone))))
    lines.append(f"Atiende: {creditor.agency}, por encargo de {creditor.name}" if creditor.agency else "")
    return From(creditor.name, tuple(line for line in lines if line))


def _document_name(view: View) -> str:
    name = DOCUMENT.get(view.document_kind, ("documento", False))[0]
    return name[:1].upper() + name[1:]


def _hidden(document: str) -> str:
    """Only its end: what lies in a mailbox should not be enough to be somebody else."""
    return f"terminado en {document[-4:]}" if len(document) > 4 else ""


def _questions(view: View) -> str:
    who = view.creditor
    phone = who.collector_phone or who.phone
    return f"¿Algo no le cuadra? Díganoslo en el chat{f' o llame al {phone}' if phone else ''} y lo revisa una persona."


def _total(known: Known) -> Section:
    view = known.view
    rows = tuple((_named(a), _late(a), format_money(a.balance, view.country)) for a in view.owed)
    table = Sheet(
        ("Obligación", "Cómo va", SUM[view.country].capitalize()), rows, (3, 2, 2), (2,),
        ("Total", "", " y ".join(format_money(one, view.country) for one in view.totals)),
    )  # fmt: skip
    return Section("Todo lo que debe hoy", table=table)


def _account(account: AccountView, known: Known) -> Section:
    country = known.view.country

    def day(one: date | None) -> str:
        return format_date(one, country) if one else ""

    facts = [("Referencia", account.reference and f"terminada en {account.reference[-4:]}")]
    facts += [("Fecha de corte", day(account.as_of)), ("Vencimiento", day(account.due_date))]
    facts.append(("Cómo va", _late(account)))
    facts += [("Para ponerse al día", format_money(account.due_now, country))] if account.due_now else []
    rows = tuple((name, format_money(amount, country)) for name, amount in parts_of(account, known.since))
    last = ("Saldo de hoy", format_money(account.balance, country))
    table = Sheet(("Concepto", SUM[country].capitalize()), rows or (last,), (3, 2), (1,), last if rows else ())
    title = account.product[:1].upper() + account.product[1:]
    return Section(title or "Obligación", facts=tuple(f for f in facts if f[1]), table=table)


def parts_of(account: AccountView, since: Mapping[str, Money]) -> tuple[tuple[str, Money], ...]:
    """What a balance is made of, to the last cent: its parts, what the creditor did not name, less what was paid since.

    Nothing where the creditor's parts say more than its balance: then only the balance is told.
    """
    told = (("Capital", account.principal), ("Intereses", account.interest), ("Gastos y comisiones", account.fees))
    parts = [(name, amount) for name, amount in told if amount is not None]
    paid = since.get(account.id, Money(0, account.balance.currency))
    if not parts or any(amount.currency != account.balance.currency for _, amount in (*parts, ("", paid))):
        return ()
    rest = account.balance.minor + paid.minor - sum(amount.minor for _, amount in parts)
    if rest < 0:
        return ()
    parts += [("Otros conceptos", Money(rest, paid.currency))] if rest else []
    parts += [("Menos: pagado después del corte", Money(-paid.minor, paid.currency))] if paid.minor else []
    return tuple(parts)


def _received(known: Known) -> Section:
    country = known.view.country
    if not known.received:
        return Section("Pagos recibidos", text=("No tenemos pagos suyos registrados por aquí todavía.",))
    rows = tuple(
        (format_date(one.on, country), "En este chat" if one.ours else f"Informado por {known.view.creditor.name}",
         format_money(one.amount, country))
        for one in known.received
    )  # fmt: skip
    currencies = {one.amount.currency for one in known.received}
    total = Money(sum(one.amount.minor for one in known.received), known.received[0].amount.currency)
    last = ("Total", "", format_money(total, country)) if len(currencies) == 1 else ()
    return Section(
        "Pagos recibidos", table=Sheet(("Día", "Cómo llegó", SUM[country].capitalize()), rows, (3, 3, 2), (2,), last)
    )


def _installments(agreed: Agreed, view: View, title: str) -> Section:
    one = PAYMENT_WORD[view.country][0].capitalize()
    parts = agreed.agreement.installments
    rows = tuple(
        (f"{one} {n} de {len(parts)}" if len(parts) > 1 else "Pago único", format_date(part.due, view.country),
         format_money(part.amount, view.country), _how(part.paid, part.amount, view))
        for n, part in enumerate(parts, 1)
    )  # fmt: skip
    total = format_money(agreed.agreement.total, view.country)
    table = Sheet(
        (one, "Día", SUM[view.country].capitalize(), "Pagado"), rows, (3, 4, 3, 3), (2, 3), ("Total", "", total, "")
    )
    return Section(title, table=table)


def _how(paid: Money, amount: Money, view: View) -> str:
    if paid.minor <= 0:
        return "Pendiente"
    return "Completo" if paid.minor >= amount.minor else format_money(paid, view.country)


def _settled(settled: Sequence[Settled], view: View) -> Section:
    rows = tuple(
        (one.product[:1].upper() + one.product[1:], f"…{one.reference[-4:]}", format_date(one.as_of, view.country))
        for one in settled
    )
    return Section("Obligaciones pagadas", table=Sheet(("Obligación", "Referencia", "Pagada según corte del"), rows,
                                                       (3, 2, 3)))  # fmt: skip


def _named(account: AccountView) -> str:
    end = account.reference[-4:]
    product = account.product[:1].upper() + account.product[1:]
    return f"{product} (ref. …{end})" if end else product


def _late(account: AccountView) -> str:
    days = account.days_past_due
    return "Al día" if days <= 0 else "1 día de atraso" if days == 1 else f"{days} días de atraso"
