"""A book of flows is refused when loaded if anything in it could leave a person stuck, unheard or exposed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

import msgspec

from acuerdo.core.compliance.kinds import NOTICES
from acuerdo.core.compliance.rules import Rules
from acuerdo.core.dialogue import bargain, caring  # their actions join the table when they are imported
from acuerdo.core.dialogue.actions import CONDITIONS
from acuerdo.core.dialogue.binding import unbound, variables
from acuerdo.core.dialogue.files import near, read_books
from acuerdo.core.dialogue.forbidden import asked_secret, forbidden, own_figures
from acuerdo.core.dialogue.guards import FIGURES
from acuerdo.core.dialogue.mistakes import MOST_BUTTONS, condition_mistakes, known_ear, step_mistakes
from acuerdo.core.dialogue.plainness import ease
from acuerdo.core.dialogue.schema import (
    HEADING,
    NOWHERE,
    RETURN,
    Book,
    Fault,
    FlowError,
    Place,
    Step,
)
from acuerdo.core.dialogue.slots import VARIABLES, topics_of
from acuerdo.core.dialogue.ways import Map, circle, explore, map_of, onward, straight, told
from acuerdo.core.language.reading import INTENTS

assert all((bargain, caring))  # noqa: S101 - named so that the import above is seen to be wanted

PLAIN_ENOUGH = 60.0  # the Fernández Huerta index of a text that anybody reads
WITHIN = 1  # messages in which a person, and an opt-out, are reached from anywhere
# What the engine itself goes to; a book has to say where each leads.
NEEDED = (
    "identity:first", "identity:given", "identity:known", "resume", "repair:1", "repair:2", "repair:3", "repair:likely",
    "stranger:1", "stranger:2", "stranger:3", "event:payment", "event:payment:card", "event:declined",
    "event:declined:card", "event:taken_over", "event:handed_back", "event:agent_offer", "command:english",
    "command:portuguese",
)  # fmt: skip
# What the engine goes to where a book says where it leads; flows from before there was such news need not.
MAY_BE = (
    "event:taken_back", "event:taken_back:card", "event:upheld", "event:resumed", "event:file", "event:code",
    "event:mail_failed",
    "held:opt_out", "held:crisis", "held:danger", "identity:first:report_hardship", "identity:first:report_payment",
)  # fmt: skip
# What has to be so near from anywhere, and the kind of step (or the action) that answers it.
WAYS_OUT = (
    ("request_human", "hand_over", "no way to a person"),
    ("opt_out", "opt_out", "no way to opt out"),
)


class Limits(Protocol):
    """What a channel can show at once, as its traits say."""

    @property
    def name(self) -> str: ...
    @property
    def buttons(self) -> int: ...
    @property
    def rows(self) -> int: ...
    @property
    def cards(self) -> int: ...


def load(files: Mapping[str, str], within: int = WITHIN) -> Book:
    """The checked book of these flow files, by name and text. Raises FlowError that lists every mistake.

    `within`: in how many messages a person and an opt-out are reached from anywhere.
    """
    book, faults = read_books(files)
    if faults := faults or sound(book, within):
        raise FlowError(_in_order(faults))
    return finished(book)


def reopen(files: Mapping[str, str]) -> Book:
    """A book that was checked when it was published: conversations stay on it, whatever is asked of newer ones."""
    return finished(read_books(files)[0])


def finished(book: Book) -> Book:
    """The book with what each of its texts speaks of."""
    return msgspec.structs.replace(book, topics={name: topics_of(text) for name, text in book.texts.items()})


def sound(book: Book, within: int = WITHIN) -> list[Fault]:
    """All that is wrong with a book by itself; what cannot be followed hides what would be found on its ways."""
    if faults := [*_references(book), *_texts(book)]:
        return faults
    ways = map_of(book)
    return [
        *_dead_ends(book, ways), *_unreachable(book, ways), *_circles(book, ways), *_ways_out(book, ways, within),
        *_before_identity(book), *_unbound(book), *_own_words(book, ways),
    ]  # fmt: skip


def suited(
    book: Book, channels: Iterable[Limits] = (), rules: Rules | None = None, plain: float = PLAIN_ENOUGH
) -> list[Fault]:
    """What is wrong with a sound book on these channels, under these law packs, and for who reads with effort."""
    ways = map_of(book)
    found = [*_too_many(book, ways, channels), *_hard_to_read(book, ways, plain)]
    return _in_order(found + ([*_unlawful(book, ways, rules)] if rules else []))


def _in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda x: (x.file, x.line))


def _fault(book: Book, step: Step, what: str, way: str = "") -> Fault:
    return Fault(book.homes.get(step.flow, "?"), step.line, step.flow, step.name, what, way)


def _at(book: Book, ways: Map, step: Step, what: str) -> Fault:
    """A mistake of a step, with the shortest way there."""
    return _fault(book, step, what, ways.way(step.key))


def _of_text(book: Book, name: str, what: str, ways: Map | None = None) -> Fault:
    """A mistake of a text (or a button), with a step that says it and the shortest way there."""
    flow = name.partition(".")[0]
    text = book.texts.get(name) or book.buttons[name]
    saying = next((s for s in book.steps.values() if name in (*s.texts, *s.buttons)), None)
    way = ways.way(saying.key) if ways and saying else ""
    step = "" if saying is None else saying.name if saying.flow == flow else saying.key
    return Fault(text.file or book.homes.get(flow, "?"), text.line, flow, step, what, way)


def _in_words(book: Book, step: Step, text: str, what: str, way: str) -> Fault:
    """A mistake of a step by what it says: where a creditor wrote those words, it stands in their file."""
    written = book.texts.get(text) or book.buttons[text]
    fault = _fault(book, step, what, way)
    return msgspec.structs.replace(fault, file=written.file, line=written.line) if written.file else fault


def _references(book: Book) -> Iterator[Fault]:
    for step in book.steps.values():
        for target, how in onward(step):
            if target not in (*NOWHERE, *book.steps):
                yield _fault(book, step, f"{how} leads to {target}, which does not exist{near(target, book.steps)}")
        yield from (_fault(book, step, what) for what in step_mistakes(book, step))
    for name, route in book.anywhere.items():
        here = f"anywhere {name}"
        if route.step not in (*NOWHERE, *book.steps):
            yield _misplaced(
                book, here, f"{here} leads to {route.step}, which does not exist{near(route.step, book.steps)}"
            )
        if not known_ear(name) and name not in (*NEEDED, *MAY_BE):
            yield _misplaced(
                book, here, f"anywhere hears {name}, which is no intent, command or event{near(name, INTENTS)}"
            )
        yield from (_misplaced(book, here, what) for what in condition_mistakes(book, route.when, ""))
    for name in NEEDED:
        if name not in book.anywhere:
            yield _misplaced(book, "anywhere", f"anywhere does not say where {name} leads")
    if book.start not in book.steps:
        yield _misplaced(book, "start", f"start leads to {book.start or 'nothing'}, which does not exist")


def _misplaced(book: Book, where: str, what: str) -> Fault:
    """A mistake outside any step."""
    place = book.places.get(where) or book.places.get("anywhere") or Place(next(iter(book.files), "?"), "-", 1)
    return Fault(place.file, place.line, place.flow, "", what)


def _texts(book: Book) -> Iterator[Fault]:
    for name, text in {**book.texts, **book.buttons}.items():
        flow, _, short = name.partition(".")
        own = [one.partition(".")[2] for one in book.slots if one.startswith(f"{flow}.")]
        for unknown in sorted(set(variables(text)) - {*VARIABLES, *own}):
            known = (*VARIABLES, *own)
            yield _of_text(book, name, f"text {short} names {{{unknown}}}, which is unknown{near(unknown, known)}")
    for name, slot in book.slots.items():
        flow, _, short = name.partition(".")
        if short in VARIABLES or short in CONDITIONS or short in FIGURES:
            what = f"slot {short} has the name of something known already; give it another"
            yield Fault(book.homes.get(flow, "?"), slot.line, flow, "", what)
    for topic, tells in book.notices.items():
        if topic not in NOTICES and topic != HEADING:
            what = f"notices tells {topic}, which no law pack asks for{near(topic, NOTICES)}"
            yield _misplaced(book, f"notices {topic}", what)
        for one in tells:
            if one not in book.texts:
                yield _misplaced(book, f"notices {topic}", f"text {one} is missing{near(one, book.texts)}")
    used = {t for s in book.steps.values() for t in s.texts} | {t for ts in book.notices.values() for t in ts}
    for name in sorted(set(book.texts) - used):
        yield _of_text(book, name, f"text {name.partition('.')[2]} is never said")


def _dead_ends(book: Book, ways: Map) -> Iterator[Fault]:
    called = _called(book)
    for step in book.steps.values():
        if step.kind in ("say", "hand_over", "set", "call") and not step.go:
            yield _at(book, ways, step, "dead end: say where it goes on (go: step, or go: back)")
        if step.look and not step.options and not step.after:
            yield _at(book, ways, step, "dead end: nothing to choose from; write options: {button: step}")
        if any(not one.go and not one.text for one in step.after):
            yield _at(book, ways, step, "dead end: say where it goes on after the wait (go: step)")
        if step.when and not step.skip and not step.go:
            yield _at(book, ways, step, "dead end: say where it goes on while when does not hold (skip: step)")
        if step.key not in called and any(to == RETURN for to, _ in onward(step)):
            yield _at(book, ways, step, "dead end: returns, but nothing calls this flow; write go: back")


def _called(book: Book) -> set[str]:
    """Every step that a call may come to before it returns."""
    starts = [step.call for step in book.steps.values() if step.call]
    return {name for start in starts for name in straight(book, start, messages=len(book.steps))}


def _unreachable(book: Book, ways: Map) -> Iterator[Fault]:
    for name, step in book.steps.items():
        if name not in ways.first:
            yield _fault(book, step, "unreachable step: nothing leads here; delete it or lead to it")


def _circles(book: Book, ways: Map) -> Iterator[Fault]:
    round_ = circle(book)
    if round_:
        what = f"goes round without waiting for anybody: {' > '.join(round_)}; put an ask among them"
        yield _at(book, ways, book.steps[round_[0]], what)


def _ways_out(book: Book, ways: Map, within: int) -> Iterator[Fault]:
    """From every step that waits, a person and a stop are so near, identified or not."""
    for step in (s for s in book.steps.values() if s.kind == "ask"):
        for ear, leads, what in WAYS_OUT:
            route = step.hears.get(ear) or book.anywhere.get(ear)
            deaf = route is None or not route.open or (step.narrow and ear not in step.hears and not route.always)
            if deaf or route is None or route.when or not _comes_to(book, route.step, leads, within):
                mend = f"{ear} has to lead to one within {within} of the person's messages, here or under anywhere, "
                yield _at(book, ways, step, f"{what}: {mend}open and always, without a when")


def _comes_to(book: Book, start: str, leads: str, within: int) -> bool:
    reached = (book.steps[name] for name in straight(book, start, messages=within - 1))
    return any(leads in (step.kind, step.action) for step in reached)


def _before_identity(book: Book) -> Iterator[Fault]:
    """Nothing of a debt can be said on any path that does not pass the proof of identity."""
    paths = explore(book)
    for node in paths:
        step = book.steps[node.step]
        for text in step.texts if not node.known else ():
            topics = [topic for topic in topics_of(book.texts[text]) if topic != "creditor"]
            if topics:
                what = f"{text} speaks of {', '.join(topics)} before identity"
                yield _in_words(book, step, text, what, told(paths, node))
        if not node.known and (step.cards or step.link == "pay"):
            yield _fault(book, step, f"{step.cards or step.link} is shown before identity", told(paths, node))


def _unbound(book: Book) -> Iterator[Fault]:
    for step, text, what, way in unbound(book):
        yield _in_words(book, step, text, f"text {text}: {what}", way)


def _own_words(book: Book, ways: Map) -> Iterator[Fault]:
    """Texts that offer by themselves, or ask for what nobody may ask."""
    for name, text in {**book.texts, **book.buttons}.items():
        short = name.partition(".")[2]
        if figure := own_figures(text):
            what = f"text {short} states {figure!r} by itself, outside any authority: write {{summary}} or {{amount}}"
            yield _of_text(book, name, what, ways)
        if asked := asked_secret(text):
            yield _of_text(book, name, f"text {short} asks for a secret of the bank's ({asked!r}): leave it out", ways)


def _too_many(book: Book, ways: Map, channels: Iterable[Limits]) -> Iterator[Fault]:
    """More choices than a channel shows: quick replies, else a list, else, where it has neither, numbered lines."""
    for step in book.steps.values():
        count = len(step.buttons)
        for channel in channels if not step.likely else ():
            cards = channel.cards if step.look == "carousel" else 0
            most = max(channel.buttons, channel.rows, cards) or MOST_BUTTONS
            if count > most:
                what = f"{count} buttons, and {channel.name} shows {most}: take some out, or ask in two steps"
                yield _at(book, ways, step, what)


def _hard_to_read(book: Book, ways: Map, plain: float) -> Iterator[Fault]:
    for name, text in book.texts.items():
        for variant, wordings in text.variants.items():
            for one in wordings:
                index = ease(one)
                if index is not None and index < plain:
                    short = f"{name.partition('.')[2]} ({variant})"
                    what = f"text {short} reads at {index:.0f}, under {plain:.0f}: shorter words, shorter sentences"
                    yield _of_text(book, name, what, ways)


def _unlawful(book: Book, ways: Map, rules: Rules) -> Iterator[Fault]:
    for name, text in {**book.texts, **book.buttons}.items():
        said: dict[tuple[str, str], list[str]] = {}
        for country, rule, sentence in forbidden(text, rules):
            said.setdefault((rule, sentence), []).append(country)
        for (rule, sentence), countries in said.items():
            where = ", ".join(dict.fromkeys(countries))
            what = f"text {name.partition('.')[2]} says {sentence!r}, which {rule} forbids in {where}"
            yield _of_text(book, name, what, ways)
