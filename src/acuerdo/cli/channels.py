"""The channels: `acuerdo channels list`, `certify`, `letters`, `new`, `unread`, `reread`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Json, examples

if TYPE_CHECKING:
    from acuerdo.service.channels import Traits
    from acuerdo.service.letters import Started
    from acuerdo.service.outbound import Unread
    from acuerdo.testing.certifying import Outcome, Report

channels = typer.Typer(help="Channels: which there are, whether they hold, and what they could not read.")
MARKS = {True: "sí", False: "NO", None: "—"}
WORDS = {True: "cumple", False: "no cumple", None: "no se aplica"}
# What `new` writes, by the template's name; `@name@` is the channel's.
SCAFFOLD = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "init.py.txt": "src/acuerdo_@name@/__init__.py",
    "face.py.txt": "src/acuerdo_@name@/face.py",
    "test_channel.py.txt": "tests/test_channel.py",
}
STATUSES = {
    "unreadable": "ilegible",
    "odd": "en parte desconocido",
    "stranger": "de alguien que no conocemos",
    "aside": "de un pago, sin anotar",
}


def join(cli: typer.Typer) -> None:
    cli.add_typer(channels, name="channels")


@channels.command("list", epilog=examples("acuerdo channels list", "acuerdo channels list --json"))
def list_(as_json: Json = False) -> None:
    """The installed channels, what each can do, and how it is talked on."""
    found = shell.run(_traits())
    if as_json:
        import msgspec

        for name, traits in found.items():
            shell.emit({"installed_as": name, **msgspec.to_builtins(traits)})
        return
    heads = (
        "Installed",
        "Channel",
        "Answers",
        "Longest",
        ">Buttons",
        ">Rows",
        ">Cards",
        "Window",
        "Receipts",
        "Look-up",
        "Use",
    )
    shell.show(shell.table(f"{len(found)} channels", heads, (_row(name, one) for name, one in found.items())))


async def _traits() -> dict[str, Traits]:
    from contextlib import AsyncExitStack

    from acuerdo.service.channels import installed

    found = {}
    async with AsyncExitStack() as stack:
        for name, point in sorted(installed().items()):
            channel = await stack.enter_async_context(point.load()(shell.settings(), "a secret for looking"))
            found[name] = channel.traits
    return found


def _row(name: str, one: Traits) -> tuple[object, ...]:
    from acuerdo.service.places import manner_of

    use = "ready" if one.available else "not set up"
    return (
        name, one.name, manner_of(one.name).answers, one.longest, one.buttons, one.rows, one.cards,
        f"{one.window // 3600} h" if one.window else "", "yes" if one.receipts else "", "yes" if one.lookup else "",
        "sandbox" if one.sandbox else use,
    )  # fmt: skip


@channels.command(epilog=examples("acuerdo channels certify sms", "acuerdo channels certify whatsapp --json"))
def certify(
    name: Annotated[str, typer.Argument(help="An installed channel whose package brings the face of its provider.")],
    html: Annotated[Path | None, typer.Option(help="Writes the report there too, as a page.")] = None,
    as_json: Json = False,
) -> None:
    """Tries a channel on a provider that repeats itself, is late, lies, goes silent and changes its certificate."""
    report = shell.run(_certify(name))
    if html is not None:
        html.write_text(as_page(report), "utf-8")
    if as_json:
        import msgspec

        shell.emit(msgspec.to_builtins(report) | {"good": report.good})
    else:
        heads = ("", "El canal…", "Qué hizo", ">Segundos")
        rows = ((MARKS[o.good], o.asked, o.did, f"{o.seconds:.1f}") for o in report.outcomes)
        shell.show(shell.table(_headline(report), heads, rows))
    if not report.good:
        raise typer.Exit(shell.Code.REFUSED)


async def _certify(name: str) -> Report:
    from acuerdo.service.faces import face_of
    from acuerdo.testing.certifying import TRIALS
    from acuerdo.testing.certifying import certify as tried

    done = 0
    with shell.progress(name) as tick:

        def told(_: Outcome) -> None:
            nonlocal done
            done += 1
            tick(done, len(TRIALS))

        return await tried(name, face_of(name), told)


def _headline(report: Report) -> str:
    good = sum(one.good is True for one in report.outcomes)
    bad = sum(one.good is False for one in report.outcomes)
    return f"{report.channel}: cumple {good}, no cumple {bad}, no se aplican {len(report.outcomes) - good - bad}"


def as_page(report: Report) -> str:
    """The report as one page that needs nothing else."""
    from html import escape

    rows = "\n".join(
        f'<tr class="{ {True: "good", False: "bad", None: "none"}[o.good] }"><td>{WORDS[o.good]}</td>'
        f"<td>{escape(o.asked)}</td><td>{escape(o.did)}</td><td>{o.seconds:.1f}</td></tr>"
        for o in report.outcomes
    )
    return PAGE.format(title=escape(_headline(report)), rows=rows)


PAGE = """<!doctype html>
<html lang="es"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24 }}
table {{ border-collapse: collapse; width: 100% }}
td, th {{ text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #d9dee4; vertical-align: top }}
.good td:first-child {{ color: #116329 }} .bad td:first-child {{ color: #a40e26; font-weight: 600 }}
.none {{ color: #59636e }}
</style>
<h1>{title}</h1>
<table><tr><th></th><th>El canal…</th><th>Qué hizo</th><th>Segundos</th></tr>
{rows}
</table></html>
"""


@channels.command(epilog=examples("acuerdo channels new palomas", "acuerdo channels new palomas --folder ~/canales"))
def new(
    name: Annotated[str, typer.Argument(help="The channel's name: small letters, digits and _.")],
    folder: Annotated[Path, typer.Option(help="Where the package's own folder is made.")] = Path("."),
) -> None:
    """Writes a package for a channel: adapter, face of its provider, and the contract's tests, which pass at once."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", name):
        raise shell.UsageError(f"{name!r} is no name for a channel: small letters, digits and _, such as palomas")
    root = folder / f"acuerdo-{name}"
    if root.exists():
        raise shell.UsageError(f"{root} is there already; give another name or another folder")
    for path, text in scaffold(name).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    typer.echo(f"{root}: cd there, pip install -e ., pytest, and then begin with the face; its README says how")


def scaffold(name: str) -> Mapping[str, str]:
    """The files of a new channel's package, by their paths in it."""
    from importlib import resources

    at = resources.files("acuerdo") / "templates" / "channel"
    said = {"@name@": name, "@NAME@": name.upper()}

    def filled(text: str) -> str:
        for mark, word in said.items():
            text = text.replace(mark, word)
        return text

    return {filled(path): filled((at / source).read_text("utf-8")) for source, path in SCAFFOLD.items()}


@channels.command(epilog=examples("acuerdo channels letters sms --creditor 'Tienda Sol'"))
def letters(
    name: Annotated[str, typer.Argument(help="A channel that is set up.")],
    creditor: Annotated[str, typer.Option(help="Whose letters.")],
    as_json: Json = False,
) -> None:
    """The house's letters as a channel takes them: as which approved text, in how many parts, for about how much."""
    found = shell.run(_letters(name, creditor))
    if as_json:
        import msgspec

        for one in found:
            shell.emit(msgspec.to_builtins(one))
        return
    lacking = sum(one.template == "" for one in found)
    without = f", {lacking} without an approved template" if lacking else ""
    rows = ((o.letter, o.country, *_carried(o), o.text) for o in found)
    heads = ("Letter", "Country", "Template", ">Seconds", ">Parts", ">USD", "Words")
    shell.show(shell.table(f"{len(found)} letters{without}", heads, rows))


def _carried(one: Started) -> tuple[object, ...]:
    template = "" if one.template is None else one.template or "—"
    return template, one.ttl or "", one.parts, f"{one.cost / 1000:.3f}" if one.cost else ""


async def _letters(name: str, creditor: str) -> list[Started]:
    from acuerdo.service.channels import channel_of
    from acuerdo.service.creditors import creditor_named
    from acuerdo.service.letters import started
    from acuerdo.service.receiving import relearn

    async with shell.house() as app:
        await relearn(app.mail)
        one = await creditor_named(app.creditors, creditor)
        channel = channel_of(app.channels, name)
        base = f"https://{one.settings.domain}" if one.settings.domain else app.settings.base_url
        return started(channel, one.id, one.name, f"{base}/c/TOKEN")


Only = Annotated[str, typer.Option("--channel", help="Of one channel alone.")]


@channels.command(epilog=examples("acuerdo channels unread", "acuerdo channels unread --channel whatsapp --json"))
def unread(channel: Only = "", as_json: Json = False) -> None:
    """What came in and was not understood, or came from nobody we know: all of it is kept."""
    found = shell.run(_unread(channel))
    if as_json:
        import msgspec

        for one in found:
            shell.emit(msgspec.to_builtins(one))
    elif found:
        rows = ((one.channel, f"{one.at:%Y-%m-%d %H:%M}", STATUSES[one.status], one.why) for one in found)
        shell.show(shell.table(f"{len(found)} sin leer", ("Canal", "Llegó", "Qué pasa", "Por qué"), rows))
    if not found:
        raise shell.nothing("everything that came in was understood")


async def _unread(channel: str) -> list[Unread]:
    async with shell.house() as app:
        return await app.mail.inbox.unread(channel or None)


@channels.command(epilog=examples("acuerdo channels reread", "acuerdo channels reread --channel whatsapp"))
def reread(channel: Only = "", as_json: Json = False) -> None:
    """Has everything read again that was not understood, as after an upgrade; what is understood is done once."""
    many = shell.run(_reread(channel))
    if as_json:
        shell.emit({"again": many})
    elif many:
        typer.echo(f"{shell.counted(many, 'payload is', 'payloads are')} read again by the worker")
    if not many:
        raise shell.nothing("everything that came in was understood")


async def _reread(channel: str) -> int:
    async with shell.house() as app:
        return await app.mail.inbox.again(channel or None)
