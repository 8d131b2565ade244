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
LEGEND = "Rounded: waits for the person. Square: says. Double edge: does. Hexagon: chooses. Flag: a person takes it."


def flow_page(book: Book, flow: str) -> str:
    """A flow's page: its picture, its texts, and how it is reached from anywhere."""
    steps = [step for step in book.steps.values() if step.flow == flow]
    parts = [f"# Flow `{flow}`\n", f"{LEGEND}\n", "```mermaid", "flowchart TD", *_nodes(steps), *_edges(steps), "```\n"]
    if ears := list(_anywhere(book, flow)):
        parts += ["## Reached from anywhere by\n", *ears, ""]
    return "\n".join([*parts, "## What it says\n", *_texts(book, flow)]) + "\n"


def _id(name: str) -> str:
    return name.replace(".", "_").replace("-", "_") + "_"


def _nodes(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        opening, closing = SHAPES[step.kind]
        yield f"  {_id(step.key)}{opening}{_label(step)}{closing}"


def _label(step: Step) -> str:
    what = {"do": step.action, "hand_over": step.reason}.get(step.kind, "")
    told = what or (step.text.partition(".")[2] if step.text else "")
    return f"{step.name}<br/>{told}" if told and told != step.name else step.name


def _edges(steps: list[Step]) -> Iterator[str]:
    for step in steps:
        ways: dict[str, list[str]] = {}
        for target, how in onward(step):
            if target not in (BACK, STAY):
                ways.setdefault(target, []).append(how.removeprefix("then ").removeprefix("hears "))
        for target, hows in ways.items():
            label = shorten(", ".join(dict.fromkeys(hows)), 60, placeholder=" …").replace('"', "'")
            outside = f'["{target}"]' if not target.startswith(f"{step.flow}.") else ""
            yield f'  {_id(step.key)} -->|"{label}"| {_id(target)}{outside}'


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
