"""A file nobody has mapped: the proposal, the first rows as they would be, and the profiles that are remembered."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.portfolio import portfolio
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from acuerdo.core.portfolio.grid import Grid
    from acuerdo.core.portfolio.guess import Guess
    from acuerdo.core.portfolio.reading import OpenFile
    from acuerdo.core.portfolio.records import Record
    from acuerdo.service.profiles import Profile

FIRST = 5  # rows shown as they would be


def join(cli: typer.Typer) -> None:
    portfolio.command("profiles", epilog=examples('acuerdo portfolio profiles --creditor "Banco Andino"'))(profiles)


def propose(file: Path, country: str, sheet: str, as_json: bool) -> None:
    """Writes a proposal of mapping beside the file, for a person to review; shows what it took each column for."""
    found = _proposal(file, country, sheet)
    written = _beside(file, found.text)
    if as_json:
        shell.emit(_told(found, written))
        return
    shell.show(shell.table(
        f"{file.name}: what each column seems to be", ("Column", "Taken for", "Why", "Look at it"),
        [(one.column.header, one.name or "—", one.why, one.doubt and "¿?") for one in found.choices],
    ))  # fmt: skip
    if found.missing:
        shell.note(f"no column gives: {', '.join(found.missing)}")
    shell.note(f"the proposal is in {written}: review its lines with «¿?», then import with --mapping {written.name}")


def _proposal(file: Path, country: str, sheet: str) -> Guess:
    from acuerdo.adapters.files import grids_of_path
    from acuerdo.core.portfolio.forms import PORTFOLIO
    from acuerdo.core.portfolio.guess import SAMPLE, guess
    from acuerdo.core.portfolio.header import find_head
    from acuerdo.core.portfolio.mapping import Mapping

    grid = grids_of_path(file, PORTFOLIO, None, sheet)[0]
    head = find_head(grid, PORTFOLIO, Mapping())
    rows = [row.cells for row in islice(grid.body(head.row, len(head.header)), SAMPLE) if row.problem is None]
    return guess(head.header, rows, country.upper(), PORTFOLIO, file.name)


def _beside(file: Path, text: str) -> Path:
    """A name that is free: what a person has reviewed is never written over."""
    free = (f"{file.stem}.mapeo{'' if n == 1 else f'.{n}'}.toml" for n in range(1, 1000))
    path = next(file.with_name(name) for name in free if not file.with_name(name).exists())
    path.write_text(text, "utf-8")
    return path


def _told(found: Guess, written: Path) -> dict[str, Any]:
    return {
        "mapping": str(written), "missing": list(found.missing),
        "columns": [
            {"column": one.column.header, "taken_for": one.name or None, "why": one.why, "doubt": one.doubt or None,
             "others": list(one.others)}
            for one in found.choices
        ],
    }  # fmt: skip


def raw(file: Path, sheet: str) -> Sequence[Grid]:
    """A file's raw rows; nothing where it cannot be read, which opening it will say better."""
    from acuerdo.adapters.files import grids_of_path
    from acuerdo.core.portfolio.forms import PORTFOLIO
    from acuerdo.core.portfolio.records import FileError

    try:
        return grids_of_path(file, PORTFOLIO, None, sheet)
    except FileError:
        return ()


def first_rows(opened: OpenFile[Record]) -> list[dict[str, Any]]:
    """The first good rows of a file as they would be, for who looks before importing."""
    from acuerdo.core.portfolio.records import Record

    records = (one for one in opened.rows() if isinstance(one, Record))
    return [_seen(one) for one in islice(records, FIRST)]


def _seen(one: Record) -> dict[str, Any]:
    person, account = one.person, one.account
    return {
        "row": one.row, "external_id": account.external_id, "name": person.name,
        "document": f"{person.document.kind} {person.document.value}", "phones": ", ".join(person.phones),
        "emails": ", ".join(person.emails), "product": account.product,
        "balance": f"{account.balance.plain()} {account.currency}", "due_date": account.due_date.isoformat(),
        "days_past_due": account.days_past_due, "as_of": account.as_of.isoformat(), "status": account.status,
        "zones": ", ".join(person.zones),
    }  # fmt: skip


def show_first(rows: list[dict[str, Any]]) -> None:
    """The same on the screen: one column for each row, as rows are long."""
    if rows:
        heads = ("", *(f"Row {row['row']}" for row in rows))
        names = [name for name in rows[0] if name != "row"]
        shell.show(shell.table("The first rows as they would be", heads, [
            (name, *(str(row[name]) for row in rows)) for name in names
        ]))  # fmt: skip


def profiles(
    creditor: Annotated[str, typer.Option(help="Whose profiles.")],
    show: Annotated[str, typer.Option(help="The name of one, to see its mapping.")] = "",
    forget: Annotated[str, typer.Option(help="The name of one, to remove it.")] = "",
    feed: Annotated[str, typer.Option(help="Of which feed it is.")] = "portfolio",
    as_json: Json = False,
) -> None:
    """The mappings that are remembered: a file with the header of one is read by it without --mapping."""
    found = shell.run(_profiles(creditor, feed, forget))
    chosen = [one for one in found if show in ("", one.name)]
    if as_json:
        for one in chosen:
            shell.emit({"feed": feed, "name": one.name, "mapping": one.mapping})
    elif show and chosen:
        typer.echo(chosen[0].mapping, nl=False)
    elif chosen:
        shell.show(shell.table("", ("Profile", ">Lines"), [(one.name, one.mapping.count("\n")) for one in chosen]))
    if not chosen and not forget:
        raise shell.nothing("there are none; an import with --mapping remembers its own")


async def _profiles(name: str, feed: str, forget: str) -> list[Profile]:
    from acuerdo.adapters.store.profiles import StoredProfiles
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        store, whose = StoredProfiles(app.pool), await creditor_named(app.creditors, name)
        if forget and not await store.forget(whose.id, feed, forget):
            raise shell.UsageError(f"there is no profile {forget!r} of {feed}; see acuerdo portfolio profiles")
        return await store.of(whose.id, feed)
