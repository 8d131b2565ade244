"""What is wrong inside one step: words that are unknown, and what a step of its kind lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import get_args

from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS
from acuerdo.core.dialogue.files import near
from acuerdo.core.dialogue.guards import FIGURES, slot_named, tests_of
from acuerdo.core.dialogue.memory import allowed
from acuerdo.core.dialogue.schema import Book, Step
from acuerdo.core.dialogue.ways import returns
from acuerdo.core.language.reading import COMMANDS, INTENTS
from acuerdo.core.messages import InputKind
from acuerdo.core.words import HandOverReason

MOST_BUTTONS = 10
LONGEST_ID = 64  # bytes of a button's id that every channel carries
TAKEN = (
    "money", "date", "time", "installments", "percent", "frequency", "document", "phone", "email", "text", "number",
    "yes_no", "file", "rating", "code", "debt",
)  # fmt: skip
LINKS = ("pay", "contacts")
CARDS = ("plans", "accounts")


def known_ear(name: str) -> bool:
    """Whether something of this name can be heard."""
    return name in INTENTS or name.startswith("button:") or name.removeprefix("command:") in COMMANDS


def step_mistakes(book: Book, step: Step) -> Iterator[str]:
    """What is wrong inside one step."""
    yield from (
        f"hears {n}, which is no intent, button or command{near(n, INTENTS)}" for n in step.hears if not known_ear(n)
    )
    yield from _button_mistakes(book, step)
    yield from _unknown("input", step.input, get_args(InputKind))
    yield from _unknown("link", step.link, LINKS)
    yield from _unknown("cards", step.cards, CARDS)
    for taken in step.takes:
        yield from _unknown("takes", taken, (*TAKEN, *COMMANDS))
    yield from _slot_mistakes(book, step)
    for condition in (step.when, *(route.when for route in step.hears.values())):
        yield from condition_mistakes(book, condition, step.flow)
    if step.takes and not step.answer:
        yield "takes an answer but does not say where it leads: add answer"
    yield from _kind_mistakes(book, step)
    for text in step.texts:
        if text not in book.texts:
            yield f"text {text} is missing{near(text, book.texts)}"


def _unknown(key: str, word: str, known: Iterable[str]) -> Iterator[str]:
    if word and word not in known:
        yield f"{key} {word} is unknown{near(word, known) or '; known: ' + ', '.join(known)}"


def _button_mistakes(book: Book, step: Step) -> Iterator[str]:
    for button in step.buttons:
        if button not in book.buttons:
            yield f"button {button} has no title{near(button, book.buttons)}"
        if len(f"{button.rpartition('.')[2]}@{step.key}#9999".encode()) > LONGEST_ID:
            yield f"button {button} of this step has too long a name: with the step's at most {LONGEST_ID} letters"
    if len(step.buttons) > MOST_BUTTONS and not step.likely:
        yield f"{len(step.buttons)} buttons; at most {MOST_BUTTONS} fit a list"
    for name in (button.rpartition(".")[2] for button in step.buttons if step.likely):
        if name not in INTENTS or name not in book.anywhere:
            yield f"button {name} of a likely step is no intent that is heard anywhere{near(name, INTENTS)}"


def _slot_mistakes(book: Book, step: Step) -> Iterator[str]:
    own = [name for name in book.slots if name.startswith(f"{step.flow}.")]
    for name in (*filter(None, (step.slot,)), *step.values):
        if name not in book.slots:
            yield f"slot {name} is unknown{near(name, own) or f'; write it under slots of flow {step.flow}'}"
    for name, value in step.values.items():
        slot = book.slots.get(name)
        if slot is not None and not allowed(slot, value):
            kind = f"none of {', '.join(slot.choices)}" if slot.choices else f"no {slot.kind}"
            yield f"sets {name} to {value!r}, which is {kind}"
        copied = f"{name.partition('.')[0]}.{value[1:-1]}" if value.startswith("{") else name
        if copied not in book.slots:
            yield f"sets {name} from {value}, which is no slot{near(copied, own)}"
    slot = book.slots.get(step.slot)
    if slot is not None and slot.kind == "choice" and set(step.options) - set(slot.choices):
        extra = sorted(set(step.options) - set(slot.choices))[0]
        yield f"option {extra} is none of slot {step.slot}: {', '.join(slot.choices)}"


def condition_mistakes(book: Book, condition: str, flow: str) -> Iterator[str]:
    """What is wrong with a condition as it is written."""
    if not condition:
        return
    tests = tests_of(condition)
    if tests is None:
        yield f"condition {condition!r} cannot be read; write one, not one, slot = value, joined by and"
    for test in tests or ():
        slot = slot_named(test.name, flow) in book.slots
        if not slot and test.name not in (FIGURES if test.sign else CONDITIONS):
            known = (*CONDITIONS, *FIGURES, *(n.partition(".")[2] for n in book.slots if n.startswith(f"{flow}.")))
            yield f"unknown condition {test.name}{near(test.name, known) or '; known: ' + ', '.join(CONDITIONS)}"


def _kind_mistakes(book: Book, step: Step) -> Iterator[str]:
    match step.kind:
        case "ask" if not step.otherwise:
            yield "missing else: say where an answer that is not understood leads (else: repair)"
        case "branch":
            for condition, _ in step.branch:
                yield from condition_mistakes(book, condition, step.flow)
            if not step.otherwise:
                yield "missing else: say where it leads when no condition holds"
        case "do":
            yield from _action_mistakes(step)
        case "call" if not returns(book, step.call) and step.call in book.steps:
            yield f"calls {step.call}, which never returns: end it with go: return, or write go instead of call"
        case "hand_over" if step.reason not in get_args(HandOverReason):
            yield f"hands over for {step.reason}; known reasons: {', '.join(get_args(HandOverReason))}"
        case _:
            pass


def _action_mistakes(step: Step) -> Iterator[str]:
    if step.action == "take_wish":
        if not step.otherwise:
            yield "missing else: say where it leads when nothing was asked before"
        return
    action = ACTIONS.get(step.action)
    if action is None:
        yield f"does {step.action}, which is unknown{near(step.action, ACTIONS)}"
        return
    unknown = set(step.then) - set(action.outcomes)
    yield from (f"{step.action} has no outcome {o}; it has {', '.join(action.outcomes)}" for o in sorted(unknown))
    missing = [o for o in action.outcomes if o not in step.then]
    if missing and not step.otherwise:
        yield f"missing else: outcome {missing[0]} of {step.action} leads nowhere"
