"""Automata as pictures, drawn from their tables: states, what leads where, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from acuerdo.core.negotiation import agreements, promises
from acuerdo.core.payments import intents


def automata_page() -> str:
    """The lives of agreements, promises and payments."""
    agreed = {state: {event: way.state for event, way in ways.items()} for state, ways in agreements.TABLE.items()}
    parts = [
        "## Agreements\n", *_picture(agreed), "\nWhat follows from a way, in the same commit:\n", *_effects(),
        "\n## Promises\n", *_picture(promises.NEXT), "\n## Payments at a gateway\n",
        "What a notice makes of each state; what is not drawn changes nothing.\n", *_picture(intents.ADVANCE),
    ]  # fmt: skip
    return "\n".join(parts)


def _picture(table: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
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


def _effects() -> Iterator[str]:
    yield "| from | event | to | what follows |"
    yield "| --- | --- | --- | --- |"
    for state, ways in agreements.TABLE.items():
        for event, way in ways.items():
            if way.effects:
                follows = "; ".join(agreements.EFFECTS[one] for one in way.effects)
                yield f"| {state} | {event} | {way.state} | {follows} |"
