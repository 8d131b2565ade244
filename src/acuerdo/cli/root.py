"""Every command under one name, with what they share in their help."""

from __future__ import annotations

from typing import Annotated

import typer

from acuerdo.cli import (
    ageing,
    campaigns,
    channels,
    checking,
    desk,
    door,
    feeds,
    flows,
    guessing,
    holds,
    imports,
    language,
    lawful,
    ledger,
    negotiate,
    people,
    portfolio,
    results,
    running,
    telling,
)
from acuerdo.cli.shell import CODES_TEXT, Commands

cli = typer.Typer(
    name="acuerdo",
    cls=Commands,
    help="Turns debt-collection notices into conversations that end in an agreement.",
    epilog=f"Begin with: acuerdo demo. {CODES_TEXT}",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(version("acuerdo"))
        raise typer.Exit


@cli.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="The version, and nothing else.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    pass


for room in (
    portfolio,
    imports,
    guessing,
    feeds,
    people,
    door,
    ageing,
    campaigns,
    running,
    telling,
    desk,
    results,
    checking,
    flows,
    holds,
    channels,
    ledger,
    lawful,
    language,
    negotiate,
):
    room.join(cli)


def main() -> None:
    """The console script."""
    cli()
