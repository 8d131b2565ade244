"""What a message asks of the negotiation, in closed form: from what was read to an `Ask`, a choice or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import cast

from msgspec.structs import replace

from acuerdo.core.dialogue.phrases import (
    AS_SAID,
    BARE_COUNT,
    BARE_MONTHS,
    COUNT_AND_RHYTHM,
    DISCOUNT,
    EACH,
    HALVES,
    LOWER,
    MONTHS,
    NEGATED,
    NOT_ALL,
    OFF,
    OTHER,
    PART,
    QUINCENAS,
    REST,
    SETTLE,
    TOO_MUCH,
    WHOLE,
)
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.language.reading import Entity
from acuerdo.core.negotiation.moves import Ask, Choose, Position, Refuse, Reply
from acuerdo.core.negotiation.plans import Plan
from acuerdo.core.negotiation.wishes import half, terms
from acuerdo.core.payments.schedule import Every, due_dates
from acuerdo.core.words import DECIMALS, AcuerdoError, Money, money


def a_lone_one(entity: Entity) -> bool:
    """A lone "un" or "una" is an article, no amount, no day and no count: "sí, de una"."""
    return entity.kind in ("money", "date", "installments") and entity.text.strip().lower() in ("un", "una", "uno")


def amounts(turn: Turn) -> list[Money]:
    """The amounts named, in the debt's currency where none was said."""
    currency = turn.total.currency
    out = []
    for entity in (e for e in turn.entities("money") if not a_lone_one(e) and not _is_count(turn, e)):
        try:
            named = money(entity.value, entity.currency or currency)
            out.append(_in_thousands(turn, entity, named))
        except AcuerdoError:
            continue
    return out


THOUSANDS = ("COP", "CLP", "ARS")


def _in_thousands(turn: Turn, entity: Entity, named: Money) -> Money:
    """ "Le doy 300" of a debt of 900.000 pesos is 300 thousand, as people say it; never more than is owed."""
    total = turn.total
    short = named.currency in THOUSANDS and not entity.currency and len(entity.value) <= 3
    if not short or named.minor * 1000 > total.minor or named.minor * 10000 < total.minor / 10:
        return named
    return Money(named.minor * 1000, named.currency)


