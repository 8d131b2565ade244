"""Where files and programs come in: `acuerdo feeds ...`, `acuerdo key ...`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples

if TYPE_CHECKING:
    from acuerdo.adapters.folder import Odd
    from acuerdo.service.api_keys import ApiKey
    from acuerdo.service.freshness import Freshness
    from acuerdo.worker.watching import Seen, Watcher

feeds = typer.Typer(help="Creditors' files as they come by themselves, and how fresh they are.", no_args_is_help=True)
key = typer.Typer(help="Keys of the interface for programs (/api/v1).", no_args_is_help=True)


def join(cli: typer.Typer) -> None:
    cli.add_typer(feeds, name="feeds")
    cli.add_typer(key, name="key")


@feeds.command("watch", epilog=examples("acuerdo feeds watch ./entregas", "acuerdo feeds watch ./entregas --once"))
def watch(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="The drop folder; made and explained if need be.")],
    once: Annotated[bool, typer.Option("--once", help="Takes what is complete now, and ends: for cron.")] = False,
    every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 3.0,
    settle: Annotated[
        float, typer.Option(min=0, help="Seconds without a change after which a file counts as complete.")
    ] = 10.0,
    country: Annotated[str, typer.Option(help="The country of rows that name none, for creditors without one.")] = "",
    as_json: Json = False,
) -> None:
    """Takes files from DIR/CREDITOR/FEED as they arrive: complete ones only, archived with their report beside them."""
    work = _watch(folder.absolute(), once, every, settle, country, as_json)
    refused, taken = (shell.run(work) if once else shell.run(_until_ordered(work))) or (0, 0)
    if refused:
        raise typer.Exit(Code.REFUSED)
    if once and not taken:
        raise shell.nothing(f"nothing in {folder} was complete")


async def _until_ordered(work: Any) -> tuple[int, int]:
    from acuerdo.cli.servers import until_ordered

    await until_ordered(work)
    return 0, 0  # what went wrong was told when it did


async def _watch(
    folder: Path, once: bool, every: float, settle: float, country: str, as_json: bool
) -> tuple[int, int]:  # fmt: skip
    from acuerdo.cli.logs import configure
    from acuerdo.worker.watching import Watcher

    configure(shell.settings())
    async with shell.house(watch=not once) as app:
        watcher = Watcher(app, folder, settle=settle, country=country, tell=_odd)
        if once:
            return await _once(watcher, settle, as_json)
        shell.note(f"watching {folder}; Ctrl-C stops it")
        told = ""
        while True:
            told = await _look_on(watcher, as_json, told)
            await asyncio.sleep(every)


async def _look_on(watcher: Watcher, as_json: bool, told: str) -> str:
    """One look of many: what keeps it from looking is told once, and it is tried again; returns what was told last."""
    from acuerdo.adapters.store.db import AWAY
    from acuerdo.core.words import AcuerdoError

    try:
        await _look(watcher, as_json)
    except (AcuerdoError, *AWAY) as why:
        now = str(why) if isinstance(why, AcuerdoError) else f"the database is away ({type(why).__name__})"
        if now != told:
            shell.note(f"{now}; trying again")
        return now
    return ""


async def _once(watcher: Watcher, settle: float, as_json: bool) -> tuple[int, int]:
    refused, taken = await _look(watcher, as_json)
    if watcher.waiting:
        await asyncio.sleep(settle)
        more = await _look(watcher, as_json)
        refused, taken = refused + more[0], taken + more[1]
    return refused, taken


async def _look(watcher: Watcher, as_json: bool) -> tuple[int, int]:
    """One look; how many files were refused, and how many were seen to."""
    refused = taken = 0
    async for seen in watcher.look():
        taken += 1
        refused += seen.answer.status == "refused"
        _tell(seen, as_json)
    return refused, taken


def _tell(seen: Seen, as_json: bool) -> None:
    answer = seen.answer
    if as_json:
        shell.emit({
            "creditor": seen.creditor, "feed": seen.feed, "file": seen.file, "archived": seen.archived,
            "status": answer.status, "counts": answer.counts, "import_id": answer.import_id, "error": answer.error,
        })  # fmt: skip
    elif answer.status == "refused":
        shell.note(f"{seen.archived}: refused: {answer.error}")
    else:
        counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in answer.counts.items() if n)
        shell.note(f"{seen.archived}: {counts or 'nothing in it was new'}")


def _odd(one: Odd) -> None:
    from acuerdo.adapters.folder import shown

    shell.note(f"{one.path.parent}/{shown(one.path.name)} is left where it is: {one.why}")


@feeds.command("status", epilog=examples("acuerdo feeds status", "acuerdo feeds status --json"))
def status(as_json: Json = False) -> None:
    """How fresh each feed is: when it last came, its cut-off day, how often it is expected, and whether it is late."""
    from acuerdo.service.freshness import told

    found = shell.run(_status())
    if as_json:
        for one in found:
            shell.emit(told(one))
    elif found:
        heads = ("Creditor", "Feed", "Last", "Cut-off", ">Age", "Expected", "State")
        shell.show(shell.table("", heads, (_status_row(one) for one in found)))
    if not found:
        raise shell.nothing("no feed has come yet, and none is expected")


async def _status() -> list[Freshness]:
    from acuerdo.service.freshness import of_creditors

    async with shell.house() as app:
        return await of_creditors(app.freshness, await app.creditors.all(), app.clock.now())


def _status_row(one: Freshness) -> tuple[object, ...]:
    from zoneinfo import ZoneInfo

    last = f"{one.last.astimezone(ZoneInfo(one.zone)):%Y-%m-%d %H:%M}" if one.last else "never"
    age = "" if one.age is None else f"{one.age.days} d" if one.age.days else f"{one.age.seconds // 3600} h"
    state = "LATE" if one.late else "as it comes" if one.expected == "never" else "on time"
    return one.creditor_name, one.feed, last, one.cut_off or "", age, one.expected, state


@feeds.command(
    "expect",
    epilog=examples(
        'acuerdo feeds expect "Banco Andino" --country CO',
        'acuerdo feeds expect "Banco Andino" payments="day 08:00" contacts=week optouts=never',
    ),
)
def expect(
    creditor: Annotated[str, typer.Argument(help="Whose feeds they are.")],
    often: Annotated[
        list[str] | None,
        typer.Argument(help='FEED=HOW: "business_day 12:00", "day 08:00", week, month, never or usual.'),
    ] = None,
    country: Annotated[
        str, typer.Option(help="CO, MX, CL, PE, AR or ES: of rows that name none, and of its days.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Says how often a creditor's feeds are expected, and which country its files are of."""
    from acuerdo.core.words import CURRENCY_OF
    from acuerdo.service.door import FEEDS
    from acuerdo.service.freshness import read_expected

    if country and country.upper() not in CURRENCY_OF:
        raise shell.UsageError(f"--country {country}: use one of {', '.join(CURRENCY_OF)}")
    given = dict(one.partition("=")[::2] for one in often or ())
    for feed, text in given.items():
        if feed not in FEEDS:
            raise shell.UsageError(f"{feed}: there is no such feed; there are {', '.join(FEEDS)}")
        if text != "usual":
            read_expected(text)
    settings = shell.run(_expect(creditor, given, country.upper()))
    if as_json:
        shell.emit({"creditor": creditor, **settings})
    else:
        shell.note(f"{creditor}: country {settings['country'] or 'not set'}; {settings['feeds'] or 'all as usual'}")


