"""The conversations, as files: checked, drawn, tried by transcripts, published, and the schema that editors read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acuerdo.cli import shell
from acuerdo.cli.shell import Code, Json, examples

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from acuerdo.core.compliance import Rules
    from acuerdo.core.dialogue.picture import Traffic
    from acuerdo.core.dialogue.schema import Book
    from acuerdo.service.channels import Traits
    from acuerdo.service.publishing import Edition, Version

flows = typer.Typer(help="The conversations, as files.", no_args_is_help=True)

Folder = Annotated[
    Path | None,
    typer.Argument(exists=True, file_okay=False, help="A folder of .yaml files; else ACUERDO_FLOWS, else the shipped."),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--flows", exists=True, file_okay=False, help="The flows' folder; else ACUERDO_FLOWS, else the shipped."
    ),
]


def join(cli: typer.Typer) -> None:
    cli.add_typer(flows, name="flows")


@flows.command("check", epilog=examples("acuerdo flows check", "acuerdo flows check ./mis-flujos"))
def check(folder: Folder = None, as_json: Json = False) -> None:
    """Checks conversation files whole: each mistake with its file, line, flow, step, and the shortest way there.

    Also by the law packs in force, by how easily each text is read, and by what the channels that are set up can show.
    """
    from acuerdo.core.dialogue.schema import FlowError

    try:
        edition = _edition(folder)
    except FlowError as error:
        if as_json:
            shell.emit({"ok": False, "faults": [_fault(one) for one in error.faults]})
            raise typer.Exit(Code.REFUSED) from None
        raise
    book = edition.book
    told = {"files": len(book.files), "steps": len(book.steps), "texts": len(book.texts), "digest": book.digest}
    if as_json:
        shell.emit({"ok": True, "faults": [], **told, "creditors": len(edition.creditors)})
    else:
        more = f", {shell.counted(len(edition.creditors), 'creditor', 'creditors')} with its own texts"
        shell.show(
            f"{told['files']} files, {told['steps']} steps, {told['texts']} texts"
            f"{more if edition.creditors else ''}: nothing wrong"
        )


def _edition(folder: Path | None) -> Edition:
    """The flows of a folder, or what the installation starts with, checked whole."""
    from acuerdo.service.publishing import edition_of

    channels, rules = _beside()
    return edition_of(_files(folder), channels, rules)


def _files(folder: Path | None) -> dict[str, str]:
    from acuerdo.service.publishing import files_in
    from acuerdo.service.resources import shipped_files

    chosen = folder or shell.settings().flows
    return files_in(chosen) if chosen else dict(shipped_files())


def _beside() -> tuple[list[Traits], Rules]:
    """What flows are held to beside themselves: the channels that are set up, and the law in force."""
    from acuerdo.adapters.store.clock import SystemClock
    from acuerdo.service.channels import open_channels
    from acuerdo.service.law import load_rules

    async def traits() -> list[Traits]:
        async with open_channels(shell.settings(), lambda name: name) as channels:
            return [one.traits for one in channels.values()]

    return shell.run(traits()), load_rules(SystemClock().now().date())


def _fault(fault: Any) -> dict[str, Any]:
    import msgspec

    return dict(msgspec.structs.asdict(fault))


@flows.command("schema", epilog=examples("acuerdo flows schema > flujos.schema.json"))
def schema() -> None:
    """The JSON Schema of a flow file, for editors: what may be written where, and what it means."""
    import json

    from acuerdo.core.dialogue.editing import schema_of_flows

    typer.echo(json.dumps(schema_of_flows(), ensure_ascii=False, indent=2))


DRAW = examples(
    "acuerdo flows draw negociacion -o negociacion.svg",
    "acuerdo flows draw -o dibujos",
    "acuerdo flows draw identidad --traffic -o identidad.svg",
)


@flows.command("draw", epilog=DRAW)
def draw(
    flow: Annotated[str, typer.Argument(help="A flow's name; without one, all of them into a folder.")] = "",
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The file (or the folder); else standard output.")
    ] = None,
    traffic: Annotated[
        bool, typer.Option("--traffic", help="The share of conversations on each way, from what was recorded.")
    ] = False,
    most: Annotated[int, typer.Option("--most", min=1, help="The conversations counted, the newest first.")] = 2000,
    folder: From = None,
) -> None:
    """Draws a flow as a picture (SVG): its steps, what leads where, and with --traffic how many go each way."""
    from acuerdo.core.dialogue.picture import draw as drawn

    book = _book(folder)
    names = sorted({step.flow for step in book.steps.values()})
    if flow and flow not in names:
        from acuerdo.core.dialogue.files import near

        raise shell.UsageError(f"there is no flow {flow!r}{near(flow, names) or '; there are ' + ', '.join(names)}")
    counted = shell.run(_traffic(most)) if traffic else None
    if counted is not None and not counted.conversations:
        raise shell.nothing("no conversation was had yet")
    if flow and out is None:
        typer.echo(drawn(book, flow, counted), nl=False)
        return
    for name in [flow] if flow else names:
        path = out if flow and out else (out or Path()) / f"{name}.svg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn(book, name, counted), "utf-8")
        shell.note(f"{path}{f', {counted.conversations} conversations' if counted else ''}")


def _book(folder: Path | None) -> Book:
    from acuerdo.core.dialogue.files import CREDITORS
    from acuerdo.core.dialogue.verify import load

    return load({name: body for name, body in _files(folder).items() if not name.startswith(CREDITORS)})


async def _traffic(most: int) -> Traffic:
    from acuerdo.adapters.store.flows import StoredFlows
    from acuerdo.service.traffic import count

    async with shell.house() as app:
        return await count(app.talks, StoredFlows(app.pool, app.keyring).had(most))


@flows.command(
    "test", epilog=examples("acuerdo flows test ./conversaciones", "acuerdo flows test ./c --flows ./mis-flujos")
)
def try_out(
    folder: Annotated[Path, typer.Argument(exists=True, help="A transcript (.txt), or a folder with them.")],
    flows_folder: From = None,
    as_json: Json = False,
) -> None:
    """Plays transcripts through the flows and says where a conversation goes another way than written."""
    found = sorted(folder.rglob("*.txt")) if folder.is_dir() else [folder]
    if not found:
        raise shell.UsageError(f"{folder} holds no transcripts (.txt)")
    book = _book(flows_folder)
    wrong = {path: why for path in found if (why := _played(path, book))}
    if as_json:
        shell.emit({"ok": not wrong, "played": len(found), "wrong": {str(path): why for path, why in wrong.items()}})
    else:
        for why in wrong.values():
            shell.show(why + "\n")
        shell.note(f"{len(found) - len(wrong)} of {shell.counted(len(found), 'transcript', 'transcripts')} as written")
    if wrong:
        raise typer.Exit(Code.REFUSED)


def _played(path: Path, book: Book) -> str:
    """Where a transcript and the conversation part ways; empty where they do not."""
    from acuerdo.core.words import AcuerdoError
    from acuerdo.testing.transcripts import Wrong, play

    try:
        play(path, book)
    except Wrong as error:
        return str(error)
    except (AcuerdoError, ValueError, LookupError) as error:
        return f"{path.name}: cannot be played: {type(error).__name__}: {error}"
    return ""


@flows.command(
    "publish",
    epilog=examples(
        'acuerdo flows publish ./mis-flujos --note "saludo más corto"',
        "acuerdo flows publish ./mis-flujos --move mapa.toml",
        "acuerdo flows publish --shipped",
    ),
)
def publish(
    folder: Folder = None,
    move: Annotated[
        Path | None,
        typer.Option(
            "--move", exists=True, dir_okay=False, help="A map: live conversations take the new flows up too."
        ),
    ] = None,
    shipped: Annotated[bool, typer.Option("--shipped", help="Back to the flows that came with this release.")] = False,
    note: Annotated[str, typer.Option("--note", help="What is new, for whoever reads `flows list`.")] = "",
    as_json: Json = False,
) -> None:
    """Publishes flows: new conversations begin on them, and live ones stay on theirs or are moved by a checked map.

    A map is a TOML file: [steps] "flow.old" = "flow.new", [slots] alike. Steps that keep their name need no line. Where
    a live conversation has no place in the new flows nothing is published, and every such step is told.
    """
    from getpass import getuser

    if folder and shipped:
        raise shell.UsageError("write a folder or --shipped, not both")
    if not shipped and not (folder or shell.settings().flows):
        raise shell.UsageError(
            "write the folder to publish, or set ACUERDO_FLOWS; --shipped goes back to the shipped flows"
        )
    told = shell.run(_published(folder, move, shipped, note, getuser()))
    if as_json:
        shell.emit(told)
        return
    shell.show(f"version {told['version']}: {told['steps']} steps, digest {told['digest']}")
    if move:
        left = f"; {told['left']} went on meanwhile and stay on theirs" if told["left"] else ""
        shell.show(f"{shell.counted(told['moved'], 'live conversation', 'live conversations')} moved{left}")


async def _published(folder: Path | None, move: Path | None, shipped: bool, note: str, who: str) -> dict[str, Any]:
    from acuerdo.core.dialogue.moving import Moves
    from acuerdo.service.publishing import edition_of, read_moves, to_move
    from acuerdo.service.resources import shipped_files
    from acuerdo.service.talking import take_up

    async with shell.house() as app:
        traits, at = [one.traits for one in app.channels.values()], app.clock.now()
        files = dict(shipped_files()) if shipped else _files(folder)
        edition = edition_of(files, traits, app.house.rules(at.date()))
        await _known(edition, await app.creditors.all())
        store = app.house.flows
        assert store is not None  # noqa: S101 - an open house has it
        moves = read_moves(move, edition.book) if move else Moves()
        found = await to_move(store, edition, moves) if move else []
        number = await store.publish(edition, who, not shipped, note, at)
        left = 0
        for conversation, book in found:
            left += bool(await take_up(app.house, conversation, book, moves, at))
    book = edition.book
    return {
        "version": number, "digest": book.digest, "steps": len(book.steps), "creditors": sorted(edition.creditors),
        "moved": len(found) - left, "left": left,
    }  # fmt: skip


async def _known(edition: Edition, creditors: Iterable[Any]) -> None:
    """Whoever has texts of their own is a creditor here. Raises UsageError."""
    there = {one.id: one.name for one in creditors}
    strangers = set(edition.creditors) - set(there)
    if strangers:
        named = ", ".join(sorted(there.values())) or "none yet"
        raise shell.UsageError(
            f"creditors/: {shell.counted(len(strangers), 'file is', 'files are')} of no creditor; "
            f"name each file as `acuerdo creditor list` names them: {named}"
        )


@flows.command("list", epilog=examples("acuerdo flows list", "acuerdo flows list --json"))
def versions(as_json: Json = False) -> None:
    """The versions of the flows that were published, and how many open conversations go on each."""
    found = shell.run(_versions())
    if as_json:
        for one in found:
            shell.emit(_version(one))
        return
    rows = [
        (v.n, f"{v.at:%Y-%m-%d %H:%M}", v.who, "own" if v.own else "shipped", v.conversations, v.digest[:12], v.note)
        for v in reversed(found)
    ]
    columns = (">Version", "Published (UTC)", "By", "Flows", ">Open conversations", "Digest", "Note")
    shell.show(shell.table("Flows that were published", columns, rows))


def _versions() -> Coroutine[Any, Any, list[Version]]:
    async def asked() -> list[Version]:
        async with shell.house() as app:
            assert app.house.flows is not None  # noqa: S101 - an open house has it
            return await app.house.flows.versions()

    return asked()


def _version(version: Version) -> dict[str, Any]:
    import msgspec

    return dict(msgspec.to_builtins(version))
