"""The `acuerdo` command's help as pages, read from the command itself."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from typer.core import TyperGroup

from acuerdo.cli import cli
from acuerdo.cli.shell import CODES


def command_page() -> list[str]:
    """A lead, the exit codes, and every command with its arguments, options and examples."""
    root = typer.main.get_command(cli)
    codes = [f"| {code.value} | {what} |" for code, what in CODES.items()]
    return [
        "Results go to stdout, everything else to stderr. `--json` gives one JSON object, or one per line, and nothing "
        "else. `acuerdo --install-completion` sets up completion for your shell.",
        "| exit code | what it says |\n| --- | --- |",
        *codes,
        "",
        *_commands(root, "acuerdo"),
    ]


def _commands(group: typer.core.TyperGroup | object, path: str) -> Iterator[str]:
    if not isinstance(group, TyperGroup):
        return
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{path} {name}")
        elif not command.hidden:
            yield from _one(command, f"{path} {name}")


def _one(command: typer.core.TyperCommand, path: str) -> Iterator[str]:
    given = [one for one in command.params if one.param_type_name == "argument"]
    words = " ".join(f"[{one.name.upper()}]" if not one.required else one.name.upper() for one in given)
    yield f"## `{' '.join(filter(None, (path, words)))}`\n"
    yield _help(command.help or "")
    told = [
        *(_line(one.name.upper(), one) for one in given),
        *(_option(one) for one in command.params if one not in given),
    ]
    yield from (line for line in told if line)
    yield ""
    examples = [line.strip() for line in (command.epilog or "").splitlines() if line.strip().startswith("$")]
    if examples:
        yield "\n".join(("```console", *examples, "```\n"))


def _help(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n")) + "\n"


def _option(one: object) -> str:
    names = ", ".join([*one.opts, *one.secondary_opts])  # type: ignore[attr-defined]
    if "--help" in names:
        return ""
    default = one.default  # type: ignore[attr-defined]
    shown = f" By default: `{default}`." if isinstance(default, str | int) and default not in ("", False, -1) else ""
    needed = " **Needed.**" if one.required else ""  # type: ignore[attr-defined]
    return _line(names, one) + needed + shown


def _line(name: str, one: object) -> str:
    return f"- `{name}`: {getattr(one, 'help', '') or ''}"