async def _expect(name: str, given: dict[str, str], country: str) -> dict[str, Any]:
    import msgspec

    from acuerdo.service.creditors import add_creditor, creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, name)
        feeds = {feed: how for feed, how in (found.settings.feeds | given).items() if how != "usual"}
        changed = msgspec.structs.replace(found.settings, feeds=feeds, country=country or found.settings.country)
        if changed != found.settings:
            await add_creditor(app.creditors, found.name, changed, app.clock.now())
        return {"country": changed.country, "feeds": changed.feeds}


@key.command("add", epilog=examples('acuerdo key add core-bancario --creditor "Banco Andino" --scopes feeds:write'))
def add(
    name: Annotated[str, typer.Argument(help="What the key is for, such as the system that holds it.")],
    creditor: Annotated[str, typer.Option(help="The one creditor that it opens.")],
    scopes: Annotated[
        str, typer.Option(help="What it may do, with commas: feeds:write, feeds:read, results:read.")
    ] = "feeds:write,results:read",
    as_json: Json = False,
) -> None:
    """Makes a key for a program, and shows it this once: only its digest is kept."""
    from acuerdo.service.api_keys import read_scopes

    text, kept = shell.run(_add(name, creditor, read_scopes(scopes)))
    if as_json:
        shell.emit({"id": kept.id, "name": kept.name, "creditor_id": kept.creditor, "scopes": kept.scopes, "key": text})
    else:
        typer.echo(text)
        shell.note(f"keep it now: it is not shown again. Its creditor's id is {kept.creditor}")


async def _add(name: str, creditor: str, scopes: tuple[str, ...]) -> tuple[str, ApiKey]:
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, creditor)
        return await app.keys.add(found.id, name.strip(), scopes, app.clock.now())


@key.command("list", epilog=examples("acuerdo key list", "acuerdo key list --json"))
def list_(as_json: Json = False) -> None:
    """The keys there are, with when they were last used."""
    rows = shell.run(_list())
    if as_json:
        for row in rows:
            shell.emit(row)
    elif rows:
        heads = ("Name", "Creditor", "Scopes", "Added", "Last used", "Revoked")
        shell.show(shell.table("", heads, (
            (row["name"], row["creditor"], ", ".join(row["scopes"]),
             *(f"{row[when]:%Y-%m-%d %H:%M}" if row[when] else "" for when in ("added_at", "used_at", "revoked_at")))
            for row in rows
        )))  # fmt: skip
    if not rows:
        raise shell.nothing("there are no keys yet; make one with acuerdo key add")


async def _list() -> list[dict[str, Any]]:
    import msgspec

    async with shell.house() as app:
        names = {one.id: one.name for one in await app.creditors.all()}
        return [
            msgspec.structs.asdict(one) | {"creditor": names[one.creditor], "creditor_id": one.creditor}
            for one in await app.keys.all()
        ]


@key.command("revoke", epilog=examples('acuerdo key revoke core-bancario --creditor "Banco Andino"'))
def revoke(
    name: Annotated[str, typer.Argument(help="The key's name.")],
    creditor: Annotated[str, typer.Option(help="Whose key it is.")],
    as_json: Json = False,
) -> None:
    """Takes a key out of use, at once and for good."""
    done = shell.run(_revoke(name, creditor))
    if as_json:
        shell.emit({"name": name, "creditor": creditor, "revoked": done})
    if not done:
        raise shell.nothing(f"no key {name!r} of {creditor} was in use")
    if not as_json:
        shell.note(f"{name} opens nothing any more")


async def _revoke(name: str, creditor: str) -> bool:
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, creditor)
        return await app.keys.revoke(found.id, name.strip(), app.clock.now())
