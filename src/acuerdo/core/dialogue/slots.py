"""What texts may name: each variable with what it speaks of, so that a text's topics are known before it is said."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

import msgspec

from acuerdo.core.dialogue.booking import answers
from acuerdo.core.dialogue.memory import written
from acuerdo.core.dialogue.schema import Text
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.variants import wordings_for
from acuerdo.core.dialogue.view import AccountView, CreditorView, View
from acuerdo.core.messages import Topic
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.negotiation.written import PAYMENT_WORD, format_date, format_money, summary
from acuerdo.core.words import AcuerdoError, Money, pick

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
# "(sus|tus) datos", "(escriba|escribe|escribí)": what is said to usted, to tú, and to vos where that is another word.
FORMS = re.compile(r"\(([^()|]*)\|([^()|]*)(?:\|([^()|]*))?\)")


class Variable(msgspec.Struct, frozen=True):
    """A variable: what it speaks of, what it means, and how its words are found."""

    topics: tuple[Topic, ...]
    meaning: str
    words: Callable[[Turn], str]


def _money(turn: Turn, amount: Money) -> str:
    return format_money(amount, turn.state.view.country)


def _date(turn: Turn, day: date | None) -> str:
    return format_date(day, turn.state.view.country) if day else "sin fecha"


def _creditor(turn: Turn) -> str:
    return turn.state.view.creditor.name


def _who_for(turn: Turn) -> str:
    creditor = turn.state.view.creditor
    return f"{creditor.agency}, por encargo de {creditor.name}" if creditor.agency else creditor.name


def _agent(turn: Turn) -> str:
    state = turn.state
    return "su asistente automático" if state.owner == "bot" else state.attending or "una persona"


def _first_name(turn: Turn) -> str:
    parts = turn.state.view.name.split()
    return parts[0].title() if parts else ""


# How people call their identity document, and whether it ends in figures alone.
DOCUMENT: Mapping[str, tuple[str, bool]] = {
    "cedula": ("cédula", True), "cedula_extranjeria": ("cédula de extranjería", True), "nit": ("NIT", True),
    "curp": ("CURP", False), "rfc": ("RFC", False), "rut": ("RUT", False), "dni": ("DNI", True),
    "carnet_extranjeria": ("carné de extranjería", True), "ruc": ("RUC", True), "cuit": ("CUIT o CUIL", True),
    "nie": ("NIE", False), "cif": ("CIF", False), "passport": ("pasaporte", False),
}  # fmt: skip
USUAL_DOCUMENT = {"CO": "cedula", "MX": "curp", "CL": "rut", "PE": "dni", "AR": "dni", "ES": "dni"}


def _document(turn: Turn) -> str:
    view = turn.state.view
    kind = view.document_kind or USUAL_DOCUMENT[view.country]
    name, figures = DOCUMENT.get(kind, ("documento de identidad", False))
    # A Spanish DNI ends in a letter.
    figures = figures and view.country != "ES"
    whose = f"del {name} de la empresa" if view.is_company else _to(turn, f"de (su|tu) {name}")
    return f"los últimos {view.tail} {'números' if figures else 'caracteres'} {whose}"


def _example(turn: Turn) -> str:
    """How the asked end of a document looks: never the person's own."""
    end = "12345678Z" if turn.state.view.country == "ES" else "12345678"
    return _to(turn, f"si termina en {end}, (escriba|escribe|escribí) {end[-turn.state.view.tail :]}")


def _accounts(turn: Turn) -> str:
    lines = [f"{named(a)}: {_money(turn, a.balance)}, {_late(a.days_past_due)}" for a in turn.state.view.owed]
    return "\n".join(f"• {line}" for line in lines)


def named(account: AccountView) -> str:
    end = account.reference[-4:]
    return f"{account.product} (ref. …{end})" if end else account.product


