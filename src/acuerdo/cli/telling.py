"""What came of it: `acuerdo kpis`, `acuerdo history`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from acuerdo.app import App


def join(cli: typer.Typer) -> None:
    pass


async def show_kpis(app: App) -> None:
    """The funnel and the figures, for people."""
