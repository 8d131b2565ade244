"""What goes back to a creditor: `acuerdo results ...`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from datetime import date

    from acuerdo.app import App
    from acuerdo.core.results.profiles import Profile
    from acuerdo.core.results.typification import Typification
    from acuerdo.service.exporting import Batch, Choice, Exported, Exports

results = typer.Typer(help="The files of results that go back to creditors.", no_args_is_help=True)

Creditor = Annotated[str, typer.Option(help="Whose results.")]
ProfileName = Annotated[str, typer.Option(help="Which profile of file; each has its own mark of what went out.")]
TomlFile = typer.Option(exists=True, dir_okay=False, readable=True)
DEFAULT_PROFILE = "estandar"
DAYS = typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")


def join(cli: typer.Typer) -> None:
    cli.add_typer(results, name="results")


@results.command(
    epilog=examples(
        'acuerdo results export --creditor "Banco Andino"',
        'acuerdo results export --creditor "Banco Andino" --profile core --out /srv/entregas',
        'acuerdo results export --creditor "Banco Andino" --full --format xlsx --kinds promises,agreements,payments',
        'acuerdo results export --creditor "Banco Andino" --batch 3 --out otra-vez.csv',
    )
)
def export(
    creditor: Creditor,
    profile: ProfileName = DEFAULT_PROFILE,
    out: Annotated[
        Path | None,
        typer.Option(help="The file (it has a suffix), or the folder for one of the usual name; else this folder."),
    ] = None,
    form: Annotated[
        Literal["csv", "xlsx", "parquet"] | None, typer.Option("--format", help="In the place of the profile's.")
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Everything from the beginning; the mark stays.")] = False,
    since: Annotated[datetime | None, DAYS] = None,
    until: Annotated[datetime | None, DAYS] = None,
    kinds: Annotated[str, typer.Option(help="Of the profile's kinds, only these: attempts,promises,...")] = "",
    batch: Annotated[int | None, typer.Option(help="Write this file again: the same lines, the same bytes.")] = None,
    as_json: Json = False,
) -> None:
    """Writes what happened since the last file of this profile, each line in exactly one file.

    With --full, --since or --until (local days of the person, both included) it is aside: the next file goes on from
    where it was. If the one before was cut short, that one is written again, under its name, and nothing else.
    """
    if batch is not None and (full or since or until or kinds or form):
        raise shell.UsageError("--batch writes a file again as it was: leave the other choices out")
    choice = _choice(kinds, form, full, since, until)
    done = shell.run(_export(creditor, profile, choice, out, batch))
    if done is None:
        raise shell.nothing(f"there is nothing new for {creditor} by profile {profile}")
    _say(done, batch is not None, as_json)


def _choice(kinds: str, form: Any, full: bool, since: datetime | None, until: datetime | None) -> Choice:
    from acuerdo.core.results.profiles import kinds_of
    from acuerdo.service.exporting import Choice

    named = kinds_of([one.strip() for one in kinds.split(",")]) if kinds else ()
    aside = full or since is not None or until is not None
    return Choice(named, form, aside, _day(since), _day(until))


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _exports(app: App) -> Exports:
    from acuerdo.adapters.files.writing import open_target
    from acuerdo.adapters.store.results import StoredResults
    from acuerdo.service.exporting import Exports

    stored = StoredResults(app.pool, app.keyring)
    return Exports(stored, stored, stored, open_target)


def _place(out: Path | None) -> Callable[[str], str]:
    """Where a file goes by its usual name; whatever stands there already stays."""
    from acuerdo.adapters.files.writing import free

    def place(name: str) -> str:
        if out is None:
            return free(Path.cwd() / name)
        if out.suffix and not out.is_dir():
            return free(out)
        out.mkdir(parents=True, exist_ok=True)
        return free(out / name)

    return place


async def _export(name: str, profile: str, choice: Choice, out: Path | None, batch: int | None) -> Exported | None:
    from acuerdo.service import exporting
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found, house, at = await creditor_named(app.creditors, name), _exports(app), app.clock.now()
        with shell.progress(f"Writing results of {found.name}") as tick:
            if batch is not None:
                return await exporting.again(house, found, profile, batch, _place(out), at, tick)
            return await exporting.export(house, found, profile, choice, _place(out), at, tick)


def _say(done: Exported, asked_again: bool, as_json: bool) -> None:
    if done.resumed and not asked_again:
        shell.note(
            f"file {done.batch.n} had been begun and not finished: it is written now; run again for what is newer"
        )
    if not done.same:
        shell.note(
            "the bytes are not those of the first time: somebody's data were erased, or their document mended, since"
        )
    if as_json:
        shell.emit({
            "file": done.file, "batch": done.batch.n, "profile": done.batch.profile, "lines": done.lines,
            "digest": done.digest, "kinds": done.batch.kinds, "resumed": done.resumed, "same": done.same,
        })  # fmt: skip
        return
    rows = [(done.file, done.batch.n, done.lines, done.digest[:16])]
    shell.show(shell.table("Results written", ("File", ">Number", ">Lines", "SHA-256"), rows))


@results.command(epilog=examples('acuerdo results batches --creditor "Banco Andino"'))
def batches(creditor: Creditor, as_json: Json = False) -> None:
    """The files of results that were written, and any that was begun and not finished."""
    found = shell.run(_batches(creditor))
    if not found:
        raise shell.nothing(f"no results of {creditor} were exported yet")
    if as_json:
        for one in found:
            shell.emit(_as_told(one))
        return
    heads = ("Profile", ">Number", "File", ">Lines", "Written", "Kinds", "SHA-256")
    rows = [
        (one.profile, one.n, one.file.rpartition("/")[2], one.lines, _when(one), ", ".join(one.kinds),
         (one.digest or "")[:16])
        for one in found
    ]  # fmt: skip
    shell.show(shell.table(f"Results of {creditor}", heads, rows))


def _when(one: Batch) -> str:
    if one.written_at is None:
        return "not finished"
    return f"{one.written_at:%Y-%m-%d %H:%M}{'' if one.moves else ' (aside)'}"


def _as_told(one: Batch) -> dict[str, Any]:
    return {
        "profile": one.profile, "batch": one.n, "file": one.file, "lines": one.lines, "kinds": one.kinds,
        "since": one.since, "until": one.until, "aside": not one.moves, "began_at": one.began_at,
        "written_at": one.written_at, "digest": one.digest,
    }  # fmt: skip


async def _batches(name: str) -> list[Batch]:
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        return await _exports(app).batches.all((await creditor_named(app.creditors, name)).id)


@results.command(
    epilog=examples(
        'acuerdo results profile perfil-core.toml --creditor "Banco Andino"',
        'acuerdo results profile --creditor "Banco Andino"',
    )
)
def profile(
    creditor: Creditor,
    file: Annotated[
        Path | None, typer.Argument(exists=True, dir_okay=False, help="TOML; without it, those kept.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Keeps a creditor's profile of file under the name that it gives itself; or shows those kept."""
    text = text_in(file) if file else None
    kept = shell.run(_profiles(creditor, text, file.name if file else ""))
    if as_json:
        for one in kept:
            shell.emit(_profile_told(one))
        return
    rows = [
        (one.name, one.format, ", ".join(one.kinds), ", ".join(header for header, _ in one.columns)) for one in kept
    ]
    shell.show(shell.table(f"Profiles of {creditor}", ("Profile", "Format", "Kinds", "Columns"), rows))