def _each_again(turn: Turn, amount: Money | None) -> bool:
    """ "Ya le dije que 300": an amount that makes the very plan that is put forward is said of each payment."""
    plan = turn.state.proposal.plan if turn.state.proposal else None
    if amount is None or amount.minor <= 0 or plan is None or turn.entities("date"):
        return False
    return plan.n > 1 and -(-plan.total.minor // amount.minor) == plan.n


BARE_WEEKDAY = re.compile(r"(?:el |este )?(?:lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo)")
AT_ONCE = re.compile(r"\d\S*(?: mil| lucas)? ya\s*[.!]*$")  # "listo, pago 670.680 ya"


def _days(turn: Turn) -> list[date]:
    """The days named; "el 31, que es sábado" names one."""
    named = [e for e in turn.entities("date") if not a_lone_one(e)]
    days = [date.fromisoformat(e.value) for e in named]
    bare = [BARE_WEEKDAY.fullmatch(e.text.lower()) is not None for e in named]
    told = {day.weekday() for day, alone in zip(days, bare, strict=True) if not alone}
    return [day for day, alone in zip(days, bare, strict=True) if not alone or day.weekday() not in told]


def _day(turn: Turn, rest: bool = False) -> date | None:
    """The day that counts: of several, the last when the person corrects, else the first."""
    commands = set(turn.reading.commands)
    soon = bool(commands & {"today", "now"}) or (bool(amounts(turn)) and bool(AT_ONCE.search(turn.low)))
    if soon and (rest or "half" in commands):
        return turn.today
    days = _days(turn)
    if not days or MONTHS.search(turn.low) or BARE_MONTHS.search(turn.low):
        return turn.today if soon and amounts(turn) else None
    corrected = "correction" in turn.reading.commands or bool(NEGATED.search(turn.low))
    return days[-1] if corrected else days[0]


TWO = 2


def ask_of(turn: Turn) -> Ask:
    """What the person asked for, in closed form."""
    names = {i.name for i in turn.reading.intents}
    commands = set(turn.reading.commands)
    counts = [
        int(e.value) for e in turn.entities("installments") if e.value.isdigit() and not a_lone_one(e)
    ] or _bare_count(turn)
    rhythms = [e.value for e in turn.entities("frequency")] or ["biweekly"] * bool(QUINCENAS.search(turn.low))
    percents = [Decimal(e.value) for e in turn.entities("percent")]
    halves = bool(HALVES.search(turn.low))
    n = counts[-1] if counts and not halves else None
    if len(counts) > 1 and counts[-1] == counts[0] + 1 and len(amounts(turn)) == 1 and REST.search(turn.low):
        n = counts[0]  # "150 ahora y lo otro en 2, o sea en 3"
    settle, part = bool(SETTLE.search(turn.low)), bool(PART.search(turn.low))
    named, off = amounts(turn), _taken_off(turn)
    both = len(named) == 2 and named[0].minor + named[1].minor == turn.total.minor
    rest = "rest" in commands or both or _now_and_then(turn) or halves or bool(REST.search(turn.low))
    # Of what is paid in two goes, the first amount is the first payment.
    amount = off or ((named[0] if rest else named[-1]) if named else None)
    lower = settle or bool(LOWER.search(turn.low))
    if "half" in commands and lower and not rest and amount is None:
        amount = half(turn.total)
    down = amount if rest and off is None else None
    each = (
        amount is not None
        and down is None
        and (bool(n and n > 1) or bool(rhythms) or _each(turn) or (n is None and _each_again(turn, amount)))
    )
    if down is not None and n is None and turn.entities("date"):
        n, rhythms = 1, [_nearest_rhythm(turn)]
    if n == TWO and not rhythms and "correction" not in commands and len(turn.entities("date")) == TWO:
        # "En 2, una hoy y otra el 18"
        rhythms = [_nearest_rhythm(turn)]
    if "half" in commands and rest and len(turn.entities("date")) > 1 and not rhythms:
        rhythms = [_nearest_rhythm(turn)]
    parts = amount is None and bool(NOT_ALL.search(turn.low)) and "all" in commands
    now = "pay_now" in names or (bool(commands & {"now", "today"}) and "promise_to_pay" in names)
    return Ask(
        n=n,
        total=None if down is not None or each else amount,
        discount_pct=percents[-1] if percents else None,
        first=_day(turn, rest),
        frequency=_rhythm(turn, rhythms),
        per_payment=amount if each else None,
        down=down,
        half="half" in commands and amount is None,
        all="all" in commands and amount is None and not parts,
        pay_now=now and amount is None and n is None and not parts and "request_installments" not in names,
        settle=amount is not None and (settle or off is not None),
        part=amount is not None and part and not settle,
        installments=n is None and (parts or ("request_installments" in names and not WHOLE.search(turn.low))),
        discount=("request_discount" in names or (n is None and bool(DISCOUNT.search(turn.low)))) and not percents,
    )


def _now_and_then(turn: Turn) -> bool:
    """ "3500 hoy y 3500 en un mes": the second day is for the rest."""
    days = [date.fromisoformat(e.value) for e in turn.entities("date")]
    corrected = "correction" in turn.reading.commands
    return len(days) == 2 and days[0] == turn.today < days[1] and len(amounts(turn)) == 1 and not corrected


def _each(turn: Turn) -> bool:
    return bool(EACH.search(turn.low))


def _taken_off(turn: Turn) -> Money | None:
    """ "10 lucas de descuento": what would be left to pay."""
    total, named = turn.total, amounts(turn)
    for entity in turn.entities("money"):
        if named and OFF.match(turn.low[entity.end :]):
            wanted = named[-1]
            return total - wanted if wanted.currency == total.currency and wanted < total else None
    return None


def _nearest_rhythm(turn: Turn) -> str:
    """The rhythm whose second day, from today, is nearest to the day named for the rest."""
    wanted = date.fromisoformat(turn.entities("date")[-1].value)
    rhythms: tuple[Every, ...] = ("monthly", "quincena", "biweekly", "weekly")
    return min(rhythms, key=lambda every: abs((due_dates(turn.today, 2, every)[1] - wanted).days))


COUNTS = {
    "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10, "once": 11,
    "doce": 12,
}  # fmt: skip
MOST_COUNT = 36  # a bare number up to this is a count of payments, where that is what is talked about


def _bare_count(turn: Turn) -> list[int]:
    """ "Quiero pagar en 2", "fraccionarlo en seis meses"; and a bare "tres" where the plans are on the table."""
    match = (
        COUNT_AND_RHYTHM.search(turn.low)
        or BARE_COUNT.search(turn.low)
        or MONTHS.search(turn.low)
        or BARE_MONTHS.search(turn.low)
    )
    if match:
        return [COUNTS.get(match[1].lower()) or int(match[1])]
    position = turn.state.position
    if position is None or not position.offered:
        return []
    return [int(e.value) for e in turn.entities("money") if _is_count(turn, e)]


def _is_count(turn: Turn, entity: Entity) -> bool:
    """A number too small to be an amount of this debt, with no currency."""
    position = turn.state.position
    if position is None or not position.offered or entity.currency or not entity.value.isdigit():
        return False
    return 2 <= int(entity.value) <= MOST_COUNT and int(entity.value) * 100 < turn.total.major()


def _rhythm(turn: Turn, said: list[str]) -> Every | None:
    """ "Quincenal" is the 15th and the last day of the month, not every fourteen days."""
    if not said:
        return None
    return "quincena" if said[-1] == "biweekly" and "quincen" in turn.low else cast(Every, said[-1])


CHOICES: dict[str, Callable[[tuple[Plan, ...]], Plan]] = {
    "first": lambda p: p[0],
    "second": lambda p: p[min(1, len(p) - 1)],
    "third": lambda p: p[min(2, len(p) - 1)],
    "fourth": lambda p: p[min(3, len(p) - 1)],
    "last": lambda p: p[-1],
    "cheapest": lambda p: min(p, key=lambda x: x.total.minor),
    "longest": lambda p: max(p, key=lambda x: x.n),
}


def _shows(plan: Plan, amount: Money) -> bool:
    """ "160,80, vale": the very amount that a plan on the table asks each time, to the unit."""
    each, unit = plan.first.amount, 10 ** DECIMALS[amount.currency]
    return plan.n > 1 and each.currency == amount.currency and each.minor // unit == amount.minor // unit


def reply_of(turn: Turn, position: Position) -> Reply:
    """What the person replied to the plans on the table: a choice, a refusal, or something they ask for."""
    button = turn.heard.button if turn.heard else ""
    if button.startswith("plan:"):
        return Choose(button.partition(":")[2])
    ask = ask_of(turn)
    before = turn.state.before
    if before is not None and OTHER.search(turn.low) and len(position.offered) == 1:
        return terms(before)
    # "Quiero la de más cuotas" is a choice, though it speaks of payments.
    if position.offered and replace(ask, installments=False, first=None) == Ask():
        chosen = next((CHOICES[c] for c in CHOICES if c in turn.reading.commands), None)
        if chosen:
            return Choose(chosen(position.offered).id)
    # What they would close it for in one payment is no payment of several.
    each = ask.total if ask.total != position.named else None
    named = [p.id for p in position.offered if each is not None and _shows(p, each)]
    if len(named) == 1 and replace(ask, total=None, pay_now=False) == Ask():
        return Choose(named[0])
    single = next((p for p in position.offered if p.n == 1 and p.saving.minor > 0), None)
    if single is not None and AS_SAID.search(turn.low) and replace(ask, discount=False, pay_now=False) == Ask():
        return Choose(single.id)
    if position.offered and ask == Ask():
        names = [i.name for i in turn.reading.intents]
        if "affirm" in names:
            return Choose()
        refused = {"none", "more_options"} & set(turn.reading.commands)
        if "deny" in names or refused or TOO_MUCH.search(turn.low):
            return Refuse()
    return ask