def _balance(turn: Turn) -> str:
    """What is owed, in one line for one debt and a list for several."""
    owed = turn.state.view.owed
    if len(owed) != 1:
        return _to(turn, f"(Su|Tu) saldo total es de {_totals(turn)}:\n") + _accounts(turn)
    only = owed[0]
    late = f", con {_late(only.days_past_due)}" if only.days_past_due > 0 else ""
    return _to(turn, f"(Su|Tu) saldo es de {_money(turn, only.balance)}{late}: ") + f"{named(only)}."


def _totals(turn: Turn) -> str:
    """All that is owed: currencies are never added up."""
    return " y ".join(_money(turn, one) for one in turn.state.view.totals)


def _nothing(turn: Turn) -> str:
    """That there is nothing to do here, and why: nothing is owed, or the creditor attends to it itself now."""
    creditor = turn.state.view.creditor
    if not turn.state.view.recalled:
        return _to(turn, "No (tiene|tienes|tenés) nada pendiente con ") + f"{creditor.name}."
    phone = f" al {creditor.phone}" if creditor.phone else ""
    return f"{creditor.name} " + _to(
        turn,
        "atiende ahora directamente (su|tu) cuenta, así que por aquí no hace falta que (haga|hagas) nada. Si "
        f"(tiene|tienes|tenés) alguna duda, (puede|puedes|podés) preguntarles{phone} con toda confianza.",
    )


def account_lines(turn: Turn, account: AccountView) -> tuple[str, ...]:
    """A debt on its card: what is owed, how late, and its day."""
    return (_money(turn, account.balance), f"{_when(turn, account)[:1].upper()}{_when(turn, account)[1:]}")


def _late(days: int) -> str:
    return "al día" if days <= 0 else "1 día de atraso" if days == 1 else f"{days} días de atraso"


def _due(turn: Turn) -> str:
    return "\n".join(f"• {a.product}: {_when(turn, a)}" for a in turn.state.view.owed)


def _when(turn: Turn, account: AccountView) -> str:
    late = _late(account.days_past_due)
    if account.due_date is None:
        return late
    if account.days_past_due > 0:
        return f"venció el {_date(turn, account.due_date)} ({late})"
    return f"vence el {_date(turn, account.due_date)}"


def _parts_of(account: AccountView) -> list[tuple[str, Money]]:
    """What a debt is made of, as far as its creditor told."""
    found = (("capital", account.principal), ("intereses", account.interest), ("gastos", account.fees))
    return [(name, amount) for name, amount in found if amount is not None and amount.minor > 0]


def _detail_of(turn: Turn, a: AccountView) -> str:
    parts = [f"{name} {_money(turn, amount)}" for name, amount in _parts_of(a)]
    told = f" ({', '.join(parts)})" if parts else ""
    when = f", al corte del {_date(turn, a.as_of)}" if a.as_of else ""
    return f"• {named(a)}: {_money(turn, a.balance)}{told}{when}"


def _detail(turn: Turn) -> str:
    return "\n".join(_detail_of(turn, a) for a in turn.state.view.owed)


# What each part is, said as one would at a kitchen table.
IN_PLAIN = {
    "capital": "el capital es lo que (recibió|recibiste) o (compró|compraste)",
    "intereses": "los intereses son lo que cuesta el tiempo, según (su|tu) contrato",
    "gastos": "los gastos son cargos del contrato, como el seguro o la cuota de manejo",
}


def _in_plain(turn: Turn) -> str:
    """What the parts that were told are, in plain words; nothing where there is only one."""
    told = {name for a in _spoken_of(turn) for name, _ in _parts_of(a)}
    words = [IN_PLAIN[name] for name in IN_PLAIN if name in told]
    return _to(turn, f"En palabras simples: {'; '.join(words)}.\n") if len(words) > 1 else ""


def spoken_of(turn: Turn) -> tuple[AccountView, ...]:
    """The debts that were chosen, while they are owed; empty where none were."""
    return tuple(a for a in turn.state.view.owed if a.id in turn.state.spoken)


