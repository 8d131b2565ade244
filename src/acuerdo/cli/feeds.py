"""The other files that creditors send: `acuerdo payments import`, `contacts`, `optouts`, `consents`, and so on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from acuerdo.cli import shell
from acuerdo.cli.portfolio import set_aside_beside
from acuerdo.cli.shell import Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from acuerdo.adapters.store.feeds import Waiting
    from acuerdo.core.portfolio.mapping import Mapping
    from acuerdo.service.feeding import FeedReport

# What each feed brings, as its help says it.
FEEDS: dict[str, str] = {
    "payments": "Payments that the creditor saw, and those it took back.",
    "contacts": "Attempts at contact that diallers, agencies and people made; they count in the one ledger.",
    "optouts": "People who told the creditor that they want no more messages.",
    "consents": "What people said about being written to: yes or no, per channel.",
    "registers": "Do-not-call lists, debts before a court, people who died or are insolvent.",
    "contactdata": "New phones, e-mails and addresses of people, and old ones that went bad.",
}
MOST_SHOWN = 10


class Asked(NamedTuple):
    """What was said beside the file and its mapping."""

    feed: str
    creditor: str
    country: str
    sheet: str
    dry_run: bool


def join(cli: typer.Typer) -> None:
    for feed, about in FEEDS.items():
        cli.add_typer(_commands(feed, about), name=feed)


def _commands(feed: str, about: str) -> typer.Typer:
    """A feed's own commands: the same for all."""
    room = typer.Typer(help=about, no_args_is_help=True)

    def import_(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, XLSX or Parquet.")],
        creditor: Annotated[str, typer.Option(help="Whose file it is.")],
        country: Annotated[
            str, typer.Option(help="The country of rows that name none; the creditor's own where not given.")
        ] = "",
        mapping: Annotated[
            Path | None, typer.Option(exists=True, dir_okay=False, help="TOML: from the file's columns to ours.")
        ] = None,
        sheet: Annotated[str, typer.Option(help="Which sheet of a workbook.")] = "",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Says what would happen, and changes nothing.")
        ] = False,
        as_json: Json = False,
    ) -> None:
        """Takes a file in; bad rows are set aside in NAME.apartadas.csv beside it, and good ones go in.

        The same rows again change nothing. Those whose account or person is not known wait for a portfolio.
        """
        asked = Asked(feed, creditor, country, sheet, dry_run)
        report, aside = shell.run(_import(file, mapping, asked))
        if as_json:
            shell.emit(_told(file, asked, report, aside))
        else:
            _show(file, asked, report, aside)

    def unmatched(
        creditor: Annotated[str, typer.Option(help="Whose rows.")],
        as_json: Json = False,
    ) -> None:
        """The rows that wait for an account, a person or a payment that is not known yet."""
        found = shell.run(_waiting(feed, creditor))
        if as_json:
            for one in found:
                shell.emit({"file": one.file, "row": one.row, "at": one.at, "wants": one.wants})
        elif found:
            rows = [(one.at.date(), one.file, one.row, one.wants) for one in found]
            shell.show(shell.table(f"{feed}: rows that wait", ("Since", "File", ">Row", "For"), rows))
        if not found:
            raise shell.nothing(f"no row of {feed} waits")

    def columns(as_json: Json = False) -> None:
        """The canonical columns of these files: what they mean, and the headers understood without a mapping."""
        _columns(feed, as_json)

    room.command(
        "import",
        epilog=examples(
            f'acuerdo {feed} import archivo.csv --creditor "Banco Andino" --country CO',
            f'acuerdo {feed} import archivo.xlsx --creditor "Banco Andino" --country CO --dry-run',
        ),
    )(import_)
    room.command("unmatched", epilog=examples(f'acuerdo {feed} unmatched --creditor "Banco Andino"'))(unmatched)
    room.command("columns", epilog=examples(f"acuerdo {feed} columns", f"acuerdo {feed} columns --json"))(columns)
    return room


