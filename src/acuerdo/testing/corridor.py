"""Simulated debtors who write in Spanish through the real corridor: a file, a link, the chat, a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from acuerdo.adapters.store.server import Database
from acuerdo.core import facts as f
from acuerdo.core.dialogue.state import State
from acuerdo.core.negotiation.moves import Ask, Choose, Reply
from acuerdo.core.negotiation.plans import Plan, single
from acuerdo.core.negotiation.written import PAYMENT_WORD, format_day, format_money
from acuerdo.core.words import CAPITAL_ZONE, CURRENCY_OF, AcuerdoError, Money
from acuerdo.service.settings import Settings
from acuerdo.service.talking import hear
from acuerdo.testing import haggling
from acuerdo.testing.haggling import TODAY, Ended, Said, talk
from acuerdo.testing.outcomes import Debtor, Document, Policy, Scenario
from acuerdo.testing.personas import Persona
from acuerdo.testing.scenarios import BETWEEN_TURNS, Stage, invited, letters, ring, stage

# Whose debts are talked of where, and a document that its country takes.
DOCUMENTS = {
    "CO": Document("cedula", "52345678"),
    "MX": Document("curp", "FUMF940522MPLCDR05"),
    "CL": Document("rut", "123456785"),
    "PE": Document("dni", "41223344"),
    "AR": Document("dni", "30111222"),
    "ES": Document("dni", "12345678Z"),
}
COUNTRIES = {CURRENCY_OF[country]: country for country in DOCUMENTS}
HOUR = 10
NO = (
    "no, ninguna me sirve", "no puedo con ninguna de esas", "no, así no puedo", "sigue siendo mucho para mí",
    "no, no me alcanza", "esas opciones no me sirven",
)  # fmt: skip


class NoCountry(AcuerdoError):
    """The corridor speaks in the countries of its currencies only; which, the text says."""


class Talked(msgspec.Struct, frozen=True):
    """One talk in the corridor: how it ended there and at the level of commands, and what was written, in order."""

    persona: Persona
    ended: Ended
    commands: Ended
    signed: bool
    written: tuple[tuple[str, str], ...]


def scenario_of(persona: Persona, today: date = TODAY) -> Scenario:
    """The debt and the authority of a persona as a scenario without turns. Raises NoCountry."""
    country = COUNTRIES.get(persona.currency)
    if country is None:
        known = ", ".join(sorted(COUNTRIES))
        raise NoCountry(
            f"persona {persona.id}: nobody is spoken to about {persona.currency}; the corridor knows {known}"
        )
    held = persona.authority
    return Scenario(
        id=persona.id,
        country=country,  # type: ignore[arg-type]  # one of the six
        reference=datetime(today.year, today.month, today.day, HOUR),  # noqa: DTZ001  # local, as scenarios are
        debtor=Debtor(
            name="Ana Ejemplo",
            document=DOCUMENTS[country],
            currency=persona.currency,
            balance=persona.owed.plain(),
            days_past_due=persona.dpd,
            product="tarjeta de crédito",
            policy=Policy(
                max_installments=held.max_installments,
                max_discount_pct=Decimal(held.max_discount_pct),
                min_down_pct=Decimal(held.min_down_pct),
                longest_first_payment_days=held.longest_first_payment_days,
            ),
        ),
        turns=(),
    )


def words(reply: Reply, country: str, turn: int, today: date) -> str:
    """What a person would write for a reply; the same turn gives the same words."""

    def sum_(amount: Money) -> str:
        return format_money(amount, country)

    if not isinstance(reply, Ask):
        return NO[turn % len(NO)]
    when = f" el {format_day(reply.first, country)}" if reply.first and reply.first > today else ""
    if reply.down is not None:
        return f"puedo dar {sum_(reply.down)} hoy y el resto en {reply.n} {PAYMENT_WORD[country][1]} mensuales"
    if reply.per_payment is not None:
        return f"puedo pagar {sum_(reply.per_payment)} cada mes"
    if reply.total is not None:
        return f"puedo pagar {sum_(reply.total)}{when or ' hoy'} y quedamos en paz"
    if reply.n is not None:
        return f"en {reply.n} {PAYMENT_WORD[country][1]}"
    return f"podría pagar{when or ' hoy'}"


class Corridor:
    """A policy that is the product itself: each reply is written in the chat, and its facts tell what came of it."""

    def __init__(self, runner: asyncio.Runner, on: Stage, persona: Persona, number: int, today: date) -> None:
        self.runner, self.on, self.persona, self.today = runner, on, persona, today
        self.scenario = scenario_of(persona, today)
        zone = ZoneInfo(CAPITAL_ZONE[self.scenario.country])
        self.at = self.scenario.reference.replace(tzinfo=zone)
        self.turn, self.known = 0, 0
        name = f"Casa Ejemplo {letters(number)}"
        self.conversation = runner.run(invited(on, self.scenario, name, self.at))
        self.written: list[tuple[str, str]] = []
        self.runner.run(self._write(self.scenario.debtor.document.value))

    def _opening(self) -> str:
        """What they write first: what they earn and spend if they tell it, else that they want to see ways to pay."""
        one = self.persona
        if not one.tells:
            return "quiero ver opciones de pago"
        earned, spent = (
            format_money(Money(m, one.currency), self.scenario.country) for m in (one.income, one.expenses)
        )
        return f"gano {earned} al mes y gasto {spent}"

    def hear(self, reply: Reply) -> Said:
        """What the chat answered, as plans to choose from, a plan put forward, or a person called."""
        if isinstance(reply, Choose):
            return self.runner.run(self._said("", f"plan:{reply.plan}"))
        said = self._opening() if reply == Ask() else words(reply, self.scenario.country, self.turn, self.today)
        return self.runner.run(self._said(said, ""))

    async def _write(self, text: str, button: str = "") -> list[f.AnyFact]:
        self.at += BETWEEN_TURNS
        await ring(self.on, self.conversation, self.at)
        await hear(self.on.house, self.conversation, str(self.turn), text, button, self.at)
        self.turn += 1
        facts = [r.fact for r in await self.on.house.talks.facts(self.conversation)]
        fresh, self.known = facts[self.known :], len(facts)
        for fact in fresh:
            if isinstance(fact, f.Heard):
                self.written.append(("deudora", fact.text or button))
            elif isinstance(fact, f.Said):
                self.written.append(("nosotros", fact.content.text))
        return fresh

    async def _said(self, text: str, button: str) -> Said:
        facts = await self._write(text, button)
        state = await self._state()
        called = any(isinstance(x, f.HandedOver) for x in facts)
        for fact in reversed(facts):
            agreed = self._agreed(fact, state)
            if agreed is not None:
                return Said(agreed=agreed, called=called)
        table = state.position.offered if state.position is not None else ()
        return Said(table, called=called, over=state.owner != "bot" or not table)

    def _agreed(self, fact: f.AnyFact, state: State) -> Plan | None:
        owed, name = self.persona.owed, self.persona.id
        match fact:
            case f.AgreementProposed() if state.proposal is not None:
                return state.proposal.plan
            case f.PaymentLinkSent():
                return single(name, owed, fact.amount or owed, self.today)
            case f.PromiseMade():
                return single(name, owed, fact.amount or owed, fact.due)
            case _:
                return None

    async def _state(self) -> State:
        async with self.on.house.talks.turn(self.conversation, f"look{self.turn}", self.at) as turn:
            return msgspec.json.decode(turn.held.state, type=State)

    def sign(self) -> bool:
        """The "sí" to the summary, if one was shown; whether an agreement came of it."""
        facts = self.runner.run(self._write("sí, de acuerdo"))
        return any(isinstance(x, f.AgreementAccepted) for x in facts)


def played(personas: Iterable[Persona], settings: Settings | None = None, today: date = TODAY) -> Iterator[Talked]:
    """Each persona's talk in a scratch database on its own clock, as it ends. Raises NoCountry."""
    with Database.open(settings or Settings()) as opened, asyncio.Runner() as runner:
        yield from played_on(personas, opened.url, runner, today)


