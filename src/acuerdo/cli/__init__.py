"""The `acuerdo` command: what an operator does, for people (tables) and for programs (--json)."""

from acuerdo.cli.root import cli, main

__all__ = ["cli", "main"]
