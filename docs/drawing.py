"""A flow as a picture, drawn from its steps: what each says, and what leads where."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import shorten

from acuerdo.core.dialogue.schema import BACK, STAY, Book, Step
from acuerdo.core.dialogue.verify import onward

# Mermaid's shapes by kind of step: opening and closing marks.
SHAPES = {
    "say": ('["', '"]'), "ask": ('(["', '"])'), "do": ('[["', '"]]'), "branch": ('{{"', '"}}'),
    "hand_over": ('>"', '"]'), "end": ('(("', '"))'),
}  # fmt: skip
LEGEND = "Rounded: waits for the person. Square: says. Double edge: does. Hexagon: chooses. Flag: a person takes it. "
LEGEND += "Steps that differ in their words alone share a shape."


def flow_page(book: Book, flow: str) -> str:
    """A flow's page: its picture, its texts, and how it is reached from anywhere."""
    steps = [step for step in book.steps.values() if step.flow == flow]
    alike = _alike(steps)
    parts = [f"# Flow `{flow}`\n", f"{LEGEND}\n", "```mermaid", "flowchart LR", *_nodes(alike), *_edges(alike), "```\n"]
    if ears := list(_anywhere(book, flow)):
        parts += ["## Reached from anywhere by\n", *ears, ""]
    return "\n".join([*parts, "## What it says\n", *_texts(book, flow)]) + "\n"


def _alike(steps: list[Step]) -> list[list[Step]]:
    """Steps of one kind from which the same ways lead on, together: they differ in what they say alone."""
    found: dict[object, list[Step]] = {}
    for step in steps:
        ways = frozenset(onward(step)) if step.kind == "ask" else step.key
        found.setdefault((step.kind, ways), []).append(step)
    return list(found.values())


def _id(name: str) -> str:
    return name.replace(".", "_").replace("-", "_") + "_"


def _nodes(alike: list[list[Step]]) -> Iterator[str]:
    for steps in alike:
        opening, closing = SHAPES[steps[0].kind]
        yield f"  {_id(steps[0].key)}{opening}{'<br/>'.join(map(_label, steps))}{closing}"


def _label(step: Step) -> str:
    what = {"do": step.action, "hand_over": step.reason}.get(step.kind, "")
    return f"{step.name}<br/>{what}" if what and what != step.name else step.name


def _edges(alike: list[list[Step]]) -> Iterator[str]:
    drawn = {step.key: steps[0] for steps in alike for step in steps}
    for steps in alike:
        ways: dict[str, list[str]] = {}
        for target, how in onward(steps[0]):
            if target not in (BACK, STAY):
                to = drawn[target].key if target in drawn else target
                ways.setdefault(to, []).append(how.removeprefix("then ").removeprefix("hears "))
        for target, hows in ways.items():
            label = shorten(", ".join(dict.fromkeys(hows)), 40, placeholder=" …").replace('"', "'")
            outside = "" if target in drawn else f'["{target}"]'
            yield f'  {_id(steps[0].key)} -->|"{label}"| {_id(target)}{outside}'


def _anywhere(book: Book, flow: str) -> Iterator[str]:
    for name, route in sorted(book.anywhere.items()):
        if route.step.startswith(f"{flow}."):
            marks = [word for word, on in (("comes back", route.aside), ("before identity too", route.open),
                                           ("always", route.always)) if on]  # fmt: skip
            yield f"- `{name}` → `{route.step}`{' (' + ', '.join(marks) + ')' if marks else ''}"


def _texts(book: Book, flow: str) -> Iterator[str]:
    for name, text in book.texts.items():
        if name.startswith(f"{flow}."):
            for variant, wordings in text.variants.items():
                where = "" if variant == "es" else f" ({variant})"
                yield from (f"- `{name.partition('.')[2]}`{where}: {' '.join(one.split())}" for one in wordings)