def played_on(personas: Iterable[Persona], url: str, runner: asyncio.Runner, today: date = TODAY) -> Iterator[Talked]:
    """As `played`, on the server of `url`."""
    scene = stage(url)
    on = runner.run(scene.__aenter__())
    try:
        for number, persona in enumerate(personas):
            chat = Corridor(runner, on, persona, number, today)
            ended = talk(persona, chat, today)
            signed = ended.end == "agreed" and chat.sign()
            commands = talk(persona, haggling.House(persona, today), today)
            yield Talked(persona, ended, commands, signed, tuple(chat.written))
    finally:
        runner.run(scene.__aexit__(None, None, None))


def measured(talks: Sequence[Talked], seed: int, resamples: int) -> dict[str, Any]:
    """The bench's measures of the talks in the corridor, beside those of the same personas at the level of commands."""
    bests = [haggling.oracle(one.persona) for one in talks]

    def of(ends: Sequence[Ended]) -> dict[str, Any]:
        rows = [haggling.row(one, best) for one, best in zip(ends, bests, strict=True)]
        return haggling.measured(rows, seed, resamples) | {
            "violations": sum(r.broken for r in rows),
            "violated": sorted({rule for one in ends for rule in one.broken}),
            "ends": {end: sum(e.end == end for e in ends) for end in ("agreed", "left", "handed_over", "looped")},
        }

    def same(one: Talked) -> bool:
        mine, other = one.ended.plan, one.commands.plan
        return (mine is None) == (other is None) and (mine is None or other is None or mine.total == other.total)

    agreed = [one for one in talks if one.ended.end == "agreed"]
    return {
        "personas": len(talks),
        "corridor": of([one.ended for one in talks]),
        "commands": of([one.commands for one in talks]),
        "same_outcome": sum(same(one) for one in talks) / max(1, len(talks)),
        "signed": sum(one.signed for one in agreed),
    }


def sample(personas: Sequence[Persona], count: int) -> list[Persona]:
    """So many of them, spread evenly over the file."""
    count = min(count, len(personas))
    return [personas[n * len(personas) // count] for n in range(count)]


__all__ = ["Corridor", "NoCountry", "Talked", "measured", "played", "played_on", "sample", "scenario_of", "words"]
