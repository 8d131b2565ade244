"""Creditors and their files: `acuerdo creditor ...`, `acuerdo portfolio ...`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples
from acuerdo.service.written import text_in

if TYPE_CHECKING:
    from acuerdo.service.creditors import Creditor, Settings
    from acuerdo.service.importing import Arrival, Intake, Intakes, Report

creditor = typer.Typer(help="The companies that are owed.", no_args_is_help=True)
portfolio = typer.Typer(help="The files of debts that creditors send.", no_args_is_help=True)

LOGO_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}
LARGEST_LOGO = 30_000  # bytes: it travels inside each page


def join(cli: typer.Typer) -> None:
    cli.add_typer(creditor, name="creditor")
    cli.add_typer(portfolio, name="portfolio")


@creditor.command(
    "add",
    epilog=examples(
        'acuerdo creditor add "Banco Andino" --tax-id 900123456-8 --phone "601 555 0100"',
        'acuerdo creditor add "Tienda Sol" --ownership agency --agency "Recauda SAS" --sender sms=TiendaSol',
    ),
)
def add(
    name: Annotated[str, typer.Argument(help="The name people know it by; texts use it.")],
    legal_name: Annotated[str, typer.Option(help="Its registered name; the name itself where not given.")] = "",
    tax_id: Annotated[str, typer.Option(help="NIT, RFC, RUT, RUC, CUIT or NIF.")] = "",
    address: Annotated[str, typer.Option(help="Postal address, which some countries ask to be told.")] = "",
    logo: Annotated[str, typer.Option(help="A picture (svg, png, jpg), or the address of one.")] = "",
    ownership: Annotated[
        Literal["first_party", "assigned", "agency"] | None,
        typer.Option(help="Whose debt it is and who collects it: its own (first), bought, or for another."),
    ] = None,
    agency: Annotated[str, typer.Option(help="Who collects on its behalf; needed with --ownership agency.")] = "",
    phone: Annotated[str, typer.Option(help="Where people call.")] = "",
    desk_hours: Annotated[str, typer.Option(help="When a person answers, as texts say it.")] = "",
    payment_places: Annotated[str, typer.Option(help="Where else one may pay, as texts say it.")] = "",
    agency_address: Annotated[
        str, typer.Option(help="The agency's address, which some countries ask to be told.")
    ] = "",
    agency_phone: Annotated[str, typer.Option(help="Where people call the agency.")] = "",
    agency_powers: Annotated[str, typer.Option(help="What the agency may do, as texts say it.")] = "",
    responsible: Annotated[str, typer.Option(help="Who answers for the collecting: name and post.")] = "",
    complaints: Annotated[str, typer.Option(help="The creditor's complaint unit: its name, phone or e-mail.")] = "",
    acquired_from: Annotated[str, typer.Option(help="Of whom the debts were bought (--ownership assigned).")] = "",
    files: Annotated[str, typer.Option(help="Credit files it may report to; those are then named to people.")] = "",
    treatment: Annotated[
        Literal["usted", "tu", "vos"] | None, typer.Option(help="How the chat speaks to people; usted where not given.")
    ] = None,
    domain: Annotated[
        str, typer.Option(help="The creditor's own domain for links, pointed at this installation.")
    ] = "",
    sender: Annotated[list[str] | None, typer.Option(help="Sender's name on a channel, as sms=BancoAndino.")] = None,
    as_json: Json = False,
) -> None:
    """Adds a creditor, or changes one of that name: what is not given stays as it was."""
    from acuerdo.service.creditors import checked_domain

    given = {
        "legal_name": legal_name, "tax_id": tax_id, "address": address, "logo": _logo(logo), "ownership": ownership,
        "agency": agency, "phone": phone, "desk_hours": desk_hours, "payment_places": payment_places,
        "senders": _senders(sender or ()), "agency_address": agency_address, "agency_phone": agency_phone,
        "agency_powers": agency_powers, "responsible": responsible, "complaints": complaints,
        "acquired_from": acquired_from, "files": files, "treatment": treatment,
        "domain": checked_domain(domain) if domain else "",
    }  # fmt: skip
    if ownership == "agency" and not agency:
        raise shell.UsageError("--ownership agency needs --agency: texts must say who writes, and for whom")
    added = shell.run(_add(name, {key: value for key, value in given.items() if value}))
    if as_json:
        shell.emit({"id": added.id, "name": added.name})
    else:
        shell.show(_creditors([added]))


async def _add(name: str, given: dict[str, Any]) -> Creditor:
    import msgspec

    from acuerdo.service.creditors import Settings, add_creditor, creditor_named

    async with shell.house() as app:
        known = {one.name.casefold() for one in await app.creditors.all()}
        if " ".join(name.split()).casefold() in known:
            before: Settings = (await creditor_named(app.creditors, name)).settings
        else:
            before = Settings(legal_name=" ".join(name.split()))
        if "senders" in given:  # one channel's name does not take the others' away
            given["senders"] = before.senders | given["senders"]
        return await add_creditor(app.creditors, name, msgspec.structs.replace(before, **given), app.clock.now())


def _logo(given: str) -> str:
    """A picture's file as a data address, so that pages need nothing from elsewhere; an address as it is."""
    if not given or given.startswith(("data:", "https://")):
        return given
    import base64

    path = Path(given)
    kind = LOGO_TYPES.get(path.suffix.lower())
    if kind is None:
        raise shell.UsageError(f"--logo {given}: not a picture we know; use one of {', '.join(LOGO_TYPES)}")
    body = path.read_bytes()
    if len(body) > LARGEST_LOGO:
        raise shell.UsageError(f"--logo {given}: {len(body)} bytes; make it smaller than {LARGEST_LOGO}")
    return f"data:{kind};base64,{base64.b64encode(body).decode()}"