def _spoken_of(turn: Turn) -> tuple[AccountView, ...]:
    """The debts that were chosen, else all that are owed."""
    return spoken_of(turn) or turn.state.view.owed


def _one_account(turn: Turn) -> str:
    """All of one debt: what is owed, of what it is made, and its day."""
    return "\n".join(f"{_detail_of(turn, a)}\n• {_when(turn, a).capitalize()}" for a in _spoken_of(turn)[:1])


def _some_accounts(turn: Turn) -> str:
    """Of several chosen debts what is owed of each, and over them."""
    chosen = _spoken_of(turn)
    total = Money(sum(a.balance.minor for a in chosen), chosen[0].balance.currency)
    each = "\n".join(f"• {named(a)}: {_money(turn, a.balance)}, {_late(a.days_past_due)}" for a in chosen)
    return f"{each}\nJuntas suman {_money(turn, total)}."


def _about(turn: Turn) -> str:
    *before, last = map(named, _spoken_of(turn))
    return f"{', '.join(before)} y {last}" if before else last


def _by(day: date | None, turn: Turn) -> str:
    return f"a más tardar el {_date(turn, day)}" if day else "lo antes posible"


def _complaint_by(turn: Turn) -> str:
    found = turn.state.view.answer_by
    return _by(found.complaint if found else None, turn)


def _dispute_by(turn: Turn) -> str:
    found = turn.state.view.answer_by
    return _by(found.dispute if found else None, turn)


def _data_by(turn: Turn) -> str:
    found = turn.state.view.answer_by
    return _by(found.data_rights if found else None, turn)


def _for_whom(turn: Turn) -> str:
    return "la empresa" if turn.state.view.is_company else _to(turn, "(usted|ti|vos)")


def _promised(turn: Turn) -> str:
    """What was promised last, here or before: the amount where it was said, and the day."""
    here, before = turn.state.promise, turn.state.view.promise
    amount, due = (here.amount, here.due) if here else (before.amount, before.due) if before else (None, None)
    return f"{f'de {_money(turn, amount)} ' if amount else ''}para el {_date(turn, due)}"


def _next_due(turn: Turn) -> str:
    """What falls due next: an agreement's payment, else the nearest debt's."""
    view = turn.state.view
    left = view.agreement.left if view.agreement else ()
    if left:
        return f"{_money(turn, left[0].amount - left[0].paid)} el {_date(turn, left[0].due)}"
    dated = sorted((a.due_date, a.id, a) for a in view.owed if a.due_date is not None and a.due_date >= turn.today)
    if not dated:
        return ""
    day, _, account = dated[0]
    return f"{_money(turn, account.due_now or account.balance)} el {_date(turn, day)}, de {named(account)}"


def _next_agreed(turn: Turn) -> str:
    """The agreement's next payment: how much, and when."""
    view, state = turn.state.view, turn.state
    left = view.agreement.left if view.agreement else ()
    if left:
        return f"un pago de {_money(turn, left[0].amount - left[0].paid)} el {_date(turn, left[0].due)}"
    amount = f"un pago de {_money(turn, state.to_pay)}" if state.to_pay else "su próximo pago"
    return f"{amount} el {_date(turn, state.agreed_due)}"


EXAMPLES = {"CO": "1.800.000", "MX": "12,000", "CL": "650.000", "PE": "1,800", "AR": "900.000", "ES": "1.300"}


class Clearance(msgspec.Struct, frozen=True):
    """How a country calls the letter that nothing is owed, and what its file is saved as."""

    name: str
    file: str


CLEARANCE: Mapping[str, Clearance] = {
    "CO": Clearance("paz y salvo", "paz-y-salvo"),
    "MX": Clearance("carta de no adeudo", "carta-de-no-adeudo"),
    "CL": Clearance("certificado de deuda pagada", "certificado-de-deuda-pagada"),
    "PE": Clearance("constancia de no adeudo", "constancia-de-no-adeudo"),
    "AR": Clearance("libre deuda", "libre-deuda"),
    "ES": Clearance("certificado de deuda cero", "certificado-de-deuda-cero"),
}


