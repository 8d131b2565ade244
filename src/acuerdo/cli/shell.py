"""What every command shares: exit codes, where words go, the house opened once, and errors as one clear line."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from typer.core import TyperGroup

from acuerdo.core.words import AcuerdoError

if TYPE_CHECKING:
    from datetime import datetime

    from rich.console import Console, RenderableType

    from acuerdo.app import App
    from acuerdo.service.settings import Settings

T = TypeVar("T")
WIDE = 200  # characters
Tick = Callable[[int, int], None]


class Code(IntEnum):
    """What a command's exit code says."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    AWAY = 3
    NOTHING = 4
    INTERRUPTED = 130


# The one table of exit codes: `acuerdo --help` and the documentation show it.
CODES: dict[Code, str] = {
    Code.OK: "done",
    Code.REFUSED: "refused, or failed for a reason that stderr names",
    Code.USAGE: "the command line, or a setting, is wrong",
    Code.AWAY: "the database cannot be reached",
    Code.NOTHING: "there was nothing to do",
    Code.INTERRUPTED: "interrupted (Ctrl-C)",
}
CODES_TEXT = "Exit codes: " + "; ".join(f"{code.value} {what}" for code, what in CODES.items()) + "."

Json = Annotated[bool, typer.Option("--json", help="One JSON object, or one per line, on stdout and nothing else.")]


class UsageError(AcuerdoError):
    """The command line, or a setting, is wrong."""


class Away(AcuerdoError):
    """The database cannot be reached."""


class Commands(TyperGroup):
    """The root command: whatever goes wrong below it becomes one line on stderr and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        failure: Exception
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()  # here, where a reader that left can still be met
            return done
        except KeyboardInterrupt:
            note("interrupted")
            raise typer.Exit(Code.INTERRUPTED) from None
        except BrokenPipeError:
            # Whoever read us has read enough (`acuerdo ... | head`); what is left is not for anybody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Code.OK) from None
        except (AcuerdoError, OSError) as error:
            failure = error
        except Exception as error:
            if not _is_database(error):
                raise
            failure = error
        note(f"error: {_words(failure)}")
        raise typer.Exit(_code(failure)) from None


def _is_database(error: Exception) -> bool:
    return type(error).__module__.startswith("asyncpg")


def _code(error: Exception) -> Code:
    if isinstance(error, UsageError):
        return Code.USAGE
    if isinstance(error, Away | ConnectionError | TimeoutError) or _is_database(error):
        return Code.AWAY
    # Named, not imported: only who met one of them has paid for the modules that define them.
    away = {"CannotStart", "NoPostgres", "WrongVersion", "NewerSchema"}
    return Code.AWAY if type(error).__name__ in away else Code.REFUSED


def _words(error: Exception) -> str:
    if isinstance(error, AcuerdoError):
        return str(error) or (type(error).__doc__ or type(error).__name__)
    if _code(error) is Code.AWAY:
        return f"the database does not answer ({_brief(error)}); look at it with acuerdo doctor"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return _brief(error)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def note(text: str) -> None:
    """A line for a person, on stderr, whatever stdout is for."""
    sys.stderr.write(f"acuerdo: {text}\n")


def out() -> Console:
    """Where results for people go; a file or a pipe has room for wide tables."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)


def show(*what: RenderableType) -> None:
    """Puts results for people on stdout."""
    console = out()
    for one in what:
        console.print(one)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> RenderableType:
    """A table for people; columns whose heading begins with `>` are figures, set to the right."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    look: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "box": box.SIMPLE_HEAD, "pad_edge": False}
    made = Table(title=title or None, min_width=len(title) + 1, **look)  # else a long title is broken, and its number
    for column in columns:
        made.add_column(column.lstrip(">"), justify="right" if column.startswith(">") else "left")
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return made


def emit(what: object) -> None:
    """One JSON object on a line of stdout, for programs."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(what).decode() + "\n")


def nothing(text: str) -> typer.Exit:
    """Says that there was nothing to do; to be raised."""
    note(text)
    return typer.Exit(Code.NOTHING)


@contextmanager
def progress(label: str) -> Iterator[Tick]:
    """A bar on stderr while something takes long, only where somebody looks: call it with how many of how many."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a command's asynchronous part to its end."""
    import uvloop

    return uvloop.run(main)


def settings(**changes: Any) -> Settings:
    """The installation's settings, with these on top. Raises UsageError naming the variable that is wrong."""
    from pydantic import ValidationError

    from acuerdo.service.settings import PREFIX, Settings

    try:
        return Settings(**changes)
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + "_".join(str(part) for part in first["loc"]).upper()
        raise UsageError(f"{name}: {first['msg']}; mend it in the environment or in .env") from None


@asynccontextmanager
async def house(*, watch: bool = False, **changes: Any) -> AsyncIterator[App]:
    """The house on the installation's database, migrated, with these settings on top.

    `watch` starts our own server again if something kills it. Raises Away when the database cannot be reached.
    """
    from acuerdo.app import open_app

    chosen = settings(**changes)
    entered = False
    try:
        async with open_app(chosen, watch=watch) as app:
            entered = True
            yield app
    except OSError as error:
        if entered and (isinstance(error, BrokenPipeError) or not isinstance(error, ConnectionError)):
            raise
        raise Away(f"the database{_where(chosen)} does not answer ({_brief(error)}); see acuerdo doctor") from None


def _where(chosen: Settings) -> str:
    """Whose database it is, without its password."""
    from urllib.parse import urlsplit

    if chosen.database_url is None:
        return f" in {chosen.data_dir}"
    parts = urlsplit(chosen.database_url)
    return f" {parts.hostname or ''}{parts.path} (ACUERDO_DATABASE_URL)"


def counted(n: int, one: str, many: str) -> str:
    """`1 row was`, `2 rows were`: a number and the words for so many."""
    return f"{n:,} {one if n == 1 else many}"


def set_aside(rows: int, where: object) -> str:
    """Where the rows that did not go in are, and what to do with them."""
    them = "it" if rows == 1 else "them"
    return f"{counted(rows, 'row was', 'rows were')} set aside in {where}: mend {them} there and import that file"


def moment(text: str) -> datetime:
    """A moment from its ISO form with a zone. Raises UsageError saying how to write it."""
    from datetime import datetime

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a moment; write it like 2026-11-23T10:00:00-05:00") from None
    if at.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone; write it like {text}-05:00")
    return at


def blocking(work: Callable[..., T], *args: Any) -> Coroutine[Any, Any, T]:
    """Work that would hold the loop up, in a thread."""
    return asyncio.to_thread(work, *args)


def examples(*lines: str) -> str:
    """The end of a command's help: what one would type."""
    return "\n\n".join(("Examples:", *(f"  $ {line}" for line in lines)))
