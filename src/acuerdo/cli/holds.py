"""Who must not be contacted, and why: `acuerdo hold list`, `set`, `lift`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from acuerdo.app import App
    from acuerdo.core.words import HoldKind
    from acuerdo.service.holding import HoldRow

hold = typer.Typer(help="Stops on contact: who placed them, why, and until when.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="An account's number, a document, or our id of a person.")]
Kind = Annotated[str, typer.Argument(help="dispute, vulnerability, suicide_risk, bereavement, adviser, insolvency, …")]
Why = Annotated[str, typer.Option(help="Why, for whoever looks at it later; it is kept sealed.")]
OPERATOR = "operator"


def join(cli: typer.Typer) -> None:
    cli.add_typer(hold, name="hold")


@hold.command("list", epilog=examples("acuerdo hold list", "acuerdo hold list --person CO-000123-1 --json"))
def list_(
    person: Annotated[str, typer.Option(help="One person's alone.")] = "",
    creditor: Annotated[str, typer.Option(help="Whose debtor, where several creditors have the same.")] = "",
    as_json: Json = False,
) -> None:
    """The holds that stand, those first that end or are to be looked at soonest."""
    found = shell.run(_list(person, creditor))
    if as_json:
        import msgspec

        for row in found:
            shell.emit(msgspec.to_builtins(row))
    elif found:
        heads = ("Person", "Name", "Creditor", "Hold", "Since", "Until", "Look at", "Who", "Why")
        shell.show(shell.table(f"{len(found)} holds", heads, (_cells(row) for row in found)))
    if not found:
        raise shell.nothing("no hold stands")


def _cells(row: HoldRow) -> tuple[str, ...]:
    scope = row.of if row.creditor else "every creditor"
    return (
        row.person, row.name, scope, row.kind, _day(row.since), _day(row.until), _day(row.review_at), row.who, row.why,
    )  # fmt: skip


def _day(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d}" if at else ""


async def _list(person: str, creditor: str) -> list[HoldRow]:
    async with shell.house() as app:
        people = (await known(app, person, creditor),) if person else None
        return await app.holds.standing(people, app.clock.now())


async def known(app: App, reference: str, creditor: str) -> str:
    """Our id of the one person whom this names. Raises UnknownPerson, SeveralPeople."""
    from acuerdo.service.history import SeveralPeople, UnknownPerson

    found = await app.histories.find(reference, creditor or None)
    if not found:
        raise UnknownPerson("nobody has that account, document or id; look at acuerdo people find")
    if len({one.id for one in found}) > 1:
        who = ", ".join(f"{one.id} ({one.creditor})" for one in found)
        raise SeveralPeople(f"several people have it: {who}; name one, or its --creditor")
    return found[0].id


@hold.command("set", epilog=examples('acuerdo hold set CO-000123-1 dispute --why "denies the amount, letter of 3 Nov"'))
def set_(
    person: Who,
    kind: Kind,
    why: Why,
    until: Annotated[str, typer.Option(help="The moment it ends (2026-12-01T00:00:00-05:00); else its kind's.")] = "",
    review: Annotated[str, typer.Option(help="The moment somebody looks at it again, where it has no end.")] = "",
    creditor: Annotated[str, typer.Option(help="Whose debtor, where several creditors have the same.")] = "",
    as_json: Json = False,
) -> None:
    """Stops contact with a person. What waits to be sent is cancelled at once, on every channel."""
    found = shell.run(_set(person, kind, why, until, review, creditor))
    _tell(found, as_json)


async def _set(person: str, kind: str, why: str, until: str, review: str, creditor: str) -> list[HoldRow]:
    from acuerdo.service.holding import place_hold

    ends, looked_at = (shell.moment(text) if text else None for text in (until, review))
    async with shell.house() as app:
        who, at = await known(app, person, creditor), app.clock.now()
        named: HoldKind = kind  # type: ignore[assignment]  # place_hold refuses what is no kind
        await place_hold(app.holds, who, named, why, OPERATOR, at, until=ends, review_at=looked_at)
        return await app.holds.standing((who,), at)


@hold.command("lift", epilog=examples('acuerdo hold lift CO-000123-1 dispute --why "answered on 5 Nov"'))
def lift(
    person: Who,
    kind: Kind,
    why: Why,
    creditor: Annotated[str, typer.Option(help="Whose debtor, where several creditors have the same.")] = "",
    as_json: Json = False,
) -> None:
    """Ends a hold before its time. What the person closed themselves stays closed."""
    done, left = shell.run(_lift(person, kind, why, creditor))
    if not done:
        raise shell.nothing(f"no hold for {kind} stands on this person")
    _tell(left, as_json)


async def _lift(person: str, kind: str, why: str, creditor: str) -> tuple[bool, list[HoldRow]]:
    from acuerdo.service.holding import lift_hold

    async with shell.house() as app:
        who, at = await known(app, person, creditor), app.clock.now()
        named: HoldKind = kind  # type: ignore[assignment]  # lift_hold refuses what is no kind
        return await lift_hold(app.holds, who, named, why, OPERATOR, at), await app.holds.standing((who,), at)


def _tell(left: list[HoldRow], as_json: bool) -> None:
    import msgspec

    if as_json:
        shell.emit({"holds": msgspec.to_builtins(left)})
    else:
        shell.note(
            "; ".join(f"{row.kind} until {_day(row.until) or 'it is lifted'}" for row in left) or "no hold stands"
        )