def _clearance(turn: Turn) -> str:
    return CLEARANCE[turn.state.view.country].name


# How each country calls an amount of money.
SUM = {"CO": "valor", "MX": "monto", "CL": "monto", "PE": "monto", "AR": "monto", "ES": "importe"}


def _parts(turn: Turn) -> str:
    return PAYMENT_WORD[turn.state.view.country][1]


def _part(turn: Turn) -> str:
    return PAYMENT_WORD[turn.state.view.country][0]


def _how_many(turn: Turn) -> str:
    parts = _parts(turn)
    return f"{'cuántas' if parts.endswith('as') else 'cuántos'} {parts}"


def _first(turn: Turn) -> str:
    return "El pago" if turn.args["n"] == 1 else "El primer pago"


def _tries(turn: Turn) -> str:
    left = turn.args.get("left", 0)
    return _to(turn, "(Le|Te) queda 1 intento" if left == 1 else f"(Le|Te) quedan {left} intentos")


def _plan(turn: Turn) -> Plan | None:
    return turn.state.proposal.plan if turn.state.proposal else None


def _summary(turn: Turn) -> str:
    plan, view = _plan(turn), turn.state.view
    products = ", ".join(dict.fromkeys(a.product for a in turn.debts))
    made_of = _made_of(turn, plan.balance) if plan else ()
    lines = summary(plan, view.country, _places(turn), account=products, made_of=made_of) if plan else ()
    return "\n".join(f"• {line}" for line in lines)


def _made_of(turn: Turn, balance: Money) -> tuple[tuple[str, Money], ...]:
    """The parts of what is owed, where the creditor told of several and nothing was paid since."""
    sums: dict[str, Money] = {}
    for name, amount in (part for account in turn.debts for part in _parts_of(account)):
        sums[name] = sums.get(name, Money(0, balance.currency)) + amount
    whole = sum(amount.minor for amount in sums.values()) == balance.minor
    return tuple(sums.items()) if whole and len(sums) > 1 else ()


def _pending(turn: Turn) -> str:
    """What the conversation was about when it was left, in one line."""
    state = turn.state
    if state.proposal is not None:
        return f"un acuerdo de {_offered(turn, state.proposal.plan)}, que falta confirmar"
    plans = state.position.offered if state.position else ()
    if plans:
        told = "; ".join(dict.fromkeys(_offered(turn, plan) for plan in plans))
        return f"estas opciones sobre la mesa: {told}" if len(plans) > 1 else f"esta opción sobre la mesa: {told}"
    if state.promise is not None and state.promise.amount is not None:
        return f"un pago de {_money(turn, state.promise.amount)} para el {_date(turn, state.promise.due)}"
    return "ver cuándo y cómo podría pagar"


def _offered(turn: Turn, plan: Plan) -> str:
    if plan.n == 1:
        return f"un solo pago de {_money(turn, plan.total)}"
    return f"{plan.n} {_parts(turn)} por un total de {_money(turn, plan.total)}"


def _agreement(turn: Turn) -> str:
    agreement = turn.state.view.agreement
    if agreement is None:
        return ""
    left = agreement.left
    if not left:
        return "Ya está todo pagado."
    nearest = left[0]
    paid = len(agreement.installments) - len(left)
    so_far = f"Ya (hizo|hiciste) {paid} de {len(agreement.installments)}. " if paid else ""
    many = f"quedan {len(left)} de {len(agreement.installments)} pagos" if len(left) > 1 else "queda 1 pago"
    return _to(
        turn,
        f"{so_far}(Le|Te) {many}. El próximo es de {_money(turn, nearest.amount - nearest.paid)}, "
        f"el {_date(turn, nearest.due)}.",
    )


