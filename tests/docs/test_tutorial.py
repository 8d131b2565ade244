"""The tutorial runs from top to bottom as it is printed: its files, its commands, its conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from docs import walk

TUTORIAL = Path(walk.__file__).with_name("tutorial.md")
LONGEST = 180  # seconds; alone on a machine it takes about half a minute


async def test_the_tutorial_does_what_it_says() -> None:
    with walk.scratch() as folder:
        async with asyncio.timeout(LONGEST):
            await walk.walk(TUTORIAL.read_text("utf-8"), folder)


@pytest.mark.parametrize(
    ("said", "came", "first"),
    [
        ("one\ntwo\n", "zero\none\n\ntwo\nthree\n", None),
        ("two\none\n", "one\ntwo\n", "one"),
        ("Campaign 2699690df242a4b8b8c71883: done", "Campaign 0123456789abcdef01234567: done", None),
        ("leaves at 2026-11-24 10:00 -0500", "leaves at 2027-01-02 07:15 -0500", None),
        ("4  in", "5  in", "4 in"),
    ],
)
def test_what_a_page_says_is_looked_for_in_its_order(said: str, came: str, first: str | None) -> None:
    assert walk.missing(said, came) == first
