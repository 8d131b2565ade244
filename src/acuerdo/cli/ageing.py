"""The portfolio by age, and what a segments file would do: `acuerdo portfolio ageing`, `acuerdo segment --preview`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.portfolio import portfolio
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from acuerdo.core.portfolio.ageing import Ageing, Rolled
    from acuerdo.service.creditors import Creditor
    from acuerdo.service.segmenting import Preview


def join(cli: typer.Typer) -> None:
    portfolio.command(
        "ageing",
        epilog=examples(
            "acuerdo portfolio ageing", "acuerdo portfolio ageing --from 2026-11-01 --to 2026-11-23 --json"
        ),
    )(ageing)


def ageing(
    creditor: Annotated[str, typer.Option(help="One creditor; else each of them.")] = "",
    to: Annotated[str, typer.Option(help="The day, as 2026-11-23; else today.")] = "",
    since: Annotated[str, typer.Option("--from", help="An earlier day: shows how debts rolled since then.")] = "",
    as_json: Json = False,
) -> None:
    """Open debts by age, product and amount at the end of a day; with --from, how they rolled from bucket to bucket."""
    found = shell.run(_report(creditor, _day(to, "--to"), _day(since, "--from")))
    if as_json:
        for one, ages, rolled in found:
            shell.emit(_told(one, ages, rolled))
    elif any(ages for _, ages, _ in found):
        for one, ages, rolled in found:
            _show(one, ages, rolled)
    if not any(ages for _, ages, _ in found):
        raise shell.nothing("there were no open debts; take a file in with acuerdo portfolio import")


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise shell.UsageError(f"{option} {text}: write the day like 2026-11-23") from None


async def _report(
    name: str, to: date | None, since: date | None
) -> list[tuple[Creditor, list[Ageing], dict[str, list[Rolled]]]]:
    from acuerdo.cli.campaigns import creditors
    from acuerdo.service.ageing import ZONE, end_of, report, roll

    async with shell.house() as app:
        day = to or app.clock.now().astimezone(ZONE).date()
        found = []
        for one in await creditors(app, name):
            ages = await report(app.ageing, one.id, end_of(day))
            rolled = await roll(app.ageing, one.id, end_of(since), end_of(day)) if since else {}
            found.append((one, ages, rolled))
        return found


def _told(creditor: Creditor, ages: list[Ageing], rolled: dict[str, list[Rolled]]) -> dict[str, Any]:
    import msgspec

    return {
        "creditor": creditor.name,
        "ageing": [msgspec.to_builtins(one) for one in ages],
        "roll": {currency: [msgspec.to_builtins(cell) for cell in cells] for currency, cells in rolled.items()},
    }


def _show(creditor: Creditor, ages: list[Ageing], rolled: dict[str, list[Rolled]]) -> None:
    heads = ("", ">Accounts", ">Owed")
    for one in ages:
        for title, lines in (("age", one.by_age), ("product", one.by_product), ("amount", one.by_amount)):
            rows = [(line.title, line.accounts, line.owed.plain()) for line in (*lines, one.total)]
            shell.show(shell.table(f"{creditor.name} · {one.currency} by {title}", heads, rows))
        if cells := rolled.get(one.currency):
            moved = [(c.was, c.now, c.accounts, c.owed_before.plain(), c.owed_after.plain()) for c in cells]
            heads_ = ("Was in", "Is in", ">Accounts", ">Owed then", ">Owed now")
            shell.show(shell.table(f"{creditor.name} · {one.currency}: the roll", heads_, moved))


def tell_preview(found: list[tuple[str, Preview]], as_json: bool) -> None:
    """What a segments file would do, by segment and bucket, and where its segments overlap."""
    import msgspec

    for name, one in found:
        if as_json:
            shell.emit({"creditor": name, **msgspec.to_builtins(one)})
            continue
        rows = [(c.segment, c.bucket, c.accounts, f"{c.owed.plain()} {c.owed.currency}") for c in one.cells]
        shell.show(shell.table(f"{name}: what it would be", ("Segment", "Days past due", ">Accounts", ">Owed"), rows))
        if one.overlaps:
            heads = ("Has them", "Would have had them", ">Accounts")
            shell.show(shell.table("Where segments overlap", heads, one.overlaps))
    if not any(one.cells for _, one in found):
        raise shell.nothing("there are no open accounts; take a file in with acuerdo portfolio import")
