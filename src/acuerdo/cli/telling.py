"""What came of it: `acuerdo kpis`, `acuerdo history`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from rich.console import RenderableType

    from acuerdo.app import App
    from acuerdo.service.history import History

BAR = 28  # characters of the longest bar
# The figures' names for an operator, whose command speaks English; the pages have their own.
NAMES = {
    "sent": "Sent", "delivered": "Delivered", "opened": "Opened", "conversations": "Talked", "identified": "Identified",
    "offers": "Offers", "agreements": "Agreements", "promises": "Promises", "committed": "Committed", "paid": "Paid",
}  # fmt: skip


def join(cli: typer.Typer) -> None:
    shown = examples("acuerdo kpis", 'acuerdo kpis --creditor "Banco Andino" --by day', "acuerdo kpis --json")
    cli.command(epilog=shown)(kpis)
    cli.command(epilog=examples("acuerdo history CO-000123-1", "acuerdo history 52345678 --json"))(history)


def history(
    person: Annotated[str, typer.Argument(help="An account's number, a document, or our id of a person.")],
    creditor: Annotated[str, typer.Option(help="Whose debtor, where several creditors have the same.")] = "",
    as_json: Json = False,
) -> None:
    """Everything that happened to a person, in order: when, who, what, why and by which rule."""
    found = shell.run(_history(person, creditor))
    if as_json:
        import msgspec

        for line in found.lines:
            shell.emit(msgspec.to_builtins(line) | {"at": line.at.isoformat()})
        return
    known = found.person
    title = f"{known.name} · {known.creditor} · {known.country} · accounts {', '.join(known.accounts)}"
    rows = [
        (f"{line.at:%Y-%m-%d %H:%M:%S %z}", line.who, line.text, "; ".join(line.why), ", ".join(line.rules))
        for line in found.lines
    ]
    shell.show(shell.table(title, ("When (there)", "Who", "What", "Why", "Rules"), rows))
    if found.reached:
        heads = ("Channel", "Address", "Is", ">Sent", ">Delivered", ">Opened", ">Answered", ">Failed", ">Wrong")
        fared = (
            (one.channel, one.address, one.quality, reach.sent, reach.delivered, reach.opened, reach.answered,
             reach.failed + reach.bounced, reach.wrong)
            for one in found.reached if (reach := one.reach)
        )  # fmt: skip
        shell.show(shell.table("Addresses", heads, fared))


async def _history(person: str, creditor: str) -> History:
    from acuerdo.service.creditors import creditor_named
    from acuerdo.service.history import history as told

    async with shell.house() as app:
        only = (await creditor_named(app.creditors, creditor)).name if creditor else None
        return await told(app.histories, person, only)


def kpis(
    creditor: Annotated[str, typer.Option(help="One creditor's alone; else all together.")] = "",
    by: Annotated[Literal["segment", "channel", "day"] | None, typer.Option(help="A table more finely cut.")] = None,
    as_json: Json = False,
) -> None:
    """The funnel from invitation to payment, the money, and how people felt about it."""
    found = shell.run(_kpis(creditor))
    if as_json:
        shell.emit(found)
    else:
        shell.show(*tables(found, by))
    if not found["totals"].get("sent") and not found["totals"].get("conversations"):
        raise shell.nothing("nothing was sent or said yet")


async def _kpis(name: str) -> dict[str, Any]:
    from acuerdo.service.creditors import creditor_named
    from acuerdo.service.measuring import results

    async with shell.house() as app:
        only = (await creditor_named(app.creditors, name)).id if name else None
        return await results(app.figures, only)


async def show_kpis(app: App) -> None:
    """The funnel and the figures, for people."""
    from acuerdo.service.measuring import results

    shell.show(*tables(await results(app.figures), "segment"))


def tables(found: dict[str, Any], by: str | None) -> list[RenderableType]:
    """The figures as tables and bars."""
    made = [_funnel(found["funnel"]), _money(found["money"], found["satisfaction"])]
    if by:
        rows = found[f"{by}s"]
        heads = (by.capitalize(), *(f">{NAMES.get(key, key)}" for key in NAMES))
        made.append(shell.table(f"By {by}", heads, ([row[by], *(row.get(key, 0) for key in NAMES)] for row in rows)))
    return made


def _funnel(steps: list[dict[str, Any]]) -> RenderableType:
    most = max([1, *(step["count"] for step in steps)])
    rows, before = [], 0
    for step in steps:
        share = f"{step['count'] / before:.0%}" if before else ""
        bar = "█" * max(step["count"] > 0, round(BAR * step["count"] / most))
        rows.append((NAMES.get(step["key"], step["label"]), bar, step["count"], share))
        before = step["count"]
    return shell.table("The funnel", ("Step", "", ">Number", ">Of the step before"), rows)


def _money(money: list[dict[str, Any]], satisfaction: dict[str, Any]) -> RenderableType:
    mean, answers = satisfaction["average"], satisfaction["answers"]
    felt = f"Satisfaction: {mean:.1f} of 5 in {answers} answers" if mean is not None else "Nobody has rated yet"
    rows = [(row["currency"], row["agreed"], row["paid"]) for row in money]
    return shell.table(felt, ("Currency", ">Agreed", ">Paid"), rows)
