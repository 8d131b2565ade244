"""Imports afterwards: `acuerdo portfolio imports|explain|undo`, and what a unit of account is worth."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from acuerdo.cli import shell
from acuerdo.cli.portfolio import portfolio
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from acuerdo.service.imports import ImportRow, Trace, Undone

HEADS = (
    "Import", "At", "Feed", "File", "Status", ">In", ">Updated", ">Unchanged", ">Closed", ">Set aside", ">Doubtful",
)  # fmt: skip


def join(cli: typer.Typer) -> None:
    """The commands are in place once this module is read."""


@portfolio.command(epilog=examples('acuerdo portfolio imports --creditor "Banco Andino"'))
def imports(
    creditor: Annotated[str, typer.Option(help="Whose imports.")],
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 20,
    as_json: Json = False,
) -> None:
    """The files that came in, of every feed, the newest first, and what became of their rows."""
    import msgspec

    from acuerdo.service.imports import listed

    rows = shell.run(_imports(creditor, limit))
    if as_json:
        for one in rows:
            shell.emit(msgspec.to_builtins(one))
    elif rows:
        shell.show(shell.table(creditor, HEADS, listed(rows)))
    if not rows:
        raise shell.nothing(f"nothing was imported for {creditor} yet")


async def _imports(creditor: str, limit: int) -> list[ImportRow]:
    from acuerdo.adapters.store.portfolio_imports import StoredImports
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, creditor)
        return await StoredImports(app.pool, app.keyring).imports(found.id, limit)


@portfolio.command(
    epilog=examples(
        "acuerdo portfolio explain --import 3f2a91c0 --row 1042",
        'acuerdo portfolio explain --creditor "Banco Andino" --account CR-000123',
    )
)
def explain(
    import_id: Annotated[str, typer.Option("--import", help="An import, or how its id begins.")] = "",
    row: Annotated[int, typer.Option(help="A row of its file, as a spreadsheet counts them.")] = 0,
    sheet: Annotated[int, typer.Option(min=1, help="Which of the sheets that were read, from 1.")] = 1,
    creditor: Annotated[str, typer.Option(help="Whose account.")] = "",
    account: Annotated[str, typer.Option(help="An account, by the creditor's own number.")] = "",
    as_json: Json = False,
) -> None:
    """What became of a row and why; or what every import did with an account."""
    import msgspec

    if bool(account and creditor) == bool(import_id and row):
        raise shell.UsageError("give --import with --row, or --creditor with --account")
    traces = shell.run(_of_account(creditor, account)) if account else shell.run(_of_row(import_id, row, sheet))
    if as_json:
        for one in traces:
            shell.emit(msgspec.to_builtins(one))
    else:
        for one in traces:
            _tell(one)
    if not traces:
        raise shell.nothing("no import brought, changed or closed it")


def _tell(trace: Trace) -> None:
    from acuerdo.service.imports import told

    row = "" if trace.row is None else f", row {trace.row & 0xFFFFFF}"
    account = f", account {trace.external_id}" if trace.external_id else ""
    rows = [(line,) for line in told(trace)]
    shell.show(shell.table(f"Import {trace.import_id[:10]}{row}{account}", ("",), rows))


async def _of_row(import_id: str, row: int, sheet: int) -> list[Trace]:
    from acuerdo.adapters.store.portfolio_imports import StoredImports
    from acuerdo.service.importing import SHEET
    from acuerdo.service.imports import import_named

    async with shell.house() as app:
        store = StoredImports(app.pool, app.keyring)
        found = await import_named(store, import_id)
        trace = await store.of_line(found.id, (sheet - 1) << SHEET | row)
        return [trace] if trace else []


async def _of_account(creditor: str, account: str) -> list[Trace]:
    from acuerdo.adapters.store.portfolio_imports import StoredImports
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, creditor)
        return await StoredImports(app.pool, app.keyring).of_account(found.id, account)


@portfolio.command(epilog=examples("acuerdo portfolio undo 3f2a91c0"))
def undo(
    import_id: Annotated[str, typer.Argument(help="An import, or how its id begins.")],
    as_json: Json = False,
) -> None:
    """Takes an import out again: everything is as it was. Refused once something stands on it, and says what."""
    found, undone = shell.run(_undo(import_id))
    if as_json:
        shell.emit({"import": found.id, "file": found.file, "removed": undone.removed, "restored": undone.restored})
        return
    shell.show(
        shell.table(
            f"{found.file}: undone", (">Accounts removed", ">As they were"), [(undone.removed, undone.restored)]
        )
    )


async def _undo(import_id: str) -> tuple[ImportRow, Undone]:
    from acuerdo.adapters.store.portfolio_imports import StoredImports
    from acuerdo.service.imports import undo as undo_import

    async with shell.house() as app:
        return await undo_import(StoredImports(app.pool, app.keyring), import_id, app.clock.now())


@portfolio.command(epilog=examples("acuerdo portfolio unit UF 2026-11-23 39650.12"))
def unit(
    name: Annotated[str, typer.Argument(help="UF or UTM.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day it is worth so much.")],
    value: Annotated[str, typer.Argument(help="Its value in pesos.")],
) -> None:
    """Says what a unit of account is worth on a day, so that debts in it can be told in pesos."""
    try:
        worth = Decimal(value)
    except InvalidOperation:
        raise shell.UsageError(f"{value!r} is not a number; write it like 39650.12") from None
    shell.run(_unit(name, day, worth))
    shell.note(f"{name.upper()} is worth {worth} CLP on {day.date().isoformat()}")


async def _unit(name: str, day: datetime, value: Decimal) -> None:
    from acuerdo.adapters.store.units import put_unit

    async with shell.house() as app:
        await put_unit(app.pool, name, day.date(), value)
