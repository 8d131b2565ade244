"""Automata as pictures, drawn from their tables: states, what leads where, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.payments import intents

FOLLOWS = "\nWhat follows from a way, in the same commit:\n"


def automata_page() -> str:
    """The lives of agreements, promises and payments."""
    parts = [
        "## Agreements\n", *_picture(agreements.NEXT), FOLLOWS, *_effects(agreements.TABLE, agreements.EFFECTS),
        "\n## Promises\n", *_picture(promises.NEXT), FOLLOWS, *_effects(promises.TABLE, promises.EFFECTS),
        "\n## Payments at a gateway\n",
        "What a notice makes of each state; what is not drawn changes nothing.\n", *_picture(intents.ADVANCE),
    ]  # fmt: skip
    return "\n".join(parts)


def _picture(table: Mapping[Any, Mapping[Any, str]]) -> Iterator[str]:
    """Mermaid's state diagram; ways from a state to itself are left out."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state, ways in table.items():
        to: dict[str, list[str]] = {}
        for event, following in ways.items():
            if following != state:
                to.setdefault(following, []).append(event)
        yield from (f"  {state} --> {following}: {', '.join(events)}" for following, events in to.items())
    yield "```"


def _effects(table: Mapping[Any, Mapping[Any, Any]], meanings: Mapping[Any, str]) -> Iterator[str]:
    yield "| from | event | to | what follows |"
    yield "| --- | --- | --- | --- |"
    for state, ways in table.items():
        for event, way in ways.items():
            if way.effects:
                follows = "; ".join(meanings[one] for one in way.effects)
                yield f"| {state} | {event} | {way.state} | {follows} |"
