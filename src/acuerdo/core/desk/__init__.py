"""Queues, takeover and hand-back, and what an agent may offer, as decisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from acuerdo.core.dialogue.actions import PRIORITY
from acuerdo.core.dialogue.view import View
from acuerdo.core.negotiation.authority import Authority, floor
from acuerdo.core.negotiation.authority import narrowest as of_all
from acuerdo.core.negotiation.plans import Plan, fault, several, single
from acuerdo.core.negotiation.written import format_money
from acuerdo.core.words import AcuerdoError, Money, Reason

Urgency = Literal["urgent", "high", "normal"]
Queue = Literal["handed_over", "asking", "mine"]

ASKING = frozenset({"asked", "callback"})
# The house's policy of what waits least: from here up urgent, from there up high.
URGENT_FROM, HIGH_FROM = 80, 55
OUTCOMES: dict[str, str] = {
    "resolved": "Resuelto",
    "agreement": "Llegamos a un acuerdo",
    "follow_up": "Queda en seguimiento",
    "no_answer": "No respondió",
    "escalated": "Pasa a otra área",
}
WHY_NOT: dict[str, str] = {
    "no_payments": "Un plan tiene al menos un pago.",
    "over_balance": "El total es más que el saldo.",
    "below_floor": "El total queda por debajo de lo que su autorización permite.",
    "discount_only_single": "Un plan en varios pagos no lleva descuento: el total tiene que ser el saldo.",
    "too_many": "Son más pagos de los que su autorización permite.",
    "too_small": "Cada pago quedaría por debajo del mínimo.",
    "down_too_small": "El primer pago queda por debajo del mínimo.",
    "date_past": "La fecha del primer pago ya pasó.",
    "first_too_late": "La fecha del primer pago queda más allá de lo permitido.",
}

# What keeps an agent's message in, by the guard's codes; whatever else it says is told by its own words.
NOT_SENT: dict[str, str] = {
    "debt_before_identity": "La persona todavía no confirma quién es: hasta entonces no se habla de deudas, pagos ni"
    " montos. Devuelva la conversación al asistente para que se identifique, o escriba sin mencionarlos.",
    "forbidden_words": "El texto suena a amenaza, presiona, o dice lo que no se puede decir. Escríbalo de otra forma.",
    "outside_window": "A esta hora no se puede escribir a la persona, si ella no escribió antes.",
    "window_ending": "Queda muy poco del horario en que se puede escribir a la persona.",
    "holiday": "Hoy es festivo donde está la persona, y no se le puede escribir si ella no escribió antes.",
    "cap_reached": "Hoy o esta semana ya se le contactó tantas veces como se puede; espere a que ella escriba.",
    "too_soon": "El último contacto fue hace muy poco; espere a que ella escriba.",
    "other_channel": "Esta semana ya se habló con la persona por otro canal, y solo se puede seguir por ese.",
    "quiet_days": "Se habló con la persona hace poco, y siguen unos días sin contacto.",
    "opted_out": "La persona pidió que no se le escriba más. Si ella escribe, puede responderle.",
    "on_hold": "Hay una pausa de contacto. Si la persona escribe, puede responderle.",
    "no_consent": "La persona no ha autorizado este canal. Si ella escribe, puede responderle.",
    "stopped": "Todos los envíos están detenidos.",
}

# Why the person is not called now, by the guard's codes, the first that holds.
NOT_CALLED: dict[str, str] = {
    "stopped": "todos los envíos están detenidos", "opted_out": "pidió que no se le contacte",
    "on_hold": "hay una pausa de contacto", "no_consent": "no ha autorizado llamadas",
    "holiday": "hoy es festivo donde está", "outside_window": "a esta hora no se puede",
    "window_ending": "queda muy poco del horario", "person_hours": "pidió otro horario",
    "cap_reached": "ya se le contactó tantas veces como se puede", "too_soon": "el último contacto fue hace muy poco",
    "other_channel": "esta semana se habló con ella por otro medio", "quiet_days": "se habló con ella hace poco",
}  # fmt: skip


class OutsideAuthority(AcuerdoError):
    """What the agent wants to offer is outside their authority, and why."""


def urgency(priority: int) -> Urgency:
    """How a work item's priority (0 to 100, see PRIORITY) is shown."""
    return "urgent" if priority >= URGENT_FROM else "high" if priority >= HIGH_FROM else "normal"


def queue_of(reason: str, taken_by: str, agent: str) -> Queue | None:
    """Where a work item stands for an agent; None when somebody else has it."""
    if taken_by:
        return "mine" if taken_by == agent else None
    return "asking" if reason in ASKING else "handed_over"


def narrowest(view: View) -> Authority:
    """The narrowest authority over all the debts that go together."""
    return of_all([a.authority for a in view.together])


# What a person whose role may go beyond can pass; a day gone by, or more than is owed, nobody can.
PASSABLE = ("below_floor", "too_many", "too_small", "down_too_small", "first_too_late")


def outside(view: View, plan: Plan, today: date) -> str:
    """The limit that a plan passes; empty inside the authority."""
    return fault(plan, narrowest(view), today) or ""


def offer(
    view: View,
    kind: Literal["plan", "settlement"],
    total: Money,
    parts: int,
    first: date,
    today: date,
    role: str = "",
    reason: str = "",
) -> Plan:
    """The plan an agent wants to put forward. Raises OutsideAuthority with the reason in Spanish.

    A limit may be passed by a role that the authority names in `beyond`, with a reason, which the fact keeps.
    """
    balance, authority = view.total, narrowest(view)
    passable = PASSABLE if reason.strip() and role in authority.beyond else ()
    why = _plain_fault(balance, authority, total, parts, first, today)
    if why is not None and why not in passable:
        raise OutsideAuthority(WHY_NOT[why])
    if kind == "plan" and parts > 1:
        plan = several(view.name, balance, parts, first, authority.frequency) if total == balance else None
        if plan is None:
            raise OutsideAuthority(WHY_NOT["discount_only_single" if total != balance else "too_small"])
    else:
        plan = single(view.name, balance, total, first)
    why = fault(plan, authority, today)
    if why is not None and why not in passable:
        raise OutsideAuthority(WHY_NOT[why])
    return plan


def why_not_sent(why: Iterable[Reason]) -> str:
    """Why the guard kept an agent's message in, in words."""
    told = dict.fromkeys(NOT_SENT.get(reason.code, reason.detail or reason.code) for reason in why)
    return "No se envió. " + " ".join(told)


def _plain_fault(
    balance: Money, authority: Authority, total: Money, parts: int, first: date, today: date
) -> str | None:
    """What is wrong with the terms themselves, before a plan is made of them."""
    if parts < 1:
        return "no_payments"
    if parts > authority.max_installments:
        return "too_many"
    if total > balance:
        return "over_balance"
    if first < today:
        return "date_past"
    return "first_too_late" if first > authority.last_first_day(today) else None


def authority_text(view: View) -> str:
    """What an agent may offer, in words."""
    authority, balance = narrowest(view), view.total
    least = format_money(floor(balance, authority), view.country)
    plans = (
        f"Hasta {authority.max_installments} pagos sin descuento" if authority.max_installments > 1 else "Sin plazos"
    )
    return (
        f"{plans}; en un solo pago, desde {least}. Primer pago en {authority.longest_first_payment_days} días a lo más."
    )


__all__ = [
    "OUTCOMES",
    "PRIORITY",
    "OutsideAuthority",
    "authority_text",
    "narrowest",
    "offer",
    "outside",
    "queue_of",
    "urgency",
    "why_not_sent",
]
