"""What is written by hand stays true: its links lead somewhere, and its commands exist."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from acuerdo.cli import cli
from acuerdo.service.settings import unknown_variables

ROOT = Path(__file__).parents[2]
PAGES = [
    page
    for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")])
    if "reference" not in page.parts
]
LINK = re.compile(r"(?<!`)\[[^\]]*\]\(([^)#\s]+)[^)]*\)|<img[^>]+src=\"([^\"]+)\"")
BLOCK = re.compile(r"^( *)```(?:console|sh)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)


def commands(page: Path) -> Iterator[list[str]]:
    """Each `acuerdo` command of a page's console blocks, as words."""
    for _, block in BLOCK.findall(page.read_text("utf-8")):
        lines = block.replace("\\\n", " ").splitlines()
        for line in (bare.removeprefix("$ ") for one in lines if (bare := one.strip()).startswith("$ ")):
            words = shlex.split(re.split(r" [|>&] ?", line.removesuffix("&"))[-1 if " | acuerdo" in line else 0])
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                assert unknown_variables([words[0].partition("=")[0]]) == [], f"{page.name}: {line}"
                words.pop(0)
            if words and words[0].removeprefix(".venv/bin/") == "acuerdo":
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    found = [a or b for a, b in LINK.findall(page.read_text("utf-8"))]
    ours = [one for one in found if not re.match(r"[a-z]+:", one)]
    assert [one for one in ours if not (page.parent / one).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_exists(page: Path) -> None:
    for words in commands(page):
        command, path = typer.main.get_command(cli), "acuerdo"
        while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
            assert words[0] in command.commands, f"{page.name}: {path} has no {words[0]}"
            command, path, words = command.commands[words[0]], f"{path} {words[0]}", words[1:]
        context = command.context_class(command, info_name=path)
        command.make_parser(context).parse_args(args=list(words))


def test_the_pages_hold_commands() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 20
