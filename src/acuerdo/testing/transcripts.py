"""Conversations played without a database: the same reading and the same step, on a clock that the script moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.engine import begin, expected, step
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Line, State, Timer
from acuerdo.core.dialogue.view import (
    AccountView,
    AgreementView,
    CreditorView,
    InstallmentView,
    PromiseView,
    View,
)
from acuerdo.core.facts import AnyFact, kind_of
from acuerdo.core.language import read
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.payments.schedule import due_dates
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, Money, money
from acuerdo.service.answering import answer_by
from acuerdo.service.booking import desk_of
from acuerdo.service.opening import hours_of
from acuerdo.service.resources import care_lines, language_model, shipped_flows
from acuerdo.testing.outcomes import Debtor, Document, Policy, Scenario, seen

BETWEEN_TURNS = timedelta(seconds=20)
CREDITOR = CreditorView(
    "ejemplo",
    "Financiera Ejemplo",
    phone="601 555 0100",
    desk_hours="de lunes a viernes, de 8:00 a 18:00",
)


def view_of(scenario: Scenario) -> View:
    """What a conversation would know of the scenario's debtor."""
    debtor, country = scenario.debtor, scenario.country
    late = debtor.days_past_due
    account = AccountView(
        id="cuenta",
        reference=f"{scenario.id.upper()}-0001",
        product=debtor.product,
        balance=debtor.owed,
        days_past_due=late,
        authority=Authority(
            max_installments=debtor.policy.max_installments, max_discount_pct=debtor.policy.max_discount_pct
        ),
        due_date=scenario.reference.date() - timedelta(days=late),
        as_of=scenario.reference.date(),
        handler="person" if late > 60 else "bot",
    )
    care = care_lines()[country]
    return View(
        country=country,
        zone=CAPITAL_ZONE[country],
        creditor=CREDITOR,
        name=debtor.name,
        document=debtor.document.value,
        accounts=(account,),
        email=debtor.email,
        crisis_line=care.crisis,
        emergency=care.emergency,
        answer_by=answer_by(country, scenario.reference.date()),
        desk=desk_of(
            country, "", (CAPITAL_ZONE[country],), "first_party", CREDITOR.desk_hours, scenario.reference.date()
        ),
        hours=hours_of(country, "", scenario.reference.date()),
    )


class Chat:
    """One conversation while it is played; `facts` holds all that was recorded, in order."""

    def __init__(self, scenario: Scenario, book: Book | None = None, view: View | None = None) -> None:
        self.book = book or shipped_flows()
        self.at = scenario.reference.replace(tzinfo=ZoneInfo(CAPITAL_ZONE[scenario.country]))
        self.facts: list[tuple[datetime, AnyFact]] = []
        self.timers: list[Timer] = []
        started = f.Started(self.book.digest, "web", msgspec.Raw(msgspec.json.encode(view or view_of(scenario))))
        self.state: State = begin(scenario.id, started)
        self.happens(started)

    def happens(self, event: AnyFact) -> tuple[Line, ...]:
        """One event through the step; what came of it is recorded."""
        self.facts.append((self.at, event))
        self.state, effects = step(self.book, self.state, event, self.at)
        self.facts += [(self.at, fact) for fact in effects.facts]  # type: ignore[misc]
        for line in effects.lines:
            said = f.Said(line.key, line.text_id, line.content, line.origin, line.purpose, line.topics)
            self.facts.append((self.at, said))
        newer = {timer.key for timer in effects.timers}
        self.timers = [*(timer for timer in self.timers if timer.key not in newer), *effects.timers]
        if any(isinstance(fact, f.OptedOut) for fact in effects.facts):
            self.timers.clear()
        return effects.lines

    def says(self, text: str) -> tuple[Line, ...]:
        """The person writes."""
        self.at = (self.at.astimezone(UTC) + BETWEEN_TURNS).astimezone(self.at.tzinfo)
        country = self.state.view.country
        reading = read(text, expected(self.book, self.state), self.at, country, language_model())
        return self.hears(text, reading, "")

    def presses(self, button: str) -> tuple[Line, ...]:
        """The person presses a button, by its id."""
        self.at += BETWEEN_TURNS
        return self.hears("", Reading((Intent(button, 1.0),)), button)

    def hears(self, text: str, reading: Reading, button: str = "") -> tuple[Line, ...]:
        """What the person wrote or pressed, however it was read."""
        heard = f.Heard(f"k{len(self.facts)}", text, msgspec.Raw(msgspec.json.encode(reading)), button)
        return self.happens(heard)

    def waits(self, span: timedelta) -> None:
        """Time passes; the timers that fall due ring at their moment."""
        end = (self.at.astimezone(UTC) + span).astimezone(self.at.tzinfo)
        while due := [timer for timer in self.timers if timer.due <= end]:
            first = min(due, key=lambda timer: timer.due)
            self.timers.remove(first)
            self.at = max(self.at, first.due.astimezone(self.at.tzinfo))
            self.happens(f.TimerRang(first.name, first.key))
        self.at = end

    def read(self) -> str:
        """The whole conversation as a person would read it aloud."""
        out = []
        for _, fact in self.facts:
            if isinstance(fact, f.Heard):
                out.append(f"\n  deudora: {fact.text or '[' + fact.button + ']'}")
            elif isinstance(fact, f.Said):
                out.append("  nosotros: " + seen(fact.content).replace("\n", "\n            "))
            elif not isinstance(fact, f.Started):
                out.append(f"     · {kind_of(fact)}")
        return "\n".join(out)