async def _import(file: Path, mapping: Path | None, asked: Asked) -> tuple[FeedReport, Path | None]:
    from acuerdo.adapters.files.opening import open_path
    from acuerdo.adapters.store.feeds import StoredFeeds
    from acuerdo.service.creditors import creditor_named
    from acuerdo.service.feeding import feed_file, form_of
    from acuerdo.service.importing import import_day

    form = form_of(asked.feed)
    chosen = await shell.blocking(_mapping, mapping, asked.feed) if mapping else None
    async with shell.house() as app:
        found, at = await creditor_named(app.creditors, asked.creditor), app.clock.now()
        country = asked.country or found.settings.country
        if not country:
            raise shell.UsageError(f"--country is needed: {found.name} has none of its own")
        day = import_day(country, at)
        opened = await shell.blocking(open_path, file, form, chosen, country, day, asked.sheet)
        with shell.progress(f"Importing {file.name}") as tick:
            report = await feed_file(
                StoredFeeds(app.pool, app.keyring), asked.feed, found, opened, file.name, at, progress=tick,
                dry_run=asked.dry_run,
            )  # fmt: skip
    aside = None
    if report.set_aside_file is not None and not asked.dry_run:
        aside = await shell.blocking(set_aside_beside, file, report.set_aside_file)
    return report, aside


def _mapping(path: Path, feed: str) -> Mapping:
    from acuerdo.core.portfolio.mapping import load_mapping
    from acuerdo.service.feeding import form_of

    return load_mapping(text_in(path), path.name, form_of(feed))


async def _waiting(feed: str, creditor: str) -> list[Waiting]:
    from acuerdo.adapters.store.feeds import unmatched
    from acuerdo.service.creditors import creditor_named

    async with shell.house() as app:
        found = await creditor_named(app.creditors, creditor)
        return await unmatched(app.pool, app.keyring, found.id, feed)


def _told(file: Path, asked: Asked, report: FeedReport, aside: Path | None) -> dict[str, Any]:
    return {
        "feed": asked.feed, "file": str(file), "creditor": asked.creditor, **report.counts,
        "set_aside_file": str(aside) if aside else None, "digest": report.digest,
        "import": None if asked.dry_run else report.import_id, "dry_run": asked.dry_run,
        "faults": [_fault(one) for one in report.faults], "warnings": [_fault(one) for one in report.warnings],
    }  # fmt: skip


def _fault(one: Any) -> dict[str, Any]:
    return {"row": one.row, "column": one.column, "code": one.code, "reason": one.reason, "mend": one.mend}


def _show(file: Path, asked: Asked, report: FeedReport, aside: Path | None) -> None:
    title = f"{file.name}: what would happen" if asked.dry_run else f"{file.name} → {asked.creditor}"
    counts = (report.taken, report.unchanged, report.unmatched, report.set_aside)
    shell.show(shell.table(title, (">Taken", ">Unchanged", ">Unmatched", ">Set aside"), [counts]))
    if report.unmatched:
        rows_go = shell.counted(
            report.unmatched, "row is of an account or person not known yet; it goes in",
            "rows are of accounts or people not known yet; they go in",
        )  # fmt: skip
        them = "it" if report.unmatched == 1 else "them"
        shell.note(f"{rows_go} with the portfolio that brings {them}: acuerdo {asked.feed} unmatched")
    for told, heading in ((report.faults, "Set aside"), (report.warnings, "Taken in, but look at them")):
        if told:
            rows = [(one.row, one.column, one.reason, one.mend) for one in told[:MOST_SHOWN]]
            more = f" (the first {MOST_SHOWN} of {len(told)})" if len(told) > MOST_SHOWN else ""
            shell.show(shell.table(heading + more, (">Row", "Column", "Why", "To mend"), rows))
    if aside is not None:
        shell.note(shell.set_aside(report.set_aside, aside))


def _columns(feed: str, as_json: bool) -> None:
    import msgspec

    from acuerdo.service.feeding import form_of

    form = form_of(feed)
    if as_json:
        for one in form.columns:
            shell.emit(msgspec.to_builtins(one))
        return
    needed = {"yes": "yes", "no": ""}
    rows = [
        (one.name, needed.get(one.required, " or ".join(form.groups.get(one.required, ()))), one.meaning,
         " · ".join(one.examples), ", ".join(one.also[:4]))
        for one in form.columns
    ]  # fmt: skip
    heads = ("Column", "Needed", "Meaning", "Examples", "Also understood")
    shell.show(shell.table(f"Columns of a file of {feed}", heads, rows))
