"""A book of flows is refused when loaded if anything in it could leave a person stuck, unheard or exposed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

import msgspec

from acuerdo.core.compliance.kinds import NOTICES
from acuerdo.core.dialogue import bargain  # the negotiation's actions join the table when it is imported
from acuerdo.core.dialogue.actions import ACTIONS, CONDITIONS
from acuerdo.core.dialogue.files import read_books
from acuerdo.core.dialogue.schema import BACK, HEADING, STAY, Book, Fault, FlowError, Place, Step, Text
from acuerdo.core.dialogue.slots import PLACEHOLDER, VARIABLES, topics_of
from acuerdo.core.language.reading import COMMANDS, INTENTS
from acuerdo.core.messages import InputKind
from acuerdo.core.words import HandOverReason

assert bargain  # noqa: S101 - named so that the import above is seen to be wanted

MOST_BUTTONS = 10
# What the engine itself goes to; a book has to say where each leads.
NEEDED = (
    "identity:first", "identity:given", "identity:known", "resume", "repair:1", "repair:2", "repair:3", "repair:likely",
    "stranger:1", "stranger:2", "stranger:3", "event:payment", "event:payment:card", "event:declined",
    "event:declined:card", "event:taken_over", "event:handed_back", "event:agent_offer", "command:english",
    "command:portuguese",
)  # fmt: skip
# What the engine goes to where a book says where it leads; flows from before there was such news need not.
MAY_BE = (
    "event:taken_back", "event:taken_back:card", "event:resumed", "event:file", "event:code", "event:mail_failed",
)  # fmt: skip
# What has to be one message away from anywhere, and the kind of step that answers it.
WAYS_OUT = (
    ("request_human", ("hand_over", ""), "no way to a person"),
    ("opt_out", ("do", "opt_out"), "no way to opt out"),
)


def load(files: Mapping[str, str]) -> Book:
    """The checked book of these flow files, by name and text. Raises FlowError that lists every mistake."""
    book, faults = read_books(files)
    if not faults:
        faults = [*_references(book), *_texts(book)]
    if not faults:
        faults = [*_dead_ends(book), *_unreachable(book), *_ways_out(book), *_before_identity(book)]
    if faults:
        raise FlowError(sorted(faults, key=lambda x: (x.file, x.line)))
    return msgspec.structs.replace(book, topics={name: topics_of(text) for name, text in book.texts.items()})


def _file(book: Book, flow: str) -> str:
    return next((n for n, body in book.files.items() if f"flow: {flow}\n" in body), next(iter(book.files), "?"))


def _fault(book: Book, step: Step, what: str) -> Fault:
    return Fault(_file(book, step.flow), step.line, step.flow, step.name, what)


def onward(step: Step) -> Iterator[tuple[str, str]]:
    """Every way out of a step, with what leads there."""
    if step.go:
        yield step.go, "go"
    if step.answer:
        yield step.answer, "answer"
    if step.otherwise and step.otherwise.rpartition(".")[2] != "repair":
        yield step.otherwise, "else"
    yield from ((s, f"then {o}") for o, s in step.then.items())
    yield from ((s, f"if {c}") for c, s in step.branch)
    yield from ((r.step, f"hears {n}") for n, r in step.hears.items())


def _references(book: Book) -> Iterator[Fault]:
    for step in book.steps.values():
        for target, how in onward(step):
            if target not in (BACK, STAY) and target not in book.steps:
                yield _fault(book, step, f"{how} leads to {target}, which does not exist{_near(target, book.steps)}")
        yield from (_fault(book, step, what) for what in _step_mistakes(book, step))
    for name, route in book.anywhere.items():
        here = f"anywhere {name}"
        if route.step not in (BACK, STAY) and route.step not in book.steps:
            yield _misplaced(
                book, here, f"{here} leads to {route.step}, which does not exist{_near(route.step, book.steps)}"
            )
        if not _known_ear(name) and name not in (*NEEDED, *MAY_BE):
            yield _misplaced(
                book, here, f"anywhere hears {name}, which is no intent, command or event{_near(name, INTENTS)}"
            )
    for name in NEEDED:
        if name not in book.anywhere:
            yield _misplaced(book, "anywhere", f"anywhere does not say where {name} leads")
    if book.start not in book.steps:
        yield _misplaced(book, "start", f"start leads to {book.start or 'nothing'}, which does not exist")


def _misplaced(book: Book, where: str, what: str) -> Fault:
    """A mistake outside any step."""
    place = book.places.get(where) or book.places.get("anywhere") or Place(next(iter(book.files), "?"), "-", 1)
    return Fault(place.file, place.line, place.flow, "", what)


def _near(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, 1)
    return f"; did you mean {close[0]}?" if close else ""


def _known_ear(name: str) -> bool:
    return name in INTENTS or name.startswith("button:") or name.removeprefix("command:") in COMMANDS


def _step_mistakes(book: Book, step: Step) -> Iterator[str]:
    """What is wrong inside one step."""
    yield from (f"hears {n}, which is no intent, button or command" for n in step.hears if not _known_ear(n))
    for button in step.buttons:
        if button not in book.buttons:
            yield f"button {button} has no title{_near(button, book.buttons)}"
    if len(step.buttons) > MOST_BUTTONS and not step.likely:
        yield f"{len(step.buttons)} buttons; at most {MOST_BUTTONS} fit a list"
    for name in (button.rpartition(".")[2] for button in step.buttons if step.likely):
        if name not in INTENTS or name not in book.anywhere:
            yield f"button {name} of a likely step is no intent that is heard anywhere{_near(name, INTENTS)}"
    if step.input and step.input not in get_args(InputKind):
        yield f"input {step.input} is unknown; known: {', '.join(get_args(InputKind))}"
    if step.takes and not step.answer:
        yield "takes an answer but does not say where it leads: add answer"
    match step.kind:
        case "ask" if not step.otherwise:
            yield "missing else: say where an answer that is not understood leads (else: repair)"
        case "branch":
            yield from (
                f"unknown condition {c}; known: {', '.join(CONDITIONS)}" for c, _ in step.branch if False
            )
            if not step.otherwise:
                yield "missing else: say where it leads when no condition holds"
        case "do":
            yield from _action_mistakes(step)
        case "hand_over" if step.reason not in get_args(HandOverReason):
            yield f"hands over for {step.reason}; known reasons: {', '.join(get_args(HandOverReason))}"
        case _:
            pass
    for text in filter(None, (step.text, step.again)):
        if text not in book.texts:
            yield f"text {text} is missing{_near(text, book.texts)}"


def _action_mistakes(step: Step) -> Iterator[str]:
    if step.action == "take_wish":
        if not step.otherwise:
            yield "missing else: say where it leads when nothing was asked before"
        return
    action = ACTIONS.get(step.action)
    if action is None:
        yield f"does {step.action}, which is unknown{_near(step.action, ACTIONS)}"
        return
    unknown = set(step.then) - set(action.outcomes)
    yield from (f"{step.action} has no outcome {o}; it has {', '.join(action.outcomes)}" for o in sorted(unknown))
    missing = [o for o in action.outcomes if o not in step.then]
    if missing and not step.otherwise:
        yield f"missing else: outcome {missing[0]} of {step.action} leads nowhere"


def _texts(book: Book) -> Iterator[Fault]:
    for kind in (book.texts, book.buttons):
        for name, text in kind.items():
            flow, _, short = name.partition(".")
            for unknown in sorted(_variables(text) - set(VARIABLES)):
                what = f"text {short} names {{{unknown}}}, which is unknown{_near(unknown, VARIABLES)}"
                yield Fault(_file(book, flow), text.line, flow, "", what)
    for topic, told in book.notices.items():
        if topic not in NOTICES and topic != HEADING:
            what = f"notices tells {topic}, which no law pack asks for{_near(topic, NOTICES)}"
            yield _misplaced(book, f"notices {topic}", what)
        for one in told:
            if one not in book.texts:
                yield _misplaced(book, f"notices {topic}", f"text {one} is missing{_near(one, book.texts)}")
    used = {t for s in book.steps.values() for t in (s.text, s.again)} | {t for ts in book.notices.values() for t in ts}
    for name in sorted(set(book.texts) - used):
        flow, _, short = name.partition(".")
        yield Fault(_file(book, flow), book.texts[name].line, flow, "", f"text {short} is never said")


def _variables(text: Text) -> set[str]:
    return {n for ws in text.variants.values() for w in ws for n in PLACEHOLDER.findall(w)}


def _dead_ends(book: Book) -> Iterator[Fault]:
    for step in book.steps.values():
        if step.kind in ("say", "hand_over") and not step.go:
            yield _fault(book, step, "dead end: say where it goes on (go: step, or go: back)")


def _entries(book: Book) -> list[tuple[str, str]]:
    return [(book.start, "start"), *((r.step, f"anywhere {n}") for n, r in book.anywhere.items())]


def _reach(
    book: Book, entries: list[tuple[str, str]], stop: Mapping[tuple[str, str], bool]
) -> dict[str, tuple[str, ...]]:
    """Every step that can be reached, each with the shortest path to it; edges in `stop` are not crossed."""
    paths: dict[str, tuple[str, ...]] = {}
    queue: deque[tuple[str, tuple[str, ...]]] = deque((s, (how,)) for s, how in entries)
    while queue:
        name, path = queue.popleft()
        if name in paths or name not in book.steps:
            continue
        paths[name] = (*path, name)
        queue.extend((t, paths[name]) for t, how in onward(book.steps[name]) if (name, how) not in stop)
    return paths


def _unreachable(book: Book) -> Iterator[Fault]:
    reached = _reach(book, _entries(book), {})
    for name, step in book.steps.items():
        if name not in reached:
            yield _fault(book, step, "unreachable step: nothing leads here; delete it or lead to it")


def _ways_out(book: Book) -> Iterator[Fault]:
    """From every step that waits, a person and a stop are one message away, identified or not."""
    for step in (s for s in book.steps.values() if s.kind == "ask"):
        for ear, leads, what in WAYS_OUT:
            route = step.hears.get(ear) or book.anywhere.get(ear)
            deaf = route is None or not route.open or (step.narrow and ear not in step.hears and not route.always)
            if deaf or route is None or leads not in _straight(book, route.step):
                yield _fault(book, step, f"{what}: {ear} has to lead to one, here or under anywhere, open and always")


def _straight(book: Book, start: str) -> set[tuple[str, str]]:
    """What is done on the ways from a step, before anything waits for an answer."""
    found: set[tuple[str, str]] = set()
    seen: set[str] = set()
    queue = [start]
    while queue:
        name = queue.pop()
        if name in seen or name not in book.steps:
            continue
        seen.add(name)
        step = book.steps[name]
        found.add((step.kind, step.action))
        if step.kind != "ask":
            queue += [target for target, _ in onward(step)]
    return found


def _before_identity(book: Book) -> Iterator[Fault]:
    """Nothing of a debt can be said on any path that does not pass the proof of identity."""
    stop: dict[tuple[str, str], bool] = {}
    for name, step in book.steps.items():
        if step.action == "check_identity":
            stop[(name, "then ok")] = True
        if step.kind == "branch":
            stop.update({(name, f"if {c}"): True for c, _ in step.branch if c == "identified"})
        stop.update({(name, f"hears {n}"): True for n, r in step.hears.items() if not r.open and _gated(book, step)})
    open_entries = [(book.start, "start")]
    open_entries += [(r.step, f"anywhere {n}") for n, r in book.anywhere.items() if r.open]
    for name, path in _reach(book, open_entries, stop).items():
        step = book.steps[name]
        for text in filter(None, (step.text, step.again)):
            topics = [t for t in topics_of(book.texts[text]) if t != "creditor"] if text in book.texts else []
            if topics:
                how = " > ".join(path)
                yield _fault(book, step, f"{text} speaks of {', '.join(topics)} before identity: {how}")


def _gated(book: Book, step: Step) -> bool:
    """Routes that are not open are held back by the engine until identity is proved."""
    return step.kind == "ask"