def _each(turn: Turn, told: Callable[[AccountView], str]) -> str:
    """What is told of each debt, in one line; where there are several, each by its name."""
    owed = turn.state.view.owed
    return told(owed[0]) if len(owed) == 1 else "; ".join(f"{named(a)}, {told(a)}" for a in owed)


def _contracts(turn: Turn) -> str:
    return "; ".join(named(a) for a in turn.state.view.owed)


def _calculated(turn: Turn) -> str:
    """What is owed, and the day it was calculated for."""
    return _each(turn, lambda a: f"{_money(turn, a.balance)}, calculado al {_date(turn, a.as_of)}")


def _due_dates(turn: Turn) -> str:
    return _each(turn, lambda a: _date(turn, a.due_date))


def _of_creditor(told: Callable[[CreditorView], str]) -> Callable[[Turn], str]:
    return lambda turn: told(turn.state.view.creditor)


def _places(turn: Turn) -> str:
    return turn.state.view.creditor.payment_places or "el enlace de pago seguro de este chat"


VARIABLES: Mapping[str, Variable] = {
    "creditor": Variable(("creditor",), "the creditor's name", _creditor),
    "who_for": Variable(("creditor",), "who writes, and for whom", _who_for),
    "creditor_phone": Variable(("creditor",), "the creditor's phone", lambda t: t.state.view.creditor.phone),
    "collector": Variable(
        ("creditor",), "who collects: the agency or the creditor", _of_creditor(lambda c: c.agency or c.name)
    ),
    "agent": Variable(("creditor",), "who attends: the assistant, or a person by their name", _agent),
    "collector_address": Variable(
        ("creditor",), "where whoever collects is", _of_creditor(lambda c: c.collector_address)
    ),
    "collector_phone": Variable(
        ("creditor",), "the phone of whoever collects", _of_creditor(lambda c: c.collector_phone)
    ),
    "responsible": Variable(("creditor",), "who answers for the collecting", _of_creditor(lambda c: c.responsible)),
    "agency_powers": Variable(("creditor", "debt"), "what the agency may do", _of_creditor(lambda c: c.agency_powers)),
    "legal_name": Variable(("creditor",), "the creditor's registered name", _of_creditor(lambda c: c.legal_name)),
    "tax_id": Variable(("creditor",), "the creditor's tax number", _of_creditor(lambda c: c.tax_id)),
    "creditor_address": Variable(("creditor",), "the creditor's address", _of_creditor(lambda c: c.address)),
    "complaints": Variable(("creditor",), "where one complains", _of_creditor(lambda c: c.complaints)),
    "acquired_from": Variable(
        ("creditor", "debt"), "of whom the debt was bought", _of_creditor(lambda c: c.acquired_from)
    ),
    "files": Variable(("creditor", "debt"), "the credit files it may be reported to", _of_creditor(lambda c: c.files)),
    "contracts": Variable(("debt", "product"), "the contract behind each debt", _contracts),
    "calculated": Variable(("debt", "amount", "product"), "each debt's balance and its date", _calculated),
    "due_dates": Variable(("debt", "due_date", "product"), "each debt's due date", _due_dates),
    "answers": Variable(("creditor",), "when a person answers: at their slot, else in the desk's hours", answers),
    "desk_hours": Variable(
        ("creditor",), "when a person answers", lambda t: t.state.view.creditor.desk_hours or "de lunes a viernes"
    ),
    "tail": Variable((), "how many last characters of the document are asked for", lambda t: str(t.state.view.tail)),
    "document": Variable((), "the asked end of the document, by its name in the country", _document),
    "example": Variable((), "an example of the asked end", _example),
    "tries": Variable((), "how many identity tries are left", _tries),
    "first_name": Variable((), "the person's first name; only after identity", _first_name),
    "crisis_line": Variable((), "a crisis line of the country", lambda t: t.state.view.crisis_line),
    "emergency": Variable((), "the country's emergency number", lambda t: t.state.view.emergency),
    "nothing_owed": Variable(("creditor", "debt"), "that nothing is owed, or not to be settled here", _nothing),
    "total": Variable(("debt", "amount"), "all that is owed", lambda t: _totals(t)),
    "for_whom": Variable((), "you, or the company", _for_whom),
    "complaint_by": Variable((), "by when a complaint is answered", _complaint_by),
    "dispute_by": Variable((), "by when a dispute is answered", _dispute_by),
    "data_by": Variable((), "by when a wish about personal data is answered", _data_by),
    "in_plain": Variable(("debt",), "what capital, interest and fees are", _in_plain),
    "one_account": Variable(("debt", "amount", "due_date", "product"), "all of the chosen debt", _one_account),
    "about": Variable(("debt", "product"), "the chosen debts' names", _about),
    "some_accounts": Variable(("debt", "amount", "product"), "the chosen debts, and what they come to", _some_accounts),
    "promised": Variable(("debt", "amount"), "what was promised, and for when", _promised),
    "next_agreed": Variable(("debt", "amount", "offer"), "the agreement's next payment, and when", _next_agreed),
    "next_due": Variable(("debt", "amount", "due_date", "product"), "what falls due next, and when", _next_due),
    "how_many_debts": Variable(("debt",), "how many debts are owed", lambda t: str(len(t.state.view.owed))),
    "example_sum": Variable(
        (), "an example of an amount, as the country writes it", lambda t: EXAMPLES[t.state.view.country]
    ),
    "accounts": Variable(("debt", "amount", "product"), "each debt with its balance", _accounts),
    "due": Variable(("debt", "due_date", "product"), "each debt's due date and days late", _due),
    "detail": Variable(("debt", "amount", "product"), "each debt's parts", _detail),
    "balance": Variable(("debt", "amount", "due_date", "product"), "what is owed and how late", _balance),
    "parts": Variable(("debt",), "the word for several payments: cuotas, pagos, plazos", _parts),
    "part": Variable(("debt",), "the word for one payment: cuota, pago, plazo", _part),
    "how_many": Variable(("debt",), "cuántas cuotas, cuántos pagos", _how_many),
    "sum": Variable((), "the word for an amount: valor, monto, importe", lambda t: SUM[t.state.view.country]),
    "summary": Variable(("debt", "amount", "offer"), "the full written summary of the plan", _summary),
    "agreement": Variable(("debt", "amount", "offer"), "where the agreement stands", _agreement),
    "places": Variable(("debt",), "where one can pay", _places),
    "amount": Variable(("debt", "amount"), "the amount this turn is about", lambda t: _money(t, t.args["amount"])),
    "first_payment": Variable(("debt",), "the payment that comes first: the only one, or the first of several", _first),
    "day": Variable(("debt",), "the day this turn is about", lambda t: _date(t, t.args["day"])),
    "latest": Variable(("debt",), "the last day allowed", lambda t: _date(t, t.args["latest"])),
    "most": Variable(("debt",), "the most that is allowed", lambda t: str(t.args["most"])),
    "email": Variable((), "the address given", lambda t: str(t.args.get("email", ""))),
    "clearance": Variable(("debt",), "the letter that nothing is owed, by its name in the country", _clearance),
    "lawful": Variable((), "the nearest lawful moment to a call-back", lambda t: str(t.args.get("lawful", ""))),
    "callback": Variable((), "the day and hour of a call-back", lambda t: str(t.args.get("callback", ""))),
    "pending": Variable(("debt", "amount", "offer"), "what was left open, in one line", _pending),
    "remaining": Variable(("debt", "amount"), "what is left after a payment", lambda t: _money(t, t.args["remaining"])),
}