def _senders(given: list[str] | tuple[str, ...]) -> dict[str, str]:
    pairs = dict(one.partition("=")[::2] for one in given)
    for channel, name in pairs.items():
        if not channel or not name:
            raise shell.UsageError(f"--sender {channel}={name}: write it like sms=BancoAndino")
    return pairs


def _creditors(all_: list[Creditor]) -> Any:
    heads = ("Creditor", "Legal name", "Tax id", "Ownership", "Agency", "Phone", "Desk hours", "Senders")
    return shell.table("", heads, ([
        one.name, one.settings.legal_name, one.settings.tax_id, one.settings.ownership, one.settings.agency,
        one.settings.phone, one.settings.desk_hours,
        ", ".join(f"{channel}={name}" for channel, name in one.settings.senders.items()),
    ] for one in all_))  # fmt: skip


@creditor.command("list", epilog=examples("acuerdo creditor list", "acuerdo creditor list --json"))
def list_(as_json: Json = False) -> None:
    """The creditors there are."""
    import msgspec

    all_ = shell.run(_all())
    if as_json:
        for one in all_:
            shell.emit(msgspec.to_builtins(one))
    elif all_:
        shell.show(_creditors(all_))
    if not all_:
        raise shell.nothing("there are no creditors yet; add one with acuerdo creditor add")


async def _all() -> list[Creditor]:
    async with shell.house() as app:
        return await app.creditors.all()


