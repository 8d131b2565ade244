"""A flow's page: its picture, its texts, and how it is reached from anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from acuerdo.core.dialogue.schema import Book

LEGEND = "Drawn from the flow's file, as `acuerdo flows draw` does; steps that differ in their words alone share a box."


def flow_page(book: Book, flow: str) -> str:
    """The page of a flow; its picture stands beside it."""
    parts = [f"# Flow `{flow}`\n", f"{LEGEND}\n", f"[![The steps of {flow}]({flow}.svg)]({flow}.svg)\n"]
    if ears := list(_anywhere(book, flow)):
        parts += ["## Reached from anywhere by\n", *ears, ""]
    if slots := list(_slots(book, flow)):
        parts += ["## What it remembers\n", *slots, ""]
    return "\n".join([*parts, "## What it says\n", *_texts(book, flow)]) + "\n"


def _anywhere(book: Book, flow: str) -> Iterator[str]:
    for name, route in sorted(book.anywhere.items()):
        if route.step.startswith(f"{flow}."):
            told = (("comes back", route.aside), ("before identity too", route.open), ("always", route.always))
            marks = [*(word for word, on in told if on), *([f"when {route.when}"] if route.when else [])]
            yield f"- `{name}` → `{route.step}`{' (' + ', '.join(marks) + ')' if marks else ''}"


def _slots(book: Book, flow: str) -> Iterator[str]:
    for name, slot in book.slots.items():
        if name.startswith(f"{flow}."):
            yield f"- `{name.partition('.')[2]}`: {' or '.join(slot.choices) or slot.kind}"


def _texts(book: Book, flow: str) -> Iterator[str]:
    for name, text in book.texts.items():
        if name.startswith(f"{flow}."):
            for variant, wordings in text.variants.items():
                where = "" if variant == "es" else f" ({variant})"
                yield from (f"- `{name.partition('.')[2]}`{where}: {' '.join(one.split())}" for one in wordings)