# Words that speak of a debt even without a variable; a text that may be said before identity holds none of them.
DEBT_WORDS = re.compile(
    r"\b(deud\w*|adeud\w*|deb[eo]s?|debe[ns]?|saldos?|moras?|moros\w*|cobr\w+|cuotas?|pag(?:o|a|ar|os|ue|ará?)\b|vencid\w*"
    r"|vencimiento|atras\w*|cr[eé]dito|pr[eé]stamo|financ\w+|acuerdo de pago|plan de pagos)\b",
    re.IGNORECASE,
)


def topics_of(text: Text) -> tuple[Topic, ...]:
    """What a text speaks of: what it declares, what its variables speak of, and debt where a word of it does."""
    found: set[str] = set(text.about)
    for wordings in text.variants.values():
        for wording in wordings:
            for name in PLACEHOLDER.findall(wording):
                found.update(VARIABLES[name].topics if name in VARIABLES else ())
            if DEBT_WORDS.search(wording):
                found.add("debt")
    return tuple(sorted(found))  # type: ignore[arg-type]


# What else people say of debts, and how they write amounts: an agent's words are theirs, and read more strictly.
ALSO_DEBT = re.compile(
    r"\b(abon\w+|inter[eé]s(?:es)?|facturas?|obligaci[oó]n\w*|cartera|mensualidad\w*|descuentos?|rebajas?|liquid\w+|tarjetas?"
    r"|hipotec\w+|paz y salvo|finiquit\w+)\b",
    re.IGNORECASE,
)
AMOUNT = re.compile(
    r"(?:[$€]|\bS/)\s?\d|\b\d{1,3}(?:[.,]\d{3})+\b|\b\d{5,8}\b"
    r"|\b(?:pesos|soles|euros|mill[oó]n(?:es)?|cientos mil|\d+ mil)\b",
    re.IGNORECASE,
)


