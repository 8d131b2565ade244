"""Conversations played without a database: the same reading and the same step, on a clock that the script moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.core import facts as f
from acuerdo.core.dialogue.engine import begin, expected, step
from acuerdo.core.dialogue.schema import Book
from acuerdo.core.dialogue.state import Line, State, Timer
from acuerdo.core.dialogue.view import AccountView, CreditorView, View
from acuerdo.core.facts import AnyFact, kind_of
from acuerdo.core.language import read
from acuerdo.core.language.reading import Intent, Reading
from acuerdo.core.negotiation.authority import Authority
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, money
from acuerdo.service.answering import answer_by
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
    )


class Chat:
    """One conversation while it is played; `facts` holds all that was recorded, in order."""

    def __init__(self, scenario: Scenario, book: Book | None = None) -> None:
        self.book = book or shipped_flows()
        self.at = scenario.reference.replace(tzinfo=ZoneInfo(CAPITAL_ZONE[scenario.country]))
        self.facts: list[tuple[datetime, AnyFact]] = []
        self.timers: list[Timer] = []
        started = f.Started(self.book.digest, "web", msgspec.Raw(msgspec.json.encode(view_of(scenario))))
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
SPEAKERS = ("deudora", "deudor")


def play(path: Path) -> Chat:
    """Plays a transcript file and checks each of its lines. Raises Wrong.

    Heads (`país: CO`) come first; then `deudora:` writes, `pulsa:` presses a button, `pasa:` lets days go by,
    `nosotros:` is a part of some message of the last answer, `nunca:` is in none of them, `hecho:` was recorded then.
    """
    lines = [(n, *_parts(line)) for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if line.strip()]
    lines = [one for one in lines if not one[1].startswith("#")]
    heads = {key: value for _, key, value in lines if key in HEADS}
    chat = Chat(scenario_of(path.stem, heads))
    since = 0
    for number, key, value in lines:
        if key in HEADS:
            continue
        if key in (*SPEAKERS, "pulsa", "pasa"):
            since = len(chat.facts)
            _do(chat, key, value)
        else:
            _check(chat, since, key, value, f"{path.name}:{number}")
    return chat


def _parts(line: str) -> tuple[str, str]:
    key, _, value = line.partition(":")
    return key.strip().lower(), value.strip()


def _do(chat: Chat, key: str, value: str) -> None:
    match key:
        case "pulsa":
            chat.presses(value)
        case "pasa":
            chat.waits(timedelta(days=float(value.split()[0])))
        case _:
            chat.says(value)


def _check(chat: Chat, since: int, key: str, value: str, where: str) -> None:
    recent = [fact for _, fact in chat.facts[since:]]
    said = "\n".join(seen(fact.content) for fact in recent if isinstance(fact, f.Said)).replace("\u00a0", " ")
    kinds = [kind_of(fact) for fact in recent]
    held = {
        "nosotros": value.lower() in said.lower(),
        "nunca": value.lower() not in said.lower(),
        "hecho": value in kinds,
        "sin hecho": value not in kinds,
    }
    if not held[key]:
        raise Wrong(f"{where}: {key}: {value}\nfacts: {', '.join(kinds)}\n{chat.read()}")


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
