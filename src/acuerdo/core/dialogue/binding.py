"""Which variables of a text have a value where it is said: those of the turn come from actions, slots from answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acuerdo.core.dialogue.guards import slot_named, tests_of
from acuerdo.core.dialogue.schema import Book, Step, Text
from acuerdo.core.dialogue.slots import PLACEHOLDER, VARIABLES
from acuerdo.core.dialogue.ways import Node, Paths, explore, told

# The values of one turn, by the variables that cannot be said without them.
NEEDS: Mapping[str, str] = {
    "amount": "amount", "day": "day", "latest": "latest", "most": "most", "first_payment": "n",
    "remaining": "remaining",
}  # fmt: skip
_COUNTER = ("amount", "day", "most")
_AMOUNT = ("amount",)
_PLAN = ("amount", "day", "n")
_NEWS = ("amount", "remaining")
_MOVES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("need_amount", "which_amount", "need_currency", "too_low", "specialist"), _AMOUNT),
    **dict.fromkeys(("specialist_again", "pay_now", "pay_part"), _AMOUNT),
    **dict.fromkeys(("counter", "counter_low", "counter_many", "counter_late", "counter_no_discount"), _COUNTER),
    **dict.fromkeys(("counter_down", "counter_small", "counter_meet", "counter_heavy"), _COUNTER),
    "promise": ("amount", "day"),
    "need_date": ("day", "latest"),
    "need_nearer": ("day", "latest"),
    "need_installments": ("most",),
}
# What each action gives, by its outcome; `*` is any. A test holds it to what the actions do.
GIVES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "negotiate": _MOVES,
    "renew": _MOVES,
    "receipt": {"*": ("day",)},
    "pay_account": {"done": _AMOUNT},
    "sign": {"today": _PLAN, "later": _PLAN},
    "pay": {"done": _AMOUNT},
    "pay_all": {"done": _AMOUNT},
    "pay_again": {"done": _AMOUNT},
    "payment_news": {"*": _NEWS},
    "payment_back": {"*": _NEWS},
    "plan_dates": {"done": _PLAN, "table": ("day",)},
    "need_other": {"*": ("day", "latest")},
    "payment_claim": {"*": ("day",)},
}  # fmt: skip
# News that comes with values of its own.
TOLD: Mapping[str, tuple[str, ...]] = {"event:payment:card": _NEWS, "event:taken_back:card": _NEWS}


def variables(text: Text) -> dict[str, None]:
    """The variables that a text names in any of its variants, in order."""
    wordings = [*(w for ws in text.variants.values() for w in ws), *text.lines]
    return dict.fromkeys(name for one in wordings for name in PLACEHOLDER.findall(one))


def unbound(book: Book) -> Iterator[tuple[Step, str, str, str]]:
    """Every text with a variable that may have no value where it is said: the step, the text, what, and the way."""
    yield from _of_turn(book)
    yield from _of_slots(book)


def _of_turn(book: Book) -> Iterator[tuple[Step, str, str, str]]:
    wanted: dict[str, list[tuple[Step, str, str, bool]]] = {}
    for step in book.steps.values():
        for text, again in _said(step):
            for name in variables(book.texts[text]) if text in book.texts else ():
                if name in NEEDS:
                    wanted.setdefault(NEEDS[name], []).append((step, text, name, again))
    for value, uses in wanted.items():
        paths = explore(book, lambda step, how, value=value: _given(step, how, value), lasts=False)  # type: ignore[misc]
        for step, text, name, again in uses:
            node = _lacking(paths, step)
            if again:
                yield step, text, f"{{{name}}} has no value on coming back here: write an again without it", ""
            elif node is not None:
                givers = ", ".join(one for one, outcomes in GIVES.items() if any(value in g for g in outcomes.values()))
                what = f"{{{name}}} has no value here: it comes from {givers}, in the same turn"
                yield step, text, what, told(paths, node)


def _said(step: Step) -> Iterator[tuple[str, bool]]:
    """The texts of a step, each with whether it is said in a later turn than the one that came to the step."""
    if step.text:
        yield step.text, False
    comes_back = step.kind == "ask" and not step.silent
    later = [*step.agains, *(one.text for one in step.after if one.text)]
    yield from ((one, True) for one in later if comes_back or one not in step.agains)
    if comes_back and step.text and not step.agains:
        yield step.text, True


def _given(step: Step, how: str, value: str) -> bool | None:
    if value in TOLD.get(how, ()):
        return True
    gives = GIVES.get(step.action, {})
    got = value in gives.get(how.removeprefix("then "), gives.get("*", ()))
    return True if got else None


def _lacking(paths: Paths, step: Step) -> Node | None:
    return next((n for n in (Node(step.key, True), Node(step.key, False)) if n in paths), None)


def _of_slots(book: Book) -> Iterator[tuple[Step, str, str, str]]:
    wanted: dict[str, list[tuple[Step, str]]] = {}
    for step in book.steps.values():
        texts = {text: book.texts[text] for text in step.texts if text in book.texts}
        buttons = {key: book.buttons[key] for key in step.buttons if key in book.buttons}
        for key, text in {**texts, **buttons}.items():
            flow = key.partition(".")[0]
            for name in variables(text):
                full = f"{flow}.{name}"
                if name not in VARIABLES and full in book.slots and not _guards(step.when, step.flow, full):
                    wanted.setdefault(full, []).append((step, key))
    for slot, uses in wanted.items():
        paths = explore(book, lambda step, how, slot=slot: _fills(step, how, slot))  # type: ignore[misc]
        for step, key in uses:
            node = _lacking(paths, step)
            if node is not None:
                name = slot.partition(".")[2]
                what = f"{{{name}}} may hold nothing here: ask for it before (into: {name}), or write when: {name}"
                yield step, key, what, told(paths, node)


def _fills(step: Step, how: str, slot: str) -> bool | None:
    """Whether a slot is filled on a way out of a step (or emptied, or neither)."""
    if slot in step.values:
        return bool(step.values[slot])
    if step.slot == slot and how.startswith(("answer", "hears button:", "hears affirm", "hears deny")):
        return True
    return True if how.startswith("if ") and _guards(how.removeprefix("if "), step.flow, slot) else None


def _guards(condition: str, flow: str, slot: str) -> bool:
    """Whether a condition holds only where the slot holds something."""
    tests = tests_of(condition) if condition else ()
    return any(slot_named(one.name, flow) == slot and not one.no and one.sign != "!=" for one in tests or ())