class Wrong(AssertionError):
    """A transcript and the conversation part ways; the text says at which line and shows what was said."""


HEADS = ("país", "saldo", "mora", "cuotas", "descuento", "documento", "producto", "nombre", "cuándo", "correo")
# What a usual case does not have: the kind of document, how people are treated, the segment's tone, payments late in
# the last year, the day it falls due, a promise made before, an agreement in force, and each further debt.
MORE = ("tipo", "trato", "tono", "atrasos", "vence", "promesa", "acuerdo", "cuenta", "agencia", "partes")
SPEAKERS = ("deudora", "deudor")
DEEDS = (*SPEAKERS, "pulsa", "pasa", "pagan", "rechazan", "toma", "agente", "devuelve")


def play(path: Path, book: Book | None = None) -> Chat:
    """Plays a transcript file and checks each of its lines. Raises Wrong.

    Heads (`país: CO`) come first; then `deudora:` writes, `pulsa:` presses a button, `pasa:` lets days go by, `pagan:`
    is an amount that comes in, `rechazan:` a payment that fails, `toma:` and `devuelve:` an agent who takes the
    conversation and gives it back, `agente:` what they write. `nosotros:` is a part of some message of the last answer,
    `nunca:` is in none of them, `texto:` and `sin texto:` are names of texts, `hecho:` and `sin hecho:` of facts that
    were recorded then; `callamos:` says that nothing was said.
    """
    lines = [(n, *_parts(line)) for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line.strip()]
    lines = [one for one in lines if not one[1].startswith("#")]
    heads = {key: value for _, key, value in lines if key in HEADS}
    scenario = scenario_of(path.stem, heads)
    chat = Chat(scenario, book, view=furnished(view_of(scenario), [(k, v) for _, k, v in lines if k in MORE]))
    since = 0
    for number, key, value in lines:
        if key in (*HEADS, *MORE):
            continue
        if key in DEEDS:
            since = len(chat.facts)
            _do(chat, key, value)
        else:
            _check(chat, since, key, value, f"{path.name}:{number}")
    return chat


def furnished(view: View, heads: Sequence[tuple[str, str]]) -> View:
    """The view with what the further heads of a transcript say.

    `cuenta: préstamo; 500000; 10` is one more debt with its days past due, `acuerdo: 3 x 300000; 2026-04-20` payments a
    month apart from that day, `promesa: 2026-04-10; 200000` what was promised before.
    """
    for key, value in heads:
        parts = [part.strip() for part in value.split(";")]
        view = msgspec.structs.replace(view, **_furniture(view, key, parts))
    return view


def _furniture(view: View, key: str, parts: list[str]) -> dict[str, object]:
    first, currency = view.accounts[0], view.accounts[0].balance.currency
    changed = msgspec.structs.replace
    match key:
        case "tipo":
            return {"document_kind": parts[0]}
        case "trato":
            return {"creditor": changed(view.creditor, treatment=parts[0])}
        case "agencia":
            return {"creditor": changed(view.creditor, agency=parts[0])}
        case "tono":
            return _first(view, authority=changed(first.authority, tone=parts[0]), late_12m=max(first.late_12m, 1))
        case "atrasos":
            return _first(view, late_12m=int(parts[0]))
        case "vence":
            return _first(view, due_date=date.fromisoformat(parts[0]))
        case "partes":
            names = ("principal", "interest", "fees")
            return _first(view, **{name: money(part, currency) for name, part in zip(names, parts, strict=False)})
        case "promesa":
            amount = money(parts[1], currency) if len(parts) > 1 else None
            return {"promise": PromiseView(date.fromisoformat(parts[0]), amount)}
        case "acuerdo":
            return {"agreement": _agreed(parts, currency)}
        case _:
            late = int(parts[2]) if len(parts) > 2 else first.days_past_due
            due = first.due_date + timedelta(days=first.days_past_due - late) if first.due_date else None
            number = len(view.accounts) + 1
            more = changed(
                first,
                id=f"cuenta-{number}",
                reference=f"{first.reference[:-1]}{number}",
                product=parts[0],
                balance=money(parts[1], currency),
                days_past_due=late,
                due_date=due,
            )
            return {"accounts": (*view.accounts, more)}