def _profile_told(one: Profile) -> dict[str, Any]:
    import msgspec

    return {"name": one.name, "format": one.format, "kinds": one.kinds, "columns": msgspec.to_builtins(one.columns)}


async def _profiles(name: str, text: str | None, source: str) -> list[Profile]:
    from acuerdo.service import exporting
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found, shelf = await creditor_named(app.creditors, name), _exports(app).shelf
        if text is not None:
            return [await exporting.keep_profile(shelf, found, text, source, app.clock.now())]
        names = [*await shelf.names(found.id, "profile")]
        names += [] if DEFAULT_PROFILE in names else [DEFAULT_PROFILE]
        return [await exporting.profile_of(shelf, found, one) for one in names]


@results.command(epilog=examples("acuerdo results fields"))
def fields(as_json: Json = False) -> None:
    """What a profile's columns may hold."""
    from acuerdo.core.results.columns import FIELDS

    if as_json:
        for name, one in FIELDS.items():
            shell.emit({"field": name, "form": one.form, "meaning": one.meaning})
        return
    rows = [(name, one.form, one.meaning) for name, one in FIELDS.items()]
    shell.show(shell.table("Fields of a file of results", ("Field", "Form", "Meaning"), rows))


@results.command(
    epilog=examples(
        "acuerdo results typification",
        "acuerdo results typification --check banco.toml",
        'acuerdo results typification --keep banco.toml --creditor "Banco Andino"',
    )
)
def typification(
    creditor: Annotated[str, typer.Option(help="Whose; without it, the shipped one.")] = "",
    check: Annotated[Path | None, TomlFile] = None,
    keep: Annotated[Path | None, TomlFile] = None,
    outcomes: Annotated[bool, typer.Option("--outcomes", help="Our outcomes and what they mean.")] = False,
    as_json: Json = False,
) -> None:
    """Draws the tree from our outcomes to a creditor's codes: its own, the shipped one, or a file's to be checked."""
    if outcomes:
        _show_outcomes(as_json)
        return
    if keep and not creditor:
        raise shell.UsageError("--keep needs --creditor: whose typification is it?")
    tree = _checked(check) if check else shell.run(_tree(creditor, keep)) if creditor else _checked(None)
    if as_json:
        for leaf in tree.leaves:
            shell.emit({"code": leaf.code, "path": leaf.path, "outcomes": leaf.outcomes})
        return
    from acuerdo.core.results.typification import draw

    typer.echo(draw(tree))


def _show_outcomes(as_json: bool) -> None:
    from acuerdo.core.results.outcomes import OUTCOMES

    if as_json:
        for name, meaning in OUTCOMES.items():
            shell.emit({"outcome": name, "meaning": meaning})
        return
    shell.show(shell.table("Outcomes", ("Outcome", "Meaning"), OUTCOMES.items()))


def _checked(file: Path | None) -> Typification:
    from acuerdo.core.results.typification import load_typification
    from acuerdo.service.exporting import shipped_typification

    return load_typification(text_in(file), file.name) if file else load_typification(shipped_typification())


async def _tree(name: str, keep: Path | None) -> Typification:
    from acuerdo.service import exporting
    from acuerdo.service.creditors import creditor_named

    text = await shell.blocking(keep.read_text, "utf-8") if keep else ""
    async with shell.house() as app:
        found, shelf = await creditor_named(app.creditors, name), _exports(app).shelf
        if keep:
            return await exporting.keep_typification(shelf, found, text, keep.name, app.clock.now())
        return await exporting.typification_of(shelf, found)
