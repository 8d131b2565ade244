"""People who may be one: `acuerdo people review`, `merge`, `apart`, `unmerge`, `show`, `find`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, UsageError, examples

if TYPE_CHECKING:
    from rich.console import RenderableType

    from acuerdo.app import App
    from acuerdo.service.people import Pair, Sheet

people = typer.Typer(help="People who may be one: look, merge, keep apart, take back.", no_args_is_help=True)

Of = Annotated[str, typer.Option("--creditor", help="One creditor's people alone.")]
Why = Annotated[str, typer.Option(help="What the record is to say.")]
Id = Annotated[str, typer.Argument(help="A person's id, as review, find and show tell it.")]

# What a reviewer compares, and how it is headed.
ROWS = (
    ("name", "Name"), ("documents", "Documents"), ("born", "Born"), ("phones", "Phones"), ("emails", "E-mails"),
    ("address", "Address"), ("city", "City"), ("customer_type", "Kind"), ("customer_since", "Customer since"),
    ("accounts", "Accounts"), ("roles", "Also is"), ("merged_into", "Shown under"), ("merged", "Shows too"),
)  # fmt: skip
DIFFERS, SAME = "≠", "="


def join(cli: typer.Typer) -> None:
    cli.add_typer(people, name="people")


@people.command(epilog=examples("acuerdo people review", 'acuerdo people review --creditor "Banco Andino" --json'))
def review(
    creditor: Of = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many pairs, the likeliest first.")] = 20,
    as_json: Json = False,
) -> None:
    """Pairs that may be one person, side by side: ≠ where they differ, = where they agree.

    Decide each with merge or apart.
    """
    pairs = shell.run(_review(creditor, limit))
    for pair in pairs:
        if as_json:
            shell.emit(_told(pair))
        else:
            shell.show(side_by_side(pair))
    if not pairs:
        raise shell.nothing("nobody waits for review")


async def _review(creditor: str, limit: int) -> list[Pair]:
    async with shell.house() as app:
        return await app.people.review(await _creditor(app, creditor), limit)


async def _creditor(app: App, name: str) -> str | None:
    from acuerdo.service.creditors import creditor_named

    return (await creditor_named(app.creditors, name)).id if name else None


def side_by_side(pair: Pair) -> RenderableType:
    """Two records as a table, what differs marked."""
    from acuerdo.service.people import agreements, differences

    apart, alike = differences(pair.one, pair.other), agreements(pair.one, pair.other)
    marks = dict.fromkeys(apart, DIFFERS) | dict.fromkeys(alike, SAME)
    left, right = sorted((pair.one, pair.other), key=_order)
    told = ((head, marks.get(name, ""), _text(left, name), _text(right, name)) for name, head in ROWS)
    rows = [row for row in told if any(row[2:])]
    title = f"{pair.one.creditor}: {pair.score} of 100, {pair.rule} ({', '.join(pair.reasons)})"
    return shell.table(title, ("", "", left.id, right.id), rows)


def _order(sheet: Sheet) -> tuple[object, ...]:
    """As the creditor numbers their debts, so that the same people stand alike each time."""
    return (sheet.accounts, sheet.documents, sheet.id)


def _text(sheet: Sheet, name: str) -> str:
    value = getattr(sheet, name)
    if name in ("phones", "emails"):
        value = tuple(f"{one} (bad)" if one in sheet.bad else one for one in value)
    return ", ".join(value) if isinstance(value, tuple) else str(value or "")


def _told(pair: Pair) -> Any:
    import msgspec

    from acuerdo.service.people import differences

    return msgspec.to_builtins(pair) | {"differ": sorted(differences(pair.one, pair.other))}


@people.command(epilog=examples("acuerdo people merge 5f2c… 91ab… --why 'lo confirmó por teléfono'"))
def merge(
    person: Id,
    into: Annotated[str, typer.Argument(help="The person they are shown under from here on.")],
    why: Annotated[str, typer.Option(help="What the record is to say.")],
) -> None:
    """Two records are one person: debts are shown together, and nothing of either is lost."""
    shell.run(_merge(person, into, why))
    shell.note(f"{person} is shown under {into} from here on; take it back with acuerdo people unmerge {person}")


async def _merge(person: str, into: str, why: str) -> None:
    from acuerdo.service.people import Deed

    async with shell.house() as app:
        await app.people.merge(Deed(person, "operator", why, app.clock.now()), into)


@people.command(epilog=examples("acuerdo people apart 5f2c… 91ab… --why 'son madre e hija'"))
def apart(
    person: Id, other: Annotated[str, typer.Argument(help="Who looks like them and is another.")], why: Why = ""
) -> None:
    """Two records are two people: the pair leaves the list, and no newer file brings it back."""
    shell.run(_apart(person, other, why))
    shell.note("they are kept apart")


async def _apart(person: str, other: str, why: str) -> None:
    from acuerdo.service.people import Deed

    async with shell.house() as app:
        await app.people.keep_apart(Deed(person, "operator", why, app.clock.now()), other)


@people.command(epilog=examples("acuerdo people unmerge 5f2c… --why 'era su hermana'"))
def unmerge(person: Id, why: Why = "") -> None:
    """Takes a merge back: each has again exactly what was theirs."""
    other = shell.run(_unmerge(person, why))
    shell.note(f"{person} and {other} are two again")


async def _unmerge(person: str, why: str) -> str:
    from acuerdo.service.people import Deed

    async with shell.house() as app:
        return await app.people.unmerge(Deed(person, "operator", why, app.clock.now()))


@people.command(epilog=examples("acuerdo people show 5f2c…", "acuerdo people show --document 52345678"))
def show(
    person: Annotated[str, typer.Argument(help="A person's id.")] = "",
    document: Annotated[str, typer.Option(help="Any of their documents.")] = "",
    creditor: Of = "",
    as_json: Json = False,
) -> None:
    """What is on record of a person, with whoever is merged with them."""
    if bool(person) == bool(document):
        raise UsageError("name a person by id, or by --document")
    _shown(shell.run(_show(person, document, creditor)), as_json)


async def _show(person: str, document: str, creditor: str) -> list[Sheet]:
    async with shell.house() as app:
        of = await _creditor(app, creditor)
        found = [person] if person else await app.people.find("document", document, of)
        return await app.people.together(found)


@people.command(
    epilog=examples("acuerdo people find --phone '300 555 0100'", "acuerdo people find --document 52345678")
)
def find(
    phone: Annotated[str, typer.Option(help="A phone, as it is dialled or with its country's code.")] = "",
    email: Annotated[str, typer.Option(help="An e-mail.")] = "",
    document: Annotated[str, typer.Option(help="A document, of any kind.")] = "",
    creditor: Of = "",
    as_json: Json = False,
) -> None:
    """The people reached at an address, or with a document."""
    asked = {what: value for what, value in (("phone", phone), ("email", email), ("document", document)) if value}
    if len(asked) != 1:
        raise UsageError("ask by one of --phone, --email and --document")
    _shown(shell.run(_find(asked, creditor)), as_json)


async def _find(asked: dict[str, str], creditor: str) -> list[Sheet]:
    async with shell.house() as app:
        ((what, value),) = asked.items()
        found = await app.people.find(what, value, await _creditor(app, creditor))  # type: ignore[arg-type] # one of its words
        return await app.people.sheets(found)


def _shown(sheets: list[Sheet], as_json: bool) -> None:
    import msgspec

    for sheet in sheets if as_json else ():
        shell.emit(msgspec.to_builtins(sheet))
    if not sheets:
        raise shell.nothing("nobody on record is that")
    if not as_json:
        sheets = sorted(sheets, key=_order)
        heads = ("", *(sheet.id for sheet in sheets))
        rows = [(head, *(_text(sheet, name) for sheet in sheets)) for name, head in (("creditor", "Creditor"), *ROWS)]
        shell.show(shell.table("", heads, [row for row in rows if any(row[1:])]))
