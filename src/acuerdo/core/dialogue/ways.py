"""The ways through a book of flows: what leads where, and the shortest way from the start to any step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import msgspec

from acuerdo.core.dialogue.guards import tests_of
from acuerdo.core.dialogue.schema import NOWHERE, REPAIR, RETURN, Book, Route, Step

# What the engine itself goes to when nothing was understood: of who is known, and of a stranger.
LOST = ("repair:", "stranger:")
# What nobody says: news, and where the engine goes by itself.
UNSAID = (*LOST, "event:", "identity:", "resume")


class Node(msgspec.Struct, frozen=True):
    """Where a conversation may be: at a step, with the person identified or not, and with something known or not."""

    step: str
    known: bool = False
    has: bool = False


class Way(msgspec.Struct, frozen=True):
    """One way on: to a step, by what leads there; `waits`: only once the person wrote or something happened."""

    to: str
    how: str
    waits: bool = False


Paths = Mapping[Node, tuple[Node, str] | None]
Gains = Callable[[Step, str], bool | None]


def onward(step: Step) -> Iterator[tuple[str, str]]:
    """Every way out of a step, with what leads there."""
    if step.call:
        yield step.call, "call"
    if step.go:
        yield step.go, "go"
    if step.skip:
        yield step.skip, "skip"
    if step.answer:
        yield step.answer, "answer"
    if step.otherwise and step.otherwise.rpartition(".")[2] != REPAIR:
        yield step.otherwise, "else"
    yield from ((s, f"then {o}") for o, s in step.then.items())
    yield from ((s, f"if {c}") for c, s in step.branch)
    yield from ((r.step, f"hears {n}") for n, r in step.hears.items())
    yield from ((one.go, "after a while") for one in step.after if one.go)


def explore(book: Book, gains: Gains | None = None, *, lasts: bool = True) -> Paths:
    """Every place that a conversation can come to from the start, each with the place before it and what led there.

    `gains` tells of a step and a way out of it whether something becomes known there (or is forgotten: False; None:
    neither); what does not last is lost whenever the person is waited for. Nearest places come first.
    """
    first = Node(book.start)
    found: dict[Node, tuple[Node, str] | None] = {first: None}
    queue = deque([first])
    common = {known: [(w, r) for w, r in _anywhere(book, known)] for known in (False, True)}
    seen: set[tuple[bool, bool, bool]] = set()
    while queue:
        node = queue.popleft()
        step = book.steps.get(node.step)
        if step is None:
            continue
        for way, known in _ways(book, step, node.known):
            got = gains(step, way.how) if gains else None
            has = (node.has and (lasts or not way.waits)) if got is None else got
            _reach(found, queue, node, Node(way.to, known, has), way.how)
        group = (node.known, node.has and lasts, step.narrow)
        if step.kind == "ask" and group not in seen:
            seen.add(group)
            for way, route in common[node.known]:
                if not step.narrow or route.always:
                    got = gains(step, way.how) if gains else None
                    _reach(found, queue, node, Node(way.to, node.known, got or (node.has and lasts)), way.how)
    return found


def _reach(found: dict[Node, tuple[Node, str] | None], queue: deque[Node], at: Node, to: Node, how: str) -> None:
    if to.step not in NOWHERE and to not in found:
        found[to] = (at, how)
        queue.append(to)


def _anywhere(book: Book, known: bool) -> Iterator[tuple[Way, Route]]:
    """What is heard anywhere by who is known, or by a stranger; a stranger's wish leads to the proof of identity."""
    for name, route in book.anywhere.items():
        if name.startswith(LOST) and name.startswith(LOST[0]) is not known:
            continue
        if known or route.open:
            yield Way(route.step, name, True), route


def _ways(book: Book, step: Step, known: bool) -> Iterator[tuple[Way, bool]]:
    """The ways on from a step, each with whether the person is identified there."""
    waits = step.kind == "ask"
    for to, how in onward(step):
        if how.startswith("hears ") and not known and not step.hears[how.removeprefix("hears ")].open:
            continue
        if how.startswith("if ") and not _may_hold(how.removeprefix("if "), known):
            continue
        proved = step.action == "check_identity" and how == "then ok"
        yield Way(to, how, waits), known or proved
    if step.action == "take_wish":
        wishes = (one for one in book.anywhere.items() if not one[1].open and not one[0].startswith(UNSAID))
        yield from ((Way(route.step, name), True) for name, route in wishes)


def _may_hold(condition: str, known: bool) -> bool:
    """Whether a condition may hold of who is identified, or is not."""
    said = [test for test in tests_of(condition) or () if test.name == "identified"]
    return all(test.no is not known for test in said)


def told(paths: Paths, node: Node) -> str:
    """The way to a place, as it is written in a fault: each step after what leads there."""
    parts: list[str] = []
    at: Node | None = node
    while at is not None:
        before = paths[at]
        how = _short(before[1]) if before else ""
        parts.append(f"({how}) {at.step}" if how else at.step)
        at = before[0] if before else None
    return " > ".join(["start", *reversed(parts)])


def _short(how: str) -> str:
    return "" if how == "go" else how.removeprefix("then ").removeprefix("hears ").removeprefix("if ")


class Map(msgspec.Struct, frozen=True):
    """The shortest way to each step, whoever is there: strangers or not."""

    paths: Paths
    first: Mapping[str, Node]

    def way(self, step: str) -> str:
        """The shortest way from the start, as written; empty where there is none."""
        return told(self.paths, self.first[step]) if step in self.first else ""


def map_of(book: Book) -> Map:
    """The shortest way to each step."""
    paths = explore(book)
    first: dict[str, Node] = {}
    for node in paths:
        first.setdefault(node.step, node)
    return Map(paths, first)


def straight(book: Book, start: str, messages: int = 0) -> set[str]:
    """The steps on the ways from a step before more than so many further messages of the person's."""
    found: dict[str, int] = {}
    queue = deque([(start, 0)])
    while queue:
        name, asked = queue.popleft()
        if name not in book.steps or found.get(name, asked + 1) <= asked:
            continue
        found[name] = asked
        step = book.steps[name]
        cost = asked + (step.kind == "ask")
        if cost <= messages:
            queue.extend((target, cost) for target, _ in onward(step))
    return set(found)


def returns(book: Book, start: str) -> bool:
    """Whether a flow that is called there comes back to who called it."""
    reached, queue = set[str](), [start]
    while queue:
        name = queue.pop()
        if name == RETURN:
            return True
        if name in book.steps and name not in reached:
            reached.add(name)
            queue.extend(target for target, _ in onward(book.steps[name]))
    return False


def circle(book: Book) -> tuple[str, ...]:
    """The shortest circle of steps in which nobody is waited for and nothing is done; empty where there is none."""
    best: tuple[str, ...] = ()
    for name in book.steps:
        found = _back_to(book, name)
        if found and (not best or len(found) < len(best)):
            best = found
    return best


def _back_to(book: Book, start: str) -> tuple[str, ...]:
    """The shortest way from a step to itself that waits for nobody and does nothing."""
    queue: deque[tuple[str, ...]] = deque([(start,)])
    seen = set[str]()
    while queue:
        way = queue.popleft()
        step = book.steps.get(way[-1])
        if step is None or step.kind in ("ask", "do", "end"):
            continue
        for target, _ in onward(step):
            if target == start:
                return (*way, target)
            if target not in seen:
                seen.add(target)
                queue.append((*way, target))
    return ()
