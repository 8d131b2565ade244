"""The tutorials run from top to bottom as they are printed: their files, their commands, their conversations."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from docs import walk

LONGEST = 1800  # seconds, so that nothing hangs; alone on a machine a tutorial takes about a minute


@pytest.mark.parametrize("name", ["tutorial.md", "tutorial-portfolio.md"])
async def test_a_tutorial_does_what_it_says(name: str) -> None:
    with walk.scratch() as folder:
        async with asyncio.timeout(LONGEST):
            await walk.walk(Path(walk.__file__).with_name(name).read_text("utf-8"), folder)


@pytest.mark.parametrize(
    ("said", "came", "first"),
    [
        ("one\ntwo\n", "zero\none\n\ntwo\nthree\n", None),
        ("two\none\n", "one\ntwo\n", "one"),
        ("Campaign 2699690df242a4b8b8c71883: done", "Campaign 0123456789abcdef01234567: done", None),
        ("leaves at 2026-11-24 10:00 -0500", "leaves at 2027-01-02 07:15 -0500", None),
        ("4  in", "5  in", "4 in"),
        ("7699690df2 2026-11-24 10:00 in", "0123456789 2026-11-26 14:01 in", None),
    ],
)
def test_what_a_page_says_is_looked_for_in_its_order(said: str, came: str, first: str | None) -> None:
    assert walk.missing(said, came) == first