@portfolio.command(
    "import",
    epilog=examples(
        'acuerdo portfolio import cartera.csv --creditor "Banco Andino" --country CO',
        'acuerdo portfolio import cartera.csv --creditor "Banco Andino" --country CO --mapping mapeo.toml --dry-run',
        'acuerdo portfolio import cartera.xlsx --creditor "Banco Andino" --country CO --guess',
    ),
)
def import_(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="CSV, XLSX or Parquet.")],
    creditor: Annotated[str, typer.Option(help="Whose file it is.")],
    country: Annotated[str, typer.Option(help="The country of rows that name none: CO, MX, CL, PE, AR or ES.")],
    mapping: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="TOML: from the file's columns to ours.")
    ] = None,
    sheet: Annotated[str, typer.Option(help="The sheet of a workbook to read.")] = "",
    close_missing: Annotated[
        bool, typer.Option("--close-missing", help="Closes the accounts that the file leaves out.")
    ] = False,
    sure: Annotated[bool, typer.Option("--yes", help="Closes them also when they are over a fifth of all.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Says what would happen and shows the first rows; changes nothing.")
    ] = False,
    guess: Annotated[
        bool, typer.Option("--guess", help="Only proposes a mapping, in NAME.mapeo.toml beside the file, for review.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Takes a creditor's file in; bad rows are set aside in NAME.apartadas.csv beside it, and good ones go in.

    The same file again changes nothing; a newer one brings balances up to date. The mapping is remembered: the next
    file of the same header needs none.
    """
    if guess:
        from acuerdo.cli.guessing import propose

        propose(file, country, sheet, as_json)
        return
    asked = _Asked(creditor, country, sheet, mapping, dry_run, close_missing, sure)
    report, aside, first, profile = shell.run(_import(file, asked))
    if as_json:
        shell.emit(_told(file, creditor, report, aside, dry_run) | {"profile": profile or None, "first_rows": first})
        return
    if profile:
        shell.note(f"read by the mapping remembered as «{profile}»; acuerdo portfolio profiles shows it")
    counts = (
        report.added, report.updated, report.unchanged, report.closed, report.set_aside, report.doubtful,
    )  # fmt: skip
    title = f"{file.name}: what would happen" if dry_run else f"{file.name} → {creditor}"
    heads = (">In", ">Updated", ">Unchanged", ">Closed", ">Set aside", ">Doubtful")
    shell.show(shell.table(title, heads, [counts]))
    if dry_run:
        from acuerdo.cli.guessing import show_first

        show_first(first)
    _remark(report)
    if report.warnings:
        _warn(report)
    if aside is not None:
        shell.note(shell.set_aside(report.set_aside, aside))


def _remark(report: Report) -> None:
    if report.older:
        older = shell.counted(report.older, "unchanged row is older", "unchanged rows are older")
        shell.note(f"{older} than what is on record")
    if report.back:
        back = shell.counted(report.back, "account that had been closed is", "accounts that had been closed are")
        shell.note(f"{back} open again")
    if report.matched:
        matched = shell.counted(report.matched, "payment made to us is", "payments made to us are")
        shell.note(f"{matched} in the file's balances")
    for one in report.differences:
        missing = f"{one.missing.plain()} {one.missing.currency}"
        balances = shell.counted(one.accounts, "balance", "balances")
        shell.note(f"{balances} should be lower for payments made to us, by {missing} in all: ask them")
    if report.doubtful:
        shell.note(f"{shell.counted(report.doubtful, 'pair', 'pairs')} may be one person: acuerdo people review")


def _warn(report: Report) -> None:
    rows = [(one.row, one.column, one.reason, one.mend) for one in report.warnings[:10]]
    more = f" (the first 10 of {len(report.warnings)})" if len(report.warnings) > 10 else ""
    shell.show(shell.table(f"Taken in, but look at them{more}", (">Row", "Column", "Why", "To mend"), rows))


def _told(file: Path, creditor: str, report: Report, aside: Path | None, dry_run: bool) -> dict[str, Any]:
    return {
        "file": str(file), "creditor": creditor, "in": report.added, "updated": report.updated,
        "unchanged": report.unchanged, "set_aside": report.set_aside,
        "closed": report.closed, "back": report.back, "doubtful": report.doubtful, "matched": report.matched,
        "differences": [
            {"accounts": one.accounts, "missing": one.missing.plain(), "currency": one.missing.currency}
            for one in report.differences
        ],
        "set_aside_file": str(aside) if aside else None, "older": report.older, "digest": report.digest,
        "import": None if dry_run else report.import_id,
        "dry_run": dry_run,
        "warnings": [
            {"row": one.row, "column": one.column, "code": one.code, "reason": one.reason} for one in report.warnings
        ],
    }  # fmt: skip


class _Asked(NamedTuple):
    """What was said beside the file and its mapping."""

    creditor: str
    country: str
    sheet: str
    mapping: Path | None
    dry_run: bool
    close_missing: bool
    sure: bool


async def _import(file: Path, asked: _Asked) -> tuple[Report, Path | None, list[dict[str, Any]], str]:
    from acuerdo.adapters.files import open_path
    from acuerdo.adapters.store.profiles import StoredProfiles
    from acuerdo.cli.guessing import first_rows, raw
    from acuerdo.core.portfolio.forms import PORTFOLIO
    from acuerdo.core.portfolio.mapping import load_mapping
    from acuerdo.service.creditors import creditor_named
    from acuerdo.service.importing import import_day, import_portfolio
    from acuerdo.service.profiles import Profile, mapping_for, remember

    text = text_in(asked.mapping) if asked.mapping else ""
    async with shell.house() as app:
        found, at = await creditor_named(app.creditors, asked.creditor), app.clock.now()
        profiles, grids = StoredProfiles(app.pool), await shell.blocking(raw, file, asked.sheet)
        given = ("", load_mapping(text, asked.mapping.name)) if asked.mapping else None
        known = given or await mapping_for(profiles, found.id, "portfolio", grids, PORTFOLIO)
        profile, mapping = known or ("", None)
        day = import_day(asked.country, at)
        opened = await shell.blocking(open_path, file, PORTFOLIO, mapping, asked.country, day, asked.sheet)
        store: Intakes = Undone(app.portfolio) if asked.dry_run else app.portfolio
        with shell.progress(f"Importing {file.name}") as tick:
            report = await import_portfolio(
                store, found, opened, file.name, at, tick, close_missing=asked.close_missing,
                sure=asked.sure or asked.dry_run,
            )  # fmt: skip
        first = await shell.blocking(first_rows, opened) if asked.dry_run else []
        if asked.mapping and not asked.dry_run:
            await remember(profiles, found.id, Profile("portfolio", asked.mapping.stem, text, at), grids, PORTFOLIO)
    aside = None
    if report.set_aside_file is not None and not asked.dry_run:
        aside = await shell.blocking(set_aside_beside, file, report.set_aside_file)
    return report, aside, first, profile


def set_aside_beside(file: Path, body: bytes) -> Path:
    """Writes the rows set aside beside their file; in this folder when that one may not be written."""
    beside = file.with_name(f"{file.stem}.apartadas.csv")
    try:
        beside.write_bytes(body)
    except OSError as why:
        here = Path.cwd() / beside.name
        shell.note(f"{beside} cannot be written ({why.strerror}); the rows set aside go to {here}")
        here.write_bytes(body)
        return here
    return beside


class _Enough(Exception):
    """All was tried; nothing is to stay."""


class Undone:
    """Where a file goes in and comes out again: all that an import would do, and then none of it."""

    def __init__(self, store: Intakes) -> None:
        self._store = store

    def intake(self, arrival: Arrival) -> AbstractAsyncContextManager[Intake]:
        return self._tried(arrival)

    @asynccontextmanager
    async def _tried(self, arrival: Arrival) -> AsyncIterator[Intake]:
        try:
            async with self._store.intake(arrival) as intake:
                yield intake
                raise _Enough
        except _Enough:
            pass


@portfolio.command(epilog=examples("acuerdo portfolio columns", "acuerdo portfolio columns --json"))
def columns(as_json: Json = False) -> None:
    """The canonical columns of a file: what they mean, and the headers that are understood without a mapping."""
    from itertools import groupby

    import msgspec

    from acuerdo.core.portfolio.columns import COLUMNS

    if as_json:
        for one in COLUMNS:
            shell.emit(msgspec.to_builtins(one))
        return
    needed = {"yes": "yes", "no": ""}
    heads = ("Column", "Needed", "Meaning", "Examples", "Also understood")
    for subject, group in groupby(COLUMNS, key=lambda one: one.subject):
        rows = [
            (one.name, needed.get(one.required, f"one of {one.required}"), one.meaning, " · ".join(one.examples),
             ", ".join(one.also[:4]))
            for one in group
        ]  # fmt: skip
        shell.show(shell.table(subject, heads, rows))
