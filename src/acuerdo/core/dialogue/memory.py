"""What a flow remembers: typed slots, how an answer fills one, and how its value is compared and written."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from acuerdo.core.dialogue.asking import amounts
from acuerdo.core.dialogue.schema import Slot, Step
from acuerdo.core.dialogue.turn import Turn
from acuerdo.core.dialogue.variants import wordings_for
from acuerdo.core.negotiation.written import format_date, format_money
from acuerdo.core.words import AcuerdoError, money

NUMBER = re.compile(r"(?<![\w.,])\d{1,6}(?![\w]|[.,]\d)")
WORDS_OF_YES_NO = {"yes": "sí", "no": "no"}
# What fills a slot of yes or no.
EITHER = {"affirm": "yes", "deny": "no"}


def _named(kind: str) -> Callable[[Turn], str]:
    def found(turn: Turn) -> str:
        entities = turn.entities(kind)
        return entities[-1].value if entities else ""

    return found


def _number(turn: Turn) -> str:
    counted = turn.entities("installments")
    match = NUMBER.search(turn.words)
    return counted[-1].value if counted else match[0] if match else ""


def _money(turn: Turn) -> str:
    named = amounts(turn)
    return f"{named[-1].plain()} {named[-1].currency}" if named else ""


def _day(turn: Turn) -> str:
    days = turn.entities("date")
    if days:
        return days[-1].value
    said = turn.reading.commands
    later = 0 if {"today", "now"} & set(said) else 1 if "tomorrow" in said else None
    return "" if later is None else (turn.today + timedelta(days=later)).isoformat()


# What a message gives for a slot of each type; empty where it gives none.
GIVEN: Mapping[str, Callable[[Turn], str]] = {
    "text": lambda turn: turn.shown.strip(),
    "number": _number,
    "money": _money,
    "date": _day,
    "email": _named("email"),
    "phone": _named("phone"),
    "document": _named("document"),
    "file": _named("file"),
}


def given(turn: Turn, step: Step) -> str:
    """What the message gives for the slot of the waiting step; empty where it gives nothing of that type."""
    take = GIVEN.get(turn.book.slots[step.slot].kind)
    return take(turn) if take else ""


def keep(turn: Turn, step: Step, heard: str) -> None:
    """Fills the waiting step's slot with its answer: a choice, a yes or a no, or what was written."""
    if not step.slot:
        return
    option = heard.removeprefix("button:")
    if option in step.options:
        value = option
    elif turn.book.slots[step.slot].kind == "yes_no":
        value = EITHER.get(heard, "")
    else:
        value = given(turn, step) if heard == "answer" else ""
    if value:
        put(turn, {step.slot: value})


def put(turn: Turn, values: Mapping[str, str]) -> None:
    """Sets slots; `{other}` copies another slot of its flow, and nothing forgets one."""
    slots = dict(turn.state.slots)
    for name, value in values.items():
        copied = value[1:-1] if value.startswith("{") and value.endswith("}") else ""
        found = slots.get(f"{name.partition('.')[0]}.{copied}", "") if copied else value
        if found:
            slots[name] = found
        else:
            slots.pop(name, None)
    turn.set(slots=slots)


def figure(value: str, slot: Slot | None) -> Decimal | str:
    """A slot's value as it is compared: amounts and numbers by their size, the rest as written (dates are ISO)."""
    if slot is None or slot.kind in ("number", "money"):
        try:
            return Decimal(value.split()[0])
        except (InvalidOperation, IndexError):
            return value
    return value


def written(turn: Turn, name: str) -> str:
    """A slot's value as a text says it, in the person's country. Raises AcuerdoError where nothing is held."""
    value, slot = turn.state.slots.get(name, ""), turn.book.slots[name]
    if not value:
        raise AcuerdoError(f"slot {name} holds nothing here")
    country = turn.state.view.country
    match slot.kind:
        case "money":
            amount, currency = value.split()
            return format_money(money(amount, currency), country)
        case "date":
            return format_date(date.fromisoformat(value), country)
        case "yes_no":
            return WORDS_OF_YES_NO[value]
        case "choice":
            button = turn.book.buttons.get(f"{name.partition('.')[0]}.{value}")
            return wordings_for(button.variants, country, turn.state.view.tone)[0] if button else value
        case _:
            return value


def allowed(slot: Slot, value: str) -> bool:
    """Whether a value written in a flow may stand in the slot."""
    if value == "" or value.startswith("{"):
        return True
    match slot.kind:
        case "choice":
            return value in slot.choices
        case "yes_no":
            return value in WORDS_OF_YES_NO
        case "number":
            return value.lstrip("-").isdigit()
        case "money":
            return bool(re.fullmatch(r"\d+(?:\.\d+)? [A-Z]{3}", value))
        case "date":
            return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
        case _:
            return True