def topics_said(text: str) -> tuple[Topic, ...]:
    """What a person of the creditor's speaks of in their own words, by the words that tell."""
    debt = bool(DEBT_WORDS.search(text) or ALSO_DEBT.search(text))
    amount = bool(AMOUNT.search(text))
    return (*(("amount",) if amount else ()), *(("debt",) if debt or amount else ()))


def wording(text: Text, view: View, seed: str, turn: int = 0) -> str:
    """The wording for a person; among several, the one `seed` begins with and `turn` moves on from.

    A replay says the same, and two turns that follow each other do not.
    """
    variants = wordings_for(text.variants, view.country, view.tone)
    return (
        variants[0] if len(variants) == 1 else variants[(variants.index(pick(seed, variants)) + turn) % len(variants)]
    )


def treated(wording: str, treatment: str) -> str:
    """The wording as it is said to usted, to tú or to vos; without a word of its own vos has that of tú."""

    def form(match: re.Match[str]) -> str:
        usted, tu, vos = match.groups()
        return usted if treatment == "usted" else tu if treatment == "tu" or vos is None else vos

    return FORMS.sub(form, wording)


def _to(turn: Turn, words: str) -> str:
    return treated(words, turn.state.view.creditor.treatment)


def fill(wording: str, turn: Turn, flow: str = "") -> str:
    """The wording with the words of its variables and of its flow's slots, as the creditor treats people.

    Raises AcuerdoError for a variable that has no value here.
    """

    parts = _cut(wording, turn.state.view.creditor.treatment)
    if len(parts) == 1:
        return parts[0]
    return "".join(_words(turn, part, flow) if n % 2 else part for n, part in enumerate(parts))


@lru_cache(maxsize=8192)
def _cut(wording: str, treatment: str) -> tuple[str, ...]:
    """A wording as it is said to somebody, cut at its variables: words and names by turns."""
    return tuple(PLACEHOLDER.split(treated(wording, treatment)))


def _words(turn: Turn, name: str, flow: str) -> str:
    variable = VARIABLES.get(name)
    if variable is None:
        return written(turn, f"{flow}.{name}")
    try:
        return variable.words(turn)
    except KeyError as error:
        raise AcuerdoError(f"text variable {name} has no value in this step") from error