def _first(view: View, **changes: object) -> dict[str, object]:
    """The first debt changed."""
    return {"accounts": (msgspec.structs.replace(view.accounts[0], **changes), *view.accounts[1:])}


def _agreed(parts: list[str], currency: str) -> AgreementView:
    count, amount = (part.strip() for part in parts[0].split("x"))
    start, paid = date.fromisoformat(parts[1]), int(parts[2]) if len(parts) > 2 else 0
    each = money(amount, currency)
    days = due_dates(start, int(count), "monthly")
    parts_ = tuple(InstallmentView(d, each, each if n < paid else Money(0, currency)) for n, d in enumerate(days))
    return AgreementView("acuerdo", Money(each.minor * int(count), currency), parts_)


def _parts(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip().lower(), value.strip()


def _do(chat: Chat, key: str, value: str) -> None:
    match key:
        case "pulsa":
            chat.presses(value)
        case "pasa":
            chat.waits(timedelta(days=float(value.split()[0])))
        case "pagan":
            owed = chat.state.view.total
            paid = money(value, owed.currency)
            left = Money(max(0, owed.minor - paid.minor), owed.currency)
            _refreshed(chat, left)
            chat.happens(f.PaymentArrived("pago", paid, left, completed=left.minor == 0))
        case "rechazan":
            chat.happens(f.PaymentDeclined("pago"))
        case "toma":
            chat.happens(f.TakenOver("agente", value))
        case "devuelve":
            chat.happens(f.HandedBack("agente"))
        case "agente":
            chat.happens(f.AgentWrote("agente", f"a{len(chat.facts)}", value))
        case _:
            chat.says(value)


def _refreshed(chat: Chat, left: Money) -> None:
    """What is owed is read again, the oldest debt paid first."""
    view = chat.state.view
    gone = view.total.minor - left.minor
    accounts = list[AccountView]()
    for account in view.accounts:
        off = min(gone, account.balance.minor)
        gone -= off
        less = Money(account.balance.minor - off, account.balance.currency)
        accounts.append(msgspec.structs.replace(account, balance=less))
    changed = msgspec.structs.replace(view, accounts=tuple(accounts))
    chat.happens(f.Refreshed(msgspec.Raw(msgspec.json.encode(changed))))


def _check(chat: Chat, since: int, key: str, value: str, where: str) -> None:
    recent = [fact for _, fact in chat.facts[since:]]
    said = "\n".join(seen(fact.content) for fact in recent if isinstance(fact, f.Said)).replace("\u00a0", " ")
    kinds = [kind_of(fact) for fact in recent]
    texts = [fact.text_id for fact in recent if isinstance(fact, f.Said) and fact.origin != "agent"]
    held = {
        "nosotros": value.lower() in said.lower(),
        "nunca": value.lower() not in said.lower(),
        "hecho": value in kinds,
        "sin hecho": value not in kinds,
        "texto": value in texts,
        "sin texto": value not in texts,
        "callamos": not texts,
    }
    if key not in held:
        raise Wrong(f"{where}: {key!r} is none of {', '.join((*HEADS, *MORE, *DEEDS, *held))}")
    if not held[key]:
        raise Wrong(f"{where}: {key}: {value}\nfacts: {', '.join(kinds)}\ntexts: {', '.join(texts)}\n{chat.read()}")


def scenario_of(name: str, heads: dict[str, str]) -> Scenario:
    """A scenario from the heads of a transcript; what they leave out is a usual case in Colombia."""
    country = heads.get("país", "CO")
    currency = CURRENCY_OF[country]
    policy = Policy(int(heads.get("cuotas", "3")), Decimal(heads.get("descuento", "0")))
    debtor = Debtor(
        heads.get("nombre", "Ana Ejemplo"),
        Document("", heads.get("documento", "52345678")),
        currency,
        money(heads.get("saldo", "900000"), currency).plain(),
        int(heads.get("mora", "20")),
        heads.get("producto", "tarjeta de crédito"),
        policy=policy,
        email=heads.get("correo", ""),
    )
    at = datetime.fromisoformat(heads.get("cuándo", "2026-04-14T10:00:00"))
    return msgspec.convert(
        {"id": name, "country": country, "reference": at.isoformat(), "debtor": debtor, "turns": ()},
        Scenario,
        from_attributes=True,
    )
