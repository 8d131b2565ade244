"""What writing one message takes of a processor, on every installed channel whose package brings a face."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

from acuerdo.service.faces import GROUP, face_of
from acuerdo.testing.certifying import CONTENTS, MOST_MICROSECONDS, cleared, microseconds
from benchmarks.figures import Figure


async def run() -> dict[str, Any]:
    """The slowest kind of message on each channel, in microseconds."""
    slowest: dict[str, float] = {}
    for name in sorted(point.name for point in entry_points(group=GROUP)):
        face = face_of(name)
        async with face.open("http://127.0.0.1:9", None) as channel:
            slowest[name] = max(microseconds(channel, cleared(one, channel.traits.name), face) for one in CONTENTS)
    return {"slowest": slowest, "asked": MOST_MICROSECONDS}


def figures(found: dict[str, Any]) -> list[Figure]:
    """As a table shows them."""
    return [
        Figure(f"render, {name}, its slowest kind", value, "µs", most=found["asked"])
        for name, value in found["slowest"].items()
    ]
