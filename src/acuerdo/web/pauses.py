"""What an agent does about contact on a case's page: holds set and lifted, calls logged, whether one may be made."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData

from acuerdo.adapters.store.desk import Agent, NoCase
from acuerdo.app import App
from acuerdo.core import facts as f
from acuerdo.core.desk import NOT_CALLED
from acuerdo.core.words import AcuerdoError, HoldKind, derive
from acuerdo.service.explaining import Outlook, explain_contact
from acuerdo.service.feeding import contact_results
from acuerdo.service.holding import HoldRow, NoReason, NoSuchDay, NotByHand, hold_terms, lift_hold, place_hold

LEAST, MOST = timedelta(days=1), timedelta(days=364)
SAID = {
    NotByHand: "Esa pausa no la pone ni la levanta una persona.",
    NoReason: "Escriba por qué, en pocas palabras: quien la mire después tiene que entenderlo.",
    NoSuchDay: "Elija un día de aquí a un año.",
}


async def of_case(app: App, conversation: str, at: datetime) -> dict[str, Any]:
    """What the case's page shows of holds and calls."""
    person = await app.ledger.person_of(conversation)
    if person is None:
        raise NoCase("No hay una conversación con ese número")
    rows = await app.holds.standing((person,), at)
    told = await explain_contact(app.exit, person, "voice", at)
    return {
        "holds": [shown(row) for row in rows],
        "hold_kinds": [{"key": kind, "label": one.title} for kind, one in hold_terms().items() if one.by_hand],
        "call_results": [{"key": key, "label": one.meaning} for key, one in contact_results().items()],
        "day_least": (at + LEAST).date().isoformat(),
        "day_most": (at + MOST).date().isoformat(),
        "call": {"text": _call(told.word, rows, told.zones) if told else ""},
    }


def shown(row: HoldRow) -> dict[str, Any]:
    """A hold as the pages tell it."""
    terms = hold_terms()[row.kind]
    zone = ZoneInfo(row.zone)
    ends = f"hasta el {row.until.astimezone(zone):%d/%m/%Y}" if row.until else ""
    looked_at = f"se revisa el {row.review_at.astimezone(zone):%d/%m/%Y}" if row.review_at else "hasta que se levante"
    who = {"bot": "el asistente", "debtor": "la persona", "operator": "la operación", "system": "el sistema"}
    return {
        "kind": row.kind, "title": terms.title, "until": ends or looked_at, "why": row.why, "by_hand": terms.by_hand,
        "who": who.get(row.who, row.who.removeprefix("agent:")), "person": row.person, "name": row.name, "of": row.of,
        "since": f"{row.since.astimezone(zone):%d/%m/%Y}", "everywhere": not row.creditor, "due": row.due,
    }  # fmt: skip


def _call(word: Outlook, rows: list[HoldRow], zones: tuple[str, ...]) -> str:
    if any(hold_terms()[row.kind].call_back for row in rows):
        return "Solo una persona de cuidado puede devolverle la llamada, con calma y sin hablar de pagos."
    if word.verdict == "cleared":
        return "Ahora se le puede llamar."
    codes = {reason.code for reason in word.why}
    why = next((text for code, text in NOT_CALLED.items() if code in codes), "las reglas no lo permiten")
    if word.at is None:
        return f"No se le puede llamar: {why}."
    local = word.at.astimezone(ZoneInfo(zones[0]) if zones else None)
    return f"Se le puede llamar desde el {local:%d/%m a las %H:%M}, hora de la persona; ahora no: {why}."


async def hold(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    person = await _person(app, conversation)
    kind: HoldKind = str(form.get("hold", ""))  # type: ignore[assignment]  # place_hold refuses what is no kind
    try:
        await place_hold(
            app.holds, person, kind, str(form.get("why", "")), f"agent:{agent.login}", at, review_at=_day(form, at)
        )
    except (NotByHand, NoReason, NoSuchDay) as error:
        raise AcuerdoError(SAID[type(error)]) from error
    return "El contacto queda detenido. Lo que esperaba para enviarse se canceló."


def _day(form: FormData, at: datetime) -> datetime | None:
    text = str(form.get("day", "")).strip()
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), time(12), at.tzinfo)
    except ValueError:
        raise NoSuchDay(f"{text!r} is no day") from None


async def lift(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    person = await _person(app, conversation)
    kind: HoldKind = str(form.get("hold", ""))  # type: ignore[assignment]  # lift_hold refuses what is no kind
    try:
        done = await lift_hold(app.holds, person, kind, str(form.get("why", "")), f"agent:{agent.login}", at)
    except (NotByHand, NoReason) as error:
        raise AcuerdoError(SAID[type(error)]) from error
    return "La pausa se levantó." if done else "Esa pausa ya no estaba."


async def call(app: App, agent: Agent, conversation: str, form: FormData, at: datetime) -> str:
    """A call that was made stands in the ledger with all other contacts, whatever came of it."""
    result = contact_results().get(str(form.get("result", "")))
    if result is None:
        raise AcuerdoError("Elija qué resultó de la llamada.")
    key = derive(conversation, str(form.get("nonce") or secrets.token_urlsafe(9)), "call")
    note = str(form.get("note", "")).strip()[:1000]
    fact = f.CallLogged(agent.login, key, str(form["result"]), result.reached, note)
    if not await app.ledger.called(conversation, fact, at):
        raise NoCase("Los datos de esta persona ya se borraron")
    return "La llamada quedó anotada y cuenta como contacto."


async def _person(app: App, conversation: str) -> str:
    person = await app.ledger.person_of(conversation)
    if person is None:
        raise NoCase("No hay una conversación con ese número")
    return person


DEEDS = {"hold": hold, "lift": lift, "call": call}
